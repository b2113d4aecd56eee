package stixpattern

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SigmaMeta is what the rules say about themselves.
type SigmaMeta struct {
	ID          string // of the indicator: the ids of rules follow from it and the pattern
	Title       string
	Description string
	Author      string
	Date        string // 2021-07-19
	Level       string // low, medium …; "" is medium
	Status      string // "" is experimental
	Tags        []string
	References  []string
	// Window is the timespan of correlations where the pattern has no WITHIN; 0 is a day.
	Window time.Duration
}

// LossKind says what a translation lost.
type LossKind string

// What can be lost.
const (
	Widened  LossKind = "widened"  // the rules find more than the pattern
	Narrowed LossKind = "narrowed" // they find less
	Dropped  LossKind = "dropped"  // they do not look for this part at all
)

// Loss is a difference between a pattern and its rules.
type Loss struct {
	Kind LossKind
	Part string // of the pattern, in canonical form
	Why  string
}

// String is the loss in one line.
func (l Loss) String() string { return string(l.Kind) + ": " + l.Part + ": " + l.Why }

// Bounds of a translation; what is beyond them is dropped, and said.
const (
	maxAlternatives = 10_000 // of a comparison expression, once AND is spread over OR
	maxSpread       = 20_000 // tests in all of them
	maxCombinations = 64     // of observation expressions, and of the logs in which they show
)

// ToSigma writes Sigma rules that look in logs for what the pattern describes: one for each kind of log in which its
// objects show (see sigmaviews.go), as YAML documents. Observation expressions that belong together become correlations:
// AND temporal, FOLLOWEDBY temporal_ordered, REPEATS event_count, WITHIN their timespan. They are over all hosts, as
// patterns are. Everything that the rules do not say as the pattern does is a loss; without any rule, the text is empty.
//
// An object that the pattern describes by several properties is looked for only in logs that show all of them. Properties
// that merely describe further what the others name (sizes, types, protocols) may be missing, which is a loss, too.
func ToSigma(p *Pattern, meta SigmaMeta) ([]byte, []Loss) {
	w := &sigmaWriter{translation: newTranslation(p, views()), meta: meta, refs: map[*Bracket][]string{}, alone: map[string]bool{}, used: map[string]bool{}}
	if meta.Window <= 0 {
		w.meta.Window = 24 * time.Hour
	}
	alternatives, ok := w.expand(p.Root)
	if !ok {
		w.lose(Dropped, clip(w.text), fmt.Sprintf("it has more than %d combinations of observation expressions", maxCombinations))
		return nil, w.losses
	}
	for _, c := range alternatives {
		if c.kind == comboLeaf && c.need == 1 {
			for _, ref := range w.rules(c.bracket) {
				w.alone[ref] = true
			}
			continue
		}
		w.correlate(c, 0)
	}
	return w.documents(), w.losses
}

type sigmaWriter struct {
	translation
	meta  SigmaMeta
	refs  map[*Bracket][]string // names of its rules
	docs  []sigmaDoc
	alone map[string]bool // rules that are wanted by themselves, not only by correlations
	used  map[string]bool // what correlations refer to
}

// translation is what documents and [Logs] have in common.
type translation struct {
	text   string
	views  []view
	limits bool // START and STOP can be told
	split  bool // lists of addresses of the web are taken apart
	losses []Loss
	lost   map[Loss]bool
}

func newTranslation(p *Pattern, v []view) translation {
	return translation{text: p.String(), views: v, lost: map[Loss]bool{}}
}

type sigmaDoc struct {
	name string // for references
	body string
}

func (w *translation) lose(kind LossKind, part, why string) {
	l := Loss{Kind: kind, Part: part, Why: why}
	if !w.lost[l] {
		w.lost[l] = true
		w.losses = append(w.losses, l)
	}
}

// combo is one way in which an observation expression can hold: OR is resolved.
type combo struct {
	kind    comboKind
	bracket *Bracket
	need    int64
	kids    []*combo
	window  time.Duration // of WITHIN; 0 without
	start   time.Time     // of START, of a leaf
	stop    time.Time
}

type comboKind uint8

const (
	comboLeaf comboKind = iota
	comboAll
	comboSeq
)

