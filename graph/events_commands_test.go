package graph

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr/sim"
)

const commanding = `subscription {commandUpdated {action status}}`

func commandSays(action string, status journal.Status) string {
	return fmt.Sprintf(`{"commandUpdated":{"action":%q,"status":%q}}`, action, status)
}

func command(id, organization, customerNo string) *journal.Command {
	return &journal.Command{
		ID: id, Organization: organization, Actor: organization, CustomerNo: customerNo, Action: "action " + id, Status: journal.Pending,
		Step: journal.Claimed, Input: json.RawMessage(`{}`), CreatedAt: stationDay,
	}
}

func TestCommandsAreToldOnEveryChange(t *testing.T) {
	over(t, func(t *testing.T, listen func(s *station, caller, query string) *ear) {
		s := newStation(t, sim.Options{})
		c := command("1", "acme", "100001")
		s.r.tellCommand(c) // to nobody
		e := listen(s, "acme", commanding)
		s.until("somebody listens", func() bool { return s.listeners() == 1 })
		s.r.tellCommand(c)
		c.Step, c.Version, c.ChangedAt, c.Node, c.LeaseUntil = journal.Following, 2, stationDay, "a node", stationDay.Add(time.Hour)
		s.r.tellCommand(c) // only the gateway's own work on it has changed
		c.Operations = []journal.Operation{{OperationID: "7"}}
		s.r.tellCommand(c)
		s.r.tellCommand(command("2", "acme", ""))
		c.Status = journal.Succeeded
		s.r.tellCommand(c)
		s.r.tellCommand(c)
		c.Status = journal.Unknown
		s.r.tellCommand(c)
		e.want(commandSays("action 1", "PENDING"), commandSays("action 1", "PENDING"), commandSays("action 2", "PENDING"),
			commandSays("action 1", "SUCCEEDED"), commandSays("action 1", "UNKNOWN"))
		e.leave()
		s.wantNothingKept()
		e = listen(s, "acme", commanding) // comes again, and is told from now on
		s.until("somebody listens", func() bool { return s.listeners() == 1 })
		s.r.tellCommand(c)
		e.want(commandSays("action 1", "UNKNOWN"))
	})
}

// Nobody is told of another's commands, nor of another customer's when it asked for one.
func TestCommandsAreToldToWhoMaySeeThem(t *testing.T) {
	s := newStation(t, sim.Options{})
	of := func(customerNo string) string {
		return fmt.Sprintf(`subscription {commandUpdated(customerNo: %q) {action status}}`, customerNo)
	}
	ears := []struct {
		ear   *ear
		hears []string
	}{
		{s.socketEar("acme", commanding), []string{"1", "2", "3", "4"}},
		{s.streamEar("globex", commanding), []string{"5"}},
		{s.streamEar("", commanding), []string{"1", "2", "3", "4", "5"}},
		{s.streamEar("acme", of("100001")), []string{"1", "3"}},
		{s.socketEar("acme", of("0100001")), []string{"1", "3"}},
		{s.socketEar("globex", of("100001")), []string{"5"}},
		{s.streamEar("nobody", commanding), nil},
		{s.streamEar("acme", of("")), nil},
		{s.streamEar("acme", of("100003")), nil},
	}
	s.until("all listen", func() bool { return s.listeners() == len(ears) })
	for _, c := range []*journal.Command{
		command("1", "acme", "100001"), command("2", "acme", "100002"), command("3", "acme", "0100001"), command("4", "acme", ""), command("5", "globex", "100001"),
	} {
		s.r.tellCommand(c)
	}
	s.r.feeds.commands.hub.End("") // so that everything else that was told would come
	for i, e := range ears {
		for _, id := range e.hears {
			e.ear.want(commandSays("action "+id, "PENDING"))
		}
		if got := e.ear.next(); got != "complete" {
			t.Errorf("the listener %d was told %s", i, got)
		}
	}
}

// What is told is not touched by what the teller does to its command afterwards, whatever fields commands get.
func TestWhatIsToldOfACommandIsACopy(t *testing.T) {
	c := &journal.Command{Error: &journal.Problem{Field: []string{"a"}}}
	fill := reflect.ValueOf(c).Elem()
	for i := range fill.NumField() {
		if field := fill.Field(i); field.Kind() == reflect.Slice {
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
		}
	}
	var shared func(path string, a, b reflect.Value)
	shared = func(path string, a, b reflect.Value) {
		switch a.Kind() {
		case reflect.Slice, reflect.Pointer, reflect.Map:
			if a.Type() == reflect.TypeFor[*time.Location]() {
				return
			}
			if a.IsNil() != b.IsNil() || !a.IsNil() && a.Pointer() == b.Pointer() {
				t.Errorf("%s is shared, or lost", path)
			}
			if a.Kind() == reflect.Pointer {
				shared(path, a.Elem(), b.Elem())
			}
		case reflect.Struct:
			for i := range a.NumField() {
				shared(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
			}
		}
	}
	now := copyCommand(c)
	shared("command", reflect.ValueOf(c), reflect.ValueOf(now))
	if !reflect.DeepEqual(c, now) {
		t.Error("the copy is not the same")
	}
}

// The memory of what was told has an end.
func TestCommandsAreNotRememberedWithoutEnd(t *testing.T) {
	f := newCommandFeed()
	s := f.hub.Listen("", nil)
	defer s.Close()
	for i := range 2*rememberedCommands + 1 {
		f.tell(&journal.Command{ID: fmt.Sprint(i)})
		select {
		case <-s.Events():
		default:
			t.Fatal("a command was not told")
		}
	}
	if len(f.told) > rememberedCommands {
		t.Errorf("%d commands are remembered", len(f.told))
	}
}
