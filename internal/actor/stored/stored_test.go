package stored

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"entente/internal/actor"
	"entente/internal/exchange"
	"entente/internal/store"
)

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, run func(t *testing.T, st *store.Store)) {
	t.Helper()
	for name, place := range map[string]func(t *testing.T) store.Config{
		"sqlite":   func(t *testing.T) store.Config { t.Helper(); return store.Config{Dir: t.TempDir()} },
		"postgres": postgresPlace,
	} {
		t.Run(name, func(t *testing.T) {
			c := place(t)
			c.NoIndexer = true
			st, err := store.Create(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = st.Close() })
			run(t, st)
		})
	}
}

type scene struct {
	t  *testing.T
	ex *exchange.Service
	p  exchange.Principal
	c  exchange.CollectionView
}

func (s *scene) put(label store.Label, raws ...json.RawMessage) {
	s.t.Helper()
	list := make([][]byte, len(raws))
	for i, r := range raws {
		list[i] = r
	}
	text := append(append([]byte(`{"objects":[`), bytes.Join(list, []byte(","))...), "]}"...)
	report, err := s.ex.Import(s.t.Context(), s.p, s.c, bytes.NewReader(text), exchange.SubmitOptions{Label: &label}, nil)
	if err != nil || report.Failed+report.Conflict > 0 {
		s.t.Fatal(err, report)
	}
}

func id(raw json.RawMessage) string {
	var head struct{ ID string }
	_ = json.Unmarshal(raw, &head) // it was made here
	return head.ID
}

// around asks for the edges around an object, as somebody sees them.
func (s *scene) around(p exchange.Principal, start string) []string {
	s.t.Helper()
	r, err := actor.NewReader(s.t.Context(), New(s.ex, p), actor.Filter{})
	if err != nil {
		s.t.Fatal(err)
	}
	g, err := r.Around(s.t.Context(), actor.Question{Start: []string{start}})
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, e := range g.Edges {
		out = append(out, fmt.Sprint(e.From, e.Type, e.To))
	}
	return out
}

// Who does not see a merge, an edge or a claim about a name gets the graph as it is without.
func TestNobodySeesMoreThanTheirs(t *testing.T) {
	onBoth(t, func(t *testing.T, st *store.Store) {
		t.Helper()
		ctx := t.Context()
		ex := exchange.New(st, exchange.Options{})
		t.Cleanup(func() { _ = ex.Close(ctx) })
		p, c := place(t, st)
		s := &scene{t, ex, p, c}
		org, err := st.CreateOrg(ctx, store.Org{Name: "Beta", Clearance: store.Green})
		if err != nil {
			t.Fatal(err)
		}
		user, err := st.CreateUser(ctx, store.User{Org: org.ID, Name: "bob", Roles: store.Reader})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.SetRights(ctx, store.Rights{Collection: c.ID, Org: org.ID, Read: true}); err != nil {
			t.Fatal(err)
		}
		bob := exchange.Principal{Caller: store.Caller{User: user.ID, Org: org.ID}, Roles: store.Reader, Scopes: exchange.AllScopes}

		says := actor.Stated{Recorder: p.OrgUID, Now: time.Date(2021, 7, 19, 12, 0, 0, 0, time.UTC)}
		a := actor.NewNode{Kind: actor.Cluster, Name: "A", Stated: says}.Object()
		b := actor.NewNode{Kind: actor.IntrusionSet, Name: "B", Stated: says}.Object()
		m := actor.NewNode{Kind: actor.Malware, Name: "M", Stated: says}.Object()
		s.put(store.Green, a, b, m, actor.NewEdge{From: id(a), Type: "uses", To: id(m), Stated: says}.Object())
		s.put(store.Amber, actor.NewEdge{From: id(b), Type: "uses", To: id(m), Stated: says}.Object(),
			actor.NewEvent{Kind: actor.Merged, Parts: []string{id(a)}, Into: id(b), Stated: says}.Object(),
			actor.NewAlias{Actor: id(b), Name: "Other", Stated: says}.Object())

		apart, merged := id(a)+"uses"+id(m), id(b)+"uses"+id(m)
		for _, x := range []struct {
			who   exchange.Principal
			start string
			want  []string
			names int
		}{{p, id(m), []string{merged, merged}, 1}, {p, id(a), []string{merged, merged}, 1}, {bob, id(m), []string{apart}, 0}, {bob, id(b), nil, 0}} {
			if got := s.around(x.who, x.start); fmt.Sprint(got) != fmt.Sprint(x.want) {
				t.Errorf("around %s: %q, want %q", x.start, got, x.want)
			}
			if names, err := actor.WhoBears(ctx, New(ex, x.who), "other"); err != nil || len(names) != x.names {
				t.Errorf("%d claims about a name, want %d (%v)", len(names), x.names, err)
			}
		}
	})
}

// A source over a node answers as one over memory.
func TestAnswersAreThoseOfMemory(t *testing.T) {
	onBoth(t, func(t *testing.T, st *store.Store) {
		t.Helper()
		ctx := t.Context()
		ex := exchange.New(st, exchange.Options{})
		t.Cleanup(func() { _ = ex.Close(ctx) })
		p, c := place(t, st)
		s := &scene{t, ex, p, c}
		says := actor.Stated{Recorder: p.OrgUID, Now: time.Date(2021, 7, 19, 12, 0, 0, 0, time.UTC)}
		raws := []json.RawMessage{actor.Definition()}
		var ids []string
		for i := range 12 {
			raws = append(raws, actor.NewNode{Kind: []actor.Kind{actor.Cluster, actor.Malware, actor.Role}[i%3], Name: fmt.Sprint("N", i), Stated: says}.Object())
			ids = append(ids, id(raws[len(raws)-1]))
		}
		for i := range 30 {
			raws = append(raws, actor.NewEdge{From: ids[i*7%12], Type: "related-to", To: ids[i*5%11], Stated: says}.Object())
		}
		raws = append(raws, actor.NewEvent{Kind: actor.Merged, Parts: []string{ids[0], ids[3]}, Into: ids[6], Stated: says}.Object())
		m := &actor.Memory{}
		for _, raw := range raws {
			if err := m.Read(bytes.NewReader(raw), func(where string, err error) { t.Error(where, err) }); err != nil {
				t.Fatal(err)
			}
			s.put(store.Amber, raw)
		}
		for _, start := range ids {
			var got [2]string
			for i, src := range []actor.Source{m, New(ex, p)} {
				r, err := actor.NewReader(ctx, src, actor.Filter{})
				if err != nil {
					t.Fatal(err)
				}
				g, err := r.Around(ctx, actor.Question{Start: []string{start}, Depth: 2})
				if err != nil {
					t.Fatal(err)
				}
				for i := range g.Nodes { // memory knows no label of a collection
					g.Nodes[i].Label = ""
				}
				for i := range g.Edges {
					g.Edges[i].Label = ""
				}
				for i := range g.Events {
					g.Events[i].Label = ""
				}
				g.Label = ""
				b, err := json.Marshal(g)
				if err != nil {
					t.Fatal(err)
				}
				got[i] = string(b)
			}
			if got[0] != got[1] {
				t.Fatalf("around %s: memory says\n%s\nand the store\n%s", start, got[0], got[1])
			}
		}
	})
}
