package sim

import (
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"stellr-gateway/stellr"
)

// maxBody is how much of a request's body is read.
const maxBody = 1 << 20

// Server is a Stellr in memory. It is safe for use by many goroutines.
type Server struct {
	opts   Options
	world  *world
	routes *router
	tokens tokens
	ledger ledger
	faults faults
	calls  atomic.Uint64 // numbers the requests
}

// New makes a Stellr. Equal options, the clock's day included, make equal ones.
func New(opts Options) *Server {
	opts = opts.withDefaults()
	s := &Server{opts: opts, world: newWorld(opts), routes: newRouter(opts.ResellerSubscriptionsPath)}
	s.ledger.calls = map[stellr.Action]int{}
	s.tokens.issued = map[string]token{}
	for _, f := range opts.Faults {
		s.faults.add(f)
	}
	return s
}

// call is one request on its way through the handlers.
type call struct {
	w         http.ResponseWriter
	r         *http.Request
	action    stellr.Action
	params    []param // from the path, unescaped
	query     url.Values
	body      []byte
	now       time.Time
	client    string
	stranger  bool // a client of another reseller
	requestID string
	page      window
	fault     *Fault // what goes wrong with this call; nil: nothing
	made      *made  // nil where no subscription is changed
}

type param struct{ name, value string }

func (q *call) path(name string) string {
	for _, p := range q.params {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := &call{w: w, r: r, now: s.opts.Clock(), requestID: s.newRequestID()}
	if s.opts.Latency > 0 {
		s.opts.Sleep(r.Context(), s.opts.Latency)
	}
	if r.URL.Path == TokenPath {
		q.action = ActionToken
		s.play(q, (*Server).issueToken)
		return
	}
	handle, refusal := s.admit(q)
	if refusal != nil {
		s.ledger.record(q, false, refusal.status)
		s.tell(q, refusal.answer(q))
		return
	}
	s.play(q, handle)
}

// admit finds out who calls and what for, and whether that is allowed.
func (s *Server) admit(q *call) (handler, *refusal) {
	if refusal := s.authenticate(q); refusal != nil {
		return nil, refusal
	}
	route, refusal := s.routes.find(q)
	if refusal != nil {
		return nil, refusal
	}
	q.action = route.action
	for _, action := range s.opts.Denied[q.client] {
		if action == q.action {
			return nil, refuse(http.StatusForbidden, "Access denied", "The client has no permission for "+string(action))
		}
	}
	if q.r.URL.RawQuery != "" || route.list {
		q.query = q.r.URL.Query()
	}
	if route.list {
		if q.page, refusal = readWindow(q.query); refusal != nil {
			return nil, refusal
		}
	}
	if q.r.Method != http.MethodGet {
		body, err := io.ReadAll(io.LimitReader(q.r.Body, maxBody))
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "The request could not be read", "")
		}
		q.body = body
	}
	if q.stranger {
		return unseen(route.list), nil
	}
	return route.handle, nil
}

// unseen answers a client of another reseller: no records and no error (O); a single record is not there.
func unseen(list bool) handler {
	return func(_ *Server, q *call) (answer, *refusal) {
		if list {
			return q.list(0, nil), nil
		}
		return answer{}, notFound("record")
	}
}

func (s *Server) newRequestID() string {
	return throw(s.opts.Seed, "request", int(s.calls.Add(1))).guid()
}
