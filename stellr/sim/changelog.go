package sim

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"stellr-gateway/stellr"
)

// Who an entry of the change log is by, and where it came from (A).
const (
	bySystem     = "system"
	sourceSystem = "System"
	sourceAPI    = "API"
	sourcePortal = "Portal"
)

// entry is what is noted about a change.
type entry struct{ activity, text, by, source string }

// note writes an entry into an open customer's change log.
func (c *customer) note(s *subscription, at time.Time, e entry) {
	c.log = append(c.log, stellr.ChangeLogEntry{
		SubscriptionID: s.SubscriptionID, CustomerNo: s.CustomerNo, ContractNo: s.ContractNo, LineNo: s.LineNo,
		Activity: e.activity, Text: e.text, At: at, By: e.by, Source: e.source,
	})
}

// seatsText says a change of seats as the real log does (O).
func seatsText(delta int) string {
	verb, n := "Add", delta
	if delta < 0 {
		verb, n = "Remove", -delta
	}
	if n == 1 {
		return verb + " 1 seat"
	}
	return verb + " " + strconv.Itoa(n) + " seats"
}

// listChangeLog answers the entries of all lines of a contract from a day on, the oldest first.
func (s *Server) listChangeLog(q *call) (answer, *refusal) {
	c := s.world.customer(q.path("customerNo"))
	if c == nil {
		return answer{}, notFound("customer")
	}
	contract := q.query.Get("contractNo")
	if contract == "" {
		return answer{}, badRequest("contractNo is required")
	}
	from, _, refusal := period(q)
	if refusal != nil {
		return answer{}, refusal
	}
	s.world.open(c, q.now)
	defer c.close()
	var found []stellr.ChangeLogEntry
	for _, e := range c.log {
		if e.ContractNo == contract && !e.At.Before(from.Time()) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b stellr.ChangeLogEntry) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	return q.list(len(found), func(i int) []byte {
		return s.world.encoder.record(&found[i], found[i].SubscriptionID+found[i].At.String()+found[i].Text)
	}), nil
}
