package actor

import (
	"slices"
	"strings"
)

// Edge is what somebody claims of two nodes.
type Edge struct {
	ID   string `json:"id"` // of the object that claims it
	From string `json:"from"`
	Type string `json:"type"`
	To   string `json:"to"`
	// What the object itself says, where the ends are clusters that stand elsewhere by now.
	StatedFrom string `json:"stated_from,omitempty"`
	StatedTo   string `json:"stated_to,omitempty"`
	// Contested: by what is claimed of clusters, an end stands in several places; the edge is drawn to each.
	Contested bool   `json:"contested,omitempty"`
	Denied    bool   `json:"denied,omitempty"` // the claim is that it is not so
	Held      Period `json:"held,omitzero"`    // when it held; open where nobody has said
	Note      string `json:"note,omitempty"`
	Claim
}

// edgeTypes are the types of objects that are edges.
var edgeTypes = []string{"relationship", "sighting", "grouping"}

// mostEnds of one sighting or grouping.
const mostEnds = 1000

// edgesOf reads the edges of an object, as it states them; none of those that are revoked.
func edgesOf(o Object) []Edge {
	if o.Revoked {
		return nil
	}
	root := o.Root()
	e := Edge{ID: o.ID, Claim: claimOf(o), Note: clip(text(o, "description"), 300)}
	switch o.Type {
	case "relationship":
		x := extensionOf(o)
		e.From, e.Type, e.To = text(o, "source_ref"), text(o, "relationship_type"), text(o, "target_ref")
		e.Denied = textOr(x, "stance", "") == "denies"
		e.Held = Period{dateOf(x, "from"), dateOf(x, "to")}
		if e.Held.From.IsZero() {
			e.Held.From = dateOf(root, "start_time")
		}
		if e.Held.To.IsZero() {
			e.Held.To = dateOf(root, "stop_time")
		}
		if e.From == "" || e.To == "" || e.Type == "" {
			return nil
		}
		return []Edge{e}
	case "sighting":
		e.From, e.Type = text(o, "sighting_of_ref"), "sighted at"
		e.Held = Period{dateOf(root, "first_seen"), dateOf(root, "last_seen")}
		return e.toEach(texts(root, "where_sighted_refs"))
	case "grouping":
		e.From, e.Type = o.ID, "contains"
		return e.toEach(texts(root, "object_refs"))
	}
	return nil
}

func (e Edge) toEach(ends []string) []Edge {
	if e.From == "" {
		return nil
	}
	slices.Sort(ends)
	var out []Edge
	for _, to := range slices.Compact(ends) {
		if len(out) == mostEnds {
			break
		}
		e.To = to
		out = append(out, e)
	}
	return out
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func compareEdges(a, b *Edge) int {
	return slices.Compare([]string{a.From, a.Type, a.To, a.ID, a.StatedFrom, a.StatedTo}, []string{b.From, b.Type, b.To, b.ID, b.StatedFrom, b.StatedTo})
}
