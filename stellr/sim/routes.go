package sim

import (
	"net/http"
	"net/url"
	"strings"

	"stellr-gateway/stellr"
)

type route struct {
	action   stellr.Action
	method   string
	segments []string // a segment in braces stands for anything
	literals int
	handle   handler
	list     bool // answers a page
}

// router finds the endpoint of a request. Where several paths fit, the one with the most literal segments wins.
type router struct{ byLength map[int][]*route }

func newRouter(resellerSubscriptions string) *router {
	r := &router{map[int][]*route{}}
	lists := listActions()
	for _, e := range stellr.Endpoints() {
		if e.Action == stellr.ActionListResellerSubscriptions {
			e.Path = resellerSubscriptions
		}
		handle := handlerOf(e.Action)
		if e.Path == "" || handle == nil {
			continue
		}
		segments := strings.Split(strings.Trim(e.Path, "/"), "/")
		fresh := &route{e.Action, e.Method, segments, 0, handle, lists[e.Action]}
		for _, segment := range segments {
			if segment[0] != '{' {
				fresh.literals++
			}
		}
		r.byLength[len(segments)] = append(r.byLength[len(segments)], fresh)
	}
	return r
}

// find tells the route of a call and fills the call's path parameters.
func (r *router) find(q *call) (*route, *refusal) {
	segments := strings.Split(strings.TrimPrefix(q.r.URL.EscapedPath(), "/"), "/")
	var best *route
	var allowed []string
	for _, candidate := range r.byLength[len(segments)] {
		if !candidate.fits(segments) {
			continue
		}
		if candidate.method != q.r.Method {
			allowed = append(allowed, candidate.method)
		} else if best == nil || candidate.literals > best.literals {
			best = candidate
		}
	}
	if best == nil && allowed != nil {
		no := refuse(http.StatusMethodNotAllowed, "Method not allowed", "The path takes "+strings.Join(allowed, ", "))
		no.header = http.Header{"Allow": {strings.Join(allowed, ", ")}}
		return nil, no
	}
	if best == nil {
		return nil, refuse(http.StatusNotFound, "Not found", "There is no such path")
	}
	for i, segment := range best.segments {
		if segment[0] != '{' {
			continue
		}
		value, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, badRequest("The path is badly escaped")
		}
		q.params = append(q.params, param{segment[1 : len(segment)-1], value})
	}
	return best, nil
}

func (r *route) fits(segments []string) bool {
	for i, segment := range r.segments {
		if segment[0] == '{' && segments[i] == "" || segment[0] != '{' && segment != segments[i] {
			return false
		}
	}
	return true
}
