package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// What becomes of a version that stands there already, and of the copies that something was withheld from.
func TestOutcomes(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		ctx := t.Context()
		one := func(n New) Outcome {
			t.Helper()
			return must[[]Outcome](t)(s.Add(ctx, []New{n}))[0]
		}
		n := 0
		fresh := func(label Label) New {
			n++
			return w.item(fmt.Sprint("indicator--", n), 1, label)
		}
		by := func(n New, org Org, user User) New {
			n.Class.Owner, n.Class.Submitter = org.ID, user.ID
			return n
		}
		other := func(n New) New { n.Raw = append([]byte("other "), n.Raw...); return n }
		redacted := func(n New) New { n.Redacted = true; n.Raw = n.Raw[:len(n.Raw)-5]; return n }
		forged := func(n New) New { n.Raw = append([]byte("forged "), n.Raw...); return n }

		a := fresh(Green)
		first := one(a)
		if again := one(a); again != (Outcome{Duplicate, first.Seq, first.Added}) {
			t.Errorf("the same once more: %+v, first %+v", again, first)
		}
		if got := one(by(a, w.b, w.bob)); got != (Outcome{Duplicate, first.Seq, first.Added}) {
			t.Errorf("the same from somebody who sees it: %+v", got)
		}
		if got := one(other(a)); got.Result != Conflict || got.Seq != first.Seq {
			t.Errorf("other bytes: %+v", got)
		}
		if got := one(other(a)); got.Result != Conflict {
			t.Errorf("the same conflict once more: %+v", got)
		}
		conflicts := must[[]ConflictItem](t)(s.Conflicts(ctx, w.annSees(), w.collection.ID, 0, 0))
		if len(conflicts) != 1 || string(conflicts[0].Raw) != string(other(a).Raw) || conflicts[0].With != first.Seq {
			t.Errorf("conflicts: %+v", conflicts)
		}
		if got := must[[]ConflictItem](t)(s.Conflicts(ctx, Caller{}, 0, 0, 0)); len(got) != 0 {
			t.Errorf("an anonymous caller sees conflicts: %+v", got)
		}

		// Bravo sees nothing of Alpha's amber items, and learns nothing of them.
		hidden := fresh(Amber)
		one(hidden)
		if got := one(by(hidden, w.b, w.bob)); got.Result != Stored {
			t.Errorf("the same bytes as a hidden item: %+v", got)
		}
		hidden = fresh(Amber)
		one(hidden)
		if got := one(other(by(hidden, w.b, w.bob))); got.Result != Stored {
			t.Errorf("other bytes than a hidden item: %+v", got)
		}

		// The same bytes for a sharing group are an item of their own: they have other readers.
		group := must[Group](t)(s.CreateGroup(ctx, Group{Name: "g", Owner: w.a.ID}))
		shared := a
		shared.Class.Group = group.ID
		if got := one(shared); got.Result != Stored {
			t.Errorf("the same for a sharing group: %+v", got)
		}

		// Redacted copies.
		full := fresh(Green)
		half := one(redacted(full))
		if half.Result != Stored {
			t.Errorf("a redacted copy: %+v", half)
		}
		whole := one(full)
		if whole.Result != Completed || whole.Seq <= half.Seq || !whole.Added.After(half.Added) {
			t.Errorf("the full copy after it: %+v", whole)
		}
		if got := one(redacted(full)); got != (Outcome{Duplicate, whole.Seq, whole.Added}) {
			t.Errorf("the redacted copy once more: %+v", got)
		}
		p := must[Page](t)(s.Items(ctx, w.annSees(), Query{IDs: []string{full.ID}, Versions: Versions{All: true}}))
		if len(p.Items) != 1 || string(p.Items[0].Raw) != string(full.Raw) || p.Items[0].Redacted {
			t.Errorf("left: %+v", p.Items)
		}
		// What is more of it is a full copy where it says the rest, too: nobody replaces a part by something else, or a full copy.
		full = fresh(Green)
		half = one(redacted(full))
		for name, n := range map[string]New{
			"another object as a full copy": by(forged(full), w.b, w.bob), "another object by the same": forged(full),
			"another copy that says more": redacted(forged(full)),
		} {
			if got := one(n); got.Result != Conflict || got.Seq != half.Seq {
				t.Errorf("%s: %+v", name, got)
			}
		}
		less := redacted(redacted(full))
		if got := one(less); got.Result != Duplicate {
			t.Errorf("a copy that says less: %+v", got)
		}
		p = must[Page](t)(s.Items(ctx, w.annSees(), Query{IDs: []string{full.ID}, Versions: Versions{All: true}}))
		if len(p.Items) != 1 || string(p.Items[0].Raw) != string(redacted(full).Raw) {
			t.Errorf("left of the partial copy: %+v", p.Items)
		}
		one(full)
		p = must[Page](t)(s.Items(ctx, w.annSees(), Query{IDs: []string{full.ID}, Versions: Versions{All: true}}))
		conflicts = must[[]ConflictItem](t)(s.Conflicts(ctx, w.annSees(), w.collection.ID, 0, 0))
		for _, c := range conflicts {
			if c.ID == full.ID && (len(p.Items) != 1 || c.With != p.Items[0].Seq) {
				t.Errorf("a conflict with what the full copy has replaced: %+v of %+v", c, p.Items)
			}
		}
		twice := fresh(Green)
		one(by(twice, w.b, w.bob)) // hidden from Alpha while it stores its partial copy
		if err := s.SetRights(ctx, Rights{Collection: w.collection.ID, Org: w.a.ID, Write: true}); err != nil {
			t.Fatal(err)
		}
		mine := twice
		mine.Raw = append(slices.Clone(twice.Raw), " mine"...)
		one(redacted(mine))
		if err := s.SetRights(ctx, Rights{Collection: w.collection.ID, Org: w.a.ID, Read: true, Write: true}); err != nil {
			t.Fatal(err)
		}
		if got := one(mine); got.Result != Conflict {
			t.Errorf("the full copy of a partial one beside another full one: %+v", got)
		}

		full = fresh(Green)
		one(by(redacted(full), w.b, w.bob))
		if got := one(full); got.Result != Stored {
			t.Errorf("the full copy after a redacted one of another organisation: %+v", got)
		}
		p = must[Page](t)(s.Items(ctx, w.annSees(), Query{IDs: []string{full.ID}}))
		if len(p.Items) != 1 || p.Items[0].Redacted {
			t.Errorf("readers get the redacted copy: %+v", p.Items)
		}

		// Who may write and not read cannot fill the store with the same bytes.
		if err := s.SetRights(ctx, Rights{Collection: w.collection.ID, Org: w.b.ID, Write: true}); err != nil {
			t.Fatal(err)
		}
		blind := by(fresh(Amber), w.b, w.bob)
		one(blind)
		if got := one(blind); got.Result != Duplicate {
			t.Errorf("once more from who cannot read: %+v", got)
		}
		if problems := must[[]Problem](t)(s.Check(ctx)); len(problems) > 0 {
			t.Error(problems)
		}
	})
}

