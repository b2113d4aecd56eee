package actor

import (
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
	Cut            int // events beyond MostEvents

	at    map[string]map[string]string // thing → where it stands, by which event; what is missing stands at itself
	holds map[string]map[string]bool   // cluster → things that were brought to stand there
	moved map[string][]movedEdge       // edge → what splits have moved of it
}

// movedEdge is one end of an edge that a split has put elsewhere.
type movedEdge struct {
	ends  map[string]bool // the stated ends that the split was about
	thing string
}

// Fold says where clusters stand after a set of events: the same for any order of them, and however often one is given.
//
// Events work in the order in which they were claimed. A merge brings everything that stands at its parts to where its target
// stands; a split takes out what it names, or undoes an event as if that had never been, or both. Where a cluster that stands
// elsewhere already is merged again, both claims hold: it stands in both places, and that is a contradiction.
func Fold(events []Event) *Clustering {
	ordered := inOrder(events)
	c := &Clustering{at: map[string]map[string]string{}, holds: map[string]map[string]bool{}, moved: map[string][]movedEdge{}}
	if len(ordered) > MostEvents {
		c.Cut = len(ordered) - MostEvents
		ordered = ordered[:MostEvents]
	}
	c.settle(ordered)
	for i := range c.Events {
		e := &c.Events[i]
		switch {
		case !e.Holds:
		case e.Kind == Split:
			c.split(e)
		default:
			c.merge(e)
		}
	}
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
	if at, ok := c.at[id]; ok {
		return slices.Sorted(maps.Keys(at))
	}
	return []string{id}
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

// Parts are the clusters that stand at a cluster now, besides itself, in order.
func (c *Clustering) Parts(id string) []string {
	var out []string
	for thing := range c.holds[id] {
		if _, edge := movedThing(thing); !edge && thing != id {
			out = append(out, thing)
		}
	}
	slices.Sort(out)
	return out
}

// MovedTo are the edges that splits have put to a cluster, in order.
func (c *Clustering) MovedTo(id string) []string {
	var out []string
	for thing := range c.holds[id] {
		if edge, ok := movedThing(thing); ok {
			out = append(out, edge)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// By is the event that brought a cluster to where it stands, "" without.
func (c *Clustering) By(id, where string) string { return c.at[id][where] }

// put brings a thing from one place to others.
func (c *Clustering) put(thing, from string, to []string, event string) {
	at := c.at[thing]
	if at == nil {
		at = map[string]string{}
		c.at[thing] = at
	}
	delete(at, from)
	delete(c.holds[from], thing)
	for _, t := range to {
		if _, there := at[t]; !there {
			at[t] = event
		}
		if c.holds[t] == nil {
			c.holds[t] = map[string]bool{}
		}
		c.holds[t][thing] = true
	}
	if len(at) == 1 {
		if _, home := at[thing]; home {
			delete(c.at, thing) // as if it had never gone
			delete(c.holds[thing], thing)
		}
	}
}

func (c *Clustering) merge(e *EventState) {
	to := c.Where(e.Into)
	for _, p := range e.Parts {
		if p == e.Into {
			continue
		}
		at := c.Where(p)
		switch {
		case slices.Equal(at, to): // said already
			if slices.Equal(to, []string{p}) {
				c.contradict([]string{c.By(e.Into, p), e.ID}, []string{p, e.Into}, "each is merged into the other: they are one, and which name it bears is not settled")
			}
		case slices.Contains(at, p):
			things := slices.Sorted(maps.Keys(c.holds[p]))
			if !c.holds[p][p] {
				things = append(things, p)
			}
			for _, t := range things {
				c.put(t, p, to, e.ID)
			}
		default:
			c.contradict([]string{c.By(p, at[0]), e.ID}, append(append([]string{p}, at...), to...), "stands in several places, because it was merged already and that was not taken back")
			c.put(p, "", to, e.ID)
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
	for _, m := range e.Moves {
		if m.What != m.To || !ends[m.What] || m.What == of {
			continue
		}
		c.put(m.What, of, []string{m.What}, e.ID)
	}
	for _, m := range e.Moves {
		to := c.Where(m.To)
		switch {
		case m.What == m.To:
			if !ends[m.What] {
				c.contradict([]string{e.ID}, []string{of, m.What}, "takes out what does not stand there")
			}
		case m.What == of:
			c.contradict([]string{e.ID}, []string{of}, "moves the whole of what it splits: that would be a merge")
		case ends[m.What]:
			c.put(m.What, of, to, e.ID)
		case !isEdge(m.What):
			c.contradict([]string{e.ID}, []string{of, m.What}, "takes out what does not stand there")
		default:
			thing := thingOf(m.What, of)
			for _, old := range c.moved[m.What] {
				if c.holds[of][old.thing] {
					thing = old.thing // it was moved here by an earlier split
				}
			}
			switch at, moved := c.at[thing]; {
			case !moved:
				c.moved[m.What] = append(c.moved[m.What], movedEdge{ends: ends, thing: thing})
				c.put(thing, thing, to, e.ID)
			case at[of] != "":
				c.put(thing, of, to, e.ID)
			default:
				c.contradict([]string{e.ID}, []string{of, m.What}, "moves what an earlier split has moved elsewhere: it stands in both places")
				c.put(thing, "", to, e.ID)
			}
		}
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
