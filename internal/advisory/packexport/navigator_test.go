package packexport

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func layerOf(t *testing.T, o Options) navLayer {
	t.Helper()
	text, _ := export(t, Navigator, sample(t), o)
	var l navLayer
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestNavigator(t *testing.T) {
	l := layerOf(t, Options{})
	if l.Versions["layer"] != "4.5" || l.Versions["attack"] != "16" || l.Domain != "enterprise-attack" {
		t.Errorf("%v of %s", l.Versions, l.Domain)
	}
	var got []string
	for _, nt := range l.Techniques {
		got = append(got, nt.ID+" "+nt.Tactic+" "+string(rune('0'+nt.Score)))
	}
	want := []string{
		"T1190 initial-access 1", "T1562.002 defense-evasion 1",
		"T1078 initial-access 0", "T1078 persistence 0", "T1078 privilege-escalation 0", "T1078 defense-evasion 0",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, nt := range l.Techniques {
		if nt.ID == "T1190" && (!strings.Contains(nt.Comment, "takes no posts") || !strings.Contains(nt.Comment, "- Many posts")) {
			t.Errorf("the comment is %q", nt.Comment)
		}
		if nt.ID == "T1078" && !strings.Contains(nt.Comment, "looks like any other") {
			t.Errorf("the comment is %q", nt.Comment)
		}
	}
}

func TestNavigatorToday(t *testing.T) {
	l := layerOf(t, Options{Today: true})
	if l.Versions["attack"] != "18" {
		t.Errorf("%v", l.Versions)
	}
	if !slices.ContainsFunc(l.Techniques, func(n navTechnique) bool { return n.ID == "T1685.001" }) {
		t.Errorf("%v", l.Techniques)
	}
}
