package indicator

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"entente/internal/sigma"
	"entente/internal/stix"
	"entente/internal/stixpattern"
)

// Set is what Compile made of a bundle.
type Set struct {
	Rules        []*sigma.Rule
	Correlations []*sigma.Correlation
	// Sigma are the documents of indicators whose patterns are Sigma: other rules may have the same ids.
	Sigma *sigma.Collection
	// Problems are the indicators that are not hunted, and as warnings what is not hunted of others.
	Problems []sigma.Problem

	Objects    int // of any type
	Indicators int // in their latest version
	Hunted     int // of which there is a rule
	Partly     int // of these, with a part that no log shows
	Revoked    int // not hunted
	Benign     int // likewise: indicator_types says that it is no threat, and nothing else
}

// maxValues bounds what is compared in all rules together, each value once for each field in which it may stand.
const maxValues = 3 << 20

// forever is the timespan of correlations that have none.
const forever = 100 * 365 * 24 * time.Hour

// Compile makes rules of the indicators, on every core; the result does not depend on their number.
func (b *Bundle) Compile() *Set {
	list := slices.DeleteFunc(slices.Clone(b.indicators), func(o *object) bool { return o == nil })
	workers := make([]*compiler, max(runtime.GOMAXPROCS(0), 1))
	for i := range workers {
		workers[i] = newCompiler(b)
	}
	all := newCompiler(b)
	all.set.Objects, all.set.Problems = b.Objects, slices.Clone(b.Problems)
	// What a bundle may cost is looked at after each batch: a few indicators cannot cost much.
	made := make([]*compiler, batch)
	for len(list) > 0 {
		next := list[:min(len(list), batch)]
		list = list[len(next):]
		var wg sync.WaitGroup
		for i, w := range workers {
			wg.Go(func() {
				for k := i; k < len(next); k += len(workers) {
					made[k] = w.one(next[k], all.made > maxValues)
				}
			})
		}
		wg.Wait()
		for k := range next {
			all.take(made[k])
		}
	}
	all.sigma()
	return all.set
}

// batch is how many indicators are worked on at a time.
const batch = 64

func newCompiler(b *Bundle) *compiler {
	return &compiler{b: b, set: &Set{}, logs: stixpattern.NewLogTranslator(), labels: map[string]string{}}
}

// one compiles one indicator; over says that those before it ask for too much.
func (c *compiler) one(o *object, over bool) *compiler {
	c.set, c.documents, c.n, c.made, c.over = &Set{}, nil, 0, 0, over
	c.indicator(o)
	return &compiler{set: c.set, documents: c.documents, made: c.made}
}

// take adds what was made of one indicator.
func (c *compiler) take(o *compiler) {
	s := c.set
	s.Rules, s.Correlations = append(s.Rules, o.set.Rules...), append(s.Correlations, o.set.Correlations...)
	s.Problems = append(s.Problems, o.set.Problems...)
	s.Indicators, s.Hunted, s.Partly = s.Indicators+o.set.Indicators, s.Hunted+o.set.Hunted, s.Partly+o.set.Partly
	s.Revoked, s.Benign = s.Revoked+o.set.Revoked, s.Benign+o.set.Benign
	c.documents = append(c.documents, o.documents...)
	c.made += o.made
}

type compiler struct {
	b      *Bundle
	set    *Set
	logs   *stixpattern.LogTranslator
	tests  sigma.FieldTests
	labels map[string]string // of marking definitions
	n      int               // names given to rules of the indicator at hand
	made   int               // values compared
	over   bool              // there are too many of them already
	// documents are the indicators whose patterns are Sigma.
	documents []*object
}

func (c *compiler) not(o *object, format string, args ...any) {
	c.set.Problems = append(c.set.Problems, sigma.Problem{File: o.file, Rule: label(o), Reason: fmt.Sprintf(format, args...)})
}

func (c *compiler) warn(o *object, format string, args ...any) {
	c.set.Problems = append(c.set.Problems, sigma.Problem{File: o.file, Rule: label(o), Reason: fmt.Sprintf(format, args...), Warning: true})
}

// label is what an indicator is called in messages.
func label(o *object) string {
	if name := text(o.Object, "name"); name != "" {
		return o.ID + ", " + clip(name, 60)
	}
	return o.ID
}

