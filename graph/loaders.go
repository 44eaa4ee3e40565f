package graph

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"stellr-gateway/graph/lean"
	"stellr-gateway/stellr"
)

// gather is how long a loader waits for the keys of siblings and cousins. They come within microseconds of each
// other, from goroutines that run at once.
const gather = time.Millisecond

// loaders read from Stellr on behalf of one answer. Each key is asked for once; whoever asks again gets what came.
// What is not there is nil and no error.
type loaders struct {
	*tally
	r     *Resolver
	began uint64 // when, as r.feeds.subscriptions counts

	productVendors sync.Map // product id → id of the vendor in whose list the product can be found
	invoicesSeen   sync.Map // invoice number → *stellr.Invoice
	productsGot    sync.Map // product id → found[*stellr.Product], of products that were read ahead

	agreements      *dataloader.Loader[agreementKey, *stellr.Agreement]
	customers       *dataloader.Loader[string, *stellr.Customer]
	oneCustomer     *memo[string, *stellr.Customer] // of whom no others are expected
	operations      *dataloader.Loader[string, *stellr.Operation]
	products        *dataloader.Loader[string, *stellr.Product]
	productsBySKU   *dataloader.Loader[string, *stellr.Product]
	renewalOptions  *dataloader.Loader[subscriptionKey, *stellr.RenewalOptions]
	subscriptions   *dataloader.Loader[subscriptionKey, *stellr.Subscription]
	oneSubscription *memo[subscriptionKey, *stellr.Subscription] // of which no others are expected
	checks          *dataloader.Loader[checkKey, *stellr.AccountCheckResult]

	consumptionOf *dataloader.Loader[stellr.ConsumptionQuery, []*stellr.AzureConsumption]
	invoicesOf    *dataloader.Loader[stellr.InvoiceQuery, []*stellr.Invoice]
	accountsOf    *dataloader.Loader[stellr.VendorAccountQuery, []*stellr.VendorAccount]

	customerList     *list[none, *stellr.Customer]
	vendorList       *list[none, *stellr.Vendor]
	subscriptionList *list[string, *stellr.Subscription]
	resellerList     *list[none, *stellr.Subscription]
	productList      *list[catalogueKey, *stellr.Product]
	relatedList      *list[string, *stellr.Product]
	transferableList *list[stellr.TransferableQuery, *stellr.Product]
	transitionList   *list[subscriptionKey, *stellr.Product]
	userList         *list[userListKey, *stellr.SubscribedUser]
	invoiceList      *list[stellr.InvoiceQuery, *stellr.Invoice]
	reportList       *list[stellr.ReportQuery, *stellr.InvoiceLine]
	consumptionList  *list[stellr.ConsumptionQuery, *stellr.AzureConsumption]
	accountList      *list[stellr.VendorAccountQuery, *stellr.VendorAccount]
	changeLogList    *list[changeLogKey, *stellr.ChangeLogEntry]
}

// The keys of loaders.
type (
	none            struct{}
	agreementKey    struct{ customerNo, agreementType string }
	subscriptionKey struct{ customerNo, subscriptionID string }
	userListKey     struct{ customerNo, vendorID string }
	changeLogKey    struct {
		customerNo string
		query      stellr.ChangeLogQuery
	}
	catalogueKey struct {
		vendorID string
		query    stellr.ProductQuery
	}
	checkKey struct {
		vendorID, checkType string
		check               stellr.AccountCheck
	}
)

// tally is what an answer has cost so far.
type tally struct {
	maxCalls, maxObjects int64
	calls                atomic.Int64 // upstream requests sent so far
	objects              atomic.Int64 // records in the answer so far

	reuses bool       // what was kept may be in the answer
	seen   *waterfall // of the answer; nil where nobody wants it

	mu     sync.Mutex    // guards what follows: see told
	reads  int           // of Stellr or of what is kept
	kept   bool          // some of it was
	left   time.Duration // how long all of it is fresh
	oldest time.Duration // how old the oldest of it is
	tagged bool          // tags are wanted
	tags   map[string]bool
}

