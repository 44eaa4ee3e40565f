package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"stellr-gateway/internal/access"
	"stellr-gateway/internal/events"
	"stellr-gateway/internal/journal"
	"stellr-gateway/internal/redistest"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// newNodes are several gateways that share a simulator and a Redis, and hear each other.
func newNodes(t *testing.T, n int, o sim.Options) (nodes []*station, server *redistest.Server) {
	t.Helper()
	server = redistest.Start(t)
	for i := range n {
		bus := events.NewRedis(events.RedisOptions{Client: server.Client(), Account: "test", Node: fmt.Sprint("node ", i)})
		t.Cleanup(bus.Close)
		var open stellr.Config
		s := newStation(t, o, func(c *stellr.Config, o *Options, door *HandlerOptions) {
			if i > 0 {
				c.BaseURL, c.TokenURL = nodes[0].upstream.URL, nodes[0].upstream.URL+sim.TokenPath
			}
			open, c.Scope = *c, access.Scope
			o.Bus, o.Account, o.Node = bus, "test", fmt.Sprint("node ", i)
			door.Authenticate = func(ctx context.Context, bearer string) (context.Context, error) {
				caller := callerNamed("acme")
				if bearer != "" {
					caller.Customers = access.Only(bearer)
				}
				return access.With(ctx, caller), nil
			}
		})
		var err error
		if s.client, err = stellr.New(open); err != nil { // the test itself is nobody, and may do everything
			t.Fatal(err)
		}
		s.work()
		s.until("it hears others", bus.Connected)
		nodes = append(nodes, s)
	}
	return nodes, server
}

// ours is a command of the callers' of these nodes.
func ours(id, customerNo string) *journal.Command {
	c := command(id, "acme", customerNo)
	c.Account, c.Version = "test", 1
	return c
}

// What two nodes tell reaches a listener on a third, once.
func TestEventsReachEveryNode(t *testing.T) {
	nodes, _ := newNodes(t, 3, sim.Options{OperationTime: -1})
	a, b, c := nodes[0], nodes[1], nodes[2]
	seat := a.seats()[0]
	commands := c.streamEar("", commanding)
	changes := c.socketEar("", fmt.Sprintf(changing, "100001"))
	c.until("all listen", func() bool { return c.listeners() == 2 })

	told := ours("1", "100001")
	told.CreatedAt = stationDay.Add(123456789).In(time.FixedZone("", 3600)) // as it is before a journal has kept it
	a.r.tellCommand(told)
	commands.want(commandSays("action 1", "PENDING"))
	again := *told
	again.CreatedAt = told.CreatedAt.UTC().Truncate(time.Microsecond)
	b.r.tellCommand(&again)
	c.r.tellCommand(told)
	again.Version, again.Status = 3, journal.Succeeded
	b.r.tellCommand(&again)
	commands.want(commandSays("action 1", "SUCCEEDED"))
	a.r.tellCommand(told) // which is late
	a.r.tellCommand(ours("2", "100001"))
	commands.want(commandSays("action 2", "PENDING"))

	more := *seat.Quantity + 1
	a.set(seat, more)
	fresh, err := a.client.Subscription(t.Context(), "100001", seat.SubscriptionID)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range nodes {
		s.r.tellSubscription(fresh)
	}
	changes.want(quantityIs(seat.SubscriptionID, more))
	next := *fresh
	next.Quantity = new(more + 1)
	b.r.tellSubscription(&next)
	changes.want(quantityIs(seat.SubscriptionID, more+1))
	commands.leave()
	changes.leave()
	for _, s := range nodes {
		s.wantNothingKept()
	}
}

// Somebody follows an operation on one node, and another sees it end.
func TestAnOperationEndsOnAnotherNode(t *testing.T) {
	nodes, _ := newNodes(t, 2, sim.Options{OperationTime: time.Hour})
	a, b := nodes[0], nodes[1]
	accepted, err := a.client.SuspendSubscription(t.Context(), "100001", a.seats()[0].SubscriptionID, stellr.Reason{})
	if err != nil {
		t.Fatal(err)
	}
	e := b.streamEar("100001", fmt.Sprintf(following, accepted.OperationID))
	e.want(told("ACCEPTED"))
	o, err := a.client.Operation(t.Context(), accepted.OperationID)
	if err != nil {
		t.Fatal(err)
	}
	another := *o
	another.CustomerNo, another.StatusText, another.Status = "100002", "PENDING", stellr.OperationRunning
	a.r.tellOperation(&another) // is not this caller's to see
	ended := *o
	ended.StatusText, ended.Status = "DONE", stellr.OperationSucceeded
	a.r.tellOperation(&ended)
	e.want(told("SUCCEEDED"), "complete")
	b.wantNothingKept()
}

