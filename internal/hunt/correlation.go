package hunt

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/internal/event"
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
	need       need   // what it cannot fire without
	feeds      []feed // correlations that count its firings
	techniques []Technique
	tactics    []string
	titles     []string // of the rules that it refers to
	names      []string // as written
	restsOn    []*sigma.Meta
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
	rules := map[string][]*sigma.Meta{}
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
		for _, k := range []string{r.ID, r.Name} {
			if k != "" && (refs.silent[k] || refs.loud[k]) {
				rules[k] = append(rules[k], &r.Meta)
			}
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
		co.need = needOfDoc(d, co.refs)
		co.restsOn = restsOn(nil, d, rules, byName, 0)
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

// restsOn adds what a correlation refers to, directly or through others.
func restsOn(list []*sigma.Meta, d *sigma.Correlation, rules map[string][]*sigma.Meta, byName map[string]*sigma.Correlation, depth int) []*sigma.Meta {
	put := func(m *sigma.Meta) {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	for _, r := range d.Rules {
		if sub := byName[r]; sub != nil && depth <= maxDepth {
			if !slices.Contains(list, &sub.Meta) {
				list = restsOn(list, sub, rules, byName, depth+1)
				put(&sub.Meta)
			}
			continue
		}
		for _, m := range rules[r] {
			put(m)
		}
	}
	return list
}

// maxDepth is how deep correlations of correlations are followed.
const maxDepth = 32

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
	if depth > maxDepth {
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

// hit is one match of a rule that a correlation counts, in one of its groups.
type hit struct {
	time  int64  // ns since 1970
	seq   uint64 // of the record among all of the input, in the order in which they were read
	corr  int32
	ref   int32
	group []string
	// values are those of the condition's field, as many as there are; of a condition with several fields all combinations,
	// one after the other.
	values   []string
	title    string
	rule     string
	host     string
	user     string
	channel  string
	file     string
	offset   int64
	record   uint64 // its id in the log, if it is numbered
	numbered bool
	carved   bool
	eventID  uint32
	gap      int32    // the group-by field that is missing, from 1: not counted; 0 where none is
	crowded  bool     // the record belongs to more groups than it is counted in
	in       *episode // of a window: the firing that it is part of
}

// maxGroups bounds the groups that one record is counted in, and the combinations of its values.
const maxGroups = 64

// hits are a match for a correlation, but for where it stands: one for each group that the record belongs to. fixed says
// that they rest on what a memo tells records apart by. file is where the record stands.
func (f *frame) hits(dst []hit, pf *progFeed, file string) (out []hit, fixed bool) {
	h := hit{corr: int32(pf.corr.index), ref: pf.ref}
	fixed = true
	groups := [][]string{nil}
	for i, g := range pf.groupFields {
		texts := f.texts(g)
		if len(texts) == 0 {
			name := f.prog.fields[g].name
			host := f.ev.Host
			switch {
			case isHostField(name):
			case name == hostLabel && host != "":
				host = string(taxonomy.HostLabel.Append(nil, []byte(host)))
			case name == hostLabel:
				host = folderOf(file)
			default:
				h.gap = int32(i) + 1
				return append(dst, h), fixed
			}
			fixed = false
			if host == "" {
				h.gap = int32(i) + 1
				return append(dst, h), fixed
			}
			texts = []string{host}
		}
		var cut bool
		groups, cut = combine(groups, texts)
		h.crowded = h.crowded || cut
	}
	values := [][]string{nil}
	for _, v := range pf.valueFields {
		values, _ = combine(values, f.texts(v)) // none if the field has none
	}
	h.values = slices.Concat(values...)
	for _, g := range groups {
		h.group = g
		dst = append(dst, h)
		h.crowded = false // it is one record
	}
	return dst, fixed
}

// hostLabel is a field that no log has: the taxonomy makes it of those that name the host (docs/formats/taxonomy.md).
const hostLabel = "HostLabel"

// folderOf stands for the host of records that name none: logs of one machine are kept together. Of the folders in which IIS
// keeps the sites of a server (W3SVC1, W3SVC2) it is the one around them.
func folderOf(file string) string {
	cut := func(s string) (dir, last string) {
		i := strings.LastIndexAny(s, `/\!`)
		return s[:max(i, 0)], s[i+1:]
	}
	dir, _ := cut(file)
	if around, site := cut(dir); len(site) > len("W3SVC") && strings.EqualFold(site[:len("W3SVC")], "W3SVC") {
		dir = around
	}
	if dir == "" {
		return "."
	}
	return dir
}

// combine appends each text to each list, up to maxGroups of them.
func combine(lists [][]string, texts []string) (out [][]string, cut bool) {
	for _, l := range lists {
		for _, t := range texts {
			if len(out) == maxGroups {
				return out, true
			}
			out = append(out, append(slices.Clip(l), t))
		}
	}
	return out, false
}

// texts are the different values of a field; none where it is missing or null. Of a field that has several places or names
// in the records they are those of the first that has any: the others say the same in another way, and would put a record
// into several groups (uid and UID of auditd, a number and its name).
func (f *frame) texts(field int32) []string {
	texts := f.casedText(field).cased
	if pf := &f.prog.fields[field]; len(texts) > 1 && (len(pf.parts) > 1 || len(pf.parts[0].from) > 1) {
		texts = f.firstPlace(pf)
	}
	out := make([]string, 0, len(texts))
	var seen map[string]bool
	for _, t := range texts {
		if len(texts) > 1 {
			k := string(event.FoldBytes(nil, t))
			if seen[k] {
				continue
			}
			if seen == nil {
				seen = map[string]bool{}
			}
			seen[k] = true
		}
		out = append(out, string(t))
	}
	return out
}

// firstPlace is the text of a field where it stands first.
func (f *frame) firstPlace(pf *progField) [][]byte {
	var t fieldText
	for _, p := range pf.parts {
		if p.as.Joins() {
			f.addJoined(&t, p)
		}
		for i := 0; i < len(p.from) && !p.as.Joins() && len(t.cased) == 0; i++ {
			f.values(p.from[i:i+1], func(v *event.Value) { f.addCased(&t, v, p.as) })
		}
		if len(t.cased) > 0 {
			break
		}
	}
	return t.cased
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
	carved := 0
	for _, m := range e.matches {
		hit.Matches = append(hit.Matches, CorrelationMatch{
			Rule: m.rule, Title: m.title, Time: time.Unix(0, m.time).UTC(), Host: m.host, User: m.user,
			Channel: m.channel, EventID: m.eventID, RecordID: m.record, HasRecordID: m.numbered, Carved: m.carved, File: m.file, Offset: m.offset,
		})
		if !slices.Contains(hosts, m.host) {
			hosts = append(hosts, m.host)
		}
		if m.carved {
			carved++
		}
	}
	f := &Finding{
		Rule: &co.doc.Meta, Techniques: co.techniques, Tactics: co.tactics, RestsOn: co.restsOn,
		Time: time.Unix(0, e.fired).UTC(), Last: time.Unix(0, e.last).UTC(),
		Correlation: hit, Count: 1, Matched: hit.Group,
	}
	if len(hosts) == 1 {
		f.Host = hosts[0]
	}
	if carved > 0 {
		f.Caveats = []string{fmt.Sprintf("records that it rests on were carved, %d in all: their logs do not hold them any more", carved)}
	}
	if ind := co.doc.Indicator; ind != nil {
		f.Caveats = append(f.Caveats, outside(ind, hit.First, hit.Last)...)
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
