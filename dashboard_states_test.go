package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"stellr-gateway/playground/browsertest"
)

// findLicense asks the page which subscription a part number comes from.
func findLicense(p *browsertest.Page, address, customerNo, part string) {
	p.Visit(address + "/dashboard/#/licenses/" + customerNo)
	p.WaitFor(`document.querySelector('[name=customerNo]') && document.querySelector('[name=customerNo]').value == '` + customerNo + `'`)
	p.Click(`[name=skuPartNumber]`)
	p.Do(chromedp.KeyEvent(part + "\r"))
	p.WaitFor(`document.querySelector('[data-match], .empty, .problems')`)
}

// A license is matched: surely, not surely, which the page says, and not at all.
func TestDashboardMatchesLicenses(t *testing.T) {
	g, p := dashboardAt(t, nil)
	for _, c := range []struct {
		customerNo, part, matches string
		ambiguous, empty          bool
	}{
		{"100004", "SPE_F1", "403011_1", false, false},
		{"100001", "O365_BUSINESS_PREMIUM", "400460_1 400497_1", true, false},
		{"100002", "SPE_E9", "", false, true},
		{"nobody", "SPE_F1", "", false, true},
	} {
		findLicense(p, g.url, c.customerNo, c.part)
		var got struct {
			Matches, Reasons string
			Ambiguous, Empty bool
		}
		onPage(t, p, `({matches: [...document.querySelectorAll('[data-match]')].map(row => row.dataset.match).join(' '),
			reasons: [...document.querySelectorAll('[data-match] td:last-child')].map(cell => cell.textContent).join(' '),
			ambiguous: !!document.querySelector('[data-ambiguous]'), empty: !!document.querySelector('.empty')})`, &got)
		if got.Matches != c.matches || got.Ambiguous != c.ambiguous || got.Empty != c.empty || (got.Reasons == "") != c.empty {
			t.Errorf("%s of %s: %+v", c.part, c.customerNo, got)
		}
	}
	noFaults(t, p)
}

// A gateway that executes the documents of the build and nothing else serves all of the page.
func TestDashboardByTrustedDocuments(t *testing.T) {
	g, p := dashboardAt(t, []string{"-sim-operation-time", "1s"}, "GATEWAY_TRUSTED_DOCUMENTS="+builtDocuments)
	g.log.wait(t, "only trusted documents are executed")
	p.WaitFor(`document.querySelectorAll('[data-customer]').length == 10 && document.querySelector('.totals dl') && document.querySelector('.renewals')`)
	findLicense(p, g.url, "100004", "SPE_F1")
	p.WaitFor(`document.querySelector('[data-match]')`)
	confirmed(p, g.url, "80")
	p.WaitFor(changeEnded)
	if problems := p.Text(`[...document.querySelectorAll('.problems')].map(all => all.textContent).join()`); problems != "" {
		t.Error(problems)
	}
	noFaults(t, p)
}

// In a narrow window nothing lies beyond its edge, and a change needs no mouse.
func TestDashboardInANarrowWindowByKeys(t *testing.T) {
	g, p := dashboardAt(t, []string{"-sim-operation-time", "1s"})
	p.Do(chromedp.EmulateViewport(360, 740))
	fits := func(page string) {
		t.Helper()
		if width := p.Text(`String(document.documentElement.scrollWidth)`); width != "360" {
			t.Errorf("%s is %s wide: %s", page, width, p.Text(`[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > 360).map(e => e.outerHTML.slice(0, 80)).join('\n')`))
		}
	}
	tabTo := func(selector string) {
		t.Helper()
		for range 60 {
			p.Do(chromedp.KeyEvent("\t"))
			if p.Text(`String(!!document.activeElement && document.activeElement.matches("`+selector+`"))`) == "true" {
				return
			}
		}
		t.Fatalf("no Tab leads to %s", selector)
	}
	p.WaitFor(`document.querySelectorAll('[data-customer]').length == 10 && document.querySelector('.totals dl') && document.querySelector('.renewals')`)
	fits("the overview")
	tabTo("[data-customer] a")
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitFor(`document.querySelector('.subscriptions button')`)
	fits("the customer's page")
	tabTo(".subscriptions button")
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitFor(`document.querySelector('dialog[open]') && document.activeElement.name == 'quantity'`)
	p.Do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent("\b81"))
	tabTo("dialog button.primary")
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitFor(`document.querySelector('dialog .confirm') && document.activeElement.classList.contains('confirm')`)
	fits("the dialog")
	if inside := p.Text(`((d, {left, right}) => String(d.scrollWidth <= d.clientWidth && left >= 0 && right <= 360))(...[document.querySelector('dialog')].map(d => [d, d.getBoundingClientRect()])[0])`); inside != "true" {
		t.Error("the dialog scrolls sideways, or is cut off") // which makes no page wider
	}
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitFor(`document.querySelector('.change')`)
	fits("the change")
	p.WaitFor(changeEnded)
	fits("its end")
	findLicense(p, g.url, "100001", "O365_BUSINESS_PREMIUM")
	fits("the licenses")
	noFaults(t, p)
}

