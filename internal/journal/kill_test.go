package journal_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
)

// childURL is set in the process that TestKilled starts and kills.
const childURL = "JOURNAL_TEST_CHILD"

// What was answered is there after the process was killed: each command, and each outcome.
func TestKilled(t *testing.T) {
	if url := os.Getenv(childURL); url != "" {
		writeOn(t, url)
		return
	}
	overBoth(t, func(t *testing.T, s store) {
		url := s.fresh(t)
		for round := range 3 { // the second and third begin where one was killed
			told := killAfter(t, url, 40, round)
			j, err := journal.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			for id, version := range told {
				got, err := j.Get(t.Context(), "account", id)
				if err != nil || got == nil || got.Version < version {
					t.Errorf("%s was told to be there with version %d: %+v, %v", id, version, got, err)
				}
			}
			if _, err := j.Take(t.Context(), "account", "after", noon.Add(time.Hour), time.Minute, 10000); err != nil {
				t.Error(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// killAfter starts a process that writes, kills it when it has told of so many commands, and returns what it has told.
func killAfter(t *testing.T, url string, most, round int) map[string]int64 {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$", "-test.count=1")
	child.Env = append(os.Environ(), childURL+"="+url, fmt.Sprint("JOURNAL_TEST_ROUND=", round))
	child.Stderr = os.Stderr
	said, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	told := map[string]int64{}
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		line, whole := strings.CutSuffix(lines.Text(), ".")
		var id string
		var version int64
		if n, err := fmt.Sscanf(line, "told %s %d", &id, &version); !whole || err != nil || n != 2 {
			t.Logf("the process said: %s", lines.Text())
			continue
		}
		if told[id] = max(told[id], version); len(told) == most {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait()
	if len(told) < most {
		t.Fatalf("the process ended by itself, after %d commands", len(told))
	}
	return told
}

// writeOn writes until it is killed, by many at once, and tells of each write after it was answered.
func writeOn(t *testing.T, url string) {
	j, err := journal.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{}
	var mu sync.Mutex
	tell := func(c *journal.Command) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Printf("told %s %d.\n", c.ID, c.Version)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for {
				c := m.command(func(c *journal.Command) { c.ID = os.Getenv("JOURNAL_TEST_ROUND") + c.ID; c.Key, c.ProductIDs = "", nil })
				if _, _, err := j.Claim(context.Background(), c, journal.Check{}); err != nil {
					t.Error(err)
					return
				}
				tell(c)
				c.Step = journal.Dispatched
				if err := j.Save(context.Background(), c); err != nil {
					t.Error(err)
					return
				}
				tell(c)
			}
		})
	}
	wait.Wait()
}
