package coalition

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/sign"
)

// The attacks of docs/threat-model.md on what a coalition signs: each row there names a test here.

func TestAttackForgedPosition(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	w.propose(0)
	good := w.event("uk", KindPosition, func(e *Event) { e.Position = &Position{Stance: Object} })

	e := good.Event
	byStranger, err := e.Sign(w.key("mallory"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.book.TakeEvent(byStranger.File); !errors.Is(err, ErrWaits) {
		t.Errorf("signed by nobody: %v", err)
	}
	byOther, err := e.Sign(w.key("us"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.book.TakeEvent(byOther.File); err == nil || errors.Is(err, ErrWaits) {
		t.Errorf("signed by another member: %v", err)
	}
	// The member's signature under words that it did not sign.
	env, err := sign.ParseEnvelope(good.File)
	if err != nil {
		t.Fatal(err)
	}
	env.Payload = bytes.Replace(env.Payload, []byte(`"object"`), []byte(`"endorse"`), 1)
	if _, err := w.book.TakeEvent(env.Bytes()); err == nil {
		t.Error("a position that was changed is taken in")
	}
	env.Signatures = append(env.Signatures, env.Signatures[0])
	if _, err := w.book.TakeEvent(env.Bytes()); err == nil {
		t.Error("an event with two signatures is taken in")
	}
	if r := w.state(); len(r.Positions) != 0 {
		t.Errorf("positions: %v", r.Positions)
	}
}

func TestAttackReplay(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	w.propose(0)
	w.decide("us", true, w.position("us", Endorse), w.position("uk", Endorse))
	seal, _ := w.seal("us")
	yes := w.vote("uk", AskRelease, true, seal)
	w.vote("uk", AskRelease, false, seal)
	w.vote("us", AskRelease, true, seal)
	before := dump(t, w.book.State())
	if isNew, err := w.book.TakeEvent(yes.File); err != nil || isNew {
		t.Errorf("an old vote again: new %v, %v", isNew, err)
	}
	if after := dump(t, w.book.State()); after != before || w.state().Yes(AskRelease) != 1 {
		t.Error("an old vote that is brought again counts again")
	}
	// The vote of one statement does not count for another: what it is about is signed.
	other := DigestOf([]byte("other content"))
	env, err := sign.ParseEnvelope(yes.File)
	if err != nil {
		t.Fatal(err)
	}
	env.Payload = bytes.ReplaceAll(env.Payload, []byte(strings.TrimPrefix(string(w.content), "sha256:")), []byte(strings.TrimPrefix(string(other), "sha256:")))
	if _, err := w.book.TakeEvent(env.Bytes()); err == nil {
		t.Error("a vote counts for other content")
	}
}

// attacked changes one file of a release and says what verification finds.
func (g *allies) attacked(dir, name string, change func([]byte) []byte) []string {
	g.tb.Helper()
	path := filepath.Join(dir, name)
	good, err := os.ReadFile(path)
	if err != nil {
		g.tb.Fatal(err)
	}
	if err := os.WriteFile(path, change(bytes.Clone(good)), 0o600); err != nil {
		g.tb.Fatal(err)
	}
	v := g.verify(dir, nil)
	if err := os.WriteFile(path, good, 0o600); err != nil {
		g.tb.Fatal(err)
	}
	if v.Outcome() != Failed {
		g.tb.Errorf("%s changed: %s: %q", name, v.Outcome(), lines(v))
	}
	return lines(v)
}

func (g *allies) wantLine(got []string, part string) {
	g.tb.Helper()
	if !slices.ContainsFunc(got, func(l string) bool { return strings.Contains(l, part) }) {
		g.tb.Errorf("nothing says %q: %q", part, got)
	}
}

// withProof changes a proof as JSON.
func withProof(tb testing.TB, change func(*Proof)) func([]byte) []byte {
	tb.Helper()
	return func(b []byte) []byte {
		p, err := ReadProof(b)
		if err != nil {
			tb.Fatal(err)
		}
		change(p)
		out, err := write(p)
		if err != nil {
			tb.Fatal(err)
		}
		return out
	}
}

func TestAttacksOnRelease(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	dir := g.released()
	stance := func(e ProvenEvent) string {
		env, err := sign.ParseEnvelope(e.Event)
		if err != nil {
			t.Fatal(err)
		}
		var p inToto
		if err := json.Unmarshal(env.Payload, &p); err != nil {
			t.Fatal(err)
		}
		if p.Predicate.Position == nil {
			return string(p.Predicate.Kind)
		}
		return p.Predicate.Member + " " + string(p.Predicate.Position.Stance)
	}
	drop := func(what string) func([]byte) []byte {
		return withProof(t, func(p *Proof) {
			p.Events = slices.DeleteFunc(p.Events, func(e ProvenEvent) bool { return stance(e) == what })
		})
	}

	t.Run("content that is swapped afterwards", func(t *testing.T) {
		g.wantLine(g.attacked(dir, "statement.md", func(b []byte) []byte { return bytes.ToUpper(b) }), "has been changed")
		g.wantLine(g.attacked(dir, "index.html", func(b []byte) []byte { return append(b, ' ') }), "has been changed")
		g.wantLine(g.attacked(dir, ProofFile, withProof(t, func(p *Proof) {
			p.Content = bytes.Replace(p.Content, []byte("broken into"), []byte("not touched"), 1)
		})), "not the one that the members signed")
		g.wantLine(g.attacked(dir, ProofFile, withProof(t, func(p *Proof) {
			p.Index = bytes.Replace(p.Index, []byte("index.html"), []byte("other.html"), 1)
		})), "not the one that was sealed")
	})
	t.Run("an objection that is hidden", func(*testing.T) {
		g.wantLine(g.attacked(dir, ProofFile, drop("eu object")), "knows of a position that is missing here")
	})
	t.Run("a proof that is cut short", func(t *testing.T) {
		for n := range 20 {
			g.attacked(dir, ProofFile, func(b []byte) []byte { return b[:len(b)*n/20] })
		}
		g.wantLine(g.attacked(dir, ProofFile, drop("propose")), "nobody who may propose")
		g.wantLine(g.attacked(dir, ProofFile, drop("share")), "0 members gave away")
		g.wantLine(g.attacked(dir, ProofFile, drop("seal")), "never sealed")
		g.wantLine(g.attacked(dir, ProofFile, drop("vote")), "0 members voted")
		g.wantLine(g.attacked(dir, ProofFile, drop("uk endorse")), "it is not adopted")
		g.wantLine(g.attacked(dir, ProofFile, withProof(t, func(p *Proof) { p.Roots = []json.RawMessage{} })), "no root")
	})
	t.Run("a proof of the log that is changed", func(t *testing.T) {
		g.wantLine(g.attacked(dir, ProofFile, withProof(t, func(p *Proof) {
			p.Events[0].Log = strings.Replace(p.Events[0].Log, "index 0\n", "index 1\n", 1)
			p.Events[1].Log = strings.Replace(p.Events[1].Log, "index 1\n", "index 0\n", 1)
			p.Events[0].Log, p.Events[1].Log = p.Events[1].Log, p.Events[0].Log
		})), "of another event")
	})
	t.Run("without proofs of the log", func(t *testing.T) {
		b, err := os.ReadFile(filepath.Join(dir, ProofFile))
		if err != nil {
			t.Fatal(err)
		}
		b = withProof(t, func(p *Proof) {
			for i := range p.Events {
				p.Events[i].Log = ""
			}
		})(b)
		v, err := Verify(b, VerifyOptions{Pin: DigestOf(payloadOf(t, g.file)), Now: At(g.clock), Files: os.DirFS(dir)})
		if err != nil || v.Outcome() != Unknown {
			t.Errorf("%s, %v: %q", v.Outcome(), err, lines(v))
		}
	})
	t.Run("another coalition's root", func(t *testing.T) {
		if v := g.verify(dir, func(o *VerifyOptions) { o.Pin = DigestOf([]byte("other")) }); v.Outcome() != Failed {
			t.Errorf("a first root that is not the named one: %q", lines(v))
		}
	})
	t.Run("a root that is rolled back", func(t *testing.T) {
		g.book, g.now = g.folders["us"].Book(), At(g.clock)
		next := g.next()
		stolen := g.key("uk").Public().ID()
		next.Revoked = []Revoked{{Key: stolen, Since: g.root.Issued, Reason: "stolen before anything was signed"}}
		i := slices.IndexFunc(next.Members, func(m Member) bool { return m.ID == "uk" })
		next.Members[i].Keys = []string{g.key("uk 2").Public().String()}
		newer := g.sign(next, "us", "eu", "uk 2")
		v := g.verify(dir, func(o *VerifyOptions) { o.Roots = [][]byte{newer} })
		if v.Outcome() != Failed {
			t.Errorf("a release that hides a newer root: %q", lines(v))
		}
		g.wantLine(lines(v), "is revoked")
	})
	if v := g.verify(dir, nil); v.Outcome() != OK {
		t.Errorf("unchanged: %q", lines(v))
	}
}

func TestAttackSealOfOtherContent(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	all := []string{"ca", "eu", "uk", "us"}
	g.proposed(0, all...)
	g.does("us", stand(Assess), all...)
	g.does("uk", stand(Endorse), all...)
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) { return a.Decide(r, true) }, all...)
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Seal(r, map[string][]byte{"statement.md": []byte("They did it.\n")})
	}, all...)
	// Nobody votes for it who looks, nor without having looked.
	if _, err := g.actors["uk"].Vote(g.of("uk"), AskRelease, true, ""); err == nil || !strings.Contains(err.Error(), "another file statement.md") {
		t.Errorf("a vote for other content: %v", err)
	}
	index := filepath.Join(g.folders["eu"].Dir(), g.folders["eu"].nameOf(blobsDir, g.of("eu").Seal.Seal.Contents, ""))
	if err := os.Remove(index); err != nil {
		t.Fatal(err)
	}
	if _, err := g.actors["eu"].Vote(g.of("eu"), AskRelease, true, ""); err == nil || !strings.Contains(err.Error(), "index") {
		t.Errorf("a vote for content that nobody has looked at: %v", err)
	}
	for _, m := range []string{"us", "uk"} { // who do so all the same
		g.does(m, func(a *Actor, r *Revision) (*Signed, error) {
			return a.sign(m, r.Statement, r.Manifest, KindVote, func(e *Event) {
				e.Vote = &Vote{Question: AskRelease, Yes: true, Seal: r.Seal.ID}
				for _, p := range r.Positions {
					e.Vote.Knows = append(e.Vote.Knows, p.ID)
				}
				slices.Sort(e.Vote.Knows)
			})
		}, all...)
		if _, err := g.actors[m].Stage(g.of(m)); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range []string{"us", "uk"} {
		given, err := g.folders[m].GiveDue(At(g.clock))
		if err != nil || len(given) != 1 {
			t.Fatalf("%d shares, %v", len(given), err)
		}
		g.logged(m, given...)
		g.send(m, all...)
	}
	v := g.verify(g.write("ca"), nil)
	if v.Outcome() != Failed {
		t.Errorf("a release of other content than was adopted: %q", lines(v))
	}
	g.wantLine(lines(v), "which the members agreed on, is not what was sealed")
}

// voted leads a statement to its release by the members that vote for it, who name what knows says in their votes.
func (g *allies) voted(knows func(*Revision) []Digest, all ...string) {
	g.tb.Helper()
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) { return a.Decide(r, true) }, all...)
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Seal(r, map[string][]byte{"statement.md": []byte(pledge)})
	}, all...)
	for _, m := range []string{"us", "uk"} {
		g.does(m, func(a *Actor, r *Revision) (*Signed, error) {
			return a.sign(m, r.Statement, r.Manifest, KindVote, func(e *Event) {
				e.Vote = &Vote{Question: AskRelease, Yes: true, Seal: r.Seal.ID, Knows: knows(r)}
				slices.Sort(e.Vote.Knows)
			})
		}, all...)
		if _, err := g.actors[m].Stage(g.of(m)); err != nil {
			g.tb.Fatal(err)
		}
	}
	for _, m := range []string{"us", "uk"} {
		given, err := g.folders[m].GiveDue(At(g.clock))
		if err != nil || len(given) != 1 {
			g.tb.Fatalf("%d shares, %v", len(given), err)
		}
		g.logged(m, given...)
		g.send(m, all...)
	}
}

