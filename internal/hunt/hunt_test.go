package hunt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
	"entente/internal/evtx"
	"entente/internal/sigma"
	"entente/internal/source"
	"entente/internal/taxonomy"
)

const sysmonChannel = "Microsoft-Windows-Sysmon/Operational"

var epoch = time.Date(2021, 3, 3, 9, 0, 0, 0, time.UTC)

// started is a Sysmon process creation some seconds after the epoch.
func started(sec int, host, user, image, cmd string) evtx.Record {
	return evtx.Record{
		Provider: "Microsoft-Windows-Sysmon", Channel: sysmonChannel, Computer: host, EventID: 1,
		Time: epoch.Add(time.Duration(sec) * time.Second),
		Data: []evtx.Field{
			{Name: "Image", Value: evtx.Text(image)}, {Name: "CommandLine", Value: evtx.Text(cmd)}, {Name: "User", Value: evtx.Text(user)},
		},
	}
}

// created is the same in the Security log.
func created(sec int, host, user, image, cmd string) evtx.Record {
	return evtx.Record{
		Provider: "Microsoft-Windows-Security-Auditing", Channel: "Security", Computer: host, EventID: 4688,
		Time: epoch.Add(time.Duration(sec) * time.Second),
		Data: []evtx.Field{
			{Name: "SubjectUserName", Value: evtx.Text(user)},
			{Name: "NewProcessId", Value: evtx.Hex64(0x1f4)},
			{Name: "NewProcessName", Value: evtx.Text(image)},
			{Name: "ProcessId", Value: evtx.Hex64(0x10)},
			{Name: "CommandLine", Value: evtx.Text(cmd)},
		},
	}
}

func writeLog(tb testing.TB, file string, records ...evtx.Record) string {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		tb.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := evtx.NewWriter(f)
	for i := range records {
		if records[i].RecordID == 0 {
			records[i].RecordID = uint64(i) + 1
		}
		if err := w.Write(&records[i]); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return file
}

func planOf(tb testing.TB, opts PlanOptions, rules string) *Plan {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "rules.yml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		tb.Fatal(err)
	}
	c, err := sigma.Load(sigma.Options{}, file)
	if err != nil {
		tb.Fatal(err)
	}
	for _, p := range c.Problems {
		tb.Errorf("%s:%d: %s", p.File, p.Line, p.Reason)
	}
	table, err := taxonomy.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return NewPlan(c, table, opts)
}

func runHunt(tb testing.TB, p *Plan, o Options) ([]*Finding, *Summary) {
	tb.Helper()
	var out []*Finding
	o.Finding = func(f *Finding) error { out = append(out, f); return nil }
	sum, err := Run(tb.Context(), p, o)
	if err != nil {
		tb.Fatal(err)
	}
	return out, sum
}

const whoamiRule = `
title: Account asked for its own name
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1d01
level: high
status: test
tags: [attack.t1033, attack.discovery]
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: '\whoami.exe'
    CommandLine|contains: '/all'
  filter:
    User|contains: 'monitor'
  condition: selection and not filter
`

func TestRunBothSourcesOfAProcess(t *testing.T) {
	dir := t.TempDir()
	writeLog(t, filepath.Join(dir, "a.evtx"),
		started(0, "ex01", `CORP\eve`, `C:\Windows\System32\whoami.exe`, "WHOAMI /ALL"),
		started(1, "ex01", `CORP\monitor`, `C:\Windows\System32\whoami.exe`, "whoami /all"),
		started(2, "ex01", `CORP\eve`, `C:\Windows\System32\whoami.exe`, "whoami"))
	writeLog(t, filepath.Join(dir, "b.evtx"), created(3, "dc01", "eve", `C:\Windows\System32\whoami.exe`, "whoami /all"))
	got, sum := runHunt(t, planOf(t, PlanOptions{}, whoamiRule), Options{Inputs: []string{dir}})
	if len(got) != 2 || sum.Findings != 2 || sum.Events != 4 || sum.Files != 2 || sum.ByLevel["high"] != 2 {
		t.Fatalf("%d findings, summary %+v", len(got), sum)
	}
	f := got[0]
	if f.Host != "ex01" || f.User != `CORP\eve` || f.EventID != 1 || f.RecordID != 1 || f.Channel != sysmonChannel ||
		!f.Time.Equal(epoch) || f.Offset == 0 || filepath.Base(f.File) != "a.evtx" {
		t.Errorf("finding %+v", f)
	}
	want := []FieldValue{{Name: "CommandLine", Value: "WHOAMI /ALL"}, {Name: "Image", Value: `C:\Windows\System32\whoami.exe`}}
	if !slices.Equal(f.Matched, want) {
		t.Errorf("matched %v, want %v", f.Matched, want)
	}
	var event map[string]any
	if err := json.Unmarshal(f.Event, &event); err != nil || event["CommandLine"] != "WHOAMI /ALL" || event["EventID"] != 1.0 {
		t.Errorf("event %s: %v", f.Event, err)
	}
	if len(f.Techniques) != 1 || f.Techniques[0].ID != "T1033" || !slices.Equal(f.Tactics, []string{"discovery"}) {
		t.Errorf("attack %v %v", f.Techniques, f.Tactics)
	}
	if got[1].Host != "dc01" || got[1].EventID != 4688 || got[1].User != "eve" {
		t.Errorf("finding %+v", got[1])
	}
	if !slices.Equal(sum.Hosts, []string{"dc01", "ex01"}) || !sum.First.Equal(epoch) || !sum.Last.Equal(epoch.Add(3*time.Second)) {
		t.Errorf("hosts %v, %v to %v", sum.Hosts, sum.First, sum.Last)
	}
}