func (w *translation) expand(o Observation) ([]*combo, bool) {
	switch o := o.(type) {
	case *Bracket:
		return []*combo{{kind: comboLeaf, bracket: o, need: 1}}, true
	case *Join:
		return w.expandJoin(o)
	case *Qualified:
		list, ok := w.expand(o.Of)
		for _, q := range o.Qualifiers {
			for i := range list {
				list[i] = w.qualify(list[i], q)
			}
		}
		return list, ok
	}
	return nil, false
}

func (w *translation) expandJoin(o *Join) ([]*combo, bool) {
	var out []*combo
	if o.Op == JoinOr {
		simple := true // rules of their own need no combination: there may be many
		for _, k := range o.List {
			list, ok := w.expand(k)
			if !ok {
				return nil, false
			}
			for _, c := range list {
				simple = simple && c.kind == comboLeaf && c.need == 1
			}
			out = append(out, list...)
		}
		return out, simple || len(out) <= maxCombinations
	}
	kind := comboAll
	if o.Op == FollowedBy {
		kind = comboSeq
	}
	out = []*combo{{kind: kind}}
	for _, k := range o.List {
		list, ok := w.expand(k)
		if !ok || len(out)*len(list) > maxCombinations {
			return nil, false
		}
		var next []*combo
		for _, left := range out {
			for _, right := range list {
				next = append(next, &combo{kind: kind, kids: append(slices.Clone(left.kids), right)})
			}
		}
		out = next
	}
	for _, c := range out {
		c.mergeEqual()
	}
	return out, true
}

// mergeEqual makes one of expressions that are the same: two of them need two records, and one rule cannot be named twice.
func (c *combo) mergeEqual() {
	if c.kind != comboAll {
		return
	}
	var kids []*combo
	for _, k := range c.kids {
		i := slices.IndexFunc(kids, func(o *combo) bool {
			return o.kind == comboLeaf && k.kind == comboLeaf && o.window == 0 && k.window == 0 && o.start.Equal(k.start) && o.stop.Equal(k.stop) && o.bracket.String() == k.bracket.String()
		})
		if i < 0 {
			kids = append(kids, k)
			continue
		}
		same := *kids[i]
		same.need += k.need
		kids[i] = &same
	}
	if c.kids = kids; len(kids) == 1 {
		*c = *kids[0]
	}
}

func (w *translation) qualify(c *combo, q Qualifier) *combo {
	out := *c
	switch q.Kind {
	case StartStop:
		if w.limits {
			return c.between(q.Start, q.Stop)
		}
		w.lose(Widened, q.String(), "Sigma rules have no limits of time: give them to the hunt (--since, --until)")
	case Within:
		if c.window == 0 || q.Window < c.window {
			out.window = q.Window
		}
		if c.kind == comboLeaf && c.need == 1 {
			out.window = 0
		}
	case Repeats:
		switch {
		case q.Times == 1:
		case c.kind == comboLeaf && c.window == 0:
			out.need = saturated(c.need, q.Times)
		case c.kind == comboAll && c.window == 0 && !slices.ContainsFunc(c.kids, func(k *combo) bool { return k.kind != comboLeaf || k.window != 0 }):
			out.kids = nil
			for _, k := range c.kids {
				more := *k
				more.need = saturated(k.need, q.Times)
				out.kids = append(out.kids, &more)
			}
		default:
			w.lose(Widened, q.String(), "Sigma cannot count how often several records occur together: once is enough for the rule")
		}
	}
	return &out
}

// between limits all records of a combination to a time.
func (c *combo) between(start, stop time.Time) *combo {
	out := *c
	if out.start.IsZero() || out.start.Before(start) {
		out.start = start
	}
	if out.stop.IsZero() || out.stop.After(stop) {
		out.stop = stop
	}
	out.kids = nil
	for _, k := range c.kids {
		out.kids = append(out.kids, k.between(start, stop))
	}
	return &out
}

