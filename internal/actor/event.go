package actor

import (
	"cmp"
	"slices"
	"strings"
)

// EventKind is what happened to clusters.
type EventKind string

// The kinds of events.
const (
	Merged    EventKind = "merge"    // Parts and Into are one
	Split     EventKind = "split"    // what is in Moves leaves Of, or what Reverses did is taken back, or both
	Graduated EventKind = "graduate" // the part is a named intrusion set from now on: Into
)

// Move says where a part of a cluster goes: a cluster that had been merged into it, or an edge (a relationship, a sighting).
type Move struct {
	What string `json:"what"`
	To   string `json:"to"`
}

// Event is a claim about clusters. Events are never edited: what turns out wrong is taken back by a later one, or revoked by
// its maker.
type Event struct {
	ID       string    `json:"id"`
	Kind     EventKind `json:"event"`
	Parts    []string  `json:"parts,omitempty"`
	Into     string    `json:"into,omitempty"`
	Of       string    `json:"of,omitempty"`
	Moves    []Move    `json:"moves,omitempty"`
	Reverses string    `json:"reverses,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Revoked  bool      `json:"revoked,omitempty"`
	Claim

	made Date   // created: settles the order of events of one day
	raw  string // settles which of two versions counts that claim the same time
	time Date   // modified
}

// Bounds of one event.
const (
	mostParts = 1000
	mostMoves = 20_000
)

// eventOf reads an event, false where the object is none.
func eventOf(o Object) (Event, bool) {
	if o.Type != TypeEvent {
		return Event{}, false
	}
	root := o.Root()
	e := Event{
		ID: o.ID, Kind: EventKind(text(o, "event")), Into: text(o, "into_ref"), Of: text(o, "of_ref"), Reverses: text(o, "reverses_ref"),
		Reason: text(o, "reason"), Revoked: o.Revoked, Claim: claimOf(o), made: DateOf(o.Created.Time), time: DateOf(o.Modified.Time), raw: string(o.Raw),
	}
	e.Parts = texts(root, "part_refs")
	slices.Sort(e.Parts)
	e.Parts = slices.Compact(e.Parts)
	e.Parts = e.Parts[:min(len(e.Parts), mostParts)]
	if moves, ok := root.Child("moves"); ok {
		for m := range moves.Children() {
			if v := (Move{textOr(m, "moved_ref", ""), textOr(m, "to_ref", "")}); v.What != "" && v.To != "" && len(e.Moves) < mostMoves {
				e.Moves = append(e.Moves, v)
			}
		}
	}
	switch e.Kind {
	case Merged, Graduated:
		return e, e.Into != "" && len(e.Parts) > 0
	case Split:
		return e, e.Reverses != "" || e.Of != "" && len(e.Moves) > 0
	}
	return Event{}, false
}

// inOrder gives each event once, its latest version, in the order in which they were claimed; of one day, in the order in which
// they were made.
func inOrder(events []Event) []Event {
	latest := map[string]Event{}
	for _, e := range events {
		old, ok := latest[e.ID]
		if !ok || cmp.Or(old.time.Compare(e.time), strings.Compare(old.raw, e.raw)) < 0 {
			latest[e.ID] = e
		}
	}
	out := make([]Event, 0, len(latest))
	for _, e := range latest {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Event) int {
		// Dates of a day and instants within it: the day counts first, so that an exact date is not before what was said of the same day.
		return cmp.Or(strings.Compare(day(a.Claimed), day(b.Claimed)), a.made.Compare(b.made), strings.Compare(a.ID, b.ID))
	})
	return out
}

func day(d Date) string {
	if d.IsZero() {
		return "9999"
	}
	return d.from.Format("2006-01-02")
}
