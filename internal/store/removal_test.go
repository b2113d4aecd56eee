package store

import (
	"errors"
	"testing"
)

// What is removed is empty, and its number comes to nobody else.
func TestRemoval(t *testing.T) {
	onBothAt(t, Config{NoIndexer: true}, func(t *testing.T, s *Store) {
		t.Helper()
		w, ctx := newWorld(t, s), t.Context()
		is := func(what string, err, want error) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, not %v", what, err, want)
			}
		}
		root := must[Root](t)(s.CreateRoot(ctx, Root{Path: "other"}))
		group := must[Group](t)(s.CreateGroup(ctx, Group{Name: "circle", Owner: w.a.ID}))
		c := must[Collection](t)(s.CreateCollection(ctx, Collection{Root: root.ID, Title: "c", Owner: w.a.ID, Group: group.ID}))
		is("rights", s.SetRights(ctx, Rights{Collection: c.ID, Org: w.a.ID, Read: true, Write: true}), nil)
		is("named", s.SetNamed(ctx, c.ID, w.ann.ID, true), nil)
		n := w.item("note--1", 1, Clear)
		n.Collection = c.ID
		must[[]Outcome](t)(s.Add(ctx, []New{n}))

		is("a collection with an item", s.RemoveCollection(ctx, c.ID), ErrConflict)
		is("a root with a collection", s.RemoveRoot(ctx, root.ID), ErrConflict)
		is("the group of a collection", s.RemoveGroup(ctx, group.ID), ErrConflict)
		if left := must[[]Rights](t)(s.Rights(ctx, c.ID)); len(left) != 1 {
			t.Errorf("what was not removed has rights %v", left)
		}
		must[int](t)(s.Delete(ctx, w.annSees(), c.ID, "note--1", Query{Versions: Versions{All: true}}))
		is("an empty collection", s.RemoveCollection(ctx, c.ID), nil)
		is("once more", s.RemoveCollection(ctx, c.ID), ErrNotFound)
		is("an empty root", s.RemoveRoot(ctx, root.ID), nil)
		is("once more", s.RemoveRoot(ctx, root.ID), ErrNotFound)

		n = w.item("note--2", 1, Clear)
		n.Class.Group = group.ID
		must[[]Outcome](t)(s.Add(ctx, []New{n}))
		is("the group of an item", s.RemoveGroup(ctx, group.ID), ErrConflict)
		must[int](t)(s.Delete(ctx, w.annSees(), w.collection.ID, "note--2", Query{Versions: Versions{All: true}}))
		is("an empty group", s.RemoveGroup(ctx, group.ID), nil)
		is("once more", s.RemoveGroup(ctx, group.ID), ErrNotFound)
		if again := must[Collection](t)(s.CreateCollection(ctx, Collection{Root: w.root.ID, Title: "c", Owner: w.a.ID})); again.ID <= c.ID {
			t.Errorf("collection %d after %d was removed", again.ID, c.ID)
		}
	})
}
