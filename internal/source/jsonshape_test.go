package source

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
)

// header is what of an event's header is set, in a line.
func header(ev *event.Event) string {
	var b strings.Builder
	b.WriteString(string(ev.Source))
	add := func(name, v string) {
		if v != "" {
			fmt.Fprintf(&b, " %s=%s", name, v)
		}
	}
	if ev.HasTime {
		add("time", ev.When().Format(time.RFC3339Nano))
	}
	if ev.EventID != 0 {
		add("id", fmt.Sprint(ev.EventID))
	}
	if ev.RecordID != 0 {
		add("record", fmt.Sprint(ev.RecordID))
	}
	add("channel", ev.Channel)
	add("provider", ev.Provider)
	add("host", ev.Host)
	return b.String()
}

// fields are all values, envelope fields marked.
func fields(ev *event.Event) string {
	var out []string
	for i := range ev.Values {
		v := &ev.Values[i]
		n := ev.Names.At(v.Slot)
		name := n.Text
		if n.System {
			name = "@" + name
		}
		text := string(v.AppendText(nil))
		if v.IsNull() {
			text = "<null>"
		}
		out = append(out, name+"="+text)
	}
	return strings.Join(out, " | ")
}

func TestJSONShapes(t *testing.T) {
	const sysmon = "time=2024-05-01T10:00:00.25Z id=1 record=77 channel=Microsoft-Windows-Sysmon/Operational provider=Microsoft-Windows-Sysmon host=ws1"
	tests := []struct {
		name   string
		file   string
		text   string
		header string
		fields string // the text or parts of it that must be there, separated by a line end
	}{
		{
			"evtx_dump", "",
			`{"Event":{"#attributes":{"xmlns":"http://x"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon","Guid":"01234567-89AB-CDEF-0123-456789ABCDEF"}},"EventID":1,"Version":5,"Level":4,"Task":1,"Opcode":0,"Keywords":"0x8000000000000000","TimeCreated":{"#attributes":{"SystemTime":"2024-05-01T10:00:00.250000Z"}},"EventRecordID":77,"Correlation":null,"Execution":{"#attributes":{"ProcessID":4,"ThreadID":5}},"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws1","Security":{"#attributes":{"UserID":"S-1-5-18"}}},"EventData":{"Image":"C:\\x.exe","ProcessGuid":"01234567-89AB-CDEF-0123-456789ABCDEF","Note":"","Gone":null}}}`,
			"windows " + sysmon,
			`@Provider_Name=Microsoft-Windows-Sysmon | @Provider_Guid={01234567-89AB-CDEF-0123-456789ABCDEF} | @EventID=1 | @Version=5 | @Level=4 | @Task=1 | @Opcode=0 | @Keywords=0x8000000000000000 | @TimeCreated=2024-05-01T10:00:00.250000Z | @EventRecordID=77 | @Execution_ProcessID=4 | @Execution_ThreadID=5 | @Channel=Microsoft-Windows-Sysmon/Operational | @Computer=ws1 | @Security_UserID=S-1-5-18 | Image=C:\x.exe | ProcessGuid={01234567-89AB-CDEF-0123-456789ABCDEF} | Note= | Gone=<null>`,
		},
		{
			"evtx_dump with qualifiers and unnamed data", "",
			`{"Event":{"System":{"Provider":{"#attributes":{"Name":"X"}},"EventID":{"#attributes":{"Qualifiers":16384},"#text":7036},"Channel":"System"},"EventData":{"Data":{"#text":["a","b"]},"Binary":"00FF"}}}`,
			"windows id=7036 channel=System provider=X",
			`@Provider_Name=X | @EventID_Qualifiers=16384 | @EventID=7036 | @Channel=System | Data=a, b | Binary=00FF`,
		},
		{
			"evtx_dump with separate attributes", "",
			`{"Event":{"Event_attributes":{"xmlns":"x"},"System":{"Provider_attributes":{"Name":"X"},"EventID":5,"EventID_attributes":{"Qualifiers":0},"TimeCreated_attributes":{"SystemTime":"2024-05-01T10:00:00Z"},"Channel":"System"},"UserData":{"LogFileCleared":{"SubjectUserName":"joe"},"LogFileCleared_attributes":{"xmlns":"y"}}}}`,
			"windows time=2024-05-01T10:00:00Z id=5 channel=System provider=X",
			`@Provider_Name=X | @EventID=5 | @EventID_Qualifiers=0 | @TimeCreated=2024-05-01T10:00:00Z | @Channel=System | SubjectUserName=joe`,
		},
		{
			"XML converter with a list of names", "",
			`{"Event":{"@xmlns":"x","System":{"Provider":{"@Name":"X"},"EventID":{"@Qualifiers":"0","#text":"4624"},"Channel":"Security"},"EventData":{"Data":[{"@Name":"TargetUserName","#text":"joe"},{"#text":"3","@Name":"LogonType"},{"@Name":"Empty"},{"#text":"loose"}]}}}`,
			"windows id=4624 channel=Security provider=X",
			`@Provider_Name=X | @EventID_Qualifiers=0 | @EventID=4624 | @Channel=Security | TargetUserName=joe | LogonType=3 | Empty= | Data=loose`,
		},
		{
			"Velociraptor", "",
			`{"System":{"Provider":{"Name":"X","Guid":"G"},"EventID":{"Value":4625},"TimeCreated":{"SystemTime":1714557600.25},"EventRecordID":9,"Channel":"Security","Computer":"dc","Execution":{"ProcessID":1,"ThreadID":2}},"EventData":{"TargetUserName":"joe"},"Message":"An account"}`,
			"windows time=2024-05-01T10:00:00.25Z id=4625 record=9 channel=Security provider=X host=dc",
			"@EventID=4625\n| TargetUserName=joe | @Message=An account",
		},
		{
			"winlogbeat", "",
			`{"@timestamp":"2024-05-01T10:00:00.250Z","message":"Process Create","host":{"name":"h"},"event":{"code":1,"created":"2024-05-01T10:00:09Z"},"log":{"level":"information"},"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","computer_name":"ws1","event_id":"1","provider_name":"Microsoft-Windows-Sysmon","provider_guid":"{G}","record_id":77,"process":{"pid":4,"thread":{"id":5}},"keywords":["a"],"event_data":{"Image":"C:\\x.exe","ProcessGuid":"{01234567-89AB-CDEF-0123-456789ABCDEF}"}}}`,
			"windows " + sysmon,
			"@TimeCreated=2024-05-01T10:00:00.250Z\n| Image=C:\\x.exe\n@Message=Process Create\n@EventID=1\n@Execution_ThreadID=5\n| ProcessGuid={01234567-89AB-CDEF-0123-456789ABCDEF}",
		},
		{
			"winlogbeat 6", "",
			`{"@timestamp":"2024-05-01T10:00:00.250Z","computer_name":"ws1","event_data":{"Image":"C:\\x.exe"},"event_id":1,"log_name":"Microsoft-Windows-Sysmon/Operational","source_name":"Microsoft-Windows-Sysmon","record_number":"77","message":"m","level":"Information"}`,
			"windows " + sysmon, "| Image=C:\\x.exe |",
		},
		{
			"nxlog", "",
			`{"EventTime":"2024-05-01 06:00:00","@timestamp":"2024-05-01T10:00:03Z","UtcTime":"2024-05-01 10:00:00.250","Hostname":"ws1","Keywords":-9223372036854775808,"EventID":1,"SourceName":"Microsoft-Windows-Sysmon","RecordNumber":77,"ThreadID":5,"ExecutionProcessID":4,"Channel":"Microsoft-Windows-Sysmon/Operational","Message":"m","ProcessId":"9","host":"collector"}`,
			"windows " + sysmon,
			"@Keywords=0x8000000000000000\n@Execution_ProcessID=4\n| ProcessId=9 |\n@Computer=ws1",
		},
		{
			"flat with a time of its own", "",
			`{"TimeCreated":"2024-05-01T10:00:00.25Z","UtcTime":"2024-05-02 10:00:00.250","EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"ws1","EventRecordID":"77"}`,
			"windows " + sysmon, "",
		},
		{
			"qualifiers in the id", "", `{"EventID":1073748860,"Channel":"System","SourceName":"X"}`,
			"windows id=7036 channel=System provider=X", "@EventID=7036 |",
		},
		{
			"provider as data", "", `{"SourceName":"S","ProviderName":"Software Key","EventID":5061,"Channel":"Security"}`,
			"windows id=5061 channel=Security provider=S", "@Provider_Name=S | ProviderName=Software Key",
		},
		{
			"Get-WinEvent, Windows PowerShell", "",
			`{"Message":"m","Id":4624,"Version":2,"Qualifiers":null,"Level":0,"Task":12544,"Opcode":0,"Keywords":-9214364837600034816,"RecordId":77,"ProviderName":"P","ProviderId":"g","LogName":"Security","ProcessId":4,"ThreadId":5,"MachineName":"ws1","UserId":null,"TimeCreated":"/Date(1714557600250)/","ActivityId":null,"Properties":[{"Value":"a"},{"Value":3}]}`,
			"windows time=2024-05-01T10:00:00.25Z id=4624 record=77 channel=Security provider=P host=ws1",
			"@Keywords=0x8020000000000000\n| Data=a | Data=3",
		},
		{
			"Log Analytics, SecurityEvent", "",
			`{"TimeGenerated":"2024-05-01T10:00:00.25Z","Computer":"ws1","EventSourceName":"Microsoft-Windows-Security-Auditing","Channel":"Security","EventID":4688,"NewProcessName":"C:\\x.exe","EventRecordId":"77","Type":"SecurityEvent"}`,
			"windows time=2024-05-01T10:00:00.25Z id=4688 record=77 channel=Security provider=Microsoft-Windows-Security-Auditing host=ws1",
			"| NewProcessName=C:\\x.exe |",
		},
		{
			"Log Analytics, WindowsEvent", "",
			`{"TimeGenerated":"2024-05-01T10:00:00.25Z","Computer":"ws1","Provider":"P","Channel":"C","EventID":3,"EventData":{"Image":"C:\\x.exe"}}`,
			"windows time=2024-05-01T10:00:00.25Z id=3 channel=C provider=P host=ws1", "| Image=C:\\x.exe",
		},
		{
			"Sysmon for Linux, flat", "",
			`{"Provider_Name":"Linux-Sysmon","EventID":1,"Channel":"Linux-Sysmon/Operational","Image":"/bin/sh"}`,
			"sysmon-linux id=1 channel=Linux-Sysmon/Operational provider=Linux-Sysmon", "| Image=/bin/sh",
		},
		{
			"CloudTrail", "",
			`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","accountId":"111122223333"},"eventTime":"2024-05-01T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"PutBucketVersioning","awsRegion":"eu-west-1","requestParameters":{"VersioningConfiguration":{"Status":"Suspended"}},"recipientAccountId":"444455556666","eventCategory":"Management"}`,
			"cloudtrail time=2024-05-01T10:00:00Z channel=Management provider=s3.amazonaws.com host=444455556666",
			`requestParameters={"VersioningConfiguration":{"Status":"Suspended"}} | requestParameters.VersioningConfiguration={"Status":"Suspended"} | requestParameters.VersioningConfiguration.Status=Suspended`,
		},
		{
			"Entra sign-in, Azure Monitor", "",
			`{"time":"2024-05-01T10:00:01Z","resourceId":"/tenants/x","operationName":"Sign-in activity","category":"SignInLogs","tenantId":"T","resultType":"50126","properties":{"id":"i","createdDateTime":"2024-05-01T10:00:00Z","userPrincipalName":"u","appDisplayName":"a","status":{"errorCode":50126}}}`,
			"entra time=2024-05-01T10:00:00Z channel=signin host=T", "properties.status.errorCode=50126",
		},
		{
			"Entra sign-in, Graph", "",
			`{"id":"i","createdDateTime":"2024-05-01T10:00:00Z","userPrincipalName":"u","appDisplayName":"a","riskState":"none","riskLevelDuringSignIn":"none","status":{"errorCode":0}}`,
			"entra time=2024-05-01T10:00:00Z channel=signin", "status.errorCode=0",
		},
		{
			"Entra sign-in, Log Analytics", "",
			`{"TimeGenerated":"2024-05-01T10:00:00Z","OperationName":"Sign-in activity","Category":"SignInLogs","ResultType":"0","UserPrincipalName":"u","DeviceDetail":"{\"deviceId\":\"\",\"operatingSystem\":\"Windows\"}","Type":"SigninLogs"}`,
			"entra time=2024-05-01T10:00:00Z channel=signin", "DeviceDetail={\"deviceId\"\nDeviceDetail.operatingSystem=Windows\nDeviceDetail.deviceId= |",
		},
		{
			"Entra audit, Graph, of a category that the activity log has too", "",
			`{"id":"i","category":"Policy","activityDisplayName":"Update conditional access policy","activityDateTime":"2024-05-01T10:00:00Z","loggedByService":"Core Directory","operationType":"Update","initiatedBy":{"user":{"userPrincipalName":"u"}},"targetResources":[{"type":"Policy"}]}`,
			"entra time=2024-05-01T10:00:00Z channel=audit provider=Core Directory",
			"initiatedBy.user.userPrincipalName=u",
		},
		{
			"Entra audit, Graph", "",
			`{"id":"i","category":"RoleManagement","activityDisplayName":"Add member to role","activityDateTime":"2024-05-01T10:00:00Z","loggedByService":"Core Directory","initiatedBy":{"user":{"userPrincipalName":"u"}},"targetResources":[{"type":"User","modifiedProperties":[{"displayName":"Role.DisplayName","oldValue":null,"newValue":"\"Global Administrator\""}]}],"additionalDetails":[{"key":"additionalInfo","value":"v"}]}`,
			"entra time=2024-05-01T10:00:00Z channel=audit provider=Core Directory",
			"initiatedBy.user.userPrincipalName=u\ntargetResources=[{\"type\":\"User\"\ntargetResources.modifiedProperties.newValue=\"Global Administrator\"\nadditionalDetails.additionalInfo=v",
		},
		{
			"Entra audit, Azure Monitor", "",
			`{"time":"2024-05-01T10:00:00Z","operationName":"Add user","category":"AuditLogs","tenantId":"T","properties":{"activityDisplayName":"Add user","loggedByService":"Core Directory"}}`,
			"entra time=2024-05-01T10:00:00Z channel=audit provider=Core Directory host=T", "",
		},
		{
			"risk detection", "", `{"id":"i","riskEventType":"unfamiliarFeatures","riskState":"atRisk","riskLevel":"low","detectedDateTime":"2024-05-01T10:00:00Z","userPrincipalName":"u"}`,
			"entra time=2024-05-01T10:00:00Z channel=risk", "",
		},
		{
			"Azure activity", "",
			`{"time":"2024-05-01T10:00:00Z","resourceId":"/subscriptions/s","operationName":"MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE","category":"Administrative","resultType":"Success","properties":{"message":"m"}}`,
			"azure time=2024-05-01T10:00:00Z channel=activity", "properties.message=m",
		},
		{
			"Azure activity, REST", "",
			`{"eventTimestamp":"2024-05-01T10:00:00Z","operationName":{"value":"Microsoft.Compute/x/write","localizedValue":"X"},"category":{"value":"Administrative"},"resourceProviderName":{"value":"Microsoft.Compute"},"subscriptionId":"S","properties":{}}`,
			"azure time=2024-05-01T10:00:00Z channel=activity provider=Microsoft.Compute host=S", "operationName.value=Microsoft.Compute/x/write",
		},
		{
			"Microsoft 365", "",
			`{"CreationTime":"2024-05-01T10:00:00","Id":"i","Operation":"New-InboxRule","OrganizationId":"O","RecordType":1,"Workload":"Exchange","UserId":"u","Parameters":[{"Name":"DeleteMessage","Value":"True"}]}`,
			"m365 time=2024-05-01T10:00:00Z channel=Exchange host=O", "Parameters.DeleteMessage=True\nParameters=[{\"Name\"",
		},
		{
			"Microsoft 365, AuditData as text", "",
			`{"RecordType":"ExchangeAdmin","CreationDate":"2024-05-01T10:00:07Z","Operations":"New-InboxRule","AuditData":"{\"CreationTime\":\"2024-05-01T10:00:00\",\"Operation\":\"New-InboxRule\",\"Workload\":\"Exchange\",\"Parameters\":[{\"Name\":\"Name\",\"Value\":\"..\"}]}"}`,
			"m365 time=2024-05-01T10:00:00Z channel=Exchange", "Operation=New-InboxRule\nParameters.Value=..",
		},
		{
			"Okta", "",
			`{"actor":{"alternateId":"a@example.test","type":"User"},"displayMessage":"User login","eventType":"user.session.start","outcome":{"result":"FAILURE"},"published":"2024-05-01T10:00:00.000Z","target":[{"displayName":"x"},{"displayName":"y"}]}`,
			"okta time=2024-05-01T10:00:00Z", "target.displayName=x | target.displayName=y\noutcome.result=FAILURE",
		},
		{
			"Kubernetes", "",
			`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a","stage":"ResponseComplete","requestURI":"/api","verb":"create","objectRef":{"resource":"pods"},"requestReceivedTimestamp":"2024-05-01T10:00:00.000000Z","stageTimestamp":"2024-05-01T10:00:01Z"}`,
			"kubernetes time=2024-05-01T10:00:00Z", "objectRef.resource=pods",
		},
		{
			"Google Cloud", "",
			`{"insertId":"i","logName":"projects/p/logs/cloudaudit.googleapis.com%2Factivity","protoPayload":{"methodName":"m","serviceName":"compute.googleapis.com"},"resource":{"type":"gce","labels":{"project_id":"p"}},"timestamp":"2024-05-01T10:00:00Z"}`,
			"gcp time=2024-05-01T10:00:00Z provider=compute.googleapis.com host=p", "protoPayload.methodName=m",
		},
		{
			"GitHub", "", `{"@timestamp":1714557600250,"action":"repo.create","actor":"a","org":"o","repo":"o/r"}`,
			"github time=2024-05-01T10:00:00.25Z host=o", "action=repo.create",
		},
		{
			"Zeek with path", "", `{"_path":"dns","ts":"2024-05-01T10:00:00.250000Z","uid":"C1","id.orig_h":"192.0.2.1","query":"x.test"}`,
			"zeek time=2024-05-01T10:00:00.25Z channel=dns", "id.orig_h=192.0.2.1",
		},
		{
			"Zeek with stream", "", `{"@stream":"conn","@system":"sensor","@proc":"zeek","ts":1714557600.25,"uid":"C1","id_orig_h":"192.0.2.1","id_orig_p":1}`,
			"zeek time=2024-05-01T10:00:00.25Z channel=conn host=sensor", "| id.orig_h=192.0.2.1 | id.orig_p=1",
		},
		{
			"Zeek by the file's name", "logs.zip!day/sensor_smb_files.2024-05-01.log", `{"ts":1714557600.25,"uid":"C1","id.orig_h":"192.0.2.1","name":"x"}`,
			"zeek time=2024-05-01T10:00:00.25Z channel=smb_files", "",
		},
		{
			"Zeek by its fields", "export.json", `{"ts":1714557600.25,"uid":"C1","id.orig_h":"192.0.2.1","query":"x","qtype_name":"A"}`,
			"zeek time=2024-05-01T10:00:00.25Z channel=dns", "",
		},
		{
			"journald", "", `{"__REALTIME_TIMESTAMP":"1714557600250000","_HOSTNAME":"h","SYSLOG_IDENTIFIER":"sshd","MESSAGE":"Failed password"}`,
			"syslog time=2024-05-01T10:00:00.25Z provider=sshd host=h", "MESSAGE=Failed password",
		},
		{
			"Auditbeat", "", `{"@timestamp":"2024-05-01T10:00:00.25Z","auditd":{"message_type":"execve","data":{"a0":"sh","a1":"-c"}},"process":{"executable":"/bin/sh"},"host":{"name":"h"}}`,
			"auditd time=2024-05-01T10:00:00.25Z channel=EXECVE host=h", "type=execve | a0=sh | a1=-c | exe=/bin/sh",
		},
		{
			"Sysmon for Linux in forwarded syslog", "",
			`{"TimeGenerated":"2024-05-01T10:00:09Z","Computer":"lx","Facility":"user","SyslogMessage":"\u003cEvent\u003e\u003cSystem\u003e\u003cProvider Name=\"Linux-Sysmon\" Guid=\"{g}\"/\u003e\u003cEventID\u003e1\u003c/EventID\u003e\u003cTimeCreated SystemTime=\"2024-05-01T10:00:00.250000000Z\"/\u003e\u003cEventRecordID\u003e77\u003c/EventRecordID\u003e\u003cChannel\u003eLinux-Sysmon/Operational\u003c/Channel\u003e\u003cComputer\u003elx\u003c/Computer\u003e\u003c/System\u003e\u003cEventData\u003e\u003cData Name=\"CommandLine\"\u003esh -c \"a &amp;&amp; b\"\u003c/Data\u003e\u003c/EventData\u003e\u003c/Event\u003e","ProcessName":"sysmon"}`,
			"sysmon-linux time=2024-05-01T10:00:00.25Z id=1 record=77 channel=Linux-Sysmon/Operational provider=Linux-Sysmon host=lx",
			"| CommandLine=sh -c \"a && b\" |",
		},
		{
			"syslog without XML", "",
			`{"TimeGenerated":"2024-05-01T10:00:09Z","Computer":"lx","Facility":"user","SyslogMessage":"<b>no event</b>","ProcessName":"app"}`,
			"syslog time=2024-05-01T10:00:09Z provider=app host=lx", "SyslogMessage=<b>no event</b>",
		},
		{
			"Windows event as XML in a message", "",
			`{"message":"<Event xmlns='x'><System><Provider Name='P'/><EventID Qualifiers='0'>4624</EventID><Channel>Security</Channel></System><EventData><Data Name='LogonType'>3</Data></EventData></Event>","host":"h"}`,
			"windows id=4624 channel=Security provider=P host=h", "| LogonType=3 |",
		},
		{
			"Log Analytics, Event", "",
			`{"TimeGenerated":"2024-05-01T10:00:00Z","Source":"P","EventLog":"C","Computer":"ws1","EventID":3,"EventData":"<DataItem type=\"System.XmlData\" time=\"t\"><EventData xmlns=\"x\"><Data Name=\"Image\">C:\\x.exe</Data><Data>loose</Data></EventData></DataItem>","RenderedDescription":"m"}`,
			"windows time=2024-05-01T10:00:00Z id=3 channel=C provider=P host=ws1", "EventLog=C\n| @Message=m | Image=C:\\x.exe | Data=loose",
		},
		{
			"Splunk export", "",
			`{"preview":false,"result":{"EventCode":"4624","LogName":"Security","SourceName":"P","ComputerName":"ws1","_time":"2024-05-01T12:00:00.250+02:00","Logon_Type":"3"}}`,
			"windows time=2024-05-01T10:00:00.25Z id=4624 channel=Security provider=P host=ws1", "| Logon_Type=3",
		},
		{
			"CloudTrail by way of EventBridge", "",
			`{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.iam","time":"2024-05-01T10:00:05Z","detail":{"eventVersion":"1","eventTime":"2024-05-01T10:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser"}}`,
			"cloudtrail time=2024-05-01T10:00:00Z provider=iam.amazonaws.com", "| eventName=CreateUser",
		},
		{
			"CloudTrail by way of CloudWatch", "",
			`{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[{"id":"1","timestamp":1714557600250,"message":"{\"eventVersion\":\"1\",\"eventTime\":\"2024-05-01T10:00:00Z\",\"eventSource\":\"iam.amazonaws.com\",\"eventName\":\"CreateUser\"}"}]}`,
			"cloudtrail time=2024-05-01T10:00:00Z provider=iam.amazonaws.com", "| eventName=CreateUser",
		},
		{
			"Kubernetes by way of Azure Monitor", "",
			`{"operationName":"Microsoft.ContainerService/managedClusters/diagnosticLogs/Read","category":"kube-audit","resourceId":"r","properties":{"log":"{\"kind\":\"Event\",\"auditID\":\"a\",\"stage\":\"ResponseComplete\",\"verb\":\"create\",\"stageTimestamp\":\"2024-05-01T10:00:00Z\",\"objectRef\":{\"resource\":\"pods\"}}","pod":"p"}}`,
			"kubernetes time=2024-05-01T10:00:00Z", "| verb=create\nobjectRef.resource=pods",
		},
		{
			"record in a container's log", "",
			`{"log":"{\"action\":\"org.add_member\",\"actor\":\"a\",\"org\":\"o\",\"@timestamp\":1714557600250}\n","stream":"stdout","time":"2024-05-01T10:00:09Z"}`,
			"github time=2024-05-01T10:00:00.25Z host=o", "| action=org.add_member",
		},
		{
			"EvtxECmd", "",
			`{"PayloadData1":"x","MapDescription":"m","Computer":"ws1","Payload":"{\"EventData\":{\"Data\":[{\"@Name\":\"Image\",\"#text\":\"C:\\\\x.exe\"},{\"@Name\":\"ProcessId\",\"#text\":\"9\"},{\"@Name\":\"Empty\"}]}}","Channel":"Microsoft-Windows-Sysmon/Operational","Provider":"Microsoft-Windows-Sysmon","EventId":1,"EventRecordId":"77","ProcessId":4,"ThreadId":5,"TimeCreated":"2024-05-01T10:00:00.2500000+00:00","RecordNumber":3}`,
			"windows " + sysmon, "@Execution_ProcessID=4 | @Execution_ThreadID=5\n| Image=C:\\x.exe | ProcessId=9 | Empty=",
		},
		{
			"payload of PowerShell", "",
			`{"EventID":4103,"Channel":"Microsoft-Windows-PowerShell/Operational","Payload":"CommandInvocation","ProcessId":"4"}`,
			"windows id=4103 channel=Microsoft-Windows-PowerShell/Operational provider=Microsoft-Windows-PowerShell", "| Payload=CommandInvocation | ProcessId=4",
		},
		{
			"an id of something else", "",
			`{"EventID":5858,"Channel":"Microsoft-Windows-WMI-Activity/Operational","Provider_Name":"Microsoft-Windows-WMI-Activity","Id":"{1}"}`,
			"windows id=5858 channel=Microsoft-Windows-WMI-Activity/Operational provider=Microsoft-Windows-WMI-Activity", "@EventID=5858 |\n| Id={1}",
		},
		{
			"Wazuh", "",
			`{"timestamp":"2024-05-01T12:00:01.000+0200","rule":{"id":"1"},"agent":{"name":"ws1"},"data":{"win":{"system":{"providerName":"Microsoft-Windows-Sysmon","eventID":"1","systemTime":"2024-05-01T10:00:00.2500000Z","eventRecordID":"77","processID":"4","channel":"Microsoft-Windows-Sysmon/Operational","computer":"ws1","message":"m"},"eventdata":{"image":"C:\\\\Windows\\\\x.exe","parentCommandLine":"\\\\\\\\srv\\\\share"}}}}`,
			"windows " + sysmon, "| Image=C:\\Windows\\x.exe | ParentCommandLine=\\\\srv\\share\n@Execution_ProcessID=4",
		},
		{
			"record in a message", "", `{"message":"{\"eventVersion\":\"1\",\"eventSource\":\"iam.amazonaws.com\",\"eventName\":\"CreateUser\",\"eventTime\":\"2024-05-01T10:00:00Z\"}","id":"1"}`,
			"cloudtrail time=2024-05-01T10:00:00Z provider=iam.amazonaws.com", "eventName=CreateUser",
		},
		{
			"generic", "", `{"timestamp":"2024-05-01T10:00:00+02:00","host":{"name":"h"},"msg":"x"}`,
			"json time=2024-05-01T08:00:00Z host=h", `host={"name":"h"} | host.name=h`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, warnings := readJSON(t, 0, tt.file, tt.text, func(ev *event.Event) string { return header(ev) + "\n" + fields(ev) })
			if len(got) != 1 || len(warnings) != 0 {
				t.Fatalf("%d events, warnings %q", len(got), warnings)
			}
			head, all, _ := strings.Cut(got[0], "\n")
			if head != tt.header {
				t.Errorf("header %s\nwant   %s", head, tt.header)
			}
			for want := range strings.SplitSeq(tt.fields, "\n") {
				if !strings.Contains(" | "+all+" |", want) {
					t.Errorf("fields %s\nwant   %s", all, want)
				}
			}
		})
	}
}

