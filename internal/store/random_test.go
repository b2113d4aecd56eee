package store

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// This file compares what the store answers with a second, plain evaluation of docs/decisions/0008 and of the filters, over
// random accounts, items and queries.

// kept is an item as the test has given it, and its place.
type kept struct {
	New
	Seq   int64
	Added time.Time
}

// community is random accounts and collections.
type community struct {
	*Store
	rand        *rand.Rand
	orgs        map[int64]*Org
	users       []User
	members     map[[2]int64]bool // group, organisation
	groups      []int64
	collections map[int64]*Collection
	rights      map[[2]int64]bool // collection, organisation
	named       map[[2]int64]bool // collection, user
	items       []kept
	conflicts   int
}

func newCommunity(t *testing.T, s *Store, r *rand.Rand) *community {
	t.Helper()
	c := &community{
		Store: s, rand: r, orgs: map[int64]*Org{}, members: map[[2]int64]bool{}, collections: map[int64]*Collection{},
		rights: map[[2]int64]bool{}, named: map[[2]int64]bool{},
	}
	ctx := t.Context()
	for i := range 5 {
		o := Org{Name: fmt.Sprint("org", i), Clearance: Label(r.IntN(4)), Disabled: r.IntN(8) == 0}
		if i > 0 && r.IntN(2) == 0 {
			o.ClientOf = int64(1 + r.IntN(i))
		}
		o = must[Org](t)(s.CreateOrg(ctx, o))
		c.orgs[o.ID] = &o
		for j := range 2 {
			c.users = append(c.users, must[User](t)(s.CreateUser(ctx, User{Org: o.ID, Name: fmt.Sprint("user", i, j), Disabled: r.IntN(8) == 0})))
		}
	}
	for i := range 2 {
		g := must[Group](t)(s.CreateGroup(ctx, Group{Name: fmt.Sprint("group", i), Owner: 1}))
		c.groups = append(c.groups, g.ID)
		c.members[[2]int64{g.ID, 1}] = true
		for o := range c.orgs {
			if o > 1 && r.IntN(2) == 0 {
				must[bool](t)(true, s.AddMember(ctx, g.ID, o))
				c.members[[2]int64{g.ID, o}] = true
			}
		}
	}
	root := must[Root](t)(s.CreateRoot(ctx, Root{Path: "root"}))
	for i := range 3 {
		k := must[Collection](t)(s.CreateCollection(ctx, Collection{Root: root.ID, Title: fmt.Sprint("collection", i), Owner: 1, Public: r.IntN(2) == 0}))
		c.collections[k.ID] = &k
		for o := range c.orgs {
			if r.IntN(4) > 0 {
				must[bool](t)(true, s.SetRights(ctx, Rights{Collection: k.ID, Org: o, Read: true}))
				c.rights[[2]int64{k.ID, o}] = true
			}
		}
		for _, u := range c.users {
			if r.IntN(4) == 0 {
				must[bool](t)(true, s.SetNamed(ctx, k.ID, u.ID, true))
				c.named[[2]int64{k.ID, u.ID}] = true
			}
		}
	}
	return c
}

// sees evaluates the table of the decision.
func (c *community) sees(who Caller, in int64, class Class, label Label) bool {
	var org *Org
	for _, u := range c.users {
		if u.ID == who.User && u.Org == who.Org && !u.Disabled && !c.orgs[u.Org].Disabled {
			org = c.orgs[u.Org]
		}
	}
	if c.collections[in].Public && label == Clear && class.Group == 0 {
		return true
	}
	if org == nil || !c.rights[[2]int64{in, org.ID}] {
		return false
	}
	if class.Group != 0 && !c.members[[2]int64{class.Group, org.ID}] {
		return false
	}
	inherited := Clear
	if parent := c.orgs[org.ClientOf]; parent != nil && !parent.Disabled {
		inherited = min(parent.Clearance, Amber)
	}
	switch label {
	case Clear:
		return true
	case Green, Amber:
		return class.Owner == org.ID || max(org.Clearance, inherited) >= label
	case AmberStrict:
		return class.Owner == org.ID || org.Clearance >= label
	case Red:
	}
	return class.Submitter == who.User || c.named[[2]int64{in, who.User}]
}

func (c *community) caller() Caller {
	switch c.rand.IntN(10) {
	case 0:
		return Caller{}
	case 1: // says to be of an organisation that it is not of
		return Caller{User: c.users[0].ID, Org: 2}
	}
	u := c.users[c.rand.IntN(len(c.users))]
	return Caller{User: u.ID, Org: u.Org}
}

