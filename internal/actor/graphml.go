package actor

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Naming gives names for identifiers of claimants.
type Naming func(id string) string

// WriteGraphML writes a graph as GraphML, which yEd, Gephi, Cytoscape and NetworkX read.
func WriteGraphML(w io.Writer, g *Graph, name Naming) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, `<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
`)
	for _, k := range []struct{ of, name, kind string }{
		{"graph", "label", "string"},
		{"node", "name", "string"},
		{"node", "kind", "string"},
		{"node", "type", "string"},
		{"node", "response", "string"},
		{"node", "date", "string"},
		{"node", "depth", "int"},
		{"edge", "relationship", "string"},
		{"edge", "from", "string"},
		{"edge", "to", "string"},
		{"edge", "claimed", "string"},
		{"edge", "claimant", "string"},
		{"edge", "grade", "string"},
		{"edge", "confidence", "int"},
		{"edge", "sources", "string"},
		{"edge", "contested", "boolean"},
		{"edge", "denied", "boolean"},
		{"edge", "object", "string"},
	} {
		fmt.Fprintf(out, "<key id=\"%s-%s\" for=\"%s\" attr.name=\"%s\" attr.type=\"%s\"/>\n", k.of, k.name, k.of, k.name, k.kind)
	}
	data := func(of, key, value string) {
		if value != "" {
			fmt.Fprintf(out, "<data key=\"%s-%s\">%s</data>", of, key, xmlText(value))
		}
	}
	fmt.Fprint(out, `<graph id="actors" edgedefault="directed">`)
	if g.Label != "" {
		data("graph", "label", "TLP:"+strings.ToUpper(g.Label))
	}
	fmt.Fprintln(out)
	for i := range g.Nodes {
		n := &g.Nodes[i]
		fmt.Fprintf(out, `<node id="%s">`, xmlText(n.ID))
		data("node", "name", n.Title())
		data("node", "kind", string(n.Kind))
		data("node", "type", n.Type)
		data("node", "response", n.Response)
		data("node", "date", n.Date.String())
		data("node", "depth", strconv.Itoa(n.Depth))
		fmt.Fprintln(out, "</node>")
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		fmt.Fprintf(out, `<edge id="e%d" source="%s" target="%s">`, i, xmlText(e.From), xmlText(e.To))
		data("edge", "relationship", e.Type)
		data("edge", "from", e.Held.From.String())
		data("edge", "to", e.Held.To.String())
		data("edge", "claimed", e.Claimed.String())
		data("edge", "claimant", name(e.Claimant))
		data("edge", "grade", e.Grade.String())
		if e.Confidence >= 0 {
			data("edge", "confidence", strconv.Itoa(e.Confidence))
		}
		data("edge", "sources", sourceText(e.Sources))
		if e.Contested {
			data("edge", "contested", "true")
		}
		if e.Denied {
			data("edge", "denied", "true")
		}
		data("edge", "object", e.ID)
		fmt.Fprintln(out, "</edge>")
	}
	fmt.Fprint(out, "</graph>\n</graphml>\n")
	return out.Flush()
}

// sourceText names sources on one line.
func sourceText(list []Reference) string {
	var out []string
	for _, r := range list {
		s := r.Name
		if r.URL != "" {
			s += " <" + r.URL + ">"
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}
