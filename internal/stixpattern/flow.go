package stixpattern

import "slices"

// share says how much of an observation a leaf takes.
type share struct {
	leaf   int // index into the wants
	obs    int32
	amount int64
}

// satisfy distributes observations over wants: each gets as many as it needs from those that can lie in its window, none is
// used more often than it was seen. It is a maximum flow (Dinic), after wants that have more to choose from than all
// wants need together are put aside: those can always be served last. So the graph has at most wants × needs edges.
func (s *solver) satisfy(wants []want) ([]share, bool) {
	var sum int64
	for _, w := range wants {
		sum = min(impossible, sum+w.n.need)
	}
	if sum > s.total {
		return nil, false
	}
	eligible := make([][]int32, len(wants))
	var hard, easy []int
	var demand int64
	for k, w := range wants {
		var have int64
		for _, o := range w.n.obs {
			s.budget.spend(1)
			if s.first[o] > w.hi || have >= sum {
				break
			}
			if s.last[o] >= w.lo {
				eligible[k] = append(eligible[k], o)
				have += s.count[o]
			}
		}
		switch {
		case have < w.n.need || s.budget.gone():
			return nil, false
		case have >= sum:
			easy = append(easy, k)
		default:
			hard = append(hard, k)
			demand += w.n.need
		}
	}
	g := newGraph(s, wants, hard, eligible)
	if g.maximum() < demand || s.budget.gone() {
		return nil, false
	}
	out, used := g.shares()
	for _, k := range easy {
		left := wants[k].n.need
		for _, o := range eligible[k] {
			take := min(left, s.count[o]-used[o])
			if take > 0 {
				out = append(out, share{leaf: k, obs: o, amount: take})
				used[o] += take
				left -= take
			}
			if left == 0 {
				break
			}
		}
	}
	return out, true
}

// graph is a flow network: the source, the wants, the observations, the sink.
type graph struct {
	s     *solver
	wants []int   // vertex 1+i is the want wants[i]
	obs   []int32 // vertex 1+len(wants)+i is the observation obs[i]
	out   [][]int // by vertex: its edges
	edges []edge  // the edge e^1 goes back
	level []int
	next  []int
}

type edge struct {
	to   int
	left int64
}

func newGraph(s *solver, wants []want, hard []int, eligible [][]int32) *graph {
	g := &graph{s: s, wants: hard}
	index := map[int32]int{}
	for _, k := range hard {
		for _, o := range eligible[k] {
			if _, ok := index[o]; !ok {
				index[o] = len(g.obs)
				g.obs = append(g.obs, o)
			}
		}
	}
	g.out = make([][]int, 2+len(hard)+len(g.obs))
	sink := len(g.out) - 1
	for i, k := range hard {
		g.connect(0, 1+i, wants[k].n.need)
		for _, o := range eligible[k] {
			s.budget.spend(4)
			g.connect(1+i, 1+len(hard)+index[o], wants[k].n.need)
		}
	}
	for i, o := range g.obs {
		g.connect(1+len(hard)+i, sink, s.count[o])
	}
	return g
}

func (g *graph) connect(from, to int, capacity int64) {
	g.out[from] = append(g.out[from], len(g.edges))
	g.out[to] = append(g.out[to], len(g.edges)+1)
	g.edges = append(g.edges, edge{to: to, left: capacity}, edge{to: from})
}

func (g *graph) maximum() int64 {
	var total int64
	for g.layers() {
		g.next = make([]int, len(g.out))
		for {
			pushed := g.push(0, impossible)
			if pushed == 0 || g.s.budget.gone() {
				break
			}
			total += pushed
		}
		if g.s.budget.gone() {
			return 0
		}
	}
	return total
}

// layers numbers the vertices by their distance from the source, and says whether the sink can be reached.
func (g *graph) layers() bool {
	g.level = slices.Repeat([]int{-1}, len(g.out))
	g.level[0] = 0
	queue := []int{0}
	for len(queue) > 0 {
		v := queue[0]
		queue = queue[1:]
		for _, e := range g.out[v] {
			g.s.budget.spend(1)
			if to := g.edges[e].to; g.edges[e].left > 0 && g.level[to] < 0 {
				g.level[to] = g.level[v] + 1
				queue = append(queue, to)
			}
		}
	}
	return g.level[len(g.out)-1] >= 0
}

func (g *graph) push(v int, most int64) int64 {
	if v == len(g.out)-1 {
		return most
	}
	for ; g.next[v] < len(g.out[v]); g.next[v]++ {
		g.s.budget.spend(1)
		e := g.out[v][g.next[v]]
		to := g.edges[e].to
		if g.edges[e].left <= 0 || g.level[to] != g.level[v]+1 {
			continue
		}
		if n := g.push(to, min(most, g.edges[e].left)); n > 0 {
			g.edges[e].left -= n
			g.edges[e^1].left += n
			return n
		}
	}
	return 0
}

// shares reads off who gets what, and how much of each observation is used.
func (g *graph) shares() ([]share, map[int32]int64) {
	var out []share
	used := map[int32]int64{}
	for i, k := range g.wants {
		for _, e := range g.out[1+i] {
			if to := g.edges[e].to; to > 0 && e&1 == 0 && g.edges[e^1].left > 0 {
				o := g.obs[to-1-len(g.wants)]
				out = append(out, share{leaf: k, obs: o, amount: g.edges[e^1].left})
				used[o] += g.edges[e^1].left
			}
		}
	}
	return out, used
}