func (c *community) label(least Label) Label { return least + Label(c.rand.IntN(int(Red-least)+1)) }

// versionAt is the time of the n-th version.
func versionAt(n int) time.Time { return time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC) }

var (
	testTypes = []string{"indicator", "malware", "ipv4-addr"}
	testWords = []string{"alpha", "beta", "gamma"}
)

func (c *community) item() New {
	r := c.rand
	u := c.users[r.IntN(len(c.users))]
	kind := testTypes[r.IntN(len(testTypes))]
	n := New{
		Collection: int64(1 + r.IntN(len(c.collections))), Class: Class{Owner: u.Org, Submitter: u.ID, Label: c.label(Clear)},
		ID: fmt.Sprintf("%s--%d", kind, r.IntN(6)), Type: kind, Spec: []string{"2.0", "2.1", "2.1"}[r.IntN(3)], Granular: r.IntN(4) == 0,
	}
	if kind != "ipv4-addr" {
		n.Version = versionAt(r.IntN(3))
		n.VersionText = n.Version.Format(time.RFC3339)
	}
	if n.Granular && r.IntN(3) > 0 {
		n.Parts = uint8(r.IntN(16)) << 1
	}
	if r.IntN(3) == 0 {
		n.Class.Group = c.groups[r.IntN(len(c.groups))]
	}
	for range r.IntN(3) {
		n.Terms = append(n.Terms, Term{Kind: TermWord, Value: testWords[r.IntN(len(testWords))], Label: c.label(n.Class.Label)})
	}
	for range r.IntN(2) {
		n.Links = append(n.Links, Link{Property: "ref", Target: fmt.Sprintf("%s--%d", testTypes[r.IntN(3)], r.IntN(6)), Label: c.label(n.Class.Label)})
	}
	n.Raw = fmt.Appendf(nil, "%s %s %s %d", n.ID, n.VersionText, n.Spec, r.IntN(3))
	return n
}

// add adds items, and judges what became of them.
func (c *community) add(t *testing.T, news []New) {
	t.Helper()
	out := must[[]Outcome](t)(c.Add(t.Context(), news))
	for i, n := range news {
		who := Caller{User: n.Class.Submitter, Org: n.Class.Owner}
		want := Stored
		for _, k := range c.items {
			if k.Collection != n.Collection || k.ID != n.ID || k.Spec != n.Spec || !k.Version.Equal(n.Version) {
				continue
			}
			knows := func(l Label) bool {
				own := k.Class.Owner == n.Class.Owner && (l < Red || k.Class.Submitter == n.Class.Submitter)
				return own || c.sees(who, k.Collection, k.Class, k.Class.Label) && c.sees(who, k.Collection, k.Class, l)
			}
			all := knows(k.Class.Label)
			for l := k.Class.Label + 1; k.Granular && l <= Red; l++ {
				all = all && (k.Parts != 0 && k.Parts&(1<<l) == 0 || knows(l))
			}
			if !all {
				continue
			}
			if string(k.Raw) == string(n.Raw) && k.Class.Label == n.Class.Label && k.Class.Group == n.Class.Group {
				want = Duplicate
				break
			}
			if string(k.Raw) != string(n.Raw) {
				want = Conflict
			}
		}
		if out[i].Result != want {
			t.Fatalf("%+v became %v, should be %v", n, out[i].Result, want)
		}
		switch want {
		case Stored:
			c.items = append(c.items, kept{n, out[i].Seq, out[i].Added})
		case Conflict:
			c.conflicts++
		case Duplicate, Completed, Altered, NotTheirs:
		}
	}
}

