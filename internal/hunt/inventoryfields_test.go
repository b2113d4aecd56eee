package hunt

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente/internal/source"
)

const fieldRules = `
title: Program started
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f2e01
level: low
logsource: {product: windows, category: process_creation}
detection: {s: {Image|endswith: never.exe, CommandLine|contains: never}, condition: s}
---
title: Page asked for
id: 7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f2e02
level: low
logsource: {category: webserver}
detection: {s: {cs-uri-query|contains: never, cs-username: never}, condition: s}
`

func textLog(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// What rules read and a log does not tell is known by host and kind of record.
func TestFieldsThatNoRecordHas(t *testing.T) {
	const sysmon = `"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","EventID":1`
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, `{"Hostname":"full",%s,"Image":"C:\\a.exe","CommandLine":"a %d"}`+"\n", sysmon, i)
		fmt.Fprintf(&b, `{"Hostname":"half",%s,"Image":"C:\\a.exe"}`+"\n", sysmon)
		fmt.Fprintf(&b, `{"Hostname":"none",%s,"Severity":"INFO"}`+"\n", sysmon)
		if i == 250 { // what only one record has is a field all the same
			fmt.Fprintf(&b, `{"Hostname":"half2",%s,"Image":"C:\\a.exe","CommandLine":"a"}`+"\n", sysmon)
			continue
		}
		fmt.Fprintf(&b, `{"Hostname":"half2",%s,"Image":"C:\\a.exe"}`+"\n", sysmon)
	}
	events := textLog(t, "a.json", b.String())
	web := textLog(t, "u_ex.log", "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-computername cs-method cs-uri-stem\n"+
		"2021-03-03 06:49:46 web1 GET /\n")
	plan := planOf(t, PlanOptions{}, fieldRules)
	want := []string{
		"iis web1 [cs-username]", // the path stands in for the query
		"windows full []", "windows half [CommandLine]", "windows half2 []", "windows none [CommandLine Image]",
	}
	for _, workers := range []int{1, 3} {
		_, sum := runHunt(t, plan, Options{Inputs: []string{events, web}, Logs: true, Read: source.Options{Workers: workers}})
		var got []string
		for i := range sum.Logs {
			l := &sum.Logs[i]
			void := slices.Sorted(slices.Values(l.Void))
			got = append(got, fmt.Sprint(l.Source, " ", l.Host, " ", void))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d workers: %q, want %q", workers, got, want)
		}
		if len(sum.Warnings) != 1 || !strings.Contains(sum.Warnings[0].Message, "Microsoft-Windows-Sysmon/Operational, event 1: no record (of 300) has a field") {
			t.Errorf("warnings %v", sum.Warnings)
		}
	}
}

// Which records are looked at does not depend on how large the log is, nor on who reads which part of it.
func TestFieldsOfLateRecords(t *testing.T) {
	const sysmon = `{"Hostname":"h","Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon","EventID":1`
	text := strings.Repeat(sysmon+`,"Image":"C:\\a.exe"}`+"\n", 20_000) + sysmon + `,"Image":"C:\\a.exe","CommandLine":"a"}` + "\n"
	plan := planOf(t, PlanOptions{}, fieldRules)
	for _, workers := range []int{1, 4} {
		_, sum := runHunt(t, plan, Options{Inputs: []string{textLog(t, "a.json", text)}, Logs: true, Read: source.Options{Workers: workers}})
		if len(sum.Logs) != 1 || len(sum.Logs[0].Void) > 0 || len(sum.Warnings) > 0 {
			t.Errorf("%d workers: %+v %v", workers, sum.Logs, sum.Warnings)
		}
	}
}
