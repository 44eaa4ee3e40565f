package sim

import (
	"time"

	"stellr-gateway/stellr"
)

// azurePlan is the offer that Azure consumption belongs to.
const azurePlan = "DZH318Z0BPS6:0001"

// sample is one subscription of the rich customer.
type sample struct {
	offer    string
	letter   byte
	quantity int
	daysAgo  int
	status   string
	under    int // the number of the sample that it is an add-on of; 0: none
	added    int // seats that were added yesterday
}

// samples has one of everything that examples and tests look for. The order is part of it: the n-th sample is the
// n-th subscription of customer 100001, and each is a contract of its own, but add-ons.
func samples() []sample {
	return []sample{
		0:  {offer: "CFQ7TTC0LH18:0001", letter: 'm', quantity: 12, daysAgo: 200, status: statusActive},
		1:  {offer: "CFQ7TTC0LDPB:0001", letter: 'm', quantity: 25, daysAgo: 2, status: statusActive}, // every window open
		2:  {offer: "CFQ7TTC0LDPB:0001", letter: 'm', quantity: 5, daysAgo: 150, status: statusActive},
		3:  {offer: "CFQ7TTC0MM8R:0002", letter: 'm', quantity: 3, daysAgo: 140, status: statusActive, under: 3},
		4:  {offer: "CFQ7TTC0LCHC:0002", letter: 'a', quantity: 10, daysAgo: 100, status: statusActive, added: 3},
		5:  {offer: "CFQ7TTC0LFLX:0001", letter: '3', quantity: 120, daysAgo: 600, status: statusActive},
		6:  {offer: "CFQ7TTC0LH16:0001", letter: 'f', quantity: 8, daysAgo: 10, status: statusActive},
		7:  {offer: "CFQ7TTC0LF8S:0002", letter: 'm', quantity: 4, daysAgo: 340, status: statusActive}, // discontinued
		8:  {offer: "CFQ7TTC0HD32:0002", letter: 'a', quantity: 2, daysAgo: 90, status: statusSuspended},
		9:  {offer: "CFQ7TTC0LHSF:0001", letter: 'm', quantity: 6, daysAgo: 380, status: statusExpire},
		10: {offer: "CFQ7TTC0LFLS:0002", letter: 'm', quantity: 9, daysAgo: 60, status: statusCancelled},
		11: {offer: "CFQ7TTC0JN4R:0002", letter: 'm', quantity: 15, daysAgo: 0, status: statusPending},
		12: {offer: "CFQ7TTC0LHT4:0001", letter: 'm', quantity: 7, daysAgo: 30, status: "Provisioning"},
		13: {offer: azurePlan, letter: 'u', quantity: 1, daysAgo: 300, status: statusActive},
		14: {offer: "DG7GMGF0D5RK:0005", letter: 'o', quantity: 2, daysAgo: 45, status: statusActive},
		15: {offer: "1010020027", letter: 'F', quantity: 15, daysAgo: 80, status: statusActive},
		16: {offer: "1010020028", letter: 'M', quantity: 30, daysAgo: 120, status: statusActive},
		17: {offer: "1010020025", letter: 'Y', quantity: 9, daysAgo: 210, status: statusSuspended},
		18: {offer: "1010020027", letter: 'T', quantity: 5, daysAgo: 10, status: statusActive},
		19: {offer: "1010330004", letter: 'F', quantity: 4, daysAgo: 80, status: statusActive, under: 17},
		20: {offer: "SPAMSENS", letter: 's', quantity: 20, daysAgo: 250, status: statusActive},
		21: {offer: "SPEMSENS", letter: 's', quantity: 25, daysAgo: 15, status: statusActive},
	}
}

func (w *world) populateRichly(c *customer) {
	for i, sample := range samples() {
		d := throw(w.opts.Seed, "sample", i)
		l := line{contract: "", number: 1, quantity: sample.quantity, start: w.start.AddDays(-sample.daysAgo)}
		parent := ""
		if sample.under > 0 {
			l.contract, parent = c.subs[sample.under-1].ContractNo, c.subs[sample.under-1].SubscriptionID
			l.number = c.nextLine(l.contract)
		} else {
			l.contract = w.nextContract(c)
		}
		s := w.newSubscription(c, w.catalog.variant(sample.offer, sample.letter), l)
		s.ParentID = parent
		w.runOn(s)
		w.age(s, d)
		w.remember(c, s, d)
		if sample.added > 0 {
			w.justAdded(c, s, sample.added, 1)
		}
		if sample.status != statusActive {
			w.end(c, s, sample.status)
		}
		c.subs = append(c.subs, s)
	}
	w.decided(c, c.subs[0], stellr.RenewalReject, nil)
	w.decided(c, c.subs[21], stellr.RenewalAccept, nil)
	discontinued := c.subs[7]
	others := w.renewalProducts(discontinued)
	w.decided(c, discontinued, stellr.RenewalAccept, others[len(others)-1])
}

// decided lets a renewal be one that was decided five days before the start; into another plan where one is named.
func (w *world) decided(c *customer, s *subscription, decision stellr.RenewalDecision, plan *product) {
	m := &move{s: s, setting: stellr.RenewalSetting{Decision: decision}}
	if plan != nil {
		m.target, m.quantity, m.setting.NewPlans = plan, *s.Quantity, []stellr.NewPlan{{ProductID: plan.ProductID, Quantity: *s.Quantity}}
	}
	at := w.start.Time().AddDate(0, 0, -5).Add(9 * time.Hour)
	e, _ := decideRenewal(m, at)
	e.by, e.source = c.record.ContactName, sourcePortal
	c.note(s, at, e)
}
