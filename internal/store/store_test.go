package store

import (
	"fmt"
	"testing"
	"time"
)

// world is a store with a few accounts.
type world struct {
	*Store
	a, b       Org
	ann, bob   User
	root       Root
	collection Collection
}

func (w *world) annSees() Caller { return Caller{User: w.ann.ID, Org: w.a.ID} }
func (w *world) bobSees() Caller { return Caller{User: w.bob.ID, Org: w.b.ID} }

func must[T any](tb testing.TB) func(v T, err error) T {
	tb.Helper()
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func newWorld(tb testing.TB, s *Store) *world {
	tb.Helper()
	ctx := tb.Context()
	w := &world{Store: s}
	w.a = must[Org](tb)(s.CreateOrg(ctx, Org{Name: "Alpha", Clearance: Amber}))
	w.b = must[Org](tb)(s.CreateOrg(ctx, Org{Name: "Bravo", Clearance: Green}))
	w.ann = must[User](tb)(s.CreateUser(ctx, User{Org: w.a.ID, Name: "ann", Roles: Publisher}))
	w.bob = must[User](tb)(s.CreateUser(ctx, User{Org: w.b.ID, Name: "bob", Roles: Reader}))
	w.root = must[Root](tb)(s.CreateRoot(ctx, Root{Path: "allies", Title: "Allies", MaxContentLength: 1 << 20}))
	w.collection = must[Collection](tb)(s.CreateCollection(ctx, Collection{Root: w.root.ID, Title: "Advice", Owner: w.a.ID, Label: Amber}))
	for _, r := range []Rights{{w.collection.ID, w.a.ID, true, true}, {w.collection.ID, w.b.ID, true, true}} {
		if err := s.SetRights(ctx, r); err != nil {
			tb.Fatal(err)
		}
	}
	return w
}

// item makes an item of Alpha.
func (w *world) item(id string, version int, label Label) New {
	v := time.Date(2026, 1, 1, 0, 0, version, 0, time.UTC)
	return New{
		Collection: w.collection.ID, Class: Class{Owner: w.a.ID, Submitter: w.ann.ID, Label: label}, ID: id, Type: "indicator", Spec: "2.1",
		Version: v, VersionText: v.Format(time.RFC3339Nano), Raw: fmt.Appendf(nil, `{"id":%q,"version":%d}`, id, version),
	}
}

func TestSmoke(t *testing.T) {
	onBoth(t, smoke)
}

func smoke(t *testing.T, s *Store) {
	t.Helper()
	w := newWorld(t, s)
	ctx := t.Context()
	out := must[[]Outcome](t)(w.Add(ctx, []New{w.item("indicator--1", 1, Clear), w.item("indicator--1", 2, Amber), w.item("indicator--2", 1, Green), w.item("indicator--2", 1, Green)}))
	t.Log(out)
	for _, c := range []Caller{w.annSees(), w.bobSees(), {}} {
		p := must[Page](t)(w.Items(ctx, c, Query{}))
		n := must[int64](t)(w.Count(ctx, c, Query{}))
		t.Log(n, len(p.Items))
		for _, i := range p.Items {
			t.Log(i.ID, i.Version, i.Class.Label, string(i.Raw), i.Sees)
		}
	}
	must[[]Entry](t)(w.AppendAudit(ctx, Entry{Deed: "x"}, Entry{Deed: "y"}))
	n, _, err := w.VerifyAudit(ctx)
	t.Log(n, err)
	t.Log(must[int](t)(w.Delete(ctx, w.annSees(), w.collection.ID, "indicator--1", Query{})))
	t.Log(must[int64](t)(w.Count(ctx, w.annSees(), Query{})))
	var big []New
	for i := range 200 {
		n := w.item(fmt.Sprintf("malware--%d", i), 1, Green)
		n.Terms = []Term{{TermWord, "word", Green}, {TermAttack, "T1190", Red}}
		n.Links = []Link{{"source_ref", "indicator--2", Green}}
		big = append(big, n)
	}
	must[[]Outcome](t)(w.Add(ctx, big))
	if err := w.Index(ctx); err != nil {
		t.Fatal(err)
	}
	t.Log(must[int64](t)(w.Count(ctx, w.bobSees(), Query{Words: []string{"word"}, LinkedTo: "indicator--2"})))
	t.Log(must[int64](t)(w.Count(ctx, w.bobSees(), Query{Terms: []Term{{Kind: TermAttack, Value: "T1190"}}})))
	g, err := w.Neighbours(ctx, w.bobSees(), "indicator--2", 1, 20)
	t.Log(len(g.Nodes), len(g.Edges), g.Cut, err)
	t.Log(w.Expire(ctx, time.Now()))
	t.Log(w.Conflicts(ctx, w.annSees(), 0, 0, 0))
	t.Log(w.Collections(ctx, w.bobSees(), 0))
}
