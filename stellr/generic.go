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
	return &GenericAnswer{Status: got.status, RequestID: got.requestID, Body: withoutCredentials(got.body)}, nil
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
