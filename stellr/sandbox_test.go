package stellr_test

import (
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// sandbox is a client of a simulator.
func sandbox(t testing.TB, options sim.Options, change ...func(*stellr.Config)) *stellr.Client {
	t.Helper()
	server := httptest.NewServer(sim.New(options))
	t.Cleanup(server.Close)
	cfg := stellr.Config{
		ClientID: sim.DefaultClientID, ClientSecret: sim.DefaultClientSecret,
		BaseURL: server.URL, TokenURL: server.URL + sim.TokenPath,
	}
	for _, f := range change {
		f(&cfg)
	}
	client, err := stellr.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func all[T any](t *testing.T, list *stellr.List[T]) []T {
	t.Helper()
	records, err := list.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if records.Dropped > 0 {
		t.Errorf("%d records were dropped", records.Dropped)
	}
	return records.Items
}

// Everything that the simulator shows can be read, however quirky it writes it.
func TestReadTheWholeSandbox(t *testing.T) {
	c := sandbox(t, sim.Options{Quirks: sim.QuirksAll})
	ctx := t.Context()
	if err := c.Check(ctx); err != nil {
		t.Fatal(err)
	}
	contracts, agreements, users := 0, 0, 0
	for _, customer := range all(t, c.Customers()) {
		got, err := c.Customer(ctx, customer.CustomerNo)
		if err != nil || got.Name == "" || got.Name != customer.Name || got.Status == "" {
			t.Errorf("customer %s: %+v, %v", customer.CustomerNo, got, err)
		}
		for _, subscription := range all(t, c.Subscriptions(customer.CustomerNo)) {
			if subscription.CustomerNo != customer.CustomerNo || subscription.Quantity == nil || subscription.UnitCost == nil || subscription.StartDate.IsZero() || subscription.Status == "" {
				t.Errorf("subscription %+v", subscription)
			}
			if contracts < 10 {
				contracts++
				all(t, c.ChangeLog(customer.CustomerNo, stellr.ChangeLogQuery{ContractNo: subscription.ContractNo}))
				all(t, c.TransitionProducts(customer.CustomerNo, subscription.SubscriptionID))
				if _, err := c.RenewalOptions(ctx, customer.CustomerNo, subscription.SubscriptionID); err != nil {
					t.Error(err)
				}
			}
		}
		if _, err := c.Agreement(ctx, customer.CustomerNo, stellr.MicrosoftCustomerAgreement); err == nil {
			agreements++
		} else if !stellr.IsNotFound(err) {
			t.Error(err)
		}
		users += len(all(t, c.SubscribedUsers(customer.CustomerNo, sim.GoogleID)))
	}
	products := 0
	for _, vendor := range all(t, c.Vendors()) {
		for _, product := range all(t, c.VendorProducts(vendor.VendorID, stellr.ProductQuery{IncludeDiscontinued: true})) {
			products++
			if len(product.Prices) == 0 || product.Prices[0].Cost == nil || product.Currency == "" {
				t.Errorf("product %+v", product)
			}
		}
	}
	lines := 0
	for _, invoice := range all(t, c.Invoices(stellr.InvoiceQuery{})) {
		lines += len(invoice.Lines)
		if invoice.Total == nil || invoice.Date.IsZero() {
			t.Errorf("invoice %+v", invoice)
		}
	}
	report := len(all(t, c.InvoiceReport(stellr.ReportQuery{From: stellr.NewDate(2020, 1, 1), To: stellr.NewDate(2040, 1, 1)})))
	meters := len(all(t, c.AzureConsumption(stellr.ConsumptionQuery{})))
	accounts := len(all(t, c.VendorAccounts(stellr.VendorAccountQuery{})))
	if min(contracts, agreements, users, products, lines, report, meters, accounts) == 0 {
		t.Errorf("contracts %d, agreements %d, users %d, products %d, lines %d, report %d, meters %d, accounts %d", contracts, agreements, users, products, lines, report, meters, accounts)
	}
}

// The quirks of the wire do not change what is read.
func TestQuirksDoNotShow(t *testing.T) {
	plain, quirky := sandbox(t, sim.Options{Quirks: sim.QuirksNone}), sandbox(t, sim.Options{Quirks: sim.QuirksAll})
	want, got := all(t, plain.Customers()), all(t, quirky.Customers())
	if !slices.EqualFunc(want, got, func(a, b *stellr.Customer) bool { return *a == *b }) {
		for i := range min(len(want), len(got)) {
			if *want[i] != *got[i] {
				t.Errorf("got %+v\nwant %+v", *got[i], *want[i])
			}
		}
	}
}

func TestFaultsOfTheSandbox(t *testing.T) {
	first := func(c *stellr.Client) string { return all(t, c.Customers())[0].CustomerNo }
	faulty := func(text string) *stellr.Client {
		faults, err := sim.ParseFaults(text)
		if err != nil {
			t.Fatal(err)
		}
		return sandbox(t, sim.Options{Faults: faults})
	}
	for _, fault := range []string{"503:count=2", "429:count=1,retryAfter=0", "401:count=1", "html:count=2", "reset:count=2", "truncate:count=2"} {
		c := faulty("getCustomer:" + fault)
		if _, err := c.Customer(t.Context(), first(c)); err != nil {
			t.Errorf("%s: a read goes on: %v", fault, err)
		}
	}
	for fault, want := range map[string]stellr.Stage{
		"500:commit": stellr.Unknown, "reset:commit": stellr.Unknown, "html:commit": stellr.Unknown, "truncate": stellr.Unknown, "refuse": stellr.Rejected, "400": stellr.Rejected,
	} {
		c := faulty("createCustomer:" + fault)
		_, err := c.CreateCustomer(t.Context(), stellr.NewCustomer{Name: "Once Ltd", Country: "US", City: "X", Line1: "1", Region: "CA", PostalCode: "1", Email: "a@once.test"})
		if stellr.StageOf(err) != want {
			t.Errorf("%s: %v, want stage %q", fault, err, want)
		}
		found := 0
		for _, customer := range all(t, c.Customers()) {
			if customer.Name == "Once Ltd" {
				found++
			}
		}
		if wanted := map[stellr.Stage]int{stellr.Unknown: 1}[want]; found != wanted {
			t.Errorf("%s: %d customers were made, want %d", fault, found, wanted)
		}
	}
	for _, fault := range []string{"wrongTotal=1", "wrongTotal=100000", "repeat"} {
		if got, want := len(all(t, faulty("listCustomers:"+fault).Customers())), len(all(t, faulty("*:latency=0s").Customers())); got != want {
			t.Errorf("%s: %d customers, want %d", fault, got, want)
		}
	}
}

// Credentials of another reseller, and permissions that are not ticked, are told in words.
func TestChecksOfTheSandbox(t *testing.T) {
	options := sim.Options{Denied: map[string][]stellr.Action{sim.DefaultClientID: {stellr.ActionListCustomers}}}
	for finding, change := range map[stellr.Finding]func(*stellr.Config){
		stellr.FindingPermission:  func(*stellr.Config) {},
		stellr.FindingEmpty:       func(cfg *stellr.Config) { cfg.ClientID = sim.DefaultOtherClientID },
		stellr.FindingCredentials: func(cfg *stellr.Config) { cfg.ClientSecret = "wrong" },
	} {
		err := sandbox(t, options, change).Check(t.Context())
		found, _ := errors.AsType[*stellr.CheckError](err)
		if found == nil || found.Finding != finding || strings.Contains(err.Error(), "secret-") {
			t.Errorf("got %v, want %q", err, finding)
		}
	}
}
