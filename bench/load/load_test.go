package load

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

func TestPlanCounts(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1)%10 == 0 {
			w.WriteHeader(http.StatusBadGateway)
		}
		io.WriteString(w, "{}")
	}))
	defer server.Close()
	host := server.Listener.Addr().String()
	plan := Plan{Address: host, Requests: [][]byte{Get(host, "/")}, Connections: 3, Answers: 100}
	result, err := plan.Run(t.Context())
	if err != nil || result.Answered != 90 || result.Failed != 10 || result.Failure == nil || asked.Load() != 100 {
		t.Errorf("%+v, %v; the server was asked %d times", result, err, asked.Load())
	}
}

// An answer that waits for its turn is late from the moment it was due, or a server that stands still would look quick.
func TestScheduleCountsFromWhenItWasDue(t *testing.T) {
	schedule := Schedule{Every: 5 * time.Millisecond, For: 50 * time.Millisecond, Do: func(i int) error {
		time.Sleep(20 * time.Millisecond)
		return nil
	}}
	outcome, err := schedule.Run(t.Context())
	if err != nil || len(outcome.Times) != 10 || outcome.Failed != 0 {
		t.Fatalf("%+v, %v", outcome, err)
	}
	for _, took := range outcome.Times {
		if took < 20*time.Millisecond {
			t.Errorf("%v", took)
		}
	}
}
