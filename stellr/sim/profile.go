package sim

// profile says what a customer of the demonstration is like.
type profile struct {
	status        string // empty: Active
	subscriptions int
	microsoft     bool
	google        bool
	acronis       bool
	azure         bool
	agreement     bool // the Microsoft Customer Agreement is accepted
	teams         bool // has licenses with Teams and without it: see teamsSamples
	fresh         bool // created through the API: has nothing
	even          bool // exactly the asked-for live subscriptions, spread evenly
}

// The customers of the demonstration that tests and examples look for, by their place in the list.
const (
	richCustomer  = 0  // has something of everything
	hugeCustomer  = 6  // has more subscriptions than a page
	teamsCustomer = 22 // has licenses with Teams and without it
	hugeCount     = 264
)

// profileOf is what the i-th customer of the demonstration is like.
func profileOf(seed uint64, i int) profile {
	d := throw(seed, "profile", i)
	p := profile{subscriptions: d.between(2, 13), microsoft: !d.percent(15), google: d.percent(35), acronis: d.percent(45)}
	p.agreement = p.microsoft && !d.percent(12)
	p.azure = p.microsoft && d.percent(25)
	switch i {
	case richCustomer:
		return profile{subscriptions: 22, microsoft: true, google: true, acronis: true, azure: true, agreement: true}
	case hugeCustomer:
		return profile{subscriptions: hugeCount, microsoft: true, google: true, acronis: true, azure: true, agreement: true}
	case 3:
		p.microsoft, p.agreement, p.azure = true, true, true
	case 5: // a microsoft customer whose agreement is missing
		p.microsoft, p.agreement = true, false
	case 9:
		p.status, p.microsoft, p.azure = "Discontinued", true, false
	case 13, 27, 38:
		p.subscriptions, p.azure = 0, false
	case 21:
		p.status = "CreditHold" // a word that nobody knows
	case teamsCustomer:
		p.subscriptions, p.microsoft, p.agreement, p.azure, p.teams = 7, true, true, false, true
	case 30:
		p.status, p.azure = "Discontinued", false
	case 33:
		p.status = "Inactive"
	}
	if !p.microsoft && !p.google {
		p.acronis = true
	}
	return p
}

func evenProfile(each int) profile {
	return profile{subscriptions: each, microsoft: true, google: true, acronis: true, agreement: true, even: true}
}
