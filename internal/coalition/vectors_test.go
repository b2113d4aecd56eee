package coalition

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"time"

	"filippo.io/age"
	"github.com/cloudflare/circl/secretsharing"

	"entente/internal/sign"
)

var update = flag.Bool("update", false, "write docs/formats/vectors/coalition anew")

const vectorFolder = "../../docs/formats/vectors/coalition"

// vectors are releases for other programs to verify, as docs/formats/coalition.md says.
type vectors struct {
	Root Digest `json:"root"` // of the coalition, by which to verify
	At   Time   `json:"at"`   // as of which to verify
	// Passphrase opens sealed.age. It is made of the shares of the release.
	Passphrase string       `json:"passphrase"`
	Cases      []vectorCase `json:"cases"`
}

// vectorCase is the release of the folder with something changed.
type vectorCase struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	Text    string  `json:"text,omitempty"` // part of what entente verify says

	Root   *Digest           `json:"root,omitempty"` // by which to verify, "" for none
	At     Time              `json:"at,omitempty"`
	Newer  []string          `json:"newer_roots,omitempty"`
	Patch  []patch           `json:"patch,omitempty"`   // of proof.json as JSON, which is written in canonical form then
	Edit   []edit            `json:"edit,omitempty"`    // of proof.json as text, after that
	Files  map[string]string `json:"files,omitempty"`   // contents of files, as text
	Absent []string          `json:"missing,omitempty"` // files that are not there
}

// patch is an operation of JSON Patch (RFC 6902).
type patch struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// edit replaces a text that stands there once.
type edit struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// between are the operations that make one proof of another.
func between(was, is *Proof) (out []patch) {
	set := func(path string, a, b any) {
		if x, _ := json.Marshal(a); !bytes.Equal(x, must(json.Marshal(b))) {
			out = append(out, patch{"replace", path, b})
		}
	}
	set("/type", was.Type, is.Type)
	set("/statement", was.Statement, is.Statement)
	set("/manifest", was.Manifest, is.Manifest)
	set("/content", was.Content, is.Content)
	set("/index", was.Index, is.Index)
	for i := range max(len(was.Roots), len(is.Roots)) {
		switch path := fmt.Sprintf("/roots/%d", i); {
		case i >= len(was.Roots):
			out = append(out, patch{"add", path, is.Roots[i]})
		case i >= len(is.Roots):
			out = append(out, patch{"remove", fmt.Sprintf("/roots/%d", len(is.Roots)), nil})
		default:
			set(path, was.Roots[i], is.Roots[i])
		}
	}
	events := slices.Clone(was.Events)
	find := func(list []ProvenEvent, e ProvenEvent) int {
		return slices.IndexFunc(list, func(x ProvenEvent) bool { return bytes.Equal(x.Event, e.Event) })
	}
	for i, e := range slices.Backward(was.Events) {
		if find(is.Events, e) < 0 {
			out = append(out, patch{"remove", fmt.Sprintf("/events/%d", i), nil})
			events = slices.Delete(events, i, i+1)
		}
	}
	for i, e := range is.Events {
		switch j := find(events[min(i, len(events)):], e); {
		case j < 0:
			out = append(out, patch{"add", fmt.Sprintf("/events/%d", i), e})
			events = slices.Insert(events, i, e)
		case j > 0: // in another order
			out = append(out, patch{"remove", fmt.Sprintf("/events/%d", i+j), nil}, patch{"add", fmt.Sprintf("/events/%d", i), e})
			events = slices.Insert(slices.Delete(events, i+j, i+j+1), i, e)
		case events[i].Log != e.Log && e.Log == "":
			out = append(out, patch{"remove", fmt.Sprintf("/events/%d/log", i), nil})
		case events[i].Log != e.Log:
			out = append(out, patch{"replace", fmt.Sprintf("/events/%d/log", i), e.Log})
		}
	}
	return out
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// telling is a release whose story goes on in many ways.
type telling struct {
	*allies
	base  []byte // proof.json
	dir   string
	cases []vectorCase
}

// vectorRelease makes the release: four members, a log with two witnesses, an objection, and a member whose key changes
// between its position and its vote.
func vectorRelease(t *testing.T) *telling {
	t.Helper()
	g := newAlliesOf(t, func(r *Root) {
		r.Expires = r.Issued + 100*365*86400
		for i := range r.Members {
			if m := &r.Members[i]; m.ID == "us" || m.ID == "ca" {
				m.Witness = ""
			}
		}
	}, "ca", "eu", "uk", "us")
	all := []string{"ca", "eu", "uk", "us"}
	g.proposed(At(g.clock)+7200, all...)
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Position(r, &Position{
			Stance: Assess, Wording: []Wording{{"en", "We judge that a state is behind it."}, {"fr", "Nous jugeons qu’un État en est l’auteur."}},
			Likelihood: &Likelihood{"icd-203", "very likely"}, Confidence: &Confidence{"icd-203", "high"},
		})
	}, all...)
	g.does("uk", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Position(r, &Position{Stance: Endorse, Covers: []string{"intrusion", "state"}, Likelihood: &Likelihood{"uk-phia", "highly likely"}})
	}, all...)
	g.does("eu", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Position(r, &Position{Stance: Object, Covers: []string{"state"}, Wording: []Wording{{"en", "We have not seen enough."}}})
	}, all...)
	g.book, g.now = g.folders["us"].Book(), At(g.clock)
	next := g.next()
	next.Members[2].Keys = []string{g.key("uk 2").Public().String()}
	second := g.sign(next, "eu", "us", "uk 2")
	for _, m := range all {
		if isNew, err := g.folders[m].Take(Item{ItemRoot, second}); err != nil || !isNew {
			t.Fatal(isNew, err)
		}
	}
	g.actors["uk"].Signer = g.key("uk 2")
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) { return a.Decide(r, true) }, all...)
	later := g.does("us", func(a *Actor, r *Revision) (*Signed, error) { return a.MoveHour(r, r.Hour+3600) }, all...)
	for _, m := range []string{"ca", "uk"} {
		g.does(m, func(a *Actor, r *Revision) (*Signed, error) { return a.AnswerHour(r, later.ID, true) }, all...)
	}
	g.does("us", func(a *Actor, r *Revision) (*Signed, error) {
		return a.Seal(r, map[string][]byte{"statement.md": []byte(pledge), "index.html": []byte("<p>We hunt with this.</p>\n")})
	}, all...)
	for _, m := range []string{"us", "uk"} {
		g.does(m, ask(AskRelease, true), all...)
		if _, err := g.actors[m].Stage(g.of(m)); err != nil {
			t.Fatal(err)
		}
	}
	g.clock = g.of("us").Hour.Time()
	for _, m := range []string{"us", "uk"} {
		given, err := g.folders[m].GiveDue(At(g.clock))
		if err != nil || len(given) != 1 {
			t.Fatalf("%s gives away %d shares: %v", m, len(given), err)
		}
		g.logged(m, given...)
		g.send(m, all...)
	}
	d := &telling{allies: g, dir: g.write("us")}
	g.book, g.now = g.folders["us"].Book(), At(g.clock)
	d.base = must(os.ReadFile(filepath.Join(d.dir, ProofFile)))
	return d
}

