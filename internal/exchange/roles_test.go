package exchange

import (
	"testing"

	"entente/internal/store"
)

func TestMay(t *testing.T) {
	deeds := []Deed{Read, Write, Publish, Administer, Audit}
	for _, c := range []struct {
		name   string
		roles  store.Roles
		scopes store.Scopes
		want   string // the deeds' initials
	}{
		{"nobody", 0, AllScopes, ""},
		{"reader", store.Reader, AllScopes, "R"},
		{"analyst", store.Analyst, AllScopes, "RW"},
		{"publisher", store.Publisher, AllScopes, "RWP"},
		{"administrator", store.Admin, AllScopes, "A"},
		{"auditor", store.Auditor, AllScopes, "L"},
		{"all roles", store.Reader | store.Analyst | store.Publisher | store.Admin | store.Auditor, AllScopes, "RWPAL"},
		{"all roles, no scope", store.Reader | store.Analyst | store.Publisher | store.Admin | store.Auditor, 0, ""},
		{"publisher who may read", store.Publisher, store.ScopeRead, "R"},
		{"publisher who may write", store.Publisher, store.ScopeWrite, "WP"},
		{"reader with all but reading", store.Reader, AllScopes &^ store.ScopeRead, ""},
		{"administrator with the scope of an auditor", store.Admin, store.ScopeAudit, ""},
	} {
		got := ""
		for i, d := range deeds {
			if (Principal{Roles: c.roles, Scopes: c.scopes}).May(d) {
				got += "RWPAL"[i : i+1]
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
	if (Principal{Roles: 255, Scopes: 255}).May(0) {
		t.Error("nobody may do what is no deed")
	}
}

func TestView(t *testing.T) {
	analyst := Principal{Caller: store.Caller{User: 1, Org: 7}, Roles: store.Analyst, Scopes: AllScopes}
	publisher := Principal{Caller: store.Caller{User: 1, Org: 7}, Roles: store.Publisher, Scopes: AllScopes}
	anonymous := Principal{Roles: store.Publisher, Scopes: AllScopes} // no such caller is made; it must not write either
	for _, c := range []struct {
		name           string
		p              Principal
		owner          int64
		reads, writes  bool
		read, mayWrite bool
	}{
		{"analyst, own collection", analyst, 7, true, true, true, true},
		{"analyst, another's collection", analyst, 8, true, true, true, false},
		{"publisher, another's collection", publisher, 8, true, true, true, true},
		{"publisher without right", publisher, 8, true, false, true, false},
		{"publisher who may only write", publisher, 8, false, true, false, true},
		{"anonymous", anonymous, 0, true, true, true, false},
	} {
		v := c.p.view(store.Collection{Owner: c.owner}, c.reads, c.writes)
		if v.CanRead != c.read || v.CanWrite != c.mayWrite {
			t.Errorf("%s: reads %v, writes %v", c.name, v.CanRead, v.CanWrite)
		}
	}
}
