// Package upstream is a Stellr that costs as little as it can: records in memory, encoded beforehand, no token needed.
// The simulator knows more and checks more, and would cost more than what is measured.
package upstream

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"stellr-gateway/stellr"
)

// TokenPath is where the token comes from.
const TokenPath = "/oauth2/v1/token"

// Actions that are no rows of the endpoint table.
const (
	actionToken stellr.Action = "token"
	actionOther stellr.Action = "other" // what nobody should ask for here
)

// Server answers what the questions of the benchmark need, and counts it.
type Server struct {
	latency time.Duration

	customers     *list
	customer      map[string]*reply
	subscriptions map[string]*list             // by customer
	subscription  map[string]map[string]*reply // by customer and subscription
	vendors       *list
	products      map[string]*list // by vendor
	product       map[string]*reply
	productBySKU  map[string]*reply
	token         *reply
	none          *reply
	json          []string // the Content-Type of all answers

	counts map[stellr.Action]*atomic.Int64 // has every action that is counted, so it is only read
	log    requestLog
}

// New makes an upstream of that shape. Every answer but those of the control paths takes at least latency.
func New(shape Shape, latency time.Duration) *Server {
	s := &Server{
		latency: latency, customers: &list{}, customer: map[string]*reply{}, subscriptions: map[string]*list{}, subscription: map[string]map[string]*reply{},
		vendors: &list{}, products: map[string]*list{}, product: map[string]*reply{}, productBySKU: map[string]*reply{}, none: missing(),
		token:  newReply(http.StatusOK, []byte(`{"access_token":"benchmark","token_type":"Bearer","expires_in":7200}`)),
		counts: map[stellr.Action]*atomic.Int64{}, json: []string{"application/json"},
	}
	for _, action := range []stellr.Action{actionToken, actionOther, stellr.ActionListCustomers, stellr.ActionGetCustomer,
		stellr.ActionListSubscriptions, stellr.ActionGetSubscription, stellr.ActionListVendors, stellr.ActionListVendorProducts,
		stellr.ActionGetProduct, stellr.ActionGetProductBySKU} {
		s.counts[action] = new(atomic.Int64)
	}
	for _, v := range vendors() {
		s.vendors.records = append(s.vendors.records, v.record())
		s.products[v.id] = &list{}
	}
	for i := range shape.Products {
		p := productAt(i)
		record := p.record()
		catalogue := s.products[p.vendor.id]
		catalogue.records = append(catalogue.records, record)
		s.product[strconv.Itoa(p.id)], s.productBySKU[strconv.Itoa(p.sku)] = one(record), one(record)
	}
	for i := range shape.Customers {
		s.addCustomer(shape, i)
	}
	return s
}

func (s *Server) addCustomer(shape Shape, i int) {
	no, record := CustomerNo(i), customerRecord(i)
	s.customers.records = append(s.customers.records, record)
	s.customer[no] = one(record)
	own, single := &list{}, map[string]*reply{}
	for line := range shape.Subscriptions {
		record := subscriptionRecord(shape, i, line)
		own.records = append(own.records, record)
		single[subscriptionID(i, line)] = one(record)
	}
	s.subscriptions[no], s.subscription[no] = own, single
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/control/") {
		s.control(w, r)
		return
	}
	start := time.Now()
	action, answer := s.find(r.URL.Path, r.URL.RawQuery)
	s.counts[action].Add(1)
	if s.latency > 0 {
		time.Sleep(s.latency)
	}
	header := w.Header()
	header["Content-Type"] = s.json
	header["Content-Length"] = answer.length
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body) // whoever asked may have gone
	if s.log.on.Load() {
		s.log.add(Request{Path: r.URL.RequestURI(), Start: start, End: time.Now()})
	}
}

// find is what is asked for, and its answer.
func (s *Server) find(path, query string) (stellr.Action, *reply) {
	if rest, ok := strings.CutPrefix(path, "/api/v1/customers/"); ok {
		return s.ofCustomer(rest, query)
	}
	if rest, ok := strings.CutPrefix(path, "/api/v1/cloud/"); ok {
		return s.cloud(rest, query)
	}
	if path == TokenPath {
		return actionToken, s.token
	}
	if rest, ok := strings.CutPrefix(path, "/api/v2/vendors/"); ok {
		if id, ok := strings.CutSuffix(rest, "/cloud/products"); ok {
			return stellr.ActionListVendorProducts, s.pageOf(s.products[id], query)
		}
	}
	return actionOther, s.none
}

func (s *Server) ofCustomer(rest, query string) (stellr.Action, *reply) {
	no, rest, _ := strings.Cut(rest, "/")
	if rest == "subscriptions" {
		return stellr.ActionListSubscriptions, s.pageOf(s.subscriptions[no], query)
	}
	if id, ok := strings.CutPrefix(rest, "subscriptions/"); ok {
		return stellr.ActionGetSubscription, s.or404(s.subscription[no][id])
	}
	return actionOther, s.none
}

func (s *Server) cloud(rest, query string) (stellr.Action, *reply) {
	kind, key, single := strings.Cut(rest, "/")
	switch {
	case kind == "products" && strings.HasPrefix(key, "skuNo/"):
		return stellr.ActionGetProductBySKU, s.or404(s.productBySKU[key[len("skuNo/"):]])
	case kind == "products" && single:
		return stellr.ActionGetProduct, s.or404(s.product[key])
	case kind == "customers" && single:
		return stellr.ActionGetCustomer, s.or404(s.customer[key])
	case kind == "customers":
		return stellr.ActionListCustomers, s.customers.page(query)
	case kind == "vendors" && !single:
		return stellr.ActionListVendors, s.vendors.page(query)
	}
	return actionOther, s.none
}

func (s *Server) pageOf(l *list, query string) *reply {
	if l == nil {
		return s.none
	}
	return l.page(query)
}

func (s *Server) or404(answer *reply) *reply {
	if answer == nil {
		return s.none
	}
	return answer
}
