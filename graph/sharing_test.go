package graph

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"stellr-gateway/stellr"
)

// What all ask in these tests: it takes one request, which can be held up.
const (
	listing    = `{customers(first: 5) {nodes {customerNo name}}}`
	ofTheList  = "/cloud/customers?"
	annaReads  = "anna/VIEWER/all"
	benReads   = "ben/VIEWER/all"
	seesFirst  = "carl/VIEWER/100001"
	adminReads = "dora/ADMIN/all"
)

// The same question, asked by many at once who may see the same, is put to Stellr once, whoever they are.
func TestManyShareARun(t *testing.T) {
	c := newCrowd(t)
	c.hold(ofTheList)
	wishes := make([]wish, 20)
	for i := range wishes {
		wishes[i] = wish{caller: []string{annaReads, benReads}[i%2], query: listing}
	}
	answers := c.asks(wishes...)
	c.gathered(len(wishes), 1)
	c.release()
	for i, a := range answers() {
		if a.failed != nil || a.errors != nil || !strings.Contains(a.data, `"100001"`) {
			t.Errorf("caller %d got %+v", i, a)
		}
	}
	if n := c.took(ofTheList); n != 1 {
		t.Errorf("the list was read %d times", n)
	}
	c.gathered(0, 0)
}

// Questions that differ in anything that may change the answer are run apart; what does not is run together.
func TestWhatIsSharedAndWhatIsNot(t *testing.T) {
	const twoNames = `query A {customers(first: 5) {nodes {customerNo}}} query B {customers(first: 5) {nodes {customerNo}}}`
	const withVariable = `query ($n: Int = 5) {customers(first: $n) {nodes {customerNo}}}`
	personal := `{customers(first: 5) {nodes {customerNo}} viewer {subject}}`
	for _, test := range []struct {
		name string
		a, b wish
		runs int
	}{
		{"another subject", wish{caller: annaReads, query: listing}, wish{caller: benReads, query: listing}, 1},
		{"the default of a variable and the variable", wish{query: withVariable}, wish{query: withVariable, variables: `{"n":5}`}, 1},
		{"variables in another order", wish{query: `query ($a: Int, $b: String) {customers(first: $a, after: $b) {nodes {name}}}`, variables: `{"a":5,"b":null}`},
			wish{query: `query ($a: Int, $b: String) {customers(first: $a, after: $b) {nodes {name}}}`, variables: `{"b":null,"a":5}`}, 1},
		{"other variables", wish{query: withVariable, variables: `{"n":5}`}, wish{query: withVariable, variables: `{"n":6}`}, 2},
		{"another document", wish{query: listing}, wish{query: " " + listing}, 2},
		{"another operation", wish{query: twoNames, name: "A"}, wish{query: twoNames, name: "B"}, 2},
		{"other roles", wish{caller: annaReads, query: listing}, wish{caller: adminReads, query: listing}, 2},
		{"other subjects, about themselves", wish{caller: annaReads, query: personal}, wish{caller: benReads, query: personal}, 2},
		{"the same subject, about itself", wish{caller: annaReads, query: personal}, wish{caller: annaReads, query: personal}, 1},
		{"about itself in a fragment", wish{caller: annaReads, query: `{customers(first: 5) {nodes {name}} ...F} fragment F on Query {viewer {subject}}`},
			wish{caller: benReads, query: `{customers(first: 5) {nodes {name}} ...F} fragment F on Query {viewer {subject}}`}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCrowd(t)
			c.hold(ofTheList)
			answers := c.asks(test.a, test.b)
			c.gathered(2, test.runs)
			c.release()
			for i, a := range answers() {
				subject, _, _ := strings.Cut([]wish{test.a, test.b}[i].caller, "/")
				if a.failed != nil || a.errors != nil || strings.Contains(a.data, "viewer") && !strings.Contains(a.data, subject) {
					t.Errorf("%d: %+v", i, a)
				}
			}
		})
	}
}

// Who sees one customer gets that one, while who sees all asks the same.
func TestRightsAreNotShared(t *testing.T) {
	c := newCrowd(t)
	c.hold("/customers")
	answers := c.asks(wish{caller: annaReads, query: listing}, wish{caller: seesFirst, query: listing}, wish{caller: "eve/VIEWER/100002", query: listing}, wish{caller: "fay/VIEWER/", query: listing})
	c.until("three runs wait", func() bool { n, _ := c.waiting(); return n == 3 }) // nothing has to be read for the last
	c.release()
	for i, a := range answers() {
		if one, two := strings.Contains(a.data, `"100001"`), strings.Contains(a.data, `"100002"`); a.errors != nil || one != (i < 2) || two != (i == 0 || i == 2) {
			t.Errorf("%d: %s %+v", i, a.data, a.errors)
		}
	}
}

