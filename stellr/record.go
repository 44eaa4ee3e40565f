package stellr

import (
	"context"
	"net/http"
	"reflect"
	"strings"
)

// one sends a call that is answered with one record. place fills in what the path tells and says whether the record
// belongs there; it may be nil.
//
// A read that finds nothing, or a record of another customer, fails with CodeNotFound: the two look the same. A write
// whose answer has no record fails with stage Unknown: it may have been carried out.
func one[R any](ctx context.Context, c *Client, rq *call, place func(*R) bool) (*R, error) {
	record, err := ask(ctx, c, rq, readOne(c, rq, place))
	if err != nil || rq.method != "GET" {
		return record, err
	}
	if seen, ok := seenBy(c.scope(ctx), record); ok {
		return seen, nil
	}
	return nil, &Error{Action: rq.action, Stage: Rejected, Code: CodeNotFound, Status: http.StatusOK}
}

// keptOne is one where the record is kept and at hand.
func keptOne[R any](ctx context.Context, c *Client, rq *call, place func(*R) bool) (*R, bool) {
	record, ok := peek(ctx, c, rq, readOne(c, rq, place))
	if !ok {
		return nil, false
	}
	return seenBy(c.scope(ctx), record)
}

// readOne reads the answer to a call that is answered with one record.
func readOne[R any](c *Client, rq *call, place func(*R) bool) func(context.Context, *answer) (*R, error) {
	return func(ctx context.Context, got *answer) (*R, error) {
		var n notes
		record, _, ok := readRecord(c, got.data, place, &n)
		dropped := 0
		if !ok && got.data != nil {
			dropped = 1
		}
		c.report(ctx, rq.action, got.requestID, dropped, n)
		if ok {
			return record, nil
		}
		failure := &Error{Action: rq.action, Stage: Rejected, Code: CodeNotFound, Status: got.status}
		if rq.method != "GET" {
			failure = badAnswer(rq.action, got.status, "the answer holds no record of what was done")
			failure.again = false
		}
		failure.RequestID = got.requestID
		return nil, failure
	}
}

// readRecord reads the record that data begins with, gives it what the path tells, and settles it. It answers where the
// record ends. It is not ok for a record of which nothing could be read, that lacks its key or that belongs to somebody
// else.
func readRecord[R any](c *Client, data []byte, place func(*R) bool, n *notes) (record *R, end int, ok bool) {
	record = new(R)
	n.told = 0
	end, ok = c.decoder.record(data, record, n)
	if !ok || n.told == 0 && c.decoder.isKeyed(reflect.TypeFor[R]()) {
		return nil, end, false
	}
	if place != nil && !place(record) || !c.decoder.hasKeys(reflect.ValueOf(record).Elem()) {
		return nil, end, false
	}
	if settling, ok := any(record).(interface{ settle(currency string) }); ok {
		settling.settle(c.currency)
	}
	return record, end, true
}

// fits says whether a key in a record is the one that is known from the path, and writes it as the path does. A record
// that does not name it is taken to agree.
func fits(field *string, known string) bool {
	agrees := *field == "" || SameKey(*field, known)
	if agrees {
		*field = known
	}
	return agrees
}

// allows is fits for a value that was only asked for: the record is left as it is.
func allows(field, asked string) bool { return asked == "" || field == "" || SameKey(field, asked) }

// SameKey says whether two keys are the same. It lets numbers differ in leading zeros: the same key may come as a number here and as a padded text there.
func SameKey(a, b string) bool {
	if a == b {
		return true
	}
	x, y := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return x == y && x != "" && strings.Trim(x, "0123456789") == ""
}
