package coalition

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// manyStatements makes what n statements of 200 members consist of when they are released: 15 events each, without
// signatures, which are looked at once, when an event comes in.
func manyStatements(tb testing.TB, n int) Known {
	tb.Helper()
	var members []string
	for i := range 200 {
		members = append(members, fmt.Sprintf("m%03d", i))
	}
	w := newWorld(tb, Quorums{Root: 3, Adopt: 3, Release: 3}, members...)
	for i := range w.root.Members {
		if i >= 5 {
			w.root.Members[i].Roles = []Role{RoleAdopt}
		}
	}
	w.file = w.sign(w.root, members[:5]...)
	w.book = mustBook(tb, w.file)
	k := Known{Chain: w.book.chain, Events: map[Digest]*Signed{}, Seen: map[Digest]Time{}, ShareFits: func(*Seal, string, *Share) bool { return true }}
	id := 0
	for i := range n {
		m := DigestOf(fmt.Append(nil, "content", i))
		last := map[string]*Signed{}
		add := func(member string, e Event) *Signed {
			id++
			e.Manifest, e.Member, e.Root, e.Statement, e.At = m, member, w.book.chain.Digest(), testStatement, w.now+Time(id)
			if e.Kind != KindShare {
				e.Number = 1
				if l := last[member]; l != nil {
					e.Number, e.After = l.Number+1, l.ID
				}
			}
			s := &Signed{Event: e, ID: DigestOf(fmt.Append(nil, id)), Key: w.key(member).Public().ID()}
			if e.Kind != KindShare {
				last[member] = s
			}
			k.Events[s.ID], k.Seen[s.ID] = s, e.At
			return s
		}
		add("m000", Event{Kind: KindPropose, Propose: &Propose{Revision: 1, Until: w.now}})
		var positions []*Signed
		for j := range 5 {
			positions = append(positions, add(members[j*37], Event{Kind: KindPosition, Position: &Position{Stance: Endorse}}))
		}
		add("m000", Event{Kind: KindDecide, Decide: &Decide{Adopt: true, Positions: idsOf(positions)}})
		seal := &Seal{Commitments: make([]string, 3)}
		for _, x := range members[:5] {
			seal.Shares = append(seal.Shares, SealedShare{Member: x})
		}
		s := add("m000", Event{Kind: KindSeal, Seal: seal})
		for _, x := range members[:3] {
			add(x, Event{Kind: KindVote, Vote: &Vote{Question: AskRelease, Yes: true, Seal: s.ID, Knows: idsOf(positions)}})
			add(x, Event{Kind: KindShare, Share: &Share{Seal: s.ID}})
		}
	}
	return k
}

// BenchmarkReplay computes the state of 10,000 released statements from their events.
func BenchmarkReplay(b *testing.B) {
	k := manyStatements(b, 10_000)
	b.ReportMetric(float64(len(k.Events)), "events")
	for b.Loop() {
		states := Fold(k)
		if len(states) != 10_000 {
			b.Fatal(len(states))
		}
		for _, r := range states {
			if r.Phase != Released {
				b.Fatal(r.Phase, r.Problems)
			}
		}
	}
}

// BenchmarkReadEvent reads an event of usual size, and verifies its signature.
func BenchmarkReadEvent(b *testing.B) {
	w := newWorld(b, Quorums{Root: 1, Adopt: 1, Release: 1}, "us")
	w.propose(0)
	e := w.event("us", KindPosition, func(e *Event) {
		e.Position = &Position{Stance: Assess, Wording: []Wording{{"en", "We judge with high confidence that a state is behind it."}}}
	})
	b.SetBytes(int64(len(e.File)))
	for b.Loop() {
		if _, err := ReadEvent(w.book.chain, e.File); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify verifies the release of one statement, with its proof and files: of a small coalition, and of one of 200 members
// of whose witnesses it takes more than half.
func BenchmarkVerify(b *testing.B) {
	for _, c := range []struct{ members, witnesses int }{{4, 2}, {200, 101}} {
		b.Run(fmt.Sprintf("members=%d", c.members), func(b *testing.B) {
			members := []string{"ca", "eu", "uk", "us"}
			for i := range c.members - 4 {
				members = append(members, fmt.Sprintf("m%03d", i))
			}
			g := newAlliesOf(b, func(r *Root) { r.Threshold.Witness = c.witnesses }, members...)
			dir := g.released()
			proof, err := os.ReadFile(filepath.Join(dir, ProofFile))
			if err != nil {
				b.Fatal(err)
			}
			o := VerifyOptions{Now: At(g.clock), Files: os.DirFS(dir)}
			b.SetBytes(int64(len(proof)))
			for b.Loop() {
				if v, err := Verify(proof, o); err != nil || v.Outcome() == Failed {
					b.Fatal(err, lines(v))
				}
			}
		})
	}
}
