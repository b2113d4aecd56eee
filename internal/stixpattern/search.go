package stixpattern

import (
	"cmp"
	"slices"
)

// solver decides a plan over observations.
type solver struct {
	budget     *budget
	candidates [][]int // by bracket
	first      []int64 // by observation, in ticks
	last       []int64
	count      []int64
	total      int64   // of all counts
	instants   []int64 // sorted: the times that an earliest solution consists of; see earliest.go

	nextBracket int
	leaves      []want // of the solution
	flow        []share
}

func newSolver(data []Observed, candidates [][]int, b *budget) *solver {
	s := &solver{budget: b, candidates: candidates}
	for i := range data {
		s.first = append(s.first, ticks(data[i].First))
		s.last = append(s.last, ticks(data[i].Last))
		n := min(max(1, data[i].Count), MaxCount)
		s.count = append(s.count, n)
		s.total = min(impossible, s.total+n)
	}
	b.spend(len(data))
	return s
}

// union is all observations that satisfy one of the brackets, by first and then by index.
func (s *solver) union(brackets []int) []int32 {
	var out []int32
	for _, k := range brackets {
		for _, i := range s.candidates[k] {
			out = append(out, int32(i))
		}
	}
	s.budget.spend(4 * len(out))
	slices.SortFunc(out, func(a, b int32) int { return cmp.Or(cmp.Compare(s.first[a], s.first[b]), cmp.Compare(a, b)) })
	return slices.Compact(out)
}

func (s *solver) solve(root *node) ([]Binding, bool) {
	if root.temporal {
		s.computeEarliest(root)
		if s.budget.gone() || len(s.instants) == 0 || root.earliest[0] >= int32(len(s.instants)) {
			return nil, false
		}
		if s.independent(root) {
			s.pick(root, 0)
			return s.bindings(), true
		}
	}
	if !s.search([]task{{n: root, lo: never, hi: forever}}, nil) {
		return nil, false
	}
	return s.bindings(), true
}

// task is a part that is still to be decided, and the window in which all of its observations must lie.
type task struct {
	n      *node
	lo, hi int64
	from   int // seq: the first kid that is meant
}

// want is a leaf with its window.
type want struct {
	n      *node
	lo, hi int64
}

// search decides the tasks, given the leaves that are placed already.
func (s *solver) search(todo []task, placed []want) bool {
	for len(todo) > 0 {
		if s.budget.gone() {
			return false
		}
		s.budget.spend(1)
		t := todo[len(todo)-1]
		todo = slices.Clip(todo[:len(todo)-1])
		if t.lo > t.hi {
			return false
		}
		switch t.n.kind {
		case nodeLeaf:
			placed = append(slices.Clip(placed), want{t.n, t.lo, t.hi})
		case nodeAll:
			for _, k := range t.n.kids {
				todo = append(todo, task{n: k, lo: t.lo, hi: t.hi})
			}
		case nodeSpan:
			todo = append(todo, task{n: t.n.kids[0], lo: max(t.lo, t.n.lo), hi: min(t.hi, t.n.hi)})
		case nodeAny:
			for _, k := range t.n.kids {
				if s.search(append(todo, task{n: k, lo: t.lo, hi: t.hi}), placed) {
					return true
				}
			}
			return false
		case nodeSeq:
			if t.from < len(t.n.kids)-1 {
				return s.searchSeq(t, todo, placed)
			}
			todo = append(todo, task{n: t.n.kids[t.from], lo: t.lo, hi: t.hi})
		case nodeWithin:
			return s.searchWithin(t, todo, placed)
		}
	}
	flow, ok := s.satisfy(placed)
	if ok {
		s.leaves, s.flow = placed, flow
	}
	return ok
}

// searchSeq tries the instants that may part the first kid from the others.
func (s *solver) searchSeq(t task, todo []task, placed []want) bool {
	none := int32(len(s.instants))
	start := s.instantAt(t.lo)
	if start == none {
		return false
	}
	for i := t.n.kids[t.from].earliest[start]; i < none && s.instants[i] <= t.hi; i++ {
		if s.budget.gone() {
			return false
		}
		// The later the instant, the later the rest is complete.
		end := i
		for _, k := range t.n.kids[t.from+1:] {
			s.budget.spend(1)
			if end = k.earliest[end]; end == none {
				return false
			}
		}
		at := s.instants[i]
		if s.instants[end] > t.hi {
			return false
		}
		next := append(todo, task{n: t.n, lo: at, hi: t.hi, from: t.from + 1}, task{n: t.n.kids[t.from], lo: t.lo, hi: at})
		if s.hopeful(next, placed) && s.search(next, placed) {
			return true
		}
	}
	return false
}

// searchWithin tries the instants at which the window may begin.
func (s *solver) searchWithin(t task, todo []task, placed []want) bool {
	none := int32(len(s.instants))
	kid := t.n.kids[0]
	for i := s.instantAt(t.lo); i < none && s.instants[i] <= t.hi; i++ {
		if s.budget.gone() {
			return false
		}
		s.budget.spend(1)
		at := s.instants[i]
		hi := min(t.hi, later(at, t.n.width))
		if end := kid.earliest[i]; end == none || s.instants[end] > hi {
			continue
		}
		next := append(todo, task{n: kid, lo: at, hi: hi})
		if s.hopeful(next, placed) && s.search(next, placed) {
			return true
		}
	}
	return false
}

func later(t, d int64) int64 {
	if t > forever-d {
		return forever
	}
	return t + d
}

// hopeful asks whether enough observations are left if each part of what is to do may use all of its window. Alternatives
// are not asked.
func (s *solver) hopeful(todo []task, placed []want) bool {
	wants := slices.Clone(placed)
	for _, t := range todo {
		wants = s.gather(t, wants)
	}
	_, ok := s.satisfy(wants)
	return ok
}

func (s *solver) gather(t task, wants []want) []want {
	s.budget.spend(1)
	if s.budget.gone() {
		return wants
	}
	switch t.n.kind {
	case nodeLeaf:
		return append(wants, want{t.n, t.lo, t.hi})
	case nodeSpan:
		t.lo, t.hi = max(t.lo, t.n.lo), min(t.hi, t.n.hi)
	case nodeAny:
		return wants
	default:
	}
	for _, k := range t.n.kids[t.from:] {
		wants = s.gather(task{n: k, lo: t.lo, hi: t.hi}, wants)
	}
	return wants
}

// bindings turns the solution's shares into the form of a result.
func (s *solver) bindings() []Binding {
	sum := map[[2]int]int64{}
	for _, f := range s.flow {
		if f.amount > 0 {
			sum[[2]int{s.bracketOf(s.leaves[f.leaf].n, f.obs), int(f.obs)}] += f.amount
		}
	}
	out := make([]Binding, 0, len(sum))
	for k, n := range sum {
		out = append(out, Binding{Bracket: k[0], Observed: k[1], Count: n})
	}
	slices.SortFunc(out, func(a, b Binding) int {
		return cmp.Or(cmp.Compare(a.Bracket, b.Bracket), cmp.Compare(a.Observed, b.Observed))
	})
	return out
}

func (s *solver) bracketOf(n *node, obs int32) int {
	for _, k := range n.brackets {
		if _, ok := slices.BinarySearch(s.candidates[k], int(obs)); ok {
			return k
		}
	}
	return 0
}
