package sim

// company is one customer of the demonstration. The names are made up.
type company struct{ name, street, city, state, zip, country, contact string }

func companies() []company {
	return []company{
		{"Cedar Hollow Dental Group", "118 Maple Ave", "Greenville", "SC", "29601", "US", "Dana Whitlock"},
		{"Ridgeline Builders LLC", "2400 W Frontage Rd", "Boise", "ID", "83705", "US", "Marcus Oyelaran"},
		{"Harbor & Vale Accounting", "77 Commercial St", "Portland", "ME", "04101", "US", "Priya Raman"},
		{"Northgate Logistics Inc.", "9100 Terminal Dr", "Memphis", "TN", "38118", "US", "Tom Brannigan"},
		{"Lakeshore Pediatrics", "510 Lake Shore Blvd W", "Toronto", "ON", "M5V 1A1", "CA", "Amélie Fontaine"},
		{"Blue Heron Realty", "3 Wharf Ln", "Annapolis", "MD", "21401", "US", "Gail Sorensen"},
		{"Meridian School District", "1303 E Central Dr", "Meridian", "ID", "83642", "US", "Luis Cardenas"},
		{"Tamarack Software", "415 Howe St", "Vancouver", "BC", "V6C 2T5", "CA", "Jasleen Gill"},
		{"Copperline Brewing Co.", "88 Mill St", "Asheville", "NC", "28801", "US", "Rob Castellano"},
		{"Old Quarry Press", "12 Quarry Rd", "Barre", "VT", "05641", "US", "Helen Marchetti"},
		{"Sunfield Organics", "4620 Farm to Market Rd", "Fresno", "CA", "93725", "US", "Nadia Petrov"},
		{"Atlas Freight Partners", "1200 Port Blvd", "Houston", "TX", "77029", "US", "Derrick Coleman"},
		{"Maison Dufour Inc.", "1450 rue Sherbrooke O", "Montréal", "QC", "H3G 1K4", "CA", "Étienne Dufour"},
		{"Pinecrest Veterinary", "256 Pine St", "Bend", "OR", "97701", "US", "Sara Lindqvist"},
		{"Vantage Point Optics", "7 Innovation Way", "Rochester", "NY", "14623", "US", "Wei Zhang"},
		{"St. Brendan's Parish", "34 Church St", "Worcester", "MA", "01608", "US", "Fr. Kevin Doyle"},
		{"Granite State Insurance Agency", "500 Elm St", "Manchester", "NH", "03101", "US", "Paula Trudeau"},
		{"Prairie Wind Energy Co-op", "2211 County Rd 9", "Fargo", "ND", "58102", "US", "Olaf Henriksen"},
		{"Fulton & Reyes LLP", "191 Peachtree St NE", "Atlanta", "GA", "30303", "US", "Carmen Reyes"},
		{"Summit Orthopedics", "880 Summit Ave", "Denver", "CO", "80203", "US", "Neil Abernathy"},
		{"Kestrel Aviation Services", "3500 Hangar Rd", "Wichita", "KS", "67209", "US", "Joanne Pike"},
		{"Calgary Pipe & Fitting", "6025 11 St SE", "Calgary", "AB", "T2H 2Z2", "CA", "Grant McAllister"},
		{"Bright Harbor Montessori", "41 Bay Rd", "Duxbury", "MA", "02332", "US", "Allison Grady"},
		{"Desert Bloom Landscaping", "7711 N Oracle Rd", "Tucson", "AZ", "85704", "US", "Miguel Santos"},
		{"Ironwood Machine Works", "190 Foundry St", "Milwaukee", "WI", "53204", "US", "Beth Kowalczyk"},
		{"Riverbend Credit Union", "600 River Rd", "Davenport", "IA", "52801", "US", "Arthur Nguyen"},
		{"Halifax Seafoods Ltd.", "1869 Upper Water St", "Halifax", "NS", "B3J 1S9", "CA", "Moira MacLeod"},
		{"Golden Gate Print Shop", "2150 Folsom St", "San Francisco", "CA", "94110", "US", "Henry Lau"},
		{"Clearwater Plumbing & Heating", "303 2nd Ave", "Spokane", "WA", "99201", "US", "Doug Farrow"},
		{"Magnolia House Hotels", "915 Royal St", "New Orleans", "LA", "70116", "US", "Odette Broussard"},
		{"Stonebridge Analytics", "50 Beale St", "San Francisco", "CA", "94105", "US", "Ravi Subramanian"},
		{"Tri-County Food Bank", "1450 Depot St", "Toledo", "OH", "43604", "US", "Yolanda Meeks"},
		{"Whitcomb Engineering \"Delta\" Group", "2700 Delta Dr", "Baton Rouge", "LA", "70809", "US", "Chris Whitcomb"},
		{"Ottawa Valley Physiotherapy", "210 Gladstone Ave", "Ottawa", "ON", "K2P 0Y6", "CA", "Simone Leclair"},
		{"Evergreen Home Care", "1818 Capitol Way S", "Olympia", "WA", "98501", "US", "Janet Osei"},
		{"Bayou City Marine", "4404 Harbor Dr", "Galveston", "TX", "77554", "US", "Travis Guidry"},
		{"Lumen Street Theatre", "22 Lumen St", "Providence", "RI", "02903", "US", "Ezra Feldman"},
		{"Foothill Family Clinic", "6360 S 3000 E", "Salt Lake City", "UT", "84121", "US", "Kimberly Young"},
		{"Anchor & Oar Outfitters", "15 Pier Rd", "Duluth", "MN", "55802", "US", "Erik Halvorsen"},
		{"Redwood Title Company", "1 Court St", "Eureka", "CA", "95501", "US", "Monica Alvarez"},
		{"Piedmont Textiles", "900 Mill Rd", "Danville", "VA", "24541", "US", "Walter Gaines"},
		{"Winnipeg Grain Exchange", "167 Lombard Ave", "Winnipeg", "MB", "R3B 0V3", "CA", "Ivan Kowalchuk"},
		{"Cobalt Bike Works", "640 NW 11th Ave", "Portland", "OR", "97209", "US", "Mina Sato"},
		{"Hudson River Museum Trust", "511 Warburton Ave", "Yonkers", "NY", "10701", "US", "Beatrice Lowell"},
		{"Palmetto Security Systems", "1320 Main St", "Columbia", "SC", "29201", "US", "Jerome Watkins"},
		{"Big Sky Outdoor Advertising", "29 N Broadway", "Billings", "MT", "59101", "US", "Cody Larsen"},
		{"Contoso-Like Holdings", "1 Example Plaza", "Wilmington", "DE", "19801", "US", "Terry Example"},
		{"Zephyr Wellness Studio", "74 Ocean Ave", "Santa Cruz", "CA", "95060", "US", "Lena Hartmann"},
	}
}

