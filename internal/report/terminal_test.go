package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"entente/internal/hunt"
	"entente/internal/sigma"
)

func terminalText(t *testing.T, o TerminalOptions, s *hunt.Summary, list ...*hunt.Finding) string {
	t.Helper()
	return render(t, "terminal", Options{Terminal: o}, s, list...)
}

func TestTerminalGolden(t *testing.T) {
	x, y := plainFinding(), plainFinding()
	y.Rule = &sigma.Meta{ID: "y", Title: "Many failed logons", Level: "low"}
	y.Host, y.Time, y.Tactics, y.Techniques = "DC01.corp.example", y.Time.Add(40*time.Minute), []string{"credential-access"}, []hunt.Technique{{ID: "T1110"}}
	y.Count = 40
	s := plainSummary()
	s.Skipped = []hunt.Warning{{File: "notes.docx", Offset: -1, Message: "not a log"}}
	got := terminalText(t, TerminalOptions{Width: 80}, s, x, y)
	const want = `
  Entente hunt ────────────────────────────────── 1 Jun 2024 12:00 UTC · 1.2.3

  1 critical and 40 low findings on 2 host names.
  41 in all, from 2 rules, 20 May 2024 09:14 to 09:54 UTC.
  Searched 1,000 events in 3 files (5.00 MB) with 8 of 10 rules in 2.0 s, 500
  events a second.

  Levels
  critical                 1  █▏
  high                     0
  medium                   0
  low                     40  ██████████████████████████████████████████████
  informational            0

  Timeline                                                  one column = 1 min
                                          █
                                          █
  ▁                                       █
  20 May 2024 09:14       20 May 2024 09:54

  Kill chain                                   techniques, most findings first
  Persistence                   1  ▎           critical       T1505.003
  Credential Access            40  ██████████  low            T1110

  Hosts
  critical      WEB01.corp.example         1  █                   20 May 09:14
  low           DC01.corp.example         40  ██████████████████  20 May 09:54

  Rules
  critical              1  Shell of a web server      1 host      T1505.003
  low                  40  Many failed logons         1 host      T1110

  Most serious findings          the first of each rule and host; times in UTC
  critical      2024-05-20 09:14:03  Shell of a web server
                WEB01.corp.example · CORP\svc_web · CommandLine: cmd.exe /c w…
  low           2024-05-20 09:54:03  Many failed logons ×40
                DC01.corp.example · CORP\svc_web · CommandLine: cmd.exe /c wh…

  What this hunt could not see
  2 rules had no log to run on; hunt --verbose names them.
  1 input not read:
    notes.docx: not a log

  → Look closer in a browser: entente hunt PATH -o report.html

`
	if got != want {
		t.Errorf("got\n%s\nwanted\n%s", got, want)
	}
}

