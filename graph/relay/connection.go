// Package relay cuts lists into the pages of the Relay connection contract.
package relay

import (
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// Connection is one page of a list. Edges and cursors are made when they are asked for.
type Connection[T any] struct {
	items  []T
	keys   func(T) string
	scope  Scope
	start  int // index of the first item in the whole list
	prev   bool
	next   bool
	total  int
	unsure bool // the total is not known
}

// Edge is an item of a page and its cursor.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// PageInfo says where a page stands in its list.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       string // empty on an empty page
}

// Nodes are the page's items.
func (c *Connection[T]) Nodes() []T {
	if c.items == nil {
		return []T{}
	}
	return c.items
}

// Edges are the page's items with their cursors.
func (c *Connection[T]) Edges() []Edge[T] {
	edges := make([]Edge[T], len(c.items))
	for i, item := range c.items {
		edges[i] = Edge[T]{Cursor: c.cursor(i), Node: item}
	}
	return edges
}

// PageInfo says where the page stands in its list.
func (c *Connection[T]) PageInfo() PageInfo {
	info := PageInfo{HasNextPage: c.next, HasPreviousPage: c.prev}
	if n := len(c.items); n > 0 {
		info.StartCursor, info.EndCursor = c.cursor(0), c.cursor(n-1)
	}
	return info
}

// TotalCount is how many items all pages have together; nil when that is not known.
func (c *Connection[T]) TotalCount() *int {
	if c.unsure {
		return nil
	}
	return &c.total
}

// Unsure makes the total unknown, because the list could not be read to its end.
func (c *Connection[T]) Unsure() *Connection[T] {
	c.unsure = true
	return c
}

func (c *Connection[T]) cursor(i int) string {
	return c.scope.cursor(c.start+i, c.keys(c.items[i]))
}

// Empty is a page of a list that could not be read: no items, and no total.
func Empty[T any]() *Connection[T] { return &Connection[T]{unsure: true} }

// The connections of the schema.
type (
	CustomerConnection         = Connection[*stellr.Customer]
	CustomerEdge               = Edge[*stellr.Customer]
	SubscriptionConnection     = Connection[*stellr.Subscription]
	SubscriptionEdge           = Edge[*stellr.Subscription]
	RenewalConnection          = Connection[*stellr.Renewal]
	RenewalEdge                = Edge[*stellr.Renewal]
	ProductConnection          = Connection[*stellr.Product]
	ProductEdge                = Edge[*stellr.Product]
	VendorConnection           = Connection[*stellr.Vendor]
	VendorEdge                 = Edge[*stellr.Vendor]
	VendorAccountConnection    = Connection[*stellr.VendorAccount]
	VendorAccountEdge          = Edge[*stellr.VendorAccount]
	SubscribedUserConnection   = Connection[*stellr.SubscribedUser]
	SubscribedUserEdge         = Edge[*stellr.SubscribedUser]
	InvoiceConnection          = Connection[*stellr.Invoice]
	InvoiceEdge                = Edge[*stellr.Invoice]
	InvoiceLineConnection      = Connection[*stellr.InvoiceLine]
	InvoiceLineEdge            = Edge[*stellr.InvoiceLine]
	AzureConsumptionConnection = Connection[*stellr.AzureConsumption]
	AzureConsumptionEdge       = Edge[*stellr.AzureConsumption]
	CommandConnection          = Connection[*journal.Command]
	CommandEdge                = Edge[*journal.Command]
)

// TransitionProductConnection is a page of the products that a subscription can move to. They are product records
// with the step's own fields, which the schema shows on the edge.
type TransitionProductConnection struct{ Connection[*stellr.Product] }

// TransitionProductEdge is a product that a subscription can move to.
type TransitionProductEdge struct{ Edge[*stellr.Product] }

// Edges are the products with their cursors and what is said of the step.
func (c *TransitionProductConnection) Edges() []TransitionProductEdge {
	edges := make([]TransitionProductEdge, len(c.items))
	for i, edge := range c.Connection.Edges() {
		edges[i] = TransitionProductEdge{edge}
	}
	return edges
}

// TransitionType is upgrade or downgrade.
func (e *TransitionProductEdge) TransitionType() string { return e.Node.TransitionType }

// Eligible says whether the step can be taken now; nil when not told.
func (e *TransitionProductEdge) Eligible() *bool { return e.Node.Eligible }

// Reason says why it cannot.
func (e *TransitionProductEdge) Reason() string { return e.Node.Reason }

// Node is a record with an identity of its own.
type Node interface {
	// RefID is the record's global id.
	RefID() string
}
