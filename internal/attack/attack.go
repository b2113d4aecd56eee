// Package attack knows the facts of MITRE ATT&CK: which techniques, tactics, groups, software, campaigns and
// mitigations there are, what they are called, and who uses what.
//
// The facts are generated from the official STIX bundles into one small embedded file ([Default]); a user's newer
// bundles are read with [LoadBundle]. Names and relations are here, descriptions are not.
//
// ATT&CK changes: ids are revoked, version 19 split the tactic Defense Evasion. Lookups accept the ids and tactics
// of both vocabularies whatever version the facts are of ([Object.Status], [Object.Current], [Object.Formerly]). An
// id that neither knows is unknown; nothing is guessed.
//
// Facts are never changed once they are made, so that any number of goroutines may read them.
package attack

import (
	"cmp"
	"slices"
	"strings"
)

// Kind is what an [Object] is.
type Kind uint8

// The kinds.
const (
	Technique Kind = iota + 1 // or sub-technique
	Tactic
	Group
	Software
	Campaign
	Mitigation
	DataComponent
)

// String is the kind in words.
func (k Kind) String() string {
	switch k {
	case Technique:
		return "technique"
	case Tactic:
		return "tactic"
	case Group:
		return "group"
	case Software:
		return "software"
	case Campaign:
		return "campaign"
	case Mitigation:
		return "mitigation"
	case DataComponent:
		return "data component"
	default:
		return "unknown"
	}
}

// Domain is one of ATT&CK's knowledge bases.
type Domain string

// The domains, in the order in which lookups prefer them.
const (
	Enterprise Domain = "enterprise"
	ICS        Domain = "ics"
	Mobile     Domain = "mobile"
)

// Domains lists all domains.
func Domains() []Domain { return []Domain{Enterprise, ICS, Mobile} }

// Status says whether an object is in force.
type Status uint8

// The states.
const (
	Active     Status = iota
	Deprecated        // no longer in the matrix, without a successor
	Revoked           // replaced; see Object.Current
	Newer             // of a later version of ATT&CK than the facts are; what is known of it is in Object.Formerly
)

// String is the status in a word.
func (s Status) String() string {
	switch s {
	case Active:
		return "active"
	case Deprecated:
		return "deprecated"
	case Revoked:
		return "revoked"
	case Newer:
		return "newer"
	default:
		return "unknown"
	}
}

// Object is one entry of ATT&CK. It belongs to its Facts and must not be changed.
type Object struct {
	Kind    Kind
	ID      string // T1059.001, TA0002, G0065, S0154, C0022, M1049, DC0084
	Name    string
	Short   string   // tactics: initial-access
	Type    string   // software: malware or tool
	Aliases []string // groups, software, campaigns: other names, without Name
	Domains []Domain
	// Platforms a technique or software is known on, as ATT&CK writes them.
	Platforms []string
	Tactics   []*Object // techniques: in the order of the matrices
	Parent    *Object   // sub-techniques
	Status    Status
	// Current replaces a revoked object; follow it until the Status is another one.
	Current *Object
	// Formerly are the objects of the facts' own version that a Newer one replaces: their relations are its own.
	Formerly    []*Object
	First, Last string // campaigns: first and last seen, 2006-01-02

	order int // tactics: place in the kill chain, from 1
	index int // in Facts.objects
}

// URL is the object's page at attack.mitre.org.
func (o *Object) URL() string {
	const site = "https://attack.mitre.org/"
	switch o.Kind {
	case Technique:
		return site + "techniques/" + strings.Replace(o.ID, ".", "/", 1)
	case Tactic:
		return site + "tactics/" + o.ID
	case Group:
		return site + "groups/" + o.ID
	case Software:
		return site + "software/" + o.ID
	case Campaign:
		return site + "campaigns/" + o.ID
	case Mitigation:
		return site + "mitigations/" + o.ID
	case DataComponent:
		return site + "datacomponents/" + o.ID
	default:
		return site
	}
}

// FullName is the name, for a sub-technique with its parent's: "Command and Scripting Interpreter: PowerShell".
func (o *Object) FullName() string {
	if o.Parent != nil {
		return o.Parent.Name + ": " + o.Name
	}
	return o.Name
}

// Latest follows Current to the object in force, which is o itself where o is not revoked.
func (o *Object) Latest() *Object {
	for range 8 { // a bundle may revoke in a circle
		if o.Status != Revoked || o.Current == nil {
			break
		}
		o = o.Current
	}
	return o
}