func TestTerminalNamesRulesThatCouldNotRun(t *testing.T) {
	notes := func(n int) (list []hunt.RuleNote) {
		for i := range n {
			list = append(list, hunt.RuleNote{ID: fmt.Sprint("id-", i), Title: fmt.Sprint("Idle rule ", i), Note: "reads Signed, which process creation does not record"})
		}
		return list
	}
	const because = "because the logs lack fields that they read:\n"
	for name, c := range map[string]struct {
		rules, applicable int
		list              []hunt.RuleNote
		want              []string
		named             int
		more              string
	}{
		"no log at all":  {rules: 10, applicable: 8, want: []string{"  2 rules had no log to run on; hunt --verbose names them.\n"}},
		"some":           {rules: 10, applicable: 6, list: notes(2), want: []string{"  4 rules had no log to run on, 2 of them " + because, "    Idle rule 1: reads Signed, which process creation does not record\n"}, named: 2},
		"all":            {rules: 10, applicable: 9, list: notes(1), want: []string{"  1 rule could not run " + because}, named: 1},
		"as many as fit": {rules: 10, applicable: 5, list: notes(5), want: []string{"  5 rules could not run " + because}, named: 5},
		"one more":       {rules: 10, applicable: 4, list: notes(6), want: []string{"  6 rules could not run " + because}, named: 5, more: "    and 1 more; hunt --verbose names them\n"},
		"thousands":      {rules: 3000, applicable: 5, list: notes(1205), want: []string{"  2,995 rules had no log to run on, 1,205 of them "}, named: 5, more: "    and 1,200 more; hunt --verbose names them\n"},
		"not counted":    {rules: 10, applicable: 10, list: notes(1), want: []string{"  1 rule could not run " + because}, named: 1},
		"without a title": {
			rules: 10, applicable: 8, list: []hunt.RuleNote{{ID: "id-7"}, {}},
			want: []string{"    id-7: no reason given\n", "    (untitled rule): no reason given\n"},
		},
		"hostile": {
			rules: 10, applicable: 9, list: []hunt.RuleNote{{Title: "a\x1b[31m\n\u202e", Note: "b\r\u009b"}}, want: []string{`    a\x1b[31m\n\u202e: b\r\x9b` + "\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := terminalText(t, TerminalOptions{}, &hunt.Summary{Events: 1, Rules: c.rules, Applicable: c.applicable, NotApplicable: c.list})
			for _, want := range append(c.want, c.more) {
				if !strings.Contains(got, want) {
					t.Errorf("%q is missing in\n%s", want, got)
				}
			}
			if n := strings.Count(got, "Idle rule "); n != c.named {
				t.Errorf("%d rules are named, wanted %d:\n%s", n, c.named, got)
			}
			if c.more == "" && strings.Contains(got, "more; hunt --verbose") {
				t.Errorf("more than there are:\n%s", got)
			}
		})
	}
}

func TestTerminalShowsCaveats(t *testing.T) {
	mk := func(count int, caveats ...string) *hunt.Finding {
		x := plainFinding()
		x.Count, x.Caveats = count, caveats
		return x
	}
	for name, c := range map[string]struct {
		list []*hunt.Finding
		want string // "": no sign of a caveat
	}{
		"none":          {[]*hunt.Finding{mk(1)}, ""},
		"one":           {[]*hunt.Finding{mk(1, "a filter reads Signed")}, "caveat: a filter reads Signed"},
		"two":           {[]*hunt.Finding{mk(1, "first", "second")}, "caveat: first; second"},
		"all the same":  {[]*hunt.Finding{mk(2, "same"), mk(3, "same")}, "caveat: same"},
		"not the first": {[]*hunt.Finding{mk(2), mk(3, "late")}, "caveat on 3 of 5: late"},
		"not the last":  {[]*hunt.Finding{mk(2, "early"), mk(3)}, "caveat on 2 of 5: early"},
		"various":       {[]*hunt.Finding{mk(1, "one"), mk(1, "other")}, "caveats, such as: one"},
		"various, some": {[]*hunt.Finding{mk(1, "one"), mk(1, "other"), mk(1)}, "caveats on 2 of 3, such as: one"},
		"hostile":       {[]*hunt.Finding{mk(1, "x\x1b[2J\ny")}, `caveat: x\x1b[2J\ny`},
		"long":          {[]*hunt.Finding{mk(1, strings.Repeat("n", 5000))}, "caveat: " + strings.Repeat("n", 100-4-levelTagWidth-len("caveat: ")-1) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			got := terminalText(t, TerminalOptions{}, nil, c.list...)
			if c.want == "" {
				if strings.Contains(got, "caveat") {
					t.Errorf("a caveat from nowhere:\n%s", got)
				}
				return
			}
			if want := "\n  " + strings.Repeat(" ", levelTagWidth) + c.want + "\n"; !strings.Contains(got, want) {
				t.Errorf("%q is missing in\n%s", want, got)
			}
			if colour := terminalText(t, TerminalOptions{Color: true}, nil, c.list...); !strings.Contains(colour, "\x1b[2m"+c.want+"\x1b[0m") {
				t.Errorf("not dim: %q", colour)
			}
		})
	}
}

