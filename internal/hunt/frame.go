package hunt

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"entente/internal/event"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// frame evaluates one program over one record at a time. It belongs to one worker and keeps its storage.
type frame struct {
	prog    *program
	names   *event.Names
	namesID uint32  // tells apart the tables that names has been
	slots   []int32 // slot of names → index into prog.names shifted left by one, the low bit for envelope fields; or -1
	// keywords is the filter of the guard over all fields, nil without one.
	keywords *rawFilter
	worth    worth
	valuesOf []worth // per guard
	sieved   worth
	plain    int    // records to go before the sieve is used
	open     bool   // tests that the search for literals decides are not decided for this record
	memo     *memo  // the worker's
	id       uint32 // among the worker's frames
	found    []*gramLiteral
	// special says that a test has looked at more of the record than a memo tells records apart by.
	special bool

	ev      *event.Event
	gen     uint32
	first   []int32 // per program name: the first value of that name, as index+1 into ev.Values; 0 where there is none
	last    []int32
	system  []bool
	next    []int32 // per value: the next one of the same name, as index+1
	fields  []fieldText
	every   fieldText
	lacking []int32  // of the program\'s, those that no record has had yet
	hints   []uint32 // per test: the gen in which a literal that it needs was found
	state   []uint32 // per test: gen<<1 | result; an older gen means not evaluated
	selects []uint32 // per kind of log with conditions of its own, likewise
	cand    []uint64 // rules to evaluate, as a bit set
	arena   []byte
	scratch []byte
	tell    func(*gramLiteral)
	shared  map[string]string // texts of the record at hand that matches show

	automata automata // the worker\'s
}

// fieldText is what one field holds in the record at hand.
type fieldText struct {
	gen       uint32
	foldedGen uint32
	casedGen  uint32
	present   bool // even if only as null
	null      bool // no value that is not null
	folded    [][]byte
	cased     [][]byte
	textGen   uint32
	text      string // for people; made when a match shows it
	sketchGen uint32
	sketched  bool
	sketch    *sketch // of folded; made when a long text is asked for a literal
}

func newFrame(p *program, a automata, m *memo, id uint32) *frame {
	f := &frame{
		prog: p, automata: a, memo: m, id: id, valuesOf: make([]worth, len(p.guards)),
		first:   make([]int32, len(p.names)),
		last:    make([]int32, len(p.names)),
		system:  make([]bool, len(p.names)),
		fields:  make([]fieldText, len(p.fields)),
		hints:   make([]uint32, len(p.tests)),
		state:   make([]uint32, len(p.tests)),
		selects: make([]uint32, len(p.selects)),
		cand:    make([]uint64, len(p.base)),
	}
	for i := range p.lacking {
		f.lacking = append(f.lacking, int32(i))
	}
	for i := range p.guards {
		if p.guards[i].field == everyField {
			f.keywords = p.guards[i].raw
		}
	}
	f.tell = func(l *gramLiteral) {
		f.found = append(f.found, l)
		f.mark(l)
	}
	return f
}

// mark notes that the record holds a literal.
func (f *frame) mark(l *gramLiteral) {
	for _, r := range l.rules {
		f.cand[uint32(r)/64] |= 1 << (uint32(r) % 64)
	}
	for _, t := range l.tests {
		f.state[t] = f.gen<<1 | 1
	}
	for _, t := range l.hints {
		f.hints[t] = f.gen
	}
}

// know prepares for the fields of a record.
func (f *frame) know(ev *event.Event) {
	if f.names != ev.Names {
		f.names, f.slots = ev.Names, f.slots[:0]
		f.namesID++
	}
	for i := len(f.slots); i < ev.Names.Len(); i++ {
		n := ev.Names.At(uint32(i))
		idx, ok := f.prog.nameIndex[n.Text]
		switch {
		case !ok:
			f.slots = append(f.slots, -1)
		case n.System:
			f.slots = append(f.slots, idx<<1|1)
		default:
			f.slots = append(f.slots, idx<<1)
		}
	}
}