func (d *telling) proof() *Proof {
	d.tb.Helper()
	p, err := ReadProof(d.base)
	if err != nil {
		d.tb.Fatal(err)
	}
	return p
}

// add adds a case in which the proof is another.
func (d *telling) add(name string, o Outcome, text string, change func(*Proof), more ...func(*vectorCase)) {
	d.tb.Helper()
	p := d.proof()
	change(p)
	c := vectorCase{Name: name, Outcome: o, Text: text, Patch: between(d.proof(), p)}
	for _, m := range more {
		m(&c)
	}
	d.cases = append(d.cases, c)
}

// edit adds a case in which the text of the proof is another.
func (d *telling) edit(name string, o Outcome, text string, edits ...edit) {
	d.add(name, o, text, func(*Proof) {}, func(c *vectorCase) { c.Edit = edits })
}

// more are further events, which members sign one after another.
type more struct {
	*telling
	last map[string]*Signed
	p    *Proof
}

// says adds an event of a member that goes on from its last one.
func (m *more) says(member string, kind Kind, fill func(*Event)) *Signed {
	m.tb.Helper()
	m.now++
	e, err := m.book.Next(member, testStatement, m.p.Manifest, kind, m.now, m.salt())
	if err != nil {
		m.tb.Fatal(err)
	}
	if l := m.last[member]; l != nil && kind != KindShare {
		e.Number, e.After = l.Number+1, l.ID
	}
	fill(e)
	s := m.signed(e, m.actors[member].Signer)
	if kind != KindShare {
		m.last[member] = s
	}
	return s
}

// before has what is said next come before the shares of the key, which no log shows any more.
func (m *more) before() {
	m.tb.Helper()
	for i := range m.p.Events {
		if m.read(m.p.Events[i]).Kind == KindShare {
			m.p.Events[i].Log = ""
		}
	}
}

// signed adds an event that the log shows.
func (m *more) signed(e *Event, key sign.Signer) *Signed {
	m.tb.Helper()
	s, err := e.Sign(key)
	if err != nil {
		m.tb.Fatal(err)
	}
	m.p.Events = append(m.p.Events, ProvenEvent{s.File, string(m.shown(s))})
	sortEvents(m.p)
	return s
}

func sortEvents(p *Proof) {
	slices.SortFunc(p.Events, func(a, b ProvenEvent) int {
		return strings.Compare(string(DigestOf(a.Event)), string(DigestOf(b.Event)))
	})
}

// told adds a case in which more was said.
func (d *telling) told(name string, o Outcome, text string, tell func(*more)) {
	d.tb.Helper()
	d.add(name, o, text, func(p *Proof) { tell(&more{d, map[string]*Signed{}, p}) })
}

// read is an event of the proof.
func (d *telling) read(e ProvenEvent) *Event {
	d.tb.Helper()
	s, err := ReadEvent(d.book.chain, e.Event)
	if err != nil {
		d.tb.Fatal(err)
	}
	return &s.Event
}

