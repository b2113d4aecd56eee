package stixpattern

import "slices"

// Every solution can be pushed to its earliest: no chosen time can be smaller without breaking something. Then each time is
// the first of an observation, a START, or that of another one less the width of a WITHIN that they share. These are the
// instants; the sums end because only instants within an observation's interval count, and a chain of reasons passes each
// WITHIN once.

// maxEarliest bounds the memory of the tables: nodes × instants.
const maxEarliest = 16 << 20

func (s *solver) computeEarliest(root *node) {
	nodes := distinct(root, nil, map[*node]bool{})
	s.computeInstants(nodes)
	if s.budget.gone() {
		return
	}
	if len(nodes)*len(s.instants) > maxEarliest {
		s.budget.left = -1
		return
	}
	for _, n := range nodes {
		s.budget.spend(2 * len(s.instants) * (1 + len(n.kids)))
		if s.budget.gone() {
			return
		}
		n.earliest = s.earliest(n)
	}
}

// distinct lists the nodes, kids before their parents.
func distinct(n *node, out []*node, seen map[*node]bool) []*node {
	if seen[n] {
		return out
	}
	seen[n] = true
	for _, k := range n.kids {
		out = distinct(k, out, seen)
	}
	return append(out, n)
}

func (s *solver) computeInstants(nodes []*node) {
	type interval struct{ first, last int64 }
	var (
		long   []interval // observations that are not at one instant
		widths []int64
		starts []int64
		set    = map[int64]bool{}
	)
	for _, n := range nodes {
		switch n.kind {
		case nodeLeaf:
			s.budget.spend(len(n.obs))
			for _, i := range n.obs {
				set[s.first[i]] = true
				if s.last[i] > s.first[i] {
					long = append(long, interval{s.first[i], s.last[i]})
				}
			}
		case nodeSpan:
			starts = append(starts, n.lo)
		case nodeWithin:
			widths = append(widths, n.width)
		default:
		}
	}
	// covered says whether an observation can be moved to t: the intervals are merged first.
	slices.SortFunc(long, func(a, b interval) int { return compareInt64(a.first, b.first) })
	merged := long[:0]
	for _, v := range long {
		if len(merged) > 0 && v.first <= merged[len(merged)-1].last {
			merged[len(merged)-1].last = max(merged[len(merged)-1].last, v.last)
		} else {
			merged = append(merged, v)
		}
	}
	covered := func(t int64) bool {
		i, found := slices.BinarySearchFunc(merged, t, func(v interval, t int64) int { return compareInt64(v.first, t) })
		return found || i > 0 && t <= merged[i-1].last
	}
	for _, t := range starts {
		if covered(t) {
			set[t] = true
		}
	}
	if len(merged) > 0 {
		rounds := s.withins(nodes)
		slices.Sort(widths)
		widths = slices.Compact(widths)
		fresh := keys(set)
		for range rounds {
			var more []int64
			for _, t := range fresh {
				for _, w := range widths {
					s.budget.spend(4)
					if s.budget.gone() || len(set) > maxEarliest {
						s.budget.left = -1
						return
					}
					if u := t - w; u < t && covered(u) && !set[u] {
						set[u] = true
						more = append(more, u)
					}
				}
			}
			if fresh = more; len(fresh) == 0 {
				break
			}
		}
	}
	s.instants = keys(set)
	slices.Sort(s.instants)
}

// withins is how many WITHINs a chain of reasons can pass: with repetitions, each copy is one.
func (s *solver) withins(nodes []*node) int {
	n := map[*node]int{}
	for _, k := range nodes {
		sum := 0
		if k.kind == nodeWithin {
			sum = 1
		}
		for _, kid := range k.kids {
			sum = min(maxNodes, sum+n[kid])
		}
		n[k] = sum
	}
	return n[nodes[len(nodes)-1]]
}

func keys(set map[int64]bool) []int64 {
	out := make([]int64, 0, len(set))
	for t := range set {
		out = append(out, t)
	}
	return out
}