func standing(r *Revision) (ids []Digest) {
	for _, p := range r.Positions {
		ids = append(ids, p.ID)
	}
	return ids
}

func TestAttackVoteNamesNothing(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	all := []string{"ca", "eu", "uk", "us"}
	g.proposed(0, all...)
	g.does("us", stand(Assess), all...)
	g.does("uk", stand(Endorse), all...)
	g.voted(func(r *Revision) []Digest { return append(standing(r), DigestOf([]byte("there is none"))) }, all...)
	v := g.verify(g.write("ca"), nil)
	if v.Outcome() != Failed {
		t.Errorf("a release whose voters know of a position that nobody has: %q", lines(v))
	}
	g.wantLine(lines(v), "knows of a position that is missing here")
}

// An objection that no voter has seen is missing in the release, and the stranger cannot tell. The objector can: the log has it, from
// before the release, and its own folder says so.
func TestAttackObjectionNobodySaw(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	others := []string{"ca", "uk", "us"}
	g.proposed(0, append(others, "eu")...)
	objection := g.does("eu", stand(Object)) // tells nobody, or a server keeps it
	g.does("us", stand(Assess), others...)
	g.does("uk", stand(Endorse), others...)
	g.voted(standing, others...)
	v := g.verify(g.write("ca"), nil)
	if v.Outcome() != OK || slices.ContainsFunc(v.Said, func(s Said) bool { return s.Member == "eu" }) {
		t.Errorf("what nobody saw: %q, %v", lines(v), v.Said)
	}
	book := g.folders["eu"].Book()
	if slices.Contains(book.Unlogged(), objection.ID) {
		t.Error("the objector cannot show that the log had it")
	}
	g.send("us", "eu") // the release reaches it, and everybody once it speaks
	g.send("eu", "ca")
	if r := g.of("ca"); r.Positions["eu"] == nil || r.Positions["eu"].ID != objection.ID {
		t.Errorf("after the objector has spoken it is not shown: %v", r.Positions)
	}
}

