package exchange

import (
	"maps"
	"slices"
	"testing"

	"entente/internal/store"
)

// Outputs are what an interface of the node gives to a caller, who comes with a token or, without one, is anonymous. Items have
// ID, Type, Collection, Added and, but for those of the graph and of versions, Raw. ok is false where the caller is refused.
type Outputs interface {
	// Sayable is a query as the interface can say it, if it can.
	Sayable(q store.Query) (_ store.Query, ok bool)
	Items(token string, q store.Query) (items []store.Item, ok bool)
	Versions(token, id string) (items []store.Item, ok bool)
	Status(token string, collection int64, id string) (objects int64, ok bool)
}

// ObjectOutputs are what an interface gives that has a place for each object of a collection.
type ObjectOutputs interface {
	Outputs
	// Object gives all versions of an object in a collection.
	Object(token string, collection int64, id string) (items []store.Item, ok bool)
}

// SearchOutputs are what an interface gives that also searches.
type SearchOutputs interface {
	Outputs
	Count(token string, q store.Query) (n int64, ok bool)
	Graph(token, id string) (g store.Graph, ok bool)
	Conflicts(token string) (items []store.Item, ok bool)
	News(token string) (events []Event, ok bool)
}

// LeaksThrough looks at random worlds through an interface of the node that is not of this package, as TestLeaks does.
func LeaksThrough(t *testing.T, worlds int, open func(st *store.Store, s *Service, collections map[string]int64) Outputs) {
	t.Helper()
	cases, shown := 0, 0
	for seed := range worlds {
		w := newLeakWorld(t, uint64(seed)+1000, store.Config{Dir: t.TempDir()})
		uids := map[string]int64{}
		for id, c := range w.collections {
			uids[c.UID] = id
		}
		out := open(w.st, w.s, uids)
		tokens := map[int64]string{0: ""}
		for _, p := range w.submitters {
			secret, hash := NewToken()
			_, err := w.st.CreateToken(t.Context(), store.Token{User: p.User, Hash: hash, Scopes: AllScopes})
			w.must(err)
			tokens[p.User] = secret
		}
		anonymous, err := w.s.Anonymous(t.Context())
		w.must(err)
		for range 60 {
			w.submit()
		}
		w.learnDates()
		for range 2 {
			for _, p := range append(slices.Clone(w.submitters), anonymous) {
				w.lookThrough(p, tokens[p.User], out)
			}
			w.change()
			w.learnDates()
		}
		cases, shown = cases+w.cases, shown+w.shown
	}
	t.Logf("%d cases, %d items shown", cases, shown)
	if cases < 10_000*worlds || shown < 500*worlds {
		t.Errorf("the worlds are too small to tell: %d cases, %d shown", cases, shown)
	}
}

// lookThrough compares every output for one caller.
func (w *leakWorld) lookThrough(p Principal, token string, out Outputs) {
	w.t.Helper()
	if p.User != 0 && (w.users[p.User].Disabled || w.orgs[p.Org].Disabled) {
		if _, ok := out.Items(token, store.Query{}); ok {
			w.t.Fatal("who is disabled is let in")
		}
		return
	}
	fine := func(ok bool) {
		w.t.Helper()
		if !ok {
			w.t.Fatalf("%s is refused", p.UserName)
		}
	}
	for _, q := range w.queries() {
		q, sayable := out.Sayable(q)
		if !sayable || !w.maySay(p, q) {
			continue
		}
		items, ok := out.Items(token, q)
		fine(ok)
		w.compare(p, q, w.placed(items), true)
		if out, searches := out.(SearchOutputs); searches {
			n, ok := out.Count(token, q)
			fine(ok)
			if want := len(w.expected(p.Caller, q)); int(n) != want {
				w.t.Fatalf("caller %+v, query %+v: counted %d, not %d", p.Caller, q, n, want)
			}
		}
	}
	for _, c := range w.collectionIDs() {
		q := store.Query{Collections: []int64{c}}
		if _, ok := out.Items(token, q); ok != w.maySay(p, q) {
			w.t.Fatalf("collection %d is open to %s: %v", c, p.UserName, ok)
		}
	}
	if out, single := out.(ObjectOutputs); single {
		w.lookAtEach(p, token, out)
	}
	for _, id := range w.ids {
		items, ok := out.Versions(token, id)
		q := store.Query{IDs: []string{id}, Versions: store.Versions{All: true}, Specs: []string{"2.0", "2.1"}}
		if want := len(w.expected(p.Caller, q)); ok != (want > 0) {
			w.t.Fatalf("versions of %s: %v, %d expected", id, ok, want)
		}
		w.compare(p, q, w.placed(items), false)
	}
	for _, s := range w.statuses {
		c := w.collections[s.collection]
		// Whose it is sees it, at least while they see the collection.
		mine := s.user == p.User
		sees := mine && (c.Public || c.rights[p.Org].Read || c.rights[p.Org].Write)
		if n, ok := out.Status(token, s.collection, s.id); ok && !mine || sees && !ok || ok && n != 1 {
			w.t.Fatalf("the status of a submission of user %d for user %d: %v, %d objects", s.user, p.User, ok, n)
		}
		w.cases++
	}
	if out, searches := out.(SearchOutputs); searches {
		w.searchThrough(p, token, out)
	}
}

// lookAtEach compares each object of each collection for one caller.
func (w *leakWorld) lookAtEach(p Principal, token string, out ObjectOutputs) {
	w.t.Helper()
	for _, c := range w.collectionIDs() {
		for _, id := range w.ids {
			q := store.Query{Collections: []int64{c}, IDs: []string{id}, Versions: store.Versions{All: true}, Specs: []string{"2.0", "2.1"}}
			items, ok := out.Object(token, c, id)
			if want := len(w.expected(p.Caller, q)); ok != (want > 0) {
				w.t.Fatalf("%s in collection %d for %s: %v, %d expected", id, c, p.UserName, ok, want)
			}
			w.compare(p, q, w.placed(items), true)
		}
	}
}

// searchThrough compares for one caller what only an interface gives that searches.
func (w *leakWorld) searchThrough(p Principal, token string, out SearchOutputs) {
	w.t.Helper()
	fine := func(ok bool) {
		w.t.Helper()
		if !ok {
			w.t.Fatalf("%s is refused", p.UserName)
		}
	}
	for _, id := range w.ids {
		g, _ := out.Graph(token, id)
		g.Nodes = w.placed(g.Nodes)
		w.compareGraph(p, id, g)
	}
	items, ok := out.Conflicts(token)
	fine(ok)
	w.compareConflicts(p, items)
	if p.User != 0 {
		events, ok := out.News(token)
		fine(ok)
		w.compareNews(p, nil, events)
	}
}

// maySay says whether the caller may read the collections that a query names: an interface refuses to look into others.
func (w *leakWorld) maySay(p Principal, q store.Query) bool {
	return !slices.ContainsFunc(q.Collections, func(id int64) bool {
		c := w.collections[id]
		return !c.Public && !c.rights[p.Org].Read
	})
}

// placed finds the items that were given by collection and date_added.
func (w *leakWorld) placed(items []store.Item) []store.Item {
	w.t.Helper()
	for i := range items {
		for _, it := range w.items {
			if it.collection == items[i].Collection && !it.conflict && it.id == items[i].ID && it.added.Equal(items[i].Added) {
				items[i].Seq = it.seq
			}
		}
		if items[i].Seq == 0 {
			w.t.Fatalf("an item that nobody has submitted, or that nobody sees: %+v of %v", items[i], slices.Sorted(maps.Keys(w.collections)))
		}
	}
	return items
}