func TestTerminalWithoutFindings(t *testing.T) {
	got := terminalText(t, TerminalOptions{}, plainSummary())
	for _, want := range []string{"Nothing found.\n  Searched 1,000 events in 3 files (5.00 MB) with 8 of 10 rules in 2.0 s", "Events from 30 May", "2 rules had no log to run on", "entente logs"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "Timeline") || strings.Contains(got, "Levels") {
		t.Errorf("empty sections in\n%s", got)
	}
	if got := terminalText(t, TerminalOptions{}, &hunt.Summary{}); !strings.Contains(got, "No event was read") {
		t.Errorf("without events\n%s", got)
	}
}

func TestTerminalColours(t *testing.T) {
	f := newFake(9)
	var list []*hunt.Finding
	for i := range 500 {
		list = append(list, f.finding(i, 500))
	}
	list = append(list, hostile()...)
	plain := terminalText(t, TerminalOptions{}, f.summary(500), list...)
	colour := terminalText(t, TerminalOptions{Color: true}, f.summary(500), list...)
	if strings.Contains(plain, "\x1b") {
		t.Error("escapes without colour")
	}
	// Only styles of our own, and without them the text is the same.
	sgr := regexp.MustCompile("\x1b\\[([0-9;]*)m")
	stripped := sgr.ReplaceAllString(colour, "")
	if strings.Contains(stripped, "\x1b") {
		t.Error("an escape sequence that is no style")
	}
	trim := func(s string) string { return regexp.MustCompile(` +\n`).ReplaceAllString(s, "\n") }
	if trim(stripped) != trim(plain) {
		t.Error("colour changes the text")
	}
	if !strings.Contains(colour, "\x1b[") || strings.Count(colour, "\x1b[0m")*2 != strings.Count(colour, "\x1b[") {
		t.Error("styles are not closed one by one")
	}
}

func TestTerminalKeepsToItsWidth(t *testing.T) {
	f := newFake(10)
	var list []*hunt.Finding
	for i := range 800 {
		list = append(list, f.finding(i, 800))
	}
	for _, w := range []int{60, 80, 100, 140, 200} {
		for line := range strings.Lines(terminalText(t, TerminalOptions{Width: w}, f.summary(800), list...)) {
			line = strings.TrimSuffix(line, "\n")
			if n := width(line); n > w && !strings.Contains(line, "→") {
				t.Errorf("width %d: %d columns: %s", w, n, line)
			}
		}
	}
}

func TestTerminalTimelines(t *testing.T) {
	at := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	mk := func(offsets ...time.Duration) (list []*hunt.Finding) {
		for _, o := range offsets {
			x := plainFinding()
			x.Time = at.Add(o)
			list = append(list, x)
		}
		return list
	}
	for name, c := range map[string]struct {
		list []*hunt.Finding
		want string
	}{
		"one moment": {mk(0), "1 min"},
		"a day":      {mk(0, 24*time.Hour), "16 min"},
		"ten years":  {mk(0, 87600*time.Hour), "38 d"},
	} {
		got := terminalText(t, TerminalOptions{}, nil, c.list...)
		if !strings.Contains(got, "= "+c.want) {
			t.Errorf("%s: no step of %s in\n%s", name, c.want, got)
		}
	}
	x := plainFinding()
	x.Time = time.Time{}
	if got := terminalText(t, TerminalOptions{}, nil, x); strings.Contains(got, "Timeline") || !strings.Contains(got, "no time") {
		t.Errorf("without time\n%s", got)
	}
}

func TestTerminalNamesOtherReports(t *testing.T) {
	got := terminalText(t, TerminalOptions{Reports: []string{"out/report.html"}, Top: -1}, plainSummary(), plainFinding())
	if !strings.Contains(got, "→ written: out/report.html") || strings.Contains(got, "Look closer") || strings.Contains(got, "Most serious") {
		t.Errorf("got\n%s", got)
	}
}

