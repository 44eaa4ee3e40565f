package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/payload"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// rehearse is a dry run: everything that can be checked without writing is checked, and the request is made up and not
// sent. The journal is asked and not written.
func (r *Resolver) rehearse(ctx context.Context, w *write, c draft) (*payload.Payload, error) {
	problem, err := w.look(ctx)
	if err != nil {
		return nil, err
	}
	p := w.shown(r.refused())
	if problem != nil {
		p.UserErrors = append(p.UserErrors, problem)
		if w.subscription == nil {
			return p, nil // there is nothing to make a request of
		}
	}
	c.complete(ctx, w)
	p.Preview = &payload.Preview{}
	if s := w.subscription; s != nil {
		p.Preview.CostNow, p.Preview.PriceNow = s.MonthlyCost(), s.MonthlyPrice()
	}
	if w.examine != nil {
		problems, err := w.examine(ctx, p.Preview)
		if err != nil {
			return nil, err
		}
		p.UserErrors = append(p.UserErrors, problems...)
	}
	if p.Preview.Request, problem, err = madeUp(ctx, w); err != nil {
		return nil, err
	}
	p.UserErrors = with(p.UserErrors, problem)
	problem, err = r.foretell(ctx, w, c)
	p.UserErrors = with(p.UserErrors, problem)
	return p, err
}

// with adds a problem where there is one.
func with(problems []*journal.Problem, problem *journal.Problem) []*journal.Problem {
	if problem == nil {
		return problems
	}
	return append(problems, problem)
}

// madeUp is the request as it would be sent, without secrets.
func madeUp(ctx context.Context, w *write) (json.RawMessage, *journal.Problem, error) {
	rehearsing, request := stellr.Rehearse(ctx)
	_, err := w.send(rehearsing)
	failure, known := errors.AsType[*stellr.Error](err)
	switch {
	case errors.Is(err, stellr.ErrRehearsed):
	case known && failure.Code == stellr.CodeInvalid:
		return nil, &journal.Problem{Code: journal.InvalidInput, Message: answerToStellr(ctx, failure).message}, nil
	default:
		return nil, nil, err
	}
	raw, err := json.Marshal(struct {
		Method string          `json:"method"`
		Path   string          `json:"path"`
		Body   json.RawMessage `json:"body,omitempty"`
	}{request.Method, pathWith(request.Path, request.Query), request.Body})
	return raw, nil, err
}

