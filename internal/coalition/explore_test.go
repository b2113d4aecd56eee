package coalition

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// small is a statement of two members from its proposal to its withdrawal, with what can go against it: another hour, a hold that is taken
// back, an objection afterwards, and a second tongue.
func small(t *testing.T) (w *world, events []*Signed) {
	t.Helper()
	w = newWorld(t, Quorums{Root: 1, Adopt: 2, Release: 2}, "uk", "us")
	keep := func(e *Signed) *Signed { events = append(events, e); return e }
	keep(w.propose(w.now + 100))
	us, uk := keep(w.position("us", Endorse)), keep(w.position("uk", Assess))
	keep(w.take(w.event("us", KindDecide, func(e *Event) { e.Decide = &Decide{Adopt: true, Positions: idsOf([]*Signed{us, uk})} })))
	seal, _ := w.seal("us")
	keep(seal)
	keep(w.vote("us", AskRelease, true, seal))
	keep(w.vote("uk", AskRelease, true, seal))
	tongue := w.event("uk", KindPosition, func(e *Event) { e.Position = &Position{Stance: Object} }) // under the number of the hold
	keep(w.vote("uk", AskHold, true, nil))
	keep(w.vote("uk", AskHold, false, nil))
	keep(w.share("us", seal))
	keep(w.share("uk", seal))
	keep(w.vote("us", AskWithdraw, true, nil))
	keep(w.vote("uk", AskWithdraw, true, nil))
	return w, append(events, tongue)
}

// TestEverySubset looks at what is known to somebody who has any of the events of a statement, seen by witnesses or not: no state says more
// than its events bear out, and nothing is given away that must not be.
func TestEverySubset(t *testing.T) {
	w, events := small(t)
	reached := map[Phase]int{}
	shown := map[Digest]Time{}
	for i, e := range events {
		shown[e.ID] = e.At
		if e.Kind == KindShare { // as sound has it
			good := *e
			good.Share = &Share{Seal: e.Share.Seal, Share: "good"}
			events[i] = &good
		}
	}
	fits := func(_ *Seal, _ string, x *Share) bool { return x.Share == "good" }
	for _, seen := range []map[Digest]Time{{}, shown} {
		for set := range 1 << len(events) {
			k := Known{Chain: w.book.chain, Events: map[Digest]*Signed{}, Seen: seen, ShareFits: fits}
			has := func(kind Kind) (n int) {
				for _, e := range k.Events {
					if e.Kind == kind {
						n++
					}
				}
				return n
			}
			for i, e := range events {
				if set&(1<<i) != 0 {
					k.Events[e.ID] = e
				}
			}
			r := Fold(k)[w.content]
			if (r != nil) != (set&1 != 0) {
				t.Fatalf("%b: there is a statement without its proposal, or none with it", set)
			}
			if r == nil {
				continue
			}
			reached[r.Phase]++
			err := sound(w.root, k, r)
			switch {
			case err != nil:
			case r.Phase == Released && has(KindShare) < 2, r.Phase == Withdrawn && has(KindVote) < 2:
				err = fmt.Errorf("it is %s", r.Phase)
			case r.Due(r.Hour-1) == "":
				err = errors.New("shares are given away before the hour")
			case r.Due(r.Hour) == "" && (r.Held() || r.Yes(AskRelease) < 2 || has(KindSeal) == 0 || has(KindDecide) == 0):
				err = errors.New("shares are given away without two votes, or while it is held")
			}
			if err != nil {
				t.Fatalf("%b, %d of them seen: %v", set, len(seen), err)
			}
		}
	}
	for _, p := range []Phase{Proposed, Adopted, Sealed, Released, Withdrawn} {
		if reached[p] == 0 {
			t.Errorf("no set of events reaches %s: %v", p, reached)
		}
	}
	t.Log(reached)
}

// TestEveryOrder gives a member roots and events in every order that there is, some of which wait for others: it ends with the same.
func TestEveryOrder(t *testing.T) {
	w := newWorld(t, Quorums{Root: 1, Adopt: 1, Release: 1}, "uk", "us")
	var items [][]byte
	keep := func(e *Signed) *Signed { items = append(items, e.File); return e }
	root := func(change func(*Root), signers ...string) {
		next := w.next()
		change(next)
		file := w.sign(next, signers...)
		if _, err := w.book.TakeRoot(file); err != nil {
			t.Fatal(err)
		}
		items = append(items, file)
	}
	keep(w.propose(0))
	root(func(r *Root) { r.Member("uk").Keys = []string{w.key("uk2").Public().String()} }, "us")
	w.keys["uk"] = w.key("uk2")
	uk := keep(w.position("uk", Assess))
	root(func(r *Root) { r.Put(w.member("fr", allRoles...)) }, "us")
	keep(w.position("fr", Object))
	keep(w.take(w.event("uk", KindDecide, func(e *Event) { e.Decide = &Decide{Adopt: true, Positions: []Digest{uk.ID}} })))
	want := dump(t, w.book.State())
	if r := w.state(); r.Phase != Adopted || len(items) != 6 {
		t.Fatalf("it is %s, by %d files", r.Phase, len(items))
	}
	orders := 0
	var permute func(order []int)
	permute = func(order []int) {
		if len(order) < len(items) {
			for i := range items {
				if !slices.Contains(order, i) {
					permute(append(slices.Clip(order), i))
				}
			}
			return
		}
		orders++
		b, err := NewBook(w.file, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range order {
			take := b.TakeEvent
			if KindOf(items[i]) == ItemRoot {
				take = b.TakeRoot
			}
			if _, err := take(items[i]); err != nil && !errors.Is(err, ErrWaits) {
				t.Fatalf("in the order %v: %v", order, err)
			}
		}
		if got := dump(t, b.State()); got != want {
			t.Fatalf("in the order %v\n%s\nnot\n%s", order, got, want)
		}
	}
	permute(nil)
	if orders != 720 {
		t.Errorf("%d orders", orders)
	}
}
