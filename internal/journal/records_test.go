package journal_test

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/crc32"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
)

// Whatever a command gets for a field, it must have a column: this fills all there are.
func TestEveryFieldIsKept(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j := s.openAll(t)[0]
		full := filled(t, 1)
		full.ID, full.Step = "00000001", journal.Claimed
		won(t, j, full)
		same(t, j, full, full)
		for n := range 8 {
			again := filled(t, n+2)
			again.ID, again.Account, again.Version = full.ID, full.Account, full.Version
			full = saved(t, j, again, func(*journal.Command) {})
			same(t, j, again, again)
		}

		empty := &journal.Command{ID: "00000002", CreatedAt: noon, Step: journal.Claimed}
		won(t, j, empty)
		same(t, j, empty, empty)
		saved(t, j, empty, func(c *journal.Command) {
			c.SubscriptionIDs, c.Operations, c.LeftBehind, c.ProductIDs = []string{}, []journal.Operation{}, []string{}, []string{}
		})
		same(t, j, empty, empty)
	})
}

// same fails unless the journal holds this for a command, by whichever way it is asked.
func same(t *testing.T, j journal.Journal, c, wanted *journal.Command) {
	t.Helper()
	got, err := j.Get(t.Context(), c.Account, c.ID)
	if err != nil || got == nil {
		t.Fatal(got, err)
	}
	listed, err := j.List(t.Context(), journal.Filter{Account: c.Account, CustomerNo: c.CustomerNo}, journal.Page{Limit: 1})
	if err != nil || len(listed) != 1 {
		t.Fatal(listed, err)
	}
	for _, got := range []*journal.Command{got, listed[0]} {
		if !reflect.DeepEqual(got, wanted) {
			t.Errorf("\ngot  %+v\nwant %+v", got, wanted)
		}
	}
}

// filled is a command with something in every field, which differs with n.
func filled(t *testing.T, n int) *journal.Command {
	t.Helper()
	var c journal.Command
	fill(t, reflect.ValueOf(&c).Elem(), "Command", n)
	return &c
}

func fill(t *testing.T, v reflect.Value, name string, n int) {
	t.Helper()
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(noon.Add(time.Duration(n*len(name)) * time.Second)))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(`{"` + name + `":  "<` + string(rune('a'+n)) + ` \u0000 ü>"}`)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(name + "ü'" + string(rune('a'+n)))
	case reflect.Bool:
		v.SetBool(crc32.ChecksumIEEE([]byte(name))>>n&1 == 1) // in another way for every field
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n*1000 + len(name)))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, v.Index(i), name, n+10*i)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), name, n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), name+v.Type().Field(i).Name, n)
		}
	default:
		t.Fatalf("nobody knows how to fill %s, a %s", name, v.Type())
	}
}

