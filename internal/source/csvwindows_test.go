package source

import (
	"strings"
	"testing"
)

func csvQuote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func TestCSVWindows(t *testing.T) {
	sysmon := "Process Create:\r\nRuleName: -\r\nUtcTime: 2021-03-03 06:49:46.123\r\nImage: C:\\x y.exe\r\nCommandLine: x -e \"a\r\nb: c\"\r\nUser: EXAMPLE\\alice"
	tests := []struct{ name, in, want string }{
		{
			"EvtxECmd",
			"RecordNumber,EventRecordId,TimeCreated,EventId,Level,Provider,Channel,ProcessId,ThreadId,Computer,ChunkNumber,UserId,MapDescription,UserName,RemoteHost,PayloadData1,PayloadData2,ExecutableInfo,HiddenRecord,SourceFile,Keywords,ExtraDataOffset,Payload\r\n" +
				`7,77,2021-03-03 06:49:46.1234567,4688,LogAlways,Microsoft-Windows-Security-Auditing,Security,4,8,ws1,0,,Process,EXAMPLE\alice,,PID: 5,,,False,C:\x.evtx,Audit success,0,` +
				csvQuote(`{"EventData":{"Data":[{"@Name":"SubjectUserName","#text":"alice"},{"@Name":"CommandLine","#text":"cmd \"x\""},{"@Name":"Empty"}]}}`) + "\r\n",
			`windows 2021-03-03T06:49:46.1234567Z @? channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1 id=4688 record=77 {"EventRecordID":"77","TimeCreated":"2021-03-03 06:49:46.1234567","EventID":"4688","Level":"LogAlways","Provider_Name":"Microsoft-Windows-Security-Auditing","Channel":"Security","Execution_ProcessID":"4","Execution_ThreadID":"8","Computer":"ws1","Keywords":"Audit success","SubjectUserName":"alice","CommandLine":"cmd \"x\"","Empty":""}`,
		},
		{
			"EvtxECmd, user data",
			"EventRecordId,TimeCreated,EventId,Provider,Channel,Computer,Payload\n" +
				`78,2021-03-03 06:49:46,1102,Microsoft-Windows-Eventlog,Security,ws1,` + csvQuote(`{"UserData":{"LogFileCleared":{"SubjectUserName":"joe"}}}`) + "\n",
			`windows 2021-03-03T06:49:46Z @? channel=Security provider=Microsoft-Windows-Eventlog host=ws1 id=1102 record=78 {"EventRecordID":"78","TimeCreated":"2021-03-03 06:49:46","EventID":"1102","Provider_Name":"Microsoft-Windows-Eventlog","Channel":"Security","Computer":"ws1","SubjectUserName":"joe"}`,
		},
		{
			"Get-WinEvent",
			"#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\r\n" + `"Message","Id","Version","Level","RecordId","ProviderName","LogName","ProcessId","MachineName","TimeCreated","Properties","LevelDisplayName"` + "\r\n" +
				csvQuote(sysmon) + `,"1","5","4","79","Microsoft-Windows-Sysmon","Microsoft-Windows-Sysmon/Operational","4","ws1","3/3/2021 6:49:46 AM","System.Object[]","Information"` + "\r\n",
			`windows 2021-03-03T06:49:46.123Z @? channel=Microsoft-Windows-Sysmon/Operational provider=Microsoft-Windows-Sysmon host=ws1 id=1 record=79 {"Message":"Process Create:\r\nRuleName: -\r\nUtcTime: 2021-03-03 06:49:46.123\r\nImage: C:\\x y.exe\r\nCommandLine: x -e \"a\r\nb: c\"\r\nUser: EXAMPLE\\alice","EventID":"1","Version":"5","Level":"4","EventRecordID":"79","Provider_Name":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","Execution_ProcessID":"4","Computer":"ws1","TimeCreated":"3/3/2021 6:49:46 AM","LevelDisplayName":"Information","RuleName":"-","UtcTime":"2021-03-03 06:49:46.123","Image":"C:\\x y.exe","CommandLine":"x -e \"a\r\nb: c\"","User":"EXAMPLE\\alice"}`,
		},
		{
			"Event Viewer",
			"Level,Date and Time,Source,Event ID,Task Category\r\nVerbose,3/3/2021 6:49:46 PM,Microsoft-Windows-PowerShell,4104,Execute a Remote Command,\"Creating Scriptblock text (1 of 2):\r\nwhoami\r\nhostname\r\n\r\nScriptBlock ID: 1-2-3\r\nPath: C:\\x.ps1\"\r\n",
			`windows 2021-03-03T18:49:46Z @? channel=Microsoft-Windows-PowerShell/Operational provider=Microsoft-Windows-PowerShell id=4104 record=0 {"Level":"Verbose","TimeCreated":"3/3/2021 6:49:46 PM","Provider_Name":"Microsoft-Windows-PowerShell","EventID":"4104","TaskDisplayName":"Execute a Remote Command","Message":"Creating Scriptblock text (1 of 2):\r\nwhoami\r\nhostname\r\n\r\nScriptBlock ID: 1-2-3\r\nPath: C:\\x.ps1","Channel":"Microsoft-Windows-PowerShell/Operational","MessageNumber":"1","MessageTotal":"2","ScriptBlockText":"whoami\r\nhostname","ScriptBlockId":"1-2-3","Path":"C:\\x.ps1"}`,
		},
		{
			"Event Viewer, security log",
			"Keywords,Date and Time,Source,Event ID,Task Category\r\nAudit Success,3/3/2021 6:49:46 PM,Microsoft-Windows-Security-Auditing,4624,Logon,An account was successfully logged on.\r\n",
			`windows 2021-03-03T18:49:46Z @? channel=Security provider=Microsoft-Windows-Security-Auditing id=4624 record=0 {"KeywordsDisplayNames":"Audit Success","TimeCreated":"3/3/2021 6:49:46 PM","Provider_Name":"Microsoft-Windows-Security-Auditing","EventID":"4624","TaskDisplayName":"Logon","Message":"An account was successfully logged on.","Channel":"Security"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events, warnings := read(t, newCSV(), tt.in, 0)
			if len(events) != 1 || len(warnings) > 0 {
				t.Fatalf("%d events, warnings %v", len(events), warnings)
			}
			head, rest, _ := strings.Cut(events[0], " @")
			_, rest, _ = strings.Cut(rest, " ")
			if got := head + " @? " + rest; got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			sameForAllBlocks(t, newCSV(), tt.in, events)
			if n := newCSV().(Sniffer).Sniff([]byte(tt.in)); n != 90 {
				t.Errorf("Sniff = %d", n)
			}
		})
	}
}

func TestCSVAudit365(t *testing.T) {
	in := "RecordType,CreationDate,UserIds,Operations,AuditData\r\nExchangeAdmin,3/3/2021 6:49:46 AM,alice@example.org,New-InboxRule," +
		csvQuote(`{"CreationTime":"2021-03-03T06:49:46","Id":"1","Operation":"New-InboxRule","Workload":"Exchange","UserId":"alice@example.org","Parameters":[{"Name":"ForwardTo","Value":"x@example.net"}]}`) + "\r\n" +
		"ExchangeAdmin,3/3/2021 6:49:47 AM,alice@example.org,New-InboxRule,\"{broken\"\r\n"
	events, warnings := read(t, newCSV(), in, 0)
	if len(events) != 2 || len(warnings) != 1 {
		t.Fatalf("%d events, warnings %v", len(events), warnings)
	}
	for _, want := range []string{"m365 2021-03-03T06:49:46Z @54 channel=Exchange ", `"Operation":"New-InboxRule"`, `"Parameters.ForwardTo":"x@example.net"`} {
		if !strings.Contains(events[0], want) {
			t.Errorf("got %s, want %s in it", events[0], want)
		}
	}
	if want := `m365 2021-03-03T06:49:47Z`; !strings.HasPrefix(events[1], want) || !strings.Contains(events[1], `"AuditData":"{broken"`) {
		t.Errorf("got %s", events[1])
	}
	sameForAllBlocks(t, newCSV(), in, events)
}
