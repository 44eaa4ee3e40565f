package sim

import (
	"strings"

	"stellr-gateway/stellr"
)

// The words of agreements (A).
const (
	agreementAccepted    = "Accepted"
	agreementNotAccepted = "Not Accepted"
)

// seedAgreement is the Microsoft Customer Agreement of a customer at the start.
func (w *world) seedAgreement(c *customer) *stellr.Agreement {
	a := &stellr.Agreement{CustomerNo: c.record.CustomerNo, AgreementType: stellr.MicrosoftCustomerAgreement, StatusText: agreementNotAccepted}
	if c.profile.agreement {
		first, last, _ := strings.Cut(c.record.ContactName, " ")
		a.StatusText, a.FirstName, a.LastName, a.Email, a.Phone = agreementAccepted, first, last, c.record.Email, c.record.Phone
		a.AcceptedOn = stellr.DateOf(c.record.CreatedAt).AddDays(3)
	}
	return a
}

func (s *Server) getAgreement(q *call) (answer, *refusal) {
	c := s.world.customer(q.path("customerNo"))
	if c == nil || q.path("agreementType") != stellr.MicrosoftCustomerAgreement {
		return answer{}, notFound("agreement")
	}
	s.world.open(c, q.now)
	defer c.close()
	return q.one(s.world.encodeAgreement(c)), nil
}

func (w *world) encodeAgreement(c *customer) []byte {
	return w.encoder.record(c.agreement, c.record.CustomerNo+c.agreement.AgreementType)
}

// acceptAgreement takes the person and the day; accepting again replaces them (A).
func (s *Server) acceptAgreement(q *call) (answer, *refusal) {
	c := s.world.customer(q.path("customerNo"))
	if c == nil || q.path("agreementType") != stellr.MicrosoftCustomerAgreement {
		return answer{}, notFound("agreement")
	}
	var body stellr.Acceptance
	if refusal := q.readBody(&body); refusal != nil {
		return answer{}, refusal
	}
	if body.FirstName == "" || body.LastName == "" || body.Email == "" || body.AcceptedOn.IsZero() {
		return answer{}, badRequest("firstName, lastName, email and acceptedDate are required")
	}
	if stellr.DateOf(q.now).AddDays(1).Before(body.AcceptedOn) {
		return answer{}, breaksRule("Not accepted", "acceptedDate lies in the future")
	}
	s.world.open(c, q.now)
	defer c.close()
	c.agreement = &stellr.Agreement{
		CustomerNo: c.record.CustomerNo, AgreementType: stellr.MicrosoftCustomerAgreement, StatusText: agreementAccepted, AcceptedOn: body.AcceptedOn,
		FirstName: body.FirstName, LastName: body.LastName, Email: body.Email, Phone: body.Phone,
	}
	return q.did(s.world.encodeAgreement(c)), nil
}
