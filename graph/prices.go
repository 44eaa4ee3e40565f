package graph

import "github.com/vektah/gqlparser/v2/ast"

// price is what a field asks of Stellr, and how many records it answers, for each record that it is a field of. What is
// zero costs nothing.
type price struct {
	requests amount // of its own: for each record, and for each alias
	reads    reads  // what other fields read as well, so that it is read once
	page     bool   // it is a connection: first and last say how many records it has
	length   amount // how many records a plain list has, about; 1
	counted  bool   // the records of the plain list count, as those of a connection do
	// more is how many requests of its own it needs besides, as its arguments say.
	more func(question) amount
	// across says whether it looks through the subscriptions of all customers, which an operation does once.
	across func(question) bool
	// items is how many records it answers, as its arguments say; instead of length.
	items func(question) amount
}

// reads are things that are read for several fields at once, one bit each.
type reads uint16

const (
	// Lists of one record: whichever fields of the record are asked for, the list is read once.
	ofSubscriptions reads = 1 << iota
	ofInvoices
	ofAccounts
	ofConsumption
	ofOperations
	ofReport
	ofRenewal
	// What an operation reads once, for all records together, or joins.
	joinedCustomers
	joinedProducts
	joinedStrays
	joinedSiblings
	joinedInvoices
	wholeVendors
	// What an operation reads once, and what that takes is as many requests as there are customers.
	everySubscription

	lists  = ofSubscriptions | ofInvoices | ofAccounts | ofConsumption | ofOperations | ofReport | ofRenewal
	shared = joinedCustomers | joinedProducts | joinedStrays | joinedSiblings | joinedInvoices | wholeVendors
)

// A list that cannot be read in part has about so many pages; a customer has about so many subscriptions.
const (
	wholeList        = manyPages
	perCustomer      = 10
	writeRequests    = 5 // a write: what it is based on, itself, and what its payload shows
	unknownCustomers = 50
)

// ofEach is what each of these costs in parts of a request (see estimate.go) for each record that a field is of: the lists
// for every one of them, the others the share of a request that loaders join.
var ofEach = map[reads]amount{
	ofSubscriptions: request, ofInvoices: request, ofAccounts: request, ofConsumption: request, ofOperations: request,
	ofRenewal:       request,
	ofReport:        wholeList * request,
	joinedCustomers: request / 200, joinedProducts: request / 200, joinedInvoices: request / 200,
	joinedSiblings: request / perCustomer, // subscriptions come from their customers' lists
	joinedStrays:   request / 4,           // products of no known vendor come one by one, and some are the same
}

// ofAll is what each of the shared ones costs besides, once for the operation.
var ofAll = map[reads]amount{
	joinedCustomers: request, joinedProducts: request, joinedSiblings: request, joinedStrays: request, wholeVendors: request,
	joinedInvoices: wholeList * request,
}

