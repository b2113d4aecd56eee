package hunt

import (
	"slices"
	"strings"

	"entente/internal/event"
	"entente/internal/sigma"
)

// guardLit is a literal that must occur in a field, one of a set.
type guardLit struct {
	field  int32
	text   string
	anchor anchor
}

// guardChooser finds for each rule a set of literals of which at least one must occur for the rule to be true, the
// rarest set that the rule offers.
type guardChooser struct {
	uses   map[guardLit]int32 // how many tests of the program look for a literal, or for one that it is a part of
	chosen map[guardLit][]int32
}

func newGuardChooser() *guardChooser {
	return &guardChooser{uses: map[guardLit]int32{}, chosen: map[guardLit][]int32{}}
}

// minDecided is the length of literals that join a search which is made anyway, so that it decides their tests as well:
// windows of eight bytes of such rarely occur without the literal, and are looked at in steps of four.
const minDecided = 11

// maxGuardSet bounds the literals of one rule.
const maxGuardSet = 1 << 14

// choicesOf returns sets of literals of a test; of each set one must occur.
func choicesOf(t *progTest) [][]guardLit {
	switch t.atom.Op {
	case sigma.OpMatch:
		text, where := t.glob.literal()
		if t.atom.Cased {
			text = []byte(event.FoldString(string(text)))
		}
		if len(text) < minGuard {
			return nil
		}
		return [][]guardLit{{{t.field, string(text), where}}}
	case sigma.OpRegexp:
		var out [][]guardLit
		for _, set := range t.need.sets { // the longest come first
			if shortest(set) < minGuard {
				break
			}
			var list []guardLit
			for _, l := range set {
				list = append(list, guardLit{t.field, string(l), anywhere})
			}
			out = append(out, list)
		}
		return out
	case sigma.OpCIDR:
		return [][]guardLit{{{t.field, t.atom.Prefix.String(), within}}}
	default:
		return nil
	}
}

// count notes how often literals are used: what many rules look for is common in logs, too.
func (g *guardChooser) count(p *program, n *node) {
	if n.op == nodeTest {
		for _, set := range choicesOf(&p.tests[n.test]) {
			g.countAll(set)
		}
		return
	}
	for i := range n.kids {
		g.count(p, &n.kids[i])
	}
}

// countAll counts the literals of a set.
func (g *guardChooser) countAll(set []guardLit) {
	for _, l := range set {
		if l.anchor != within {
			l.anchor = anywhere
			g.uses[l]++
		}
	}
}

// maxPart is the length up to which literals are looked for in others.
const maxPart = 8

// countParts counts a short literal for those that it is a part of as well: .exe is in the name of every program.
func (g *guardChooser) countParts() {
	byField := map[int32][]guardLit{}
	for l := range g.uses {
		byField[l.field] = append(byField[l.field], l)
	}
	parts := map[guardLit]int32{}
	for field, all := range byField {
		var short []*gramLiteral
		for _, l := range all {
			if len(l.text) <= maxPart {
				short = append(short, &gramLiteral{text: []byte(l.text)})
			}
		}
		if len(short) == 0 {
			continue
		}
		grams := newGramSet(short)
		for _, l := range all {
			grams.scan([]byte(l.text), func(part *gramLiteral) {
				if len(part.text) < len(l.text) {
					parts[guardLit{field, string(part.text), anywhere}] += g.uses[l]
				}
			})
		}
	}
	for l, n := range parts {
		g.uses[l] += n
	}
}

// maxWord is the length of a value that, if it is a word, is likely one of the few that its field has: POST, System, true.
const maxWord = 8