func TestAttackRevokedKey(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	all := []string{"ca", "eu", "uk", "us"}
	g.proposed(0, all...)
	early := g.does("uk", stand(Endorse), all...)
	g.book, g.now = g.folders["us"].Book(), At(g.clock)
	next := g.next()
	next.Revoked = []Revoked{{Key: g.key("uk").Public().ID(), Since: At(g.clock), Reason: "a laptop was stolen"}}
	i := slices.IndexFunc(next.Members, func(m Member) bool { return m.ID == "uk" })
	next.Members[i].Keys = []string{g.key("uk 2").Public().String()}
	root := g.sign(next, "us", "eu", "uk 2")

	// The thief signs after the theft, and dates it before.
	g.clock = g.clock.Add(time.Hour)
	e, err := g.folders["uk"].Book().Next("uk", testStatement, early.Manifest, KindPosition, early.At, g.salt())
	if err != nil {
		t.Fatal(err)
	}
	e.Position = &Position{Stance: Object}
	forged, err := e.Sign(g.key("uk"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.folders["us"].Take(Item{ItemEvent, forged.File}); err != nil {
		t.Fatal(err)
	}
	g.logged("us", forged)
	if r := g.of("us"); r.Positions["uk"].ID != forged.ID {
		t.Fatal("before the key is revoked its signature counts")
	}
	if isNew, err := g.folders["us"].Take(Item{ItemRoot, root}); err != nil || !isNew {
		t.Fatalf("new root: %v, %v", isNew, err)
	}
	r := g.of("us")
	if got := r.Positions["uk"]; got == nil || got.ID != early.ID {
		t.Errorf("after it is revoked %v counts, want what witnesses saw before the theft", got)
	}
	if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].What, "is revoked") {
		t.Errorf("problems %v", r.Problems)
	}
}

