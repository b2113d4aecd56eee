package stixpattern

import (
	"fmt"
	"math"
	"time"
)

// How a pattern is decided
//
// First each observation expression in brackets is evaluated on each observation. That takes time in proportion to
// comparisons × objects × data that paths lead through (see evaluator.follow).
//
// Then the observation expressions are combined. An observation has a time between its first and its last that may be
// chosen, once for all that is asked of it. If for every FOLLOWEDBY an instant is given that parts its left from its right,
// and for every WITHIN an instant at which its window begins, what remains is a flow problem: each expression wants so many
// observations (REPEATS) that can lie in its window of time, and each observation can serve number_observed times.
//
//  1. earliest.go computes, ignoring that expressions compete for observations, for every part of the pattern and every
//     instant at which it may begin, when it can be complete at the earliest: parts × instants × log. No such instant: no
//     match. If no two expressions want the same observation, the answer is exact and this is all.
//  2. Otherwise search.go tries instants and alternatives of OR one after the other, and after each choice asks the flow
//     (flow.go) whether what is left can still be satisfied. The general problem is NP-hard (patterns can encode
//     three-dimensional matching), so this ends with the answer or with the budget.

// Result is what [Pattern.Match] found.
type Result struct {
	Matched bool
	// Bindings are one way in which the pattern matches: which observations it took, by expression and then by observation.
	// Empty where it does not match.
	Bindings []Binding
	// Candidates are, for each of [Pattern.Brackets], the observations that satisfy it by itself, as indexes into the data.
	Candidates [][]int
}

// Binding is an observation that an expression was matched with.
type Binding struct {
	Bracket  int   // index into Pattern.Brackets
	Observed int   // index into the data
	Count    int64 // how often: more than 1 only where the observation stands for several
}

// Match evaluates the pattern over observations. An error is [ErrBudget], or says that a pattern that was built by hand
// has a constant that its operator cannot use.
func (p *Pattern) Match(data []Observed, limits Limits) (*Result, error) {
	matchers := p.compiled
	if matchers == nil {
		matchers = map[*Test]matcher{}
		for _, t := range p.Tests() {
			m, err := compileTest(t)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.Path, err)
			}
			if m != nil {
				matchers[t] = m
			}
		}
	}
	b := newBudget(limits)
	brackets := p.Brackets()
	e := evaluator{matchers: matchers, budget: b}
	res := &Result{Candidates: make([][]int, len(brackets))}
	for i := range data {
		o := &data[i]
		if o.Last.Before(o.First) {
			continue
		}
		names := objectNames(o)
		for k, br := range brackets {
			b.spend(1)
			if e.bracket(br.Expr, o, names) {
				res.Candidates[k] = append(res.Candidates[k], i)
			}
			if b.gone() {
				return nil, ErrBudget
			}
		}
	}
	s := newSolver(data, res.Candidates, b)
	root := s.plan(p.Root)
	if b.gone() {
		return nil, ErrBudget
	}
	bindings, ok := s.solve(root)
	if b.gone() {
		return nil, ErrBudget
	}
	res.Matched = ok
	res.Bindings = bindings
	return res, nil
}

// Times are counted in ticks of 100 ns, so that all years that timestamps can name fit.
const tick = 100 * time.Nanosecond

func ticks(t time.Time) int64 {
	return t.Unix()*int64(time.Second/tick) + int64(t.Nanosecond())/int64(tick)
}

const (
	forever = math.MaxInt64
	never   = math.MinInt64
)

type nodeKind uint8

const (
	nodeLeaf   nodeKind = iota
	nodeAll             // every kid, with observations of its own
	nodeAny             // one kid
	nodeSeq             // every kid, each at or after the whole of the one before
	nodeWithin          // its kid, all within less than a width of time
	nodeSpan            // its kid, all at or after lo and not after hi
)

// node is a part of a pattern. Parts that are repeated are the same node several times among the kids of one.
type node struct {
	kind     nodeKind
	kids     []*node
	brackets []int   // leaf: the expressions that it stands for, any of which may hold
	obs      []int32 // leaf: the observations that satisfy it, by first
	need     int64   // leaf: how many
	width    int64   // within: the greatest distance
	lo, hi   int64   // span

	temporal bool    // it holds a seq or a within
	earliest []int32 // by instant: see earliest.go
}

