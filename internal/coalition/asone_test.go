package coalition

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"entente/internal/translog"
)

// BenchmarkAsOne measures one coalition: 200 members, each with a witness, of which it takes 101; as many statements as
// ENTENTE_BENCH_STATEMENTS says, released, of 15 events each, all signed and verified; and a log with a hundred times as many entries, among
// them those of all events. Without the variable it is skipped: of 10,000 statements it takes minutes to make.
//
//	verify      a release of it, with its proof and files, by a stranger
//	checkpoint  an entry is added to the log, and its checkpoint signed, on disk
//	replay      the states of all statements, from the events that the member has verified
//	refold      the state of one of them, as a node does when an event comes
//
// What is done once is told as metrics of replay: verify-s, in which all events were read and their signatures verified, and first-s, in which
// all shares were compared with their seals, too, before the states were there. Proofs of the log are verified with a release; that
// the other events were seen is told to the book, for there would be 200 cosignatures in each of 150,000 proofs.
func BenchmarkAsOne(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("ENTENTE_BENCH_STATEMENTS"))
	if err != nil || n < 1 {
		b.Skip("ENTENTE_BENCH_STATEMENTS is not set: 10000 is the measure")
	}
	var members []string
	for i := range 196 {
		members = append(members, fmt.Sprintf("m%03d", i))
	}
	releasing := []string{"ca", "eu", "m000", "uk", "us"}
	g := newAlliesOf(b, func(r *Root) {
		r.Threshold = Quorums{Root: 3, Adopt: 3, Release: 3, Witness: 101}
		for i := range r.Members {
			if !slices.Contains(releasing, r.Members[i].ID) {
				r.Members[i].Roles = []Role{RoleAdopt, RoleRoot}
			}
		}
	}, append(members, "ca", "eu", "uk", "us")...)
	begun := time.Now()
	dir, last := g.oneRelease(b)
	files := g.manyReleases(b, n, last)
	b.Logf("%d events were signed in %v", len(files), time.Since(begun).Round(time.Second))

	begun = time.Now()
	g.fillLog(b, n*100, files)
	proof := g.proofOf(b)
	if err := os.WriteFile(filepath.Join(dir, ProofFile), proof, 0o600); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d entries were added to the log in %v", g.log.Head().Size, time.Since(begun).Round(time.Second))

	b.Run("verify", func(b *testing.B) {
		o := VerifyOptions{Pin: DigestOf(payloadOf(b, g.file)), Now: At(g.clock), Files: os.DirFS(dir)}
		var took []time.Duration
		for b.Loop() {
			begun := time.Now()
			if v, err := Verify(proof, o); err != nil || v.Outcome() != OK {
				b.Fatal(err, lines(v))
			}
			took = append(took, time.Since(begun))
		}
		percentiles(b, took)
		b.ReportMetric(float64(len(proof))/(1<<20), "proof-MiB")
	})
	b.Run("checkpoint", func(b *testing.B) {
		var took []time.Duration
		for i := 0; b.Loop(); i++ {
			entry, err := DigestOf(fmt.Append(nil, "one more", b.N, i)).Entry()
			if err != nil {
				b.Fatal(err)
			}
			begun := time.Now()
			if _, err := g.log.Append(context.Background(), entry); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(begun))
		}
		percentiles(b, took)
	})

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begun = time.Now()
	book := mustBook(b, g.file)
	for i, file := range files {
		if isNew, err := book.TakeEvent(file); err != nil || !isNew {
			b.Fatal(isNew, err)
		}
		files[i] = nil
		book.seen[DigestOf(file)] = At(g.clock)
	}
	verified := time.Since(begun)
	begun = time.Now()
	wantReleased(b, book, n)
	first := time.Since(begun)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.Run("replay", func(b *testing.B) {
		for b.Loop() {
			wantReleased(b, book, n)
		}
		b.ReportMetric(verified.Seconds(), "verify-s")
		b.ReportMetric(first.Seconds(), "first-s")
		b.ReportMetric(float64(len(files)), "events")
		// The files of the events were there before, and are now the book's.
		b.ReportMetric(float64(after.HeapAlloc)/(1<<20), "heap-MiB")
		b.ReportMetric(float64(after.Sys)/(1<<20), "sys-MiB")
	})
	b.Run("refold", func(b *testing.B) {
		one := slices.Sorted(maps.Keys(book.State()))[n/2]
		for b.Loop() {
			if r := book.Revision(one); r == nil || r.Phase != Released {
				b.Fatal(r)
			}
		}
	})
}

func wantReleased(b *testing.B, book *Book, n int) {
	b.Helper()
	states := book.State()
	if len(states) != n {
		b.Fatalf("%d statements, want %d", len(states), n)
	}
	for _, r := range states {
		if r.Phase != Released || len(r.Problems) > 0 {
			b.Fatal(r.Phase, r.Problems)
		}
	}
}

