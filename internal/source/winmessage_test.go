package source

import (
	"encoding/json"
	"strings"
	"testing"

	"entente/internal/event"
)

// dataOf are the fields of an event's data, as NAME=VALUE.
func dataOf(ev *event.Event) string {
	var out []string
	for i := range ev.Values {
		if n := ev.Names.At(ev.Values[i].Slot); !n.System {
			out = append(out, n.Text+"="+string(ev.Values[i].AppendText(nil)))
		}
	}
	return strings.Join(out, " | ")
}

func jsonText(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// Events whose data stands in their rendered message only.
func TestDataInTheMessage(t *testing.T) {
	const sysmon = `"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon"`
	security := func(id, msg string) string {
		return `{"EventID":` + id + `,"Channel":"Security","SourceName":"Microsoft-Windows-Security-Auditing","Message":` + jsonText(msg) + `}`
	}
	tests := []struct{ name, in, want string }{
		{
			"flat", `{` + sysmon + `,"Message":` + jsonText("Process Create:\r\nRuleName: -\r\nUtcTime: 2021-03-03 06:49:46.123\r\nImage: C:\\x y.exe\r\nCommandLine: x \"a\r\nb\"\r\nUser: EXAMPLE\\alice") + `}`,
			`RuleName=- | UtcTime=2021-03-03 06:49:46.123 | Image=C:\x y.exe | CommandLine=x "a` + "\r\n" + `b" | User=EXAMPLE\alice`,
		},
		{
			"Get-WinEvent", `{"Id":1,"LogName":"Microsoft-Windows-Sysmon/Operational","ProviderName":"Microsoft-Windows-Sysmon","Message":` + jsonText("Process Create:\nImage: C:\\a.exe") + `}`,
			`ProviderName=Microsoft-Windows-Sysmon | Image=C:\a.exe`,
		},
		{
			"winlogbeat", `{"message":` + jsonText("Process Create:\nImage: C:\\a.exe") + `,"winlog":{"event_id":1,"channel":"Microsoft-Windows-Sysmon/Operational","provider_name":"Microsoft-Windows-Sysmon"}}`,
			`Image=C:\a.exe`,
		},
		{"data besides", `{` + sysmon + `,"Image":"C:\\b.exe","Message":"Process Create:\nImage: C:\\a.exe"}`, `Image=C:\b.exe`},
		{
			"small letters", `{` + sysmon + `,"image":"C:\\b.exe","processguid":"{G}","commandline":"b","PARENTIMAGE":"p","tags":"t","param1":"q","commandLine":"as it is","message":"Process Create:\nImage: C:\\a.exe"}`,
			`Image=C:\b.exe | ProcessGuid={G} | CommandLine=b | ParentImage=p | tags=t | param1=q | commandLine=as it is`,
		},
		{"small letters altogether", `{"eventid":1,"channel":"Microsoft-Windows-Sysmon/Operational","sourcename":"Microsoft-Windows-Sysmon","hostname":"h","image":"C:\\b.exe"}`, `Image=C:\b.exe`},
		{"small letters below", `{"Event":{"System":{"EventID":1,"Channel":"x"},"EventData":{"targetfilename":"C:\\b"}}}`, `TargetFilename=C:\b`},
		{
			"4688", security("4688", "A new process has been created.\r\n\r\nCreator Subject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\tAccount Name:\t\tEX01$\r\n\tAccount Domain:\t\tEXAMPLE\r\n\tLogon ID:\t\t0x3E7\r\n\r\n"+
				"Target Subject:\r\n\tSecurity ID:\t\tS-1-0-0\r\n\tAccount Name:\t\t-\r\n\r\nProcess Information:\r\n\tNew Process ID:\t\t0x1a4\r\n\tNew Process Name:\tC:\\Windows\\System32\\cmd.exe\r\n\tToken Elevation Type:\t%%1936\r\n\tMandatory Label:\t\tS-1-16-16384\r\n"+
				"\tCreator Process ID:\t0x9c\r\n\tCreator Process Name:\tC:\\w3wp.exe\r\n\tProcess Command Line:\tcmd /c echo a: b\r\n\r\nToken Elevation Type indicates the type of token: it is text.\r\n\r\nType 1 is a full token.\r\n"),
			`SubjectUserSid=S-1-5-18 | SubjectUserName=EX01$ | SubjectDomainName=EXAMPLE | SubjectLogonId=0x3E7 | TargetUserSid=S-1-0-0 | TargetUserName=- | NewProcessId=0x1a4 | NewProcessName=C:\Windows\System32\cmd.exe | TokenElevationType=%%1936 | MandatoryLabel=S-1-16-16384 | ProcessId=0x9c | ParentProcessName=C:\w3wp.exe | CommandLine=cmd /c echo a: b`,
		},
		{
			"4624", security("4624", "An account was successfully logged on.\r\n\r\nSubject:\r\n\tAccount Name:\t\tA\r\n\r\nLogon Type:\t\t\t3\r\n\r\nNew Logon:\r\n\tAccount Name:\t\tB\r\n\tLogon ID:\t\t0x1\r\n\r\nNetwork Information:\r\n\tWorkstation Name:\tW\r\n\tSource Network Address:\t192.0.2.5\r\n\tSource Port:\t\t5\r\n"),
			`SubjectUserName=A | LogonType=3 | TargetUserName=B | TargetLogonId=0x1 | WorkstationName=W | IpAddress=192.0.2.5 | IpPort=5`,
		},
		{
			"5145", security("5145", "A network share object was checked.\n\nNetwork Information:\t\n\tObject Type:\t\tFile\n\tSource Address:\t\t127.0.0.1\n\tSource Port:\t\t49\n\nShare Information:\n\tShare Name:\t\t\\\\*\\C$\n\tRelative Target Name:\tinetpub\\a.aspx\n\nAccess Request Information:\n\tAccess Mask:\t\t0x2\n\tAccesses:\t\tReadData\n\t\t\t\tWriteData\n\n"),
			`ObjectType=File | IpAddress=127.0.0.1 | IpPort=49 | ShareName=\\*\C$ | RelativeTargetName=inetpub\a.aspx | AccessMask=0x2 | AccessList=ReadData` + "\n\t\t\t\tWriteData",
		},
		{
			"5156", security("5156", "The connection was permitted.\n\nApplication Information:\n\tProcess ID:\t\t4\n\tApplication Name:\tSystem\n\nNetwork Information:\n\tDirection:\t\tInbound\n\tSource Address:\t\t192.0.2.1\n\tSource Port:\t\t1\n\tDestination Address:\t192.0.2.2\n\tDestination Port:\t\t2\n"),
			`ProcessID=4 | Application=System | Direction=Inbound | SourceAddress=192.0.2.1 | SourcePort=1 | DestAddress=192.0.2.2 | DestPort=2`,
		},
		{
			"4732", security("4732", "A member was added.\n\nMember:\n\tSecurity ID:\t\tS-1-5-21\n\tAccount Name:\t\tCN=x\n\nGroup:\n\tSecurity ID:\t\tS-1-5-32\n\tGroup Name:\t\tAdministrators\n"),
			`MemberSid=S-1-5-21 | MemberName=CN=x | TargetSid=S-1-5-32 | TargetUserName=Administrators`,
		},
		{
			"4698", security("4698", "A scheduled task was created.\n\nTask Information:\n\tTask Name: \t\t\\x\n\tTask Content: \t\t<?xml version=\"1.0\"?>\n<Task a=\"b: c\">\n\tProcess Name: no\n</Task>\n\tProcess ID:\t\t7\n"),
			"TaskName=\\x | TaskContent=<?xml version=\"1.0\"?>\n<Task a=\"b: c\">\n\tProcess Name: no\n</Task> | ProcessId=7",
		},
		{
			"4634", security("4634", "An account was logged off.\n\nSubject:\n\tSecurity ID:\t\tS-1\n\tAccount Name:\t\tA\n\nLogon Type:\t\t\t3\n"),
			`TargetUserSid=S-1 | TargetUserName=A | LogonType=3`,
		},
		{
			"4703", security("4703", "A user right was adjusted.\n\nSubject:\n\tAccount Name:\t\tA\n\nTarget Account:\n\tSecurity ID:\t\tS-1\n\tLogon ID:\t\t0x1\n"),
			`SubjectUserName=A | TargetUserSid=S-1 | TargetLogonId=0x1`,
		},
		{
			"7045", `{"EventID":7045,"Channel":"System","SourceName":"Service Control Manager","Message":` + jsonText("A service was installed in the system.\n\nService Name:  s\nService File Name:  C:\\s.exe -k\nService Type:  user mode service\nService Start Type:  demand start\nService Account:  LocalSystem") + `}`,
			`ServiceName=s | ImagePath=C:\s.exe -k | ServiceType=user mode service | StartType=demand start | AccountName=LocalSystem`,
		},
		{"another language", security("4688", "Ein neuer Prozess wurde erstellt.\n\nProzessinformationen:\n\tNeuer Prozessname:\tC:\\a.exe\n"), ``},
		{"a task without end", security("4698", "A\n\nTask Information:\n\tTask Content:\t<?xml\n<Task>\n"), "TaskContent=<?xml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, warnings := readJSON(t, 0, "", tt.in+"\n", dataOf)
			if len(got) != 1 || got[0] != tt.want || len(warnings) > 0 {
				t.Errorf("got\n%q %q, want\n%q", got, warnings, tt.want)
			}
		})
	}
}

func FuzzWindowsMessage(f *testing.F) {
	for _, s := range []string{
		"A.\n\nSubject:\n\tAccount Name:\t\tA\n\tAccesses:\ta\n\t\tb\n", "P:\nImage: a\nb\nCommandLine: c", "Task Content: <", "T:\n\tTask Content:\t<a></Task>\tx\n", "Creating (1 of 2):\nx\nScriptBlock ID: 1\nPath:",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range []string{"Microsoft-Windows-Sysmon", "Microsoft-Windows-PowerShell", "Microsoft-Windows-Security-Auditing"} {
			ev := event.Event{Names: event.NewNames(), Provider: p, EventID: 4104}
			addMessage(&ev, []byte(text))
			for i := range ev.Values {
				if !strings.Contains(text, string(ev.Values[i].Raw)) {
					t.Errorf("%q is not in the message", ev.Values[i].Raw)
				}
			}
			if len(ev.Values) > maxFields+4 {
				t.Error("too many fields")
			}
		}
	})
}
