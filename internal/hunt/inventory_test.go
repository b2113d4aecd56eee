package hunt

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"entente/internal/evtx"
	"entente/internal/source"
)

const inventoryRules = `
title: Program started
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1e01
level: low
logsource: {product: windows, category: process_creation}
detection: {s: {Image|endswith: never.exe}, condition: s}
---
title: Value set
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1e02
level: low
logsource: {product: windows, category: registry_set}
detection: {s: {TargetObject|contains: never}, condition: s}
---
title: Value removed
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1e03
level: low
logsource: {product: windows, category: registry_delete}
detection: {s: {TargetObject|contains: never}, condition: s}
`

func TestLogsAreCounted(t *testing.T) {
	value := evtx.Record{
		Provider: "Microsoft-Windows-Security-Auditing", Channel: "Security", Computer: "dc01", EventID: 4657, Time: epoch.Add(time.Hour),
		Data: []evtx.Field{{Name: "ObjectName", Value: evtx.Text(`\REGISTRY\MACHINE\X`)}, {Name: "OperationType", Value: evtx.Text("%%1904")}},
	}
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"),
		started(5, "ex01", "u", `C:\a.exe`, "a"), started(1, "ex01", "u", `C:\a.exe`, "a"), started(2, "ex02", "u", `C:\a.exe`, "a"), value)
	plan := planOf(t, PlanOptions{}, inventoryRules)
	_, sum := runHunt(t, plan, Options{Inputs: []string{log}, Logs: true})
	want := []LogCount{
		{
			Source: "windows", Channel: sysmonChannel, Provider: "Microsoft-Windows-Sysmon", EventID: 1, Host: "ex01", Records: 2,
			First: epoch.Add(time.Second), Last: epoch.Add(5 * time.Second), Kinds: []string{"windows/sysmon/1"},
		},
		{
			Source: "windows", Channel: sysmonChannel, Provider: "Microsoft-Windows-Sysmon", EventID: 1, Host: "ex02", Records: 1,
			First: epoch.Add(2 * time.Second), Last: epoch.Add(2 * time.Second), Kinds: []string{"windows/sysmon/1"},
		},
		{
			Source: "windows", Channel: "Security", Provider: "Microsoft-Windows-Security-Auditing", EventID: 4657, Host: "dc01", Records: 1,
			First: epoch.Add(time.Hour), Last: epoch.Add(time.Hour), Kinds: []string{"windows/security/4657/set"}, // and not the one for removed values
		},
	}
	if !reflect.DeepEqual(sum.Logs, want) {
		t.Errorf("counted\n%+v, want\n%+v", sum.Logs, want)
	}
	// Records that a filter leaves out were not hunted in.
	_, sum = runHunt(t, plan, Options{Inputs: []string{log}, Logs: true, Hosts: []string{"ex02"}})
	if len(sum.Logs) != 1 || sum.Logs[0].Host != "ex02" {
		t.Errorf("with a filter: %+v", sum.Logs)
	}
	if _, sum = runHunt(t, plan, Options{Inputs: []string{log}}); len(sum.Logs) != 0 {
		t.Errorf("unasked: %+v", sum.Logs)
	}
}

// TestTimesOfLogs: where the records of each log and host lie in time.
func TestTimesOfLogs(t *testing.T) {
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"),
		started(5, "ex01", "u", `C:\a.exe`, "a"), started(1, "ex01", "u", `C:\a.exe`, "a"), started(300, "ex01", "u", `C:\a.exe`, "a"),
		started(9000, "ex01", "u", `C:\a.exe`, "a"), started(2, "ex02", "u", `C:\a.exe`, "a"))
	plan := planOf(t, PlanOptions{}, inventoryRules)
	_, sum := runHunt(t, plan, Options{Inputs: []string{log}, Logs: true})
	var got []string
	for i := range sum.LogTimes {
		l := &sum.LogTimes[i]
		text := l.Host + " " + l.Channel
		for _, s := range l.Times.List {
			text += fmt.Sprintf(" %d-%d×%d", (s.First-epoch.UnixNano())/1e9, (s.Last-epoch.UnixNano())/1e9, s.N)
		}
		got = append(got, text)
	}
	if want := []string{"ex01 " + sysmonChannel + " 1-300×3 9000-9000×1", "ex02 " + sysmonChannel + " 2-2×1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, sum := runHunt(t, plan, Options{Inputs: []string{log}}); len(sum.LogTimes) > 0 {
		t.Error("times that nobody asked for")
	}
}

func TestLogsAreCountedTheSameByAnyNumberOfWorkers(t *testing.T) {
	var records []evtx.Record
	for i := range 3000 {
		r := started(i, fmt.Sprintf("host%d", i%37), "u", `C:\a.exe`, fmt.Sprint("a ", i))
		if i%3 == 0 {
			r = created(i, fmt.Sprintf("host%d", i%41), "u", `C:\a.exe`, fmt.Sprint("a ", i))
		}
		records = append(records, r)
	}
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"), records...)
	plan := planOf(t, PlanOptions{}, inventoryRules)
	var first []LogCount
	for _, n := range []int{1, 2, 5} {
		_, sum := runHunt(t, plan, Options{Inputs: []string{log}, Logs: true, Read: source.Options{Workers: n}})
		total := int64(0)
		for _, l := range sum.Logs {
			total += l.Records
		}
		if total != 3000 {
			t.Errorf("%d workers: %d records", n, total)
		}
		if first == nil {
			first = sum.Logs
		}
		if !reflect.DeepEqual(sum.Logs, first) {
			t.Errorf("%d workers count differently", n)
		}
	}
	if len(first) != 37+41 {
		t.Errorf("%d kinds and hosts", len(first))
	}
}

func TestTooManyHostsCountTogether(t *testing.T) {
	var tally logTally
	some := &entry{kind: header{channel: "c"}, frame: &frame{prog: &program{}}}
	for i := range maxLogCells + 10 {
		tally.add("f", &blockLog{entry: some, host: fmt.Sprint("h", i), records: 1})
	}
	list := tally.list()
	if !tally.folded || len(list) != maxLogCells+1 {
		t.Fatalf("%d counts, folded %t", len(list), tally.folded)
	}
	if place := tally.place("web.log", &blockLog{entry: &entry{kind: header{source: "iis"}}, host: "10.0.0.1"}); place != (hostPlace{host: "10.0.0.1"}) {
		t.Errorf("an address is at %v", place)
	}
	for _, host := range []string{"", "127.0.0.1", "::1", "fe80::1%5"} {
		if place := tally.place("web.log", &blockLog{entry: &entry{kind: header{source: "iis"}}, host: host}); place.file != "web.log" {
			t.Errorf("%q is at %v", host, place)
		}
	}
	if got := tally.fileHosts(); len(got) != 1 || got[0].File != "web.log" || len(got[0].Hosts) != 5 {
		t.Errorf("unnamed hosts %v", got)
	}
	if i := slices.IndexFunc(list, func(l LogCount) bool { return l.Host == "" }); i < 0 || list[i].Records != 10 {
		t.Error("records of hosts beyond the bound are lost")
	}
}
