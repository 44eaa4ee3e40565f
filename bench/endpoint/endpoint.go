// Package endpoint answers the questions of the benchmark as somebody would who needs just these: a URL for each, by
// hand, with plain structs and the project's own client. It is what the gateway's generality is compared with.
package endpoint

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"

	"golang.org/x/sync/errgroup"

	"stellr-gateway/stellr"
)

type customer struct {
	CustomerNo    string         `json:"customerNo"`
	Name          string         `json:"name"`
	Email         string         `json:"email,omitempty"`
	Domain        string         `json:"domain,omitempty"`
	Status        string         `json:"status,omitempty"`
	Subscriptions []subscription `json:"subscriptions,omitempty"`
}

type subscription struct {
	SubscriptionID string   `json:"subscriptionId"`
	Name           string   `json:"name"`
	Quantity       *int     `json:"quantity"`
	Status         string   `json:"status"`
	Product        *product `json:"product"`
}

type product struct {
	ProductID string `json:"productId"`
	Name      string `json:"name"`
	SKUNo     string `json:"skuNo"`
}

// server answers from one client.
type server struct{ client *stellr.Client }

// New makes the endpoint: GET /a, /b and /c/{customerNo}, after the questions' names.
func New(client *stellr.Client) http.Handler {
	s := &server{client}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /a", s.everything)
	mux.HandleFunc("GET /b", s.list)
	mux.HandleFunc("GET /c/{customerNo}", s.one)
	return mux
}

const firstPage = 100 // customers that the questions ask for

func (s *server) everything(w http.ResponseWriter, r *http.Request) {
	page, err := s.client.Customers().Page(r.Context(), 1)
	if err != nil {
		refuse(w, err)
		return
	}
	records := page.Items[:min(len(page.Items), firstPage)]
	customers := make([]customer, len(records))
	products := newCatalogue(s.client)
	group, ctx := errgroup.WithContext(r.Context())
	for i, record := range records {
		customers[i] = customer{CustomerNo: record.CustomerNo, Name: record.Name, Status: string(record.Status)}
		group.Go(func() error { return s.fill(ctx, &customers[i], products) })
	}
	if err := group.Wait(); err != nil {
		refuse(w, err)
		return
	}
	tell(w, map[string]any{"customers": customers})
}

func (s *server) list(w http.ResponseWriter, r *http.Request) {
	page, err := s.client.Customers().Page(r.Context(), 1)
	if err != nil {
		refuse(w, err)
		return
	}
	records := page.Items[:min(len(page.Items), firstPage)]
	customers := make([]customer, len(records))
	for i, record := range records {
		customers[i] = customer{CustomerNo: record.CustomerNo, Name: record.Name, Email: record.Email, Domain: record.Domain}
	}
	tell(w, map[string]any{"customers": customers})
}

func (s *server) one(w http.ResponseWriter, r *http.Request) {
	no := r.PathValue("customerNo")
	found := customer{CustomerNo: no}
	group, ctx := errgroup.WithContext(r.Context())
	group.Go(func() error {
		record, err := s.client.Customer(ctx, no)
		if err == nil {
			found.Name, found.Status = record.Name, string(record.Status)
		}
		return err
	})
	group.Go(func() error { return s.fill(ctx, &found, newCatalogue(s.client)) })
	if err := group.Wait(); err != nil {
		refuse(w, err)
		return
	}
	tell(w, map[string]any{"customer": found})
}

// fill reads a customer's subscriptions and their products.
func (s *server) fill(ctx context.Context, c *customer, products *catalogue) error {
	page, err := s.client.Subscriptions(c.CustomerNo).Page(ctx, 1)
	if err != nil {
		return err
	}
	subscriptions := make([]subscription, len(page.Items))
	group, ctx := errgroup.WithContext(ctx)
	for i, record := range page.Items {
		subscriptions[i] = subscription{SubscriptionID: record.SubscriptionID, Name: record.Name, Quantity: record.Quantity, Status: string(record.Status)}
		group.Go(func() (err error) {
			subscriptions[i].Product, err = products.get(ctx, record.ProductID)
			return err
		})
	}
	c.Subscriptions = subscriptions
	return group.Wait()
}

// catalogue reads each product once for one answer.
type catalogue struct {
	client *stellr.Client
	mu     sync.Mutex
	reads  map[string]func() (*product, error)
}

func newCatalogue(client *stellr.Client) *catalogue {
	return &catalogue{client: client, reads: map[string]func() (*product, error){}}
}

func (c *catalogue) get(ctx context.Context, id string) (*product, error) {
	c.mu.Lock()
	read := c.reads[id]
	if read == nil {
		read = sync.OnceValues(func() (*product, error) {
			record, err := c.client.Product(ctx, id)
			if err != nil {
				return nil, err
			}
			return &product{ProductID: record.ProductID, Name: record.Name, SKUNo: record.SKUNo}, nil
		})
		c.reads[id] = read
	}
	c.mu.Unlock()
	return read()
}

func tell(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // whoever asked may have gone
}

func refuse(w http.ResponseWriter, err error) { http.Error(w, err.Error(), http.StatusBadGateway) }
