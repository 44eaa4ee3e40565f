package stellr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

const maxGenericBody = 1 << 20 // bytes

// GenericRequest is any request below the base URL (D).
type GenericRequest struct {
	Method string // GET, POST, PUT or DELETE
	Path   string // from the first slash behind the base URL on, percent-escapes allowed, without query
	Query  url.Values
	Body   json.RawMessage // nil for none

	CustomerNo string // whom it is for; the reseller itself where it is empty
}

// GenericAnswer is what came back.
type GenericAnswer struct {
	Status    int
	RequestID string
	Body      json.RawMessage // the whole answer, with what looks like a credential taken out; nil when it was empty
	// Begun is the work that the answer to a write names with an operation (D that it may): it is not done yet. nil when
	// there is none.
	Begun []Accepted
}

// Request sends a request that no method of Client stands for (D). A GET goes the way of reads and may be repeated,
// everything else the way of writes. It only ever goes to the configured host.
func (c *Client) Request(ctx context.Context, request GenericRequest) (*GenericAnswer, error) {
	rq, err := genericCall(request)
	if err != nil {
		return nil, notSent(ActionGenericRequest, CodeInvalid, err)
	}
	got, err := c.send(ctx, rq)
	if err != nil {
		return nil, err
	}
	answer := &GenericAnswer{Status: got.status, RequestID: got.requestID, Body: withoutCredentials(got.body)}
	if rq.method != http.MethodGet {
		answer.Begun = c.begun(got.data)
	}
	return answer, nil
}

// begun is the work that the data of an answer names with an operation: for all of it, or for each subscription.
func (c *Client) begun(data []byte) (work []Accepted) {
	var n notes
	whole, _, _ := readRecord[Accepted](c, data, nil, &n)
	parts, _, _ := readRecord[Ordered](c, data, nil, &n)
	if whole != nil && whole.OperationID != "" {
		work = append(work, *whole)
	}
	if parts == nil {
		return work
	}
	for _, part := range parts.Subscriptions {
		if part.OperationID != "" {
			work = append(work, part)
		}
	}
	return work
}

func genericCall(request GenericRequest) (*call, error) {
	switch request.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete:
	default:
		return nil, fmt.Errorf("the method is GET, POST, PUT or DELETE")
	}
	path, err := cleanPath(request.Path)
	if err != nil {
		return nil, err
	}
	switch {
	case request.Body == nil:
	case request.Method == http.MethodGet:
		return nil, errors.New("a GET has no body")
	case len(request.Body) > maxGenericBody || !wellFormed(request.Body):
		return nil, errors.New("the body is JSON of at most 1 MiB")
	}
	rq := &call{action: ActionGenericRequest, method: request.Method, template: "(generic)", path: path, query: request.Query, body: request.Body}
	return rq.of(request.CustomerNo).hidingCredentials(), nil
}