// at is the place of a member's first event of a kind.
func (d *telling) at(p *Proof, member string, kind Kind) int {
	d.tb.Helper()
	best, number := -1, int64(0)
	for i, x := range p.Events {
		if e := d.read(x); e.Member == member && e.Kind == kind && (best < 0 || e.Number < number) {
			best, number = i, e.Number
		}
	}
	if best < 0 {
		d.tb.Fatalf("%s has no event %s", member, kind)
	}
	return best
}

func (d *telling) without(member string, kind Kind) func(*Proof) {
	return func(p *Proof) {
		i := d.at(p, member, kind)
		p.Events = slices.Delete(p.Events, i, i+1)
	}
}

// showing changes the proof of the log of a member's first event of a kind.
func (d *telling) showing(member string, kind Kind, change func(string) string) func(*Proof) {
	return func(p *Proof) {
		e := &p.Events[d.at(p, member, kind)]
		e.Log = change(e.Log)
	}
}

func vote(q Question, yes bool, seal Digest) func(*Event) {
	return func(e *Event) { e.Vote = &Vote{Question: q, Yes: yes, Seal: seal} }
}

func position(s Stance) func(*Event) {
	return func(e *Event) { e.Position = &Position{Stance: s} }
}

// newer is a third root, for a case to change.
func (d *telling) newer(change func(*Root), by ...string) func(*vectorCase) {
	return func(c *vectorCase) {
		r := d.next()
		r.Issued += 60
		change(r)
		c.Newer = append(c.Newer, string(d.sign(r, by...)))
	}
}

func line(n int, change func(string) string) func(string) string {
	return func(text string) string {
		lines := strings.SplitAfter(text, "\n")
		lines[n] = change(lines[n])
		return strings.Join(lines, "")
	}
}

// lineOf is the place of the line that begins with a text.
func lineOf(text, begin string) int {
	return slices.IndexFunc(strings.Split(text, "\n"), func(l string) bool { return strings.HasPrefix(l, begin) })
}

func same(*Proof) {}

