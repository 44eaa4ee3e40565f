package graph

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/graph-gophers/dataloader/v7"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// shelf is loaders that have read all they will ever be asked for.
func shelf(products []*stellr.Product, related, transitions []*stellr.Product) *loaders {
	l := NewResolver(Options{}).load(context.Background())
	ctx := context.Background()
	for _, p := range products {
		l.products.Prime(ctx, p.ProductID, p)
		l.productsBySKU.Prime(ctx, p.SKUNo, p)
	}
	l.products.Prime(ctx, "404", nil)
	l.productsBySKU.Prime(ctx, "404", nil)
	l.relatedList.wholes = newMemo(func(context.Context, string) (*stellr.Records[*stellr.Product], error) {
		return &stellr.Records[*stellr.Product]{Items: related}, nil
	})
	l.transitionList.wholes = newMemo(func(context.Context, subscriptionKey) (*stellr.Records[*stellr.Product], error) {
		return &stellr.Records[*stellr.Product]{Items: transitions}, nil
	})
	return l
}

// stocked is a product that tells all that a purchase looks at, changed as the case needs it.
func stocked(change func(*stellr.Product)) *stellr.Product {
	p := &stellr.Product{
		ProductID: "70001", SKUNo: "6200001", VendorID: "4", VendorName: "Microsoft", Name: "Basic", BillingFrequency: "month", TermDuration: "P1Y",
		Discontinued: new(false), MinQuantity: new(2), MaxQuantity: new(300),
	}
	if change != nil {
		change(p)
	}
	return p
}

