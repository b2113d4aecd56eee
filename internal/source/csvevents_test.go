package source

import (
	"fmt"
	"strings"
	"testing"

	"entente/internal/event"
)

// readCSV returns what f makes of the events of a table.
func readCSV(t *testing.T, text string, f func(*event.Event) string) (out []string, warnings []string) {
	t.Helper()
	env := &Env{File: "test.csv", Warn: func(_ int64, msg string) { warnings = append(warnings, msg) }}
	err := readBlocks(newCSV(), []byte(text), 0, env, func(ev *event.Event) bool {
		out = append(out, f(ev))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, warnings
}

const (
	sysmonLog = "Microsoft-Windows-Sysmon/Operational"
	sysmonMsg = "Process Create:\r\nRuleName: -\r\nUtcTime: 2021-03-03 06:49:46.250\r\nImage: C:\\x y.exe\r\nCommandLine: x -e"
	logonMsg  = "An account was successfully logged on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\r\nLogon Type:\t\t3\r\n\r\nNew Logon:\r\n\tAccount Name:\t\talice"
)

// Headers of exporters, and what a row of them is.
func TestCSVEvents(t *testing.T) {
	tests := []struct {
		name, in string
		header   string
		fields   string // each line must be among them
		sniff    int
	}{
		{
			"names of the event",
			"EventID,Channel,Computer,TimeCreated,Image,CommandLine,ParentImage,TargetUserName\n1," + sysmonLog + ",ws1,2021-03-03T06:49:46.5Z,C:\\x.exe,\"x \"\"y\"\"\",C:\\p.exe,\n",
			"windows time=2021-03-03T06:49:46.5Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"@EventID=1 | @Channel=" + sysmonLog + " | @Computer=ws1 | @TimeCreated=2021-03-03T06:49:46.5Z | Image=C:\\x.exe | CommandLine=x \"y\" | ParentImage=C:\\p.exe |", 90,
		},
		{
			"as nxlog has them",
			"EventTime;Hostname;EventID;SourceName;Channel;RecordNumber;ExecutionProcessID;SubjectUserName\n2021-03-03 06:49:46;ws1;4688;Microsoft-Windows-Security-Auditing;Security;77;4;alice\n",
			"windows time=2021-03-03T06:49:46Z id=4688 record=77 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1",
			"| @Computer=ws1 | @EventID=4688 | @Provider_Name=Microsoft-Windows-Security-Auditing | @Channel=Security | @EventRecordID=77 | @Execution_ProcessID=4 | SubjectUserName=alice |", 90,
		},
		{
			"small letters and underscores, tabs",
			"event_id\tlog_name\tcomputer_name\trecord_id\tcommand_line\tparent_image\n1\t" + sysmonLog + "\tws1\t5\twhoami\tC:\\p.exe\n",
			"windows id=1 record=5 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| CommandLine=whoami | ParentImage=C:\\p.exe |", 90,
		},
		{
			"words",
			"Event ID,Log Name,Computer,Logged,Command Line,New Process Name\n4688,Security,ws1,2021-03-03 06:49:46,whoami,C:\\x.exe\n",
			"windows id=4688 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1",
			"| CommandLine=whoami | NewProcessName=C:\\x.exe |", 90,
		},
		{
			"no log: Sysmon by its fields",
			"UtcTime,EventID,Computer,ProcessId,Image,CommandLine,User\n2021-03-03 06:49:46.250,1,ws1,5,C:\\x.exe,x,EXAMPLE\\alice\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| Image=C:\\x.exe | CommandLine=x | User=EXAMPLE\\alice | @Channel=" + sysmonLog + " | @Provider_Name=Microsoft-Windows-Sysmon |", 90,
		},
		{
			"no log: Sysmon by two of its fields",
			"EventID,TimeCreated,Image,DestinationIp\n3,2021-03-03T06:49:46Z,C:\\x.exe,198.51.100.7\n",
			"windows time=2021-03-03T06:49:46Z id=3 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon",
			"| Image=C:\\x.exe | DestinationIp=198.51.100.7 |", 45,
		},
		{
			"no log: Sysmon by one field that only it has",
			"EventID,TimeCreated,TargetObject\n13,2021-03-03T06:49:46Z,HKLM\\x\n",
			"windows time=2021-03-03T06:49:46Z id=13 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon",
			"| TargetObject=HKLM\\x |", 45,
		},
		{
			"no log: security by its fields",
			"EventID,TimeGenerated,TargetUserName,LogonType,IpAddress\n4624,2021-03-03 06:49:46,alice,3.0,198.51.100.7\n",
			"windows time=2021-03-03T06:49:46Z id=4624 channel=Security provider=Microsoft-Windows-Security-Auditing",
			"| LogonType=3 |", 90,
		},
		{
			"no log: services",
			"EventID,Computer,TimeCreated,ServiceName,ImagePath\n7045,ws1,2021-03-03 06:49:46,s,C:\\s.exe\n",
			"windows time=2021-03-03T06:49:46Z id=7045 channel=System provider=Service Control Manager host=ws1",
			"| ServiceName=s | ImagePath=C:\\s.exe |", 45,
		},
		{
			"some columns of Get-WinEvent",
			"\"TimeCreated\",\"Id\",\"LevelDisplayName\",\"Message\"\r\n\"3/3/2021 6:49:46 AM\",\"1\",\"Information\"," + csvQuote(sysmonMsg) + "\r\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon",
			"| Image=C:\\x y.exe | CommandLine=x -e |", 45,
		},
		{
			"columns of a script",
			"\"Server\",\"ID\",\"Message\",\"EventRecordID\",\"Timestamp\"\nws1,4624," + csvQuote(logonMsg) + ",77,2021-03-03 06:49:46\n",
			"windows time=2021-03-03T06:49:46Z id=4624 record=77 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1",
			"| TargetUserName=alice |", 45,
		},
		{
			"fewer columns of a script",
			"Date,Time,Source,ID,Description\n2021-03-03,06:49:46,Microsoft-Windows-Security-Auditing,4624," + csvQuote(logonMsg) + "\n",
			"windows time=2021-03-03T06:49:46Z id=4624 channel=Security provider=Microsoft-Windows-Security-Auditing",
			"| TargetUserName=alice |", 45,
		},
		{
			"a process and its command line",
			"TimeGeneratedUTC,EventID,Computer,Process,CommandLine,SubjectUserSID,ProcessID\n2021-03-03 06:49:46,4688,ws1,x,C:\\x.exe -e,S-1-5-18,5\n",
			"windows time=2021-03-03T06:49:46Z id=4688 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1",
			"| CommandLine=C:\\x.exe -e | SubjectUserSid=S-1-5-18 | ProcessID=5 |", 90,
		},
		{
			"the same under another name",
			"TimeCreated,EventID,Message\r\n2021-03-03 06:49:46,4624," + csvQuote(logonMsg) + "\r\n",
			"windows time=2021-03-03T06:49:46Z id=4624 channel=Security provider=Microsoft-Windows-Security-Auditing",
			"| SubjectUserSid=S-1-5-18 | LogonType=3 | TargetUserName=alice |", 45,
		},
		{
			"Get-WinEvent with fields that a script added",
			"Id,ProviderName,LogName,TimeCreated,MachineName,ProcessId,Image,Message\n1,Microsoft-Windows-Sysmon," + sysmonLog + ",2021-03-03 06:49:46,ws1,5,C:\\x.exe," + csvQuote(sysmonMsg) + "\n",
			"windows time=2021-03-03T06:49:46Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| @Computer=ws1 | ProcessId=5 | Image=C:\\x.exe | @Message=", 90,
		},
		{
			"Get-EventLog",
			"#TYPE System.Diagnostics.EventLogEntry\n\"EventID\",\"MachineName\",\"Data\",\"Index\",\"Category\",\"CategoryNumber\",\"EntryType\",\"Message\",\"Source\",\"ReplacementStrings\",\"InstanceId\",\"TimeGenerated\",\"TimeWritten\",\"UserName\"\n" +
				"\"4624\",\"ws1\",\"System.Byte[]\",\"77\",\"(12544)\",\"12544\",\"SuccessAudit\"," + csvQuote(logonMsg) + ",\"Microsoft-Windows-Security-Auditing\",\"System.String[]\",\"4624\",\"3/3/2021 6:49:46 AM\",\"3/3/2021 6:49:46 AM\",\n",
			"windows time=2021-03-03T06:49:46Z id=4624 record=77 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1",
			"| @Task=12544 | @LevelDisplayName=SuccessAudit |\nTargetUserName=alice", 90,
		},
		{
			"Event Viewer in German",
			"Ebene,Datum und Uhrzeit,Quelle,Ereignis-ID,Aufgabenkategorie\r\nInformationen,03.03.2021 06:49:46,Microsoft-Windows-Sysmon,1,Process Create," + csvQuote(sysmonMsg) + "\r\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon",
			"| CommandLine=x -e |", 90,
		},
		{
			"Event Viewer in French",
			"Mots clés,Date et heure,Source,ID de l’événement,Catégorie de la tâche\r\nSuccès,13/03/2021 06:49:46,Microsoft-Windows-Sysmon,1,Process Create," + csvQuote(sysmonMsg) + "\r\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon",
			"| CommandLine=x -e |", 90,
		},
		{
			"FullEventLogView",
			"Event Time,Record ID,Event ID,Level,Channel,Provider,Description,Opcode,Task,Keywords,Process ID,Thread ID,Computer,User\n" +
				"3/3/2021 6:49:46.250 AM,77,1,Information," + sysmonLog + ",Microsoft-Windows-Sysmon," + csvQuote(sysmonMsg) + ",Info,Process Create,0x8000000000000000,4,8,ws1,SYSTEM\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 record=77 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| @Execution_ProcessID=4 | @Execution_ThreadID=8 | @Computer=ws1 | @Security_UserID=SYSTEM |\nImage=C:\\x y.exe", 90,
		},
		{
			"Kibana",
			"\"@timestamp\",\"winlog.channel\",\"winlog.event_id\",\"winlog.provider_name\",\"winlog.record_id\",\"host.name\",\"winlog.event_data.Image\",\"winlog.event_data.TargetUserName\",\"winlog.channel.keyword\"\n" +
				"\"Mar 3, 2021 @ 06:49:46.250\"," + sysmonLog + ",1,Microsoft-Windows-Sysmon,\"1,077\",ws1,C:\\x.exe,-," + sysmonLog + "\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 record=1077 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"@TimeCreated=Mar 3, 2021 @ 06:49:46.250 | @Channel=" + sysmonLog + " | @EventID=1 | @Provider_Name=Microsoft-Windows-Sysmon | @EventRecordID=1077 | host.name=ws1 | Image=C:\\x.exe |", 90,
		},
		{
			"winlogbeat 6",
			"@timestamp,event_id,log_name,source_name,computer_name,record_number,event_data.CommandLine\n2021-03-03T06:49:46.250Z,\"4,688\",Security,Microsoft-Windows-Security-Auditing,ws1,5,whoami\n",
			"windows time=2021-03-03T06:49:46.25Z id=4688 record=5 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1",
			"| CommandLine=whoami |", 90,
		},
		{
			"Graylog",
			"timestamp,source,winlogbeat_winlog_event_id,winlogbeat_winlog_channel,winlogbeat_winlog_computer_name,winlogbeat_winlog_event_data_CommandLine\n2021-03-03T06:49:46.250Z,ws1.example.org,4688,Security,ws1,whoami\n",
			"windows time=2021-03-03T06:49:46.25Z id=4688 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1",
			"| CommandLine=whoami |", 90,
		},
		{
			"Sentinel",
			"TenantId,\"TimeGenerated [UTC]\",Account,Computer,EventSourceName,Channel,EventID,Activity,CommandLine,NewProcessName\nx,\"3/3/2021, 6:49:46.250 AM\",EXAMPLE\\alice,ws1,Microsoft-Windows-Security-Auditing,Security,4688,4688 - A new process has been created.,whoami,C:\\x.exe\n",
			"windows time=2021-03-03T06:49:46.25Z id=4688 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1",
			"TimeGenerated=3/3/2021, 6:49:46.250 AM | Account=EXAMPLE\\alice |\n| CommandLine=whoami | NewProcessName=C:\\x.exe |", 90,
		},
		{
			"Sentinel, table Event",
			"\"TimeGenerated [UTC]\",Source,EventLog,Computer,EventID,EventData\n\"3/3/2021, 6:49:46.250 AM\",Microsoft-Windows-Sysmon," + sysmonLog + ",ws1,1,\"<DataItem type=\"\"System.XmlData\"\"><EventData><Data Name=\"\"Image\"\">C:\\x.exe</Data></EventData></DataItem>\"\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| Image=C:\\x.exe |", 90,
		},
		{
			"Sentinel, table WindowsEvent",
			"TimeGenerated,Provider,Channel,Computer,EventID,EventData\n2021-03-03T06:49:46.25Z,Microsoft-Windows-Sysmon," + sysmonLog + ",ws1,1," + csvQuote(`{"Image":"C:\\x.exe","ProcessId":"5"}`) + "\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| Image=C:\\x.exe | ProcessId=5 |", 90,
		},
		{
			"Splunk",
			"\"_time\",EventCode,LogName,SourceName,ComputerName,host,source,sourcetype,\"New_Process_Name\",\"Process_Command_Line\",NewProcessName,CommandLine\n2021-03-03T06:49:46.250+0000,4688,Security,Microsoft-Windows-Security-Auditing,ws1,h,WinEventLog:Security,WinEventLog,,,C:\\x.exe,x\n",
			"windows time=2021-03-03T06:49:46.25Z id=4688 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1",
			"| NewProcessName=C:\\x.exe | CommandLine=x |", 90,
		},
		{
			"Splunk, the log in its source",
			"_time,host,source,sourcetype,EventCode,Image,CommandLine\n2021-03-03T06:49:46.250+0000,ws1,XmlWinEventLog:" + sysmonLog + ",x,1,C:\\x.exe,x\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| Image=C:\\x.exe |", 45,
		},
		{
			"Splunk, whole events as XML",
			"_serial,_time,source,sourcetype,host,_raw\n0,2021-03-03T06:49:46.250+0000,s,XmlWinEventLog,ws1," + csvQuote("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID><Channel>"+sysmonLog+"</Channel><Computer>ws1</Computer></System><EventData><Data Name='Image'>C:\\x.exe</Data></EventData></Event>") + "\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| Image=C:\\x.exe |", 45,
		},
		{
			"Splunk, whole events as text",
			"\"_raw\",\"_time\",source,sourcetype\n" + csvQuote("03/03/2021 06:49:46 AM\nLogName=Security\nEventCode=4624\nComputerName=ws1\nSourceName=Microsoft Windows security auditing.\nRecordNumber=77\nMessage="+logonMsg) + ",2021-03-03T06:49:46.250+0000,WinEventLog:Security,WinEventLog\n",
			"windows time=2021-03-03T06:49:46.25Z id=4624 record=77 channel=Security provider=Microsoft Windows security auditing. host=ws1",
			"| LogonType=3 | TargetUserName=alice |", 45,
		},
		{
			"Velociraptor",
			"EventTime,Computer,Channel,Provider,EventID,EventRecordID,EventData,Message\n2021-03-03T06:49:46Z,ws1," + sysmonLog + ",Microsoft-Windows-Sysmon,1,77," + csvQuote(`{"Image":"C:\\x.exe","CommandLine":"x"}`) + ",text\n",
			"windows time=2021-03-03T06:49:46Z id=1 record=77 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| Image=C:\\x.exe | CommandLine=x |", 90,
		},
		{
			"Velociraptor, parse_evtx",
			"System,EventData,Message\n" + csvQuote(`{"Provider":{"Name":"Microsoft-Windows-Sysmon"},"EventID":{"Value":1},"TimeCreated":{"SystemTime":1614754186.25},"EventRecordID":77,"Channel":"`+sysmonLog+`","Computer":"ws1"}`) + "," + csvQuote(`{"Image":"C:\\x.exe"}`) + ",\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 record=77 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| Image=C:\\x.exe |", 45,
		},
		{
			"a data frame of evtx_dump's JSON",
			"Event.#attributes.xmlns,Event.System.Provider.#attributes.Name,Event.System.EventID,Event.System.Channel,Event.System.Computer,Event.System.TimeCreated.#attributes.SystemTime,Event.System.EventRecordID,Event.EventData.Image,Event.EventData.LogonType\nx,Microsoft-Windows-Sysmon,1.0," + sysmonLog + ",ws1,2021-03-03T06:49:46.250000Z,77.0,C:\\x.exe,\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 record=77 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| @EventID=1 |\n| Image=C:\\x.exe |", 90,
		},
		{
			"paths with slashes",
			"Event/System/Provider/Name,Event/System/EventID,Event/System/Channel,Event/EventData/Image\nMicrosoft-Windows-Sysmon,1," + sysmonLog + ",C:\\x.exe\n",
			"windows id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon", "| Image=C:\\x.exe |", 90,
		},
		{
			"Wazuh",
			"timestamp,_source.agent.name,_source.data.win.system.eventID,_source.data.win.system.channel,_source.data.win.system.providerName,_source.data.win.system.computer,_source.data.win.eventdata.parentCommandLine\n2021-03-03T06:49:46.250+0000,a,1," + sysmonLog + ",Microsoft-Windows-Sysmon,ws1,x\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| ParentCommandLine=x |", 90,
		},
		{
			"Log Parser",
			"EventLog,RecordNumber,TimeGenerated,TimeWritten,EventID,EventType,EventTypeName,SourceName,Strings,ComputerName,SID,Message\nC:\\logs\\Microsoft-Windows-Sysmon%4Operational.evtx,77,2021-03-03 06:49:46,2021-03-03 06:49:46,1,4,Information,Microsoft-Windows-Sysmon,a|b,ws1,," + csvQuote(sysmonMsg) + "\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 record=77 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| CommandLine=x -e |", 90,
		},
		{
			"WMI",
			"Category,ComputerName,EventCode,EventIdentifier,Logfile,Message,RecordNumber,SourceName,TimeGenerated\n12544,ws1,4624,4624,Security," + csvQuote(logonMsg) + ",77,Microsoft-Windows-Security-Auditing,20210303064946.250000-000\n",
			"windows time=2021-03-03T06:49:46.25Z id=4624 record=77 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1",
			"| TargetUserName=alice |", 90,
		},
		{
			"Hayabusa with all fields",
			"Timestamp,RuleTitle,Level,Computer,Channel,EventID,RecordID,AllFieldInfo\n2021-03-03 06:49:46.250 +00:00,Something,high,ws1,Sysmon,1,77,CommandLine: a ¦ b|c ¦ Image: C:\\x.exe ¦ User: EXAMPLE\\alice ¦ Channel: c\n",
			"windows time=2021-03-03T06:49:46.25Z id=1 record=77 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon host=ws1",
			"| CommandLine=a ¦ b|c |\n| Image=C:\\x.exe | User=EXAMPLE\\alice | Channel=c |", 90,
		},
		{
			"an event as XML in a column",
			"Id,Time,EventXML\n1,2021-03-03 06:49:46," + csvQuote("<Event><System><Provider Name='P'/><EventID>7</EventID><Channel>C</Channel></System><EventData><Data Name='A'>b</Data></EventData></Event>") + "\n",
			"windows time=2021-03-03T06:49:46Z id=7 channel=C provider=P", "A=b", 45,
		},
		{
			"an event as JSON in a column",
			"id,message\n5," + csvQuote(`{"Event":{"System":{"EventID":7,"Channel":"C","Computer":"ws1"},"EventData":{"A":"b"}}}`) + "\n",
			"windows id=7 channel=C host=ws1", "| A=b", 45,
		},
		{
			"the same in another, beside other columns",
			"id,when,raw_event\n5,2021-03-03," + csvQuote(`{"EventID":7,"Channel":"C","Hostname":"ws1","A":"b"}`) + "\n",
			"windows time=2021-03-03T00:00:00Z id=7 channel=C host=ws1", "| A=b", 45,
		},
		{
			"a record of something else that is known",
			"Time,Log,_raw\n2021-03-03T06:49:46Z,trail," + csvQuote(`{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventTime":"2021-03-03T06:49:45Z"}`) + "\n",
			"cloudtrail time=2021-03-03T06:49:45Z provider=s3.amazonaws.com", "| eventName=GetObject", 45,
		},
		{
			"Elastic Common Schema",
			"@timestamp,host.name,event.category,event.type,process.executable,process.command_line\n\"Mar 3, 2021 @ 06:49:46.250\",ws1,process,\"start, info\",C:\\x.exe,x\n",
			"json time=2021-03-03T06:49:46.25Z channel=ecs host=ws1",
			"| event.category=process | event.type=start | event.type=info | process.executable=C:\\x.exe | process.command_line=x", 45,
		},
		{
			"what entente events prints, whole",
			"time,host,source,channel,provider,event_id,record_id,file,offset,event\r\n2021-03-03T06:49:46Z,ws1,windows,Security,P,4688,77,a.evtx,5," + csvQuote(`{"Provider_Name":"P","EventID":4688,"TimeCreated":"2021-03-03T06:49:46Z","EventRecordID":77,"Channel":"Security","Computer":"ws1","CommandLine":"x"}`) + "\r\n",
			"windows time=2021-03-03T06:49:46Z id=4688 record=77 channel=Security provider=P host=ws1", "CommandLine=x", 45,
		},
		{
			"what entente events prints, some fields",
			"time,host,source,channel,provider,event_id,record_id,file,offset,CommandLine\r\n2021-03-03T06:49:46Z,ws1,windows,Security,P,4688,77,a.evtx,5,'=x\r\n",
			"windows time=2021-03-03T06:49:46Z id=4688 record=77 channel=Security provider=P host=ws1",
			"@TimeCreated=2021-03-03T06:49:46Z | @Computer=ws1 | @Channel=Security | @Provider_Name=P | @EventID=4688 | @EventRecordID=77 | CommandLine==x", 90,
		},
		{
			"what entente events prints, cells and names that are no formulas",
			"time,host,source,channel,provider,event_id,record_id,file,offset,CommandLine,ParentImage,Image,'@x\r\n2021-03-03T06:49:46Z,ws1,windows,Security,P,4688,77,a.evtx,5,' =1+1,''=x,'x,＝\r\n",
			"windows time=2021-03-03T06:49:46Z id=4688 record=77 channel=Security provider=P host=ws1",
			"CommandLine= =1+1 | ParentImage='=x | Image='x | @x=＝ |", 90,
		},
		{
			"Sysmon for Linux",
			"EventID,Channel,Provider,Computer,Image\n1,Linux-Sysmon/Operational,Linux-Sysmon,web1,/bin/sh\n",
			"sysmon-linux id=1 channel=Linux-Sysmon/Operational provider=Linux-Sysmon host=web1", "| Image=/bin/sh", 90,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, warnings := readCSV(t, tt.in, func(ev *event.Event) string { return header(ev) + "\n" + fields(ev) })
			if len(got) != 1 || len(warnings) != 0 {
				t.Fatalf("%d events, warnings %q", len(got), warnings)
			}
			head, all, _ := strings.Cut(got[0], "\n")
			if head != tt.header {
				t.Errorf("header %s\nwant   %s", head, tt.header)
			}
			for want := range strings.SplitSeq(tt.fields, "\n") {
				if !strings.Contains("| "+all+" |", want) {
					t.Errorf("fields %s\nwant   %s", all, want)
				}
			}
			if n := newCSV().(Sniffer).Sniff([]byte(tt.in)); n != tt.sniff {
				t.Errorf("Sniff = %d, want %d", n, tt.sniff)
			}
			events, _ := read(t, newCSV(), tt.in, 0)
			sameForAllBlocks(t, newCSV(), tt.in, events)
		})
	}
}

// Tables that are of something else stay what they are, whatever their columns are called.
func TestCSVNoEvents(t *testing.T) {
	for _, in := range []string{
		"event_id,channel,campaign\n5,email,spring\n",
		"EventId,Channel,Computer Name,Price\nE-5,store,till1,3\n",
		"event id,source,user\n5,web,alice\n",
		"id,TimeCreated,message\n1,2021-03-03,Process started: UtcTime is not known\n",
		"id,message\n5,{not json}\n6,<b>bold</b>\n7,\"{\"\"a\"\":1}\"\n8,\"<Event>\"\n",
		"date-time,client-ip,source-context,connector-id,source,event-id,sender-address\n2021-03-03T06:49:46Z,198.51.100.7,x,y,SMTP,RECEIVE,a@example.org\n",
		"EventID,User\n5,alice\n",
		"EventID,Name,Image,Date\n5,Gig,cat.jpg,2021-03-01\n",
		"EventID,Image,Hashes,Image\n5,cat.jpg,,dog.jpg\n",
		"id,providerName,message,city\n1,Acme,hello,x\n",
		"EventID,TimeCreated,Text\n4625,2021-03-03 06:49:46,of another provider\n",
		"id,source,description\n1,web,hello\n",
		"id,machineName,message\n7045,press 3,out of paper\n",
		"Image,CommandLine,User\nC:\\x.exe,x,alice\n",
		"event.code,message,host.name\n5,hello,ws1\n",
		"Time,Computer,Message\n2021-03-03,ws1,hello\n",
		"_raw,_time\n\"x\nLogName=\",2021-03-03\n",
	} {
		got, _ := readCSV(t, in, func(ev *event.Event) string { return string(ev.Source) + " " + fields(ev) })
		if len(got) == 0 {
			t.Errorf("%q: no events", in)
		}
		for _, g := range got {
			if !strings.HasPrefix(g, "csv ") || strings.Contains(g, "@") && !strings.Contains(in, "@") {
				t.Errorf("%q: %s", in, g)
			}
		}
	}
}

// A row of something else in a table of Windows events is the row that any table has.
func TestCSVOtherRows(t *testing.T) {
	expect(t, newCSV(), "Time,EventID,Channel,Provider,Computer,Message,Image\n"+
		"2021-03-03T06:49:46Z,1,"+sysmonLog+",Microsoft-Windows-Sysmon,ws1,,C:\\x.exe\n"+
		"2021-03-03T06:49:47Z,,kern,sshd,web1,\"accepted, root\",\n"+
		"2021-03-03T06:49:48Z,n/a,Security,x,web1,\"\",\n",
		`windows 2021-03-03T06:49:46Z @53 channel=`+sysmonLog+` provider=Microsoft-Windows-Sysmon host=ws1 id=1 record=0 {"Time":"2021-03-03T06:49:46Z","EventID":"1","Channel":"`+sysmonLog+`","Provider_Name":"Microsoft-Windows-Sysmon","Computer":"ws1","Image":"C:\\x.exe"}`,
		`csv 2021-03-03T06:49:47Z @152 host=web1 {"Time":"2021-03-03T06:49:47Z","EventID":null,"Channel":"kern","Provider":"sshd","Computer":"web1","Message":"accepted, root","Image":null}`,
		`csv 2021-03-03T06:49:48Z @207 host=web1 {"Time":"2021-03-03T06:49:48Z","EventID":"n/a","Channel":"Security","Provider":"x","Computer":"web1","Message":"","Image":null}`,
	)
}

// Damage of a cell costs only its fields, and is said; rows with too few or too many cells are said as in any table.
func TestCSVEventsDamaged(t *testing.T) {
	in := "EventID,Channel,Provider,Computer,EventData\n" +
		"1," + sysmonLog + ",Microsoft-Windows-Sysmon,ws1,\"{\"\"Image\"\":\"\"C:\\x\"\n" +
		"2," + sysmonLog + ",Microsoft-Windows-Sysmon\n" +
		"3," + sysmonLog + ",Microsoft-Windows-Sysmon,ws1,,more\n"
	got, warnings := readCSV(t, in, func(ev *event.Event) string { return header(ev) + " " + fields(ev) })
	if len(got) != 3 || len(warnings) != 3 {
		t.Fatalf("got %q and %q", got, warnings)
	}
	for i, want := range []string{`EventData={"Image":"C:\x`, "windows id=2", "column6=more"} {
		if !strings.Contains(got[i], want) {
			t.Errorf("got %s, want %s", got[i], want)
		}
	}
}

// Local times of a table are put right by what its records of Sysmon show, whatever the size of blocks.
func TestCSVLocalTimes(t *testing.T) {
	var b strings.Builder
	b.WriteString("TimeCreated,Id,ProviderName,LogName,Message\r\n")
	for i := range 20 {
		fmt.Fprintf(&b, "3/2/2021 11:%02d:46 PM,1,Microsoft-Windows-Sysmon,%s,\"Process Create:\r\nUtcTime: 2021-03-03 04:%02d:46.250\r\nImage: C:\\x.exe\"\r\n", i, sysmonLog, i)
	}
	b.WriteString("3/2/2021 11:30:46 PM,4688,Microsoft-Windows-Security-Auditing,Security,x\r\n")
	for _, block := range []int{0, 64} {
		events, warnings := read(t, newCSV(), b.String(), block)
		if len(warnings) != 1 || !strings.Contains(warnings[0].msg, "+05:00") {
			t.Errorf("warnings %v", warnings)
		}
		if len(events) != 21 || !strings.HasPrefix(events[20], "windows 2021-03-03T04:30:46Z") || !strings.HasPrefix(events[0], "windows 2021-03-03T04:00:46.25Z") {
			t.Errorf("events %q", events)
		}
	}
	tail := newTail(csvFormat{}, []byte(b.String()))
	f := File{Name: "x"}
	tail.Piece(&f, []byte(b.String()), 0)
	if f.times == nil || len(f.times.told) != 1 {
		t.Errorf("followed: %+v", f.times)
	}
}

func TestWholeNumber(t *testing.T) {
	var scratch []byte
	for in, want := range map[string]string{
		"4688": "4688", " 4688 ": "4688", "4688.0": "4688", "4,688": "4688", "1,234,567": "1234567", "0": "0", "1.00": "1",
		"4688.5": "", "4,68": "", "4,6888": "", "1234,567": "", "": "", "0x10": "", "-1": "", "4,-88": "", "4688.": "", "1,234.0": "", "4,": "",
	} {
		got, whole := wholeNumber([]byte(in), &scratch)
		if whole != (want != "") || whole && string(got) != want {
			t.Errorf("wholeNumber(%q) = %q, %v", in, got, whole)
		}
	}
}

// Ever new names in cells, and ever new tables, cost no memory.
func TestCSVEventsManyNames(t *testing.T) {
	var b strings.Builder
	b.WriteString("EventID,Channel,Computer,RuleTitle,AllFieldInfo,EventData\n")
	for i := range 300 {
		b.WriteString("1,Sysmon,ws1,x,")
		for k := range 100 {
			fmt.Fprintf(&b, "f%d: x ¦ ", i*100+k)
		}
		fmt.Fprintf(&b, "Image: x,\"{\"\"g%d\"\":1}\"\n", i)
	}
	d := newCSV().NewDecoder().(tableDecoder)
	h, _ := findCSVHeader([]byte(b.String()), true)
	n := 0
	d.Decode(&Block{Data: []byte(b.String())[h.end:], Context: h}, &Env{}, func(ev *event.Event) bool {
		n++
		if v, ok := ev.Get("Image"); !ok || string(v.Raw) != "x" || ev.Source != event.SourceWindows {
			t.Fatalf("event %d: %s", n, header(ev))
		}
		return true
	})
	if n != 300 || d.json.names.Len() > event.MaxNames+maxJSONFields {
		t.Errorf("%d events, %d names", n, d.json.names.Len())
	}
}

// Exports of whole indices have more columns than people would make.
func TestCSVEventsWide(t *testing.T) {
	var names, row strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&names, "some.field.of.something.number.%d,", i)
		row.WriteString("-,")
	}
	in := names.String() + "winlog.event_id,winlog.channel,winlog.event_data.Image\n" + row.String() + "1," + sysmonLog + ",C:\\x.exe\n"
	got, warnings := readCSV(t, in, func(ev *event.Event) string { return header(ev) + " " + fields(ev) })
	if want := "windows id=1 channel=" + sysmonLog + " provider=Microsoft-Windows-Sysmon @EventID=1 | @Channel=" + sysmonLog + " | Image=C:\\x.exe | @Provider_Name=Microsoft-Windows-Sysmon"; len(got) != 1 || got[0] != want {
		t.Errorf("got %q and %q", got, warnings)
	}
}