func (c *compiler) indicator(o *object) {
	c.set.Indicators++
	types := texts(o.Object, "indicator_types")
	switch {
	case o.Revoked:
		c.set.Revoked++
		return
	case len(types) > 0 && !slices.ContainsFunc(types, func(t string) bool { return t != "benign" }):
		c.set.Benign++
		return
	}
	switch kind := cmp.Or(text(o.Object, "pattern_type"), "stix"); kind {
	case "stix":
		c.pattern(o)
	case "sigma":
		c.documents = append(c.documents, o)
	default:
		c.not(o, "its pattern is of type %s, and the hunt has no use for that", clip(kind, 40))
	}
}

func (c *compiler) pattern(o *object) {
	p, err := stixpattern.Parse(text(o.Object, "pattern"))
	if err != nil {
		c.not(o, "its pattern cannot be read: %s", err)
		return
	}
	if c.over {
		c.not(o, "the indicators before it ask for more than %d values in logs: hunt for fewer at a time", maxValues)
		return
	}
	logs, losses := c.logs.Logs(p)
	if len(logs.Alone)+len(logs.Joined) == 0 {
		c.not(o, "it is not hunted: %s", lossText(losses, stixpattern.Dropped))
		return
	}
	meta := c.meta(o, clip(p.String(), 120))
	var rules []*sigma.Rule
	var joins []*sigma.Correlation
	w := &writer{c: c, meta: meta}
	if len(logs.Alone) > 0 {
		rules, err = w.alone(logs.Alone)
	}
	for _, j := range logs.Joined {
		if err == nil {
			_, err = w.join(j)
		}
	}
	if err != nil {
		c.not(o, "its pattern cannot be made a rule: %s", err)
		return
	}
	rules, joins = append(rules, w.rules...), w.joins
	c.set.Rules = append(c.set.Rules, rules...)
	c.set.Correlations = append(c.set.Correlations, joins...)
	c.set.Hunted++
	partly := false
	for _, l := range losses {
		switch {
		case l.Kind == stixpattern.Dropped:
			partly = true
			c.warn(o, "a part is not hunted: %s: %s", clip(l.Part, 120), l.Why)
		case !l.General():
			c.warn(o, "%s: %s: %s", l.Kind, clip(l.Part, 120), l.Why)
		}
	}
	if partly {
		c.set.Partly++
	}
}

// sigma loads the documents of the indicators whose patterns are Sigma, which may refer to each other.
func (c *compiler) sigma() {
	if len(c.documents) == 0 {
		c.set.Sigma = &sigma.Collection{}
		return
	}
	byID := map[string]*object{}
	files := make([]sigma.File, len(c.documents))
	for i, o := range c.documents {
		byID[o.ID] = o
		files[i] = sigma.File{Name: o.ID, Data: []byte(text(o.Object, "pattern"))}
	}
	c.set.Sigma = sigma.ParseFiles(c.b.Sigma, files...)
	metas := map[string]sigma.Meta{}
	carry := func(m *sigma.Meta) {
		own, ok := metas[m.File]
		if !ok {
			own = c.meta(byID[m.File], "")
			metas[m.File] = own
			c.set.Hunted++
		}
		m.File, m.Line, m.Indicator = own.File, 0, own.Indicator
		for _, t := range own.Tags {
			if !slices.Contains(m.Tags, t) {
				m.Tags = append(slices.Clip(m.Tags), t)
			}
		}
	}
	for _, r := range c.set.Sigma.Rules {
		carry(&r.Meta)
	}
	for _, r := range c.set.Sigma.Correlations {
		carry(&r.Meta)
	}
	partly, named := map[string]bool{}, map[string]bool{}
	for _, p := range c.set.Sigma.Problems {
		o := byID[p.File]
		if _, hunted := metas[p.File]; hunted && !p.Warning && !partly[p.File] {
			partly[p.File] = true
			c.set.Partly++
		}
		named[p.File] = named[p.File] || !p.Warning
		p.File, p.Line, p.Rule = o.file, 0, label(o)
		c.set.Problems = append(c.set.Problems, p)
	}
	for _, o := range c.documents {
		if _, hunted := metas[o.ID]; !hunted && !named[o.ID] {
			c.not(o, "its pattern holds no rule of Sigma")
		}
	}
	c.set.Sigma.Problems = nil
}

// lossText says why nothing is left of a pattern.
func lossText(losses []stixpattern.Loss, kind stixpattern.LossKind) string {
	for _, l := range losses {
		if l.Kind == kind {
			return clip(l.Part, 120) + ": " + l.Why
		}
	}
	return "its objects are in none that is read"
}

