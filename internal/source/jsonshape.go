package source

import (
	"strings"

	"entente/internal/event"
)

// shape is a family of JSON records whose fields are read in the same way. It is told record by record, from the
// names that the record has: exports of several logs lie in one file often enough.
type shape uint8

const (
	shapeGeneric    shape = iota
	shapeNested           // Windows: System and EventData objects, as evtx_dump and Velociraptor write them
	shapeBeat             // Windows: winlogbeat and Elastic Agent, old and new
	shapeFlat             // Windows: nxlog, Sentinel, PowerShell, Splunk, and what this program prints
	shapeCloudTrail       //
	shapeAzure            // Entra and Azure: Graph, Azure Monitor, Log Analytics
	shapeM365             //
	shapeOkta             //
	shapeKubernetes       //
	shapeGCP              //
	shapeGitHub           //
	shapeZeek             //
	shapeSyslog           // journald and forwarded syslog
	shapeAuditbeat        //
	shapeCount
)

// What the names in a record say about it. A mark is set by a path, whatever its value.
const (
	markEventSystem uint64 = 1 << iota
	markSystem             // System.* as an object
	markSystemAny          // System.NAME, also as one name with a dot
	markWinlog
	markBeatData
	markBeatID
	markBeatLog
	markEventID
	markChannel
	markProvider
	markSource
	markID
	markAWSName
	markAWSMore
	markAzureProps
	markAzureCategory
	markAzureOperation
	markGraphSignIn
	markGraphApp
	markGraphAudit
	markGraphAuditMore
	markRisk
	markRiskMore
	markProvisioning
	markActivity
	markSentinel
	markType
	markOperation
	markWorkload
	markAuditData
	markOktaName
	markOktaMore
	markAuditID
	markAuditMore
	markGCP
	markAction
	markActor
	markOrg
	markZeekPath
	markTS
	markZeekID
	markJournal
	markSyslogMessage
	markAuditd
	markText
	markZeekStamp
	markWazuh
	markPayload
	markData // of a Windows event
	markDefenderAction
	markDefender
	markECS
	markECSMore
	markECSCode // the number of an event
	markECSHost // what a program did on a machine
	markECSKind // what kind of thing was done
	markLabel   // a name that only the messages of Windows events have
	markSplunk  // Splunk's names for where a record comes from
)

