package exchange

import (
	"errors"
	"slices"
	"testing"
	"time"

	"entente/internal/store"
)

// Administration needs the role and the scope; nothing else stands in for them.
func TestAdministrationNeedsARole(t *testing.T) {
	n := newNode(t, Options{SealingKey: make([]byte, 32)})
	ctx := t.Context()
	for name, do := range map[string]func(p Principal) error{
		"organisations":       func(p Principal) error { _, err := n.Orgs(ctx, p); return err },
		"add organisation":    func(p Principal) error { _, err := n.AddOrg(ctx, p, store.Org{Name: "x"}); return err },
		"change organisation": func(p Principal) error { return n.SetOrg(ctx, p, store.Org{ID: p.Org, Name: "x"}) },
		"users":               func(p Principal) error { _, err := n.Users(ctx, p); return err },
		"add user":            func(p Principal) error { _, err := n.AddUser(ctx, p, store.User{Org: p.Org, Name: "x"}); return err },
		"change user":         func(p Principal) error { return n.SetUser(ctx, p, store.User{ID: p.User, Name: "x"}) },
		"tokens":              func(p Principal) error { _, err := n.Tokens(ctx, p); return err },
		"add token":           func(p Principal) error { _, _, err := n.AddToken(ctx, p, store.Token{User: p.User}); return err },
		"revoke token":        func(p Principal) error { return n.RevokeToken(ctx, p, 1) },
		"groups":              func(p Principal) error { _, err := n.AllGroups(ctx, p); return err },
		"members":             func(p Principal) error { _, err := n.Members(ctx, p, 1); return err },
		"add group": func(p Principal) error {
			_, err := n.AddGroup(ctx, p, store.Group{Name: "x", Owner: p.Org})
			return err
		},
		"add member":        func(p Principal) error { return n.SetMember(ctx, p, store.Group{ID: 1}, store.Org{ID: p.Org}, true) },
		"collections":       func(p Principal) error { _, err := n.AllCollections(ctx, p); return err },
		"add collection":    func(p Principal) error { _, err := n.AddCollection(ctx, p, n.c); return err },
		"change collection": func(p Principal) error { return n.SetCollection(ctx, p, n.c) },
		"rights":            func(p Principal) error { _, err := n.Rights(ctx, p, n.c.ID); return err },
		"grant":             func(p Principal) error { return n.SetRights(ctx, p, n.c, store.Org{ID: p.Org}, true, true) },
		"named":             func(p Principal) error { _, err := n.Named(ctx, p, n.c.ID); return err },
		"name":              func(p Principal) error { return n.SetNamed(ctx, p, n.c, store.User{ID: p.User}, true) },
	} {
		p := n.as(n.ann)
		p.Roles = store.Reader | store.Analyst | store.Publisher | store.Auditor
		if err := do(p); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s without the role: %v", name, err)
		}
		p.Roles, p.Scopes = store.Admin, AllScopes&^store.ScopeAdmin
		if err := do(p); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s without the scope: %v", name, err)
		}
		if err := do(Principal{Roles: store.Reader, Scopes: AllScopes}); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s for nobody: %v", name, err)
		}
	}
}

func TestWordsOfSets(t *testing.T) {
	for r := range store.Roles(32) {
		if back, ok := RolesNamed(RoleNames(r)); !ok || back != r {
			t.Errorf("%v became %v", r, back)
		}
	}
	for s := range store.Scopes(16) {
		if back, ok := ScopesNamed(ScopeNames(s)); !ok || back != s {
			t.Errorf("%v became %v", s, back)
		}
	}
	if _, ok := RolesNamed([]string{"reader", "king"}); ok {
		t.Error("a king is let in")
	}
}