// load makes ev, whose fields must be known, the record at hand.
func (f *frame) load(ev *event.Event) {
	f.ev = ev
	f.special = false
	f.gen++
	if f.gen >= 1<<31 { // the stamps are 31 bits wide
		f.gen = 1
		clear(f.state)
		clear(f.hints)
		clear(f.selects)
		clear(f.fields)
		f.every = fieldText{}
	}
	f.arena = f.arena[:0]
	if len(f.shared) > 0 {
		clear(f.shared)
	}
	clear(f.first)
	if cap(f.next) < len(ev.Values) {
		f.next = make([]int32, len(ev.Values)+32)
	}
	f.next = f.next[:len(ev.Values)]
	for i := range ev.Values {
		s := f.slots[ev.Values[i].Slot]
		if s < 0 {
			continue
		}
		n, sys := s>>1, s&1 != 0
		if f.first[n] != 0 && f.system[n] != sys {
			if sys {
				continue // the data of a record comes before its envelope
			}
			f.first[n] = 0
		}
		f.next[i] = 0
		if f.first[n] == 0 {
			f.first[n] = int32(i) + 1
			f.system[n] = sys
		} else {
			f.next[f.last[n]] = int32(i) + 1
		}
		f.last[n] = int32(i)
	}
	for i := 0; i < len(f.lacking); i++ {
		l := f.lacking[i]
		if f.first[f.prog.lacking[l]] == 0 {
			continue
		}
		f.prog.found[l].Store(true)
		f.lacking[i] = f.lacking[len(f.lacking)-1]
		f.lacking = f.lacking[:len(f.lacking)-1]
		i--
	}
}

// candidates finds the rules worth evaluating; the result is valid until the next call.
func (f *frame) candidates() []uint64 {
	copy(f.cand, f.prog.base)
	// The sieve tells of many a record that only a few rare literals are left to look for, in all of its fields or most.
	f.open = false
	sieved, hits, passed := false, uint64(0), 0
	if s := f.sieve(); s != nil && f.sieved.ask(sieveShare) {
		sieved, hits = true, s.look(f, f.ev, &f.open)
	}
	for i := range f.prog.guards {
		g := &f.prog.guards[i]
		grams := g.grams
		if sieved && hits&guardBit(i) == 0 {
			passed++
			if grams = g.rest; grams == nil {
				continue
			}
		}
		if g.field == everyField {
			f.scanEvery(g, grams)
			continue
		}
		f.search(i, g, grams)
	}
	f.open = f.open && passed > 0
	if sieved && 3*passed >= 2*len(f.prog.guards) {
		f.sieved.found++
	}
	for i := range f.prog.networks {
		f.inNetworks(&f.prog.networks[i])
	}
	return f.cand
}

// sieve returns the program's sieve once there are records enough for it to be worth making.
func (f *frame) sieve() *sieve {
	if f.plain > 0 {
		f.plain--
		return nil
	}
	f.prog.sieveOnce.Do(func() { f.prog.sieve = newSieve(f.prog) })
	return f.prog.sieve
}

// sieveFrom is the number of records from which a program gets a sieve.
const sieveFrom = 512

// sieveShare is the share of records, one in so many, most fields of which the sieve has to pass to be worth its time.
const sieveShare = 3

// search looks for literals of a guard in its field.
func (f *frame) search(i int, g *guard, grams *gramSet) {
	if grams != g.grams || g.short { // a short search costs less than a look into the memo
		for _, text := range f.foldedText(g.field).folded {
			grams.scan(text, f.tell)
		}
		return
	}
	ask := f.valuesOf[i].ask(valueShare)
	var hash memoHash
	if ask {
		hash, ask = f.memo.field(f, i)
	}
	if ask {
		if found, ok := f.memo.values.get(hash); ok {
			f.valuesOf[i].found++
			for _, l := range found {
				f.mark(l)
			}
			return
		}
	}
	f.found = f.found[:0]
	for _, text := range f.foldedText(g.field).folded {
		grams.scan(text, f.tell)
	}
	if ask && len(f.found) <= maxValueHits {
		f.memo.values.put(hash, append([]*gramLiteral(nil), f.found...))
	}
}

