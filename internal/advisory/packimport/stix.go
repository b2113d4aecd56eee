package packimport

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"entente/internal/advisory"
	"entente/internal/stix"
	"entente/internal/stixpattern"
)

// maxObjects is how many objects of a bundle are looked at.
const maxObjects = 200_000

// stixObject is what an import reads of an object of STIX 2.0 and 2.1.
type stixObject struct {
	Type             text                       `json:"type"`
	ID               text                       `json:"id"`
	CreatedBy        text                       `json:"created_by_ref"`
	Created          text                       `json:"created"`
	Modified         text                       `json:"modified"`
	Revoked          flag                       `json:"revoked"`
	Name             text                       `json:"name"`
	Description      text                       `json:"description"`
	Published        text                       `json:"published"`
	Pattern          text                       `json:"pattern"`
	PatternType      text                       `json:"pattern_type"`
	KillChain        []stixPhase                `json:"kill_chain_phases"`
	Abstract         text                       `json:"abstract"`
	Content          text                       `json:"content"`
	RelationshipType text                       `json:"relationship_type"`
	Source           text                       `json:"source_ref"`
	Target           text                       `json:"target_ref"`
	Confidence       json.RawMessage            `json:"confidence"`
	Labels           texts                      `json:"labels"`
	References       []stixRef                  `json:"external_references"`
	ObjectRefs       texts                      `json:"object_refs"`
	Markings         texts                      `json:"object_marking_refs"`
	DefinitionType   text                       `json:"definition_type"`
	Definition       json.RawMessage            `json:"definition"`
	Extensions       map[string]json.RawMessage `json:"extensions"`
	Platforms        texts                      `json:"x_mitre_platforms"`
	Version          text                       `json:"x_mitre_attack_spec_version"`
	extra            stixExtra
}

type stixPhase struct {
	Chain text `json:"kill_chain_name"`
	Phase text `json:"phase_name"`
}

type stixRef struct {
	Source      text `json:"source_name"`
	Description text `json:"description"`
	URL         text `json:"url"`
	ID          text `json:"external_id"`
}

// stixExtra is the extension in which exports of ours keep what STIX has no property for. It is as little trusted as the rest.
type stixExtra struct {
	ID           text              `json:"id"`
	Now          text              `json:"now"`
	Ref          text              `json:"ref"`
	Platforms    texts             `json:"platforms"`
	Logs         texts             `json:"logs"`
	Detections   texts             `json:"detections"`
	Undetectable text              `json:"undetectable"`
	Confidence   text              `json:"confidence"`
	Effort       text              `json:"effort"`
	File         text              `json:"file"`
	Documents    int               `json:"documents"`
	FirstSeen    text              `json:"first_seen"`
	LastSeen     text              `json:"last_seen"`
	Stage        text              `json:"stage"`
	Role         text              `json:"role"`
	Summary      text              `json:"summary"`
	Version      text              `json:"version"`
	ValidUntil   text              `json:"valid_until"`
	License      text              `json:"license"`
	Supersedes   texts             `json:"supersedes"`
	Published    text              `json:"published"`
	Issued       text              `json:"issued"`
	Modified     text              `json:"modified"`
	Stages       []json.RawMessage `json:"stages"`
	Entrances    []json.RawMessage `json:"entrances"`
}

// stixReader makes a pack of the objects of a bundle.
type stixReader struct {
	*draft
	objects  []*stixObject
	byID     map[string]*stixObject
	ttpOf    map[string]*advisory.TTP // by id of the attack pattern
	courseOf map[string]string        // mitigation by id of the course of action
	ruleOf   map[string]*ruleFile     // by id of the indicator
	tied     map[string][]string      // indicator: TTPs that it indicates
	extras   map[*advisory.TTP]*stixExtra
}

