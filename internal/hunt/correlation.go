package hunt

import (
	"slices"
	"strings"
	"time"

	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// correlation is a correlation document of the plan.
type correlation struct {
	index      int
	doc        *sigma.Correlation
	level      int // 0: over rules only; n: over correlations of lower levels, too
	report     bool
	refs       int    // number of rules that it refers to
	feeds      []feed // correlations that count its firings
	techniques []Technique
	tactics    []string
	titles     []string // of the rules that it refers to
	names      []string // as written
}

// feed says that a rule's matches count as the ref-th rule of a correlation.
type feed struct {
	corr *correlation
	ref  int32
	// alias maps the correlation's group-by names to this rule's fields.
	group  []string
	values []string
}

// references tells which correlations a document feeds.
type references struct {
	feeds  map[string][]feed // by id and by name
	silent map[string]bool   // referred to, and generate is not set
	loud   map[string]bool   // referred to with generate
}

// of returns a rule's feeds, and whether its own matches are findings: those of a rule that a correlation refers to
// are only so if a correlation asks for it (Sigma correlation rules, "generate").
func (r *references) of(rule *sigma.Rule) (feeds []feed, report bool) { return r.ofMeta(&rule.Meta) }

func (r *references) ofMeta(m *sigma.Meta) (feeds []feed, report bool) {
	report = true
	for _, k := range []string{m.ID, m.Name} {
		if k == "" {
			continue
		}
		feeds = append(feeds, r.feeds[k]...)
		if r.silent[k] {
			report = false
		}
	}
	if r.loud[m.ID] && m.ID != "" || r.loud[m.Name] && m.Name != "" {
		report = true
	}
	return feeds, report
}

// addCorrelations takes over the kept correlations and what they rest on.
func (p *Plan) addCorrelations(c *sigma.Collection, keep func(*sigma.Meta) bool, tags func([]string) ([]Technique, []string)) *references {
	refs := &references{feeds: map[string][]feed{}, silent: map[string]bool{}, loud: map[string]bool{}}
	byName := map[string]*sigma.Correlation{}
	titles := map[string]string{}
	for _, d := range c.Correlations {
		for _, k := range []string{d.ID, d.Name} {
			if k != "" {
				byName[k] = d
				titles[k] = d.Title
			}
		}
		for _, r := range d.Rules {
			if d.Generate {
				refs.loud[r] = true
			} else {
				refs.silent[r] = true
			}
		}
	}
	for _, r := range c.Rules {
		titles[r.ID] = r.Title
		if r.Name != "" {
			titles[r.Name] = r.Title
		}
	}
	wanted := map[*sigma.Correlation]bool{}
	var want func(*sigma.Correlation)
	want = func(d *sigma.Correlation) {
		if wanted[d] {
			return
		}
		wanted[d] = true
		for _, r := range d.Rules {
			if sub := byName[r]; sub != nil {
				want(sub)
			}
		}
	}
	for _, d := range c.Correlations {
		if keep(&d.Meta) {
			want(d)
		}
	}
	for _, d := range c.Correlations {
		if !wanted[d] {
			continue
		}
		co := &correlation{
			index: len(p.correlations), doc: d, refs: len(d.Rules), report: keep(&d.Meta),
			level: correlationLevel(d, byName, 0), names: d.Rules,
		}
		co.techniques, co.tactics = tags(d.Tags)
		for i, r := range d.Rules {
			f := feed{corr: co, ref: int32(i)}
			for _, g := range d.GroupBy {
				f.group = append(f.group, aliased(d, g, r))
			}
			for _, v := range d.ConditionField {
				f.values = append(f.values, aliased(d, v, r))
			}
			refs.feeds[r] = append(refs.feeds[r], f)
			co.titles = append(co.titles, titles[r])
		}
		p.correlations = append(p.correlations, co)
	}
	for _, co := range p.correlations {
		feeds, report := refs.ofMeta(&co.doc.Meta)
		co.feeds = feeds
		co.report = co.report && report
	}
	return refs
}

func aliased(d *sigma.Correlation, name, rule string) string {
	if a, ok := d.Aliases[name]; ok {
		if f, ok := a[rule]; ok {
			return f
		}
	}
	return name
}

// correlationLevel is how deep a correlation stands above plain rules. The loader has refused cycles; the depth is
// bounded all the same.
func correlationLevel(d *sigma.Correlation, byName map[string]*sigma.Correlation, depth int) int {
	level := 0
	if depth > 32 {
		return level
	}
	for _, r := range d.Rules {
		if sub := byName[r]; sub != nil {
			level = max(level, correlationLevel(sub, byName, depth+1)+1)
		}
	}
	return level
}

// progFeed is a feed whose fields are numbered in a program.
type progFeed struct {
	feed
	groupFields []int32
	valueFields []int32
}

func (c *compiler) feed(f feed) progFeed {
	out := progFeed{feed: f}
	for _, n := range f.group {
		out.groupFields = append(out.groupFields, c.correlationField(n))
	}
	for _, n := range f.values {
		out.valueFields = append(out.valueFields, c.correlationField(n))
	}
	return out
}

// correlationField is like ruleField, and finds the host under the names that correlations use for it.
func (c *compiler) correlationField(name string) int32 {
	if _, mapped := c.kind.Fields[name]; !mapped {
		switch name {
		case "Computer", "ComputerName", "Hostname", "host", "host.name":
			return c.field(name, taxonomy.Field{From: []string{name, "Computer", "hostname"}})
		}
	}
	return c.ruleField(name)
}

// hit is one match of a rule that a correlation counts.
type hit struct {
	time   int64 // ns since 1970
	seq    uint64
	corr   int32
	ref    int32
	group  []string
	values []string
	title  string
	rule   string
	host   string
	file   string
	offset int64
	gap    bool // a group-by field is missing: not counted
}

func (f *frame) hit(pf *progFeed, r *planRule, file string) hit {
	h := hit{
		time: f.ev.Time, corr: int32(pf.corr.index), ref: pf.ref,
		title: r.rule.Title, rule: idOrName(&r.rule.Meta), host: strings.Clone(f.ev.Host), file: file, offset: f.ev.Offset,
	}
	for _, g := range pf.groupFields {
		if f.field(g).null {
			if f.ev.Host != "" && isHostField(f.prog.fields[g].name) {
				h.group = append(h.group, h.host)
				continue
			}
			h.gap = true
		}
		h.group = append(h.group, f.text(g))
	}
	for _, v := range pf.valueFields {
		if f.field(v).null {
			h.values = append(h.values, "")
			continue
		}
		h.values = append(h.values, f.text(v))
	}
	return h
}

func isHostField(name string) bool {
	switch name {
	case "Computer", "ComputerName", "Hostname", "host", "host.name":
		return true
	}
	return false
}

func idOrName(m *sigma.Meta) string {
	if m.ID != "" {
		return m.ID
	}
	if m.Name != "" {
		return m.Name
	}
	return m.Title
}

// finding builds the finding of a firing.
func (co *correlation) finding(e *episode) *Finding {
	hit := &CorrelationHit{
		Type: co.doc.Type, Value: e.value, First: time.Unix(0, e.first).UTC(), Last: time.Unix(0, e.last).UTC(),
		Total: e.total,
	}
	for i, g := range co.doc.GroupBy {
		hit.Group = append(hit.Group, FieldValue{Name: g, Value: e.group[i]})
	}
	var hosts []string
	for _, m := range e.matches {
		hit.Matches = append(hit.Matches, CorrelationMatch{
			Rule: m.rule, Title: m.title, Time: time.Unix(0, m.time).UTC(), Host: m.host, File: m.file, Offset: m.offset,
		})
		if !slices.Contains(hosts, m.host) {
			hosts = append(hosts, m.host)
		}
	}
	f := &Finding{
		Rule: &co.doc.Meta, Techniques: co.techniques, Tactics: co.tactics,
		Time: time.Unix(0, e.fired).UTC(), Last: time.Unix(0, e.last).UTC(),
		Correlation: hit, Count: 1, Matched: hit.Group,
	}
	if len(hosts) == 1 {
		f.Host = hosts[0]
	}
	for _, m := range e.matches {
		if m.time == e.fired || f.File == "" {
			f.File, f.Offset = m.file, m.offset
		}
	}
	for _, g := range hit.Group {
		if isUserField(g.Name) {
			f.User = g.Value
		}
	}
	f.Event = hit.json()
	return f
}

func isUserField(name string) bool {
	switch name {
	case "User", "TargetUserName", "SubjectUserName", "user", "username", "UserName", "userPrincipalName":
		return true
	}
	return false
}

// applies says that some log could make one of the rules true that a correlation rests on.
func (p *Plan) applies(co *correlation, applicable map[*planRule]bool) bool {
	feeds := func(list []feed) bool {
		return slices.ContainsFunc(list, func(f feed) bool { return f.corr == co })
	}
	for _, r := range p.rules {
		if applicable[r] && feeds(r.feeds) {
			return true
		}
	}
	for _, c := range p.correlations { // levels only go up, so this ends
		if c.level < co.level && feeds(c.feeds) && p.applies(c, applicable) {
			return true
		}
	}
	return false
}
