package main

import (
	"math"
	"testing"
)

// Between two collections 64 MiB are allocated, or as much as is kept where that is more; never more than ten times as much.
func TestPercentFor(t *testing.T) {
	for _, test := range []struct {
		live uint64
		want int
	}{
		{0, 1000}, {1, 1000}, {1 << 20, 1000}, {6 << 20, 1000}, {7 << 20, 914}, {16 << 20, 400}, {32 << 20, 200},
		{63 << 20, 101}, {64 << 20, 100}, {65 << 20, 100}, {10 << 30, 100}, {math.MaxUint64, 100},
	} {
		if got := percentFor(test.live); got != test.want {
			t.Errorf("%d bytes are kept: %d %%, want %d", test.live, got, test.want)
		}
	}
}