// prices is the one table of what the schema's fields cost. Fields that read nothing beyond their own record are not in
// it, unless they have a resolver, a list of their own, or something below them that costs (a test says which are
// missing). Payload stands for the types of all payloads.
var prices = map[string]price{
	"Query.agreement":                  {requests: 1},
	"Query.azureConsumption":           {page: true, more: pagesOrOfOne},
	"Query.checkVendorAccount":         {requests: 1},
	"Query.command":                    {},
	"Query.commandByKey":               {},
	"Query.commands":                   {page: true},
	"Query.customer":                   {requests: 1},
	"Query.customers":                  {page: true, more: pagesOfCustomers},
	"Query.googleTransferableProducts": {requests: 1, page: true},
	"Query.invoice":                    {reads: joinedInvoices},
	"Query.invoiceReport":              {},
	"Query.invoices":                   {page: true, more: pagesOrOfOne},
	"Query.node":                       {requests: 1},
	"Query.nodes":                      {more: lengthOfIDs, items: lengthOfIDs},
	"Query.operation":                  {requests: 1},
	"Query.product":                    {requests: 1},
	"Query.productBySku":               {requests: 1},
	"Query.recurring":                  {across: always},
	"Query.renewals":                   {page: true, across: always},
	"Query.subscription":               {requests: 1},
	"Query.subscriptions":              {page: true, more: customersLookedThrough, across: throughAll},
	"Query.upstream":                   {},
	"Query.vendor":                     {reads: wholeVendors},
	"Query.vendorAccounts":             {page: true, more: pagesOrOfOne},
	"Query.vendors":                    {reads: wholeVendors, page: true},
	"Query.viewer":                     {},

	"Agreement.customer":                {reads: joinedCustomers},
	"AssignedSubscription.product":      {reads: joinedProducts},
	"AssignedSubscription.subscription": {reads: joinedSiblings},
	"AzureConsumption.customer":         {reads: joinedCustomers},
	"ChangeLogEntry.subscription":       {reads: joinedSiblings},

	"Customer.agreement":        {requests: 1},
	"Customer.azureConsumption": {reads: ofConsumption, page: true},
	"Customer.invoices":         {reads: ofInvoices, page: true},
	"Customer.recurring":        {reads: ofSubscriptions},
	"Customer.renewals":         {reads: ofSubscriptions, page: true},
	"Customer.seatChanges":      {reads: ofSubscriptions, requests: perCustomer, page: true},
	"Customer.subscribedUsers":  {requests: 1, page: true},
	"Customer.subscriptions":    {reads: ofSubscriptions, page: true},
	"Customer.vendorAccounts":   {reads: ofAccounts, page: true},

	"Command.customer":      {reads: joinedCustomers},
	"Command.leftBehind":    {reads: joinedSiblings, length: 1},
	"Command.operation":     {reads: ofOperations},
	"Command.operations":    {reads: ofOperations, length: 2},
	"Command.subscription":  {reads: joinedSiblings},
	"Command.subscriptions": {reads: joinedSiblings, length: 2},

	"Invoice.customer":         {reads: joinedCustomers},
	"Invoice.lines":            {length: 10},
	"InvoiceLine.customer":     {reads: joinedCustomers},
	"InvoiceLine.invoice":      {reads: joinedInvoices},
	"InvoiceLine.product":      {reads: joinedStrays},
	"InvoiceLine.subscription": {reads: joinedSiblings},
	"InvoiceReport.lines":      {reads: ofReport, page: true},
	"InvoiceReport.totals":     {reads: ofReport},

	"Operation.command":            {},
	"Operation.customer":           {reads: joinedCustomers},
	"Operation.results":            {length: 5},
	"Operation.subscription":       {reads: joinedSiblings},
	"OperationResult.subscription": {reads: joinedSiblings},

	"Product.related":              {requests: 1, page: true},
	"Product.vendor":               {reads: wholeVendors},
	"Renewal.decision":             {reads: ofRenewal},
	"Renewal.decisionText":         {reads: ofRenewal},
	"Renewal.outcome":              {reads: ofRenewal, requests: 1}, // and, where it is to renew, a change log
	"RenewalOptions.plans":         {length: 4},
	"RenewalPlan.product":          {requests: 1},
	"SubscribedUser.subscriptions": {length: 5},

	"Subscription.addOns":             {reads: joinedSiblings, length: 2, counted: true},
	"Subscription.allowedActions":     {},
	"Subscription.changeLog":          {requests: 1, length: 10, counted: true},
	"Subscription.customer":           {reads: joinedCustomers},
	"Subscription.parent":             {reads: joinedSiblings},
	"Subscription.product":            {reads: joinedProducts},
	"Subscription.renewalOptions":     {requests: 1},
	"Subscription.seatsChanged":       {requests: 1},
	"Subscription.transitionProducts": {requests: 1, page: true},
	"Subscription.vendor":             {reads: wholeVendors},

	"Vendor.accounts":        {requests: 1, page: true},
	"Vendor.products":        {page: true, more: pagesOrOne},
	"VendorAccount.customer": {reads: joinedCustomers},
	"VendorAccount.vendor":   {reads: wholeVendors},

	"Mutation.acceptAgreement":        {requests: writeRequests},
	"Mutation.activateSubscription":   {requests: writeRequests},
	"Mutation.cancelSubscription":     {requests: writeRequests},
	"Mutation.changePlan":             {requests: writeRequests},
	"Mutation.changeSeats":            {requests: writeRequests},
	"Mutation.createAddOn":            {requests: writeRequests},
	"Mutation.createCustomer":         {requests: writeRequests},
	"Mutation.createSubscriptions":    {requests: writeRequests, more: lengthOfInput("items")},
	"Mutation.downgradeSubscription":  {requests: writeRequests},
	"Mutation.reactivateSubscription": {requests: writeRequests},
	"Mutation.reconcileCommand":       {requests: writeRequests},
	"Mutation.saveVendorAccount":      {requests: writeRequests},
	"Mutation.stellrRequest":          {requests: writeRequests},
	"Mutation.suspendSubscription":    {requests: writeRequests},
	"Mutation.transferSubscription":   {requests: writeRequests},
	"Mutation.updateRenewal":          {requests: writeRequests, more: lengthOfInput("plans")},
	"Mutation.upgradeSubscription":    {requests: writeRequests},

	"Payload.agreement":     {requests: 1},
	"Payload.customer":      {requests: 1},
	"Payload.operation":     {reads: ofOperations},
	"Payload.operations":    {reads: ofOperations, length: 5},
	"Payload.subscription":  {requests: 1},
	"Payload.subscriptions": {requests: 1, length: 5},
	"Payload.vendorAccount": {requests: 1},

	"Events.commandUpdated":      {},
	"Events.operationUpdated":    {requests: 1},
	"Events.subscriptionChanged": {requests: 1},
}