// loadersKey is the key of an *atomic.Pointer[loaders].
type loadersKey struct{}

// begin is ctx with loaders and a budget of their own for one answer, and the tally that says what it has cost.
func (r *Resolver) begin(ctx context.Context) (context.Context, *tally) {
	tally, now := r.newTally(), new(atomic.Pointer[loaders])
	now.Store(r.newLoaders(tally))
	ctx = stellr.WithShare(stellr.WithBudget(ctx, tally.spend), r.CallsAtOnce)
	if reuse, ok := tally.reuse(ctx, r.Kept); ok {
		ctx, tally.reuses = stellr.WithReuse(ctx, reuse), true
	}
	return lean.WithReady(context.WithValue(ctx, loadersKey{}, now)), tally
}

// forget has everything read anew from here on, because a write may have changed it. The mutations of an operation come
// one after the other.
func (r *Resolver) forget(ctx context.Context) {
	if now, ok := ctx.Value(loadersKey{}).(*atomic.Pointer[loaders]); ok {
		now.Store(r.newLoaders(now.Load().tally))
	}
}

func (r *Resolver) newTally() *tally {
	return &tally{maxCalls: int64(r.MaxCalls), maxObjects: int64(r.MaxObjects), tags: map[string]bool{}}
}

// load is the loaders of the answer that ctx belongs to. Where there are none, as in the root field of an event, they
// are made for this one call.
func (r *Resolver) load(ctx context.Context) *loaders {
	if now, ok := ctx.Value(loadersKey{}).(*atomic.Pointer[loaders]); ok {
		return now.Load()
	}
	return r.newLoaders(r.newTally())
}

// spend counts one upstream request, and refuses it when the operation has had its share.
func (t *tally) spend() error {
	if t.calls.Add(1) > t.maxCalls {
		return ErrTooManyCalls
	}
	return nil
}

// put counts records that go into the answer. It fails when there are too many, and when nobody waits for them any more:
// what a loader has already is otherwise answered without end.
func (t *tally) put(ctx context.Context, records int) error {
	if t.objects.Add(int64(records)) > t.maxObjects {
		return ErrTooManyObjects
	}
	return ctx.Err()
}

func (r *Resolver) newLoaders(t *tally) *loaders {
	l := &loaders{tally: t, r: r, began: r.feeds.subscriptions.began()}
	c := r.Client
	l.agreements = single(func(ctx context.Context, k agreementKey) (*stellr.Agreement, error) {
		return c.Agreement(ctx, k.customerNo, k.agreementType)
	})
	l.operations = single(r.operation)
	l.productsBySKU = single(c.ProductBySKU)
	l.renewalOptions = single(func(ctx context.Context, k subscriptionKey) (*stellr.RenewalOptions, error) {
		return c.RenewalOptions(ctx, k.customerNo, k.subscriptionID)
	})
	l.checks = each(func(ctx context.Context, k checkKey) (*stellr.AccountCheckResult, error) {
		return c.CheckVendorAccount(ctx, k.vendorID, k.checkType, k.check)
	})
	l.customers = many(l.loadCustomers)
	l.oneCustomer = newMemo(primes(l.customers, l.loadCustomers))
	l.products = many(l.loadProducts)
	l.subscriptions = many(l.loadSubscriptions)
	l.oneSubscription = newMemo(primes(l.subscriptions, l.loadSubscriptions))
	l.consumptionOf = many(l.loadConsumption)
	l.invoicesOf = many(l.loadInvoices)
	l.accountsOf = many(l.loadAccounts)
	l.listLoaders(c)
	l.customerList.size = &r.customersSize
	l.customerList.seen = func(ctx context.Context, c *stellr.Customer) { l.customers.Prime(ctx, c.CustomerNo, c) }
	l.productList.seen = func(ctx context.Context, p *stellr.Product) { l.products.Prime(ctx, p.ProductID, p) }
	l.subscriptionList.seen = func(ctx context.Context, s *stellr.Subscription) {
		l.subscriptions.Prime(ctx, subscriptionKey{s.CustomerNo, s.SubscriptionID}, s)
		r.sawSubscription(s, l.began)
	}
	l.resellerList.seen = l.subscriptionList.seen
	l.invoiceList.known = func(i *stellr.Invoice) { l.invoicesSeen.Store(i.InvoiceNo, i) }
	return l
}

