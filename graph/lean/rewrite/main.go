// Rewrite puts the functions of package lean into the code that gqlgen has generated.
package main

import (
	"errors"
	"fmt"
	"go/format"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if err := run("graph/generated"); err != nil {
		fmt.Fprintln(os.Stderr, "rewrite:", err)
		os.Exit(1)
	}
}

// run rewrites the generated files in a folder.
func run(folder string) error {
	paths, err := filepath.Glob(filepath.Join(folder, "*.generated.go"))
	if err != nil {
		return err
	}
	texts, all := map[string]string{}, ""
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		texts[path] = string(raw)
		all += texts[path]
	}
	r := newRewriter(all)
	for path, text := range texts {
		if texts[path], err = r.file(text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if r.fields < 100 || r.lists < 20 || r.objects < 20 || r.answers != 1 {
		return fmt.Errorf("%d fields, %d lists, %d objects and %d places that write an answer were found: gqlgen writes other code than it did", r.fields, r.lists, r.objects, r.answers)
	}
	texts[filepath.Join(folder, "waits.generated.go")] = waitsOf(all)
	for path, text := range texts {
		formatted, err := format.Source([]byte(text))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := os.WriteFile(path, formatted, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// rewriter knows the functions that marshal values, and counts what it has rewritten.
type rewriter struct {
	scalars                map[string]string // what writes the value of a scalar that is never null, by the function around it
	plain                  map[string]bool   // fields without fields of their own, as Type_field
	fields, lists, objects int
	answers                int // of queries: there is one place that writes them
}

var (
	scalarFunction = regexp.MustCompile(`func \(ec \*executionContext\) (marshalN[\p{L}\p{N}_]+)\(ctx context\.Context, sel ast\.SelectionSet, v \S+\) graphql\.Marshaler \{\n\t_ = sel\n\tres := (\S+)\(v\)\n`)
	scalarField    = regexp.MustCompile(`fieldContext_(\w+)\(_ context\.Context, [^\n]+\n\treturn graphql\.NewScalarFieldContext\("\w+", field, (?:true|false), false, `)
	fieldFunction  = regexp.MustCompile(`(?m)^func \(ec \*executionContext\) _(\w+)\(ctx context\.Context, field graphql\.CollectedField, obj [^\n]+ \(ret graphql\.Marshaler\) \{\n(\treturn graphql\.ResolveField\([\s\S]*?\n\t\)\n)\}\n`)
	plainBody      = regexp.MustCompile(`\t\tfunc\(ctx context\.Context\) \(any, error\) \{\n\t\t\treturn (obj\.\w+(?:\(\))?), nil\n\t\t\},\n\t\tnil,\n\t\tfunc\(ctx context\.Context, selections ast\.SelectionSet, v (\S+)\) graphql\.Marshaler \{\n\t\t\treturn ec\.(marshal[\p{L}\p{N}_]+)\(ctx, selections, v\)\n\t\t\},\n\t\ttrue,\n\t\t(true|false),\n`)
	listCall       = regexp.MustCompile(`graphql\.MarshalSliceConcurrently\(ctx, len\(v\), 0, false, func`)
	objectFunction = regexp.MustCompile(`\tout := graphql\.NewFieldSet\(fields\)\n([\s\S]*?)\n\treturn out\n\}\n`)
	dataBuffer     = regexp.MustCompile(`\t+var buf bytes\.Buffer\n\t+data\.MarshalGQL\(&buf\)\n\t+response\.Data = buf\.Bytes\(\)\n`)
	waitingCase    = regexp.MustCompile(`case "(\w+)":\n\t\t\tout\.Resolve(?:Root)?Concurrently\(`)
	importLine     = regexp.MustCompile(`(?m)^\t"(?:[^"\n]*/)?(\w+)"\n`)
	objectHead     = regexp.MustCompile(`(?m)^func \(ec \*executionContext\) _(\w+)\(ctx context\.Context, sel ast\.SelectionSet[^\n]*\) graphql\.Marshaler \{\n([\s\S]*?)\n\}\n`)
)

func newRewriter(all string) *rewriter {
	r := &rewriter{scalars: map[string]string{}, plain: map[string]bool{}}
	for _, match := range scalarFunction.FindAllStringSubmatch(all, -1) {
		r.scalars[match[1]] = match[2]
	}
	for _, match := range scalarField.FindAllStringSubmatch(all, -1) {
		r.plain[match[1]] = true
	}
	return r
}

// file rewrites one file.
func (r *rewriter) file(text string) (string, error) {
	if strings.Contains(text, "lean.") {
		return "", errors.New("it was rewritten before: run gqlgen first")
	}
	text = fieldFunction.ReplaceAllStringFunc(text, r.field)
	text = listCall.ReplaceAllStringFunc(text, func(string) string {
		r.lists++
		return "lean.Slice(ctx, sel, waits, len(v), func"
	})
	text = dataBuffer.ReplaceAllStringFunc(text, func(string) string {
		r.answers++
		return "\t\t\tresponse.Data = lean.Written(data)\n"
	})
	text = strings.ReplaceAll(text, "deferred := graphql.NewDeferredGroup(ctx)", "var deferred graphql.DeferredGroup // for @defer, which the schema does not have")
	text = objectFunction.ReplaceAllStringFunc(text, func(function string) string {
		r.objects++
		return strings.TrimSuffix(function, "\treturn out\n}\n") + "\treturn lean.Object(fields, out.Values)\n}\n"
	})
	if !strings.Contains(text, "lean.") {
		return text, nil
	}
	for _, path := range []string{"stellr-gateway/graph/lean", "stellr-gateway/graph/scalar"} {
		name := path[strings.LastIndexByte(path, '/')+1:]
		if imported := strconv.Quote(path) + "\n"; strings.Contains(text, name+".") && !strings.Contains(text, imported) {
			text = strings.Replace(text, "import (\n", "import (\n\t"+imported, 1)
		}
	}
	return importLine.ReplaceAllStringFunc(text, func(line string) string {
		if name := importLine.FindStringSubmatch(line)[1]; !regexp.MustCompile(`\b` + name + `\.`).MatchString(text) {
			return ""
		}
		return line
	}), nil
}

// field has a plain field read and written directly. One that must not be null goes the long way when it is.
func (r *rewriter) field(function string) string {
	name := fieldFunction.FindStringSubmatch(function)[1]
	parts := plainBody.FindStringSubmatch(function)
	if parts == nil || !r.plain[name] || strings.Contains(parts[3], "ᚕ") {
		return function
	}
	value, marshal, nonNull := parts[1], parts[3], parts[4] == "true"
	begin := strings.Index(function, "\treturn graphql.ResolveField(")
	if !nonNull {
		r.fields++
		return function[:begin] + "\treturn ec." + marshal + "(ctx, field.Selections, " + value + ")\n}\n"
	}
	write, ok := r.scalars[marshal]
	if !ok {
		return function
	}
	r.fields++
	return function[:begin] + "\tif ret = " + write + "(" + value + "); ret != graphql.Null {\n\t\treturn ret\n\t}\n" + function[begin:]
}

// waitsOf is a file with the fields that are resolved concurrently.
func waitsOf(all string) string {
	fields := map[string][]string{}
	for _, object := range objectHead.FindAllStringSubmatch(all, -1) {
		for _, match := range waitingCase.FindAllStringSubmatch(object[2], -1) {
			fields[object[1]] = append(fields[object[1]], fmt.Sprintf("%q", match[1]))
		}
	}
	var text strings.Builder
	text.WriteString("// Code generated by graph/lean/rewrite, DO NOT EDIT.\n\npackage generated\n\n// waits says whether a field is resolved concurrently.\nfunc waits(object, field string) bool {\n\tswitch object {\n")
	for _, object := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(&text, "\tcase %q:\n\t\tswitch field {\n\t\tcase %s:\n\t\t\treturn true\n\t\t}\n", object, strings.Join(fields[object], ", "))
	}
	text.WriteString("\t}\n\treturn false\n}\n")
	return text.String()
}
