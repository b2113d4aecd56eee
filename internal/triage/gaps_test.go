package triage

import (
	"strings"
	"testing"
	"time"
)

// Nights in which nobody works are no gaps, in a log of a few days either; a day that is missing is one.
func TestNightsAreNoGaps(t *testing.T) {
	days := func(n, missing int) *logState {
		l := &logState{kinds: map[kindKey]int64{}, times: newTimes(), records: newRecords()}
		for day := range n {
			if day == missing {
				continue
			}
			start := time.Date(2021, 3, 1+day, 8, 0, 0, 0, time.UTC)
			for m := range 10 * 60 {
				at := start.Add(time.Duration(m) * time.Minute).UnixNano()
				l.times.Add(at, at, 1)
			}
		}
		return l
	}
	for _, n := range []int{4, 5, 9} {
		if got := findGaps(days(n, -1), nil, time.Hour); len(got) > 0 {
			t.Errorf("%d days: %v", n, got)
		}
	}
	if got := findGaps(days(2, -1), nil, time.Hour); len(got) != 1 {
		t.Errorf("two days: %v", got)
	}
}

// An error of an expression shows it as it was written.
func TestPatternErrors(t *testing.T) {
	_, err := newPattern("(", true, false)
	if err == nil || strings.Contains(err.Error(), "(?i)") {
		t.Errorf("%v", err)
	}
}
