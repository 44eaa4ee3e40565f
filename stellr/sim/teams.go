package sim

// A license is sold with Teams and without it, under one product or nearly one name. The products and the sku of E3 are
// facts from public tables; the other skus are of the right form only (A).
const (
	e3Teamless       = "CFQ7TTC0LFLX:0021"
	e5Teamless       = "CFQ7TTC0LFLZ:0034"
	officeE3Teamless = "CFQ7TTC0LF8R:0022"
)

// teamlessOffers are sold in the demonstration only, behind everything else: who bought one is said in teamsSamples.
func teamlessOffers() []offer {
	return []offer{
		{name: "Microsoft 365 E3 (no Teams)", about: "E3 for organisations that meet elsewhere", id: e3Teamless, cents: 3375, variants: "ma", rare: true},
		{name: "Microsoft 365 E5 (no Teams)", about: "E5 for organisations that meet elsewhere", id: e5Teamless, cents: 5475, variants: "m", rare: true},
		{name: "Office 365 E3 (no Teams)", about: "Office 365 E3 for organisations that meet elsewhere", id: officeE3Teamless, cents: 2075, variants: "m", rare: true},
	}
}

// teamsSample is a subscription with Teams or without it, and what its record tells of its offer.
type teamsSample struct {
	offer  string
	letter byte
	offers bool   // its offer id is told
	part   string // its part number; empty: as the catalogue has it
}

// teamsSamples are the last subscriptions of the customer who has some with Teams and some without.
func teamsSamples() []teamsSample {
	return []teamsSample{
		{"CFQ7TTC0LFLX:0001", 'm', true, ""},
		{e3Teamless, 'm', true, ""},
		{e3Teamless, 'a', false, "CFQ7TTC0LFLXP1YA"}, // the product, which is also the other's
		{"CFQ7TTC0LFLZ:0002", 'm', false, ""},
		{e5Teamless, 'm', true, ""},                 // a sku that public tables do not have
		{officeE3Teamless, 'm', false, "AAA-28605"}, // nothing but the name tells
	}
}

// addTeamsSamples gives a customer of the demonstration what teamsSamples has, each a contract of its own.
func (w *world) addTeamsSamples(c *customer) {
	for i, sample := range teamsSamples() {
		d := throw(w.opts.Seed, "teams", i)
		s := w.newSubscription(c, w.catalog.variant(sample.offer, sample.letter), line{w.nextContract(c), 1, 10 + i, w.start.AddDays(-d.between(20, 340))})
		if !sample.offers {
			s.OfferID = ""
		}
		if sample.part != "" {
			s.MfgPartNo = sample.part
		}
		w.runOn(s)
		w.age(s, d)
		w.remember(c, s, d)
		c.subs = append(c.subs, s)
	}
}
