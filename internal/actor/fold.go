package actor

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// MostEvents that one fold takes: what is beyond, by date, is left out and said.
const MostEvents = 10_000

// EventState is an event and what became of it.
type EventState struct {
	Event
	// Holds says whether the event has its effect: it is not revoked, and no event that holds takes it back.
	Holds      bool   `json:"holds"`
	ReversedBy string `json:"reversed_by,omitempty"`
}

// Contradiction is where claims about clusters do not go together. Both are kept.
type Contradiction struct {
	Clusters []string `json:"clusters"`
	Events   []string `json:"events"`
	What     string   `json:"what"`
}

// Clustering says where clusters stand after all events.
type Clustering struct {
	Events         []EventState
	Contradictions []Contradiction
	Cut            int // events that were left out, the last ones: beyond MostEvents, or because they would take too long

	links map[string]map[string]string // thing → to which clusters it was brought, by which event
	from  map[string]map[string]bool   // cluster → things that were brought there
	away  map[string]bool              // things that do not stand at themselves
	moved map[string][]movedEdge       // edge → what splits have moved of it

	folding bool
	steps   int // that are left
}

// movedEdge is one end of an edge that a split has put elsewhere.
type movedEdge struct {
	ends  map[string]bool // the stated ends that the split was about
	thing string
}

// mostFoldSteps of a fold, of which each is a look at a link: a second or two. Only events made for it need so many.
const mostFoldSteps = 3_000_000

// Fold says where clusters stand after a set of events: the same for any order of them, and however often one is given.
//
// Events work in the order in which they were claimed. A merge links its parts to its target, so that what stands at a part stands where
// the target stands, also when that is merged or taken out of a merge later. A split cuts such links, or undoes an event as if that had
// never been, or both. Where a cluster that stands elsewhere already is merged again, both claims hold: it stands in both places, and
// that is a contradiction.
func Fold(events []Event) *Clustering {
	ordered := inOrder(events)
	c := &Clustering{
		links: map[string]map[string]string{}, from: map[string]map[string]bool{}, away: map[string]bool{}, moved: map[string][]movedEdge{},
		folding: true, steps: mostFoldSteps,
	}
	if len(ordered) > MostEvents {
		c.Cut = len(ordered) - MostEvents
		ordered = ordered[:MostEvents]
	}
	c.settle(ordered)
	for i := range c.Events {
		e := &c.Events[i]
		if c.steps <= 0 {
			c.Cut += len(c.Events) - i
			c.Events = c.Events[:i]
			break
		}
		switch {
		case !e.Holds:
		case e.Kind == Split:
			c.split(e)
		default:
			c.merge(e)
		}
	}
	c.folding = false
	return c
}

// settle decides which events hold. An event can only take back an earlier one, so that the last ones are decided first.
func (c *Clustering) settle(ordered []Event) {
	c.Events = make([]EventState, len(ordered))
	place := map[string]int{}
	for i, e := range ordered {
		c.Events[i] = EventState{Event: e, Holds: !e.Revoked}
		place[e.ID] = i
	}
	for i := len(ordered) - 1; i >= 0; i-- {
		e := &c.Events[i]
		if e.Reverses == "" || !e.Holds {
			continue
		}
		j, known := place[e.Reverses]
		if !known {
			c.contradict([]string{e.ID, e.Reverses}, nil, "takes back an event that is not known here")
			continue
		}
		if j >= i {
			c.contradict([]string{e.ID, e.Reverses}, nil, "takes back an event that was claimed later")
			continue
		}
		was := &c.Events[j]
		was.Holds, was.ReversedBy = false, e.ID
		if was.Claimant != e.Claimant {
			c.contradict([]string{was.ID, e.ID}, append(slices.Clone(was.Parts), was.Into), "one claimant takes back what another says; the later claim is in force here")
		}
	}
}

func (c *Clustering) contradict(events, clusters []string, what string) {
	clusters = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(clusters))), func(s string) bool { return s == "" })
	c.Contradictions = append(c.Contradictions, Contradiction{Clusters: clusters, Events: events, What: what})
}

// Where says where a cluster stands now, in order: at itself unless it was merged, in several places where claims contradict.
func (c *Clustering) Where(id string) []string {
	if len(c.links[id]) == 0 {
		return []string{id}
	}
	var out []string
	for thing := range c.reach(id, func(id string) iter.Seq[string] { return maps.Keys(c.links[id]) }) {
		if !c.away[thing] {
			out = append(out, thing)
		}
	}
	slices.Sort(out)
	return out
}

// reach is what can be reached over steps, the beginning included.
func (c *Clustering) reach(id string, next func(string) iter.Seq[string]) map[string]bool {
	met := map[string]bool{id: true}
	for todo := []string{id}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for n := range next(at) {
			if c.folding { // afterwards many may read
				c.steps--
			}
			if !met[n] {
				met[n] = true
				todo = append(todo, n)
			}
		}
	}
	return met
}

// End says where an end of an edge stands now.
func (c *Clustering) End(edge, end string) []string {
	for _, m := range c.moved[edge] {
		if m.ends[end] {
			return c.Where(m.thing)
		}
	}
	return c.Where(end)
}