func (d *telling) tellAll() {
	r := d.of("us")
	seal := r.Seal.ID
	none, other := Digest(""), DigestOf([]byte("other"))
	with := func(root *Digest, at Time) func(*vectorCase) { return func(c *vectorCase) { c.Root, c.At = root, at } }

	d.add("the release as it is", OK, "2 members gave away their share", same)
	d.add("the coalition is not named", Unknown, "whether the first root is the coalition's", same, with(&none, 0))
	d.add("another coalition is named", Failed, "the first root does not hold", same, with(&other, 0))
	d.add("the latest root has expired", Unknown, "whether keys have been revoked since", same, with(nil, d.root.Expires+1))

	// Files.
	d.add("a file is changed, in its length, too", Failed, "has been changed", same, func(c *vectorCase) { c.Files = map[string]string{"statement.md": "We do not.\n"} })
	d.add("a file is changed", Failed, "has been changed", same, func(c *vectorCase) { c.Files = map[string]string{"statement.md": strings.ToUpper(pledge)} })
	d.add("a file is missing", Unknown, "index.html of the release is not here", same, func(c *vectorCase) { c.Absent = []string{"index.html"} })
	d.add("a file lies beside the release", OK, "is not of it", same, func(c *vectorCase) { c.Files = map[string]string{"annex/more.md": "We did not say so.\n"} })

	// The form of the proof.
	d.edit("a line end follows the proof", OK, "", edit{`"type":"proof"}`, `"type":"proof"}` + "\n"})
	d.edit("two line ends follow the proof", Failed, "", edit{`"type":"proof"}`, `"type":"proof"}` + "\n\n"})
	d.edit("a blank stands in the proof", Failed, "canonical", edit{`"type":"proof"}`, `"type": "proof"}`})
	d.edit("a member that there is not", Failed, "unknown field", edit{`"type":"proof"}`, `"type":"proof","x":1}`})
	d.edit("a member in capitals", Failed, "", edit{`"type":"proof"}`, `"TYPE":"proof"}`})
	d.edit("the proof is cut off", Failed, "", edit{`"type":"proof"}`, ``})
	d.edit("null for a list", Failed, "null", edit{`"statement":"` + testStatement + `","type":"proof"}`, `"statement":"` + testStatement + `","type":null}`})
	d.add("of another type", Failed, "it is of type", func(p *Proof) { p.Type = "statement" })
	d.add("about another statement", Failed, "not the one that the members signed", func(p *Proof) { p.Statement = testCoalition })
	d.add("the content is another", Failed, "not the one that the members signed", func(p *Proof) {
		p.Content = bytes.Replace(p.Content, []byte("broken into"), []byte("not touched"), 1)
	})
	d.add("the content is another, with its digest", Failed, "is about other content", func(p *Proof) {
		p.Content = bytes.Replace(p.Content, []byte("broken into"), []byte("not touched"), 1)
		p.Manifest = DigestOf(p.Content)
	})
	d.add("the list of files is another", Failed, "not the one that was sealed", func(p *Proof) {
		p.Index = bytes.Replace(p.Index, []byte("index.html"), []byte("other.html"), 1)
	})

	// Roots.
	d.add("no root", Failed, "no root", func(p *Proof) { p.Roots = []json.RawMessage{} })
	d.add("the second root is missing", Failed, "nobody's", func(p *Proof) { p.Roots = p.Roots[:1] })
	d.add("the first root is missing", Failed, "begins with version 1", func(p *Proof) { p.Roots = p.Roots[1:] }, with(&none, 0))
	d.add("the second root is signed by one member of the first", Failed, "it takes 2", func(p *Proof) {
		r := must(write(d.book.chain.roots[1]))
		p.Roots[1] = must(d.rootBy(r, "us", "uk 2"), nil)
	})
	d.add("the first root is signed by another key, too", OK, "", func(p *Proof) {
		r := must(write(d.book.chain.roots[0]))
		p.Roots[0] = d.rootBy(r, "us", "uk", "ca", "mallory")
	})
	d.add("a signature of the first root is wrong", Failed, "is wrong", func(p *Proof) {
		env, err := sign.ParseEnvelope(p.Roots[0])
		if err != nil {
			d.tb.Fatal(err)
		}
		env.Signatures[0].Sig[0] ^= 1
		p.Roots[0] = env.Bytes()
	})
	d.add("a newer root is known", OK, "you have newer roots", same, d.newer(func(*Root) {}, "us", "eu"))
	d.add("a newer root that follows another", Failed, "contradicts", same, d.newer(func(r *Root) { r.Previous = other }, "us", "eu"))
	d.add("another second root is known", Failed, "contradicts", same, d.newer(func(r *Root) { r.Version, r.Previous = 2, d.book.chain.digests[0] }, "us", "eu"))
	revoke := func(since Time, witnesses int, names ...string) func(*Root) {
		return func(r *Root) {
			for _, name := range names {
				if err := r.Revoke(Revoked{d.key(name).Public().ID(), since, "stolen"}); err != nil {
					d.tb.Fatal(err)
				}
			}
			for i := range r.Members {
				if len(r.Members[i].Keys) == 0 {
					r.Members[i].Keys = []string{d.key(names[0] + " anew").Public().String()}
				}
			}
			r.Threshold.Witness = witnesses
		}
	}
	d.add("a key was stolen before it signed", Failed, "members voted for its release", same, d.newer(revoke(d.root.Issued, 2, "uk 2"), "us", "eu"))
	d.add("a key was never its member's", Failed, "members voted for its release", same, d.newer(revoke(0, 2, "uk 2"), "us", "eu"))
	d.add("a key was stolen, says the latest of two newer roots, which comes first", Failed, "up to version 4", same, func(c *vectorCase) {
		third := d.next()
		file := d.sign(third, "us", "eu")
		r := d.next()
		revoke(d.root.Issued, 2, "uk 2")(r)
		r.Version, r.Previous = 4, DigestOf(payloadOf(d.tb, file))
		c.Newer = []string{string(d.sign(r, "us", "eu")), string(file)}
	})
	d.add("a key was stolen after it signed", OK, "keys that they revoke do not count", same, d.newer(revoke(d.now+1, 2, "uk 2"), "us", "eu"))
	d.add("a witness's key was stolen, and the other one is enough", OK, "all 13 events are in the log", same, d.newer(revoke(d.now+1, 1, "witness of eu"), "us", "eu"))
	d.add("the witnesses' keys were stolen", Failed, "was given up", same, d.newer(revoke(d.now+1, 0, "witness of eu", "witness of uk"), "us", "eu"))
	d.add("the log's key was stolen", OK, "all 13 events are in the log", same, d.newer(revoke(d.now+1, 2, "log"), "us", "eu"))

	// Events.
	d.add("an objection is hidden", Failed, "knows of a position that is missing here", d.without("eu", KindPosition))
	d.add("the proposal is missing", Failed, "nobody who may propose", d.without("us", KindPropose))
	stricter := func(r *Root) { r.Threshold.Adopt = 4 }
	d.add("a newer root asks for more, and the proposal was seen before it", OK, "it takes 2 of 4", same, d.newer(stricter, "us", "eu"))
	d.add("a newer root asks for more, and nothing shows that the proposal was seen before it", Unknown, "whether it goes by version 1 of the root",
		d.showing("us", KindPropose, func(string) string { return "" }), d.newer(stricter, "us", "eu"))
	d.told("a member proposes it on an older root than the one that was in force", Failed, "it is not adopted: it takes 4 members", func(m *more) {
		d.showing("us", KindPropose, func(string) string { return "" })(m.p)
		m.says("eu", KindPropose, func(e *Event) { e.Propose, e.Root = &Propose{Revision: 1}, d.book.chain.digests[0] })
	})
	last := &d.cases[len(d.cases)-1]
	d.newer(func(r *Root) { r.Threshold.Adopt, r.Issued = 4, d.book.chain.Latest().Issued }, "us", "eu")(last)
	d.told("a member proposes it as another revision, and the log shows that proposal alone", Unknown, "as another statement, or another revision, than it is", func(m *more) {
		m.says("eu", KindPropose, func(e *Event) { e.Propose = &Propose{Revision: 2, Supersedes: m.p.Manifest} })
		d.showing("us", KindPropose, func(string) string { return "" })(m.p)
	})
	d.add("a position is missing on which it was adopted", Failed, "it is not adopted", d.without("uk", KindPosition))
	d.add("the decision is missing", Failed, "it is not adopted", d.without("us", KindDecide))
	d.add("the seal is missing", Failed, "never sealed", d.without("us", KindSeal))
	d.add("a vote is missing", Failed, "1 members voted for its release", d.without("uk", KindVote))
	d.add("a share is missing", Failed, "1 members gave away", d.without("uk", KindShare))
	d.add("two events change places", Failed, "not in order", func(p *Proof) { p.Events[3], p.Events[4] = p.Events[4], p.Events[3] })
	d.add("an event stands there twice", Failed, "not in order", func(p *Proof) { p.Events = slices.Insert(p.Events, 3, p.Events[3]) })
	d.add("the words of a position are others", Failed, "is wrong", func(p *Proof) {
		e := &p.Events[d.at(p, "us", KindPosition)]
		env, err := sign.ParseEnvelope(e.Event)
		if err != nil {
			d.tb.Fatal(err)
		}
		env.Payload = bytes.Replace(env.Payload, []byte("very likely"), []byte("likely"), 1)
		e.Event, e.Log = env.Bytes(), ""
		sortEvents(p)
	})
	d.told("a position by nobody's key", Failed, "nobody's", func(m *more) {
		m.signed(must2(m.book.Next("ca", testStatement, m.p.Manifest, KindPosition, m.now, m.salt())).with(position(Object)), d.key("mallory"))
	})
	d.told("a position with another member's key", Failed, "is signed by us", func(m *more) {
		m.signed(must2(m.book.Next("ca", testStatement, m.p.Manifest, KindPosition, m.now, m.salt())).with(position(Object)), d.key("us"))
	})
	d.told("a member changes its mind afterwards", OK, "it was adopted", func(m *more) { m.says("uk", KindPosition, position(Reserve)) })
	d.told("a key signs that was given up before", OK, "was given up", func(m *more) {
		m.signed(must2(m.book.Next("uk", testStatement, m.p.Manifest, KindPosition, m.now, m.salt())).with(position(Object)), d.key("uk"))
	})
	d.told("two things are said as one event", OK, "says two things as its event 1", func(m *more) {
		m.says("eu", KindPosition, func(e *Event) {
			e.Number, e.After = 1, ""
			e.Position = &Position{Stance: Endorse}
		})
	})
	d.told("two things are said as one event, and no log shows them", OK, "says two things as its event 1", func(m *more) {
		m.p.Events[d.at(m.p, "eu", KindPosition)].Log = ""
		m.says("eu", KindPosition, func(e *Event) {
			e.Number, e.After = 1, ""
			e.Position = &Position{Stance: Endorse}
		})
		for i := range m.p.Events {
			if e := d.read(m.p.Events[i]); e.Member == "eu" && e.Number == 1 {
				m.p.Events[i].Log = ""
			}
		}
	})
	d.told("an event between is missing", OK, "its event 2 is missing", func(m *more) {
		m.says("eu", KindPosition, func(e *Event) {
			e.Number, e.After = 3, other
			e.Position = &Position{Stance: Endorse}
		})
	})
	d.told("an event rests on a root that had expired", OK, "had expired", func(m *more) {
		m.says("ca", KindPosition, func(e *Event) {
			e.At = d.root.Expires + 1
			e.Position = &Position{Stance: Object}
		})
	})
	d.told("an event rests on a root that is not known", OK, "a root that is not known", func(m *more) {
		m.says("ca", KindPosition, func(e *Event) {
			e.Root = other
			e.Position = &Position{Stance: Object}
		})
	})
	d.told("an event is dated after witnesses had seen it", OK, "after witnesses had seen it", func(m *more) {
		m.says("ca", KindPosition, func(e *Event) {
			e.At = At(d.clock) + 3600
			e.Position = &Position{Stance: Object}
		})
	})
	d.told("an event was seen a week after its date", OK, "more than a day after", func(m *more) {
		m.says("ca", KindPosition, func(e *Event) {
			e.At -= 7 * 86400
			e.Position = &Position{Stance: Object}
		})
	})

	d.told("the content is proposed again, without an hour", OK, "no share of the key was seen before the hour", func(m *more) {
		first := DigestOf(m.p.Events[d.at(m.p, "us", KindPropose)].Event)
		for {
			m.now++
			e := must2(m.book.Next("eu", testStatement, m.p.Manifest, KindPropose, m.now, m.salt())).with(func(e *Event) { e.Propose = &Propose{Revision: 1} })
			if s, err := e.Sign(d.key("eu")); err != nil || s.ID < first {
				m.signed(e, d.key("eu"))
				return
			}
		}
	})
	d.told("an event before an objection is hidden", Failed, "of which an event before it is", func(m *more) {
		asked := m.says("ca", KindEmbargo, func(e *Event) { e.Embargo = &Embargo{Action: EmbargoPropose, Until: m.now} })
		object := m.says("ca", KindPosition, position(Object))
		m.says("us", KindVote, func(e *Event) {
			e.Vote = &Vote{Question: AskRelease, Yes: true, Seal: seal, Knows: []Digest{object.ID}}
		})
		m.p.Events = slices.DeleteFunc(m.p.Events, func(e ProvenEvent) bool { return DigestOf(e.Event) == asked.ID })
	})

	// What members want.
	d.told("a member votes against the release afterwards", OK, "2 members voted for its release", func(m *more) { m.says("uk", KindVote, vote(AskRelease, false, seal)) })
	d.told("a member votes against the release before", Failed, "1 members voted for its release", func(m *more) {
		m.before()
		m.says("uk", KindVote, vote(AskRelease, false, seal))
	})
	d.told("a member votes for the release of another seal afterwards", OK, "2 members voted for its release", func(m *more) {
		m.says("uk", KindVote, vote(AskRelease, true, DigestOf([]byte("another"))))
	})
	d.told("a member holds it afterwards", OK, "2 members voted", func(m *more) { m.says("ca", KindVote, vote(AskHold, true, "")) })
	d.told("a member holds it", Failed, "a member held it", func(m *more) {
		m.before()
		m.says("ca", KindVote, vote(AskHold, true, ""))
	})
	d.told("a member holds it and lets go", Unknown, "2 members voted", func(m *more) {
		m.before()
		m.says("ca", KindVote, vote(AskHold, true, ""))
		m.says("ca", KindVote, vote(AskHold, false, ""))
	})
	d.told("a hold is passed over", Unknown, "2 members voted", func(m *more) {
		m.before()
		m.says("ca", KindVote, vote(AskHold, true, ""))
		m.says("uk", KindVote, vote(AskOverride, true, ""))
		m.says("us", KindVote, vote(AskOverride, true, ""))
	})
	d.told("one member withdraws it", OK, "2 members voted", func(m *more) { m.says("uk", KindVote, vote(AskWithdraw, true, "")) })
	d.told("the members withdraw it", Failed, "withdrawn", func(m *more) {
		m.says("uk", KindVote, vote(AskWithdraw, true, ""))
		m.says("eu", KindVote, vote(AskWithdraw, true, ""))
	})
	d.told("the embargo is ended before its hour", OK, "ended the embargo", func(m *more) {
		m.says("uk", KindVote, vote(AskEnd, true, ""))
		m.says("eu", KindVote, vote(AskEnd, true, ""))
	})
	d.told("the hour is moved after the release", OK, "gave its share away before the hour", func(m *more) {
		p := m.says("eu", KindEmbargo, func(e *Event) {
			e.Embargo = &Embargo{Action: EmbargoPropose, Until: r.Hour + 3600, Instead: r.HourBy}
		})
		for _, x := range []string{"uk", "us"} {
			m.says(x, KindEmbargo, func(e *Event) { e.Embargo = &Embargo{Action: EmbargoAccept, Of: p.ID} })
		}
	})
	d.told("a later decision rejects it", OK, "it was adopted", func(m *more) {
		var on []Digest
		for _, x := range []string{"ca", "uk", "us"} {
			on = append(on, m.says(x, KindPosition, position(Object)).ID)
		}
		slices.Sort(on)
		m.says("eu", KindDecide, func(e *Event) { e.Decide = &Decide{Positions: on} })
	})
	d.told("it is sealed anew, and nobody votes for that", OK, "2 members voted", func(m *more) {
		s := *r.Seal.Seal
		s.Contents = other
		m.says("us", KindSeal, func(e *Event) { e.Seal = &s })
	})
	d.told("it is sealed to fewer members", OK, "seals it to others", func(m *more) {
		s := *r.Seal.Seal
		s.Shares = s.Shares[1:]
		m.says("us", KindSeal, func(e *Event) { e.Seal = &s })
	})
	d.told("it is sealed anew, and the members vote for that", Failed, "0 members gave away", func(m *more) {
		s := *r.Seal.Seal
		s.Contents = other
		anew := m.says("us", KindSeal, func(e *Event) { e.Seal = &s })
		m.says("us", KindVote, vote(AskRelease, true, anew.ID))
		m.says("uk", KindVote, vote(AskRelease, true, anew.ID))
	})

	// Shares.
	share := func(change func([]byte) []byte) func(*more) {
		return func(m *more) {
			i := d.at(m.p, "uk", KindShare)
			text := d.read(m.p.Events[i]).Share.Share
			m.p.Events = slices.Delete(m.p.Events, i, i+1)
			b := change(must(base64.StdEncoding.DecodeString(text)))
			m.says("uk", KindShare, func(e *Event) { e.Share = &Share{Seal: seal, Share: base64.StdEncoding.EncodeToString(b)} })
		}
	}
	d.told("a share is another", Failed, "not the one it was dealt", share(func(b []byte) []byte { b[0] ^= 1; return b }))
	d.told("a share is not in its one form", Failed, "not the one it was dealt", share(func(b []byte) []byte {
		slices.Reverse(b)
		order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
		b = order.Add(order, new(big.Int).SetBytes(b)).FillBytes(make([]byte, 32))
		slices.Reverse(b)
		return b
	}))
	d.told("a further share", OK, "3 members gave away", func(m *more) {
		s, err := OpenShare(r.Seal, "ca", d.boxes["ca"])
		if err != nil {
			d.tb.Fatal(err)
		}
		m.says("ca", KindShare, func(e *Event) { e.Share = s })
	})

	// The log.
	d.add("no proofs of the log", Failed, "was given up", func(p *Proof) {
		for i := range p.Events {
			p.Events[i].Log = ""
		}
	})
	d.add("proofs of the log for a key alone that was given up", Unknown, "when 11 of 13 events were signed", func(p *Proof) {
		for i := range p.Events {
			if e := d.read(p.Events[i]); e.Member != "uk" || e.Kind != KindPosition && e.Kind != KindEmbargo {
				p.Events[i].Log = ""
			}
		}
	})
	d.add("a share without a proof of the log", Unknown, "whether the embargo was kept", d.showing("uk", KindShare, func(string) string { return "" }))
	d.add("a proof of the log is of another event", Failed, "is of another event", func(p *Proof) { p.Events[0].Log = p.Events[1].Log })
	d.add("a proof of the log says another place", Failed, "does not hold", d.showing("eu", KindPosition, line(2, func(string) string { return "index 2\n" })))
	d.add("a proof of the log has a hash too many", Failed, "does not hold", d.showing("eu", KindPosition, line(3, func(l string) string { return l + l })))
	d.add("a proof of the log has a number with a zero", Failed, "cannot be read", d.showing("eu", KindPosition, line(2, func(string) string { return "index 03\n" })))
	d.add("a proof of the log without its last line end", Failed, "cannot be read", d.showing("eu", KindPosition, func(text string) string { return strings.TrimSuffix(text, "\n") }))
	ofWitness := func(change func(string) string) func(string) string {
		return func(text string) string { return line(lineOf(text, "— "+testCoalition+"/eu"), change)(text) }
	}
	flip := func(l string) string { // a bit of the last byte
		name, text, _ := strings.Cut(strings.TrimPrefix(l, "— "), " ")
		b := must(base64.StdEncoding.DecodeString(strings.TrimSpace(text)))
		b[len(b)-1] ^= 1
		return "— " + name + " " + base64.StdEncoding.EncodeToString(b) + "\n"
	}
	d.add("a witness has not cosigned", Unknown, "when 1 of 13 events were signed", d.showing("eu", KindPosition, ofWitness(func(string) string { return "" })))
	d.add("a cosignature is wrong", Unknown, "when 1 of 13 events were signed", d.showing("eu", KindPosition, ofWitness(flip)))
	d.add("a cosignature is by nobody", OK, "", d.showing("eu", KindPosition, ofWitness(func(l string) string { return l + strings.Replace(l, "/eu ", "/xx ", 1) })))
	d.add("the log has not signed", Failed, "does not hold", d.showing("eu", KindPosition, func(text string) string {
		return line(lineOf(text, "— "+testOrigin), flip)(text)
	}))
	d.add("a checkpoint of another log", Failed, "does not hold", d.showing("eu", KindPosition, func(text string) string {
		return strings.ReplaceAll(text, testOrigin, "log.example/other")
	}))
	fork := func(change func(string) string) func(*Proof) {
		return func(p *Proof) {
			e := &p.Events[d.at(p, "eu", KindPosition)]
			s, err := ReadEvent(d.book.chain, e.Event)
			if err != nil {
				d.tb.Fatal(err)
			}
			e.Log = change(string(d.forked().shown(s)))
		}
	}
	d.add("the log is forked, and witnesses have cosigned both", Failed, "and witnesses have cosigned both", fork(strings.Clone))
	d.add("the log is forked, and a witness has not cosigned", Unknown, "not enough witnesses have cosigned both", fork(ofWitness(func(string) string { return "" })))
}

