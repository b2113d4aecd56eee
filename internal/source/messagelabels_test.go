package source

import (
	"strings"
	"testing"

	"entente/internal/event"
)

// Fields of Windows events as Splunk takes them out of their messages, in tables and in JSON.
func TestMessageLabels(t *testing.T) {
	const (
		security = "channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1"
		process  = `"EventCode":"4688","ComputerName":"ws1","New_Process_Name":"C:\\x.exe","Creator_Process_Name":"C:\\p.exe","Process_Command_Line":"x -e"`
	)
	tests := []struct{ name, in, header, fields string }{
		{
			"a process, the log in its source",
			"_time,EventCode,ComputerName,Account_Name,Account_Domain,New_Process_Name,Creator_Process_Name,Process_Command_Line,source\n" +
				"2021-03-03T06:49:46Z,4688,ws1,\"alice\n-\",\"EXAMPLE\r\n-\",C:\\x.exe,C:\\p.exe,x -e,WinEventLog:Security\n",
			"windows time=2021-03-03T06:49:46Z id=4688 " + security,
			"| SubjectUserName=alice | SubjectDomainName=EXAMPLE | NewProcessName=C:\\x.exe | ParentProcessName=C:\\p.exe | CommandLine=x -e | source=WinEventLog:Security |\n| TargetUserName=- | TargetDomainName=- |",
		},
		{
			"a process, nothing of its log, one account",
			"EventCode,ComputerName,Account_Name,New_Process_Name\n4688,ws1,alice,C:\\x.exe\n",
			"windows id=4688 " + security, "| SubjectUserName=alice | NewProcessName=C:\\x.exe |",
		},
		{
			"the log in the type of the source",
			"EventCode,ComputerName,Account_Name,sourcetype,source\n4672,ws1,alice,WinEventLog:Security,udp:514\n",
			"windows id=4672 " + security, "| SubjectUserName=alice | sourcetype=WinEventLog:Security |",
		},
		{
			"a logon",
			"EventCode,LogName,ComputerName,Security_ID,Account_Name,Logon_ID,Logon_GUID,Logon_Type,Source_Network_Address,Source_Port,Workstation_Name,Logon_Process\n" +
				"4624,Security,ws1,\"S-1-0-0\nS-1-5-21\",\"-\nalice\",\"0x0\n0x1\",{G},\"3\",192.0.2.5,5,W,NtLmSsp\n",
			"windows id=4624 " + security,
			"| SubjectUserSid=S-1-0-0 | SubjectUserName=- | SubjectLogonId=0x0 | LogonGuid={G} | LogonType=3 | IpAddress=192.0.2.5 | IpPort=5 | WorkstationName=W | LogonProcessName=NtLmSsp |\n| TargetUserSid=S-1-5-21 | TargetUserName=alice | TargetLogonId=0x1 |",
		},
		{
			"a logon of which one account is missing",
			"EventCode,LogName,ComputerName,Account_Name,Logon_Type\n4624,Security,ws1,alice,3\n",
			"windows id=4624 " + security, "| AccountName=alice | LogonType=3 |",
		},
		{
			"a new account",
			"EventCode,LogName,ComputerName,Account_Name,Security_ID,Logon_ID\n4720,Security,ws1,\"alice\nbob\",\"S-1\nS-2\",0x1\n",
			"windows id=4720 " + security, "| SubjectUserName=alice | SubjectUserSid=S-1 | SubjectLogonId=0x1 |\n| TargetUserName=bob | TargetSid=S-2",
		},
		{
			"a member of a group",
			"EventCode,LogName,ComputerName,Security_ID,Account_Name,Group_Name,Logon_ID\n4732,Security,ws1,\"S-1\nS-2\nS-3\",\"alice\nbob\",Administrators,0x1\n",
			"windows id=4732 " + security,
			"| SubjectUserSid=S-1 | SubjectUserName=alice | TargetUserName=Administrators | SubjectLogonId=0x1 |\n| MemberSid=S-2 | TargetSid=S-3 | MemberName=bob",
		},
		{
			"more accounts than sections",
			"EventCode,LogName,ComputerName,Account_Name\n4672,Security,ws1,\"alice\nbob\"\n",
			"windows id=4672 " + security, "| SubjectUserName=alice | @Provider_Name=Microsoft-Windows-Security-Auditing | AccountName=bob",
		},
		{
			"an event of which the sections are not known",
			"EventCode,LogName,ComputerName,Account_Name,Logon_Type\n4999,Security,ws1,alice,3\n",
			"windows id=4999 " + security, "| AccountName=alice | LogonType=3",
		},
		{
			"a connection",
			"EventCode,LogName,ComputerName,Application_Name,Source_Address,Source_Port,Destination_Port,Process_ID\n5156,Security,ws1,\\x.exe,192.0.2.1,1,2,\"1,234\"\n",
			"windows id=5156 " + security, "| Application=\\x.exe | SourceAddress=192.0.2.1 | SourcePort=1 | DestPort=2 | ProcessID=1234 |",
		},
		{
			"a share", "EventCode,LogName,ComputerName,Source_Address,Source_Port,Share_Name,Relative_Target_Name,Accesses\n5145,Security,ws1,192.0.2.1,1,\\\\*\\C$,x,\"ReadData\nWriteData\"\n",
			"windows id=5145 " + security, "| IpAddress=192.0.2.1 | IpPort=1 | ShareName=\\\\*\\C$ | RelativeTargetName=x | AccessList=ReadData\nWriteData",
		},
		{
			"a service", "EventCode,LogName,SourceName,ComputerName,Service_Name,Service_File_Name,Service_Account\n7045,System,Service Control Manager,ws1,s,C:\\s.exe,LocalSystem\n",
			"windows id=7045 channel=System provider=Service Control Manager host=ws1", "| ServiceName=s | ImagePath=C:\\s.exe | AccountName=LocalSystem",
		},
		{
			"the data by both names", "EventCode,LogName,ComputerName,New_Process_Name,NewProcessName\n4688,Security,ws1,C:\\x.exe,C:\\y.exe\n",
			"windows id=4688 " + security, "| NewProcessName=C:\\x.exe | NewProcessName=C:\\y.exe |",
		},
		{
			"another log", "EventID,Channel,Provider,Computer,Source_Port\n3," + sysmonLog + ",Microsoft-Windows-Sysmon,ws1,5\n",
			"windows id=3 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1", "| SourcePort=5",
		},
		{
			"JSON, the log in its source", `{"preview":false,"offset":0,"result":{` + process + `,"Account_Name":["alice","-"],"source":"WinEventLog:Security"}}`,
			"windows id=4688 " + security, `| SubjectUserName=alice |` + "\n" + `| NewProcessName=C:\x.exe | ParentProcessName=C:\p.exe | CommandLine=x -e |` + "\n| TargetUserName=-",
		},
		{"JSON, nothing of its log", `{"offset":0,"result":{` + process + `,"Account_Name":"alice\n-"}}`, "windows id=4688 " + security, "| SubjectUserName=alice |\n| TargetUserName=-"},
		{
			"JSON, all of them with their columns before", `{"preview":false,"init_offset":0,"messages":[],"fields":[{"name":"_time"},{"name":"EventCode"}],"results":[{` + process + `}],"highlighted":{}}`,
			"windows id=4688 " + security, `| NewProcessName=C:\x.exe |`,
		},
		{
			"JSON, with the whole event", `{"preview":false,"result":{` + process + `,"_raw":"03/03/2021 06:49:46 AM\nLogName=Security\nEventCode=4688\nComputerName=ws1\nMessage=A.\n\nCreator Subject:\n\tAccount Name:\t\talice\n"}}`,
			"windows id=4688 " + security, `| SubjectUserName=alice`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			show := func(ev *event.Event) string { return header(ev) + "\n" + fields(ev) }
			var got, warnings []string
			if tt.in[0] == '{' {
				got, warnings = readJSON(t, 0, "", tt.in+"\n", show)
			} else {
				got, warnings = readCSV(t, tt.in, show)
			}
			if len(got) != 1 || len(warnings) > 0 {
				t.Fatalf("events %q, warnings %q", got, warnings)
			}
			head, all, _ := strings.Cut(got[0], "\n")
			if head != tt.header {
				t.Errorf("header %s\nwant   %s", head, tt.header)
			}
			wants := []string{tt.fields}
			if !strings.Contains(tt.fields, "ReadData") {
				wants = strings.Split(tt.fields, "\n")
			}
			for _, want := range wants {
				if !strings.Contains("| "+all+" |", want) {
					t.Errorf("fields %s\nwant   %s", all, want)
				}
			}
		})
	}
}

