package stellr

import (
	"context"
	"errors"
	"fmt"
)

// Finding is what Check found wrong. The set is closed.
type Finding string

// The findings.
const (
	FindingCredentials Finding = "credentials" // the token endpoint or Stellr refuses them
	FindingTokenSource Finding = "token"       // the token endpoint cannot be reached or does not answer with a token
	FindingPermission  Finding = "permission"  // the credentials work, the endpoint is not allowed
	FindingEmpty       Finding = "empty"       // all works, and there is not one customer
	FindingUpstream    Finding = "upstream"    // Stellr cannot be reached, fails or throttles
	FindingAnswer      Finding = "answer"      // something answers, but not like Stellr
	FindingGaveUp      Finding = "gave up"     // the context ended first
)

// CheckError says in words for a person why the configuration does not work. It holds no secret, no token and no text
// of the upstream's.
type CheckError struct {
	Finding Finding
	Words   string

	cause error
}

// Error is the words.
func (e *CheckError) Error() string { return e.Words }

// Unwrap is the *Error of the call that failed; nil for FindingEmpty.
func (e *CheckError) Unwrap() error { return e.cause }

// Check finds out whether the configuration works: it gets a token and reads the first page of customers. The error
// is a *CheckError. FindingEmpty is one too, though nothing failed: credentials of the wrong reseller look just so.
func (c *Client) Check(ctx context.Context) error {
	page, err := c.Customers().Page(ctx, 1)
	if err != nil {
		return c.explain(err)
	}
	if len(page.Items) == 0 && page.Dropped > 0 {
		return &CheckError{Finding: FindingAnswer, Words: fmt.Sprintf("%s lists customers, but none of them has a number: is the base URL right?", c.base.Host)}
	}
	if len(page.Items) == 0 {
		return &CheckError{Finding: FindingEmpty, Words: fmt.Sprintf("%s accepts the credentials and lists 0 customers. "+
			"Credentials that belong to the wrong reseller account see 0 records and no error: compare the account in the developer portal. "+
			"A reseller without customers looks the same.", c.base.Host)}
	}
	return nil
}

func (c *Client) explain(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return &CheckError{Finding: FindingUpstream, Words: "the check failed", cause: err}
	}
	found := &CheckError{cause: err}
	host, number := c.base.Host, ""
	if e.RequestID != "" {
		number = " Stellr's request number is " + e.RequestID + "."
	}
	switch e.Code {
	case CodeToken:
		found.Finding, found.Words = tokenWords(e)
		return found
	case CodeUnauthorized:
		found.Finding = FindingCredentials
		found.Words = host + " refuses the access token (401), also a new one. Production and sandbox have credentials of their own: " +
			"do these belong to this base URL? New credentials take up to ten minutes to work."
	case CodeForbidden:
		found.Finding = FindingPermission
		found.Words = "the credentials work, but listing customers is not allowed (403). " +
			"Permissions are ticked for each endpoint in the developer portal: tick this one, and all others that you need."
	case CodeNotFound, CodeBadAnswer, CodeRefused:
		found.Finding = FindingAnswer
		found.Words = fmt.Sprintf("%s does not answer like Stellr (status %d): check the region and the base URL.", host, e.Status)
	case CodeThrottled:
		found.Finding, found.Words = FindingUpstream, host+" is throttling: try again later, or configure a lower rate."
	case CodeCanceled:
		found.Finding, found.Words = FindingGaveUp, "the check was stopped before "+host+" answered."
	case CodeTimeout:
		found.Finding, found.Words = FindingUpstream, host+" did not answer in time."
	case CodeUnavailable:
		found.Finding, found.Words = FindingUpstream, fmt.Sprintf("%s is not available: %s.", host, reasonOf(e))
	default:
		found.Finding, found.Words = FindingUpstream, "the check could not be made: "+e.Error()+"."
	}
	found.Words += number
	return found
}

func tokenWords(e *Error) (Finding, string) {
	switch {
	case e.Status >= 400 && e.Status < 500 && e.Status != 404 && e.Status != 429, e.Status == 200 && !e.again:
		return FindingCredentials, fmt.Sprintf("the token endpoint refuses the client id and secret (status %d). "+
			"Production and sandbox have credentials of their own; new credentials take up to ten minutes to work.", e.Status)
	case errors.Is(e, errTokenAnswer):
		return FindingTokenSource, "the token endpoint answers with something that is not a token in JSON, a web page perhaps: check the token URL."
	case e.Status != 0:
		return FindingTokenSource, fmt.Sprintf("the token endpoint answers with status %d: check the token URL, or try again later.", e.Status)
	}
	return FindingTokenSource, fmt.Sprintf("no access token can be had: %s. Check the token URL and the network.", reasonOf(e))
}

// reasonOf is the cause in words, or the HTTP status where there is none.
func reasonOf(e *Error) string {
	if e.cause != nil {
		return e.cause.Error()
	}
	return fmt.Sprintf("it answers with status %d", e.Status)
}