// In says that the object is of a domain.
func (o *Object) In(d Domain) bool { return slices.Contains(o.Domains, d) }

// Relation is how two objects are tied.
type Relation uint8

// The relations, each from source to target.
const (
	Uses         Relation = iota + 1 // group, software, campaign → technique; group, campaign → software
	Mitigates                        // mitigation → technique
	AttributedTo                     // campaign → group
	Detects                          // data component → technique
)

// Facts is what is known of ATT&CK.
type Facts struct {
	// Version of ATT&CK, e.g. "18.1"; "" where a bundle does not say.
	Version string

	objects []*Object // by kind and id; those of other versions last
	native  int       // how many of objects are of the facts' own version
	byID    map[string]*Object
	tactics map[tacticKey]*Object
	edges   []edge // by relation, source, target
	back    []edge // the same by relation, target, source
}

type tacticKey struct {
	domain Domain
	short  string
}

type edge struct {
	relation       Relation
	source, target int // into objects
}

// Lookup finds an object of any kind by its id, in any case. Techniques may also be given as they stand in an
// address: T1059/001.
func (f *Facts) Lookup(id string) (*Object, bool) {
	id = strings.ToUpper(strings.TrimSpace(id))
	if len(id) > 0 && id[0] == 'T' {
		id = strings.Replace(id, "/", ".", 1)
	}
	o, ok := f.byID[id]
	return o, ok
}

func (f *Facts) lookupKind(id string, k Kind) (*Object, bool) {
	o, ok := f.Lookup(id)
	if !ok || o.Kind != k {
		return nil, false
	}
	return o, true
}

// Technique finds a technique or sub-technique by its id, revoked ones and those of version 19 included.
func (f *Facts) Technique(id string) (*Object, bool) { return f.lookupKind(id, Technique) }

// Group finds a group by its id, name or one of its other names, without regard to case, blanks and dashes.
func (f *Facts) Group(name string) (*Object, bool) { return f.named(name, Group) }

// Software finds malware or a tool by its id, name or one of its other names, likewise.
func (f *Facts) Software(name string) (*Object, bool) { return f.named(name, Software) }

func (f *Facts) named(name string, k Kind) (*Object, bool) {
	if o, ok := f.lookupKind(name, k); ok {
		return o, true
	}
	found := f.Named(name)
	i := slices.IndexFunc(found, func(o *Object) bool { return o.Kind == k })
	if i < 0 {
		return nil, false
	}
	return found[i], true
}

// Tactic finds a tactic by its short name (initial-access, also initial_access), id or name: Enterprise's where
// several domains have one of the name.
func (f *Facts) Tactic(short string) (*Object, bool) {
	for _, d := range Domains() {
		if o, ok := f.TacticIn(d, short); ok {
			return o, true
		}
	}
	return f.lookupKind(short, Tactic)
}

// TacticIn finds a tactic of one domain by its short name or name.
func (f *Facts) TacticIn(d Domain, short string) (*Object, bool) {
	o, ok := f.tactics[tacticKey{d, shortName(short)}]
	return o, ok
}

func shortName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == ' ' {
			return '-'
		}
		return r
	}, strings.ToLower(strings.TrimSpace(s)))
}

// Objects returns all objects of a kind in the order of their ids, those of other versions last. The list is the
// caller's.
func (f *Facts) Objects(k Kind) []*Object {
	var out []*Object
	for _, o := range f.objects {
		if o.Kind == k {
			out = append(out, o)
		}
	}
	return out
}

// Targets returns what o is the source of, e.g. the techniques and software that a group uses, by kind and id. For an
// object of a later version it gives the relations of those that it replaces.
func (f *Facts) Targets(r Relation, o *Object) []*Object {
	return f.related(o, func(out []*Object, o *Object) []*Object {
		i, _ := slices.BinarySearchFunc(f.edges, edge{r, o.index, 0}, compareEdges)
		for ; i < len(f.edges) && f.edges[i].relation == r && f.edges[i].source == o.index; i++ {
			out = append(out, f.objects[f.edges[i].target])
		}
		return out
	})
}

