package actor

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Picture is what stands around the picture of a graph.
type Picture struct {
	Title string
	Most  int // nodes that are drawn; 0 is 150
}

// Measures of pictures, in pixels.
const (
	boxWidth, boxHeight = 216, 52
	rowGap, columnGap   = 12, 190
	margin, headHeight  = 24, 64
	mostRows            = 22 // of one column
	letter              = 6.1
)

// lanes are the columns of a picture, from left to right: who is behind it, who does it, what they go by, with what, whom they hit, and
// what became of it.
var lanes = []struct {
	name, class string
	kinds       []Kind
}{
	{"Organisations", "org", []Kind{Organisation, Group, FrontCompany}},
	{"People and personas", "person", []Kind{Role, Person, Persona}},
	{"Actors and clusters", "actor", []Kind{ThreatActor, IntrusionSet, Cluster, Campaign}},
	{"Means", "means", []Kind{Malware, Tool, Technique, Infrastructure, Observable, Vulnerability}},
	{"Victims and places", "victim", []Kind{Victim, Sector, Location}},
	{"Responses and others", "response", nil},
}

func laneOf(k Kind) int {
	for i, l := range lanes {
		if slices.Contains(l.kinds, k) {
			return i
		}
	}
	return len(lanes) - 1
}

// box is a node in its place.
type box struct {
	*Node
	lane, column, row int
	x, y              float64
}

// WriteSVG draws a graph: one file that loads nothing and runs nothing, for light and dark surroundings. The same graph gives the same
// bytes. Columns are kinds of nodes; within them neighbours stand near each other. Of too many nodes those that are nearest to where
// the question began, and have the most edges, are drawn; how many were left out is said in the picture.
func WriteSVG(w io.Writer, g *Graph, p Picture, name Naming) error {
	boxes, at, left := place(g, p.Most)
	width, height := 0.0, 0.0
	for _, b := range boxes {
		width, height = max(width, b.x+boxWidth), max(height, b.y+boxHeight)
	}
	width, height = max(width+margin+60, 640), height+margin+28
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(out, "<title>%s</title>\n", xmlText(p.Title))
	fmt.Fprint(out, svgStyle)
	fmt.Fprintf(out, `<rect class="ground" width="%.0f" height="%.0f"/>`+"\n", width, height)
	fmt.Fprintf(out, `<text class="title" x="%d" y="30">%s</text>`+"\n", margin, xmlText(clipRunes(p.Title, 90)))
	if g.Label != "" {
		fmt.Fprintf(out, `<text class="tlp" x="%.0f" y="30" text-anchor="end">TLP:%s</text>`+"\n", width-margin, xmlText(strings.ToUpper(g.Label)))
	}
	seen := map[int]bool{}
	for _, b := range boxes {
		if !seen[b.lane] {
			seen[b.lane] = true
			fmt.Fprintf(out, `<text class="lane" x="%.1f" y="%d">%s</text>`+"\n", laneStart(boxes, b.lane), headHeight-6, xmlText(lanes[b.lane].name))
		}
	}
	drawEdges(out, g, boxes, at, name)
	for _, b := range boxes {
		fmt.Fprintf(out, `<g class="%s"><title>%s</title><rect x="%.1f" y="%.1f" width="%d" height="%d" rx="7"/>`, lanes[b.lane].class, xmlText(b.Title()+" · "+b.what()+" · "+b.ID), b.x, b.y, boxWidth, boxHeight)
		lines := wrap(harmless(b.Title()), boxWidth-18)
		for i, line := range lines {
			fmt.Fprintf(out, `<text class="name" x="%.1f" y="%.1f">%s</text>`, b.x+10, b.y+float64(24-7*len(lines)+14*i+4), xmlText(line))
		}
		what := b.what()
		if d := b.Date.Day(); d != "" {
			what += ", " + d
		}
		if n := len(b.Parts); n > 0 {
			what += ", holds " + many(n, "cluster")
		}
		fmt.Fprintf(out, `<text class="kind" x="%.1f" y="%.1f">%s</text></g>`+"\n", b.x+10, b.y+45, xmlText(clipRunes(what, 34)))
	}
	foot := "Each edge is somebody's claim; point at it for dates, claimant, grade and sources."
	if slices.ContainsFunc(g.Edges, func(e Edge) bool { return e.Contested }) {
		foot += " Dashed: by contradicting claims, an end stands in several places."
	}
	if slices.ContainsFunc(g.Edges, func(e Edge) bool { return e.Denied }) {
		foot += " Red: denied."
	}
	if left > 0 {
		foot += " " + many(left, "object") + " not drawn."
	}
	if len(g.Cut) > 0 {
		foot += " More was left out before."
	}
	fmt.Fprintf(out, `<text class="foot" x="%d" y="%.0f">%s</text>`+"\n</svg>\n", margin, height-12, xmlText(foot))
	return out.Flush()
}

