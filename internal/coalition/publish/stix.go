package publish

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"entente/internal/advisory/packexport"
	"entente/internal/coalition"
	"entente/internal/stix"
)

// What STIX has no property for stands in an extension of ours, which other readers may pass over: docs/formats/release.md.
var (
	statementExtension = stix.ID("extension-definition", "entente-statement/1")
	projectIdentity    = stix.ID("identity", "Entente")
)

// projectTime is when the extension was defined.
const projectTime = "2026-11-23T00:00:00.000Z"

// object is one of STIX 2.1: the properties that are written here, in the order in which they read best.
type object struct {
	Type           string                       `json:"type"`
	SpecVersion    string                       `json:"spec_version"`
	ID             string                       `json:"id"`
	CreatedBy      string                       `json:"created_by_ref,omitempty"`
	Created        string                       `json:"created"`
	Modified       string                       `json:"modified,omitempty"`
	Lang           string                       `json:"lang,omitempty"`
	Name           string                       `json:"name,omitempty"`
	Description    string                       `json:"description,omitempty"`
	IdentityClass  string                       `json:"identity_class,omitempty"`
	ReportTypes    []string                     `json:"report_types,omitempty"`
	Published      string                       `json:"published,omitempty"`
	Abstract       string                       `json:"abstract,omitempty"`
	Content        string                       `json:"content,omitempty"`
	Opinion        string                       `json:"opinion,omitempty"`
	Explanation    string                       `json:"explanation,omitempty"`
	Authors        []string                     `json:"authors,omitempty"`
	Object         string                       `json:"object_ref,omitempty"`
	ObjectModified string                       `json:"object_modified,omitempty"`
	Contents       map[string]map[string]string `json:"contents,omitempty"`
	Confidence     int                          `json:"confidence,omitempty"`
	Labels         []string                     `json:"labels,omitempty"`
	Schema         string                       `json:"schema,omitempty"`
	Version        string                       `json:"version,omitempty"`
	ExtensionTypes []string                     `json:"extension_types,omitempty"`
	References     []reference                  `json:"external_references,omitempty"`
	ObjectRefs     []string                     `json:"object_refs,omitempty"`
	Markings       []string                     `json:"object_marking_refs,omitempty"`
	Extensions     map[string]map[string]any    `json:"extensions,omitempty"`
}

type reference struct {
	Source string            `json:"source_name"`
	ID     string            `json:"external_id,omitempty"`
	Hashes map[string]string `json:"hashes,omitempty"`
}

// bundler gathers the objects of a bundle.
type bundler struct {
	*book
	author   string
	markings []string
	objects  []json.RawMessage
	refs     []string // what the report is about
	taken    map[string]bool
	err      error
}

// stamp is a time as STIX writes it.
func stamp(t coalition.Time) string { return t.Time().Format("2006-01-02T15:04:05.000Z") }

// extra is the extension's part of an object.
func extra(props map[string]any) map[string]map[string]any {
	props["extension_type"] = "property-extension"
	return map[string]map[string]any{statementExtension: props}
}

// stixBundle writes the statement: a report, a note for each claim, for each position a note with the member's wording and an
// opinion where its stance is one, an identity for each member and for the coalition, and the objects of the packs.
func stixBundle(b *book) ([]byte, error) {
	w := &bundler{book: b, taken: map[string]bool{}}
	w.begin(b.Manifest.TLP)
	claims := w.claims()
	w.positions(claims)
	w.textNotes(b.texts, w.report())
	packs := w.packs(b.packs)
	props := w.props()
	if silent := w.silent(); len(silent) > 0 {
		ids := make([]string, len(silent))
		for i, p := range silent {
			ids[i] = p.id
		}
		props["no_position"] = ids
	}
	return w.end(w.report(), &object{
		ReportTypes: reportTypes(packs), Labels: []string{"joint-statement"}, Description: packexport.Words(b.summary()),
		References: []reference{{Source: "entente-statement", ID: string(b.Digest)}},
		Extensions: extra(props),
	}, packs)
}

func reportTypes(packs []string) []string {
	if len(packs) > 0 {
		return []string{"threat-report", "attack-pattern"}
	}
	return []string{"threat-report"}
}

// props are what the report's extension says.
func (w *bundler) props() map[string]any {
	m := w.Manifest
	out := map[string]any{
		"coalition": m.Coalition, "coalition_name": w.Root.Name, "statement": m.Statement, "revision": m.Revision, "manifest": w.Digest,
		"proposed": w.proposed(),
	}
	if m.Supersedes != "" {
		out["supersedes"] = m.Supersedes
	}
	if w.First != "" {
		out["first_root"] = w.First
	}
	return out
}

// report is the identifier of the statement's report: of this content, and no other.
func (w *bundler) report() string { return stix.ID("report", string(w.Digest)) }

// identity is that of a member, or with no id that of the coalition, which speaks where no member does. Its name is a part of it, and its marking where it is not clear, since what has one identifier
// and time has to be one object, whichever statement it comes with.
func (w *bundler) identity(member, as string) string {
	key := []string{w.Manifest.Coalition, member, as}
	if w.Manifest.TLP != "clear" {
		key = append(key, w.Manifest.TLP)
	}
	return stix.ID("identity", key...)
}