func (d *draft) readSTIX(data []byte) error {
	var bundle struct {
		Objects []json.RawMessage `json:"objects"`
	}
	if err := json.Unmarshal(data, &bundle); err != nil {
		return fmt.Errorf("this is no bundle: %w", err)
	}
	if len(bundle.Objects) == 0 {
		return errors.New("the bundle has no objects")
	}
	if n := len(bundle.Objects); n > maxObjects {
		d.remark("objects", "the bundle has %d: those beyond the first %d are left out", n, maxObjects)
		bundle.Objects = bundle.Objects[:maxObjects]
	}
	r := &stixReader{
		draft: d, byID: map[string]*stixObject{}, ttpOf: map[string]*advisory.TTP{}, courseOf: map[string]string{},
		ruleOf: map[string]*ruleFile{}, tied: map[string][]string{}, extras: map[*advisory.TTP]*stixExtra{},
	}
	each(bundle.Objects, func(i int, err error) { d.remark(fmt.Sprintf("object %d", i+1), "it cannot be read: %s", err) }, r.take)
	r.markings()
	r.manifest()
	r.issuers()
	r.attackPatterns()
	r.courses()
	r.relationships()
	r.indicators()
	r.notes()
	r.rest()
	return nil
}

// take keeps an object.
func (r *stixReader) take(o stixObject) {
	id := string(o.ID)
	switch {
	case o.Type == "" || id == "":
		r.remark("object", "it has no type or no id")
		return
	case r.byID[id] != nil && r.byID[id].Modified >= o.Modified: // the newest version of an object counts
		return
	}
	if raw := o.Extensions[stix.PackExtension()]; raw != nil {
		if err := json.Unmarshal(raw, &o.extra); err != nil {
			o.extra = stixExtra{}
		}
	}
	if old := r.byID[id]; old != nil {
		*old = o
		return
	}
	kept := &o
	r.byID[id] = kept
	r.objects = append(r.objects, kept)
}

// all gives the objects of a type that are in force.
func (r *stixReader) all(kind text, use func(*stixObject)) {
	for _, o := range r.objects {
		switch {
		case o.Type != kind:
		case bool(o.Revoked):
			r.remark(string(o.ID), "the object is revoked")
		default:
			use(o)
		}
	}
}

func (r *stixReader) markings() {
	other := map[string]bool{}
	for _, o := range r.objects {
		for _, id := range o.Markings {
			label, ok := stix.TLPOfMarking(id)
			if m := r.byID[id]; !ok && m != nil {
				var def struct {
					TLP text `json:"tlp"`
				}
				if m.DefinitionType == "tlp" && json.Unmarshal(m.Definition, &def) == nil {
					label, ok = stix.TLPLabel(string(def.TLP))
				}
				if !ok {
					label, ok = stix.TLPLabel(string(m.Name))
				}
			}
			if ok {
				r.mark(label)
			} else if !other[id] {
				other[id] = true
				r.remark(id, "the marking is none of TLP: mind it yourself")
			}
		}
	}
}

