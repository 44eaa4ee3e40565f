package sim

// The vendors of the sandbox. Only Google's id is known to be a name (O); the numbers of the others are A.
const (
	MicrosoftID = "4"
	GoogleID    = "Google"
	AcronisID   = "31"
)

// offer is what a vendor sells; each of its variants (term and billing) is a product of its own.
type offer struct {
	name     string
	about    string
	id       string // the vendor's id of the product; with Microsoft the NCE product id, a colon and the NCE sku id
	family   string // within a family a subscription can move up and down the ranks
	rank     int
	cents    int    // the suggested price of a unit, a month; for one-time products the price
	variants string // one letter each, see terms
	max      int    // 0: 10,000
	min      int    // 0: 1
	addOnTo  string // the id of the offer that it adds to
	gone     bool   // discontinued
	loss     bool   // costs the reseller more than the suggested price
	moves    bool   // an upgrade to it gives a new subscription id
	tiers    bool
	rare     bool // nobody has it by chance
}

// term is what a variant's letter means.
type term struct {
	billing  string // the wire's word for how often is billed
	duration string // ISO 8601; empty: no end
	plan     string // Google's plan
	label    string // what it adds to the name
	code     string // what it adds to a part number
	percent  int    // of the monthly price, per billing period
}

func terms(letter byte) term {
	switch letter {
	case 'f':
		return term{"month", "P1M", "", " (Monthly Term)", "P1MM", 120}
	case 'm':
		return term{"month", "P1Y", "", " (Annual Term, Monthly Billing)", "P1YM", 105}
	case 'a':
		return term{"annual", "P1Y", "", " (Annual Term, Annual Billing)", "P1YA", 1200}
	case '3':
		return term{"annual", "P3Y", "", " (3-Year Term, Annual Billing)", "P3YA", 1200}
	case 'T':
		return term{"month", "P1M", planTrial, " (Trial)", "TRIAL", 0}
	case 'F':
		return term{"month", "", planFlexible, " (Flexible)", "FLEX", 120}
	case 'M':
		return term{"month", "P1Y", planAnnualMonthly, " (Annual, Monthly Payment)", "12MO", 100}
	case 'Y':
		return term{"annual", "P1Y", planAnnualYearly, " (Annual, Yearly Payment)", "12YR", 1200}
	case 'u':
		return term{"month", "", "", "", "USAGE", 0}
	case 'o':
		return term{"one_time", "", "", "", "OTP", 100}
	}
	return term{"month", "P1M", "", "", "MON", 100} // s: simple
}

// Google's plans (S).
const (
	planTrial         = "TRIAL"
	planFlexible      = "FLEXIBLE"
	planAnnualMonthly = "ANNUAL_MONTHLY_PAY"
	planAnnualYearly  = "ANNUAL_YEARLY_PAY"
)

