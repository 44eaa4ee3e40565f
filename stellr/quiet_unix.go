//go:build unix

package stellr

import (
	"net"
	"syscall"
)

// isQuiet says whether nothing has come over an idle connection: no end, and nothing that nobody asked for, which would
// be taken for the answer to the next request. Connections that are not the system's own are taken to be quiet.
func isQuiet(conn net.Conn) bool {
	own, ok := conn.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := own.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Read(func(descriptor uintptr) bool {
		var one [1]byte
		_, err := syscall.Read(int(descriptor), one[:])
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true
	})
	return quiet && err == nil
}