// manifest is made of the report, or else of the only grouping, campaign or intrusion set.
func (r *stixReader) manifest() {
	var about *stixObject
	for _, kind := range []text{"report", "grouping", "campaign", "intrusion-set"} {
		var found []*stixObject
		for _, o := range r.objects {
			if o.Type == kind && !bool(o.Revoked) {
				found = append(found, o)
			}
		}
		switch {
		case about != nil || len(found) == 0:
		case len(found) == 1 || kind == "report":
			about = found[0]
		}
		if kind == "report" && len(found) > 1 {
			for _, o := range found[1:] {
				r.remark(string(o.ID), "the report %q is a second one: its objects are carried over, its text is not", o.Name)
			}
		}
	}
	m := &r.m
	for _, o := range r.objects {
		if day := date(string(o.Created)); day != "" && o.Type != "marking-definition" && o.Type != "extension-definition" {
			m.Issued = max(m.Issued, day)
		}
	}
	if about == nil {
		return
	}
	x := &about.extra
	m.Title, m.Summary, m.Description = string(about.Name), string(x.Summary), string(about.Description)
	if m.Description == m.Summary {
		m.Description = ""
	}
	if m.Summary == "" {
		m.Summary, _, _ = strings.Cut(tidy(m.Description), "\n\n")
		if oneLine(m.Summary) == oneLine(m.Description) {
			m.Description = ""
		}
	}
	if validID(string(x.ID)) {
		m.ID = string(x.ID)
	}
	for _, s := range []text{x.Issued, about.Published, about.Created} {
		if day := date(string(s)); day != "" {
			m.Issued = day
			break
		}
	}
	if m.Modified = date(string(x.Modified)); x.ID == "" {
		m.Modified = date(string(about.Modified))
	}
	m.ValidUntil, m.Version, m.License = advisory.Date(x.ValidUntil), string(x.Version), string(x.License)
	m.Attack.Published = string(x.Published)
	m.Supersedes = union(nil, x.Supersedes)
	for i, raw := range x.Stages {
		var s struct {
			ID    text `json:"id"`
			Title text `json:"title"`
			Shows text `json:"shows"`

			Decisive flag `json:"decisive"`
		}
		shows := advisory.Attempt
		if json.Unmarshal(raw, &s) != nil || slug(string(s.ID), 40, '-') == "" || i >= 100 {
			continue
		}
		if s.Shows == text(advisory.Compromise) {
			shows = advisory.Compromise
		}
		m.Stages = append(m.Stages, advisory.Stage{ID: slug(string(s.ID), 40, '-'), Title: clip(oneLine(string(s.Title)), maxLine), Shows: shows, Decisive: bool(s.Decisive) && shows == advisory.Compromise})
	}
	for i, raw := range x.Entrances {
		var e struct {
			Log   text  `json:"log"`
			Rules texts `json:"rules"`
		}
		if json.Unmarshal(raw, &e) == nil && e.Log != "" && i < 100 {
			m.Entrances = append(m.Entrances, advisory.Entrance{Log: clip(oneLine(string(e.Log)), maxLine), Rules: union(nil, e.Rules)})
		}
	}
	for _, ref := range about.References {
		if ref.URL != "" {
			r.reference(string(ref.Source), string(ref.URL))
		}
	}
}

// issuers are the identities that created what the bundle is about; of others it is not known what they have to do with it.
func (r *stixReader) issuers() {
	speaks := map[text]bool{}
	for _, o := range r.objects {
		if o.Type != "extension-definition" {
			speaks[o.CreatedBy] = true
		}
	}
	r.all("identity", func(o *stixObject) {
		role := string(o.extra.Role)
		switch role {
		case "author", "publisher", "source":
		default:
			if role = "source"; !speaks[o.ID] {
				if o.ID != text(stix.ID("identity", "Entente")) {
					r.remark(string(o.ID), "the identity %q created nothing here: it is left out", o.Name)
				}
				return
			}
		}
		is := advisory.Issuer{Name: clip(oneLine(string(o.Name)), maxLine), Role: role}
		for _, ref := range o.References {
			if ref.Source == "website" && webAddress(string(ref.URL)) {
				is.URL = oneLine(string(ref.URL))
			}
		}
		if len(r.m.Issuers) < 100 {
			r.m.Issuers = append(r.m.Issuers, is)
		}
	})
}

// attackID is the id that ATT&CK gives an object.
func (o *stixObject) attackID() string {
	for _, ref := range o.References {
		if strings.HasPrefix(string(ref.Source), "mitre-attack") || strings.HasPrefix(string(ref.Source), "mitre-ics") || ref.Source == "mitre-mobile-attack" {
			return string(ref.ID)
		}
	}
	return ""
}