// valueShare is the share of a field's values, one in so many, that has to come again for the memo to be asked.
const valueShare = 4

// scanEvery looks for keywords in all values of the record. Most records hold none, so values that cannot hold one
// are passed over without becoming text.
func (f *frame) scanEvery(g *guard, grams *gramSet) {
	f.found = f.found[:0]
	raw := g.raw
	if grams == g.rest {
		raw = g.restRaw
	}
	for i := range f.ev.Values {
		v := &f.ev.Values[i]
		if !raw.may(v) {
			continue
		}
		v.Elements(func(e event.Value) bool {
			if !e.IsNull() {
				f.scratch = e.AppendFolded(f.scratch[:0])
				grams.scan(f.scratch, f.tell)
			}
			return true
		})
	}
}

// eachCandidate calls yield with each candidate rule, in order.
func eachCandidate(set []uint64, yield func(int)) {
	for w, word := range set {
		for word != 0 {
			b := bits.TrailingZeros64(word)
			word &^= 1 << b
			yield(w*64 + b)
		}
	}
}

// values calls yield for the values of a record field.
func (f *frame) values(names []int32, yield func(*event.Value)) {
	for _, n := range names {
		for i := f.first[n]; i != 0; i = f.next[i-1] {
			yield(&f.ev.Values[i-1])
		}
	}
}

func (f *frame) fieldText(field int32) *fieldText {
	if field == everyField {
		return &f.every
	}
	return &f.fields[field]
}

// field tells whether the field is there, without making text of it.
func (f *frame) field(field int32) *fieldText {
	t := f.fieldText(field)
	if t.gen == f.gen {
		return t
	}
	t.gen = f.gen
	if field == everyField {
		t.present, t.null = true, false
		return t
	}
	// Further places of a field are for tests of its value; whether it is there is for the first to say.
	p := &f.prog.fields[field].parts[0]
	if p.as.Cuts() {
		f.cutOut(t, field)
		return t
	}
	t.present, t.null = false, true
	for _, n := range p.from {
		for i := f.first[n]; i != 0; i = f.next[i-1] {
			t.present = true
			if !f.ev.Values[i-1].IsNull() {
				t.null = false
			}
		}
	}
	return t
}

// cutOut tells whether a field is there that is a piece of another one's text.
func (f *frame) cutOut(t *fieldText, field int32) {
	t.present = len(f.casedText(field).cased) > 0
	t.null = !t.present
}

// foldedText is the field's text, folded for comparison without case.
func (f *frame) foldedText(field int32) *fieldText {
	t := f.fieldText(field)
	if t.foldedGen == f.gen {
		return t
	}
	t.foldedGen = f.gen
	t.folded = t.folded[:0]
	switch {
	case field == everyField:
		for i := range f.ev.Values {
			f.addFolded(t, &f.ev.Values[i])
		}
	case f.prog.fields[field].asIs:
		for _, p := range f.prog.fields[field].parts {
			f.values(p.from, func(v *event.Value) { f.addFolded(t, v) })
		}
	default:
		for _, text := range f.casedText(field).cased {
			start := len(f.arena)
			f.arena = event.FoldBytes(f.arena, text)
			t.folded = append(t.folded, f.arena[start:])
		}
	}
	return t
}

func (f *frame) addFolded(t *fieldText, v *event.Value) {
	if v.IsArray() {
		v.Elements(func(e event.Value) bool {
			f.addFolded(t, &e)
			return true
		})
		return
	}
	if v.IsNull() {
		return
	}
	start := len(f.arena)
	f.arena = v.AppendFolded(f.arena)
	t.folded = append(t.folded, f.arena[start:])
}

