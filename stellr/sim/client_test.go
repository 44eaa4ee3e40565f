package sim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

var noon = time.Date(2026, 7, 9, 12, 0, 0, 0, time.UTC)

// connect starts a Stellr and a client of it.
func connect(t *testing.T, opts sim.Options) (*sim.Server, *stellr.Client) {
	t.Helper()
	if opts.Clock == nil {
		opts.Clock = func() time.Time { return noon }
	}
	opts.ResellerSubscriptionsPath = "/api/v1/cloud/subscriptions"
	s := sim.New(opts)
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	c, err := stellr.New(stellr.Config{
		ClientID: sim.DefaultClientID, ClientSecret: sim.DefaultClientSecret, BaseURL: web.URL, TokenURL: web.URL + sim.TokenPath, Now: opts.Clock,
		Paths: map[stellr.Action]string{stellr.ActionListResellerSubscriptions: opts.ResellerSubscriptionsPath},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// collected reads a whole list, from which no record may be dropped.
func collected[T any](t *testing.T, list *stellr.List[T]) []T {
	t.Helper()
	all, err := list.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if all.Dropped > 0 || all.Repeated > 0 || all.Total != len(all.Items) {
		t.Errorf("%T: %d dropped, %d repeated, %d of %d", *new(T), all.Dropped, all.Repeated, len(all.Items), all.Total)
	}
	return all.Items
}

func must[T any](t *testing.T) func(T, error) T {
	return func(got T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
}

// The typed client reads every record of the demonstration, whatever its quirks, and reads the same where there are
// none.
func TestClientReadsTheSameWithAndWithoutQuirks(t *testing.T) {
	told := map[sim.Quirks]string{}
	for _, quirks := range []sim.Quirks{sim.QuirksNone, sim.QuirksSome, sim.QuirksAll} {
		_, c := connect(t, sim.Options{Quirks: quirks})
		told[quirks] = readAll(t, c)
	}
	if told[sim.QuirksNone] != told[sim.QuirksSome] || told[sim.QuirksNone] != told[sim.QuirksAll] {
		t.Error("quirks changed what is read")
	}
}

// readAll reads everything and writes down what tells records apart.
func readAll(t *testing.T, c *stellr.Client) (all string) {
	t.Helper()
	add := func(values ...any) { all += fmt.Sprintln(values...) }
	subscriptions := 0
	for _, customer := range collected(t, c.Customers()) {
		add(customer.RefID(), customer.Name, customer.Status, customer.Region, customer.CreatedAt.UTC())
		for n, s := range collected(t, c.Subscriptions(customer.CustomerNo)) {
			subscriptions++
			add(s.RefID(), s.Name, *s.Quantity, s.UnitCost, s.Status, s.StartDate, s.EndDate, s.CancellableUntil.UTC(), s.SKUNo, s.OfferID)
			if n < 3 {
				add(must[*stellr.RenewalOptions](t)(c.RenewalOptions(t.Context(), s.CustomerNo, s.SubscriptionID)).Plans)
				add(len(collected(t, c.TransitionProducts(s.CustomerNo, s.SubscriptionID))), len(collected(t, c.ChangeLog(s.CustomerNo, stellr.ChangeLogQuery{ContractNo: s.ContractNo}))))
			}
		}
		add(must[*stellr.Agreement](t)(c.Agreement(t.Context(), customer.CustomerNo, stellr.MicrosoftCustomerAgreement)).Status)
		add(len(collected(t, c.SubscribedUsers(customer.CustomerNo, sim.MicrosoftID))))
	}
	if n := len(collected(t, c.ResellerSubscriptions())); n != subscriptions {
		t.Errorf("%d subscriptions over the whole reseller, %d over customers", n, subscriptions)
	}
	for _, vendor := range collected(t, c.Vendors()) {
		for _, p := range collected(t, c.VendorProducts(vendor.VendorID, stellr.ProductQuery{IncludeDiscontinued: true})) {
			add(p.RefID(), p.SKUNo, p.MfgPartNo, *p.Discontinued, p.Prices[0].Cost, len(collected(t, c.RelatedProducts(p.ProductID))))
			if again := must[*stellr.Product](t)(c.ProductBySKU(t.Context(), p.SKUNo)); again.ProductID != p.ProductID {
				t.Errorf("sku %s is %s", p.SKUNo, again.ProductID)
			}
		}
	}
	for _, i := range collected(t, c.Invoices(stellr.InvoiceQuery{})) {
		add(i.RefID(), i.Date, i.Total, len(i.Lines), i.OrderNo)
	}
	all += fmt.Sprint(len(must[*stellr.Records[*stellr.InvoiceLine]](t)(c.InvoiceReport(stellr.ReportQuery{From: stellr.NewDate(2026, 6, 1), To: stellr.NewDate(2026, 6, 30)}).Collect(t.Context())).Items))
	for _, row := range collected(t, c.AzureConsumption(stellr.ConsumptionQuery{})) {
		add(row.RefID(), row.Cost, *row.Estimated)
	}
	for _, account := range collected(t, c.VendorAccounts(stellr.VendorAccountQuery{})) {
		add(account.RefID(), account.AdminEmail)
	}
	return all
}

func TestClientBuysOnceAndFollowsTheOperation(t *testing.T) {
	now := noon
	s, c := connect(t, sim.Options{Clock: func() time.Time { return now }})
	ctx := t.Context()
	product := collected(t, c.VendorProducts(sim.MicrosoftID, stellr.ProductQuery{Search: "Business Basic"}))[0]
	ordered := must[*stellr.Ordered](t)(c.CreateSubscriptions(ctx, "100001", stellr.Order{
		VendorID: sim.MicrosoftID, ResellerPONo: "PO-7", Items: []stellr.OrderItem{{ProductID: product.ProductID, SKUNo: product.SKUNo, Quantity: 4}},
	}))
	op := must[*stellr.Operation](t)(c.Operation(ctx, ordered.OperationID))
	id := ordered.Subscriptions[0].SubscriptionID
	if op.Ended() || must[*stellr.Subscription](t)(c.Subscription(ctx, "100001", id)).Status != stellr.SubscriptionPending {
		t.Errorf("done too early: %+v", op)
	}
	now = now.Add(time.Minute)
	if op = must[*stellr.Operation](t)(c.Operation(ctx, ordered.OperationID)); op.Status != stellr.OperationSucceeded {
		t.Errorf("%+v", op)
	}
	if got := must[*stellr.Subscription](t)(c.Subscription(ctx, "100001", id)); got.Status != stellr.SubscriptionActive || *got.Quantity != 4 {
		t.Errorf("%+v", got)
	}
	_, err := c.ChangeSeats(ctx, "100001", id, stellr.SeatChange{ProductID: product.ProductID, SKUNo: product.SKUNo, Quantity: 400})
	wantFailure(t, err, stellr.Rejected)
	s.Inject(sim.Fault{Action: stellr.ActionChangeSeats, Kind: sim.FaultReset, Commit: true})
	_, err = c.ChangeSeats(ctx, "100001", id, stellr.SeatChange{ProductID: product.ProductID, SKUNo: product.SKUNo, Quantity: 9})
	wantFailure(t, err, stellr.Unknown)
	committed := 0
	for _, e := range s.Ledger() {
		if e.Committed {
			committed++
		}
	}
	if committed != 2 || s.Calls(stellr.ActionChangeSeats) != 2 {
		t.Errorf("%d writes committed, %d changes of seats sent", committed, s.Calls(stellr.ActionChangeSeats))
	}
}

// A vendor's refusal within HTTP 200 is a refusal.
func TestClientSeesBusinessFailures(t *testing.T) {
	_, c := connect(t, sim.Options{})
	for s, err := range c.Subscriptions("100001").All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if s.VendorID == sim.GoogleID && s.PlanName == "ANNUAL_MONTHLY_PAY" {
			_, err := c.ChangeSeats(t.Context(), "100001", s.SubscriptionID, stellr.SeatChange{ProductID: s.ProductID, SKUNo: s.SKUNo, Quantity: 1})
			wantFailure(t, err, stellr.Rejected)
			return
		}
	}
	t.Error("no annual subscription")
}

func TestClientRidesOutFaults(t *testing.T) {
	faults, err := sim.ParseFaults("listCustomers:503:count=1;token:503:count=1;getProduct:html:count=1;listVendors:truncate:count=1;getCustomer:reset:count=1")
	if err != nil {
		t.Fatal(err)
	}
	s, c := connect(t, sim.Options{Faults: faults})
	if len(collected(t, c.Customers())) != 48 {
		t.Error("customers are missing")
	}
	s.RevokeTokens()
	ctx, leave := context.WithTimeout(t.Context(), time.Minute)
	defer leave()
	must[*stellr.Product](t)(c.Product(ctx, "70001"))
	must[*stellr.Customer](t)(c.Customer(ctx, "100001"))
	collected(t, c.Vendors())
}

func wantFailure(t *testing.T, err error, stage stellr.Stage) {
	t.Helper()
	var failure *stellr.Error
	if !errors.As(err, &failure) || failure.Stage != stage {
		t.Errorf("%v, want stage %q", err, stage)
	}
}