func (r *stixReader) attackPatterns() {
	r.all("attack-pattern", func(o *stixObject) {
		id := o.attackID()
		if x := string(o.extra.ID); x != "" {
			id = x
		}
		if id == "" {
			r.remark(string(o.ID), "the attack pattern %q has no ATT&CK id", o.Name)
			return
		}
		t := r.ttp(string(o.ID), id)
		if t == nil {
			return
		}
		r.ttpOf[string(o.ID)] = t
		procedure(t, string(o.Description))
		for _, p := range o.KillChain {
			if strings.HasPrefix(string(p.Chain), "mitre-") {
				r.tactic(string(o.ID), t, string(p.Phase))
			}
		}
		x := &o.extra
		r.extras[t] = x
		platforms := x.Platforms
		if len(platforms) == 0 {
			platforms = o.Platforms
		}
		t.Platforms = union(t.Platforms, platforms)
		t.Logs = union(t.Logs, x.Logs)
		if x.ID != "" {
			t.Ref, t.Confidence, t.Undetectable = clip(oneLine(string(x.Ref)), maxLine), string(x.Confidence), clip(tidy(string(x.Undetectable)), 4000)
			t.Now = ""
			if now, ok := r.facts.Technique(string(x.Now)); ok && now.ID != t.ID {
				t.Now = now.ID
				if r.byNow[now.ID] == nil {
					r.byNow[now.ID] = t
				}
			}
		}
	})
}

// union adds short texts to a list, each once.
func union(have, more []string) []string {
	for _, s := range more {
		if s = clip(oneLine(s), maxLine); s != "" && !slices.Contains(have, s) && len(have) < maxEntries {
			have = append(have, s)
		}
	}
	return have
}

func (r *stixReader) courses() {
	r.all("course-of-action", func(o *stixObject) {
		m := advisory.Mitigation{
			ID: string(o.extra.ID), Title: string(o.Name), Text: string(o.Description), Effort: string(o.extra.Effort), D3FEND: []string{},
		}
		for _, ref := range o.References {
			id := oneLine(string(ref.ID))
			switch {
			case strings.Contains(strings.ToLower(string(ref.Source)), "d3fend") && strings.HasPrefix(id, "D3"):
				m.D3FEND = append(m.D3FEND, id)
			case strings.HasPrefix(string(ref.Source), "mitre-") && strings.HasPrefix(id, "M"):
				m.Attack = append(m.Attack, id)
			}
		}
		if id := r.mitigation(string(o.ID), m); id != "" {
			r.courseOf[string(o.ID)] = id
		}
	})
}

// relationships ties the objects together. What an actor's use of a technique says is worth more than what the technique
// itself says.
func (r *stixReader) relationships() {
	r.all("relationship", func(o *stixObject) {
		source, target := string(o.Source), string(o.Target)
		t := r.ttpOf[target]
		switch {
		case o.RelationshipType == "mitigates" && t != nil && r.courseOf[source] != "":
			if id := r.courseOf[source]; !slices.Contains(t.Mitigations, id) {
				t.Mitigations = append(t.Mitigations, id)
			}
		case o.RelationshipType == "indicates" && t != nil && r.byID[source] != nil:
			if id := t.ID; !slices.Contains(r.tied[source], id) {
				r.tied[source] = append(r.tied[source], id)
			}
		case o.RelationshipType == "uses" && t != nil:
			procedure(t, string(o.Description))
		default:
			r.remark(string(o.ID), "a pack has no place for the relationship %q of %s and %s", o.RelationshipType, source, target)
		}
	})
}

func (r *stixReader) indicators() {
	var borrowed []*stixObject
	r.all("indicator", func(o *stixObject) {
		switch o.PatternType {
		case "sigma":
			if r.rule(o) {
				borrowed = append(borrowed, o)
			}
		case "stix", "":
			r.pattern(o)
		default:
			r.remark(string(o.ID), "the indicator %q has a pattern of type %q, which a pack does not hold", o.Name, o.PatternType)
		}
	})
	r.borrowed(borrowed)
	for t, x := range r.extras {
		if len(x.Detections) == 0 {
			continue
		}
		var order []string // as the source has them; ids that are not there are taken out at the end
		for _, id := range x.Detections {
			if id = strings.ToLower(oneLine(id)); !slices.Contains(order, id) && len(order) < maxTTPs {
				order = append(order, id)
			}
		}
		for _, id := range t.Detections {
			if !slices.Contains(order, id) {
				order = append(order, id)
			}
		}
		t.Detections = order
	}
}