func must2(e *Event, err error) *Event {
	if err != nil {
		panic(err)
	}
	return e
}

func (e *Event) with(fill func(*Event)) *Event { fill(e); return e }

// rootBy signs the payload of a root with the keys of these names.
func (d *telling) rootBy(payload []byte, names ...string) []byte {
	d.tb.Helper()
	var signers []sign.Signer
	for _, n := range names {
		signers = append(signers, d.key(n))
	}
	env, err := sign.Sign(RootType, payload, signers...)
	if err != nil {
		d.tb.Fatal(err)
	}
	return env.Bytes()
}

// passphrase is that of the seal, out of the shares.
func (d *telling) passphrase(seal *Seal) string {
	d.tb.Helper()
	var shares []secretsharing.Share
	for m, e := range d.of("us").Shares {
		s, err := seal.share(m, e.Share)
		if err != nil {
			d.tb.Fatal(err)
		}
		shares = append(shares, *s)
	}
	secret, err := secretsharing.Recover(uint(len(seal.Commitments)-1), shares)
	if err != nil {
		d.tb.Fatal(err)
	}
	text, err := passphraseOf(secret)
	if err != nil {
		d.tb.Fatal(err)
	}
	return text
}

// judged is what becomes of a case, and what it was judged by.
func (d *telling) judged(c *vectorCase, v *vectors) (*Verification, VerifyOptions, string) {
	d.tb.Helper()
	dir := d.tb.TempDir()
	for _, name := range []string{"statement.md", "index.html"} {
		if !slices.Contains(c.Absent, name) {
			d.put(dir, name, must(os.ReadFile(filepath.Join(d.dir, name))))
		}
	}
	for name, text := range c.Files {
		d.put(dir, name, []byte(text))
	}
	proof := must(applied(d.base, c))
	d.put(dir, ProofFile, proof)
	o := VerifyOptions{Pin: v.Root, Now: v.At, Files: os.DirFS(dir)}
	if c.Root != nil {
		o.Pin = *c.Root
	}
	if c.At != 0 {
		o.Now = c.At
	}
	for _, r := range c.Newer {
		o.Roots = append(o.Roots, []byte(r))
	}
	out, err := Verify(proof, o)
	if err != nil {
		out = &Verification{Checks: []Check{{Failed, err.Error()}}}
	}
	return out, o, dir
}