// correlate writes the correlations for a combination within a window (0 where none is given), and returns their names.
func (w *sigmaWriter) correlate(c *combo, window time.Duration) []string {
	if c.window > 0 && (window == 0 || c.window < window) {
		window = c.window
	}
	if c.kind == comboLeaf {
		refs := w.rules(c.bracket)
		if c.need == 1 {
			return refs
		}
		var out []string
		for _, ref := range refs {
			out = append(out, w.correlation("event_count", []string{ref}, window, c.need))
		}
		if len(out) > 1 {
			w.lose(Narrowed, c.bracket.String()+" REPEATS", "records of different kinds of logs are counted apart")
		}
		return out
	}
	combinations := [][]string{nil}
	for _, k := range c.kids {
		refs := w.correlate(k, window)
		if len(refs) == 0 {
			return nil // what it needs is in no log; the loss is noted
		}
		if k.kind != comboLeaf || k.need > 1 {
			w.lose(Widened, w.text, "what is counted or ordered within another correlation has a window of its own, which the outer one does not share")
		}
		var next [][]string
		for _, left := range combinations {
			for _, ref := range refs {
				next = append(next, append(slices.Clone(left), ref))
			}
		}
		if len(next) > maxCombinations {
			w.lose(Narrowed, w.text, fmt.Sprintf("its objects show in so many kinds of logs that only %d combinations of them are looked for", maxCombinations))
			next = next[:maxCombinations]
		}
		combinations = next
	}
	kind := "temporal"
	if c.kind == comboSeq {
		kind = "temporal_ordered"
	}
	if w.mayShare(c) {
		w.lose(Widened, w.text, "one record may serve for two observation expressions, which STIX wants to be different observations")
	}
	var out []string
	for _, refs := range combinations {
		out = append(out, w.correlation(kind, refs, window, 0))
	}
	return out
}

// mayShare says whether two expressions are about the same type of object.
func (w *translation) mayShare(c *combo) bool {
	seen := map[string]bool{}
	var shared bool
	var walk func(c *combo)
	walk = func(c *combo) {
		if c.kind == comboLeaf {
			types := map[string]bool{}
			for _, t := range appendTests(nil, c.bracket.Expr) {
				types[t.Path.Type] = true
			}
			for t := range types {
				shared = shared || seen[t]
				seen[t] = true
			}
		}
		for _, k := range c.kids {
			walk(k)
		}
	}
	walk(c)
	return shared
}

func (w *sigmaWriter) correlation(kind string, refs []string, window time.Duration, count int64) string {
	if window == 0 {
		w.lose(Narrowed, w.text, "it has no WITHIN, and Sigma needs a timespan: "+timespan(w.meta.Window)+" is taken")
		window = w.meta.Window
	}
	refs = w.apart(refs)
	name := w.name("correlation", kind+strings.Join(refs, ",")+timespan(window)+strconv.FormatInt(count, 10))
	if i := slices.IndexFunc(w.docs, func(d sigmaDoc) bool { return d.name == name }); i >= 0 {
		return name
	}
	for _, ref := range refs {
		w.used[ref] = true
	}
	var b yamlWriter
	w.head(&b, kind, name)
	b.open("correlation")
	b.scalar("  type", kind)
	b.list("  rules", refs)
	b.scalar("  timespan", timespan(window))
	if kind == "event_count" {
		b.open("  condition")
		b.plain("    gte", strconv.FormatInt(count, 10))
	}
	w.tail(&b)
	w.docs = append(w.docs, sigmaDoc{name: name, body: b.String()})
	return name
}

// timespan is a duration as Sigma writes it, in whole seconds, rounded up.
func timespan(d time.Duration) string {
	s := int64((d + time.Second - 1) / time.Second)
	return strconv.FormatInt(s, 10) + "s"
}

// rules writes the rules of an observation expression, once, and returns their names.
func (w *sigmaWriter) rules(br *Bracket) []string {
	if refs, ok := w.refs[br]; ok {
		return refs
	}
	var refs []string
	w.detections(br, func(v *view, d *detection) {
		for _, all := range d.found {
			d.add(all)
		}
		refs = append(refs, w.rule(br, v, d))
	})
	w.refs[br] = refs
	return refs
}

