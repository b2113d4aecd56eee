package hunt

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entente/internal/evtx"
)

// These tests hunt in logs that have led hunters astray: each is a record as its log writes it, and rules that have to be
// true or false for it.

// trapRule makes a rule; its detection is lines of YAML, and it must be true ("yes …") or not ("no …"), as its title says.
func trapRule(i int, title, logsource, detection string) string {
	return fmt.Sprintf("---\ntitle: %q\nid: 00000000-0000-4000-8000-%012d\nlevel: high\nstatus: test\nlogsource: {%s}\ndetection:\n  %s\n",
		title, i, logsource, strings.ReplaceAll(detection, "\n", "\n  "))
}

// trap is a rule for the records of a log.
type trap struct {
	title     string // "yes …" or "no …"
	detection string
}

// checkTraps hunts in a log and compares the rules that were true, for any record, with their titles.
func checkTraps(t *testing.T, log, logsource string, traps []trap) []*Finding {
	t.Helper()
	var rules strings.Builder
	var want []string
	for i, x := range traps {
		rules.WriteString(trapRule(i, x.title, logsource, x.detection))
		if strings.HasPrefix(x.title, "yes ") {
			want = append(want, x.title)
		}
	}
	found, sum := runHunt(t, planOf(t, PlanOptions{}, strings.TrimPrefix(rules.String(), "---\n")), Options{Inputs: []string{log}})
	if len(sum.Warnings) > 0 || len(sum.Skipped) > 0 {
		t.Errorf("%s: %v %v", filepath.Base(log), sum.Warnings, sum.Skipped)
	}
	var got []string
	for _, f := range found {
		if !slices.Contains(got, f.Rule.Title) {
			got = append(got, f.Rule.Title)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	for _, title := range want {
		if !slices.Contains(got, title) {
			t.Errorf("%s: not true: %s", filepath.Base(log), title)
		}
	}
	for _, title := range got {
		if !slices.Contains(want, title) {
			t.Errorf("%s: true: %s", filepath.Base(log), title)
		}
	}
	return found
}

func writeText(tb testing.TB, name, text string) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

// UserData holds the fields of some events; rules name them as they name those of EventData.
func TestTrapUserData(t *testing.T) {
	cleared := evtx.Record{
		Provider: "Microsoft-Windows-Eventlog", Channel: "Security", Computer: "dc1", EventID: 1102, Time: epoch, UserData: "LogFileCleared",
		Data: []evtx.Field{{Name: "SubjectUserName", Value: evtx.Text("mallory")}, {Name: "SubjectLogonId", Value: evtx.Hex64(0x3e7)}},
	}
	const head = `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Eventlog"/><EventID>1102</EventID><TimeCreated SystemTime="2021-03-03T09:00:00Z"/><Channel>Security</Channel><Computer>dc1</Computer></System>`
	for _, log := range []string{
		writeLog(t, filepath.Join(t.TempDir(), "cleared.evtx"), cleared),
		writeText(t, "cleared.xml", head+`<UserData><LogFileCleared xmlns="http://manifests.microsoft.com/win/2004/08/windows/eventlog"><SubjectUserName>mallory</SubjectUserName><SubjectLogonId>0x3e7</SubjectLogonId></LogFileCleared></UserData></Event>`+"\n"),
		writeText(t, "cleared.json", `{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Eventlog"}},"EventID":1102,"Channel":"Security","Computer":"dc1"},"UserData":{"LogFileCleared":{"#attributes":{"xmlns":"x"},"SubjectUserName":"mallory","SubjectLogonId":"0x3e7"}}}}`+"\n"),
		writeText(t, "beat.json", `{"winlog":{"event_id":1102,"channel":"Security","provider_name":"Microsoft-Windows-Eventlog","computer_name":"dc1","user_data":{"xml_name":"LogFileCleared","SubjectUserName":"mallory","SubjectLogonId":"0x3e7"}}}`+"\n"),
	} {
		found := checkTraps(t, log, "product: windows, service: security", []trap{
			{"yes by name", "s: {EventID: 1102, SubjectUserName: Mallory}\ncondition: s"},
			{"yes by provider", "s: {EventID: 1102, Provider_Name: Microsoft-Windows-Eventlog, SubjectLogonId: '0x3e7'}\ncondition: s"},
			{"no other name", "s: {EventID: 1102, SubjectUserName: eve}\ncondition: s"},
			{"no path of elements", "s: {EventID: 1102, 'LogFileCleared.SubjectUserName|exists': true}\ncondition: s"},
			{"no filtered", "s: {EventID: 1102}\nf: {SubjectUserName|startswith: mall}\ncondition: s and not f"},
		})
		// What the rule selects on is among what matched, also where the header has decided it.
		if i := slices.IndexFunc(found, func(f *Finding) bool { return f.Rule.Title == "yes by name" }); i < 0 ||
			!slices.Equal(found[i].Matched, []FieldValue{{Name: "EventID", Value: "1102"}, {Name: "SubjectUserName", Value: "mallory"}}) {
			t.Errorf("%s: findings %+v", filepath.Base(log), found)
		}
	}
}

// CAPI2 keeps what it says in attributes of elements in UserData.
func TestTrapCAPI2(t *testing.T) {
	const text = `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-CAPI2"/><EventID>70</EventID><TimeCreated SystemTime="2021-03-03T09:00:00Z"/><Channel>Microsoft-Windows-CAPI2/Operational</Channel><Computer>dc1</Computer></System>` +
		`<UserData><CryptAcquireCertificatePrivateKey><Certificate fileRef="ABCD.cer" subjectName="ca.example.org"/><Flags value="10000" CRYPT_ACQUIRE_SILENT_FLAG="true"/><EventAuxInfo ProcessName="w3wp.exe"/><Result value="0"/></CryptAcquireCertificatePrivateKey></UserData></Event>` + "\n"
	checkTraps(t, writeText(t, "capi2.xml", text), "product: windows, service: capi2", []trap{
		{"yes by id", "s: {EventID: 70}\ncondition: s"},
		{"yes by attribute", "s: {EventID: 70, EventAuxInfo_ProcessName: W3WP.exe, Certificate_subjectName|endswith: .example.org}\ncondition: s"},
		{"yes by keyword", "k: [ca.example.org]\ncondition: k"},
		{"no other id", "s: {EventID: 11}\ncondition: s"},
	})
	checkTraps(t, writeText(t, "capi2.xml", text), "product: windows, service: security", []trap{
		{"no other log", "s: {EventID: 70}\ncondition: s"},
	})
}

// Event 104 says in UserData which log was cleared, in a field that is called as one of the envelope. The data's counts.
func TestTrapChannelOfTheData(t *testing.T) {
	log := func(channel string) string {
		return writeLog(t, filepath.Join(t.TempDir(), channel+".evtx"), evtx.Record{
			Provider: "Microsoft-Windows-Eventlog", Channel: "System", Computer: "dc1", EventID: 104, Time: epoch, UserData: "LogFileCleared",
			Data: []evtx.Field{{Name: "SubjectUserName", Value: evtx.Text("mallory")}, {Name: "Channel", Value: evtx.Text(channel)}},
		})
	}
	const selection = "s: {EventID: 104, Provider_Name: Microsoft-Windows-Eventlog}\n"
	found := checkTraps(t, log("Windows PowerShell"), "product: windows, service: system", []trap{
		{"yes the one that was cleared", selection + "c: {Channel: [Security, Windows PowerShell]}\ncondition: s and c"},
		{"yes not filtered", selection + "f: {Channel: [Security, System]}\ncondition: s and not f"},
		{"no the one that it stands in", selection + "c: {Channel: System}\ncondition: s and c"},
		{"no filtered", selection + "f: {Channel: Windows PowerShell}\ncondition: s and not f"},
	})
	if len(found) > 0 && found[0].Channel != "System" {
		t.Errorf("the finding stands in %q", found[0].Channel)
	}
	checkTraps(t, log("System"), "product: windows, service: system", []trap{
		{"yes the same", selection + "c: {Channel: System}\ncondition: s and c"},
		{"no filtered", selection + "f: {Channel: [Security, System]}\ncondition: s and not f"},
	})
}

// An empty <Data> is the empty text, a null is a null, and filters on one do not take the other.
func TestTrapEmptyData(t *testing.T) {
	record := func(fields ...evtx.Field) evtx.Record {
		return evtx.Record{Provider: "App", Channel: "Application", Computer: "h", EventID: 7, Time: epoch, Data: append(fields, evtx.Field{Name: "Always", Value: evtx.Text("x")})}
	}
	const json = `{"Event":{"System":{"Provider":{"#attributes":{"Name":"App"}},"EventID":7,"Channel":"Application","Computer":"h"},"EventData":{%s"Always":"x"}}}` + "\n"
	const (
		null    = "s: {EventID: 7}\nf: {FIELD: null}\ncondition: s and not f"
		empty   = "s: {EventID: 7}\nf: {FIELD: ''}\ncondition: s and not f"
		exists  = "s: {EventID: 7}\nf: {FIELD|exists: true}\ncondition: s and not f"
		some    = "s: {EventID: 7}\nf: {FIELD: '*'}\ncondition: s and not f"
		isEmpty = "s: {EventID: 7, FIELD: ''}\ncondition: s"
		isNull  = "s: {EventID: 7, FIELD: null}\ncondition: s"
	)
	for _, c := range []struct {
		name, field string
		evtx        *evtx.Value // nil: the field is not there
		json        string
		want        string // of null, empty, exists, some, isEmpty, isNull: y or n
	}{
		{"unnamed text", "Data", new(evtx.Text("a")), `"Data":"a",`, "yynnnn"},
		{"unnamed empty", "Data", new(evtx.Text("")), `"Data":"",`, "ynnnyn"},
		{"unnamed null", "Data", new(evtx.Null()), `"Data":null,`, "nynyny"},
		{"unnamed array of nothing", "Data", new(evtx.Texts()), `"Data":[],`, "ynnnyn"},
		{"unnamed missing", "Data", nil, ``, "nyyyny"},
		{"named text", "Field", new(evtx.Text("a")), `"Field":"a",`, "yynnnn"},
		{"named empty", "Field", new(evtx.Text("")), `"Field":"",`, "ynnnyn"},
		{"named null", "Field", new(evtx.Null()), `"Field":null,`, "nynyny"},
		{"named missing", "Field", nil, ``, "nyyyny"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var traps []trap
			for i, detection := range []string{null, empty, exists, some, isEmpty, isNull} {
				title := map[byte]string{'y': "yes ", 'n': "no "}[c.want[i]] + []string{"null", "empty", "exists", "some", "isEmpty", "isNull"}[i]
				traps = append(traps, trap{title, strings.ReplaceAll(detection, "FIELD", c.field)})
			}
			var fields []evtx.Field
			if c.evtx != nil {
				fields = append(fields, evtx.Field{Name: strings.TrimPrefix(c.field, "Data"), Value: *c.evtx})
			}
			checkTraps(t, writeLog(t, filepath.Join(t.TempDir(), "a.evtx"), record(fields...)), "product: windows, service: application", traps)
			checkTraps(t, writeText(t, "a.json", fmt.Sprintf(json, c.json)), "product: windows, service: application", traps)
		})
	}
}

// Some rules look for words of the message that Windows renders. Exports have it; event logs do not.
func TestTrapRenderedMessage(t *testing.T) {
	traps := []trap{
		{"yes keyword", "k: ['was started successfully']\ncondition: k"},
		{"yes keyword of the data", "k: ['evil']\ncondition: k"},
		{"yes all keywords", "k:\n  '|all': [updater, 'SUCCESSFULLY', evil]\ncondition: k"},
		{"yes field", "s: {Message|contains: 'service updater'}\ncondition: s"},
		{"no other keyword", "k: ['was stopped']\ncondition: k"},
		{"no name of a field", "k: [param1, Message]\ncondition: k"},
		{"no filtered", "s: {EventID: 7}\nk: ['was started']\ncondition: s and not k"},
	}
	const xml = `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="App"/><EventID>7</EventID><TimeCreated SystemTime="2021-03-03T09:00:00Z"/><Channel>Application</Channel><Computer>h</Computer></System><EventData><Data Name="param1">evil.exe</Data></EventData>%s</Event>` + "\n"
	for _, log := range []string{
		writeText(t, "rendered.xml", fmt.Sprintf(xml, `<RenderingInfo Culture="en-US"><Message>The service updater was started successfully.</Message></RenderingInfo>`)),
		writeText(t, "beat.json", `{"winlog":{"event_id":7,"channel":"Application","provider_name":"App","computer_name":"h","event_data":{"param1":"evil.exe"}},"message":"The service updater was started\u0020successfully."}`+"\n"),
		writeText(t, "flat.json", `{"EventID":7,"Channel":"Application","SourceName":"App","Hostname":"h","param1":"evil.exe","Message":"The service updater was started successfully."}`+"\n"),
	} {
		found := checkTraps(t, log, "product: windows, service: application", traps)
		if i := slices.IndexFunc(found, func(f *Finding) bool { return f.Rule.Title == "yes keyword" }); i < 0 ||
			!slices.ContainsFunc(found[i].Matched, func(v FieldValue) bool {
				return strings.HasSuffix(v.Name, "Message") && strings.Contains(v.Value, "started successfully")
			}) {
			t.Errorf("%s: findings %+v", filepath.Base(log), found)
		}
	}
	checkTraps(t, writeText(t, "plain.xml", fmt.Sprintf(xml, "")), "product: windows, service: application", []trap{
		{"no keyword", "k: ['was started successfully']\ncondition: k"},
		{"yes keyword of the data", "k: ['evil']\ncondition: k"},
	})
}

// Security 4688 serves process_creation: other names, labels as SIDs, numbers in hexadecimal.
func TestTrap4688(t *testing.T) {
	record := evtx.Record{
		Provider: "Microsoft-Windows-Security-Auditing", Channel: "Security", Computer: "ws1", EventID: 4688, Time: epoch,
		Data: []evtx.Field{
			{Name: "SubjectUserSid", Value: evtx.SID("S-1-5-21-1-2-3-1001")},
			{Name: "SubjectUserName", Value: evtx.Text("eve")},
			{Name: "SubjectDomainName", Value: evtx.Text("CORP")},
			{Name: "SubjectLogonId", Value: evtx.Hex64(0x3e7)},
			{Name: "NewProcessId", Value: evtx.Hex64(0x1f4)},
			{Name: "NewProcessName", Value: evtx.Text(`C:\Windows\System32\cmd.exe`)},
			{Name: "TokenElevationType", Value: evtx.Text("%%1938")},
			{Name: "ProcessId", Value: evtx.Hex64(0x1410)},
			{Name: "CommandLine", Value: evtx.Text("cmd /c whoami")},
			{Name: "TargetUserSid", Value: evtx.SID("S-1-0-0")},
			{Name: "TargetUserName", Value: evtx.Text("-")},
			{Name: "TargetDomainName", Value: evtx.Text("-")},
			{Name: "TargetLogonId", Value: evtx.Hex64(0)},
			{Name: "ParentProcessName", Value: evtx.Text(`C:\Program Files\Office\WINWORD.EXE`)},
			{Name: "MandatoryLabel", Value: evtx.SID("S-1-16-12288")},
		},
	}
	for _, log := range []string{
		writeLog(t, filepath.Join(t.TempDir(), "4688.evtx"), record),
		writeText(t, "4688.json", `{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},"EventID":4688,"Channel":"Security","Computer":"ws1"},"EventData":{"SubjectUserSid":"S-1-5-21-1-2-3-1001","SubjectUserName":"eve","SubjectDomainName":"CORP","SubjectLogonId":"0x3e7","NewProcessId":"0x1f4","NewProcessName":"C:\\Windows\\System32\\cmd.exe","ProcessId":"0x1410","CommandLine":"cmd /c whoami","TargetUserSid":"S-1-0-0","TargetUserName":"-","TargetDomainName":"-","ParentProcessName":"C:\\Program Files\\Office\\WINWORD.EXE","MandatoryLabel":"S-1-16-12288"}}}`+"\n"),
	} {
		checkTraps(t, log, "product: windows, category: process_creation", []trap{
			{"yes names", `s: {Image|endswith: '\CMD.exe', ParentImage|endswith: '\winword.exe'}` + "\ncondition: s"},
			{"yes user", `s: {User: 'corp\eve'}` + "\ncondition: s"},
			{"yes part of the user", "s: {User|contains: EVE}\ncondition: s"},
			{"yes logon", "s: {LogonId: '0x3e7'}\ncondition: s"},
			{"yes integrity", "s: {IntegrityLevel: high}\ncondition: s"},
			{"yes integrity, a list", "s: {IntegrityLevel: [System, High]}\ncondition: s"},
			{"no other integrity", "s: {IntegrityLevel: [Medium, Low, S-1-16-12288]}\ncondition: s"},
			{"no filtered by integrity", "s: {Image|endswith: cmd.exe}\nf: {IntegrityLevel: High}\ncondition: s and not f"},
			{"yes process id", "s: {ProcessId: 500}\ncondition: s"},
			{"yes process id in hexadecimal", "s: {ProcessId: 0x1f4}\ncondition: s"},
			{"yes process id compared", "s: {ProcessId|gte: 500}\nu: {ProcessId|lt: 501}\ncondition: s and u"},
			{"yes parent's process id", "s: {ParentProcessId: 5136}\ncondition: s"},
			{"no process id of the parent", "s: {ProcessId: 5136}\ncondition: s"},
			{"no filtered by process id", "s: {Image|endswith: cmd.exe}\nf: {ProcessId: [4, 500]}\ncondition: s and not f"},
			{"yes not filtered by process id", "s: {Image|endswith: cmd.exe}\nf: {ProcessId: [4, 50]}\ncondition: s and not f"},
		})
		// Rules that are written for this event keep its own names and values.
		checkTraps(t, log, "product: windows, service: security", []trap{
			{"yes own names", `s: {EventID: 4688, NewProcessName|endswith: \cmd.exe, MandatoryLabel: S-1-16-12288, ProcessId: '0x1410'}` + "\ncondition: s"},
			{"no names of Sysmon", "s: {EventID: 4688, Image|exists: true}\ncondition: s"},
		})
	}
}

// IIS has the path in cs-uri-stem, and some rules look for it in cs-uri-query; user agents have + for blanks.
func TestTrapIIS(t *testing.T) {
	log := writeText(t, "u_ex210303.log", "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status\n"+
		"2021-03-03 09:00:00 10.0.0.1 POST /owa/auth/shell.aspx cmd=whoami&x=%2e%2e 443 - 192.0.2.7 Mozilla/5.0+(X11;+Linux)+evil/1.0 https://example.org/ref 200\n"+
		"2021-03-03 09:00:01 10.0.0.1 GET /static/plain.css - 443 - 192.0.2.8 - - 304\n")
	traps := []trap{
		{"yes stem", "s: {cs-uri-stem|endswith: /SHELL.aspx}\ncondition: s"},
		{"yes query", "s: {cs-uri-query|contains: cmd=}\ncondition: s"},
		{"yes path in the query", "s: {cs-uri-query|contains: /owa/auth/}\ncondition: s"},
		{"yes path and query", "s: {cs-uri-query|contains: 'shell.aspx?cmd=whoami'}\ncondition: s"},
		{"yes path in the query where there is none", "s: {cs-uri-query|endswith: /plain.css}\ncondition: s"},
		{"yes query alone", "s: {cs-uri-query|startswith: cmd=}\ncondition: s"},
		{"yes keyword", "k: [whoami]\ncondition: k"},
		{"yes agent with blanks", "s: {cs-user-agent|contains: '(X11; Linux) evil'}\ncondition: s"},
		{"yes agent as it is", "s: {cs-user-agent|contains: '(X11;+Linux)+evil'}\ncondition: s"},
		{"yes status and method", "s: {sc-status: 200, cs-method: post}\ncondition: s"},
		{"yes referer", "s: {cs-referer|contains: example.org/ref}\ncondition: s"},
		{"yes no query", "s: {sc-status: 304, cs-uri-query: null}\ncondition: s"},
		{"no query in the stem", "s: {cs-uri-stem|contains: cmd=}\ncondition: s"},
		{"no other path", "s: {cs-uri-query|contains: /ecp/}\ncondition: s"},
		{"no filtered by path", "s: {sc-status: 200}\nf: {cs-uri-query|contains: /owa/auth/}\ncondition: s and not f"},
	}
	checkTraps(t, log, "category: webserver", traps)
	checkTraps(t, log, "category: webserver, product: windows", []trap{{"yes stem on Windows", "s: {cs-uri-stem|endswith: /shell.aspx}\ncondition: s"}})
	checkTraps(t, log, "category: proxy", []trap{{"no proxy", "s: {cs-uri-stem|endswith: .aspx}\ncondition: s"}})
}

// Security 4657 serves the registry's rules, also where a collector has lost what was done.
func TestTrap4657(t *testing.T) {
	log := func(operation string) string {
		return writeText(t, "4657.json", `{"EventID":4657,"Channel":"Security","Provider_Name":"Microsoft-Windows-Security-Auditing","Computer":"h","ObjectName":"\\REGISTRY\\MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run","ObjectValueName":"Updater",`+
			operation+`"NewValueType":"%%1873","NewValue":"C:\\Temp\\evil.exe"}`+"\n")
	}
	const detection = `s: {TargetObject|endswith: '\CurrentVersion\Run\Updater', Details|contains: evil}` + "\ncondition: s"
	for _, c := range []struct {
		operation    string
		set, deleted bool
	}{
		{`"OperationType":"%%1904",`, true, false},
		{`"OperationType":"%%1905",`, true, false},
		{`"OperationType":"%%1906",`, false, true},
		{``, true, false},
		{`"OperationType":null,`, true, false},
		{`"OperationType":"",`, true, false},
		{`"OperationType":"%%9999",`, false, false},
	} {
		title := map[bool]string{true: "yes", false: "no"}
		checkTraps(t, log(c.operation), "product: windows, category: registry_set", []trap{{title[c.set] + " set " + c.operation, detection}})
		checkTraps(t, log(c.operation), "product: windows, category: registry_delete", []trap{{title[c.deleted] + " deleted " + c.operation, detection}})
		checkTraps(t, log(c.operation), "product: windows, category: registry_event", []trap{{"yes event " + c.operation, detection}})
	}
}
