package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/payload"
	"stellr-gateway/internal/access"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// stellrRequest sends a request that the configuration allows. One that reads is answered at once; any other goes the
// way of all writes.
func (r *Resolver) stellrRequest(ctx context.Context, in model.StellrRequestInput) (*payload.Payload, error) {
	w := newWrite(actionStellrRequest, in)
	customerNo, path, ok := r.Requests.Match(in.Method, in.Path)
	w.require(ok, "The configuration does not allow this method and path.", "path")
	query, good := parameters(in.Query)
	w.require(good, "The query is an object whose values are texts, numbers, booleans or lists of these.", "query")
	request := stellr.GenericRequest{Method: in.Method, Path: path, Query: query, CustomerNo: customerNo}
	if len(in.Body) > 0 && string(in.Body) != "null" {
		w.require(in.Method != http.MethodGet, "A GET has no body.", "body")
		request.Body = in.Body
	}
	w.customerNo, w.productIDs = plainKey(customerNo), []string{journal.AnyProduct}
	w.send = func(ctx context.Context) (*sent, error) {
		answer, err := r.Client.Request(ctx, request)
		if err != nil {
			return nil, err
		}
		s := &sent{generic: answer}
		for _, work := range answer.Begun {
			s.take(work)
		}
		return s, nil
	}
	if in.Method != http.MethodGet {
		return r.mutate(ctx, w)
	}
	return r.read(ctx, w, request)
}

// read sends a generic request that changes nothing. It is not recorded.
func (r *Resolver) read(ctx context.Context, w *write, request stellr.GenericRequest) (*payload.Payload, error) {
	switch {
	case len(w.problems) > 0:
		return r.refused(w.problems...), nil
	case !access.From(ctx).Sees(w.customerNo):
		return r.outOfSight(w)
	case w.dryRun:
		p, preview := r.refused(), map[string]string{"method": request.Method, "path": pathWith(request.Path, request.Query)}
		raw, err := json.Marshal(preview)
		p.Preview = &payload.Preview{Request: raw}
		return p, err
	}
	answer, err := r.Client.Request(ctx, request)
	failure, _ := errors.AsType[*stellr.Error](err)
	switch {
	case failure != nil && failure.Stage == stellr.Rejected && !unprocessed(failure):
		p := r.refused(refusalOf(failure))
		p.Status, p.RequestID = &failure.Status, failure.RequestID
		return p, nil
	case err != nil:
		return nil, err
	}
	p := r.refused()
	p.Status, p.RequestID, p.Body = &answer.Status, answer.RequestID, answer.Body
	return p, nil
}

// parameters reads a query's parameters from an object; false when it is something else.
func parameters(raw json.RawMessage) (url.Values, bool) {
	fields := map[string]any{}
	query := url.Values{}
	if !object(raw, &fields) {
		return nil, false
	}
	for name, value := range fields {
		values, ok := value.([]any)
		if !ok {
			values = []any{value}
		}
		for _, value := range values {
			text, ok := parameter(value)
			if !ok {
				return nil, false
			}
			query.Add(name, text)
		}
	}
	return query, true
}

// parameter is one value of a query's parameter as text.
func parameter(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case json.Number:
		return value.String(), true
	case bool:
		if value {
			return "true", true
		}
		return "false", true
	}
	return "", false
}