// Who wants an answer of its own neither joins a run nor is joined.
func TestByItself(t *testing.T) {
	c := newCrowd(t)
	c.hold(ofTheList)
	answers := c.asks(wish{query: listing}, wish{query: listing, header: "X-Gateway-Cost: 1"}, wish{query: listing, header: "X-Gateway-Cache: bypass"})
	c.reached(ofTheList, 3)
	if callers, runs := c.waiting(); callers != 1 || runs != 1 {
		t.Errorf("%d wait for %d runs", callers, runs)
	}
	c.release()
	for i, a := range answers() {
		if _, costs := a.extensions["cost"]; a.errors != nil || costs != (i == 1) {
			t.Errorf("%d: %+v", i, a)
		}
	}
}

// A question that is asked after a write was answered is not answered with what was read before it.
func TestAfterAWriteNoRunIsJoined(t *testing.T) {
	c := newCrowd(t)
	c.hold(ofTheList)
	before := c.asks(wish{query: listing})
	c.gathered(1, 1)
	c.r.changed(t.Context(), "100001")
	after := c.asks(wish{query: listing})
	c.reached(ofTheList, 2)
	c.release()
	if a, b := before()[0], after()[0]; a.errors != nil || a.data != b.data {
		t.Errorf("%+v and %+v", a, b)
	}
	c.gathered(0, 0)
}

// A run goes on for those who stay, when its first caller goes or another; when all have gone it is called off, and who asks
// then is not told that it was.
func TestLeaving(t *testing.T) {
	c := newCrowd(t)
	c.hold(ofTheList)
	type leaver struct {
		leave context.CancelFunc
		ended chan reply
	}
	come := func() leaver {
		ctx, leave := context.WithCancel(context.Background())
		l := leaver{leave, make(chan reply, 1)}
		go func() { l.ended <- c.ask(ctx, wish{query: listing}, "leaver") }()
		return l
	}
	first := come()
	c.gathered(1, 1)
	second, third := come(), come()
	c.gathered(3, 1)
	first.leave()
	<-first.ended
	c.gathered(2, 1)
	second.leave()
	<-second.ended
	c.gathered(1, 1)
	c.release()
	if a := <-third.ended; a.failed != nil || a.errors != nil || !strings.Contains(a.data, `"100001"`) {
		t.Errorf("who stayed got %+v", a)
	}
	c.hold(ofTheList)
	last := come()
	c.gathered(1, 1)
	last.leave()
	<-last.ended
	c.gathered(0, 0)
}

// A run that was called off, since nobody waited for it any more, is not joined by who comes before it has ended.
func TestARunThatIsCalledOffIsNotJoined(t *testing.T) {
	s := newSharing(HandlerOptions{Clock: time.Now, Deadline: time.Minute}, nil)
	a := asking{rights: "V"}
	running, r := s.begin(t.Context(), a, 1)
	s.leave(r)
	if running.Err() == nil {
		t.Fatal("the run goes on for nobody")
	}
	if _, joined := s.find(a); joined != nil {
		t.Error("it was joined")
	}
	again, next := s.begin(t.Context(), a, 1)
	if next == nil || again.Err() != nil {
		t.Fatal("no other run begins")
	}
	s.end(a, r)
	if _, joined := s.find(a); joined != next {
		t.Error("the end of the first is taken for the other's")
	}
}

// Errors are told to each with the number of its own request.
func TestErrorsAreToldUnderEachNumber(t *testing.T) {
	c := newCrowd(t)
	c.hold(ofTheList)
	answers := c.asks(wish{query: listing}, wish{query: listing}, wish{query: listing})
	c.gathered(3, 1)
	c.spoil.Store(true)
	c.release()
	var numbers []string
	for _, a := range answers() {
		if a.failed != nil || a.code() != string(CodeUpstream) {
			t.Fatalf("%+v", a)
		}
		id, _ := a.errors[0].Extensions["requestId"].(string)
		numbers = append(numbers, id)
	}
	if !slices.Equal(numbers, []string{"request-a", "request-b", "request-c"}) {
		t.Errorf("the errors' numbers are %q", numbers)
	}
	if n := c.took(ofTheList); n != 1 {
		t.Errorf("the list was read %d times", n)
	}
}

