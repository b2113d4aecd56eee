package packimport

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
)

// Sources that want to be larger than a pack may be become packs that load, and the rest is said to be left out.
func TestTooMuch(t *testing.T) {
	commas := strings.Repeat("a, b: [c] {d}\n", 1000)
	object := func(kind string, i int, more map[string]any) json.RawMessage {
		o := map[string]any{"type": kind, "id": fmt.Sprintf("%s--%d", kind, i), "name": fmt.Sprintf("%s %d", kind, i), "description": commas}
		maps.Copy(o, more)
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	bundle := func(objects ...json.RawMessage) []byte {
		raw, err := json.Marshal(map[string]any{"type": "bundle", "objects": objects})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	technique := func(i int) map[string]any {
		return map[string]any{
			"kill_chain_phases":   []any{map[string]string{"kill_chain_name": "mitre-attack", "phase_name": "execution"}},
			"external_references": []any{map[string]string{"source_name": "mitre-attack", "external_id": fmt.Sprintf("T%04d", i)}},
		}
	}
	var list []json.RawMessage
	list = append(list, object("report", 0, map[string]any{"name": commas}))
	for i := range 150 {
		list = append(list, object("attack-pattern", i, technique(1000+i)), object("course-of-action", i, nil), object("malware", i, nil))
	}
	for i := range 600 {
		list = append(list, object("indicator", i, map[string]any{"pattern_type": "stix", "pattern": fmt.Sprintf("[domain-name:value = 'd%d.example']", i)}))
	}
	p, r := mustLoad(t, "a.json", bundle(list...), Options{})
	if len(p.TTPs) != 150 {
		t.Errorf("%d TTPs, want all 150, in several files", len(p.TTPs))
	}
	if n := len(p.Mitigations); n == 0 || n >= 150 {
		t.Errorf("%d mitigations", n)
	}
	if n := len(p.Indicators); n == 0 || n >= 600 {
		t.Errorf("%d indicators", n)
	}
	wantSaid(t, r, "mitigations", "are left out")
	wantSaid(t, r, "indicators", "are left out")
	if len(p.Manifest.Title) > 1000 || len(p.Manifest.Description) > maxDescription {
		t.Error("the manifest holds everything")
	}
}

// A tower of correlations, each of which rests on the one before, and the first on nothing.
func TestTowerOfCorrelations(t *testing.T) {
	var b strings.Builder
	b.WriteString(rule("Sound", "7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0001", "tags: [attack.t1190]\n"))
	for i := range 100 {
		below := fmt.Sprintf("c%d", i-1)
		if i == 0 {
			below = "nothing"
		}
		fmt.Fprintf(&b, "---\ntitle: C%d\nname: c%d\ncorrelation: {type: event_count, rules: [%s], group-by: [c-ip], timespan: 1m, condition: {gte: 1}}\n", i, i, below)
	}
	p, r := mustLoad(t, "tower.yml", []byte(b.String()), Options{})
	if len(p.Rules.Rules) != 1 || len(p.Rules.Correlations) != 0 {
		t.Errorf("%d rules and %d correlations", len(p.Rules.Rules), len(p.Rules.Correlations))
	}
	wantSaid(t, r, "C99", "left out")
}

func TestManyDocuments(t *testing.T) {
	var b strings.Builder
	for i := range maxDocs + 50 {
		fmt.Fprintf(&b, "---\n%s", rule(fmt.Sprintf("R%d", i), "", ""))
	}
	p, r := mustLoad(t, "many.yml", []byte(b.String()), Options{})
	if len(p.Rules.Rules) != maxDocs {
		t.Errorf("%d rules", len(p.Rules.Rules))
	}
	wantSaid(t, r, "many.yml", "beyond the first 200")
}
