package stellr

import "github.com/shopspring/decimal"

// Product is one sellable thing of a vendor's catalogue (O, but for the fields marked A).
type Product struct {
	ProductID        string      `json:"productId" key:"true" wire:"int"`
	SKUNo            string      `json:"skuNo" alias:"sku" wire:"int"`
	MfgPartNo        string      `json:"mfgPartNo" alias:"mfgPartNumber"`
	VendorID         string      `json:"vendorId"`
	VendorName       string      `json:"vendorName"`
	Name             string      `json:"productName" alias:"name"`
	Description      string      `json:"description"`
	BillingModel     string      `json:"billingModel"`
	BillingFrequency string      `json:"billingFrequency"` // month, annual, one_time
	TermDuration     string      `json:"termDuration"`     // A: P1M, P1Y, P3Y
	Discontinued     *bool       `json:"discontinueProduct" wire:"yn"`
	Currency         string      `json:"currency" alias:"currencyCode"` // A
	MinQuantity      *int        `json:"minQuantity"`                   // A
	MaxQuantity      *int        `json:"maxQuantity"`                   // A
	PrimaryProductID string      `json:"primaryProductId" wire:"int"`   // A; set on add-ons
	PlanName         string      `json:"planName"`                      // A; Google only
	Prices           []PriceTier `json:"productPrice"`

	// The next three come with transition products only (A).
	TransitionType string `json:"transitionType"` // upgrade or downgrade
	Eligible       *bool  `json:"eligible"`
	Reason         string `json:"reason"` // why it is not eligible
}

func (p *Product) settle(currency string) {
	inherit(&p.Currency, currency)
	for i := range p.Prices {
		inherit(&p.Prices[i].Currency, p.Currency)
	}
}

// PriceTier is a product's price from a quantity on (O).
type PriceTier struct {
	MinQuantity *int             `json:"minQty" alias:"minQuantity"`
	Cost        *decimal.Decimal `json:"rsPrice"` // what the reseller pays, per unit
	MSRP        *decimal.Decimal `json:"msrp"`    // the vendor's suggested price, per unit
	Currency    string           `json:"currency"`
}

// CostMoney is what the reseller pays for one unit; nil when not told.
func (t *PriceTier) CostMoney() *Money { return moneyOf(t.Cost, t.Currency) }

// MSRPMoney is the vendor's suggested price of one unit; nil when not told.
func (t *PriceTier) MSRPMoney() *Money { return moneyOf(t.MSRP, t.Currency) }

// ProductQuery narrows a vendor's product list (O). The zero value asks for all that is sold today.
type ProductQuery struct {
	Search              string // sent as $search
	MfgPartNo           string
	IncludeDiscontinued bool // sent as includeEOL=Y or N
}

// TransferableQuery names what can be transferred in from another Google reseller (A).
type TransferableQuery struct {
	Domain        string
	TransferToken string // a secret of the customer's: never logged
}