// TestJSONRoundTrip reads what the events verb prints and prints it again.
func TestJSONRoundTrip(t *testing.T) {
	names := event.NewNames()
	var ev event.Event
	ev.Names = names
	add := func(system bool, name, value string) {
		slot := names.Slot(name)
		if system {
			slot = names.SystemSlot(name)
		}
		ev.Add(slot, event.UTF8, []byte(value))
	}
	add(true, "Provider_Name", "P")
	add(true, "EventID", "4688")
	add(true, "Level", "4")
	add(true, "Channel", "Security")
	add(true, "Computer", "ws1")
	add(true, "TimeCreated", "2024-05-01T10:00:00.2500000Z")
	add(false, "Level", "data")
	add(false, "NewProcessName", `C:\x.exe`)
	add(false, "Data", "one")
	add(false, "Data", "two")
	add(false, "Empty", "")
	ev.Add(names.Slot("Gone"), event.Null, nil)
	text := string(ev.AppendJSON(nil))
	got, warnings := readJSON(t, 0, "", text, func(ev *event.Event) string {
		return header(ev) + "\n" + string(ev.AppendJSON(nil)) + "\n" + fields(ev)
	})
	want := "windows time=2024-05-01T10:00:00.25Z id=4688 channel=Security provider=P host=ws1\n" + text +
		"\n@Provider_Name=P | @EventID=4688 | @Level=4 | @Channel=Security | @Computer=ws1 | @TimeCreated=2024-05-01T10:00:00.2500000Z | " +
		`Level=data | NewProcessName=C:\x.exe | Data=one, two | Empty= | Gone=<null>`
	if !slices.Equal(got, []string{want}) || warnings != nil {
		t.Errorf("got  %s\nwant %s\nwarnings %q", strings.Join(got, "\n"), want, warnings)
	}
}
