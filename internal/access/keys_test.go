package access_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"stellr-gateway/internal/access"
)

// as is who a directory takes the credentials for.
func as(t testing.TB, d *access.Directory, bearer string) (access.Caller, bool) {
	t.Helper()
	ctx, err := d.Authenticate(t.Context(), bearer)
	if err != nil {
		if ctx != nil {
			t.Error("who is not known has a context")
		}
		return access.Caller{}, false
	}
	return access.From(ctx), true
}

func directory(t testing.TB, c access.Config) *access.Directory {
	t.Helper()
	d, err := access.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestKeys(t *testing.T) {
	reader, readerHash := access.NewKey()
	boss, bossHash := access.NewKey()
	d := directory(t, access.Config{
		Organizations: map[string]access.Customers{"reseller": access.Everyone(), "acme": access.Only("100001", "100002"), "globex": access.Only("0100002", "100003"), "none": {}},
		Keys: []access.Grant{
			{Name: "reader", SHA256: readerHash, Roles: []string{"viewer"}, Organizations: []string{"acme", "globex", "none"}},
			{Name: "boss", SHA256: strings.ToUpper(bossHash), Roles: []string{"viewer", "admin"}, Organizations: []string{"acme", "reseller"}},
		},
	})
	caller, ok := as(t, d, reader)
	if !ok || caller.Subject != "reader" || !slices.Equal(caller.Roles, []access.Role{access.Viewer}) || caller.Customers.All() ||
		!slices.Equal(caller.Customers.Numbers(), []string{"100001", "100002", "100003"}) {
		t.Errorf("reader is %+v, %v", caller, ok)
	}
	for customerNo, sees := range map[string]bool{"100001": true, "0100003": true, "100004": false, "": false, "0": false, "100001 ": false} {
		if caller.Sees(customerNo) != sees {
			t.Errorf("reader sees %q: %v", customerNo, !sees)
		}
	}
	if caller, ok := as(t, d, boss); !ok || caller.Subject != "boss" || !slices.Equal(caller.Roles, access.Roles()) || !caller.Sees("") || !caller.Sees("7") {
		t.Errorf("boss is %+v, %v", caller, ok)
	}
	for _, wrong := range []string{"", "sgk_", reader[:len(reader)-1], reader + "A", readerHash, strings.ToLower(boss), "a.b.c"} {
		if caller, ok := as(t, d, wrong); ok {
			t.Errorf("%q opened the door to %+v", wrong, caller)
		}
	}
	if _, ok := as(t, directory(t, access.Config{}), ""); ok {
		t.Error("no keys at all let somebody in")
	}
}

func TestBadGrants(t *testing.T) {
	_, hash := access.NewKey()
	organizations := map[string]access.Customers{"reseller": access.Everyone()}
	good := access.Grant{Name: "a", SHA256: hash, Roles: []string{"viewer"}, Organizations: []string{"reseller"}}
	for want, spoil := range map[string]func(*access.Grant){
		"it has no name":                         func(g *access.Grant) { g.Name = "" },
		"sha256 is not the SHA-256":              func(g *access.Grant) { g.SHA256 = hash[1:] },
		"64 hexadecimal digits":                  func(g *access.Grant) { g.SHA256 = strings.Repeat("x", 64) },
		`there is no role "owner"`:               func(g *access.Grant) { g.Roles = []string{"viewer", "owner"} },
		"it has no role":                         func(g *access.Grant) { g.Roles = nil },
		"it belongs to no organization":          func(g *access.Grant) { g.Organizations = nil },
		`there is no organization "elsewhere"`:   func(g *access.Grant) { g.Organizations = []string{"reseller", "elsewhere"} },
		"another key has the same sha256":        func(g *access.Grant) { g.Name = "b" },
		`key "a": another key has the same name`: func(g *access.Grant) { _, g.SHA256 = access.NewKey() },
		`key 2: it has no name`:                  func(g *access.Grant) { g.Name = "" },
	} {
		bad := good
		spoil(&bad)
		_, err := access.New(access.Config{Organizations: organizations, Keys: []access.Grant{good, bad}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
		if err != nil && strings.Contains(err.Error(), hash) {
			t.Errorf("the error shows the hash: %v", err)
		}
	}
}

func TestAllThatIsWrongIsSaid(t *testing.T) {
	_, err := access.New(access.Config{Keys: []access.Grant{{Name: "a"}, {Name: "b"}}})
	if err == nil || !strings.Contains(err.Error(), `key "a"`) || !strings.Contains(err.Error(), `key "b"`) {
		t.Errorf("got %v", err)
	}
}

// Who is there when the configuration changes has the new rights at once. Who has no key any more, or another role, is
// ended; everybody else stays.
func TestReplacing(t *testing.T) {
	stays, staysHash := access.NewKey()
	gone, goneHash := access.NewKey()
	rises, risesHash := access.NewKey()
	config := func(acme access.Customers, grants ...access.Grant) access.Config {
		return access.Config{Organizations: map[string]access.Customers{"acme": acme, "globex": access.Only("7")}, Keys: grants}
	}
	grant := func(name, hash, role, organization string) access.Grant {
		return access.Grant{Name: name, SHA256: hash, Roles: []string{role}, Organizations: []string{organization}}
	}
	d := directory(t, config(access.Only("1", "2"), grant("stays", staysHash, "buyer", "acme"), grant("gone", goneHash, "buyer", "acme"), grant("rises", risesHash, "viewer", "acme")))
	in := map[string]context.Context{}
	for name, key := range map[string]string{"stays": stays, "gone": gone, "rises": rises} {
		ctx, err := d.Authenticate(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		in[name] = ctx
	}
	if err := d.Replace(config(access.Only("1"), grant("stays", staysHash, "owner", "acme"))); err == nil || !access.From(in["gone"]).Sees("2") {
		t.Errorf("a configuration that is wrong was taken: %v", err)
	}
	if err := d.Replace(config(access.Only("2", "3"), grant("stays", staysHash, "buyer", "acme"), grant("rises", risesHash, "admin", "acme"))); err != nil {
		t.Fatal(err)
	}
	if caller := access.From(in["stays"]); in["stays"].Err() != nil || caller.Sees("1") || !caller.Sees("3") || !caller.May(access.Buyer) {
		t.Errorf("who stays is %+v, %v", caller, in["stays"].Err())
	}
	for _, name := range []string{"gone", "rises"} {
		<-in[name].Done()
		if why := context.Cause(in[name]); why != access.ErrRevoked {
			t.Errorf("%s ended because of %v", name, why)
		}
	}
	if caller := access.From(in["gone"]); caller.May(access.Viewer) || caller.Sees("2") || caller.Subject != "" {
		t.Errorf("who is gone is %+v", caller)
	}
	if caller, ok := as(t, d, rises); !ok || !caller.May(access.Admin) {
		t.Errorf("with the same key comes %+v, %v", caller, ok)
	}
}
