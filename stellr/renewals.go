package stellr

import "github.com/shopspring/decimal"

// RenewalDecision says whether a subscription goes on when its term ends.
type RenewalDecision string

// Renewal decisions (D). RenewalOther stands for a word this package does not know; DecisionText has it.
const (
	RenewalAccept RenewalDecision = "ACCEPT"
	RenewalReject RenewalDecision = "REJECT"
	RenewalOther  RenewalDecision = "OTHER"
)

// RenewalOptions is what a subscription can become at the end of its term (A).
type RenewalOptions struct {
	CustomerNo       string        `json:"customerNo" wire:"int"`
	SubscriptionID   string        `json:"subscriptionId" key:"true"`
	RenewalDate      Date          `json:"renewalDate"`
	DecisionText     string        `json:"decision"`
	Plans            []RenewalPlan `json:"plans"`
	CoterminousDates []Date        `json:"coterminousDates"`

	Decision RenewalDecision `json:"-"` // what DecisionText means; empty when nothing is decided
}

func (r *RenewalOptions) settle(currency string) {
	r.Decision = renewalDecision(r.DecisionText)
	for i := range r.Plans {
		inherit(&r.Plans[i].Currency, currency)
	}
}

// RenewalPlan is one plan that a subscription can renew into (A).
type RenewalPlan struct {
	ProductID        string           `json:"productId" wire:"int"`
	SKUNo            string           `json:"skuNo" wire:"int"`
	Name             string           `json:"productName"`
	BillingFrequency string           `json:"billingFrequency"`
	TermDuration     string           `json:"termDuration"`
	UnitCost         *decimal.Decimal `json:"unitPrice"` // what the reseller pays, per unit and billing period
	Currency         string           `json:"currency"`
}

// UnitCostMoney is what the reseller would pay for one unit; nil when not told.
func (p *RenewalPlan) UnitCostMoney() *Money { return moneyOf(p.UnitCost, p.Currency) }

// RenewalSetting decides a renewal (D for the decision, A for the nesting). RenewalReject does not cancel (D).
type RenewalSetting struct {
	Decision RenewalDecision `json:"decision"`
	NewPlans []NewPlan       `json:"newPlans"`
}

// NewPlan is one plan of a renewal decision.
type NewPlan struct {
	ProductID        string `json:"productId" wire:"int"`
	SKUNo            string `json:"skuNo" wire:"int"`
	Quantity         int    `json:"quantity"`
	BillingFrequency string `json:"billingFrequency,omitempty"`
	TermDuration     string `json:"termDuration,omitempty"`
	CoterminousDate  *Date  `json:"coterminousDate,omitempty"`
}
