package stellr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestErrors(t *testing.T) {
	for code, temporary := range map[Code]bool{
		CodeNotFound: false, CodeForbidden: false, CodeUnauthorized: false, CodeThrottled: true, CodeTimeout: true, CodeCanceled: false, CodeUnavailable: true,
		CodeBadAnswer: true, CodeRefused: false, CodeToken: false, CodeBudget: false, CodeNotConfigured: false, CodeInvalid: false,
	} {
		e := &Error{Action: ActionGetProduct, Stage: Rejected, Code: code, Message: "upstream's words", Detail: "more of them"}
		if e.Temporary() != temporary {
			t.Errorf("%s: temporary %v", code, e.Temporary())
		}
		if wrapped := fmt.Errorf("around: %w", e); IsNotFound(wrapped) != (code == CodeNotFound) || StageOf(wrapped) != Rejected {
			t.Errorf("%s: wrapped, it is another", code)
		}
		if text := e.Error(); strings.Contains(text, "words") || text != "getProduct: "+string(code)+" (rejected)" {
			t.Errorf("got %q", text)
		}
	}
	if IsNotFound(nil) || StageOf(nil) != "" || StageOf(io.EOF) != Unknown {
		t.Error("nil is no error, and a stranger's tells nothing")
	}
}

func TestCausesAreSafe(t *testing.T) {
	nasty := fmt.Errorf("get https://user:%s@stellr.test/?token=%s: %w", testSecret, testToken, errors.New("<html>"))
	for _, err := range []error{nasty, fmt.Errorf("%w: %w", nasty, io.EOF), fmt.Errorf("%w: %w", nasty, context.DeadlineExceeded), fmt.Errorf("%w: %w", nasty, context.Canceled)} {
		_, cause := safeCause(err)
		wantNoSecrets(t, printed(cause))
	}
}

func TestReadAll(t *testing.T) {
	for _, size := range []int{0, 1, 511, 512, 513, 4095, 4096, 4097} {
		text := strings.Repeat("x", size)
		for _, announced := range []int64{-1, 0, int64(size), 1 << 40} {
			for _, limit := range []int64{int64(size), int64(size) + 1, 1 << 20} {
				for _, reader := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
					if got, err := readAll(reader, limit, min(announced, limit)); err != nil || string(got) != text {
						t.Errorf("size %d, announced %d, limit %d: %d bytes, %v", size, announced, limit, len(got), err)
					}
				}
			}
			if size > 0 {
				if _, err := readAll(strings.NewReader(text), int64(size)-1, announced); err != errTooLarge {
					t.Errorf("size %d is above the limit: %v", size, err)
				}
			}
		}
	}
}
