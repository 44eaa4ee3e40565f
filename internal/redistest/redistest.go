// Package redistest runs a Redis server for tests, on a port of its own. It can be killed and started again.
package redistest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redis/rueidis"
)

// patience is how long one step may take.
const patience = 20 * time.Second

// Server is a Redis server that keeps nothing on disk: what it knew is gone when it is killed.
type Server struct {
	t        testing.TB
	program  string
	folder   string
	port     int
	password string
	keeper   *exec.Cmd // nil while the server is down
	open     io.Closer // the server runs as long as this is open
}

// Start is a fresh, empty server, which ends with the test. Where neither redis-server nor valkey-server is installed the
// test is skipped, or fails where the variable CI is "true".
func Start(t testing.TB) *Server {
	t.Helper()
	program, err := find()
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, program: program, folder: t.TempDir(), password: rand.Text()}
	if s.port, err = freePort(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	s.Restart()
	return s
}

var errMissing = errors.New("Redis is not installed: neither redis-server nor valkey-server is on the PATH")

func find() (program string, err error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", errMissing
}

func freePort() (int, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return free.Addr().(*net.TCPAddr).Port, free.Close()
}

// URL is where the server is, its password included. It stays the same when the server is started again.
func (s *Server) URL() string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("", s.password), Host: s.address()}
	return u.String()
}

// Password is the one in the URL.
func (s *Server) Password() string { return s.password }

func (s *Server) address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Options are those of a client of the server, which may be down.
func (s *Server) Options() rueidis.ClientOption {
	return rueidis.ClientOption{
		InitAddress: []string{s.address()}, Password: s.password, ForceSingleClient: true,
		Dialer: net.Dialer{Timeout: 2 * time.Second},
	}
}

// Client is a new client of the server, until the test ends. The server may be down.
func (s *Server) Client() rueidis.Client {
	s.t.Helper()
	client, err := rueidis.NewClient(s.Options())
	if client == nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(client.Close)
	return client
}

// Kill ends the server as SIGKILL does. It may be called more than once.
func (s *Server) Kill() {
	if s.keeper == nil {
		return
	}
	_ = s.open.Close()
	_ = s.keeper.Wait() // which says how it ended
	s.keeper = nil
}

// keep runs the server until its own input ends, which it does with the process that made it, also when that is killed.
// Then the server is killed, by its process id.
const keep = `"$@" >"log" 2>&1 </dev/null &
server=$!
read -r _
kill -KILL $server
wait $server`

// Restart starts the server, empty, and waits until it answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	secret := filepath.Join(s.folder, "redis.conf")
	if err := os.WriteFile(secret, []byte("requirepass "+s.password+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	keeper := exec.Command("/bin/sh", "-c", keep, "sh", s.program, secret, "--bind", "127.0.0.1", "--port", strconv.Itoa(s.port),
		"--save", "", "--appendonly", "no", "--dir", s.folder)
	keeper.Dir = s.folder
	var err error
	if s.open, err = keeper.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	if err := keeper.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.keeper = keeper
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := s.answers()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			s.t.Fatalf("Redis does not answer: %v\n%s", err, said)
		}
	}
}

func (s *Server) answers() error {
	client, err := rueidis.NewClient(s.Options())
	if err != nil {
		if client != nil {
			client.Close()
		}
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return client.Do(ctx, client.B().Ping().Build()).Error()
}
