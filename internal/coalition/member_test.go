package coalition

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"filippo.io/age"

	"entente/internal/translog"
)

// allies are members with folders of their own, a log and a witness with each.
type allies struct {
	*world
	actors    map[string]*Actor
	folders   map[string]*Folder
	log       *translog.Log
	witnesses map[string]*translog.Witness
	clock     time.Time
}

const testOrigin = "log.example/test"

func (w *world) private(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// newAllies makes a coalition with a log that takes two witnesses.
func newAllies(tb testing.TB, members ...string) *allies {
	tb.Helper()
	return newAlliesOf(tb, func(*Root) {}, members...)
}

// newAlliesOf lets a test change the first root before it is signed.
func newAlliesOf(tb testing.TB, change func(*Root), members ...string) *allies {
	tb.Helper()
	w := newWorld(tb, Quorums{Root: 2, Adopt: 2, Release: 2}, members...)
	g := &allies{world: w, actors: map[string]*Actor{}, folders: map[string]*Folder{}, witnesses: map[string]*translog.Witness{}, clock: w.now.Time()}
	now := func() time.Time { g.clock = g.clock.Add(time.Second); return g.clock }
	r := *w.root
	r.Members = slices.Clone(r.Members)
	r.Log = &Log{Origin: testOrigin, Key: w.key("log").Public().String()}
	r.Threshold.Witness = 2
	for i := range r.Members {
		r.Members[i].Witness = w.key("witness of " + r.Members[i].ID).Public().String()
	}
	change(&r)
	g.keepLog(&r, now)
	w.root, w.file = &r, w.sign(&r, members...)
	w.book = mustBook(tb, w.file)
	for _, m := range members {
		f, err := CreateFolder(filepath.Join(tb.TempDir(), m), w.file, DigestOf(payloadOf(tb, w.file)))
		if err != nil {
			tb.Fatal(err)
		}
		g.folders[m] = f
		g.actors[m] = &Actor{Folder: f, Signer: w.key(m), Identities: []age.Identity{w.boxes[m]}, Now: now, Random: w.random}
	}
	return g
}

// keepLog makes an empty log, and witnesses that have seen nothing.
func (g *allies) keepLog(r *Root, now func() time.Time) {
	g.tb.Helper()
	log, err := translog.Create(filepath.Join(g.tb.TempDir(), "log"), testOrigin, g.private("log"))
	if err != nil {
		g.tb.Fatal(err)
	}
	g.tb.Cleanup(func() { _ = log.Close() })
	g.log, g.witnesses = log, map[string]*translog.Witness{}
	for i := range r.Members {
		m := &r.Members[i]
		if m.Witness == "" {
			continue
		}
		o := translog.WitnessOptions{Name: r.WitnessName(m.ID), Signer: g.private("witness of " + m.ID), Now: now, Logs: []translog.LogKeys{g.log.Keys()}}
		w, err := translog.CreateWitness(filepath.Join(g.tb.TempDir(), "witness"), o)
		if err != nil {
			g.tb.Fatal(err)
		}
		g.tb.Cleanup(func() { _ = w.Close() })
		g.witnesses[m.ID] = w
	}
}

// forked are the same allies with another log under the same keys, in which there is something else, and with witnesses that cosign that one, too.
func (g *allies) forked() *allies {
	g.tb.Helper()
	f := *g
	f.keepLog(g.root, func() time.Time { return g.clock })
	if _, err := f.log.Append(g.tb.Context(), [32]byte{1}); err != nil {
		g.tb.Fatal(err)
	}
	return &f
}

func payloadOf(tb testing.TB, file []byte) []byte {
	tb.Helper()
	env, _, err := parseRoot(file)
	if err != nil {
		tb.Fatal(err)
	}
	return env.Payload
}

// send brings everything that one member has to others, as packets.
func (g *allies) send(from string, to ...string) {
	g.tb.Helper()
	var items []Item
	if err := g.folders[from].Items(func(it Item) error { items = append(items, it); return nil }); err != nil {
		g.tb.Fatal(err)
	}
	packet, err := Pack(g.folders[from].Book().Chain().Latest(), items)
	if err != nil {
		g.tb.Fatal(err)
	}
	for _, m := range to {
		got, err := Unpack(packet, testCoalition, g.boxes[m])
		if err != nil {
			g.tb.Fatalf("packet of %s for %s: %v", from, m, err)
		}
		for _, it := range got {
			if _, err := g.folders[m].Take(it); err != nil && !errors.Is(err, ErrWaits) {
				g.tb.Fatalf("%s takes in what %s sends: %v", m, from, err)
			}
		}
	}
}

// sync brings what each of these members has to all of them.
func (g *allies) sync(members ...string) {
	g.tb.Helper()
	for _, m := range members {
		g.send(m, members...)
	}
}

// logged puts events into the log, has witnesses cosign it, and gives the proofs to a member.
func (g *allies) logged(member string, events ...*Signed) {
	g.tb.Helper()
	for _, e := range events {
		if isNew, err := g.folders[member].Take(Item{ItemProof, g.shown(e)}); err != nil || !isNew {
			g.tb.Fatalf("proof for %s: new %v, %v", member, isNew, err)
		}
	}
}

// shown puts an event into the log, and returns the proof that witnesses have cosigned.
func (g *allies) shown(e *Signed) []byte {
	g.tb.Helper()
	entry, err := e.ID.Entry()
	if err != nil {
		g.tb.Fatal(err)
	}
	at, err := g.log.Append(g.tb.Context(), entry)
	if err != nil {
		g.tb.Fatal(err)
	}
	head := g.log.Head()
	for _, m := range slices.Sorted(maps.Keys(g.witnesses)) {
		head = g.cosigned(m, head)
	}
	p, err := g.log.Prove(at[0], head)
	if err != nil {
		g.tb.Fatal(err)
	}
	p.Extra = entry[:]
	return p.Text()
}

// cosigned has one member's witness cosign a checkpoint.
func (g *allies) cosigned(member string, head *translog.SignedCheckpoint) *translog.SignedCheckpoint {
	g.tb.Helper()
	w := g.witnesses[member]
	last, err := w.Latest(testOrigin)
	if err != nil {
		g.tb.Fatal(err)
	}
	request := &translog.AddCheckpoint{Checkpoint: head}
	if last != nil {
		request.Old = last.Size
	}
	if request.Proof, err = g.log.ProveConsistency(g.tb.Context(), request.Old, head.Checkpoint); err != nil {
		g.tb.Fatal(err)
	}
	sigs, err := w.AddCheckpoint(g.tb.Context(), request)
	if err != nil {
		g.tb.Fatal(err)
	}
	with, err := head.With(sigs...)
	if err != nil {
		g.tb.Fatal(err)
	}
	return with
}

// of is the state of the only content as a member knows it.
func (g *allies) of(member string) *Revision {
	g.tb.Helper()
	states := g.folders[member].Book().State()
	if len(states) != 1 {
		g.tb.Fatalf("%s knows of %d statements", member, len(states))
	}
	for _, r := range states {
		return r
	}
	return nil
}

const pledge = "We hunt with this.\n"

func testManifest() (*Manifest, map[Digest][]byte) {
	d := DigestOf([]byte(pledge))
	return &Manifest{
		Statement: testStatement, Revision: 1, TLP: "clear",
		Title:  []Wording{{"en", "Intrusions into mail servers"}, {"fr", "Intrusions dans des serveurs de courrier"}},
		Claims: []Claim{{"intrusion", []Wording{{"en", "Mail servers were broken into."}}}, {"state", []Wording{{"en", "A state is behind it."}}}},
		Files:  []File{{"statement.md", d, int64(len(pledge)), FileText}},
	}, map[Digest][]byte{d: []byte(pledge)}
}

// proposed has us propose, and everybody know.
func (g *allies) proposed(until Time, all ...string) {
	g.tb.Helper()
	m, files := testManifest()
	secret := []byte("the sources\n")
	annex := &Annex{TLP: "amber", Files: []File{{"annex.md", DigestOf(secret), int64(len(secret)), FileAnnex}}}
	files[DigestOf(secret)] = secret
	e, err := g.actors["us"].Propose(m, annex, files, until)
	if err != nil {
		g.tb.Fatal(err)
	}
	g.logged("us", e)
	g.send("us", all...)
}

// does has a member do something, log it, and tell others.
func (g *allies) does(member string, do func(*Actor, *Revision) (*Signed, error), tell ...string) *Signed {
	g.tb.Helper()
	e, err := do(g.actors[member], g.of(member))
	if err != nil {
		g.tb.Fatalf("%s: %v", member, err)
	}
	g.logged(member, e)
	g.send(member, tell...)
	return e
}

func stand(s Stance) func(*Actor, *Revision) (*Signed, error) {
	return func(a *Actor, r *Revision) (*Signed, error) { return a.Position(r, &Position{Stance: s}) }
}

func ask(q Question, yes bool) func(*Actor, *Revision) (*Signed, error) {
	return func(a *Actor, r *Revision) (*Signed, error) { return a.Vote(r, q, yes, "") }
}

// released leads a statement of us to its release, with an objection of eu, and returns the folder of the release.
func (g *allies) released() string {
	g.tb.Helper()
	all := []string{"ca", "eu", "uk", "us"}
	g.proposed(At(g.clock)+3600, all...)
	g.does("us", stand(Assess), all...)
	g.does("uk", stand(Endorse), all...)
	g.does("eu", stand(Object), all...)
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) { return a.Decide(r, true) }, all...)
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Seal(r, map[string][]byte{"statement.md": []byte(pledge), "index.html": []byte("<p>We hunt with this.</p>\n")})
	}, all...)
	for _, m := range []string{"us", "uk"} {
		g.does(m, ask(AskRelease, true), all...)
		if _, err := g.actors[m].Stage(g.of(m)); err != nil {
			g.tb.Fatal(err)
		}
	}
	if given, err := g.folders["us"].GiveDue(At(g.clock)); err != nil || len(given) > 0 {
		g.tb.Fatalf("shares are given away before the hour: %d, %v", len(given), err)
	}
	g.clock = g.clock.Add(2 * time.Hour)
	for _, m := range []string{"us", "uk"} {
		given, err := g.folders[m].GiveDue(At(g.clock))
		if err != nil || len(given) != 1 {
			g.tb.Fatalf("%s gives away %d shares at the hour: %v", m, len(given), err)
		}
		g.logged(m, given...)
		g.send(m, all...)
	}
	return g.write("ca")
}