// standing is everything that stands at a cluster now, besides itself, in order: clusters, and edges as things.
func (c *Clustering) standing(id string) (clusters, edges []string) {
	if c.away[id] || len(c.from[id]) == 0 {
		return nil, nil
	}
	for thing := range c.reach(id, func(id string) iter.Seq[string] { return maps.Keys(c.from[id]) }) {
		if edge, ok := movedThing(thing); ok {
			edges = append(edges, edge)
		} else if thing != id {
			clusters = append(clusters, thing)
		}
	}
	slices.Sort(clusters)
	slices.Sort(edges)
	return clusters, slices.Compact(edges)
}

// Parts are the clusters that stand at a cluster now, besides itself, in order.
func (c *Clustering) Parts(id string) []string {
	clusters, _ := c.standing(id)
	return clusters
}

// MovedTo are the edges that splits have put to a cluster, in order.
func (c *Clustering) MovedTo(id string) []string {
	_, edges := c.standing(id)
	return edges
}

// By is the event that brought a cluster to where it stands, "" without.
func (c *Clustering) By(id, where string) string {
	for _, to := range slices.Sorted(maps.Keys(c.links[id])) {
		if slices.Contains(c.Where(to), where) {
			return c.links[id][to]
		}
	}
	return ""
}

// link brings a thing to a cluster.
func (c *Clustering) link(thing, to, event string) {
	if c.links[thing] == nil {
		c.links[thing] = map[string]string{}
	}
	if _, there := c.links[thing][to]; !there {
		c.links[thing][to] = event
	}
	if c.from[to] == nil {
		c.from[to] = map[string]bool{}
	}
	c.from[to][thing] = true
}

// take cuts the links by which a thing stands at a cluster, and says whether there were any.
func (c *Clustering) take(thing, of string) (taken bool) {
	for _, to := range slices.Sorted(maps.Keys(c.links[thing])) {
		if slices.Contains(c.Where(to), of) {
			delete(c.links[thing], to)
			delete(c.from[to], thing)
			taken = true
		}
	}
	return taken
}

func (c *Clustering) merge(e *EventState) {
	for _, p := range e.Parts {
		if p == e.Into {
			continue
		}
		at, to := c.Where(p), c.Where(e.Into)
		switch {
		case slices.Equal(at, to): // said already
			if slices.Equal(to, []string{p}) {
				c.contradict([]string{c.By(e.Into, p), e.ID}, []string{p, e.Into}, "each is merged into the other: they are one, and which name it bears is not settled")
			}
		case slices.Contains(at, p):
			c.away[p] = !slices.Contains(to, p)
			c.link(p, e.Into, e.ID)
		default:
			c.contradict([]string{c.By(p, at[0]), e.ID}, slices.Concat([]string{p}, at, to), "stands in several places, because it was merged already and that was not taken back")
			c.link(p, e.Into, e.ID)
		}
	}
}

func (c *Clustering) split(e *EventState) {
	if len(e.Moves) == 0 {
		return // it only took something back
	}
	of := e.Of
	ends := map[string]bool{of: true}
	for _, p := range c.Parts(of) {
		ends[p] = true
	}
	for _, alone := range []bool{true, false} { // what stands by itself again first: others may be moved to it
		for _, m := range e.Moves {
			if alone == (m.What == m.To) {
				c.move(e, m, ends)
			}
		}
	}
}

func (c *Clustering) move(e *EventState, m Move, ends map[string]bool) {
	of := e.Of
	switch {
	case m.What == of:
		c.contradict([]string{e.ID}, []string{of}, "moves the whole of what it splits: that would be a merge")
	case ends[m.What]:
		c.take(m.What, of)
		if m.What != m.To {
			c.link(m.What, m.To, e.ID)
		}
		if m.What == m.To || len(c.Where(m.What)) == 0 { // nothing stands nowhere
			c.away[m.What] = false
		}
	case !isEdge(m.What):
		c.contradict([]string{e.ID}, []string{of, m.What}, "takes out what does not stand there")
	default:
		thing, known := thingOf(m.What, of), false
		for _, old := range c.moved[m.What] {
			if old.thing == thing || slices.Contains(c.Where(old.thing), of) {
				thing, known = old.thing, true // it was moved by an earlier split
			}
		}
		if !known {
			c.moved[m.What] = append(c.moved[m.What], movedEdge{ends: ends, thing: thing})
			c.away[thing] = true
		} else if !c.take(thing, of) {
			c.contradict([]string{e.ID}, []string{of, m.What}, "moves what an earlier split has moved elsewhere: it stands in both places")
		}
		c.link(thing, m.To, e.ID)
	}
}

// isEdge says by its identifier whether an object is an edge, or has some.
func isEdge(id string) bool {
	kind, _, _ := strings.Cut(id, "--")
	return slices.Contains(edgeTypes, kind)
}

// thingOf names an edge at a cluster as a thing that stands somewhere.
func thingOf(edge, of string) string { return edge + "\x00" + of }

func movedThing(thing string) (edge string, ok bool) {
	edge, _, ok = strings.Cut(thing, "\x00")
	return edge, ok
}