// cost estimates how often the literal occurs, in arbitrary units.
func (g *guardChooser) cost(l guardLit) float64 {
	if l.anchor == within {
		return networkCost
	}
	n := float64(min(len(l.text), 24))
	key := l
	key.anchor = anywhere
	c := float64(1+g.uses[key]) / (n * n)
	switch { // the shorter, the more places of a text have to be looked at; see gramShapes
	case len(l.text) < 5:
		c *= 16
	case len(l.text) < 7:
		c *= 6
	}
	if strings.HasSuffix(l.text, "/") {
		c *= folderCost
	}
	if l.field == everyField {
		c *= 4
	}
	if l.anchor == whole && len(l.text) <= maxWord && !strings.ContainsAny(l.text, `./\`) {
		c *= 64
	}
	return c
}

// folderCost is for folders of a web site, which are in the address of each thing that is in them.
const folderCost = 64

// networkCost is that of a network: many addresses may be in it, so that any text is rarer.
const networkCost = 1 << 10

// choose returns the cheapest guard of a condition.
func (g *guardChooser) choose(p *program, n *node) ([]guardLit, bool) {
	set, _ := g.best(p, n)
	return set, set != nil
}

func (g *guardChooser) best(p *program, n *node) ([]guardLit, float64) {
	switch n.op {
	case nodeTest:
		var (
			best []guardLit
			cost float64
		)
		for _, set := range choicesOf(&p.tests[n.test]) {
			var c float64
			for _, l := range set {
				c += g.cost(l)
			}
			if best == nil || c < cost {
				best, cost = set, c
			}
		}
		return best, cost
	case nodeAnd:
		var (
			best []guardLit
			cost float64
		)
		for i := range n.kids {
			if set, c := g.best(p, &n.kids[i]); set != nil && (best == nil || c < cost) {
				best, cost = set, c
			}
		}
		return best, cost
	case nodeOr:
		var (
			all  []guardLit
			cost float64
		)
		for i := range n.kids {
			set, c := g.best(p, &n.kids[i])
			if set == nil || len(all)+len(set) > maxGuardSet {
				return nil, 0
			}
			all, cost = append(all, set...), cost+c
		}
		return all, cost
	default:
		return nil, 0
	}
}

func (g *guardChooser) guard(rule int32, set []guardLit) {
	for _, l := range set {
		if list := g.chosen[l]; len(list) == 0 || list[len(list)-1] != rule { // rules come one after the other
			g.chosen[l] = append(g.chosen[l], rule)
		}
	}
}

// build makes one literal search per guarded field. Tests that ask for nothing but a literal of a search are decided
// by it, and need no searching of their own.
func (g *guardChooser) build(p *program) []guard {
	guarded := map[int32]bool{}
	keyword := rawLong // length of the shortest keyword
	networks := map[guardLit][]int32{}
	for l, rules := range g.chosen {
		if l.anchor == within {
			networks[l] = rules
			delete(g.chosen, l)
			continue
		}
		guarded[l.field] = true
		if l.field == everyField {
			keyword = min(keyword, len(l.text))
		}
	}
	// joins says that a literal may join the search of its field at no cost. Keywords are looked for in everything, so
	// there a short one must not make that slower.
	joins := func(l guardLit) bool {
		if l.field == everyField {
			return len(l.text) >= keyword && sieveRunOf(l.text, "", "") != ""
		}
		return len(l.text) >= minDecided
	}
	decided := map[guardLit][]int32{}
	for i := range p.tests {
		t := &p.tests[i]
		if t.atom.Op != sigma.OpMatch || t.atom.Cased || !t.glob.plain || len(t.glob.text) < minGuard {
			continue
		}
		l := guardLit{t.field, string(t.glob.text), t.glob.shape}
		_, ok := g.chosen[l]
		if !ok && guarded[l.field] && joins(l) {
			g.chosen[l], ok = nil, true
		}
		if ok {
			t.decided = true
			decided[l] = append(decided[l], int32(i))
		}
	}
	p.networks = newNetworkSets(networks)
	hints := g.hint(p, guarded, joins)
	byField := map[int32][]*gramLiteral{}
	keys := make([]guardLit, 0, len(g.chosen))
	for l := range g.chosen {
		keys = append(keys, l)
	}
	slices.SortFunc(keys, func(a, b guardLit) int {
		if a.field != b.field {
			return int(a.field - b.field)
		}
		if a.text != b.text {
			if a.text < b.text {
				return -1
			}
			return 1
		}
		return int(a.anchor) - int(b.anchor)
	})
	var fields []int32
	for _, l := range keys {
		if byField[l.field] == nil {
			fields = append(fields, l.field)
		}
		byField[l.field] = append(byField[l.field], &gramLiteral{
			text: []byte(l.text), anchor: l.anchor, rules: g.chosen[l], tests: decided[l], hints: hints[l],
		})
	}
	out := make([]guard, 0, len(fields))
	for _, f := range fields {
		gd := guard{field: f, literals: byField[f], grams: newGramSet(byField[f])}
		gd.short = !slices.ContainsFunc(gd.literals, func(l *gramLiteral) bool { return l.anchor != whole || len(l.text) > maxWord })
		if f == everyField {
			gd.raw = newRawFilter(byField[f])
		}
		out = append(out, gd)
	}
	return out
}

// hint lets the searches for literals look for what expressions need, where that is at no cost: texts of scripts are long,
// and many expressions are for them.
func (g *guardChooser) hint(p *program, guarded map[int32]bool, joins func(guardLit) bool) map[guardLit][]int32 {
	free := func(l guardLit) bool {
		_, ok := g.chosen[l]
		return ok || guarded[l.field] && joins(l)
	}
	hints := map[guardLit][]int32{}
	for i := range p.tests {
		t := &p.tests[i]
		if t.atom.Op != sigma.OpRegexp {
			continue
		}
		for _, set := range choicesOf(t) {
			if slices.ContainsFunc(set, func(l guardLit) bool { return !free(l) }) {
				continue
			}
			t.hinted = true
			for _, l := range set {
				if _, ok := g.chosen[l]; !ok {
					g.chosen[l] = nil
				}
				hints[l] = append(hints[l], int32(i))
			}
			break
		}
	}
	return hints
}
