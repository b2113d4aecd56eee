package actor

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Graph is a part of the graph.
type Graph struct {
	Nodes          []Node          `json:"nodes"` // in the order of their identifiers
	Edges          []Edge          `json:"edges"`
	Events         []EventState    `json:"events,omitempty"` // of clusters that are among the nodes
	Contradictions []Contradiction `json:"contradictions,omitempty"`
	Cut            []Cut           `json:"cut,omitempty"`     // what was left out, because it was too much
	Undated        int             `json:"undated,omitempty"` // edges of which nobody has said when they held, where a time was asked for
	Paths          [][]string      `json:"paths,omitempty"`   // identifiers of nodes, of a question for paths
	Label          string          `json:"label,omitempty"`   // the strictest label of TLP of what is in it
}

// Cut says what was left out.
type Cut struct {
	Node string `json:"node,omitempty"`
	What string `json:"what"`
}

// Filter chooses edges. Fields that are set are all demanded.
type Filter struct {
	During    Period   // may have held then: edges of which nobody has said when they held stay, and are counted
	KnownBy   Date     // claimed by the end of this date
	Claimants []string // claimed by one of them: identifiers
	Types     []string // of one of these types of relationship
	Dated     bool     // leave out edges of which nobody has said when they held
	Asserted  bool     // leave out edges that are denied
}

func (f *Filter) takes(e *Edge) bool {
	return f.TakesClaim(&e.Claim) && (len(f.Types) == 0 || slices.Contains(f.Types, e.Type)) &&
		(!f.Dated || !e.Held.IsZero()) && (!f.Asserted || !e.Denied) && e.Held.Meets(f.During)
}

// TakesClaim says whether the filter takes what is claimed so.
func (f *Filter) TakesClaim(c *Claim) bool {
	return (len(f.Claimants) == 0 || slices.Contains(f.Claimants, c.Claimant)) &&
		(f.KnownBy.IsZero() || !c.Claimed.IsZero() && c.Claimed.from.Before(f.KnownBy.to))
}

// Bounds of a question.
const (
	DefaultNodes = 100
	MostNodes    = 10_000
	MostDepth    = 6
	// edgesPerNode are how many edges of one object are looked at for each node that may be shown.
	edgesPerNode = 4
	mostTogether = 500 // identifiers in one question to a source

	mostPartsAsked = 500 // clusters that stand at one node and of which edges are looked for
	mostPlaces     = 20  // at which an end of an edge is drawn
)

// Question asks for the graph around nodes.
type Question struct {
	Start []string // identifiers
	Depth int      // edges away from them; 0 is 1
	Limit int      // nodes; 0 is DefaultNodes
	Filter
}

// Reader answers questions over a source. It reads the events of clusters once.
type Reader struct {
	src  Source
	fold *Clustering
	cut  []Cut
}

// NewReader reads the events of clusters, those that the filter's claimants have claimed by its date.
func NewReader(ctx context.Context, src Source, f Filter) (*Reader, error) {
	list, more, err := src.OfType(ctx, TypeEvent, MostEvents)
	if err != nil {
		return nil, err
	}
	var events []Event
	for _, o := range list {
		if e, ok := eventOf(o); ok && f.TakesClaim(&e.Claim) {
			events = append(events, e)
		}
	}
	r := &Reader{src: src, fold: Fold(events)}
	if more {
		r.cut = append(r.cut, Cut{What: "events of clusters beyond the first " + thousands(MostEvents)})
	}
	if n := r.fold.Cut; n > 0 {
		r.cut = append(r.cut, Cut{What: many(n, "event") + " of clusters, the last ones: they would take too long"})
	}
	return r, nil
}

// Clustering says where clusters stand.
func (r *Reader) Clustering() *Clustering { return r.fold }

