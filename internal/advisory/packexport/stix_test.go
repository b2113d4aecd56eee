package packexport

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/advisory"
	"entente/internal/stix"
)

// bundle exports a pack and reads the bundle back.
func bundle(t *testing.T, p *advisory.Pack, o Options) ([]map[string]any, []advisory.Remark) {
	t.Helper()
	text, remarks := export(t, STIX, p, o)
	var b struct {
		Type    string
		ID      string
		Objects []map[string]any
	}
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	if b.Type != "bundle" || !strings.HasPrefix(b.ID, "bundle--") {
		t.Errorf("the bundle is %s %s", b.Type, b.ID)
	}
	return b.Objects, remarks
}

func ofType(objects []map[string]any, kind string) []map[string]any {
	return slices.DeleteFunc(slices.Clone(objects), func(o map[string]any) bool { return o["type"] != kind })
}

func TestSTIXObjectsAreInOrder(t *testing.T) {
	for _, p := range []*advisory.Pack{sample(t), sampleWith(t, "issued: 2024-02-03", "issued: 0000-99-99", "tlp: amber+strict", "tlp: purple")} {
		objects, _ := bundle(t, p, Options{})
		checkSTIX(t, objects)
	}
}

// checkSTIX demands what STIX 2.1 demands of the types that an export writes.
func checkSTIX(t *testing.T, objects []map[string]any) {
	t.Helper()
	required := map[string][]string{ // besides type, spec_version, id and created (sections 4, 5 and 7)
		"marking-definition":   {"name", "extensions"},
		"extension-definition": {"created_by_ref", "modified", "name", "schema", "version", "extension_types"},
		"identity":             {"modified", "name", "identity_class"},
		"report":               {"modified", "name", "published", "object_refs", "report_types"},
		"attack-pattern":       {"modified", "name", "external_references", "kill_chain_phases"},
		"course-of-action":     {"modified", "name"},
		"indicator":            {"modified", "pattern", "pattern_type", "valid_from"},
		"note":                 {"modified", "content", "object_refs"},
		"relationship":         {"modified", "relationship_type", "source_ref", "target_ref"},
	}
	tied := map[string]bool{ // relationships that section 4 names
		"course-of-action mitigates attack-pattern": true,
		"indicator indicates attack-pattern":        true,
	}
	idForm := regexp.MustCompile(`^[a-z-]+--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	timeForm := regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`)
	ids := map[string]bool{}
	for _, o := range objects {
		kind, id := o["type"].(string), o["id"].(string)
		if !idForm.MatchString(id) || !strings.HasPrefix(id, kind+"--") {
			t.Errorf("%s has the id %s", kind, id)
		}
		if ids[id] {
			t.Errorf("%s stands there twice", id)
		}
		ids[id] = true
		if o["spec_version"] != "2.1" {
			t.Errorf("%s: spec_version %v", id, o["spec_version"])
		}
		fields, known := required[kind]
		if !known {
			t.Errorf("nobody expects a %s", kind)
		}
		for _, f := range append([]string{"created"}, fields...) {
			if o[f] == nil || o[f] == "" {
				t.Errorf("%s has no %s", id, f)
			}
		}
		for k, v := range o {
			if list, ok := v.([]any); ok && len(list) == 0 {
				t.Errorf("%s: the list %s is empty", id, k)
			}
			if slices.Contains([]string{"created", "modified", "published", "valid_from", "valid_until"}, k) {
				if _, err := time.Parse(time.RFC3339, v.(string)); err != nil || !timeForm.MatchString(v.(string)) {
					t.Errorf("%s: %s is %v", id, k, v)
				}
			}
		}
		if m, ok := o["modified"].(string); ok && m < o["created"].(string) {
			t.Errorf("%s was modified before it was created", id)
		}
		if u, ok := o["valid_until"].(string); ok && u <= o["valid_from"].(string) {
			t.Errorf("%s is valid until %s and from %v", id, u, o["valid_from"])
		}
		if refs, ok := o["external_references"].([]any); ok {
			for _, r := range refs {
				r := r.(map[string]any)
				if r["source_name"] == "" || r["url"] == nil && r["external_id"] == nil && r["description"] == nil {
					t.Errorf("%s: the reference %v says nothing", id, r)
				}
			}
		}
	}
	for _, o := range objects {
		id := o["id"]
		for k, v := range o {
			var refs []any
			switch {
			case strings.HasSuffix(k, "_refs"):
				refs = v.([]any)
			case strings.HasSuffix(k, "_ref"):
				refs = []any{v}
			}
			for _, r := range refs {
				if !ids[r.(string)] {
					t.Errorf("%s: %s points to %v, which is not there", id, k, r)
				}
			}
		}
		if o["type"] == "relationship" {
			source, _, _ := strings.Cut(o["source_ref"].(string), "--")
			target, _, _ := strings.Cut(o["target_ref"].(string), "--")
			if what := source + " " + o["relationship_type"].(string) + " " + target; !tied[what] {
				t.Errorf("%s: STIX knows no %s", id, what)
			}
		}
		if ext, ok := o["extensions"].(map[string]any); ok {
			for k := range ext {
				if k != stix.TLPExtension && !ids[k] {
					t.Errorf("%s: nothing defines the extension %s", id, k)
				}
			}
		}
		if o["type"] != "marking-definition" && id != stixProject && id != stixExtension {
			if _, ok := o["object_marking_refs"]; !ok {
				t.Errorf("%s is not marked", id)
			}
		}
	}
}