// microsoftOffers are New Commerce offers. Their product and sku ids are facts from public tables; those of the
// one-time licences are of the right form only (A), and prices are near what is published.
func microsoftOffers() []offer {
	return []offer{
		{name: "Microsoft 365 Business Basic", about: "Web and mobile Office apps, mail and Teams", id: "CFQ7TTC0LH18:0001", family: "business", rank: 1, cents: 600, variants: "fma3", max: 300},
		{name: "Microsoft 365 Business Standard", about: "Desktop Office apps, mail and Teams", id: "CFQ7TTC0LDPB:0001", family: "business", rank: 2, cents: 1250, variants: "fma3", max: 300},
		{name: "Microsoft 365 Business Premium", about: "Business Standard with security and device management", id: "CFQ7TTC0LCHC:0002", family: "business", rank: 3, cents: 2200, variants: "fma3", max: 300, moves: true},
		{name: "Microsoft 365 Apps for business", about: "Desktop Office apps", id: "CFQ7TTC0LH1G:0001", cents: 825, variants: "ma", max: 300},
		{name: "Microsoft 365 Apps for enterprise", about: "Desktop Office apps for large organisations", id: "CFQ7TTC0LGZT:0001", cents: 1200, variants: "ma", tiers: true},
		{name: "Microsoft 365 F1", about: "Teams for frontline workers", id: "CFQ7TTC0MBMD:0002", family: "enterprise", rank: 1, cents: 225, variants: "m"},
		{name: "Microsoft 365 F3", about: "Office and security for frontline workers", id: "CFQ7TTC0LH05:0001", family: "enterprise", rank: 2, cents: 800, variants: "ma", tiers: true},
		{name: "Microsoft 365 E3", about: "Office, Windows and security for large organisations", id: "CFQ7TTC0LFLX:0001", family: "enterprise", rank: 3, cents: 3900, variants: "ma3", tiers: true},
		{name: "Microsoft 365 E5", about: "E3 with advanced security, voice and analytics", id: "CFQ7TTC0LFLZ:0002", family: "enterprise", rank: 4, cents: 6000, variants: "ma3", tiers: true, moves: true},
		{name: "Office 365 E1", about: "Web Office apps for large organisations", id: "CFQ7TTC0LF8Q:0001", family: "office", rank: 1, cents: 1000, variants: "ma"},
		{name: "Office 365 E3", about: "Desktop Office apps and compliance", id: "CFQ7TTC0LF8R:0001", family: "office", rank: 2, cents: 2300, variants: "ma", tiers: true},
		{name: "Office 365 E5", about: "E3 with voice and analytics", id: "CFQ7TTC0LF8S:0002", family: "office", rank: 3, cents: 3800, variants: "m", moves: true, gone: true},
		{name: "Office 365 F3", about: "Office for frontline workers", id: "CFQ7TTC0LGZW:0001", cents: 400, variants: "m", loss: true},
		{name: "Exchange Online Plan 1", about: "Mail, 50 GB a mailbox", id: "CFQ7TTC0LH16:0001", family: "exchange", rank: 1, cents: 400, variants: "fma"},
		{name: "Exchange Online Plan 2", about: "Mail, 100 GB a mailbox", id: "CFQ7TTC0LH1P:0001", family: "exchange", rank: 2, cents: 800, variants: "ma"},
		{name: "Microsoft Entra ID P1", about: "Identity and conditional access", id: "CFQ7TTC0LFLS:0002", family: "entra", rank: 1, cents: 600, variants: "ma"},
		{name: "Microsoft Entra ID P2", about: "Identity with risk and privileges", id: "CFQ7TTC0LFK5:0001", family: "entra", rank: 2, cents: 900, variants: "m"},
		{name: "Enterprise Mobility + Security E3", about: "Identity and device management", id: "CFQ7TTC0LHT4:0001", family: "ems", rank: 1, cents: 1060, variants: "m"},
		{name: "Enterprise Mobility + Security E5", about: "E3 with threat protection", id: "CFQ7TTC0LFJ1:0001", family: "ems", rank: 2, cents: 1640, variants: "m"},
		{name: "Defender for Endpoint Plan 2", about: "Detection and response on devices", id: "CFQ7TTC0LGV0:0001", cents: 520, variants: "m"},
		{name: "Power BI Pro", about: "Reports and dashboards", id: "CFQ7TTC0LHSF:0001", family: "powerbi", rank: 1, cents: 1400, variants: "ma"},
		{name: "Power BI Premium Per User", about: "Reports with large models", id: "CFQ7TTC0HL8W:0001", family: "powerbi", rank: 2, cents: 2400, variants: "m"},
		{name: "Planner and Project Plan 3", about: "Project planning", id: "CFQ7TTC0HDB0:0002", family: "project", rank: 1, cents: 3000, variants: "ma"},
		{name: "Planner and Project Plan 5", about: "Portfolio planning", id: "CFQ7TTC0HD9Z:0002", family: "project", rank: 2, cents: 5500, variants: "m"},
		{name: "Visio Plan 2", about: "Diagrams on the desktop", id: "CFQ7TTC0HD32:0002", cents: 1500, variants: "ma"},
		{name: "Teams Essentials", about: "Meetings and chat", id: "CFQ7TTC0JN4R:0002", cents: 400, variants: "m"},
		{name: "Windows Enterprise E3", about: "Windows for large organisations", id: "CFQ7TTC0LGTX:0004", cents: 700, variants: "m", gone: true},
		{name: "Microsoft 365 Copilot", about: "Assistant in Office apps", id: "CFQ7TTC0MM8R:0002", cents: 3000, variants: "ma", addOnTo: "CFQ7TTC0LDPB:0001"},
		{name: "Teams Phone Standard", about: "Calls in Teams", id: "CFQ7TTC0LH0T:0001", cents: 1000, variants: "m", addOnTo: "CFQ7TTC0LFLX:0001"},
		{name: "Teams Premium", about: "Webinars and recaps", id: "CFQ7TTC0RM8K:0002", cents: 1000, variants: "m", addOnTo: "CFQ7TTC0LDPB:0001", loss: true},
		{name: "Defender for Business", about: "Security for small organisations", id: "CFQ7TTC0HX56:0002", cents: 300, variants: "m", max: 300, addOnTo: "CFQ7TTC0LH18:0001"},
		{name: "Exchange Online Archiving", about: "Mail archive", id: "CFQ7TTC0LH0J:0001", cents: 300, variants: "m", addOnTo: "CFQ7TTC0LH16:0001"},
		{name: "Azure plan", about: "Azure, by consumption", id: "DZH318Z0BPS6:0001", variants: "u", max: 1},
		{name: "Windows Server 2022 Standard - 16 Core License Pack", about: "Perpetual licence", id: "DG7GMGF0D5RK:0005", cents: 117600, variants: "o"},
		{name: "Office LTSC Standard 2021", about: "Perpetual licence", id: "DG7GMGF0D7FX:0002", cents: 49200, variants: "o", gone: true},
		{name: "SQL Server 2022 Standard - 2 Core License Pack", about: "Perpetual licence", id: "DG7GMGF0M80J:0002", cents: 394500, variants: "o"},
	}
}

