package graph

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/graph-gophers/dataloader/v7"

	"stellr-gateway/stellr"
)

// loadCustomers gets customers one by one, or from the list of all customers.
func (l *loaders) loadCustomers(ctx context.Context, keys []string) []*dataloader.Result[*stellr.Customer] {
	return answers(keys, search[string, *stellr.Customer]{
		page: func(ctx context.Context, number int) (*stellr.Page[*stellr.Customer], error) {
			return l.customerList.page(ctx, none{}, number)
		},
		single: func(ctx context.Context, key string) (*stellr.Customer, error) {
			return present(l.r.Client.Customer(ctx, key))
		},
		keyOf:  func(c *stellr.Customer) string { return c.CustomerNo },
		inList: l.customerList.wanted(none{}),
		size:   &l.r.customersSize,
	}.find(ctx, keys))
}

// errNoList says that the list in which a record could be found is not known.
var errNoList = errors.New("no list to look in")

// product is the product with this id; nil when there is none. vendorID may be empty.
func (l *loaders) product(ctx context.Context, productID, vendorID string) (*stellr.Product, error) {
	if productID == "" {
		return nil, nil
	}
	if got, ok := l.productsGot.Load(productID); ok {
		f := got.(found[*stellr.Product])
		return f.record, f.err
	}
	if p, ok := l.keptProduct(ctx, productID, vendorID); ok {
		return p, nil
	}
	if vendorID != "" {
		l.productVendors.LoadOrStore(productID, vendorID)
	}
	return l.products.Load(ctx, productID)()
}

// keptProduct is a product that is kept, by itself or in its vendor's catalogue.
func (l *loaders) keptProduct(ctx context.Context, productID, vendorID string) (*stellr.Product, bool) {
	if vendorID != "" {
		if p, ok := l.productList.find(ctx, catalogueOf(vendorID), productID, func(p *stellr.Product) string { return p.ProductID }); ok {
			return p, true
		}
	}
	if !l.reuses {
		return nil, false
	}
	return l.r.Client.KeptProduct(ctx, productID)
}

// catalogueOf is a vendor's whole catalogue.
func catalogueOf(vendorID string) catalogueKey {
	return catalogueKey{vendorID, stellr.ProductQuery{IncludeDiscontinued: true}}
}

// loadProducts gets products one by one, or from their vendors' lists, all vendors at once.
func (l *loaders) loadProducts(ctx context.Context, keys []string) []*dataloader.Result[*stellr.Product] {
	byVendor := make(map[string][]string)
	for _, key := range keys {
		vendorID, _ := l.productVendors.LoadOrStore(key, "")
		byVendor[vendorID.(string)] = append(byVendor[vendorID.(string)], key)
	}
	known := make(map[string]found[*stellr.Product], len(keys))
	together(byVendor, func(vendorID string, ids []string) map[string]found[*stellr.Product] {
		wanted, _ := l.r.productsWanted.LoadOrStore(vendorID, new(atomic.Int64))
		wanted.(*atomic.Int64).Add(int64(len(ids)))
		defer wanted.(*atomic.Int64).Add(int64(-len(ids)))
		return l.vendorProducts(vendorID).find(stellr.WithPriority(ctx, true), ids)
	}, known)
	return answers(keys, known)
}

// vendorProducts searches a vendor's catalogue, which is worth reading while lists of subscriptions are on their way:
// each brings products that are not asked for yet. Without a vendor there is no list.
func (l *loaders) vendorProducts(vendorID string) search[string, *stellr.Product] {
	catalogue := catalogueOf(vendorID)
	size, _ := l.r.productsSize.LoadOrStore(vendorID, new(listSize))
	return search[string, *stellr.Product]{
		page: func(ctx context.Context, number int) (*stellr.Page[*stellr.Product], error) {
			if vendorID == "" {
				return nil, errNoList
			}
			return l.productList.page(ctx, catalogue, number)
		},
		single: func(ctx context.Context, key string) (*stellr.Product, error) {
			return present(l.r.Client.Product(ctx, key))
		},
		keyOf:  func(p *stellr.Product) string { return p.ProductID },
		inList: vendorID != "" && (l.subscriptionList.inFlight() > fewRecords || l.productList.begun(catalogue) || l.crowd(vendorID, size.(*listSize))),
		size:   size.(*listSize),
	}
}

// crowd says whether so many products of a vendor are asked for by other operations right now that its catalogue, if that is
// one page, is worth reading: who needs it at the same time gets the same page.
func (l *loaders) crowd(vendorID string, size *listSize) bool {
	wanted, ok := l.r.productsWanted.Load(vendorID)
	return ok && l.reuses && wanted.(*atomic.Int64).Load() > 2*fewRecords && size.pages() <= 1
}

