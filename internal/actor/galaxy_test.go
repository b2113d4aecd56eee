package actor

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"entente/internal/stix"
)

const galaxyOne = `{"name":"Threat Actor","type":"threat-actor","uuid":"7cdff317-a673-4474-84ec-4f1754947823","values":[
{"value":"Quiet Harbour","uuid":"5f0c1a2b-0001-4a2b-8c3d-0123456789ab","description":"A group.","meta":{"synonyms":["Still Bay","UNC0007"," quiet  harbour "],"country":"XA",
 "refs":["https://example.org/a","javascript:alert(1)"],"attribution-confidence":"75","cfr-suspected-state-sponsor":"Examplia","cfr-suspected-victims":["Neighbourland","Farland"],"cfr-target-category":["Government"]},
 "related":[{"dest-uuid":"5f0c1a2b-0002-4a2b-8c3d-0123456789ab","type":"uses","tags":["estimative-language:likelihood-probability=\"likely\""]},{"dest-uuid":"5f0c1a2b-0009-4a2b-8c3d-0123456789ab","type":"similar"}]},
{"value":5},
{"value":"Loud Harbour","meta":{"synonyms":"Still Bay","country":["XB","Nowhere"],"attribution-confidence":50}}]}`

const galaxyTwo = `{"name":"Tool","type":"tool","values":[
{"value":"Loader","uuid":"5F0C1A2B-0002-4A2B-8C3D-0123456789AB","related":[{"dest-uuid":"5f0c1a2b-0001-4a2b-8c3d-0123456789ab","type":"used-by"},{"dest-uuid":"5f0c1a2b-0001-4a2b-8c3d-0123456789ab","type":"Not A Name!"}]}]}`

