package report

import (
	"slices"
	"testing"
	"time"

	"entente/internal/advisory"
	"entente/internal/coverage"
)

// TestStagesOfOneTitle: two packs that call a stage the same show it once, with what both of them found.
func TestStagesOfOneTitle(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2021, 3, 3, 7, minute, 0, 0, time.UTC) }
	seen := func(id, title string, shows advisory.Shows, level string, n int64, first, last int) coverage.StageSeen {
		return coverage.StageSeen{Stage: advisory.Stage{ID: id, Title: title, Shows: shows}, Level: level, Findings: n, First: at(first), Last: at(last)}
	}
	h := &coverage.Host{
		Stages: []coverage.StageSeen{
			seen("a-in", "Got in", advisory.Compromise, "medium", 2, 5, 9), seen("a-try", "Tried", advisory.Attempt, "high", 1, 3, 3),
			seen("b-in", "Got in", advisory.Compromise, "critical", 3, 4, 6), seen("b-try", "Tried", advisory.Compromise, "high", 1, 8, 8),
		},
		Chain: []coverage.Step{{Stage: "a-in", Title: "one", Level: "medium"}, {Stage: "b-in", Title: "two", Level: "critical"}},
	}
	got := stagesOf(h)
	if len(got) != 3 || got[0].Title != "Tried" || got[1].Title != "Got in" || got[2].Title != "Tried" {
		t.Fatalf("%+v", got)
	}
	in := got[1]
	if in.Findings != 5 || in.Level != "critical" || !in.First.Equal(at(4)) || !in.Last.Equal(at(9)) || !slices.Equal(in.ids, []string{"a-in", "b-in"}) {
		t.Errorf("%+v", in)
	}
	if best, more := mostTelling(h, in.ids); best.Title != "two" || more != 1 {
		t.Errorf("%+v %d", best, more)
	}
}