// detections finds what to look for in the logs that show the object of an observation expression.
func (w *translation) detections(br *Bracket, yield func(*view, *detection)) {
	alternatives, ok := spread(w.takeApart(br.Expr))
	if !ok {
		w.lose(Dropped, clip(br.String()), fmt.Sprintf("it has more than %d alternatives, or these have more than %d comparisons", maxAlternatives, maxSpread))
		return
	}
	served := make([]bool, len(alternatives))
	reasons := make([]string, len(alternatives))
	parts := make([]*Test, len(alternatives))
	for i := range w.views {
		v := &w.views[i]
		if !slices.ContainsFunc(alternatives, func(tests []*Test) bool { return tests[0].Path.Type == v.kind }) {
			for k := range alternatives {
				if reasons[k] == "" {
					reasons[k], parts[k] = noLog, alternatives[k][0]
				}
			}
			continue
		}
		d := &detection{numbers: map[string]int{}, merged: map[string]int{}}
		for k, tests := range alternatives {
			part, reason, wider := d.alternative(tests, v)
			if reason != "" {
				if weight(reason) > weight(reasons[k]) {
					reasons[k], parts[k] = reason, part
				}
				continue
			}
			served[k] = true
			for _, l := range wider {
				w.lose(Widened, l.Part, l.Why)
			}
		}
		if len(d.found) > 0 {
			yield(v, d)
		}
	}
	for k := range alternatives {
		if !served[k] {
			w.lose(Dropped, cmp.Or(parts[k], alternatives[k][0]).String(), cmp.Or(reasons[k], noLog))
		}
	}
}

// takeApart makes several comparisons of one with a list of values, where a log may have each of them in two parts.
func (w *translation) takeApart(c Comparison) Comparison {
	switch c := c.(type) {
	case *Test:
		if !w.split || c.Op != In || c.Not || c.Path.Type != "url" || len(c.Values) < 2 {
			return c
		}
		out := &Bool{}
		for _, v := range c.Values {
			out.List = append(out.List, &Test{Path: c.Path, Op: Equal, Values: []Value{v}})
		}
		return out
	case *Bool:
		out := &Bool{And: c.And}
		for _, k := range c.List {
			out.List = append(out.List, w.takeApart(k))
		}
		return out
	}
	return c
}

// Reasons for which a log does not serve.
const (
	noLog      = "no log shows it"
	notAllOfIt = "no log shows it together with the rest of its object"
)

// weight says how much a reason tells: of those of all logs the heaviest is given.
func weight(reason string) int {
	switch reason {
	case "":
		return 0
	case noLog:
		return 1
	case notAllOfIt:
		return 2
	}
	return 3
}

// spread turns a comparison expression into alternatives, in each of which all tests have to hold.
func spread(c Comparison) ([][]*Test, bool) {
	switch c := c.(type) {
	case *Test:
		return [][]*Test{{c}}, true
	case *Bool:
		out := [][]*Test{nil}
		if !c.And {
			out = nil
		}
		for _, k := range c.List {
			list, ok := spread(k)
			if !ok || len(out)+len(list) > maxAlternatives {
				return nil, false
			}
			if !c.And {
				out = append(out, list...)
				continue
			}
			if len(out)*len(list) > maxAlternatives || len(list)*testsOf(out)+len(out)*testsOf(list) > maxSpread {
				return nil, false
			}
			next := make([][]*Test, 0, len(out)*len(list))
			for _, left := range out {
				for _, right := range list {
					next = append(next, slices.Concat(left, right))
				}
			}
			out = next
		}
		return out, true
	}
	return nil, false
}

// testsOf is the number of tests in alternatives.
func testsOf(list [][]*Test) int {
	n := 0
	for _, tests := range list {
		n += len(tests)
	}
	return n
}

// detection collects the selections of a rule.
type detection struct {
	found        [][]lines // alternatives, of each of which all have to hold
	selections   []string  // as YAML, without their names
	numbers      map[string]int
	alternatives []string       // conditions
	merged       map[string]int // selections of one positive test by their keys
	lists        []lines        // of merged ones
}

// key is a path without its type, with any index as [*].
func (p Path) key() string {
	var b strings.Builder
	for i, s := range p.Steps {
		switch {
		case s.Kind != StepName:
			b.WriteString("[*]")
		case i > 0:
			b.WriteString("." + s.Name)
		default:
			b.WriteString(s.Name)
		}
	}
	return b.String()
}

