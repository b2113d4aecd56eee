package coalition

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// histories is how many random histories are tried: ENTENTE_TEST_LONG=1 takes as many as the project promises.
func histories(usual, long int) int {
	if os.Getenv("ENTENTE_TEST_LONG") != "" {
		return long
	}
	return usual
}

// dump writes down everything that a state says.
func dump(tb testing.TB, states map[Digest]*Revision) string {
	tb.Helper()
	type line struct {
		R         *Revision
		Positions map[string]Digest
		Shares    map[string]Digest
		Votes     map[Question]map[string]Digest
		Events    []Digest
	}
	ids := func(m map[string]*Signed) map[string]Digest {
		out := map[string]Digest{}
		for k, v := range m {
			out[k] = v.ID
		}
		return out
	}
	var lines []line
	for _, d := range slices.Sorted(maps.Keys(states)) {
		r := *states[d]
		l := line{Positions: ids(r.Positions), Shares: ids(r.Shares), Votes: map[Question]map[string]Digest{}}
		for q, v := range r.Votes {
			l.Votes[q] = ids(v)
		}
		for _, e := range r.Events {
			l.Events = append(l.Events, e.ID)
		}
		r.Positions, r.Votes, r.Shares, r.Events = nil, nil, nil, nil
		l.R = &r
		lines = append(lines, l)
	}
	b, err := json.Marshal(lines)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// story makes events at random, those of honest members and of others: forks, gaps, wrong roles, shares and decisions that
// do not hold. They bear no signatures, for that is looked at when an event is read.
type story struct {
	rand   *rand.Rand
	root   *Root
	chain  *Chain
	events []*Signed
	seen   map[Digest]Time
	now    Time
	mood   Stance
}

var cast = []string{"ca", "eu", "uk", "us", "xx"} // xx is no member

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (s *story) id() Digest {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], s.rand.Uint64())
	binary.LittleEndian.PutUint64(b[8:], s.rand.Uint64())
	return DigestOf(b[:])
}

// any is an event of a kind about a content, seldom one that there is not.
func (s *story) any(kind Kind, content Digest) Digest {
	var of []Digest
	for _, e := range s.events {
		if e.Kind == kind && e.Manifest == content {
			of = append(of, e.ID)
		}
	}
	if len(of) == 0 || s.rand.IntN(20) == 0 {
		return s.id()
	}
	return of[s.rand.IntN(min(len(of), 2))]
}

// acts are what happens in the course of a statement, as far as it goes.
var acts = [][]Kind{
	{KindPosition},
	{KindPosition, KindPosition, KindDecide, KindEmbargo},
	{KindDecide, KindSeal, KindEmbargo},
	{KindVote, KindVote, KindSeal},
	{KindVote, KindShare, KindShare, KindPosition},
	{KindVote, KindShare},
}

func (s *story) step(act []Kind) {
	s.now += Time(s.rand.IntN(100))
	contents := []Digest{DigestOf([]byte("1")), DigestOf([]byte("2"))}
	e := &Signed{ID: s.id(), Event: Event{
		Kind:   pick(s.rand, act),
		Member: pick(s.rand, cast), Statement: testStatement, Manifest: pick(s.rand, contents), Root: s.chain.Digest(), At: s.now,
	}}
	if len(s.events) < 2 {
		e.Kind, e.Member, e.Manifest = KindPropose, "us", contents[len(s.events)]
	}
	use := s.root.Member(e.Member)
	if use != nil {
		e.Key = keyIDs(use)[s.rand.IntN(len(use.Keys))]
	}
	switch e.Kind {
	case KindPropose:
		e.Propose = &Propose{Revision: 1}
		if e.Manifest == contents[1] {
			e.Propose = &Propose{Revision: 2, Supersedes: contents[0]}
		}
		if s.rand.IntN(2) == 0 {
			e.Propose.Until = s.now + Time(s.rand.IntN(500))
		}
	case KindPosition:
		e.Position = &Position{Stance: pick(s.rand, []Stance{Endorse, Endorse, Assess, Object, s.mood, s.mood, s.mood})}
	case KindDecide:
		e.Decide = &Decide{Adopt: s.mood != Object || s.rand.IntN(4) == 0}
		last := map[string]Digest{}
		for _, x := range s.events {
			if x.Kind == KindPosition && x.Manifest == e.Manifest {
				last[x.Member] = x.ID
			}
		}
		for _, m := range slices.Sorted(maps.Keys(last)) {
			if s.rand.IntN(6) > 0 {
				e.Decide.Positions = append(e.Decide.Positions, last[m])
			}
		}
	case KindEmbargo:
		e.Embargo = &Embargo{Action: EmbargoAccept, Of: s.any(KindEmbargo, e.Manifest)}
		if s.rand.IntN(2) == 0 {
			e.Embargo = &Embargo{Action: EmbargoPropose, Until: s.now + Time(s.rand.IntN(500)), Instead: s.any(pick(s.rand, []Kind{KindPropose, KindEmbargo}), e.Manifest)}
		}
	case KindSeal:
		e.Seal = &Seal{Ciphertext: s.id(), Commitments: []string{"1", "2"}}
		for _, m := range cast[:4] {
			e.Seal.Shares = append(e.Seal.Shares, SealedShare{Member: m})
		}
		if s.rand.IntN(5) == 0 {
			e.Seal.Commitments = e.Seal.Commitments[:1]
		}
	case KindVote:
		e.Vote = &Vote{Question: pick(s.rand, []Question{AskRelease, AskRelease, AskRelease, AskHold, AskOverride, AskEnd, AskWithdraw, AskWithdraw}), Yes: s.rand.IntN(4) > 0}
		if e.Vote.Question == AskRelease {
			e.Vote.Seal = s.any(KindSeal, e.Manifest)
			e.Vote.Knows = []Digest{s.any(KindPosition, e.Manifest)}
		}
	case KindShare:
		e.Share = &Share{Seal: s.any(KindSeal, e.Manifest), Share: pick(s.rand, []string{"good", "good", "good", "bad"})}
	}
	if e.Kind != KindShare {
		e.Number = 1
		for _, x := range s.events {
			if x.Member == e.Member && x.Manifest == e.Manifest && x.Number >= e.Number {
				e.Number, e.After = x.Number+1, x.ID
			}
		}
		switch {
		case e.Number > 1 && s.rand.IntN(50) == 0: // a fork
			e.Number--
			for _, x := range s.events {
				if x.Member == e.Member && x.Manifest == e.Manifest && x.Number == e.Number {
					e.After = x.After
				}
			}
		case s.rand.IntN(80) == 0: // a gap
			e.Number++
			e.After = s.id()
		}
	}
	if s.rand.IntN(2) == 0 {
		s.seen[e.ID] = s.now + Time(s.rand.IntN(30))
	}
	s.events = append(s.events, e)
}