// rule takes in an indicator whose pattern is a Sigma rule, and says whether the pattern holds documents of other rules.
func (r *stixReader) rule(o *stixObject) (borrows bool) {
	where := string(o.ID)
	docs := advisory.SplitRules(string(o.Pattern))
	own := len(docs)
	if n := o.extra.Documents; n > 0 && n < own {
		own = n
	}
	name := string(o.extra.File)
	if name == "" {
		name = slug(string(o.Name), 60, '_') + ".yml"
	}
	name = strings.TrimPrefix(name, "rules/")
	if own == 0 {
		r.remark(where, "the indicator %q has no pattern", o.Name)
		return false
	}
	f := r.addRuleFile(where, name, advisory.JoinRules(docs[:own]))
	if f == nil {
		return false
	}
	f.tag = o.extra.File == "" // a pack's own export says itself what a rule indicates
	r.tie(o, f)
	return own < len(docs)
}

// tie lets the TTPs that an indicator indicates have its rules as detections.
func (r *stixReader) tie(o *stixObject, f *ruleFile) {
	where := string(o.ID)
	r.ruleOf[where] = f
	var ids []string
	for _, doc := range f.docs {
		if id, kind := identity(doc); id != "" && (kind == "rule" || kind == "correlation") {
			ids = append(ids, id)
		}
	}
	for _, ttp := range r.tied[where] {
		f.tag = false // the source says itself what the rule indicates
		t := r.byTTP[ttp]
		if x := r.extras[t]; x != nil && len(x.Detections) > 0 {
			continue
		}
		for _, id := range ids {
			if !slices.Contains(t.Detections, id) {
				t.Detections = append(t.Detections, id)
			}
		}
	}
}

// borrowed takes in what patterns hold besides their own rules, unless it came with another one.
func (r *stixReader) borrowed(list []*stixObject) {
	have := map[string]bool{}
	for _, f := range r.rules {
		for _, doc := range f.docs {
			have[doc] = true
			if id, _ := identity(doc); id != "" {
				have[id] = true
			}
		}
	}
	for _, o := range list {
		for _, doc := range advisory.SplitRules(string(o.Pattern))[o.extra.Documents:] {
			id, kind := identity(doc)
			if have[doc] || id != "" && have[id] {
				continue
			}
			have[doc], have[id] = true, true
			name := "used_by_" + slug(string(o.Name), 40, '_') + ".yml"
			if kind == "filter" {
				name = "filters/" + slug(titleOf(doc), 40, '_') + ".yml"
			}
			if f := r.addRuleFile(string(o.ID), name, doc); f != nil {
				f.tag = false
			}
		}
	}
}

// pattern takes in an indicator whose pattern is one of STIX.
func (r *stixReader) pattern(o *stixObject) {
	p, err := readPattern(string(o.Pattern))
	if err != nil {
		r.remark(string(o.ID), "the pattern of %q cannot be read and is left out: %s", o.Name, err)
		return
	}
	found, err := patternIndicators(p)
	if err != nil {
		r.patternRules(o, p, err)
		return
	}
	for _, in := range found {
		in.Context = string(o.Description)
		if in.Context == "" && string(o.Name) != in.Type+" "+in.Value {
			in.Context = string(o.Name)
		}
		in.Confidence = confidenceWord(o.Confidence)
		in.FirstSeen, in.LastSeen = advisory.Date(o.extra.FirstSeen), advisory.Date(o.extra.LastSeen)
		in.Stage = slug(string(o.extra.Stage), 40, '-')
		for _, l := range o.Labels {
			if level, ok := strings.CutPrefix(l, "level:"); ok {
				in.Level = level
			}
		}
		in.TTPs = slices.Clone(r.tied[string(o.ID)])
		r.indicator(string(o.ID), in)
	}
}