// madeUp is a company for a sandbox that is larger than the demonstration.
func madeUp(seed uint64, n int) company {
	d := throw(seed, "company", n)
	first := pick(d, "Amber", "Birch", "Canyon", "Delta", "Ember", "Falcon", "Granite", "Harvest", "Indigo", "Juniper", "Keystone", "Laurel")
	second := pick(d, "Field", "Ridge", "Harbor", "Creek", "Point", "Valley", "Bridge", "Grove")
	kind := pick(d, "Dental", "Logistics", "Legal", "Builders", "Software", "Foods", "Energy", "Clinic", "Partners", "Design")
	c := company{first + second + " " + kind, "", "", "", "", "US", givenName(d) + " " + familyName(d)}
	place := companies()[d.below(len(companies()))]
	c.street, c.city, c.state, c.zip, c.country = place.street, place.city, place.state, place.zip, place.country
	return c
}

func givenName(d *dice) string {
	return pick(d, "Ana", "Ben", "Chloe", "Dev", "Elena", "Farid", "Grace", "Hugo", "Iris", "Jamal", "Kira", "Leo", "Maya", "Noah", "Olga", "Pavel",
		"Quinn", "Rosa", "Sam", "Tara", "Uma", "Victor", "Wendy", "Yusuf", "Zoé")
}

func familyName(d *dice) string {
	return pick(d, "Abbott", "Baker", "Castillo", "Dubois", "Ellis", "Foster", "Garcia", "Hansen", "Ivanova", "Johnson", "Kim", "Lopez", "Mbeki",
		"Novak", "O'Neil", "Patel", "Quintero", "Rossi", "Singh", "Turner", "Ueda", "Vargas", "Walsh", "Young", "Zimmer")
}
