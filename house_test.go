package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	gqlast "github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/go/packages"

	"stellr-gateway/stellr"
)

// The tests in this file hold the shape of the house: who may import whom, how long things may grow, and that there is
// no state that nobody made.

const module = "stellr-gateway"

// mayImport is the packages of ours that each package may import, tests aside; a trailing /... stands for everything
// below. A package that is not in it may import none.
func mayImport() map[string][]string {
	return map[string][]string{
		"":                 {"..."},
		"bench":            {"bench/...", "graph", "internal/cache", "stellr"},
		"bench/endpoint":   {"stellr"},
		"bench/upstream":   {"stellr"},
		"examples/service": {"examples/service/gateway"},
		"graph":            {"graph/generated", "graph/lean", "graph/model", "graph/payload", "graph/relay", "graph/scalar", "graph/transport", "stellr", "internal/..."},
		"graph/generated":  {"graph/lean", "graph/model", "graph/payload", "graph/relay", "graph/scalar", "internal/access", "internal/journal", "stellr"},
		"graph/model":      {"graph/relay", "graph/scalar", "internal/access", "internal/journal", "stellr"},
		"graph/payload":    {"internal/journal", "stellr"},
		"graph/relay":      {"internal/journal", "stellr"},
		"graph/scalar":     {"graph/relay", "stellr"},
		"graph/transport":  {"graph/relay", "stellr"},
		"stellr/sim":       {"stellr"},
	}
}

func TestImports(t *testing.T) {
	rules := mayImport()
	for _, p := range ourPackages(t) {
		from := strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, module), "/")
		for path := range p.Imports {
			to, ours := strings.CutPrefix(path, module+"/")
			allowed := slices.ContainsFunc(rules[from], func(rule string) bool {
				below, all := strings.CutSuffix(rule, "...")
				return rule == to || all && strings.HasPrefix(to, below)
			})
			if ours && !allowed {
				t.Errorf("package %q imports %q, which it may not: it may import %q", from, to, rules[from])
			}
		}
	}
}

func TestLengths(t *testing.T) {
	eachFile(t, func(p *packages.Package, file *ast.File, path string) {
		if lines := p.Fset.File(file.Pos()).LineCount(); lines > 500 {
			t.Errorf("%s has %d lines; 500 is the most", path, lines)
		}
		most := 60
		if strings.HasSuffix(path, ".resolvers.go") {
			most = 10
		}
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || function.Body == nil {
				continue
			}
			if lines := p.Fset.Position(function.End()).Line - p.Fset.Position(function.Pos()).Line + 1; lines > most {
				t.Errorf("%s: %s has %d lines; %d is the most", path, function.Name.Name, lines, most)
			}
		}
	})
}

func TestNoInit(t *testing.T) {
	eachFile(t, func(_ *packages.Package, file *ast.File, path string) {
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil && function.Name.Name == "init" {
				t.Errorf("%s has an init function: what a package needs, its maker passes in", path)
			}
		}
	})
}

// The client's writing methods are called in what a write sends and nowhere else: whatever goes another way is in no journal.
func TestWritesGoOneWay(t *testing.T) {
	writing := map[string]bool{}
	for _, row := range stellr.Endpoints() {
		writing[row.Client] = row.Writes && row.Action != stellr.ActionCheckVendorAccount // which only asks
	}
	sends := 0
	eachFile(t, func(p *packages.Package, file *ast.File, path string) {
		if !strings.HasPrefix(path, "graph/") {
			return
		}
		allowed := map[ast.Node]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			if assigned, ok := n.(*ast.AssignStmt); ok {
				if field, ok := assigned.Lhs[0].(*ast.SelectorExpr); ok && field.Sel.Name == "send" {
					allowed[assigned.Rhs[0]] = true
					sends++
				}
			}
			if function, ok := n.(*ast.FuncDecl); ok && path == "graph/requests.go" && function.Name.Name == "read" {
				allowed[function] = true // which sends a GET only
			}
			if allowed[n] {
				return false
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !writing[method.Sel.Name] {
				return true
			}
			if of := p.TypesInfo.TypeOf(method.X); of != nil && strings.HasSuffix(of.String(), "stellr.Client") {
				t.Errorf("%s: %s is called outside of what a write sends", path, method.Sel.Name)
			}
			return true
		})
	})
	if sends < 10 {
		t.Errorf("only %d writes were found", sends)
	}
}

func TestPublicNamesAreExplained(t *testing.T) {
	eachFile(t, func(p *packages.Package, file *ast.File, path string) {
		if strings.HasSuffix(path, ".resolvers.go") {
			return // the schema explains these
		}
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && d.Name.Name != "Error" && (d.Recv == nil || receiverIsPublic(d.Recv)) {
					t.Errorf("%s: %s has no comment", path, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if spec, ok := spec.(*ast.TypeSpec); ok && spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
						t.Errorf("%s: %s has no comment", path, spec.Name.Name)
					}
				}
			}
		}
	})
}

func receiverIsPublic(receiver *ast.FieldList) bool {
	public := false
	ast.Inspect(receiver.List[0].Type, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			public = public || name.IsExported()
		}
		return true
	})
	return public
}

