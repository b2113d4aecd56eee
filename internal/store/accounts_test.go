package store

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAccounts(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		ctx := t.Context()
		want := func(err, sentinel error) {
			t.Helper()
			if !errors.Is(err, sentinel) {
				t.Errorf("error %v, should be %v", err, sentinel)
			}
		}
		o := must[Org](t)(s.CreateOrg(ctx, Org{Name: "Alpha", Clearance: Amber}))
		if !strings.HasPrefix(o.UID, "identity--") || o.Created.IsZero() {
			t.Errorf("created: %+v", o)
		}
		_, err := s.CreateOrg(ctx, Org{Name: "Alpha"})
		want(err, ErrExists)
		if _, err := s.CreateOrg(ctx, Org{Name: "Red", Clearance: Red}); err == nil {
			t.Error("an organisation with a clearance of red")
		}
		o.Name, o.Clearance, o.ClientOf, o.Disabled = "Alpha 2", Green, 7, true
		want(s.UpdateOrg(ctx, o), nil)
		for _, got := range []Org{
			must[Org](t)(s.Org(ctx, o.ID)), must[Org](t)(s.OrgByUID(ctx, o.UID)), must[Org](t)(s.OrgByName(ctx, "Alpha 2")), must[[]Org](t)(s.Orgs(ctx))[0],
		} {
			if got != o {
				t.Errorf("%+v, should be %+v", got, o)
			}
		}
		_, err = s.Org(ctx, 99)
		want(err, ErrNotFound)
		want(s.UpdateOrg(ctx, Org{ID: 99, Name: "x"}), ErrNotFound)

		u := must[User](t)(s.CreateUser(ctx, User{Org: o.ID, Name: "ann", Service: true, Roles: Admin | Auditor, Password: "$argon2id$", Cert: "ab"}))
		_, err = s.CreateUser(ctx, User{Org: o.ID, Name: "ann"})
		want(err, ErrExists)
		_, err = s.CreateUser(ctx, User{Org: o.ID, Name: "other", Cert: "ab"})
		want(err, ErrExists)
		_, err = s.CreateUser(ctx, User{Org: 99, Name: "lost"})
		want(err, ErrNotFound)
		must[User](t)(s.CreateUser(ctx, User{Org: o.ID, Name: "without"}))
		must[User](t)(s.CreateUser(ctx, User{Org: o.ID, Name: "without certificate"}))
		for _, odd := range []string{"ann\x00", "ann\xff", "\x00", ""} {
			_, err = s.UserByName(ctx, odd)
			want(err, ErrNotFound)
		}
		_, err = s.UserByCert(ctx, "")
		want(err, ErrNotFound)
		u.Disabled, u.Roles = true, Reader
		want(s.UpdateUser(ctx, u), nil)
		for _, got := range []User{
			must[User](t)(s.User(ctx, u.ID)), must[User](t)(s.UserByName(ctx, "ann")), must[User](t)(s.UserByCert(ctx, "ab")), must[[]User](t)(s.Users(ctx, o.ID))[0],
		} {
			if got != u {
				t.Errorf("%+v, should be %+v", got, u)
			}
		}
		if n := len(must[[]User](t)(s.Users(ctx, 0))); n != 3 {
			t.Errorf("%d users", n)
		}

		hash := sha256.Sum256([]byte("secret"))
		k := must[Token](t)(s.CreateToken(ctx, Token{User: u.ID, Name: "laptop", Hash: hash, Scopes: ScopeRead | ScopeAudit, Expires: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}))
		gotToken, gotUser, gotOrg, err := s.TokenByHash(ctx, hash)
		if err != nil || gotToken != k || gotUser != u || gotOrg != o {
			t.Errorf("%+v %+v %+v %v", gotToken, gotUser, gotOrg, err)
		}
		_, _, _, err = s.TokenByHash(ctx, [32]byte{})
		want(err, ErrNotFound)
		_, err = s.CreateToken(ctx, Token{User: 99, Hash: [32]byte{1}})
		want(err, ErrNotFound)
		at := time.Date(2026, 5, 1, 12, 30, 59, 0, time.UTC)
		want(s.TouchToken(ctx, k.ID, at), nil)
		want(s.TouchToken(ctx, k.ID, at.Add(-time.Hour)), nil)
		want(s.RevokeToken(ctx, k.ID), nil)
		want(s.RevokeToken(ctx, 99), ErrNotFound)
		k.LastUsed, k.Revoked = at.Truncate(time.Minute), true
		if got := must[[]Token](t)(s.Tokens(ctx, u.ID)); len(got) != 1 || got[0] != k {
			t.Errorf("%+v, should be %+v", got, k)
		}
	})
}