// percentiles reports how long half of the operations took at most, and all but one of a hundred.
func percentiles(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// oneRelease leads a statement to its release by what members do, without the log, and gives the folder of its files and its seal.
func (g *allies) oneRelease(b *testing.B) (dir string, seal *Signed) {
	b.Helper()
	g.together()
	do := func(member string, do func(*Actor, *Revision) (*Signed, error)) *Signed {
		e, err := do(g.actors[member], g.of("us"))
		if err != nil {
			b.Fatal(err)
		}
		return e
	}
	m, files := testManifest()
	if _, err := g.actors["us"].Propose(m, nil, files, At(g.clock)); err != nil {
		b.Fatal(err)
	}
	for i, member := range []string{"us", "uk", "eu", "m100", "m180"} {
		do(member, stand([]Stance{Assess, Endorse, Endorse, Object, Reserve}[i]))
	}
	do("us", func(a *Actor, r *Revision) (*Signed, error) { return a.Decide(r, true) })
	seal = do("us", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Seal(r, map[string][]byte{"statement.md": []byte(pledge), "index.html": []byte("<p>We hunt with this.</p>\n")})
	})
	for _, member := range []string{"us", "uk", "eu"} {
		do(member, ask(AskRelease, true))
		if _, err := g.actors[member].Stage(g.of(member)); err != nil {
			b.Fatal(err)
		}
	}
	if given, err := g.folders["us"].GiveDue(At(g.clock)); err != nil || len(given) != 3 {
		b.Fatalf("%d shares are given away: %v", len(given), err)
	}
	return g.write("us"), seal
}

// manyReleases makes the events of n released statements, signed by those who say them. All have shares of the same key, dealt by one seal.
func (g *allies) manyReleases(b *testing.B, n int, dealt *Signed) (files [][]byte) {
	b.Helper()
	shares := map[string]*Share{}
	for _, m := range []string{"eu", "uk", "us"} {
		s, err := OpenShare(dealt, m, g.boxes[m])
		if err != nil {
			b.Fatal(err)
		}
		shares[m] = s
	}
	root := DigestOf(payloadOf(b, g.file))
	for i := range n {
		manifest := DigestOf(fmt.Append(nil, "content", i))
		last := map[string]*Signed{}
		add := func(member string, kind Kind, e Event) *Signed {
			g.now++
			e.Kind, e.Coalition, e.Root, e.Member, e.Statement, e.Manifest, e.At, e.Salt = kind, g.root.Coalition, root, member, testStatement, manifest, g.now, g.salt()
			if kind != KindShare {
				e.Number = 1
				if l := last[member]; l != nil {
					e.Number, e.After = l.Number+1, l.ID
				}
			}
			s, err := e.Sign(g.key(member))
			if err != nil {
				b.Fatal(err)
			}
			if kind != KindShare {
				last[member] = s
			}
			files = append(files, s.File)
			return s
		}
		add("us", KindPropose, Event{Propose: &Propose{Revision: 1}})
		var positions []*Signed
		for j := range 5 {
			p := &Position{Stance: Endorse, Wording: []Wording{{"en", "We judge with high confidence that a state is behind it."}}}
			positions = append(positions, add(g.root.Members[(i+j*37)%len(g.root.Members)].ID, KindPosition, Event{Position: p}))
		}
		slices.SortFunc(positions, func(x, y *Signed) int { return int(x.At - y.At) })
		add("us", KindDecide, Event{Decide: &Decide{Adopt: true, Positions: idsOf(positions)}})
		seal := add("us", KindSeal, Event{Seal: dealt.Seal})
		for _, m := range []string{"us", "uk", "eu"} {
			add(m, KindVote, Event{Vote: &Vote{Question: AskRelease, Yes: true, Seal: seal.ID, Knows: idsOf(positions)}})
			add(m, KindShare, Event{Share: &Share{Seal: seal.ID, Share: shares[m].Share}})
		}
	}
	return files
}

// fillLog adds the events of the folder, those of files, and others, until the log has so many entries.
func (g *allies) fillLog(b *testing.B, size int, files [][]byte) {
	b.Helper()
	var batch []translog.Digest
	flush := func() {
		if _, err := g.log.Append(context.Background(), batch...); err != nil {
			b.Fatal(err)
		}
		batch = batch[:0]
	}
	add := func(d Digest) {
		entry, err := d.Entry()
		if err != nil {
			b.Fatal(err)
		}
		if batch = append(batch, entry); len(batch) == 10_000 {
			flush()
		}
	}
	for _, f := range files {
		add(DigestOf(f))
	}
	own := g.folders["us"].Book().Events()
	for i := len(files) + len(own); i < size; i++ {
		add(DigestOf(binary.BigEndian.AppendUint64([]byte("filler"), uint64(i))))
	}
	for _, e := range own { // last: nothing of their tiles is at hand from before
		add(e.ID)
	}
	flush()
}

// proofOf has all witnesses cosign the log, and gives the proof of the folder's one release, with proofs of the log for all events.
func (g *allies) proofOf(b *testing.B) []byte {
	b.Helper()
	head := g.log.Head()
	for _, m := range slices.Sorted(maps.Keys(g.witnesses)) {
		head = g.cosigned(m, head)
	}
	f := g.folders["us"]
	for _, e := range f.Book().Events() {
		entry, err := e.ID.Entry()
		if err != nil {
			b.Fatal(err)
		}
		at, err := g.log.Append(context.Background(), entry) // it is there: where
		if err != nil {
			b.Fatal(err)
		}
		p, err := g.log.Prove(at[0], head)
		if err != nil {
			b.Fatal(err)
		}
		p.Extra = entry[:]
		if isNew, err := f.Take(Item{ItemProof, p.Text()}); err != nil || !isNew {
			b.Fatal(isNew, err)
		}
	}
	proof, err := f.Proof(g.of("us"))
	if err != nil {
		b.Fatal(err)
	}
	return proof
}
