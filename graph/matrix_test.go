package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"stellr-gateway/graph"
	"stellr-gateway/graph/generated"
	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// The matrix: every root field, mutation and link, asked by callers of every role who see their own customer, another, none
// or all. What is asked for is customer 100001's; the other is 100002.

// stranger is a customer who is not there at all. What is somebody else's must look the same.
const (
	ours, theirs, stranger = "100001", "100002", "199999"
)

// least is the least role for each root field; a field without a row fails the test.
var least = map[string]access.Role{
	"agreement": access.Viewer, "azureConsumption": access.Viewer, "checkVendorAccount": access.Viewer, "command": access.Viewer,
	"commandByKey": access.Viewer, "commands": access.Viewer, "customer": access.Viewer, "customers": access.Viewer,
	"googleTransferableProducts": access.Viewer, "invoice": access.Viewer, "invoiceReport": access.Viewer, "invoices": access.Viewer, "licenseMatches": access.Viewer,
	"node": access.Viewer, "nodes": access.Viewer, "operation": access.Viewer, "product": access.Viewer, "productBySku": access.Viewer,
	"recurring": access.Viewer, "renewals": access.Viewer,
	"subscription": access.Viewer, "subscriptions": access.Viewer, "upstream": access.Viewer, "vendor": access.Viewer,
	"vendorAccounts": access.Viewer, "vendors": access.Viewer, "viewer": access.Viewer,

	"suspendSubscription": access.Operator, "activateSubscription": access.Operator, "reactivateSubscription": access.Operator,
	"updateRenewal": access.Operator, "reconcileCommand": access.Operator,
	"acceptAgreement": access.Buyer, "createSubscriptions": access.Buyer, "createAddOn": access.Buyer, "changeSeats": access.Buyer,
	"cancelSubscription": access.Buyer, "upgradeSubscription": access.Buyer, "downgradeSubscription": access.Buyer,
	"changePlan": access.Buyer, "transferSubscription": access.Buyer,
	"createCustomer": access.Admin, "saveVendorAccount": access.Admin, "stellrRequest": access.Admin,

	"operationUpdated": access.Viewer, "commandUpdated": access.Viewer, "subscriptionChanged": access.Viewer,
}

// Every root field names its least role in the schema, and that is the one of the table above.
func TestEveryRootFieldHasItsRole(t *testing.T) {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	rows := len(least)
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, field := range root.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			rows--
			directive := field.Directives.ForName("requires")
			if directive == nil {
				t.Errorf("%s.%s: anybody may ask for it", root.Name, field.Name)
			} else if got := directive.Arguments.ForName("role").Value.Raw; got != string(least[field.Name]) {
				t.Errorf("%s.%s takes the role %q, want %q", root.Name, field.Name, got, least[field.Name])
			}
		}
	}
	if rows != 0 {
		t.Errorf("the table has %d rows too many", rows)
	}
}

// lockedLog collects log lines.
type lockedLog struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lockedLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(line)
}

// since is what was written since it was last called.
func (l *lockedLog) since() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.out.Reset()
	return l.out.String()
}

// openMarked is a gateway whose customers' data is marked, with its log.
func openMarked(t *testing.T, tune ...func(*stellr.Config, *graph.Options)) (*gateway, *lockedLog) {
	t.Helper()
	log := new(lockedLog)
	logging := func(config *stellr.Config, o *graph.Options) {
		o.Logger = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		config.Logger = o.Logger
	}
	g := openQuick(t, sim.Options{}, append(tune, marked(t), logging, allowSuspending(t))...)
	g.must(`{invoices(first: 200) {totalCount}}`, nil) // the marker learns whose they are
	return g, log
}

