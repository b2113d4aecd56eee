package coverage

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"entente/internal/advisory"
	"entente/internal/hunt"
	"entente/internal/sigma"
)

// Report is what a hunt with packs means.
type Report struct {
	Packs []Pack
	Hosts []Host // compromised first, then attempted, then cannot-tell; in order of the first activity, then of name
	// Missing are the logs that would have let rules look that could not, what most TTPs wait for first.
	Missing []Log
	// Names joins the names of hosts.
	Names *Names
	// Folded says that there were too many hosts to tell them all apart: the rest counts for host "".
	Folded bool
	// Incomplete says why the hunt ended before it had gone through its inputs; "" where it has. No silence is an answer then.
	Incomplete string
}

// State says how a TTP stands.
type State string

// The states.
const (
	Found    State = "found"
	NotFound State = "not-found"      // it was looked for
	Blind    State = "could-not-look" // the logs that would show it are not among the inputs
	NoLog    State = "no-log"         // no log can show it
)

// States in the order in which reports show them.
var States = [...]State{Found, NotFound, Blind, NoLog}

// Pack is a pack with the states of its TTPs.
type Pack struct {
	*advisory.Pack
	TTPs   []TTP // in the order of the pack
	Counts map[State]int
}

// TTP is a TTP of a pack and how it stands.
type TTP struct {
	*advisory.TTP
	State       State
	Partly      bool   // some of its detections could not look
	Findings    int64  // of its detections
	Level       string // the worst of the rules that fired
	First, Last time.Time
	Hosts       []string // where it was found, in order of name
	Rules       []Rule   // its detections
	Missing     []int    // into Report.Missing: what its detections wait for
}

// WhyNoLog says why no log can show the TTP, as the pack has it; "" where one can.
func (t *TTP) WhyNoLog() string {
	if t.State != NoLog {
		return ""
	}
	return cmp.Or(strings.TrimSpace(t.Undetectable), "The pack has no detection for it, and does not say why.")
}

// Rule is a detection and how it stands.
type Rule struct {
	ID, Title, Level, Stage string
	Findings                int64
	Looked                  bool // some log let it look
	LeftOut                 bool // the hunt ran without it
	Missing                 int  // into Report.Missing; -1 where it looked
}

// Collector.rules that fired, by canonical host.
type fired struct {
	rule  *packRule
	cells []*cell
	count int64
	span  span
	hosts map[string]bool
}

// Report makes the report of a finished hunt; sum may be nil, then no log is known and what was not found could not be
// looked for. Calling it again with the same summary costs nothing.
func (c *Collector) Report(sum *hunt.Summary) *Report {
	if c.report != nil && c.of == sum {
		return c.report
	}
	if sum == nil {
		sum = &hunt.Summary{}
	}
	l := newLogs(sum, c.opts.Table)
	m := &maker{c: c, logs: l, served: map[*packRule]logSet{}, found: map[*packRule]*fired{}, missing: map[string]int{}, families: map[*sigma.Meta][]string{}}
	m.identify(sum)
	m.r.Folded, m.r.Incomplete = c.folded || sum.LogsFolded, sum.Incomplete
	for _, k := range l.byHost {
		m.all.join(k.kinds)
	}
	for _, x := range c.cells {
		f := m.found[x.rule]
		if f == nil {
			f = &fired{rule: x.rule, hosts: map[string]bool{}}
			m.found[x.rule] = f
		}
		f.cells = append(f.cells, x)
		f.count += x.count
		f.span.add(x.begin(), x.span.last)
		for _, host := range m.hostsOf(x) {
			f.hosts[host] = true
		}
	}
	for _, p := range c.packs {
		m.pack(p)
	}
	m.hosts(sum)
	m.r.Names.Count = len(m.r.Hosts)
	m.sortMissing(len(sum.Asked) > 0)
	c.report, c.of = &m.r, sum
	return c.report
}

// maker makes one report.
type maker struct {
	c       *Collector
	r       Report
	logs    *logs
	ids     *identities
	all     logSet // of all hosts
	served  map[*packRule]logSet
	found   map[*packRule]*fired
	missing map[string]int // by name, into r.Missing
	// finders are the detections of each TTP, by pack and TTP.
	finders  [][][]*packRule
	families map[*sigma.Meta][]string // see familiesOf
}

