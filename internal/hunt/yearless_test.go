package hunt

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestYearless checks that a hunt says where the years of its records may be wrong.
func TestYearless(t *testing.T) {
	rule := trapRule(0, "rule", "product: linux, service: syslog", "  keywords: [needle]\n  condition: keywords")
	log := writeText(t, "syslog", strings.Repeat("Mar  9 00:00:00 h p: x\n", 100))
	for at, want := range map[time.Time]int{
		time.Date(2021, 3, 9, 1, 0, 0, 0, time.UTC): 0,
		time.Date(2023, 8, 1, 1, 0, 0, 0, time.UTC): 1,
	} {
		if err := os.Chtimes(log, at, at); err != nil {
			t.Fatal(err)
		}
		sum, err := Run(t.Context(), planOf(t, PlanOptions{}, rule), Options{Inputs: []string{log}})
		if err != nil || len(sum.Warnings) != want || sum.WarningsTotal != int64(want) || sum.First.Year() != at.Year() {
			t.Fatalf("changed in %d: %+v, %v", at.Year(), sum, err)
		}
		for _, w := range sum.Warnings {
			if w.File != log || !strings.HasPrefix(w.Message, "the times of 100 records have no year: ") {
				t.Errorf("%+v", w)
			}
		}
	}
}
