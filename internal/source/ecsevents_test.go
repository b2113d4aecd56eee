package source

import (
	"encoding/csv"
	"maps"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
)

// commonRecord is a record in the Elastic Common Schema: NAME=VALUE, with bars between.
func commonRecord(s string) map[string]string {
	m := map[string]string{}
	for pair := range strings.SplitSeq(s, " | ") {
		name, value, _ := strings.Cut(pair, "=")
		m[name] = value
	}
	return m
}

// commonForms are the record as a table, as JSON with names that have dots, and as nested JSON.
func commonForms(record map[string]string) map[string]string {
	names := slices.Sorted(maps.Keys(record))
	var (
		table         strings.Builder
		flat          []string
		row           []string
		nested, after string
	)
	for _, n := range names {
		row = append(row, record[n])
		flat = append(flat, jsonText(n)+":"+jsonText(record[n]))
	}
	w := csv.NewWriter(&table)
	_ = w.WriteAll([][]string{append(names, "no.such"), append(row, "-")})
	// Objects of a name that come again are merged by none who write them, but read all the same.
	for _, n := range names {
		segs := strings.Split(n, ".")
		nested += after + jsonText(segs[0]) + ":"
		for _, s := range segs[1:] {
			nested += "{" + jsonText(s) + ":"
		}
		nested += jsonText(record[n]) + strings.Repeat("}", len(segs)-1)
		after = ","
	}
	return map[string]string{"csv": table.String(), "flat": "{" + strings.Join(flat, ",") + "}\n", "nested": "{" + nested + "}\n"}
}