const svgStyle = `<style>
:root{--ground:#fff;--ink:#1b1f24;--soft:#57606a;--line:#8b949e;--org:#dbe9ff;--person:#ffe7d1;--actor:#ffd9de;--means:#e4e0fb;--victim:#d8f3dc;--response:#fff3bf;--rim:#6e7781}
@media (prefers-color-scheme:dark){:root{--ground:#14171c;--ink:#e6edf3;--soft:#9da7b3;--line:#6e7781;--org:#1d3557;--person:#5a3514;--actor:#5c1f2b;--means:#3a3170;--victim:#1e4a2b;--response:#574a12;--rim:#8b949e}}
text{font-family:system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--ink)}
.ground{fill:var(--ground)}.title{font-size:17px;font-weight:600}.tlp{font-size:13px;font-weight:600}
.lane{font-size:12px;font-weight:600;fill:var(--soft)}.name{font-size:11.5px;font-weight:600}.kind,.foot{font-size:10.5px;fill:var(--soft)}
rect{stroke:var(--rim);stroke-width:1}.ground{stroke:none}
.org rect{fill:var(--org)}.person rect{fill:var(--person)}.actor rect{fill:var(--actor)}.means rect{fill:var(--means)}.victim rect{fill:var(--victim)}.response rect{fill:var(--response)}
.e path{fill:none;stroke:var(--line);stroke-width:1.3}.e.c path{stroke-dasharray:5 4}.e.d path{stroke:#d1242f;stroke-dasharray:2 3}.said{font-size:10px;fill:var(--soft);stroke:var(--ground);stroke-width:3px;paint-order:stroke;text-anchor:middle}
.e:hover path{stroke:var(--ink);stroke-width:2.2}.said:hover{fill:var(--ink)}#tip{fill:var(--line)}
</style>
<defs><marker id="to" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path id="tip" d="M0 .5 8 4 0 7.5z"/></marker></defs>
`

func laneStart(boxes []box, lane int) float64 {
	x := math.Inf(1)
	for _, b := range boxes {
		if b.lane == lane {
			x = min(x, b.x)
		}
	}
	return x
}

// place chooses the nodes that are drawn and puts them into columns and rows.
func place(g *Graph, most int) (boxes []box, at map[string]int, left int) {
	if most <= 0 {
		most = 150
	}
	degree := map[string]int{}
	next := map[string][]string{}
	for i := range g.Edges {
		e := &g.Edges[i]
		degree[e.From]++
		degree[e.To]++
		next[e.From] = append(next[e.From], e.To)
		next[e.To] = append(next[e.To], e.From)
	}
	order := make([]*Node, 0, len(g.Nodes))
	for i := range g.Nodes {
		order = append(order, &g.Nodes[i])
	}
	slices.SortFunc(order, func(a, b *Node) int {
		if a.Depth != b.Depth {
			return a.Depth - b.Depth
		}
		if degree[a.ID] != degree[b.ID] {
			return degree[b.ID] - degree[a.ID]
		}
		return slices.Compare([]string{a.Title(), a.ID}, []string{b.Title(), b.ID})
	})
	if len(order) > most {
		left = len(order) - most
		order = order[:most]
	}
	byLane := make([][]*Node, len(lanes))
	for _, n := range order {
		l := laneOf(n.Kind)
		byLane[l] = append(byLane[l], n)
	}
	// Rows: each node at the mean of its neighbours, from left to right and back, some times.
	row := map[string]float64{}
	renumber := func(list []*Node) {
		for i, n := range list {
			row[n.ID] = float64(i) - float64(len(list)-1)/2
		}
	}
	for _, list := range byLane {
		slices.SortFunc(list, func(a, b *Node) int {
			return slices.Compare([]string{string(a.Kind), a.Title(), a.ID}, []string{string(b.Kind), b.Title(), b.ID})
		})
		renumber(list)
	}
	for sweep := range 12 {
		for l := range byLane {
			list := byLane[l]
			if sweep%2 == 1 {
				list = byLane[len(byLane)-1-l]
			}
			mean := map[string]float64{}
			for _, n := range list {
				sum, k := 0.0, 0
				for _, o := range next[n.ID] {
					if r, drawn := row[o]; drawn && o != n.ID {
						sum += r
						k++
					}
				}
				mean[n.ID] = row[n.ID]
				if k > 0 {
					mean[n.ID] = sum / float64(k)
				}
			}
			slices.SortStableFunc(list, func(a, b *Node) int {
				switch x, y := mean[a.ID], mean[b.ID]; {
				case x < y-1e-9:
					return -1
				case x > y+1e-9:
					return 1
				}
				return 0
			})
			renumber(list)
		}
	}
	tallest := 0
	for _, list := range byLane {
		tallest = max(tallest, min(len(list), mostRows))
	}
	at = map[string]int{}
	column, x := 0, float64(margin)
	for l, list := range byLane {
		if len(list) == 0 {
			continue
		}
		columns := (len(list) + mostRows - 1) / mostRows
		rows := (len(list) + columns - 1) / columns
		for i, n := range list {
			c, r := i/rows, i%rows
			inColumn := min(rows, len(list)-c*rows)
			b := box{Node: n, lane: l, column: column + c, row: r}
			b.x = x + float64(c)*(boxWidth+24)
			b.y = headHeight + 8 + (float64(r)+float64(tallest-inColumn)/2)*(boxHeight+rowGap)
			at[n.ID] = len(boxes)
			boxes = append(boxes, b)
		}
		column += columns
		x += float64(columns-1)*(boxWidth+24) + boxWidth + columnGap
	}
	return boxes, at, left
}

