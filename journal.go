package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// stateFolder is where the user's programs keep what they must not forget; empty when there is no such place.
func stateFolder(env map[string]string) string {
	folder := env["XDG_STATE_HOME"]
	if folder == "" && env["HOME"] != "" {
		folder = filepath.Join(env["HOME"], ".local", "state")
	}
	if folder == "" {
		folder = env["LOCALAPPDATA"]
	}
	if !filepath.IsAbs(folder) {
		return ""
	}
	return folder
}

// record is an open journal of writes.
type record struct {
	journal.Journal
	account string // of this gateway's upstream
	node    string // this process
	folder  string // to be removed at the end; empty for none
}

// openRecord opens the journal. What is written to the simulator is recorded in a file that is as short-lived as the
// simulator's data, unless a database is set.
func (c *config) openRecord(ctx context.Context, client *stellr.Client) (*record, error) {
	r := &record{node: nodeName(), account: accountName(client.BaseURL(), c.stellr.ClientID)}
	url, err := string(c.database), error(nil)
	switch {
	case url != "":
	case c.simulated:
		if r.folder, err = os.MkdirTemp("", "stellr-gateway-"); err != nil {
			return nil, err
		}
		url = "sqlite:" + filepath.Join(r.folder, "journal.db")
	case c.state == "":
		return nil, errors.New("GATEWAY_DATABASE_URL: there is no home folder to record writes in: say where, such as sqlite:/var/lib/stellr-gateway/journal.db")
	default:
		url = "sqlite:" + filepath.Join(c.state, "stellr-gateway", "journal.db")
	}
	if r.Journal, err = journal.Open(ctx, url); err != nil {
		return nil, errors.Join(fmt.Errorf("GATEWAY_DATABASE_URL: %w", err), r.remove())
	}
	return r, nil
}

// Close ends the journal's use.
func (r *record) Close() error { return errors.Join(r.Journal.Close(), r.remove()) }

func (r *record) remove() error {
	if r.folder == "" {
		return nil
	}
	return os.RemoveAll(r.folder)
}

// accountName tells one upstream account from another in the journal: a key that was used in the sandbox is free in
// production.
func accountName(parts ...string) string {
	hash := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(hash, "%d:%s;", len(part), part)
	}
	return hex.EncodeToString(hash.Sum(nil)[:12])
}

// nodeName tells this process from others that share the journal.
func nodeName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), rand.Text()[:8])
}
