package graph

import (
	"cmp"
	"slices"
	"strings"

	"stellr-gateway/graph/model"
)

// sorted is the items in the order of their values, in a slice of their own. What has no value comes last either way;
// equals stay in the order they had.
func sorted[T any, V any](items []T, direction model.OrderDirection, value func(T) (V, bool), compare func(V, V) int) []T {
	ordered := slices.Clone(items)
	slices.SortStableFunc(ordered, func(a, b T) int {
		x, hasX := value(a)
		y, hasY := value(b)
		switch {
		case !hasX && !hasY:
			return 0
		case !hasX:
			return 1
		case !hasY:
			return -1
		case direction == model.OrderDirectionDesc:
			return compare(y, x)
		}
		return compare(x, y)
	})
	return ordered
}

// byText compares names as people sort them: case does not matter.
func byText(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

// byNumber compares keys that are numbers by their size, and others as text behind these.
func byNumber(a, b string) int {
	switch {
	case digits(a) && digits(b):
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	case digits(a):
		return -1
	case digits(b):
		return 1
	}
	return cmp.Compare(a, b)
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// contains says whether one of the texts holds the words, whatever their case.
func contains(words *string, texts ...string) bool {
	if words == nil || *words == "" {
		return true
	}
	wanted := strings.ToLower(*words)
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), wanted) })
}

// equals says whether a value is the one that is asked for; a filter that is left out passes all.
func equals[T comparable](wanted *T, value T) bool { return wanted == nil || *wanted == value }
