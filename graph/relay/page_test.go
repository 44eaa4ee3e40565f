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

// A page of a list that is read from either end is the one that is cut out of the whole list, whatever is asked for.
func TestBounded(t *testing.T) {
	at := func(i int) *string {
		if i < 0 {
			return nil
		}
		c := scope.cursor(i, "k"+strconv.Itoa(i))
		return &c
	}
	size := func(n int) *int {
		if n == 0 {
			return nil
		}
		return &n
	}
	for n := range 6 {
		for _, first := range []int{0, 1, 2, 200} {
			for _, last := range []int{0, 1, 2, 200} {
				for after := -1; after < n; after++ {
					for before := -1; before < n; before++ {
						if before >= 0 && after >= before {
							continue // nothing stands there, and what is next to it is anybody's guess
						}
						args := Args{First: size(first), Last: size(last), After: at(after), Before: at(before)}
						want, err := Cut(numbers(n), itself, scope, args)
						b, failed := args.Bounds(scope)
						if err != nil || failed != nil {
							t.Fatal(err, failed)
						}
						got := Bounded(within(numbers(n), b), itself, scope, b, n)
						if !slices.Equal(got.Nodes(), want.Nodes()) || got.PageInfo().HasNextPage != want.PageInfo().HasNextPage ||
							got.PageInfo().HasPreviousPage != want.PageInfo().HasPreviousPage || !slices.Equal(got.Edges(), want.Edges()) || *got.TotalCount() != n {
							t.Errorf("%d items, first %d last %d after %d before %d: %v %+v, want %v %+v", n, first, last, after, before,
								got.Edges(), got.PageInfo(), want.Edges(), want.PageInfo())
						}
					}
				}
			}
		}
	}
	for _, args := range []Args{{First: size(201)}, {After: new("x")}, {Before: new("x")}} {
		if _, err := args.Bounds(scope); !isArgument(err) {
			t.Errorf("%+v: %v", args, err)
		}
	}
}

// within is what a store answers to bounds: what stands there, one more than wanted at most.
func within(items []string, b Bounds) []string {
	from, to := 0, len(items)
	if i := slices.Index(items, b.After); i >= 0 {
		from = i + 1
	}
	if i := slices.Index(items, b.Before); i >= 0 {
		to = i
	}
	items = items[from:max(from, to)]
	if b.FromEnd {
		return items[max(0, len(items)-b.Limit-1):]
	}
	return items[:min(len(items), b.Limit+1)]
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
