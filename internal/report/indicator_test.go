package report

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/hunt"
	"entente/internal/sigma"
)

const (
	indicatorID = "indicator--0c3f1d52-5a51-4a9e-8d6b-3f0a5d0c7b01"
	statementID = "marking-definition--0c3f1d52-5a51-4a9e-8d6b-3f0a5d0c7b02"
	tlpRedID    = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
	tlpAmberID  = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
)

// indicatorFinding is a finding of an indicator that is marked amber and with a statement.
func indicatorFinding() *hunt.Finding {
	f := plainFinding()
	f.Rule = &sigma.Meta{
		ID: indicatorID, Title: "Implant", Level: "high", Tags: []string{"tlp.amber"}, File: "intel.json",
		Indicator: &sigma.Indicator{
			ID: indicatorID, Pattern: "[file:name = 'a.exe']", Labels: []string{"apt40"}, Types: []string{"malicious-activity"}, Confidence: 85,
			Phases: []string{"mitre-attack:execution"}, Indicates: []string{"malware:Foo"}, TLP: "amber",
			Markings: []string{tlpAmberID, statementID}, TLPMarkings: []string{tlpAmberID}, From: time.Date(2021, 7, 1, 0, 0, 0, 0, time.UTC),
			Raw: []byte(`{"type":"indicator","spec_version":"2.1","id":"` + indicatorID + `","created":"2021-07-01T00:00:00.000Z","modified":"2021-07-01T00:00:00.000Z",` +
				`"pattern":"[file:name = 'a.exe']","pattern_type":"stix","valid_from":"2021-07-01T00:00:00Z","object_marking_refs":["` + tlpAmberID + `","` + statementID + `"],"x_kept":  1}`),
			MarkingIDs: []string{statementID},
			MarkingObjects: [][]byte{[]byte(`{"type":"marking-definition","spec_version":"2.1","id":"` + statementID +
				`","created":"2021-07-01T00:00:00.000Z","definition_type":"statement","definition":{"statement":"for allies"}}`)},
		},
	}
	return f
}

// Findings of an indicator are sightings of that indicator, which stands in the bundle as it came, under its own markings.
func TestSTIXIndicator(t *testing.T) {
	for _, c := range []struct {
		tlp  string
		want []string
	}{
		{"", []string{tlpAmberID, statementID}},
		{"green", []string{tlpAmberID, statementID}},
		{"amber", []string{tlpAmberID, statementID}},
		{"red", []string{tlpRedID, statementID}},
	} {
		text := render(t, "stix", Options{STIX: STIXOptions{TLP: c.tlp}}, nil, indicatorFinding(), indicatorFinding())
		objects := parseSTIX(t, text)
		if !strings.Contains(text, `"x_kept":  1}`) {
			t.Error("the indicator is not as it came")
		}
		if n := kinds(objects); n["indicator"] != 1 || n["sighting"] != 1 || n["attack-pattern"] != 0 {
			t.Errorf("%v", n)
		}
		if s := ofKind(objects, "sighting"); s["sighting_of_ref"] != indicatorID {
			t.Errorf("sighting of %v", s["sighting_of_ref"])
		}
		for _, kind := range []string{"sighting", "observed-data"} {
			var got []string
			for _, m := range ofKind(objects, kind)["object_marking_refs"].([]any) {
				got = append(got, m.(string))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("--tlp %q: %s is marked %v, want %v", c.tlp, kind, got, c.want)
			}
		}
	}
}

// The pattern of a correlation holds the rules that it refers to.
func TestSTIXCorrelationPattern(t *testing.T) {
	f := plainFinding()
	f.Rule = &sigma.Meta{ID: "c", Title: "Both", Level: "high"}
	f.RestsOn = []*sigma.Meta{{ID: "a", Title: "A"}, {ID: "b", Title: "B"}, {ID: "b2", Title: "B"}}
	texts := map[string]string{"c": "title: Both\n", "a": "title: A\n", "b": "title: B\n", "b2": "title: B\n"}
	o := Options{RuleText: func(m *sigma.Meta) ([]byte, error) {
		if texts[m.ID] == "" {
			return nil, errors.New("gone")
		}
		return []byte(texts[m.ID]), nil
	}}
	in := ofKind(parseSTIX(t, render(t, "stix", o, nil, f)), "indicator")
	if want := "title: Both\n\n---\ntitle: A\n\n---\ntitle: B\n"; in["pattern"] != want {
		t.Errorf("%q", in["pattern"])
	}
	delete(texts, "b")
	in = ofKind(parseSTIX(t, render(t, "stix", o, nil, f)), "indicator")
	if text := in["description"].(string); in["pattern"] != "title: Both\n" || !strings.Contains(text, "not whole") {
		t.Errorf("%q, %q", in["pattern"], text)
	}
}

// Whoever reads a report sees the marking, in every format.
func TestMarkingIsSeen(t *testing.T) {
	f := indicatorFinding()
	for _, format := range []struct{ name, want string }{
		{"terminal", "Implant [TLP:AMBER]"},
		{"terminal", "TLP:AMBER: findings here rest on indicators that are marked so."},
		{"csv", ",TLP:AMBER\r\n"},
		{"timesketch", `"tlp":"TLP:AMBER"`},
		{"timesketch", `Implant [TLP:AMBER] on`},
		{"timesketch-csv", ",TLP:AMBER\r\n"},
		{"sarif", `Implant [TLP:AMBER] on`},
		{"navigator", "TLP:AMBER: findings here rest"},
		{"splunk", `"tlp":"amber"`},
		{"ecs", `"indicator":{"name":"Implant","confidence":"High","marking":{"tlp":"AMBER"}}`},
		{"html", "TLP:AMBER: findings here rest on indicators that are marked so."},
		{"jsonl", `"indicator":{"id":"` + indicatorID + `","tlp":"amber","markings":["` + tlpAmberID + `","` + statementID +
			`"],"pattern":"[file:name = 'a.exe']","types":["malicious-activity"],"labels":["apt40"],"confidence":85,"kill_chain_phases":["mitre-attack:execution"],"indicates":["malware:Foo"],"valid_from":"2021-07-01T00:00:00Z"}`},
	} {
		if out := render(t, format.name, Options{}, nil, f); !strings.Contains(out, format.want) {
			t.Errorf("%s lacks %q in\n%.3000s", format.name, format.want, out)
		}
	}
	var line struct{ Rule struct{ Title string } }
	if err := json.Unmarshal([]byte(render(t, "jsonl", Options{}, nil, f)), &line); err != nil || line.Rule.Title != "Implant" {
		t.Errorf("%q, %v", line.Rule.Title, err)
	}
}
