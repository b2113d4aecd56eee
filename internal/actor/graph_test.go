package actor

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// world is a source in the making, of objects that break no rule of STIX.
type world struct {
	t *testing.T
	m Memory
}

func newWorld(t *testing.T) *world { t.Helper(); return &world{t: t} }

func (w *world) put(raw []byte) string {
	w.t.Helper()
	o := objectOf(w.t, raw)
	if err := w.m.Add(o); err != nil {
		w.t.Fatal(err)
	}
	return o.ID
}

func (w *world) node(k Kind, name string) string {
	w.t.Helper()
	n := NewNode{Kind: k, Name: name, Stated: says(us, 0)}
	if k == Response {
		n.Response = "indictment"
		n.Date = date(w.t, "2021-07-16")
	}
	return w.put(n.Object())
}

func (w *world) edge(from, kind, to, held string) string {
	w.t.Helper()
	return w.claim(from, kind, to, held, us, "")
}

func (w *world) claim(from, kind, to, held, who, claimed string) string {
	w.t.Helper()
	p := Period{}
	if held != "" {
		var err error
		if p, err = ParsePeriod(held); err != nil {
			w.t.Fatal(err)
		}
	}
	s := says(us, 0)
	s.Claimant, s.Claimed = who, date(w.t, claimed)
	return w.raw(NewEdge{From: from, Type: kind, To: to, Held: p, Stated: s}.Object())
}

// raw puts in a relationship, about the types of which STIX has advice that is not for us.
func (w *world) raw(b []byte) string {
	w.t.Helper()
	m := &Memory{}
	if err := m.Read(bytes.NewReader(b), func(where string, err error) { w.t.Error(where, err) }); err != nil {
		w.t.Fatal(err)
	}
	for id, o := range m.objects {
		if err := w.m.Add(o); err != nil {
			w.t.Fatal(err)
		}
		return id
	}
	return ""
}

