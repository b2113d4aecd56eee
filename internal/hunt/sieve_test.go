package hunt

import (
	"fmt"
	"strings"
	"testing"
)

// TestSieveOfManyFields: each of more fields than the sieve tells apart is searched where it holds what is looked for, also
// when others have been found to hold something before.
func TestSieveOfManyFields(t *testing.T) {
	const fields = 80
	var rules, lines strings.Builder
	for i := range fields {
		fmt.Fprintf(&rules, "title: r%[1]d\nlogsource: {product: windows, service: application}\ndetection: {s: {F%[1]d|contains: literal-%[1]d-of-some-length}, condition: s}\n---\n", i)
	}
	for i := range 2 * sieveFrom { // until the sieve is made
		fmt.Fprintf(&lines, `{"Channel":"Application","EventID":1,"F0":"nothing %d","F79":"nothing"}`+"\n", i)
	}
	for i := range fields {
		fmt.Fprintf(&lines, `{"Channel":"Application","EventID":1,"F%[1]d":"a literal-%[1]d-OF-some-length %[1]d","F%[2]d":"literal-%[2]d-of-some-lengt"}`+"\n", i, (i+1)%fields)
		fmt.Fprintf(&lines, `{"Channel":"Application","EventID":1,"F%[1]d":"literal-%[1]d-of-some-length","F%[2]d":["x","literal-%[2]d-of-some-length"]}`+"\n", i, (i+1)%fields)
	}
	found, _ := runHunt(t, planOf(t, PlanOptions{}, strings.TrimSuffix(rules.String(), "---\n")), Options{Inputs: []string{writeText(t, "log.jsonl", lines.String())}})
	count := map[string]int{}
	for _, f := range found {
		count[f.Rule.Title]++
	}
	for i := range fields {
		if title := fmt.Sprint("r", i); count[title] != 3 {
			t.Errorf("%s found %d times, want 3", title, count[title])
		}
	}
}