func TestCatalogueOfPurchases(t *testing.T) {
	addOn := func(p *stellr.Product) {
		p.ProductID, p.SKUNo, p.Name, p.PrimaryProductID = "70005", "6200005", "Copilot", "70001"
	}
	gone := func(p *stellr.Product) { p.Discontinued = new(true) }
	silent := func(p *stellr.Product) {
		*p = stellr.Product{ProductID: "70001"}
	}
	for _, c := range []struct {
		name    string
		p       *stellr.Product
		b       purchase
		problem string // code, field, message
		none    bool   // no product comes with it
	}{
		{"as it is sold", stocked(nil), purchase{productID: "70001", skuNo: "6200001", quantity: 2, vendorID: "4", billing: "Monthly", term: "p1y"}, "", false},
		{"up to its most", stocked(nil), purchase{productID: "70001", quantity: 300}, "", false},
		{"by its article number", stocked(nil), purchase{skuNo: "6200001", quantity: 2}, "", false},
		{"by a padded article number", stocked(nil), purchase{productID: "70001", skuNo: "06200001", quantity: 2}, "", false},
		{"not there", stocked(nil), purchase{productID: "404", quantity: 2, field: []string{"items", "1"}}, "NOT_FOUND items.1.productId There is no such product.", true},
		{"not there by its article number", stocked(nil), purchase{skuNo: "404", quantity: 2}, "NOT_FOUND skuNo There is no such product.", true},
		{"named as two", stocked(nil), purchase{productID: "70001", skuNo: "6200002", quantity: 2}, "INVALID_INPUT skuNo “Basic” has the article number 6200001, not 6200002.", true},
		{"of another vendor", stocked(nil), purchase{productID: "70001", quantity: 2, vendorID: "Google"}, "INVALID_INPUT productId “Basic” is Microsoft's: an order is for one vendor.", false},
		{"of another vendor without a name", stocked(func(p *stellr.Product) { p.VendorName = "" }), purchase{productID: "70001", quantity: 2, vendorID: "31"}, "INVALID_INPUT productId “Basic” is 4's: an order is for one vendor.", false},
		{"of a vendor in other letters", stocked(func(p *stellr.Product) { p.VendorID = "google" }), purchase{productID: "70001", quantity: 2, vendorID: "Google"}, "", false},
		{"discontinued", stocked(gone), purchase{productID: "70001", quantity: 2, field: []string{"items", "0"}}, "NOT_ALLOWED_NOW items.0.productId “Basic” is discontinued: it is not sold any more.", false},
		{"billed otherwise", stocked(nil), purchase{productID: "70001", quantity: 2, billing: "annual"}, "INVALID_INPUT billingFrequency “Basic” is billed by month. Another way of billing is another product.", false},
		{"with another term", stocked(nil), purchase{productID: "70001", quantity: 2, term: "P3Y"}, "INVALID_INPUT termDuration “Basic” has a term of P1Y. Another term is another product.", false},
		{"too few", stocked(nil), purchase{productID: "70001", quantity: 1, field: []string{"items", "2"}}, "INVALID_INPUT items.2.quantity “Basic” is sold from 2 on.", false},
		{"too many", stocked(nil), purchase{productID: "70001", quantity: 301}, "INVALID_INPUT quantity “Basic” is sold up to 300.", false},
		{"without a name", stocked(func(p *stellr.Product) { p.Name = "" }), purchase{productID: "70001", quantity: 301}, "INVALID_INPUT quantity Product 70001 is sold up to 300.", false},
		{"a most of nothing is none", stocked(func(p *stellr.Product) { p.MaxQuantity = new(0) }), purchase{productID: "70001", quantity: 301}, "", false},
		{"one that tells nothing", stocked(silent), purchase{productID: "70001", skuNo: "6200001", quantity: 100000, vendorID: "4", billing: "annual", term: "P3Y"}, "", false},

		{"an add-on by itself", stocked(addOn), purchase{productID: "70005", quantity: 2}, "INVALID_INPUT productId “Copilot” is an add-on of product 70001: it is bought with createAddOn.", false},
		{"an add-on", stocked(addOn), purchase{productID: "70005", quantity: 2, addOnTo: "70001"}, "", false},
		{"an add-on to a variant of its product", stocked(addOn), purchase{productID: "70005", quantity: 2, addOnTo: "70002"}, "", false},
		{"an add-on that only the list knows", stocked(func(p *stellr.Product) { p.ProductID = "70006" }), purchase{productID: "70006", quantity: 2, addOnTo: "70001"}, "", false},
		{"no add-on", stocked(nil), purchase{productID: "70001", quantity: 2, addOnTo: "70001"}, "INVALID_INPUT productId “Basic” is no add-on.", false},
		{"too many of an add-on", stocked(addOn), purchase{productID: "70005", quantity: 301, addOnTo: "70001"}, "INVALID_INPUT quantity “Copilot” is sold up to 300.", false},

		{"more of what is there", stocked(nil), purchase{productID: "70001", skuNo: "6200001", quantity: 3, owned: true, field: []string{"quantity"}}, "", false},
		{"too many of what is there", stocked(nil), purchase{productID: "70001", quantity: 301, owned: true, field: []string{"quantity"}}, "INVALID_INPUT quantity “Basic” is sold up to 300.", false},
		{"too few of what is there", stocked(nil), purchase{productID: "70001", quantity: 1, owned: true, field: []string{"quantity"}}, "INVALID_INPUT quantity “Basic” is sold from 2 on.", false},
		{"more of what is not sold any more", stocked(gone), purchase{productID: "70001", quantity: 3, owned: true, field: []string{"quantity"}}, "", false},
		{"more of an add-on", stocked(addOn), purchase{productID: "70005", quantity: 3, owned: true, field: []string{"quantity"}}, "", false},
		{"more of what the catalogue has forgotten", stocked(nil), purchase{productID: "404", quantity: 3, owned: true, field: []string{"quantity"}}, "", true},
		{"more of what does not tell its product", stocked(nil), purchase{skuNo: "404", quantity: 3, owned: true, field: []string{"quantity"}}, "", true},
	} {
		listed := []*stellr.Product{{ProductID: "070006"}}
		field := strings.Join(c.b.field, ".")
		p, problem, err := shelf([]*stellr.Product{c.p}, listed, nil).purchaseProblem(t.Context(), c.b)
		if err != nil || inWords(problem) != c.problem || (p == nil) != c.none || p != nil && p != c.p {
			t.Errorf("%s:\n got %q, %v, %v\nwant %q", c.name, inWords(problem), p, err, c.problem)
		}
		if strings.Join(c.b.field, ".") != field {
			t.Errorf("%s: the place was changed to %q", c.name, c.b.field)
		}
	}
}

func inWords(p *journal.Problem) string {
	if p == nil {
		return ""
	}
	return string(p.Code) + " " + strings.Join(p.Field, ".") + " " + p.Message
}

