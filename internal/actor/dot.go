package actor

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteDOT writes a graph in the language of Graphviz.
func WriteDOT(w io.Writer, g *Graph, name Naming) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "digraph actors {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n")
	if g.Label != "" {
		fmt.Fprintf(out, "  label=%s;\n", dotText("TLP:"+strings.ToUpper(g.Label)))
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		fmt.Fprintf(out, "  %s [label=%s, tooltip=%s];\n", dotText(n.ID), dotText(n.Title()+" ("+n.what()+")"), dotText(n.ID))
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		style := ""
		if e.Contested || e.Denied {
			style = ", style=dashed"
		}
		fmt.Fprintf(out, "  %s -> %s [label=%s, tooltip=%s%s];\n", dotText(e.From), dotText(e.To), dotText(e.short()), dotText(e.long(g, name)), style)
	}
	fmt.Fprintln(out, "}")
	return out.Flush()
}

// what says what a node is, for people.
func (n *Node) what() string {
	switch {
	case n.Missing:
		return "not in this view: " + n.Type
	case n.Response != "":
		return n.Response
	case n.Kind != "":
		return string(n.Kind)
	}
	return n.Type
}

// short is an edge in a few words.
func (e *Edge) short() string {
	s := e.Type
	if e.Denied {
		s = "not " + s
	}
	if held := e.Held.String(); held != "" {
		s += " " + held
	}
	return s
}

// long is all that an edge claims, in a line.
func (e *Edge) long(g *Graph, name Naming) string {
	parts := []string{g.title(e.From) + " " + e.Type + " " + g.title(e.To)}
	if e.Denied {
		parts[0] = "denied: " + parts[0]
	}
	if held := e.Held.String(); held != "" {
		parts = append(parts, "held "+held)
	}
	who := "claimed"
	if e.Claimant != "" {
		who += " by " + name(e.Claimant)
	}
	if !e.Claimed.IsZero() {
		who += ", " + e.Claimed.Day()
	}
	parts = append(parts, who)
	if s := e.Grade.String(); s != "" {
		parts = append(parts, "grade "+s)
	}
	if s := sourceText(e.Sources); s != "" {
		parts = append(parts, "source: "+clip(s, 200))
	}
	if e.StatedFrom != "" || e.StatedTo != "" {
		parts = append(parts, "said of a cluster that stands here now")
	}
	if e.Contested {
		parts = append(parts, "contested: an end stands in several places")
	}
	return strings.Join(parts, " · ")
}

// title is what to call a node. Nodes are in the order of their identifiers.
func (g *Graph) title(id string) string {
	if i, ok := slices.BinarySearchFunc(g.Nodes, id, func(n Node, id string) int { return strings.Compare(n.ID, id) }); ok {
		return g.Nodes[i].Title()
	}
	return id
}