// A header of Stellr's that is no text must not keep an outcome from being recorded.
func TestTextThatIsNoTextIsKept(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		c := won(t, j, m.command(func(c *journal.Command) { c.Key = "odd \xff\x00" }))
		saved(t, j, c, func(c *journal.Command) {
			c.StellrRequestID, c.Evidence = "\xff\x00", json.RawMessage("\"\xff\"")
			c.Error = &journal.Problem{Message: "\xff\x00"}
			c.Operations, c.SubscriptionIDs = []journal.Operation{{OperationID: "\xff"}}, []string{"\x00"}
		})
		got, err := j.ByOperation(t.Context(), "account", "\xff")
		if err != nil || got == nil || got.StellrRequestID != "\uFFFD\uFFFD" || got.Error.Message != "\uFFFD\x00" {
			t.Fatalf("%+v, %v", got, err)
		}
		want(t, j, m.command(func(c *journal.Command) { c.Key = "odd \xff\x00" }), journal.Check{}, journal.Taken, c)
		if got, err := j.ByKey(t.Context(), "account", "", "", "odd \xff\x00"); err != nil || got == nil {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestTimesAreKeptToMicroseconds(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		berlin := time.FixedZone("", 3600)
		c := won(t, j, m.command(func(c *journal.Command) { c.CreatedAt = time.Date(1969, 12, 31, 23, 0, 0, 1999, berlin) }))
		got, err := j.Get(t.Context(), "account", c.ID)
		if err != nil || got.CreatedAt != time.Date(1969, 12, 31, 22, 0, 0, 1000, time.UTC) {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestSaveIsOptimistic(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		nodes, m := s.openAll(t), &maker{}
		c := won(t, nodes[0], m.command(nil))
		late := *c
		saved(t, nodes[0], c, func(c *journal.Command) { c.Reads = 1 })
		late.Reads = 2
		if err := nodes[len(nodes)-1].Save(t.Context(), &late); !errors.Is(err, journal.ErrStale) || late.Version != 1 {
			t.Errorf("a late save: %v, version %d", err, late.Version)
		}
		elsewhere, nowhere := *c, *c
		elsewhere.Account, nowhere.ID = "sandbox", "nowhere"
		for _, other := range []*journal.Command{&elsewhere, &nowhere} {
			if err := nodes[0].Save(t.Context(), other); !errors.Is(err, journal.ErrStale) {
				t.Errorf("a save of what is not there: %v", err)
			}
		}
		got, err := nodes[0].Get(t.Context(), "account", c.ID)
		if err != nil || got.Reads != 1 || got.Version != 2 || c.Version != 2 {
			t.Errorf("%+v, %v; the saver has version %d", got, err, c.Version)
		}
	})
}

func TestByKey(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		named := func(change func(c *journal.Command)) *journal.Command {
			return won(t, j, m.command(func(c *journal.Command) { c.Key = "key"; change(c) }))
		}
		released := named(func(*journal.Command) {})
		saved(t, j, released, func(c *journal.Command) { c.Released = true })
		latest := named(func(*journal.Command) {})
		elsewhere := named(func(c *journal.Command) { c.Organization = "umbrella" })
		seats := named(func(c *journal.Command) { c.Action = "changeSeats" })
		named(func(c *journal.Command) { c.Account = "sandbox" })
		won(t, j, m.command(func(c *journal.Command) { c.Key = "" }))
		free := named(func(c *journal.Command) { c.Action = "createAddOn" })
		saved(t, j, free, func(c *journal.Command) { c.Released = true })
		for _, q := range []struct {
			organization, action, key string
			want                      *journal.Command
		}{
			{"acme", "createSubscriptions", "key", latest},
			{"umbrella", "createSubscriptions", "key", elsewhere},
			{"", "createSubscriptions", "key", elsewhere},
			{"acme", "", "key", seats},
			{"", "", "key", seats},
			{"umbrella", "changeSeats", "key", nil},
			{"acme", "createAddOn", "key", free},
			{"acme", "createSubscriptions", "another", nil},
			{"acme", "createSubscriptions", "", nil},
		} {
			got, err := j.ByKey(t.Context(), "account", q.organization, q.action, q.key)
			if err != nil || (got == nil) != (q.want == nil) || got != nil && got.ID != q.want.ID {
				t.Errorf("%+v: %v, %v", q, got, err)
			}
		}
	})
}

func TestByOperation(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		operations := func(ids ...string) (all []journal.Operation) {
			for _, id := range ids {
				all = append(all, journal.Operation{OperationID: id})
			}
			return all
		}
		first := won(t, j, m.command(func(c *journal.Command) { c.Operations = operations("o1", "o2", "o2", "") }))
		second := won(t, j, m.command(func(c *journal.Command) { c.Operations = operations("o1") }))
		found := func(account, id string, want *journal.Command) {
			t.Helper()
			got, err := j.ByOperation(t.Context(), account, id)
			if err != nil || (got == nil) != (want == nil) || got != nil && got.ID != want.ID {
				t.Errorf("%s: %v, %v", id, got, err)
			}
		}
		found("account", "o1", first)
		found("account", "o2", first)
		found("account", "", nil)
		found("sandbox", "o1", nil)
		saved(t, j, first, func(c *journal.Command) { c.Operations = operations("o2", "o3") })
		saved(t, j, first, func(c *journal.Command) { c.Operations = operations("o2", "o3") })
		found("account", "o3", first)
		found("account", "o2", first)
		found("account", "o1", second)
		first.Version--
		first.Operations = operations("o4")
		if err := j.Save(t.Context(), first); !errors.Is(err, journal.ErrStale) {
			t.Error(err)
		}
		found("account", "o4", nil)
		found("account", "o3", first)
	})
}

func TestGet(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		c := won(t, j, m.command(nil))
		for _, q := range [][2]string{{"sandbox", c.ID}, {"account", "nowhere"}, {"account", ""}} {
			if got, err := j.Get(t.Context(), q[0], q[1]); got != nil || err != nil {
				t.Errorf("%v: %v, %v", q, got, err)
			}
		}
	})
}