func TestAddRefuses(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		good := w.item("indicator--1", 1, Clear)
		for name, spoil := range map[string]func(n *New){
			"no owner":          func(n *New) { n.Class.Owner = 0 },
			"no such label":     func(n *New) { n.Class.Label = Red + 1 },
			"no identifier":     func(n *New) { n.ID = "" },
			"long identifier":   func(n *New) { n.ID = strings.Repeat("x", maxID+1) },
			"zero byte":         func(n *New) { n.ID = "indicator--\x00" },
			"no UTF-8":          func(n *New) { n.VersionText = "\xff" },
			"no type":           func(n *New) { n.Type = "" },
			"no spec":           func(n *New) { n.Spec = "" },
			"odd spec":          func(n *New) { n.Spec = "2.1.1" },
			"no bytes":          func(n *New) { n.Raw = nil },
			"no collection":     func(n *New) { n.Collection = 99 },
			"spec out of range": func(n *New) { n.Spec = "2.100" },
		} {
			bad := good
			spoil(&bad)
			if _, err := s.Add(t.Context(), []New{good, bad}); err == nil {
				t.Errorf("%s: was added", name)
			}
		}
		if n := must[int64](t)(s.Count(t.Context(), w.annSees(), Query{})); n != 0 {
			t.Errorf("%d items of batches that were refused", n)
		}
		if out, err := s.Add(t.Context(), nil); err != nil || len(out) != 0 {
			t.Errorf("nothing: %v %v", out, err)
		}
		// Bytes that are no text, terms of any length: everything comes back and is found.
		odd := good
		odd.Raw = []byte("\x00\xff\xfe not text")
		long := strings.Repeat("é", 5000)
		odd.Terms = []Term{{TermValue, long, Clear}, {TermValue, "a\x00b\xff", Clear}, {TermValue, "", Clear}, {TermWord, "twice", Clear}, {TermWord, "twice", Clear}}
		odd.Links = []Link{{strings.Repeat("p", 3000), long, Clear}, {"x", "twice", Clear}, {"x", "twice", Clear}}
		must[[]Outcome](t)(s.Add(t.Context(), []New{odd}))
		for name, q := range map[string]Query{
			"long term": {Terms: []Term{{Kind: TermValue, Value: long}}},
			"odd term":  {Terms: []Term{{Kind: TermValue, Value: "a\x00b\xff"}}},
			"long link": {LinkedTo: long},
		} {
			p := must[Page](t)(s.Items(t.Context(), w.annSees(), q))
			if len(p.Items) != 1 || string(p.Items[0].Raw) != string(odd.Raw) {
				t.Errorf("%s: %+v", name, p.Items)
			}
		}
	})
}

