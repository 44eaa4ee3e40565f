package stellr

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"syscall"
)

// What went wrong on the way, in words that hold no address and nothing that the other side wrote.
var (
	errNoHost      = errors.New("the host name was not found")
	errRefused     = errors.New("the connection was refused")
	errReset       = errors.New("the connection was closed before the answer was complete")
	errCertificate = errors.New("the server's certificate is not trusted")
	errTLS         = errors.New("no TLS connection could be made")
	errLate        = errors.New("no answer in time")
	errConnection  = errors.New("the connection failed")
)

// safeCause is the code of a transport's failure and its cause, without the URLs, addresses and foreign bytes that
// errors of net and net/http hold.
func safeCause(err error) (Code, error) {
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	var certificate *tls.CertificateVerificationError
	var unknownAuthority x509.UnknownAuthorityError
	var badName x509.HostnameError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return CodeTimeout, errLate
	case errors.Is(err, context.Canceled):
		return CodeCanceled, context.Canceled
	case errors.As(err, &dns):
		return CodeUnavailable, errNoHost
	case errors.Is(err, syscall.ECONNREFUSED):
		return CodeUnavailable, errRefused
	case errors.As(err, &certificate), errors.As(err, &unknownAuthority), errors.As(err, &badName):
		return CodeUnavailable, errCertificate
	case errors.As(err, &record), errors.As(err, &alert):
		return CodeUnavailable, errTLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return CodeUnavailable, errReset
	}
	return CodeUnavailable, errConnection
}
