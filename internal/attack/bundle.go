package attack

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const maxList = 500 // names of one object

// LoadBundle reads STIX 2.0 or 2.1 bundles as MITRE publishes them (enterprise-attack.json, ics-attack.json,
// mobile-attack.json), each from one reader, and makes facts of all of them together. Memory is bounded: one object at
// a time is held, and of it only what Facts keep. Objects of other kinds, and those that lack an id of ATT&CK's form
// or a name, are left out. An error says which reader it concerns, counted from 1, and where; bundles in which there
// is no technique at all are an error, too.
func LoadBundle(bundles ...io.Reader) (*Facts, error) {
	b := builder{objects: map[string]*draft{}}
	for i, r := range bundles {
		if err := ReadObjects(r, b.add); err != nil {
			return nil, fmt.Errorf("read ATT&CK bundle %d: %w", i+1, err)
		}
	}
	if !slices.ContainsFunc(b.order, func(d *draft) bool { return d.Kind == Technique }) {
		return nil, errors.New("read ATT&CK bundle: there is no technique in it; give a bundle as MITRE publishes it, such as enterprise-attack.json")
	}
	return b.facts(), nil
}

// stixObject is what is read of an object.
type stixObject struct {
	Type       string   `json:"type"`
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Modified   string   `json:"modified"`
	Revoked    bool     `json:"revoked"`
	Deprecated bool     `json:"x_mitre_deprecated"`
	Aliases    []string `json:"aliases"`
	MAliases   []string `json:"x_mitre_aliases"`
	Platforms  []string `json:"x_mitre_platforms"`
	Domains    []string `json:"x_mitre_domains"`
	Short      string   `json:"x_mitre_shortname"`
	Version    string   `json:"x_mitre_version"`
	FirstSeen  string   `json:"first_seen"`
	LastSeen   string   `json:"last_seen"`
	TacticRefs []string `json:"tactic_refs"`
	Analytics  []string `json:"x_mitre_analytic_refs"`
	References []struct {
		Source string `json:"source_name"`
		ID     string `json:"external_id"`
	} `json:"external_references"`
	Phases []struct {
		Chain string `json:"kill_chain_name"`
		Phase string `json:"phase_name"`
	} `json:"kill_chain_phases"`
	LogSources []struct {
		Component string `json:"x_mitre_data_component_ref"`
	} `json:"x_mitre_log_source_references"`
	Relation string `json:"relationship_type"`
	Source   string `json:"source_ref"`
	Target   string `json:"target_ref"`
}

// draft is an object before it is tied to others.
type draft struct {
	Object
	stix     string
	modified string
	phases   []tacticKey
	final    *draft // the draft that stands for this one, where several have one id
}

type stixRelation struct{ kind, source, target string }

type builder struct {
	version   string
	objects   map[string]*draft // by STIX id
	order     []*draft
	relations []stixRelation
	matrices  []matrix
	// How detections are tied since v18: a detection strategy detects a technique and has analytics, which name data
	// components.
	analytics  map[string][]string // strategy → analytics
	components map[string][]string // analytic → data components
}

type matrix struct {
	domain  Domain
	tactics []string // STIX ids
}

func (b *builder) add(o *stixObject) {
	switch o.Type {
	case "attack-pattern":
		b.addObject(o, Technique)
	case "x-mitre-tactic":
		b.addObject(o, Tactic)
	case "intrusion-set":
		b.addObject(o, Group)
	case "malware", "tool":
		b.addObject(o, Software)
	case "campaign":
		b.addObject(o, Campaign)
	case "course-of-action":
		b.addObject(o, Mitigation)
	case "x-mitre-data-component":
		b.addObject(o, DataComponent)
	case "x-mitre-collection":
		if b.version == "" {
			b.version = OneLine(o.Version)
		}
	case "x-mitre-matrix":
		if d := domainOf(o); d != "" && !o.Deprecated && !o.Revoked && len(o.TacticRefs) <= maxList {
			b.matrices = append(b.matrices, matrix{d, o.TacticRefs})
		}
	case "x-mitre-detection-strategy":
		if b.analytics == nil {
			b.analytics = map[string][]string{}
		}
		b.analytics[o.ID] = capped(o.Analytics)
	case "x-mitre-analytic":
		if b.components == nil {
			b.components = map[string][]string{}
		}
		for i, l := range o.LogSources {
			if i == maxList {
				break
			}
			b.components[o.ID] = append(b.components[o.ID], l.Component)
		}
	case "relationship":
		if !o.Revoked && !o.Deprecated {
			b.relations = append(b.relations, stixRelation{o.Relation, o.Source, o.Target})
		}
	}
}