// meta is what the rules of an indicator say about themselves.
func (c *compiler) meta(o *object, otherwise string) sigma.Meta {
	ind := &sigma.Indicator{
		ID: o.ID, Pattern: text(o.Object, "pattern"), Labels: o.Labels, Types: texts(o.Object, "indicator_types"),
		Confidence: o.Confidence, Markings: o.ObjectMarkingRefs, Raw: o.Raw,
		From: moment(o.Object, "valid_from"), Until: moment(o.Object, "valid_until"),
	}
	m := sigma.Meta{
		File: o.file, ID: o.ID, Title: cmp.Or(oneLine(text(o.Object, "name")), otherwise),
		Description: text(o.Object, "description"), Level: Level(o.Confidence),
		Author: c.b.names[o.CreatedByRef].name, Date: day(o.Created), Modified: day(o.Modified),
		Indicator: ind,
	}
	for _, r := range references(o.Object) {
		if strings.HasPrefix(r.URL, "https://") || strings.HasPrefix(r.URL, "http://") {
			m.References = append(m.References, r.URL)
		}
	}
	tag := func(t string) {
		if !slices.Contains(m.Tags, t) {
			m.Tags = append(m.Tags, t)
		}
	}
	for _, ph := range phases(o.Object) {
		ind.Phases = append(ind.Phases, ph[0]+":"+ph[1])
		if strings.HasPrefix(ph[0], "mitre-") && ph[1] != "" {
			tag("attack." + strings.ToLower(ph[1]))
		}
	}
	if t := technique(o.Object); t != "" {
		tag("attack." + t)
	}
	for _, n := range c.b.targets(o.ID) {
		if n.technique != "" {
			tag("attack." + n.technique)
		}
		ind.Indicates = append(ind.Indicates, n.kind+":"+n.name)
	}
	for _, id := range o.ObjectMarkingRefs {
		if l := c.tlp(id); l != "" {
			ind.TLP = stix.Stricter(ind.TLP, l)
			ind.TLPMarkings = append(ind.TLPMarkings, id)
		}
		if def, ok := c.b.markings[id]; ok {
			ind.MarkingIDs, ind.MarkingObjects = append(ind.MarkingIDs, id), append(ind.MarkingObjects, def.Raw)
		}
	}
	if ind.TLP != "" {
		tag("tlp." + strings.ReplaceAll(ind.TLP, "+", "-"))
	}
	return m
}

// Level is the level of findings of an indicator with a confidence, by the bands of STIX (None, Low, Med, High): medium
// where it is not stated.
func Level(confidence int) string {
	switch {
	case confidence >= 70:
		return "high"
	case confidence >= 30, confidence <= 0:
		return "medium"
	default:
		return "low"
	}
}

// tlp is the label that a marking definition stands for, by its identifier or by what it says.
func (c *compiler) tlp(id string) string {
	if l, ok := stix.TLPOfMarking(id); ok {
		return l
	}
	if l, ok := c.labels[id]; ok {
		return l
	}
	found := ""
	if o, ok := c.b.markings[id]; ok {
		if text(o.Object, "definition_type") == "tlp" {
			if d, ok := o.Root().Child("definition"); ok {
				if v, ok := d.Child("tlp"); ok {
					found, _ = stix.TLPLabel(v.Text())
				}
			}
		}
		if e, ok := o.Root().Child("extensions"); ok && found == "" {
			if x, ok := e.Child(stix.TLPExtension); ok {
				if v, ok := x.Child("tlp_2_0"); ok {
					found, _ = stix.TLPLabel(v.Text())
				}
			}
		}
	}
	c.labels[id] = found
	return found
}

// phases are the kill chain phases of an object, as chain and phase.
func phases(o *stix.Object) [][2]string {
	v, ok := o.Root().Child("kill_chain_phases")
	if !ok || !v.IsList() {
		return nil
	}
	var out [][2]string
	for c := range v.Children() {
		chain, ok1 := c.Child("kill_chain_name")
		phase, ok2 := c.Child("phase_name")
		if ok1 && ok2 {
			out = append(out, [2]string{chain.Text(), phase.Text()})
		}
	}
	return out
}

func moment(o *stix.Object, name string) time.Time {
	t, err := stix.ParseTimestamp(text(o, name))
	if err != nil {
		return time.Time{}
	}
	return t.Time
}

