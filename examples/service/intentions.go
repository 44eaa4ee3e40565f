package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// intention is a change that somebody wants, with the idempotency key that names it at the gateway.
type intention struct {
	Gateway      string    `json:"gateway"`
	Customer     string    `json:"customer"`
	Subscription string    `json:"subscription"`
	To           int       `json:"to"`
	Expect       *int      `json:"expect,omitempty"`
	Again        bool      `json:"again,omitempty"` // it is meant although the same was done a moment ago
	Key          string    `json:"key"`
	Since        time.Time `json:"since"`
}

// same is whether both want the same: only then may they share a key.
func (i intention) same(other intention) bool {
	return i.To == other.To && i.Again == other.Again && (i.Expect == nil) == (other.Expect == nil) && (i.Expect == nil || *i.Expect == *other.Expect)
}

// String says what is wanted.
func (i intention) String() string {
	return fmt.Sprintf("the change of %s of customer %s to %d seats", i.Subscription, i.Customer, i.To)
}

// intentions keeps what is under way: one small file for each subscription, so that processes need no lock. A file is
// on disk, whole, before anything is sent, and is removed when its change has ended.
type intentions struct{ folder, gateway string }

// openIntentions makes the folder that SERVICE_STATE names, or one in the user's state folder.
func openIntentions(getenv func(string) string, gateway string) (intentions, error) {
	folder := getenv("SERVICE_STATE")
	if folder == "" {
		state := getenv("XDG_STATE_HOME")
		if home := getenv("HOME"); state == "" && home != "" {
			state = filepath.Join(home, ".local", "state")
		}
		if state == "" {
			return intentions{}, errors.New("no place for what is under way: set SERVICE_STATE to a folder that outlives this program")
		}
		folder = filepath.Join(state, "stellr-service")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return intentions{}, fmt.Errorf("no place for what is under way (SERVICE_STATE): %w", err)
	}
	return intentions{folder, gateway}, nil
}

func (s intentions) path(customer, subscription string) string {
	name, _ := json.Marshal([]string{s.gateway, customer, subscription}) // text always can
	hash := sha256.Sum256(name)
	return filepath.Join(s.folder, hex.EncodeToString(hash[:12])+".json")
}

// find is what is under way for a subscription, or fs.ErrNotExist.
func (s intentions) find(customer, subscription string) (intention, error) {
	var kept intention
	path := s.path(customer, subscription)
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err == nil && kept.Key == "" {
		err = errors.New("it has no key")
	}
	if err != nil {
		return kept, fmt.Errorf("%s: %w", path, err)
	}
	return kept, nil
}

// begin keeps what is wanted, under a new key, unless something is under way for the subscription: that is answered then,
// and fresh is false.
func (s intentions) begin(want intention) (kept intention, fresh bool, err error) {
	kept, err = s.find(want.Customer, want.Subscription)
	if !errors.Is(err, fs.ErrNotExist) {
		return kept, false, err
	}
	want.Gateway, want.Key, want.Since = s.gateway, rand.Text(), time.Now().UTC()
	err = s.write(want)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		kept, err = s.find(want.Customer, want.Subscription)
		return kept, false, err
	}
	return want, true, err
}

// write makes the file whole and on disk under another name first; it fails with fs.ErrExist where there is one.
func (s intentions) write(i intention) error {
	text, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(s.folder, "new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), s.path(i.Customer, i.Subscription)); err != nil {
		return err
	}
	return s.sync()
}

// end forgets an intention whose change has ended. What another process began meanwhile stays.
func (s intentions) end(i intention) error {
	kept, err := s.find(i.Customer, i.Subscription)
	if errors.Is(err, fs.ErrNotExist) || err == nil && kept.Key != i.Key {
		return nil
	}
	if err := os.Remove(s.path(i.Customer, i.Subscription)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.sync()
}

// sync puts the folder's entries on disk.
func (s intentions) sync() error {
	folder, err := os.Open(s.folder)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