func TestCollections(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		ctx := t.Context()
		w := newWorld(t, s)
		if _, err := s.CreateRoot(ctx, Root{Path: "allies"}); !errors.Is(err, ErrExists) {
			t.Errorf("the same path: %v", err)
		}
		if got := must[Root](t)(s.RootByPath(ctx, "allies")); got != w.root || must[[]Root](t)(s.Roots(ctx))[0] != w.root {
			t.Errorf("%+v, should be %+v", got, w.root)
		}
		c := must[Collection](t)(s.CreateCollection(ctx, Collection{Root: w.root.ID, Alias: "intel", Title: "Public", Owner: w.a.ID, Public: true}))
		if _, err := s.CreateCollection(ctx, Collection{Root: w.root.ID, Alias: "intel", Owner: w.a.ID}); !errors.Is(err, ErrExists) {
			t.Errorf("the same alias: %v", err)
		}
		must[Collection](t)(s.CreateCollection(ctx, Collection{Root: w.root.ID, Title: "Nobody's", Owner: w.a.ID}))
		c.Title, c.Label, c.Description = "Open", Green, "for all"
		if err := s.UpdateCollection(ctx, c); err != nil {
			t.Fatal(err)
		}
		if got := must[Collection](t)(s.CollectionByUID(ctx, c.UID)); got != c || must[Collection](t)(s.Collection(ctx, c.ID)) != c {
			t.Errorf("%+v, should be %+v", got, c)
		}
		if err := s.SetRights(ctx, Rights{w.collection.ID, w.b.ID, false, true}); err != nil {
			t.Fatal(err)
		}
		for who, want := range map[Caller]string{
			w.annSees():       "Advice rw, Open r-",
			w.bobSees():       "Advice -w, Open r-",
			{}:                "Open r-",
			{Org: w.a.ID}:     "Open r-",
			{User: 1, Org: 2}: "Open r-",
		} {
			var got []string
			for _, v := range must[[]CollectionView](t)(s.Collections(ctx, who, w.root.ID)) {
				got = append(got, v.Title+" "+map[bool]string{true: "r", false: "-"}[v.CanRead]+map[bool]string{true: "w", false: "-"}[v.CanWrite])
			}
			if strings.Join(got, ", ") != want {
				t.Errorf("%+v knows %q, should %q", who, got, want)
			}
		}
		if got := must[[]CollectionView](t)(s.Collections(ctx, w.annSees(), 99)); len(got) != 0 {
			t.Errorf("of a root that is not there: %+v", got)
		}
		if got := must[[]Rights](t)(s.Rights(ctx, w.collection.ID)); !slices.Equal(got, []Rights{{w.collection.ID, w.a.ID, true, true}, {w.collection.ID, w.b.ID, false, true}}) {
			t.Errorf("rights: %+v", got)
		}
		for _, named := range []bool{true, true, false, true} {
			if err := s.SetNamed(ctx, c.ID, w.bob.ID, named); err != nil {
				t.Fatal(err)
			}
		}
		if got := must[[]int64](t)(s.Named(ctx, c.ID)); !slices.Equal(got, []int64{w.bob.ID}) {
			t.Errorf("named: %v", got)
		}
		g := must[Group](t)(s.CreateGroup(ctx, Group{Name: "G", Owner: w.a.ID}))
		for range 2 {
			if err := s.AddMember(ctx, g.ID, w.b.ID); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.AddMember(ctx, g.ID, 99); !errors.Is(err, ErrNotFound) {
			t.Errorf("an organisation that is not there: %v", err)
		}
		if got := must[[]int64](t)(s.Members(ctx, g.ID)); !slices.Equal(got, []int64{w.a.ID, w.b.ID}) {
			t.Errorf("members: %v", got)
		}
		if err := s.RemoveMember(ctx, g.ID, w.a.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.RemoveMember(ctx, g.ID, w.a.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("removed twice: %v", err)
		}
		if a, b := must[[]Group](t)(s.Groups(ctx, w.a.ID)), must[[]Group](t)(s.Groups(ctx, w.b.ID)); len(a) != 0 || len(b) != 1 || b[0] != g {
			t.Errorf("groups: %v %v", a, b)
		}
	})
}

