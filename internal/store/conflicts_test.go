package store

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// tally counts the rows of a table.
func tally(t *testing.T, s *Store, table string) (n int) {
	t.Helper()
	if err := s.reader(t.Context()).one(`SELECT count(*) FROM `+table, nil, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Conflicts go with the item that stands there, whether it is deleted or its time is up, and their bytes with them.
func TestConflictsGoWithTheirItem(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		ctx := t.Context()
		for name, end := range map[string]func(n New) error{
			"deleted": func(n New) error { _, err := s.Delete(ctx, w.annSees(), n.Collection, n.ID, Query{}); return err },
			"expired": func(n New) error { _, err := s.Expire(ctx, n.Expires); return err },
		} {
			n := w.item("indicator--"+name, 1, Green)
			n.Expires = time.Now().Add(time.Hour)
			other := n
			other.Raw = append([]byte("other "), n.Raw...)
			stays, besides := w.item("indicator--stays", 1, Green), w.item("indicator--stays", 1, Green)
			besides.Raw = other.Raw[:len(other.Raw)-1]
			for _, n := range []New{n, other, stays, besides} {
				must[[]Outcome](t)(s.Add(ctx, []New{n}))
			}
			if got := tally(t, s, "conflicts"); got != 2 {
				t.Fatalf("%d conflicts", got)
			}
			if err := end(n); err != nil {
				t.Fatal(err)
			}
			if conflicts, raws := tally(t, s, "conflicts"), tally(t, s, "raws"); conflicts != 1 || raws != 2 {
				t.Errorf("%s: %d conflicts and %d bytes are left", name, conflicts, raws)
			}
			if problems := must[[]Problem](t)(s.Check(ctx)); len(problems) > 0 {
				t.Error(problems)
			}
			must[int](t)(s.Delete(ctx, w.annSees(), stays.Collection, stays.ID, Query{}))
		}
	})
}

// Of one object a few conflicts are kept for each organisation, the last ones.
func TestConflictsAreBounded(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		ctx := t.Context()
		for _, id := range []string{"indicator--1", "indicator--2"} {
			must[[]Outcome](t)(s.Add(ctx, []New{w.item(id, 1, Green)}))
		}
		try := func(id, say string, owner Org) {
			n := w.item(id, 1, Green)
			n.Raw = []byte(say + " " + id)
			if owner.ID == w.b.ID {
				n.Class.Owner, n.Class.Submitter = w.b.ID, w.bob.ID
			}
			if got := must[[]Outcome](t)(s.Add(ctx, []New{n}))[0]; got.Result != Conflict {
				t.Fatalf("%s: %d", say, got.Result)
			}
		}
		try("indicator--1", "Bravo", w.b)
		try("indicator--2", "Alpha", w.a)
		for i := range mostConflicts + 5 {
			try("indicator--1", fmt.Sprintf("Alpha %02d", i), w.a)
		}
		try("indicator--1", fmt.Sprintf("Alpha %02d", mostConflicts+4), w.a) // there already
		var have []string
		for _, c := range must[[]ConflictItem](t)(s.Conflicts(ctx, w.annSees(), 0, 0, 0)) {
			have = append(have, strings.TrimSuffix(string(c.Raw), " indicator--1"))
		}
		want := []string{"Bravo", "Alpha indicator--2"}
		for i := range mostConflicts {
			want = append(want, fmt.Sprintf("Alpha %02d", i+5))
		}
		if fmt.Sprint(have) != fmt.Sprint(want) {
			t.Errorf("kept are %v, should be %v", have, want)
		}
		if got := tally(t, s, "raws"); got != 2+len(want) {
			t.Errorf("%d bytes for 2 items and %d conflicts", got, len(want))
		}
	})
}

// In a store that is older than this, conflicts outlived their items.
func TestConflictsWithoutAnItemGo(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		ctx := t.Context()
		for _, id := range []string{"indicator--1", "indicator--2"} {
			n := w.item(id, 1, Green)
			other := n
			other.Raw = append([]byte("other "), n.Raw...)
			must[[]Outcome](t)(s.Add(ctx, []New{n}))
			must[[]Outcome](t)(s.Add(ctx, []New{other}))
		}
		if err := s.write(ctx, func(t *tx) error {
			return t.script(`UPDATE raws SET refs = refs - 1 WHERE id IN (SELECT raw FROM items WHERE object = 'indicator--1');
				DELETE FROM raws WHERE refs = 0; DELETE FROM items WHERE object = 'indicator--1'; DROP INDEX conflicts_item; UPDATE schema_version SET version = 3`)
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.migrate(ctx, migrations); err != nil {
			t.Fatal(err)
		}
		if conflicts, raws := tally(t, s, "conflicts"), tally(t, s, "raws"); conflicts != 1 || raws != 2 {
			t.Errorf("%d conflicts and %d bytes are left", conflicts, raws)
		}
		if problems := must[[]Problem](t)(s.Check(ctx)); len(problems) > 0 {
			t.Error(problems)
		}
	})
}
