package sim

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

// consumptionMonths is for how many months there is consumption, the running one included.
const consumptionMonths = 4

// azureConsumption takes the filters customerNo, subscriptionId, billingMonth and resourceGroup (D for the
// dimensions). The latest month comes first; the month of the start is estimated.
func (s *Server) azureConsumption(q *call) (answer, *refusal) {
	month := q.query.Get("billingMonth")
	if _, err := time.Parse("2006-01", month); month != "" && err != nil {
		return answer{}, badRequest("billingMonth must be of the form yyyy-MM")
	}
	customerNo, subscriptionID, group := q.query.Get("customerNo"), q.query.Get("subscriptionId"), q.query.Get("resourceGroup")
	var found []stellr.AzureConsumption
	for back := range consumptionMonths {
		for _, c := range s.world.some(customerNo) {
			if !c.profile.azure {
				continue
			}
			for _, row := range s.world.consumption(c, back) {
				if (month == "" || row.BillingMonth == month) && (subscriptionID == "" || row.SubscriptionID == subscriptionID) && (group == "" || row.ResourceGroup == group) {
					found = append(found, row)
				}
			}
		}
	}
	return q.list(len(found), func(i int) []byte {
		row := &found[i]
		return s.world.encoder.record(row, row.CustomerNo+row.BillingMonth+row.ResourceName+row.MeterCategory)
	}), nil
}

type meter struct {
	service, category, group, resource, unit string
	units, cents                             int // in a usual month: hundredths of units, and hundredths for a hundred units
}

func meters() []meter {
	return []meter{
		{"Virtual Machines", "Dv5 Series", "rg-prod", "vm-app-01", "1 Hour", 73000, 1920},
		{"Virtual Machines", "Dv5 Series", "rg-prod", "vm-sql-01", "1 Hour", 73000, 3840},
		{"Storage", "Premium SSD Managed Disks", "rg-prod", "disk-sql-01", "1/Month", 200, 1971},
		{"Storage", "General Block Blob v2", "rg-backup", "stbackup", "1 GB/Month", 215000, 18},
		{"Backup", "Protected Instances", "rg-backup", "vault-main", "1/Month", 300, 1000},
		{"Bandwidth", "Inter-Region Data Transfer", "rg-prod", "", "1 GB", 41733, 87},
		{"SQL Database", "General Purpose vCore", "rg-data", "sqldb-erp", "1 Hour", 36500, 2520},
		{"Azure App Service", "Premium v3 Plan", "rg-web", "asp-portal", "1 Hour", 73000, 1130},
		{"Log Analytics", "Data Ingestion", "rg-ops", "law-main", "1 GB", 3127, 276},
		{"Virtual Network", "Public IP Addresses", "rg-web", "pip-portal", "1 Hour", 73000, 4},
	}
}

// consumption is what a customer's Azure plan used in a month so many back from that of the start.
func (w *world) consumption(c *customer, back int) []stellr.AzureConsumption {
	y, m, day := w.start.Time().Date()
	month := time.Date(y, m-time.Month(back), 1, 0, 0, 0, 0, time.UTC)
	d := throw(w.opts.Seed, "consumption", c.index, back)
	plan := ""
	for _, s := range c.startedWith(w) {
		if s.OfferID == azurePlan {
			plan = s.SubscriptionID
		}
	}
	rows := make([]stellr.AzureConsumption, 0, 10)
	for i, t := range meters() {
		if (i+c.index)%10 < 3 { // each customer uses seven of the ten
			continue
		}
		units := int64(t.units * d.between(80, 120) / 100)
		if back == 0 {
			units = units * int64(day) / 31
		}
		quantity := decimal.New(units, -2)
		cost := quantity.Mul(decimal.New(int64(t.cents), -4)).Round(4)
		price := cost.Mul(decimal.New(118, -2)).Round(4)
		rows = append(rows, stellr.AzureConsumption{
			CustomerNo: c.record.CustomerNo, SubscriptionID: plan, BillingMonth: month.Format("2006-01"), ServiceName: t.service, MeterCategory: t.category,
			ResourceGroup: t.group, ResourceName: t.resource, UsageUnit: t.unit, Quantity: &quantity, Cost: c.inCurrency(cost), Price: c.inCurrency(price),
			Currency: c.currency(), Estimated: new(back == 0),
		})
	}
	if back > 0 && d.percent(40) { // a credit for an outage
		quantity, credit := decimal.NewFromInt(1), decimal.New(-int64(d.between(100, 2500)), -2)
		rows = append(rows, stellr.AzureConsumption{
			CustomerNo: c.record.CustomerNo, SubscriptionID: plan, BillingMonth: month.Format("2006-01"), ServiceName: "Support", MeterCategory: "SLA credit",
			UsageUnit: "1", Quantity: &quantity, Cost: &credit, Price: &credit, Currency: c.currency(), Estimated: new(false), ResourceName: "credit-" + strconv.Itoa(back),
		})
	}
	return rows
}
