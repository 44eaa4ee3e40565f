package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// The tools of conformance/schema are content with the schema as it is (what .ci/run checks), and not with these.
func TestToolsRefuse(t *testing.T) {
	accepted := filepath.Join(t.TempDir(), "accepted.json")
	if err := os.WriteFile(accepted, []byte(`[{"change": "FIELD_REMOVED", "path": "Customer.phone", "reason": "nobody called"}]`), 0o644); err != nil {
		t.Fatal(err)
	}
	field := func(s *ast.Schema, owner, name string) *ast.FieldDefinition {
		return s.Types[owner].Fields.ForName(name)
	}
	for _, test := range []struct {
		name    string
		doctor  func(*ast.Schema)
		script  []string // the script, and what follows the schema
		refused bool
		said    []string
	}{
		{"a field is gone", func(s *ast.Schema) { drop(s, "Customer", "tenantId") }, []string{"compare.mjs"}, true,
			[]string{"breaking: FIELD_REMOVED Customer.tenantId", "does not name tenantId", "needs a reason", "1 breaking"}},
		{"a role is higher", func(s *ast.Schema) { require(field(s, "Mutation", "suspendSubscription"), "BUYER") }, []string{"compare.mjs"}, true,
			[]string{"breaking: ROLE_CHANGED Mutation.suspendSubscription", "BUYER instead of OPERATOR"}},
		{"a role is lower", func(s *ast.Schema) { require(field(s, "Mutation", "suspendSubscription"), "VIEWER") }, []string{"compare.mjs"}, false,
			[]string{"0 breaking"}},
		{"a field is new and untold", func(s *ast.Schema) { field(s, "Customer", "phone").Name = "pager" }, []string{"compare.mjs", accepted}, true,
			[]string{"accepted: nobody called", "does not name pager"}},
		{"what was accepted is as it was", func(*ast.Schema) {}, []string{"compare.mjs", accepted}, true,
			[]string{"FIELD_REMOVED Customer.phone, which has not changed since"}},
		{"an enum has a new value", func(s *ast.Schema) {
			status := s.Types["CustomerStatus"]
			status.EnumValues = append(status.EnumValues, &ast.EnumValueDefinition{Name: "ASLEEP", Description: "Not awake."})
		}, []string{"compare.mjs"}, false, []string{"dangerous: ENUM_VALUE_ADDED CustomerStatus.ASLEEP"}},
		{"nobody is content", func(s *ast.Schema) {
			drop(s, "Query", "node")
			field(s, "PageInfo", "hasNextPage").Type.NonNull = false
			field(s, "Customer", "phone").Name = "tele_phone"
		}, []string{"check.mjs"}, true, []string{"relay-page-info", `"tele_phone"`, "graphql-eslint: not ok", "relay-compiler: not ok",
			"FIELD_REMOVED Query.node", "graphql-inspector: not ok"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			schema, err := load(root)
			if err != nil {
				t.Fatal(err)
			}
			test.doctor(schema)
			out, err := tool(t, printed(schema), test.script...)
			if (err != nil) != test.refused {
				t.Errorf("refused: %v\n%s", err, out)
			}
			for _, want := range test.said {
				if !strings.Contains(out, want) {
					t.Errorf("%q was not said:\n%s", want, out)
				}
			}
		})
	}
}

// tool runs a script of conformance/schema over a schema.
func tool(t *testing.T, schema string, script ...string) (string, error) {
	t.Helper()
	scripts := filepath.Join(root, "conformance", "schema")
	if _, err := os.Stat(filepath.Join(scripts, "node_modules", "graphql")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the packages of conformance/schema are not installed: npm --prefix conformance/schema ci")
		}
		t.Skip("the packages of conformance/schema are not installed: npm --prefix conformance/schema ci")
	}
	path := filepath.Join(t.TempDir(), "doctored.graphql")
	if err := os.WriteFile(path, []byte(schema), 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", append([]string{script[0], path}, script[1:]...)...)
	command.Dir = scripts
	out, err := command.CombinedOutput()
	return string(out), err
}

func drop(s *ast.Schema, owner, name string) {
	var rest ast.FieldList
	for _, field := range s.Types[owner].Fields {
		if field.Name != name {
			rest = append(rest, field)
		}
	}
	s.Types[owner].Fields = rest
}

func require(field *ast.FieldDefinition, role string) {
	field.Directives.ForName("requires").Arguments.ForName("role").Value.Raw = role
}
