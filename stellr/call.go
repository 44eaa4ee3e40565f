package stellr

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// call is one request on its way through the chain. The layers change the fields at the end, and no two goroutines
// have the same call.
type call struct {
	action   Action
	method   string
	template string // the path with its placeholders, for logs
	path     string // the path with its keys, escaped
	query    url.Values
	page     int    // of a list, from 1; 0: it is none
	at       string // path and query, once they are known
	body     []byte // JSON; nil for none
	secrets  []string
	err      error  // why it cannot be sent at all
	customer string // whom it is for; the reseller itself where it is empty
	forOne   bool   // it is for a customer, or for the reseller itself, and not for all

	attempt int    // HTTP requests so far, this one included
	token   string // the access token to send
	renewed bool   // a 401 has already been answered with a new token
}

// answer is what came back, read whole.
type answer struct {
	status    int
	requestID string
	body      []byte // the whole JSON; nil for 204
	data      []byte // the envelope's data, nil where absent or null
}

// step sends a call and returns its answer, or an *Error.
type step func(context.Context, *call) (*answer, error)

// to begins a call of an action. What is wrong with it is kept in the call, so that lists need no error of their own.
func (c *Client) to(action Action, values keys) *call {
	row := c.endpoints[action]
	rq := &call{action: action, method: row.Method, template: row.Path}
	if row.Path == "" {
		rq.err = notSent(action, CodeNotConfigured, errors.New("no path is known for it; configure one"))
		return rq
	}
	path, err := fillPath(row.Path, values)
	if err != nil {
		rq.err = notSent(action, CodeInvalid, err)
	}
	rq.path = path
	if customerNo, ok := values["customerNo"]; ok {
		rq.of(customerNo)
	}
	return rq
}

// with adds a query parameter unless its value is empty.
func (rq *call) with(name, value string) *call {
	if value != "" {
		if rq.query == nil {
			rq.query = url.Values{}
		}
		rq.query.Set(name, value)
	}
	if name == "customerNo" {
		rq.ofAny(value)
	}
	return rq
}

// carrying gives the call a body.
func (rq *call) carrying(body any) *call {
	encoded, err := encode(body)
	if err != nil && rq.err == nil {
		rq.err = notSent(rq.action, CodeInvalid, err)
	}
	rq.body = encoded
	return rq
}

// hiding names a text that must not be in logs or errors, should Stellr repeat it.
func (rq *call) hiding(secret string) *call {
	if secret != "" {
		rq.secrets = append(rq.secrets, secret)
	}
	return rq
}

// require refuses the call unless ok.
func (rq *call) require(ok bool, what string) *call {
	if !ok && rq.err == nil {
		rq.err = notSent(rq.action, CodeInvalid, errors.New(what))
	}
	return rq
}

const userAgent = "stellr-gateway"

// target is the path with the query. The call must not be changed after it was asked for.
func (rq *call) target() string {
	if rq.at == "" {
		if rq.at = rq.path; len(rq.query) > 0 || rq.page > 0 {
			rq.at += "?" + rq.encoded()
		}
	}
	return rq.at
}

// encoded is the query as it goes out, the page of a list at its end.
func (rq *call) encoded() string {
	if rq.page == 0 {
		return rq.query.Encode()
	}
	page := "pageNo=" + strconv.Itoa(rq.page) + "&pageSize=" + strconv.Itoa(pageSize)
	if len(rq.query) > 0 {
		return rq.query.Encode() + "&" + page
	}
	return page
}

// request is the call as an HTTP request. It is built from parts, so that no key or path can move the host, and has no
// GetBody, so that net/http cannot send a body twice.
func (rq *call) request(ctx context.Context, base *url.URL) (*http.Request, error) {
	escaped := base.EscapedPath() + rq.path
	plain, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, errors.New("the path cannot be escaped")
	}
	request := &http.Request{
		Method: rq.method,
		URL:    &url.URL{Scheme: base.Scheme, Host: base.Host, Path: plain, RawPath: escaped, RawQuery: rq.encoded()},
		Host:   base.Host,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Accept": {"application/json"}, "User-Agent": {userAgent}, "Authorization": {"Bearer " + rq.token}},
	}
	if rq.body != nil {
		request.Header.Set("Content-Type", "application/json")
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(rq.body)), int64(len(rq.body))
	}
	return request.WithContext(ctx), nil
}

// pause waits, or returns early with the context's error.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
