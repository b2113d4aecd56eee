package packimport

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"entente/internal/advisory"
)

func rule(title, id, extra string) string {
	s := "title: " + title + "\n"
	if id != "" {
		s += "id: " + id + "\n"
	}
	return s + extra + "logsource: {category: webserver}\ndetection:\n  sel: {cs-method: POST}\n  condition: sel\n"
}

func TestSigmaFolder(t *testing.T) {
	const a, b, c = "7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0001", "7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0002", "7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0003"
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"web/One Rule.yml":  rule("One", a, "name: one\ntags: [attack.initial-access, attack.t1190, attack.t1505.003]\n"),
		"web/two.YAML":      rule("Two", "", "tags: [attack.t1190]\n"),
		"web/same.yml":      rule("Same id", a, ""),
		"broken.yml":        "title: Broken\nlogsource: {category: webserver}\ndetection: {condition: nothing}\n---\n" + rule("Beside", b, "tags: [attack.t1059]\n"),
		"placeholder.yml":   rule("Needs", "7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0004", "") + "---\n" + strings.Replace(rule("Expand", "7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0005", ""), "cs-method: POST", "'c-ip|expand': '%addresses%'", 1),
		"cor.yml":           "title: Many\nid: " + c + "\ntags: [attack.t1190]\ncorrelation: {type: event_count, rules: [one], group-by: [c-ip], timespan: 1m, condition: {gte: 10}}\n",
		"cor_lost.yml":      "title: Lost\ncorrelation: {type: event_count, rules: [nobody], group-by: [c-ip], timespan: 1m, condition: {gte: 10}}\n",
		"notes/README.md":   "hello",
		".git/x.yml":        rule("Hidden", "", ""),
		"empty.yml":         "# nothing\n",
		"not_a_rule.yml":    "a: 1\n",
		"../nowhere/x.yml":  "",
		"tests/tag_odd.yml": rule("Odd", "7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0006", "tags: [attack.t4711, cve.2021-1]\n"),
	} {
		files[strings.TrimPrefix(name, "../")] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	delete(files, "nowhere/x.yml")
	r, err := fromFolder(files, "our rules", Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	p := load(t, r)
	if r.Format != Sigma || r.ID != "sigma-rules-of-our-rules" {
		t.Errorf("%s %s", r.Format, r.ID)
	}
	var titles []string
	for _, x := range p.Rules.Rules {
		titles = append(titles, x.Title)
	}
	for _, x := range p.Rules.Correlations {
		titles = append(titles, x.Title)
	}
	slices.Sort(titles)
	if want := []string{"Beside", "Many", "Needs", "Odd", "One", "Two"}; !slices.Equal(titles, want) {
		t.Errorf("%q, want %q", titles, want)
	}
	var got []string
	for _, x := range p.TTPs {
		got = append(got, fmt.Sprint(x.ID, " ", x.Tactics, " ", len(x.Detections)))
		if x.ID == "T1505.003" && !slices.Equal(x.Detections, []string{c}) {
			t.Errorf("a rule that only feeds a correlation is named: %v", x.Detections)
		}
	}
	slices.Sort(got)
	if want := []string{"T1059 [execution] 1", "T1190 [initial-access] 2", "T1505.003 [persistence] 1", "T4711 [] 1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, words := range [][]string{
		{"broken.yml", "Broken", "left out"},
		{"two.YAML", "has no id"},
		{"same.yml", "left out"},
		{"placeholder.yml", "%addresses%"},
		{"cor_lost.yml", "left out"},
		{"empty.yml", "no rule"},
		{"not_a_rule.yml", "left out"},
		{"placeholder.yml", "Needs", "no tag"},
		{"tests", "5 rules have an empty one"},
		{"T4711", "does not know"},
	} {
		wantSaid(t, r, words...)
	}
	for _, test := range p.Tests {
		if test.Rule == a {
			t.Error("a rule that only feeds a correlation has a test")
		}
	}
}

func TestSigmaFolderWithoutRules(t *testing.T) {
	if _, err := fromFolder(fstest.MapFS{"a.txt": &fstest.MapFile{Data: []byte("x")}}, "x", Options{Now: now}); err == nil {
		t.Error("a folder without rules is a pack")
	}
}

func TestSigmaIDsStayTheSame(t *testing.T) {
	data := []byte(rule("One", "", "tags: [attack.t1190]\n"))
	one, _ := mustLoad(t, "a.yml", data, Options{})
	two, _ := mustLoad(t, "b.yml", data, Options{})
	if a, b := one.Rules.Rules[0].ID, two.Rules.Rules[0].ID; a != b || len(a) != 36 {
		t.Errorf("%s and %s", a, b)
	}
}

// TestRulesWithAnchors: a pack cannot hold them, so that one that did would not open.
func TestRulesWithAnchors(t *testing.T) {
	const a, b = "7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0011", "7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0012"
	text := rule("Plain", a, "") + "---\n" + strings.Replace(rule("Anchored", b, ""), "sel: {cs-method: POST}", "sel: &s {cs-method: POST}\n  other: *s", 1)
	r, err := FromData("a.yml", []byte(text), Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	p := load(t, r)
	if len(p.Rules.Rules) != 1 || p.Rules.Rules[0].Title != "Plain" {
		t.Errorf("%d rules", len(p.Rules.Rules))
	}
	if !slices.ContainsFunc(r.Remarks, func(m advisory.Remark) bool { return strings.Contains(m.What, `"Anchored" is left out: anchors`) }) {
		t.Errorf("%v", r.Remarks)
	}
	r, err = FromData("a.yml", []byte(strings.Replace(rule("Anchored", b, ""), "POST", "&m POST", 1)), Options{Now: now})
	if err != nil || r.Rules > 0 || len(r.Remarks) == 0 {
		t.Errorf("of nothing but such rules: %+v, %v", r, err)
	}
	load(t, r)
}
