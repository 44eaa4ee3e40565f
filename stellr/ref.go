package stellr

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
)

// Ref names one record of any kind within one reseller's account. It is what links, caches and logs call a record by.
type Ref struct {
	Kind string   // the record's type: Customer, Subscription, …
	Keys []string // what tells it from others of its kind, outermost first: customerNo, subscriptionId
}

// String is the reference as one opaque word, safe in a URL. ParseRef reads it back.
func (r Ref) String() string {
	parts := make([]string, 0, len(r.Keys)+1)
	for _, key := range append([]string{r.Kind}, r.Keys...) {
		parts = append(parts, url.QueryEscape(key))
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "/")))
}

// ErrBadRef says that a word is not one that Ref.String wrote.
var ErrBadRef = errors.New("not a reference")

// ParseRef reads what Ref.String wrote. Any other word is ErrBadRef.
func ParseRef(word string) (Ref, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(word)
	if err != nil {
		return Ref{}, ErrBadRef
	}
	parts := strings.Split(string(raw), "/")
	for i, part := range parts {
		if parts[i], err = url.QueryUnescape(part); err != nil {
			return Ref{}, ErrBadRef
		}
	}
	ref := Ref{Kind: parts[0], Keys: parts[1:]}
	if ref.Kind == "" || len(ref.Keys) == 0 || ref.String() != word {
		return Ref{}, ErrBadRef
	}
	return ref, nil
}

// RefID is the customer's reference as one word.
func (c *Customer) RefID() string { return Ref{"Customer", []string{c.CustomerNo}}.String() }

// RefID is the subscription's reference as one word.
func (s *Subscription) RefID() string {
	return Ref{"Subscription", []string{s.CustomerNo, s.SubscriptionID}}.String()
}

// RefID is the product's reference as one word.
func (p *Product) RefID() string { return Ref{"Product", []string{p.ProductID}}.String() }

// RefID is the vendor's reference as one word.
func (v *Vendor) RefID() string { return Ref{"Vendor", []string{v.VendorID}}.String() }

// RefID is the invoice's reference as one word.
func (i *Invoice) RefID() string { return Ref{"Invoice", []string{i.InvoiceNo}}.String() }

// RefID is the operation's reference as one word.
func (o *Operation) RefID() string { return Ref{"Operation", []string{o.OperationID}}.String() }

// RefID is the agreement's reference as one word.
func (a *Agreement) RefID() string {
	return Ref{"Agreement", []string{a.CustomerNo, a.AgreementType}}.String()
}

// RefID is the renewal options' reference as one word.
func (r *RenewalOptions) RefID() string {
	return Ref{"RenewalOptions", []string{r.CustomerNo, r.SubscriptionID}}.String()
}

// RefID is the vendor account's reference as one word.
func (a *VendorAccount) RefID() string {
	return Ref{"VendorAccount", []string{a.OwnerType, a.CustomerNo, a.VendorID, a.Domain, a.TenantID}}.String()
}

// RefID is the user's reference as one word.
func (u *SubscribedUser) RefID() string {
	return Ref{"SubscribedUser", []string{u.CustomerNo, u.VendorID, u.UserID}}.String()
}

// RefID is the entry's reference as one word: an entry has no key on the wire, so all that tells it apart is in it.
func (e *ChangeLogEntry) RefID() string {
	return Ref{"ChangeLogEntry", []string{e.CustomerNo, e.ContractNo, e.SubscriptionID, e.At.UTC().Format("20060102T150405.000"), e.Text}}.String()
}

// RefID is the row's reference as one word: a row has no key on the wire, so its dimensions are in it.
func (c *AzureConsumption) RefID() string {
	return Ref{"AzureConsumption", []string{c.CustomerNo, c.SubscriptionID, c.BillingMonth, c.ResourceGroup, c.ServiceName, c.MeterCategory, c.ResourceName, c.UsageUnit}}.String()
}