// Who has no role gets nothing but FORBIDDEN, and names what is forbidden once.
func TestWithoutARole(t *testing.T) {
	g, _ := openMarked(t)
	known := g.names()
	for name, arguments := range questions {
		schema := generated.NewExecutableSchema(generated.Config{}).Schema()
		inner := selection(schema, schema.Types[schema.Query.Fields.ForName(name).Type.Name()], 0)
		for _, caller := range []string{"nobody", "acme/anna/"} {
			a := g.as(caller).ask("{"+name+strings.ReplaceAll(known.Replace(arguments), "COMMAND", anyCommand)+inner+"}", nil)
			if a.code() != "FORBIDDEN" || strings.Contains(string(a.Data), "MARK") {
				t.Errorf("%s: %q got %s %+v", name, caller, a.Data, a.Errors)
			}
		}
	}
	for _, caller := range []string{"nobody", "acme/anna/"} {
		for _, c := range mutationCases() {
			input := c.input(g)
			input["idempotencyKey"] = key(c.name)
			if _, a := g.as(caller).try(c.name, input); a.code() != "FORBIDDEN" || strings.Contains(string(a.Data), "MARK") {
				t.Errorf("%s: %q got %s %+v", c.name, caller, a.Data, a.Errors)
			}
		}
		if _, a := g.as(caller).try("reconcileCommand", map[string]any{"id": anyCommand}); a.code() != "FORBIDDEN" {
			t.Errorf("reconcileCommand: %q got %s %+v", caller, a.Data, a.Errors)
		}
		for _, event := range []string{`operationUpdated(operationId: "` + known.Replace("OPERATION") + `") {operationId}`, `commandUpdated {id}`, `subscriptionChanged(customerNo: "100001") {name}`} {
			if text := g.as(caller).hear("subscription {" + event + "}").end(); !strings.Contains(text, `"code":"FORBIDDEN"`) || strings.Contains(text, `"data":{`) {
				t.Errorf("%s: %q heard %s", event, caller, text)
			}
		}
	}
	if writes := g.writes(); len(writes) > 2 { // those of names
		t.Errorf("the ledger has %+v", writes)
	}
}

// anyCommand is the id of a command that is not there.
var anyCommand = stellr.Ref{Kind: "Command", Keys: []string{"NONE"}}.String()

// matrixQuestion is a question about ours, and the same about what is not there.
type matrixQuestion struct{ name, asked, missing string }

// matrix are all questions.
func (g *gateway) matrix() []matrixQuestion {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	known := g.names()
	command := g.orphaned(known.Replace("PRODUCT"), "every-field-0123456789")
	g.settled(command)
	commands := strings.NewReplacer("COMMAND", command)
	gone := strings.NewReplacer("COMMAND", anyCommand, ours, stranger, "OPERATION", "999999999", "FAILED", "999999998", "INVOICE", "INV-0", "SUBSCRIPTION", "1_1",
		"NODE", stellr.Ref{Kind: "Customer", Keys: []string{stranger}}.String(), "every-field-0123456789", "no-such-key-0123456789")
	var all []matrixQuestion
	for _, field := range schema.Query.Fields {
		arguments, ok := questions[field.Name]
		if !ok {
			continue
		}
		deep := 2
		if slices.Contains([]string{"subscription", "invoice", "invoices", "invoiceReport", "operation", "command", "commandByKey", "commands"}, field.Name) {
			deep = 1
		}
		inner := selection(schema, schema.Types[field.Type.Name()], deep)
		all = append(all, matrixQuestion{field.Name, "{" + field.Name + arguments + inner + "}", "{" + field.Name + gone.Replace(arguments) + inner + "}"})
	}
	for i, query := range further {
		if !strings.HasPrefix(query, "mutation") {
			all = append(all, matrixQuestion{fmt.Sprintf("further %d", i), query, gone.Replace(query)})
		}
	}
	for i, q := range all {
		all[i].asked, all[i].missing = known.Replace(commands.Replace(q.asked)), known.Replace(q.missing)
	}
	return all
}

// Nothing of others comes back, whatever is asked: no link, list, total, id or error leads to them. What is not there and
// what is not theirs are answered in the same words and take as many requests.
func TestMatrixOfQuestions(t *testing.T) {
	g, log := openMarked(t)
	for _, q := range g.matrix() {
		for _, role := range access.Roles() {
			for scope, may := range map[string][]string{"only " + ours: {ours}, "only " + theirs: {theirs}, "only": nil, "reseller": {ours, theirs}} {
				t.Run(q.name+"/"+string(role)+"/"+scope, func(t *testing.T) {
					g := &gateway{t: t, sim: g.sim, url: g.url, caller: scope + "/anna/" + string(role)}
					log.since()
					g.sim.ResetLedger()
					a := g.ask(q.asked, nil)
					took := g.sim.CallsTotal()
					text := string(a.Data) + fmt.Sprintf("%+v", a.Errors) + log.since()
					if found := strangers(text, may...); found != nil && scope != "reseller" {
						t.Errorf("it has %q: %.2000s", found, text)
					}
					own := slices.Contains(may, ours)
					if own && (len(a.Errors) > 0 || !strings.Contains(text, mark(ours)) && about(q.name)) {
						t.Errorf("the owner got %.500s %+v", a.Data, a.Errors)
					}
					if own || q.asked == q.missing {
						return
					}
					g.sim.ResetLedger()
					b := g.ask(q.missing, nil)
					if same(a) != same(b) || took != g.sim.CallsTotal() {
						t.Errorf("somebody else's: %.300s %+v after %d requests; nobody's: %.300s %+v after %d", a.Data, a.Errors, took, b.Data, b.Errors, g.sim.CallsTotal())
					}
				})
			}
		}
	}
}

