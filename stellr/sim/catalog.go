package sim

import (
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

// product is one variant of an offer, as the catalogue has it.
type product struct {
	stellr.Product
	offer   offer
	term    term
	encoded []byte
}

// catalog is all that is sold. It does not change.
type catalog struct {
	products []*product
	byID     map[string]*product
	bySKU    map[string]*product
	byVendor map[string][]*product
	vendors  []*vendor
}

type vendor struct {
	stellr.Vendor
	offers  []offer
	encoded []byte
}

func newCatalog(opts Options, e *encoder) *catalog {
	c := &catalog{byID: map[string]*product{}, bySKU: map[string]*product{}, byVendor: map[string][]*product{}}
	c.vendors = []*vendor{
		{Vendor: stellr.Vendor{VendorID: MicrosoftID, Name: "Microsoft", StatusText: "Active"}, offers: microsoftOffers()},
		{Vendor: stellr.Vendor{VendorID: GoogleID, Name: "Google", StatusText: "Active"}, offers: googleOffers()},
		{Vendor: stellr.Vendor{VendorID: AcronisID, Name: "Acronis", StatusText: "Active"}, offers: acronisOffers()},
	}
	for _, v := range c.vendors {
		v.encoded = e.record(v.Vendor, v.VendorID)
	}
	if opts.Customers > 0 {
		c.fillEvenly(opts)
	} else {
		c.fillDemonstration(opts)
	}
	for _, p := range c.products {
		c.linkAddOn(p)
		p.encoded = e.record(p.Product, p.ProductID)
	}
	return c
}

// fillDemonstration adds every variant of every offer, and makes up others until there are as many as asked for.
func (c *catalog) fillDemonstration(opts Options) {
	rare := 0
	for _, o := range teamlessOffers() {
		rare += len(o.variants)
	}
	for _, v := range c.vendors {
		for _, o := range v.offers {
			for i := range len(o.variants) {
				c.add(opts.Seed, v, o, o.variants[i])
			}
		}
	}
	for n := 1; len(c.products) < opts.Products-rare; n++ {
		v := c.vendors[n%len(c.vendors)]
		c.add(opts.Seed, v, anotherOffer(v, n), 's')
	}
	for _, o := range teamlessOffers() { // last: who has what else is by the numbers of products
		for i := range len(o.variants) {
			c.add(opts.Seed, c.vendors[0], o, o.variants[i])
		}
	}
}

// fillEvenly adds exactly as many products as asked for, in turns from each vendor, all of them sold today and billed
// again and again.
func (c *catalog) fillEvenly(opts Options) {
	type variant struct {
		offer  offer
		letter byte
	}
	waiting := map[string][]variant{}
	for _, v := range c.vendors {
		for _, o := range v.offers {
			if o.gone || o.addOnTo != "" {
				continue
			}
			for i := range len(o.variants) {
				if letter := o.variants[i]; letter != 'o' && letter != 'u' && letter != 'T' {
					waiting[v.VendorID] = append(waiting[v.VendorID], variant{o, letter})
				}
			}
		}
	}
	for n := range opts.Products {
		v := c.vendors[n%len(c.vendors)]
		next := variant{anotherOffer(v, n), 's'}
		if line := waiting[v.VendorID]; len(line) > 0 {
			next, waiting[v.VendorID] = line[0], line[1:]
		}
		c.add(opts.Seed, v, next.offer, next.letter)
	}
}

// anotherOffer makes up an offer where the real ones are used up.
func anotherOffer(v *vendor, n int) offer {
	o := v.offers[n/3%len(v.offers)]
	return offer{name: o.name + " Pack " + strconv.Itoa(n), about: o.about, id: "SIM" + strconv.Itoa(100000+n), cents: o.cents + n%7*25}
}

func (c *catalog) add(seed uint64, v *vendor, o offer, letter byte) {
	n := len(c.products)
	d := throw(seed, "product", n)
	t := terms(letter)
	if v.VendorID == GoogleID && t.plan == "" {
		t.plan, t.duration = planFlexible, ""
	}
	gone := o.gone
	p := &product{offer: o, term: t, Product: stellr.Product{
		ProductID: strconv.Itoa(70001 + n), SKUNo: strconv.Itoa(6200000 + n*13 + d.below(13)), MfgPartNo: partNumber(d, v.VendorID, o, t),
		VendorID: v.VendorID, VendorName: v.Name, Name: o.name + t.label, Description: o.about, BillingModel: billingModel(letter),
		BillingFrequency: t.billing, TermDuration: t.duration, Discontinued: &gone, Currency: "USD", PlanName: t.plan,
		MinQuantity: new(max(o.min, 1)), MaxQuantity: new(10000), Prices: priceTiers(d, o, t),
	}}
	if o.max > 0 {
		p.MaxQuantity = new(o.max)
	}
	c.products = append(c.products, p)
	c.byID[p.ProductID], c.bySKU[p.SKUNo] = p, p
	c.byVendor[v.VendorID] = append(c.byVendor[v.VendorID], p)
}

func billingModel(letter byte) string {
	switch letter {
	case 'o':
		return "One-Time"
	case 'u':
		return "Usage"
	}
	return "Subscription"
}

// partNumber writes Microsoft's ids in one of the forms that distributors use.
func partNumber(d *dice, vendorID string, o offer, t term) string {
	if vendorID != MicrosoftID {
		return o.id + "-" + t.code
	}
	id, sku, _ := strings.Cut(o.id, ":")
	return pick(d, id+":"+sku, id+":"+sku, id+"-"+sku, "US"+id+sku, "NL,"+id+","+sku, id+t.code)
}

func priceTiers(d *dice, o offer, t term) []stellr.PriceTier {
	share := d.between(78, 88)
	if o.loss {
		share = 103
	}
	msrp := o.cents * t.percent / 100
	tier := func(from, share int) stellr.PriceTier {
		return stellr.PriceTier{MinQuantity: new(from), Cost: amount(msrp * share / 100), MSRP: amount(msrp), Currency: "USD"}
	}
	if o.tiers {
		return []stellr.PriceTier{tier(1, share), tier(100, share-2), tier(500, share-4)}
	}
	return []stellr.PriceTier{tier(1, share)}
}

// linkAddOn names the product that an add-on goes with: the variant of its offer with the same term, else the first.
func (c *catalog) linkAddOn(p *product) {
	if p.offer.addOnTo == "" {
		return
	}
	for _, other := range c.byVendor[p.VendorID] {
		same := other.offer.id == p.offer.addOnTo
		if same && other.term == p.term || same && p.PrimaryProductID == "" {
			p.PrimaryProductID = other.ProductID
		}
	}
}

// tierFor is the price from the given quantity on.
func (p *product) tierFor(quantity int) stellr.PriceTier {
	best := p.Prices[0]
	for _, t := range p.Prices {
		if quantity >= *t.MinQuantity {
			best = t
		}
	}
	return best
}

// amount is an exact sum of so many hundredths.
func amount(cents int) *decimal.Decimal {
	d := decimal.New(int64(cents), -2)
	return &d
}
