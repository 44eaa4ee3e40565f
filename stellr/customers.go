package stellr

import "time"

// CustomerStatus is what a customer's status word means.
type CustomerStatus string

// Customer statuses. CustomerOther stands for a word this package does not know; StatusText has it.
const (
	CustomerActive       CustomerStatus = "ACTIVE"
	CustomerInactive     CustomerStatus = "INACTIVE"
	CustomerPending      CustomerStatus = "PENDING"
	CustomerDiscontinued CustomerStatus = "DISCONTINUED"
	CustomerOther        CustomerStatus = "OTHER"
)

// Customer is an organisation that a reseller sells to (O, but for the fields marked A).
type Customer struct {
	CustomerNo  string    `json:"customerNo" alias:"customerNumber,customerId" key:"true" wire:"int"`
	Name        string    `json:"name" alias:"companyName,customerName"`
	StatusText  string    `json:"status" alias:"customerStatus"` // Active, Discontinued, … as Stellr writes it
	ContactName string    `json:"contactName"`                   // A
	Email       string    `json:"email"`                         // A
	Phone       string    `json:"phone"`                         // A
	Domain      string    `json:"domain"`                        // A
	TenantID    string    `json:"tenantId" alias:"microsoftTenantId"`
	Line1       string    `json:"address1" alias:"addressLine1"`
	Line2       string    `json:"address2" alias:"addressLine2"`
	City        string    `json:"city"`
	Region      string    `json:"state" alias:"province,region"`
	PostalCode  string    `json:"zipCode" alias:"postalCode,zip"`
	Country     string    `json:"country" alias:"countryCode"`
	CreatedAt   time.Time `json:"createdDate" alias:"createdAt,createdTime"` // A; zero when not told

	Status CustomerStatus `json:"-"` // what StatusText means; empty when there was none
}

func (c *Customer) settle(_ string) { c.Status = customerStatus(c.StatusText) }

// Address is where an organisation is. A part that was not told is empty.
type Address struct {
	Line1, Line2, City, Region, PostalCode, Country string
}

// Address is where the customer is; nil when nothing of it was told.
func (c *Customer) Address() *Address {
	address := Address{c.Line1, c.Line2, c.City, c.Region, c.PostalCode, c.Country}
	if address == (Address{}) {
		return nil
	}
	return &address
}

// NewCustomer is what creating a customer takes: the fields of Customer but its number, its status and when it was made (A).
type NewCustomer struct {
	Name        string `json:"name"`
	ContactName string `json:"contactName,omitempty"`
	Email       string `json:"email,omitempty"`
	Phone       string `json:"phone,omitempty"`
	Domain      string `json:"domain,omitempty"`
	TenantID    string `json:"tenantId,omitempty"`
	Line1       string `json:"address1,omitempty"`
	Line2       string `json:"address2,omitempty"`
	City        string `json:"city,omitempty"`
	Region      string `json:"state,omitempty"`
	PostalCode  string `json:"zipCode,omitempty"`
	Country     string `json:"country,omitempty"`
}
