package graph_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// order is the input of an order for customer 100001, marked with a purchase order number.
func (g *gateway) order(po string, quantity int) map[string]any {
	g.t.Helper()
	s := g.one("100001", activeOf(sim.MicrosoftID))
	return map[string]any{"customerNo": "100001", "vendorId": s.VendorID, "resellerPoNo": po, "idempotencyKey": key(po),
		"items": []any{map[string]any{"productId": s.ProductID, "skuNo": s.SKUNo, "quantity": quantity}}}
}

// committed is how many writes the simulator has carried out.
func (g *gateway) committed() int {
	n := 0
	for _, entry := range g.writes() {
		if entry.Committed {
			n++
		}
	}
	return n
}

// impatient gives up on an answer soon.
func impatient(c *stellr.Config, _ *graph.Options) { c.WriteTimeout = 300 * time.Millisecond }

// What can happen to a write on its way: what the caller is told, how many requests were sent, how the command ends, how
// many orders there are, and what the same key brings after.
func TestWhatCanHappenToAWrite(t *testing.T) {
	const action = stellr.ActionCreateSubscriptions
	status := func(status int, commit bool) sim.Fault {
		return sim.Fault{Kind: sim.FaultStatus, Status: status, Commit: commit}
	}
	for _, c := range []struct {
		name   string
		fault  sim.Fault
		told   string // the command's status, or the code of the error
		user   string // the code of the user error
		sent   int
		ends   string
		orders int
		again  int // orders after the key was used again
	}{
		{"nothing happens", sim.Fault{Kind: sim.FaultLatency, Delay: time.Millisecond}, "PENDING", "", 1, "SUCCEEDED", 1, 1},
		{"never answered, carried out", sim.Fault{Kind: sim.FaultHang, Commit: true}, "UNKNOWN", "OUTCOME_UNKNOWN", 1, "SUCCEEDED", 1, 1},
		{"never answered, not carried out", sim.Fault{Kind: sim.FaultHang}, "UNKNOWN", "OUTCOME_UNKNOWN", 1, "FAILED", 0, 0},
		{"reset before", sim.Fault{Kind: sim.FaultReset}, "UNKNOWN", "OUTCOME_UNKNOWN", 1, "FAILED", 0, 0},
		{"reset after", sim.Fault{Kind: sim.FaultReset, Commit: true}, "UNKNOWN", "OUTCOME_UNKNOWN", 1, "SUCCEEDED", 1, 1},
		{"truncated", sim.Fault{Kind: sim.FaultTruncate}, "UNKNOWN", "OUTCOME_UNKNOWN", 1, "SUCCEEDED", 1, 1},
		{"a page with 200, carried out", sim.Fault{Kind: sim.FaultHTML, Commit: true}, "UNKNOWN", "OUTCOME_UNKNOWN", 1, "SUCCEEDED", 1, 1},
		{"a page with 200, not carried out", sim.Fault{Kind: sim.FaultHTML}, "UNKNOWN", "OUTCOME_UNKNOWN", 1, "FAILED", 0, 0},
		{"500 after", status(500, true), "UNKNOWN", "OUTCOME_UNKNOWN", 1, "SUCCEEDED", 1, 1},
		{"502 after", status(502, true), "UNKNOWN", "OUTCOME_UNKNOWN", 1, "SUCCEEDED", 1, 1},
		{"502 before", status(502, false), "UNKNOWN", "OUTCOME_UNKNOWN", 1, "FAILED", 0, 0},
		{"503 with Retry-After", sim.Fault{Kind: sim.FaultStatus, Status: 503, RetryAfter: time.Millisecond}, "UNKNOWN", "OUTCOME_UNKNOWN", 1, "FAILED", 0, 0},
		{"504 after", status(504, true), "UNKNOWN", "OUTCOME_UNKNOWN", 1, "SUCCEEDED", 1, 1},
		{"429", status(429, false), "RATE_LIMITED", "", 1, "FAILED", 0, 1},
		{"429 with Retry-After", sim.Fault{Kind: sim.FaultStatus, Status: 429, RetryAfter: time.Second}, "PENDING", "", 2, "SUCCEEDED", 1, 1},
		{"401 once", status(401, false), "PENDING", "", 2, "SUCCEEDED", 1, 1},
		{"403", status(403, false), "UPSTREAM_FORBIDDEN", "", 1, "FAILED", 0, 1},
		{"400", status(400, false), "REJECTED", "VENDOR_REFUSED", 1, "REJECTED", 0, 0},
		{"404", status(404, false), "REJECTED", "NOT_FOUND", 1, "REJECTED", 0, 0},
		{"409", status(409, false), "REJECTED", "VENDOR_REFUSED", 1, "REJECTED", 0, 0},
		{"422", status(422, false), "REJECTED", "VENDOR_REFUSED", 1, "REJECTED", 0, 0},
		{"a business failure within 200", sim.Fault{Kind: sim.FaultRefuse}, "REJECTED", "VENDOR_REFUSED", 1, "REJECTED", 0, 0},
		{"the operation fails", sim.Fault{Kind: sim.FaultFailed}, "PENDING", "", 1, "FAILED", 1, 1},
		{"the operation reads done and holds a failed result", sim.Fault{Kind: sim.FaultDoneFailed}, "PENDING", "", 1, "FAILED", 1, 1},
		{"an orphan is left behind", sim.Fault{Kind: sim.FaultOrphan}, "PENDING", "", 1, "FAILED", 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := openQuick(t, sim.Options{}, impatient)
			order := g.order("PO-1", 3)
			c.fault.Action, c.fault.Count = action, 1
			g.sim.Inject(c.fault)
			o, a := g.try("createSubscriptions", order)
			told := a.code()
			if o.Command != nil {
				told = o.Command.Status
			}
			if told != c.told || o.refused() != c.user || o.Replayed {
				t.Fatalf("the caller was told %q, %+v", told, o)
			}
			if sent := len(g.writes()); sent != c.sent {
				t.Errorf("%d requests were sent", sent)
			}
			var found struct{ CommandByKey struct{ ID string } }
			g.must(`{commandByKey(idempotencyKey: "`+key("PO-1")+`") {id}}`, &found)
			end := g.settled(found.CommandByKey.ID)
			if end.Command.Status != c.ends || g.committed() != c.orders {
				t.Errorf("it ended as %+v with %d orders", end.Command, g.committed())
			}
			if inferred := c.told == "UNKNOWN"; end.Command.Inferred != inferred {
				t.Errorf("inferred is %v", end.Command.Inferred)
			}
			again := g.do("createSubscriptions", order)
			if released := c.again > c.orders; again.Replayed == released || !released && again.Command.Status != c.ends {
				t.Errorf("the same key brought %+v", again)
			}
			g.settled(again.Command.ID)
			if g.committed() != c.again {
				t.Errorf("there are %d orders in the end", g.committed())
			}
		})
	}
}