// Who may not be told by the own node is not told by another either.
func TestRightsHoldForWhatOtherNodesTell(t *testing.T) {
	nodes, _ := newNodes(t, 2, sim.Options{OperationTime: -1})
	a, b := nodes[0], nodes[1]
	ears := []*ear{b.streamEar("100001", commanding), b.socketEar("100002", commanding)}
	changes := b.streamEar("100001", fmt.Sprintf(changing, "100001"))
	b.until("all listen", func() bool { return b.listeners() == 3 })
	b.streamEar("100001", fmt.Sprintf(changing, "100002")).want("complete")
	foreign := ours("3", "100001")
	foreign.Organization = "globex"
	elsewhere := ours("4", "100001")
	elsewhere.Account = "another"
	for _, c := range []*journal.Command{foreign, elsewhere, ours("1", "100001"), ours("2", "100002")} {
		a.r.tellCommand(c)
	}
	for i, e := range ears {
		e.want(commandSays(fmt.Sprint("action ", i+1), "PENDING"))
	}
	a.r.tellSubscription(record("100002", "x", 1))
	a.r.tellSubscription(record("100001", "x", 2))
	changes.want(quantityIs("x", 2))
	a.r.tellCommand(ours("5", "100001"))
	a.r.tellCommand(ours("6", "100002"))
	for i, e := range ears {
		e.want(commandSays(fmt.Sprint("action ", i+5), "PENDING"))
	}
}

// What passes on one node is compared for those who listen on another.
func TestChangesAreSeenForListenersElsewhere(t *testing.T) {
	nodes, _ := newNodes(t, 2, sim.Options{OperationTime: -1})
	a, b := nodes[0], nodes[1]
	seat := a.seats()[0]
	one := fmt.Sprintf(`{subscription(customerNo: "100001", subscriptionId: %q) {quantity}}`, seat.SubscriptionID)
	e := b.streamEar("", fmt.Sprintf(changing, "100001"))
	a.until("the other node knows", func() bool { return a.r.feeds.subscriptions.wanted("100001") })
	a.ask(one)
	a.set(seat, *seat.Quantity+1)
	a.ask(one)
	e.want(quantityIs(seat.SubscriptionID, *seat.Quantity+1))
	b.ask(one)
	a.set(seat, *seat.Quantity+2)
	b.ask(one)
	e.want(quantityIs(seat.SubscriptionID, *seat.Quantity+2))
	e.leave()
	a.wantNothingKept()
	b.wantNothingKept()
}

