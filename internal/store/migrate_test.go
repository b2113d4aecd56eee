package store

import (
	"slices"
	"testing"
)

// A step that fails leaves the store as it was before it, and works when it was put right.
func TestMigrationsThatFailLeaveNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		ctx := t.Context()
		w := newWorld(t, s)
		must[[]Outcome](t)(s.Add(ctx, []New{w.item("indicator--1", 1, Clear)}))
		good := `CREATE TABLE one (id {{id}}, data {{bytes}});`
		for _, bad := range []string{
			`CREATE TABLE two (id {{id}}); DELETE FROM items; CREATE TABLE two (id {{id}});`,
			`CREATE TABLE two (id {{id}}); UPDATE nothing SET x = 1;`,
		} {
			if err := s.migrate(ctx, append(slices.Clone(migrations), good, bad)); err == nil {
				t.Fatal("a broken step went through")
			}
			if v := must[int](t)(s.SchemaVersion(ctx)); v != len(migrations)+1 {
				t.Errorf("schema %d, should be the last that worked, %d", v, len(migrations)+1)
			}
			if n := must[int64](t)(s.Count(ctx, w.annSees(), Query{})); n != 1 {
				t.Errorf("%d items left", n)
			}
		}
		if err := s.migrate(ctx, append(slices.Clone(migrations), good, `CREATE TABLE two (id {{id}});`)); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"one", "two"} {
			if err := s.changedOr(ctx, ErrNotFound, `INSERT INTO `+table+` (id) VALUES (1)`); err != nil {
				t.Error(err)
			}
		}
	})
}

// Of programs that start at the same time on an empty or an older store, one migrates and all go on.
func TestMigrationsAtTheSameTime(t *testing.T) {
	onPlaces(t, func(t *testing.T, at Config) {
		t.Helper()
		s := must[*Store](t)(Create(t.Context(), at))
		defer s.Close()
		steps := append(slices.Clone(migrations), `CREATE TABLE one (id {{id}});`, `CREATE TABLE two (id {{id}});`)
		errs := make(chan error)
		for range 4 {
			go func() {
				other, err := connect(t.Context(), at)
				if err == nil {
					err = other.migrate(t.Context(), steps)
					other.ending.Wait()
					if e := other.Close(); err == nil {
						err = e
					}
				}
				errs <- err
			}()
		}
		for range 4 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if v := must[int](t)(s.SchemaVersion(t.Context())); v != len(steps) {
			t.Errorf("schema %d", v)
		}
	})
}
