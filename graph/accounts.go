package graph

import (
	"context"
	"strings"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/payload"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// The writes that are about customers and not about subscriptions.

func (r *Resolver) createCustomer(in model.CreateCustomerInput) *write {
	w := newWrite(actionCreateCustomer, in)
	w.require(strings.TrimSpace(in.Name) != "", "A customer has a name.", "name")
	customer := stellr.NewCustomer{
		Name: in.Name, ContactName: text(in.ContactName), Email: text(in.Email), Phone: text(in.Phone), Domain: text(in.Domain),
	}
	if a := in.Address; a != nil {
		customer.Line1, customer.Line2, customer.City = text(a.Line1), text(a.Line2), text(a.City)
		customer.Region, customer.PostalCode, customer.Country = text(a.Region), text(a.PostalCode), text(a.Country)
	}
	w.evidence.Customer = &newcomer{Name: customer.Name, Email: customer.Email, Domain: customer.Domain}
	w.send = func(ctx context.Context) (*sent, error) {
		made, err := r.Client.CreateCustomer(ctx, customer)
		if err != nil {
			return nil, err
		}
		return &sent{customerNo: made.CustomerNo}, nil
	}
	return w
}

func (r *Resolver) acceptAgreement(in model.AcceptAgreementInput) *write {
	w := newWrite(actionAcceptAgreement, in)
	w.require(in.AgreementType != "", "The type of the agreement is missing.", "agreementType")
	w.require(strings.TrimSpace(in.FirstName) != "", "The person's first name is missing.", "firstName")
	w.require(strings.TrimSpace(in.LastName) != "", "The person's last name is missing.", "lastName")
	w.require(strings.Contains(in.Email, "@"), "The person's e-mail address is missing.", "email")
	w.evidence.Type = in.AgreementType
	w.look = func(ctx context.Context) (*journal.Problem, error) {
		customer, err := present(r.Client.Customer(ctx, w.customerNo))
		if err != nil || customer != nil {
			return nil, err
		}
		return noCustomer(), nil
	}
	w.send = func(ctx context.Context) (*sent, error) {
		_, err := r.Client.AcceptAgreement(ctx, w.customerNo, in.AgreementType, stellr.Acceptance{
			FirstName: in.FirstName, LastName: in.LastName, Email: in.Email, Phone: text(in.Phone), AcceptedOn: in.AcceptedOn,
		})
		return &sent{}, err
	}
	return w
}

func (r *Resolver) saveVendorAccount(in model.SaveVendorAccountInput) *write {
	const reseller, customer = "RESELLER", "CUSTOMER"
	w := newWrite(actionSaveVendorAccount, in)
	w.require(in.OwnerType == reseller || in.OwnerType == customer, "The owner is RESELLER or CUSTOMER.", "ownerType")
	w.require((in.OwnerType == customer) == (text(in.CustomerNo) != ""), "A customer's account names its customer, and the reseller's names none.", "customerNo")
	w.require(in.VendorID != "", "The vendor is missing.", "vendorId")
	setting := stellr.VendorAccountSetting{
		OwnerType: in.OwnerType, CustomerNo: w.customerNo, VendorID: in.VendorID,
		Domain: text(in.Domain), TenantID: text(in.TenantID), AdminEmail: text(in.AdminEmail),
	}
	w.evidence.Account = &ownership{OwnerType: setting.OwnerType, Domain: setting.Domain, TenantID: setting.TenantID, AdminEmail: setting.AdminEmail}
	w.examine = func(ctx context.Context, _ *payload.Preview) ([]*journal.Problem, error) {
		return r.examineAccount(ctx, w)
	}
	w.send = func(ctx context.Context) (*sent, error) {
		_, err := r.Client.SaveVendorAccount(ctx, setting)
		return &sent{}, err
	}
	return w
}
