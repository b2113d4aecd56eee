package sigma

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	maxCondition  = 16 << 10 // bytes of a condition
	maxNesting    = 100      // parentheses and nots in each other
	maxThreshold  = 4096     // references that `N of` may expand to
	maxReferences = 1 << 20  // tests that the selections of all references have together
)

// conditionParser reads a condition. Operators bind, from least to most: or, and, not, `x of`, parentheses (Sigma
// Rules Specification, Condition). They are read in any case.
type conditionParser struct {
	text  string
	at    int
	token string // "" at the end
	depth int
	// leaf resolves a name, and of `quantifier of pattern`, where quantifier is "1", "all" or a larger number.
	leaf func(name string) (Expr, error)
	of   func(quantifier, pattern string) (Expr, error)
}

// parse reads the whole condition.
func (p *conditionParser) parse() (Expr, error) {
	if len(p.text) > maxCondition {
		return nil, fmt.Errorf("the condition has %d bytes, and %d is the limit: split the rule", len(p.text), maxCondition)
	}
	p.next()
	if p.token == "" {
		return nil, errEmptyCondition
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.token != "" {
		if p.token == ")" {
			return nil, p.errorf("there is a ) without its (")
		}
		return nil, p.errorf("there is no and or or before %q", p.token)
	}
	return e, nil
}

func (p *conditionParser) errorf(format string, args ...any) error {
	return fmt.Errorf("the condition %s cannot be read: %s", quoteShort(p.text), fmt.Sprintf(format, args...))
}

// next reads a token: a parenthesis, or a word up to a blank or parenthesis.
func (p *conditionParser) next() {
	isBlank := func(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
	for p.at < len(p.text) && isBlank(p.text[p.at]) {
		p.at++
	}
	start := p.at
	for p.at < len(p.text) {
		c := p.text[p.at]
		if c == '(' || c == ')' {
			if p.at == start {
				p.at++
			}
			break
		}
		if isBlank(c) {
			break
		}
		p.at++
	}
	p.token = p.text[start:p.at]
}

func (p *conditionParser) is(word string) bool { return strings.EqualFold(p.token, word) }

func (p *conditionParser) or() (Expr, error) {
	return p.chain("or", (*conditionParser).and, func(l []Expr) Expr { return Or(l) })
}

func (p *conditionParser) and() (Expr, error) {
	return p.chain("and", (*conditionParser).not, func(l []Expr) Expr { return And(l) })
}

// chain reads operands with an operator between them.
func (p *conditionParser) chain(op string, operand func(*conditionParser) (Expr, error), join func([]Expr) Expr) (Expr, error) {
	first, err := operand(p)
	if err != nil || !p.is(op) {
		return first, err
	}
	list := []Expr{first}
	for p.is(op) {
		p.next()
		e, err := operand(p)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return join(list), nil
}

func (p *conditionParser) not() (Expr, error) {
	if !p.is("not") {
		return p.operand()
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	p.next()
	e, err := p.not()
	p.depth--
	if err != nil {
		return nil, err
	}
	return Not{e}, nil
}

func (p *conditionParser) deeper() error {
	if p.depth++; p.depth > maxNesting {
		return p.errorf("it is nested deeper than %d levels", maxNesting)
	}
	return nil
}

func (p *conditionParser) operand() (Expr, error) {
	switch {
	case p.token == "":
		return nil, p.errorf("it ends where the name of a selection is expected")
	case p.token == ")":
		return nil, p.errorf("there is a ) where the name of a selection is expected")
	case p.token == "(":
		return p.group()
	case p.is("and"), p.is("or"), p.is("of"):
		return nil, p.errorf("there is no name of a selection before %q", p.token)
	}
	word := p.token
	p.next()
	if !p.is("of") {
		return p.leaf(word)
	}
	quantifier := strings.ToLower(word)
	if quantifier == "any" {
		quantifier = "1"
	}
	if n, err := strconv.Atoi(quantifier); quantifier != "all" && (err != nil || n < 1) {
		return nil, p.errorf("%q before \"of\" has to be 1, any, all or another number", word)
	}
	p.next()
	pattern := p.token
	if pattern == "" || pattern == "(" || pattern == ")" {
		return nil, p.errorf("\"%s of\" wants the name of a selection after it, with * where names differ, or them", word)
	}
	p.next()
	return p.of(quantifier, pattern)
}

func (p *conditionParser) group() (Expr, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	p.next()
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.token != ")" {
		if p.token == "" {
			return nil, p.errorf("a ( has no )")
		}
		return nil, p.errorf("there is no and or or before %q", p.token)
	}
	p.depth--
	p.next()
	return e, nil
}

// selections are the named selections of a rule or filter, compiled when a condition asks for them.
type selections struct {
	*compiler
	list  []selection    // in the order of the document
	index map[string]int // of names; nil where the list is short
	left  int            // tests that may still be referred to
}

// selection is a name and what it stands for.
type selection struct {
	name  string
	node  *node
	used  bool
	expr  Expr
	atoms int // tests in expr
}

func newSelections(c *compiler, detection *node, reserved ...string) *selections {
	s := &selections{compiler: c, list: make([]selection, 0, len(detection.kids)/2), left: maxReferences}
	for i := 0; i < len(detection.kids); i += 2 {
		if name := detection.kids[i].text; !slices.Contains(reserved, name) {
			s.list = append(s.list, selection{name: name, node: detection.kids[i+1]})
		}
	}
	if len(s.list) > 32 {
		s.index = make(map[string]int, len(s.list))
		for i := range s.list {
			s.index[s.list[i].name] = i
		}
	}
	return s
}

// find returns the selection of a name, or nil.
func (s *selections) find(name string) *selection {
	if s.index != nil {
		if i, ok := s.index[name]; ok {
			return &s.list[i]
		}
		return nil
	}
	for i := range s.list {
		if s.list[i].name == name {
			return &s.list[i]
		}
	}
	return nil
}

// condition compiles one condition. The result is not simplified.
func (s *selections) condition(text string) (Expr, error) {
	p := conditionParser{text: text, leaf: s.leaf, of: s.of}
	return p.parse()
}

func (s *selections) leaf(name string) (Expr, error) {
	x := s.find(name)
	if x == nil {
		return nil, s.unknown(name)
	}
	return s.compile(x)
}

func (s *selections) unknown(name string) error {
	if strings.Contains(name, "*") {
		return fmt.Errorf("the condition names %q: write \"1 of %s\" or \"all of %s\"", name, name, name)
	}
	for i := range s.list {
		if strings.EqualFold(s.list[i].name, name) {
			return fmt.Errorf("the condition names %q, which is not in the detection; there is %q", name, s.list[i].name)
		}
	}
	return fmt.Errorf("the condition names %q, which is not in the detection", name)
}

// compile returns the expression of a selection. Every reference counts with all its tests, so that a small
// document cannot stand for a huge expression.
func (s *selections) compile(x *selection) (Expr, error) {
	if !x.used {
		e, err := s.detection(x.node)
		if err != nil {
			return nil, err
		}
		x.used, x.expr = true, e
		Walk(e, func(*Atom) { x.atoms++ })
	}
	return x.expr, s.refer(x.atoms)
}

func (s *selections) refer(atoms int) error {
	if s.left -= atoms; s.left < 0 {
		return fmt.Errorf("the condition stands for more than %d tests: split the rule", maxReferences)
	}
	return nil
}

// of resolves `quantifier of pattern`. Names that begin with an underscore are meant only by a pattern that
// begins with one as well (pySigma).
func (s *selections) of(quantifier, pattern string) (Expr, error) {
	p := pattern
	if strings.EqualFold(p, "them") {
		p = "*"
	}
	var list []Expr
	most := 0 // tests of the largest selection
	for i := range s.list {
		x := &s.list[i]
		if strings.HasPrefix(x.name, "_") && !strings.HasPrefix(p, "_") || !matchName(p, x.name) {
			continue
		}
		e, err := s.compile(x)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		most = max(most, x.atoms)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("\"%s of %s\" in the condition means no selection: there is none of such a name", quantifier, pattern)
	}
	switch quantifier {
	case "1":
		return Or(list), nil
	case "all":
		return And(list), nil
	}
	n, err := strconv.Atoi(quantifier)
	if err != nil {
		return nil, err
	}
	if n > len(list) {
		return nil, fmt.Errorf("\"%s of %s\" in the condition can never hold: there are %d such selections", quantifier, pattern, len(list))
	}
	cost := combinations(len(list), n)
	if cost > maxThreshold || s.refer(cost*most) != nil {
		return nil, fmt.Errorf("\"%s of %s\" in the condition stands for too many combinations: use fewer selections", quantifier, pattern)
	}
	return atLeast(n, list), nil
}

// matchName matches a name with a pattern whose only wildcard is *.
func matchName(pattern, name string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	for {
		part, more, wild := strings.Cut(rest, "*")
		if !wild {
			return strings.HasSuffix(name, part)
		}
		if _, name, ok = strings.Cut(name, part); !ok {
			return false
		}
		rest = more
	}
}

// atLeast is true when n of the list are.
func atLeast(n int, list []Expr) Expr {
	switch {
	case n == 1:
		return Or(list)
	case n == len(list):
		return And(list)
	}
	return Or{And{list[0], atLeast(n-1, list[1:])}, atLeast(n, list[1:])}
}

// combinations bounds the references that atLeast makes: n choose k, times k. It is capped.
func combinations(n, k int) int {
	c := 1
	for i := 1; i <= k; i++ {
		c = c * (n - k + i) / i
		if c > maxThreshold {
			return c
		}
	}
	return c * k
}
