package graph_test

import (
	"strings"
	"testing"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr/sim"
)

// sound are facts in which two organizations have bought once with the same key, and one was refused.
func sound() *facts {
	const name = "a-key-0123456789-0123456789"
	acme, globex := intent{"acme", "createSubscriptions", name, "acme-PO"}, intent{"globex", "createSubscriptions", name, "globex-PO"}
	refused := intent{"acme", "changeSeats", "another-key-0123456789", "seats-PO"}
	row := func(i intent, id, operation, subscription string) *journal.Command {
		return &journal.Command{
			ID: id, Organization: i.organization, Action: i.action, Key: i.key, Status: journal.Succeeded, Step: journal.Ended,
			Operations: []journal.Operation{{OperationID: operation}}, SubscriptionIDs: []string{subscription},
		}
	}
	order := func(i intent, subscription string) sim.Entry {
		return sim.Entry{Action: "createSubscriptions", Method: "POST", Path: "/subscriptions", Body: []byte(`{"po":"` + i.mark + `"}`), Committed: true, SubscriptionIDs: []string{subscription}}
	}
	one, two := row(acme, "01", "9001", "1_1"), row(globex, "02", "9002", "2_1")
	tell := func(i intent, row *journal.Command, status string, replayed bool) told {
		return told{intent: i, command: row.RefID(), status: status, replayed: replayed, operations: []string{row.Operations[0].OperationID},
			subscriptions: row.SubscriptionIDs, text: row.RefID()}
	}
	return &facts{
		intents: []intent{acme, globex, refused},
		rows:    []*journal.Command{one, two},
		ledger:  []sim.Entry{order(acme, "1_1"), order(globex, "2_1")},
		told: []told{tell(acme, one, "PENDING", false), tell(acme, one, "SUCCEEDED", true), tell(globex, two, "PENDING", false),
			{intent: refused, code: "STALE_QUANTITY"}},
	}
}

// The checker sees each thing that must never be, and nothing where all is well.
func TestChecker(t *testing.T) {
	if found := violations(*sound()); len(found) > 0 {
		t.Errorf("sound facts: %q", found)
	}
	for want, spoil := range map[string]func(*facts){
		"was carried out 2 times":             func(f *facts) { f.ledger = append(f.ledger, f.ledger[0]) },
		"there are 2 orders":                  func(f *facts) { f.ledger = append(f.ledger, f.ledger[0]) },
		"there are 0 orders":                  func(f *facts) { f.ledger[0].Committed = false },
		"was never carried out":               func(f *facts) { f.ledger = f.ledger[1:] },
		"has no command for it":               func(f *facts) { f.rows = f.rows[1:] },
		"the journal says REJECTED":           func(f *facts) { f.rows[0].Status = journal.Rejected },
		"the journal says FAILED":             func(f *facts) { f.rows[0].Status, f.rows[0].Operations = journal.Failed, nil },
		"2 commands have the key":             func(f *facts) { f.rows = append(f.rows, f.rows[0]) },
		"is left UNKNOWN":                     func(f *facts) { f.rows[0].Status = journal.Unknown },
		"at step following":                   func(f *facts) { f.rows[0].Step = journal.Following },
		"does not know of its subscription":   func(f *facts) { f.rows[0].SubscriptionIDs = nil },
		"which another order brought":         func(f *facts) { f.rows[0].SubscriptionIDs = []string{"1_1", "2_1"} },
		"told 2 times as if for the first":    func(f *facts) { f.told[1].replayed = false },
		"and ended SUCCEEDED":                 func(f *facts) { f.told[1].status = "FAILED" },
		"which the command does not have":     func(f *facts) { f.told[0].operations = []string{"9002"} },
		"the subscription 2_1, which the":     func(f *facts) { f.told[0].subscriptions = []string{"2_1"} },
		"was told of the command a-key":       func(f *facts) { f.told[2].text += f.rows[0].RefID() },
		"was told of the command of acme":     func(f *facts) { f.told[2].command = f.rows[0].RefID() },
		"a command that is not in the":        func(f *facts) { f.told[0].command = "elsewhere" },
		"key was used before, and nobody had": func(f *facts) { f.told[3].code = "IDEMPOTENCY_KEY_REUSED" },
		"was only ever refused":               func(f *facts) { f.ledger[0].Body = []byte(`{"po":"seats-PO"}`) },
		"and nobody asked for it":             func(f *facts) { f.ledger[0].Body = []byte(`{"po":"nobody's"}`) },
		"is in the journal, and nobody asked": func(f *facts) { f.rows[0].Key += "x" },
	} {
		f := sound()
		spoil(f)
		if found := violations(*f); !strings.Contains(strings.Join(found, "\n"), want) {
			t.Errorf("it does not say %q but %q", want, found)
		}
	}
}