// Without Redis events are told on their own node; when it is back, on the others again. Nothing waits for it.
func TestRedisAway(t *testing.T) {
	nodes, server := newNodes(t, 2, sim.Options{})
	a, b := nodes[0], nodes[1]
	here, there := a.streamEar("", commanding), b.streamEar("", commanding)
	a.until("they listen", func() bool { return a.listeners() == 1 && b.listeners() == 1 })
	a.r.tellCommand(ours("1", "100001"))
	here.want(commandSays("action 1", "PENDING"))
	there.want(commandSays("action 1", "PENDING"))
	server.Kill()
	a.r.tellCommand(ours("2", "100001"))
	here.want(commandSays("action 2", "PENDING"))
	bus := func(s *station) *events.Redis { return s.r.Bus.(*events.Redis) }
	a.until("it is noticed", func() bool { return !bus(a).Connected() && !bus(b).Connected() })
	server.Restart()
	a.until("it is back", func() bool { return bus(a).Connected() && bus(b).Connected() })
	heard := make(chan string, 1)
	go func() { heard <- there.next() }()
	for i := 3; ; i++ { // what is told before all is well again may be missed
		a.r.tellCommand(ours(fmt.Sprint(i), "100001"))
		select {
		case event := <-heard:
			if !strings.Contains(event, "action ") {
				t.Error(event)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
		if i > 2000 {
			t.Fatal("nothing is heard again")
		}
	}
}

// passed sends an event as it goes to another node.
func passed(t testing.TB, event any) events.Message {
	t.Helper()
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return events.Message{Node: "other", Event: text}
}

// filled sets every exported field, each to something else.
func filled(t testing.TB, value reflect.Value, n *int) {
	t.Helper()
	*n++
	switch at := value.Addr().Interface().(type) {
	case *time.Time:
		*at = stationDay.Add(time.Duration(*n) * time.Hour)
		return
	case *stellr.Date:
		*at = stellr.NewDate(2026, 1, *n)
		return
	case *decimal.Decimal:
		*at = decimal.New(int64(*n), -2)
		return
	case *json.RawMessage:
		*at = json.RawMessage(fmt.Sprintf(`{"a":%d}`, *n))
		return
	}
	switch value.Kind() {
	case reflect.String:
		value.SetString(fmt.Sprint("text ", *n))
	case reflect.Int, reflect.Int64:
		value.SetInt(int64(*n))
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		filled(t, value.Elem(), n)
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 2, 2))
		for i := range 2 {
			filled(t, value.Index(i), n)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			filled(t, value.Field(i), n)
		}
	default:
		t.Fatalf("a field of the kind %s: see that it gets to other nodes", value.Kind())
	}
}

// Every field gets to the other nodes, whatever fields the records get.
func TestRecordsPassWhole(t *testing.T) {
	var o, emptyO stellr.Operation
	var s, emptyS stellr.Subscription
	n := 0
	filled(t, reflect.ValueOf(&o).Elem(), &n)
	filled(t, reflect.ValueOf(&s).Elem(), &n)
	emptyO.OperationID, emptyS.SubscriptionID, emptyS.CustomerNo = "1", "1", "1"
	for _, want := range []*stellr.Operation{&o, &emptyO} {
		if got, err := unpacked(passed(t, packOperation(want)), packedOperation.unpack); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v came where %+v was told: %v", got, want, err)
		}
	}
	for _, want := range []*stellr.Subscription{&s, &emptyS} {
		got, err := unpacked(passed(t, packSubscription(want)), packedSubscription.unpack)
		if err != nil || !reflect.DeepEqual(got, want) || printOf(got) != printOf(want) {
			t.Errorf("%+v came where %+v was told: %v", got, want, err)
		}
	}
}

// Every field of a command gets to the other nodes but for those which are the gateway's own, or could tell secrets.
func TestCommandsPassWithoutWhatIsTheGateways(t *testing.T) {
	own := map[string]bool{
		"InputHash": true, "Purchase": true, "Evidence": true, "Reads": true, "DispatchedAt": true, "ChangedAt": true, "DueAt": true,
		"Node": true, "LeaseUntil": true,
	}
	var c journal.Command
	n := 0
	filled(t, reflect.ValueOf(&c).Elem(), &n)
	for _, want := range []*journal.Command{&c, {ID: "1"}} {
		got, err := unpacked(passed(t, packCommand(want)), unpackCommand)
		if err != nil {
			t.Fatal(err)
		}
		a, b := reflect.ValueOf(*want), reflect.ValueOf(*got)
		for i := range a.NumField() {
			switch name := a.Type().Field(i).Name; {
			case own[name] && !b.Field(i).IsZero():
				t.Errorf("%s gets to other nodes", name)
			case !own[name] && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()):
				t.Errorf("%s is %v and was %v", name, b.Field(i), a.Field(i))
			}
		}
		if printOf(outside(got)) != printOf(outside(want)) {
			t.Error("it is told a second time")
		}
	}
}

