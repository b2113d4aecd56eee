package store

import (
	"fmt"
	"strings"
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
		with := func(n New, changes ...func(*New)) New {
			for _, change := range changes {
				change(&n)
			}
			return n
		}
		later := func(n *New) { n.Created = made.Add(time.Hour) }
		other := func(n *New) { n.Creator = "identity--2" }

		const id = "indicator--1"
		check("the first", Stored, version(id, 1, Green))
		check("another creation", Altered, bob(with(version(id, 2, Green), later)))
		check("another creation by the same organisation", Altered, with(version(id, 2, Green), later))
		check("another maker", Altered, bob(with(version(id, 2, Green), other)))
		check("no maker any more", Altered, bob(with(version(id, 2, Green), func(n *New) { n.Creator = "" })))
		check("a copy without the maker, which was withheld", Stored, bob(with(version(id, 2, Green), func(n *New) { n.Creator, n.Redacted = "", true })))
		check("another maker as a part apart", Altered, bob(with(version(id, 3, Green), func(n *New) { other(n); n.CreatorPart, n.Granular = true, true })))
		check("a seed", Stored, with(version(id, 4, Green), func(n *New) { n.Created, n.Creator = time.Time{}, "" }))
		check("a version as it should be", Stored, bob(version(id, 5, Green)))

		// What Bravo does not see keeps it from nothing, and what Bravo says then keeps nobody from anything.
		const hidden = "indicator--2"
		check("hidden", Stored, version(hidden, 1, Amber))
		check("beside the hidden one", Stored, bob(with(version(hidden, 2, Green), later)))
		check("the next of the hidden one", Stored, version(hidden, 3, Amber))

		// Alpha makes its versions itself, and so does Bravo as long as it knows of none of Alpha's.
		alphas := func(n New) New { n.Creator = w.a.UID; return n }
		const own = "indicator--3"
		check("relayed before its maker came", Stored, bob(alphas(version(own, 1, Green))))
		check("the next, relayed", Stored, bob(alphas(version(own, 2, Green))))
		check("its maker", Stored, alphas(version(own, 3, Green)))
		check("by somebody else now", NotTheirs, bob(alphas(version(own, 4, Green))))
		check("the same version, relayed", Duplicate, bob(alphas(version(own, 3, Green))))
		check("its maker again", Stored, alphas(version(own, 5, Green)))

		// However somebody else says who made it.
		apart := func(n *New) { n.CreatorPart, n.Granular, n.Parts = true, true, 1<<Red }
		untold := func(n *New) { n.Creator, n.Redacted = "", true }
		check("the maker as a part apart", NotTheirs, bob(with(alphas(version(own, 6, Green)), apart)))
		check("the maker withheld", NotTheirs, bob(with(alphas(version(own, 6, Green)), untold)))
		check("another maker as a part apart", Altered, bob(with(alphas(version(own, 6, Green)), other, apart)))
		check("the same version for another STIX", NotTheirs, bob(with(alphas(version(own, 5, Green)), func(n *New) { n.Spec = "2.0" })))
		check("the same version, withheld", Duplicate, bob(with(alphas(version(own, 5, Green)), untold)))

		// A maker that is a part apart is compared with those who see it, and for those alone.
		const secret = "indicator--4"
		check("a maker who keeps it to itself", Stored, with(alphas(version(secret, 1, Clear)), func(n *New) {
			n.CreatorPart, n.Granular, n.Parts = true, true, 1<<Green
		}))
		check("by who sees it", NotTheirs, bob(alphas(version(secret, 2, Clear))))
		check("by who sees it, of another maker", Altered, bob(with(version(secret, 2, Clear), other)))
		const hush = "indicator--5"
		check("a maker whom nobody sees", Stored, with(alphas(version(hush, 1, Clear)), apart))
		check("beside it", Stored, bob(with(version(hush, 2, Clear), other)))

		// One that tells no maker does not open the way for another one.
		const step = "indicator--6"
		check("the first of a maker elsewhere", Stored, version(step, 1, Green))
		check("a version that tells no maker", Stored, bob(with(version(step, 2, Green), untold)))
		check("another maker after it", Altered, bob(with(version(step, 3, Green), other)))
		if problems := must[[]Problem](t)(s.Check(ctx)); len(problems) > 0 {
			t.Error(problems)
		}
	})
}

