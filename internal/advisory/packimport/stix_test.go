package packimport

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"entente/internal/advisory"
)

// foreign is a bundle as others write it: techniques by ATT&CK's own shape, the procedure on the relationship, an indicator
// in STIX's language, and much that a pack has no place for.
const foreign = `{"type":"bundle","id":"bundle--1","objects":[
{"type":"identity","id":"identity--00000000-0000-4000-8000-000000000001","name":"Example CERT","identity_class":"organization"},
{"type":"identity","id":"identity--00000000-0000-4000-8000-000000000002","name":"A victim","identity_class":"organization"},
{"type":"report","id":"report--1","created_by_ref":"identity--00000000-0000-4000-8000-000000000001","created":"2023-01-02T03:04:05Z","modified":"2023-02-02T03:04:05Z",
 "name":"Quiet Harbour","description":"What it is.\n\nAnd more.","published":"2023-01-03T00:00:00Z","object_marking_refs":["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"],
 "external_references":[{"source_name":"A report","url":"https://example.org/r"},{"source_name":"bad","url":"javascript:1"}],"object_refs":["x"]},
{"type":"attack-pattern","id":"attack-pattern--1","name":"Exploit","description":"Adversaries may.","kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"initial-access"},{"kill_chain_name":"lockheed-martin-cyber-kill-chain","phase_name":"x"}],
 "external_references":[{"source_name":"mitre-attack","external_id":"T1190","url":"https://attack.mitre.org/techniques/T1190"}],"x_mitre_platforms":["Windows","Linux"]},
{"type":"attack-pattern","id":"attack-pattern--2","name":"Hide in v19","kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"stealth"}],"external_references":[{"source_name":"mitre-attack","external_id":"t1036"}]},
{"type":"attack-pattern","id":"attack-pattern--3","name":"Of CAPEC","external_references":[{"source_name":"capec","external_id":"CAPEC-163"}]},
{"type":"attack-pattern","id":"attack-pattern--4","name":"Revoked","revoked":true,"external_references":[{"source_name":"mitre-attack","external_id":"T1064"}]},
{"type":"intrusion-set","id":"intrusion-set--1","name":"QUIET HARBOUR"},
{"type":"relationship","id":"relationship--1","relationship_type":"uses","source_ref":"intrusion-set--1","target_ref":"attack-pattern--1","description":"It exploits the mail gateway."},
{"type":"course-of-action","id":"course-of-action--1","name":"Patch","description":"Patch it.","external_references":[{"source_name":"mitre-attack","external_id":"M1051"},{"source_name":"d3fend","external_id":"D3-SU"}]},
{"type":"relationship","id":"relationship--2","relationship_type":"mitigates","source_ref":"course-of-action--1","target_ref":"attack-pattern--1"},
{"type":"indicator","id":"indicator--1","name":"Controller","pattern":"[domain-name:value = 'c2.example'] OR [ipv4-addr:value = '192.0.2.7']","pattern_type":"stix","valid_from":"2023-01-01T00:00:00Z","confidence":80},
{"type":"relationship","id":"relationship--3","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"attack-pattern--1"},
{"type":"indicator","id":"indicator--2","name":"Old style","pattern":"[file:name = 'x.exe' AND file:size = 7]"},
{"type":"indicator","id":"indicator--3","name":"Snort","pattern":"alert tcp","pattern_type":"snort"},
{"type":"indicator","id":"indicator--4","name":"A rule","pattern_type":"sigma","pattern":"title: Posts\nid: 7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0001\ntags: [attack.t1505.003, attack.persistence]\nlogsource: {category: webserver}\ndetection:\n  sel: {cs-method: POST}\n  condition: sel\n"},
{"type":"indicator","id":"indicator--5","name":"A bad rule","pattern_type":"sigma","pattern":"title: Bad\nlogsource: {category: webserver}\ndetection:\n  condition: nothing\n"},
{"type":"malware","id":"malware--1","name":"LANTERN","is_family":true},
{"type":"grouping","id":"grouping--1","context":"x","object_refs":["x"]},
{"type":"observed-data","id":"observed-data--1"},
{"type":7,"id":"x"},
"not an object"
]}`

