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
	start   stellr.Date // the day the data is dated relative to

	mu        sync.RWMutex // guards the list and the index, not the customers
	customers []*customer
	byNo      map[string]*customer
}

// customer is one customer and all that belongs to it. What it has from the start is made when it is first looked at.
type customer struct {
	index   int
	record  stellr.Customer // does not change
	profile profile

	mu        sync.Mutex // guards the rest
	encoded   []byte
	populated bool
	subs      []*subscription
	billed    []billed // what it had at the start; does not change
	contracts int // how many contract numbers have been used
}

// subscription is one subscription and what the wire does not show of it.
type subscription struct {
	stellr.Subscription
	product *product
	encoded []byte // nil when something changed
}

func newWorld(opts Options) *world {
	w := &world{opts: opts, encoder: newEncoder(opts.Seed, opts.Quirks), start: stellr.DateOf(opts.Clock()), byNo: map[string]*customer{}}
	w.catalog = newCatalog(opts, w.encoder)
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

func (w *world) customer(no string) *customer {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.byNo[no]
}

// open locks a customer whose state is that of the given time. The caller closes it.
func (w *world) open(c *customer, now time.Time) {
	c.mu.Lock()
	if !c.populated {
		c.populated = true
		w.populate(c)
		for _, s := range c.subs {
			c.billed = append(c.billed, billed{s.Subscription, s.BillingFrequency == "one_time"})
		}
	}
	_ = now
}

func (c *customer) close() { c.mu.Unlock() }
