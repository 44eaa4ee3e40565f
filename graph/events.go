package graph

import (
	"context"
	"time"

	"stellr-gateway/stellr"
)

// How often an operation is looked at: at first, and at most seldom.
const (
	firstLook  = 2 * time.Second
	seldomLook = time.Minute
)

// followOperation tells the operation as it stands, then each time it is seen to have changed, until it has ended. Where
// there is no such operation nothing is told. An upstream that fails or refuses later is asked again: that it cannot be
// seen does not end an operation.
func (r *Resolver) followOperation(ctx context.Context, operationID string) (<-chan *stellr.Operation, error) {
	operation, err := r.Client.Operation(ctx, operationID)
	told := make(chan *stellr.Operation)
	if stellr.IsNotFound(err) {
		close(told)
		return told, nil
	}
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(told)
		r.tellUntilEnded(ctx, operation, told)
	}()
	return told, nil
}

func (r *Resolver) tellUntilEnded(ctx context.Context, operation *stellr.Operation, told chan<- *stellr.Operation) {
	wait := firstLook
	for {
		select {
		case told <- operation:
		case <-ctx.Done():
			return
		}
		if operation.Ended() {
			return
		}
		for before := operation; same(before, operation); wait = min(wait*3/2, seldomLook) {
			if r.Pause(ctx, wait) != nil {
				return
			}
			now, err := r.Client.Operation(ctx, operation.OperationID)
			switch {
			case err == nil:
				operation = now
			case stellr.IsNotFound(err):
				return
			}
		}
		wait = firstLook
	}
}

// same says whether two looks at an operation saw the same.
func same(a, b *stellr.Operation) bool {
	if a.StatusText != b.StatusText || a.Status != b.Status || len(a.Results) != len(b.Results) {
		return false
	}
	for i := range a.Results {
		if a.Results[i] != b.Results[i] {
			return false
		}
	}
	return true
}

// pause waits; it ends early, with the context's error, when the context does.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
