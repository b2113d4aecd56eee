package packexport

import (
	"io"
	"slices"
	"strings"

	"entente/internal/advisory"
	"entente/internal/stix"
)

// What STIX has no place for stands in an extension of ours, which other readers may pass over: see docs/formats/pack-exchange.md.
var (
	stixExtension = stix.PackExtension()
	stixProject   = stix.ID("identity", "Entente")
)

// stixProjectTime is when the extension was defined.
const stixProjectTime = "2026-11-23T00:00:00.000Z"

// stixObject is an object of STIX 2.1: every property that an export writes, in the order in which it reads best.
type stixObject struct {
	Type             string         `json:"type"`
	SpecVersion      string         `json:"spec_version"`
	ID               string         `json:"id"`
	CreatedBy        string         `json:"created_by_ref,omitempty"`
	Created          string         `json:"created,omitempty"`
	Modified         string         `json:"modified,omitempty"`
	Name             string         `json:"name,omitempty"`
	Description      string         `json:"description,omitempty"`
	IdentityClass    string         `json:"identity_class,omitempty"`
	ReportTypes      []string       `json:"report_types,omitempty"`
	Published        string         `json:"published,omitempty"`
	IndicatorTypes   []string       `json:"indicator_types,omitempty"`
	Pattern          string         `json:"pattern,omitempty"`
	PatternType      string         `json:"pattern_type,omitempty"`
	PatternVersion   string         `json:"pattern_version,omitempty"`
	ValidFrom        string         `json:"valid_from,omitempty"`
	ValidUntil       string         `json:"valid_until,omitempty"`
	KillChain        []stixPhase    `json:"kill_chain_phases,omitempty"`
	Abstract         string         `json:"abstract,omitempty"`
	Content          string         `json:"content,omitempty"`
	RelationshipType string         `json:"relationship_type,omitempty"`
	Source           string         `json:"source_ref,omitempty"`
	Target           string         `json:"target_ref,omitempty"`
	Confidence       int            `json:"confidence,omitempty"`
	Labels           []string       `json:"labels,omitempty"`
	Schema           string         `json:"schema,omitempty"`
	Version          string         `json:"version,omitempty"`
	ExtensionTypes   []string       `json:"extension_types,omitempty"`
	References       []stixRef      `json:"external_references,omitempty"`
	ObjectRefs       []string       `json:"object_refs,omitempty"`
	Markings         []string       `json:"object_marking_refs,omitempty"`
	Extensions       map[string]any `json:"extensions,omitempty"`
}

type stixPhase struct {
	Chain string `json:"kill_chain_name"`
	Phase string `json:"phase_name"`
}

type stixRef struct {
	Source      string `json:"source_name"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url,omitempty"`
	ID          string `json:"external_id,omitempty"`
}

type stixBundle struct {
	Type    string        `json:"type"`
	ID      string        `json:"id"`
	Objects []*stixObject `json:"objects"`
}

// stixWriter gathers the objects of a bundle.
type stixWriter struct {
	*book
	author   string
	markings []string
	objects  []*stixObject
	taken    map[string]bool
	ttps     map[string][]string // attack-pattern by ATT&CK id, published and today's
}

