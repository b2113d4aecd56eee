package report

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"entente/internal/hunt"
	"entente/internal/sigma"
)

func TestTally(t *testing.T) {
	ta := newTally()
	a, b := plainFinding(), plainFinding()
	a.Count = 4
	a.Last = a.Time.AddDate(0, 0, 2)
	b.Rule = &sigma.Meta{ID: "b", Level: "LOW"}
	b.Host, b.Tactics, b.Techniques = "DC01", []string{"impact", "persistence"}, nil
	none := &hunt.Finding{}
	for _, f := range []*hunt.Finding{a, b, b, none} {
		ta.add(f)
	}
	ta.nameHosts(nil, nil)
	if ta.levels != (levelCounts{unrated: 1, low: 2, critical: 4}) {
		t.Errorf("levels %v", ta.levels)
	}
	if got := fmt.Sprint(ta.tacticOrder()); got != "[persistence impact]" || ta.tactics["persistence"].total() != 6 {
		t.Errorf("tactics %s", got)
	}
	if h := ta.worstHosts(); len(h) != 2 || h[0].name != a.Host || h[0].levels.worst() != critical || !h[0].last.Equal(a.Last) {
		t.Errorf("hosts %v", h)
	}
	if r := ta.worstRules(); len(r) != 3 || r[0].count != 4 || r[1].meta.ID != "b" || len(r[1].hosts) != 1 {
		t.Errorf("rules %v", r)
	}
	if ta.noTime != 1 || ta.noHost.total() != 1 || ta.techniques["T1505.003"].levels.total() != 4 {
		t.Errorf("no time %d, no host %d", ta.noTime, ta.noHost.total())
	}
	if !ta.first.Equal(a.Time) || !ta.last.Equal(a.Last) {
		t.Errorf("%v to %v", ta.first, ta.last)
	}
}

func TestTallyBoundsHosts(t *testing.T) {
	ta := newTally()
	f := plainFinding()
	for i := range maxHosts + 100 {
		x := *f
		x.Host = fmt.Sprint(i)
		ta.add(&x)
	}
	ta.nameHosts(nil, nil)
	if len(ta.hosts) != maxHosts || ta.otherHosts.total() != 100 {
		t.Errorf("%d hosts, %d on others", len(ta.hosts), ta.otherHosts.total())
	}
	if r := ta.worstRules()[0]; len(r.hosts) != ruleSets || !r.moreHosts {
		t.Errorf("the rule has %d hosts, more %v", len(r.hosts), r.moreHosts)
	}
}

func TestTopFindings(t *testing.T) {
	top := newTopFindings()
	add := func(level, host string, n int) {
		for i := range n {
			f := plainFinding()
			f.Rule = &sigma.Meta{ID: level, Level: level, Title: level}
			f.Host = host + fmt.Sprint(i)
			f.Time = f.Time.AddDate(0, 0, -i)
			top.add(f, manyHosts)
		}
	}
	add("low", "l", 3*maxTop)
	add("high", "h", 5)
	add("critical", "c", 2)
	if len(top.entries) > maxTop {
		t.Errorf("%d are kept", len(top.entries))
	}
	best := top.best(4)
	if len(best) != 4 || best[0].host != "c1" || best[1].host != "c0" || best[2].host != "h4" {
		t.Errorf("best %+v", best)
	}
	// The text is that of the earliest, however late it comes.
	f := plainFinding()
	f.Rule, f.Host, f.Time, f.Matched[0].Value = &sigma.Meta{ID: "critical", Level: "critical"}, "c0", f.Time.AddDate(-1, 0, 0), "first"
	top.add(f, manyHosts)
	if e := top.best(1)[0]; e.count != 2 || e.text != "CommandLine: first" {
		t.Errorf("%+v", e)
	}
}

func TestHeadline(t *testing.T) {
	for want, f := range map[string]*hunt.Finding{
		"CommandLine: a": {Matched: []hunt.FieldValue{{Name: "AAA", Value: "something much longer"}, {Name: "CommandLine", Value: "a"}}},
		"b: longest":     {Matched: []hunt.FieldValue{{Name: "a", Value: "x"}, {Name: "b", Value: "longest"}}},
		"word":           {Matched: []hunt.FieldValue{{Value: "word"}}},
		"":               {},
		"5 events, all with ip 192.0.2.1 and host h": {Correlation: &hunt.CorrelationHit{Type: sigma.EventCount, Value: 5, Group: []hunt.FieldValue{{Name: "ip", Value: "192.0.2.1"}, {Name: "host", Value: "h"}}}},
	} {
		if got := headline(f); got != want {
			t.Errorf("headline = %q, wanted %q", got, want)
		}
	}
}

func TestTacticsAndLevels(t *testing.T) {
	list := []string{"impact", "zzz", "initial-access", "stealth", "aaa", "defense-evasion"}
	sortTactics(list)
	if got := fmt.Sprint(list); got != "[initial-access defense-evasion stealth impact aaa zzz]" {
		t.Errorf("order %s", got)
	}
	for short, want := range map[string]string{"command-and-control": "Command and Control", "new-tactic": "New Tactic", "": "", "-": "", "é-x": "É X"} {
		if got := tacticName(short); got != want {
			t.Errorf("tacticName(%q) = %q, wanted %q", short, got, want)
		}
	}
	for s, want := range map[string]level{"Critical": critical, "info": informational, "": unrated, "severe": unrated} {
		if got := parseLevel(s); got != want {
			t.Errorf("parseLevel(%q) = %v", s, got)
		}
	}
	for _, l := range levels {
		if parseLevel(l.String()) != l {
			t.Errorf("level %v does not come back", l)
		}
	}
}

// TestTechniquesUnderTheirTactics: a rule that names techniques of several tactics does not put each under all of them.
func TestTechniquesUnderTheirTactics(t *testing.T) {
	x := plainFinding()
	x.Tactics = []string{"stealth", "discovery"}
	x.Techniques = []hunt.Technique{
		{ID: "T1027", Tactics: []string{"defense-evasion"}},
		{ID: "T1033", Tactics: []string{"discovery"}},
		{ID: "T1053", Tactics: []string{"execution"}}, // none that the rule names
		{ID: "T9999"},
	}
	got := terminalText(t, TerminalOptions{}, nil, x, x)
	for _, want := range []string{`(?m)^ *Defense Evasion +2 .* T1027 T9999$`, `(?m)^ *Discovery +2 .* T1033 T9999$`} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

// TestTacticsOfTechniques checks that a technique stands under no tactic that it does not serve.
func TestTacticsOfTechniques(t *testing.T) {
	own := []string{"execution", "stealth"}
	for _, c := range []struct{ tactics, own, want []string }{
		{[]string{"reconnaissance", "execution"}, own, []string{"execution"}},
		{[]string{"reconnaissance"}, own, []string{"execution", "defense-evasion"}},
		{[]string{"reconnaissance", "impact"}, own, []string{"execution", "defense-evasion"}},
		{nil, own, []string{"execution", "defense-evasion"}},
		{[]string{"defense-evasion"}, own, []string{"defense-evasion"}},
		{[]string{"reconnaissance", "impact"}, nil, []string{"reconnaissance", "impact"}},
	} {
		if got := tacticsOf(hunt.Technique{Tactics: c.own}, c.tactics); !slices.Equal(got, c.want) {
			t.Errorf("%q of a rule of %q: %q, want %q", c.own, c.tactics, got, c.want)
		}
	}
}
