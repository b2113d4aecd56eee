package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

func backlogSeeds() [][]byte {
	var out [][]byte
	rows := []row{
		{New: &New{}, item: 1},
		{New: &New{Terms: []Term{{TermWord, "word", Red}, {TermValue, "", Clear}}}, item: 1<<40 | 7},
		{New: &New{Links: []Link{{"ref", "indicator--1", Amber}}, Terms: []Term{{TermAttack, "T1190", Green}}}, item: 1 << 50},
	}
	var all []byte
	for i := range rows {
		out = append(out, appendEntry(nil, &rows[i]))
		all = appendEntry(all, &rows[i])
	}
	return append(out, all, all[:len(all)-3], []byte{0xff, 0xff})
}

// What can be read is read the same after it was written again; nothing panics or takes memory that the bytes do not justify.
func FuzzBacklog(f *testing.F) {
	seeds := backlogSeeds()
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := readEntries(b)
		if err != nil {
			return
		}
		var again []byte
		for _, e := range entries {
			again = appendEntry(again, &row{New: &New{Terms: e.terms, Links: e.links}, item: e.item})
		}
		once, err := readEntries(again)
		if err != nil {
			t.Fatal(err)
		}
		// Terms are made fit for the index when they are written: from then on they stay.
		var twice []byte
		for _, e := range once {
			twice = appendEntry(twice, &row{New: &New{Terms: e.terms, Links: e.links}, item: e.item})
		}
		if stable, err := readEntries(twice); err != nil || !reflect.DeepEqual(stable, once) {
			t.Fatalf("%v\n%v\n%v", err, once, stable)
		}
	})
}

// The indexer takes up by itself what imports leave, and items that went before it came are in no index.
func TestIndexerCatchesUp(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		g := &generator{w: w, rand: rand.New(rand.NewPCG(1, 1))}
		var first New
		for range 3 {
			batch := g.batch(maxTogether + 1)
			first = batch[0]
			must[[]Outcome](t)(s.Add(t.Context(), batch))
		}
		must[int](t)(s.Delete(t.Context(), w.annSees(), w.collection.ID, first.ID, Query{}))
		for deadline := time.Now().Add(time.Minute); must[int64](t)(s.Backlog(t.Context())) > 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the indexer does nothing")
			}
		}
		q := Query{Terms: []Term{{Kind: TermLabel, Value: "malicious-activity"}}}
		if n := must[int64](t)(s.Count(t.Context(), w.annSees(), q)); n != int64(3*(maxTogether+1)-1) {
			t.Errorf("found %d", n)
		}
		if problems := must[[]Problem](t)(s.Check(t.Context())); len(problems) > 0 {
			t.Error(problems)
		}
	})
}

func TestLongTermsKeepApart(t *testing.T) {
	seen := map[string]bool{}
	for i := range 100 {
		long := fmt.Sprintf("%0*d", maxTerm+10, i)
		if i%2 == 0 {
			long = fmt.Sprint(i, strings.Repeat("é", maxTerm), strings.Repeat("\xff", i))
		}
		if once := termKey(long); termKey(once) != once {
			t.Errorf("%d: the key of a key is another one", i)
		}
		if k := termKey(long); len(k) > maxTerm || seen[k] {
			t.Errorf("%d: %d bytes, seen before: %v", i, len(k), seen[k])
		} else {
			seen[k] = true
		}
	}
}

// What is removed while the indexer takes it up leaves nothing in the index: who removes it waits.
func TestRemovedWhileIndexed(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		ctx := t.Context()
		n := w.item("indicator--1", 1, Green)
		at := must[[]Outcome](t)(s.Add(ctx, []New{n}))[0]
		e := entry{item: w.collection.ID<<seqBits | at.Seq, terms: []Term{{TermWord, "word", Green}}, links: []Link{{"ref", "identity--1", Green}}}
		removed := make(chan error, 1)
		err := s.write(ctx, func(tx *tx) error {
			there, err := present(tx, []entry{e})
			if err != nil || len(there) != 1 {
				return errors.Join(err, errors.New("it is not there"))
			}
			go func() {
				_, err := s.Delete(ctx, w.annSees(), w.collection.ID, n.ID, Query{})
				removed <- err
			}()
			select {
			case err := <-removed:
				removed <- err // it did not wait
			case <-time.After(200 * time.Millisecond):
			}
			return index(tx, there)
		})
		if err := errors.Join(err, <-removed); err != nil {
			t.Fatal(err)
		}
		if problems := must[[]Problem](t)(s.Check(ctx)); len(problems) > 0 {
			t.Error(problems)
		}
	})
}