// alternative adds tests that have to hold together, if the log can show all of them. The reason says why it cannot, and
// which part it is.
func (d *detection) alternative(tests []*Test, v *view) (part *Test, reason string, wider []Loss) {
	var all []lines
	wanted := v.only == ""
	positive := false
	hashed := slices.ContainsFunc(tests, func(t *Test) bool {
		return strings.HasPrefix(t.Path.key(), "hashes.") && !t.Not && (t.Op == Equal || t.Op == In)
	})
	for _, t := range tests {
		if t.Path.Type != v.kind {
			return t, noLog, nil
		}
		key := t.Path.key()
		wanted = wanted || strings.HasPrefix(key, v.only)
		to, ok := v.fields[key]
		if !ok {
			if (implied[key] || hashed && impliedByHash[key]) && !t.Not && t.Op != NotEqual {
				wider = append(wider, Loss{Part: t.String(), Why: "logs do not show this property; it is left out"})
				continue
			}
			return t, notAllOfIt, nil
		}
		l, reason := linesOf(t, to)
		if reason != "" {
			return t, reason, nil
		}
		for _, why := range l.wider {
			wider = append(wider, Loss{Part: t.Path.String(), Why: why})
		}
		for _, s := range t.Path.Steps {
			if s.Kind == StepIndex {
				wider = append(wider, Loss{Part: t.Path.String(), Why: "logs do not say which member of the list it is"})
			}
		}
		positive = positive || !l.negated
		all = append(all, l)
		if l.with != nil {
			all = append(all, *l.with)
		}
	}
	switch {
	case len(all) == 0:
		return tests[0], "what is left says nothing by itself", nil
	case !wanted:
		return tests[0], noLog, nil
	case !positive && v.eventID == "":
		// Everything but something: in logs that is nearly all there is.
		return tests[0], "a rule needs something that is there, and this only names what is not", nil
	}
	d.found = append(d.found, all)
	return nil, "", wider
}

func (d *detection) add(all []lines) {
	if len(all) == 1 && !all[0].negated {
		var keys []string
		for _, it := range all[0].items {
			keys = append(keys, it.key)
		}
		key := strings.Join(keys, "\n")
		if i, ok := d.merged[key]; ok {
			for k, it := range all[0].items {
				into := &d.lists[i].items[k]
				into.values = append(into.values, it.values...)
			}
			return
		}
		d.merged[key] = len(d.lists)
		d.lists = append(d.lists, lines{items: slices.Clone(all[0].items)})
		for k := range all[0].items {
			d.lists[len(d.lists)-1].items[k].values = slices.Clone(all[0].items[k].values)
		}
		d.alternatives = append(d.alternatives, "\x00"+strconv.Itoa(len(d.lists)-1))
		return
	}
	var words []string
	for _, l := range all {
		name := d.selection(l.items)
		if l.negated {
			var there []item
			for _, f := range l.fields {
				there = append(there, item{f + "|exists", []string{"true"}})
			}
			if len(there) > 0 {
				words = append(words, d.selection(there))
			}
			words = append(words, "not "+name)
			continue
		}
		words = append(words, name)
	}
	d.alternatives = append(d.alternatives, strings.Join(slices.Compact(words), " and "))
}

// selection names a selection of which one item has to hold; equal ones are one.
func (d *detection) selection(items []item) string {
	var b yamlWriter
	first := "    "
	if len(items) > 1 {
		first = "    - "
	}
	for _, it := range items {
		b.list(first+yamlText(it.key), unique(it.values))
	}
	body := b.String()
	n, ok := d.numbers[body]
	if !ok {
		d.selections = append(d.selections, body)
		n = len(d.selections)
		d.numbers[body] = n
	}
	return "s" + strconv.Itoa(n)
}

func unique(list []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		had := seen[s]
		seen[s] = true
		return had
	})
}

func (d *detection) condition(prefix string) string {
	var words []string
	for _, a := range d.alternatives {
		if i, ok := strings.CutPrefix(a, "\x00"); ok {
			n, _ := strconv.Atoi(i)
			a = d.selection(d.lists[n].items)
		} else if strings.Contains(a, " and ") && len(d.alternatives) > 1 {
			a = "(" + a + ")"
		}
		words = append(words, a)
	}
	s := strings.Join(words, " or ")
	if prefix != "" {
		if len(words) > 1 {
			s = "(" + s + ")"
		}
		s = prefix + " and " + s
	}
	return s
}

