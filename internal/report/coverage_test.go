package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/internal/advisory"
	"entente/internal/attack"
	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// packRules are the rules of an invented pack.
const packRules = `
title: "Request for the flaw"
id: 30000000-0000-4000-8000-000000000001
level: medium
tags: [attack.t1190, attack.initial-access, stage.tried]
logsource: {category: webserver, product: windows, service: iis}
detection: {s: {cs-uri-stem: /y.js}, condition: s}
---
title: "Shell of the web server"
id: 30000000-0000-4000-8000-000000000002
level: high
tags: [attack.t1505.003, attack.persistence, stage.shell]
logsource: {category: process_creation, product: windows}
detection: {s: {ParentImage|endswith: w3wp.exe}, condition: s}
---
title: "Memory of LSASS read"
id: 30000000-0000-4000-8000-000000000003
level: critical
tags: [attack.t1003.001, attack.credential-access, stage.creds]
logsource: {category: process_access, product: windows}
detection: {s: {TargetImage|endswith: lsass.exe}, condition: s}
---
title: "Weak ticket"
id: 30000000-0000-4000-8000-000000000004
level: medium
tags: [attack.t1558.003, attack.credential-access, stage.creds]
logsource: {service: security, product: windows}
detection: {s: {EventID: 4769}, condition: s}
`

// tableAndFacts are loaded once for all tests; nobody changes them.
var tableAndFacts = sync.OnceValues(func() (*taxonomy.Table, *attack.Facts) {
	table, err := taxonomy.Load()
	if err != nil {
		panic(err)
	}
	facts, err := attack.Default()
	if err != nil {
		panic(err)
	}
	return table, facts
})

// coverageOf is what is needed to report on a hunt with an invented pack into whose texts a text is put.
func coverageOf(tb testing.TB, text string) (Options, *advisory.Pack) {
	tb.Helper()
	p := &advisory.Pack{Rules: sigma.ParseFiles(sigma.Options{}, sigma.File{Name: "rules/x.yml", Data: []byte(packRules)})}
	if len(p.Rules.Rules) != 4 {
		tb.Fatalf("%d rules: %+v", len(p.Rules.Rules), p.Rules.Problems)
	}
	with := func(s string) string { return strings.TrimSuffix(s+" "+text, " ") }
	for _, r := range p.Rules.Rules {
		r.Title = with(r.Title)
	}
	p.Manifest = advisory.Manifest{
		ID: "pack" + text, Title: with("Mail servers"), Version: "1.0.0", Issued: "2024-05-20", TLP: "clear",
		Stages: []advisory.Stage{
			{ID: "tried", Title: with("The flaw was tried"), Shows: advisory.Attempt},
			{ID: "shell", Title: with("A page was written"), Shows: advisory.Compromise, Decisive: true},
			{ID: "creds", Title: with("Credentials were taken"), Shows: advisory.Compromise},
		},
	}
	ttp := func(id, tactic string, detections ...string) {
		t := advisory.TTP{
			ID: id, Tactics: []string{tactic}, Procedure: "The actor does it " + text, Confidence: "high", Logs: []string{"some log " + text},
			Questions: []advisory.Question{{Ask: "Who was it? " + text, LookFor: "Traces " + text, Where: "There " + text}}, Mitigations: []string{"m1"},
		}
		for _, d := range detections {
			t.Detections = append(t.Detections, "30000000-0000-4000-8000-00000000000"+d)
		}
		if len(detections) == 0 {
			t.Undetectable = "It happens elsewhere " + text
		}
		p.TTPs = append(p.TTPs, t)
	}
	ttp("T1190", "initial-access", "1")
	ttp("T1505.003", "persistence", "2")
	ttp("T1003.001", "credential-access", "3")
	ttp("T1558.003", "credential-access", "4")
	ttp("T1583.003", "resource-development")
	p.Mitigations = []advisory.Mitigation{{ID: "m1", Title: "Do the right thing " + text, Text: "Now " + text, Effort: "low"}}
	table, facts := tableAndFacts()
	return Options{
		Attack:   facts,
		Coverage: coverage.New([]*advisory.Pack{p}, coverage.Options{Table: table, Describe: func(f *hunt.Finding) string { return Headline(f) + text }}),
	}, p
}