// A node that falls silent is forgotten, and what it listened to with it.
func TestInterestLapses(t *testing.T) {
	f, _ := feedOf(t) // of the customer 1
	now := stationDay
	f.listensElsewhere("a", []string{"1", "2", "2"}, now)
	f.listensElsewhere("b", []string{"2", "3"}, now)
	wants := func(topics string) {
		t.Helper()
		var got []string
		for _, topic := range []string{"1", "2", "3", "4"} {
			if f.wanted(topic) {
				got = append(got, topic)
			}
		}
		if strings.Join(got, " ") != topics {
			t.Errorf("%v is wanted, not %s", got, topics)
		}
	}
	wants("1 2 3")
	f.listensElsewhere("b", []string{"2", "4"}, now.Add(interestLasts))
	wants("1 2 4")
	f.listensElsewhere("c", nil, now.Add(interestLasts+1))
	wants("1 2 4")
	f.listensElsewhere("b", nil, now.Add(interestLasts+1))
	wants("1")
	if len(f.customers) != 1 || len(f.elsewhere) != 0 || f.listeners.Load() != 1 {
		t.Errorf("%v %v %d", f.customers, f.elsewhere, f.listeners.Load())
	}
}

// What is seen on two nodes is told once, and a late telling of it not at all.
func TestWhatIsSeenElsewhere(t *testing.T) {
	f, heard := feedOf(t)
	f.saw(record("1", "a", 1), f.began())
	f.sawElsewhere(record("1", "a", 1))
	f.sawElsewhere(record("1", "a", 2))
	f.saw(record("1", "a", 2), f.began())
	f.sawElsewhere(record("1", "b", 7))
	f.saw(record("1", "b", 7), f.began())
	if got := fmt.Sprint(heard()); got != "[2 7]" {
		t.Error(got)
	}
}

// heardBy is a gateway to whom anything can be told, and its log.
func heardBy(t testing.TB) (r *Resolver, said *syncLog) {
	said = &syncLog{}
	r = NewResolver(Options{Account: "test", Logger: slog.New(slog.NewTextHandler(said, nil)), Clock: func() time.Time { return stationDay }})
	commands, operations, subscriptions := r.feeds.commands.hub.Listen("", nil), r.feeds.operations.join("1"), r.feeds.subscriptions.hub.Listen("1", nil)
	listening := operations.of.hub.Listen("1", nil)
	r.feeds.subscriptions.join("1")
	t.Cleanup(func() { commands.Close(); subscriptions.Close(); listening.Close(); operations.leave() })
	return r, said
}

type syncLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *syncLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// What makes no sense is not taken in.
func TestWhatAnotherNodeTellsIsChecked(t *testing.T) {
	r, _ := heardBy(t)
	for kind, texts := range map[string][]string{
		"nonsense":       {`{}`},
		kindOperation:    {`null`, `{}`, `[]`, `{"Operation":{}}`, `{"Operation":{"operationId":"1"},"Results":[{}]}`, `{"Operation":{"operationId":"1","results":[{}]}}`},
		kindCommand:      {`null`, `{}`, `7`, `{"ID":7}`},
		kindSubscription: {`null`, `{}`, `""`, `{"Subscription":{"subscriptionId":"1"}}`, `{"Subscription":{"subscriptionId":"1","customerNo":"1","startDate":"soon"}}`},
		kindSeen:         {`null`, `{}`},
		kindInterest:     {`{}`, `"1"`, `[1]`},
	} {
		for _, text := range texts {
			if err := r.heard(events.Message{Node: "x", Kind: kind, Event: json.RawMessage(text)}); err == nil {
				t.Errorf("%s %s was taken in", kind, text)
			}
		}
	}
}

func FuzzHeard(f *testing.F) {
	for _, kind := range []string{kindOperation, kindCommand, kindSubscription, kindSeen, kindInterest} {
		f.Add(kind, `{"Operation":{"operationId":"1","results":[{}]},"Results":[{}]}`)
		f.Add(kind, `{"Subscription":{"subscriptionId":"1","customerNo":"1","unitPrice":"1.50"}}`)
		f.Add(kind, `{"ID":"1","Account":"test","Input":null}`)
		f.Add(kind, `["1","2"]`)
	}
	f.Fuzz(func(t *testing.T, kind, text string) {
		r, _ := heardBy(t)
		err := r.heard(events.Message{Node: "x", Kind: kind, Event: json.RawMessage(text)})
		if err != nil && strings.Contains(err.Error(), "fault") {
			t.Error(err)
		}
	})
}
