package sim

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"stellr-gateway/stellr"
)

// firstCustomerNo is the number of the first customer, whatever the seed.
const firstCustomerNo = 100001

// world is what there is: the catalogue, which does not change, and the customers.
type world struct {
	opts    Options
	encoder *encoder
	catalog *catalog
	rules   map[string]*rules // by vendor
	start   stellr.Date       // the day the data is dated relative to

	operations operations
	invoiceMu  sync.Mutex
	invoices   map[bill][]byte // encoded
	reportOnce sync.Once
	reported   report

	mu        sync.RWMutex // guards what follows, not the customers themselves
	customers []*customer
	byNo      map[string]*customer
	accounts  []*account      // the reseller's own
	used      map[string]bool // transfer tokens
}

func newWorld(opts Options) *world {
	w := &world{
		opts: opts, encoder: newEncoder(opts.Seed, opts.Quirks), rules: allRules(), start: stellr.DateOf(opts.Clock()),
		byNo: map[string]*customer{}, used: map[string]bool{}, invoices: map[bill][]byte{}, operations: operations{byID: map[string]*operation{}},
	}
	w.catalog = newCatalog(opts, w.encoder)
	w.accounts = w.resellerAccounts()
	if opts.Customers > 0 {
		for i := range opts.Customers {
			w.addCustomer(w.customerOf(madeUp(opts.Seed, i), i), evenProfile(opts.SubscriptionsPerCustomer))
		}
		return w
	}
	for i, c := range companies() {
		w.addCustomer(w.customerOf(c, i), profileOf(opts.Seed, i))
	}
	return w
}

func (w *world) addCustomer(record stellr.Customer, p profile) *customer {
	c := &customer{index: len(w.customers), record: record, profile: p}
	if p.status != "" {
		c.record.StatusText = p.status
	}
	w.customers = append(w.customers, c)
	w.byNo[record.CustomerNo] = c
	return c
}

func (w *world) customerOf(c company, i int) stellr.Customer {
	d := throw(w.opts.Seed, "customer", i)
	domain := domainOf(c.name)
	if w.opts.Customers > 0 {
		domain = strconv.Itoa(i) + "." + domain
	}
	mailbox := strings.ToLower(strings.NewReplacer(". ", ".", " ", ".", "'", "", "é", "e", "É", "e").Replace(c.contact))
	record := stellr.Customer{
		CustomerNo: strconv.Itoa(firstCustomerNo + i), Name: c.name, StatusText: "Active", ContactName: c.contact, Email: mailbox + "@" + domain,
		Phone: "+1-" + strconv.Itoa(d.between(201, 989)) + "-555-" + strconv.Itoa(d.between(1000, 9999))[:4], Domain: domain, TenantID: d.guid(),
		Line1: c.street, City: c.city, Region: c.state, PostalCode: c.zip, Country: c.country,
		CreatedAt: w.start.Time().AddDate(0, 0, -d.between(400, 2400)).Add(time.Duration(d.below(36000)) * time.Second),
	}
	if d.percent(20) {
		record.Line2 = "Suite " + strconv.Itoa(d.between(100, 900))
	}
	if d.percent(10) {
		record.Phone = ""
	}
	return record
}

// domainOf makes a domain under .example of a company's name.
func domainOf(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == 'é':
			b.WriteByte('e')
		case (r == ' ' || r == '-') && b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-") + ".example"
}

// all is the list of customers as it stands.
func (w *world) all() []*customer {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.customers
}

// some is the one customer of the number, all of them where there is no number, and none where the number is nobody's.
func (w *world) some(no string) []*customer {
	if no == "" {
		return w.all()
	}
	if c := w.customer(no); c != nil {
		return []*customer{c}
	}
	return nil
}

func (w *world) customer(no string) *customer {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.byNo[no]
}
