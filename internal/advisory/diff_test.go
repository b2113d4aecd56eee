package advisory

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	before, ps := packOf(t, sprayFiles())
	if ps.Err() != nil {
		t.Fatal(ps)
	}
	if d := Diff(before, before); len(d) > 0 {
		t.Errorf("a pack differs from itself: %v", d)
	}
	files := sprayFiles()
	files[manifestFile] = strings.NewReplacer("version: 1.2.3", "version: 1.3.0", `today: "18.1"`, `today: "19.0"`, "tlp: clear", "tlp: green").Replace(testManifest)
	files["ttps/a.yml"] = strings.NewReplacer("[credential-access]", "[credential-access, discovery]", "procedure: p", "procedure: q").Replace(sprayTTP) + "- {id: T1078}\n"
	files["rules/spray.yml"] = strings.NewReplacer("gte: 3", "gte: 4", "level: high", "level: critical", "EventID: 4625", "EventID: [4625, 4771]").Replace(sprayRule)
	files["rules/new.yml"] = strings.NewReplacer("10000000", "20000000", "Many", "Few", "name: failed", "name: other", "[failed]", "[other]").Replace(sprayRule)
	files["rules/z.yml"] = strings.Replace(sprayFilter, "# not compared", "", 1)
	files[mitigationsFile] = "- {id: n, title: t, text: t, d3fend: [], effort: low}\n"
	files[indicatorsFile] = "- {type: ip, value: 192.0.2.1, context: c, confidence: low}\n"
	after, ps := packOf(t, files)
	if ps.Err() != nil {
		t.Fatal(ps)
	}
	show := func(list []Change) []string {
		var out []string
		for _, c := range list {
			line := c.What + " " + c.How + " " + c.ID
			for _, f := range c.Fields {
				line += fmt.Sprintf("; %s: %q %q +%q -%q", f.Field, f.From, f.To, f.Added, f.Removed)
			}
			out = append(out, line)
		}
		return out
	}
	want := []string{
		`manifest changed test; version: "1.2.3" "1.3.0" +[] -[]; tlp: "clear" "green" +[] -[]; attack.today: "18.1" "19.0" +[] -[]`,
		`ttp changed T1110.003; tactics: "" "" +["discovery"] -[]; procedure: "p" "q" +[] -[]`,
		`ttp added T1078`,
		`rule added 20000000-0000-4000-8000-000000000001`,
		`rule added 20000000-0000-4000-8000-000000000002`,
		`rule changed 10000000-0000-4000-8000-000000000001; level: "high" "critical" +[] -[]; condition: ">= 3 of TargetUserName" ">= 4 of TargetUserName" +[] -[]`,
		`rule changed 10000000-0000-4000-8000-000000000002; detection: "" "" +["or" "EventID = '4625'" "EventID = '4771'"] -["EventID = '4625'"]`,
		`indicator added ip 192.0.2.1`,
		`mitigation added n`,
		`mitigation removed m`,
	}
	got := show(Diff(before, after))
	// How a condition is written is the business of sigma; which line belongs to it, ours.
	if i := len(got) - 4; i > 0 && strings.HasPrefix(got[i], "rule changed 10000000-0000-4000-8000-000000000002; detection:") {
		got[i], want[6] = "", ""
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if back := Diff(after, before); len(back) != len(want) {
		t.Errorf("back: %d changes", len(back))
	}
}

func TestDiffLines(t *testing.T) {
	f := diffLines("x", strings.Fields("a b c d e"), strings.Fields("a c x e f"))
	if len(f) != 1 || !reflect.DeepEqual(f[0].Removed, []string{"b", "d"}) || !reflect.DeepEqual(f[0].Added, []string{"x", "f"}) {
		t.Errorf("%+v", f)
	}
	if f := diffTexts("x", []string{"a", "b"}, []string{"b", "a"}); f[0].From != "a, b" || f[0].To != "b, a" {
		t.Errorf("another order: %+v", f)
	}
	if f := diffTexts("x", []string{"a", "a"}, []string{"a"}); !reflect.DeepEqual(f[0].Removed, []string{"a"}) {
		t.Errorf("one fewer: %+v", f)
	}
}

func TestDocument(t *testing.T) {
	p, _ := packOf(t, sprayFiles())
	c := p.Count()
	if c.TTPs != 1 || c.Detected != 1 || c.Tactics != 1 || c.Rules != 1 || c.Correlations != 1 || c.Filters != 1 || c.Positives != 2 || c.Negatives != 4 || c.Levels["high"] != 1 || len(c.Levels) != 1 {
		t.Errorf("%+v", c)
	}
	list := p.RuleList()
	if len(list) != 2 || list[0].Kind != "correlation" || list[0].Stage != "knock" || list[0].Silent || !list[1].Silent {
		t.Errorf("%+v", list)
	}
	d := p.Document()
	ttps, _ := d["ttps"].([]any)
	if len(ttps) != 1 || d["id"] != "test" || d["valid_until"] != Date("2027-12-31") {
		t.Errorf("%v", d)
	}
	if first, _ := ttps[0].(map[string]any); first["id"] != "T1110.003" || first["now"] != nil {
		t.Errorf("%v", ttps[0])
	}
}
