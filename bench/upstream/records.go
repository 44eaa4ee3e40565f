package upstream

import (
	"fmt"
	"strconv"
	"time"
)

// Shape is how much the upstream holds. Everything in it follows from these numbers, so that two runs see the same.
type Shape struct {
	Customers     int
	Subscriptions int // of each customer
	Products      int // of all vendors together
}

const firstCustomer = 100001

// CustomerNo is the number of the i-th customer, from 0.
func CustomerNo(i int) string { return strconv.Itoa(firstCustomer + i) }

type vendor struct{ id, name string }

func vendors() []vendor {
	return []vendor{{"4", "Microsoft"}, {"Google", "Google"}, {"31", "Acronis"}}
}

func (v vendor) record() []byte {
	return fmt.Appendf(nil, `{"vendorId":%q,"vendorName":%q,"status":"Active"}`, v.id, v.name)
}

func customerRecord(i int) []byte {
	no := firstCustomer + i
	return fmt.Appendf(nil, `{"customerNo":%d,"name":"Customer %d Incorporated","status":"Active","contactName":"Dana Whitlock %d",`+
		`"email":"dana.whitlock@customer-%d.example","phone":"+1-845-555-%04d","domain":"customer-%d.example",`+
		`"tenantId":"61da3636-0834-4679-af7d-%012d","address1":"%d Maple Ave","address2":"Suite 165","city":"Greenville",`+
		`"state":"SC","zipCode":"29601","country":"US","createdDate":"2025-04-26T08:36:22Z"}`,
		no, no, i, no, i%10000, no, no, i+1)
}

type product struct {
	id, sku int
	name    string
	vendor  vendor
}

func productAt(i int) product {
	return product{id: 70001 + i, sku: 6200001 + i, name: fmt.Sprintf("Product %d Business (Annual Term, Monthly Billing)", i), vendor: vendors()[i%len(vendors())]}
}

func (p product) record() []byte {
	return fmt.Appendf(nil, `{"productId":%d,"skuNo":%d,"mfgPartNo":"CFQ7TTC0%d-0001","vendorId":%q,"vendorName":%q,"productName":%q,`+
		`"description":"Mail, files and meetings for a business, on the web and on phones","billingModel":"Subscription",`+
		`"billingFrequency":"month","termDuration":"P1Y","discontinueProduct":"N","currency":"USD","minQuantity":1,"maxQuantity":300,`+
		`"primaryProductId":null,"planName":null,"productPrice":[{"minQty":1,"rsPrice":5.04,"msrp":6.3,"currency":"USD"},`+
		`{"minQty":100,"rsPrice":4.91,"msrp":6.3,"currency":"USD"}],"transitionType":null,"eligible":null,"reason":null}`,
		p.id, p.sku, p.id, p.vendor.id, p.vendor.name, p.name)
}

func subscriptionID(customer, line int) string {
	return fmt.Sprintf("%d_%d", 400001+customer, line+1)
}

// subscriptionRecord is the line-th subscription of a customer. Its product and the end of its term are spread over all
// there are; 7 and 37 have no factor in common with 50 products and 365 days.
func subscriptionRecord(s Shape, customer, line int) []byte {
	nth := customer*s.Subscriptions + line
	p := productAt(nth * 7 % s.Products)
	start := time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, nth*37%365)
	return fmt.Appendf(nil, `{"subscriptionId":%q,"contractNo":%d,"lineNo":%d,"customerNo":%d,"vendorId":%q,"vendorName":%q,`+
		`"vendorSubscriptionId":"0d838d1f-4a85-4507-afc8-%012d","productId":%d,"skuNo":%d,"mfgPartNo":"CFQ7TTC0%d-0001",`+
		`"offerId":"CFQ7TTC0%d:0001","productName":%q,"quantity":%d,"unitPrice":5.04,"customerPrice":6.3,"currency":"USD",`+
		`"billingFrequency":"month","termDuration":"P1Y","planName":null,"startDate":%q,"endDate":%q,"status":"Active",`+
		`"autoRenew":true,"resellerPoNo":"PO-%d","cancellationAllowedUntil":"2029-01-08T21:28:46Z","refundableQuantity":0,"parentSubscriptionId":null}`,
		subscriptionID(customer, line), 400001+customer, line+1, firstCustomer+customer, p.vendor.id, p.vendor.name,
		nth, p.id, p.sku, p.id, p.id, p.name, 1+nth%25, start.Format(time.DateOnly), start.AddDate(1, 0, 0).Format(time.DateOnly), nth)
}
