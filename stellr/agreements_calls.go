package stellr

import "context"

// Agreement gets a customer's consent to a vendor's terms (D). Where there is none, the error is one that IsNotFound
// knows.
func (c *Client) Agreement(ctx context.Context, customerNo, agreementType string) (*Agreement, error) {
	rq := c.to(ActionGetAgreement, keys{"customerNo": customerNo, "agreementType": agreementType})
	return one(ctx, c, rq, agreementOf(customerNo, agreementType))
}

// AcceptAgreement records that a person accepted a vendor's terms for the customer, and on which day (D; the body and
// the answer are A). An error of stage Unknown means that it may be recorded.
func (c *Client) AcceptAgreement(ctx context.Context, customerNo, agreementType string, a Acceptance) (*Agreement, error) {
	rq := c.to(ActionAcceptAgreement, keys{"customerNo": customerNo, "agreementType": agreementType}).carrying(a).
		require(!a.AcceptedOn.IsZero(), "an acceptance needs its day")
	return one(ctx, c, rq, agreementOf(customerNo, agreementType))
}

func agreementOf(customerNo, agreementType string) func(*Agreement) bool {
	return func(r *Agreement) bool {
		inherit(&r.AgreementType, agreementType)
		return fits(&r.CustomerNo, customerNo)
	}
}
