package coverage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"entente/internal/advisory"
	"entente/internal/hunt"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// Options say what a [Collector] wants to know.
type Options struct {
	// Table is the taxonomy that the hunt used.
	Table *taxonomy.Table
	// Describe is the line of a finding that tells most; nil leaves it out.
	Describe func(*hunt.Finding) string
	// Keep says which rules the hunt ran, as in hunt.PlanOptions; nil is all. The others could not look.
	Keep func(*sigma.Meta) bool
}

// Collector takes the findings of a hunt. One goroutine uses it at a time.
type Collector struct {
	packs  []*advisory.Pack
	opts   Options
	stages []stage
	rules  map[string]*packRule      // by id
	byMeta map[*sigma.Meta]*packRule // of rules, what findings asked for
	order  []*packRule
	cells  map[cellKey]*cell
	folded bool
	ties   Ties
	report *Report
	of     *hunt.Summary // what report was made of
}

// maxCells bounds the counts by host and rule; beyond it findings count for host "".
const maxCells = 1 << 18

// stage is a stage of one or more packs.
type stage struct {
	advisory.Stage
	order int
}

// packRule is a rule or correlation of one of the packs.
type packRule struct {
	meta        *sigma.Meta
	rule        *sigma.Rule        // nil for correlations
	correlation *sigma.Correlation // nil for rules
	pack        *advisory.Pack     // the first one that has it
	packs       []*advisory.Pack   // all that have it and let it give findings
	stage       int                // into stages, -1 without
	order       int
	silent      bool // it counts for correlations and gives no findings itself
	left        bool // the hunt left it out
}

type cellKey struct {
	places string
	rule   *packRule
}

// cell is what one rule found on one host, or on several together.
type cell struct {
	rule       *packRule
	places     []Place
	count      int64
	span       span
	since      time.Time // of the first record that a correlation rests on; zero for rules
	user, text string    // of the earliest finding
	where      string
	offset     int64
	techniques []hunt.Technique
}

// New prepares for a hunt with packs; the first of several that have the same rule counts.
func New(packs []*advisory.Pack, opts Options) *Collector {
	c := &Collector{packs: packs, opts: opts, rules: map[string]*packRule{}, byMeta: map[*sigma.Meta]*packRule{}, cells: map[cellKey]*cell{}}
	byID := map[string]int{}
	for _, p := range packs {
		for _, s := range p.Manifest.Stages {
			if _, ok := byID[s.ID]; !ok {
				byID[s.ID] = len(c.stages)
				c.stages = append(c.stages, stage{Stage: s, order: len(c.stages)})
			}
		}
	}
	for _, p := range packs {
		if p.Rules == nil {
			continue
		}
		silent := silentIn(p.Rules)
		for _, r := range p.Rules.Rules {
			c.add(newRule(p, &packRule{meta: &r.Meta, rule: r, silent: silent(&r.Meta)}), byID)
		}
		for _, r := range p.Rules.Correlations {
			c.add(newRule(p, &packRule{meta: &r.Meta, correlation: r, silent: silent(&r.Meta)}), byID)
		}
	}
	return c
}

func newRule(p *advisory.Pack, r *packRule) *packRule {
	r.pack = p
	if !r.silent {
		r.packs = []*advisory.Pack{p}
	}
	return r
}

// change says that a correlation finds what became another value: two of them are enough.
func (r *packRule) change() bool {
	d := r.correlation
	if d == nil || d.Type != sigma.ValueCount || len(d.Conditions) != 1 {
		return false
	}
	c := &d.Conditions[0]
	return c.Compare == sigma.GTE && c.Value == 2 || c.Compare == sigma.GT && c.Value == 1
}

