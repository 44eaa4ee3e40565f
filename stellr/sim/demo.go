package sim

import (
	"slices"
	"strconv"
	"strings"
)

// populateVariously gives a customer of the demonstration what its profile says: contracts of one to three lines, with
// add-ons under some.
func (w *world) populateVariously(c *customer) {
	d := throw(w.opts.Seed, "subscriptions", c.index)
	wanted := c.profile.subscriptions
	if c.profile.teams {
		wanted -= len(teamsSamples())
	}
	if c.profile.azure {
		w.put(c, d, w.catalog.variant(azurePlan, 'u'), line{w.nextContract(c), 1, 1, w.start.AddDays(-d.between(130, 330))}, statusActive)
	}
	for len(c.subs) < wanted {
		contract := w.nextContract(c)
		lines := min(pick(d, 1, 1, 1, 2, 3), wanted-len(c.subs))
		for number := 1; number <= lines; number++ {
			p := w.productFor(c, d)
			quantity := max(*p.MinQuantity, min(pick(d, 1, 2, 3, 5, d.between(4, 20), d.between(10, 90), d.between(10, 40)), *p.MaxQuantity))
			parent := w.put(c, d, p, line{contract, number, quantity, w.start.AddDays(-w.daysAgo(d))}, w.fate(c, d))
			addOns := w.catalog.addOnsTo(p)
			if len(addOns) > 0 && number < lines && parent.live() && d.percent(70) {
				number++
				l := line{contract, number, max(1, *parent.Quantity/2), parent.StartDate}
				w.put(c, d, pick(d, addOns...), l, statusActive).ParentID = parent.SubscriptionID
			}
		}
	}
	if c.profile.teams {
		w.addTeamsSamples(c)
	}
}

// put adds one subscription of the start, with its past.
func (w *world) put(c *customer, d *dice, p *product, l line, status string) *subscription {
	s := w.newSubscription(c, p, l)
	w.runOn(s)
	w.age(s, d)
	w.remember(c, s, d)
	if status == statusActive && d.percent(12) && *s.Quantity > 3 && s.BillingFrequency != "one_time" {
		w.justAdded(c, s, d.between(1, 3), d.between(1, 5))
	}
	if status != statusActive {
		w.end(c, s, status)
	}
	w.vary(s, d)
	s.ResellerPONo = pick(d, "", "PO-"+l.contract)
	c.subs = append(c.subs, s)
	return s
}

// vary makes some prices other than the list's, and leaves out what the real wire leaves out.
func (w *world) vary(s *subscription, d *dice) {
	switch n := d.below(100); {
	case n < 20: // the customer has a discount
		s.UnitPrice = amount(int(s.UnitPrice.Shift(2).IntPart()) * 95 / 100)
	case n < 24: // sold below cost
		s.UnitPrice = amount(int(s.UnitCost.Shift(2).IntPart()) * 97 / 100)
	case n < 26:
		s.UnitPrice = nil
	}
	if d.percent(30) && s.OfferID != azurePlan {
		s.OfferID = ""
		w.respell(s)
	}
	if d.percent(4) {
		s.AutoRenew = nil
	}
}

// respell writes some part numbers of New Commerce in forms that the catalogue does not have: the product alone, in small
// letters with spaces, and as before New Commerce, which tells nothing (all A).
func (w *world) respell(s *subscription) {
	d := throw(w.opts.Seed, "part number "+s.SubscriptionID)
	id, sku, _ := strings.Cut(s.product.offer.id, ":")
	if s.VendorID != MicrosoftID || !strings.HasPrefix(id, "CFQ7") {
		return
	}
	switch n := d.below(100); {
	case n < 8:
		s.MfgPartNo = id
	case n < 16:
		s.MfgPartNo = strings.ToLower(id) + " " + strings.ToLower(sku)
	case n < 24:
		s.MfgPartNo = "AAA-" + strconv.Itoa(d.between(10000, 99999))
	}
}

// daysAgo is when something was ordered: mostly within the last years, at times just now.
func (w *world) daysAgo(d *dice) int {
	switch n := d.below(10); {
	case n == 0:
		return d.between(0, 5)
	case n < 8:
		return d.between(6, 364)
	}
	return d.between(365, 900)
}

// statusExpire is the word that an observed client meets (O): cut short.
const statusExpire = "Expire"

// fate is how a subscription of the demonstration stands.
func (w *world) fate(c *customer, d *dice) string {
	n := d.below(100)
	switch {
	case c.profile.status == "Discontinued":
		return pick(d, statusCancelled, statusExpired)
	case n < 78:
		return statusActive
	case n < 84:
		return statusSuspended
	case n < 88:
		return statusExpired
	case n < 90:
		return statusExpire
	case n < 95:
		return statusCancelled
	case n < 98:
		return statusPending
	}
	return pick(d, "Provisioning", "Migrating") // words that nobody knows
}

// productFor is something that the customer could have bought.
func (w *world) productFor(c *customer, d *dice) *product {
	var vendors []string
	if c.profile.microsoft {
		vendors = append(vendors, MicrosoftID, MicrosoftID, MicrosoftID)
	}
	if c.profile.google {
		vendors = append(vendors, GoogleID)
	}
	if c.profile.acronis {
		vendors = append(vendors, AcronisID)
	}
	all := slices.DeleteFunc(slices.Clone(w.catalog.byVendor[pick(d, vendors...)]), func(p *product) bool { return p.offer.rare })
	for {
		if p := pick(d, all...); p.offer.addOnTo == "" && p.offer.id != azurePlan {
			return p
		}
	}
}

// variant is the product of an offer with the letter's term.
func (c *catalog) variant(id string, letter byte) *product {
	for _, p := range c.products {
		if p.offer.id == id && p.term == terms(letter) && !strings.Contains(p.Name, " Pack ") {
			return p
		}
	}
	return nil
}

// addOnsTo are the products that add to a product and are sold.
func (c *catalog) addOnsTo(p *product) []*product {
	var found []*product
	for _, other := range c.byVendor[p.VendorID] {
		if other.offer.addOnTo == p.offer.id && !other.offer.gone && other.BillingFrequency == p.BillingFrequency {
			found = append(found, other)
		}
	}
	return found
}
