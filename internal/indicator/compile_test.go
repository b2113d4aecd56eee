package indicator_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente/internal/hunt"
	"entente/internal/indicator"
	"entente/internal/sigma"
)

const amberID = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"

// What a bundle says about an indicator goes with its findings.
func TestMeta(t *testing.T) {
	const own = "marking-definition--5b2d1f0e-0b3a-4c8e-9f55-00000000aaaa"
	set := compile(t, bundleOf(
		`{"type":"identity","spec_version":"2.1","id":"identity--5b2d1f0e-0b3a-4c8e-9f55-00000000eeee","created":"2021-07-01T00:00:00.000Z","modified":"2021-07-01T00:00:00.000Z","name":"CERT","identity_class":"organization"}`,
		indicatorJSON(1, "[domain-name:value = 'c2.example.net']", `"confidence":85`, `"labels":["apt40"]`, `"indicator_types":["malicious-activity"]`,
			`"valid_until":"2022-01-01T00:00:00Z"`, `"created_by_ref":"identity--5b2d1f0e-0b3a-4c8e-9f55-00000000eeee"`, `"object_marking_refs":["`+amberID+`","`+own+`"]`,
			`"kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"command-and-control"},{"kill_chain_name":"x","phase_name":"y"}]`,
			`"external_references":[{"source_name":"blog","url":"https://example.org/post"}]`),
		`{"type":"attack-pattern","spec_version":"2.1","id":"attack-pattern--5b2d1f0e-0b3a-4c8e-9f55-00000000bbbb","created":"2021-07-01T00:00:00.000Z","modified":"2021-07-01T00:00:00.000Z","name":"DNS","external_references":[{"source_name":"mitre-attack","external_id":"T1071.004"}]}`,
		`{"type":"malware","spec_version":"2.1","id":"malware--5b2d1f0e-0b3a-4c8e-9f55-00000000cccc","created":"2021-07-01T00:00:00.000Z","modified":"2021-07-01T00:00:00.000Z","name":"Foo","is_family":true}`,
		relationship(1, "attack-pattern--5b2d1f0e-0b3a-4c8e-9f55-00000000bbbb"), relationship(2, "malware--5b2d1f0e-0b3a-4c8e-9f55-00000000cccc"),
		`{"type":"marking-definition","spec_version":"2.1","id":"`+own+`","created":"2021-07-01T00:00:00.000Z","definition_type":"tlp","definition":{"tlp":"red"}}`,
	))
	if len(set.Rules) != 1 || len(set.Problems) != 0 || set.Objects != 7 || set.Indicators != 1 || set.Hunted != 1 {
		t.Fatalf("%+v", set)
	}
	m := set.Rules[0].Meta
	got := fmt.Sprint(m.ID, m.Title, m.Level, m.Author, m.Date, m.Tags, m.References)
	if want := "indicator--5b2d1f0e-0b3a-4c8e-9f55-000000000001i1highCERT2021-07-01[attack.command-and-control attack.t1071.004 tlp.red] [https://example.org/post]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	ind := m.Indicator
	got = fmt.Sprint(ind.TLP, ind.Labels, ind.Types, ind.Confidence, ind.Phases, ind.Indicates, len(ind.Markings), len(ind.TLPMarkings), len(ind.MarkingObjects), ind.Until.Year())
	if want := "red[apt40] [malicious-activity] 85 [mitre-attack:command-and-control x:y] [attack-pattern:DNS malware:Foo] 2 2 1 2022"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func relationship(n int, to string) string {
	return fmt.Sprintf(`{"type":"relationship","spec_version":"2.1","id":"relationship--5b2d1f0e-0b3a-4c8e-9f55-%012d","created":"2021-07-01T00:00:00.000Z","modified":"2021-07-01T00:00:00.000Z",`+
		`"relationship_type":"indicates","source_ref":"indicator--5b2d1f0e-0b3a-4c8e-9f55-000000000001","target_ref":%q}`, n, to)
}

func TestLevel(t *testing.T) {
	for confidence, want := range map[int]string{-1: "medium", 0: "medium", 1: "low", 29: "low", 30: "medium", 69: "medium", 70: "high", 100: "high"} {
		if got := indicator.Level(confidence); got != want {
			t.Errorf("%d is %s, want %s", confidence, got, want)
		}
	}
}

// Everything that is not hunted is counted, and named with its reason.
func TestNotHunted(t *testing.T) {
	newer := strings.Replace(indicatorJSON(2, "[domain-name:value = 'new.example']"), `"modified":"2021-07-01`, `"modified":"2021-07-02`, 1)
	set := compile(t, bundleOf(
		indicatorJSON(1, "[domain-name:value = 'a.example']", `"revoked":true`),
		newer, indicatorJSON(2, "[domain-name:value = 'old.example']"),
		indicatorJSON(3, "[domain-name:value = 'good.example']", `"indicator_types":["benign"]`),
		indicatorJSON(4, "[domain-name:value = 'x.example']", `"indicator_types":["benign","anonymization"]`),
		indicatorJSON(5, "[mutex:name = 'm']"),
		indicatorJSON(6, "[domain-name:value = "),
		indicatorJSON(7, "[domain-name:value = 'b.example' OR mutex:name = 'm']"),
		strings.Replace(indicatorJSON(8, "rule x {}"), `"pattern_type":"stix"`, `"pattern_type":"yara"`, 1),
		indicatorJSON(9, "[mutex:name = 'm'] AND [domain-name:value = 'b.example']"),
		`{"type":"indicator","id":"indicator--5b2d1f0e-0b3a-4c8e-9f55-000000000010","created":"2021-07-01T00:00:00.000Z","modified":"2021-07-01T00:00:00.000Z","name":"i10","labels":["malicious-activity"],"pattern":"[file:name = 'a.exe']","valid_from":"2021-01-01T00:00:00Z"}`,
		`{"type":"indicator","type":"x"}`,
	))
	if got := fmt.Sprint(set.Indicators, set.Hunted, set.Partly, set.Revoked, set.Benign); got != "10 4 1 1 1" {
		t.Errorf("counts are %s", got)
	}
	var names []string
	for _, r := range set.Rules {
		names = append(names, r.Title)
	}
	if want := []string{"i2", "i4", "i7", "i10"}; !slices.Equal(names, want) || set.Rules[0].Indicator.Pattern != "[domain-name:value = 'new.example']" {
		t.Errorf("hunted: %v", names)
	}
	for part, warning := range map[string]bool{
		"0005, i5: it is not hunted: mutex:name = 'm': no log shows it": false, "0006, i6: its pattern cannot be read: column 22": false,
		"0007, i7: a part is not hunted: mutex:name = 'm'": true, "0008, i8: its pattern is of type yara": false,
		"0009, i9: it is not hunted: mutex:name = 'm'": false, "/objects/11": false,
	} {
		if !slices.ContainsFunc(set.Problems, func(p sigma.Problem) bool {
			return strings.Contains(p.Rule+": "+p.Reason, part) && p.Warning == warning
		}) {
			t.Errorf("nothing says %q: %v", part, set.Problems)
		}
	}
	if len(set.Problems) != 6 {
		t.Errorf("%d problems: %v", len(set.Problems), set.Problems)
	}
}

// Records from before valid_from count with a caveat, those from valid_until on only if they are asked for.
func TestValidity(t *testing.T) {
	file := writeFile(t, sysmonHead+`"EventID":22,"QueryName":"early.example"}`+"\n"+sysmonHead+`"EventID":22,"QueryName":"late.example"}`+"\n"+
		sysmonHead+`"EventID":22,"QueryName":"now.example"}`+"\n"+strings.Replace(sysmonHead, `"@timestamp":"2021-03-03T09:00:00Z",`, "", 1)+`"EventID":22,"QueryName":"late.example"}`+"\n")
	object := func(n int, name, from, until string) string {
		o := indicatorJSON(n, "[domain-name:value = '"+name+"']", `"valid_until":"`+until+`"`)
		return strings.Replace(o, "2021-01-01T00:00:00Z", from, 1)
	}
	set := compile(t, bundleOf(
		object(1, "early.example", "2021-03-03T09:00:01Z", "2022-01-01T00:00:00Z"),
		object(2, "late.example", "2021-01-01T00:00:00Z", "2021-03-03T09:00:00Z"),
		object(3, "now.example", "2021-03-03T09:00:00Z", "2021-03-03T09:00:01Z"),
	))
	for _, expired := range []bool{false, true} {
		var got []string
		findings, sum := run(t, planOf(t, set, hunt.PlanOptions{Expired: expired}), file)
		for _, f := range findings {
			got = append(got, f.Rule.Title+" "+strings.Join(f.Caveats, ";"))
		}
		want := []string{"i1 the record is from before the indicator's valid_from, 2021-03-03T09:00:01Z", "i3 ", "i2 "}
		if expired {
			want = []string{want[0], "i2 the record is from after the indicator's valid_until, 2021-03-03T09:00:00Z", "i3 ", "i2 "}
		} else if sum.WarningsTotal != 1 || !strings.Contains(sum.Warnings[0].Message, "1 match is from after the valid_until of 1 indicator: left out") {
			t.Errorf("%v", sum.Warnings)
		}
		if !slices.Equal(got, want) {
			t.Errorf("expired %v: %q, want %q", expired, got, want)
		}
	}
}

// Findings of several records say when one of these is from before valid_from, or from after valid_until.
func TestValidityOfJoins(t *testing.T) {
	at := func(second, name string) string {
		return strings.Replace(sysmonHead, "09:00:00Z", "09:00:"+second+"Z", 1) + `"EventID":22,"QueryName":"` + name + `"}` + "\n"
	}
	file := writeFile(t, at("01", "one.example")+at("05", "two.example"))
	object := func(n int, from, until string) string {
		o := indicatorJSON(n, "[domain-name:value = 'one.example'] FOLLOWEDBY [domain-name:value = 'two.example']", `"valid_until":"`+until+`"`)
		return strings.Replace(o, "2021-01-01T00:00:00Z", from, 1)
	}
	set := compile(t, bundleOf(
		object(1, "2021-03-03T09:00:01Z", "2021-03-03T09:00:06Z"),
		object(2, "2021-03-03T09:00:02Z", "2021-03-03T09:00:06Z"),
		object(3, "2021-03-03T09:00:01Z", "2021-03-03T09:00:05Z"),
	))
	before := "a record that it rests on is from before the indicator's valid_from, 2021-03-03T09:00:02Z"
	after := "a record that it rests on is from after the indicator's valid_until, 2021-03-03T09:00:05Z"
	for expired, want := range map[bool][]string{false: {"i1 ", "i2 " + before}, true: {"i1 ", "i2 " + before, "i3 " + after}} {
		var got []string
		findings, _ := run(t, planOf(t, set, hunt.PlanOptions{Expired: expired}), file)
		for _, f := range findings {
			got = append(got, f.Rule.Title+" "+strings.Join(f.Caveats, ";"))
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("expired %v: %q, want %q", expired, got, want)
		}
	}
}

// An indicator may have Sigma for a pattern, of several documents.
func TestSigmaPattern(t *testing.T) {
	const rules = "title: Base\nname: base\nid: 0b6f1f0e-6a53-4f5c-9e0e-6a1f7d2c1001\nlevel: low\nlogsource: {product: windows, category: dns_query}\n" +
		"detection:\n  s: {QueryName: now.example}\n  condition: s\n---\ntitle: Often\nid: 0b6f1f0e-6a53-4f5c-9e0e-6a1f7d2c1002\nlevel: high\n" +
		"correlation: {type: event_count, rules: [base], timespan: 1m, group-by: [Computer], condition: {gte: 2}}\n"
	object := strings.Replace(indicatorJSON(1, rules, `"object_marking_refs":["`+amberID+`"]`), `"pattern_type":"stix"`, `"pattern_type":"sigma"`, 1)
	broken := strings.Replace(indicatorJSON(2, "title: x\n"), `"pattern_type":"stix"`, `"pattern_type":"sigma"`, 1)
	set := compile(t, bundleOf(object, broken))
	if set.Hunted != 1 || len(set.Problems) != 1 || !strings.Contains(set.Problems[0].Rule, "i2") || set.Problems[0].File != "bundle.json" {
		t.Fatalf("%d hunted, %v", set.Hunted, set.Problems)
	}
	set.Rules, set.Correlations = set.Sigma.Rules, set.Sigma.Correlations
	line := sysmonHead + `"EventID":22,"QueryName":"now.example"}` + "\n"
	findings, _ := run(t, planOf(t, set, hunt.PlanOptions{}), writeFile(t, line+line))
	if len(findings) != 1 || findings[0].Rule.Title != "Often" || findings[0].Rule.Indicator.TLP != "amber" || !slices.Contains(findings[0].Rule.Tags, "tlp.amber") {
		t.Errorf("%v", findings)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a/one.json": bundleOf(indicatorJSON(1, "[domain-name:value = 'a.example']")), "a/b/two.jsonl": indicatorJSON(2, "[domain-name:value = 'a.example']") + "\n" + indicatorJSON(3, "[domain-name:value = 'a.example']"),
		"a/notes.txt": "no", "a/broken.stix": `{"type":"bundle","objects":[` + indicatorJSON(4, "[domain-name:value = 'a.example']") + `,{]`, "empty/x.txt": "",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := indicator.NewBundle()
	if err := b.Read(strings.NewReader(indicatorJSON(5, "[domain-name:value = 'a.example']")), filepath.Join(dir, "a"), filepath.Join(dir, "a", "*.json"), "-"); err != nil {
		t.Fatal(err)
	}
	set := b.Compile()
	if set.Indicators != 5 || len(set.Problems) != 2 || !strings.Contains(set.Problems[1].Reason, "the rest cannot be read") {
		t.Errorf("%d indicators, %v", set.Indicators, set.Problems)
	}
	for _, source := range []string{filepath.Join(dir, "empty"), filepath.Join(dir, "none.json"), filepath.Join(dir, "*.none")} {
		if err := indicator.NewBundle().Read(nil, source); err == nil {
			t.Errorf("%s was read", source)
		}
	}
}

// A pattern of Sigma without any rule is named as well.
func TestNoSigmaPattern(t *testing.T) {
	for _, text := range []string{"", "# nothing", "title: f\nfilter: {rules: any, selection: {a: b}, condition: selection}\nlogsource: {product: windows}\n"} {
		set := compile(t, bundleOf(strings.Replace(indicatorJSON(1, text), `"stix"`, `"sigma"`, 1)))
		if set.Hunted != 0 || !slices.ContainsFunc(set.Problems, func(p sigma.Problem) bool { return !p.Warning }) {
			t.Errorf("%q: %+v", text, set)
		}
	}
}