// Around gives what can be reached from nodes over edges in either direction.
func (r *Reader) Around(ctx context.Context, q Question) (*Graph, error) {
	if q.Limit <= 0 {
		q.Limit = DefaultNodes
	}
	q.Limit = min(q.Limit, MostNodes)
	q.Depth = min(max(q.Depth, 1), MostDepth)
	w := newWalk(r, q.Filter)
	var frontier []string
	for _, id := range q.Start {
		for _, at := range r.fold.Where(id) {
			if w.meet(at, 0) {
				frontier = append(frontier, at)
			}
		}
	}
	for depth := 1; depth <= q.Depth && len(frontier) > 0; depth++ {
		var next []string
		for _, id := range frontier {
			edges, more, err := w.edgesAt(ctx, id, q.Limit*edgesPerNode)
			if err != nil {
				return nil, err
			}
			if more {
				w.cut(id, "more edges than were looked at")
			}
			left := 0
			for _, e := range edges {
				other := e.To
				if other == id {
					other = e.From
				}
				if _, met := w.depth[other]; !met {
					if len(w.depth) >= q.Limit {
						left++
						continue
					}
					w.meet(other, depth)
					next = append(next, other)
				}
				w.keep(e)
			}
			if left > 0 {
				w.cut(id, many(left, "edge")+" to objects beyond the limit")
			}
		}
		frontier = next
	}
	return w.graph(ctx)
}

// Whole gives all edges that there are, and their ends, up to a number of edges.
func (r *Reader) Whole(ctx context.Context, f Filter, limit int) (*Graph, error) {
	w := newWalk(r, f)
	for _, kind := range edgeTypes {
		list, more, err := r.src.OfType(ctx, kind, limit)
		if err != nil {
			return nil, err
		}
		if more {
			w.cuts = append(w.cuts, Cut{What: kind + " objects beyond the first " + thousands(limit)})
		}
		for _, e := range w.stand(list) {
			w.meet(e.From, 0)
			w.meet(e.To, 0)
			w.keep(e)
		}
	}
	return w.graph(ctx)
}

// walk is a graph in the making.
type walk struct {
	r     *Reader
	f     Filter
	depth map[string]int // nodes
	edges map[string]Edge
	cuts  []Cut
}

func newWalk(r *Reader, f Filter) *walk {
	return &walk{r: r, f: f, depth: map[string]int{}, edges: map[string]Edge{}, cuts: slices.Clone(r.cut)}
}

func (w *walk) meet(id string, depth int) bool {
	if _, met := w.depth[id]; met {
		return false
	}
	w.depth[id] = depth
	return true
}

func (w *walk) keep(e Edge) {
	w.edges[strings.Join([]string{e.ID, e.From, e.To, e.StatedFrom, e.StatedTo}, "\x00")] = e
}

func (w *walk) cut(id, what string) { w.cuts = append(w.cuts, Cut{Node: id, What: what}) }

// edgesAt are the edges of which one end stands at a node now, in order, of at most limit objects for each cluster that stands
// there.
func (w *walk) edgesAt(ctx context.Context, id string, limit int) (out []Edge, more bool, err error) {
	parts := append([]string{id}, w.r.fold.Parts(id)...)
	if len(parts) > mostPartsAsked {
		parts, more = parts[:mostPartsAsked], true
	}
	for _, part := range parts {
		list, cut, err := w.r.src.Referring(ctx, part, edgeTypes, limit)
		if err != nil {
			return nil, false, err
		}
		more = more || cut
		out = append(out, w.stand(list)...)
	}
	own := append(w.r.fold.MovedTo(id), id) // a grouping is its own edge
	for chunk := range slices.Chunk(own, mostTogether) {
		if len(own) == 1 && !isEdge(id) {
			break
		}
		list, err := w.r.src.Objects(ctx, chunk)
		if err != nil {
			return nil, false, err
		}
		out = append(out, w.stand(list)...)
	}
	out = slices.DeleteFunc(out, func(e Edge) bool { return e.From != id && e.To != id })
	slices.SortFunc(out, func(a, b Edge) int { return compareEdges(&a, &b) })
	return slices.CompactFunc(out, func(a, b Edge) bool { return compareEdges(&a, &b) == 0 }), more, nil
}

