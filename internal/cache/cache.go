// Package cache keeps what was read from the upstream, across requests and, with Redis, across nodes.
package cache

import (
	"context"
	"time"
)

// Cache keeps what was read. What it answers is shared by all who read: nobody changes it. It is safe for concurrent use.
type Cache interface {
	// Get answers a question from what is kept, or by its Fetch. One Fetch is under way for a key at a time, on this node
	// and, with Redis, on all nodes; whoever asks meanwhile gets its answer. It fails with what Fetch or Decode failed with,
	// or with the context's error where that ends first.
	Get(ctx context.Context, q Question) (Answer, error)
	// Peek is Get where the answer is fresh and at hand on this node; false otherwise. It asks nobody and waits for nobody.
	Peek(key string, tags []string) (Answer, bool)
	// Drop makes everything that was read before under one of the tags count no more: what is kept, and what is being
	// fetched now. When it returns nil, every node knows. When it fails, this node does, and the others will as soon as
	// they can be told.
	Drop(ctx context.Context, tags ...string) error
	// Version changes with each Drop of one of the tags, and with every Drop where none is given: as long as it is the
	// same, nothing was dropped. It takes no time worth counting.
	Version(tags ...string) Version
	// Check says what keeps the cache from working; nil for nothing. The memory always works.
	Check(ctx context.Context) error
	// Close lets go of what the cache holds. It is not to be used after.
	Close() error
}

// Version is a state of what was dropped. Versions of the same tags can be compared, and nothing else.
type Version struct {
	number uint64
	text   string
}

// Question is what is to be read.
type Question struct {
	Key   string   // begins with the upstream account
	Tags  []string // what drops the answer; few
	Life  Life     // zero: nothing is kept, but one Fetch still serves all who ask meanwhile
	Fresh bool     // what is kept, or on its way since before, is not good enough; what comes is kept
	// Stays says that whoever asks does not mind to stay until its own Fetch has ended, also when its context ends before.
	// That saves a goroutine.
	Stays bool
	// Fetch reads from the upstream. Its context has the values of whoever asked first, and ends when nobody waits any
	// more. brief says that the answer is that there is nothing.
	Fetch func(ctx context.Context) (raw []byte, brief bool, err error)
	// Decode makes the value of what Fetch brought. Where it fails nothing is kept.
	Decode func(raw []byte) (any, error)
	// Shares says whether a failure of Fetch is one for everybody who waits. Where it is not, since it is about whoever
	// asked first, the others ask again. nil: every one but those of contexts.
	Shares func(error) bool
}

// Life is how long an answer is kept.
type Life struct {
	Fresh time.Duration // it is as good as new
	Stale time.Duration // so much longer it is given while a new one is fetched in the background
	Brief time.Duration // instead of both, for the answer that there is nothing
}

// Answer is what a question was answered.
type Answer struct {
	Value any
	Age   time.Duration // since its Fetch began; 0 where that was for this question
	Left  time.Duration // how much longer it is fresh; 0 where it is not, or is not kept
	Kept  bool          // it was kept: no Fetch was waited for
}

// Options are how a cache works. What is zero has a default.
type Options struct {
	MaxBytes   int64            // of memory, about; 64 MiB
	RefreshFor time.Duration    // how long fetching in the background may take; 30 s
	Now        func() time.Time // time.Now when nil
	patience   time.Duration    // how long Redis may take; 200 ms
}

func (o *Options) setDefaults() {
	if o.MaxBytes == 0 {
		o.MaxBytes = 64 << 20
	}
	if o.RefreshFor == 0 {
		o.RefreshFor = 30 * time.Second
	}
	if o.patience == 0 {
		o.patience = redisPatience
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}