func (c *community) query() Query {
	r := c.rand
	var q Query
	maybe := func(n int) bool { return r.IntN(n) == 0 }
	if maybe(3) {
		q.Collections = []int64{int64(1 + r.IntN(3))}
	}
	if maybe(5) {
		q.IDs = []string{fmt.Sprintf("indicator--%d", r.IntN(6)), fmt.Sprintf("malware--%d", r.IntN(6))}
	}
	if maybe(4) {
		q.Types = testTypes[:1+r.IntN(3)]
	}
	if maybe(3) {
		q.Specs = [][]string{{"2.0"}, {"2.1"}, {"2.0", "2.1"}, {"3.0"}}[r.IntN(4)]
	}
	switch r.IntN(5) {
	case 0:
		q.Versions.All = true
	case 1:
		q.Versions.First = true
	case 2:
		q.Versions.First, q.Versions.Last = true, true
	case 3:
		q.Versions.Exact = []time.Time{versionAt(r.IntN(3))}
	}
	if maybe(4) {
		for range 1 + r.IntN(2) {
			q.Terms = append(q.Terms, Term{Kind: TermWord, Value: testWords[r.IntN(3)]})
		}
	}
	if maybe(4) {
		q.Words = append(q.Words, testWords[r.IntN(3)], testWords[r.IntN(3)])[:1+r.IntN(2)]
	}
	if maybe(5) {
		q.LinkedTo = fmt.Sprintf("%s--%d", testTypes[r.IntN(3)], r.IntN(6))
	}
	if maybe(6) {
		q.Since = versionAt(r.IntN(3))
	}
	if maybe(6) {
		q.Until = versionAt(1 + r.IntN(3))
	}
	if maybe(6) {
		q.Labels = []Label{Label(r.IntN(5)), Label(r.IntN(5))}
	}
	if maybe(6) {
		q.Owners = []int64{int64(1 + r.IntN(5))}
	}
	if maybe(4) && len(c.items) > 0 {
		q.After = c.items[r.IntN(len(c.items))].Added
	}
	return q
}

// want is the answer to a query, by date added.
func (c *community) want(who Caller, q Query) []kept {
	var seen []kept
	for _, k := range c.items {
		if c.sees(who, k.Collection, k.Class, k.Class.Label) {
			seen = append(seen, k)
		}
	}
	specOK := func(k kept) bool { return len(q.Specs) == 0 || slices.Contains(q.Specs, k.Spec) }
	another := func(k kept, relation func(n kept) bool) bool {
		return slices.ContainsFunc(seen, func(n kept) bool { return n.ID == k.ID && n.Collection == k.Collection && relation(n) })
	}
	newer := func(a, b kept) bool {
		return a.Version.After(b.Version) || a.Version.Equal(b.Version) && a.Spec > b.Spec
	}
	has := func(k kept, kind TermKind, value string) bool {
		return slices.ContainsFunc(k.Terms, func(t Term) bool {
			return t.Kind == kind && t.Value == value && c.sees(who, k.Collection, k.Class, t.Label)
		})
	}
	var out []kept
	for _, k := range seen {
		if !specOK(k) || len(q.Collections) > 0 && !slices.Contains(q.Collections, k.Collection) ||
			len(q.IDs) > 0 && !slices.Contains(q.IDs, k.ID) || len(q.Types) > 0 && !slices.Contains(q.Types, k.Type) ||
			len(q.Labels) > 0 && !slices.Contains(q.Labels, k.Class.Label) || len(q.Owners) > 0 && !slices.Contains(q.Owners, k.Class.Owner) ||
			!q.Since.IsZero() && (k.Version.IsZero() || k.Version.Before(q.Since)) || !q.Until.IsZero() && (k.Version.IsZero() || !k.Version.Before(q.Until)) ||
			!q.After.IsZero() && !k.Added.After(q.After) {
			continue
		}
		if len(q.Specs) == 0 && another(k, func(n kept) bool { return n.Spec > k.Spec }) {
			continue
		}
		if len(q.Terms) > 0 && !slices.ContainsFunc(q.Terms, func(t Term) bool { return has(k, t.Kind, t.Value) }) {
			continue
		}
		if slices.ContainsFunc(q.Words, func(w string) bool { return !has(k, TermWord, w) }) {
			continue
		}
		if q.LinkedTo != "" && !slices.ContainsFunc(k.Links, func(l Link) bool {
			return l.Target == q.LinkedTo && c.sees(who, k.Collection, k.Class, l.Label)
		}) {
			continue
		}
		among := func(n kept) bool { return len(q.Specs) == 0 && n.Spec == k.Spec || len(q.Specs) > 0 && specOK(n) }
		v := q.Versions
		last := !another(k, func(n kept) bool { return among(n) && newer(n, k) })
		first := !another(k, func(n kept) bool { return among(n) && newer(k, n) })
		exact := slices.ContainsFunc(v.Exact, k.Version.Equal)
		wanted := v.All || v.First && first || exact || last && (v.Last || !v.First && len(v.Exact) == 0)
		if !wanted {
			continue
		}
		if another(k, func(n kept) bool { return n.Spec == k.Spec && n.Version.Equal(k.Version) && n.Seq < k.Seq }) {
			continue
		}
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b kept) int { return cmp.Or(a.Added.Compare(b.Added), cmp.Compare(a.Collection, b.Collection)) })
	return out
}