// googleOffers are Workspace editions; the ids are Google's own sku ids.
func googleOffers() []offer {
	return []offer{
		{name: "Google Workspace Business Starter", about: "Mail and 30 GB a user", id: "1010020027", family: "workspace", rank: 1, cents: 700, variants: "TFMY", max: 300},
		{name: "Google Workspace Business Standard", about: "Mail, recordings and 2 TB a user", id: "1010020028", family: "workspace", rank: 2, cents: 1400, variants: "TFMY", max: 300},
		{name: "Google Workspace Business Plus", about: "Mail, archive and 5 TB a user", id: "1010020025", family: "workspace", rank: 3, cents: 2200, variants: "FMY", max: 300},
		{name: "Google Workspace Enterprise Standard", about: "Workspace for large organisations", id: "1010020026", family: "workspace", rank: 4, cents: 2700, variants: "FMY", tiers: true},
		{name: "Google Workspace Enterprise Plus", about: "Workspace with advanced security", id: "1010020020", family: "workspace", rank: 5, cents: 3500, variants: "FM", tiers: true},
		{name: "Google Workspace Frontline Starter", about: "Workspace for frontline workers", id: "1010020030", cents: 350, variants: "FM"},
		{name: "Google Workspace Essentials Starter", about: "Meetings and files without mail", id: "1010060001", cents: 800, variants: "F", gone: true},
		{name: "Cloud Identity Premium", about: "Identity and device management", id: "1010050001", cents: 720, variants: "FM"},
		{name: "Google Voice Standard", about: "Calls", id: "1010330004", cents: 2000, variants: "F", addOnTo: "1010020028"},
		{name: "AppSheet Core", about: "Apps without code", id: "1010380001", cents: 1000, variants: "F", addOnTo: "1010020027"},
	}
}

// acronisOffers stand for the many vendors with plain monthly billing (A).
func acronisOffers() []offer {
	return []offer{
		{name: "Acronis Cyber Protect Cloud - Workstation", about: "Backup and protection of a workstation", id: "SPAMSENS", family: "protect", rank: 1, cents: 550, variants: "s"},
		{name: "Acronis Cyber Protect Cloud - Workstation Advanced", about: "With patches and detection", id: "SPBMSENS", family: "protect", rank: 2, cents: 890, variants: "s"},
		{name: "Acronis Cyber Protect Cloud - Server", about: "Backup and protection of a server", id: "SPCMSENS", cents: 2900, variants: "s"},
		{name: "Acronis Cyber Protect Cloud - Virtual Machine", about: "Backup and protection of a virtual machine", id: "SPDMSENS", cents: 1750, variants: "s"},
		{name: "Acronis Backup for Microsoft 365", about: "Backup of one seat", id: "SPEMSENS", cents: 270, variants: "s", min: 5},
		{name: "Acronis Backup for Google Workspace", about: "Backup of one seat", id: "SPFMSENS", cents: 260, variants: "s", min: 5},
		{name: "Acronis Cloud Storage 1 TB", about: "Storage in Acronis' data centre", id: "SPGMSENS", cents: 4100, variants: "s", tiers: true},
		{name: "Acronis Disaster Recovery", about: "Recovery in the cloud", id: "SPHMSENS", cents: 9900, variants: "s"},
		{name: "Acronis Files Cloud", about: "Share files", id: "SPIMSENS", cents: 480, variants: "s", gone: true},
		{name: "Acronis Advanced Email Security", about: "Filter for mail", id: "SPJMSENS", cents: 190, variants: "s", addOnTo: "SPEMSENS"},
	}
}