func TestAttackRollback(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	two := w.next()
	two.Members = two.Members[1:] // without eu
	second := w.sign(two, "uk", "us")
	fork := w.next()
	fork.Name = "Other"
	other := w.sign(fork, "eu", "us")
	if isNew, err := w.book.TakeRoot(second); err != nil || !isNew {
		t.Fatalf("the second root: %v, %v", isNew, err)
	}
	if isNew, err := w.book.TakeRoot(w.file); err != nil || isNew || w.book.chain.Latest().Version != 2 {
		t.Errorf("the first root again: new %v, %v, version %d", isNew, err, w.book.chain.Latest().Version)
	}
	if _, err := w.book.TakeRoot(other); !errors.Is(err, ErrFork) {
		t.Errorf("another second root: %v", err)
	}
	three := w.next()
	alone := w.sign(three, "us")
	if _, err := w.book.TakeRoot(alone); err == nil {
		t.Error("a root that one member signed is taken in")
	}
	outsiders := w.sign(three, "us", "eu")
	if _, err := w.book.TakeRoot(outsiders); err == nil {
		t.Error("the signature of a member that has left counts")
	}
}

func TestAttackWrongTime(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	g.released()
	// A statement that is dated after witnesses saw it.
	all := []string{"ca", "eu", "uk", "us"}
	a := g.actors["ca"]
	clock := a.Now
	a.Now = func() time.Time { return clock().Add(48 * time.Hour) }
	e, err := a.Position(g.of("ca"), &Position{Stance: Relay})
	if err != nil {
		t.Fatal(err)
	}
	g.logged("ca", e)
	g.send("ca", all...)
	v := g.verify(g.write("eu"), nil)
	if v.Outcome() != OK {
		t.Errorf("one member has made a release fail that was finished: %q", lines(v))
	}
	g.wantLine(lines(v), "remark: event "+string(e.ID)+" of ca is dated")
}

