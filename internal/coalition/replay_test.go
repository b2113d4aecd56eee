package coalition

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/sign"
)

// together has all members work in one folder, so that nothing has to be sent.
func (g *allies) together() *Folder {
	f := g.folders["us"]
	for m, a := range g.actors {
		g.folders[m], a.Folder = f, f
	}
	return f
}

// adopted has a member propose a statement, and enough of them adopt it.
func (g *allies) adopted(member, statement string, until Time) Digest {
	g.tb.Helper()
	m, files := testManifest()
	m.Statement = statement
	e, err := g.actors[member].Propose(m, nil, files, until)
	if err != nil {
		g.tb.Fatal(err)
	}
	for _, by := range []string{"uk", "us"} {
		if _, err := stand(Endorse)(g.actors[by], g.about(e.Manifest)); err != nil {
			g.tb.Fatal(err)
		}
	}
	if _, err := g.actors[member].Decide(g.about(e.Manifest), true); err != nil {
		g.tb.Fatal(err)
	}
	return e.Manifest
}

// about is the state of a content in the folder of all.
func (g *allies) about(d Digest) *Revision {
	g.tb.Helper()
	r := g.folders["us"].Book().State()[d]
	if r == nil {
		g.tb.Fatalf("%s is not proposed", d)
	}
	return r
}

const otherStatement = "20212223-2425-4627-a829-2a2b2c2d2e2f"

// A member puts the sealed shares of a statement, whose hour is far, into the seal of one whose hour is near: who gave its share
// away for the one would open the other.
func TestAttackSealOfAnother(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	f := g.together()
	late := g.adopted("us", testStatement, At(g.clock)+86400)
	seal, err := g.actors["us"].Seal(g.about(late), map[string][]byte{"statement.md": []byte(pledge)})
	if err != nil {
		t.Fatal(err)
	}
	soon := g.adopted("eu", otherStatement, At(g.clock)+60)
	m, err := f.Manifest(soon)
	if err != nil {
		t.Fatal(err)
	}
	release, contents, err := WriteRelease(m, soon, map[string][]byte{"statement.md": []byte(pledge)}, g.random)
	if err != nil {
		t.Fatal(err)
	}
	index, _, _ := bytes.Cut(release, []byte{'\n'})
	if _, err := f.Take(Item{ItemBlob, index}); err != nil {
		t.Fatal(err)
	}
	bad := *seal.Seal
	bad.Contents = contents // as it was agreed on; the shares are of the other key
	r := g.about(soon)
	if _, err := g.actors["eu"].sign("eu", r.Statement, soon, KindSeal, func(e *Event) { e.Seal = &bad }); err != nil {
		t.Fatal(err)
	}
	r = g.about(soon)
	if r.Seal == nil {
		t.Fatal("the seal does not count, and the test shows nothing")
	}
	if _, err := g.actors["uk"].Vote(r, AskRelease, true, ""); !errors.Is(err, ErrShare) {
		t.Errorf("a member votes for a seal with shares of another statement: %v", err)
	}
	if _, err := g.actors["uk"].Stage(r); !errors.Is(err, ErrShare) {
		t.Errorf("a member signs its share of another statement: %v", err)
	}
	if _, err := g.actors["uk"].Vote(g.about(late), AskRelease, true, ""); err != nil {
		t.Errorf("a member does not vote for the right one: %v", err)
	}
}

