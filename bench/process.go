package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// process is a program that the benchmark runs beside itself.
type process struct {
	name    string
	address string // host and port where it answers
	cmd     *exec.Cmd
	output  *tail
	done    chan struct{} // closed when it has ended
}

// starting is how long a program may take until it answers; Node.js needs most of it.
const starting = 30 * time.Second

// program is what to run.
type program struct {
	name    string
	path    string
	args    []string
	env     []string // on top of what it needs to find its own files
	folder  string
	address string              // where it will answer; empty: its output tells
	told    func(string) string // the address in a line of its output, or empty
}

// start runs the program and waits until it takes connections.
func (p program) start(ctx context.Context) (*process, error) {
	cmd := exec.CommandContext(ctx, p.path, p.args...)
	cmd.Dir = p.folder
	cmd.Env = append(plainEnvironment(), p.env...)
	output := &tail{lines: make(chan string, 16)}
	cmd.Stdout, cmd.Stderr = output, output
	stdin, err := cmd.StdinPipe() // our own roles end when it does, so that none outlives a benchmark that is killed
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	started := &process{name: p.name, address: p.address, cmd: cmd, output: output, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		stdin.Close()
		close(started.done)
	}()
	if err := started.await(ctx, p.told); err != nil {
		started.stop()
		return nil, fmt.Errorf("%s did not start: %w\n%s", p.name, err, output)
	}
	return started, nil
}

func (p *process) await(ctx context.Context, told func(string) string) error {
	ctx, cancel := context.WithTimeout(ctx, starting)
	defer cancel()
	for p.address == "" {
		select {
		case line := <-p.output.lines:
			p.address = told(line)
		case <-p.done:
			return errors.New("it ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-p.done:
			return errors.New("it ended")
		case <-ctx.Done():
			return err
		}
	}
}

// stop ends it; what it keeps is thrown away anyway, so it needs no time for that.
func (p *process) stop() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// plainEnvironment is ours without settings of a gateway, which would change what is measured.
func plainEnvironment() []string {
	var plain []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "STELLR_") && !strings.HasPrefix(entry, "GATEWAY_") && !strings.HasPrefix(entry, "GOMAXPROCS=") {
			plain = append(plain, entry)
		}
	}
	return plain
}

// tail keeps the end of a program's output, and passes its first lines on.
type tail struct {
	mu    sync.Mutex
	kept  []byte
	lines chan string
	part  []byte
}

func (t *tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, text...)
	t.kept = t.kept[max(0, len(t.kept)-4000):]
	t.part = append(t.part, text...)
	for {
		line, rest, ok := bytes.Cut(t.part, []byte("\n"))
		if !ok {
			t.part = t.part[max(0, len(t.part)-4000):]
			return len(text), nil
		}
		select {
		case t.lines <- string(line):
		default: // nobody waits for it any more
		}
		t.part = rest
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}

// freeAddress is one that nobody listens on at the moment, for programs that cannot choose one themselves.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// moduleFolder is where this module is.
func moduleFolder(ctx context.Context) (string, error) {
	folder, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("the module's folder cannot be found; run it inside the module: %w", err)
	}
	return strings.TrimSpace(string(folder)), nil
}

// buildGateway compiles the gateway of the module into the folder.
func buildGateway(ctx context.Context, root, folder string) (string, error) {
	path := filepath.Join(folder, "stellr-gateway")
	build := exec.CommandContext(ctx, "go", "build", "-o", path, ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// untilClosed ends when the input does.
func untilClosed(in io.Reader) <-chan struct{} {
	closed := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, bufio.NewReader(in))
		close(closed)
	}()
	return closed
}