func (d *telling) put(dir, name string, b []byte) {
	d.tb.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		d.tb.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		d.tb.Fatal(err)
	}
}

// applied is the proof of a case.
func applied(base []byte, c *vectorCase) ([]byte, error) {
	var doc any
	if err := json.Unmarshal(base, &doc); err != nil {
		return nil, err
	}
	for _, p := range c.Patch {
		doc = patched(doc, strings.Split(p.Path, "/")[1:], p)
	}
	b, err := write(doc)
	if err != nil {
		return nil, err
	}
	for _, e := range c.Edit {
		if n := strings.Count(string(b), e.Old); n != 1 {
			return nil, fmt.Errorf("%q stands there %d times", e.Old, n)
		}
		b = []byte(strings.Replace(string(b), e.Old, e.New, 1))
	}
	return b, nil
}

func patched(doc any, path []string, p patch) any {
	switch at := doc.(type) {
	case map[string]any:
		if len(path) > 1 {
			at[path[0]] = patched(at[path[0]], path[1:], p)
		} else if p.Op == "remove" {
			delete(at, path[0])
		} else {
			at[path[0]] = p.Value
		}
		return at
	case []any:
		i := 0
		fmt.Sscan(path[0], &i)
		switch {
		case len(path) > 1:
			at[i] = patched(at[i], path[1:], p)
		case p.Op == "remove":
			return slices.Delete(at, i, i+1)
		case p.Op == "add":
			return slices.Insert(at, i, p.Value)
		default:
			at[i] = p.Value
		}
		return at
	}
	return doc
}