func FuzzCSVEvents(f *testing.F) {
	fuzzFormat(f, newCSV(),
		"EventID,Channel,Computer,TimeCreated,Image,CommandLine,ParentImage\n1,"+sysmonLog+",ws1,2021-03-03T06:49:46.5Z,C:\\x.exe,\"x \"\"y\"\"\",\n,,,,,,\n",
		"@timestamp,winlog.channel,winlog.event_id,winlog.record_id,winlog.event_data.Image,message\n\"Mar 3, 2021 @ 06:49:46.250\",Security,\"4,688\",77.0,-,x\n",
		"Id,ProviderName,LogName,TimeCreated,Message\n1,Microsoft-Windows-Sysmon,x,3/3/2021 6:49:46 AM,\"Process Create:\nUtcTime: 2021-03-03 04:49:46.250\nImage: x\"\n",
		"Timestamp,RuleTitle,Computer,Channel,EventID,AllFieldInfo\n2021-03-03,a,ws1,Sec,4688,CommandLine: a ¦ b: c ¦ :\n",
		"System,EventData,Message\n\"{\"\"Provider\"\":{\"\"Name\"\":\"\"P\"\"},\"\"EventID\"\":{\"\"Value\"\":1}}\",\"{\"\"Image\"\":\"\"x\"\"}\",\n",
		"_raw,_time,source,sourcetype\n\"03/03/2021 06:49:46 AM\nLogName=Security\nEventCode=4624\nMessage=a\n\tb:\tc\",2021-03-03,WinEventLog:Security,x\n",
		"Id,EventXML\n1,\"<Event><System><EventID>7</EventID></System></Event>\"\n",
		"time,host,source,channel,provider,event_id,record_id,file,offset,CommandLine\n2021-03-03,ws1,windows,Security,P,4688,77,a,5,'=x\n",
		"EventLog\tRecordNumber\tEventID\tSourceName\tMessage\nC:\\a%4b.evtx\t1\t2\tP\tm\n",
		"_time,EventCode,Account_Name,New_Process_Name,Logon_Type,source\n2021-03-03,4688,\"a\n-\",x,3,WinEventLog:Security\n,4624,\"a\nb\nc\",,\"2\n3\",\n",
		"@timestamp,event.code,event.provider,event.dataset,process.executable,process.hash.md5,user.name,user.domain,network.direction,winlog.logon.type\n2021-03-03,1,Microsoft-Windows-Sysmon,,C:\\x,d4,a,b,egress,-\n,\"4,624\",,system.security,-,,a,b,,Remote Interactive\n",
	)
}

