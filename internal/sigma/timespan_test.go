package sigma

import (
	"testing"
	"time"
)

func TestTimespan(t *testing.T) {
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{
		"1s": time.Second, "90m": 90 * time.Minute, "2h": 2 * time.Hour, "30d": 30 * day, "2w": 14 * day,
		"1M": 2_629_746 * time.Second, "1y": 31_556_952 * time.Second, "007s": 7 * time.Second,
	} {
		if got, err := parseTimespan(&node{text: s}); err != nil || got != want {
			t.Errorf("%q is %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "5", "m", "0s", "-5m", "+5m", "5 m", "5x", "1.5h", "5mm", "1h30m", "99999999999s", "4000000000y", "300y", "5S"} {
		if got, err := parseTimespan(&node{text: s}); err == nil {
			t.Errorf("%q is %v", s, got)
		}
	}
	if _, err := parseTimespan(&node{kind: listNode}); err == nil {
		t.Error("a list is a timespan")
	}
}