// Windows events that were brought to the Elastic Common Schema have their own names again, if they can be nothing else.
func TestCommonEvents(t *testing.T) {
	const (
		program  = `process.executable=C:\x.exe | process.command_line=x -e | process.parent.executable=C:\p.exe`
		isSysmon = "windows id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1"
		security = "channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1"
	)
	tests := []struct{ name, in, header, fields string }{
		{
			"Sysmon by its provider",
			"@timestamp=2021-03-03T06:49:46Z | host.name=ws1 | event.code=1 | event.provider=Microsoft-Windows-Sysmon | user.name=alice | user.domain=EXAMPLE | process.pid=5 | process.hash.md5=d4 | process.hash.sha256=e3 | process.parent.command_line=p | " + program,
			"windows time=2021-03-03T06:49:46Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| Image=C:\\x.exe |\n| CommandLine=x -e |\n| ParentImage=C:\\p.exe |\n| ParentCommandLine=p |\n| User=EXAMPLE\\alice |\n| ProcessId=5 |\n| Hashes=MD5=d4,SHA256=e3 |\n| @EventID=1 |\n| @Provider_Name=Microsoft-Windows-Sysmon |\n| @Channel=" + sysmonLog + " |",
		},
		{"Sysmon by its channel", "host.name=ws1 | event.code=1 | winlog.channel=" + sysmonLog + " | " + program, isSysmon, "| Image=C:\\x.exe |"},
		{"Sysmon by its data set", "host.hostname=ws1 | event.code=1 | event.module=windows | event.dataset=windows.sysmon_operational | " + program, isSysmon, "| Image=C:\\x.exe |"},
		{"Sysmon by its module", "host.name=ws1 | event.code=1 | event.module=sysmon | event.category=process | event.type=start | " + program, isSysmon, "| Image=C:\\x.exe |"},
		{"Sysmon by its fields", "host.name=ws1 | event.code=1 | " + program, isSysmon, "| Image=C:\\x.exe |"},
		{
			"a connection", "winlog.event_id=3 | winlog.computer_name=ws1 | event.provider=Microsoft-Windows-Sysmon | process.executable=C:\\x.exe | destination.ip=192.0.2.1 | destination.port=443 | network.direction=egress | network.transport=tcp",
			"windows id=3 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| Image=C:\\x.exe |\n| DestinationIp=192.0.2.1 |\n| DestinationPort=443 |\n| Initiated=true |\n| Protocol=tcp |",
		},
		{
			"a file", "event.code=11 | host.name=ws1 | event.dataset=windows.sysmon_operational | process.executable=C:\\x.exe | file.path=C:\\y",
			"windows id=11 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1", "| Image=C:\\x.exe |\n| TargetFilename=C:\\y |",
		},
		{
			"a value of the registry", "event.code=13 | host.name=ws1 | event.dataset=windows.sysmon_operational | registry.path=HKLM\\x | registry.data.strings=y",
			"windows id=13 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1", "| TargetObject=HKLM\\x |\n| Details=y |",
		},
		{
			"a process of another", "event.code=10 | host.name=ws1 | event.provider=Microsoft-Windows-Sysmon | process.executable=C:\\x.exe | winlog.event_data.TargetImage=C:\\lsass.exe",
			"windows id=10 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1", "| SourceImage=C:\\x.exe |\n| TargetImage=C:\\lsass.exe |",
		},
		{
			"some of the data under its own names", "winlog.event_id=1 | winlog.channel=" + sysmonLog + " | host.name=ws1 | winlog.event_data.Image=C:\\own.exe | winlog.event_data.IntegrityLevel=High | " + program,
			isSysmon, "| Image=C:\\own.exe |\n| IntegrityLevel=High |\n| CommandLine=x -e |",
		},
		{"4688", "event.code=4688 | host.name=ws1 | event.dataset=system.security | user.name=alice | " + program, "windows id=4688 " + security, "| NewProcessName=C:\\x.exe |\n| ParentProcessName=C:\\p.exe |\n| CommandLine=x -e |\n| SubjectUserName=alice |"},
		{
			"4624", "event.code=4624 | host.name=ws1 | event.provider=Microsoft-Windows-Security-Auditing | user.name=alice | source.ip=192.0.2.1 | winlog.logon.type=Remote Interactive | event.action=logged-in",
			"windows id=4624 " + security, "| TargetUserName=alice |\n| IpAddress=192.0.2.1 |\n| LogonType=10 |",
		},
		{
			"4104", "event.code=4104 | host.name=ws1 | event.provider=Microsoft-Windows-PowerShell | powershell.file.script_block_text=whoami",
			"windows id=4104 channel=Microsoft-Windows-PowerShell/Operational provider=Microsoft-Windows-PowerShell host=ws1", "| ScriptBlockText=whoami |",
		},
		{"an agent's own", "host.name=ws1 | event.category=process | event.type=start | " + program, "json channel=ecs", "| process.executable=C:\\x.exe |"},
		{"an agent's own, by its log", "host.name=ws1 | winlog.channel=x | event.category=process | event.type=start | " + program, "json channel=ecs", "| process.executable=C:\\x.exe |"},
		{"a code of something else", "host.name=ws1 | event.code=malicious_file | event.module=endpoint | event.category=process | event.type=start | " + program, "json channel=ecs", "| process.executable=C:\\x.exe |"},
		{"Linux", "host.name=ws1 | host.os.type=linux | event.code=1 | event.category=process | event.type=start | process.executable=/bin/x | process.command_line=x", "json channel=ecs", "| process.executable=/bin/x |"},
		{"another provider", "host.name=ws1 | event.code=1 | event.provider=Acme | event.category=process | event.type=start | " + program, "json channel=ecs", "| process.executable=C:\\x.exe |"},
		{"another module", "host.name=ws1 | event.code=1 | event.module=acme | event.category=process | event.type=start | " + program, "json channel=ecs", "| process.executable=C:\\x.exe |"},
	}
	for _, tt := range tests {
		for form, text := range commonForms(commonRecord(tt.in)) {
			t.Run(tt.name+"/"+form, func(t *testing.T) {
				show := func(ev *event.Event) string { return header(ev) + "\n" + fields(ev) }
				var got, warnings []string
				if form == "csv" {
					got, warnings = readCSV(t, text, show)
				} else {
					got, warnings = readJSON(t, 0, "", text, show)
				}
				if len(got) != 1 || len(warnings) > 0 {
					t.Fatalf("events %q, warnings %q", got, warnings)
				}
				head, all, _ := strings.Cut(got[0], "\n")
				if head = strings.TrimSuffix(head, " host=ws1"); head != strings.TrimSuffix(tt.header, " host=ws1") {
					t.Errorf("header %s\nwant   %s", head, tt.header)
				}
				for want := range strings.SplitSeq(tt.fields, "\n") {
					if n := strings.Count("| "+all+" |", want); n != 1 {
						t.Errorf("fields %s\nhave %d times %s", all, n, want)
					}
				}
			})
		}
	}
}

