package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"stellr-gateway/playground/browsertest"
)

// shownRows is what a list of the page holds, by the name of its rows.
func shownRows(t *testing.T, p *browsertest.Page, table, name string) (all []string) {
	t.Helper()
	onPage(t, p, `[...document.querySelectorAll('`+table+` tbody tr')].map(row => row.dataset.`+name+`)`, &all)
	return all
}

// waitForList waits until a card says something below its list, and is done with asking.
func waitForList(p *browsertest.Page, card, says string) {
	p.WaitFor(`(card => card?.getAttribute('aria-busy') == 'false' && card.querySelector('.paging p')?.textContent == '` + says + `')(document.querySelector('[aria-labelledby=` + card + `]'))`)
}

// turn turns a list's page.
func turn(p *browsertest.Page, card, way string) {
	p.Text(`([...document.querySelectorAll('[aria-labelledby=` + card + `] .paging button')].find(button => button.textContent == '` + way + `' && !button.ariaDisabled).click(), '')`)
}

// ways says which of a list's pages can be turned to.
func ways(p *browsertest.Page, card string) string {
	return p.Text(`[...document.querySelectorAll('[aria-labelledby=` + card + `] .paging button')].filter(button => !button.ariaDisabled).map(button => button.textContent).join(' ')`)
}

// numbers are the customers that the gateway finds, in its order.
func numbers(g *running, search string) (all []string) {
	g.t.Helper()
	var answer struct {
		Customers struct{ Nodes []struct{ CustomerNo string } }
	}
	g.ask(`{customers(first: 200, filter: {search: "`+search+`"}) {nodes {customerNo}}}`, &answer)
	for _, customer := range answer.Customers.Nodes {
		all = append(all, customer.CustomerNo)
	}
	return all
}

// What is typed into the search is what the gateway is asked for; from the first page on, whichever was open.
func TestDashboardSearchesCustomers(t *testing.T) {
	g, p := dashboardAt(t, nil)
	waitForList(p, "customers", "1–10 of 48")
	turn(p, "customers", "Next")
	waitForList(p, "customers", "11–20 of 48")
	p.Click(`input[type=search]`)
	p.Do(chromedp.KeyEvent(" "))
	p.WaitFor(`(window.timer ??= setTimeout(() => window.searched = true, 300), window.searched)`) // after the page's own timer, which is shorter
	waitForList(p, "customers", "11–20 of 48")                                                     // a space asks for nothing else
	for _, search := range []string{"harbor", "100013", "old-quarry-press.example", "Harbor & Vale"} {
		want := numbers(g, search)
		if len(want) == 0 || len(want) > 10 {
			t.Fatalf("%q finds %q", search, want)
		}
		p.Click(`input[type=search]`)
		p.Text(`(document.querySelector('input[type=search]').select(), '')`)
		p.Do(chromedp.KeyEvent(search))
		p.WaitFor(`document.querySelector('input[type=search]').value == '` + search + `' && [...document.querySelectorAll('[data-customer]')].map(row => row.dataset.customer).join() == '` + strings.Join(want, ",") + `'`)
		waitForList(p, "customers", fmt.Sprintf("1–%d of %[1]d", len(want)))
		if can := ways(p, "customers"); can != "" {
			t.Errorf("what was found of %q goes on: %s", search, can)
		}
	}
	p.Text(`(document.querySelector('input[type=search]').select(), '')`)
	p.Do(chromedp.KeyEvent("nobody of this name"))
	p.WaitFor(`document.querySelector('[aria-labelledby=customers] .empty')?.textContent == 'No customer matches “nobody of this name”.' && !document.querySelector('[data-customer]')`)
	p.Text(`(document.querySelector('input[type=search]').select(), '')`)
	p.Do(chromedp.KeyEvent("\b"))
	waitForList(p, "customers", "1–10 of 48")
	if all := shownRows(t, p, ".customers", "customer"); !slices.Equal(all, numbers(g, "")[:10]) {
		t.Errorf("after the search: %q", all)
	}
	noFaults(t, p)
}

