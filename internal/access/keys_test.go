package access

import (
	"slices"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	reader, readerHash := NewKey()
	boss, bossHash := NewKey()
	keys, err := NewKeys([]Grant{
		{Name: "reader", SHA256: readerHash, Roles: []string{"viewer"}, Organizations: []string{"reseller"}},
		{Name: "boss", SHA256: strings.ToUpper(bossHash), Roles: []string{"viewer", "admin"}, Organizations: []string{"reseller"}},
	}, map[string]Organization{"reseller": {AllCustomers: true}})
	if err != nil {
		t.Fatal(err)
	}
	if caller, ok := keys.Find(reader); !ok || caller.Subject != "reader" || !slices.Equal(caller.Roles, []Role{Viewer}) || !caller.Customers.All() {
		t.Errorf("reader is %+v, %v", caller, ok)
	}
	if caller, ok := keys.Find(boss); !ok || caller.Subject != "boss" || !slices.Equal(caller.Roles, []Role{Viewer, Operator, Buyer, Admin}) {
		t.Errorf("boss is %+v, %v", caller, ok)
	}
	for _, wrong := range []string{"", "sgk_", reader[:len(reader)-1], reader + "A", readerHash, strings.ToLower(boss)} {
		if caller, ok := keys.Find(wrong); ok {
			t.Errorf("%q opened the door to %+v", wrong, caller)
		}
	}
	if _, ok := new(Keys).Find(""); ok {
		t.Error("no keys at all let somebody in")
	}
}

func TestBadGrants(t *testing.T) {
	_, hash := NewKey()
	organizations := map[string]Organization{"reseller": {AllCustomers: true}, "acme": {Customers: []string{"100001"}}, "none": {}}
	good := Grant{Name: "a", SHA256: hash, Roles: []string{"viewer"}, Organizations: []string{"reseller"}}
	for want, spoil := range map[string]func(*Grant){
		"it has no name":                         func(g *Grant) { g.Name = "" },
		"sha256 is not the SHA-256":              func(g *Grant) { g.SHA256 = hash[1:] },
		"64 hexadecimal digits":                  func(g *Grant) { g.SHA256 = strings.Repeat("x", 64) },
		`there is no role "owner"`:               func(g *Grant) { g.Roles = []string{"viewer", "owner"} },
		"it has no role":                         func(g *Grant) { g.Roles = nil },
		"it belongs to no organization":          func(g *Grant) { g.Organizations = nil },
		`there is no organization "elsewhere"`:   func(g *Grant) { g.Organizations = []string{"reseller", "elsewhere"} },
		`organization "acme" has some customers`: func(g *Grant) { g.Organizations = []string{"reseller", "acme"} },
		`organization "none" has some customers`: func(g *Grant) { g.Organizations = []string{"none"} },
		"another key has the same sha256":        func(g *Grant) { g.Name = "b" },
		`key "a": another key has the same name`: func(g *Grant) { _, g.SHA256 = NewKey() },
		`key 2: it has no name`:                  func(g *Grant) { g.Name = "" },
	} {
		bad := good
		spoil(&bad)
		_, err := NewKeys([]Grant{good, bad}, organizations)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
		if err != nil && strings.Contains(err.Error(), hash) {
			t.Errorf("the error shows the hash: %v", err)
		}
	}
}

func TestAllThatIsWrongIsSaid(t *testing.T) {
	_, err := NewKeys([]Grant{{Name: "a"}, {Name: "b"}}, nil)
	if err == nil || !strings.Contains(err.Error(), `key "a"`) || !strings.Contains(err.Error(), `key "b"`) {
		t.Errorf("got %v", err)
	}
}
