package report

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/sigma"
)

// fake makes findings of an invented intrusion on an invented network, the same for the same seed: scanners and
// noisy low-level rules over weeks, and on two days an intruder who goes from a web server to a domain controller.
type fake struct {
	r     *rand.Rand
	rules []fakeRule
	hosts []string
	users []string
}

type fakeRule struct {
	meta    *sigma.Meta
	tech    []hunt.Technique
	tac     []string
	src     sigma.LogSource
	event   func(*fake) ([]hunt.FieldValue, []hunt.FieldValue) // matched, further fields
	channel string
	id      uint32
	noise   int // weight in the background
	step    int // place in the intrusion, 0: none
}

var fakeEpoch = time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC)

func newFake(seed uint64) *fake {
	f := &fake{r: rand.New(rand.NewPCG(seed, 7))}
	for i := range 40 {
		f.hosts = append(f.hosts, fmt.Sprintf("WS%03d.corp.example", i+1))
	}
	f.hosts = append(f.hosts, "WEB01.corp.example", "MAIL01.corp.example", "DC01.corp.example", "DC02.corp.example", "FILE01.corp.example", "SQL01.corp.example")
	for _, n := range []string{"a.novak", "b.moreau", "c.rossi", "d.jansen", "e.kowalska", "f.silva", "g.andersson", "svc_backup", "svc_web", "adm.weber"} {
		f.users = append(f.users, `CORP\`+n)
	}
	f.users = append(f.users, `NT AUTHORITY\SYSTEM`)
	f.rules = fakeRules()
	return f
}

func fakeRules() []fakeRule {
	const sysmon, security, powershell, system = "Microsoft-Windows-Sysmon/Operational", "Security", "Microsoft-Windows-PowerShell/Operational", "System"
	t := func(id, name string) hunt.Technique { return hunt.Technique{ID: id, Name: name} }
	proc := func(image, cmd, parent string) func(*fake) ([]hunt.FieldValue, []hunt.FieldValue) {
		return func(f *fake) ([]hunt.FieldValue, []hunt.FieldValue) {
			c := strings.NewReplacer("{n}", fmt.Sprint(f.r.IntN(9000)), "{host}", f.hosts[f.r.IntN(len(f.hosts))], "{hex}", fmt.Sprintf("%08x", f.r.Uint32())).Replace(cmd)
			return []hunt.FieldValue{{Name: "CommandLine", Value: c}, {Name: "Image", Value: image}}, []hunt.FieldValue{
				{Name: "UtcTime", Value: "2024-05-20 09:14:03.117"},
				{Name: "ProcessGuid", Value: fmt.Sprintf("{%08X-0000-0000-0000-%012X}", f.r.Uint32(), f.r.Uint64()>>16)},
				{Name: "ProcessId", Value: fmt.Sprint(f.r.IntN(60000))},
				{Name: "Image", Value: image},
				{Name: "FileVersion", Value: "10.0.17763.1"},
				{Name: "Description", Value: "Example program"},
				{Name: "Company", Value: "Example Corporation"},
				{Name: "CommandLine", Value: c},
				{Name: "CurrentDirectory", Value: `C:\Windows\system32\`},
				{Name: "IntegrityLevel", Value: "High"},
				{Name: "Hashes", Value: fmt.Sprintf("MD5=%016X%016X,SHA256=%016X%016X%016X%016X", f.r.Uint64(), f.r.Uint64(), f.r.Uint64(), f.r.Uint64(), f.r.Uint64(), f.r.Uint64())},
				{Name: "ParentProcessId", Value: fmt.Sprint(f.r.IntN(60000))},
				{Name: "ParentImage", Value: parent},
				{Name: "ParentCommandLine", Value: parent + " -k"},
			}
		}
	}
	field := func(kv ...string) func(*fake) ([]hunt.FieldValue, []hunt.FieldValue) {
		return func(f *fake) (m, more []hunt.FieldValue) {
			for i := 0; i < len(kv); i += 2 {
				v := strings.NewReplacer("{n}", fmt.Sprint(f.r.IntN(9000)), "{ip}", fmt.Sprintf("198.51.100.%d", f.r.IntN(250)+1), "{user}", strings.TrimPrefix(f.users[f.r.IntN(len(f.users))], `CORP\`)).Replace(kv[i+1])
				m = append(m, hunt.FieldValue{Name: kv[i], Value: v})
			}
			more = slices.Clone(m)
			slices.SortFunc(m, func(a, b hunt.FieldValue) int { return strings.Compare(a.Name, b.Name) })
			return m, more
		}
	}
	list := []fakeRule{
		{channel: sysmon, id: 1, step: 1, tech: []hunt.Technique{t("T1505.003", "Web Shell")}, tac: []string{"persistence"}, event: proc(`C:\Windows\System32\cmd.exe`, `cmd.exe /c "cd /d C:\inetpub\wwwroot\files & whoami & echo [S]"`, `C:\Windows\System32\inetsrv\w3wp.exe`), meta: &sigma.Meta{Title: "Web server process starts a command shell", Level: "critical"}},
		{channel: sysmon, id: 1, step: 2, noise: 2, tech: []hunt.Technique{t("T1033", "System Owner/User Discovery")}, tac: []string{"discovery"}, event: proc(`C:\Windows\System32\whoami.exe`, `whoami /all`, `C:\Windows\System32\cmd.exe`), meta: &sigma.Meta{Title: "Account asks who it is", Level: "medium"}},
		{channel: sysmon, id: 10, step: 4, tech: []hunt.Technique{t("T1003.001", "LSASS Memory")}, tac: []string{"credential-access"}, event: field("GrantedAccess", "0x1fffff", "SourceImage", `C:\Users\Public\svc{n}.exe`, "TargetImage", `C:\Windows\system32\lsass.exe`), meta: &sigma.Meta{Title: "Memory of the logon process read with full access", Level: "critical"}},
		{channel: sysmon, id: 1, step: 4, tech: []hunt.Technique{t("T1003.003", "NTDS")}, tac: []string{"credential-access"}, event: proc(`C:\Windows\System32\ntdsutil.exe`, `ntdsutil "ac i ntds" "ifm" "create full c:\temp\{hex}" q q`, `C:\Windows\System32\cmd.exe`), meta: &sigma.Meta{Title: "Copy of the directory database made with its own tool", Level: "critical"}},
		{channel: powershell, id: 4104, step: 3, noise: 3, tech: []hunt.Technique{t("T1059.001", "PowerShell"), t("T1027", "Obfuscated Files or Information")}, tac: []string{"execution", "stealth"}, event: field("ScriptBlockText", "$d=[Convert]::FromBase64String('SQBuAHYAbwBrAGUALQ{n}');\nIEX ([Text.Encoding]::Unicode.GetString($d))"), meta: &sigma.Meta{Title: "Script block runs decoded text", Level: "high"}},
		{channel: system, id: 7045, step: 5, noise: 1, tech: []hunt.Technique{t("T1543.003", "Windows Service"), t("T1569.002", "Service Execution")}, tac: []string{"execution", "persistence", "privilege-escalation"}, event: field("ServiceName", "upd{n}", "ImagePath", `%SystemRoot%\Temp\upd{n}.exe -s`, "StartType", "demand start"), meta: &sigma.Meta{Title: "Service installed from a temporary folder", Level: "high"}},
		{channel: security, id: 4624, step: 5, noise: 6, tech: []hunt.Technique{t("T1021.002", "SMB/Windows Admin Shares"), t("T1550.002", "Pass the Hash")}, tac: []string{"lateral-movement", "defense-evasion"}, event: field("IpAddress", "{ip}", "LogonType", "3", "TargetUserName", "{user}", "AuthenticationPackageName", "NTLM"), meta: &sigma.Meta{Title: "Network logon with a key length of zero", Level: "medium"}},
		{channel: security, id: 1102, step: 7, tech: []hunt.Technique{t("T1070.001", "Clear Windows Event Logs")}, tac: []string{"defense-impairment"}, event: field("SubjectUserName", "{user}"), meta: &sigma.Meta{Title: "Security log cleared", Level: "high"}},
		{channel: sysmon, id: 22, step: 6, noise: 8, tech: []hunt.Technique{t("T1071.004", "DNS")}, tac: []string{"command-and-control"}, event: field("QueryName", "c{n}.cdn-sync.example", "Image", `C:\Users\Public\svc.exe`, "QueryStatus", "0"), meta: &sigma.Meta{Title: "Many labels below one young domain", Level: "medium"}},
		{channel: sysmon, id: 3, step: 6, noise: 3, tech: []hunt.Technique{t("T1571", "Non-Standard Port")}, tac: []string{"command-and-control"}, event: field("DestinationIp", "{ip}", "DestinationPort", "8443", "Image", `C:\Users\Public\svc.exe`, "Protocol", "tcp", "SourceIp", "192.0.2.14", "SourcePort", "5{n}"), meta: &sigma.Meta{Title: "Program in a public folder talks to the outside", Level: "high"}},
		{channel: sysmon, id: 11, step: 6, noise: 2, tech: []hunt.Technique{t("T1560.001", "Archive via Utility")}, tac: []string{"collection"}, event: field("TargetFilename", `C:\PerfLogs\{n}.7z`, "Image", `C:\Users\Public\7z.exe`), meta: &sigma.Meta{Title: "Archive written to an unusual folder", Level: "medium"}},
		{channel: sysmon, id: 13, step: 3, noise: 5, tech: []hunt.Technique{t("T1547.001", "Registry Run Keys / Startup Folder")}, tac: []string{"persistence", "privilege-escalation"}, event: field("Details", `C:\Users\Public\svc{n}.exe`, "TargetObject", `HKU\S-1-5-21-1-2-3-1001\Software\Microsoft\Windows\CurrentVersion\Run\Updater`), meta: &sigma.Meta{Title: "Autostart entry to a program in a public folder", Level: "high"}},
		{channel: security, id: 4625, noise: 60, tech: []hunt.Technique{t("T1110.003", "Password Spraying")}, tac: []string{"credential-access"}, event: field("IpAddress", "{ip}", "TargetUserName", "{user}", "Status", "0xc000006d"), meta: &sigma.Meta{Title: "Failed logon from outside", Level: "low"}},
		{channel: "W3SVC1", noise: 90, step: 1, tech: []hunt.Technique{t("T1595.002", "Vulnerability Scanning")}, tac: []string{"reconnaissance"}, event: field("c-ip", "{ip}", "cs-uri-stem", "/owa/auth/{n}.aspx", "cs-method", "GET", "sc-status", "404"), meta: &sigma.Meta{Title: "Scanner asks for a page that is not there", Level: "informational"}},
		{channel: "W3SVC1", noise: 3, step: 1, tech: []hunt.Technique{t("T1190", "Exploit Public-Facing Application")}, tac: []string{"initial-access"}, event: field("c-ip", "{ip}", "cs-uri-stem", "/ecp/y.js", "cs-method", "POST", "sc-status", "241"), meta: &sigma.Meta{Title: "POST to a static file of the mail server", Level: "high"}},
		{channel: security, id: 4698, noise: 9, tech: []hunt.Technique{t("T1053.005", "Scheduled Task")}, tac: []string{"execution", "persistence", "privilege-escalation"}, event: field("TaskName", `\Microsoft\Windows\Update{n}`), meta: &sigma.Meta{Title: "Scheduled task created", Level: "low"}},
		{channel: security, id: 4688, noise: 30, tech: []hunt.Technique{t("T1087.002", "Domain Account")}, tac: []string{"discovery"}, event: proc(`C:\Windows\System32\net.exe`, `net group "Domain Admins" /domain`, `C:\Windows\System32\cmd.exe`), meta: &sigma.Meta{Title: "Domain groups listed", Level: "low"}},
		{channel: sysmon, id: 7, noise: 25, tech: []hunt.Technique{t("T1574.001", "DLL")}, tac: []string{"persistence", "privilege-escalation", "stealth"}, event: field("ImageLoaded", `C:\ProgramData\app{n}\version.dll`, "Image", `C:\ProgramData\app\app.exe`), meta: &sigma.Meta{Title: "Library of a system name loaded from a data folder", Level: "medium"}},
		{channel: "", id: 0, noise: 12, tech: []hunt.Technique{t("T1110", "Brute Force")}, tac: []string{"credential-access"}, event: field("TargetUserName", "{user}"), meta: &sigma.Meta{Title: "Many failed logons, then a good one", Level: "high"}},
		{channel: "auditd", noise: 6, tech: []hunt.Technique{t("T1548.003", "Sudo and Sudo Caching")}, tac: []string{"privilege-escalation"}, event: field("exe", "/usr/bin/sudo", "comm", "sudo", "key", "priv"), meta: &sigma.Meta{Title: "Unusual use of sudo", Level: "low"}},
		{channel: security, id: 5145, noise: 0, step: 7, tech: []hunt.Technique{t("T1486", "Data Encrypted for Impact")}, tac: []string{"impact"}, event: field("RelativeTargetName", `finance\q{n}.xlsx.locked`, "ShareName", `\\*\data`), meta: &sigma.Meta{Title: "Files on a share get a second extension", Level: "critical"}},
	}
	for i := range list {
		m := list[i].meta
		m.ID = fmt.Sprintf("%08x-1111-4222-8333-%012x", 0x10000+i, i)
		m.Status = []string{"test", "stable", "experimental"}[i%3]
		m.File = fmt.Sprintf("rules/windows/rule_%02d.yml", i)
		m.Author = "Example Team"
		m.Date, m.Modified = "2023-04-01", "2024-01-15"
		m.Description = "Detects " + strings.ToLower(m.Title[:1]) + m.Title[1:] + ".\nOn a quiet network this is worth a look at once; on a busy one look at the account first."
		m.References = []string{"https://example.org/notes/" + fmt.Sprint(i)}
		m.FalsePos = []string{"Administrators at work", "Inventory software"}
		for _, x := range list[i].tech {
			m.Tags = append(m.Tags, "attack."+strings.ToLower(x.ID))
		}
		for _, x := range list[i].tac {
			m.Tags = append(m.Tags, "attack."+x)
		}
		list[i].src = sigma.LogSource{Product: "windows", Category: "process_creation"}
	}
	return list
}

// finding makes the i-th of n findings.
func (f *fake) finding(i, n int) *hunt.Finding {
	var rule *fakeRule
	at := fakeEpoch.Add(time.Duration(float64(i) / float64(n) * float64(21*24*time.Hour)))
	at = at.Add(time.Duration(f.r.Int64N(int64(3 * time.Hour))))
	host := f.hosts[f.r.IntN(len(f.hosts))]
	user := f.users[f.r.IntN(len(f.users))]
	intrusion := f.r.IntN(100) < 4
	if intrusion {
		step := 1 + f.r.IntN(7)
		for rule == nil {
			if c := &f.rules[f.r.IntN(len(f.rules))]; c.step == step {
				rule = c
			}
		}
		at = fakeEpoch.Add(time.Duration(14*24+8+step*5)*time.Hour + time.Duration(f.r.Int64N(int64(4*time.Hour))))
		host = []string{"WEB01.corp.example", "MAIL01.corp.example", "WS007.corp.example", "DC01.corp.example", "FILE01.corp.example"}[min(4, step/2+f.r.IntN(2))]
		user = []string{`CORP\svc_web`, `CORP\adm.weber`, `NT AUTHORITY\SYSTEM`}[f.r.IntN(3)]
	} else {
		total := 0
		for j := range f.rules {
			total += f.rules[j].noise
		}
		pick := f.r.IntN(total)
		for j := range f.rules {
			if pick -= f.rules[j].noise; pick < 0 {
				rule = &f.rules[j]
				break
			}
		}
		if h := at.Hour(); h < 6 || h > 20 { // people sleep
			at = at.Add(8 * time.Hour)
		}
	}
	matched, fields := rule.event(f)
	out := &hunt.Finding{
		Rule: rule.meta, LogSource: rule.src, Techniques: rule.tech, Tactics: rule.tac, Source: event.SourceWindows, Time: at, Host: host,
		User: user, Channel: rule.channel, Provider: "Example-Provider", EventID: rule.id, RecordID: uint64(1000 + i),
		File: "logs/" + strings.ToLower(strings.Split(host, ".")[0]) + ".evtx", Offset: int64(4096 + 700*i), Matched: matched, Count: 1,
	}
	out.Event = fakeEvent(out, fields)
	if strings.HasPrefix(rule.meta.Title, "Library") {
		out.Caveats = []string{"A filter of the rule reads Signed, which this log does not have."}
	}
	if rule.channel == "" {
		out.Correlation = f.correlation(out)
	}
	return out
}

func (f *fake) correlation(out *hunt.Finding) *hunt.CorrelationHit {
	c := &hunt.CorrelationHit{
		Type: sigma.EventCount, Group: []hunt.FieldValue{{Name: "IpAddress", Value: "198.51.100.77"}}, Value: float64(20 + f.r.IntN(100)),
		First: out.Time.Add(-9 * time.Minute), Last: out.Time, Total: 21,
	}
	for i := range 8 {
		c.Matches = append(c.Matches, hunt.CorrelationMatch{
			Rule: f.rules[12].meta.ID, Title: f.rules[12].meta.Title, Time: c.First.Add(time.Duration(i) * time.Minute), Host: out.Host, User: out.User, Channel: out.Channel, EventID: 4625, RecordID: uint64(i), HasRecordID: true,
			File: out.File, Offset: int64(i * 900),
		})
	}
	return c
}

func fakeEvent(f *hunt.Finding, fields []hunt.FieldValue) json.RawMessage {
	b := []byte(`{"TimeCreated":`)
	b = event.AppendJSONString(b, f.Time.Format(time.RFC3339Nano))
	for _, kv := range [][2]string{{"Channel", f.Channel}, {"Provider_Name", f.Provider}, {"Computer", f.Host}, {"User", f.User}} {
		b = append(event.AppendJSONString(append(b, ','), kv[0]), ':')
		b = event.AppendJSONString(b, kv[1])
	}
	b = fmt.Appendf(b, `,"EventID":%d,"EventRecordID":%d`, f.EventID, f.RecordID)
	for _, kv := range fields {
		if kv.Name == "User" {
			continue
		}
		b = append(event.AppendJSONString(append(b, ','), kv.Name), ':')
		b = event.AppendJSONString(b, kv.Value)
	}
	return append(b, '}')
}

// summary describes a hunt that had n findings.
func (f *fake) summary(n int) *hunt.Summary {
	s := &hunt.Summary{
		Started: time.Date(2024, 5, 28, 7, 30, 0, 0, time.UTC), Duration: 4321 * time.Millisecond, Version: "0.1.0", Inputs: []string{"logs"}, Files: 46,
		Events: 1_834_201, UsedBytes: 2_310_000_000, Findings: int64(n), Suppressed: 12, Rules: 3112, Applicable: 2413, PeakRSS: 143 << 20, Hosts: f.hosts,
		First: fakeEpoch, Last: fakeEpoch.Add(22 * 24 * time.Hour), ATTACKVersion: "18.1", WarningsTotal: 2,
		Warnings: []hunt.Warning{
			{File: "logs/ws014.evtx", Offset: 69632, Message: "chunk 1: checksum of the header is wrong; 87 records were read all the same"},
			{File: "logs/old.zip!iis/u_ex240507.log", Offset: 91822, Message: "a line of 14 columns where the header has 15 was left out"},
		},
		Skipped: []hunt.Warning{{File: "logs/notes.docx", Offset: -1, Message: "not a log format that is known"}},
	}
	for i := range 40 {
		s.NotApplicable = append(s.NotApplicable, hunt.RuleNote{ID: fmt.Sprintf("%08x-aaaa-4bbb-8ccc-000000000000", i), Title: fmt.Sprintf("Invented rule %d that reads parents", i), Note: "windows/security/4688 has no field ParentCommandLine"})
	}
	return s
}

// hostileTexts are what an attacker may put into a log to reach its reader.
var hostileTexts = []string{
	`</script><script>window.pwned=1</script>`, `<img src=x onerror="window.pwned=1">`, `<!--<script>`, `-->`, `]]>`, `javascript:window.pwned=1`,
	"line\u2028separator\u2029here", "\u202Egnp.exe\u202C", "\x1b[31mred\x1b[0m\x1b]0;title\x07", "\u009b31m", "\xff\xfe broken \xc3\x28", "=cmd|' /C calc'!A0",
	"+1+1", "-2+3", "@SUM(1)", "\t=1", "a\x00b", "{{constructor.constructor('window.pwned=1')()}}", "${window.pwned=1}", `"onmouseover="window.pwned=1`,
	"[link](javascript:alert(1))", "&lt;b&gt;", "\U000E0041\U000E0042", "''", `\u003cscript\u003e`, "row\r\nsecond\nthird", strings.Repeat("A", 5000),
}

// hostile makes findings in which every text is hostile in turn.
func hostile() []*hunt.Finding {
	out := make([]*hunt.Finding, 0, len(hostileTexts))
	for i, x := range hostileTexts {
		y := hostileTexts[(i+5)%len(hostileTexts)]
		f := &hunt.Finding{
			Rule: &sigma.Meta{
				ID: fmt.Sprintf("0000%04x-1111-4222-8333-444455556666", i), Title: x, Level: []string{"critical", "high", "medium", "low", "informational", ""}[i%6], Status: y, File: x,
				Description: y, Author: x, References: []string{x, "javascript:alert(1)", "https://example.org/ok"}, Tags: []string{x}, FalsePos: []string{y}, Date: x, Modified: y,
			},
			Techniques: []hunt.Technique{{ID: "T1059", Name: x, URL: "javascript:alert(1)"}, {ID: x, Name: y}}, Tactics: []string{"execution", x},
			Source: event.SourceWindows, Time: fakeEpoch.Add(time.Duration(i) * time.Hour), Host: x, User: y, Channel: x, Provider: y, EventID: 1, RecordID: 1<<63 + uint64(i),
			File: x, Offset: int64(i), Matched: []hunt.FieldValue{{Name: "CommandLine", Value: x}, {Name: x, Value: y}}, Caveats: []string{x}, Count: 1,
			Correlation: &hunt.CorrelationHit{Type: sigma.Temporal, Group: []hunt.FieldValue{{Name: x, Value: y}}, Total: 1, Matches: []hunt.CorrelationMatch{{Rule: x, Title: y, Host: x, File: y}}},
		}
		f.Event = fakeEvent(f, []hunt.FieldValue{{Name: "CommandLine", Value: x}, {Name: "Image", Value: `C:\` + x}, {Name: "TargetFilename", Value: y}, {Name: "QueryName", Value: x}, {Name: "SourceIp", Value: x}, {Name: "DestinationIp", Value: "192.0.2.1"}, {Name: "TargetObject", Value: x}, {Name: x + "2", Value: y}})
		switch i % 9 {
		case 3:
			f.Event = json.RawMessage(`{"raw":"` + "\u202e</script>\u009b" + `", "nested":{"a":[1,{"b":null}]}}`)
		case 5:
			f.Event = json.RawMessage("{not json \x1b</script>")
		case 7:
			f.Time = time.Time{}
		case 8:
			f.Time = time.Date(30828, 9, 14, 0, 0, 0, 0, time.UTC)
		}
		out = append(out, f)
	}
	return out
}

func hostileSummary() *hunt.Summary {
	s := &hunt.Summary{Started: fakeEpoch, Version: hostileTexts[0], Inputs: hostileTexts, Files: 1, Events: 10, Rules: 5, Applicable: 3, WarningsTotal: 100}
	for _, x := range hostileTexts {
		s.Warnings = append(s.Warnings, hunt.Warning{File: x, Offset: 1, Message: x})
		s.Skipped = append(s.Skipped, hunt.Warning{File: x, Offset: -1, Message: x})
		s.NotApplicable = append(s.NotApplicable, hunt.RuleNote{ID: x, Title: x, Note: x})
		s.Hosts = append(s.Hosts, x)
	}
	return s
}

// sampleRuleText stands for the files of rules.
func sampleRuleText(m *sigma.Meta) ([]byte, error) {
	return []byte("title: " + m.Title + "\nid: " + m.ID + "\nlevel: " + m.Level + "\nlogsource:\n  product: windows\ndetection:\n  selection:\n    Image|endswith: '\\cmd.exe'\n  condition: selection\n"), nil
}