// Deleting takes the bytes with the last item that has them, and everything out of the index.
func TestDeletionLeavesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		ctx := t.Context()
		second := must[Collection](t)(s.CreateCollection(ctx, Collection{Root: w.root.ID, Title: "Second", Owner: w.a.ID}))
		if err := s.SetRights(ctx, Rights{Collection: second.ID, Org: w.a.ID, Read: true, Write: true}); err != nil {
			t.Fatal(err)
		}
		n := w.item("indicator--1", 1, Clear)
		n.Terms, n.Links = []Term{{TermWord, "word", Clear}}, []Link{{"ref", "identity--1", Clear}}
		elsewhere := n
		elsewhere.Collection = second.ID
		must[[]Outcome](t)(s.Add(ctx, []New{n, elsewhere}))
		rows := func(table string) (count int) {
			t.Helper()
			if err := s.reader(ctx).one(`SELECT count(*) FROM `+table, nil, &count); err != nil {
				t.Fatal(err)
			}
			return count
		}
		if got := rows("raws"); got != 1 {
			t.Errorf("the same bytes are stored %d times", got)
		}
		if got := must[int](t)(s.Delete(ctx, w.annSees(), w.collection.ID, n.ID, Query{})); got != 1 || rows("raws") != 1 {
			t.Errorf("%d items removed, bytes left: %d", got, rows("raws"))
		}
		if got := must[int](t)(s.Delete(ctx, w.annSees(), second.ID, n.ID, Query{Owners: []int64{w.b.ID}})); got != 0 {
			t.Errorf("%d items of another owner removed", got)
		}
		must[int](t)(s.Delete(ctx, w.annSees(), second.ID, n.ID, Query{}))
		for _, table := range []string{"raws", "items", "postings", "links", "indexed"} {
			if got := rows(table); got != 0 {
				t.Errorf("%d rows left in %s", got, table)
			}
		}
		// It may come again, at a place of its own.
		if out := must[[]Outcome](t)(s.Add(ctx, []New{n})); out[0].Result != Stored || out[0].Seq != 2 {
			t.Errorf("added again: %+v", out)
		}
	})
}

func TestExpire(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		now := time.Now()
		var news []New
		for i := range expireTogether + 50 {
			n := w.item(fmt.Sprint("indicator--", i), 1, Clear)
			n.Expires = now.Add(time.Duration(i-expireTogether-20) * time.Minute)
			news = append(news, n)
		}
		never := w.item("indicator--never", 1, Clear)
		must[[]Outcome](t)(s.Add(t.Context(), append(news, never)))
		if err := s.PutStatus(t.Context(), w.annSees(), w.root.ID, "s", []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if n := must[int](t)(s.Expire(t.Context(), now)); n != expireTogether+21 {
			t.Errorf("%d items expired", n)
		}
		if n := must[int64](t)(s.Count(t.Context(), w.annSees(), Query{})); n != 30 {
			t.Errorf("%d items left", n)
		}
		must[[]byte](t)(s.Status(t.Context(), w.annSees(), w.root.ID, "s"))
		must[int](t)(s.Expire(t.Context(), now.Add(StatusLife+time.Minute)))
		if _, err := s.Status(t.Context(), w.annSees(), w.root.ID, "s"); !errors.Is(err, ErrNotFound) {
			t.Errorf("an old status: %v", err)
		}
	})
}