func (w *bundler) add(o *object) {
	if w.taken[o.ID] || w.err != nil {
		return
	}
	w.taken[o.ID] = true
	o.SpecVersion = "2.1"
	raw, err := packexport.JSONText(o)
	if err != nil {
		w.err = err
	}
	w.objects = append(w.objects, raw)
}

// put adds an object of the statement.
func (w *bundler) put(o *object) {
	o.Markings = w.markings
	if o.Created == "" {
		o.Created, o.Modified = stamp(w.proposed()), stamp(w.changed())
	}
	if o.CreatedBy == "" {
		o.CreatedBy = w.author
	}
	if o.Type == "note" || o.Type == "opinion" {
		w.refs = append(w.refs, o.ID)
	}
	w.add(o)
}

// begin adds marking, identities, and the extension.
func (w *bundler) begin(tlp string) {
	id, _ := stix.TLPMarking(tlp) // the manifest has been checked
	w.markings = []string{id}
	w.add(&object{
		Type: "marking-definition", ID: id, Created: stix.TLPCreated, Name: "TLP:" + strings.ToUpper(tlp),
		Extensions: map[string]map[string]any{stix.TLPExtension: {"extension_type": "property-extension", "tlp_2_0": tlp}},
	})
	w.author = w.identity("", w.Root.Name)
	if tlp == w.Manifest.TLP { // otherwise they are in the statement's bundle, with its marking
		w.member("", w.Root.Name)
		for i := range w.Said {
			w.member(w.Said[i].Member, name(&w.Said[i]))
		}
	}
	w.add(&object{
		Type: "identity", ID: projectIdentity, Created: projectTime, Modified: projectTime, Name: "Entente", IdentityClass: "organization",
	})
	w.add(&object{
		Type: "extension-definition", ID: statementExtension, CreatedBy: projectIdentity, Created: projectTime, Modified: projectTime,
		Name: "Entente joint statement", Description: "What a joint statement says and STIX has no property for.",
		Schema:  "docs/formats/release.md of Entente: the keys have the names and meanings of a statement's manifest and positions.",
		Version: "1.0.0", ExtensionTypes: []string{"property-extension"},
	})
}

func (w *bundler) member(id, as string) {
	class := "organization"
	if id == "" {
		class = "group"
	}
	o := &object{
		Type: "identity", ID: w.identity(id, as), CreatedBy: w.identity(id, as), Name: packexport.Line(as), IdentityClass: class,
		Created: stamp(w.founded()), Modified: stamp(w.founded()), Markings: w.markings,
	}
	if !w.taken[o.ID] {
		w.refs = append(w.refs, o.ID)
	}
	w.add(o)
}

// translated adds what a property says in other languages.
func (w *bundler) translated(o *object, property string, others []coalition.Wording) {
	if len(others) == 0 {
		return
	}
	l := &object{
		Type: "language-content", ID: stix.ID("language-content", o.ID, o.Modified), CreatedBy: o.CreatedBy, Created: o.Modified, Modified: o.Modified,
		Object: o.ID, ObjectModified: o.Modified, Contents: map[string]map[string]string{},
	}
	for _, x := range others {
		l.Contents[x.Language] = map[string]string{property: x.Text}
	}
	w.put(l)
}

// claims adds a note for each, and returns their identifiers by id.
func (w *bundler) claims() map[string]string {
	out := map[string]string{}
	for _, c := range w.Manifest.Claims {
		one, others := primary(c.Text)
		o := &object{
			Type: "note", ID: stix.ID("note", string(w.Digest), "claim", c.ID), Lang: one.Language, Abstract: "Claim " + c.ID, Content: one.Text,
			Labels: []string{"claim"}, ObjectRefs: []string{w.report()}, Created: stamp(w.proposed()), Modified: stamp(w.proposed()),
			Extensions: extra(map[string]any{"claim": c.ID}),
		}
		w.put(o)
		w.translated(o, "content", others)
		out[c.ID] = o.ID
	}
	return out
}

// opinions are what stances are in the vocabulary of STIX, where they are something in it (section 10.18). Who takes note,
// passes on or abstains has none.
var opinions = map[coalition.Stance]string{
	coalition.Endorse: "agree", coalition.Assess: "agree", coalition.Object: "disagree", coalition.Reserve: "neutral",
}