func TestCatalogueOfTransitions(t *testing.T) {
	s := &stellr.Subscription{CustomerNo: "100001", SubscriptionID: "411833_1"}
	to := func(kind string, eligible *bool, reason string) *stellr.Product {
		return &stellr.Product{ProductID: "70002", SKUNo: "6200002", Name: "Premium", TransitionType: kind, Eligible: eligible, Reason: reason}
	}
	up, down := to("Upgrade", new(true), ""), to("downgrade", nil, "")
	for _, c := range []struct {
		name             string
		listed           []*stellr.Product
		productID, skuNo string
		kind             string
		problem          string
		got              *stellr.Product
	}{
		{"listed", []*stellr.Product{up}, "70002", "6200002", "upgrade", "", up},
		{"listed, by its article number", []*stellr.Product{up}, "", "06200002", "upgrade", "", up},
		{"listed, and nobody says whether it can be", []*stellr.Product{down}, "70002", "", "downgrade", "", down},
		{"listed, and nobody says as what", []*stellr.Product{to("", nil, "")}, "70002", "", "downgrade", "", to("", nil, "")},
		{"listed as both", []*stellr.Product{down, up}, "70002", "", "upgrade", "", up},
		{"not listed", []*stellr.Product{up}, "70003", "6200003", "upgrade", "NOT_ALLOWED_NOW targetProductId There is no upgrade to this product for it: see transitionProducts.", nil},
		{"not listed, by its article number", []*stellr.Product{up}, "", "6200003", "downgrade", "NOT_ALLOWED_NOW targetSkuNo There is no downgrade to this product for it: see transitionProducts.", nil},
		{"nothing listed", nil, "70002", "6200002", "upgrade", "NOT_ALLOWED_NOW targetProductId There is no upgrade to this product for it: see transitionProducts.", nil},
		{"listed as the contrary", []*stellr.Product{down}, "70002", "6200002", "upgrade", "NOT_ALLOWED_NOW targetProductId Becoming “Premium” is no upgrade for it: see transitionProducts.", nil},
		{"not eligible", []*stellr.Product{to("upgrade", new(false), "The product takes fewer seats.")}, "70002", "", "upgrade",
			"NOT_ALLOWED_NOW targetProductId It cannot become “Premium” now: The product takes fewer seats.", to("upgrade", new(false), "The product takes fewer seats.")},
		{"not eligible without a reason", []*stellr.Product{to("upgrade", new(false), "")}, "", "6200002", "upgrade",
			"NOT_ALLOWED_NOW targetSkuNo It cannot become “Premium” now; Stellr does not say why.", to("upgrade", new(false), "")},
		{"named as two", []*stellr.Product{up}, "70002", "6200003", "upgrade", "INVALID_INPUT targetSkuNo “Premium” has the article number 6200002, not 6200003.", nil},
	} {
		p, problem, err := shelf(nil, nil, c.listed).transitionProblem(t.Context(), s, c.productID, c.skuNo, c.kind)
		if err != nil || inWords(problem) != c.problem || !reflect.DeepEqual(p, c.got) {
			t.Errorf("%s:\n got %q, %v, %v\nwant %q, %v", c.name, inWords(problem), p, err, c.problem, c.got)
		}
	}
}

