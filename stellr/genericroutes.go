package stellr

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	customerHole = "{customerNo}"
	maxSegment   = 200 // bytes of a value in a path that came from outside
)

// GenericRoute is a kind of generic request that is allowed. The path is a template: it begins with a word, names its
// customer with {customerNo} once, and other placeholders stand for one segment each:
// /api/v1/customers/{customerNo}/subscriptions/{subscriptionId}/notes.
type GenericRoute struct {
	Method string // GET, POST, PUT or DELETE
	Path   string
}

// GenericRoutes is a list of what is allowed. The nil list allows nothing.
type GenericRoutes struct{ routes []genericRoute }

type genericRoute struct {
	method   string
	segments []string // literal, or a name in braces
	customer int      // the place of the customer's number
}

// ParseGenericRoutes checks the routes. Two of one method that a path could belong to must find the customer at the same
// place, or one path would be two customers'. The error is a sentence that names the route.
func ParseGenericRoutes(routes []GenericRoute) (*GenericRoutes, error) {
	list := &GenericRoutes{}
	for _, route := range routes {
		parsed, err := parseGenericRoute(route)
		if err != nil {
			return nil, fmt.Errorf("the generic route %q %q: %w", route.Method, route.Path, err)
		}
		for i, other := range list.routes {
			if parsed.overlaps(other) && parsed.customer != other.customer {
				return nil, fmt.Errorf("the generic routes %q and %q take the same paths and find the customer at different places", routes[i].Path, route.Path)
			}
		}
		list.routes = append(list.routes, parsed)
	}
	return list, nil
}

func parseGenericRoute(route GenericRoute) (genericRoute, error) {
	parsed := genericRoute{method: route.Method, customer: -1}
	switch route.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete:
	default:
		return parsed, errors.New("the method must be GET, POST, PUT or DELETE")
	}
	path, rooted := strings.CutPrefix(route.Path, "/")
	if !rooted {
		return parsed, errors.New("the path must begin with a slash")
	}
	parsed.segments = strings.Split(path, "/")
	for i, segment := range parsed.segments {
		hole := isHole(segment)
		switch {
		case hole && i == 0:
			return parsed, errors.New("the path must begin with a word, not with a placeholder")
		case hole && slices.Contains(parsed.segments[:i], segment):
			return parsed, errors.New("the path must have each placeholder once")
		case hole && segment == customerHole:
			parsed.customer = i
		case !hole && !isCleanSegment(segment):
			return parsed, errors.New("the path must consist of placeholders like {name} and of words of letters, digits and -_.~$:,=+")
		}
	}
	if parsed.customer < 0 {
		return parsed, errors.New("the path must name its customer with " + customerHole)
	}
	return parsed, nil
}

func isHole(segment string) bool { return segment != "" && placeholder.FindString(segment) == segment }

// isCleanSegment says whether a segment, unescaped, can be sent: Client.Request takes no other.
func isCleanSegment(plain string) bool {
	return len(plain) <= maxSegment && strings.Trim(plain, ".") != "" && strings.TrimSpace(plain) == plain && !strings.ContainsFunc(plain, oddInPath)
}

// overlaps says whether there is a request that both take.
func (r genericRoute) overlaps(other genericRoute) bool {
	if r.method != other.method || len(r.segments) != len(other.segments) {
		return false
	}
	for i, segment := range r.segments {
		if segment != other.segments[i] && !isHole(segment) && !isHole(other.segments[i]) {
			return false
		}
	}
	return true
}

// Match says whether a request is allowed, for which customer it is, and what its path is to be. path is what a caller
// wrote, from the first slash behind the base URL on, percent-escapes allowed, without a query. What it holds for
// placeholders is unescaped once, and must then be of characters that nothing takes for anything else; escapedPath is
// made anew of the route's own words and these values. It is fit for GenericRequest.Path.
func (g *GenericRoutes) Match(method, path string) (customerNo, escapedPath string, ok bool) {
	if g == nil {
		return "", "", false
	}
	values, ok := splitPath(path)
	if !ok {
		return "", "", false
	}
	for _, route := range g.routes {
		if built, fits := route.build(values); fits && route.method == method && len(built) <= maxPath {
			return values[route.customer], built, true
		}
	}
	return "", "", false
}

// splitPath is the segments of a path, each unescaped once.
func splitPath(path string) ([]string, bool) {
	rest, rooted := strings.CutPrefix(path, "/")
	if !rooted || len(path) > maxPath {
		return nil, false
	}
	segments := strings.Split(rest, "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil || !isCleanSegment(plain) {
			return nil, false
		}
		segments[i] = plain
	}
	return segments, true
}

// build puts the values for the route's placeholders into its path.
func (r genericRoute) build(values []string) (path string, fits bool) {
	if len(values) != len(r.segments) {
		return "", false
	}
	var built strings.Builder
	for i, segment := range r.segments {
		if isHole(segment) {
			segment = values[i]
		} else if segment != values[i] {
			return "", false
		}
		built.WriteString("/" + url.PathEscape(segment))
	}
	return built.String(), true
}
