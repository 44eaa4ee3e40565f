package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// work lets the keeper look after commands, until the test ends.
func (s *station) work() {
	working, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); s.r.Work(working) }()
	s.t.Cleanup(func() { stop(); <-stopped })
}

// A write is heard of in all three ways: that it was asked for and what came of it, that the subscription is another now,
// and how far its operation has come.
func TestAWriteIsHeardOf(t *testing.T) {
	over(t, func(t *testing.T, listen func(s *station, caller, query string) *ear) {
		j, err := journal.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "journal.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = j.Close() })
		s := newStation(t, sim.Options{OperationTime: 20 * time.Second}, func(_ *stellr.Config, o *Options, _ *HandlerOptions) {
			o.Journal, o.Account, o.Node = j, "test", "test"
		})
		s.work()
		subscription := s.seats()[0]
		commands := listen(s, "", `subscription {commandUpdated(customerNo: "100001") {action status subscription {quantity}}}`)
		others := listen(s, "globex", commanding)
		changes := listen(s, "", fmt.Sprintf(changing, "100001"))
		s.until("all listen", func() bool { return s.listeners() == 3 })

		body, _ := json.Marshal(map[string]any{
			"query": `mutation ($in: ChangeSeatsInput!) {changeSeats(input: $in) {userErrors {message} operation {operationId}}}`,
			"variables": map[string]any{"in": map[string]any{
				"customerNo": "100001", "subscriptionId": subscription.SubscriptionID, "idempotencyKey": "a key of the test's, long enough",
				"quantity": *subscription.Quantity + 1, "expectedQuantity": *subscription.Quantity,
			}},
		})
		response, err := http.Post(s.front.URL, "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var answer struct {
			Data struct {
				ChangeSeats struct {
					UserErrors []struct{ Message string }
					Operation  *struct{ OperationID string }
				}
			}
		}
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Data.ChangeSeats.Operation == nil {
			t.Fatalf("%+v %v", answer, err)
		}
		operation := listen(s, "", fmt.Sprintf(following, answer.Data.ChangeSeats.Operation.OperationID))
		operation.want(told("ACCEPTED"))
		says := func(status string, quantity int) string {
			return fmt.Sprintf(`{"commandUpdated":{"action":"changeSeats","status":%q,"subscription":{"quantity":%d}}}`, status, quantity)
		}
		commands.want(says("PENDING", *subscription.Quantity))
		s.passed.Add(int64(time.Minute)) // nobody but the keeper looks: the watch's own time stands still
		for event := commands.next(); event != says("SUCCEEDED", *subscription.Quantity+1); event = commands.next() {
			if event != says("PENDING", *subscription.Quantity) && event != says("PENDING", *subscription.Quantity+1) {
				t.Fatal(event)
			}
		}
		changes.want(quantityIs(subscription.SubscriptionID, *subscription.Quantity+1))
		operation.want(told("SUCCEEDED"), "complete")
		s.r.feeds.commands.hub.End("")
		s.r.feeds.subscriptions.hub.End("100001")
		commands.want("complete")
		others.want("complete")
		changes.want("complete")
		s.wantNothingKept()
	})
}
