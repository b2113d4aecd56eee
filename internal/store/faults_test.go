package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// The clock may jump: dates go on rising, and nothing that is found by date is skipped.
func TestClockJumps(t *testing.T) {
	var (
		mu  sync.Mutex
		now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	)
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	onBothAt(t, Config{Now: clock}, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		var after time.Time
		n := 0
		for _, jump := range []time.Duration{0, time.Hour, -48 * time.Hour, 0, -time.Microsecond, 365 * 24 * time.Hour, -400 * 24 * time.Hour} {
			mu.Lock()
			now = now.Add(jump)
			mu.Unlock()
			n++
			out := must[[]Outcome](t)(w.Add(t.Context(), []New{w.item(fmt.Sprint("indicator--", n), 1, Clear)}))
			if !out[0].Added.After(after) {
				t.Errorf("after a jump of %v: added %v, the one before %v", jump, out[0].Added, after)
			}
			p := must[Page](t)(w.Items(t.Context(), w.annSees(), Query{After: after}))
			if len(p.Items) != 1 || p.Items[0].Seq != out[0].Seq {
				t.Errorf("after a jump of %v: who goes by the date gets %v", jump, p.Items)
			}
			after = out[0].Added
		}
		seed := w.item("indicator--seed", 1, Clear)
		seed.Added = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
		if out := must[[]Outcome](t)(w.Add(t.Context(), []New{seed})); !out[0].Added.After(after) {
			t.Errorf("a date of a seed that lies before the last one was not raised: %v", out[0].Added)
		}
		if problems := must[[]Problem](t)(s.Check(t.Context())); len(problems) > 0 {
			t.Error(problems)
		}
	})
}

// A seed says when its objects were added, to the microsecond.
func TestSeedsKeepTheirDates(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		var news []New
		for i := range 5 {
			n := w.item(fmt.Sprint("indicator--", i), 1, Clear)
			n.Added = time.Date(2016, 11, 3, 12, 30, i, 123456000, time.UTC)
			news = append(news, n)
		}
		for i, o := range must[[]Outcome](t)(w.Add(t.Context(), news)) {
			if !o.Added.Equal(news[i].Added) {
				t.Errorf("%v became %v", news[i].Added, o.Added)
			}
		}
	})
}

// Where there is no room left writes fail with ErrFull and nothing of them stays; reads go on; with room again writes go on.
func TestFullDatabase(t *testing.T) {
	s := must[*Store](t)(Create(t.Context(), Config{Dir: t.TempDir(), NoIndexer: true}))
	defer s.Close()
	w := newWorld(t, s)
	g := &generator{w: w, rand: rand.New(rand.NewPCG(1, 1))}
	must[[]Outcome](t)(s.Add(t.Context(), g.batch(100)))
	limit := func(pages int) {
		if err := s.write(t.Context(), func(t *tx) error {
			var got int
			return t.one(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages), nil, &got)
		}); err != nil {
			t.Fatal(err)
		}
	}
	var pages int
	if err := s.reader(t.Context()).one(`PRAGMA page_count`, nil, &pages); err != nil {
		t.Fatal(err)
	}
	limit(pages + 20)
	stored := int64(100)
	var err error
	for err == nil && stored < 10_000 {
		if _, err = s.Add(t.Context(), g.batch(20)); err == nil {
			stored += 20
		}
	}
	if !errors.Is(err, ErrFull) {
		t.Fatalf("without room: %v", err)
	}
	if n := must[int64](t)(s.Count(t.Context(), w.annSees(), Query{Versions: Versions{All: true}, Owners: []int64{w.a.ID}})); n != stored {
		t.Errorf("%d items, acknowledged were %d", n, stored)
	}
	limit(1 << 30)
	must[[]Outcome](t)(s.Add(t.Context(), g.batch(20)))
	if problems := must[[]Problem](t)(s.Check(t.Context())); len(problems) > 0 {
		t.Error(problems)
	}
}

// A page that was overwritten is found by Check, and is an error for who needs it: no answer is made up, nothing panics.
func TestDamagedPages(t *testing.T) {
	dir := t.TempDir()
	s := must[*Store](t)(Create(t.Context(), Config{Dir: dir, NoIndexer: true}))
	c := filled(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, fileName)
	good := must[[]byte](t)(os.ReadFile(file))
	r := rand.New(rand.NewPCG(3, 3))
	missed := 0
	for range 30 {
		bad := append([]byte(nil), good...)
		page := 1 + r.IntN(len(bad)/4096-1)
		for i := range 4096 {
			bad[page*4096+i] = byte(r.Uint32())
		}
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), Config{Dir: dir, NoIndexer: true})
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("page %d: open: %v", page, err)
			}
			continue
		}
		problems, err := s.Check(t.Context())
		if err == nil && len(problems) == 0 {
			missed++
			t.Logf("page %d: nothing found", page)
		}
		for range 10 {
			if _, err := s.Items(t.Context(), c.caller(), c.query()); err != nil && !errors.Is(err, ErrDamaged) {
				t.Logf("page %d: items: %v", page, err)
			}
		}
		_, _ = s.Add(t.Context(), []New{c.item()})
		_ = s.Close()
	}
	// A page of the list of free ones may hold anything.
	if missed > 3 {
		t.Errorf("%d of 30 damaged pages were not found", missed)
	}
}

