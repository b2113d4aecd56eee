package rank

import (
	"cmp"
	"slices"
	"strings"

	"entente/internal/attack"
)

// Group is a candidate.
type Group struct {
	ID      string // G0007
	Name    string
	Aliases []string
}

// Feature is what can be observed: a technique, a sub-technique or software.
type Feature struct {
	ID   string // T1059.001, S0154
	Name string
}

// Software says whether the feature is software.
func (f *Feature) Software() bool { return isSoftware(f.ID) }

func isSoftware(id string) bool { return strings.HasPrefix(id, "S") }

// parentOf is the technique that a sub-technique belongs to; a technique itself; software itself.
func parentOf(id string) string {
	parent, _, _ := strings.Cut(id, ".")
	return parent
}

// Row says that a group uses a feature.
type Row struct {
	ID             string // of the relationship; "" where it is not known
	Group, Feature int    // into the corpus's lists
}

// Corpus is who uses what. It is not changed once it is made.
type Corpus struct {
	Version  string // of ATT&CK; "" where it is not known
	Groups   []Group
	Features []Feature
	Rows     []Row // by group, feature and id

	feature map[string]int   // id → Features
	group   map[string]int   // id → Groups
	row     map[string][]int // id → Rows
}

// index makes a corpus ready. Rows may come in any order and more than once.
func (c *Corpus) index() {
	slices.SortFunc(c.Rows, func(a, b Row) int {
		return cmp.Or(a.Group-b.Group, a.Feature-b.Feature, strings.Compare(a.ID, b.ID))
	})
	c.Rows = slices.Compact(c.Rows)
	c.group = make(map[string]int, len(c.Groups))
	for i := range c.Groups {
		c.group[c.Groups[i].ID] = i
	}
	c.row = make(map[string][]int, len(c.Rows))
	for i := range c.Rows {
		if id := c.Rows[i].ID; id != "" {
			c.row[id] = append(c.row[id], i)
		}
	}
	c.feature = make(map[string]int, len(c.Features))
	for i := range c.Features {
		c.feature[c.Features[i].ID] = i
	}
}

// FromFacts makes a corpus of the Enterprise part of facts. They do not know the relationships' ids, so that rows cannot be
// left out one by one.
func FromFacts(f *attack.Facts) *Corpus {
	c := &Corpus{Version: f.Version}
	live := func(o *attack.Object) bool { return o.Status == attack.Active && o.In(attack.Enterprise) }
	features := map[*attack.Object]int{}
	for _, k := range []attack.Kind{attack.Software, attack.Technique} {
		for _, o := range f.Objects(k) {
			if live(o) {
				features[o] = len(c.Features)
				c.Features = append(c.Features, Feature{ID: o.ID, Name: o.FullName()})
			}
		}
	}
	for _, g := range f.Objects(attack.Group) {
		if !live(g) {
			continue
		}
		for _, t := range f.Targets(attack.Uses, g) {
			if i, ok := features[t]; ok {
				c.Rows = append(c.Rows, Row{Group: len(c.Groups), Feature: i})
			}
		}
		c.Groups = append(c.Groups, Group{ID: g.ID, Name: g.Name, Aliases: g.Aliases})
	}
	c.index()
	return c
}

// Feature finds a technique or software by its id.
func (c *Corpus) Feature(id string) (Feature, bool) {
	i, ok := c.feature[id]
	if !ok {
		return Feature{}, false
	}
	return c.Features[i], true
}
