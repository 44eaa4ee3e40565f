package pgtest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"
)

// server is a running PostgreSQL.
type server struct {
	port      int
	password  string
	databases atomic.Int64 // made so far
	open      io.Closer    // the server runs as long as this is open
}

// keep runs the server until its own input ends, which it does with the process that made it, also when that is killed.
// Then the server is stopped, by its process id, and its files are removed.
const keep = `"$1/postgres" -D "$2/data" -k "$2" -p "$3" -c listen_addresses=127.0.0.1 -c max_connections=200 >"$2/log" 2>&1 &
server=$!
read -r _
kill -INT $server
wait $server
rm -rf "$2"`

// start makes a server in a folder of its own and waits until it answers.
func start() (*server, error) {
	folder, err := programs()
	if err != nil {
		return nil, err
	}
	own, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		return nil, err
	}
	if err := giveAway(own); err != nil {
		return nil, errors.Join(err, os.RemoveAll(own))
	}
	s := &server{password: rand.Text()}
	if err := s.initialize(folder, own); err != nil {
		return nil, errors.Join(err, os.RemoveAll(own))
	}
	return s, s.run(folder, own)
}

// initialize makes the server's files.
func (s *server) initialize(folder, own string) error {
	secret := filepath.Join(own, "password")
	if err := os.WriteFile(secret, []byte(s.password), 0o600); err != nil {
		return err
	}
	if err := giveAway(secret); err != nil {
		return err
	}
	made := exec.Command(filepath.Join(folder, "initdb"), "-D", filepath.Join(own, "data"), "-U", "owner", "--pwfile", secret,
		"-A", "scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
	made.Dir = own
	asOther(made)
	if said, err := made.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, said)
	}
	return nil
}

// run starts the server on a free port and waits until it answers.
func (s *server) run(folder, own string) error {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.port = free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		return err
	}
	keeper := exec.Command("/bin/sh", "-c", keep, "sh", folder, own, strconv.Itoa(s.port))
	keeper.Dir = own
	asOther(keeper)
	if s.open, err = keeper.StdinPipe(); err != nil {
		return err
	}
	if err := keeper.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := s.execute("SELECT 1")
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(filepath.Join(own, "log"))
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, said)
		}
	}
}