func (l *loaders) listLoaders(c *stellr.Client) {
	l.customerList = newList(l, func(none) *stellr.List[*stellr.Customer] { return c.Customers() })
	l.vendorList = newList(l, func(none) *stellr.List[*stellr.Vendor] { return c.Vendors() }).ahead()
	l.subscriptionList = newList(l, c.Subscriptions)
	l.resellerList = newList(l, func(none) *stellr.List[*stellr.Subscription] { return c.ResellerSubscriptions() })
	l.productList = newList(l, func(k catalogueKey) *stellr.List[*stellr.Product] {
		return c.VendorProducts(k.vendorID, k.query)
	}).ahead()
	l.relatedList = newList(l, c.RelatedProducts)
	l.transferableList = newList(l, c.TransferableProducts)
	l.transitionList = newList(l, func(k subscriptionKey) *stellr.List[*stellr.Product] {
		return c.TransitionProducts(k.customerNo, k.subscriptionID)
	})
	l.userList = newList(l, func(k userListKey) *stellr.List[*stellr.SubscribedUser] {
		return c.SubscribedUsers(k.customerNo, k.vendorID)
	})
	l.invoiceList = newList(l, c.Invoices)
	l.reportList = newList(l, c.InvoiceReport)
	l.consumptionList = newList(l, c.AzureConsumption)
	l.accountList = newList(l, c.VendorAccounts)
	l.changeLogList = newList(l, func(k changeLogKey) *stellr.List[*stellr.ChangeLogEntry] {
		return c.ChangeLog(k.customerNo, k.query)
	})
}

// single is a loader of records that can only be asked for one by one: each key is sent off at once.
func single[K comparable, T any](fetch func(context.Context, K) (*T, error)) *dataloader.Loader[K, *T] {
	return each(func(ctx context.Context, key K) (*T, error) { return present(fetch(ctx, key)) })
}

// present turns "not there" into nil. No record has a key that Stellr cannot even be asked for.
func present[T any](record *T, err error) (*T, error) {
	if failure, ok := errors.AsType[*stellr.Error](err); ok && (stellr.IsNotFound(err) || failure.Code == stellr.CodeInvalid) {
		return nil, nil
	}
	return record, err
}

// each is a loader that fetches each key on its own, without waiting for others.
func each[K comparable, V any](fetch func(context.Context, K) (V, error)) *dataloader.Loader[K, V] {
	batch := func(ctx context.Context, keys []K) []*dataloader.Result[V] {
		value, err := fetch(ctx, keys[0])
		return []*dataloader.Result[V]{{Data: value, Error: err}}
	}
	return dataloader.NewBatchedLoader(batch, dataloader.WithBatchCapacity[K, V](1), dataloader.WithInputCapacity[K, V](1))
}

// primes fetches one by one what a loader fetches many of, and tells the loader.
func primes[K comparable, V any](other *dataloader.Loader[K, V], fetch func(context.Context, []K) []*dataloader.Result[V]) func(context.Context, K) (V, error) {
	return func(ctx context.Context, key K) (V, error) {
		result := fetch(ctx, []K{key})[0]
		if result.Error == nil {
			other.Prime(ctx, key, result.Data)
		}
		return result.Data, result.Error
	}
}

// many is a loader that gathers keys first and fetches them together.
func many[K comparable, V any](fetch func(context.Context, []K) []*dataloader.Result[V]) *dataloader.Loader[K, V] {
	return dataloader.NewBatchedLoader(fetch, dataloader.WithWait[K, V](gather))
}
