package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"stellr-gateway/examples/service/gateway"
)

// seats sets a subscription's number of seats. What is wanted is kept before it is sent, and until it has ended: the same
// command after a crash sends the same key and gets the first outcome.
func (s *service) seats(ctx context.Context, f flags) error {
	want := intention{Customer: f.customer, Subscription: f.subscription, To: f.to, Expect: f.expect, Again: f.again}
	if f.dryRun {
		return s.rehearse(ctx, want)
	}
	kept, fresh, err := s.intentions.begin(want)
	if err == nil && !kept.same(want) {
		if err := s.settle(ctx, kept); err != nil {
			return err
		}
		kept, fresh, err = s.intentions.begin(want)
	}
	if err != nil {
		return err
	}
	if !kept.same(want) {
		return &openError{why: kept.String() + " was begun by another process"}
	}
	if !fresh {
		fmt.Fprintf(s.out, "going on with %s, begun at %s\n", kept, kept.Since.Format(time.RFC3339))
	}
	change, err := s.send(ctx, kept, fresh)
	if err != nil {
		return err
	}
	if change.Replayed {
		fmt.Fprintln(s.out, "replayed: the gateway has had this change before and did not send it again")
	}
	command := *change.Command
	if command.Status == gateway.CommandStatusPending {
		operation := ""
		if change.Operation != nil {
			operation = change.Operation.OperationId
		}
		if command, err = s.follow(ctx, command, operation, f.wait); err != nil {
			return err
		}
	}
	return s.conclude(kept, command)
}

// input is what the gateway is told of an intention.
func (i intention) input() gateway.ChangeSeatsInput {
	return gateway.ChangeSeatsInput{
		CustomerNo: i.Customer, SubscriptionId: i.Subscription, Quantity: i.To, ExpectedQuantity: i.Expect, ConfirmDuplicate: &i.Again,
	}
}

// rehearse has everything checked and sends nothing that changes anything.
func (s *service) rehearse(ctx context.Context, want intention) error {
	input := want.input()
	input.DryRun = new(true)
	var change gateway.SeatsChange
	if err := s.repeat(ctx, "checking", func() error {
		answer, err := gateway.ChangeSeats(ctx, s.client, input)
		if answer != nil {
			change = answer.ChangeSeats
		}
		return err
	}); err != nil {
		return err
	}
	if len(change.UserErrors) > 0 {
		return &refusedError{problems: change.UserErrors}
	}
	now, then := "-", "-"
	if change.Preview != nil {
		now, then = money(change.Preview.CostNow), money(change.Preview.Cost)
	}
	_, err := fmt.Fprintf(s.out, "dry run, nothing was sent: %s would take the monthly cost from %s to %s\n", want, now, then)
	return err
}

// send sends an intention, again and again with its one key while the reason to fail passes, until the gateway has a
// command of it. What is refused before that has ended.
func (s *service) send(ctx context.Context, kept intention, fresh bool) (gateway.SeatsChange, error) {
	input := kept.input()
	input.IdempotencyKey = &kept.Key
	var change gateway.SeatsChange
	lost := !fresh // whether an answer may have been lost, and the change be with the gateway
	err := s.repeat(ctx, "changing seats", func() error {
		answer, err := gateway.ChangeSeats(ctx, s.client, input)
		change = gateway.SeatsChange{}
		if answer != nil {
			change = answer.ChangeSeats
		}
		refused := &refusedError{problems: change.UserErrors}
		switch {
		case refused.has(gateway.UserErrorCodeNotProcessed): // the key is free again
			return &callError{code: string(gateway.UserErrorCodeNotProcessed), message: refused.Error(), retryable: true}
		case change.Command != nil: // an error beside it is about reading what came of it
			return nil
		case err == nil && len(change.UserErrors) > 0:
			return refused
		}
		var said *callError
		lost = lost || err != nil && (!errors.As(explain(err), &said) || said.foreign)
		return err
	})
	if err == nil && change.Command == nil {
		err = errors.New("the gateway's answer says nothing of the change")
	}
	_, passes := passing(err)
	switch {
	case err == nil:
		return change, nil
	case errors.As(err, new(*refusedError)):
		return change, errors.Join(err, s.intentions.end(kept))
	case passes || lost:
		return change, &openError{"no answer tells what became of " + kept.String() + "; the same command goes on with it", err}
	}
	return change, errors.Join(err, s.intentions.end(kept)) // the gateway said no before it did anything
}