// A caller whose share is used up is refused alone: those who ask the same are not, whoever came first.
func TestOthersRatesDoNotMatter(t *testing.T) {
	c := newCrowd(t, func(config *stellr.Config, _ *Options, door *HandlerOptions) {
		door.CallerRate, door.Limits.Cost, door.Clock = 0.1, 20, config.Now
	})
	for c.ask(t.Context(), wish{caller: annaReads, query: listing}, "spend").code() == "" {
	}
	c.took("")
	c.hold(ofTheList)
	ben := c.asks(wish{caller: benReads, query: listing})
	c.gathered(1, 1)
	if a := c.ask(t.Context(), wish{caller: annaReads, query: listing}, "late"); a.code() != string(CodeRateLimited) || a.errors[0].Extensions["requestId"] != "late" {
		t.Errorf("who has nothing left got %+v", a)
	}
	c.gathered(1, 1)
	c.release()
	if a := ben()[0]; a.errors != nil {
		t.Errorf("the other got %+v", a)
	}
}

// Nor does it matter who began the run that the others have joined.
func TestWhoeverIsRefusedLeadsNobody(t *testing.T) {
	c := newCrowd(t, func(config *stellr.Config, _ *Options, door *HandlerOptions) {
		door.CallerRate, door.Limits.Cost, door.Clock = 0.1, 20, config.Now
	})
	rates := c.gate.rates
	for c.ask(t.Context(), wish{caller: annaReads, query: listing}, "spend").code() == "" {
	}
	rates.mu.Lock() // nobody is charged or refused before all are there
	anna := c.asks(wish{caller: annaReads, query: listing})
	c.gathered(1, 1)
	ben := c.asks(wish{caller: benReads, query: listing})
	c.gathered(2, 1)
	rates.mu.Unlock()
	if a := anna()[0]; a.code() != string(CodeRateLimited) {
		t.Errorf("who has nothing left got %+v", a)
	}
	if a := ben()[0]; a.errors != nil || a.data == "" {
		t.Errorf("the other got %+v", a)
	}
}

// Whoever joins a run, or is given what was kept, pays a point for it and not what it would have cost.
func TestWhatIsThereCostsAPoint(t *testing.T) {
	c := newCrowd(t, keepingAll(time.Minute, plainLives()), func(_ *stellr.Config, _ *Options, door *HandlerOptions) {
		door.CallerRate, door.Limits.Cost = 0.1, 40
	})
	c.must(wish{caller: benReads, query: listing}) // and pays for it
	estimated := 0
	for a := range c.sharing.kept.answers.Values() {
		estimated = a.estimated
	}
	answered := 0
	for answered < 100 && c.ask(t.Context(), wish{caller: annaReads, query: listing}, "kept").code() == "" {
		answered++
	}
	if want := 40 - estimated + 1; estimated < 2 || answered != want { // fewer points than that are left then
		t.Errorf("40 points were enough for %d answers that are there, each estimated at %d points; want %d", answered, estimated, want)
	}
}

// A caller's rights may change while a run lasts. It goes on with those that it began with, for those who still have
// them; who has others now is answered anew.
func TestRightsThatChangeDuringARun(t *testing.T) {
	c := newCrowd(t)
	c.hold("/customers/")
	wide := `{customers(first: 5) {nodes {customerNo subscriptions {totalCount}}}}`
	answers := c.asks(wish{caller: "gus/VIEWER/100001", query: wide})
	c.gathered(1, 1)
	joined := c.asks(wish{caller: seesFirst, query: wide})
	c.gathered(2, 1)
	c.rights.Store("gus/VIEWER/100001", "gus/VIEWER/100001 100002")
	c.release()
	if a := joined()[0]; a.errors != nil || strings.Contains(a.data, "100002") || !strings.Contains(a.data, "100001") {
		t.Errorf("who joined got %s %+v", a.data, a.errors)
	}
	if a := answers()[0]; a.errors != nil || !strings.Contains(a.data, "100002") {
		t.Errorf("who may see more by now got %s %+v", a.data, a.errors)
	}
	c.hold("/customers/")
	answers = c.asks(wish{caller: "hal/VIEWER/100001 100002", query: wide})
	c.gathered(1, 1)
	c.rights.Store("hal/VIEWER/100001 100002", "hal/VIEWER/100002")
	c.release()
	if a := answers()[0]; a.errors != nil || strings.Contains(a.data, "100001") {
		t.Errorf("who may see less by now got %s %+v", a.data, a.errors)
	}
}