// Nor does a decision that is dated ahead move anything: where witnesses saw events, their time alone counts.
func TestAttackDecisionFromTheFuture(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	all := []string{"ca", "eu", "uk", "us"}
	g.proposed(0, all...)
	g.does("uk", stand(Endorse), all...)
	g.does("us", stand(Endorse), all...)
	a := g.actors["us"]
	clock := a.Now
	a.Now = func() time.Time { return clock().Add(48 * time.Hour) }
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) { return a.Decide(r, true) }, all...)
	a.Now = clock
	seen, ok := g.folders["eu"].Book().Seen(g.of("eu").Decision.ID)
	if !ok || g.of("eu").Decision.At <= seen+maxLead {
		t.Fatalf("the decision is seen at %s (%v)", seen, ok)
	}
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Seal(r, map[string][]byte{"statement.md": []byte(pledge)})
	}, all...)
	g.does("us", ask(AskRelease, true), all...)
	g.does("uk", ask(AskRelease, true), all...)
	for _, member := range []string{"us", "uk"} {
		if _, err := g.actors[member].Stage(g.of(member)); err != nil {
			t.Fatal(err)
		}
		given, err := g.folders[member].GiveDue(At(g.clock))
		if err != nil || len(given) != 1 {
			t.Fatalf("%s gives away %d shares: %v", member, len(given), err)
		}
		g.logged(member, given...)
		g.send(member, all...)
	}
	v := g.verify(g.write("eu"), nil)
	if v.Outcome() != OK || !slices.ContainsFunc(v.Checks, func(c Check) bool {
		return strings.Contains(c.Text, "it was adopted on "+seen.String()+", as witnesses saw")
	}) {
		t.Errorf("%+v", v.Checks)
	}
}

// Two releases of one coalition go with two histories of its log, each of which its witnesses cosigned. Neither shows that by itself.
func TestAttackForkedLog(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	g.released()
	one := g.write("eu")
	shownElsewhere := func(change func(string) string) []byte {
		f := g.forked()
		return withProof(t, func(p *Proof) {
			for i := range p.Events {
				s, err := ReadEvent(g.folders["eu"].Book().chain, p.Events[i].Event)
				if err != nil {
					t.Fatal(err)
				}
				p.Events[i].Log = change(string(f.shown(s)))
			}
		})(must(os.ReadFile(filepath.Join(one, ProofFile))))
	}
	other := VerifyOptions{Pin: DigestOf(payloadOf(t, g.file)), Now: At(g.clock), Files: os.DirFS(one)}
	for name, c := range map[string]struct {
		change func(string) string
		says   string
	}{
		"cosigned by all": {strings.Clone, "failed: the log " + testOrigin + " has been forked"},
		"cosigned by one": {func(s string) string { return s[:strings.Index(s, "— "+testCoalition+"/eu ")] }, "remark: the log " + testOrigin + " has been forked"},
	} {
		logs := NewLogHistory()
		if v := g.verify(one, func(o *VerifyOptions) { o.Logs = logs }); v.Outcome() != OK {
			t.Fatalf("the release: %q", lines(v))
		}
		if v := g.verify(one, func(o *VerifyOptions) { o.Logs = logs }); v.Outcome() != OK {
			t.Fatalf("the same again: %q", lines(v))
		}
		b := shownElsewhere(c.change)
		if v, err := Verify(b, other); err != nil || slices.ContainsFunc(lines(v), func(l string) bool { return strings.Contains(l, "forked") }) {
			t.Errorf("%s: the other history by itself: %q, %v", name, lines(v), err)
		}
		with := other
		with.Logs = logs
		v, err := Verify(b, with)
		if err != nil {
			t.Fatal(err)
		}
		g.wantLine(lines(v), c.says)
	}
}