// What a failed order has left at Stellr is told, not hidden.
func TestLeftBehind(t *testing.T) {
	g := openQuick(t, sim.Options{})
	g.sim.Inject(sim.Fault{Action: stellr.ActionCreateSubscriptions, Kind: sim.FaultOrphan, Count: 1})
	o := g.do("createSubscriptions", g.order("PO-1", 3))
	end := g.settled(o.Command.ID)
	var data struct {
		Command struct {
			LeftBehind []struct{ SubscriptionID, Status string }
			Error      struct{ Code, Message string }
		}
	}
	g.must(`{command(id: "`+o.Command.ID+`") {leftBehind {subscriptionId status} error {code message}}}`, &data)
	if c := data.Command; end.Command.Status != "FAILED" || len(c.LeftBehind) != 1 || c.LeftBehind[0].Status != "PENDING" || c.Error.Code != "VENDOR_REFUSED" || !strings.Contains(c.Error.Message, "leftBehind") {
		t.Errorf("got %+v", data)
	}
}

// Without a token nothing is sent, and the same key works when there is one again.
func TestTokenEndpointDown(t *testing.T) {
	g := openQuick(t, sim.Options{}, func(c *stellr.Config, _ *graph.Options) { c.RetryDelay = time.Millisecond })
	order := g.order("PO-1", 3)
	g.sim.RevokeTokens()
	g.sim.Inject(sim.Fault{Action: stellr.ActionCreateSubscriptions, Kind: sim.FaultStatus, Status: 401, Count: 1})
	g.sim.Inject(sim.Fault{Action: sim.ActionToken, Kind: sim.FaultStatus, Status: 500})
	if _, a := g.try("createSubscriptions", order); a.code() != "UPSTREAM_UNAVAILABLE" {
		t.Errorf("got %+v", a)
	}
	g.sim.ClearFaults()
	if o := g.do("createSubscriptions", order); o.Replayed || o.Command.Status != "PENDING" || g.committed() != 1 {
		t.Errorf("got %+v and %d orders", o, g.committed())
	}
}

// ailing is a journal that fails on demand.
type ailing struct {
	journal.Journal
	claims, saves atomic.Bool
}

var errAiling = errors.New("attempt to write a readonly database")

func (j *ailing) Claim(ctx context.Context, c *journal.Command, check journal.Check) (journal.Verdict, *journal.Command, error) {
	if j.claims.Load() {
		return "", nil, errAiling
	}
	return j.Journal.Claim(ctx, c, check)
}

func (j *ailing) Save(ctx context.Context, c *journal.Command) error {
	if j.saves.Load() {
		return errAiling
	}
	return j.Journal.Save(ctx, c)
}

// Where writes cannot be recorded none is sent, and reading goes on.
func TestJournalDown(t *testing.T) {
	for _, c := range []struct {
		name string
		fail func(*ailing, bool)
	}{
		{"when claiming", func(j *ailing, yes bool) { j.claims.Store(yes) }},
		{"when dispatching", func(j *ailing, yes bool) { j.saves.Store(yes) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := &ailing{Journal: openJournal(t)}
			g := openQuick(t, sim.Options{}, func(_ *stellr.Config, o *graph.Options) { o.Journal = j })
			order := g.order("PO-1", 3)
			c.fail(j, true)
			if _, a := g.try("createSubscriptions", order); a.code() != "JOURNAL_UNAVAILABLE" || a.Errors[0].Extensions["retryable"] != true {
				t.Errorf("got %+v", a)
			}
			if len(g.writes()) > 0 {
				t.Errorf("sent: %+v", g.writes())
			}
			g.must(`{customer(customerNo: "100001") {name}}`, nil)
			c.fail(j, false)
			deadline := time.Now().Add(20 * time.Second)
			for { // until the key is given back
				o := g.do("createSubscriptions", order)
				if o.Command.Status == "PENDING" && o.Operation != nil {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("the key is kept: %+v", o)
				}
			}
			if g.committed() != 1 {
				t.Errorf("there are %d orders", g.committed())
			}
		})
	}
}