// Package variables hold what never changes: errors, patterns, embedded files, tables. Nothing may assign to them, change
// what is in them or take their address, and none may be a lock or the like.
func TestNoPackageState(t *testing.T) {
	for _, p := range ourPackages(t) {
		for _, name := range p.Types.Scope().Names() {
			variable, ok := p.Types.Scope().Lookup(name).(*types.Var)
			if ok && !isGenerated(p.Fset.Position(variable.Pos()).Filename) && holdsLock(variable.Type()) {
				t.Errorf("%s: %s is shared state", p.PkgPath, name)
			}
		}
	}
	eachFile(t, func(p *packages.Package, file *ast.File, path string) {
		complain := func(changed ast.Expr) {
			if variable := packageVariable(p, changed); variable != nil {
				t.Errorf("%s: the package's variable %s is changed or its address taken", path, variable.Name())
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, target := range n.Lhs {
					complain(target)
				}
			case *ast.IncDecStmt:
				complain(n.X)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					complain(n.X)
				}
			case *ast.CallExpr:
				if name, ok := n.Fun.(*ast.Ident); ok && (name.Name == "delete" || name.Name == "clear") && len(n.Args) > 0 {
					complain(n.Args[0])
				}
			}
			return true
		})
	})
}

// packageVariable is the variable at package level that an expression leads into, or nil.
func packageVariable(p *packages.Package, e ast.Expr) *types.Var {
	for {
		switch x := e.(type) {
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.SelectorExpr:
			if variable, ok := p.TypesInfo.Uses[x.Sel].(*types.Var); ok && !variable.IsField() {
				return variable // of another package
			}
			e = x.X
		case *ast.Ident:
			variable, ok := p.TypesInfo.Uses[x].(*types.Var)
			if ok && variable.Parent() == p.Types.Scope() {
				return variable
			}
			return nil
		default:
			return nil
		}
	}
}

func holdsLock(t types.Type) bool {
	switch u := types.Unalias(t).(type) {
	case *types.Chan:
		return true
	case *types.Pointer:
		return holdsLock(u.Elem())
	case *types.Named:
		from := u.Obj().Pkg()
		return from != nil && (from.Path() == "sync" || from.Path() == "sync/atomic") || holdsLock(u.Underlying())
	case *types.Struct:
		for field := range u.Fields() {
			if holdsLock(field.Type()) {
				return true
			}
		}
	}
	return false
}

// A stranger works from the descriptions, so everything in the schema has one.
func TestSchemaIsDescribed(t *testing.T) {
	paths, err := filepath.Glob("graph/schema/*.graphqls")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no schema: %v", err)
	}
	var sources []*gqlast.Source
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &gqlast.Source{Name: path, Input: string(text)})
	}
	for _, name := range undescribed(gqlparser.MustLoadSchema(sources...)) {
		t.Errorf("%s has no description", name)
	}
	bare := gqlparser.MustLoadSchema(&gqlast.Source{Input: "directive @d(x: Int) on FIELD type Query { a(b: I): E } input I { c: Int } enum E { F }"})
	if got := undescribed(bare); !slices.Equal(got, []string{"@d", "@d(x)", "E", "E.F", "I", "I.c", "Query", "Query.a", "Query.a(b)"}) {
		t.Errorf("in a schema without descriptions, these were found: %q", got)
	}
}

func undescribed(schema *gqlast.Schema) []string {
	var names []string
	look := func(name, description string) {
		if strings.TrimSpace(description) == "" {
			names = append(names, name)
		}
	}
	for _, d := range schema.Types {
		if d.BuiltIn {
			continue
		}
		look(d.Name, d.Description)
		for _, field := range d.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			look(d.Name+"."+field.Name, field.Description)
			for _, argument := range field.Arguments {
				look(d.Name+"."+field.Name+"("+argument.Name+")", argument.Description)
			}
		}
		for _, value := range d.EnumValues {
			look(d.Name+"."+value.Name, value.Description)
		}
	}
	for _, d := range schema.Directives {
		if d.Position.Src.BuiltIn {
			continue
		}
		look("@"+d.Name, d.Description)
		for _, argument := range d.Arguments {
			look("@"+d.Name+"("+argument.Name+")", argument.Description)
		}
	}
	slices.Sort(names)
	return names
}

// ourPackages is every package of the module and of the example service's, parsed and checked, without tests.
func ourPackages(t *testing.T) []*packages.Package {
	t.Helper()
	all, err := loadPackages()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		for _, problem := range p.Errors {
			t.Fatal(problem)
		}
	}
	return all
}

var loadPackages = sync.OnceValues(func() ([]*packages.Package, error) {
	mode := packages.NeedName | packages.NeedImports | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo
	var all []*packages.Package
	for _, folder := range []string{".", filepath.Join("examples", "service")} { // a module of its own
		some, err := packages.Load(&packages.Config{Mode: mode | packages.NeedExportFile, Dir: folder}, "./...")
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
})

// eachFile visits every file that people write, without tests.
func eachFile(t *testing.T, visit func(p *packages.Package, file *ast.File, path string)) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, p := range ourPackages(t) {
		for _, file := range p.Syntax {
			full := p.Fset.Position(file.Pos()).Filename
			if path, err := filepath.Rel(here, full); err == nil && !isGenerated(path) {
				seen++
				visit(p, file, path)
			}
		}
	}
	if seen < 20 {
		t.Fatalf("only %d files were looked at", seen)
	}
}

func isGenerated(path string) bool {
	path = filepath.ToSlash(path)
	return strings.Contains(path, "graph/generated/") || strings.Contains(path, "graph/model/") || strings.Contains(path, "examples/service/gateway/")
}
