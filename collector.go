package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// roomBetween is how much may be allocated between two collections of garbage at least: a gateway keeps little and
// allocates much, and by the runtime's own rule, as much again as is kept, it would collect all the time.
const roomBetween = 64 << 20

// mostPercent is how much of what is kept that may be, at most.
const mostPercent = 1000

// collectSeldom has garbage collected when roomBetween was allocated, or as much again as is kept where that is more. It
// does nothing where GOGC says how it is to be. The memory limit counts all the same: near it there are as many
// collections as it takes.
func collectSeldom() {
	if os.Getenv("GOGC") != "" {
		return
	}
	t := &tuner{percent: debug.SetGCPercent(100)}
	t.tune()
}

// tuner looks after each collection how much is kept.
type tuner struct{ percent int }

func (t *tuner) tune() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if percent := percentFor(live[0].Value.Uint64()); math.Abs(float64(percent-t.percent)) > 0.1*float64(t.percent) {
		debug.SetGCPercent(percent) // which stops everything for a moment
		t.percent = percent
	}
	runtime.AddCleanup(new([16]byte), func(t *tuner) { t.tune() }, t) // after the next collection
}

// percentFor is how much of what is kept may be allocated until the next collection.
func percentFor(live uint64) int {
	return int(min(max(100*roomBetween/max(live, 1), 100), mostPercent))
}
