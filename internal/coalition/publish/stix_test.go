package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"entente/internal/coalition"
	"entente/internal/stix"
)

// objects reads a bundle and demands that it is STIX 2.1 in order, and that what it refers to is in it.
func objects(t *testing.T, bundle []byte, elsewhere ...string) []map[string]any {
	t.Helper()
	var checker stix.Checker
	r := stix.NewReader(bytes.NewReader(bundle), stix.Limits{})
	var out []map[string]any
	ids := map[string]bool{}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.Err != nil {
			t.Fatal(e.Err)
		}
		for _, f := range checker.Check(e.Object) {
			t.Errorf("%s %s: %s %s", e.Object.ID, f.Pointer, f.Severity, f.Message)
		}
		var o map[string]any
		if err := json.Unmarshal(e.Object.Raw, &o); err != nil {
			t.Fatal(err)
		}
		if o["type"] == "bundle" {
			continue
		}
		out = append(out, o)
		ids[e.Object.ID] = true
	}
	for _, late := range checker.Finish() {
		t.Errorf("%s: %s", late.ID, late.Message)
	}
	for _, o := range out {
		for k, v := range o {
			var refs []any
			switch {
			case strings.HasSuffix(k, "_refs"):
				refs = v.([]any)
			case strings.HasSuffix(k, "_ref"):
				refs = []any{v}
			}
			for _, ref := range refs {
				if !ids[ref.(string)] && !slices.Contains(elsewhere, ref.(string)) {
					t.Errorf("%v: %s points to %v, which is not there", o["id"], k, ref)
				}
			}
		}
		if o["type"] != "marking-definition" && o["object_marking_refs"] == nil && o["name"] != "Entente" && o["type"] != "extension-definition" {
			t.Errorf("%v is not marked", o["id"])
		}
	}
	return out
}

func ofType(list []map[string]any, kind string) []map[string]any {
	return slices.DeleteFunc(slices.Clone(list), func(o map[string]any) bool { return o["type"] != kind })
}

func TestSTIX(t *testing.T) {
	list := objects(t, released(t, sample(t))["stix.json"])
	names := map[any]string{}
	for _, o := range ofType(list, "identity") {
		names[o["id"]] = fmt.Sprint(o["name"])
	}
	claims := map[any]string{}
	for _, o := range ofType(list, "note") {
		if abstract := fmt.Sprint(o["abstract"]); strings.HasPrefix(abstract, "Claim ") {
			claims[o["id"]] = abstract
		}
	}
	opinions := map[string]string{}
	for _, o := range ofType(list, "opinion") {
		about := []string{}
		for _, ref := range o["object_refs"].([]any) {
			about = append(about, claims[ref])
		}
		opinions[names[o["created_by_ref"]]] = fmt.Sprint(o["opinion"], " ", about, " ", o["confidence"])
	}
	want := map[string]string{
		"Aland": "agree [Claim intrusion Claim state] 85", // very likely of ICD 203 on the DNI scale
		"Bland": "agree [Claim intrusion] <nil>",          // two judgements, and of the UK: no number
		"Cland": "disagree [Claim state] <nil>",
		"Dland": "neutral [Claim intrusion Claim state] 50", // moderate of ICD 203
	}
	if !maps.Equal(opinions, want) {
		t.Errorf("the opinions are %q,\nwant %q", opinions, want)
	}
	positions := map[string]string{}
	for _, o := range ofType(list, "note") {
		if labels, _ := o["labels"].([]any); slices.Contains(labels, any("position")) {
			positions[names[o["created_by_ref"]]] = fmt.Sprint(o["abstract"], " | ", o["content"])
		}
	}
	for member, want := range map[string]string{
		"Bland": "Bland (bb) assesses: intrusion. Likelihood: highly likely (PHIA yardstick: 80–90 %). Confidence: high (PHIA yardstick). | We are sure of it.\n\nNo more is said.",
		"Gland": "Gland (gg) abstains: all claims. | Gland (gg) abstains: all claims.",
	} {
		if positions[member] != want {
			t.Errorf("the note of %s is %q", member, positions[member])
		}
	}
	if len(positions) != 7 {
		t.Errorf("%d positions have a note: %q", len(positions), positions)
	}
	for _, o := range ofType(list, "report") {
		refs := o["object_refs"].([]any)
		if o["name"] == "Intrusions into mail servers" && (len(refs) != 1+7+2+7+4+2+1 || o["published"] != "2021-07-19T12:00:06.000Z") {
			t.Errorf("the report is about %d objects and of %v", len(refs), o["published"])
		}
	}
	if n := len(ofType(list, "report")); n != 2 {
		t.Errorf("there are %d reports: the statement's and the pack's", n)
	}
	if n := len(ofType(list, "marking-definition")); n != 1 {
		t.Errorf("there are %d markings", n)
	}
	if len(ofType(list, "attack-pattern")) == 0 || len(ofType(list, "language-content")) != 3 {
		t.Errorf("the objects of the pack are missing, or what is said in other languages: %d", len(ofType(list, "language-content")))
	}
}

