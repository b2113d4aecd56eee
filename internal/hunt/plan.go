package hunt

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"

	"entente/internal/event"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// Plan is a rule set made ready to run: every rule tied to the kinds of log that serve it. It is safe for
// concurrent use; programs are compiled when the first record needs them.
type Plan struct {
	rules        []*planRule
	bound        []*bound
	correlations []*correlation
	seeds        hitSeeds
	table        *taxonomy.Table
	expired      bool // see PlanOptions.Expired

	mu       sync.Mutex // of programs
	programs map[string]func() *program

	predicateMu sync.Mutex // of predicates
	predicates  map[string]*predicate
}

// planRule is a rule of the plan.
type planRule struct {
	index      int
	rule       *sigma.Rule
	techniques []Technique
	tactics    []string
	report     bool      // its matches are findings; otherwise they only feed correlations
	dated      bool      // not every time counts, see worker.valid
	feeds      []feed    // correlations that count its matches
	bound      bool      // some log serves it
	bindings   []binding // the logs in which it cannot be true, for `rules show` and the notes on applicability
}

// binding says how a rule stands to one kind of log.
type binding struct {
	name       string
	impossible bool     // no record of that kind makes the rule true, as far as the table of its fields goes
	missing    []string // fields that the rule reads and that kind does not have
}

// bound is a kind of log with the rules that it serves.
type bound struct {
	*taxonomy.Binding
	rules      []boundRule
	impossible []*planRule // left out by strict
	lacks      map[string]*lack
	header     []*sigma.Atom // distinct tests that the header alone decides
	headerKey  []string
}

type boundRule struct {
	rule *planRule
	expr sigma.Expr
	log  *sigma.LogSource
	*lack
}

// lack is what a log lacks for a rule, by the table of its fields. It is shared between rules.
type lack struct {
	impossible bool     // the rule cannot be true for what the log writes
	missing    []string // fields that the rule reads and the log does not write
	filters    []string // those of them that a filter reads: where they are missing, it filters nothing
}

// PlanOptions choose what goes into a plan.
type PlanOptions struct {
	// Keep selects rules; nil keeps all. Rules that a kept correlation needs are kept in any case.
	Keep func(*sigma.Meta) bool
	// Strict leaves a rule out where a filter of it reads fields that the log does not have, instead of marking its
	// findings with a caveat.
	Strict bool
	// Expired lets records from after an indicator's valid_until match it, with a caveat.
	Expired bool
	// Tags resolves a rule's tags to techniques and tactics; nil knows ids only.
	Tags func(tags []string) ([]Technique, []string)
}

// NewPlan ties rules to logs.
func NewPlan(c *sigma.Collection, table *taxonomy.Table, opts PlanOptions) *Plan {
	p := &Plan{table: table, expired: opts.Expired, seeds: newHitSeeds(), programs: map[string]func() *program{}, predicates: map[string]*predicate{}}
	tags := opts.Tags
	if tags == nil {
		tags = plainTags
	}
	keep := opts.Keep
	if keep == nil {
		keep = func(*sigma.Meta) bool { return true }
	}
	refs := p.addCorrelations(c, keep, tags)
	byBinding := map[*taxonomy.Binding]*bound{}
	for _, r := range c.Rules {
		feeds, reported := refs.of(r)
		kept := keep(&r.Meta)
		if !kept && len(feeds) == 0 {
			continue
		}
		pr := &planRule{index: len(p.rules), rule: r, feeds: feeds, report: kept && reported, dated: dated(r)}
		pr.techniques, pr.tactics = tags(r.Tags)
		p.rules = append(p.rules, pr)
		for in := range searches(r) {
			s := &in
			s.Condition = simplify(s.Condition, func(*sigma.Atom) sigma.Expr { return nil })
			for _, b := range table.For(s.LogSource) {
				bd := byBinding[b]
				if bd == nil {
					bd = &bound{Binding: b}
					byBinding[b] = bd
					p.bound = append(p.bound, bd)
				}
				bd.add(pr, s, opts.Strict)
			}
		}
	}
	order := map[*taxonomy.Binding]int{}
	for i, b := range table.Bindings() {
		order[b] = i
	}
	slices.SortFunc(p.bound, func(a, b *bound) int { return cmp.Compare(order[a.Binding], order[b.Binding]) })
	for _, b := range p.bound {
		b.findHeaderTests()
	}
	return p
}