func TestListsAndCounts(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		for i := range 4 {
			won(t, j, m.command(func(c *journal.Command) { c.CreatedAt = noon.Add(time.Duration(i) * time.Hour) })) // 1 to 4
		}
		won(t, j, m.command(func(c *journal.Command) { c.Organization = "umbrella" }))   // 5
		won(t, j, m.command(func(c *journal.Command) { c.Actor = "another" }))           // 6
		won(t, j, m.command(func(c *journal.Command) { c.CustomerNo = "another" }))      // 7
		won(t, j, m.command(func(c *journal.Command) { c.Action = "changeSeats" }))      // 8
		won(t, j, m.command(func(c *journal.Command) { c.Status = journal.Unknown }))    // 9
		won(t, j, m.command(func(c *journal.Command) { c.Account = "sandbox" }))         // 10
		won(t, j, m.command(func(c *journal.Command) { c.CreatedAt = noon.Add(-1000) })) // 11
		all := journal.Page{Limit: 100}
		for _, q := range []struct {
			f    journal.Filter
			p    journal.Page
			want string
		}{
			{journal.Filter{}, all, "11 9 8 7 6 5 4 3 2 1"},
			{journal.Filter{Account: "sandbox"}, all, "10"},
			{journal.Filter{Organization: "umbrella"}, all, "5"},
			{journal.Filter{Actor: "another"}, all, "6"},
			{journal.Filter{CustomerNo: "another"}, all, "7"},
			{journal.Filter{Customers: []string{"another", "a third", `"odd", \`}}, all, "7"},
			{journal.Filter{Customers: []string{"customer", "another"}, Organization: "acme", Actor: "someone", Action: "createSubscriptions", Status: journal.Pending}, all, "11 7 4 3 2 1"},
			{journal.Filter{Customers: []string{}}, all, ""},
			{journal.Filter{Customers: []string{"customer"}, CustomerNo: "another"}, all, ""},
			{journal.Filter{Action: "changeSeats"}, all, "8"},
			{journal.Filter{Status: journal.Unknown}, all, "9"},
			{journal.Filter{From: noon.Add(time.Hour)}, all, "4 3 2"},
			{journal.Filter{To: noon}, all, "11"},
			{journal.Filter{From: noon.Add(time.Hour), To: noon.Add(3 * time.Hour)}, all, "3 2"},
			{journal.Filter{Organization: "acme", Actor: "someone", CustomerNo: "customer", Status: journal.Pending, Action: "createSubscriptions"}, all, "11 4 3 2 1"},
			{journal.Filter{Organization: "acme", CustomerNo: "another", Status: journal.Unknown}, all, ""},
			{journal.Filter{}, journal.Page{Limit: 3}, "11 9 8"},
			{journal.Filter{}, journal.Page{Limit: 3, After: "00000008"}, "7 6 5"},
			{journal.Filter{}, journal.Page{Limit: 3, After: "00000010"}, "9 8 7"},
			{journal.Filter{}, journal.Page{Limit: 3, After: "00000001"}, ""},
			{journal.Filter{}, journal.Page{}, ""},
			{journal.Filter{}, journal.Page{Limit: 3, FromEnd: true}, "3 2 1"},
			{journal.Filter{}, journal.Page{Limit: 3, Before: "00000008"}, "11 9"},
			{journal.Filter{}, journal.Page{Limit: 3, Before: "00000003", FromEnd: true}, "6 5 4"},
			{journal.Filter{}, journal.Page{Limit: 9, Before: "00000003", After: "00000006"}, "5 4"},
			{journal.Filter{}, journal.Page{Limit: 1, Before: "00000003", After: "00000006", FromEnd: true}, "4"},
			{journal.Filter{Organization: "acme"}, journal.Page{Limit: 2, After: "00000006"}, "4 3"},
		} {
			if q.f.Account == "" {
				q.f.Account = "account"
			}
			listed, err := j.List(t.Context(), q.f, q.p)
			if got := trimmed(ids(listed)); err != nil || got != q.want {
				t.Errorf("%+v, %+v: %q, %v; want %q", q.f, q.p, got, err, q.want)
			}
			n, err := j.Count(t.Context(), q.f)
			if whole := len(strings.Fields(q.want)); err != nil || q.p == all && n != whole || n < whole {
				t.Errorf("%+v: counted %d, %v; want %q", q.f, n, err, q.want)
			}
		}
	})
}

// trimmed is ids without their zeros.
func trimmed(ids []string) string {
	ids = slices.Clone(ids)
	for i := range ids {
		ids[i] = strings.TrimLeft(ids[i], "0")
	}
	return strings.Join(ids, " ")
}

// What Stellr calls a thing is no reason not to record what became of it, however long it is.
func TestLongIDs(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		random := make([]byte, 5000) // so that it cannot be packed
		if _, err := rand.Read(random); err != nil {
			t.Fatal(err)
		}
		long := hex.EncodeToString(random)
		one, other := long+"1", long+"2"
		c := won(t, j, m.command(func(c *journal.Command) { c.SubscriptionIDs = []string{one} }))
		read := journal.Check{Based: true}
		want(t, j, m.command(func(c *journal.Command) { c.SubscriptionIDs = []string{one} }), read, journal.Busy, c)
		want(t, j, m.command(func(c *journal.Command) { c.SubscriptionIDs = []string{other} }), read, journal.Won, nil)
		saved(t, j, c, func(c *journal.Command) { c.Operations = []journal.Operation{{OperationID: one}} })
		for id, wanted := range map[string]bool{one: true, other: false} {
			if got, err := j.ByOperation(t.Context(), "account", id); err != nil || (got != nil) != wanted || wanted && got.ID != c.ID {
				t.Errorf("by …%s: %v, %v", id[len(long):], got, err)
			}
		}
	})
}
