package actor

import (
	"context"
	"maps"
	"slices"
)

// Bounds of paths.
const (
	MostPathLength = 2 * MostDepth
	DefaultPaths   = 20
	mostSteps      = 2_000_000 // of the search
)

// PathQuestion asks how two nodes hang together.
type PathQuestion struct {
	From, To string
	Longest  int // edges of a path; 0 is 4
	Most     int // paths; 0 is DefaultPaths
	Limit    int // nodes to look at on each side; 0 is 20 × DefaultNodes
	Filter
}

// Between gives the shortest paths between two nodes, over edges in either direction, with all edges between neighbours on them. What is
// denied is no way.
func (r *Reader) Between(ctx context.Context, q PathQuestion) (*Graph, error) {
	if q.Longest <= 0 {
		q.Longest = 4
	}
	q.Asserted = true
	q.Longest = min(q.Longest, MostPathLength)
	if q.Most <= 0 {
		q.Most = DefaultPaths
	}
	if q.Limit <= 0 {
		q.Limit = 20 * DefaultNodes
	}
	near, err := r.Around(ctx, Question{Start: []string{q.From}, Depth: (q.Longest + 1) / 2, Limit: q.Limit, Filter: q.Filter})
	if err != nil {
		return nil, err
	}
	far := near
	if q.Longest > 1 {
		if far, err = r.Around(ctx, Question{Start: []string{q.To}, Depth: q.Longest / 2, Limit: q.Limit, Filter: q.Filter}); err != nil {
			return nil, err
		}
	}
	next := map[string]map[string]bool{}
	for _, g := range []*Graph{near, far} {
		for i := range g.Edges {
			e := &g.Edges[i]
			for _, way := range [][2]string{{e.From, e.To}, {e.To, e.From}} {
				if next[way[0]] == nil {
					next[way[0]] = map[string]bool{}
				}
				next[way[0]][way[1]] = true
			}
		}
	}
	s := search{next: map[string][]string{}, steps: mostSteps}
	for id, to := range next {
		s.next[id] = slices.Sorted(maps.Keys(to))
	}
	starts, ends := r.fold.Where(q.From), r.fold.Where(q.To)
	s.distances(ends)
	for length := 1; length <= q.Longest && len(s.found) < q.Most && s.steps > 0; length++ {
		for _, start := range starts {
			s.extend([]string{start}, length, q.Most)
		}
	}
	g := near.join(far).onPaths(s.found)
	if s.steps <= 0 || len(s.found) >= q.Most {
		g.Cut = append(g.Cut, Cut{What: "paths beyond the first " + thousands(len(s.found))})
	}
	return g, nil
}

// search looks for paths.
type search struct {
	next  map[string][]string
	left  map[string]int // edges to the nearest end
	found [][]string
	steps int
}

func (s *search) distances(ends []string) {
	s.left = map[string]int{}
	queue := slices.Clone(ends)
	for _, e := range ends {
		s.left[e] = 0
	}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		for _, n := range s.next[id] {
			if _, met := s.left[n]; !met {
				s.left[n] = s.left[id] + 1
				queue = append(queue, n)
			}
		}
	}
}

// extend finds the paths of exactly so many more edges that meet nothing twice.
func (s *search) extend(path []string, edges, most int) {
	if s.steps--; s.steps <= 0 || len(s.found) >= most {
		return
	}
	last := path[len(path)-1]
	left, reaches := s.left[last]
	switch {
	case !reaches || left > edges || left == 0 && edges > 0:
		return // too far, or at an end too early
	case edges == 0:
		s.found = append(s.found, slices.Clone(path))
		return
	}
	for _, n := range s.next[last] {
		if !slices.Contains(path, n) {
			s.extend(append(path, n), edges-1, most)
		}
	}
}