// markedPaths are the paths that say something about a record as they are.
var markedPaths = map[string]uint64{
	"event_data": markBeatData, "event_id": markBeatID, "log_name": markBeatLog, "channel": markBeatLog,
	"source_name": markBeatLog, "provider_name": markBeatLog,

	"EventID": markEventID, "EventId": markEventID, "EventCode": markEventID, "Event ID": markEventID,
	"Channel": markChannel, "LogName": markChannel, "EventLog": markChannel, "Log Name": markChannel,
	"SourceName": markProvider, "ProviderName": markProvider, "Provider_Name": markProvider, "ProviderGuid": markProvider,
	"EventSourceName": markProvider, "Provider": markProvider, "Provider_Guid": markProvider,
	"Source": markSource, "Id": markID,

	"eventName": markAWSName, "eventSource": markAWSMore, "awsRegion": markAWSMore, "eventVersion": markAWSMore,
	"userIdentity": markAWSMore,

	"properties": markAzureProps, "category": markAzureCategory, "operationName": markAzureOperation,
	"userPrincipalName": markGraphSignIn, "servicePrincipalName": markGraphSignIn, "appDisplayName": markGraphApp,
	"activityDisplayName": markGraphAudit, "targetResources": markGraphAuditMore, "loggedByService": markGraphAuditMore,
	"initiatedBy": markGraphAuditMore, "activityDateTime": markGraphAuditMore,
	"riskEventType": markRisk, "riskState": markRiskMore, "detectedDateTime": markRiskMore, "riskLevel": markRiskMore,
	"provisioningAction": markProvisioning, "provisioningSteps": markProvisioning,
	"OperationNameValue": markActivity, "CategoryValue": markActivity, "ResourceProviderValue": markActivity,
	"operationName.value": markActivity, "ResultType": markSentinel, "AADTenantId": markSentinel,
	"LoggedByService": markSentinel, "AADOperationType": markSentinel, "RiskEventType": markRisk, "RiskState": markRiskMore,
	"Type": markType, "Category": markType,

	"Operation": markOperation, "Workload": markWorkload, "OfficeWorkload": markWorkload, "AuditData": markAuditData,

	"eventType": markOktaName, "published": markOktaMore, "displayMessage": markOktaMore, "legacyEventType": markOktaMore,
	"actor.alternateId": markOktaMore,

	"auditID": markAuditID, "requestURI": markAuditMore, "verb": markAuditMore, "stage": markAuditMore,

	"action": markAction, "actor": markActor, "actor_id": markActor, "org": markOrg, "business": markOrg, "org_id": markOrg,
	"repo": markOrg, "_document_id": markOrg,

	"_path": markZeekPath, "@stream": markZeekPath, "ts": markTS, "uid": markZeekID, "fuid": markZeekID,
	"id.orig_h": markZeekID, "id_orig_h": markZeekID, "_write_ts": markZeekStamp, "_system_name": markZeekStamp,
	"@proc": markZeekStamp,

	"__REALTIME_TIMESTAMP": markJournal, "_SOURCE_REALTIME_TIMESTAMP": markJournal, "SyslogMessage": markSyslogMessage,

	"message": markText, "Message": markText, "MESSAGE": markText, "log": markText, "_raw": markText, "raw": markText,
	"event.original": markText, "RawData": markText, "msg": markText, "Raw": markText, "textPayload": markText,
	"properties.log":  markText, // Azure Kubernetes Service
	"CloudTrailEvent": markText, // AWS: what its API answers with
	"Payload":         markPayload,

	"ActionType": markDefenderAction, "InitiatingProcessFileName": markDefender, "InitiatingProcessFolderPath": markDefender,
	"InitiatingProcessCommandLine": markDefender, "InitiatingProcessId": markDefender,

	"event.module": markECS, "event.category": markECS, "event.dataset": markECS, "ecs.version": markECS,
	"process.executable": markECSMore | markECSHost, "process.command_line": markECSMore | markECSHost, "file.path": markECSMore,
	"registry.path": markECSMore | markECSHost, "process.parent.executable": markECSHost,
	"url.path": markECSMore, "url.original": markECSMore, "destination.ip": markECSMore, "dll.path": markECSMore | markECSHost,
	"event.code": markECSCode, "event.type": markECSKind, "event.action": markECSKind,

	"source": markSplunk, "sourcetype": markSplunk,
}

// smallMarks are the names of the envelope of a Windows event where an exporter has made all letters small.
var smallMarks = map[string]uint64{
	"eventid": markEventID, "channel": markChannel, "logname": markChannel, "sourcename": markProvider, "providername": markProvider,
}

// markedPrefixes are the beginnings of paths that say something about a record.
var markedPrefixes = [...]struct {
	prefix string
	mark   uint64
}{
	{"Event.System.", markEventSystem},
	{"System.", markSystemAny},
	{"winlog.", markWinlog},
	{"event_data.", markBeatData},
	{"userIdentity.", markAWSMore},
	{"properties.", markAzureProps},
	{"initiatedBy.", markGraphAuditMore},
	{"targetResources.", markGraphAuditMore},
	{"protoPayload.", markGCP},
	{"data.protoPayload.", markGCP},
	{"gcp.audit.", markGCP},
	{"kubernetes.audit.auditID", markAuditID | markAuditMore},
	{"auditd.", markAuditd},
	{"data.win.system.", markWazuh},
}

// markOf returns what a path says about a record.
func markOf(path string) uint64 {
	m := markedPaths[path]
	if known, ok := smallMarks[path]; ok {
		m |= known
	}
	for _, p := range markedPrefixes {
		if strings.HasPrefix(path, p.prefix) {
			m |= p.mark
		}
	}
	if l := labels[path]; l != nil && l.sure {
		m |= markLabel
	}
	if tells(path) {
		m |= markData
	}
	if strings.HasPrefix(path, "System.") && strings.Count(path, ".") == 2 {
		m |= markSystem // System.Provider.Name
	}
	return m
}