// writeSTIX writes a bundle: a report over an attack pattern for each TTP, a course of action for each mitigation, an
// indicator for each file of rules (the pattern is its text) and for each indicator, notes with the questions, and the
// relationships between them. STIX 2.1, sections 3 to 9.
func (b *book) writeSTIX(w io.Writer) error {
	s := &stixWriter{book: b, taken: map[string]bool{}, ttps: map[string][]string{}}
	s.marking()
	s.identities()
	s.techniques()
	s.courses()
	s.rules()
	s.values()
	s.report()
	s.remarkTests("STIX")
	out, err := jsonText(stixBundle{"bundle", stix.ID("bundle", s.m.ID, s.m.Version), s.objects})
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// id is the identifier of an object of this pack. A key that stands in a pack twice gets two.
func (s *stixWriter) id(kind, key string) string {
	id := stix.ID(kind, s.m.ID, key)
	for s.taken[id] {
		key += "'"
		id = stix.ID(kind, s.m.ID, key)
	}
	s.taken[id] = true
	return id
}

// add completes and adds an object of the pack.
func (s *stixWriter) add(o *stixObject) {
	o.SpecVersion, o.CreatedBy, o.Markings = "2.1", s.author, s.markings
	o.Created, o.Modified = s.issued(), s.modified()
	s.objects = append(s.objects, o)
}

// extra is the extension's part of an object.
func extra(props map[string]any) map[string]any {
	for k, v := range props {
		switch v := v.(type) {
		case string:
			if v == "" {
				delete(props, k)
			}
		case []string:
			if len(v) == 0 {
				delete(props, k)
			}
		}
	}
	if len(props) == 0 {
		return nil
	}
	props["extension_type"] = "property-extension"
	return map[string]any{stixExtension: props}
}

func (s *stixWriter) marking() {
	id, ok := stix.TLPMarking(s.m.TLP)
	if !ok {
		s.remark("tlp", "%q is no label of TLP 2.0: the bundle is marked red", s.m.TLP)
		s.m = cloneManifest(s.m)
		s.m.TLP = "red"
		id, _ = stix.TLPMarking("red")
	}
	s.objects = append(s.objects, &stixObject{
		Type: "marking-definition", SpecVersion: "2.1", ID: id, Created: stix.TLPCreated, Name: tlpName(s.m.TLP),
		Extensions: map[string]any{stix.TLPExtension: map[string]any{"extension_type": "property-extension", "tlp_2_0": s.m.TLP}},
	})
	s.markings = []string{id}
}

func cloneManifest(m *advisory.Manifest) *advisory.Manifest {
	c := *m
	return &c
}

// identities adds who stands behind the pack; the first author, or else the first of them, speaks in the bundle.
func (s *stixWriter) identities() {
	issuers := s.m.Issuers
	if len(issuers) == 0 {
		issuers = []advisory.Issuer{{Name: firstOf(s.m.ID, "unnamed"), Role: "author"}}
	}
	who := slices.IndexFunc(issuers, func(i advisory.Issuer) bool { return i.Role == "author" })
	for i, is := range issuers {
		id := s.id("identity", is.Name)
		o := &stixObject{
			Type: "identity", ID: id, Name: firstOf(is.Name, "unnamed"), IdentityClass: "organization",
			Extensions: extra(map[string]any{"role": is.Role}),
		}
		if u, ok := webURL(is.URL); ok {
			o.References = []stixRef{{Source: "website", URL: u}}
		}
		s.add(o)
		if i == max(who, 0) {
			s.author = id
		}
	}
	for _, o := range s.objects[1:] {
		o.CreatedBy = s.author
	}
	s.objects = append(s.objects, &stixObject{
		Type: "identity", SpecVersion: "2.1", ID: stixProject, Created: stixProjectTime, Modified: stixProjectTime,
		Name: "Entente", IdentityClass: "organization",
	}, &stixObject{
		Type: "extension-definition", SpecVersion: "2.1", ID: stixExtension, CreatedBy: stixProject,
		Created: stixProjectTime, Modified: stixProjectTime, Name: "Entente advisory pack",
		Description: "What an advisory pack says and STIX has no property for.",
		Schema: "Properties have the names and meanings of the keys of the format " + advisory.FormatName +
			". Of an indicator of type sigma, documents is how many documents of the pattern are the rule's own.",
		Version: "1.0.0", ExtensionTypes: []string{"property-extension"},
	})
}

func (s *stixWriter) techniques() {
	for _, t := range s.book.ttps {
		id := s.id("attack-pattern", t.ID)
		for _, key := range []string{t.ID, t.Current()} {
			if !slices.Contains(s.ttps[key], id) {
				s.ttps[key] = append(s.ttps[key], id)
			}
		}
		o := &stixObject{
			Type: "attack-pattern", ID: id, Name: t.name, Description: clean(t.Procedure),
			KillChain: phases(t.Tactics), References: []stixRef{s.attackRef(t.id)},
			Extensions: extra(map[string]any{
				"id": t.ID, "now": t.Now, "ref": t.Ref, "platforms": t.Platforms, "logs": t.Logs, "detections": t.Detections,
				"undetectable": t.Undetectable, "confidence": t.Confidence,
			}),
		}
		if t.Ref != "" {
			o.References = append(o.References, stixRef{Source: firstOf(s.m.ID, "pack"), ID: t.Ref})
		}
		s.add(o)
		for _, q := range t.Questions {
			s.add(&stixObject{
				Type: "note", ID: s.id("note", t.ID+"\x00"+q.Ask), Abstract: clean(q.Ask), Labels: []string{"hunting-question"},
				Content:    "Look for: " + firstOf(clean(q.LookFor), "nothing is said") + "\n\nWhere: " + firstOf(clean(q.Where), "nothing is said"),
				ObjectRefs: []string{id},
			})
		}
	}
}

func (s *stixWriter) attackRef(id string) stixRef {
	return stixRef{Source: "mitre-attack", ID: id, URL: s.attackURL(id)}
}

func phases(tactics []string) []stixPhase {
	var out []stixPhase
	for _, t := range tactics {
		out = append(out, stixPhase{"mitre-attack", t})
	}
	return out
}

func (s *stixWriter) courses() {
	ids := map[string]string{}
	for i := range s.p.Mitigations {
		m := &s.p.Mitigations[i]
		o := &stixObject{
			Type: "course-of-action", ID: s.id("course-of-action", m.ID), Name: firstOf(clean(m.Title), m.ID), Description: clean(m.Text),
			Extensions: extra(map[string]any{"id": m.ID, "effort": m.Effort}),
		}
		for _, a := range m.Attack {
			o.References = append(o.References, s.attackRef(a))
		}
		for _, d := range m.D3FEND {
			o.References = append(o.References, stixRef{Source: "mitre-d3fend", Description: advisory.D3FENDName(d), ID: d})
		}
		s.add(o)
		ids[m.ID] = o.ID
	}
	for _, t := range s.book.ttps {
		for _, m := range t.Mitigations {
			if ids[m] == "" {
				s.remark(t.ID, "the pack has no mitigation %s", m)
				continue
			}
			s.relate(ids[m], "mitigates", s.attackPattern(t))
		}
	}
}

// attackPattern is the object of a technique of the pack.
func (s *stixWriter) attackPattern(t *technique) string { return s.ttps[t.ID][0] }

func (s *stixWriter) relate(source, kind, target string) {
	id := stix.ID("relationship", s.m.ID, source, kind, target)
	if s.taken[id] {
		return
	}
	s.taken[id] = true
	s.add(&stixObject{Type: "relationship", ID: id, RelationshipType: kind, Source: source, Target: target})
}

// validity is the time in which an indicator means something. The end has to come after the beginning.
func (s *stixWriter) validity(o *stixObject, first advisory.Date) {
	o.ValidFrom = stamp(first, s.issued())
	if end := stamp(s.m.ValidUntil, ""); end > o.ValidFrom {
		o.ValidUntil = end
	}
}

func (s *stixWriter) rules() {
	for _, f := range s.files {
		techniques, tactics := s.facts.Resolve(f.main.Tags)
		o := &stixObject{
			Type: "indicator", ID: s.id("indicator", f.path), Name: firstOf(clean(f.main.Title), f.path),
			Description: clean(f.main.Description), IndicatorTypes: []string{"anomalous-activity"},
			Pattern: strings.ToValidUTF8(f.text(), "\uFFFD"), PatternType: "sigma", PatternVersion: "2.1.0", KillChain: phases(tactics),
			Extensions: extra(map[string]any{"file": f.path, "documents": len(f.docs)}),
		}
		if l := f.main.Level; l == "high" || l == "critical" {
			o.IndicatorTypes = []string{"malicious-activity"}
		}
		if f.main.Level != "" {
			o.Labels = append(o.Labels, "level:"+f.main.Level)
		}
		if f.main.ID != "" {
			o.References = append(o.References, stixRef{Source: "sigma", ID: f.main.ID})
		}
		for _, r := range f.main.References {
			if u, ok := webURL(r); ok {
				o.References = append(o.References, stixRef{Source: "reference", URL: u})
			}
		}
		s.validity(o, "")
		s.add(o)
		related := false
		for _, t := range s.book.ttps {
			if slices.Contains(t.files, f) {
				s.relate(o.ID, "indicates", s.attackPattern(t))
				related = true
			}
		}
		if !related && len(techniques) > 0 {
			s.remark(f.path, "no TTP of the pack names the rule: the indicator indicates nothing")
		}
	}
}

func (s *stixWriter) values() {
	for i := range s.p.Indicators {
		in := &s.p.Indicators[i]
		pattern, ok := stixPattern(in)
		if !ok {
			s.remark("indicators.yml", "STIX has no pattern for %s %s", in.Type, in.Value)
			continue
		}
		o := &stixObject{
			Type: "indicator", ID: s.id("indicator", in.Type+"\x00"+in.Value), Name: in.Type + " " + clean(in.Value),
			Description: clean(in.Context), IndicatorTypes: []string{"malicious-activity"},
			Pattern: pattern, PatternType: "stix", PatternVersion: "2.1", Confidence: stixConfidence(in.Confidence),
			Extensions: extra(map[string]any{
				"first_seen": string(in.FirstSeen), "last_seen": string(in.LastSeen), "stage": in.Stage,
			}),
		}
		if in.Level != "" {
			o.Labels = []string{"level:" + in.Level}
		}
		s.validity(o, in.FirstSeen)
		s.add(o)
		for _, t := range in.TTPs {
			if len(s.ttps[t]) == 0 {
				s.remark("indicators.yml", "%s %s is of %s, which is no TTP of the pack", in.Type, in.Value, t)
			}
			for _, id := range s.ttps[t] {
				s.relate(o.ID, "indicates", id)
			}
		}
	}
}

// stixConfidence is a confidence as a number, on the scale None, Low, Med, High of STIX 2.1, appendix A.
func stixConfidence(c string) int {
	switch c {
	case "low":
		return 15
	case "medium":
		return 50
	case "high":
		return 85
	default:
		return 0
	}
}

func (s *stixWriter) report() {
	var refs []string
	for _, o := range s.objects {
		if o.Type != "marking-definition" && o.Type != "extension-definition" && o.ID != stixProject {
			refs = append(refs, o.ID)
		}
	}
	stages := make([]map[string]any, 0, len(s.m.Stages))
	for _, st := range s.m.Stages {
		m := map[string]any{"id": st.ID, "title": st.Title, "shows": string(st.Shows)}
		if st.Decisive {
			m["decisive"] = true
		}
		stages = append(stages, m)
	}
	props := map[string]any{
		"id": s.m.ID, "summary": s.m.Summary, "version": s.m.Version, "valid_until": string(s.m.ValidUntil), "license": s.m.License,
		"supersedes": s.m.Supersedes, "published": s.m.Attack.Published, "today": s.m.Attack.Today,
		"issued": string(s.m.Issued), "modified": string(s.m.Modified),
	}
	if len(stages) > 0 {
		props["stages"] = stages
	}
	if len(s.m.Entrances) > 0 {
		entrances := make([]map[string]any, 0, len(s.m.Entrances))
		for _, e := range s.m.Entrances {
			entrances = append(entrances, map[string]any{"log": e.Log, "rules": e.Rules})
		}
		props["entrances"] = entrances
	}
	o := &stixObject{
		Type: "report", ID: s.id("report", ""), Name: firstOf(clean(s.m.Title), s.m.ID, "unnamed"),
		Description: clean(firstOf(s.m.Description, s.m.Summary)),
		ReportTypes: []string{"threat-report", "attack-pattern"}, Published: s.issued(), ObjectRefs: refs, Extensions: extra(props),
	}
	for _, r := range s.m.References {
		if u, ok := webURL(r.URL); ok {
			o.References = append(o.References, stixRef{Source: firstOf(clean(r.Title), "reference"), URL: u})
		}
	}
	s.add(o)
}