func TestSTIXMarking(t *testing.T) {
	for tlp, want := range map[string]string{"clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"} {
		s := withFiles(sample(t), map[string][]byte{})
		s.Manifest.TLP = tlp
		for _, o := range objects(t, released(t, s)["stix.json"]) {
			if refs, ok := o["object_marking_refs"]; ok && fmt.Sprint(refs) != "["+want+"]" {
				t.Errorf("%s: %v is marked %v", tlp, o["id"], refs)
			}
		}
	}
}

// What has one identifier and one time has to be one object: in statements of one coalition, in revisions, in another marking.
func TestSTIXIdentifiersMeanOneThing(t *testing.T) {
	seen := map[string]string{}
	for _, change := range []func(*Statement){
		func(*Statement) {},
		func(s *Statement) { s.Digest = digest("other") },
		func(s *Statement) { s.Digest, s.Manifest.TLP = digest("green"), "green" },
		func(s *Statement) { s.Said[0].Stance, s.Said[0].At = coalition.Object, noon+99 },
		func(s *Statement) { s.Root.Version, s.Said[1].Name, s.Digest = 2, "Blandia", digest("renamed") },
	} {
		s := withFiles(sample(t), map[string][]byte{})
		change(s)
		for _, o := range objects(t, released(t, s)["stix.json"]) {
			raw, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			key := fmt.Sprint(o["id"], o["modified"])
			if old, ok := seen[key]; ok && old != string(raw) {
				t.Errorf("%s is\n%s\nand\n%s", key, old, raw)
			}
			seen[key] = string(raw)
		}
	}
}

func TestSTIXConfidence(t *testing.T) {
	icd := func(term string) *coalition.Likelihood { return &coalition.Likelihood{Scale: "icd-203", Term: term} }
	level := func(l string) *coalition.Confidence { return &coalition.Confidence{Scale: "icd-203", Level: l} }
	for _, test := range []struct {
		l    *coalition.Likelihood
		c    *coalition.Confidence
		want int
	}{
		{icd("almost no chance"), nil, 5},
		{icd("very unlikely"), nil, 15},
		{icd("unlikely"), nil, 30},
		{icd("roughly even chance"), nil, 50},
		{icd("likely"), nil, 70},
		{icd("very likely"), nil, 85},
		{icd("almost certain"), nil, 95},
		{nil, level("low"), 15},
		{nil, level("moderate"), 50},
		{nil, level("high"), 85},
		{icd("likely"), level("high"), 0},
		{nil, nil, 0},
		{&coalition.Likelihood{Scale: "uk-phia", Term: "likely"}, nil, 0},
		{nil, &coalition.Confidence{Scale: coalition.OwnWords, Level: "high"}, 0},
	} {
		got, scale := stixConfidence(&coalition.Said{Likelihood: test.l, Confidence: test.c})
		if got != test.want || (scale == "") != (got == 0) {
			t.Errorf("%v %v is %d of scale %q, want %d", test.l, test.c, got, scale, test.want)
		}
	}
	for _, term := range coalition.Scales[0].Terms { // none of the scale is forgotten
		if got, _ := stixConfidence(&coalition.Said{Likelihood: icd(term.Name)}); got == 0 {
			t.Errorf("%q has no number", term.Name)
		}
	}
}

func TestSTIXOfAHostileStatement(t *testing.T) {
	objects(t, released(t, hostile(t))["stix.json"])
}