func TestSTIXMarkings(t *testing.T) {
	for label, want := range map[string]string{
		"clear":        "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
		"green":        "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
		"amber":        "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
		"amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
		"red":          "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
		"nonsense":     "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", // the strictest
	} {
		objects, remarks := bundle(t, sampleWith(t, "tlp: amber+strict", "tlp: "+label), Options{})
		m := ofType(objects, "marking-definition")
		if len(m) != 1 || m[0]["id"] != want {
			t.Errorf("%s: %v", label, m)
		}
		if report := ofType(objects, "report")[0]; !slices.Contains(report["object_marking_refs"].([]any), any(want)) {
			t.Errorf("%s: the report is marked %v", label, report["object_marking_refs"])
		}
		if said(remarks, "tlp") != (label == "nonsense") {
			t.Errorf("%s: %v", label, remarks)
		}
	}
}

func TestSTIXIndicatorsHoldTheRules(t *testing.T) {
	objects, _ := bundle(t, sample(t), Options{})
	patterns := map[string]string{}
	for _, o := range ofType(objects, "indicator") {
		if o["pattern_type"] == "sigma" {
			patterns[o["name"].(string)] = o["pattern"].(string)
		}
	}
	if len(patterns) != 3 {
		t.Errorf("%d rules, want 3", len(patterns))
	}
	for name, parts := range map[string][]string{
		"Post to a page that takes none": {"cs-uri-stem|endswith: .ico", "title: The monitor"},                      // with its filter
		"Many posts":                     {"type: event_count", "cs-uri-stem|endswith: .ico", "title: The monitor"}, // with the rule that it counts
	} {
		docs := advisory.SplitRules(patterns[name])
		if len(docs) != len(parts) {
			t.Errorf("%s: %d documents, want %d", name, len(docs), len(parts))
			continue
		}
		for i, part := range parts {
			if !strings.Contains(docs[i], part) {
				t.Errorf("%s: document %d does not hold %q:\n%s", name, i, part, docs[i])
			}
		}
	}
}

func TestSTIXTodaysIDs(t *testing.T) {
	for _, today := range []bool{false, true} {
		objects, _ := bundle(t, sample(t), Options{Today: today})
		var ids []string
		for _, o := range ofType(objects, "attack-pattern") {
			ids = append(ids, o["external_references"].([]any)[0].(map[string]any)["external_id"].(string))
		}
		if slices.Contains(ids, "T1685.001") != today || slices.Contains(ids, "T1562.002") == today {
			t.Errorf("today %v: %v", today, ids)
		}
	}
}

func TestSTIXRelationships(t *testing.T) {
	objects, _ := bundle(t, sample(t), Options{})
	name := map[string]string{}
	for _, o := range objects {
		if n, ok := o["name"].(string); ok {
			name[o["id"].(string)] = n
		}
	}
	var got []string
	for _, o := range ofType(objects, "relationship") {
		got = append(got, name[o["source_ref"].(string)]+" "+o["relationship_type"].(string)+" "+name[o["target_ref"].(string)])
	}
	for _, want := range []string{
		"Install updates within a day mitigates Exploit Public-Facing Application",
		"Forward logs to another machine mitigates Exploit Public-Facing Application",
		"Forward logs to another machine mitigates Impair Defenses: Disable Windows Event Logging",
		"Post to a page that takes none indicates Exploit Public-Facing Application",
		"Many posts indicates Exploit Public-Facing Application",
		"Event log stopped & <b>silent</b> indicates Impair Defenses: Disable Windows Event Logging",
		"domain lantern.example indicates Valid Accounts",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("there is no relationship: %s\nthere are:\n%s", want, strings.Join(got, "\n"))
		}
	}
}