func (s *story) known(events []*Signed) Known {
	k := Known{Chain: s.chain, Events: map[Digest]*Signed{}, Seen: s.seen, ShareFits: func(_ *Seal, _ string, x *Share) bool { return x.Share == "good" }}
	for _, e := range events {
		k.Events[e.ID] = e
	}
	return k
}

// TestHistories: whatever order the events come in, and however often, the state is the same, and it never says what its
// events do not bear out.
func TestHistories(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "ca", "eu", "uk", "us")
	reached := map[Phase]int{}
	for seed := range histories(3000, 100_000) {
		s := &story{rand: rand.New(rand.NewPCG(uint64(seed), 1)), root: w.root, chain: w.book.chain, seen: map[Digest]Time{}, now: w.now}
		s.mood = pick(s.rand, []Stance{Endorse, Assess, Object, Reserve})
		for _, act := range acts {
			for range s.rand.IntN(20) {
				s.step(act)
			}
		}
		states := Fold(s.known(s.events))
		want := dump(t, states)
		for range 2 {
			again := slices.Clone(s.events)
			for range s.rand.IntN(10) {
				e := *pick(s.rand, again)
				again = append(again, &e)
			}
			s.rand.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
			if got := dump(t, Fold(s.known(again))); got != want {
				t.Fatalf("seed %d: in another order\n%s\nnot\n%s", seed, got, want)
			}
		}
		one := map[Digest]*Revision{}
		for d, r := range states {
			if r.Phase == Revised {
				one[d] = r
				continue
			}
			one[d] = FoldOne(s.known(s.events), d)
		}
		if got := dump(t, one); got != want {
			t.Fatalf("seed %d: one by one\n%s\nnot\n%s", seed, got, want)
		}
		for _, r := range states {
			reached[r.Phase]++
			if err := sound(w.root, s.known(s.events), r); err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, want)
			}
		}
	}
	for _, p := range []Phase{Proposed, Adopted, Rejected, Sealed, Released, Revised, Withdrawn} {
		if reached[p] == 0 {
			t.Errorf("no history reached %s: %v", p, reached)
		}
	}
	t.Log(reached)
}

// sound says where a state is not what its events say, by rules that are written anew here.
func sound(root *Root, k Known, r *Revision) error {
	for _, e := range r.Events {
		if root.Member(e.Member) == nil {
			return fmt.Errorf("an event of %s counts, who is no member", e.Member)
		}
		if e.Number > 1 && !slices.ContainsFunc(r.Events, func(x *Signed) bool { return x.ID == e.After }) {
			return errors.New("an event counts without the one before")
		}
		for _, x := range r.Events {
			if x.ID != e.ID && x.Member == e.Member && x.Number == e.Number && e.Number > 0 {
				return fmt.Errorf("two events %d of %s count", e.Number, e.Member)
			}
		}
	}
	if r.Phase == Proposed || r.Phase == Rejected {
		if r.Seal != nil || len(r.Shares) > 0 {
			return fmt.Errorf("%s and sealed", r.Phase)
		}
		return nil
	}
	voices := map[string]bool{}
	for _, id := range r.Decision.Decide.Positions {
		if p := k.Events[id]; p != nil && p.Kind == KindPosition && p.Manifest == r.Manifest && (p.Position.Stance == Endorse || p.Position.Stance == Assess) {
			voices[p.Member] = true
		}
	}
	if len(voices) < root.Threshold.Adopt {
		return fmt.Errorf("adopted by %d", len(voices))
	}
	if r.Phase == Adopted {
		return nil
	}
	if r.Seal == nil || !r.Seal.Seal.deals(root) {
		return fmt.Errorf("%s without a seal", r.Phase)
	}
	if r.Phase == Sealed {
		return nil
	}
	if len(r.Shares) < root.Threshold.Release {
		return fmt.Errorf("%s with %d shares", r.Phase, len(r.Shares))
	}
	for m, e := range r.Shares {
		if e.Member != m || e.Share.Seal != r.Seal.ID || e.Share.Share != "good" {
			return fmt.Errorf("the share of %s does not fit", m)
		}
	}
	if r.Embargo != EmbargoExited && r.Embargo != EmbargoNone {
		return fmt.Errorf("%s and the embargo is %s", r.Phase, r.Embargo)
	}
	return nil
}

func keyIDs(m *Member) (ids []keyID) {
	for _, text := range m.Keys {
		ids = append(ids, mustKeyID(text))
	}
	return ids
}
