package stellr

import "github.com/shopspring/decimal"

// AzureConsumption is what one meter used in one month (D for the dimensions, A for the names).
type AzureConsumption struct {
	CustomerNo     string           `json:"customerNo" alias:"customerNumber" key:"true" wire:"int"`
	SubscriptionID string           `json:"subscriptionId"`
	BillingMonth   string           `json:"billingMonth"` // yyyy-MM
	ServiceName    string           `json:"serviceName"`
	MeterCategory  string           `json:"meterCategory"`
	ResourceGroup  string           `json:"resourceGroup"`
	ResourceName   string           `json:"resourceName"`
	UsageUnit      string           `json:"usageUnit"`
	Quantity       *decimal.Decimal `json:"quantity"`
	Cost           *decimal.Decimal `json:"cost"`         // what the reseller pays
	Price          *decimal.Decimal `json:"customerCost"` // what the customer pays
	Currency       string           `json:"currency" alias:"currencyCode"`
	Estimated      *bool            `json:"estimated"`
}

func (c *AzureConsumption) settle(currency string) { inherit(&c.Currency, currency) }

// CostMoney is what the reseller pays for the usage; nil when not told.
func (c *AzureConsumption) CostMoney() *Money { return moneyOf(c.Cost, c.Currency) }

// PriceMoney is what the customer pays for the usage; nil when not told.
func (c *AzureConsumption) PriceMoney() *Money { return moneyOf(c.Price, c.Currency) }

// ConsumptionQuery narrows the consumption summary (D). Empty fields do not narrow.
type ConsumptionQuery struct {
	CustomerNo     string
	SubscriptionID string
	BillingMonth   string // yyyy-MM
	ResourceGroup  string
}
