package main

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// However many begin at once, there is one key, and it is on disk for its owner only.
func TestIntentionsHaveOneKey(t *testing.T) {
	s := intentions{t.TempDir(), "http://gateway"}
	var all sync.Map
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			kept, _, err := s.begin(intention{Customer: "1", Subscription: "2_1", To: 3})
			if err != nil {
				t.Error(err)
			}
			all.Store(kept.Key, true)
		})
	}
	wait.Wait()
	keys := 0
	all.Range(func(key, _ any) bool {
		keys++
		if n := len(key.(string)); n < 20 {
			t.Errorf("the key has %d characters", n)
		}
		return true
	})
	files, err := os.ReadDir(s.folder)
	if err != nil || keys != 1 || len(files) != 1 {
		t.Fatalf("%d keys in %s: %v", keys, files, err)
	}
	if info, err := files[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v: %v", info.Mode(), err)
	}
}

func TestIntentionsEnd(t *testing.T) {
	s := intentions{t.TempDir(), "http://gateway"}
	want := intention{Customer: "1", Subscription: "2_1", To: 3}
	first, fresh, err := s.begin(want)
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	again, fresh, err := intentions{s.folder, s.gateway}.begin(want) // as after a restart
	if err != nil || fresh || again.Key != first.Key || !again.same(want) {
		t.Errorf("again: %v %v %v", again, fresh, err)
	}
	five := 5
	if again.same(intention{To: 4}) || again.same(intention{To: 3, Expect: &five}) {
		t.Error("another intention passes for the same")
	}
	if err := s.end(first); err != nil {
		t.Fatal(err)
	}
	second, fresh, err := s.begin(want)
	if err != nil || !fresh || second.Key == first.Key {
		t.Errorf("after its end: %v %v %v", second, fresh, err)
	}
	if err := s.end(first); err != nil { // late, by another process
		t.Fatal(err)
	}
	if kept, err := s.find("1", "2_1"); err != nil || kept.Key != second.Key {
		t.Errorf("another's intention was forgotten: %v", err)
	}
	elsewhere, fresh, err := intentions{s.folder, "http://other"}.begin(want)
	if err != nil || !fresh || elsewhere.Key == second.Key {
		t.Errorf("another gateway shares the key: %v", err)
	}
}

// A file that cannot be read is told of and stays: a new key could make the change twice.
func TestIntentionsDamaged(t *testing.T) {
	for _, text := range []string{"", "{", `{"to": 3}`} {
		s := intentions{t.TempDir(), "http://gateway"}
		path := s.path("1", "2_1")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.begin(intention{Customer: "1", Subscription: "2_1", To: 3}); err == nil {
			t.Errorf("%q passes for an intention", text)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("the file has become %q: %v", got, err)
		}
	}
	if s, err := openIntentions(func(string) string { return "" }, ""); err == nil {
		t.Errorf("without a place they are kept in %q", s.folder)
	}
	if _, err := openIntentions(func(string) string { return filepath.Join(os.DevNull, "x") }, ""); err == nil {
		t.Error("there is a folder in a device")
	}
}