// hitHunt is a hunt that found an intrusion on one host and an attempt on another one; a third is clean, of a fourth the
// logs say nothing.
func hitHunt(p *advisory.Pack, text string) ([]*hunt.Finding, *hunt.Summary) {
	start := time.Date(2024, 5, 20, 6, 40, 0, 0, time.UTC)
	var list []*hunt.Finding
	find := func(rule int, host string, minute int, technique string) {
		f := plainFinding()
		f.Rule, f.Host, f.Time, f.User, f.File = &p.Rules.Rules[rule].Meta, host, start.Add(time.Duration(minute)*time.Minute), "user"+text, "file"+text
		f.Techniques, f.Tactics = []hunt.Technique{{ID: technique}}, []string{"persistence"}
		f.Matched = []hunt.FieldValue{{Name: "CommandLine", Value: strings.TrimSuffix("cmd "+text, " ")}}
		f.Last = f.Time
		list = append(list, f)
	}
	find(0, "ex01.example.org"+text, 0, "T1190")
	find(0, "web02.example.org"+text, 5, "T1190")
	for i := range 12 {
		find(1, "ex01.example.org"+text, 10+i, "T1505.003")
	}
	find(2, "ex01.example.org"+text, 300, "T1003.001")
	logs := func(host, channel string, id uint32, kinds ...string) hunt.LogCount {
		return hunt.LogCount{Source: "windows", Channel: channel, EventID: id, Host: host + text, Records: 10, First: start, Last: start.Add(24 * time.Hour), Kinds: kinds}
	}
	const sysmon = "Microsoft-Windows-Sysmon/Operational"
	return list, &hunt.Summary{
		Events: 40, Files: 2, Rules: 4, Applicable: 3, Findings: int64(len(list)), First: start, Last: start.Add(24 * time.Hour),
		Logs: []hunt.LogCount{
			logs("ex01.example.org", sysmon, 1, "windows/sysmon/1"), logs("ex01.example.org", sysmon, 10, "windows/sysmon/10"),
			logs("ws01.example.org", sysmon, 1, "windows/sysmon/1"), logs("ws01.example.org", sysmon, 10, "windows/sysmon/10"),
			logs("old01", "System", 7036),
			{Source: "iis", Host: "web02.example.org" + text, Records: 4, Kinds: []string{"web/iis"}},
		},
	}
}

// hit renders a hunt of hitHunt.
func hit(tb testing.TB, format, text string, change func(*Options)) string {
	tb.Helper()
	o, p := coverageOf(tb, text)
	list, sum := hitHunt(p, text)
	for _, f := range list {
		o.Coverage.Add(f)
	}
	if change != nil {
		change(&o)
	}
	return render(tb, format, o, sum, list...)
}

