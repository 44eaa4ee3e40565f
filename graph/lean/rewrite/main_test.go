package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// plainField is a field as gqlgen writes it; nonNull and body stand for what may differ.
func plainField(nonNull, body, marshal string) string {
	return `func (ec *executionContext) _Thing_name(ctx context.Context, field graphql.CollectedField, obj *model.Thing) (ret graphql.Marshaler) {
	return graphql.ResolveField(
		ctx,
		ec.OperationContext,
		field,
		func(ctx context.Context, field graphql.CollectedField) (*graphql.FieldContext, error) {
			return ec.fieldContext_Thing_name(ctx, field)
		},
		func(ctx context.Context) (any, error) {
			` + body + `
		},
		nil,
		func(ctx context.Context, selections ast.SelectionSet, v string) graphql.Marshaler {
			return ec.` + marshal + `(ctx, selections, v)
		},
		true,
		` + nonNull + `,
	)
}
`
}

// Only what is known to be plain is rewritten; one that must not be null still goes the long way when it is.
func TestField(t *testing.T) {
	known := func() *rewriter {
		return &rewriter{scalars: map[string]string{"marshalNString2string": "graphql.MarshalString"}, plain: map[string]bool{"Thing_name": true}}
	}
	for name, test := range map[string]struct {
		code string
		want []string // in what comes; nil: it stays as it is
	}{
		"may be null":                {plainField("false", "return obj.Name, nil", "marshalOString2string"), []string{"return ec.marshalOString2string(ctx, field.Selections, obj.Name)"}},
		"may not be null":            {plainField("true", "return obj.Name, nil", "marshalNString2string"), []string{"if ret = graphql.MarshalString(obj.Name); ret != graphql.Null {", "return graphql.ResolveField("}},
		"a method":                   {plainField("false", "return obj.Name(), nil", "marshalOString2string"), []string{"obj.Name()"}},
		"a method that may fail":     {plainField("false", "return obj.Name()", "marshalOString2string"), nil},
		"a method with a context":    {plainField("false", "return obj.Name(ctx), nil", "marshalOString2string"), nil},
		"a resolver":                 {plainField("false", "return ec.Resolvers.Thing().Name(ctx, obj)", "marshalOString2string"), nil},
		"a list":                     {plainField("false", "return obj.Name, nil", "marshalOString2ᚕstringᚄ"), nil},
		"a scalar that is not known": {plainField("true", "return obj.Name, nil", "marshalNDate2string"), nil},
		"a directive around it":      {strings.Replace(plainField("false", "return obj.Name, nil", "marshalOString2string"), "\t\tnil,\n", "\t\tfunc(next graphql.Resolver) graphql.Resolver { return next },\n", 1), nil},
	} {
		r := known()
		got := r.field(test.code)
		if test.want == nil && (got != test.code || r.fields != 0) || test.want != nil && (got == test.code || r.fields != 1) {
			t.Errorf("%s: %d fields, %s", name, r.fields, got)
		}
		for _, part := range test.want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: there is no %q in %s", name, part, got)
			}
		}
	}
	if r := known(); true {
		delete(r.plain, "Thing_name")
		if code := plainField("false", "return obj.Name, nil", "marshalOString2string"); r.field(code) != code {
			t.Error("a field with fields of its own is rewritten")
		}
	}
}

// Code that it does not know, or has rewritten already, is an error, and stays as it is.
func TestRunFailsLoudly(t *testing.T) {
	for name, test := range map[string]struct{ code, want string }{
		"nothing":    {"", "0 fields, 0 lists, 0 objects and 0 places that write an answer were found"},
		"other code": {"package generated\n\n" + plainField("false", "return obj.Name, nil", "marshalOString2string"), "gqlgen writes other code than it did"},
		"twice":      {"package generated\n\nvar x = lean.Slice\n", "it was rewritten before"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "x.generated.go")
			if test.code != "" {
				if err := os.WriteFile(path, []byte(test.code), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := run(folder); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
			if after, _ := os.ReadFile(path); string(after) != test.code {
				t.Errorf("it was changed: %s", after)
			}
			if _, err := os.Stat(filepath.Join(folder, "waits.generated.go")); err == nil {
				t.Error("something was written")
			}
		})
	}
	if err := run("../../generated"); err == nil || !strings.Contains(err.Error(), "it was rewritten before") {
		t.Errorf("what is there was rewritten before: %v", err)
	}
}

// What waits is what gqlgen resolves concurrently, by type.
func TestWaitsOf(t *testing.T) {
	text := waitsOf("func (ec *executionContext) _Thing(ctx context.Context, sel ast.SelectionSet, obj *model.Thing) graphql.Marshaler {\n" +
		"\tswitch field.Name {\n\t\tcase \"slow\":\n\t\t\tout.ResolveConcurrently(ctx, i, f)\n\t\tcase \"quick\":\n\t\t\tout.Values[i] = x\n\t}\n\treturn out\n}\n" +
		"func (ec *executionContext) _Other(ctx context.Context, sel ast.SelectionSet, obj *model.Other) graphql.Marshaler {\n\treturn out\n}\n")
	if !strings.Contains(text, "case \"Thing\":\n\t\tswitch field {\n\t\tcase \"slow\":") || strings.Contains(text, "quick") || strings.Contains(text, "Other") {
		t.Error(text)
	}
}