// The user of winlogbeat 6 is the one who wrote the log.
func TestCommonUserOfOldBeats(t *testing.T) {
	got, _ := readJSON(t, 0, "", `{"event_id":11,"log_name":"`+sysmonLog+`","source_name":"Microsoft-Windows-Sysmon","event_data":{"Image":"C:\\x.exe"},"user":{"name":"SYSTEM","domain":"NT AUTHORITY","identifier":"S-1-5-18"}}`+"\n", fields)
	if len(got) != 1 || strings.Contains(got[0], "| User=") || !strings.Contains(got[0], "Image=C:\\x.exe") {
		t.Errorf("%q", got)
	}
}

// Kibana's tables write numbers with commas, times in words, and a dash for what is missing.
func TestCommonKibana(t *testing.T) {
	got, warnings := readCSV(t, "\"@timestamp\",event.code,event.provider,host.name,process.executable,process.pid,user.name,process.parent.executable\n"+
		"\"Mar 3, 2021 @ 14:00:00.000\",\"4,688\",Microsoft-Windows-Security-Auditing,ws1,C:\\x.exe,\"1,234\",-,-\n", func(ev *event.Event) string { return header(ev) + " " + fields(ev) })
	want := "windows time=2021-03-03T14:00:00Z id=4688 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1 @TimeCreated=Mar 3, 2021 @ 14:00:00.000 | event.code=4688 | event.provider=Microsoft-Windows-Security-Auditing | host.name=ws1 | " +
		"process.executable=C:\\x.exe | process.pid=1234 | @Channel=Security | @EventID=4688 | @Provider_Name=Microsoft-Windows-Security-Auditing | NewProcessName=C:\\x.exe"
	if len(got) != 1 || got[0] != want || len(warnings) > 0 {
		t.Errorf("%q %q\nwant %q", got, warnings, want)
	}
}

// Records of which it cannot be told what they are name what is missing, once.
func TestCommonLacks(t *testing.T) {
	tests := []struct{ name, in, says string }{
		{"nothing", `host.name=ws1 | process.executable=C:\x.exe | process.command_line=x`, "none that says what happened (event.code"},
		{"a category alone", `host.name=ws1 | event.category=process | process.executable=C:\x.exe`, "none that says what was done (event.type"},
		{"a code alone", `host.name=ws1 | event.code=8 | process.executable=C:\x.exe`, "nothing that says which log"},
		{"a code of the security log alone", `host.name=ws1 | event.code=4624 | user.name=alice`, "nothing that says which log"},
		{"a code of another system", `host.name=ws1 | event.code=4624 | event.module=acme | user.name=alice`, ""},
		{"an address alone", `host.name=ws1 | source.ip=192.0.2.1 | url.path=/`, ""},
	}
	for _, tt := range tests {
		for form, text := range commonForms(commonRecord(tt.in)) {
			show := func(ev *event.Event) string { return string(ev.Source) }
			var got, warnings []string
			if head, row, _ := strings.Cut(text, "\n"); form == "csv" {
				got, warnings = readCSV(t, head+"\n"+row+row, show)
			} else {
				got, warnings = readJSON(t, 0, "x.json", text+text, show)
			}
			if len(got) != 2 || got[0] == string(event.SourceWindows) || len(warnings) > 1 || (tt.says == "") != (len(warnings) == 0) ||
				!strings.Contains(strings.Join(warnings, ""), tt.says) {
				t.Errorf("%s as %s: %q, says %q, want %q", tt.name, form, got, warnings, tt.says)
			}
		}
	}
}