// pagesOrOne is the pages of a list that need not be read whole where its page is the first.
func pagesOrOne(q question) amount {
	if q.given("last") || q.given("before") {
		return wholeList
	}
	return 1
}

// pagesOrOfOne is pagesOrOne for a list of all customers' records, which a filter has read whole unless it names one.
func pagesOrOfOne(q question) amount {
	switch {
	case q.given("filter", "customerNo") || q.given("customerNo"):
		return 1
	case q.given("filter") || q.on == "Query.vendorAccounts":
		return wholeList
	}
	return pagesOrOne(q)
}

// pagesOfCustomers is how much is read of the list of customers.
func pagesOfCustomers(q question) amount {
	if q.given("filter") || q.given("orderBy") || q.given("last") || q.given("before") {
		return amount(pagesOf(q.customers()))
	}
	return 1
}

// customersLookedThrough is how many requests a page of the subscriptions of all customers takes by itself: one where the
// filter names the customer, or as many as fill the page (see subscriptionsAcross).
func customersLookedThrough(q question) amount {
	switch {
	case q.given("filter", "customerNo"):
		return 1
	case throughAll(q):
		return 0 // see everySubscription
	}
	const atOnce = 16 // are begun together, so some are read in vain
	return min(amount(q.customers()), q.size()+atOnce) + amount(pagesOf(q.customers()))
}

// throughAll says whether a page of the subscriptions of all customers is cut out of all of them.
func throughAll(q question) bool {
	if q.given("filter", "customerNo") {
		return false
	}
	return q.resellerList || q.given("last") || q.given("before") || q.given("orderBy") || q.given("filter") ||
		selects(q.doc, q.field.SelectionSet, "totalCount")
}

func always(question) bool { return true }

// everySubscription is how many requests the subscriptions of all customers take: one for each customer, where Stellr does
// not list them all at once.
func (s *estimator) everySubscription() amount {
	all := amount(s.customers())
	if s.resellerList {
		return all*perCustomer/200 + 1
	}
	return all + amount(pagesOf(s.customers()))
}

func lengthOfIDs(q question) amount { return q.length("ids") }

// lengthOfInput is how many parts a mutation's input has: a product may have to be looked up for each.
func lengthOfInput(name string) func(question) amount {
	return func(q question) amount { return q.length("input", name) }
}

// selects says whether a field is among the selections.
func selects(doc *ast.QueryDocument, set ast.SelectionSet, name string) bool {
	found := false
	eachField(doc, set, func(field *ast.Field) { found = found || field.Name == name })
	return found
}
