package graph

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
)

// callsHeader asks with the value 1 for what an answer was made of, in its extensions: each request to Stellr and each read
// that needed none. Only admins are told.
const callsHeader = "X-Gateway-Calls"

const mostRows = 500 // of a waterfall

// waterfall is what one answer was made of. It holds no keys: paths are those of the endpoint table.
type waterfall struct {
	began time.Time

	mu      sync.Mutex
	rows    []callRow
	leftOut int
	over    bool // the answer is made: what comes now is of others, or of the background
}

// callRow is one request to Stellr, or one read that needed none. Times are in milliseconds.
type callRow struct {
	Action   stellr.Action `json:"action"`
	Method   string        `json:"method"`
	Path     string        `json:"path"`
	Status   int           `json:"status"` // 0 where no answer came, and where nothing was sent
	Start    float64       `json:"start"`  // since the operation began
	Duration float64       `json:"duration"`
	Attempt  int           `json:"attempt"`
	Code     stellr.Code   `json:"code"`   // of the failure; empty where all went well
	Cached   bool          `json:"cached"` // it was kept: nothing was sent
	Shared   bool          `json:"shared"` // another operation had sent the same already
	Age      int           `json:"age"`    // in seconds, of what was kept
}

// watched is ctx with a waterfall of the answer that is made with it; nil where the caller does not want one.
func watched(ctx context.Context) (context.Context, *waterfall) {
	if !graphql.HasOperationContext(ctx) || graphql.GetOperationContext(ctx).Headers.Get(callsHeader) != "1" {
		return ctx, nil
	}
	w := &waterfall{began: time.Now()}
	return stellr.WithObserver(ctx, w.sent), w
}

// sent notes a request.
func (w *waterfall) sent(call stellr.Call) {
	w.add(callRow{
		Action: call.Action, Method: call.Method, Path: call.Path, Status: call.Status, Attempt: call.Attempt, Code: call.Code,
		Start: w.at(call.Start), Duration: milliseconds(call.Duration),
	})
}

// read notes a read that sent nothing. Those that did are told of by their requests.
func (w *waterfall) read(q stellr.Question, r stellr.Reading) {
	if r.Kept || r.Shared {
		w.add(callRow{
			Action: q.Action, Method: "GET", Path: q.Template, Start: w.at(time.Now()), Cached: r.Kept, Shared: r.Shared, Age: seconds(r.Age),
		})
	}
}

func (w *waterfall) add(row callRow) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.over:
	case len(w.rows) == mostRows:
		w.leftOut++
	default:
		w.rows = append(w.rows, row)
	}
}

// show puts the waterfall into an answer's extensions, or says that the caller may not see it.
func (w *waterfall) show(ctx context.Context, response *graphql.Response) {
	if response.Extensions == nil {
		response.Extensions = map[string]any{}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if !access.From(ctx).May(access.Admin) {
		response.Extensions["calls"] = map[string]any{"forbidden": true}
		return
	}
	slices.SortStableFunc(w.rows, func(a, b callRow) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), strings.Compare(a.Path, b.Path))
	})
	response.Extensions["calls"] = map[string]any{"rows": append([]callRow{}, w.rows...), "leftOut": w.leftOut, "took": w.at(time.Now())}
}

// at is a time as milliseconds since the operation began.
func (w *waterfall) at(t time.Time) float64 { return max(0, milliseconds(t.Sub(w.began))) }

// milliseconds has one digit after the point, which is all that anybody looks at.
func milliseconds(d time.Duration) float64 { return float64(d.Round(100*time.Microsecond)) / 1e6 }
