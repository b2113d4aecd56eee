package hunt

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestWindowsAsDocumented holds the engine against the table of conditions in docs/formats/sigma.md.
func TestWindowsAsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/formats/sigma.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "| condition, matches within one timespan |")
	if !ok {
		t.Fatal("the table is not there")
	}
	cells := func(row string) []string { return strings.Split(strings.Trim(strings.TrimSpace(row), "|"), "|") }
	rows := strings.Split(table, "\n")
	var counts []int
	for _, c := range cells(rows[0]) {
		var n int
		if _, err := fmt.Sscan(c, &n); err != nil {
			t.Fatal(err)
		}
		counts = append(counts, n)
	}
	tried := 0
	for _, row := range rows[2:] {
		if !strings.HasPrefix(row, "| `") {
			break
		}
		c := cells(row)
		condition := strings.ReplaceAll(c[0], "`", "")
		for i, n := range counts {
			var lines []string
			for k := range n {
				lines = append(lines, line(k+1, `"U":"x"`))
			}
			found, _ := joined(t, "  type: event_count\n  rules: [a]\n  timespan: 1m\n  condition: {"+condition+"}\n", lines...)
			want := 0
			if strings.TrimSpace(c[i+1]) == "yes" {
				want = 1
			}
			if len(found) != want {
				t.Errorf("%s over %d matches gives %d findings, wanted %d", condition, n, len(found), want)
			}
			tried++
		}
	}
	if tried != 20 {
		t.Errorf("%d cells were tried", tried)
	}
}

// TestOverlappingWindowsAreOneFinding: and its matches may span more than the timespan.
func TestOverlappingWindowsAreOneFinding(t *testing.T) {
	var lines []string
	for s := range 6 {
		lines = append(lines, line(s*9+1, `"U":"x"`))
	}
	found, _ := joined(t, "  type: event_count\n  rules: [a]\n  timespan: 10s\n  condition: {gte: 2}\n", lines...)
	if len(found) != 1 || found[0].Correlation.Total != 6 || found[0].Correlation.Value != 2 {
		t.Errorf("found %q", brief(found))
	}
}
