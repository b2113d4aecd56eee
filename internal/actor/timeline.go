package actor

import "slices"

// Moment is something of which a date is known.
type Moment struct {
	Date Date       `json:"date"`
	What MomentKind `json:"what"`
	// One of them is set.
	Edge  *Edge       `json:"edge,omitempty"`
	Event *EventState `json:"event,omitempty"`
	Name  *Name       `json:"name,omitempty"`
	Node  *Node       `json:"response,omitempty"`
}

// MomentKind is what happened, or was said, at a moment.
type MomentKind string

// The kinds of moments, in the order in which those of one date are told.
const (
	Began     MomentKind = "began"     // an edge
	Ended     MomentKind = "ended"     // an edge
	Responded MomentKind = "responded" // a response
	Claims    MomentKind = "claimed"   // an edge
	Calls     MomentKind = "named"     // a name
	Changed   MomentKind = "clusters"  // an event
)

var momentOrder = []MomentKind{Began, Ended, Responded, Claims, Calls, Changed}

// Timeline tells a graph and claims about names in the order of dates: when it is said to have been, and when it was said.
func Timeline(g *Graph, names []Name) []Moment {
	out := []Moment{}
	add := func(d Date, m Moment) {
		if !d.IsZero() {
			m.Date = d
			out = append(out, m)
		}
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		add(e.Held.From, Moment{What: Began, Edge: e})
		if e.Held.To.text != e.Held.From.text {
			add(e.Held.To, Moment{What: Ended, Edge: e})
		}
		add(e.Claimed, Moment{What: Claims, Edge: e})
	}
	for i := range g.Nodes {
		if g.Nodes[i].Kind == Response {
			add(g.Nodes[i].Date, Moment{What: Responded, Node: &g.Nodes[i]})
		}
	}
	for i := range names {
		add(names[i].Claimed, Moment{What: Calls, Name: &names[i]})
	}
	for i := range g.Events {
		add(g.Events[i].Claimed, Moment{What: Changed, Event: &g.Events[i]})
	}
	slices.SortStableFunc(out, func(a, b Moment) int {
		x, y := a.when(), b.when()
		if c := x.Compare(y); c != 0 {
			return c
		}
		return slices.Index(momentOrder, a.What) - slices.Index(momentOrder, b.What)
	})
	return out
}

// when is where a moment stands in the order: what ended in 2018 did so at its end at the latest.
func (m *Moment) when() Date {
	if m.What == Ended {
		return DateOf(m.Date.Last())
	}
	return m.Date
}
