package store

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// filled is a store with items, versions, conflicts, a backlog and an audit log.
func filled(t *testing.T, s *Store) *community {
	t.Helper()
	c := newCommunity(t, s, rand.New(rand.NewPCG(7, 7)))
	for range 3 {
		var news []New
		for range maxTogether * 2 {
			news = append(news, c.item())
		}
		c.add(t, news)
	}
	if err := s.Index(t.Context()); err != nil {
		t.Fatal(err)
	}
	must[[]Entry](t)(s.AppendAudit(t.Context(), Entry{Deed: "add", Object: "x"}, Entry{Deed: "delete", Object: "y"}))
	var news []New
	for range maxTogether * 2 { // of one collection at least is more than fits at once, and stays in the backlog
		n := c.item()
		n.Collection = 1
		news = append(news, n)
	}
	c.add(t, news)
	return c
}

func TestBackupsHoldEverything(t *testing.T) {
	onBothAt(t, Config{NoIndexer: true}, func(t *testing.T, s *Store) {
		t.Helper()
		ctx := t.Context()
		c := filled(t, s)
		before := must[string](t)(s.Incarnation(ctx))
		if problems := must[[]Problem](t)(s.Check(ctx)); len(problems) > 0 {
			t.Fatal(problems)
		}
		file := filepath.Join(t.TempDir(), "backup.db")
		if err := s.Backup(ctx, file); err != nil {
			t.Fatal(err)
		}
		if err := s.Backup(ctx, file); !errors.Is(err, ErrExists) {
			t.Errorf("a second backup over the first: %v", err)
		}
		places := map[string]func() Config{
			"folder":     func() Config { return Config{Dir: filepath.Join(t.TempDir(), "a new?one#%20")} },
			"postgresql": func() Config { return postgresConfig(t) },
		}
		if os.Getenv(postgresEnv) == "" {
			delete(places, "postgresql")
		}
		for name, place := range places {
			at := place()
			at.NoIndexer = true
			if err := Restore(ctx, at, file, nil); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := Restore(ctx, at, file, nil); !errors.Is(err, ErrExists) {
				t.Errorf("%s: restored over a store: %v", name, err)
			}
			again := must[*Store](t)(Open(ctx, at))
			if problems := must[[]Problem](t)(again.Check(ctx)); len(problems) > 0 {
				t.Errorf("%s: %v", name, problems)
			}
			if after := must[string](t)(again.Incarnation(ctx)); after == before {
				t.Errorf("%s: the restored store says that it is the same", name)
			}
			if n, _, err := again.VerifyAudit(ctx); n != 2 || err != nil {
				t.Errorf("%s: audit log of %d entries: %v", name, n, err)
			}
			if n := must[int64](t)(again.Backlog(ctx)); n == 0 {
				t.Errorf("%s: the backlog is gone", name)
			}
			if err := again.Index(ctx); err != nil {
				t.Fatal(err)
			}
			restored := *c
			restored.Store = again
			for range 40 {
				restored.compare(t)
			}
			// It goes on: new accounts and items get numbers of their own.
			must[Org](t)(again.CreateOrg(ctx, Org{Name: "newcomer"}))
			restored.items = slices.Clone(c.items)
			restored.add(t, []New{c.item(), c.item(), c.item()})
			restored.compare(t)
			if err := again.Close(); err != nil {
				t.Error(err)
			}
		}
		if left := must[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(file))); len(left) != 1 {
			t.Errorf("left behind: %v", left)
		}
	})
}

func TestRestoreRefusesDamage(t *testing.T) {
	s := must[*Store](t)(Create(t.Context(), Config{Dir: t.TempDir(), NoIndexer: true}))
	defer s.Close()
	filled(t, s)
	dir := t.TempDir()
	file := filepath.Join(dir, "backup.db")
	if err := s.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	good := must[[]byte](t)(os.ReadFile(file))
	for name, damage := range map[string]func(b []byte) []byte{
		"cut":   func(b []byte) []byte { return b[:len(b)/2] },
		"page":  func(b []byte) []byte { copy(b[len(b)/2:], make([]byte, 4096)); return b },
		"empty": func([]byte) []byte { return nil },
		"text":  func([]byte) []byte { return []byte("not a database at all, but a text of some length") },
	} {
		bad := filepath.Join(dir, name)
		if err := os.WriteFile(bad, damage(slices.Clone(good)), 0o600); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "a new?one#%20")
		if err := Restore(t.Context(), Config{Dir: to}, bad, nil); err == nil {
			t.Errorf("%s: was restored", name)
		} else {
			t.Log(name, err)
		}
		if _, err := Open(t.Context(), Config{Dir: to}); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: there is something now: %v", name, err)
		}
	}
}

// Check compares tables as wholes: its time grows with them, not with their square.
func TestCheckOfMany(t *testing.T) {
	onBothAt(t, Config{NoIndexer: true}, func(t *testing.T, s *Store) {
		t.Helper()
		g := &generator{w: newWorld(t, s), rand: rand.New(rand.NewPCG(1, 1))}
		for range 10 {
			must[[]Outcome](t)(s.Add(t.Context(), g.batch(1000)))
		}
		if problems := must[[]Problem](t)(s.Check(t.Context())); len(problems) > 0 {
			t.Error(problems)
		}
	})
}
