// Reference writes what strangers read about the schema: schema.graphql, which is all of it as one document, and the
// pages of docs/schema, one for each topic of graph/schema.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

// run writes the files below the repository's root. Pages of topics that are no more go.
func run(root string) error {
	files, err := written(root)
	if err != nil {
		return err
	}
	stale, err := filepath.Glob(filepath.Join(root, folder, "*.md"))
	if err != nil {
		return err
	}
	for _, path := range stale {
		err = errors.Join(err, os.Remove(path))
	}
	err = errors.Join(err, os.MkdirAll(filepath.Join(root, folder), 0o755))
	for path, text := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(root, path), []byte(text), 0o644))
	}
	return err
}

const folder = "docs/schema"

// written is the text of each file by its path below the root.
func written(root string) (map[string]string, error) {
	schema, err := load(root)
	if err != nil {
		return nil, err
	}
	examples, err := filepath.Glob(filepath.Join(root, "graph/examples/*.graphql"))
	if err != nil {
		return nil, err
	}
	for i, path := range examples {
		examples[i] = stem(path)
	}
	files := map[string]string{"schema.graphql": printed(schema)}
	for name, text := range pages(schema, examples) {
		files[folder+"/"+name] = text
	}
	return files, nil
}

// load reads the schema's sources. Where a definition stands is its topic.
func load(root string) (*ast.Schema, error) {
	paths, err := filepath.Glob(filepath.Join(root, "graph/schema/*.graphqls"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, errors.New("graph/schema is not here: start it at the repository's root")
	}
	slices.Sort(paths)
	var sources []*ast.Source
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		sources = append(sources, &ast.Source{Name: stem(path), Input: string(text)})
	}
	return gqlparser.LoadSchema(sources...)
}

// stem is the name of a topic's file without what follows its dot.
func stem(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

func printed(schema *ast.Schema) string {
	var text strings.Builder
	formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatSchema(schema)
	return text.String()
}