func (m *maker) identify(sum *hunt.Summary) {
	e := &evidence{records: map[string]int64{}, traits: map[string]traits{}, own: sum.HostFacts, servers: sum.Unnamed, unnamed: map[string]traits{}}
	for at, h := range m.logs.byHost {
		e.records[at.host] += h.records
		t := m.logs.traitsOf(h)
		if at.host == "" {
			e.unnamed[at.file] = m.logs.unnamed(at.file, h)
		} else {
			e.traits[at.host] = e.traits[at.host].with(t)
		}
	}
	for i := range sum.HostFacts {
		if f := &sum.HostFacts[i]; f.Web || f.Mail {
			e.traits[f.Host] = e.traits[f.Host].with(traits{windows: true, web: f.Web, mail: f.Mail})
		}
	}
	for _, x := range m.c.cells {
		for _, at := range x.places {
			e.records[at.host] += 0
			if at.host == "" && m.counts(x.rule) {
				e.found = append(e.found, at.file)
			}
		}
	}
	m.ids = identify(e, &m.c.ties)
	m.r.Names = m.ids.Names
}

// hostsOf are the hosts that a cell is about, each once.
func (m *maker) hostsOf(x *cell) []string {
	return m.ids.HostsAt(x.places)
}

// looked says whether logs let a rule or correlation look.
func (m *maker) looked(r *packRule, have logSet) bool { return m.looks(r, have, 0) }

// maxChain bounds how deep correlations stand on one another; the loader refuses circles.
const maxChain = 32

func (m *maker) looks(r *packRule, have logSet, depth int) bool {
	if r.rule != nil {
		s, ok := m.served[r]
		if !ok {
			s = m.logs.serving(r.rule)
			m.served[r] = s
		}
		return s.meets(have)
	}
	if depth > maxChain {
		return false
	}
	d := r.correlation
	sees := func(ref string) bool {
		return slices.ContainsFunc(m.parts(r, ref), func(p *packRule) bool { return m.looks(p, have, depth+1) })
	}
	switch {
	case d.Expr != nil:
		return could(d.Expr, func(a *sigma.Atom) outcome {
			if sees(a.Field) {
				return open
			}
			return decided(false)
		}).yes
	case d.Type == sigma.Temporal || d.Type == sigma.TemporalOrdered:
		if len(d.Conditions) > 0 { // so many of them are enough
			return slices.ContainsFunc(d.Rules, sees)
		}
		return !slices.ContainsFunc(d.Rules, func(ref string) bool { return !sees(ref) })
	default:
		return slices.ContainsFunc(d.Rules, sees)
	}
}

// parts are what a reference of a correlation stands for.
func (m *maker) parts(r *packRule, ref string) []*packRule {
	rules, cor := r.pack.Rules.Resolve(ref)
	if cor != nil {
		return []*packRule{{meta: &cor.Meta, correlation: cor, pack: r.pack}}
	}
	out := make([]*packRule, 0, len(rules))
	for _, x := range rules {
		p := m.c.rules[ruleID(&x.Meta)]
		if p == nil || p.rule != x {
			p = &packRule{meta: &x.Meta, rule: x, pack: r.pack}
		}
		out = append(out, p)
	}
	return out
}

// lacks names the log that a rule waits for: for a correlation that of the first of its rules that could not look.
func (m *maker) lacks(r *packRule, have logSet, depth int) Log {
	if r.rule != nil {
		return m.logs.missing(r.rule)
	}
	if depth < maxChain {
		for _, ref := range r.correlation.Rules {
			for _, p := range m.parts(r, ref) {
				if !m.looks(p, have, depth+1) {
					return m.lacks(p, have, depth+1)
				}
			}
		}
	}
	return Log{}
}

// wants notes that a rule waits for a log, and returns its number; -1 where it is not known which.
func (m *maker) wants(r *packRule, have logSet) int {
	l := m.lacks(r, have, 0)
	if l.Name == "" {
		return -1
	}
	i, ok := m.missing[l.Name]
	if !ok {
		i = len(m.r.Missing)
		m.missing[l.Name] = i
		m.r.Missing = append(m.r.Missing, l)
	}
	return i
}

