package hunt

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// program is what runs over the records of one kind: its rules, with every test, field and guard numbered. It does
// not change once compiled.
type program struct {
	rules      []progRule
	kinds      []*bound         // kinds of log that records of this header may be
	looking    uint64           // those of the first maxLooking that look at more than the header, as a bit set
	names      []string         // record fields that are read
	nameIndex  map[string]int32 // of names
	fields     []progField
	tests      []progTest
	selects    []*taxonomy.Match // what kinds of log ask of a record beyond its header
	guards     []guard
	networks   []networkSet
	sieve      *sieve // made by the first worker that has records enough; nil where it could find nothing
	sieveOnce  sync.Once
	base       []uint64      // rules that have no guard, as a bit set
	impossible []*planRule   // left out by strict
	wholeText  bool          // a kind of log is told by the text of its records, beyond their fields
	lacking    []int32       // names that the log is not known to have and that a rule cannot do without
	found      []atomic.Bool // per lacking name: a record had it all the same
}

type progRule struct {
	rule    *planRule
	root    node
	filters []progFilter
	lacking []int32 // into the program's lacking; set where the rule needs one of them
	kind    string  // name of the kind of log
	feeds   []progFeed
	header  []string     // fields of the record's header that the rule asks for
	values  []valueField // of a value rule
	log     sigma.LogSource
}

// progFilter is a field that a filter of a rule reads and that the log is not known to have.
type progFilter struct {
	name  string
	field int32
}

// progField is a field as rules see it.
type progField struct {
	name  string // the rule's
	parts []fieldPart
	asIs  bool // no part is converted
}

// fieldPart is a place of a field: any of several record fields, or all of them joined.
type fieldPart struct {
	from []int32
	as   taxonomy.Convert
}

// everyField stands for all values of the record: keywords.
const everyField = -1

// progTest is a predicate applied to a field.
type progTest struct {
	*predicate
	field int32
	ref   int32 // the other field of a fieldref
	// decided says that the search of the guards has the answer: the test is true if the search has said so.
	decided bool
	// hinted says that the search of the guards looks for a set of literals of which an expression needs one: where the
	// search has found none of them, the expression matches nothing.
	hinted bool
}

// guard is the literal search over one field.
type guard struct {
	field    int32
	literals []*gramLiteral
	grams    *gramSet
	rest     *gramSet   // of the literals that the sieve does not look for; nil if there are none
	raw      *rawFilter // of keywords: their literals
	restRaw  *rawFilter // likewise, for rest
	short    bool       // all literals are whole values that are short
}

// verbatim says which characters the conversions of a field replace and insert. It is false where they do more.
func (f *progField) verbatim() (replaced, inserted string, ok bool) {
	for _, p := range f.parts {
		r, i, ok := p.as.Verbatim()
		if !ok {
			return "", "", false
		}
		replaced, inserted = replaced+r, inserted+i
	}
	return replaced, inserted, true
}

// node is a compiled condition.
type node struct {
	op   nodeOp
	test int32 // of nodeTest and nodeSelects
	kids []node
}

type nodeOp uint8

const (
	nodeTest nodeOp = iota
	nodeAnd
	nodeOr
	nodeNot
	nodeSelects
)

type compiler struct {
	plan   *Plan
	prog   *program
	fields map[string]int32
	tests  map[string]int32
	lacks  map[int32]int32 // names to their places in the program's lacking
	kind   *bound          // whose rules are being compiled
}

// compile builds the program for records that the given kinds of log select; known holds the header tests.
func (p *Plan) compile(kinds []*bound, known map[string]bool) *program {
	c := &compiler{
		plan: p, prog: &program{kinds: kinds, nameIndex: map[string]int32{}},
		fields: map[string]int32{}, tests: map[string]int32{},
	}
	type item struct {
		kind *bound
		br   *boundRule
		expr sigma.Expr
	}
	var items []item
	for i, b := range kinds {
		if i < maxLooking && b.Match.LooksAtFields() {
			c.prog.looking |= 1 << i
		}
		c.prog.impossible = append(c.prog.impossible, b.impossible...)
		for i := range b.rules {
			br := &b.rules[i]
			expr := simplify(br.expr, func(a *sigma.Atom) sigma.Expr {
				if !b.headerField(a) {
					return nil
				}
				return truth(known[a.Key()])
			})
			if v, ok := constant(expr); ok && !v {
				continue
			}
			items = append(items, item{b, br, expr})
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return a.br.rule.index - b.br.rule.index })
	c.lacks = map[int32]int32{}
	literals := newGuardChooser()
	values := make([][]guardLit, len(items)) // of value rules
	selects := map[*bound]int32{}
	lacking := map[*lack][]int32{}
	for n, it := range items {
		c.kind = it.kind
		lits, valueFields, ok := c.values(it.expr)
		root := node{op: nodeAnd} // true where the search has found it
		if values[n] = lits; !ok {
			root = c.node(it.expr)
		}
		if it.kind.Match.LooksAtFields() {
			i, ok := selects[it.kind]
			if !ok {
				i = int32(len(c.prog.selects))
				selects[it.kind] = i
				c.prog.selects = append(c.prog.selects, &it.kind.Match)
				for name := range it.kind.Match.Where {
					c.name(name)
				}
				c.prog.wholeText = c.prog.wholeText || it.kind.Match.Pattern != nil
			}
			root = node{op: nodeAnd, kids: []node{root, {op: nodeSelects, test: i}}}
		}
		pr := progRule{rule: it.br.rule, root: root, values: valueFields, kind: it.kind.Name, log: *it.br.log, header: it.kind.headerAsked(it.br.expr, known)}
		for _, name := range it.br.filters {
			pr.filters = append(pr.filters, progFilter{name, c.ruleField(name)})
		}
		if it.br.impossible {
			list, ok := lacking[it.br.lack]
			if !ok {
				list = c.lack(it.br.missing)
				lacking[it.br.lack] = list
			}
			pr.lacking = list
		}
		for _, f := range it.br.rule.feeds {
			pr.feeds = append(pr.feeds, c.feed(f))
		}
		c.prog.rules = append(c.prog.rules, pr)
	}
	for i := range c.prog.rules {
		literals.count(c.prog, &c.prog.rules[i].root)
		literals.countAll(values[i])
	}
	literals.countParts()
	c.prog.base = make([]uint64, (len(c.prog.rules)+63)/64)
	for i := range c.prog.rules {
		if values[i] != nil {
			literals.guard(int32(i), values[i])
			continue
		}
		set, ok := literals.choose(c.prog, &c.prog.rules[i].root)
		if !ok {
			c.prog.base[i/64] |= 1 << (i % 64)
			continue
		}
		literals.guard(int32(i), set)
	}
	c.prog.guards = literals.build(c.prog)
	c.prog.found = make([]atomic.Bool, len(c.prog.lacking))
	return c.prog
}