// Names like those of messages do not make a Windows event, and what is missing for one is said.
func TestMessageLabelsOfOthers(t *testing.T) {
	for in, says := range map[string]string{
		"EventCode,Account_Name,Group_Name\n4624,alice,s\n":                           "",
		"EventCode,Account_Name,Logon_Type\n77,alice,web\n":                           "",
		"Account_Name,Logon_Type\nalice,web\n":                                        "",
		"_time,New_Process_Name,Process_Command_Line\n2021-03-03,C:\\x.exe,x\n":       lacksEventID,
		`{"EventCode":"77","Logon_Type":"web"}` + "\n":                                "",
		`{"EventCode":"4624","Account_Name":"alice","source":"web"}` + "\n":           "",
		`{"New_Process_Name":"C:\\x.exe","Process_Command_Line":"x"}` + "\n":          lacksEventID,
		`{"EventCode":"5","source":"WinEventLog:","sourcetype":"WinEventLog"}` + "\n": "",
	} {
		show := func(ev *event.Event) string { return string(ev.Source) }
		read := func() ([]string, []string) { return readCSV(t, in, show) }
		if in[0] == '{' {
			read = func() ([]string, []string) { return readJSON(t, 0, "", in, show) }
		}
		got, warnings := read()
		if len(got) != 1 || got[0] == string(event.SourceWindows) || strings.Join(warnings, "\n") != says && !strings.HasSuffix(strings.Join(warnings, "\n"), says) {
			t.Errorf("%q: %q, says %q, want %q", in, got, warnings, says)
		}
	}
}