// write writes the release as a member has it.
func (g *allies) write(member string) string {
	g.tb.Helper()
	dir := g.tb.TempDir()
	r := g.of(member)
	_, files, err := g.folders[member].Open(r)
	if err != nil {
		g.tb.Fatal(err)
	}
	proof, err := g.folders[member].Proof(r)
	if err != nil {
		g.tb.Fatal(err)
	}
	files[ProofFile] = proof
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			g.tb.Fatal(err)
		}
	}
	return dir
}

func (g *allies) verify(dir string, change func(*VerifyOptions)) *Verification {
	g.tb.Helper()
	b, err := os.ReadFile(filepath.Join(dir, ProofFile))
	if err != nil {
		g.tb.Fatal(err)
	}
	o := VerifyOptions{Pin: DigestOf(payloadOf(g.tb, g.file)), Now: At(g.clock), Files: os.DirFS(dir)}
	if change != nil {
		change(&o)
	}
	v, err := Verify(b, o)
	if err != nil {
		return &Verification{Checks: []Check{{Failed, err.Error()}}}
	}
	return v
}

// lines are checks that did not come out well.
func lines(v *Verification) (out []string) {
	for _, c := range v.Checks {
		if c.Outcome != OK {
			out = append(out, fmt.Sprintf("%s: %s", c.Outcome, c.Text))
		}
	}
	return out
}