// Two programs that have the same store open take turns; one that holds it too long is ErrBusy for the other. That is what
// admin verbs do beside a node.
func TestTwoProgramsShareAFolder(t *testing.T) {
	dir := t.TempDir()
	a := must[*Store](t)(Create(t.Context(), Config{Dir: dir}))
	defer a.Close()
	w := newWorld(t, a)
	b := must[*Store](t)(Open(t.Context(), Config{Dir: dir}))
	defer b.Close()
	together(t, w, a, b, 5000)
}

// Two nodes behind one PostgreSQL serve one cursor.
func TestTwoNodesShareADatabase(t *testing.T) {
	at := postgresConfig(t)
	a := must[*Store](t)(Create(t.Context(), at))
	defer a.Close()
	w := newWorld(t, a)
	b := must[*Store](t)(Open(t.Context(), at))
	defer b.Close()
	reads := 20_000
	if os.Getenv(longTests) != "" {
		reads = 1_000_000
	}
	together(t, w, a, b, reads)
}

// longTests names the environment variable that makes tests as long as the figures of the README say.
const longTests = "ENTENTE_TEST_LONG"

// together writes to one collection through two stores, while readers of both follow by date added: each of them has to meet
// every item once, in order, until they have read so many items.
func together(t *testing.T, w *world, a, b *Store, reads int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var (
		writers, readers sync.WaitGroup
		mu               sync.Mutex
		stored           = map[string]bool{}
	)
	for side, s := range []*Store{a, b, a, b} {
		writers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				size := 1 + n%7
				if side > 1 {
					size = 100
				}
				var news []New
				for i := range size {
					news = append(news, w.item(fmt.Sprintf("indicator--%d-%d-%d", side, n, i), 1, Clear))
				}
				if _, err := s.Add(context.WithoutCancel(ctx), news); err != nil {
					t.Errorf("add: %v", err)
					return
				}
				mu.Lock()
				for _, item := range news {
					stored[item.ID] = true
				}
				mu.Unlock()
			}
		})
	}
	type follower struct {
		after time.Time
		met   map[string]bool
	}
	follow := func(s *Store, f *follower) int {
		p, err := s.Items(context.WithoutCancel(ctx), w.annSees(), Query{Collections: []int64{w.collection.ID}, After: f.after, Limit: 200})
		if err != nil {
			t.Errorf("items: %v", err)
			return 0
		}
		for _, i := range p.Items {
			if !i.Added.After(f.after) {
				t.Errorf("%s was added %v, after %v", i.ID, i.Added, f.after)
			}
			if f.met[i.ID] {
				t.Errorf("%s came twice", i.ID)
			}
			f.met[i.ID], f.after = true, i.Added
		}
		return len(p.Items)
	}
	followers := make([]follower, 4)
	for i := range followers {
		f := &followers[i]
		f.met = map[string]bool{}
		readers.Go(func() {
			for n, turn := 0, i; n < reads/len(followers) && !t.Failed(); turn++ {
				n += follow([]*Store{a, b}[turn%2], f) // now one node, now the other
			}
		})
	}
	readers.Wait()
	stop()
	writers.Wait()
	for i := range followers {
		for more := true; more; {
			more = follow([]*Store{a, b}[i%2], &followers[i]) > 0
		}
		if len(followers[i].met) != len(stored) {
			t.Errorf("reader %d met %d items of %d", i, len(followers[i].met), len(stored))
		}
	}
	t.Logf("%d items written by two, met by each of %d readers", len(stored), len(followers))
	if problems := must[[]Problem](t)(a.Check(t.Context())); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	onPlaces(t, func(t *testing.T, at Config) {
		t.Helper()
		s := must[*Store](t)(Create(t.Context(), at))
		if err := s.changed(t.Context(), `UPDATE schema_version SET version = $1`, SchemaVersion()+1); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), at); !errors.Is(err, ErrNewerSchema) {
			t.Errorf("open: %v", err)
		}
	})
}

func TestCreateAndOpen(t *testing.T) {
	onPlaces(t, func(t *testing.T, at Config) {
		t.Helper()
		if _, err := Open(t.Context(), at); !errors.Is(err, ErrNotFound) {
			t.Errorf("open where nothing is: %v", err)
		}
		s := must[*Store](t)(Create(t.Context(), at))
		if v := must[int](t)(s.SchemaVersion(t.Context())); v != SchemaVersion() {
			t.Errorf("schema %d", v)
		}
		if _, err := Create(t.Context(), at); !errors.Is(err, ErrExists) {
			t.Errorf("create over a store: %v", err)
		}
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := s.Items(t.Context(), Caller{}, Query{}); err == nil {
			t.Error("a read after Close was answered")
		}
		if _, err := s.CreateOrg(t.Context(), Org{Name: "late"}); err == nil {
			t.Error("a write after Close was accepted")
		}
		again := must[*Store](t)(Open(t.Context(), at))
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []Config{{}, {Dir: t.TempDir(), URL: "postgres://localhost/x"}} {
		if s, err := Create(t.Context(), c); err == nil {
			t.Errorf("%+v: accepted", c)
			s.Close()
		}
	}
}
