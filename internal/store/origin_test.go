package store

import (
	"fmt"
	"testing"
	"time"
)

// All versions of an object agree in who made it and when; whom it names as its maker makes its versions alone.
func TestVersionsAgreeInTheirOrigin(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		ctx := t.Context()
		made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		version := func(id string, n int, label Label) New {
			v := w.item(id, n, label)
			v.Created, v.Creator = made, "identity--1"
			return v
		}
		check := func(name string, want Result, n New) {
			t.Helper()
			if got := must[[]Outcome](t)(s.Add(ctx, []New{n}))[0]; got.Result != want {
				t.Errorf("%s: %d, should be %d", name, got.Result, want)
			}
		}
		bob := func(n New) New { n.Class.Owner, n.Class.Submitter = w.b.ID, w.bob.ID; return n }
		with := func(n New, change func(*New)) New { change(&n); return n }
		later := func(n *New) { n.Created = made.Add(time.Hour) }
		other := func(n *New) { n.Creator = "identity--2" }

		const id = "indicator--1"
		check("the first", Stored, version(id, 1, Green))
		check("another creation", Altered, bob(with(version(id, 2, Green), later)))
		check("another creation by the same organisation", Altered, with(version(id, 2, Green), later))
		check("another maker", Altered, bob(with(version(id, 2, Green), other)))
		check("no maker any more", Altered, bob(with(version(id, 2, Green), func(n *New) { n.Creator = "" })))
		check("a copy without the maker, which was withheld", Stored, bob(with(version(id, 2, Green), func(n *New) { n.Creator, n.Redacted = "", true })))
		check("a maker that is a part apart", Stored, bob(with(version(id, 3, Green), func(n *New) { other(n); n.CreatorPart, n.Granular = true, true })))
		check("a seed", Stored, with(version(id, 4, Green), func(n *New) { n.Created, n.Creator = time.Time{}, "" }))
		check("a version as it should be", Stored, bob(version(id, 5, Green)))

		// What Bravo does not see keeps it from nothing, and what Bravo says then keeps nobody from anything.
		const hidden = "indicator--2"
		check("hidden", Stored, version(hidden, 1, Amber))
		check("beside the hidden one", Stored, bob(with(version(hidden, 2, Green), later)))
		check("the next of the hidden one", Stored, version(hidden, 3, Amber))

		// Alpha makes its versions itself, and so does Bravo as long as it knows of none of Alpha's.
		alphas := func(n New) New { n.Creator, n.MadeBy = w.a.UID, w.a.ID; return n }
		const own = "indicator--3"
		check("relayed before its maker came", Stored, bob(alphas(version(own, 1, Green))))
		check("the next, relayed", Stored, bob(alphas(version(own, 2, Green))))
		check("its maker", Stored, alphas(version(own, 3, Green)))
		check("by somebody else now", NotTheirs, bob(alphas(version(own, 4, Green))))
		check("the same version, relayed", Duplicate, bob(alphas(version(own, 3, Green))))
		check("its maker again", Stored, alphas(version(own, 5, Green)))
		if problems := must[[]Problem](t)(s.Check(ctx)); len(problems) > 0 {
			t.Error(problems)
		}
	})
}

// The numbers of conflicts tell no more than the dates of items how many there are between two.
func TestNumbersOfConflicts(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		ctx := t.Context()
		before := time.Now()
		for i := range 3 {
			var news []New
			for j := range 20 {
				n := w.item(fmt.Sprint("indicator--", j), 1, Green)
				n.Raw = fmt.Appendf(nil, "%s %d", n.ID, i)
				news = append(news, n)
			}
			must[[]Outcome](t)(s.Add(ctx, news))
		}
		list := must[[]ConflictItem](t)(s.Conflicts(ctx, w.annSees(), 0, 0, 0))
		if len(list) != 40 {
			t.Fatalf("%d conflicts", len(list))
		}
		apart := map[int64]bool{}
		for i, c := range list {
			if at := time.UnixMicro(c.Number); at.Before(before.Truncate(time.Microsecond)) || at.After(time.Now().Add(time.Minute)) {
				t.Errorf("number %d is no date", c.Number)
			}
			if i > 0 {
				apart[c.Number-list[i-1].Number] = true
			}
		}
		if len(apart) < 10 {
			t.Errorf("the steps are %v", apart)
		}
		if more := must[[]ConflictItem](t)(s.Conflicts(ctx, w.annSees(), 0, list[19].Number, 0)); len(more) != 20 {
			t.Errorf("%d conflicts after the twentieth", len(more))
		}
	})
}
