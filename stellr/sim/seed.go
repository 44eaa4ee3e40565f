package sim

import (
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

// populate makes what a customer has at the start. It depends on the seed, the customer and the day, on nothing else.
func (w *world) populate(c *customer) {
	if c.profile.even {
		w.populateEvenly(c)
		return
	}
	d := throw(w.opts.Seed, "subscriptions", c.index)
	for len(c.subs) < c.profile.subscriptions {
		lines := min(pick(d, 1, 1, 1, 2, 3), c.profile.subscriptions-len(c.subs))
		contract := w.nextContract(c)
		for line := 1; line <= lines; line++ {
			c.subs = append(c.subs, w.demonstrate(c, d, contract, line))
		}
	}
}

// populateEvenly gives the k-th subscription of the i-th customer the product that is next in turn.
func (w *world) populateEvenly(c *customer) {
	contract := w.nextContract(c)
	each, products := w.opts.SubscriptionsPerCustomer, w.catalog.products
	for k := range each {
		d := throw(w.opts.Seed, "even", c.index, k)
		p := products[(c.index*each+k)%len(products)]
		s := w.newSubscription(c, p, contract, k+1, max(*p.MinQuantity, min(d.between(1, 60), *p.MaxQuantity)), w.start.AddDays(-d.between(40, 300)), d)
		w.runOn(s, w.start)
		c.subs = append(c.subs, s)
	}
}

// nextContract gives out contract numbers; those of one customer are spread over a thousand (O that they look like 411833).
func (w *world) nextContract(c *customer) string {
	n := c.contracts
	c.contracts++
	offset := throw(w.opts.Seed, "contract", c.index).below(1000)
	return strconv.Itoa(400000 + c.index*1000 + (n*37+offset)%1000 + n/1000*100_000_000)
}

// newSubscription is an active subscription from the given day.
func (w *world) newSubscription(c *customer, p *product, contract string, line, quantity int, start stellr.Date, d *dice) *subscription {
	tier := p.tierFor(quantity)
	s := &subscription{product: p, Subscription: stellr.Subscription{
		SubscriptionID: contract + "_" + strconv.Itoa(line), ContractNo: contract, LineNo: new(line), CustomerNo: c.record.CustomerNo,
		VendorID: p.VendorID, VendorName: p.VendorName, VendorSubscriptionID: vendorSubscriptionID(d, p.VendorID), ProductID: p.ProductID,
		SKUNo: p.SKUNo, MfgPartNo: p.MfgPartNo, OfferID: p.offer.id, Name: p.Name, Quantity: new(quantity), Currency: c.currency(),
		BillingFrequency: p.BillingFrequency, TermDuration: p.TermDuration, PlanName: p.PlanName, StartDate: start,
		EndDate: endOfTerm(start, p.TermDuration), StatusText: statusActive,
	}}
	s.UnitCost, s.UnitPrice = c.inCurrency(*tier.Cost), c.inCurrency(*tier.MSRP)
	if !s.EndDate.IsZero() {
		s.AutoRenew = new(true)
	}
	return s
}

// The status words of subscriptions (Active O, the others S).
const (
	statusActive    = "Active"
	statusPending   = "Pending"
	statusSuspended = "Suspended"
	statusExpired   = "Expired"
	statusCancelled = "Cancelled"
)

func vendorSubscriptionID(d *dice, vendorID string) string {
	switch vendorID {
	case MicrosoftID:
		return d.guid()
	case GoogleID:
		return "S" + strings.ToUpper(d.hex(9))
	}
	return strconv.Itoa(d.between(10_000_000, 99_999_999))
}

// endOfTerm is the day on which a term that begins on start has run out; no date where there is no term.
func endOfTerm(start stellr.Date, duration string) stellr.Date {
	years, months := 0, 0
	switch duration {
	case "P1M":
		months = 1
	case "P1Y":
		years = 1
	case "P3Y":
		years = 3
	default:
		return stellr.Date{}
	}
	return stellr.DateOf(start.Time().AddDate(years, months, 0))
}

// runOn lets terms pass that ended before the given day.
func (w *world) runOn(s *subscription, day stellr.Date) {
	for !s.EndDate.IsZero() && !day.Before(s.EndDate) {
		s.StartDate = s.EndDate
		s.EndDate = endOfTerm(s.StartDate, s.TermDuration)
	}
}

func (c *customer) currency() string {
	if c.record.Country == "CA" {
		return "CAD"
	}
	return "USD"
}

// inCurrency turns US dollars into the customer's currency, at a fixed rate.
func (c *customer) inCurrency(usd decimal.Decimal) *decimal.Decimal {
	if c.currency() == "CAD" {
		usd = usd.Mul(decimal.New(137, -2)).Round(2)
	}
	return &usd
}

// demonstrate makes one subscription of the demonstration.
func (w *world) demonstrate(c *customer, d *dice, contract string, line int) *subscription {
	p := w.productFor(c, d)
	start := w.start.AddDays(-d.between(1, 340))
	s := w.newSubscription(c, p, contract, line, max(*p.MinQuantity, min(d.between(1, 40), *p.MaxQuantity)), start, d)
	w.runOn(s, w.start)
	s.CancellableUntil = s.StartDate.Time().Add(7 * 24 * time.Hour)
	return s
}

func (w *world) productFor(c *customer, d *dice) *product {
	var vendors []string
	if c.profile.microsoft {
		vendors = append(vendors, MicrosoftID, MicrosoftID)
	}
	if c.profile.google {
		vendors = append(vendors, GoogleID)
	}
	if c.profile.acronis {
		vendors = append(vendors, AcronisID)
	}
	all := w.catalog.byVendor[pick(d, vendors...)]
	for {
		if p := pick(d, all...); p.offer.addOnTo == "" && p.BillingModel != "Usage" {
			return p
		}
	}
}
