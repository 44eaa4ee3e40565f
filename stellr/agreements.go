package stellr

// AgreementStatus is what an agreement's status word means.
type AgreementStatus string

// Agreement statuses (A). AgreementOther stands for a word this package does not know; StatusText has it.
const (
	AgreementAccepted    AgreementStatus = "ACCEPTED"
	AgreementNotAccepted AgreementStatus = "NOT_ACCEPTED"
	AgreementOther       AgreementStatus = "OTHER"
)

// MicrosoftCustomerAgreement is the agreement type that Microsoft asks of each customer (A).
const MicrosoftCustomerAgreement = "MicrosoftCustomerAgreement"

// Agreement is a customer's consent to a vendor's terms (A).
type Agreement struct {
	CustomerNo    string `json:"customerNo" wire:"int"`
	AgreementType string `json:"agreementType" key:"true"`
	StatusText    string `json:"status"`
	AcceptedOn    Date   `json:"acceptedDate"`
	FirstName     string `json:"firstName"`
	LastName      string `json:"lastName"`
	Email         string `json:"email"`
	Phone         string `json:"phone"`

	Status AgreementStatus `json:"-"` // what StatusText means; empty when there was none
}

func (a *Agreement) settle(_ string) { a.Status = agreementStatus(a.StatusText) }

// Acceptance is who accepts an agreement and when (A). An agreement is never accepted implicitly (D).
type Acceptance struct {
	FirstName  string `json:"firstName"`
	LastName   string `json:"lastName"`
	Email      string `json:"email"`
	Phone      string `json:"phone,omitempty"`
	AcceptedOn Date   `json:"acceptedDate"`
}