// maxNodes is how many parts a pattern may have once repetitions are written out.
const maxNodes = 5000

// impossible is more than any data can satisfy.
const impossible = 1 << 60

// plan turns an observation expression into a tree of nodes.
func (s *solver) plan(o Observation) *node {
	switch o := o.(type) {
	case *Bracket:
		i := s.nextBracket
		s.nextBracket++
		return s.leaf([]int{i}, 1)
	case *Join:
		kids := make([]*node, len(o.List))
		plain := true
		for i, k := range o.List {
			kids[i] = s.plan(k)
			plain = plain && kids[i].kind == nodeLeaf && kids[i].need == 1
		}
		switch {
		case o.Op == JoinOr && plain:
			var brackets []int
			for _, k := range kids {
				brackets = append(brackets, k.brackets...)
			}
			return s.leaf(brackets, 1)
		case o.Op == JoinOr:
			return s.parent(&node{kind: nodeAny, kids: kids})
		case o.Op == JoinAnd:
			return s.parent(&node{kind: nodeAll, kids: kids})
		default:
			return s.parent(&node{kind: nodeSeq, kids: kids})
		}
	case *Qualified:
		n := s.plan(o.Of)
		for _, q := range o.Qualifiers {
			n = s.qualify(n, q)
		}
		return n
	}
	return s.leaf(nil, impossible)
}

func (s *solver) qualify(n *node, q Qualifier) *node {
	switch q.Kind {
	case Within:
		if n.kind == nodeLeaf && n.need == 1 {
			return n // one observation is near itself
		}
		width := int64(q.Window / tick)
		if q.Window%tick != 0 {
			width++
		}
		return s.parent(&node{kind: nodeWithin, kids: []*node{n}, width: width - 1})
	case StartStop:
		return s.parent(&node{kind: nodeSpan, kids: []*node{n}, lo: ticks(q.Start), hi: ticks(q.Stop) - 1})
	default:
		return s.repeat(n, q.Times)
	}
}

// repeat asks for n times as much, each time with other observations.
func (s *solver) repeat(n *node, times int64) *node {
	if times == 1 {
		return n
	}
	if n.flat() {
		return n.scaled(times)
	}
	if atLeast := n.least(); atLeast > s.total/times {
		return s.leaf(nil, impossible)
	}
	if int64(n.size())*times > maxNodes {
		s.budget.left = -1
		return n
	}
	kids := make([]*node, times)
	for i := range kids {
		kids[i] = n
	}
	return s.parent(&node{kind: nodeAll, kids: kids})
}

// flat says that n repetitions of the node are the node with n times its needs.
func (n *node) flat() bool {
	switch n.kind {
	case nodeLeaf:
		return true
	case nodeAll, nodeSpan:
		for _, k := range n.kids {
			if !k.flat() {
				return false
			}
		}
		return true
	default:
		return false
	}
}

func (n *node) scaled(times int64) *node {
	out := *n
	if n.kind == nodeLeaf {
		out.need = saturated(n.need, times)
		return &out
	}
	out.kids = make([]*node, len(n.kids))
	for i, k := range n.kids {
		out.kids[i] = k.scaled(times)
	}
	return &out
}

func saturated(a, b int64) int64 {
	if a > impossible/b {
		return impossible
	}
	return a * b
}

// least is the number of observations that a node cannot do without.
func (n *node) least() int64 {
	switch n.kind {
	case nodeLeaf:
		return n.need
	case nodeAny:
		least := int64(impossible)
		for _, k := range n.kids {
			least = min(least, k.least())
		}
		return least
	default:
		var sum int64
		for _, k := range n.kids {
			sum = min(impossible, sum+k.least())
		}
		return sum
	}
}

func (n *node) size() int {
	size := 1
	for _, k := range n.kids {
		if size += k.size(); size > maxNodes {
			break
		}
	}
	return size
}

func (s *solver) leaf(brackets []int, need int64) *node {
	return &node{kind: nodeLeaf, brackets: brackets, obs: s.union(brackets), need: need}
}

func (s *solver) parent(n *node) *node {
	n.temporal = n.kind == nodeSeq || n.kind == nodeWithin
	for _, k := range n.kids {
		n.temporal = n.temporal || k.temporal
	}
	return n
}