// TestVectors makes the vectors of their seeds, compares them with those that are written down, and verifies each.
func TestVectors(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 1)
	d := vectorRelease(t)
	d.tellAll()
	v := &vectors{Root: DigestOf(payloadOf(t, d.file)), At: At(d.clock.Add(time.Hour)), Cases: d.cases}
	seal := d.of("us").Seal.Seal
	ciphertext := must(d.folders["us"].Blob(seal.Ciphertext))
	v.Passphrase = d.passphrase(seal)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"vectors.json": b.Bytes(), "sealed.age": ciphertext}
	for _, name := range []string{ProofFile, "statement.md", "index.html"} {
		files["release/"+name] = must(os.ReadFile(filepath.Join(d.dir, name)))
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if *update {
			d.put(vectorFolder, name, files[name])
		}
		if got, err := os.ReadFile(filepath.Join(vectorFolder, name)); err != nil || !bytes.Equal(got, files[name]) {
			t.Errorf("%s is not what the code makes: %v; go test ./internal/coalition -run TestVectors -update writes it", name, err)
		}
	}
	var stored vectors
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(vectorFolder, "vectors.json"))), &stored); err != nil {
		t.Fatal(err)
	}
	if len(stored.Cases) == 0 {
		t.Fatal("there are no vectors")
	}
	identity, err := age.NewScryptIdentity(stored.Passphrase)
	if err != nil {
		t.Fatal(err)
	}
	release, err := decrypt(must(os.ReadFile(filepath.Join(vectorFolder, "sealed.age"))), maxRelease, identity)
	if err != nil {
		t.Fatal(err)
	}
	if _, opened, err := ReadRelease(release, seal.Contents); err != nil || len(opened) != 2 || string(opened["statement.md"]) != pledge {
		t.Errorf("sealed.age has %q in it: %v", opened, err)
	}
	for _, c := range stored.Cases {
		got, _, _ := d.judged(&c, &stored)
		said := ""
		for _, x := range got.Checks {
			said += string(x.Outcome) + ": " + x.Text + "\n"
		}
		if got.Outcome() != c.Outcome || !strings.Contains(said, c.Text) {
			t.Errorf("%s: it is %s, want %s and %q in\n%s", c.Name, got.Outcome(), c.Outcome, c.Text, said)
		}
	}
}
