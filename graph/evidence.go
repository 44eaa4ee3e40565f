package graph

import (
	"encoding/json"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// evidence is what a command keeps for reading back: how things stood, and what is there when it was carried out.
type evidence struct {
	Before   *standing              `json:"before,omitempty"` // the subscription as it stood
	Wanted   *standing              `json:"wanted,omitempty"` // what of it is otherwise when the command was carried out
	Contract string                 `json:"contract,omitempty"`
	Parent   string                 `json:"parent,omitempty"`   // of an add-on
	Existing []string               `json:"existing,omitempty"` // subscriptions of the products in Bought that were there before
	Bought   []bought               `json:"bought,omitempty"`
	Customer *newcomer              `json:"customer,omitempty"`
	Type     string                 `json:"agreementType,omitempty"`
	Decision stellr.RenewalDecision `json:"decision,omitempty"`
	Account  *ownership             `json:"account,omitempty"`
	Open     bool                   `json:"open,omitempty"` // the answer named a part, or left one out, without saying what became of it
}

// standing is how a subscription stands. What is empty does not matter.
type standing struct {
	Status           stellr.SubscriptionStatus `json:"status,omitempty"`
	Quantity         *int                      `json:"quantity,omitempty"`
	ProductID        string                    `json:"productId,omitempty"`
	BillingFrequency string                    `json:"billingFrequency,omitempty"`
	TermDuration     string                    `json:"termDuration,omitempty"`
	PlanName         string                    `json:"planName,omitempty"`
}

// bought is one subscription that is to come.
type bought struct {
	ProductID    string `json:"productId"`
	Quantity     int    `json:"quantity"`
	ResellerPONo string `json:"resellerPoNo,omitempty"`
}

// newcomer is a customer that is to come.
type newcomer struct {
	Name   string `json:"name"`
	Email  string `json:"email,omitempty"`
	Domain string `json:"domain,omitempty"`
}

// ownership is a vendor account that is to be.
type ownership struct {
	OwnerType  string `json:"ownerType"`
	Domain     string `json:"domain,omitempty"`
	TenantID   string `json:"tenantId,omitempty"`
	AdminEmail string `json:"adminEmail,omitempty"`
}

func (e evidence) marshal() json.RawMessage {
	raw, err := json.Marshal(e)
	if err != nil {
		return nil // cannot be: it has nothing but texts and numbers
	}
	return raw
}

// evidenceOf is what a command kept; nothing where it kept none.
func evidenceOf(c *journal.Command) evidence {
	var e evidence
	_ = json.Unmarshal(c.Evidence, &e) // what cannot be read is no evidence
	return e
}

// standingOf is how a subscription stands.
func standingOf(s *stellr.Subscription) *standing {
	return &standing{
		Status: s.Status, Quantity: s.Quantity, ProductID: s.ProductID, BillingFrequency: s.BillingFrequency,
		TermDuration: s.TermDuration, PlanName: s.PlanName,
	}
}

// fits says whether a subscription stands so, as far as it matters.
func (w *standing) fits(s *stellr.Subscription) bool {
	same := func(wanted, is string) bool { return wanted == "" || wanted == is }
	return (w.Status == "" || w.Status == s.Status) && (w.Quantity == nil || s.Quantity != nil && *w.Quantity == *s.Quantity) &&
		(w.ProductID == "" || stellr.SameKey(w.ProductID, s.ProductID)) && same(w.BillingFrequency, s.BillingFrequency) &&
		same(w.TermDuration, s.TermDuration) && same(w.PlanName, s.PlanName)
}