func TestAttackTooFewWitnesses(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	m, files := testManifest()
	e, err := g.actors["us"].Propose(m, nil, files, 0)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := e.ID.Entry()
	if err != nil {
		t.Fatal(err)
	}
	at, err := g.log.Append(t.Context(), entry)
	if err != nil {
		t.Fatal(err)
	}
	head := g.cosigned("eu", g.log.Head())
	p, err := g.log.Prove(at[0], head)
	if err != nil {
		t.Fatal(err)
	}
	p.Extra = entry[:]
	if _, err := g.folders["us"].Take(Item{ItemProof, p.Text()}); !errors.Is(err, ErrUnwitnessed) {
		t.Errorf("a checkpoint that one witness of two cosigned: %v", err)
	}
	p.Extra = bytes.Repeat([]byte{1}, 32)
	if _, err := g.folders["us"].Take(Item{ItemProof, p.Text()}); err == nil {
		t.Error("a proof of an event that is not known is kept")
	}
}

// A member that saw the proposal proposes the same content again, without an hour, and with the lesser digest.
func TestAttackHour(t *testing.T) {
	for _, logged := range []bool{false, true} {
		w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
		hour := w.now + 3600
		proposal := w.propose(hour)
		w.decide("us", true, w.position("us", Endorse), w.position("uk", Endorse))
		seal, _ := w.seal("us")
		w.vote("uk", AskRelease, true, seal)
		w.vote("us", AskRelease, true, seal)
		again := proposal
		for again.ID >= proposal.ID {
			again = w.event("eu", KindPropose, func(e *Event) { e.Propose = &Propose{Revision: 1}; e.At = proposal.At - 60 })
		}
		w.take(again)
		if logged {
			w.book.seen[proposal.ID], w.book.seen[again.ID] = proposal.At, w.now
		}
		if r := w.state(); r.Proposal.ID != proposal.ID || r.Hour != hour || r.Due(w.now) == "" {
			t.Errorf("in the log: %t: one member has moved the hour to %s, and shares are given away: %q", logged, r.Hour, r.Due(w.now))
		}
		if logged { // one that nobody saw is not older, whatever its date
			delete(w.book.seen, again.ID)
			if r := w.state(); r.Proposal.ID != proposal.ID {
				t.Error("a proposal that no log shows goes before one that witnesses saw")
			}
		}
	}
}

// Without a log the root with the latest members and thresholds is taken of two proposals.
func TestAttackOldRoot(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 1, Release: 1}, "eu", "uk", "us")
	old := w.book.chain.Digest()
	next := w.next()
	next.Threshold.Adopt = 3
	if _, err := w.book.TakeRoot(w.sign(next, "eu", "uk", "us")); err != nil {
		t.Fatal(err)
	}
	proposal := w.propose(0)
	again := proposal
	for again.ID >= proposal.ID {
		again = w.event("eu", KindPropose, func(e *Event) { e.Propose = &Propose{Revision: 1, Until: w.now + 60}; e.Root = old })
	}
	w.take(again)
	if r := w.state(); r.Root.Threshold.Adopt != 3 {
		t.Errorf("it takes %d members to adopt it", r.Root.Threshold.Adopt)
	}
}