// pathWith is a path with its query.
func pathWith(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// foretell is what the journal would say to the command.
func (r *Resolver) foretell(ctx context.Context, w *write, c draft) (*journal.Problem, error) {
	r.keeper.stamp(c.Command)
	verdict, other, err := r.Journal.Look(ctx, c.Command, r.check(w))
	switch {
	case err != nil:
		return nil, r.journalFailed(ctx, err)
	case verdict == journal.Free, verdict == journal.Outdated:
		return nil, nil
	case verdict == journal.Taken && other.InputHash == c.InputHash:
		return nil, nil // a repetition: it would be answered with what came of it
	case verdict == journal.Taken:
		return keyReused(), nil
	}
	return w.against(ctx, r, verdict, other), nil
}

// examineQuantity says what the catalogue has against a new quantity of a subscription, and what it would cost.
func (r *Resolver) examineQuantity(ctx context.Context, w *write, p *payload.Preview, quantity int) ([]*journal.Problem, error) {
	s := w.subscription
	product, problem, err := r.load(ctx).purchaseProblem(ctx, purchase{
		productID: s.ProductID, skuNo: s.SKUNo, vendorID: s.VendorID, quantity: quantity, field: []string{"quantity"}, owned: true,
	})
	p.Cost, p.Price = afterChange(s, product, quantity)
	return with(nil, problem), err
}

// examineTransition says what speaks against moving to another product, and what it would cost there.
func (r *Resolver) examineTransition(ctx context.Context, w *write, p *payload.Preview, to named, action model.LifecycleAction, quantity *int) ([]*journal.Problem, error) {
	kind := "upgrade"
	if action == model.LifecycleActionDowngrade {
		kind = "downgrade"
	}
	product, problem, err := r.load(ctx).transitionProblem(ctx, w.subscription, to.productID, to.skuNo, kind)
	p.Cost, p.Price = monthlyOf(product, number(quantity, w.subscription.Quantity))
	if product != nil && problem == nil && quantity != nil {
		problem = quantityProblem(product, *quantity, "quantity")
	}
	return with(nil, problem), err
}

// examineOrder says what speaks against an order, and what it would cost each month.
func (r *Resolver) examineOrder(ctx context.Context, w *write, p *payload.Preview, order stellr.Order) ([]*journal.Problem, error) {
	problems, err := r.examineBuyer(ctx, w)
	if err != nil {
		return nil, err
	}
	var costs, prices []*stellr.Money
	for i, item := range order.Items {
		product, problem, err := r.load(ctx).purchaseProblem(ctx, purchase{
			productID: item.ProductID, skuNo: item.SKUNo, vendorID: order.VendorID, quantity: item.Quantity,
			billing: item.BillingFrequency, term: item.TermDuration, field: itemField(i),
		})
		if err != nil {
			return nil, err
		}
		problems = with(problems, problem)
		cost, price := monthlyOf(product, item.Quantity)
		costs, prices = append(costs, cost), append(prices, price)
	}
	p.Cost, p.Price = sumMoney(costs), sumMoney(prices)
	return problems, nil
}

// examineBuyer says what forbids the customer to buy of the vendor at all.
func (r *Resolver) examineBuyer(ctx context.Context, w *write) ([]*journal.Problem, error) {
	l := r.load(ctx)
	problem, err := l.customerProblem(ctx, w.customerNo)
	if err != nil {
		return nil, err
	}
	problems := with(nil, problem)
	vendor, err := l.vendor(ctx, w.vendorID)
	if err != nil {
		return nil, err
	}
	if vendor == nil {
		return append(problems, noVendor()), nil
	}
	problem, err = l.agreementProblem(ctx, w.customerNo, vendor.VendorKind())
	return with(problems, problem), err
}

// examineAccount says whether those are there whom a vendor account is for.
func (r *Resolver) examineAccount(ctx context.Context, w *write) (problems []*journal.Problem, err error) {
	if w.customerNo != "" {
		problem, err := r.load(ctx).customerProblem(ctx, w.customerNo)
		if err != nil {
			return nil, err
		}
		problems = with(problems, problem)
	}
	vendor, err := r.load(ctx).vendor(ctx, w.vendorID)
	if err == nil && vendor == nil {
		problems = append(problems, noVendor())
	}
	return problems, err
}

func noVendor() *journal.Problem {
	return &journal.Problem{Code: journal.NotFound, Message: "There is no such vendor.", Field: []string{"vendorId"}}
}

func (r *Resolver) examineAddOn(ctx context.Context, w *write, p *payload.Preview, n named, quantity int) ([]*journal.Problem, error) {
	product, problem, err := r.load(ctx).purchaseProblem(ctx, purchase{
		productID: n.productID, skuNo: n.skuNo, vendorID: w.vendorID, quantity: quantity, addOnTo: w.subscription.ProductID,
	})
	p.CostNow, p.PriceNow = nil, nil // what is bought is new
	p.Cost, p.Price = monthlyOf(product, quantity)
	return with(nil, problem), err
}

func (r *Resolver) examineTransfer(ctx context.Context, w *write, p *payload.Preview, n named, in model.TransferSubscriptionInput) ([]*journal.Problem, error) {
	problems, err := r.examineBuyer(ctx, w)
	if err != nil {
		return nil, err
	}
	product, problem, err := r.load(ctx).purchaseProblem(ctx, purchase{productID: n.productID, skuNo: n.skuNo, vendorID: w.vendorID, quantity: in.Quantity})
	p.Cost, p.Price = monthlyOf(product, in.Quantity)
	return with(problems, problem), err
}