func TestWantColor(t *testing.T) {
	for _, c := range []struct {
		env      string
		terminal bool
		want     bool
	}{
		{"", true, true}, {"", false, false}, {"NO_COLOR=1", true, false}, {"TERM=dumb", true, false}, {"CLICOLOR_FORCE=1", false, true}, {"CLICOLOR_FORCE=0", false, false}, {"CLICOLOR_FORCE=1 NO_COLOR=x", true, false},
	} {
		env := map[string]string{}
		for kv := range strings.FieldsSeq(c.env) {
			k, v, _ := strings.Cut(kv, "=")
			env[k] = v
		}
		if got := WantColor(func(k string) string { return env[k] }, c.terminal); got != c.want {
			t.Errorf("%q on terminal %v: %v", c.env, c.terminal, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q", n, got)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.00 kB", 9_995_000: "10.0 MB", 999_499: "999 kB", 999_999: "1.00 MB", 2_310_000_000: "2.31 GB", 5e18: "5000 PB"} {
		if got := bytesText(n); got != want {
			t.Errorf("bytesText(%d) = %q, wanted %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0 ms", 1500 * time.Millisecond: "1.5 s", 42 * time.Second: "42 s", 90 * time.Second: "1 min 30 s", time.Hour: "1 h", 49 * time.Hour: "2 d 1 h"} {
		if got := durationText(d); got != want {
			t.Errorf("durationText(%v) = %q, wanted %q", d, got, want)
		}
	}
}

// TestTerminalTroubleOfNoFile: what concerns no file stands without the place of one.
func TestTerminalTroubleOfNoFile(t *testing.T) {
	got := terminalText(t, TerminalOptions{}, &hunt.Summary{Events: 1, Rules: 1, Applicable: 1, WarningsTotal: 2, Warnings: []hunt.Warning{
		{Offset: -1, Message: "2 matches lack a field"}, {File: "a.log", Offset: 7, Message: "cut"},
	}})
	if !strings.Contains(got, "\n    2 matches lack a field\n    a.log @7: cut\n") {
		t.Error(got)
	}
}

// TestTerminalItem checks that an item of a list stands whole on several rows, and that it ends.
func TestTerminalItem(t *testing.T) {
	for _, c := range []struct {
		text string
		rows int
		want string
	}{
		{"short", 4, "    short\n"},
		{"the rest was not read: raise the limit", 4, "    the rest was not\n      read: raise the\n      limit\n"},
		{"the rest was not read: raise the limit", 2, "    the rest was not\n      read: raise the…\n"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 4, "    aaaaaaaaaaaaaaaaaa\n      aaaaaaaaaaaaaaaa\n      aa\n"},
		{"", 4, ""},
	} {
		term := &terminal{o: TerminalOptions{Width: 24}}
		term.item("", c.text, c.rows)
		if got := term.b.String(); got != c.want {
			t.Errorf("%q on %d rows:\n%s\nwant\n%s", c.text, c.rows, got, c.want)
		}
	}
	for s, n := range map[string]string{"世界": "世", "ab": "a"} {
		if got := fitting(s, 1); got != n {
			t.Errorf("fitting(%q) = %q", s, got)
		}
	}
}

// Hosts whose findings are of several years have them beside the days.
func TestHostsOfManyYears(t *testing.T) {
	at := func(y int) time.Time { return time.Date(y, 7, 15, 11, 31, 0, 0, time.UTC) }
	one, two := &hostTally{first: at(2020), last: at(2020).Add(time.Hour)}, &hostTally{first: at(2020), last: at(2021)}
	if manyYears([]*hostTally{one, {}}) || !manyYears([]*hostTally{one, two}) || !manyYears([]*hostTally{one, {first: at(2021), last: at(2021)}}) {
		t.Error("years are told wrongly")
	}
	if got := hostSpan(two, "2 Jan 2006"); got != "15 Jul 2020 – 15 Jul 2021" {
		t.Error(got)
	}
}

// What counts as a rule is said with the number.
func TestRulesAreCountedInWords(t *testing.T) {
	for want, s := range map[string]hunt.Summary{
		"with 1 rule.":                   {Rules: 1, Applicable: 1},
		"with 0 of 1,200 rules.":         {Rules: 1200},
		"with 3 rules (1 correlation).":  {Rules: 3, Applicable: 3, Correlations: 1},
		"(60 correlations, 92 made of i": {Rules: 570, Applicable: 365, Correlations: 60, Indicators: 92},
		"with 2 of 3 rules (3 made of i": {Rules: 3, Applicable: 2, Indicators: 3},
	} {
		if got := terminalText(t, TerminalOptions{Width: 150}, &s); !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}