// Without a key, and with a wrong one, the page asks for one; with a good one it goes on. A viewer is offered no change.
func TestDashboardAsksForAKey(t *testing.T) {
	key, config := someKey(t)
	_, p := dashboardAt(t, nil, "GATEWAY_AUTH=required", "GATEWAY_CONFIG="+config)
	p.WaitFor(`document.querySelector('input[name=key]') && !document.querySelector('.problems')`)
	p.Do(chromedp.KeyEvent("wrong\r"))
	p.WaitFor(`document.querySelector('.problems') && document.querySelector('.problems').textContent == 'This key is not known here.'`)
	p.Click(`input[name=key]`)
	p.Do(chromedp.KeyEvent(key + "\r"))
	p.WaitFor(`document.querySelectorAll('[data-customer]').length == 10 && document.querySelector('.who').textContent.includes('billing')`)
	p.Click(`[data-customer] a`)
	p.WaitFor(`document.querySelector('.subscriptions [data-subscription]')`)
	if p.Text(`String(!!document.querySelector('.subscriptions button'))`) != "false" {
		t.Error("who may only look is offered a change")
	}
	p.Click(`.who button`) // forgets the key
	p.WaitFor(`document.querySelector('input[name=key]')`)
}

// What Stellr does not answer is missing with the gateway's words, and the rest is there.
func TestDashboardShowsWhatIsThere(t *testing.T) {
	g, p := dashboardAt(t, []string{"-sim-faults", "listSubscriptions:500"})
	p.WaitFor(`document.querySelectorAll('[data-customer] .missing').length == 10`)
	said := p.Text(`document.querySelector('[data-customer] .missing').textContent`)
	var first string
	onPage(t, p, `document.querySelector('[aria-labelledby=customers] .problems').textContent`, &first)
	for _, text := range []string{said, first} {
		if !strings.Contains(text, "UPSTREAM") || !strings.Contains(text, "Stellr") {
			t.Errorf("the page says: %s", text)
		}
	}
	if !strings.HasSuffix(strings.TrimSuffix(first, "Try again"), " in 10 places") || strings.Count(first, "Stellr") != 1 {
		t.Errorf("one failure in ten places is told as %q", first)
	}
	if names := p.Text(`[...document.querySelectorAll('[data-customer] a')].map(name => name.textContent.trim()).filter(Boolean).length + ''`); names != "10" {
		t.Errorf("%s names are there", names)
	}
	p.Visit(g.url + "/dashboard/#/customers/100001")
	p.WaitFor(`document.querySelector('h1')?.textContent == 'Cedar Hollow Dental Group' && document.querySelector('[aria-labelledby=subscriptions] .problems strong')?.textContent == 'The subscriptions could not be read'`)
	findLicense(p, g.url, "100001", "SPE_E3")
	p.WaitFor(`document.querySelector('[aria-label=Candidates] .problems code')?.textContent.startsWith('UPSTREAM_')`)
	if nothing := p.Text(`[...document.querySelectorAll('.empty, [data-match]')].map(e => e.textContent).join()`); nothing != "" {
		t.Errorf("what could not be looked for is told as %q", nothing) // nothing found is something else
	}
}