// lack notes record fields whose presence decides whether a rule can be true at all.
func (c *compiler) lack(fields []string) (out []int32) {
	for _, f := range fields {
		for _, part := range c.prog.fields[c.ruleField(f)].parts {
			for _, n := range part.from {
				i, ok := c.lacks[n]
				if !ok {
					i = int32(len(c.prog.lacking))
					c.prog.lacking = append(c.prog.lacking, n)
					c.lacks[n] = i
				}
				out = append(out, i)
			}
		}
	}
	return out
}

func (c *compiler) node(e sigma.Expr) node {
	switch e := e.(type) {
	case *sigma.Atom:
		f := int32(everyField)
		if e.Field != "" {
			f = c.ruleField(e.Field)
		}
		return node{test: c.testOn(e, f)}
	case sigma.Not:
		return node{op: nodeNot, kids: []node{c.node(e.X)}}
	case sigma.And:
		return node{op: nodeAnd, kids: c.nodes(e)}
	case sigma.Or:
		return node{op: nodeOr, kids: c.nodes(e)}
	}
	return node{op: nodeOr} // unreachable: the interface is sealed; never true
}

func (c *compiler) nodes(es []sigma.Expr) []node {
	out := make([]node, len(es))
	for i, e := range es {
		out[i] = c.node(e)
	}
	return out
}

// ruleField numbers a field of the rule's language for the kind of log at hand.
func (c *compiler) ruleField(name string) int32 {
	if f, ok := c.kind.Fields[name]; ok {
		return c.field(name, f)
	}
	return c.field(name, taxonomy.Field{From: []string{name}})
}

func (c *compiler) field(name string, f taxonomy.Field) int32 {
	key := fieldKey(f)
	if i, ok := c.fields[key]; ok {
		return i
	}
	pf := progField{name: name, asIs: true}
	c.addParts(&pf, f)
	i := int32(len(c.prog.fields))
	c.prog.fields = append(c.prog.fields, pf)
	c.fields[key] = i
	return i
}

func fieldKey(f taxonomy.Field) string {
	keys := []string{string(f.As) + "\x00" + strings.Join(f.From, "\x00")}
	for _, a := range f.Also {
		keys = append(keys, fieldKey(a))
	}
	return strings.Join(keys, "\x01")
}

func (c *compiler) addParts(pf *progField, f taxonomy.Field) {
	part := fieldPart{as: f.As}
	for _, n := range f.From {
		part.from = append(part.from, c.name(n))
	}
	pf.parts = append(pf.parts, part)
	pf.asIs = pf.asIs && f.As == taxonomy.AsIs
	for _, a := range f.Also {
		c.addParts(pf, a)
	}
}

// name numbers a field of the records.
func (c *compiler) name(n string) int32 {
	i, ok := c.prog.nameIndex[n]
	if !ok {
		i = int32(len(c.prog.names))
		c.prog.names = append(c.prog.names, n)
		c.prog.nameIndex[n] = i
	}
	return i
}

func (c *compiler) testOn(a *sigma.Atom, field int32) int32 {
	ref := int32(everyField)
	if a.Op == sigma.OpFieldRef {
		ref = c.ruleField(a.Ref)
	}
	key := string(field+1) + string(ref+1) + a.Key()
	if i, ok := c.tests[key]; ok {
		return i
	}
	i := int32(len(c.prog.tests))
	c.prog.tests = append(c.prog.tests, progTest{predicate: c.plan.predicate(a), field: field, ref: ref})
	c.tests[key] = i
	return i
}