// Sources returns what o is the target of, e.g. the groups, software and campaigns that use a technique.
func (f *Facts) Sources(r Relation, o *Object) []*Object {
	return f.related(o, func(out []*Object, o *Object) []*Object {
		i, _ := slices.BinarySearchFunc(f.back, edge{r, 0, o.index}, compareBack)
		for ; i < len(f.back) && f.back[i].relation == r && f.back[i].target == o.index; i++ {
			out = append(out, f.objects[f.back[i].source])
		}
		return out
	})
}

func (f *Facts) related(o *Object, add func([]*Object, *Object) []*Object) []*Object {
	out := add(nil, o)
	if len(o.Formerly) == 0 {
		return out
	}
	for _, old := range o.Formerly {
		out = add(out, old)
	}
	slices.SortFunc(out, compareObjects)
	return slices.Compact(out)
}

func compareEdges(a, b edge) int {
	return cmp.Or(cmp.Compare(a.relation, b.relation), a.source-b.source, a.target-b.target)
}

func compareBack(a, b edge) int {
	return cmp.Or(cmp.Compare(a.relation, b.relation), a.target-b.target, a.source-b.source)
}

// Subtechniques returns the sub-techniques of a technique in the order of their ids, without revoked and deprecated
// ones.
func (f *Facts) Subtechniques(o *Object) []*Object {
	var out []*Object
	for _, s := range f.objects {
		if s.Parent == o && (s.Status == Active || s.Status == Newer) {
			out = append(out, s)
		}
	}
	return out
}

// Column is one tactic of a matrix.
type Column struct {
	Tactic     *Object
	Techniques []*Object // in force, without sub-techniques, by name
}

// Matrix returns a domain's matrix, as the facts' own version has it, in the order of the kill chain.
func (f *Facts) Matrix(d Domain) []Column {
	var cols []Column
	for _, o := range f.objects[:f.native] {
		if o.Kind == Tactic && o.Status == Active && o.In(d) {
			cols = append(cols, Column{Tactic: o})
		}
	}
	slices.SortFunc(cols, func(a, b Column) int { return a.Tactic.order - b.Tactic.order })
	for _, o := range f.objects[:f.native] {
		if o.Kind != Technique || o.Status != Active || o.Parent != nil {
			continue
		}
		for i := range cols {
			if slices.Contains(o.Tactics, cols[i].Tactic) {
				cols[i].Techniques = append(cols[i].Techniques, o)
			}
		}
	}
	for _, c := range cols {
		slices.SortFunc(c.Techniques, func(a, b *Object) int {
			return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
		})
	}
	return cols
}

// finish makes facts ready for use once objects and edges are there.
func (f *Facts) finish() {
	f.native = len(f.objects)
	f.byID = make(map[string]*Object, len(f.objects)+64)
	f.tactics = map[tacticKey]*Object{}
	for i, o := range f.objects {
		o.index = i
		f.byID[o.ID] = o
		if o.Kind == Tactic {
			for _, d := range o.Domains {
				if old := f.tactics[tacticKey{d, o.Short}]; old == nil || old.Status != Active {
					f.tactics[tacticKey{d, o.Short}] = o
				}
			}
		}
	}
	slices.SortFunc(f.edges, compareEdges)
	f.edges = slices.Compact(f.edges)
	f.back = f.byTarget()
	f.addVersion19()
}

// byTarget returns the edges by relation, target and source. They come sorted by relation and source, so that one
// stable counting pass per relation does it.
func (f *Facts) byTarget() []edge {
	out := make([]edge, len(f.edges))
	next := make([]int, len(f.objects)+1)
	for i := 0; i < len(f.edges); {
		j := i
		for j < len(f.edges) && f.edges[j].relation == f.edges[i].relation {
			j++
		}
		clear(next)
		for _, e := range f.edges[i:j] {
			next[e.target+1]++
		}
		for k := 1; k < len(next); k++ {
			next[k] += next[k-1]
		}
		for _, e := range f.edges[i:j] {
			out[i+next[e.target]] = e
			next[e.target]++
		}
		i = j
	}
	return out
}

func compareObjects(a, b *Object) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID), strings.Compare(a.Short, b.Short))
}

// CompareTactics puts tactics in the order of the kill chain, domain by domain.
func CompareTactics(a, b *Object) int {
	return cmp.Or(compareFirstDomain(a, b), a.order-b.order, strings.Compare(a.ID, b.ID))
}

func compareFirstDomain(a, b *Object) int {
	if len(a.Domains) == 0 || len(b.Domains) == 0 {
		return 0
	}
	return compareDomains(a.Domains[0], b.Domains[0])
}