// everything has members say all that there is to say about one statement, until it is withdrawn, and gives the folder of its release.
func (g *allies) everything() string {
	g.tb.Helper()
	g.together()
	g.proposed(At(g.clock) + 7200)
	for m, s := range map[string]Stance{"ca": Reserve, "eu": Object, "uk": Endorse, "us": Assess} {
		g.does(m, stand(s))
	}
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) { return a.Decide(r, true) })
	other := g.does("us", func(a *Actor, r *Revision) (*Signed, error) { return a.MoveHour(r, r.Hour-3600) })
	for m, yes := range map[string]bool{"ca": false, "uk": true, "us": true} {
		g.does(m, func(a *Actor, r *Revision) (*Signed, error) { return a.AnswerHour(r, other.ID, yes) })
		if m == "uk" || m == "us" { // who is the second to accept settles it
			if len(g.of("us").Asked) == 0 {
				break
			}
		}
	}
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Seal(r, map[string][]byte{"statement.md": []byte(pledge), "index.html": []byte("<p>We hunt with this.</p>\n")})
	})
	g.does("eu", ask(AskHold, true))
	for _, m := range []string{"uk", "us"} {
		g.does(m, ask(AskRelease, true))
		g.does(m, ask(AskOverride, true))
		g.does(m, ask(AskEnd, true))
		if _, err := g.actors[m].Stage(g.of(m)); err != nil {
			g.tb.Fatal(err)
		}
	}
	g.clock = g.clock.Add(3 * time.Hour)
	given, err := g.folders["us"].GiveDue(At(g.clock))
	if err != nil || len(given) != 2 {
		g.tb.Fatalf("%d shares are given away: %v", len(given), err)
	}
	g.logged("us", given...)
	dir := g.write("us")
	g.does("ca", ask(AskWithdraw, true))
	return dir
}

// Two coalitions have the same members with the same keys, and even a log of one name and key. Nothing that was said in one counts in
// the other.
func TestAttackOtherCoalition(t *testing.T) {
	const otherCoalition = "1f1e1d1c-1b1a-4918-9716-151413121110"
	a := newAllies(t, "ca", "eu", "uk", "us")
	b := newAlliesOf(t, func(r *Root) {
		r.Coalition = otherCoalition
		for i := range r.Members {
			r.Members[i].Recipients = a.root.Members[i].Recipients
		}
	}, "ca", "eu", "uk", "us")
	b.boxes = a.boxes
	for m, x := range b.actors {
		x.Identities = a.actors[m].Identities
	}
	dirs := map[*allies]string{a: a.everything(), b: b.everything()}
	kinds := map[string]bool{}
	for _, e := range a.folders["us"].Book().Events() {
		kinds[string(e.Kind)] = true
		if e.Vote != nil {
			kinds[string(e.Vote.Question)] = true
		}
		if e.Embargo != nil {
			kinds["hour: "+string(e.Embargo.Action)] = true
		}
	}
	for _, k := range []string{"propose", "position", "decide", "embargo", "seal", "vote", "share", "release", "hold", "override", "end", "withdraw", "hour: propose", "hour: accept"} {
		if !kinds[k] {
			t.Errorf("the test has no %s: %v", k, slices.Sorted(maps.Keys(kinds)))
		}
	}
	for _, c := range []struct {
		from, to *allies
	}{{a, b}, {b, a}} {
		theirs, ours := c.from.folders["us"], c.to.folders["us"]
		before := dump(t, ours.Book().State())
		var items []Item
		if err := theirs.Items(func(it Item) error { items = append(items, it); return nil }); err != nil {
			t.Fatal(err)
		}
		events := 0
		for _, it := range items {
			_, err := ours.Take(it)
			switch it.Kind {
			case ItemEvent:
				if events++; err == nil || errors.Is(err, ErrWaits) || !strings.Contains(err.Error(), "of coalition") {
					t.Errorf("an event of another coalition: %v", err)
				}
			case ItemRoot:
				if err == nil || errors.Is(err, ErrWaits) {
					t.Errorf("a root of another coalition: %v", err)
				}
			case ItemProof: // of an event that may come; it never does
				if !errors.Is(err, ErrWaits) {
					t.Errorf("a proof of an event of another coalition: %v", err)
				}
			case ItemBlob: // a file is what its digest says
			}
		}
		if events < 15 {
			t.Errorf("only %d events", events)
		}
		packet, err := Pack(theirs.Book().Chain().Latest(), items)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Unpack(packet, c.to.root.Coalition, c.to.boxes["us"]); err == nil || errors.Is(err, ErrNotForUs) {
			t.Errorf("a packet of another coalition: %v", err)
		}
		if after := dump(t, ours.Book().State()); after != before {
			t.Errorf("what another coalition says has changed the state:\n%s\nwas\n%s", after, before)
		}
		c.to.refuses(t, dirs[c.to], dirs[c.from], c.from)
	}
	ra, rb := a.of("us"), b.of("us")
	a.refusesContent(t, rb)
	b.refusesContent(t, ra)
}