// A proposal that names an older root goes by the one that was in force when witnesses saw it.
func TestAttackOlderRoot(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 1, Release: 1}, "eu", "uk", "us")
	old := w.book.chain.Digest()
	w.now += 1000
	next := w.next()
	next.Threshold.Adopt, next.Member("eu").Roles = 3, []Role{RoleAdopt, RoleRelease, RoleRoot}
	if _, err := w.book.TakeRoot(w.sign(next, "eu", "uk", "us")); err != nil {
		t.Fatal(err)
	}
	propose := func(member string, at Time) *Signed {
		return w.take(w.event(member, KindPropose, func(e *Event) { e.Propose, e.Root, e.At = &Propose{Revision: 1}, old, at }))
	}
	issued := next.Issued
	mine := propose("us", issued-10) // or so it says
	w.decide("us", true, w.position("us", Endorse))
	for _, c := range []struct {
		name      string
		seen      Time // 0: nobody saw it
		witnesses int  // by the older root
		adopt     int  // how many it takes
	}{
		{"seen before", issued - 1, 1, 1},
		{"seen when the next root was issued", issued, 1, 3},
		{"seen long after", issued + 5000, 1, 3},
		{"not seen", 0, 1, 3},
		{"nobody watches", 0, 0, 1}, // there is nothing but its date
	} {
		w.book.chain.roots[0].Threshold.Witness = c.witnesses
		clear(w.book.seen)
		if c.seen != 0 {
			w.book.seen[mine.ID] = c.seen
		}
		r := w.state()
		if r.Root.Threshold.Adopt != c.adopt || r.Adopted() != (c.adopt == 1) {
			t.Errorf("%s: it takes %d members to adopt it, want %d", c.name, r.Root.Threshold.Adopt, c.adopt)
		}
	}
	w.book.chain.roots[0].Threshold.Witness, w.book.reading = 1, true
	clear(w.book.seen)
	if r := w.state(); r.Root.Threshold.Adopt != 1 {
		t.Errorf("a reader, who does not have what the log shows, takes it for %d members", r.Root.Threshold.Adopt)
	}
	w.book.reading = false
	w.content = DigestOf([]byte("other content"))
	theirs := propose("eu", issued-10) // who may not do so any more
	w.book.chain.roots[0].Threshold.Witness = 1
	w.book.seen[theirs.ID] = issued + 1
	if r := w.book.State()[w.content]; r != nil {
		t.Errorf("a member proposes by a role that it has no more: %v", r.Root.Version)
	}
}

// A member that has read a statement proposes its content under another name, with what makes its proposal go before the first one.
func TestAttackOtherName(t *testing.T) {
	for name, change := range map[string]func(*Event){
		"another statement":       func(e *Event) { e.Statement = testCoalition },
		"another revision":        func(e *Event) { e.Propose.Revision, e.Propose.Supersedes = 2, DigestOf([]byte("the one before")) },
		"another one before this": func(e *Event) { e.Propose.Supersedes = DigestOf([]byte("another")) },
	} {
		for _, seen := range []bool{false, true} {
			g := newAllies(t, "ca", "eu", "uk", "us")
			all := []string{"ca", "eu", "uk", "us"}
			g.proposed(3600, all...)
			g.does("us", stand(Assess), all...)
			mine, m := g.of("us").Proposal, g.of("us").Manifest
			e, err := g.folders["eu"].Book().Next("eu", testStatement, m, KindPropose, mine.At-60, g.salt())
			if err != nil {
				t.Fatal(err)
			}
			e.Propose = &Propose{Revision: 1, Until: At(g.clock.Add(1000 * time.Hour))}
			if change(e); e.Propose.Revision == 1 && e.Propose.Supersedes != "" {
				e.Propose.Revision = 3
			}
			theirs, err := e.Sign(g.key("eu"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range g.folders {
				if _, err := f.Take(Item{ItemEvent, theirs.File}); err != nil {
					t.Fatal(err)
				}
				clear(f.book.seen)
				if seen { // in the log it was the first
					f.book.seen[theirs.ID], f.book.seen[mine.ID] = mine.At-30, mine.At
				}
				r := f.Book().State()[m]
				if r.Proposal.ID != mine.ID || r.Positions["us"] == nil || r.Number != 1 {
					t.Errorf("%s, in the log: %t: it has taken the place of the first", name, seen)
				}
				if !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Member == "eu" && strings.Contains(p.What, "another statement") }) {
					t.Errorf("%s: nobody is told: %v", name, r.Problems)
				}
			}
		}
	}
}

