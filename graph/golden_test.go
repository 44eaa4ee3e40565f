package graph_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stellr-gateway/stellr/sim"
)

var update = flag.Bool("update", false, "write the answers of examples/ anew")

// TestExamples asks each example, and compares the answer with the one that is kept beside it.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("examples/*.graphql")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			query, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a := open(t, sim.Options{}).ask(string(query), nil)
			if len(a.Errors) > 0 {
				t.Fatalf("%+v", a.Errors)
			}
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, a.Data, "", "  "); err != nil {
				t.Fatal(err)
			}
			pretty.WriteByte('\n')
			compare(t, strings.TrimSuffix(file, ".graphql")+".answer.json", pretty.Bytes())
		})
	}
}

// compare fails where the file does not hold what it should; with -update it is written.
func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s is not what comes now (go test ./graph -run %s -update writes it):\n%s", file, t.Name(), got)
	}
}