// shapeOf tells the shape of a record from its marks.
func shapeOf(m uint64) shape {
	has := func(all uint64) bool { return m&all == all }
	some := func(one uint64) bool { return m&one != 0 }
	switch {
	case has(markEventSystem), has(markSystem) && !some(markProvider), has(markWazuh):
		return shapeNested
	case has(markWinlog), has(markBeatID) && some(markBeatLog|markBeatData):
		return shapeBeat
	case has(markEventID) && some(markChannel|markProvider), has(markID | markChannel | markProvider),
		has(markEventID | markSystemAny):
		return shapeFlat
	case has(markAuditID | markAuditMore):
		return shapeKubernetes
	case has(markAWSName | markAWSMore):
		return shapeCloudTrail
	case has(markGCP):
		return shapeGCP
	case has(markOktaName | markOktaMore):
		return shapeOkta
	case has(markAuditData), has(markOperation | markWorkload):
		return shapeM365
	case has(markRisk | markRiskMore), has(markGraphAudit | markGraphAuditMore), has(markProvisioning), has(markActivity),
		has(markGraphSignIn | markGraphApp), has(markAzureCategory | markAzureProps | markAzureOperation),
		has(markSentinel | markType):
		return shapeAzure
	case has(markZeekPath) && some(markTS|markZeekStamp|markZeekID), has(markTS | markZeekID), has(markZeekPath | markText):
		return shapeZeek
	case has(markAction|markActor|markOrg) && !some(markText):
		return shapeGitHub
	case has(markAuditd):
		return shapeAuditbeat
	case has(markJournal), has(markSyslogMessage):
		return shapeSyslog
	}
	return shapeGeneric
}

// role is what the value of a field is to the event's header, or what is to be done with it.
type role uint8

const (
	roleNone role = iota
	roleTime
	roleEventID
	roleRecordID
	roleChannel
	roleProvider
	roleHost
	roleKind // says which log of its family the record belongs to
	roleKeywords
	roleMessage
	roleLabel  // is named as in the message of a Windows event; see messagelabels.go
	roleCommon // of the Elastic Common Schema, and perhaps a field of a Windows event; see ecsevents.go
	roleXML    // may hold a Windows event as XML
	roleHolder // holds the data of an event; it is no field where there are none
	roleDrop   // is not kept
)

// jsonField is what a shape makes of a path.
type jsonField struct {
	slot  uint32
	role  role
	rank  uint8 // of several fields of the same role, the lowest counts
	guid  bool  // Windows writes it in braces
	utc   bool  // a time that is UTC though it does not say so
	twice bool  // its backslashes are doubled
	label *messageLabel
}

// jsonName is a field before it has a slot.
type jsonName struct {
	name   string
	system bool
	role   role
	rank   uint8
	guid   bool
	utc    bool
	twice  bool
	label  *messageLabel // of roleLabel
}

// nameOf says what a shape makes of a path.
func (s shape) nameOf(path string) jsonName {
	switch s {
	case shapeNested:
		return nestedName(path)
	case shapeBeat:
		return beatName(path)
	case shapeFlat:
		return flatName(path)
	case shapeZeek:
		return zeekName(path)
	case shapeAuditbeat:
		return auditbeatName(path)
	case shapeKubernetes:
		path = strings.TrimPrefix(path, "kubernetes.audit.")
	default:
	}
	n := jsonName{name: path}
	if r, ok := cloudRoles[s][path]; ok {
		n.role, n.rank, n.utc = r.role, r.rank, r.utc
	}
	return n
}

// wholes says that rules search the text of whole objects in logs of this shape.
func (s shape) wholes() bool { return s >= shapeCloudTrail && s <= shapeGitHub || s == shapeGeneric }

// windows says that the records are events of Windows.
func (s shape) windows() bool { return s >= shapeNested && s <= shapeFlat }

// sourceOf is the source of events of a shape, where it does not depend on the record.
func (s shape) source() event.Source {
	switch s {
	case shapeNested, shapeBeat, shapeFlat:
		return event.SourceWindows
	case shapeCloudTrail:
		return event.SourceCloudTrail
	case shapeAzure:
		return event.SourceAzure
	case shapeM365:
		return event.SourceM365
	case shapeOkta:
		return event.SourceOkta
	case shapeKubernetes:
		return event.SourceKubernetes
	case shapeGCP:
		return event.SourceGCP
	case shapeGitHub:
		return event.SourceGitHub
	case shapeZeek:
		return event.SourceZeek
	case shapeSyslog:
		return event.SourceSyslog
	case shapeAuditbeat:
		return event.SourceAuditd
	default:
		return event.SourceJSON
	}
}