// Who has made an object comes before those who have sent the same version in its name.
func TestTheMakerPrevails(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		ctx := t.Context()
		made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		item := func(id string, changes ...func(*New)) New {
			v := w.item(id, 1, Green)
			v.Created, v.Creator, v.Links = made, w.a.UID, []Link{{"from", v.ID, Clear}}
			for _, change := range changes {
				change(&v)
			}
			return v
		}
		bobs := func(n *New) {
			n.Class.Owner, n.Class.Submitter, n.Raw, n.Links = w.b.ID, w.bob.ID, append([]byte("forged "), n.Raw...), []Link{{"forged", n.ID, Clear}}
		}
		// sent says what becomes of the one and then of the other, and which of them readers get.
		sent := func(name string, want Result, gets string, first, second New) {
			t.Helper()
			was := must[[]Outcome](t)(s.Add(ctx, []New{first}))[0]
			is := must[[]Outcome](t)(s.Add(ctx, []New{second}))[0]
			if was.Result != Stored || is.Result != want {
				t.Errorf("%s: %d and %d, should be %d and %d", name, was.Result, is.Result, Stored, want)
			}
			for reader, caller := range map[string]Caller{"Alpha": w.annSees(), "Bravo": w.bobSees()} {
				for _, q := range []Query{{}, {Versions: Versions{All: true}}, {After: was.Added}} {
					q.IDs = []string{first.ID}
					items := must[Page](t)(s.Items(ctx, caller, q)).Items
					if !q.After.IsZero() && want != Stored {
						continue
					}
					if len(items) != 1 || strings.HasPrefix(string(items[0].Raw), "forged") != (gets == "forged") {
						t.Errorf("%s: %s gets %d items by %+v: %+v", name, reader, len(items), q, items)
					}
				}
				for _, e := range must[Graph](t)(s.Neighbours(ctx, caller, first.ID, 1, 0)).Edges {
					if (e.Property == "forged") != (gets == "forged") {
						t.Errorf("%s: %s gets %+v in the graph", name, reader, e)
					}
				}
			}
		}
		sent("the maker after who took its name", Stored, "own", item("tool--1", bobs), item("tool--1"))
		sent("… who said another time, too", Stored, "own", item("tool--2", bobs, func(n *New) { n.Created = made.Add(time.Hour) }), item("tool--2"))
		sent("… with a part that the maker does not see", Stored, "own",
			item("tool--3", bobs, func(n *New) { n.Granular, n.Parts = true, 1<<Red }), item("tool--3"))
		sent("… with less than all", Stored, "own", item("tool--4", bobs, func(n *New) { n.Redacted = true }), item("tool--4"))
		sent("who takes its name after the maker", Conflict, "own", item("tool--5"), item("tool--5", bobs))
		sent("who says that it is the maker", Conflict, "forged", item("tool--6", bobs), item("tool--6", func(n *New) { n.Creator = w.b.UID }))
		own := func(n *New) { n.Creator = w.b.UID }
		sent("who says that it is the maker of another's", Conflict, "own", item("tool--7", func(n *New) { n.Creator = "identity--1" }), item("tool--7", bobs, own))
		sent("the maker who does not tell everybody", Conflict, "forged", item("tool--8", bobs),
			item("tool--8", func(n *New) { n.CreatorPart, n.Granular, n.Parts = true, true, 1<<Red }))
		sent("the maker with less than all", Conflict, "forged", item("tool--9", bobs, func(n *New) { n.Redacted = true }),
			item("tool--9", func(n *New) { n.Redacted = true }))

		// An organisation makes its own identity, whoever says that somebody else has.
		says := func(n *New) { n.Creator = "identity--1"; n.Created = made.Add(time.Hour) }
		sent("an identity", Stored, "own", item(w.a.UID, bobs, says), item(w.a.UID, func(n *New) { n.Creator = "" }))
		for name, n := range map[string]New{"by what it says": item(w.a.UID, bobs), "by another maker": item(w.a.UID, bobs, says)} {
			n.Version = n.Version.Add(time.Hour)
			if got := must[[]Outcome](t)(s.Add(ctx, []New{n}))[0]; got.Result != NotTheirs {
				t.Errorf("an identity that others change, %s: %d", name, got.Result)
			}
		}
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