func compareInt64(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// instantAt is the first instant at or after t.
func (s *solver) instantAt(t int64) int32 {
	i, _ := slices.BinarySearch(s.instants, t)
	return int32(i)
}

// earliest computes for each instant when the node is complete at the earliest if none of its observations is before it;
// len(instants) where it never is.
func (s *solver) earliest(n *node) []int32 {
	size := len(s.instants)
	none := int32(size)
	out := make([]int32, size)
	switch n.kind {
	case nodeLeaf:
		s.earliestLeaf(n, out)
	case nodeAll:
		for i := range out {
			for _, k := range n.kids {
				out[i] = max(out[i], k.earliest[i])
			}
		}
	case nodeAny:
		for i := range out {
			out[i] = none
			for _, k := range n.kids {
				out[i] = min(out[i], k.earliest[i])
			}
		}
	case nodeSeq:
		for i := range out {
			at := int32(i)
			for _, k := range n.kids {
				if at = k.earliest[at]; at == none {
					break
				}
			}
			out[i] = at
		}
	case nodeSpan:
		for i := range out {
			out[i] = none
			if from := max(int32(i), s.instantAt(n.lo)); from < none {
				if end := n.kids[0].earliest[from]; end < none && s.instants[end] <= n.hi {
					out[i] = end
				}
			}
		}
	case nodeWithin:
		best := none
		for i := size - 1; i >= 0; i-- {
			if end := n.kids[0].earliest[i]; end < none && s.instants[end] <= later(s.instants[i], n.width) {
				best = end // not later than that of a later beginning
			}
			out[i] = best
		}
	}
	return out
}

// earliestLeaf: of the observations that are under way at an instant all can be taken there; the others follow in order.
func (s *solver) earliestLeaf(n *node, out []int32) {
	size := len(s.instants)
	running := make([]int64, size+1)
	before := make([]int64, len(n.obs)+1) // counts, summed up in order of first
	for j, o := range n.obs {
		running[s.instantAt(s.first[o])] += s.count[o]
		end := size
		if s.last[o] != forever {
			end = int(s.instantAt(s.last[o] + 1))
		}
		running[end] -= s.count[o]
		before[j+1] = before[j] + s.count[o]
	}
	s.budget.spend(8 * len(n.obs))
	active, j := int64(0), 0
	for i := range out {
		active += running[i]
		for j < len(n.obs) && s.first[n.obs[j]] <= s.instants[i] {
			j++
		}
		if active >= n.need {
			out[i] = int32(i)
			continue
		}
		k, _ := slices.BinarySearch(before, before[j]+n.need-active)
		if k > len(n.obs) {
			out[i] = int32(size)
			continue
		}
		out[i] = s.instantAt(s.first[n.obs[k-1]])
	}
}

// independent says that no two parts that have to hold together want the same observation.
func (s *solver) independent(root *node) bool {
	_, ok := s.wanted(root)
	return ok
}

// wanted is the set of observations that a node may use.
func (s *solver) wanted(n *node) (map[int32]bool, bool) {
	set := map[int32]bool{}
	if n.kind == nodeLeaf {
		s.budget.spend(4 * len(n.obs))
		for _, o := range n.obs {
			set[o] = true
		}
		return set, true
	}
	for i, k := range n.kids {
		of, ok := s.wanted(k)
		if !ok || s.budget.gone() {
			return nil, false
		}
		if i == 0 {
			set = of
			continue
		}
		s.budget.spend(4 * len(of))
		for o := range of {
			if set[o] && n.kind != nodeAny {
				return nil, false
			}
			set[o] = true
		}
	}
	return set, true
}

// pick notes the earliest solution of a node from an instant on, which exists, where no parts compete.
func (s *solver) pick(n *node, i int32) {
	s.budget.spend(1)
	switch n.kind {
	case nodeLeaf:
		s.pickLeaf(n, i)
	case nodeAll:
		for _, k := range n.kids {
			s.pick(k, i)
		}
	case nodeAny:
		for _, k := range n.kids {
			if k.earliest[i] == n.earliest[i] {
				s.pick(k, i)
				return
			}
		}
	case nodeSeq:
		for _, k := range n.kids {
			s.pick(k, i)
			i = k.earliest[i]
		}
	case nodeSpan:
		s.pick(n.kids[0], max(i, s.instantAt(n.lo)))
	case nodeWithin:
		for kid := n.kids[0]; ; i++ {
			if end := kid.earliest[i]; end == n.earliest[i] && s.instants[end] <= later(s.instants[i], n.width) {
				s.pick(kid, i)
				return
			}
		}
	}
}

func (s *solver) pickLeaf(n *node, i int32) {
	leaf := len(s.leaves)
	s.leaves = append(s.leaves, want{n: n})
	at, left := s.instants[i], n.need
	// First what is under way at the instant, then what begins after it.
	for _, after := range [...]bool{false, true} {
		for _, o := range n.obs {
			if left == 0 {
				return
			}
			if s.last[o] >= at && (s.first[o] > at) == after {
				take := min(left, s.count[o])
				s.flow = append(s.flow, share{leaf: leaf, obs: o, amount: take})
				left -= take
			}
		}
	}
}