func day(t stix.Timestamp) string {
	if t.Time.IsZero() {
		return ""
	}
	return t.Time.UTC().Format(time.DateOnly)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// clip shortens a text to a number of characters.
func clip(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

// writer makes the rules and correlations of one indicator.
type writer struct {
	c     *compiler
	meta  sigma.Meta
	rules []*sigma.Rule // that correlations refer to
	joins []*sigma.Correlation
}

// alone makes rules of which each match is one of the pattern: one for each limit of time.
func (w *writer) alone(list []stixpattern.LogRule) ([]*sigma.Rule, error) {
	var out []*sigma.Rule
	for _, r := range list {
		searches, err := w.searches(r.In)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(out, func(o *sigma.Rule) bool { return o.From.Equal(r.Start) && o.Until.Equal(r.Stop) })
		if i < 0 {
			out = append(out, &sigma.Rule{Meta: w.meta, From: r.Start, Until: r.Stop})
			i = len(out) - 1
		}
		for _, s := range searches {
			add(out[i], s)
		}
	}
	return out, nil
}

// add lets a rule look in another log, or for something else in one.
func add(r *sigma.Rule, s sigma.Search) {
	switch {
	case r.Condition == nil:
		r.LogSource, r.Condition = s.LogSource, s.Condition
	case r.LogSource == s.LogSource:
		r.Condition = sigma.Simplify(sigma.Or{r.Condition, s.Condition})
	default:
		for i := range r.Also {
			if r.Also[i].LogSource == s.LogSource {
				r.Also[i].Condition = sigma.Simplify(sigma.Or{r.Also[i].Condition, s.Condition})
				return
			}
		}
		r.Also = append(r.Also, s)
	}
}

// join makes a correlation and what it refers to, and returns its name.
func (w *writer) join(j *stixpattern.LogJoin) (string, error) {
	// Within a window means less than its length apart; of Sigma, not more.
	doc := &sigma.Correlation{Meta: w.meta, Timespan: j.Window - 1}
	if j.Window <= 0 || j.Window > forever {
		doc.Timespan = forever
	}
	switch j.Kind {
	case stixpattern.LogRepeats:
		doc.Type = sigma.EventCount
		doc.Conditions = []sigma.CorrelationCondition{{Compare: sigma.GTE, Value: float64(j.Times)}}
	case stixpattern.LogSequence:
		doc.Type = sigma.TemporalOrdered
	default:
		doc.Type, doc.Distinct = sigma.Temporal, true
	}
	for _, p := range j.Of {
		var name string
		var err error
		if p.Rule != nil {
			name, err = w.base(p.Rule)
		} else {
			name, err = w.join(p.Join)
		}
		if err != nil {
			return "", err
		}
		doc.Rules = append(doc.Rules, name)
	}
	doc.Name = w.name()
	w.joins = append(w.joins, doc)
	return doc.Name, nil
}

// base makes a rule that a correlation counts.
func (w *writer) base(r *stixpattern.LogRule) (string, error) {
	searches, err := w.searches(r.In)
	if err != nil {
		return "", err
	}
	rule := &sigma.Rule{Meta: w.meta, From: r.Start, Until: r.Stop}
	rule.Name, rule.Title = w.name(), clip(r.Bracket.String(), 120)
	for _, s := range searches {
		add(rule, s)
	}
	w.rules = append(w.rules, rule)
	return rule.Name, nil
}

// name is one for references that no other document has.
func (w *writer) name() string {
	w.c.n++
	return w.meta.ID + "#" + strconv.Itoa(w.c.n)
}

func (w *writer) searches(in []stixpattern.LogSearch) ([]sigma.Search, error) {
	out := make([]sigma.Search, 0, len(in))
	for _, s := range in {
		e, err := w.condition(s)
		if err != nil {
			return nil, err
		}
		out = append(out, sigma.Search{LogSource: sigma.LogSource{Product: s.Product, Category: s.Category, Service: s.Service}, Condition: e})
	}
	return out, nil
}

func (w *writer) condition(s stixpattern.LogSearch) (sigma.Expr, error) {
	var or sigma.Or
	for _, alternative := range s.Any {
		var all sigma.And
		for _, l := range alternative {
			e, err := w.line(l)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
		or = append(or, all)
	}
	if s.EventID == "" {
		return sigma.Simplify(or), nil
	}
	id, err := w.c.tests.Expr("EventID", s.EventID)
	return sigma.Simplify(sigma.And{id, or}), err
}

func (w *writer) line(l stixpattern.LogLine) (sigma.Expr, error) {
	var or, there sigma.Or
	for _, it := range l.Any {
		w.c.made += len(it.Values)
		e, err := w.c.tests.Expr(it.Key, it.Values...)
		if err != nil {
			return nil, err
		}
		or = append(or, e)
	}
	if !l.Negated {
		return or, nil
	}
	for _, f := range l.Fields {
		e, err := w.c.tests.Expr(f+"|exists", "true")
		if err != nil {
			return nil, err
		}
		there = append(there, e)
	}
	if len(there) == 0 {
		return sigma.Not{X: or}, nil
	}
	return sigma.And{there, sigma.Not{X: or}}, nil
}
