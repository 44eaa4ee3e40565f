package graph

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

const following = `subscription {operationUpdated(operationId: %q) {status}}`

func told(status string) string { return `{"operationUpdated":{"status":"` + status + `"}}` }

// suspend begins an operation, which takes 20 s, and returns its number.
func (s *station) suspend() string {
	s.t.Helper()
	list, err := s.client.Subscriptions("100001").Collect(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, subscription := range list.Items {
		if subscription.Status != stellr.SubscriptionActive || subscription.VendorID != "4" {
			continue
		}
		accepted, err := s.client.SuspendSubscription(s.t.Context(), "100001", subscription.SubscriptionID, stellr.Reason{})
		if err != nil {
			s.t.Fatal(err)
		}
		s.sim.ResetLedger()
		return accepted.OperationID
	}
	s.t.Fatal("nothing can be suspended")
	return ""
}

func operationStation(t testing.TB, faults ...sim.Fault) *station {
	return newStation(t, sim.Options{OperationTime: 20 * time.Second, Faults: faults})
}

// looks is how often Stellr was asked for an operation.
func (s *station) looks() int { return s.sim.Calls(stellr.ActionGetOperation) }

func TestAHundredFollowAnOperationForTheRequestsOfOne(t *testing.T) {
	over(t, func(t *testing.T, listen func(s *station, caller, query string) *ear) {
		asked := map[int]int{}
		for _, n := range []int{1, 100} {
			s := operationStation(t)
			query := fmt.Sprintf(following, s.suspend())
			var ears, done sync.WaitGroup
			for i := range n {
				ears.Add(1)
				done.Go(func() {
					e := listen(s, fmt.Sprint("caller ", i/5), query)
					e.want(told("ACCEPTED"))
					ears.Done()
					e.want(told("RUNNING"), told("SUCCEEDED"), "complete")
				})
			}
			ears.Wait()
			if got := s.looks(); got != 1 {
				t.Errorf("%d first looks for %d who listen", got, n)
			}
			over := make(chan struct{})
			go func() { done.Wait(); close(over) }()
			for left := true; left; {
				select {
				case s.turns <- struct{}{}:
				case <-over:
					left = false
				}
			}
			asked[n] = s.looks()
			s.wantNothingKept()
		}
		if asked[1] != asked[100] || asked[1] < 3 {
			t.Errorf("requests by how many listened: %v", asked)
		}
	})
}

func TestALateOneBeginsWithThePresentState(t *testing.T) {
	s := operationStation(t)
	query := fmt.Sprintf(following, s.suspend())
	early := s.socketEar("", query)
	early.want(told("ACCEPTED"))
	s.passed.Add(int64(5 * time.Second))
	s.turns <- struct{}{} // and 2 s more
	early.want(told("RUNNING"))
	before := s.looks()
	late := s.streamEar("", query)
	late.want(told("RUNNING"))
	if s.looks() != before {
		t.Error("what was just seen was asked for again")
	}
	s.passed.Add(int64(time.Minute)) // it has ended, and nobody has looked
	last := s.streamEar("", query)
	last.want(told("SUCCEEDED"), "complete")
	if s.looks() != before+1 {
		t.Errorf("%d looks for somebody who came later", s.looks()-before)
	}
	early.want(told("SUCCEEDED"), "complete") // is told at once what another's look has seen
	late.want(told("SUCCEEDED"), "complete")
	s.wantNothingKept()
	s.streamEar("", query).want(told("SUCCEEDED"), "complete")
}

// What somebody else saw of the operation is told at once, without a look.
func TestWhatIsSeenElsewhereIsTold(t *testing.T) {
	s := operationStation(t)
	id := s.suspend()
	e := s.streamEar("", fmt.Sprintf(following, id))
	e.want(told("ACCEPTED"))
	saw := func(status stellr.OperationStatus, results ...stellr.OperationResult) {
		s.r.tellOperation(&stellr.Operation{OperationID: id, Status: status, StatusText: string(status), Results: results})
	}
	saw(stellr.OperationAccepted)
	saw(stellr.OperationRunning)
	saw(stellr.OperationRunning)
	saw(stellr.OperationAccepted) // an answer that was long on its way
	s.r.tellOperation(&stellr.Operation{OperationID: "1" + id, Status: stellr.OperationFailed})
	saw(stellr.OperationRunning, stellr.OperationResult{Message: "halfway"})
	saw(stellr.OperationFailed)
	saw(stellr.OperationRunning)
	e.want(told("RUNNING"), told("RUNNING"), told("FAILED"), "complete")
	if s.looks() != 1 {
		t.Errorf("%d looks", s.looks())
	}
	s.wantNothingKept()
	saw(stellr.OperationRunning) // to nobody
}

func TestAnOperationThatIsGoneCompletes(t *testing.T) {
	s := operationStation(t)
	id := s.suspend()
	e := s.streamEar("", fmt.Sprintf(following, id))
	e.want(told("ACCEPTED"))
	s.sim.Inject(sim.Fault{Action: stellr.ActionGetOperation, Kind: sim.FaultStatus, Status: 404})
	s.turns <- struct{}{}
	e.want("complete")
	s.wantNothingKept()
	for _, none := range []string{id, "", "1", "../1"} {
		s.streamEar("", fmt.Sprintf(following, none)).want("complete")
	}
	s.wantNothingKept()
}

func TestAFirstLookThatFailsIsAnError(t *testing.T) {
	s := operationStation(t, sim.Fault{Action: stellr.ActionGetOperation, Kind: sim.FaultStatus, Status: 403})
	id := s.suspend()
	over(t, func(t *testing.T, listen func(s *station, caller, query string) *ear) {
		e := listen(s, "", fmt.Sprintf(following, id))
		if code := codeOf(t, e.next()); code != "UPSTREAM_FORBIDDEN" {
			t.Error(code)
		}
	})
	s.wantNothingKept()
}

// The first who asks leaves while the answer is on its way. The second gets it, and nobody asks again.
func TestWhoLeavesSpoilsNothingForOthers(t *testing.T) {
	release := make(chan struct{})
	s := newStation(t, sim.Options{OperationTime: 20 * time.Second, Sleep: func(ctx context.Context, _ time.Duration) {
		select {
		case <-release:
		case <-ctx.Done():
		}
	}})
	id := s.suspend()
	s.sim.Inject(sim.Fault{Action: stellr.ActionGetOperation, Kind: sim.FaultLatency, Delay: time.Second})
	ws := s.r.feeds.operations
	waiting := func(n int) func() bool {
		return func() bool {
			ws.mu.Lock()
			defer ws.mu.Unlock()
			w := ws.all[id]
			return w != nil && w.listeners == n && w.look != nil
		}
	}
	first := s.streamEar("", fmt.Sprintf(following, id))
	s.until("the first waits", waiting(1))
	second := s.streamEar("", fmt.Sprintf(following, id))
	s.until("the second waits", waiting(2))
	first.leave()
	s.until("the first is gone", waiting(1))
	close(release)
	second.want(told("ACCEPTED"))
	if s.looks() != 1 {
		t.Errorf("%d looks", s.looks())
	}
	second.leave()
	s.wantNothingKept()
}

// The watch does not outlive those who listen, however they leave, and the next one begins anew.
func TestAWatchEndsWithTheLastWhoListens(t *testing.T) {
	stopped := make(chan error, 2)
	s := newStation(t, sim.Options{OperationTime: 20 * time.Second}, func(_ *stellr.Config, o *Options, _ *HandlerOptions) {
		pause := o.Pause
		o.Pause = func(ctx context.Context, d time.Duration) error {
			err := pause(ctx, d)
			if err != nil {
				stopped <- err
			}
			return err
		}
	})
	id := s.suspend()
	one, two := s.socketEar("", fmt.Sprintf(following, id)), s.streamEar("", fmt.Sprintf(following, id))
	one.want(told("ACCEPTED"))
	two.want(told("ACCEPTED"))
	one.leave()
	s.until("one is left", func() bool { return s.listeners() == 1 })
	s.passed.Add(int64(5 * time.Second))
	s.turns <- struct{}{}
	two.want(told("RUNNING"))
	two.leave()
	<-stopped
	s.wantNothingKept()
	again := s.socketEar("", fmt.Sprintf(following, id))
	again.want(told("RUNNING"))
	again.leave()
	<-stopped
}

// An operation is looked at more and more seldom, and often again once it has changed.
func TestHowOftenAnOperationIsLookedAt(t *testing.T) {
	waits := make(chan time.Duration)
	s := newStation(t, sim.Options{OperationTime: 20 * time.Second}, func(_ *stellr.Config, o *Options, _ *HandlerOptions) {
		o.Pause = func(ctx context.Context, d time.Duration) error {
			select {
			case waits <- d:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	id := s.suspend()
	e := s.streamEar("", fmt.Sprintf(following, id))
	e.want(told("ACCEPTED"))
	for _, want := range []time.Duration{2000, 3000, 4500, 6750, 10125, 15187, 22781, 34171, 51257, 60000, 60000} {
		if got := <-waits; got.Truncate(time.Millisecond) != want*time.Millisecond {
			t.Fatalf("a wait of %v where %v ms should be", got, want)
		}
	}
	s.passed.Add(int64(10 * time.Second))
	wait := <-waits // the look before it may have seen the change, or not yet
	if wait == time.Minute {
		wait = <-waits
	}
	if next := <-waits; wait != 2*time.Second || next != 3*time.Second {
		t.Errorf("waits of %v and %v after a change", wait, next)
	}
	e.want(told("RUNNING"))
}