// positions adds what members say.
func (w *bundler) positions(claims map[string]string) {
	for i := range w.Said {
		s := &w.Said[i]
		about := []string{}
		for _, c := range w.Manifest.Claims {
			if covers(s, c.ID) {
				about = append(about, claims[c.ID])
			}
		}
		if len(about) == 0 {
			about = []string{w.report()}
		}
		author := w.identity(s.Member, name(s))
		props := map[string]any{"stance": s.Stance, "member": s.Member, "covers": s.Covers}
		if len(s.Covers) == 0 {
			delete(props, "covers") // all
		}
		if s.Likelihood != nil {
			props["likelihood"] = s.Likelihood
		}
		if s.Confidence != nil {
			props["confidence"] = s.Confidence
		}
		number, scale := stixConfidence(s)
		if scale != "" {
			props["confidence_scale"] = scale
		}
		abstract := packexport.Line(w.sentence(s))
		one, others := primary(s.Wording)
		if one.Text == "" {
			one = coalition.Wording{Text: abstract}
		}
		key := []string{string(w.Digest), "position", s.Member, s.At.String()}
		note := &object{
			Type: "note", ID: stix.ID("note", key...), CreatedBy: author, Created: stamp(s.At), Modified: stamp(s.At), Lang: one.Language,
			Abstract: abstract, Content: one.Text, Authors: []string{packexport.Line(name(s))}, Labels: []string{"position", string(s.Stance)},
			Confidence: number, ObjectRefs: about, Extensions: extra(props),
		}
		w.put(note)
		w.translated(note, "content", others)
		if o, ok := opinions[s.Stance]; ok {
			w.put(&object{
				Type: "opinion", ID: stix.ID("opinion", key...), CreatedBy: author, Created: stamp(s.At), Modified: stamp(s.At), Opinion: o,
				Explanation: abstract, Authors: note.Authors, Confidence: number, ObjectRefs: about, Extensions: extra(props),
			})
		}
	}
}

// sentence says where a member stands, on one line.
func (b *book) sentence(s *coalition.Said) string {
	out := fmt.Sprintf("%s %s: %s.", partyOf(s), verb(s.Stance), covered(s))
	if l := likelihood(s.Likelihood); l != nil {
		out += " Likelihood: " + l.String() + "."
	}
	if c := confidence(s.Confidence); c != nil {
		out += " Confidence: " + c.String() + "."
	}
	return out
}

// stixConfidence is a judgement as the number that STIX 2.1, appendix A, gives to it: a likelihood of ICD 203 on the DNI scale,
// a confidence of ICD 203 on that of none, low, med and high. One number cannot hold both: where a member gives both, or another
// scale, there is none, and 0.
func stixConfidence(s *coalition.Said) (number int, scale string) {
	const icd = "icd-203"
	switch {
	case s.Likelihood != nil && s.Confidence != nil:
	case s.Likelihood != nil && s.Likelihood.Scale == icd:
		return map[string]int{
			"almost no chance": 5, "very unlikely": 15, "unlikely": 30, "roughly even chance": 50, "likely": 70, "very likely": 85, "almost certain": 95,
		}[s.Likelihood.Term], "DNI"
	case s.Confidence != nil && s.Confidence.Scale == icd:
		return map[string]int{"low": 15, "moderate": 50, "high": 85}[s.Confidence.Level], "None / Low / Med / High"
	}
	return 0, ""
}

// textNotes adds texts as notes on a report.
func (w *bundler) textNotes(list []text, report string) {
	for _, t := range list {
		w.put(&object{
			Type: "note", ID: stix.ID("note", report, "text", t.Path), Lang: t.Language, Abstract: t.Path, Content: strings.ToValidUTF8(t.Text, "\uFFFD"),
			Labels: []string{"text"}, ObjectRefs: []string{report}, Created: stamp(w.proposed()), Modified: stamp(w.proposed()),
		})
	}
}

// packs adds the objects of packs, and returns the identifiers of their reports. What several packs share stands there once.
func (w *bundler) packs(list []*pack) []string {
	var out []string
	for _, p := range list {
		b, err := p.export(packexport.STIX, false)
		if err != nil {
			w.err = err
			return nil
		}
		var bundle struct {
			Objects []json.RawMessage `json:"objects"`
		}
		if err := json.Unmarshal(b, &bundle); err != nil {
			w.err = fmt.Errorf("%s: %w", p.Path, err)
			return nil
		}
		for _, raw := range bundle.Objects {
			var head struct {
				Type string `json:"type"`
				ID   string `json:"id"`
			}
			if err := json.Unmarshal(raw, &head); err != nil {
				w.err = fmt.Errorf("%s: %w", p.Path, err)
				return nil
			}
			if head.Type == "report" {
				out = append(out, head.ID)
			}
			if !w.taken[head.ID] {
				w.taken[head.ID] = true
				w.objects = append(w.objects, raw)
			}
		}
	}
	return out
}

// end adds the report, over everything that was put in and the packs' reports, and writes the bundle.
func (w *bundler) end(id string, report *object, packs []string) ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	one, others := primary(w.Manifest.Title)
	report.Type, report.ID, report.Name, report.Lang = "report", id, packexport.Line(one.Text), one.Language
	report.Published, report.ObjectRefs = stamp(w.changed()), append(slices.Clone(w.refs), packs...)
	w.put(report)
	w.translated(report, "name", others)
	if w.err != nil {
		return nil, w.err
	}
	return packexport.JSONText(struct {
		Type    string            `json:"type"`
		ID      string            `json:"id"`
		Objects []json.RawMessage `json:"objects"`
	}{"bundle", stix.ID("bundle", id), w.objects})
}
