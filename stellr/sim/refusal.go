package sim

import (
	"net/http"

	"stellr-gateway/stellr"
)

// refusal is a no, with the status that goes with it. The package comment says what which status means.
type refusal struct {
	status          int
	message, detail string
	vendor          bool // the vendor refused: HTTP 200 with a bizError
	oauth           bool // from the token endpoint: an OAuth error
	header          http.Header
}

func refuse(status int, message, detail string) *refusal {
	return &refusal{status: status, message: message, detail: detail}
}

// vendorRefuses is a business failure within HTTP 200 (D that this happens).
func vendorRefuses(message, detail string) *refusal {
	return &refusal{status: http.StatusOK, message: message, detail: detail, vendor: true}
}

func notFound(what string) *refusal {
	return refuse(http.StatusNotFound, "Not found", "There is no such "+what)
}

func badRequest(detail string) *refusal {
	return refuse(http.StatusBadRequest, "Invalid request", detail)
}

func breaksRule(message, detail string) *refusal {
	return refuse(http.StatusUnprocessableEntity, message, detail)
}

func notNow(detail string) *refusal { return refuse(http.StatusConflict, "Not allowed now", detail) }

func (r *refusal) answer(q *call) answer {
	b := []byte{'{'}
	member := func(name, value string) {
		if value == "" {
			return
		}
		if last := b[len(b)-1]; last != '{' {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, name...)
		b = append(b, '"', ':')
		b = appendText(b, value)
	}
	switch {
	case r.oauth:
		member("error", r.message)
		member("error_description", r.detail)
		return answer{status: r.status, body: append(b, '}'), header: r.header}
	case r.vendor || nestsErrors(q.action):
		member("requestId", q.requestID)
		b = append(b, `,"data":null,"bizError":{`...)
		member("errorCode", "BIZ_REFUSED")
		member("errorMessage", r.message)
		member("errorDetail", r.detail)
		b = append(b, '}')
	case capitalErrors(q.action):
		member("requestId", q.requestID)
		member("ErrorMessage", r.message)
		member("ErrorDetail", r.detail)
	default:
		member("requestId", q.requestID)
		member("errorMessage", r.message)
		member("errorDetail", r.detail)
	}
	return answer{status: r.status, body: append(b, '}'), header: r.header}
}

func nestsErrors(action stellr.Action) bool {
	switch action {
	case stellr.ActionListVendors, stellr.ActionCheckVendorAccount, stellr.ActionSaveVendorAccount, stellr.ActionListVendorAccounts,
		stellr.ActionTransferSubscription:
		return true
	}
	return false
}

func capitalErrors(action stellr.Action) bool {
	switch action {
	case stellr.ActionListInvoices, stellr.ActionInvoiceReport, stellr.ActionAzureConsumption, stellr.ActionListVendorProducts:
		return true
	}
	return false
}