// TestProductIsChecked: a Linux rule never runs on Windows records.
func TestProductIsChecked(t *testing.T) {
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"), started(0, "h", "u", "/usr/bin/id", "id -a"))
	got, sum := runHunt(t, planOf(t, PlanOptions{}, `
title: id on Linux
logsource: {product: linux, category: process_creation}
detection: {s: {CommandLine: 'id -a'}, condition: s}
`), Options{Inputs: []string{log}})
	if len(got) != 0 || sum.Applicable != 0 {
		t.Errorf("%d findings, %d rules applicable", len(got), sum.Applicable)
	}
}

// TestForwardedEvents: one file holds records of several channels, and each runs its own rules.
func TestForwardedEvents(t *testing.T) {
	log := writeLog(t, filepath.Join(t.TempDir(), "ForwardedEvents.evtx"),
		evtx.Record{Provider: "Service Control Manager", Channel: "System", Computer: "h", EventID: 7036, Time: epoch, Data: []evtx.Field{{Name: "param1", Value: evtx.Text("x")}}},
		started(1, "h1", "u", `C:\Windows\System32\whoami.exe`, "whoami /all"),
		created(2, "h2", "u", `C:\Windows\System32\whoami.exe`, "whoami /all"))
	got, _ := runHunt(t, planOf(t, PlanOptions{}, whoamiRule), Options{Inputs: []string{log}})
	if len(got) != 2 || got[0].Host != "h1" || got[1].Host != "h2" {
		t.Errorf("%d findings", len(got))
	}
}

const fieldsRule = `
title: Reads a field that 4688 lacks
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1d02
level: low
logsource: {product: windows, category: process_creation}
detection: {s: {OriginalFileName: whoami.exe}, condition: s}
---
title: Filters on a field that 4688 lacks
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1d03
level: low
logsource: {product: windows, category: process_creation}
detection: {s: {Image|endswith: whoami.exe}, f: {ParentCommandLine|contains: agent}, condition: s and not f}
`

func TestFieldsThatALogLacks(t *testing.T) {
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"), created(0, "h", "u", `C:\whoami.exe`, "whoami"))
	got, sum := runHunt(t, planOf(t, PlanOptions{}, fieldsRule), Options{Inputs: []string{log}})
	if len(got) != 1 || len(got[0].Caveats) != 1 || !strings.Contains(got[0].Caveats[0], "ParentCommandLine") {
		t.Errorf("%d findings; want one with a caveat on ParentCommandLine: %+v", len(got), got)
	}
	if len(sum.NotApplicable) != 1 || !strings.Contains(sum.NotApplicable[0].Note, "OriginalFileName") || sum.Applicable != 1 {
		t.Errorf("not applicable: %+v, applicable %d", sum.NotApplicable, sum.Applicable)
	}
	got, sum = runHunt(t, planOf(t, PlanOptions{Strict: true}, fieldsRule), Options{Inputs: []string{log}})
	if len(got) != 0 || len(sum.NotApplicable) != 2 {
		t.Errorf("strict: %d findings, not applicable %+v", len(got), sum.NotApplicable)
	}
}

