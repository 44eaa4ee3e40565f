package stellr

import (
	"time"

	"github.com/shopspring/decimal"
)

// SubscriptionStatus is what a subscription's status word means.
type SubscriptionStatus string

// Subscription statuses (Active and Expired O, the others S). SubscriptionOther stands for a word this package does
// not know; StatusText has it.
const (
	SubscriptionPending   SubscriptionStatus = "PENDING"
	SubscriptionActive    SubscriptionStatus = "ACTIVE"
	SubscriptionSuspended SubscriptionStatus = "SUSPENDED"
	SubscriptionExpired   SubscriptionStatus = "EXPIRED"
	SubscriptionCancelled SubscriptionStatus = "CANCELLED"
	SubscriptionOther     SubscriptionStatus = "OTHER"
)

// Subscription is a customer's right to use a product, for a term and a number of seats.
type Subscription struct {
	SubscriptionID       string           `json:"subscriptionId" key:"true"` // contract number, underscore, line number (O)
	ContractNo           string           `json:"contractNo" alias:"contractNumber" wire:"int"`
	LineNo               *int             `json:"lineNo" alias:"lineNumber"`
	CustomerNo           string           `json:"customerNo" alias:"customerNumber" wire:"int"`
	VendorID             string           `json:"vendorId"`
	VendorName           string           `json:"vendorName"`
	VendorSubscriptionID string           `json:"vendorSubscriptionId"` // the vendor's own id (D); Google may change it (S)
	ProductID            string           `json:"productId" wire:"int"`
	SKUNo                string           `json:"skuNo" alias:"sku" wire:"int"`
	MfgPartNo            string           `json:"mfgPartNo" alias:"mfgPartNumber"`
	OfferID              string           `json:"offerId"`
	Name                 string           `json:"productName" alias:"subscriptionName,name"`
	Quantity             *int             `json:"quantity" alias:"seats"`
	UnitCost             *decimal.Decimal `json:"unitPrice"`     // what the reseller pays, per unit and billing period (O)
	UnitPrice            *decimal.Decimal `json:"customerPrice"` // what the customer is meant to pay, per unit and billing period (O)
	Currency             string           `json:"currency" alias:"currencyCode"`
	BillingFrequency     string           `json:"billingFrequency"` // month, annual, one_time (O)
	TermDuration         string           `json:"termDuration"`     // P1M, P1Y, P3Y (A)
	PlanName             string           `json:"planName"`         // Google only (A)
	StartDate            Date             `json:"startDate"`
	EndDate              Date             `json:"endDate"`
	StatusText           string           `json:"status" alias:"subscriptionStatus"`
	AutoRenew            *bool            `json:"autoRenew"`                         // A
	ResellerPONo         string           `json:"resellerPoNo" alias:"resellerPONo"` // A
	CancellableUntil     time.Time        `json:"cancellationAllowedUntil"`          // A; zero when not told
	RefundableQuantity   *int             `json:"refundableQuantity"`                // A; seats that may still be given back
	ParentID             string           `json:"parentSubscriptionId"`              // A; set on add-ons

	Status SubscriptionStatus `json:"-"` // what StatusText means; empty when there was none
}

func (s *Subscription) settle(currency string) {
	inherit(&s.Currency, currency)
	s.Status = subscriptionStatus(s.StatusText)
}

// UnitCostMoney is what the reseller pays for one unit and one billing period; nil when not told.
func (s *Subscription) UnitCostMoney() *Money { return moneyOf(s.UnitCost, s.Currency) }

// UnitPriceMoney is what the customer is meant to pay for one unit and one billing period; nil when not told.
func (s *Subscription) UnitPriceMoney() *Money { return moneyOf(s.UnitPrice, s.Currency) }

// Accepted is the answer to a lifecycle write (D that an operation may come).
type Accepted struct {
	SubscriptionID string `json:"subscriptionId"`
	OperationID    string `json:"operationId" wire:"int"` // empty: there is nothing to wait for; Status says whether it was done
	StatusText     string `json:"status"`
	Message        string `json:"errorMessage"` // what went wrong, where something did (A)
	Detail         string `json:"errorDetail"`  // more of the same (A)
}

// Status is what StatusText means; empty when there was none.
func (a *Accepted) Status() OperationStatus { return operationStatus(a.StatusText) }

// Order is what creating subscriptions takes (D for the names, A for the nesting). One vendor an order; Google takes
// one item (D).
type Order struct {
	VendorID      string         `json:"vendorId"`
	ResellerPONo  string         `json:"resellerPoNo,omitempty"`
	EndUserPONo   string         `json:"endUserPoNo,omitempty"`
	PaymentMethod string         `json:"paymentMethod,omitempty"`
	DynamicParams map[string]any `json:"dynamicParams,omitempty"`
	Items         []OrderItem    `json:"subscriptions"`
}

// OrderItem is one subscription of an order.
type OrderItem struct {
	ProductID                 string `json:"productId" wire:"int"`
	SKUNo                     string `json:"skuNo" wire:"int"`
	Quantity                  int    `json:"quantity"`
	BillingFrequency          string `json:"billingFrequency,omitempty"`
	TermDuration              string `json:"termDuration,omitempty"`
	AutoRenew                 *bool  `json:"autoRenew,omitempty"`
	CoterminousSubscriptionID string `json:"coterminousSubscriptionId,omitempty"`
}

// Ordered is the answer to an order: one entry for each item (A).
type Ordered struct {
	OperationID   string     `json:"operationId" wire:"int"`
	StatusText    string     `json:"status"`
	Subscriptions []Accepted `json:"subscriptions"`
}

// AddOnOrder is what adding to a subscription takes (A).
type AddOnOrder struct {
	ProductID    string `json:"productId" wire:"int"`
	SKUNo        string `json:"skuNo" wire:"int"`
	Quantity     int    `json:"quantity"`
	ResellerPONo string `json:"resellerPoNo,omitempty"`
}

// SeatChange sets the number of seats (D for the quantity).
type SeatChange struct {
	Quantity     int    `json:"quantity"` // the resulting total, at least 1; never a difference
	ProductID    string `json:"productId" wire:"int"`
	SKUNo        string `json:"skuNo" wire:"int"`
	ResellerPONo string `json:"resellerPoNo,omitempty"`
}

// Reason goes with cancelling, suspending, activating and reactivating (A).
type Reason struct {
	Reason string `json:"reason,omitempty"`
}

// Transition moves a subscription to another product, which comes from the transition products (A).
type Transition struct {
	TargetProductID string `json:"targetProductId" wire:"int"`
	TargetSKUNo     string `json:"targetSkuNo" wire:"int"`
	Quantity        int    `json:"quantity,omitempty"`
}

// PlanChange sets how a subscription is billed and for how long (A).
type PlanChange struct {
	BillingFrequency string `json:"billingFrequency,omitempty"`
	TermDuration     string `json:"termDuration,omitempty"`
	PlanName         string `json:"planName,omitempty"`
	Quantity         int    `json:"quantity,omitempty"`
	ResellerPONo     string `json:"resellerPoNo,omitempty"`
}

// Transfer brings a subscription over from another reseller (A).
type Transfer struct {
	VendorID      string `json:"vendorId"`
	TransferToken string `json:"transferToken"`
	Domain        string `json:"domain,omitempty"`
	ProductID     string `json:"productId" wire:"int"`
	SKUNo         string `json:"skuNo" wire:"int"`
	Quantity      int    `json:"quantity"`
	ResellerPONo  string `json:"resellerPoNo,omitempty"`
}