// refuses has a verifier who knows this coalition look at releases with parts of another one.
func (g *allies) refuses(t *testing.T, dir, other string, from *allies) {
	t.Helper()
	if v := g.verify(dir, nil); v.Outcome() == Failed {
		t.Fatalf("the release does not verify as it is: %q", lines(v))
	}
	read := func(dir string) *Proof {
		b, err := os.ReadFile(filepath.Join(dir, ProofFile))
		if err != nil {
			t.Fatal(err)
		}
		p, err := ReadProof(b)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	theirs := read(other)
	for what, change := range map[string]func(p *Proof){
		"the release of another coalition":               func(p *Proof) { *p = *theirs },
		"the same under our name":                        func(p *Proof) { c := p.Coalition; *p = *theirs; p.Coalition = c },
		"our roots with what another coalition signed":   func(p *Proof) { r := p.Roots; *p = *theirs; p.Roots = r },
		"the same, under our name":                       func(p *Proof) { r, c := p.Roots, p.Coalition; *p = *theirs; p.Roots, p.Coalition = r, c },
		"our release with the events of another":         func(p *Proof) { p.Events = theirs.Events },
		"our release with the content of another":        func(p *Proof) { p.Content, p.Manifest = theirs.Content, theirs.Manifest },
		"our release with the list of files of another":  func(p *Proof) { p.Index = theirs.Index },
		"our release, and a root of another behind ours": func(p *Proof) { p.Roots = append(p.Roots, theirs.Roots[0]) },
	} {
		g.wantFailed(t, what, dir, change)
	}
	for _, e := range theirs.Events {
		env, err := sign.ParseEnvelope(e.Event)
		if err != nil {
			t.Fatal(err)
		}
		g.wantFailed(t, "one event of another coalition", dir, func(p *Proof) { p.Events = append(p.Events, e); sortEvents(p) })
		env.Payload = bytes.ReplaceAll(env.Payload, []byte(from.root.Coalition), []byte(g.root.Coalition))
		g.wantFailed(t, "one event of another coalition under our name", dir, func(p *Proof) {
			p.Events = append(p.Events, ProvenEvent{Event: json.RawMessage(env.Bytes())})
			sortEvents(p)
		})
	}
}

func (g *allies) wantFailed(t *testing.T, what, dir string, change func(*Proof)) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, ProofFile))
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verify(withProof(t, change)(b), VerifyOptions{Pin: DigestOf(payloadOf(t, g.file)), Now: At(g.clock), Files: os.DirFS(dir)})
	if err == nil && v.Outcome() != Failed {
		t.Errorf("%s: %s: %q", what, v.Outcome(), lines(v))
	}
}

// refusesContent has a member of both coalitions propose, adopt and seal here what is sealed there, with an hour that has come.
func (g *allies) refusesContent(t *testing.T, there *Revision) {
	t.Helper()
	f := g.folders["us"]
	say := func(member string, kind Kind, fill func(*Event)) *Signed {
		s, err := g.actors[member].sign(member, there.Statement, there.Manifest, kind, fill)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	say("us", KindPropose, func(e *Event) { e.Propose = &Propose{Revision: 1} })
	var positions []*Signed
	for _, m := range []string{"uk", "us"} {
		positions = append(positions, say(m, KindPosition, func(e *Event) { e.Position = &Position{Stance: Endorse} }))
	}
	say("us", KindDecide, func(e *Event) { e.Decide = &Decide{Adopt: true, Positions: idsOf(positions)} })
	say("us", KindSeal, func(e *Event) { e.Seal = there.Seal.Seal })
	r := f.Book().State()[there.Manifest]
	if r == nil || r.Seal == nil {
		return // it is nothing here
	}
	if _, err := g.actors["uk"].Vote(r, AskRelease, true, ""); err == nil {
		t.Error("a member votes here for the release of what is sealed there")
	}
	if _, err := g.actors["uk"].Stage(r); !errors.Is(err, ErrShare) {
		t.Errorf("a member gives away here its share of what is sealed there: %v", err)
	}
}
