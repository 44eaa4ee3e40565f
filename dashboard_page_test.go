package main

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"

	"stellr-gateway/playground/browsertest"
)

// What the dashboard's build writes.
const (
	builtDashboard = "examples/dashboard/dist"
	builtDocuments = "examples/dashboard/src/gql/persisted-documents.json"
)

// needDashboard skips a test where the page was not built, and fails it where that must have been.
func needDashboard(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(builtDashboard + "/index.html"); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(builtDashboard + " is not built: this test must run in CI")
	}
	t.Skip(builtDashboard + " is not built (npm ci && npm run build in examples/dashboard): the dashboard was not opened in a browser")
}

// dashboardAt starts a gateway with the dashboard, and a browser at it.
func dashboardAt(t *testing.T, args []string, environ ...string) (*running, *browsertest.Page) {
	t.Helper()
	needDashboard(t)
	g := start(t, append([]string{"-dashboard", builtDashboard}, args...), environ...)
	return g, browsertest.Start(t, g.url+"/dashboard/")
}

// onPage reads the value of a JavaScript expression.
func onPage(t *testing.T, p *browsertest.Page, expression string, value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.Text("JSON.stringify("+expression+")")), value); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
}

// noFaults checks that the page did nothing wrong, and that nothing it asked was refused.
func noFaults(t *testing.T, p *browsertest.Page) {
	t.Helper()
	for _, fault := range p.Faults() {
		t.Error(fault)
	}
}

type amounts []struct{ Amount, Currency string }

func (a amounts) in(currency string) string {
	for _, amount := range a {
		if amount.Currency == currency {
			return amount.Amount
		}
	}
	return ""
}

type figures struct{ Cost, Price, Margin amounts }

func (f figures) of(kind string) amounts {
	return map[string]amounts{"cost": f.Cost, "price": f.Price, "margin": f.Margin}[kind]
}

const figuresAsked = `{cost {amount currency} price {amount currency} margin {amount currency}}`

// A drawn is a figure of the page: the text of a cell, and its bar.
type drawn struct {
	Customer, Kind, Text, Value string
	Width                       float64
}

// readPlot is what the list of customers shows, in one currency.
func readPlot(t *testing.T, p *browsertest.Page) (all []drawn) {
	t.Helper()
	onPage(t, p, `[...document.querySelectorAll('[data-customer] [data-kind]')].map(cell => {
		const row = cell.closest('[data-customer]'), bar = row.querySelector('rect.' + cell.dataset.kind)
		return {customer: row.dataset.customer, kind: cell.dataset.kind, text: cell.textContent.replace(/[^0-9.-]/g, ''),
			value: bar ? bar.dataset.value : '', width: bar ? bar.getBoundingClientRect().width / bar.closest('svg').getBoundingClientRect().width : 0}
	})`, &all)
	return all
}

func decimal(t *testing.T, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// The figures on the page are those that the API gives, and the bars are drawn from them, each currency for itself.
func TestDashboardListsCustomers(t *testing.T) {
	g, p := dashboardAt(t, nil)
	p.WaitFor(`document.querySelectorAll('[data-customer]').length == 10 && document.querySelector('.totals dl')`)
	var answer struct {
		Recurring figures
		Customers struct {
			Nodes []struct {
				CustomerNo string
				Recurring  figures
			}
		}
	}
	g.ask(`{recurring `+figuresAsked+` customers(first: 10) {nodes {customerNo recurring `+figuresAsked+`}}}`, &answer)
	want := map[string]figures{}
	for _, customer := range answer.Customers.Nodes {
		want[customer.CustomerNo] = customer.Recurring
	}
	var currencies []string
	onPage(t, p, `[...document.querySelectorAll('.choice [name=currency]')].map(choice => choice.parentElement.textContent)`, &currencies)
	if len(currencies) < 2 {
		t.Fatalf("the demonstration has customers of more than one currency, the page shows %q", currencies)
	}
	for _, currency := range currencies {
		p.Text(`([...document.querySelectorAll('.choice label')].find(label => label.textContent == '` + currency + `').click(), '')`)
		p.WaitFor(`document.querySelector('.customers thead').textContent.includes('` + currency + `')`)
		checkPlot(t, readPlot(t, p), want, currency)
	}
	var totals []struct{ Currency, Kind, Text string }
	onPage(t, p, `[...document.querySelectorAll('.totals dd')].map(sum => ({currency: sum.closest('dl').dataset.currency, kind: sum.dataset.kind, text: sum.textContent.replace(/[^0-9.-]/g, '')}))`, &totals)
	if len(totals) != 3*len(answer.Recurring.Price) {
		t.Errorf("totals: %v, not %v", totals, answer.Recurring)
	}
	for _, sum := range totals {
		if want := answer.Recurring.of(sum.Kind).in(sum.Currency); decimal(t, sum.Text) != decimal(t, want) {
			t.Errorf("%s in %s: %s, not %s", sum.Kind, sum.Currency, sum.Text, want)
		}
	}
	noFaults(t, p)
}

func checkPlot(t *testing.T, plot []drawn, want map[string]figures, currency string) {
	t.Helper()
	shown, most := 0, 0.0
	for _, figures := range want {
		for _, kind := range []string{"cost", "price", "margin"} {
			if amount := figures.of(kind).in(currency); amount != "" {
				shown, most = shown+1, max(most, math.Abs(decimal(t, amount)))
			}
		}
	}
	got := 0
	for _, d := range plot {
		amount := want[d.Customer].of(d.Kind).in(currency)
		if amount == "" {
			if d.Value != "" {
				t.Errorf("%s of %s has a bar of %s, and nothing in %s", d.Kind, d.Customer, d.Value, currency)
			}
			continue
		}
		got++
		if d.Value != amount || decimal(t, d.Text) != decimal(t, amount) {
			t.Errorf("%s of %s in %s: %s and a bar of %s, not %s", d.Kind, d.Customer, currency, d.Text, d.Value, amount)
		}
		if share := math.Abs(decimal(t, amount)) / most; math.Abs(d.Width-share) > 0.01 {
			t.Errorf("%s of %s: a bar of %.3f for %.3f of the most", d.Kind, d.Customer, d.Width, share)
		}
	}
	if got != shown || shown == 0 {
		t.Errorf("%d figures in %s, not %d", got, currency, shown)
	}
}

// openSeats goes to a customer, tries a number of seats of the first subscription that takes one, by keys alone, and
// leaves the confirmation in the focus.
func openSeats(p *browsertest.Page, address, seats string) {
	p.Visit(address + "/dashboard/#/customers/100001")
	p.WaitFor(`document.querySelector('.subscriptions button')`)
	p.Text(`(document.querySelector('.subscriptions button').focus(), '')`)
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitFor(`document.querySelector('dialog[open]') && document.activeElement.name == 'quantity'`)
	p.Text(`(document.querySelector('dialog input').select(), '')`)
	p.Do(chromedp.KeyEvent(seats + "\r"))
	p.WaitFor(`document.querySelector('dialog .confirm') && document.activeElement.classList.contains('confirm')`)
}

// How the panel of a change says that Stellr is at work on it, and that it is done.
const (
	changeUnderWay = `document.querySelector('.change[data-status=PENDING]') && document.querySelector('.change').textContent.includes('Operation')`
	changeEnded    = `document.querySelector('.change[data-status=SUCCEEDED]')`
)