// about says whether a root field brings something of customers.
func about(field string) bool {
	return !strings.HasPrefix(field, "further") && !slices.Contains([]string{"viewer", "upstream", "vendors", "vendor", "product", "productBySku", "googleTransferableProducts",
		"checkVendorAccount", "command", "commandByKey", "commands", "node", "nodes", "invoiceReport", "recurring"}, field)
}

// same is an answer without what names the one who asks or what was asked for.
func same(a answer) string {
	text := string(a.Data) + fmt.Sprintf("%+v", a.Errors)
	return strings.NewReplacer(ours, "x", stranger, "x").Replace(text)
}

// Totals count what the caller sees.
func TestTotalsOfSome(t *testing.T) {
	g, _ := openMarked(t)
	type totals struct {
		Customers, Subscriptions, Invoices, VendorAccounts, AzureConsumption, Renewals struct{ TotalCount int }
		InvoiceReport                                                                  struct{ Lines struct{ TotalCount int } }
	}
	const query = `{customers {totalCount} subscriptions {totalCount} invoices {totalCount} vendorAccounts {totalCount} azureConsumption {totalCount} renewals(within: 400) {totalCount}
		invoiceReport(from: "2026-05-01", to: "2026-06-30") {lines {totalCount}}}`
	of := func(caller string) (got totals) {
		g.as(caller).must(query, &got)
		return got
	}
	all, one, two, none := of("reseller/anna/VIEWER"), of("only 100001/anna/VIEWER"), of("only 100002/anna/VIEWER"), of("only/anna/VIEWER")
	if none != (totals{}) {
		t.Errorf("who sees nobody counts %+v", none)
	}
	if one.Customers.TotalCount != 1 || one.Subscriptions.TotalCount == 0 || one.Invoices.TotalCount == 0 || one.VendorAccounts.TotalCount == 0 ||
		one.AzureConsumption.TotalCount == 0 || one.Renewals.TotalCount == 0 || one.InvoiceReport.Lines.TotalCount == 0 || one == two {
		t.Errorf("one customer is %+v, the other %+v", one, two)
	}
	if both := of("only 100002 100001/anna/VIEWER"); both.Subscriptions.TotalCount != one.Subscriptions.TotalCount+two.Subscriptions.TotalCount ||
		both.InvoiceReport.Lines.TotalCount != one.InvoiceReport.Lines.TotalCount+two.InvoiceReport.Lines.TotalCount || both.Customers.TotalCount != 2 || both.Renewals.TotalCount != one.Renewals.TotalCount+two.Renewals.TotalCount {
		t.Errorf("both are %+v", both)
	}
	if every := of("acme/anna/VIEWER"); every.Customers != all.Customers || every.Subscriptions != all.Subscriptions || every.Invoices != all.Invoices ||
		every.Renewals != all.Renewals || every.InvoiceReport != all.InvoiceReport || every.AzureConsumption != all.AzureConsumption {
		t.Errorf("every customer by name is %+v, all %+v", every, all)
	}
}

// Who sees few customers asks for few: no list of all is read to leave the others out.
func TestListsOfSomeAreShort(t *testing.T) {
	g := open(t, sim.Options{Customers: 600})
	g.must(`{customer(customerNo: "none") {name}}`, nil) // a token is there before counting starts
	for query, most := range map[string]int{
		`{customers {totalCount nodes {name}}}`: 1, `{subscriptions {totalCount}}`: 1, `{invoices {totalCount}}`: 1, `{vendorAccounts {totalCount}}`: 1,
		`{recurring {uncounted}}`: 1, `{renewals(within: 30) {totalCount}}`: 1,
		`{azureConsumption {totalCount}}`: 1, `{invoices(filter: {from: "2026-01-01"}) {totalCount}}`: 1,
	} {
		g.sim.ResetLedger()
		g.as("only 100001/anna/VIEWER").must(query, nil)
		if n := g.sim.CallsTotal(); n > most {
			t.Errorf("%s took %d requests", query, n)
		}
	}
}