// patternRules takes in a pattern that is more than values as the rules that look for it in logs, and says what they lose.
func (r *stixReader) patternRules(o *stixObject, p *stixpattern.Pattern, why error) {
	where := string(o.ID)
	meta := stixpattern.SigmaMeta{
		ID: where, Title: clip(oneLine(string(o.Name)), 70), Description: clip(oneLine(string(o.Description)), 1000), Level: "medium",
	}
	if day, _, _ := strings.Cut(string(o.Created), "T"); len(day) == len(time.DateOnly) {
		if _, err := time.Parse(time.DateOnly, day); err == nil {
			meta.Date = day
		}
	}
	for _, l := range o.Labels {
		if level, ok := strings.CutPrefix(l, "level:"); ok && slices.Contains([]string{"low", "medium", "high", "critical"}, level) {
			meta.Level = level
		}
	}
	for _, ttp := range r.tied[where] {
		meta.Tags = append(meta.Tags, r.attackTag(ttp))
	}
	if f := r.patternFile(where, string(o.Name), p, meta, why); f != nil {
		r.tie(o, f)
	}
}

// confidenceWord reads a confidence on the scale None, Low, Med, High of STIX 2.1, appendix A.
func confidenceWord(raw json.RawMessage) string {
	var n float64
	if len(raw) == 0 || json.Unmarshal(raw, &n) != nil {
		return ""
	}
	switch {
	case n >= 70:
		return "high"
	case n >= 30:
		return "medium"
	case n >= 1:
		return "low"
	}
	return ""
}

// notes takes in hunting questions; see the export.
func (r *stixReader) notes() {
	r.all("note", func(o *stixObject) {
		if !slices.Contains(o.Labels, "hunting-question") {
			r.section(string(o.Abstract), string(o.Content))
			return
		}
		q := advisory.Question{Ask: clip(oneLine(string(o.Abstract)), 2000)}
		content, ok := strings.CutPrefix(clip(tidy(string(o.Content)), 8000), "Look for: ")
		q.LookFor, q.Where = content, ""
		if ok {
			q.LookFor, q.Where, _ = strings.Cut(content, "\n\nWhere: ")
		}
		for _, ref := range o.ObjectRefs {
			if t := r.ttpOf[ref]; t != nil && q.Ask != "" && len(t.Questions) < 100 {
				t.Questions = append(t.Questions, q)
			}
		}
	})
}

// rest says of all other objects that a pack has no place for them. Actors, tools and flaws are named in the description.
func (r *stixReader) rest() {
	named := map[string][]string{}
	for _, o := range r.objects {
		switch o.Type {
		case "report", "identity", "attack-pattern", "course-of-action", "relationship", "indicator", "note", "marking-definition",
			"extension-definition":
		case "intrusion-set", "threat-actor", "campaign", "malware", "tool", "vulnerability", "infrastructure":
			if name := oneLine(string(o.Name)); name != "" && len(named[string(o.Type)]) < 500 {
				named[string(o.Type)] = append(named[string(o.Type)], name)
				r.remark(string(o.ID), "the %s %q is named in the description, and no more of it is carried over", o.Type, name)
				continue
			}
			r.remark(string(o.ID), "a pack has no place for the %s", o.Type)
		default:
			r.remark(string(o.ID), "a pack has no place for objects of type %s", o.Type)
		}
	}
	var lines []string
	for _, kind := range slices.Sorted(maps.Keys(named)) {
		slices.Sort(named[kind])
		lines = append(lines, "- "+strings.ReplaceAll(kind, "-", " ")+": "+strings.Join(slices.Compact(named[kind]), ", "))
	}
	r.section("Whom and what the source names", strings.Join(lines, "\n"))
}
