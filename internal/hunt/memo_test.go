package hunt

import (
	"strings"
	"testing"
	"unsafe"
)

// TestMatchesShareTexts takes rules that show the same long texts of a record: what the memo counts once has to be one text.
func TestMatchesShareTexts(t *testing.T) {
	var rules []string
	for i, detection := range []string{
		"    cs-uri-query|contains: alpha", "    cs-uri-query|contains: beta", "    cs-uri-query|re: 'gam+a'", "    - alpha", "    - beta",
		"    cs-uri-query|contains|all:\n      - alpha\n      - gamma",
	} {
		rules = append(rules, trapRule(i, "rule", "category: webserver", "  s:\n"+detection+"\n  condition: s"))
	}
	query := "alpha&beta&gamma&" + strings.Repeat("x", 3000)
	log := writeText(t, "u_ex.log", "#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status\n2021-03-02 10:00:00 GET /a "+query+" 200\n")
	found, _ := runHunt(t, planOf(t, PlanOptions{}, strings.Join(rules, "\n---\n")), Options{Inputs: []string{log}})
	if len(found) != len(rules) {
		t.Fatalf("%d findings", len(found))
	}
	texts := map[*byte]bool{}
	shown := 0
	for _, f := range found {
		for _, v := range f.Matched {
			if v.Value == query {
				texts[unsafe.StringData(v.Value)] = true
				shown++
			}
		}
	}
	if shown < len(rules) || len(texts) != 1 {
		t.Errorf("%d matches show the text from %d places in memory", shown, len(texts))
	}
}

func TestMatchSize(t *testing.T) {
	long := strings.Repeat("x", 1000)
	matches := []memoMatch{
		{matched: []FieldValue{{Name: "a", Value: long}}},
		{matched: []FieldValue{{Name: "a", Value: long}}},
		{matched: []FieldValue{{Name: "a", Value: long + "y"}}, caveats: []string{long}},
	}
	for i, least := range []int{1000, 0, 2000} {
		if n := matchSize(matches, i); n < least || n > least+200 {
			t.Errorf("match %d takes %d bytes", i, n)
		}
	}
}