func TestHitScreen(t *testing.T) {
	got := hit(t, "terminal", "", nil)
	for _, want := range []string{
		"Were we hit?  Yes. 1 of 4 hosts is compromised; 1 more attacked, as far as “The flaw was tried”.",
		"■ COMPROMISED   ex01.example.org                                  20 May 2024 06:40 to 11:40 UTC",
		"06:40 ├ The flaw was tried      Request for the flaw",
		"06:50 ├ A page was written      Shell of the web server",
		"12 times",
		"11:40 └ Credentials were taken  Memory of LSASS read",
		"▲ ATTEMPTED     web02.example.org",
		"? whether it succeeded: no log of this host could show it",
		"? CANNOT TELL   old01",
		"○ NOT SEEN      ws01.example.org                                          looked for 2 of 4 TTPs",
		"■ found                    3",
		"? could not look           1",
		"– no log can show it       1",
		"No log can show",
		"T1583.003  It happens elsewhere",
		"ask: Who was it?",
		"1 TTP  Security 4769",
		`auditpol /set /subcategory:"Kerberos Service Ticket Operations"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "Most serious findings") {
		t.Error("the findings are listed though nobody asked")
	}
	lines := strings.Split(got, "\n")
	if len(lines) > 42 {
		t.Errorf("%d lines are no screen", len(lines))
	}
	for _, l := range lines {
		if width(l) > 100 {
			t.Errorf("a line of %d columns: %s", width(l), l)
		}
	}
	if got := hit(t, "terminal", "", func(o *Options) { o.Terminal.Top = 3 }); !strings.Contains(got, "Most serious findings") || !strings.Contains(got, "Were we hit?") {
		t.Errorf("with --top\n%s", got)
	}
	for l := range strings.Lines(hit(t, "terminal", "", func(o *Options) { o.Terminal.Width = 60 })) {
		if width(strings.TrimSuffix(l, "\n")) > 60 {
			t.Errorf("a line of %d columns: %s", width(l), l)
		}
	}
}

// TestReached checks how far attempts came: the last stage of an attempt, of the pack that says most.
func TestReached(t *testing.T) {
	pack := func(stages ...string) coverage.Pack {
		m := advisory.Manifest{}
		for _, s := range stages {
			shows := advisory.Attempt
			if strings.HasPrefix(s, "!") {
				shows = advisory.Compromise
			}
			m.Stages = append(m.Stages, advisory.Stage{ID: s, Title: "T" + s, Shows: shows})
		}
		return coverage.Pack{Pack: &advisory.Pack{Manifest: m}}
	}
	for _, c := range []struct{ seen, want string }{
		{"a1", "Ta1"}, {"b2", "Tb2"}, {"a2 b1", "Ta2"}, {"a2 b3", "Tb3"}, {"a1 b3", "Tb3"}, {"", ""}, {"other", ""}, {"!x", ""},
	} {
		h := coverage.Host{Verdict: coverage.Attempted}
		for id := range strings.FieldsSeq(c.seen) {
			s := advisory.Stage{ID: id, Shows: advisory.Attempt}
			if id == "!x" {
				s.Shows = advisory.Compromise
			}
			h.Stages = append(h.Stages, coverage.StageSeen{Stage: s})
		}
		r := &coverage.Report{Hosts: []coverage.Host{{Verdict: coverage.NotSeen}, h}, Packs: []coverage.Pack{pack("a1", "a2", "!x"), pack("b1", "b2", "b3")}}
		if got := reached(r); got != c.want {
			t.Errorf("%s: %q, want %q", c.seen, got, c.want)
		}
	}
}

// TestHowMany checks that numbers beside a stage are words where there is room.
func TestHowMany(t *testing.T) {
	for _, c := range []struct {
		findings    int64
		others      int
		long, short string
	}{{1, 0, "", ""}, {19, 0, "19 times", "×19"}, {19, 1, "19 times and 1 more rule", "×19 +1 rule"}, {2000, 3, "2,000 times and 3 more rules", "×2,000 +3 rules"}} {
		if got := howMany(c.findings, c.others, true); got != c.long {
			t.Errorf("%q, want %q", got, c.long)
		}
		if got := howMany(c.findings, c.others, false); got != c.short {
			t.Errorf("%q, want %q", got, c.short)
		}
	}
}

func TestHitAnswers(t *testing.T) {
	host := func(v coverage.Verdict) coverage.Host { return coverage.Host{Name: string(v), Verdict: v} }
	entrance := host(coverage.NotSeen)
	entrance.Blind = true
	sighted := host(coverage.NotSeen)
	sighted.Sight = coverage.Sight{Of: 4, Looked: 3, Proof: 1}
	sign := host(coverage.Attempted)
	sign.Stages = []coverage.StageSeen{{Stage: advisory.Stage{Title: "Stays", Shows: advisory.Compromise}, Level: "medium"}}
	for _, c := range []struct {
		hosts []coverage.Host
		want  string
	}{
		{nil, "No log of any host was read."},
		{[]coverage.Host{entrance}, "Not seen at the entrance. What happened behind it these logs do not show."},
		{[]coverage.Host{entrance, host(coverage.NotSeen)}, "Not seen in what could be looked at."},
		{[]coverage.Host{host(coverage.NotSeen)}, "Not seen in what could be looked at."},
		{[]coverage.Host{host(coverage.CannotTell)}, "Cannot tell: these logs show too little of the only host."},
		{[]coverage.Host{host(coverage.CannotTell), host(coverage.CannotTell)}, "Cannot tell: these logs show too little of all 2 hosts."},
		{[]coverage.Host{host(coverage.CannotTell), host(coverage.NotSeen)}, "Not seen in what could be looked at. For 1 of 2 hosts these logs show too little to tell."},
		{[]coverage.Host{host(coverage.Attempted), host(coverage.NotSeen)}, "Attacked, and nothing shows that it succeeded: 1 of 2 hosts."},
		{[]coverage.Host{sighted}, "Not seen in what could be looked at: 3 of 4 TTPs."},
		{[]coverage.Host{sighted, host(coverage.NotSeen)}, "Not seen in what could be looked at."},
		{[]coverage.Host{sign}, "Perhaps. 1 of 1 host could be compromised, and no finding is enough to say so."},
		{[]coverage.Host{sign, host(coverage.Attempted)}, "Perhaps. 1 of 2 hosts could be compromised, and no finding is enough to say so; 1 more attacked, and nothing shows that it succeeded."},
		{[]coverage.Host{host(coverage.Compromised), sign}, "Yes. 1 of 2 hosts is compromised; 1 more could be."},
		{[]coverage.Host{host(coverage.Compromised), host(coverage.Compromised)}, "Yes. 2 of 2 hosts are compromised."},
		{[]coverage.Host{host(coverage.Compromised), host(coverage.Attempted), host(coverage.Attempted)}, "Yes. 1 of 3 hosts is compromised; 2 more attacked, and nothing shows that it succeeded."},
	} {
		x := &terminal{o: TerminalOptions{Width: 200}, tally: newTally(), sum: &hunt.Summary{}}
		x.tally.nameHosts(nil, nil)
		x.answer(&coverage.Report{Hosts: c.hosts})
		if got := x.b.String(); !strings.Contains(got, "Were we hit?  "+c.want+"\n") {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

// TestSignIsNoProof: a medium finding of a stage that shows a compromise is called no more than a sign, wherever it is shown.
func TestSignIsNoProof(t *testing.T) {
	sign := coverage.Host{Name: "tenant", Verdict: coverage.Attempted, Stages: []coverage.StageSeen{
		{Stage: advisory.Stage{ID: "stays", Title: "Stays", Shows: advisory.Compromise}, Level: "medium", Findings: 1},
	}}
	r := &coverage.Report{Hosts: []coverage.Host{sign}}
	for _, width := range []int{60, 100} {
		x := &terminal{o: TerminalOptions{Width: width}, tally: newTally(), sum: &hunt.Summary{}}
		x.tally.nameHosts(nil, nil)
		x.verdictHosts(r, coverage.Attempted, true)
		got := strings.Join(strings.Fields(x.b.String()), " ")
		if !strings.Contains(got, "? “Stays” could be a sign of a compromise; alone it is not enough for that verdict, which takes a critical finding, a high one of a stage that proves it alone, or high ones of two stages.") {
			t.Errorf("on %d columns: %s", width, got)
		}
	}
	j := jsonText{b: []byte{'{'}}
	verdictMembers(&j, r, &sign)
	if got := string(j.b); !strings.Contains(got, `"shows":"compromise","strength":"sign"`) || !strings.Contains(got, `"because":"“Stays” could be a sign of a compromise;`) {
		t.Error(got)
	}
	j = jsonText{b: []byte{'{'}}
	coverageMembers(&j, r, &Options{})
	if got := string(j.b); !strings.Contains(got, `"signs":1`) {
		t.Error(got)
	}
}