// stand gives the edges of objects that the filter takes, with their ends where these stand now. An edge within one cluster is
// none any more.
func (w *walk) stand(list []Object) (out []Edge) {
	for _, o := range list {
		for _, e := range edgesOf(o) {
			if !w.f.takes(&e) {
				continue
			}
			from, to := w.r.fold.End(e.ID, e.From), w.r.fold.End(e.ID, e.To)
			e.Contested = len(from)*len(to) > 1
			if len(from) > mostPlaces || len(to) > mostPlaces {
				from, to = from[:min(len(from), mostPlaces)], to[:min(len(to), mostPlaces)]
				if c := (Cut{Node: e.From, What: "edges to all the places where, by contradicting claims, an end stands"}); !slices.Contains(w.cuts, c) {
					w.cuts = append(w.cuts, c)
				}
			}
			for _, a := range from {
				for _, b := range to {
					if a == b && e.From != e.To {
						continue
					}
					x := e
					x.From, x.To = a, b
					if a != e.From {
						x.StatedFrom = e.From
					}
					if b != e.To {
						x.StatedTo = e.To
					}
					out = append(out, x)
				}
			}
		}
	}
	return out
}

// graph reads the nodes and puts all in order.
func (w *walk) graph(ctx context.Context) (*Graph, error) {
	g := &Graph{Nodes: []Node{}, Edges: slices.Collect(maps.Values(w.edges)), Cut: w.cuts}
	if g.Edges == nil {
		g.Edges = []Edge{}
	}
	slices.SortFunc(g.Edges, func(a, b Edge) int { return compareEdges(&a, &b) })
	ids := slices.Sorted(maps.Keys(w.depth))
	nodes, err := w.r.Nodes(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		n := nodes[id]
		n.Depth = w.depth[id]
		g.Nodes = append(g.Nodes, n)
		g.Label = stricter(g.Label, n.Label)
	}
	dated := !w.f.During.IsZero()
	for i := range g.Edges {
		g.Label = stricter(g.Label, g.Edges[i].Label)
		if dated && g.Edges[i].Held.IsZero() {
			g.Undated++
		}
	}
	in := func(id string) bool { _, ok := w.depth[id]; return ok }
	for _, e := range w.r.fold.Events {
		if in(e.Into) || in(e.Of) || slices.ContainsFunc(e.Parts, in) || e.Reverses != "" && slices.ContainsFunc(g.Events, func(o EventState) bool { return o.ID == e.Reverses }) {
			g.Events = append(g.Events, e)
			g.Label = stricter(g.Label, e.Label)
		}
	}
	for _, c := range w.r.fold.Contradictions {
		if slices.ContainsFunc(c.Clusters, in) {
			g.Contradictions = append(g.Contradictions, c)
		}
	}
	return g, nil
}

// Nodes reads objects as nodes; one that is not there is a node that says so.
func (r *Reader) Nodes(ctx context.Context, ids []string) (map[string]Node, error) {
	out := make(map[string]Node, len(ids))
	for chunk := range slices.Chunk(ids, mostTogether) {
		list, err := r.src.Objects(ctx, chunk)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			out[o.ID] = nodeOf(o)
		}
	}
	for _, id := range ids {
		n, ok := out[id]
		if !ok {
			kind, _, _ := strings.Cut(id, "--")
			n = Node{ID: id, Type: kind, Missing: true}
		}
		n.Parts = r.fold.Parts(id)
		if at := r.fold.Where(id); len(at) > 1 || at[0] != id {
			n.Where = at
		}
		out[id] = n
	}
	return out, nil
}

func stricter(a, b string) string {
	if labelOrder(b) > labelOrder(a) {
		return b
	}
	return a
}