// follow waits until a command has ended: its operation tells that something happened, the command what.
func (s *service) follow(ctx context.Context, command gateway.Command, operation string, patience time.Duration) (gateway.Command, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for pause := s.pause; command.Status == gateway.CommandStatusPending; pause = min(2*pause, 30*time.Second) {
		if operation != "" {
			err := s.watch(ctx, operation)
			if err == nil {
				operation = "" // it has ended: its command follows
			} else if ctx.Err() == nil {
				fmt.Fprintf(s.out, "the events were lost (%v); asking instead\n", err)
			}
		}
		err := s.repeat(ctx, "looking", func() error {
			answer, err := gateway.CommandByID(ctx, s.client, command.Id)
			if answer != nil && answer.Command != nil {
				command = *answer.Command
				return nil
			}
			return err
		})
		if err == nil && command.Status == gateway.CommandStatusPending {
			err = sleep(ctx, pause)
		}
		if err != nil {
			return command, &openError{"the change is under way, and the same command goes on with it", err}
		}
	}
	return command, nil
}

// conclude says how a command stands, and forgets the intention when that is final.
func (s *service) conclude(kept intention, command gateway.Command) error {
	switch command.Status {
	case gateway.CommandStatusSucceeded:
		fmt.Fprintf(s.out, "SUCCEEDED: %s\n", kept)
		if now := command.Subscription; now != nil && now.Quantity != nil && *now.Quantity != kept.To {
			fmt.Fprintf(s.out, "but there are %d seats now: somebody has changed it since. The same command again is a new change\n", *now.Quantity)
		}
		return s.intentions.end(kept)
	case gateway.CommandStatusRejected, gateway.CommandStatusFailed:
		refused := &refusedError{status: command.Status}
		if command.Error != nil {
			refused.problems = append(refused.problems, *command.Error)
		}
		return errors.Join(refused, s.intentions.end(kept))
	case gateway.CommandStatusUnknown:
		return &unknownError{kept.Customer, kept.Subscription}
	}
	return &openError{why: kept.String() + " is under way, and the same command goes on with it"}
}

// command is the gateway's record of an intention, or nil.
func (s *service) command(ctx context.Context, kept intention) (*gateway.Command, error) {
	var command *gateway.Command
	err := s.repeat(ctx, "looking", func() error {
		answer, err := gateway.CommandByKey(ctx, s.client, kept.Key)
		if answer != nil && answer.CommandByKey != nil {
			command = answer.CommandByKey
			return nil
		}
		return err
	})
	return command, err
}

// settle makes room for another intention: the earlier one must have ended.
func (s *service) settle(ctx context.Context, kept intention) error {
	command, err := s.command(ctx, kept)
	if err != nil {
		return err
	}
	if command == nil {
		return &openError{why: fmt.Sprintf("%s was begun before and the gateway has no record of it: finish it by the same command with -to %d, "+
			"or have it dropped by: service forget -customer %s -subscription %s", kept, kept.To, kept.Customer, kept.Subscription)}
	}
	err = s.conclude(kept, *command)
	if err != nil && !errors.As(err, new(*refusedError)) {
		return fmt.Errorf("an earlier change must end first: %w", err)
	}
	fmt.Fprintf(s.out, "the earlier change has ended as %s\n", command.Status)
	return nil
}

// underWay is what is kept of a subscription's change, and the gateway's record of it; nil where it has none.
func (s *service) underWay(ctx context.Context, customer, subscription string) (intention, *gateway.Command, error) {
	kept, err := s.intentions.find(customer, subscription)
	if errors.Is(err, fs.ErrNotExist) {
		return kept, nil, errors.New("nothing is under way for this subscription")
	}
	if err != nil {
		return kept, nil, err
	}
	command, err := s.command(ctx, kept)
	return kept, command, err
}

// reconcile has the gateway read what became of a change whose outcome is unknown.
func (s *service) reconcile(ctx context.Context, customer, subscription string) error {
	kept, command, err := s.underWay(ctx, customer, subscription)
	if err != nil {
		return err
	}
	if command == nil {
		return &openError{why: "the gateway has no record of " + kept.String()}
	}
	var read gateway.ReconcileReconcileCommandReconcileCommandPayload
	if err := s.repeat(ctx, "having it read", func() error {
		answer, err := gateway.Reconcile(ctx, s.client, command.Id)
		if answer != nil {
			read = answer.ReconcileCommand
		}
		return err
	}); err != nil {
		return err
	}
	if len(read.UserErrors) > 0 {
		return fmt.Errorf("the gateway does not read it: %s (%s)", read.UserErrors[0].Message, read.UserErrors[0].Code)
	}
	if read.Command != nil {
		command = read.Command
	}
	return s.conclude(kept, *command)
}

// forget drops an intention that the gateway has no record of, or whose change has ended.
func (s *service) forget(ctx context.Context, customer, subscription string) error {
	kept, command, err := s.underWay(ctx, customer, subscription)
	if err != nil {
		return err
	}
	if command != nil {
		return s.conclude(kept, *command)
	}
	fmt.Fprintf(s.out, "forgotten: %s. The gateway has no record of it\n", kept)
	return s.intentions.end(kept)
}