func (w *sigmaWriter) rule(br *Bracket, v *view, d *detection) string {
	name := w.name(v.name, v.kind+br.String())
	if i := slices.IndexFunc(w.docs, func(d sigmaDoc) bool { return d.name == name }); i >= 0 {
		return name
	}
	prefix := ""
	if v.eventID != "" {
		prefix = d.selection([]item{{"EventID", []string{v.eventID}}})
	}
	condition := d.condition(prefix)
	var b yamlWriter
	w.head(&b, v.name, name)
	b.open("logsource")
	for _, p := range [...][2]string{{"product", v.product}, {"category", v.category}, {"service", v.service}} {
		if p[1] != "" {
			b.scalar("  "+p[0], p[1])
		}
	}
	b.open("detection")
	for i, s := range d.selections {
		b.open("  s" + strconv.Itoa(i+1))
		b.raw(s)
	}
	b.scalar("  condition", condition)
	w.tail(&b)
	w.docs = append(w.docs, sigmaDoc{name: name, body: b.String()})
	return name
}

// name is a name for references that no other pattern's rules have.
func (w *sigmaWriter) name(kind, rest string) string {
	return "stix_" + strings.ReplaceAll(kind, "-", "_") + "_" + strings.ReplaceAll(w.uuid(kind, rest), "-", "")[:16]
}

func (w *sigmaWriter) uuid(parts ...string) string {
	return uuidV5(append([]string{w.meta.ID, w.text}, parts...)...)
}

func (w *sigmaWriter) head(b *yamlWriter, kind, name string) {
	title := cmp.Or(w.meta.Title, "STIX pattern "+clip(w.text))
	b.scalar("title", title+" ("+kind+")")
	b.scalar("id", w.uuid("id", name))
	b.scalar("name", name)
	b.scalar("status", cmp.Or(w.meta.Status, "experimental"))
	b.scalar("description", cmp.Or(w.meta.Description, "Made of a STIX pattern: "+clipAt(w.text, 1000)))
	b.optional("author", w.meta.Author)
	b.optional("date", w.meta.Date)
	if len(w.meta.References) > 0 {
		b.list("references", w.meta.References)
	}
	if len(w.meta.Tags) > 0 {
		b.list("tags", w.meta.Tags)
	}
}

func (w *sigmaWriter) tail(b *yamlWriter) { b.scalar("level", cmp.Or(w.meta.Level, "medium")) }

// documents joins the documents. A rule that is wanted by itself and by a correlation is written twice, for what a
// correlation names is not reported by itself.
func (w *sigmaWriter) documents() []byte {
	var out strings.Builder
	put := func(body string) {
		if out.Len() > 0 {
			out.WriteString("---\n")
		}
		out.WriteString(body)
	}
	for _, d := range w.docs {
		put(d.body)
		if w.used[d.name] && w.alone[d.name] {
			put(w.twin(d, d.name+"_alone"))
		}
	}
	return []byte(out.String())
}

// twin is a document under another name.
func (w *sigmaWriter) twin(d sigmaDoc, name string) string {
	body := strings.Replace(d.body, "\nname: "+yamlText(d.name)+"\n", "\nname: "+yamlText(name)+"\n", 1)
	return strings.Replace(body, "\nid: "+yamlText(w.uuid("id", d.name))+"\n", "\nid: "+yamlText(w.uuid("id", name))+"\n", 1)
}

// apart gives names that come twice a twin: a correlation names each rule once.
func (w *sigmaWriter) apart(refs []string) []string {
	out := slices.Clone(refs)
	for i, ref := range out {
		for n := 2; slices.Contains(out[:i], out[i]); n++ {
			out[i] = ref + "_" + strconv.Itoa(n)
		}
		if out[i] == ref {
			continue
		}
		if k := slices.IndexFunc(w.docs, func(d sigmaDoc) bool { return d.name == out[i] }); k < 0 {
			k = slices.IndexFunc(w.docs, func(d sigmaDoc) bool { return d.name == ref })
			w.docs = append(w.docs, sigmaDoc{name: out[i], body: w.twin(w.docs[k], out[i])})
		}
	}
	return out
}