func capped[T any](list []T) []T { return list[:min(len(list), maxList)] }

// domainOf reads the domain of a matrix from its id in ATT&CK.
func domainOf(o *stixObject) Domain {
	for _, r := range o.References {
		if d := domain(r.ID); d != "" {
			return d
		}
	}
	return ""
}

func domain(name string) Domain {
	d, ok := strings.CutSuffix(name, "-attack")
	if ok && slices.Contains(Domains(), Domain(d)) {
		return Domain(d)
	}
	return ""
}

// chainDomain is the domain of a kill chain.
func chainDomain(chain string) Domain {
	switch chain {
	case "mitre-attack":
		return Enterprise
	case "mitre-ics-attack":
		return ICS
	case "mitre-mobile-attack":
		return Mobile
	default:
		return ""
	}
}

func (b *builder) addObject(o *stixObject, k Kind) {
	d := &draft{stix: o.ID, modified: o.Modified}
	d.Kind, d.Name = k, OneLine(o.Name)
	for _, r := range o.References {
		if strings.HasPrefix(r.Source, "mitre-") {
			d.ID = strings.ToUpper(r.ID)
			break
		}
	}
	if kindOf(d.ID) != k || d.Name == "" || o.ID == "" {
		return
	}
	switch {
	case o.Revoked:
		d.Status = Revoked
	case o.Deprecated:
		d.Status = Deprecated
	}
	d.Short = shortName(OneLine(o.Short))
	if k == Software {
		d.Type = o.Type
	}
	for _, a := range capped(append(slices.Clone(o.Aliases), o.MAliases...)) {
		if a = OneLine(a); a != "" && a != d.Name && !slices.Contains(d.Aliases, a) {
			d.Aliases = append(d.Aliases, a)
		}
	}
	for _, p := range capped(o.Platforms) {
		if p = OneLine(p); p != "" && p != "None" && !slices.Contains(d.Platforms, p) {
			d.Platforms = append(d.Platforms, p)
		}
	}
	for _, p := range capped(o.Phases) {
		key := tacticKey{chainDomain(p.Chain), shortName(OneLine(p.Phase))}
		if key.domain != "" && !slices.Contains(d.phases, key) {
			d.phases = append(d.phases, key)
			d.addDomain(key.domain)
		}
	}
	for _, name := range capped(o.Domains) {
		d.addDomain(domain(name))
	}
	if k == Campaign {
		d.First, d.Last = day(o.FirstSeen), day(o.LastSeen)
	}
	b.put(d)
}

// put keeps d, or merges it into the same object of an earlier bundle.
func (b *builder) put(d *draft) {
	old := b.objects[d.stix]
	if old == nil {
		b.objects[d.stix] = d
		b.order = append(b.order, d)
		return
	}
	if d.modified > old.modified {
		domains, phases := old.Domains, old.phases
		*old = *d
		d = &draft{Object: Object{Domains: domains}, phases: phases}
	}
	for _, dom := range d.Domains {
		old.addDomain(dom)
	}
	for _, p := range d.phases {
		if !slices.Contains(old.phases, p) {
			old.phases = append(old.phases, p)
		}
	}
}

func (d *draft) addDomain(dom Domain) {
	if dom != "" && !slices.Contains(d.Domains, dom) {
		d.Domains = append(d.Domains, dom)
	}
}

// day is the date of a STIX timestamp, "" where it is none.
func day(s string) string {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' || !digits(s[:4]+s[5:7]+s[8:10], 8) {
		return ""
	}
	return s[:10]
}

