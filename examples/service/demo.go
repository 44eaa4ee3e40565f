package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// demo is a gateway of the demonstration's own, over the simulator, with an API key that is made anew each time.
type demo struct {
	folder, url, key string
	process          *exec.Cmd
}

// startDemo builds the gateway that this program lies in and starts it on a free port.
func startDemo(ctx context.Context, out io.Writer) (*demo, error) {
	root, err := gatewaySource()
	if err != nil {
		return nil, err
	}
	d := &demo{key: "sgk_" + rand.Text()}
	if d.folder, err = os.MkdirTemp("", "stellr-service-"); err != nil {
		return nil, err
	}
	if err := d.start(ctx, root); err != nil {
		d.stop()
		return nil, err
	}
	_, err = fmt.Fprintf(out, "a gateway over the simulator answers at %s while this runs\n", d.url)
	return d, err
}

func (d *demo) start(ctx context.Context, root string) error {
	program := filepath.Join(d.folder, "gateway")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	config := filepath.Join(d.folder, "gateway.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `auth:
  api_keys:
    - {name: service, sha256: "%x", roles: [buyer], organizations: [reseller]}
organizations:
  reseller: {customers: all}
`, sha256.Sum256([]byte(d.key))), 0o600); err != nil {
		return err
	}
	d.process = exec.Command(program, "-addr", "127.0.0.1:0")
	d.process.Env = []string{"GATEWAY_CONFIG=" + config, "GATEWAY_AUTH=required", "HOME=" + d.folder, "TMPDIR=" + d.folder}
	log, err := d.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := d.process.Start(); err != nil {
		return err
	}
	d.url, err = addressIn(log)
	return err
}

// addressIn reads a gateway's log up to the line that says where it is, and goes on reading it, so that it can go on.
func addressIn(log io.Reader) (string, error) {
	lines := bufio.NewScanner(log)
	address := regexp.MustCompile(`operations go to (http://[0-9.:]+/graphql)`)
	for lines.Scan() {
		if found := address.FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return found[1], nil
		}
	}
	return "", errors.New("the gateway has ended")
}

// stop ends the gateway and removes what belongs to it.
func (d *demo) stop() {
	if d.process != nil && d.process.Process != nil {
		_ = d.process.Process.Signal(os.Interrupt)
		hard := time.AfterFunc(5*time.Second, func() { _ = d.process.Process.Kill() })
		_ = d.process.Wait()
		hard.Stop()
	}
	_ = os.RemoveAll(d.folder)
}

// getenv is the service's settings for the demonstration.
func (d *demo) getenv(name string) string {
	return map[string]string{"GATEWAY_URL": d.url, "GATEWAY_KEY": d.key, "SERVICE_STATE": filepath.Join(d.folder, "state")}[name]
}

// gatewaySource is the nearest folder above with the gateway's own module.
func gatewaySource() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		module, err := os.ReadFile(filepath.Join(folder, "go.mod"))
		if err == nil && strings.HasPrefix(string(module), "module stellr-gateway\n") {
			return folder, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", errors.New("run it inside a checkout of the gateway")
		}
		folder = above
	}
}