// Next and Previous lead through every customer once, and stop at the ends.
func TestDashboardPagesThroughCustomers(t *testing.T) {
	g, p := dashboardAt(t, []string{"-sim-customers", "23"})
	all := numbers(g, "")
	pages := []struct{ says, ways string }{{"1–10 of 23", "Next"}, {"11–20 of 23", "Previous Next"}, {"21–23 of 23", "Previous"}}
	check := func(i int) {
		t.Helper()
		waitForList(p, "customers", pages[i].says)
		if got, want := shownRows(t, p, ".customers", "customer"), all[10*i:min(10*i+10, len(all))]; !slices.Equal(got, want) {
			t.Errorf("page %d: %q, not %q", i, got, want)
		}
		if can := ways(p, "customers"); can != pages[i].ways {
			t.Errorf("page %d leads to %q", i, can)
		}
	}
	check(0)
	for _, way := range []struct {
		name string
		to   int
	}{{"Next", 1}, {"Next", 2}, {"Previous", 1}, {"Previous", 0}, {"Next", 1}} {
		turn(p, "customers", way.name)
		check(way.to)
	}
	p.Text(`([...document.querySelectorAll('[aria-labelledby=customers] .paging button')].at(-1).focus(), '')`)
	p.Do(chromedp.KeyEvent("\r"))
	check(2)
	p.WaitFor(`(window.drawing ??= requestAnimationFrame(() => requestAnimationFrame(() => window.drawn = true)), window.drawn)`) // when it would be lost
	if focused := p.Text(`document.activeElement.textContent`); focused != "Next" {
		t.Errorf("at the end the focus is at %.40q", focused)
	}
	p.Do(chromedp.KeyEvent("\r")) // leads nowhere
	check(2)
	noFaults(t, p)
}

// Each choice of days lists what renews within them, soonest first, from the first page on.
func TestDashboardChoosesTheDaysOfRenewals(t *testing.T) {
	g, p := dashboardAt(t, nil)
	totals := map[int]bool{}
	for _, days := range []int{30, 90, 60, 30} {
		var answer struct {
			Renewals struct {
				TotalCount int
				Nodes      []struct {
					Subscription struct{ SubscriptionID string }
				}
			}
		}
		g.ask(fmt.Sprintf(`{renewals(within: %d, first: 20) {totalCount nodes {subscription {subscriptionId}}}}`, days), &answer)
		var want []string
		for _, renewal := range answer.Renewals.Nodes {
			want = append(want, renewal.Subscription.SubscriptionID)
		}
		total := answer.Renewals.TotalCount
		if totals[total] = true; total <= 20 {
			t.Fatalf("%d renewals are too few to turn pages", total)
		}
		p.WaitFor(`document.querySelector('[name=within]')`)
		p.Text(fmt.Sprintf(`([...document.querySelectorAll('.choice label')].find(label => label.textContent == '%d days').click(), '')`, days))
		waitForList(p, "renewals", fmt.Sprintf("%d in all", total))
		if chosen := p.Text(`[...document.querySelectorAll('[name=within]:checked')].map(choice => choice.parentElement.textContent).join()`); chosen != fmt.Sprintf("%d days", days) {
			t.Errorf("%s are chosen", chosen)
		}
		if got := shownRows(t, p, ".renewals", "subscription"); !slices.Equal(got, want[:10]) || ways(p, "renewals") != "Next" {
			t.Errorf("within %d days: %q, not %q", days, got, want[:10])
		}
		turn(p, "renewals", "Next")
		p.WaitFor(`document.querySelector('.renewals tbody tr').dataset.subscription == '` + want[10] + `'`)
		if got := shownRows(t, p, ".renewals", "subscription"); !slices.Equal(got, want[10:]) || ways(p, "renewals") != "Previous Next" {
			t.Errorf("after that: %q, not %q", got, want[10:])
		}
	}
	if len(totals) != 3 {
		t.Errorf("the three choices list as much: %v", totals)
	}
	noFaults(t, p)
}

// A customer with more subscriptions than a page holds has them all.
func TestDashboardPagesThroughSubscriptions(t *testing.T) {
	g, p := dashboardAt(t, []string{"-sim-customers", "1", "-sim-subscriptions", "30", "-sim-quirks", "none"})
	var answer struct {
		Customers struct {
			Nodes []struct {
				CustomerNo    string
				Subscriptions struct {
					Nodes []struct{ SubscriptionID string }
				}
			}
		}
	}
	g.ask(`{customers {nodes {customerNo subscriptions(first: 200) {nodes {subscriptionId}}}}}`, &answer)
	var want []string
	for _, subscription := range answer.Customers.Nodes[0].Subscriptions.Nodes {
		want = append(want, subscription.SubscriptionID)
	}
	if len(want) <= 25 {
		t.Fatalf("%d subscriptions are one page", len(want))
	}
	p.Visit(g.url + "/dashboard/#/customers/" + answer.Customers.Nodes[0].CustomerNo)
	says := fmt.Sprintf("%d in all", len(want))
	waitForList(p, "subscriptions", says)
	got := shownRows(t, p, ".subscriptions", "subscription")
	turn(p, "subscriptions", "Next")
	p.WaitFor(`document.querySelector('.subscriptions [data-subscription="` + want[25] + `"]')`)
	if got = append(got, shownRows(t, p, ".subscriptions", "subscription")...); !slices.Equal(got, want) || ways(p, "subscriptions") != "Previous" {
		t.Errorf("%q, not %q", got, want)
	}
	turn(p, "subscriptions", "Previous")
	p.WaitFor(`document.querySelector('.subscriptions [data-subscription="` + want[0] + `"]')`)
	noFaults(t, p)
}