// casedText is the field's text as it stands in the record.
func (f *frame) casedText(field int32) *fieldText {
	t := f.fieldText(field)
	if t.casedGen == f.gen {
		return t
	}
	t.casedGen = f.gen
	t.cased = t.cased[:0]
	if field == everyField {
		for i := range f.ev.Values {
			f.addCased(t, &f.ev.Values[i], taxonomy.AsIs)
		}
		return t
	}
	for _, p := range f.prog.fields[field].parts {
		if p.as.Joins() {
			f.addJoined(t, p)
			continue
		}
		f.values(p.from, func(v *event.Value) { f.addCased(t, v, p.as) })
	}
	return t
}

func (f *frame) addCased(t *fieldText, v *event.Value, as taxonomy.Convert) {
	if v.IsArray() {
		v.Elements(func(e event.Value) bool {
			f.addCased(t, &e, as)
			return true
		})
		return
	}
	if v.IsNull() {
		return
	}
	start := len(f.arena)
	f.arena = v.AppendText(f.arena)
	if as != taxonomy.AsIs {
		text := f.arena[start:]
		start = len(f.arena)
		f.arena = as.Append(f.arena, text)
		if len(f.arena) == start && as.Cuts() {
			return // the piece is not there
		}
	}
	t.cased = append(t.cased, f.arena[start:])
}

// addJoined makes one text of several record fields: of the first value of each.
func (f *frame) addJoined(t *fieldText, p fieldPart) {
	var args [8][]byte
	parts := args[:0]
	given := false
	for _, n := range p.from {
		var text []byte
		if i := f.first[n]; i != 0 {
			v := &f.ev.Values[i-1]
			given = given || !v.IsNull()
			start := len(f.arena)
			f.arena = v.AppendText(f.arena)
			text = f.arena[start:]
		}
		parts = append(parts, text)
	}
	if !given {
		return
	}
	start := len(f.arena)
	f.arena = p.as.Append(f.arena, parts...)
	t.cased = append(t.cased, f.arena[start:])
}

// eval evaluates a condition.
func (f *frame) eval(n *node) bool {
	switch n.op {
	case nodeTest:
		return f.test(n.test)
	case nodeAnd:
		for i := range n.kids {
			if !f.eval(&n.kids[i]) {
				return false
			}
		}
		return true
	case nodeOr:
		// The guards' search has found what is true of a long list; nothing need be tried before it.
		for i := range n.kids {
			if k := &n.kids[i]; k.op == nodeTest && f.state[k.test] == f.gen<<1|1 {
				return true
			}
		}
		for i := range n.kids {
			if f.eval(&n.kids[i]) {
				return true
			}
		}
		return false
	case nodeNot:
		return !f.eval(&n.kids[0])
	case nodeSelects:
		return f.selected(n.test)
	}
	return false
}

// selected says whether the record is one of those that a kind of log means, where the header alone cannot tell.
func (f *frame) selected(i int32) bool {
	if s := f.selects[i]; s>>1 == f.gen {
		return s&1 != 0
	}
	s := f.gen << 1
	if f.prog.selects[i].SelectsFields(f.ev) {
		s |= 1
	}
	f.selects[i] = s
	return s&1 != 0
}

func (f *frame) test(i int32) bool {
	if s := f.state[i]; s>>1 == f.gen {
		return s&1 != 0
	}
	t := &f.prog.tests[i]
	told := t.decided || t.hinted && f.hints[i] != f.gen // by the search that it is not true
	v := (!told || f.open) && f.evaluate(t)
	s := f.gen << 1
	if v {
		s |= 1
	}
	f.state[i] = s
	return v
}

func (f *frame) evaluate(t *progTest) bool {
	f.special = f.special || t.field == everyField
	switch t.atom.Op {
	case sigma.OpExists:
		return f.field(t.field).present == t.atom.Want
	case sigma.OpNull:
		return f.field(t.field).null
	case sigma.OpFieldRef:
		return f.fieldRef(t)
	case sigma.OpRegexp:
		return f.regexp(t)
	default:
	}
	if !t.folded() {
		return slices.ContainsFunc(f.casedText(t.field).cased, t.test)
	}
	text := f.foldedText(t.field)
	if slices.ContainsFunc(t.musts, text.lacks) {
		return false
	}
	return slices.ContainsFunc(text.folded, t.test)
}