func TestSmallValues(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		ctx := t.Context()
		w := newWorld(t, s)
		if _, err := s.GetMeta(ctx, "key"); !errors.Is(err, ErrNotFound) {
			t.Errorf("never set: %v", err)
		}
		for _, v := range []string{"one", "", "two"} {
			if err := errors.Join(s.SetMeta(ctx, "key", []byte(v)), s.SetCursor(ctx, "key", []byte(v+"!"))); err != nil {
				t.Fatal(err)
			}
			if a, b := must[[]byte](t)(s.GetMeta(ctx, "key")), must[[]byte](t)(s.GetCursor(ctx, "key")); string(a) != v || string(b) != v+"!" {
				t.Errorf("%q and %q, should be %q", a, b, v)
			}
		}
		var (
			all  sync.WaitGroup
			mu   sync.Mutex
			seen = map[string]bool{}
		)
		for range 8 {
			all.Go(func() {
				v, err := s.MetaOr(ctx, "node", []byte(newUUID()))
				mu.Lock()
				defer mu.Unlock()
				if seen[string(v)] = true; err != nil {
					t.Error(err)
				}
			})
		}
		if all.Wait(); len(seen) != 1 {
			t.Errorf("%d values for one name", len(seen))
		}

		for _, body := range []string{"{}", `{"status":"complete"}`} {
			if err := s.PutStatus(ctx, w.annSees(), w.root.ID, "s", []byte(body)); err != nil {
				t.Fatal(err)
			}
			if got := must[[]byte](t)(s.Status(ctx, w.annSees(), w.root.ID, "s")); string(got) != body {
				t.Errorf("status %s", got)
			}
		}
		if err := s.PutStatus(ctx, w.bobSees(), w.root.ID, "s", nil); !errors.Is(err, ErrConflict) {
			t.Errorf("somebody else's status: %v", err)
		}
		if _, err := s.Status(ctx, w.bobSees(), w.root.ID, "s"); !errors.Is(err, ErrNotFound) {
			t.Errorf("read by somebody else: %v", err)
		}
		if _, err := s.Status(ctx, w.annSees(), 99, "s"); !errors.Is(err, ErrNotFound) {
			t.Errorf("read in another root: %v", err)
		}
	})
}