// A mutation takes its role and its customer; whoever lacks one is refused in the words of what is not there, and nothing
// is sent, recorded or told.
func TestMatrixOfMutations(t *testing.T) {
	for _, c := range mutationCases() {
		t.Run(c.name, func(t *testing.T) {
			g, log := openMarked(t)
			input := c.input(g)
			input["idempotencyKey"] = key(c.name)
			raw, _ := json.Marshal(input)
			var missing map[string]any
			if err := json.Unmarshal([]byte(strings.ReplaceAll(strings.ReplaceAll(string(raw), "100006", ours), ours, stranger)), &missing); err != nil {
				t.Fatal(err)
			}
			for _, role := range access.Roles() {
				for _, scope := range []string{"only " + theirs, "only", "only " + ours} {
					enough := slices.Index(access.Roles(), role) >= slices.Index(access.Roles(), least[c.name])
					if enough && scope == "only "+ours && c.name != "createCustomer" {
						continue // which every other test of mutations is about
					}
					log.since()
					o, a := g.as(scope+"/anna/"+string(role)).try(c.name, input)
					text := fmt.Sprintf("%+v %s %+v %s", o, a.Data, a.Errors, log.since())
					if !enough || c.name == "createCustomer" {
						if a.code() != "FORBIDDEN" {
							t.Errorf("%s %s: %s", scope, role, text)
						}
					} else if p, b := g.as(scope+"/anna/"+string(role)).try(c.name, missing); o.refused() != "NOT_FOUND" || o.Command != nil || same(a) != same(b) || p.Command != nil {
						t.Errorf("%s %s: %s; for nobody: %s", scope, role, text, b.Data)
					}
					if found := strangers(text, strings.TrimPrefix(scope, "only ")); found != nil {
						t.Errorf("%s %s: it has %q: %s", scope, role, found, text)
					}
				}
			}
			var data struct{ Commands struct{ TotalCount int } }
			if g.must(`{commands {totalCount}}`, &data); data.Commands.TotalCount > 0 || len(g.writes()) > 0 {
				t.Errorf("%d commands are recorded, and the ledger has %+v", data.Commands.TotalCount, g.writes())
			}
		})
	}
}

// A command is its organization's, as long as that has the customer.
func TestMatrixOfCommands(t *testing.T) {
	g, _ := openMarked(t)
	bought := g.as("only 100001/anna/BUYER").do("createSubscriptions", g.order("PO-1", 3))
	query := fmt.Sprintf(`{command(id: %q) {id customer {name} subscriptions {name}} commandByKey(idempotencyKey: %q) {id} commands {totalCount nodes {id}} node(id: %q) {id}}`, bought.Command.ID, key("PO-1"), bought.Command.ID)
	for caller, sees := range map[string]bool{
		"only 100001/anna/BUYER": true, "only 100001/adele/ADMIN": true, "reseller/rita/ADMIN": true,
		"only 100001/ben/BUYER": false, "only 100002/anna/ADMIN": false, "only/anna/ADMIN": false, "reseller/rita/BUYER": false,
	} {
		a := g.as(caller).ask(query, nil)
		if text := string(a.Data); strings.Contains(text, bought.Command.ID) != sees || !sees && strings.Contains(text, "MARK") || len(a.Errors) > 0 {
			t.Errorf("%s: %s %+v", caller, text, a.Errors)
		}
	}
	mine := g.as("acme only 100001/anna/BUYER").do("createSubscriptions", g.order("PO-2", 3))
	query = strings.NewReplacer(bought.Command.ID, mine.Command.ID, key("PO-1"), key("PO-2")).Replace(query)
	for caller, sees := range map[string]bool{"acme only 100001 100002/anna/BUYER": true, "acme only 100002/anna/BUYER": false, "acme only/anna/ADMIN": false} {
		if a := g.as(caller).ask(query, nil); strings.Contains(string(a.Data), mine.Command.ID) != sees || len(a.Errors) > 0 || !sees && !strings.Contains(string(a.Data), `"totalCount":0`) {
			t.Errorf("%s, whose organization's customers have changed: %s %+v", caller, a.Data, a.Errors)
		}
	}
	for _, id := range []string{bought.Command.ID, anyCommand} {
		o := g.as("only 100002/gus/ADMIN").do("reconcileCommand", map[string]any{"id": id})
		if o.refused() != "NOT_FOUND" || o.Command != nil {
			t.Errorf("another organization reconciles: %+v", o)
		}
	}
}

