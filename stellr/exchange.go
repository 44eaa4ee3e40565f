package stellr

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// exchange is one HTTP request and its answer, read whole. Every failure comes back classified.
func (c *Client) exchange(send sender, limit time.Duration) layer {
	return func(step) step {
		return func(ctx context.Context, rq *call) (*answer, error) {
			if err := ctx.Err(); err != nil {
				return nil, gaveUp(rq.action, NotSent, err)
			}
			response, sent, err := send(ctx, rq, limit)
			if failure, ok := errors.AsType[*Error](err); ok {
				return nil, failure
			}
			if err != nil {
				return nil, transportError(ctx, rq.action, sent, err)
			}
			defer response.Body.Close()
			body, err := readAll(response.Body, c.cfg.MaxAnswer, response.ContentLength)
			if err != nil && errors.Is(err, errTooLarge) {
				failure := badAnswer(rq.action, response.StatusCode, "the answer is too large")
				failure.again = false
				return nil, failure
			}
			if err != nil {
				return nil, brokenOff(ctx, rq.action, response.StatusCode, err)
			}
			return c.understand(rq, response, body)
		}
	}
}

var errTooLarge = errors.New("too large")

// readAll reads at most limit bytes. announced is how many the sender says there are, -1 where it does not.
func readAll(body io.Reader, limit, announced int64) ([]byte, error) {
	if announced > limit {
		return nil, errTooLarge
	}
	buffer := make([]byte, 0, min(max(announced+1, 512), limit+1))
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		room := min(int64(cap(buffer)), limit+1)
		n, err := body.Read(buffer[len(buffer):room])
		buffer = buffer[:len(buffer)+n]
		if int64(len(buffer)) > limit {
			return nil, errTooLarge
		}
		if err == io.EOF {
			return buffer, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// transportError classifies a failure of the connection. ctx is the caller's, without the request's own time limit.
func transportError(ctx context.Context, action Action, sent bool, err error) *Error {
	stage := NotSent
	if sent {
		stage = Unknown
	}
	if ctx.Err() != nil {
		return gaveUp(action, stage, ctx.Err())
	}
	code, cause := safeCause(err)
	return &Error{Action: action, Stage: stage, Code: code, cause: cause, again: true}
}

// brokenOff classifies an answer whose head came and whose body did not, or not whole.
func brokenOff(ctx context.Context, action Action, status int, err error) *Error {
	failure := transportError(ctx, action, true, err)
	failure.Status = status
	if failure.Code == CodeUnavailable {
		failure.Code, failure.cause = CodeBadAnswer, errReset
	}
	return failure
}

// gaveUp is the failure of a call whose caller did not want to wait any longer.
func gaveUp(action Action, stage Stage, err error) *Error {
	if errors.Is(err, context.Canceled) {
		return &Error{Action: action, Stage: stage, Code: CodeCanceled, cause: context.Canceled}
	}
	return &Error{Action: action, Stage: stage, Code: CodeTimeout, cause: context.DeadlineExceeded}
}

// understand makes an answer or an error of a response that was read whole.
func (c *Client) understand(rq *call, response *http.Response, body []byte) (*answer, error) {
	status := response.StatusCode
	if status == http.StatusNoContent {
		return &answer{status: status}, nil
	}
	wrapped, readable := envelope{}, false
	if isJSON(response.Header.Get("Content-Type")) {
		wrapped, readable = openEnvelope(body)
	}
	if status >= 200 && status <= 299 && readable && !wrapped.failed {
		return &answer{status: status, requestID: wrapped.requestID, body: body, data: wrapped.data}, nil
	}
	failure := statusError(rq.action, status, readable)
	if rq.method != http.MethodGet && failure.Stage == Rejected && status <= 299 && namesWork(rq.action, wrapped.data) {
		failure.Stage = Unknown // it complains, and shows what it has begun or made: it may have been carried out
	}
	failure.RequestID, failure.bytes = wrapped.requestID, len(body)
	failure.RetryAfter, failure.timed = parseRetryAfter(response.Header.Get("Retry-After"), c.cfg.Now())
	failure.Message = c.redact(rq, wrapped.message)
	failure.Detail = c.redact(rq, wrapped.detail)
	return nil, failure
}

// namesWork says whether a write's answer names something that it began or made: an operation, subscriptions, the new
// customer. Other data is no sign: it may be what was asked for, repeated.
func namesWork(action Action, data []byte) bool {
	if kindOf(data) == '[' {
		return says(data)
	}
	named := false
	eachField(data, func(name, value []byte) {
		if is(name, "operationId") || is(name, "subscriptionId") || is(name, "subscriptions") || action == ActionCreateCustomer && is(name, "customerNo") {
			named = named || says(value)
		}
	})
	return named
}

// statusError classifies an answer that is not a success. readable says that its body is JSON.
func statusError(action Action, status int, readable bool) *Error {
	failure := &Error{Action: action, Stage: Rejected, Status: status}
	switch {
	case status == http.StatusUnauthorized:
		failure.Code = CodeUnauthorized
	case status == http.StatusTooManyRequests:
		failure.Code, failure.again = CodeThrottled, true
	case status >= 500:
		failure.Stage, failure.Code = Unknown, CodeUnavailable
		failure.again = status == 500 || status == 502 || status == 503 || status == 504
	case !readable && status >= 200 && status <= 299:
		return badAnswer(action, status, "the answer is not JSON or is cut short")
	case !readable || status < 200 || status >= 300 && status <= 399 || status == http.StatusRequestTimeout:
		failure = badAnswer(action, status, "the answer is not one of Stellr's")
		failure.again = false
	case status == http.StatusForbidden:
		failure.Code = CodeForbidden
	case status == http.StatusNotFound:
		failure.Code = CodeNotFound
	default:
		failure.Code = CodeRefused
	}
	return failure
}

// isJSON accepts application/json, anything +json, text/json, and no type at all.
func isJSON(contentType string) bool {
	if contentType == "" || contentType == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json"))
}

const (
	maxWords  = 1000 // bytes of the upstream's words that are kept
	minSecret = 4    // bytes; taking out less would only garble the words
)

// redact takes the secrets that the request held out of the upstream's words, and cuts them to a sane length.
func (c *Client) redact(rq *call, words string) string {
	words = wordsWithout(words, append([]string{string(c.cfg.ClientSecret), rq.token}, rq.secrets...))
	if len(words) > maxWords {
		words = strings.ToValidUTF8(words[:maxWords], "") + "…"
	}
	return words
}