// facts ties everything together.
func (b *builder) facts() *Facts {
	b.order = b.unique()
	for _, m := range b.matrices {
		for i, ref := range m.tactics {
			if d := b.object(ref); d != nil && d.Kind == Tactic {
				d.order = i + 1
				d.addDomain(m.domain)
			}
		}
	}
	f := &Facts{Version: b.version}
	tactics := map[tacticKey]*draft{}
	for _, d := range b.order {
		slices.SortFunc(d.Domains, compareDomains)
		f.objects = append(f.objects, &d.Object)
		if d.Kind != Tactic {
			continue
		}
		for _, dom := range d.Domains {
			if old := tactics[tacticKey{dom, d.Short}]; old == nil || old.Status != Active {
				tactics[tacticKey{dom, d.Short}] = d
			}
		}
	}
	for _, d := range b.order {
		for _, p := range d.phases {
			if t := tactics[p]; t != nil && !slices.Contains(d.Tactics, &t.Object) {
				d.Tactics = append(d.Tactics, &t.Object)
			}
		}
		slices.SortFunc(d.Tactics, CompareTactics)
	}
	b.relate(f)
	f.finish()
	return f
}

// unique drops all but one of the drafts that have the same kind and id: the one in force, else the latest.
func (b *builder) unique() []*draft {
	slices.SortFunc(b.order, func(x, y *draft) int {
		return cmp.Or(compareObjects(&x.Object, &y.Object), cmp.Compare(x.Status, y.Status),
			strings.Compare(y.modified, x.modified), strings.Compare(x.stix, y.stix))
	})
	var out []*draft
	for _, d := range b.order {
		if n := len(out); n > 0 && out[n-1].Kind == d.Kind && out[n-1].ID == d.ID {
			d.final = out[n-1]
			continue
		}
		out = append(out, d)
	}
	return out
}

func (b *builder) object(stix string) *draft {
	d := b.objects[stix]
	if d != nil && d.final != nil {
		return d.final
	}
	return d
}

func (b *builder) relate(f *Facts) {
	index := make(map[*Object]int, len(f.objects))
	for i, o := range f.objects {
		index[o] = i
	}
	for _, r := range b.relations {
		if r.kind == "detects" {
			b.detects(f, index, r)
			continue
		}
		s, t := b.object(r.source), b.object(r.target)
		if s == nil || t == nil || s == t {
			continue
		}
		switch {
		case r.kind == "revoked-by" && s.Kind == t.Kind:
			s.Current = &t.Object
		case r.kind == "subtechnique-of" && s.Kind == Technique && t.Kind == Technique:
			s.Parent = &t.Object
		case r.kind == "uses" && (t.Kind == Technique || t.Kind == Software) &&
			(s.Kind == Group || s.Kind == Software || s.Kind == Campaign):
			f.edges = append(f.edges, edge{Uses, index[&s.Object], index[&t.Object]})
		case r.kind == "mitigates" && s.Kind == Mitigation && t.Kind == Technique:
			f.edges = append(f.edges, edge{Mitigates, index[&s.Object], index[&t.Object]})
		case r.kind == "attributed-to" && s.Kind == Campaign && t.Kind == Group:
			f.edges = append(f.edges, edge{AttributedTo, index[&s.Object], index[&t.Object]})
		}
	}
}

// detects ties the data components of a detection to its technique. Before v18 a component detects a technique
// itself.
func (b *builder) detects(f *Facts, index map[*Object]int, r stixRelation) {
	t := b.object(r.target)
	if t == nil || t.Kind != Technique {
		return
	}
	refs := []string{r.source}
	if a, ok := b.analytics[r.source]; ok {
		refs = refs[:0]
		for _, analytic := range a {
			refs = append(refs, b.components[analytic]...)
		}
	}
	for _, ref := range capped(refs) {
		if c := b.object(ref); c != nil && c.Kind == DataComponent {
			f.edges = append(f.edges, edge{Detects, index[&c.Object], index[&t.Object]})
		}
	}
}

func compareDomains(a, b Domain) int {
	return slices.Index(Domains(), a) - slices.Index(Domains(), b)
}