// area is what a label or a box covers.
type area struct{ x0, y0, x1, y1 float64 }

func (a area) meets(b area) bool { return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1 }

// mostLabels: with more edges than that they have none, but for those that show when one points at them.
const mostLabels = 120

// drawEdges draws edges as curves, with labels where there is room.
func drawEdges(out io.Writer, g *Graph, boxes []box, at map[string]int, name Naming) {
	taken := make([]area, 0, len(boxes)+len(g.Edges))
	for _, b := range boxes {
		taken = append(taken, area{b.x, b.y, b.x + boxWidth, b.y + boxHeight})
	}
	columns := columnsOf(boxes)
	parallel := map[[2]string]int{}
	var above bytes.Buffer // labels stand on all lines
	for i := range g.Edges {
		e := &g.Edges[i]
		i, from := at[e.From]
		j, to := at[e.To]
		if !from || !to {
			continue
		}
		pair := [2]string{min(e.From, e.To), max(e.From, e.To)}
		offset := float64(parallel[pair]%6) * 7
		parallel[pair]++
		way := wayOf(&boxes[i], &boxes[j], columns, offset)
		class := "e"
		if e.Contested {
			class += " c"
		}
		if e.Denied {
			class += " d"
		}
		fmt.Fprintf(out, `<g class="%s"><title>%s</title><path d="M%.1f %.1f`, class, xmlText(e.long(g, name)), way[0][0][0], way[0][0][1])
		for k, c := range way {
			if k > 0 {
				fmt.Fprintf(out, "L%.1f %.1f", c[0][0], c[0][1])
			}
			fmt.Fprintf(out, "C%.1f %.1f %.1f %.1f %.1f %.1f", c[1][0], c[1][1], c[2][0], c[2][1], c[3][0], c[3][1])
		}
		fmt.Fprint(out, `" marker-end="url(#to)"/>`)
		if label := clipRunes(e.short(), 34); len(g.Edges) <= mostLabels {
			half := float64(len([]rune(label)))*letter*5/12 + 2
			if x, y, ok := room(way, half, &taken); ok {
				fmt.Fprintf(&above, `<text class="said" x="%.1f" y="%.1f">%s<title>%s</title></text>`+"\n", x, y, xmlText(label), xmlText(e.long(g, name)))
			}
		}
		fmt.Fprintln(out, "</g>")
	}
	_, _ = above.WriteTo(out) // the caller's Flush tells
}

// room finds a place for a label on the way of an edge, where nothing else stands; near its end, where ways lie apart.
func room(way []curve, half float64, taken *[]area) (x, y float64, ok bool) {
	for _, c := range slices.Backward(way) {
		for _, t := range []float64{0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.14, 0.86} {
			x, y := c.point(t)
			a := area{x - half, y - 9, x + half, y + 4}
			if !slices.ContainsFunc(*taken, a.meets) {
				*taken = append(*taken, a)
				return x, y, true
			}
		}
	}
	return 0, 0, false
}

// columnOf is a column of boxes: where it stands, and their upper edges in order.
type columnOf struct {
	x    float64
	tops []float64
}

