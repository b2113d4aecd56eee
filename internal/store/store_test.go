package store

import (
	"bytes"
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
		Completes: func(full, partial []byte, _ Label, _ uint8) bool {
			return len(full) > len(partial) && bytes.HasPrefix(full, partial)
		},
	}
}