func TestAudit(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		ctx := t.Context()
		if n, _, err := s.VerifyAudit(ctx); n != 0 || err != nil {
			t.Errorf("empty: %d %v", n, err)
		}
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for range 10 {
					_, err := s.AppendAudit(ctx, Entry{User: int64(i), Deed: "add", Object: "<&>\u2028\xff", Detail: `{"n":1}`}, Entry{User: int64(i), Deed: "read"})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		n, last, err := s.VerifyAudit(ctx)
		if n != 80 || err != nil {
			t.Fatalf("%d entries: %v", n, err)
		}
		page := must[[]Entry](t)(s.AuditPage(ctx, AuditQuery{Limit: 1000}))
		if page[79].Hash != last || page[0].Seq != 1 {
			t.Errorf("pages end with %+v", page[79])
		}
		if got := must[[]Entry](t)(s.AuditPage(ctx, AuditQuery{User: 2, Deed: "read", After: 10, Until: time.Now().Add(time.Hour), Since: time.Now().Add(-time.Hour)})); len(got) == 0 || len(got) > 10 {
			t.Errorf("%d entries selected", len(got))
		}
		exec := func(query string, args ...any) {
			t.Helper()
			if err := s.changed(ctx, query, args...); err != nil {
				t.Fatal(err)
			}
		}
		broken := func(what string, sound int64) {
			t.Helper()
			if n, _, err := s.VerifyAudit(ctx); !errors.Is(err, ErrDamaged) || n != sound {
				t.Errorf("%s: %d entries sound, %v", what, n, err)
			}
			if problems := must[[]Problem](t)(s.Check(ctx)); len(problems) != 1 || problems[0].Where != "audit" {
				t.Errorf("%s: check finds %v", what, problems)
			}
		}
		exec(`UPDATE audit SET object = 'other' WHERE seq = 41`)
		broken("changed", 40)
		exec(`UPDATE audit SET object = $1 WHERE seq = 41`, page[40].Object)
		if _, _, err := s.VerifyAudit(ctx); err != nil {
			t.Fatalf("put right: %v", err)
		}
		exec(`UPDATE audit SET at = at + 1 WHERE seq = 80`)
		broken("last changed", 79)
		exec(`DELETE FROM audit WHERE seq = 80`)
		broken("last removed", 79)
		exec(`DELETE FROM audit WHERE seq = 10`)
		broken("one removed", 9)
	})
}

func TestNeighbours(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		ctx := t.Context()
		link := func(n New, to string, label Label) New {
			n.Links = append(n.Links, Link{"ref", to, label})
			return n
		}
		must[[]Outcome](t)(s.Add(ctx, []New{
			w.item("malware--1", 1, Clear),
			link(link(w.item("relationship--1", 1, Green), "malware--1", Green), "indicator--1", Green),
			link(w.item("indicator--1", 1, Green), "identity--1", Amber),
			link(w.item("sighting--1", 1, Amber), "indicator--1", Amber),
			link(w.item("report--1", 1, Green), "indicator--1", Green),
			link(w.item("report--1", 2, Green), "malware--1", Green),
		}))
		show := func(who Caller, id string, depth, limit int) string {
			t.Helper()
			g := must[Graph](t)(s.Neighbours(ctx, who, id, depth, limit))
			var out []string
			for _, e := range g.Edges {
				out = append(out, e.From+">"+e.To)
			}
			out = append(out, "|")
			for _, n := range g.Nodes {
				out = append(out, n.ID)
			}
			if g.Cut {
				out = append(out, "cut")
			}
			return strings.Join(out, " ")
		}
		for _, c := range []struct {
			who          Caller
			id           string
			depth, limit int
			want         string
		}{
			{w.annSees(), "indicator--1", 1, 0, "indicator--1>identity--1 relationship--1>indicator--1 sighting--1>indicator--1 | relationship--1 indicator--1 sighting--1"},
			{w.bobSees(), "indicator--1", 1, 0, "relationship--1>indicator--1 | relationship--1 indicator--1"},
			{w.bobSees(), "indicator--1", 2, 0, "relationship--1>indicator--1 relationship--1>malware--1 | malware--1 relationship--1 indicator--1"},
			{w.bobSees(), "malware--1", 1, 0, "relationship--1>malware--1 report--1>malware--1 | malware--1 relationship--1 report--1"},
			{w.bobSees(), "malware--1", 4, 2, "relationship--1>malware--1 | malware--1 relationship--1 cut"},
			{Caller{}, "indicator--1", 4, 0, "|"},
			{w.bobSees(), "identity--1", 4, 0, "|"},
		} {
			if got := show(c.who, c.id, c.depth, c.limit); got != c.want {
				t.Errorf("%+v from %s, %d far:\n got %s\nwant %s", c.who, c.id, c.depth, got, c.want)
			}
		}
	})
}