// TestBrowserSignIsNoProof: the page says so of the stage, and in its answer.
func TestBrowserSignIsNoProof(t *testing.T) {
	needBrowser(t)
	o, p := coverageOf(t, "")
	p.Rules.Rules[2].Level = "medium"
	list, sum := hitHunt(p, "")
	list = list[len(list)-1:]
	o.Coverage.Add(list[0])
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(render(t, "html", o, sum, list...)), 0o600); err != nil {
		t.Fatal(err)
	}
	c := startChromium(t)
	c.open(path, "")
	body := c.text("document.body.innerText")
	for _, want := range []string{
		"Perhaps. 1 of 4 hosts could be compromised, and no finding is enough to say so.", "Credentials were taken", "could be a sign of a compromise\n",
		"Why: “Credentials were taken” could be a sign of a compromise; alone it is not enough for that verdict",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the first page does not say %q:\n%s", want, body)
		}
	}
	if strings.Contains(body, "shows a compromise\n") {
		t.Errorf("a sign is called a proof:\n%s", body)
	}
	c.quiet(path)
}

// TestHowMuchWasLookedAt: hosts on which nothing was found are not called clean.
func TestHowMuchWasLookedAt(t *testing.T) {
	host := func(looked, of int) *coverage.Host {
		return &coverage.Host{Sight: coverage.Sight{Of: of, Looked: looked}}
	}
	for _, c := range []struct {
		hosts []*coverage.Host
		want  string
	}{
		{[]*coverage.Host{host(85, 102)}, "looked for 85 of 102 TTPs"},
		{[]*coverage.Host{host(85, 102), host(85, 102)}, "looked for 85 of 102 TTPs on each"},
		{[]*coverage.Host{host(85, 102), host(24, 45), host(14, 14)}, "looked for 24 of 45 to 14 of 14 TTPs"},
		{[]*coverage.Host{host(0, 0)}, ""},
	} {
		if got := lookedAt(c.hosts); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestVerdictLines(t *testing.T) {
	type line struct {
		Host    string
		Verdict string
		Because string
		Blind   bool
		Stages  []struct{ ID, Shows, Strength, First, Last string }
		First   *string
		Last    *string
		Chain   []struct {
			Time, Stage, User, Text string
			Rule                    struct{ ID, Title, Level string }
			Findings                int
			Techniques              []string
		}
	}
	var got []line
	for l := range strings.Lines(hit(t, "json", "", nil)) {
		var x line
		if err := json.Unmarshal([]byte(l), &x); err != nil {
			t.Fatal(err)
		}
		got = append(got, x)
	}
	if len(got) != 4 {
		t.Fatalf("%d hosts", len(got))
	}
	x := got[0]
	if x.Host != "ex01.example.org" || x.Verdict != "compromised" || *x.First != "2024-05-20T06:40:00Z" || *x.Last != "2024-05-20T11:40:00Z" {
		t.Errorf("%+v", x)
	}
	if x.Because != "findings of level high or critical show a compromise: A page was written, Credentials were taken" {
		t.Errorf("because %s", x.Because)
	}
	if len(x.Stages) != 3 || x.Stages[1].ID != "shell" || x.Stages[1].Shows != "compromise" || x.Stages[1].Strength != "proof" || x.Stages[1].First != "2024-05-20T06:50:00Z" || x.Stages[1].Last != "2024-05-20T07:01:00Z" {
		t.Errorf("stages %+v", x.Stages)
	}
	if len(x.Chain) != 3 || x.Chain[1].Rule.ID != "30000000-0000-4000-8000-000000000002" || x.Chain[1].Findings != 12 || x.Chain[1].Text != "CommandLine: cmd" || x.Chain[1].Techniques[0] != "T1505.003" {
		t.Errorf("chain %+v", x.Chain)
	}
	if got[3].Verdict != "not-seen" || got[3].First != nil || got[3].Stages == nil || got[3].Chain == nil {
		t.Errorf("a host without findings: %+v", got[3])
	}
	if out := render(t, "json", Options{}, plainSummary(), plainFinding()); out != "" {
		t.Errorf("without a pack: %s", out)
	}
}

func TestCoverageLayer(t *testing.T) {
	text := hit(t, "navigator", "", nil)
	var l layer
	if err := json.Unmarshal([]byte(text), &l); err != nil || l.Versions.Layer != "4.5" || l.Domain != "enterprise-attack" {
		t.Fatalf("%v, layer %+v", err, l)
	}
	for _, s := range coverage.States {
		if !strings.Contains(text, `{"label":"`+stateWords(s)+`","color":"`+stateColour(s)+`"}`) {
			t.Errorf("the legend does not tell %s", s)
		}
	}
	want := map[string]string{
		"T1190": stateColour(coverage.Found), "T1505.003": stateColour(coverage.Found), "T1003.001": stateColour(coverage.Found),
		"T1558.003": stateColour(coverage.Blind), "T1583.003": stateColour(coverage.NoLog),
	}
	comments := map[string]string{}
	for _, x := range l.Techniques {
		if x.Color != want[x.TechniqueID] {
			t.Errorf("%s has colour %s", x.TechniqueID, x.Color)
		}
		comments[x.TechniqueID] = x.Comment
		delete(want, x.TechniqueID)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	for id, text := range map[string]string{"T1505.003": "12 findings on 1 host\nhigh: Shell of the web server", "T1558.003": "auditpol", "T1583.003": "ask: Who was it?"} {
		if !strings.Contains(comments[id], text) {
			t.Errorf("%s says %q", id, comments[id])
		}
	}
}

// TestStatesDifferInBrightness: on grey paper, and for those who do not see hues, the four colours are apart.
func TestStatesDifferInBrightness(t *testing.T) {
	var list []float64
	for _, s := range coverage.States {
		n, err := strconv.ParseUint(stateColour(s)[1:], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		linear := func(c uint64) float64 {
			v := float64(c&255) / 255
			if v <= 0.04045 {
				return v / 12.92
			}
			return math.Pow((v+0.055)/1.055, 2.4)
		}
		y := 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
		list = append(list, 116*math.Cbrt(y)-16) // CIE L*
	}
	slices.Sort(list)
	for i := 1; i < len(list); i++ {
		if list[i]-list[i-1] < 8 {
			t.Errorf("lightness %.0f and %.0f are too near", list[i-1], list[i])
		}
	}
}

func TestCoverageInHTML(t *testing.T) {
	r := unpackReport(t, hit(t, "html", "", nil))
	c, _ := r.meta["coverage"].(map[string]any)
	packs, _ := c["packs"].([]any)
	hosts, _ := c["hosts"].([]any)
	if len(packs) != 1 || len(hosts) != 4 {
		t.Fatalf("coverage %v", c)
	}
	ttps := packs[0].(map[string]any)["ttps"].([]any)
	if x := ttps[1].(map[string]any); x["state"] != "found" || x["findings"] != 12.0 || x["name"] != "Web Shell" {
		t.Errorf("TTP %v", x)
	}
	if r := unpackReport(t, render(t, "html", Options{}, plainSummary(), plainFinding())); r.meta["coverage"] != nil {
		t.Error("a hunt without packs has a coverage")
	}
}

func TestHostilePacks(t *testing.T) {
	for _, f := range Formats() {
		for _, x := range hostileTexts {
			out := hit(t, f.Name, x, nil)
			checkWellFormed(t, f.Name, out)
			checkHarmless(t, f.Name, out)
		}
		first, second := hit(t, f.Name, "", nil), hit(t, f.Name, "", nil)
		if first != second {
			t.Errorf("%s: two reports of the same hunt differ", f.Name)
		}
	}
}

func TestPackFormatsReportWriteErrors(t *testing.T) {
	for _, f := range Formats() {
		if !f.Packs {
			continue
		}
		o, p := coverageOf(t, "")
		list, sum := hitHunt(p, "")
		for _, x := range list {
			o.Coverage.Add(x)
		}
		if err := f.New(&failingWriter{left: 10}, o).Close(sum); !errors.Is(err, errFull) {
			t.Errorf("%s: error %v, wanted that of the writer", f.Name, err)
		}
	}
}

func TestBrowserAnswersFirst(t *testing.T) {
	needBrowser(t)
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(hit(t, "html", "", nil)), 0o600); err != nil {
		t.Fatal(err)
	}
	c := startChromium(t)
	c.open(path, "")
	body := c.text("document.body.innerText")
	for _, want := range []string{
		"Yes. 1 of 4 hosts is compromised; 1 more attacked, as far as “The flaw was tried”.", "ex01.example.org", "Credentials were taken", "Shell of the web server",
		"Why: findings of level high or critical show a compromise: A page was written, Credentials were taken.", "shows a compromise", "looked for 2 of 4 TTPs",
		"the attempt may have succeeded", "Turn on to see more", "Kerberos Service Ticket Operations", "old01", "ws01.example.org",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the first page does not say %q:\n%s", want, body)
		}
	}
	// A step leads to its findings.
	c.eval(`[...document.querySelectorAll(".step")].find((b) => b.textContent.includes("Shell of the web server")).focus()`, nil)
	c.key("Enter") // as a reader would: a step in the history without one is none
	c.until(`location.hash.startsWith("#findings")`)
	if got := c.shown(); got != 12 {
		t.Errorf("the step leads to %d findings, want 12", got)
	}
	c.open(path, "#coverage")
	if n := c.number(`document.querySelectorAll(".states .cell").length`); n != 5 {
		t.Errorf("%v cells", n)
	}
	for state, n := range map[string]int{"found": 3, "could-not-look": 1, "no-log": 1, "not-found": 0} {
		if got := c.number(`document.querySelectorAll(".states .cell.st-` + state + `").length`); int(got) != n {
			t.Errorf("%v cells are %s, want %d", got, state, n)
		}
	}
	// A cell opens its TTP, with questions and what to turn on; the tip says it, too.
	c.eval(`document.querySelector(".states .cell.st-could-not-look").dispatchEvent(new PointerEvent("pointerenter"))`, nil)
	if tip := c.text(`document.getElementById("tip").hidden ? "" : document.getElementById("tip").innerText`); !strings.Contains(tip, "Missing: Security 4769") {
		t.Errorf("the tip says %q", tip)
	}
	c.eval(`document.querySelector(".states .cell.st-could-not-look").click()`, nil)
	c.until(`location.hash.includes("ttp=T1558.003")`)
	body = c.text(`document.querySelector(".ttp-more").innerText`)
	for _, want := range []string{"auditpol", "Who was it?", "The actor does it", "Do the right thing"} {
		if !strings.Contains(body, want) {
			t.Errorf("the TTP does not say %q: %s", want, body)
		}
	}
	c.eval(`[...document.querySelectorAll(".key")][0].click()`, nil)
	c.until(`document.querySelectorAll("tr.ttp").length === 3`)
	for _, view := range []string{"hit", "coverage"} {
		c.open(path, "#"+view)
		if n := c.number(`document.querySelectorAll("h1").length`); n != 1 {
			t.Errorf("%s has %v first headings", view, n)
		}
		if got := c.text(`[...document.querySelectorAll("button")].filter((b) => !b.hidden && b.offsetParent && !b.innerText.trim() && !b.getAttribute("aria-label") && !b.title).length`); got != "0" {
			t.Errorf("%s: %s buttons without a name", view, got)
		}
	}
	c.quiet(path)
}

// TestBrowserNarrowCoverage checks that a narrow screen shows the whole table of TTPs, no count cut off, and the tab of the view.
func TestBrowserNarrowCoverage(t *testing.T) {
	needBrowser(t)
	o, p := coverageOf(t, "")
	list, sum := hitHunt(p, "")
	for _, f := range list {
		f.Count = 12_345
		o.Coverage.Add(f)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(render(t, "html", o, sum, list...)), 0o600); err != nil {
		t.Fatal(err)
	}
	c := startChromium(t)
	c.size(420, 900)
	for _, view := range []string{"hit", "coverage", "overview", "timeline", "attack", "findings", "hosts", "quality"} {
		c.open(path, "#"+view)
		if out := c.text(`(() => { const a = document.querySelector("#tabs [aria-current]").getBoundingClientRect(); return a.left >= 0 && a.right <= innerWidth ? "" : a.left + " to " + a.right; })()`); out != "" {
			t.Errorf("#%s: its tab is at %s", view, out)
		}
	}
	c.open(path, "#coverage")
	for what, script := range map[string]string{
		"a row is high":          `[...document.querySelectorAll("tr.ttp")].filter((x) => x.offsetHeight > 140)`,
		"a row is wider":         `[...document.querySelectorAll("tr.ttp td")].filter((x) => x.getBoundingClientRect().right > innerWidth)`,
		"a row lacks its reason": `[...document.querySelectorAll("tr.ttp td:nth-child(4)")].filter((x) => x.offsetWidth < 300)`,
		"a count is cut off":     `[...document.querySelectorAll(".states .cell")].filter((x) => x.querySelector("b") && x.querySelector("b").getBoundingClientRect().right > x.getBoundingClientRect().right)`,
	} {
		if out := c.text(`JSON.stringify(` + script + `.slice(0, 3).map((x) => x.innerText))`); out != "[]" {
			t.Errorf("%s: %s", what, out)
		}
	}
	if c.number(`document.querySelectorAll("tr.ttp").length`) == 0 || c.number(`document.querySelectorAll(".states .cell b").length`) == 0 {
		t.Error("no TTP is shown")
	}
	c.quiet(path)
}

func TestBrowserHostilePack(t *testing.T) {
	needBrowser(t)
	c := startChromium(t)
	path := filepath.Join(t.TempDir(), "report.html")
	for _, x := range hostileTexts {
		if err := os.WriteFile(path, []byte(hit(t, "html", x, nil)), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, view := range []string{"hit", "coverage", "coverage?ttp=T1558.003", "coverage?cov=found&pack=" + strings.Repeat("x", 10)} {
			c.open(path, "#"+view)
			if body := c.text(`document.body.innerText`); strings.ContainsAny(body, "\u202e\x1b\u009b\u2028") {
				t.Errorf("%s: a control character or a bidirectional override reached the page", view)
			}
		}
		if got := c.text(`window.pwned`); got != "undefined" {
			t.Error("a text ran as script")
		}
		if got := c.number(`document.querySelectorAll("img, iframe, object, embed, svg[onload], [onerror], [onmouseover], [onclick]").length`); got != 0 {
			t.Errorf("%v elements were made of text", got)
		}
		c.quiet(path)
	}
}

// Packs keep their names on the narrowest terminal.
func TestPacksOnNarrowTerminals(t *testing.T) {
	r := &coverage.Report{}
	for _, id := range []string{"aa21-200b", "a-pack-with-a-longer-name"} {
		r.Packs = append(r.Packs, coverage.Pack{
			Pack:   &advisory.Pack{Manifest: advisory.Manifest{ID: id}},
			Counts: map[coverage.State]int{coverage.Found: 44, coverage.NotFound: 218, coverage.Blind: 6},
		})
	}
	for columns, want := range map[int]string{
		60: "a-pack-with-a-longer-name\n    ■  44 found           ○ 218 not found\n    ?   6 could not look  –   0 no log can\n",
		99: "aa21-200b                  ■  44 found  ○ 218 not found  ?   6 could not look  –   0 no log can\n",
	} {
		s := &terminal{o: TerminalOptions{Width: columns}}
		s.coverage(r)
		if got := s.b.String(); !strings.Contains(got, want) {
			t.Errorf("at %d columns %q is missing in\n%s", columns, want, got)
		}
		for l := range strings.Lines(s.b.String()) {
			if width(l) > columns {
				t.Errorf("a line of %d columns of %d: %s", width(l), columns, l)
			}
		}
	}
}

// Logs that the hosts asked for do not write are counted, and not proposed.
func TestTurnOnFitsHostsAskedFor(t *testing.T) {
	r := &coverage.Report{}
	for i := range hitMissing + 2 {
		r.Missing = append(r.Missing, coverage.Log{Name: fmt.Sprint("Log ", i), TTPs: 2, Elsewhere: i > 0})
	}
	s := &terminal{o: TerminalOptions{Width: 100}}
	s.turnOn(r)
	got := s.b.String()
	if want := fmt.Sprintf("  %d that other systems than these hosts write; -o report.html lists them\n", hitMissing+1); !strings.Contains(got, want) || !strings.Contains(got, "Log 0") || strings.Contains(got, "Log 1") {
		t.Errorf("%q is missing, or Log 1 is there, in\n%s", want, got)
	}
}
