package graph

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"stellr-gateway/graph/lean"
	"stellr-gateway/graph/relay"
	"stellr-gateway/stellr"
)

// What is read ahead. When the records of a page are known, and the operation asks for what they lead to, that is read for
// all of them at once, before each of them is resolved: nobody has to wait until the keys of siblings and cousins have been
// gathered, and the fields need no goroutines of their own, since nothing in them waits any more. Fields that are not
// read ahead are resolved as ever, by loaders that gather.

// worthAhead is how many records are read ahead for, at least.
const worthAhead = 2

// ahead reads what the nodes of the field's connection lead to.
func ahead[T any](ctx context.Context, l *loaders, nodes []T) {
	if !graphql.HasOperationContext(ctx) || graphql.GetFieldContext(ctx) == nil {
		return
	}
	field := graphql.GetFieldContext(ctx).Field.Field
	if field == nil {
		return
	}
	sel := nodesOf(field.SelectionSet, nil)
	switch nodes := any(nodes).(type) {
	case []*stellr.Customer:
		l.aheadOfCustomers(ctx, field, sel, nodes)
	case []*stellr.Subscription:
		l.aheadOfSubscriptions(ctx, field, sel, nodes)
	}
}

// nodesOf adds what is asked of the nodes of a connection.
func nodesOf(connection ast.SelectionSet, to []*ast.Field) []*ast.Field {
	eachOfSet(connection, func(field *ast.Field) {
		switch field.Name {
		case "nodes", "node":
			eachOfSet(field.SelectionSet, func(inner *ast.Field) { to = append(to, inner) })
		case "edges":
			to = nodesOf(field.SelectionSet, to)
		}
	})
	return to
}

// eachOfSet visits the fields of a selection, and those of its fragments, without those that a directive may leave out.
func eachOfSet(set ast.SelectionSet, visit func(*ast.Field)) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			if len(selection.Directives) == 0 {
				visit(selection)
			}
		case *ast.InlineFragment:
			if len(selection.Directives) == 0 {
				eachOfSet(selection.SelectionSet, visit)
			}
		case *ast.FragmentSpread:
			if selection.Definition != nil && len(selection.Directives) == 0 {
				eachOfSet(selection.Definition.SelectionSet, visit)
			}
		}
	}
}

// aheadOfCustomers reads the subscriptions of customers.
func (l *loaders) aheadOfCustomers(ctx context.Context, parent *ast.Field, sel []*ast.Field, customers []*stellr.Customer) {
	for _, field := range sel {
		if field.Name != "subscriptions" || len(customers) < worthAhead {
			continue
		}
		inner := nodesOf(field.SelectionSet, nil)
		catalogues := l.aheadOfCatalogues(ctx, inner)
		lists := make([][]*stellr.Subscription, len(customers))
		partial := false
		var lock sync.Mutex
		inParts(len(customers), 2*l.r.CallsAtOnce, func(i int) {
			page, err := l.subscriptionList.page(ctx, customers[i].CustomerNo, 1)
			if err != nil {
				return // whoever asks for them meets the error
			}
			if lists[i] = page.Items; page.Total > len(page.Items) {
				lock.Lock()
				defer lock.Unlock()
				partial = true
			}
			catalogues.want(page.Items)
		})
		catalogues.wait()
		if !partial {
			lean.MarkReady(ctx, parent, field)
		}
		var all []*stellr.Subscription
		for _, list := range lists {
			all = append(all, list...)
		}
		l.aheadOfSubscriptions(ctx, field, inner, all)
	}
}

// aheadOfCustomer begins to read the subscriptions of a customer who is still to be read, where they are asked for: the
// number is known.
func (l *loaders) aheadOfCustomer(ctx context.Context, customerNo string) {
	field := graphql.GetFieldContext(ctx)
	if !l.reuses || field == nil || field.Field.Field == nil || field.Field.Name != "customer" {
		return
	}
	eachOfSet(field.Field.SelectionSet, func(inner *ast.Field) {
		if inner.Name == "subscriptions" {
			go quietly(func() { _, _ = l.subscriptionList.page(ctx, customerNo, 1) }) // whoever asks for it gets what comes
		}
	})
}

// aheadOfSubscriptions reads the products, vendors and customers of subscriptions.
func (l *loaders) aheadOfSubscriptions(ctx context.Context, parent *ast.Field, sel []*ast.Field, subscriptions []*stellr.Subscription) {
	for _, field := range sel {
		if len(subscriptions) == 0 {
			continue
		}
		switch field.Name {
		case "product":
			l.aheadOfProducts(ctx, subscriptions)
			var products []*ast.Field
			eachOfSet(field.SelectionSet, func(inner *ast.Field) { products = append(products, inner) })
			l.aheadOfVendors(ctx, field, products)
		case "vendor":
			if l.readsVendors(field) {
				_, _ = l.vendorList.whole(ctx, none{})
			}
		case "customer":
			l.aheadOfOwners(ctx, subscriptions)
		case "allowedActions": // which asks for nothing
		default:
			continue
		}
		lean.MarkReady(ctx, parent, field)
	}
}

