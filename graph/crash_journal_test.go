package graph_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"stellr-gateway/internal/journal"
)

// The points at which a gateway kills itself, by what it does with its journal.
const (
	beforeClaim    = "before-claim"
	afterClaim     = "after-claim"
	afterDispatch  = "after-dispatch"
	halfSent       = "half-sent" // half of the request's bytes are on their way
	afterOutcome   = "after-outcome"
	whenTaken      = "when-taken"    // to be followed
	beforeFollowed = "before-follow" // before what was seen is saved
	afterFollowed  = "after-follow"  // after that
)

// crashing is a journal whose process dies at the point for which it is armed.
type crashing struct {
	journal.Journal
	point     atomic.Value
	asked     chan struct{} // closed when a key was looked up
	first     sync.Once
	following sync.Map // ids of commands that were taken to be followed
	fault     string   // see plan
}

func (j *crashing) arm(point string) { j.point.Store(point) }

// at dies when the journal is armed for the point.
func (j *crashing) at(point string) {
	if j.point.Load() != point {
		return
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {} // nothing more happens here
}

// dial makes connections on which the process dies half-way through a write's request.
func (j *crashing) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	return torn{conn, j}, err
}

type torn struct {
	net.Conn
	j *crashing
}

func (c torn) Write(part []byte) (int, error) {
	line, _, _ := bytes.Cut(part, []byte("\r\n"))
	if method, path, _ := bytes.Cut(line, []byte(" ")); c.j.point.Load() == halfSent && string(method) != "GET" && bytes.HasPrefix(path, []byte("/api/")) {
		if _, err := c.Conn.Write(part[:len(part)/2]); err != nil {
			return 0, err
		}
		c.j.at(halfSent)
	}
	return c.Conn.Write(part)
}

func (j *crashing) Claim(ctx context.Context, c *journal.Command, check journal.Check) (journal.Verdict, *journal.Command, error) {
	j.at(beforeClaim)
	if j.fault == nameless {
		c.Organization = ""
	}
	verdict, other, err := j.Journal.Claim(ctx, c, check)
	j.at(afterClaim)
	return verdict, other, err
}

func (j *crashing) ByKey(ctx context.Context, account, organization, action, key string) (*journal.Command, error) {
	if j.fault == nameless {
		organization = ""
	}
	c, err := j.Journal.ByKey(ctx, account, organization, action, key)
	j.first.Do(func() { close(j.asked) })
	return c, err
}

func (j *crashing) Take(ctx context.Context, account, node string, now time.Time, lease time.Duration, most int) ([]*journal.Command, error) {
	taken, err := j.Journal.Take(ctx, account, node, now, lease, most)
	for _, c := range taken {
		if c.Step == journal.Following {
			j.at(whenTaken)
			j.following.Store(c.ID, true)
		}
	}
	return taken, err
}

func (j *crashing) Save(ctx context.Context, c *journal.Command) error {
	_, follows := j.following.Load(c.ID)
	if follows {
		j.at(beforeFollowed)
	}
	if j.fault == forgetful && c.Step == journal.Dispatched {
		return nil
	}
	err := j.Journal.Save(ctx, c)
	switch {
	case err != nil:
	case follows:
		j.at(afterFollowed)
	case c.Step == journal.Dispatched:
		j.at(afterDispatch)
	default:
		j.at(afterOutcome)
	}
	return err
}

// reopen gives back the keys of what was dispatched: what must never be done.
func reopen(ctx context.Context, j journal.Journal) error {
	rows, err := j.List(ctx, journal.Filter{Account: "test"}, journal.Page{Limit: 1000})
	for _, c := range rows {
		if c.Step == journal.Dispatched && err == nil {
			c.Step = journal.Claimed
			err = j.Save(ctx, c)
		}
	}
	return err
}