func readGalaxies(t *testing.T, files ...string) (*Galaxies, *world) {
	t.Helper()
	g := &Galaxies{}
	for _, f := range files {
		if err := g.Read(strings.NewReader(f)); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t)
	for _, raw := range g.Objects(noon) {
		o, err := stix.Parse(raw, stix.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if f := stix.Check(o); stix.HasErrors(f) {
			t.Errorf("%s: %+v", raw, f)
		}
		w.raw(raw)
	}
	return g, w
}

func TestGalaxiesBecomeClaims(t *testing.T) {
	g, w := readGalaxies(t, galaxyOne, galaxyTwo)
	const id = "threat-actor--5f0c1a2b-0001-4a2b-8c3d-0123456789ab"
	graph := w.around(Question{Start: []string{id}})
	same(t, "edges", graph.lines(), "Loader related-to Quiet Harbour", "Quiet Harbour attributed-to Examplia", "Quiet Harbour located-at XA",
		"Quiet Harbour targets Farland", "Quiet Harbour targets Government", "Quiet Harbour targets Neighbourland", "Quiet Harbour uses Loader", "Quiet Harbour uses Loader")
	claims := map[string]Edge{}
	for _, e := range graph.Edges {
		claims[graph.title(e.To)] = e
	}
	title := func(id string) string { return text(w.m.objects[id], "name") }
	if e := claims["Examplia"]; title(e.Claimant) != "Council on Foreign Relations" || title(e.Recorder) != "MISP galaxy: Threat Actor" || e.Claimed.String() != "2021-07-19" {
		t.Errorf("%+v", e)
	}
	if e := claims["XA"]; title(e.Claimant) != "MISP galaxy: Threat Actor" || e.Confidence != 75 {
		t.Errorf("%+v", e)
	}
	if e := claims["Loader"]; !strings.Contains(e.Note, "likely") && !slices.ContainsFunc(graph.Edges, func(e Edge) bool { return strings.Contains(e.Note, "likely") }) {
		t.Errorf("%+v", e)
	}
	// One name, two actors.
	bears, err := WhoBears(t.Context(), &w.m, "still bay")
	if err != nil || len(bears) != 2 || bears[0].Actor == bears[1].Actor {
		t.Errorf("%+v %v", bears, err)
	}
	names, _, _ := Names(t.Context(), &w.m, id)
	if len(names) != 3 {
		t.Errorf("%+v", names)
	}
	var lost []string
	for _, l := range g.Lost {
		lost = append(lost, l.What)
	}
	for _, want := range []string{"cannot be read", "country Nowhere", "relation similar", "the name of the relation Not A Name!"} {
		if !slices.ContainsFunc(lost, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("no word of %q: %q", want, lost)
		}
	}
}

func TestGalaxiesOfAttackMakeClaimsOnly(t *testing.T) {
	g, w := readGalaxies(t, `{"type":"mitre-intrusion-set","values":[{"value":"X - G9999","uuid":"5f0c1a2b-0001-4a2b-8c3d-0123456789ab","meta":{"synonyms":["Y"]}}]}`)
	if _, made := w.m.objects["intrusion-set--5f0c1a2b-0001-4a2b-8c3d-0123456789ab"]; made || len(g.Lost) != 1 {
		t.Errorf("%v %+v", made, g.Lost)
	}
	if bears, err := WhoBears(t.Context(), &w.m, "Y"); err != nil || len(bears) != 1 || bears[0].Actor != "intrusion-set--5f0c1a2b-0001-4a2b-8c3d-0123456789ab" {
		t.Errorf("%+v %v", bears, err)
	}
}

func TestWhatIsNoGalaxy(t *testing.T) {
	for _, s := range []string{"", "[]", "{}", `{"type":"threat-actor"}`, `{"type":"bundle","objects":[]}`, `{"type":5,"values":[]}`} {
		if err := new(Galaxies).Read(strings.NewReader(s)); !errors.Is(err, ErrNoGalaxy) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// Whatever stands in a file of clusters, what is made of it breaks no rule of STIX, and comes out the same each time.
func FuzzGalaxy(f *testing.F) {
	f.Add([]byte(galaxyOne))
	f.Add([]byte(galaxyTwo))
	f.Add([]byte(`{"type":"mitre-tool","values":[{"value":"a","uuid":"x","meta":{"refs":5,"synonyms":{"a":1},"country":[["XA"]]}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var outputs [2][]byte
		for i := range outputs {
			g := &Galaxies{}
			if err := g.Read(bytes.NewReader(b)); err != nil {
				return
			}
			for _, raw := range g.Objects(noon) {
				o, err := stix.Parse(raw, stix.Limits{})
				if err != nil {
					t.Fatalf("%s: %v", raw, err)
				}
				for _, x := range stix.Check(o) {
					if x.Severity == stix.Error {
						t.Fatalf("%s: %+v", raw, x)
					}
				}
				outputs[i] = append(outputs[i], raw...)
			}
		}
		if !bytes.Equal(outputs[0], outputs[1]) {
			t.Fatal("other objects the second time")
		}
	})
}

// Whatever object comes, it can be read as an edge, an event, a node and names, and the order of events changes nothing.
func FuzzObjects(f *testing.F) {
	seeds := [][]byte{
		merge(cluster("b"), 1, cluster("a")).Object(),
		NewEvent{Kind: Split, Of: cluster("b"), Moves: []Move{{cluster("a"), cluster("a")}, {"relationship--1", cluster("c")}}, Stated: says(us, 1)}.Object(),
		NewAlias{Actor: cluster("a"), Name: "x", Stated: says(us, 1)}.Object(),
		NewEdge{From: cluster("a"), Type: "uses", To: cluster("b"), Stated: says(us, 1)}.Object(),
		[]byte(`{"type":"sighting","id":"sighting--1","sighting_of_ref":"malware--1","where_sighted_refs":["identity--1",5]}`),
		[]byte(`{"type":"grouping","id":"grouping--1","object_refs":["malware--1"],"extensions":{"x":1}}`),
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := stix.Parse(b, stix.Limits{})
		if err != nil || o.ID == "" || o.Type == "" {
			return
		}
		m := &Memory{}
		if err := m.Add(Object{Object: o}); err != nil {
			t.Fatal(err)
		}
		for _, s := range seeds {
			if p, err := stix.Parse(s, stix.Limits{}); err == nil && p.ID != o.ID {
				_ = m.Add(Object{Object: p})
			}
		}
		r, err := NewReader(t.Context(), m, Filter{})
		if err != nil {
			t.Fatal(err)
		}
		g, err := r.Whole(t.Context(), Filter{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := WriteSVG(&out, g, Picture{}, func(id string) string { return id }); err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(g); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Names(t.Context(), m, o.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := WhoBears(t.Context(), m, text(m.objects[o.ID], "name")); err != nil {
			t.Fatal(err)
		}
	})
}
