package sim

import (
	"regexp"
	"strings"

	"stellr-gateway/stellr"
)

// checkVendorAccount asks a vendor whether a value is good (A for the kinds of checks). A value that is not is no
// error: the answer says valid false and why.
func (s *Server) checkVendorAccount(q *call) (answer, *refusal) {
	if s.world.rules[q.path("vendorId")] == nil {
		return answer{}, notFound("vendor")
	}
	var body stellr.AccountCheck
	if refusal := q.readBody(&body); refusal != nil {
		return answer{}, refusal
	}
	if body.Value == "" {
		return answer{}, badRequest("value is required")
	}
	var why string
	switch q.path("checkType") {
	case "domain":
		why = s.checkDomain(body)
	case "tenant":
		why = s.checkTenant(q, body)
	case "transferToken":
		why = "The vendor has no transfer tokens"
		if q.path("vendorId") == GoogleID {
			why = readToken(body.Value, q.now)
		}
	default:
		return answer{}, notFound("check type")
	}
	result := stellr.AccountCheckResult{CheckType: q.path("checkType"), Value: body.Value, Valid: new(why == ""), Message: why}
	if why == "" {
		result.Message = "OK"
	}
	return q.one(s.world.encoder.record(&result, body.Value)), nil
}

// checkDomain refuses what is no domain and what another customer has.
func (s *Server) checkDomain(body stellr.AccountCheck) string {
	if matched, _ := regexp.MatchString(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`, strings.ToLower(body.Value)); !matched {
		return "The domain is not well formed"
	}
	for _, c := range s.world.all() {
		if strings.EqualFold(c.record.Domain, body.Value) && c.record.CustomerNo != body.CustomerNo {
			return "The domain belongs to another customer"
		}
	}
	return ""
}

// checkTenant takes a tenant that a customer has.
func (s *Server) checkTenant(q *call, body stellr.AccountCheck) string {
	if q.path("vendorId") != MicrosoftID {
		return "The vendor has no tenants"
	}
	for _, c := range s.world.all() {
		if strings.EqualFold(c.record.TenantID, body.Value) && (body.CustomerNo == "" || c.record.CustomerNo == body.CustomerNo) {
			return ""
		}
	}
	return "The tenant is unknown"
}