// loadSubscriptions gets subscriptions one by one, or from their customers' lists, all customers at once.
func (l *loaders) loadSubscriptions(ctx context.Context, keys []subscriptionKey) []*dataloader.Result[*stellr.Subscription] {
	byCustomer := make(map[string][]subscriptionKey)
	for _, key := range keys {
		byCustomer[key.customerNo] = append(byCustomer[key.customerNo], key)
	}
	known := make(map[subscriptionKey]found[*stellr.Subscription], len(keys))
	together(byCustomer, func(customerNo string, ids []subscriptionKey) map[subscriptionKey]found[*stellr.Subscription] {
		return search[subscriptionKey, *stellr.Subscription]{
			page: func(ctx context.Context, number int) (*stellr.Page[*stellr.Subscription], error) {
				return l.subscriptionList.page(ctx, customerNo, number)
			},
			single: func(ctx context.Context, key subscriptionKey) (*stellr.Subscription, error) {
				fresh := true
				s, err := present(l.r.Client.Subscription(whetherFresh(ctx, &fresh), key.customerNo, key.subscriptionID))
				if s != nil && fresh { // what was kept may be older than what was seen
					l.r.sawSubscription(s, l.began)
				}
				return s, err
			},
			keyOf:  func(s *stellr.Subscription) subscriptionKey { return subscriptionKey{s.CustomerNo, s.SubscriptionID} },
			inList: l.subscriptionList.begun(customerNo),
			size:   new(listSize),
		}.find(ctx, ids)
	}, known)
	return answers(keys, known)
}

// together runs find for all groups at once and joins what they found.
func together[G, K comparable, T any](groups map[G][]K, find func(G, []K) map[K]found[T], known map[K]found[T]) {
	var lock sync.Mutex
	names := slices.Collect(maps.Keys(groups))
	atOnce(len(names), func(i int) {
		part := find(names[i], groups[names[i]])
		lock.Lock()
		defer lock.Unlock()
		maps.Copy(known, part)
	})
}

// loadAccounts reads the lists of vendor accounts.
func (l *loaders) loadAccounts(ctx context.Context, keys []stellr.VendorAccountQuery) []*dataloader.Result[[]*stellr.VendorAccount] {
	return filtered[stellr.VendorAccountQuery, *stellr.VendorAccount]{
		list: l.accountList,
		general: func(q stellr.VendorAccountQuery) stellr.VendorAccountQuery {
			return stellr.VendorAccountQuery{VendorID: q.VendorID}
		},
		customer: func(q stellr.VendorAccountQuery) string { return q.CustomerNo },
		matches: func(a *stellr.VendorAccount, q stellr.VendorAccountQuery) bool {
			return isCustomer(q.CustomerNo, a.CustomerNo) && is(q.VendorID, a.VendorID)
		},
	}.read(ctx, keys)
}

// loadInvoices reads the lists of invoices.
func (l *loaders) loadInvoices(ctx context.Context, keys []stellr.InvoiceQuery) []*dataloader.Result[[]*stellr.Invoice] {
	return filtered[stellr.InvoiceQuery, *stellr.Invoice]{
		list:     l.invoiceList,
		general:  func(q stellr.InvoiceQuery) stellr.InvoiceQuery { return stellr.InvoiceQuery{From: q.From, To: q.To} },
		customer: func(q stellr.InvoiceQuery) string { return q.CustomerNo },
		matches: func(i *stellr.Invoice, q stellr.InvoiceQuery) bool {
			return isCustomer(q.CustomerNo, i.CustomerNo) && within(i.Date, q.From, q.To)
		},
	}.read(ctx, keys)
}

// loadConsumption reads the lists of Azure consumption.
func (l *loaders) loadConsumption(ctx context.Context, keys []stellr.ConsumptionQuery) []*dataloader.Result[[]*stellr.AzureConsumption] {
	return filtered[stellr.ConsumptionQuery, *stellr.AzureConsumption]{
		list: l.consumptionList,
		general: func(q stellr.ConsumptionQuery) stellr.ConsumptionQuery {
			q.CustomerNo = ""
			return q
		},
		customer: func(q stellr.ConsumptionQuery) string { return q.CustomerNo },
		matches: func(c *stellr.AzureConsumption, q stellr.ConsumptionQuery) bool {
			return isCustomer(q.CustomerNo, c.CustomerNo) && is(q.SubscriptionID, c.SubscriptionID) &&
				is(q.BillingMonth, c.BillingMonth) && is(q.ResourceGroup, c.ResourceGroup)
		},
	}.read(ctx, keys)
}