func columnsOf(boxes []box) map[int]*columnOf {
	out := map[int]*columnOf{}
	for _, b := range boxes {
		if out[b.column] == nil {
			out[b.column] = &columnOf{x: b.x}
		}
		out[b.column].tops = append(out[b.column].tops, b.y)
	}
	for _, c := range out {
		slices.Sort(c.tops)
	}
	return out
}

// gap is the height nearest to another at which one can pass the column between its boxes, or above or below them.
func (c *columnOf) gap(y float64) float64 {
	first, last := c.tops[0]-rowGap/2, c.tops[len(c.tops)-1]+boxHeight+rowGap/2
	if y <= first || y >= last {
		return y
	}
	best := first
	for _, top := range c.tops {
		if below := top + boxHeight + rowGap/2; math.Abs(below-y) < math.Abs(best-y) {
			best = below
		}
	}
	return best
}

// wayOf leads from one box to another, past the columns between them where these have gaps.
func wayOf(a, b *box, columns map[int]*columnOf, offset float64) []curve {
	if d := a.column - b.column; d >= -1 && d <= 1 {
		return []curve{curveOf(a, b, offset)}
	}
	step, side := 1, 0.0 // side: from where a column is entered
	at := [2]float64{a.x + boxWidth, a.y + boxHeight/2 + offset}
	end := [2]float64{b.x, b.y + boxHeight/2 + offset}
	if a.column > b.column {
		step, side = -1, boxWidth
		at[0], end[0] = a.x, b.x+boxWidth
	}
	var way []curve
	lead := func(to [2]float64) {
		bend := (to[0] - at[0]) / 2
		way = append(way, curve{at, {at[0] + bend, at[1]}, {to[0] - bend, to[1]}, to})
	}
	for n := a.column + step; n != b.column; n += step {
		c := columns[n]
		if c == nil {
			continue
		}
		y := c.gap(at[1]+(end[1]-at[1])*(c.x-at[0])/(end[0]-at[0])) + offset/4
		lead([2]float64{c.x + side, y})
		at = [2]float64{c.x + boxWidth - side, y}
	}
	lead(end)
	return way
}

// curve is a cubic Bézier curve.
type curve [4][2]float64

func (c *curve) point(t float64) (x, y float64) {
	u := 1 - t
	w := [4]float64{u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t}
	for i, p := range c {
		x += w[i] * p[0]
		y += w[i] * p[1]
	}
	return x, y
}

// curveOf leads from one box to another, from the sides that face each other.
func curveOf(a, b *box, offset float64) curve {
	ay, by := a.y+boxHeight/2+offset, b.y+boxHeight/2+offset
	if a.column == b.column { // around the right side
		x := a.x + boxWidth
		out := 34 + math.Min(56, math.Abs(ay-by)/6) + offset*2
		if a.ID == b.ID {
			ay, by = ay-8, by+8
		}
		return curve{{x, ay}, {x + out, ay}, {x + out, by}, {x, by}}
	}
	ax, bx := a.x+boxWidth, b.x
	bend := math.Max(60, (bx-ax)/2)
	if a.x > b.x {
		ax, bx = a.x, b.x+boxWidth
		bend = -math.Max(60, (ax-bx)/2)
	}
	return curve{{ax, ay}, {ax + bend, ay}, {bx - bend, by}, {bx, by}}
}

func clipRunes(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return strings.TrimRight(string(r[:most-1]), " ") + "…"
}

// wrap breaks a text into one or two lines that are at most so many pixels wide, at a blank where there is one.
func wrap(s string, most float64) []string {
	fits := func(r []rune) (n int) {
		for wide := 0.0; n < len(r); n++ {
			if wide += letterWidth(r[n]); wide > most {
				break
			}
		}
		return n
	}
	r := []rune(s)
	at := fits(r)
	if at == len(r) {
		return []string{s}
	}
	for i := at; i > at/2; i-- {
		if r[i] == ' ' {
			at = i
			break
		}
	}
	rest := []rune(strings.TrimLeft(string(r[at:]), " "))
	if n := fits(rest); n < len(rest) {
		rest = append(rest[:max(n-1, 0)], '…')
	}
	return []string{string(r[:at]), string(rest)}
}

// letterWidth is about how wide a letter of a name is, in pixels: rather too much, because fonts differ.
func letterWidth(r rune) float64 {
	switch {
	case strings.ContainsRune("iljtfr.,:;'|!()[] ", r):
		return 4.6
	case strings.ContainsRune("mwMW@%…", r):
		return 11
	case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
		return 8.2
	case r >= 0x2E80: // scripts of which a letter is a square
		return 12
	}
	return 7.4
}