func (m *maker) pack(p *advisory.Pack) {
	out := Pack{Pack: p, Counts: map[State]int{}}
	detections := m.detections(p)
	blind := map[*packRule]int{}
	for i := range p.TTPs {
		t := TTP{TTP: &p.TTPs[i]}
		hosts := map[string]bool{}
		var when span
		some := false // could look
		for _, r := range detections[i] {
			rule := Rule{ID: r.meta.ID, Title: r.meta.Title, Level: r.meta.Level, Missing: -1}
			if r.stage >= 0 {
				rule.Stage = m.c.stages[r.stage].ID
			}
			rule.LeftOut = r.left
			rule.Looked = !r.left && m.looked(r, m.all)
			if f := m.found[r]; f != nil {
				rule.Looked, rule.Findings = true, f.count
				t.Findings += f.count
				when.add(f.span.first, f.span.last)
				maps.Copy(hosts, f.hosts)
				if rank(r.meta.Level) > rank(t.Level) {
					t.Level = r.meta.Level
				}
			}
			if !rule.Looked && !r.left {
				n, ok := blind[r]
				if !ok {
					n = m.wants(r, m.all)
					blind[r] = n
					if n >= 0 {
						m.r.Missing[n].Rules++
					}
				}
				rule.Missing = n
				if n >= 0 && !slices.Contains(t.Missing, n) {
					t.Missing = append(t.Missing, n)
				}
			}
			some = some || rule.Looked
			t.Partly = t.Partly || !rule.Looked
			t.Rules = append(t.Rules, rule)
		}
		switch {
		case t.Findings > 0:
			t.State = Found
		case len(t.Rules) == 0 && len(t.Detections) == 0:
			t.State = NoLog
		case some:
			t.State = NotFound
		default:
			t.State = Blind
		}
		t.Partly = t.Partly && some
		for _, n := range t.Missing {
			if t.State == Blind {
				m.r.Missing[n].TTPs++
			} else {
				m.r.Missing[n].Helps++
			}
		}
		t.First, t.Last = when.first, when.last
		t.Hosts = slices.Sorted(maps.Keys(hosts))
		out.Counts[t.State]++
		out.TTPs = append(out.TTPs, t)
	}
	m.r.Packs = append(m.r.Packs, out)
	m.finders = append(m.finders, detections)
}

// detections are the rules that find each TTP: those that it names, and of rules that no TTP names (indicators) those
// that have its technique as a tag.
func (m *maker) detections(p *advisory.Pack) [][]*packRule {
	out := make([][]*packRule, len(p.TTPs))
	named := map[*packRule]bool{}
	byTechnique := map[string][]int{}
	for i := range p.TTPs {
		t := &p.TTPs[i]
		for _, id := range t.Detections {
			if r := m.c.rules[strings.ToLower(id)]; r != nil {
				named[r] = true
				if !slices.Contains(out[i], r) {
					out[i] = append(out[i], r)
				}
			}
		}
		for _, id := range []string{t.ID, t.Current()} {
			if id = strings.ToLower(id); !slices.Contains(byTechnique[id], i) {
				byTechnique[id] = append(byTechnique[id], i)
			}
		}
	}
	for _, r := range m.c.order {
		if r.pack != p || named[r] || r.silent {
			continue
		}
		for _, tag := range r.meta.Tags {
			id, ok := strings.CutPrefix(tag, "attack.")
			if !ok {
				continue
			}
			for _, i := range byTechnique[id] {
				if !slices.Contains(out[i], r) {
					out[i] = append(out[i], r)
				}
			}
		}
	}
	return out
}

// sortMissing puts what most TTPs wait for first, and renumbers the references. Where only some hosts were asked for, what
// systems such as these do not write comes behind.
func (m *maker) sortMissing(asked bool) {
	own := map[string]bool{}
	for _, h := range m.logs.byHost {
		for s := range h.sources {
			own[family(s)] = true
		}
	}
	elsewhere := map[bool]int{true: 1}
	for i := range m.r.Missing {
		l := &m.r.Missing[i]
		l.Elsewhere = asked && !slices.ContainsFunc(l.Kinds, func(k string) bool { return own[m.logs.family(k)] })
	}
	order := make([]int, len(m.r.Missing))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &m.r.Missing[a], &m.r.Missing[b]
		return cmp.Or(cmp.Compare(elsewhere[x.Elsewhere], elsewhere[y.Elsewhere]), cmp.Compare(y.TTPs, x.TTPs), cmp.Compare(y.Helps, x.Helps), cmp.Compare(y.Rules, x.Rules), strings.Compare(x.Name, y.Name))
	})
	place := make([]int, len(order))
	list := make([]Log, len(order))
	for to, from := range order {
		place[from] = to
		list[to] = m.r.Missing[from]
	}
	m.r.Missing = list
	for i := range m.r.Packs {
		for j := range m.r.Packs[i].TTPs {
			t := &m.r.Packs[i].TTPs[j]
			for k := range t.Missing {
				t.Missing[k] = place[t.Missing[k]]
			}
			slices.Sort(t.Missing)
			for k := range t.Rules {
				if n := t.Rules[k].Missing; n >= 0 {
					t.Rules[k].Missing = place[n]
				}
			}
		}
	}
	for i := range m.r.Hosts {
		h := &m.r.Hosts[i]
		for k := range h.Missing {
			h.Missing[k] = place[h.Missing[k]]
		}
		slices.Sort(h.Missing)
	}
}
