package logrange

import (
	"slices"
	"testing"
)

func TestScore(t *testing.T) {
	s := NewScore([]Truth{
		{Plant: "b", Label: Malicious, File: "h/Security.evtx", Offset: 4608},
		{Plant: "b", Label: Malicious, File: "h/Security.evtx", Offset: 5000},
		{Plant: "a", Label: Malicious, File: "h/x.log", Offset: 0, Line: 1},
		{Plant: "c", Label: Malicious, File: "h/x.log", Offset: 90, Line: 2},
		{Plant: "ok-d", Label: Lookalike, File: "h/x.log", Offset: 200, Line: 3},
		{Plant: "ok-e", Label: Lookalike, File: "h/x.log", Offset: 300, Line: 4},
	})
	s.Finding(Spot{"h/Security.evtx", 5000})
	s.Finding(Spot{"h/x.log", 7}, Spot{"h/Security.evtx", 5000})
	s.Finding(Spot{"h/x.log", 0}, Spot{"h/x.log", 300})
	s.Finding(Spot{"h/x.log", 91})
	s.Finding(Spot{"g/x.log", 90}, Spot{"h/x.log", 1})
	for _, test := range []struct {
		name      string
		got, want []string
	}{
		{"found", s.Found(), []string{"b", "a"}},
		{"missed", s.Missed(), []string{"c"}},
		{"alarms", s.Alarms(), []string{"ok-e"}},
		{"quiet", s.Quiet(), []string{"ok-d"}},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, test.got, test.want)
		}
	}
	if s.Elsewhere() != 2 {
		t.Errorf("%d findings elsewhere, want 2", s.Elsewhere())
	}
}