// silentIn says which documents of a collection only count for correlations and give no findings themselves.
func silentIn(c *sigma.Collection) func(*sigma.Meta) bool {
	silent, loud := map[string]bool{}, map[string]bool{}
	for _, d := range c.Correlations {
		for _, ref := range d.Rules {
			if d.Generate {
				loud[ref] = true
			} else {
				silent[ref] = true
			}
		}
	}
	has := func(set map[string]bool, m *sigma.Meta) bool {
		return m.ID != "" && set[m.ID] || m.Name != "" && set[m.Name]
	}
	return func(m *sigma.Meta) bool { return has(silent, m) && !has(loud, m) }
}

func (c *Collector) add(r *packRule, stages map[string]int) {
	id := ruleID(r.meta)
	if id == "" {
		return
	}
	r.stage, r.order = -1, len(c.order)
	r.left = c.opts.Keep != nil && !c.opts.Keep(r.meta)
	for _, t := range r.meta.Tags {
		if s, ok := strings.CutPrefix(t, advisory.StageTag); ok {
			if i, ok := stages[s]; ok {
				r.stage = i
			}
		}
	}
	if have := c.rules[id]; have != nil {
		if have.silent && !r.silent { // the findings are those of the pack that wants them
			r.order = have.order
			*have = *r
		} else if !slices.Contains(have.packs, r.pack) {
			have.packs = append(have.packs, r.packs...)
		}
		return
	}
	c.rules[id] = r
	c.order = append(c.order, r)
}

// ruleID is what a rule is known by: its id, or where it has none its name.
func ruleID(m *sigma.Meta) string { return strings.ToLower(cmp.Or(m.ID, m.Name)) }

// Add takes a finding. Those of rules that no pack has are passed over.
func (c *Collector) Add(f *hunt.Finding) {
	if f.Rule == nil {
		return
	}
	r, asked := c.byMeta[f.Rule]
	if !asked {
		r = c.rules[ruleID(f.Rule)]
		c.byMeta[f.Rule] = r
	}
	if r == nil {
		return
	}
	c.report = nil
	c.ties.Add(f)
	c.count(f, r)
}

func (c *Collector) count(f *hunt.Finding, r *packRule) {
	places := PlacesOf(f)
	var buf [128]byte
	key := buf[:0]
	for _, p := range places {
		key = append(append(append(append(key, p.host...), 0), p.file...), 0)
	}
	x := c.cells[cellKey{string(key), r}]
	if x == nil {
		if len(c.cells) >= maxCells {
			c.folded = true
			key, places = nil, []Place{{}}
			x = c.cells[cellKey{"", r}]
		}
		if x == nil {
			for i, p := range places {
				places[i] = p.Clone()
			}
			x = &cell{places: places, rule: r}
			c.cells[cellKey{string(key), r}] = x
		}
	}
	x.count += int64(max(f.Count, 1))
	from, to := f.Time, f.Last // of a correlation from when its condition held, as findings have it
	if from.Year() < 1971 {    // clocks that were not set
		from, to = time.Time{}, time.Time{}
	}
	if f.Correlation != nil && f.Correlation.First.Year() >= 1971 && (x.since.IsZero() || f.Correlation.First.Before(x.since)) {
		x.since = f.Correlation.First
	}
	if x.count == int64(max(f.Count, 1)) || !from.IsZero() && (x.span.first.IsZero() || from.Before(x.span.first)) {
		x.user, x.where, x.offset = strings.Clone(f.User), strings.Clone(f.File), f.Offset
		x.techniques = f.Techniques
		if c.opts.Describe != nil {
			x.text = clip(c.opts.Describe(f), maxText)
		}
	}
	x.span.add(from, to)
}

// begin is the time of the first record that findings rest on: of a correlation that of the first record that it counts.
// Where it is about a change, that is what was there before, and the change begins when the condition holds.
func (x *cell) begin() time.Time {
	if !x.since.IsZero() && !x.rule.change() && (x.span.first.IsZero() || x.since.Before(x.span.first)) {
		return x.since
	}
	return x.span.first
}

// maxText bounds the text that is kept of a finding, in bytes.
const maxText = 512

// clip cuts a text at the border of a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return strings.Clone(s)
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return strings.Clone(s[:n]) + "…"
}
