package sim

import (
	"context"
	"time"

	"stellr-gateway/stellr"
)

// What a client calls itself where the options do not say otherwise.
const (
	DefaultClientID      = "sandbox"
	DefaultClientSecret  = "sandbox-secret"
	DefaultOtherClientID = "other-reseller"
)

// Quirks says how many records show the irregularities of the real wire: numbers as strings, aliases of field names,
// fields nobody knows, null beside missing, and credentials in customer and vendor-account records (D).
type Quirks int

// The same records are quirky at each run of the same seed.
const (
	QuirksSome Quirks = iota // a share of the records, about one in six
	QuirksNone
	QuirksAll
)

// Options says what Stellr to be. The zero value is the demonstration: some fifty customers with all that can be met.
type Options struct {
	// Seed decides all data. The ids of customers do not depend on it, so that examples stay true.
	Seed uint64
	// Clock tells the time; nil is the real one. The data is dated relative to the day on which New is called.
	Clock func() time.Time
	// Sleep waits for latencies, until ctx ends; nil really waits.
	Sleep func(ctx context.Context, d time.Duration)

	// Customers, above 0, replaces the demonstration by exactly so many customers, each with exactly
	// SubscriptionsPerCustomer (5 when 0) live subscriptions, spread evenly over exactly Products (60 when 0) products
	// of the three vendors.
	Customers                int
	SubscriptionsPerCustomer int
	// Products, in the demonstration, is how many products there are at least.
	Products int
	// Quirks says how many records are irregular.
	Quirks Quirks

	// ClientID and ClientSecret are the credentials that see the data; empty means DefaultClientID and so on.
	ClientID, ClientSecret string
	// OtherClientID is a client of another reseller, with the same secret: it sees no records and no error (O).
	OtherClientID string
	// NoAuth answers requests that carry no token as if they came from ClientID.
	NoAuth bool
	// TokenLife is how long a token is good for; 0 means 2 hours (O).
	TokenLife time.Duration
	// Denied lists, for a client id, the actions it has no permission for (O that permissions are by endpoint).
	Denied map[string][]stellr.Action

	// OperationTime is how long an operation takes; 0 means 3 seconds, below 0 that writes are done at once and name no
	// operation.
	OperationTime time.Duration
	// ResellerSubscriptionsPath serves the list of all customers' subscriptions where it is not empty. That such a list
	// exists is O, its path is not known.
	ResellerSubscriptionsPath string
	// Latency delays every answer.
	Latency time.Duration
	// Faults is what goes wrong, and when.
	Faults []Fault
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.ClientID == "" {
		o.ClientID = DefaultClientID
	}
	if o.ClientSecret == "" {
		o.ClientSecret = DefaultClientSecret
	}
	if o.OtherClientID == "" {
		o.OtherClientID = DefaultOtherClientID
	}
	if o.TokenLife == 0 {
		o.TokenLife = 2 * time.Hour
	}
	if o.OperationTime == 0 {
		o.OperationTime = 3 * time.Second
	}
	if o.Customers > 0 && o.SubscriptionsPerCustomer == 0 {
		o.SubscriptionsPerCustomer = 5
	}
	if o.Customers > 0 && o.Products == 0 {
		o.Products = 60
	}
	return o
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