// aheadOfVendors reads the vendors of products.
func (l *loaders) aheadOfVendors(ctx context.Context, parent *ast.Field, sel []*ast.Field) {
	for _, field := range sel {
		if field.Name != "vendor" {
			continue
		}
		if l.readsVendors(field) {
			_, _ = l.vendorList.whole(ctx, none{})
		}
		lean.MarkReady(ctx, parent, field)
	}
}

// readsVendors says whether a vendor is asked for more than what other records tell of it.
func (l *loaders) readsVendors(vendor *ast.Field) bool {
	more := false
	eachOfSet(vendor.SelectionSet, func(field *ast.Field) {
		more = more || field.Name != "id" && field.Name != "vendorId" && field.Name != "name" && field.Name != "__typename"
	})
	return more
}

// aheadOfProducts reads the products of subscriptions. Where these are one list of several, others may read the same
// products at the same time, and they are read together.
func (l *loaders) aheadOfProducts(ctx context.Context, subscriptions []*stellr.Subscription) {
	var ids []string
	wanted := map[string]bool{}
	for _, s := range subscriptions {
		if _, known := l.productsGot.Load(s.ProductID); known || s.ProductID == "" || wanted[s.ProductID] {
			continue
		}
		if p, ok := l.keptProduct(ctx, s.ProductID, s.VendorID); ok {
			l.productsGot.Store(s.ProductID, found[*stellr.Product]{record: p})
			continue
		}
		l.productVendors.LoadOrStore(s.ProductID, s.VendorID)
		wanted[s.ProductID] = true
		ids = append(ids, s.ProductID)
	}
	switch {
	case len(ids) == 0:
	case inList(ctx):
		_, _ = l.products.LoadMany(ctx, ids)()
	default:
		for i, result := range l.loadProducts(ctx, ids) {
			l.productsGot.Store(ids[i], found[*stellr.Product]{result.Data, result.Error})
		}
	}
}

// inList says whether the field stands in an element of a list, and so beside others of its kind.
func inList(ctx context.Context) bool {
	for at := graphql.GetFieldContext(ctx); at != nil; at = at.Parent {
		if at.Index != nil {
			return true
		}
	}
	return false
}

// alone says whether a record is asked for by itself, so that there are no others to gather. A few root fields beside
// each other would be asked for one by one anyway.
func alone(ctx context.Context) bool {
	return graphql.HasOperationContext(ctx) && !inList(ctx) && len(graphql.GetOperationContext(ctx).Operation.SelectionSet) <= fewRecords
}

// aheadOfOwners reads the customers of subscriptions.
func (l *loaders) aheadOfOwners(ctx context.Context, subscriptions []*stellr.Subscription) {
	var numbers []string
	seen := map[string]bool{}
	for _, s := range subscriptions {
		if s.CustomerNo != "" && !seen[s.CustomerNo] {
			seen[s.CustomerNo] = true
			numbers = append(numbers, s.CustomerNo)
		}
	}
	_, _ = l.customers.LoadMany(ctx, numbers)()
}

// catalogues are vendors' catalogues that are read while the subscriptions that lead to them still come.
type catalogues struct {
	read    func(vendorID string)
	started sync.Map
	running sync.WaitGroup
}

// aheadOfCatalogues has the catalogues read of those vendors of whom subscriptions come, where their products are asked for.
func (l *loaders) aheadOfCatalogues(ctx context.Context, sel []*ast.Field) *catalogues {
	c := &catalogues{}
	for _, field := range sel {
		if field.Name == "product" {
			c.read = func(vendorID string) {
				size, _ := l.r.productsSize.LoadOrStore(vendorID, new(listSize))
				if pages := size.(*listSize).pages(); pages <= manyPages {
					_, _ = l.productList.page(stellr.WithPriority(ctx, true), catalogueOf(vendorID), 1)
				}
			}
		}
	}
	return c
}

// want reads the catalogues of vendors that were not met before.
func (c *catalogues) want(subscriptions []*stellr.Subscription) {
	if c.read == nil {
		return
	}
	last := ""
	for _, s := range subscriptions {
		if s.VendorID == last || s.VendorID == "" || s.ProductID == "" {
			continue
		}
		last = s.VendorID
		if _, started := c.started.LoadOrStore(s.VendorID, true); !started {
			c.running.Go(func() { quietly(func() { c.read(s.VendorID) }) })
		}
	}
}

func (c *catalogues) wait() { c.running.Wait() }

// quietly does something ahead, on a new goroutine. Whoever needs it does it again, and meets the panic that it ends in.
func quietly(do func()) {
	defer func() { _ = recover() }()
	growStack(0)
	do()
}

// inParts does something for each of so many, on no more than so many goroutines.
func inParts(length, most int, do func(i int)) {
	var wait team
	var next atomic.Int64
	for range min(length, most) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < length; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}

// withAhead is a connection whose nodes' links have been read ahead.
func withAhead[T relay.Node](ctx context.Context, l *loaders, connection *relay.Connection[T], err error) (*relay.Connection[T], error) {
	if connection != nil && err == nil {
		ahead(ctx, l, connection.Nodes())
	}
	return connection, err
}
