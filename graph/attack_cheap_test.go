//go:build unix && !race

package graph_test

import (
	"net/http/httptest"
	"runtime"
	"syscall"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/internal/access"
	"stellr-gateway/stellr/sim"
)

// What one attack may take.
const (
	mostCPU    = 10 * time.Millisecond
	mostMemory = 5 << 20
)

// TestAttacksAreCheap measures what each attack takes of the processor and of memory: the best of several tries, since the
// process does other things as well, and each on a gateway that has not seen it before.
func TestAttacksAreCheap(t *testing.T) {
	g := open(t, sim.Options{})
	resolver := graph.NewResolver(graph.Options{Client: g.client})
	for _, a := range append(documentAttacks(), requestAttacks()...) {
		cpu, memory, tries := time.Hour, uint64(1<<40), 0
		for ; tries < 8 && (tries < 2 || cpu > mostCPU/2 || memory > mostMemory/2); tries++ {
			handler := graph.NewHandler(resolver, graph.HandlerOptions{})
			request, answer := a.request(), httptest.NewRecorder()
			request = request.WithContext(access.With(request.Context(), callerOf(request)))
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := cpuTime(t)
			handler.ServeHTTP(answer, request)
			cpu = min(cpu, cpuTime(t)-start)
			runtime.ReadMemStats(&after)
			memory = min(memory, after.TotalAlloc-before.TotalAlloc)
		}
		t.Logf("%-50s %8.2f ms %8d KiB", a.name, cpu.Seconds()*1000, memory>>10)
		if cpu > mostCPU || memory > mostMemory {
			t.Errorf("%s takes %v and %d KiB", a.name, cpu, memory>>10)
		}
	}
}

// cpuTime is what the process has had of the processor.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