func BenchmarkCSVEvents(b *testing.B) {
	benchmarkFormat(b, newCSV(), func(i int) string {
		return fmt.Sprintf("1,%s,Microsoft-Windows-Sysmon,ws%d.example.org,2021-03-03T06:%02d:%02d.1234567Z,%d,C:\\Program Files\\tool%d.exe,\"\"\"C:\\Program Files\\tool.exe\"\" -x %d\",EXAMPLE\\user%d,,,,\n",
			sysmonLog, i%50, i/60%60, i%60, i, i%40, i, i%90)
	}, "EventID,Channel,Provider_Name,Computer,TimeCreated,EventRecordID,Image,CommandLine,User,TargetUserName,LogonType,IpAddress,ScriptBlockText\n")
}

// TestCSVEventsCutTime checks a time whose text ends where its number would begin, at the very end of the data.
func TestCSVEventsCutTime(t *testing.T) {
	for _, cut := range []string{"/Date(", "/Date(1", "/Date(-", "/Date()/"} {
		got, _ := readCSV(t, "EventID,Channel,TimeCreated\n4688,Security,"+cut, func(ev *event.Event) string {
			return fmt.Sprint(ev.Source, " ", ev.EventID, " ", ev.Channel)
		})
		if len(got) != 1 || got[0] != "windows 4688 Security" {
			t.Errorf("%q gives %q", cut, got)
		}
	}
}
