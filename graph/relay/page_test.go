package relay

import (
	"errors"
	"slices"
	"strconv"
	"testing"
)

func numbers(n int) []string {
	items := make([]string, n)
	for i := range items {
		items[i] = "k" + strconv.Itoa(i)
	}
	return items
}

func itself(s string) string { return s }

var scope = NewScope("list", map[string]string{"filter": "x"})

// TestCut cuts pages out of ten items, k0 to k9.
func TestCut(t *testing.T) {
	at := func(i int) *string { c := scope.cursor(i, "k"+strconv.Itoa(i)); return &c }
	for name, test := range map[string]struct {
		args       Args
		want       []string
		prev, next bool
	}{
		"nothing given":          {Args{}, numbers(10), false, false},
		"first":                  {Args{First: new(3)}, []string{"k0", "k1", "k2"}, false, true},
		"first more than all":    {Args{First: new(200)}, numbers(10), false, false},
		"first after":            {Args{First: new(2), After: at(2)}, []string{"k3", "k4"}, true, true},
		"after the last":         {Args{After: at(9)}, nil, true, false},
		"last":                   {Args{Last: new(2)}, []string{"k8", "k9"}, true, false},
		"last before":            {Args{Last: new(2), Before: at(5)}, []string{"k3", "k4"}, true, true},
		"before":                 {Args{Before: at(2)}, []string{"k0", "k1"}, false, true},
		"between":                {Args{After: at(1), Before: at(4)}, []string{"k2", "k3"}, true, true},
		"before comes first":     {Args{After: at(5), Before: at(2)}, nil, true, true},
		"first, then last of it": {Args{First: new(5), Last: new(2)}, []string{"k3", "k4"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := Cut(numbers(10), itself, scope, test.args)
			if err != nil {
				t.Fatal(err)
			}
			info := page.PageInfo()
			if !slices.Equal(page.Nodes(), test.want) || info.HasPreviousPage != test.prev || info.HasNextPage != test.next || *page.TotalCount() != 10 {
				t.Errorf("%v %+v total %d", page.Nodes(), info, *page.TotalCount())
			}
			for i, edge := range page.Edges() {
				if edge.Node != test.want[i] || edge.Cursor == "" {
					t.Errorf("edge %d: %+v", i, edge)
				}
			}
		})
	}
}

// TestCutFollowsItems keeps a reader's place while the list changes under it.
func TestCutFollowsItems(t *testing.T) {
	cursor := scope.cursor(4, "k4")
	for name, test := range map[string]struct {
		items []string
		want  string // the first item after the cursor
	}{
		"items came in before":   {append([]string{"new"}, numbers(10)...), "k5"},
		"items went away before": {numbers(10)[2:], "k5"},
		"the item itself went":   {slices.Concat(numbers(4), numbers(10)[5:]), "k5"},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := Cut(test.items, itself, scope, Args{First: new(1), After: &cursor})
			if err != nil || len(page.Nodes()) != 1 || page.Nodes()[0] != test.want {
				t.Errorf("%v %v", page.Nodes(), err)
			}
		})
	}
}

// TestArguments refuses what no page can be.
func TestArguments(t *testing.T) {
	own, foreign := scope.cursor(1, "k1"), NewScope("another").cursor(1, "k1")
	for name, test := range map[string]struct {
		args Args
		ok   bool
	}{
		"own cursor":      {Args{After: &own}, true},
		"foreign cursor":  {Args{After: &foreign}, false},
		"foreign before":  {Args{Before: &foreign}, false},
		"no cursor":       {Args{After: new("")}, false},
		"garbage":         {Args{After: new("!!")}, false},
		"a number":        {Args{After: new("MQ")}, false},
		"first 0":         {Args{First: new(0)}, false},
		"first 201":       {Args{First: new(201)}, false},
		"first negative":  {Args{First: new(-1)}, false},
		"last 0":          {Args{Last: new(0)}, false},
		"last 201":        {Args{Last: new(201)}, false},
		"the largest":     {Args{First: new(200)}, true},
		"negative index":  {Args{After: new(scope.cursor(-1, "k1"))}, false},
		"index too large": {Args{After: new(scope.cursor(1<<62, "k1"))}, false},
		"item gone":       {Args{After: new(scope.cursor(99, "k99"))}, true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Cut(numbers(10), itself, scope, test.args)
			if (err == nil) != test.ok || (err != nil) != isArgument(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// FuzzCursor reads whatever comes as a cursor: it is refused, or stands for a place.
func FuzzCursor(f *testing.F) {
	f.Add(scope.cursor(3, "k3"))
	f.Add(scope.cursor(1<<40, "gone"))
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, cursor string) {
		for _, args := range []Args{{After: &cursor}, {Before: &cursor}, {Last: new(1), Before: &cursor}} {
			page, err := Cut(numbers(10), itself, scope, args)
			if err == nil && len(page.Nodes()) > 10 || err != nil && !isArgument(err) {
				t.Errorf("%v %v", page, err)
			}
			if _, _, err := args.Window(scope); err != nil && !isArgument(err) {
				t.Error(err)
			}
		}
	})
}

func isArgument(err error) bool {
	_, ok := errors.AsType[*ArgumentError](err)
	return ok
}