func date(t *testing.T, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (w *world) reader(f Filter) *Reader {
	w.t.Helper()
	r, err := NewReader(w.t.Context(), &w.m, f)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) around(q Question) *Graph {
	w.t.Helper()
	g, err := w.reader(q.Filter).Around(w.t.Context(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// edges lists the edges of a graph by the names of their ends.
func (g *Graph) lines() []string {
	var out []string
	for _, e := range g.Edges {
		s := g.title(e.From) + " " + e.Type + " " + g.title(e.To)
		if e.Contested {
			s += "?"
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestTimeIsAsked(t *testing.T) {
	w := newWorld(t)
	a, m, n, o := w.node(IntrusionSet, "A"), w.node(Malware, "M"), w.node(Malware, "N"), w.node(Malware, "O")
	w.edge(a, "uses", m, "2011..2018")
	w.edge(a, "uses", n, "2019-05..")
	w.edge(a, "uses", o, "")
	for during, want := range map[string][]string{
		"":           {"A uses M", "A uses N", "A uses O"},
		"2016":       {"A uses M", "A uses O"},
		"2018-12-31": {"A uses M", "A uses O"},
		"2019-01-01": {"A uses O"},
		"..2010":     {"A uses O"},
		"2018..2020": {"A uses M", "A uses N", "A uses O"},
		"2019-05-01": {"A uses N", "A uses O"},
	} {
		q := Question{Start: []string{a}}
		if during != "" {
			var err error
			if q.During, err = ParsePeriod(during); err != nil {
				t.Fatal(err)
			}
		}
		g := w.around(q)
		same(t, during, g.lines(), want...)
		if g.Undated != 1 && during != "" {
			t.Errorf("%s: %d undated", during, g.Undated)
		}
		q.Dated = true
		same(t, during+", dated", w.around(q).lines(), slices.DeleteFunc(want, func(s string) bool { return s == "A uses O" })...)
	}
}

func TestWhatWasKnownThen(t *testing.T) {
	w := newWorld(t)
	a, b, m := w.node(Cluster, "A"), w.node(IntrusionSet, "B"), w.node(Malware, "M")
	w.claim(a, "uses", m, "", us, "2015")
	w.claim(b, "uses", m, "", them, "2020-03-04")
	e := merge(b, 0, a)
	e.Claimed = date(t, "2021-01-01")
	w.put(e.Object())
	ask := func(f Filter) []string { return w.around(Question{Start: []string{m}, Filter: f}).lines() }
	same(t, "2014", ask(Filter{KnownBy: date(t, "2014")}))
	same(t, "2016", ask(Filter{KnownBy: date(t, "2016")}), "A uses M")
	same(t, "2020", ask(Filter{KnownBy: date(t, "2020-12-31")}), "A uses M", "B uses M")
	same(t, "now", ask(Filter{}), "B uses M", "B uses M") // merged
	same(t, "by them", ask(Filter{Claimants: []string{them}}), "B uses M")
}

// A merge that is taken back leaves graphs as they were, but for the history; whichever way objects come, the graph is the same.
func TestMergeThenSplitRestoresGraphs(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for round := range 30 {
		var raws [][]byte
		var ids []string
		for i := range 6 {
			n := NewNode{Kind: []Kind{Cluster, IntrusionSet, Malware}[i%3], Name: fmt.Sprint(i), Stated: says(us, 0)}
			raws = append(raws, n.Object())
			ids = append(ids, objectOf(t, n.Object()).ID)
		}
		for range 12 {
			raws = append(raws, NewEdge{From: ids[r.IntN(6)], Type: "uses", To: ids[r.IntN(6)], Stated: says(us, r.IntN(100))}.Object())
		}
		build := func(raws [][]byte) *Graph {
			w := newWorld(t)
			for _, i := range r.Perm(len(raws)) {
				w.raw(raws[i])
				w.raw(raws[i])
			}
			g, err := w.reader(Filter{}).Whole(t.Context(), Filter{}, 1000)
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		before := build(raws)
		m := merge(ids[0], 1, ids[1], ids[3], ids[4])
		merged := build(append(slices.Clone(raws), m.Object()))
		if reflect.DeepEqual(before.Edges, merged.Edges) {
			t.Fatalf("round %d: the merge changes nothing", round)
		}
		id := objectOf(t, m.Object()).ID
		after := build(append(slices.Clone(raws), m.Object(), NewEvent{Kind: Split, Of: ids[0], Reverses: id, Stated: says(us, 2)}.Object()))
		if len(after.Events) != 2 {
			t.Fatalf("%d events", len(after.Events))
		}
		after.Events = nil
		if !reflect.DeepEqual(before, after) {
			t.Fatalf("%+v\nbecame\n%+v", before, after)
		}
	}
}

func TestContestedEdgesAreDrawnToEach(t *testing.T) {
	w := newWorld(t)
	a, b, c, m := w.node(Cluster, "A"), w.node(IntrusionSet, "B"), w.node(IntrusionSet, "C"), w.node(Malware, "M")
	w.edge(a, "uses", m, "")
	w.put(merge(b, 1, a).Object())
	w.put(NewEvent{Kind: Merged, Parts: []string{a}, Into: c, Stated: says(them, 2)}.Object())
	g := w.around(Question{Start: []string{m}})
	same(t, "edges", g.lines(), "B uses M?", "C uses M?")
	if len(g.Contradictions) != 1 || g.Edges[0].StatedFrom != a {
		t.Errorf("%+v", g.Contradictions)
	}
	same(t, "from one of both", w.around(Question{Start: []string{b}}).lines(), "B uses M?")
	same(t, "from what was merged", w.around(Question{Start: []string{a}}).lines(), "B uses M?", "C uses M?")
}

func TestSplitsMoveEdgesInGraphs(t *testing.T) {
	w := newWorld(t)
	a, b, m, n := w.node(Cluster, "A"), w.node(Cluster, "B"), w.node(Malware, "M"), w.node(Malware, "N")
	first := w.edge(a, "uses", m, "")
	w.edge(a, "uses", n, "")
	w.put(NewEvent{Kind: Split, Of: a, Moves: []Move{{first, b}}, Stated: says(us, 1)}.Object())
	same(t, "A", w.around(Question{Start: []string{a}}).lines(), "A uses N")
	same(t, "B", w.around(Question{Start: []string{b}}).lines(), "B uses M")
	same(t, "M", w.around(Question{Start: []string{m}}).lines(), "B uses M")
}

func TestHubsAreCutAndSaySo(t *testing.T) {
	w := newWorld(t)
	a := w.node(IntrusionSet, "A")
	for i := range 60 {
		w.edge(a, "uses", w.node(Malware, fmt.Sprint("M", i)), "")
	}
	g := w.around(Question{Start: []string{a}, Limit: 10})
	if len(g.Nodes) != 10 || len(g.Edges) != 9 || len(g.Cut) == 0 {
		t.Errorf("%d nodes, %d edges, cut %+v", len(g.Nodes), len(g.Edges), g.Cut)
	}
	if g = w.around(Question{Start: []string{a}}); len(g.Edges) != 60 || len(g.Cut) > 0 {
		t.Errorf("%d edges, cut %+v", len(g.Edges), g.Cut)
	}
}

// An edge of which both ends stand at very many places is drawn at some.
func TestContestedEdgesAreBounded(t *testing.T) {
	w := newWorld(t)
	a, b := w.node(Cluster, "A"), w.node(Cluster, "B")
	w.edge(a, "related-to", b, "")
	for i := range 60 {
		x := w.node(IntrusionSet, fmt.Sprint("X", i))
		w.put(merge(x, i, []string{a, b}[i%2]).Object())
	}
	g, err := w.reader(Filter{}).Whole(t.Context(), Filter{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Edges) != mostPlaces*mostPlaces || len(g.Cut) != 1 {
		t.Errorf("%d edges, cut %+v", len(g.Edges), g.Cut)
	}
}

func TestPathsAndWhatIsCommon(t *testing.T) {
	w := newWorld(t)
	x := map[string]string{}
	for _, n := range []string{"A", "B", "C", "D", "E", "F"} {
		x[n] = w.node(IntrusionSet, n)
	}
	for _, e := range []string{"AB", "BC", "CD", "AE", "ED", "EB", "AF", "DF"} {
		w.edge(x[e[:1]], "related-to", x[e[1:]], "")
	}
	ask := func(to string, longest, most int) (out []string) {
		g, err := w.reader(Filter{}).Between(t.Context(), PathQuestion{From: x["A"], To: x[to], Longest: longest, Most: most})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range g.Paths {
			s := ""
			for _, id := range p {
				s += g.title(id)
			}
			out = append(out, s)
		}
		slices.SortFunc(out, func(a, b string) int { return (len(a)-len(b))*10 + strings.Compare(a, b) })
		return out
	}
	same(t, "two edges", ask("D", 2, 0), "AED", "AFD")
	same(t, "three", ask("D", 3, 0), "AED", "AFD", "ABCD", "ABED")
	same(t, "all", ask("D", 4, 0), "AED", "AFD", "ABCD", "ABED", "AEBCD")
	same(t, "none", ask("C", 1, 0))
	same(t, "one", ask("B", 1, 0), "AB")
	if got := ask("D", 4, 2); len(got) != 2 {
		t.Errorf("two at most: %q", got)
	}
	g, err := w.reader(Filter{}).Common(t.Context(), []string{x["A"], x["D"]}, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "common", g.lines(), "A related-to E", "A related-to F", "D related-to F", "E related-to D")
}

func TestDenialsStandBesideAndLeadNowhere(t *testing.T) {
	w := newWorld(t)
	a, b := w.node(IntrusionSet, "A"), w.node(Organisation, "B")
	w.raw(NewEdge{From: a, Type: "attributed-to", To: b, Denied: true, Stated: says(them, 0)}.Object())
	g := w.around(Question{Start: []string{a}})
	if len(g.Edges) != 1 || !g.Edges[0].Denied || g.Edges[0].Claimant != them {
		t.Errorf("%+v", g.Edges)
	}
	ask := func() *Graph {
		p, err := w.reader(Filter{}).Between(t.Context(), PathQuestion{From: a, To: b})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := ask(); len(p.Paths) > 0 {
		t.Errorf("%+v", p.Paths)
	}
	w.raw(NewEdge{From: a, Type: "attributed-to", To: b, Stated: says(us, 0)}.Object())
	if p := ask(); len(p.Paths) != 1 || len(p.Edges) != 1 {
		t.Errorf("%+v", p)
	}
	if g = w.around(Question{Start: []string{a}}); len(g.Edges) != 2 {
		t.Errorf("%+v", g.Edges)
	}
}

func TestTimelineIsInOrder(t *testing.T) {
	w := newWorld(t)
	a, m, r := w.node(IntrusionSet, "A"), w.node(Malware, "M"), w.node(Response, "R")
	w.claim(a, "uses", m, "2011..2018", us, "2021-07-19")
	w.claim(r, "responds-to", a, "", us, "2021-07-20")
	w.put(NewAlias{Actor: a, Name: "B", Stated: says(us, 0)}.Object())
	names, _, err := Names(t.Context(), &w.m, a)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range Timeline(w.around(Question{Start: []string{a}}), names) {
		got = append(got, m.Date.Day()+" "+string(m.What))
	}
	same(t, "timeline", got, "2011 began", "2018 ended", "2021-07-16 responded", "2021-07-19 claimed", "2021-07-19 named", "2021-07-19 named", "2021-07-20 claimed")
}

func TestNamesAreClaims(t *testing.T) {
	w := newWorld(t)
	a, b := w.node(IntrusionSet, "Alpha"), w.node(IntrusionSet, "Beta")
	w.put(NewAlias{Actor: a, Name: "Quiet Harbour", Stated: says(us, 1)}.Object())
	other := says(us, 2)
	other.Claimant = them
	id := w.put(NewAlias{Actor: b, Name: "quiet harbour", Stated: other}.Object())
	w.put(NewAlias{Actor: a, Name: "Beta", Denied: true, Stated: says(us, 3)}.Object())
	claims, err := WhoBears(t.Context(), &w.m, "QUIET HARBOUR")
	if err != nil || len(claims) != 2 || claims[0].Actor == claims[1].Actor || claims[0].Claimant == claims[1].Claimant {
		t.Fatalf("%+v %v", claims, err)
	}
	if claims, _ = WhoBears(t.Context(), &w.m, "beta"); len(claims) != 2 || claims[0].Denied == claims[1].Denied {
		t.Errorf("%+v", claims)
	}
	// The same name merges nothing.
	if f := w.reader(Filter{}).Clustering(); len(f.Parts(a))+len(f.Parts(b)) > 0 {
		t.Error("names merge")
	}
	raw, err := Withdraw(w.m.objects[id], noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	w.put(raw)
	names, _, err := Names(t.Context(), &w.m, b)
	if err != nil || len(names) != 2 || !names[1].Withdrawn {
		t.Errorf("%+v %v", names, err)
	}
}

// hostile is a name that wants to be markup in each of the formats.
const hostile = "</title><script>alert(1)</script>\" ]; evil [x=\"\\\x1b[31m\u202e&amp;]]>"

func TestHostileNamesStayText(t *testing.T) {
	w := newWorld(t)
	a, m := w.node(IntrusionSet, hostile), w.node(Malware, "M"+hostile)
	s := says(us, 0)
	s.Sources = []Reference{{Name: hostile, URL: "https://example.org/" + "'\"<x>"}}
	w.raw(NewEdge{From: a, Type: "uses", To: m, Stated: s}.Object())
	g := w.around(Question{Start: []string{a}})
	g.Label = hostile
	name := func(string) string { return hostile }
	var svg, graphml, dot bytes.Buffer
	for _, err := range []error{WriteSVG(&svg, g, Picture{Title: hostile}, name), WriteGraphML(&graphml, g, name), WriteDOT(&dot, g, name)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for what, text := range map[string]string{"svg": svg.String(), "graphml": graphml.String()} {
		d := xml.NewDecoder(strings.NewReader(text))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
				t.Errorf("%s has a script", what)
			}
		}
	}
	for what, text := range map[string]string{"svg": svg.String(), "graphml": graphml.String(), "dot": dot.String()} {
		if strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%s has control characters", what)
		}
	}
	// In DOT, what stands outside of strings is ours.
	outside, in, escaped := "", false, false
	for _, r := range dot.String() {
		switch {
		case escaped:
			escaped = false
		case in && r == '\\':
			escaped = true
		case r == '"':
			in = !in
		case !in:
			outside += string(r)
		}
	}
	if in || strings.Contains(outside, "evil") || strings.Contains(outside, "script") {
		t.Errorf("a name got out of its string: %s", outside)
	}
}

func TestTheSameGraphGivesTheSameBytes(t *testing.T) {
	w := newWorld(t)
	a := w.node(IntrusionSet, "A")
	for i := range 40 {
		w.edge(a, "uses", w.node([]Kind{Malware, Sector, Organisation, Role}[i%4], fmt.Sprint("N", i)), "2011..2018")
	}
	var first string
	for range 3 {
		var out bytes.Buffer
		g := w.around(Question{Start: []string{a}})
		name := func(id string) string { return id }
		for _, err := range []error{
			WriteSVG(&out, g, Picture{Title: "x"}, name), WriteGraphML(&out, g, name), WriteDOT(&out, g, name), WriteSTIX(t.Context(), &out, &w.m, g),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if first == "" {
			first = out.String()
		}
		if out.String() != first {
			t.Fatal("other bytes")
		}
	}
	var out bytes.Buffer
	if err := WriteSVG(&out, w.around(Question{Start: []string{a}}), Picture{Most: 10}, func(id string) string { return id }); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "31 objects not drawn") {
		t.Error("it does not say what is not drawn")
	}
}

// What is written as STIX is read again as the same graph.
func TestBundlesComeBack(t *testing.T) {
	w := newWorld(t)
	a, b, m := w.node(Cluster, "A"), w.node(IntrusionSet, "B"), w.node(Malware, "M")
	w.claim(a, "uses", m, "2011..2018-05", them, "2021-07-19")
	w.put(merge(b, 1, a).Object())
	w.put(NewAlias{Actor: b, Name: "Other", Stated: says(us, 1)}.Object())
	g := w.around(Question{Start: []string{b}})
	var out bytes.Buffer
	if err := WriteSTIX(t.Context(), &out, &w.m, g); err != nil {
		t.Fatal(err)
	}
	again := &Memory{}
	if err := again.Read(&out, func(where string, err error) { t.Error(where, err) }); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(t.Context(), again, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := r.Around(t.Context(), Question{Start: []string{b}})
	if err != nil {
		t.Fatal(err)
	}
	x, _ := json.Marshal(g)
	y, _ := json.Marshal(h)
	if !bytes.Equal(x, y) {
		t.Errorf("%s\nbecame\n%s", x, y)
	}
	names, _, err := Names(context.Background(), again, b)
	if err != nil || len(names) != 2 {
		t.Errorf("%+v %v", names, err)
	}
}

func TestNamesAreWrapped(t *testing.T) {
	for name, want := range map[string][]string{
		"short": {"short"},
		"T1546.003 Windows Management Instrumentation": {"T1546.003 Windows", "Management Instrumentation"},
		strings.Repeat("x", 300):                       {strings.Repeat("x", 26), strings.Repeat("x", 25) + "…"},
		"":                                             {""},
	} {
		same(t, name, wrap(name, boxWidth-18), want...)
	}
}

func TestDatesAndGrades(t *testing.T) {
	for _, s := range []string{"20", "2011-13", "2021-02-30", "2021-07-19T25:00:00Z", "0000", "x"} {
		if _, err := ParseDate(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
	for s, want := range map[string]string{"2011..2018": "2011–2018", "2016": "2016", "..2018-05": "until 2018-05", "2019-05-01..": "since 2019-05-01"} {
		if p, err := ParsePeriod(s); err != nil || p.String() != want {
			t.Errorf("%s: %s %v", s, p, err)
		}
	}
	if _, err := ParsePeriod("2018..2011"); err == nil {
		t.Error("it ends before it begins")
	}
	for s, want := range map[string]string{"b2": "B2", "F": "F-", "6": "-6", "": ""} {
		if g, err := ParseGrade(s); err != nil || g.String() != want {
			t.Errorf("%s: %s %v", s, g, err)
		}
	}
	for _, s := range []string{"G1", "A7", "2A", "AA"} {
		if _, err := ParseGrade(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

func TestFormatNamesTheExtension(t *testing.T) {
	doc, err := os.ReadFile("../../docs/formats/actors.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range append([]string{Extension(), TypeEvent, TypeAlias, TypeResponse}, ResponseKinds()...) {
		if !bytes.Contains(doc, []byte(want)) {
			t.Errorf("no word of %s", want)
		}
	}
	objectOf(t, Definition())
}