// searches are all places where a rule looks.
func searches(r *sigma.Rule) iter.Seq[sigma.Search] {
	return func(yield func(sigma.Search) bool) {
		if !yield(sigma.Search{LogSource: r.LogSource, Condition: r.Condition}) {
			return
		}
		for _, s := range r.Also {
			if !yield(s) {
				return
			}
		}
	}
}

// Rules is the number of rules in the plan.
func (p *Plan) Rules() int { return len(p.rules) }

// Count is how many of the rules are as is says.
func (p *Plan) Count(is func(*sigma.Meta) bool) int {
	n := 0
	for _, r := range p.rules {
		if is(&r.rule.Meta) {
			n++
		}
	}
	return n
}

// add binds a rule. What the table says of a log's fields is for the reports: records may hold more than their log
// writes (an EDR, a pipeline, a later version adds fields), so tests are always made. Only strict takes the table at
// its word.
func (b *bound) add(pr *planRule, in *sigma.Search, strict bool) {
	closed, note := b.close(in.Condition)
	v, ok := constant(closed)
	note.impossible = ok && !v
	var filters []string
	for _, f := range note.missing {
		if negatesAny(in.Condition, []string{f}, false) {
			filters = append(filters, f)
		}
	}
	br := boundRule{rule: pr, expr: in.Condition, log: &in.LogSource, lack: b.lack(&note, filters)}
	if strict && (br.impossible || len(br.filters) > 0) {
		note.impossible = true
		b.impossible = append(b.impossible, pr)
	} else {
		b.rules = append(b.rules, br)
	}
	pr.bound = true
	if note.impossible {
		pr.bindings = append(pr.bindings, note)
	}
}

// lack is what the log lacks for a rule.
func (b *bound) lack(note *binding, filters []string) *lack {
	key := strings.Join(note.missing, "\x00") + "\x01" + strings.Join(filters, "\x00")
	if note.impossible {
		key += "\x01"
	}
	l, ok := b.lacks[key]
	if !ok {
		l = &lack{impossible: note.impossible, missing: note.missing, filters: filters}
		if b.lacks == nil {
			b.lacks = map[string]*lack{}
		}
		b.lacks[key] = l
	}
	note.missing = l.missing
	return l
}

// close decides the tests of fields that a closed log never has. e is simplified.
func (b *bound) close(e sigma.Expr) (sigma.Expr, binding) {
	note := binding{name: b.Name}
	if !b.Closed {
		return e, note
	}
	out := simplify(e, func(a *sigma.Atom) sigma.Expr {
		if a.Field == "" || b.has(a.Field) {
			return nil
		}
		if !slices.Contains(note.missing, a.Field) {
			note.missing = append(note.missing, a.Field)
		}
		switch a.Op {
		case sigma.OpNull:
			return always
		case sigma.OpExists:
			return truth(!a.Want)
		default:
			return never
		}
	})
	return out, note
}

func (b *bound) has(field string) bool {
	f, ok := b.Fields[field]
	if !ok {
		return b.Known[field]
	}
	return b.hasAny(f)
}

func (b *bound) hasAny(f taxonomy.Field) bool {
	for _, n := range f.From {
		if b.Known[n] {
			return true
		}
	}
	return slices.ContainsFunc(f.Also, b.hasAny)
}

// negatesAny says that e tests one of the fields where the test's being false helps e to be true.
func negatesAny(e sigma.Expr, fields []string, negated bool) bool {
	some := func(kids []sigma.Expr) bool {
		return slices.ContainsFunc(kids, func(k sigma.Expr) bool { return negatesAny(k, fields, negated) })
	}
	switch e := e.(type) {
	case *sigma.Atom:
		return negated && e.Op != sigma.OpNull && e.Op != sigma.OpExists && slices.Contains(fields, e.Field)
	case sigma.Not:
		return negatesAny(e.X, fields, !negated)
	case sigma.And:
		return some(e)
	case sigma.Or:
		return some(e)
	}
	return false
}