// Common gives nodes that are neighbours of each of some others, by edges that are not denied.
func (r *Reader) Common(ctx context.Context, ids []string, f Filter) (*Graph, error) {
	const look = 2000 // neighbours of each
	f.Asserted = true
	var all *Graph
	near := map[string]int{}
	var starts []string
	for _, id := range ids {
		g, err := r.Around(ctx, Question{Start: []string{id}, Limit: look, Filter: f})
		if err != nil {
			return nil, err
		}
		for i := range g.Nodes {
			if g.Nodes[i].Depth == 1 {
				near[g.Nodes[i].ID]++
			} else {
				starts = append(starts, g.Nodes[i].ID)
			}
		}
		if all == nil {
			all = g
		} else {
			all = all.join(g)
		}
	}
	keep := map[string]bool{}
	for id, n := range near {
		keep[id] = n == len(ids)
	}
	for _, id := range starts {
		keep[id] = true
	}
	return all.only(func(id string) bool { return keep[id] }, func(e *Edge) bool {
		return slices.Contains(starts, e.From) || slices.Contains(starts, e.To)
	}), nil
}

// join puts two graphs together.
func (g *Graph) join(h *Graph) *Graph {
	if g == h {
		return g
	}
	out := &Graph{
		Events: slices.Clone(g.Events), Contradictions: slices.Clone(g.Contradictions), Cut: slices.Concat(g.Cut, h.Cut), Label: stricter(g.Label, h.Label),
	}
	met := map[string]int{}
	for _, n := range slices.Concat(g.Nodes, h.Nodes) {
		if at, ok := met[n.ID]; ok {
			out.Nodes[at].Depth = min(out.Nodes[at].Depth, n.Depth)
			continue
		}
		met[n.ID] = len(out.Nodes)
		out.Nodes = append(out.Nodes, n)
	}
	slices.SortFunc(out.Nodes, func(a, b Node) int { return slices.Compare([]string{a.ID}, []string{b.ID}) })
	out.Edges = slices.Concat(g.Edges, h.Edges)
	slices.SortFunc(out.Edges, func(a, b Edge) int { return compareEdges(&a, &b) })
	out.Edges = slices.CompactFunc(out.Edges, func(a, b Edge) bool { return compareEdges(&a, &b) == 0 })
	for _, e := range h.Events {
		if !slices.ContainsFunc(out.Events, func(o EventState) bool { return o.ID == e.ID }) {
			out.Events = append(out.Events, e)
		}
	}
	for _, c := range h.Contradictions {
		if !slices.ContainsFunc(out.Contradictions, func(o Contradiction) bool { return o.What == c.What && slices.Equal(o.Events, c.Events) }) {
			out.Contradictions = append(out.Contradictions, c)
		}
	}
	slices.SortFunc(out.Cut, func(a, b Cut) int { return slices.Compare([]string{a.Node, a.What}, []string{b.Node, b.What}) })
	out.Cut = slices.Compact(out.Cut)
	return out
}

// only keeps some nodes, and edges between them.
func (g *Graph) only(node func(string) bool, edge func(*Edge) bool) *Graph {
	out := &Graph{Nodes: []Node{}, Edges: []Edge{}, Cut: g.Cut, Label: g.Label}
	for _, n := range g.Nodes {
		if node(n.ID) {
			out.Nodes = append(out.Nodes, n)
		}
	}
	for _, e := range g.Edges {
		if node(e.From) && node(e.To) && edge(&e) {
			out.Edges = append(out.Edges, e)
		}
	}
	in := func(id string) bool { return id != "" && node(id) }
	for _, e := range g.Events {
		if in(e.Into) || in(e.Of) || slices.ContainsFunc(e.Parts, in) {
			out.Events = append(out.Events, e)
		}
	}
	for _, c := range g.Contradictions {
		if slices.ContainsFunc(c.Clusters, in) {
			out.Contradictions = append(out.Contradictions, c)
		}
	}
	return out
}

// onPaths keeps what lies on paths.
func (g *Graph) onPaths(paths [][]string) *Graph {
	nodes := map[string]bool{}
	pairs := map[[2]string]bool{}
	for _, p := range paths {
		for i, id := range p {
			nodes[id] = true
			if i > 0 {
				pairs[[2]string{p[i-1], id}], pairs[[2]string{id, p[i-1]}] = true, true
			}
		}
	}
	out := g.only(func(id string) bool { return nodes[id] }, func(e *Edge) bool { return pairs[[2]string{e.From, e.To}] })
	out.Paths = paths
	return out
}
