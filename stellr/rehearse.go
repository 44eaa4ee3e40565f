package stellr

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
)

// ErrRehearsed is what a write under Rehearse fails with: all was well, and nothing was sent. It comes within an *Error
// of stage NotSent and CodeRehearsed.
var ErrRehearsed = errors.New("made up and not sent")

// Rehearsal is a write as it would have been sent, with secrets of the request replaced by [redacted].
type Rehearsal struct {
	Action Action
	Method string
	Path   string // escaped, with the base URL's own path and without its host
	Query  url.Values
	Body   json.RawMessage // nil for none
}

type rehearsalKey struct{}

// Rehearse has the next write that is made with the context made up completely, with all its checks, and not sent: the
// method fails with ErrRehearsed, and what would have been sent is in the Rehearsal. A write that cannot be made up
// fails as it would have, and leaves the Rehearsal as it was. Reads, CheckVendorAccount among them, are sent as ever.
//
// Neither the hooks of the context nor those of the configuration learn of a rehearsal. A context is for one write at a
// time: the Rehearsal holds the last.
func Rehearse(ctx context.Context) (context.Context, *Rehearsal) {
	rehearsal := new(Rehearsal)
	return context.WithValue(ctx, rehearsalKey{}, rehearsal), rehearsal
}

// rehearsed says whether a call that is no GET is only rehearsed, and how that went.
func (c *Client) rehearsed(ctx context.Context, rq *call) (only bool, err error) {
	rehearsal, _ := ctx.Value(rehearsalKey{}).(*Rehearsal)
	if rehearsal == nil || rq.action == ActionCheckVendorAccount {
		return false, nil
	}
	request, err := rq.request(ctx, c.base)
	if err != nil {
		return true, notSent(rq.action, CodeInvalid, err)
	}
	*rehearsal = Rehearsal{
		Action: rq.action, Method: request.Method, Path: request.URL.EscapedPath(),
		Query: queryWithout(rq.query, rq.secrets), Body: withoutCredentials(rq.body, rq.secrets...),
	}
	return true, notSent(rq.action, CodeRehearsed, ErrRehearsed)
}

// queryWithout is the query with the secrets, and what looks like a credential, taken out.
func queryWithout(query url.Values, secrets []string) url.Values {
	clean := url.Values{}
	for name, values := range query {
		for _, value := range values {
			if value != "" && looksSecret(name) {
				value = redacted
			}
			clean.Add(name, wordsWithout(value, secrets))
		}
	}
	return clean
}