// TestFieldsBeyondTheTable: what a record holds counts, whatever the table of its log's fields says.
func TestFieldsBeyondTheTable(t *testing.T) {
	log := filepath.Join(t.TempDir(), "edr.json")
	err := os.WriteFile(log, []byte(`{"EventID":4688,"Channel":"Security","Provider_Name":"Microsoft-Windows-Security-Auditing","Computer":"h","NewProcessName":"C:\\whoami.exe","OriginalFileName":"whoami.exe","ParentCommandLine":"agent"}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	got, sum := runHunt(t, planOf(t, PlanOptions{}, fieldsRule), Options{Inputs: []string{log}})
	if len(got) != 1 || got[0].Rule.Title != "Reads a field that 4688 lacks" || got[0].Caveats != nil {
		t.Errorf("%d findings: %+v", len(got), got)
	}
	if len(sum.NotApplicable) != 0 || sum.Applicable != 2 {
		t.Errorf("not applicable: %+v, applicable %d", sum.NotApplicable, sum.Applicable)
	}
}

// TestRecordsWithoutTheirChannel: a collector may drop the channel or put its own in its place.
func TestRecordsWithoutTheirChannel(t *testing.T) {
	log := filepath.Join(t.TempDir(), "x.json")
	err := os.WriteFile(log, []byte(`{"EventID":1,"Provider_Name":"Microsoft-Windows-Sysmon","Computer":"a","Image":"C:\\whoami.exe","CommandLine":"whoami /all","User":"u"}
{"EventID":1,"Channel":"ForwardedEvents","Provider_Name":"Microsoft-Windows-Sysmon","Computer":"b","Image":"C:\\whoami.exe","CommandLine":"whoami /all","User":"u"}
{"EventID":4688,"Channel":"ForwardedEvents","Provider_Name":"Microsoft-Windows-Security-Auditing","Computer":"c","NewProcessName":"C:\\whoami.exe","CommandLine":"whoami /all"}
{"EventID":1,"Channel":"ForwardedEvents","Provider_Name":"Somebody-Else","Computer":"d","Image":"C:\\whoami.exe","CommandLine":"whoami /all","User":"u"}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := runHunt(t, planOf(t, PlanOptions{}, whoamiRule), Options{Inputs: []string{log}})
	var hosts []string
	for _, f := range got {
		hosts = append(hosts, f.Host)
	}
	if !slices.Equal(hosts, []string{"a", "b", "c"}) {
		t.Errorf("found on %v", hosts)
	}
}

// TestMatchedPlace: of a field with several places the one that matched is shown.
func TestMatchedPlace(t *testing.T) {
	log := filepath.Join(t.TempDir(), "iis.log")
	err := os.WriteFile(log, []byte("#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status\n2021-03-03 06:00:00 POST /owa/shell.aspx x=1 200\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := runHunt(t, planOf(t, PlanOptions{}, `
title: Page of a shell
logsource: {category: webserver}
detection: {s: {cs-uri-query|contains: /owa/shell.aspx}, condition: s}
`), Options{Inputs: []string{log}})
	if len(got) != 1 || len(got[0].Matched) != 1 || !strings.Contains(got[0].Matched[0].Value, "/owa/shell.aspx") {
		t.Errorf("findings %+v", got)
	}
}

func TestRecordFilters(t *testing.T) {
	var records []evtx.Record
	for i := range 10 {
		records = append(records, started(i, fmt.Sprintf("H%d.corp.example", i%2), "u", `C:\whoami.exe`, "whoami /all"))
	}
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"), records...)
	plan := planOf(t, PlanOptions{}, whoamiRule)
	for _, c := range []struct {
		name string
		o    Options
		want int
	}{
		{"all", Options{}, 10},
		{"since is inclusive", Options{Since: epoch.Add(4 * time.Second)}, 6},
		{"until is exclusive", Options{Until: epoch.Add(4 * time.Second)}, 4},
		{"short host name", Options{Hosts: []string{"h1"}}, 5},
		{"full host name", Options{Hosts: []string{"H0.CORP.example"}}, 5},
		{"no such host", Options{Hosts: []string{"h"}}, 0},
	} {
		c.o.Inputs = []string{log}
		if got, _ := runHunt(t, plan, c.o); len(got) != c.want {
			t.Errorf("%s: %d findings, want %d", c.name, len(got), c.want)
		}
	}
}

func TestSameFindingsWithAnyNumberOfWorkers(t *testing.T) {
	dir := t.TempDir()
	for i := range 6 {
		var records []evtx.Record
		for j := range 400 {
			records = append(records, started(j, fmt.Sprintf("host%d", i), "u", `C:\whoami.exe`, strings.Repeat("x", j)+" whoami /all"))
		}
		writeLog(t, filepath.Join(dir, fmt.Sprintf("%d.evtx", i)), records...)
	}
	plan := planOf(t, PlanOptions{}, whoamiRule+correlated)
	var first string
	for _, n := range []int{1, 2, 3, 8} {
		got, _ := runHunt(t, plan, Options{Inputs: []string{dir}, Read: source.Options{Workers: n}})
		var b strings.Builder
		for _, f := range got {
			fmt.Fprintln(&b, f.Rule.Title, f.File, f.Offset, f.Time, f.Host)
		}
		if first == "" {
			first = b.String()
			if len(got) < 2400 {
				t.Fatalf("%d findings", len(got))
			}
			continue
		}
		if b.String() != first {
			t.Errorf("%d workers give other findings than one", n)
		}
	}
}

const correlated = `
---
title: Asked twice
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1d10
level: critical
correlation:
  type: event_count
  rules: [7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1d01]
  group-by: [Computer, User]
  timespan: 1m
  condition: {gte: 2}
  generate: true
`

func TestCorrelationOverLogs(t *testing.T) {
	dir := t.TempDir()
	// The two records of a pair lie in different files, the later one first.
	writeLog(t, filepath.Join(dir, "1.evtx"), started(30, "h", "eve", `C:\whoami.exe`, "whoami /all"), created(400, "h", "bob", `C:\whoami.exe`, "whoami /all"))
	writeLog(t, filepath.Join(dir, "2.evtx"), started(0, "h", "EVE", `C:\whoami.exe`, "whoami /all"))
	got, _ := runHunt(t, planOf(t, PlanOptions{}, whoamiRule+correlated), Options{Inputs: []string{dir}})
	if len(got) != 4 {
		t.Fatalf("%d findings, want three of the rule and one of the correlation", len(got))
	}
	f := got[3]
	if f.Correlation == nil || f.Correlation.Total != 2 || f.Host != "h" || !f.Correlation.First.Equal(epoch) || len(f.Correlation.Matches) != 2 {
		t.Errorf("correlation %+v", f.Correlation)
	}
	silent := strings.Replace(correlated, "generate: true", "generate: false", 1)
	got, _ = runHunt(t, planOf(t, PlanOptions{}, whoamiRule+silent), Options{Inputs: []string{dir}})
	if len(got) != 1 || got[0].Correlation == nil {
		t.Errorf("without generate: %d findings", len(got))
	}
}

func TestChainedCorrelation(t *testing.T) {
	rules := whoamiRule + strings.Replace(correlated, "generate: true", "generate: false", 1) + `
---
title: On several hosts
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1d11
level: critical
correlation:
  type: value_count
  rules: [7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1d10]
  group-by: [User]
  timespan: 1h
  condition: {field: Computer, gte: 2}
`
	var records []evtx.Record
	for i := range 4 {
		records = append(records, started(i, fmt.Sprintf("h%d", i/2), "eve", `C:\whoami.exe`, "whoami /all"))
	}
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"), records...)
	got, _ := runHunt(t, planOf(t, PlanOptions{}, rules), Options{Inputs: []string{log}})
	if len(got) != 1 || got[0].Rule.Title != "On several hosts" || got[0].Correlation.Value != 2 {
		t.Errorf("%d findings: %+v", len(got), got)
	}
}

func TestSuppressions(t *testing.T) {
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"),
		started(0, "h1", "eve", `C:\whoami.exe`, "whoami /all"), created(1, "h2", "bob", `C:\whoami.exe`, "whoami /all"))
	plan := planOf(t, PlanOptions{}, whoamiRule)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, file string
		left       int
		expired    int
	}{
		{"by id", "suppress: [{rule: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1d01, reason: r}]", 0, 0},
		{"by title", "suppress: [{rule: account ASKED for its own name, reason: r}]", 0, 0},
		{"by a field of rules", `suppress: [{rule: "*", field: Image, value: 'c:\who*', reason: r}]`, 0, 0},
		{"by a field of the record", "suppress: [{rule: '*', field: NewProcessName, value: ['*whoami*'], reason: r}]", 1, 0},
		{"by host", "suppress: [{rule: '*', field: host, value: [h3, H1], reason: r}]", 1, 0},
		{"by user", "suppress: [{rule: '*', field: user, value: bob, reason: r}]", 1, 0},
		{"another rule", "suppress: [{rule: x, reason: r}]", 2, 0},
		{"expired", "suppress: [{rule: '*', field: host, value: h1, reason: r, expires: 2025-12-31}]", 2, 1},
		{"on its last day", "suppress: [{rule: '*', field: host, value: h1, reason: r, expires: 2026-01-01}]", 1, 0},
		{"empty file", "", 2, 0},
	} {
		s, err := parseSuppressions([]byte(c.file), now)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, sum := runHunt(t, plan, Options{Inputs: []string{log}, Suppress: s})
		if len(got) != c.left || int(sum.Suppressed) != 2-c.left || len(s.Expired) != c.expired {
			t.Errorf("%s: %d findings, %d suppressed, %d expired", c.name, len(got), sum.Suppressed, len(s.Expired))
		}
	}
	for _, bad := range []string{
		"suppress: [{reason: r}]", "suppress: [{rule: x}]", "suppress: [{rule: '*', reason: r}]", "suppress: [{rule: x, field: f, reason: r}]",
		"suppress: [{rule: x, reason: r, expires: soon}]", "suppres: []", "suppress: {", "suppress: [{rule: x, field: f, value: {a: b}, reason: r}]",
	} {
		if _, err := parseSuppressions([]byte(bad), now); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestRunStops(t *testing.T) {
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"), started(0, "h", "u", `C:\whoami.exe`, "whoami /all"))
	plan := planOf(t, PlanOptions{}, whoamiRule)
	stop := errors.New("enough")
	if _, err := Run(t.Context(), plan, Options{Inputs: []string{log}, Finding: func(*Finding) error { return stop }}); !errors.Is(err, stop) {
		t.Errorf("the error of the receiver of findings is lost: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, plan, Options{Inputs: []string{log}}); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled hunt ends with %v", err)
	}
}

func TestExplain(t *testing.T) {
	plan := planOf(t, PlanOptions{}, whoamiRule+fieldsRule[0:0]+correlated+"---"+fieldsRule)
	for key, want := range map[string][]string{
		"7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1d01": {"windows/sysmon/1", "NewProcessName", `whoami.exe`, "counted by Asked twice"},
		"asked TWICE":                          {"event_count", "Computer, User", "gte 2"},
		"reads a field that 4688":              {"never true there", "OriginalFileName"},
	} {
		got := plan.Explain(key)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", key, w, got)
			}
		}
	}
	if plan.Explain("no such rule") != "" {
		t.Error("an unknown rule is explained")
	}
}

// TestFindingSaysWhatIsNotThere: the record numbered 0 has a number, and a field without a value is not an empty text.
func TestFindingSaysWhatIsNotThere(t *testing.T) {
	plan := planOf(t, PlanOptions{}, `
title: empty
logsource: {product: windows, service: application}
detection: {s: {F: ''}, condition: s}
---
title: nothing
logsource: {product: windows, service: application}
detection: {s: {F: null}, condition: s}
`)
	found, _ := runHunt(t, plan, Options{Inputs: []string{writeText(t, "log.jsonl", `{"Channel":"Application","EventID":1,"EventRecordID":0,"F":null}
{"Channel":"Application","EventID":1,"EventRecordID":1,"F":""}
{"Channel":"Application","EventID":1}
`)}})
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprint(f.Rule.Title, f.RecordID, f.HasRecordID, f.Matched))
	}
	want := []string{"nothing0 true [{F  true}]", "empty1 true [{F  false}]", "nothing0 false [{F  true}]"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestEventsAreMadeOnDemand: a hunt makes the JSON of those records only that are asked for.
func TestEventsAreMadeOnDemand(t *testing.T) {
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"), started(0, "ex01", "u", `C:\a.exe`, "one"), started(1, "ex02", "u", `C:\a.exe`, "two"))
	plan := planOf(t, PlanOptions{}, `
title: Program
logsource: {product: windows, category: process_creation}
detection: {s: {Image|endswith: a.exe}, condition: s}
`)
	findings, _ := runHunt(t, plan, Options{Inputs: []string{log}, Event: func(ev *event.Event) bool { return ev.Host == "ex02" }})
	if len(findings) != 2 || findings[0].Event != nil || !strings.Contains(string(findings[1].Event), `"CommandLine":"two"`) {
		t.Errorf("%+v", findings)
	}
}

// A table or script may write a process of the Security log under Sysmon's names.
func TestProcessUnderNamesOfSysmon(t *testing.T) {
	plan := planOf(t, PlanOptions{}, `
title: shell below the web server
logsource: {product: windows, category: process_creation}
detection: {s: {Image|endswith: '\cmd.exe', ParentImage|endswith: '\w3wp.exe'}, condition: s}
`)
	for _, log := range []string{
		`{"Channel":"Security","EventID":4688,"Computer":"h","NewProcessName":"C:\\cmd.exe","ParentProcessName":"C:\\w3wp.exe"}`,
		`{"Channel":"Security","EventID":4688,"Computer":"h","Image":"C:\\cmd.exe","ParentImage":"C:\\w3wp.exe"}`,
	} {
		if found, _ := runHunt(t, plan, Options{Inputs: []string{writeText(t, "log.jsonl", log+"\n")}}); len(found) != 1 {
			t.Errorf("%s: %d findings", log, len(found))
		}
	}
}