// headerField says which part of a Windows record's header a field is.
func (b *bound) headerField(a *sigma.Atom) bool {
	if a.Op != sigma.OpMatch {
		return false
	}
	switch a.Field {
	case "EventID", "Channel", "Provider_Name":
	default:
		return false
	}
	if _, mapped := b.Fields[a.Field]; mapped || len(b.Match.Sources) == 0 {
		return false
	}
	for _, s := range b.Match.Sources {
		if s != event.SourceWindows && s != event.SourceSysmonLinux {
			return false
		}
	}
	return true
}

// headerAsked names the parts of the header that a rule asks for and that are as it asks.
func (b *bound) headerAsked(e sigma.Expr, known map[string]bool) (names []string) {
	var visit func(sigma.Expr)
	visit = func(e sigma.Expr) {
		switch e := e.(type) {
		case *sigma.Atom:
			if b.headerField(e) && known[e.Key()] && !slices.Contains(names, e.Field) {
				names = append(names, e.Field)
			}
		case sigma.And:
			for _, k := range e {
				visit(k)
			}
		case sigma.Or:
			for _, k := range e {
				visit(k)
			}
		case sigma.Not:
		}
	}
	visit(e)
	return names
}

// headerText is a part of a record's header as its tests read it.
func headerText(ev *event.Event, field string) string {
	switch field {
	case "EventID":
		return strconv.FormatUint(uint64(ev.EventID), 10)
	case "Channel":
		return strings.Clone(ev.Channel)
	default:
		return strings.Clone(ev.Provider)
	}
}

func (b *bound) findHeaderTests() {
	seen := map[string]bool{}
	for i := range b.rules {
		sigma.Walk(b.rules[i].expr, func(a *sigma.Atom) {
			if !b.headerField(a) {
				return
			}
			if k := a.Key(); !seen[k] {
				seen[k] = true
				b.header = append(b.header, a)
				b.headerKey = append(b.headerKey, k)
			}
		})
	}
}

// header is what selects a program.
type header struct {
	source   event.Source
	channel  string
	provider string
	eventID  uint32
}

func (b *bound) matches(h header) bool {
	m := &b.Match
	if len(m.Sources) > 0 && !slices.Contains(m.Sources, h.source) {
		return false
	}
	if len(m.EventIDs) > 0 && !slices.Contains(m.EventIDs, h.eventID) {
		return false
	}
	fold := func(s string) func(string) bool {
		return func(t string) bool { return strings.EqualFold(s, t) }
	}
	if len(m.Channels) > 0 && !slices.ContainsFunc(m.Channels, fold(h.channel)) {
		return false
	}
	return len(m.Providers) == 0 || slices.ContainsFunc(m.Providers, fold(h.provider))
}

// program returns the program for records with this header. Headers that no rule can tell apart share one.
func (p *Plan) program(h header) *program {
	var (
		sig   []byte
		kinds []*bound
		known = map[string]bool{} // header tests decided
	)
	for i, b := range p.bound {
		if !b.matches(h) {
			continue
		}
		kinds = append(kinds, b)
		sig = binary.AppendUvarint(sig, uint64(i))
		for j, a := range b.header {
			v := h.test(a)
			known[b.headerKey[j]] = v
			sig = strconv.AppendBool(sig, v)
		}
	}
	p.mu.Lock()
	pr, ok := p.programs[string(sig)]
	if !ok {
		if len(p.programs) >= maxPrograms { // only logs made for it get here
			clear(p.programs)
		}
		pr = sync.OnceValue(func() *program { return p.compile(kinds, known) })
		p.programs[string(sig)] = pr
	}
	p.mu.Unlock()
	return pr() // outside the lock: others may compile theirs meanwhile
}

// maxPrograms bounds the compiled programs.
const maxPrograms = 4096

func (h header) test(a *sigma.Atom) bool {
	var text string
	switch a.Field {
	case "EventID":
		text = strconv.FormatUint(uint64(h.eventID), 10)
	case "Channel":
		text = h.channel
	default:
		text = h.provider
	}
	if !a.Cased {
		text = event.FoldString(text)
	}
	g := compileGlob(a.Pattern)
	return g.match([]byte(text))
}

func (p *Plan) predicate(a *sigma.Atom) *predicate {
	k := a.Key()
	p.predicateMu.Lock()
	defer p.predicateMu.Unlock()
	if q, ok := p.predicates[k]; ok {
		return q
	}
	q := compilePredicate(a)
	p.predicates[k] = q
	return q
}