// walk reads all pages of a query.
func (c *community) walk(ctx context.Context, who Caller, q Query) (out []Item, err error) {
	q.Limit = 1 + c.rand.IntN(20)
	for {
		p, err := c.Items(ctx, who, q)
		if err != nil {
			return nil, err
		}
		if len(p.Items) > q.Limit {
			return nil, fmt.Errorf("%d items with limit %d", len(p.Items), q.Limit)
		}
		out = append(out, p.Items...)
		if !p.More {
			return out, nil
		}
		q.Cursor = p.Next
	}
}

func (c *community) compare(t *testing.T) {
	t.Helper()
	who, q := c.caller(), c.query()
	got := must[[]Item](t)(c.walk(t.Context(), who, q))
	want := c.want(who, q)
	same := slices.EqualFunc(got, want, func(a Item, b kept) bool {
		sees := uint8(31)
		if b.Granular {
			sees = 0
			for l := Clear; l <= Red; l++ {
				if c.sees(who, b.Collection, b.Class, l) {
					sees |= 1 << l
				}
			}
		}
		return a.Collection == b.Collection && a.Seq == b.Seq && a.Added.Equal(b.Added) && a.ID == b.ID && a.Type == b.Type && a.Spec == b.Spec &&
			a.Version.Equal(b.Version) && a.VersionText == b.VersionText && a.Class == Class{Owner: b.Class.Owner, Label: b.Class.Label} && string(a.Raw) == string(b.Raw) && a.Sees == sees
	})
	if !same {
		t.Errorf("%+v asks %+v\n got:", who, q)
		for _, i := range got {
			t.Logf("\t%d/%d %s %s %s %+v %v", i.Collection, i.Seq, i.ID, i.VersionText, i.Spec, i.Class, i.Sees)
		}
		t.Log("want:")
		for _, i := range want {
			t.Logf("\t%d/%d %s %s %s %+v", i.Collection, i.Seq, i.ID, i.VersionText, i.Spec, i.Class)
		}
		t.FailNow()
	}
	if n := must[int64](t)(c.Count(t.Context(), who, q)); n != int64(len(want)) {
		t.Fatalf("%+v asks %+v\n count %d, should be %d", who, q, n, len(want))
	}
}

func TestAnswersAreThoseOfThePlainEvaluation(t *testing.T) {
	communities, questions := 2, 40
	if testing.Short() {
		communities, questions = 1, 20
	}
	for seed := range communities {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			onBoth(t, func(t *testing.T, s *Store) {
				t.Helper()
				c := newCommunity(t, s, rand.New(rand.NewPCG(uint64(seed), 1)))
				for range 4 {
					// Batches that the index takes up at once, and one that goes to the backlog.
					for _, size := range []int{1, 20, 40, maxTogether * 2} {
						var news []New
						for range size {
							news = append(news, c.item())
						}
						c.add(t, news)
					}
					if err := s.Index(t.Context()); err != nil {
						t.Fatal(err)
					}
					for range questions {
						c.compare(t)
					}
					c.delete(t)
				}
				if n := c.conflictsSeen(t); n == 0 {
					t.Error("nobody sees a conflict: the test has become blind")
				}
			})
		})
	}
}

// delete removes an object for somebody, who removes what they see and nothing else.
func (c *community) delete(t *testing.T) {
	t.Helper()
	for range 5 {
		victim := c.items[c.rand.IntN(len(c.items))]
		who := c.caller()
		before := len(c.items)
		c.items = slices.DeleteFunc(c.items, func(k kept) bool {
			return k.ID == victim.ID && k.Collection == victim.Collection && c.sees(who, k.Collection, k.Class, k.Class.Label) && k.Spec == "2.1"
		})
		n := must[int](t)(c.Delete(t.Context(), who, victim.Collection, victim.ID, Query{Specs: []string{"2.1"}}))
		if n != before-len(c.items) {
			t.Fatalf("removed %d items, should be %d", n, before-len(c.items))
		}
	}
}

// conflictsSeen looks at the conflicts of everybody, each of whom must see the item's class.
func (c *community) conflictsSeen(t *testing.T) int {
	t.Helper()
	total := 0
	for _, u := range c.users {
		who := Caller{User: u.ID, Org: u.Org}
		for _, k := range must[[]ConflictItem](t)(c.Conflicts(t.Context(), who, 0, 0, maxLimit)) {
			total++
			if !c.sees(who, k.Collection, k.Class, k.Class.Label) {
				t.Errorf("%+v sees the conflict %+v", who, k)
			}
		}
	}
	return total
}