// A member changes its mind, as witnesses see; then another one adopts on what it said before, and dates that before.
func TestAttackBackdatedDecision(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	all := []string{"ca", "eu", "uk", "us"}
	g.proposed(0, all...)
	us := g.does("us", stand(Assess), all...)
	uk := g.does("uk", stand(Endorse), all...)
	g.does("uk", stand(Object), all...)
	e, err := g.folders["ca"].Book().Next("ca", testStatement, us.Manifest, KindDecide, uk.At, g.salt())
	if err != nil {
		t.Fatal(err)
	}
	e.Decide = &Decide{Adopt: true, Positions: idsOf([]*Signed{us, uk})}
	s, err := e.Sign(g.key("ca"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.folders["us"].Take(Item{ItemEvent, s.File}); err != nil {
		t.Fatal(err)
	}
	if r := g.of("us"); r.Adopted() {
		t.Error("it is adopted on a position that was given up")
	}
}

// What does not count is not gone on from, whether a thief signed it or the member itself, too short a time before it changed
// its key: the member could say nothing any more.
func TestSpeakWithNewKey(t *testing.T) {
	for _, stolen := range []bool{false, true} {
		g := newAllies(t, "ca", "eu", "uk", "us")
		g.proposed(0, "ca", "eu", "uk", "us")
		g.does("uk", stand(Reserve), "us")
		g.book, g.now = g.folders["us"].Book(), At(g.clock)
		if _, err := g.actors["uk"].Position(g.of("uk"), &Position{Stance: Object}); err != nil { // no log shows it
			t.Fatal(err)
		}
		g.send("uk", "us")
		next := g.next()
		next.Issued++
		if stolen {
			next.Revoked = []Revoked{{Key: g.key("uk").Public().ID(), Since: next.Issued, Reason: "stolen"}}
		}
		next.Members[2].Keys = []string{g.key("uk 2").Public().String()}
		root := g.sign(next, "us", "eu", "uk 2")
		for _, m := range []string{"uk", "us"} {
			if _, err := g.folders[m].Take(Item{ItemRoot, root}); err != nil {
				t.Fatal(err)
			}
		}
		a := g.actors["uk"]
		a.Signer = g.key("uk 2")
		for _, s := range []Stance{Abstain, Endorse} {
			said := g.does("uk", stand(s), "us")
			if r := g.of("us"); r.Positions["uk"] == nil || r.Positions["uk"].ID != said.ID {
				t.Errorf("stolen: %t: what it says with its new key does not count: %v", stolen, r.Problems)
			}
		}
	}
}

// A member that has lost its folder goes on from the last of its events that it is given again, when one before is missing.
func TestSpeakWithGap(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	w.propose(0)
	first := w.position("uk", Object)
	second := w.event("uk", KindPosition, func(e *Event) { e.Position = &Position{Stance: Endorse} })
	other := mustBook(t, w.file)
	if _, err := other.TakeEvent(second.File); err != nil {
		t.Fatal(err)
	}
	e, err := other.Next("uk", testStatement, w.content, KindPosition, w.now, w.salt())
	if err != nil || e.Number != 3 || e.After != second.ID {
		t.Errorf("number %d after %s, %v: want 3 after %s, which goes on from %s", e.Number, e.After, err, second.ID, first.ID)
	}
}

// A member that takes more positions than a vote can name does not keep others from voting.
func TestAttackManyPositions(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	all := []string{"ca", "eu", "uk", "us"}
	g.proposed(0, all...)
	g.does("us", stand(Assess), all...)
	g.does("uk", stand(Endorse), all...)
	book, after := g.folders["us"].Book(), Digest("")
	for n := range int64(maxList + 1) {
		e := Event{
			Kind: KindPosition, Coalition: testCoalition, Root: book.chain.Digest(), Member: "ca", Statement: testStatement, Manifest: g.of("uk").Manifest,
			Number: n + 1, After: after, At: At(g.clock), Salt: g.salt(), Position: &Position{Stance: Object},
		}
		s, err := e.Sign(g.key("ca"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := book.TakeEvent(s.File); err != nil {
			t.Fatal(err)
		}
		after = s.ID
	}
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) { return a.Decide(r, true) })
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Seal(r, map[string][]byte{"statement.md": []byte(pledge)})
	})
	v := g.does("us", ask(AskRelease, true))
	if !slices.Contains(v.Vote.Knows, after) {
		t.Error("the vote does not name the last position")
	}
}

// Nobody undoes a release alone: what is said against it afterwards is passed over, and what was said before is not.
func TestAttackUndo(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	all := []string{"ca", "eu", "uk", "us"}
	g.released()
	g.does("eu", ask(AskHold, true), all...)
	g.does("uk", ask(AskRelease, false), all...)
	if v := g.verify(g.write("ca"), nil); v.Outcome() != OK {
		t.Errorf("%s: %q", v.Outcome(), lines(v))
	}
}