func TestForeignSTIX(t *testing.T) {
	p, r := mustLoad(t, "quiet.json", []byte(foreign), Options{})
	m := p.Manifest
	if m.Title != "Quiet Harbour" || m.Summary != "What it is." || m.Issued != "2023-01-03" || m.Modified != "2023-02-02" || m.TLP != "green" || m.ID != "quiet-harbour" {
		t.Errorf("%+v", m)
	}
	if want := []advisory.Issuer{{Name: "Example CERT", Role: "source"}}; !reflect.DeepEqual(m.Issuers, want) {
		t.Errorf("%+v", m.Issuers)
	}
	if want := []advisory.Reference{{Title: "A report", URL: "https://example.org/r"}}; !reflect.DeepEqual(m.References, want) {
		t.Errorf("%+v", m.References)
	}
	var got []string
	for _, x := range p.TTPs {
		got = append(got, fmt.Sprint(x.ID, " ", x.Tactics, " ", x.Mitigations, " ", x.Detections))
	}
	want := []string{
		"T1190 [initial-access] [patch] []",
		"T1505.003 [persistence] [] [7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0001]",
		"T1036 [stealth] [] []",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, x := range p.TTPs {
		if x.ID == "T1190" && (!strings.Contains(x.Procedure, "It exploits the mail gateway.") || !slices.Equal(x.Platforms, []string{"Windows", "Linux"})) {
			t.Errorf("%+v", x)
		}
	}
	if len(p.Indicators) != 2 || p.Indicators[0].Value != "c2.example" || p.Indicators[1].Value != "192.0.2.7" || p.Indicators[0].Confidence != "high" ||
		!slices.Equal(p.Indicators[0].TTPs, []string{"T1190"}) || p.Indicators[0].Context != "Controller" {
		t.Errorf("%+v", p.Indicators)
	}
	if x := p.Mitigations; len(x) != 1 || x[0].Title != "Patch" || !slices.Equal(x[0].Attack, []string{"M1051"}) || !slices.Equal(x[0].D3FEND, []string{"D3-SU"}) {
		t.Errorf("%+v", x)
	}
	for _, words := range [][]string{
		{"identity--00000000-0000-4000-8000-000000000002", "A victim"},
		{"javascript"},
		{"attack-pattern--3", "no ATT&CK id"},
		{"attack-pattern--4", "revoked"},
		{"indicator--2", "file:size"},
		{"indicator--3", "snort"},
		{"indicator--5", "Bad", "does not load"},
		{"malware--1", "LANTERN"},
		{"intrusion-set--1", "QUIET HARBOUR"},
		{"observed-data--1"},
		{"object 22"},
		{"license"},
	} {
		wantSaid(t, r, words...)
	}
	if !strings.Contains(m.Description, "malware: LANTERN") {
		t.Errorf("the description is %q", m.Description)
	}
}

func TestSTIXNewestVersionCounts(t *testing.T) {
	const object = `{"type":"attack-pattern","id":"attack-pattern--1","modified":"%s","description":"%s","external_references":[{"source_name":"mitre-attack","external_id":"T1190"}]}`
	bundle := `{"type":"bundle","objects":[` + fmt.Sprintf(object, "2021-01-01T00:00:00Z", "old") + "," + fmt.Sprintf(object, "2023-01-01T00:00:00Z", "new") + "," +
		fmt.Sprintf(object, "2022-01-01T00:00:00Z", "between") + `]}`
	p, _ := mustLoad(t, "a.json", []byte(bundle), Options{})
	if len(p.TTPs) != 1 || p.TTPs[0].Procedure != "new" {
		t.Errorf("%+v", p.TTPs)
	}
}

func TestSTIXExtensionIsNotTrusted(t *testing.T) {
	text := strings.NewReplacer(
		`"file": "rules/post.yml"`, `"file": "../../../etc/cron.d/post.yml"`,
		`"documents": 1`, `"documents": -7`,
		`"id": "sample"`, `"id": "../../tmp"`,
		`"now": "T1685.001"`, `"now": "T9999;rm"`,
		`"confidence": "high"`, `"confidence": ["sure"]`,
	).Replace(string(export(t, "stix", sample(t))))
	p, r := mustLoad(t, "a.json", []byte(text), Options{})
	for _, name := range r.Names() {
		if strings.Contains(name, "..") || strings.HasPrefix(name, "/") {
			t.Errorf("a file is called %s", name)
		}
	}
	if r.ID != "harbour-lantern-against-mail-servers" {
		t.Errorf("the id is %s", r.ID)
	}
	for _, x := range p.TTPs {
		if x.Now != "" && x.Now != "T1685.001" {
			t.Errorf("%s is %s today", x.ID, x.Now)
		}
	}
}

func TestSTIXTLPOfTheStrictestObjectCounts(t *testing.T) {
	text := strings.Replace(foreign, `{"type":"malware"`, `{"object_marking_refs":["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"],"type":"malware"`, 1)
	if p, _ := mustLoad(t, "a.json", []byte(text), Options{}); p.Manifest.TLP != "amber" {
		t.Errorf("the pack is %s", p.Manifest.TLP)
	}
}