func TestRenew(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	secret, hash := NewToken()
	k := must[store.Token](t)(n.st.CreateToken(ctx, store.Token{User: n.ann.ID, Hash: hash, Scopes: store.ScopeRead}))
	p := must[Principal](t)(n.Bearer(ctx, secret))
	p.Remote = "192.0.2.1"
	if again := must[Principal](t)(n.Renew(ctx, p)); again != p {
		t.Errorf("%+v became %+v", p, again)
	}
	u := n.ann
	u.Roles = store.Auditor
	if err := n.st.UpdateUser(ctx, u); err != nil {
		t.Fatal(err)
	}
	if again := must[Principal](t)(n.Renew(ctx, p)); again.Roles != store.Auditor || again.Scopes != store.ScopeRead {
		t.Errorf("%+v", again)
	}
	if err := n.st.RevokeToken(ctx, k.ID); err != nil {
		t.Fatal(err)
	}
	gone := p
	gone.User = 9999
	other := p
	other.Token = 9999
	for why, p := range map[string]Principal{"revoked": p, "no such user": gone, "no such token": other} {
		if _, err := n.Renew(ctx, p); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%s: %v", why, err)
		}
	}
	if again, err := n.Renew(ctx, Principal{Roles: store.Reader}); err != nil || !again.IsAnonymous() {
		t.Errorf("nobody: %+v %v", again, err)
	}
}

func TestPlaces(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	ann, bob := n.as(n.ann), n.as(n.bob)
	at := Places{
		1: time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC), 7: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		1 << 40: time.Date(1969, 12, 31, 0, 0, 0, 1000, time.UTC),
	}
	text := must[string](t)(n.SignPlaces(ctx, ann, at))
	back := must[Places](t)(n.OpenPlaces(ctx, ann, text))
	if len(back) != len(at) {
		t.Errorf("%v", back)
	}
	for id, want := range at {
		if !back[id].Equal(want) {
			t.Errorf("%d: %v, not %v", id, back[id], want)
		}
	}
	if empty := must[Places](t)(n.OpenPlaces(ctx, ann, must[string](t)(n.SignPlaces(ctx, ann, Places{5: {}})))); len(empty) != 0 {
		t.Errorf("%v", empty)
	}
	page := must[string](t)(n.SignCursor(ctx, ann, "f", store.Cursor{}))
	refused := map[string]func() error{
		"another's":        func() error { _, err := n.OpenPlaces(ctx, bob, text); return err },
		"nothing":          func() error { _, err := n.OpenPlaces(ctx, ann, ""); return err },
		"that of a page":   func() error { _, err := n.OpenPlaces(ctx, ann, page); return err },
		"as one of a page": func() error { _, err := n.OpenCursor(ctx, ann, "places", text); return err },
	}
	for i := range text {
		b := []byte(text)
		b[i] ^= 1
		refused[string(b)] = func() error { _, err := n.OpenPlaces(ctx, ann, string(b)); return err }
	}
	for why, do := range refused {
		if err := do(); !errors.Is(err, ErrBadRequest) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

// Webhooks are of those who may write, and see what they may read; secrets are given once.
func TestWebhooksNeedARole(t *testing.T) {
	n := newNode(t, Options{SealingKey: make([]byte, 32)})
	ctx := t.Context()
	add := func(roles store.Roles, scopes store.Scopes) (Webhook, string, error) {
		p := n.as(n.ann)
		p.Roles, p.Scopes = roles, scopes
		return n.AddWebhook(ctx, p, Webhook{URL: "https://example.org"}, "")
	}
	for _, c := range []struct {
		roles  store.Roles
		scopes store.Scopes
		ok     bool
	}{
		{store.Analyst, AllScopes, true},
		{store.Publisher, store.ScopeRead | store.ScopeWrite, true},
		{store.Admin | store.Reader, store.ScopeRead | store.ScopeAdmin, true},
		{store.Reader, AllScopes, false},
		{store.Admin, AllScopes, false},
		{store.Auditor, AllScopes, false},
		{store.Analyst, store.ScopeRead, false},
		{store.Analyst, store.ScopeWrite, false},
		{store.Admin | store.Reader, store.ScopeRead, false},
	} {
		w, secret, err := add(c.roles, c.scopes)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrForbidden) {
			t.Errorf("%v %v: %v", RoleNames(c.roles), ScopeNames(c.scopes), err)
		}
		if err != nil {
			continue
		}
		if kept, err := n.WebhookSecret(w); err != nil || kept != secret || len(secret) < minSecret {
			t.Errorf("%q became %q: %v", secret, kept, err)
		}
	}
	open := must[[]Webhook](t)(n.OpenWebhooks(ctx))
	if len(open) != 3 || slices.ContainsFunc(open, func(w Webhook) bool { return w.User != n.ann.ID }) {
		t.Errorf("%+v", open)
	}
	if _, err := n.OpenWebhook(ctx, "nothing"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}