func TestCatalogueOfBuyers(t *testing.T) {
	ctx := t.Context()
	l := shelf(nil, nil, nil)
	for number, status := range map[string]stellr.CustomerStatus{"1": stellr.CustomerActive, "2": stellr.CustomerDiscontinued, "3": stellr.CustomerOther, "4": "", "5": stellr.CustomerInactive} {
		l.customers.Prime(ctx, number, &stellr.Customer{CustomerNo: number, Status: status})
	}
	l.customers.Prime(ctx, "404", nil)
	agreement := func(customerNo string, a *stellr.Agreement) {
		l.agreements.Prime(ctx, agreementKey{customerNo, stellr.MicrosoftCustomerAgreement}, a)
	}
	agreement("1", &stellr.Agreement{Status: stellr.AgreementAccepted})
	agreement("2", &stellr.Agreement{Status: stellr.AgreementNotAccepted})
	agreement("3", &stellr.Agreement{Status: stellr.AgreementOther})
	agreement("4", &stellr.Agreement{})
	agreement("404", nil)
	missing := "NOT_ALLOWED_NOW customerNo The customer has not accepted the MicrosoftCustomerAgreement, without which nothing of Microsoft's can be ordered: see acceptAgreement."
	for _, c := range []struct {
		customerNo, buyer, agreement string
	}{
		{"1", "", ""},
		{"2", "NOT_ALLOWED_NOW customerNo The customer is discontinued: nothing can be ordered for it.", missing},
		{"3", "", ""},
		{"4", "", ""},
		{"404", "NOT_FOUND customerNo There is no such customer.", missing},
	} {
		buyer, err := l.customerProblem(ctx, c.customerNo)
		if err != nil || inWords(buyer) != c.buyer {
			t.Errorf("customer %s: %q, %v", c.customerNo, inWords(buyer), err)
		}
		for kind, want := range map[stellr.VendorKind]string{stellr.VendorMicrosoft: c.agreement, stellr.VendorGoogle: "", stellr.VendorOther: ""} {
			if problem, err := l.agreementProblem(ctx, c.customerNo, kind); err != nil || inWords(problem) != want {
				t.Errorf("agreement of %s with %s: %q, %v", c.customerNo, kind, inWords(problem), err)
			}
		}
	}
}

// What cannot be read is an error, and no verdict.
func TestCatalogueThatCannotBeRead(t *testing.T) {
	broken := &stellr.Error{Code: stellr.CodeUnavailable, Stage: stellr.NotSent}
	l := shelf([]*stellr.Product{stocked(nil)}, nil, nil)
	l.products = failing[string, *stellr.Product](broken)
	l.productsBySKU, l.customers, l.agreements = failing[string, *stellr.Product](broken), failing[string, *stellr.Customer](broken), failing[agreementKey, *stellr.Agreement](broken)
	l.transitionList.wholes = newMemo(func(context.Context, subscriptionKey) (*stellr.Records[*stellr.Product], error) { return nil, broken })
	for name, ask := range map[string]func() (any, *journal.Problem, error){
		"a product": func() (any, *journal.Problem, error) {
			return nilOr(l.purchaseProblem(t.Context(), purchase{productID: "70001"}))
		},
		"a product by its sku": func() (any, *journal.Problem, error) {
			return nilOr(l.purchaseProblem(t.Context(), purchase{skuNo: "6200001"}))
		},
		"a product that is there": func() (any, *journal.Problem, error) {
			return nilOr(l.purchaseProblem(t.Context(), purchase{productID: "70001", owned: true}))
		},
		"transitions": func() (any, *journal.Problem, error) {
			return nilOr(l.transitionProblem(t.Context(), &stellr.Subscription{CustomerNo: "1"}, "70001", "", "upgrade"))
		},
		"a customer": func() (any, *journal.Problem, error) {
			p, err := l.customerProblem(t.Context(), "1")
			return nil, p, err
		},
		"an agreement": func() (any, *journal.Problem, error) {
			p, err := l.agreementProblem(t.Context(), "1", stellr.VendorMicrosoft)
			return nil, p, err
		},
	} {
		if p, problem, err := ask(); p != nil || problem != nil || err != broken {
			t.Errorf("%s: %v, %v, %v", name, p, problem, err)
		}
	}
	l = shelf([]*stellr.Product{stocked(nil)}, nil, nil)
	l.relatedList.wholes = newMemo(func(context.Context, string) (*stellr.Records[*stellr.Product], error) { return nil, broken })
	if _, problem, err := l.purchaseProblem(t.Context(), purchase{productID: "70001", quantity: 2, addOnTo: "70009"}); problem != nil || err != broken {
		t.Errorf("what adds to a product: %v, %v", problem, err)
	}
}

func failing[K comparable, T any](err error) *dataloader.Loader[K, T] {
	return each(func(context.Context, K) (T, error) {
		var none T
		return none, err
	})
}

// nilOr is an untyped nil where there is no product.
func nilOr(p *stellr.Product, problem *journal.Problem, err error) (any, *journal.Problem, error) {
	if p == nil {
		return nil, problem, err
	}
	return p, problem, err
}