func TestRelease(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	dir := g.released()
	v := g.verify(dir, nil)
	if v.Outcome() != OK || v.Phase != Released || v.Title != "Intrusions into mail servers" {
		t.Errorf("a stranger finds %s, %s: %q", v.Outcome(), v.Phase, lines(v))
	}
	var said []string
	for _, s := range v.Said {
		if s.Seen == nil {
			t.Errorf("it is not known when %s said so", s.Member)
		}
		said = append(said, s.Member+" "+string(s.Stance))
	}
	if want := []string{"eu object", "uk endorse", "us assess"}; !slices.Equal(said, want) {
		t.Errorf("said: %q, want %q", said, want)
	}
	want, err := os.ReadFile(filepath.Join(dir, ProofFile))
	if err != nil {
		t.Fatal(err)
	}
	g.sync("ca", "eu", "uk", "us")
	for _, m := range []string{"eu", "uk", "us"} {
		if got, err := os.ReadFile(filepath.Join(g.write(m), ProofFile)); err != nil || string(got) != string(want) {
			t.Errorf("the proof of %s differs from that of ca: %v", m, err)
		}
	}
	again, err := OpenFolder(g.folders["eu"].Dir(), func(name string, err error) { t.Errorf("%s: %v", name, err) })
	if err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, again.Book().State()), dump(t, g.folders["eu"].Book().State()); got != want {
		t.Errorf("read again the folder says\n%s\nnot\n%s", got, want)
	}
}

// A share that was staged with a key that has been given up since stays where it is: it would not count.
func TestStagedWithOldKey(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	all := []string{"ca", "eu", "uk", "us"}
	g.proposed(0, all...)
	g.does("us", stand(Assess), all...)
	g.does("uk", stand(Endorse), all...)
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) { return a.Decide(r, true) }, all...)
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Seal(r, map[string][]byte{"statement.md": []byte(pledge)})
	}, all...)
	if _, err := g.actors["uk"].Stage(g.of("uk")); err != nil {
		t.Fatal(err)
	}
	for _, m := range []string{"us", "uk"} {
		g.does(m, ask(AskRelease, true), all...)
	}
	g.clock = g.clock.Add(time.Minute)
	g.book, g.now = g.folders["us"].Book(), At(g.clock)
	next := g.next()
	next.Members[2].Keys = []string{g.key("uk 2").Public().String()}
	if _, err := g.folders["uk"].Take(Item{ItemRoot, g.sign(next, "us", "eu", "uk 2")}); err != nil {
		t.Fatal(err)
	}
	if given, err := g.folders["uk"].GiveDue(At(g.clock)); err != nil || len(given) > 0 {
		t.Errorf("%d shares that do not count are given away, %v", len(given), err)
	}
	g.actors["uk"].Signer = g.key("uk 2")
	if _, err := g.actors["uk"].Stage(g.of("uk")); err != nil {
		t.Fatal(err)
	}
	if given, err := g.folders["uk"].GiveDue(At(g.clock)); err != nil || len(given) != 1 {
		t.Errorf("%d shares are given away, %v", len(given), err)
	}
}

// What is no file is not waited for: a pipe would keep a reader for ever.
func TestPipeInRelease(t *testing.T) {
	if _, err := readFile(fstest.MapFS{"a": {Mode: fs.ModeNamedPipe}}, "a", 0); err == nil {
		t.Error("a pipe is read")
	}
}