// Events reach those who see their customer. Who does not hears nothing of it, though both listen at the same time.
func TestMatrixOfEvents(t *testing.T) {
	g, _ := openMarked(t)
	hears := map[string]*heard{}
	for _, scope := range []string{"only 100001", "only 100002", "only", "reseller"} {
		for _, query := range []string{`commandUpdated`, `commandUpdated(customerNo: "100001")`, `subscriptionChanged(customerNo: "100001")`, `subscriptionChanged(customerNo: "100002")`} {
			selection := `{customer {name} subscription {name}}`
			if strings.HasPrefix(query, "subscription") {
				selection = `{name}`
			}
			hears[scope+" "+query] = g.as(scope + "/anna/ADMIN").hear("subscription {" + query + selection + "}")
		}
	}
	write := func(customerNo string) {
		g.t.Helper()
		s := g.one(customerNo, activeOf(sim.MicrosoftID))
		organization := "only " + customerNo
		g.settled(g.as(organization+"/anna/ADMIN").do("suspendSubscription", subscriptionInput(s, nil)).Command.ID)
	}
	write("100001")
	hears["only 100001 commandUpdated"].until(mark("100001"))
	hears["only 100001 "+`subscriptionChanged(customerNo: "100001")`].until(mark("100001"))
	write("100002") // what comes after it has been heard shows that what came before was not
	hears["only 100002 commandUpdated"].until(mark("100002"))
	hears["only 100002 "+`subscriptionChanged(customerNo: "100002")`].until(mark("100002"))
	hears["reseller commandUpdated"].until(mark("100002"))
	for name, h := range hears {
		scope := strings.Fields(name)
		text := h.so()
		switch {
		case scope[0] == "reseller":
		case strings.HasPrefix(name, "only 10000"):
			if found := strangers(text, scope[1]); found != nil {
				t.Errorf("%s: heard %q: %s", name, found, text)
			}
		case strings.Contains(text, "MARK"):
			t.Errorf("%s: heard %s", name, text)
		}
	}
}

// An operation is told to those who see its customer; to anybody else it is not there.
func TestMatrixOfOperations(t *testing.T) {
	g, _ := openMarked(t)
	accepted, err := g.client.SuspendSubscription(t.Context(), ours, g.activeSubscription(), stellr.Reason{})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{accepted.OperationID, "999999999"} {
		for _, scope := range []string{"only 100002", "only"} {
			h := g.as(scope + "/anna/ADMIN").hear(`subscription {operationUpdated(operationId: "` + id + `") {operationId customer {name}}}`)
			if text := h.end(); strings.Contains(text, "next") {
				t.Errorf("%s, %s: heard %s", scope, id, text)
			}
		}
	}
	h := g.as("only 100001/anna/VIEWER").hear(`subscription {operationUpdated(operationId: "` + accepted.OperationID + `") {operationId customer {name}}}`)
	h.until(mark(ours))
}

// heard is what comes over an event stream.
type heard struct {
	t    testing.TB
	body io.ReadCloser
	mu   sync.Mutex
	text strings.Builder
	done chan struct{}
}

func (h *heard) read() {
	defer close(h.done)
	part := make([]byte, 4096)
	for {
		n, err := h.body.Read(part)
		h.mu.Lock()
		h.text.Write(part[:n])
		h.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// so is what was heard so far.
func (h *heard) so() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// until waits until something was heard.
func (h *heard) until(part string) {
	h.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(h.so(), part); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("%s was never heard: %s", part, h.so())
		}
	}
}

// end is all that was heard when the stream has ended.
func (h *heard) end() string {
	h.t.Helper()
	select {
	case <-h.done:
	case <-time.After(30 * time.Second):
		h.t.Fatal("the stream does not end")
	}
	return h.so()
}
