package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/attack"
	"entente/internal/hunt"
)

// What a rule's author mistyped is no attack pattern, and a sighting is never older than its indicator.
func TestSTIXOfOldRecordsAndUnknownTechniques(t *testing.T) {
	facts, err := attack.Default()
	if err != nil {
		t.Fatal(err)
	}
	f := newFake(1).finding(3, 10)
	f.Time = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Last = f.Time
	f.Techniques = []hunt.Technique{{ID: "T9999"}, {ID: "T1059", Name: "Command and Scripting Interpreter"}}
	text := render(t, "stix", Options{Attack: facts}, plainSummary(), f)
	if n := strings.Count(text, `"type":"attack-pattern"`); n != 1 || !strings.Contains(text, `"unknown-technique:T9999"`) {
		t.Errorf("%d attack patterns: %s", n, text)
	}
	_, after, _ := strings.Cut(text, `"valid_from":"`)
	if after[:4] > "1999" {
		t.Errorf("valid from %.24s, and sighted in 1999", after)
	}
}

// Rules name the tactics of one version of ATT&CK or of the next; pictures count them once.
func TestTacticsOfTwoVersions(t *testing.T) {
	if got := shownTactics([]string{"stealth", "execution", "defense-evasion", "defense-impairment"}); !slices.Equal(got, []string{"defense-evasion", "execution"}) {
		t.Errorf("%q", got)
	}
	var list []*hunt.Finding
	for _, tactic := range []string{"stealth", "defense-impairment", "defense-evasion"} {
		f := *plainFinding()
		m := *f.Rule
		m.ID, m.Title = tactic, tactic
		f.Rule, f.Tactics = &m, []string{tactic}
		list = append(list, &f)
	}
	text := render(t, "terminal", Options{}, plainSummary(), list...)
	if strings.Contains(text, "Stealth") || strings.Contains(text, "Defense Impairment") || strings.Count(text, "Defense Evasion") != 1 {
		t.Errorf("%s", text)
	}
	if text := render(t, "jsonl", Options{}, plainSummary(), list...); !strings.Contains(text, `"tactics":["stealth"]`) {
		t.Errorf("the finding itself does not name the rule's tactic: %s", text)
	}
	r := unpackReport(t, render(t, "html", Options{}, plainSummary(), list...))
	for _, x := range r.meta["tactics"].([]any) {
		if short := x.(map[string]any)["short"]; short == "stealth" || short == "defense-impairment" {
			t.Errorf("the report has a column %v", short)
		}
	}
}
