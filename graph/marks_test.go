package graph_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httputil"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
)

// marker stands between the gateway and the simulator, and puts a mark into what belongs to a customer, wherever it says
// something in words: none of it may ever come to somebody else.
type marker struct {
	mu       sync.Mutex
	invoices map[string]string // number → customer: the report's charges name their invoice only
}

// mark is what a customer's data holds.
func mark(customerNo string) string { return "MARK-" + strings.TrimLeft(customerNo, "0") + "-" }

// inWords are the fields that are marked. Keys, dates and words that mean something stay as they are.
var inWords = regexp.MustCompile(`(?i)^(name|companyName|customerName|productName|subscriptionName|description|contactName|email|phone|domain|tenantId|microsoftTenantId|adminEmail|resellerPoNo|serviceName|meterCategory|resourceName|displayName|userPrincipalName|changeLog|activityLog|firstName|lastName|errorMessage|errorDetail|city|address1|addressLine1|entryBy|mfgPartNo|mfgPartNumber|offerId|vendorSubscriptionId)$`)

// marked is for open: the gateway reads through a marker.
func marked(t testing.TB) func(*stellr.Config, *graph.Options) {
	m := &marker{invoices: map[string]string{}}
	return behind(t, func(proxy *httputil.ReverseProxy) http.Handler {
		proxy.ModifyResponse = m.rewrite
		return proxy
	})
}

var ofCustomer = regexp.MustCompile(`/customers/([^/]+)`)

func (m *marker) rewrite(response *http.Response) error {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	customerNo := ""
	if match := ofCustomer.FindStringSubmatch(response.Request.URL.Path); match != nil {
		customerNo = match[1]
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var answer any
	if decoder.Decode(&answer) == nil && response.StatusCode == http.StatusOK {
		m.mu.Lock()
		if strings.HasSuffix(response.Request.URL.Path, "/invoice/report") {
			anonymous(answer) // the charges of the real report are not known to name their customer (A)
		}
		m.walk(answer, customerNo)
		m.mu.Unlock()
		if body, err = json.Marshal(answer); err != nil {
			return err
		}
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	response.ContentLength = int64(len(body))
	response.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// anonymous takes customers' numbers out of a value.
func anonymous(value any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			anonymous(item)
		}
	case map[string]any:
		for _, name := range []string{"customerNo", "customerNumber"} {
			delete(value, name)
		}
		for _, inner := range value {
			anonymous(inner)
		}
	}
}

// walk marks a value that belongs to a customer, or to nobody where the number is empty.
func (m *marker) walk(value any, customerNo string) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			m.walk(item, customerNo)
		}
	case map[string]any:
		customerNo = m.owner(value, customerNo)
		for name, inner := range value {
			if text, ok := inner.(string); ok && text != "" && customerNo != "" && inWords.MatchString(name) {
				value[name] = text + mark(customerNo)
			}
			m.walk(inner, customerNo)
		}
	}
}

// owner is whose an object is.
func (m *marker) owner(object map[string]any, customerNo string) string {
	for _, name := range []string{"customerNo", "customerNumber", "customerId"} {
		if named := word(object[name]); named != "" {
			customerNo = named
		}
	}
	for _, name := range []string{"invoiceNo", "invoiceNumber"} {
		switch number := word(object[name]); {
		case number != "" && customerNo != "":
			m.invoices[number] = customerNo
		case number != "":
			customerNo = m.invoices[number]
		}
	}
	return customerNo
}

// word is a key as text, however it was written.
func word(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	}
	return ""
}

var anyMark = regexp.MustCompile(`MARK-\d+-`)

// strangers are the marks in a text of others than the customers that may be there.
func strangers(text string, may ...string) (found []string) {
	for _, hit := range anyMark.FindAllString(text, -1) {
		theirs := false
		for _, customerNo := range may {
			theirs = theirs || hit == mark(customerNo)
		}
		if !theirs {
			found = append(found, hit)
		}
	}
	return found
}