// regexp runs an expression over the values of a field.
func (f *frame) regexp(t *progTest) bool {
	if !f.mayMatch(t) {
		return false
	}
	for _, text := range f.casedText(t.field).cased {
		if len(text) >= t.need.length && f.automata.match(t.predicate, text) {
			return true
		}
	}
	return false
}

func (f *frame) casedOrFolded(field int32, folded bool) [][]byte {
	if folded {
		return f.foldedText(field).folded
	}
	return f.casedText(field).cased
}

// mayMatch says whether any value holds what the expression needs.
func (f *frame) mayMatch(t *progTest) bool {
	if t.need.nothing() {
		return true
	}
	field := f.foldedText(t.field)
	return slices.ContainsFunc(field.folded, func(text []byte) bool { return t.need.met(field, text) })
}

func (f *frame) fieldRef(t *progTest) bool {
	ours := f.casedOrFolded(t.field, !t.atom.Cased)
	theirs := f.casedOrFolded(t.ref, !t.atom.Cased)
	for _, a := range ours {
		for _, b := range theirs {
			var ok bool
			switch t.atom.Place {
			case sigma.Start:
				ok = bytes.HasPrefix(a, b)
			case sigma.End:
				ok = bytes.HasSuffix(a, b)
			case sigma.Anywhere:
				ok = bytes.Contains(a, b)
			default:
				ok = bytes.Equal(a, b)
			}
			if ok {
				return true
			}
		}
	}
	return false
}

// matched collects the tests that made a condition true.
func (f *frame) matched(n *node, visit func(int32)) {
	switch n.op {
	case nodeTest:
		if f.test(n.test) {
			visit(n.test)
		}
	case nodeAnd, nodeOr:
		for i := range n.kids {
			if f.eval(&n.kids[i]) {
				f.matched(&n.kids[i], visit)
			}
		}
	case nodeNot, nodeSelects:
	}
}

// matchedText is what of a field made a test true: of one that stands in several places the place that did.
func (f *frame) matchedText(t *progTest) string {
	if len(f.prog.fields[t.field].parts) > 1 {
		texts, cased := f.casedOrFolded(t.field, t.folded()), f.casedText(t.field).cased
		for i, text := range texts {
			if i < len(cased) && t.test(text) {
				return f.share(cased[i])
			}
		}
	}
	return f.text(t.field)
}

// valueless says that a field is null or missing.
func (f *frame) valueless(field int32) bool { return len(f.casedText(field).cased) == 0 }

// text is the field's value for people: all its values, joined.
func (f *frame) text(field int32) string {
	t := f.casedText(field)
	if t.textGen == f.gen {
		return t.text
	}
	t.textGen = f.gen
	switch {
	case len(t.cased) == 0:
		t.text = ""
	case len(t.cased) == 1, len(f.prog.fields[field].parts) > 1: // further places repeat the first
		t.text = f.share(t.cased[0])
	default:
		t.text = f.share(bytes.Join(t.cased, []byte(", ")))
	}
	return t.text
}

// share makes a string of a text of the record at hand, the same one for all rules that show it: a memo keeps them, and
// counts what is equal once.
func (f *frame) share(text []byte) string {
	if s, ok := f.shared[string(text)]; ok {
		return s
	}
	s := string(text)
	if f.shared == nil {
		f.shared = map[string]string{}
	}
	f.shared[s] = s
	return s
}

// caveats says which filters of a rule could not be applied to the record at hand.
func (f *frame) caveats(r *progRule) []string {
	var missing []string
	for _, x := range r.filters {
		if !f.field(x.field).present {
			missing = append(missing, x.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("a filter of this rule reads %s, which this log does not record (%s)", strings.Join(missing, ", "), r.kind)}
}
