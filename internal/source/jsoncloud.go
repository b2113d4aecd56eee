package source

import (
	"strings"

	"entente/internal/event"
)

// cloudRoles say which fields make the header of a record that is no Windows event. All fields keep their dotted
// paths; the taxonomy maps the names of Sigma rules to them. The host is the account, tenant or organisation where a
// service has no hosts.
var cloudRoles = [shapeCount]map[string]jsonName{
	shapeGeneric: {
		"@timestamp": {role: roleTime, rank: 0}, "timestamp": {role: roleTime, rank: 1}, "time": {role: roleTime, rank: 2},
		"Timestamp": {role: roleTime, rank: 2}, "eventTime": {role: roleTime, rank: 2}, "event_time": {role: roleTime, rank: 2},
		"EventTime": {role: roleTime, rank: 2}, "TimeGenerated": {role: roleTime, rank: 2}, "TimeCreated": {role: roleTime, rank: 2},
		"ts": {role: roleTime, rank: 3}, "created_at": {role: roleTime, rank: 3}, "createdAt": {role: roleTime, rank: 3},
		"datetime": {role: roleTime, rank: 3}, "date": {role: roleTime, rank: 4}, "Date": {role: roleTime, rank: 4}, "Time": {role: roleTime, rank: 3},
		"s-computername": {role: roleHost, rank: 1}, "published": {role: roleTime, rank: 4},
		"local_time": {role: roleTime, rank: 5}, "utc_time": {role: roleTime, rank: 1}, "isotimestamp": {role: roleTime, rank: 1},
		"event.created": {role: roleTime, rank: 5}, "_time": {role: roleTime, rank: 3}, "id.time": {role: roleTime, rank: 3},
		"startTime": {role: roleTime, rank: 5}, "asctime": {role: roleTime, rank: 5},
		"host.name": {role: roleHost, rank: 0}, "hostname": {role: roleHost, rank: 1}, "host": {role: roleHost, rank: 2},
		"Hostname": {role: roleHost, rank: 1}, "Computer": {role: roleHost, rank: 1}, "computer": {role: roleHost, rank: 1},
		"computer_name": {role: roleHost, rank: 1}, "node_id": {role: roleHost, rank: 3}, "DeviceName": {role: roleHost, rank: 1},
		"message": {role: roleXML}, "Message": {role: roleXML}, "_raw": {role: roleXML}, "RawData": {role: roleXML},
		"msg": {role: roleXML}, "event.original": {role: roleXML},
	},
	shapeCloudTrail: {
		"eventTime": {role: roleTime}, "eventSource": {role: roleProvider}, "eventCategory": {role: roleChannel},
		"recipientAccountId": {role: roleHost}, "userIdentity.accountId": {role: roleHost, rank: 1},
	},
	shapeAzure: {
		"time": {role: roleTime, rank: 2}, "createdDateTime": {role: roleTime, rank: 0}, "activityDateTime": {role: roleTime, rank: 0},
		"properties.createdDateTime": {role: roleTime, rank: 1}, "properties.activityDateTime": {role: roleTime, rank: 1},
		"eventTimestamp": {role: roleTime, rank: 1}, "TimeGenerated": {role: roleTime, rank: 3}, "detectedDateTime": {role: roleTime, rank: 4},
		"CreatedDateTime": {role: roleTime, rank: 1}, "ActivityDateTime": {role: roleTime, rank: 1}, "riskLastUpdatedDateTime": {role: roleTime, rank: 6},
		"category": {role: roleKind, rank: 1}, "Type": {role: roleKind, rank: 0}, "Category": {role: roleKind, rank: 2},
		"category.value": {role: roleKind, rank: 1}, "CategoryValue": {role: roleKind, rank: 3},
		"tenantId": {role: roleHost, rank: 1}, "AADTenantId": {role: roleHost, rank: 0}, "subscriptionId": {role: roleHost, rank: 2},
		"homeTenantId": {role: roleHost, rank: 1}, "SubscriptionId": {role: roleHost, rank: 2}, "TenantId": {role: roleHost, rank: 3},
		"loggedByService": {role: roleProvider}, "LoggedByService": {role: roleProvider}, "properties.loggedByService": {role: roleProvider},
		"resourceProviderName.value": {role: roleProvider}, "ResourceProviderValue": {role: roleProvider},
	},
	shapeM365: {
		"CreationTime": {role: roleTime, rank: 0, utc: true}, "CreationDate": {role: roleTime, rank: 1}, "TimeGenerated": {role: roleTime, rank: 2},
		"Workload": {role: roleChannel, rank: 0}, "OfficeWorkload": {role: roleChannel, rank: 1}, "OrganizationId": {role: roleHost},
	},
	shapeOkta: {
		"published": {role: roleTime}, "@timestamp": {role: roleTime, rank: 5},
	},
	shapeKubernetes: {
		"requestReceivedTimestamp": {role: roleTime, rank: 0}, "stageTimestamp": {role: roleTime, rank: 1}, "@timestamp": {role: roleTime, rank: 4},
		"timestamp": {role: roleTime, rank: 3},
	},
	shapeGCP: {
		"timestamp": {role: roleTime, rank: 0}, "data.timestamp": {role: roleTime, rank: 0}, "receiveTimestamp": {role: roleTime, rank: 2},
		"@timestamp":               {role: roleTime, rank: 3},
		"protoPayload.serviceName": {role: roleProvider}, "data.protoPayload.serviceName": {role: roleProvider},
		"resource.labels.project_id": {role: roleHost}, "data.resource.labels.project_id": {role: roleHost},
	},
	shapeGitHub: {
		"@timestamp": {role: roleTime, rank: 0}, "created_at": {role: roleTime, rank: 1}, "timestamp": {role: roleTime, rank: 2},
		"org": {role: roleHost, rank: 0}, "business": {role: roleHost, rank: 1},
	},
	shapeSyslog: {
		"__REALTIME_TIMESTAMP": {role: roleTime, rank: 1}, "_SOURCE_REALTIME_TIMESTAMP": {role: roleTime, rank: 0},
		"_HOSTNAME": {role: roleHost, rank: 0}, "HOSTNAME": {role: roleHost, rank: 1}, "SYSLOG_IDENTIFIER": {role: roleProvider, rank: 0},
		"_COMM": {role: roleProvider, rank: 1}, "MESSAGE": {role: roleXML},
		"TimeGenerated": {role: roleTime, rank: 1}, "EventTime": {role: roleTime, rank: 2}, "Computer": {role: roleHost, rank: 0},
		"HostName": {role: roleHost, rank: 1}, "ProcessName": {role: roleProvider, rank: 0}, "SyslogMessage": {role: roleXML},
	},
}

// azureKind is what a category of Azure Monitor or a table of Log Analytics holds.
type azureKind struct {
	source  event.Source
	channel string
}

// azureKinds lists categories and tables, in lower case.
var azureKinds = func() map[string]azureKind {
	m := map[string]azureKind{}
	add := func(s event.Source, channel, names string) {
		for n := range strings.FieldsSeq(names) {
			m[n] = azureKind{s, channel}
		}
	}
	add(event.SourceEntra, "signin", `signinlogs noninteractiveusersigninlogs serviceprincipalsigninlogs
		managedidentitysigninlogs adfssigninlogs aadnoninteractiveusersigninlogs aadserviceprincipalsigninlogs
		aadmanagedidentitysigninlogs`)
	add(event.SourceEntra, "audit", `auditlogs`)
	add(event.SourceEntra, "risk", `riskyusers userriskevents riskyserviceprincipals serviceprincipalriskevents
		aaduserriskevents aadriskyusers aadriskyserviceprincipals aadserviceprincipalriskevents`)
	add(event.SourceEntra, "provisioning", `provisioninglogs aadprovisioninglogs`)
	add(event.SourceAzure, "activity", `administrative policy security alert autoscale servicehealth resourcehealth
		recommendation azureactivity write action delete`)
	return m
}()

// azureKindOf tells the log of an Azure record from its category, and where that says nothing from its fields.
func azureKindOf(category string, marks uint64) azureKind {
	// An audit record of Entra has a category of its own ("Policy"), which may be called like one of the activity log.
	audit := marks&markGraphAudit != 0 && marks&markAzureProps == 0
	if k, ok := azureKinds[strings.ToLower(category)]; ok && (!audit || k.source == event.SourceEntra) {
		return k
	}
	switch {
	case marks&markRisk != 0 && marks&markRiskMore != 0 && marks&markGraphApp == 0:
		return azureKind{event.SourceEntra, "risk"}
	case marks&markProvisioning != 0:
		return azureKind{event.SourceEntra, "provisioning"}
	case marks&markActivity != 0:
		return azureKind{event.SourceAzure, "activity"}
	case marks&markGraphApp != 0:
		return azureKind{event.SourceEntra, "signin"}
	case marks&(markGraphAudit|markGraphAuditMore) != 0 && marks&markAzureProps == 0:
		return azureKind{event.SourceEntra, "audit"}
	}
	return azureKind{event.SourceAzure, category}
}

// zeekNames are the names that exporters change, because some databases take no dots, back to Zeek's.
var zeekNames = map[string]string{
	"id_orig_h": "id.orig_h", "id_orig_p": "id.orig_p", "id_resp_h": "id.resp_h", "id_resp_p": "id.resp_p",
	"id_orig_host": "id.orig_h", "id_orig_port": "id.orig_p", "id_resp_host": "id.resp_h", "id_resp_port": "id.resp_p",
}

func zeekName(path string) jsonName {
	n := jsonName{name: path}
	if to, ok := zeekNames[path]; ok {
		n.name = to
	}
	switch path {
	case "ts":
		n.role = roleTime
	case "_write_ts", "@timestamp":
		n.role, n.rank = roleTime, 2
	case "_path", "@stream":
		n.role = roleChannel
	case "_system_name", "@system", "_node_name":
		n.role = roleHost
	}
	return n
}

// zeekByFile tells the log that a record without a path belongs to from the name of the file, as Zeek and its rotation
// write it (conn.log, conn.2024-01-01-00-00-00.log, conn_20240101.log) and as sensors are put before it.
func zeekByFile(file string) string {
	base := strings.ToLower(file[strings.LastIndexAny(file, `/\!`)+1:])
	base, _, _ = strings.Cut(base, ".")
	for base != "" {
		if zeekLogs[base] {
			return base
		}
		j := strings.LastIndexAny(base, "_-")
		if j < 0 {
			return ""
		}
		if zeekLogs[base[:j]] {
			return base[:j]
		}
		base = base[strings.IndexAny(base, "_-")+1:]
	}
	return ""
}

// zeekByField tells it from a field that only one log has.
func zeekByField(ev *event.Event) string {
	for _, g := range zeekGuess {
		if _, ok := ev.Get(g.field); ok {
			return g.path
		}
	}
	return ""
}

// zeekLogs are the logs of a stock Zeek and its usual packages.
var zeekLogs = func() map[string]bool {
	m := map[string]bool{}
	for n := range strings.FieldsSeq(`analyzer bro capture_loss cluster conn conn_long conn_summary dce_rpc dhcp dnp3 dns dpd files ftp
		http intel irc kerberos known_certs known_hosts known_services ldap ldap_search loaded_scripts modbus mqtt_connect mysql
		notice notice_alarm ntlm ntp ocsp packet_filter pe postgresql quic radius rdp redis reporter rfb signatures sip smb_cmd smb_files
		smb_mapping smtp snmp socks software ssh ssl stats stderr syslog telemetry traceroute tunnel weird weird_stats
		websocket x509`) {
		m[n] = true
	}
	return m
}()

// zeekGuess lists fields that tell a log, the most telling first.
var zeekGuess = [...]struct{ field, path string }{
	{"conn_state", "conn"},
	{"qtype_name", "dns"},
	{"rcode_name", "dns"},
	{"status_code", "http"},
	{"resp_mime_types", "http"},
	{"cipher", "ssl"},
	{"server_name", "ssl"},
	{"certificate.serial", "x509"},
	{"named_pipe", "dce_rpc"},
	{"endpoint", "dce_rpc"},
	{"request_type", "kerberos"},
	{"ntdomainname", "ntlm"},
	{"domainname", "ntlm"},
	{"share_type", "smb_mapping"},
	{"times.modified", "smb_files"},
	{"cookie", "rdp"},
	{"mailfrom", "smtp"},
	{"auth_success", "ssh"},
	{"tunnel_type", "tunnel"},
	{"note", "notice"},
	{"mac", "dhcp"},
	{"mime_type", "files"},
	{"seen_bytes", "files"},
	{"machine", "pe"},
	{"command", "ftp"},
	{"software_type", "software"},
	{"peer", "weird"},
	{"query", "dns"},
	{"duration", "conn"},
}

// auditbeatName maps Auditbeat's and the auditd integration's fields back to those of the audit log. The record type
// is the channel.
func auditbeatName(path string) jsonName {
	if rest, ok := strings.CutPrefix(path, "auditd.data."); ok {
		return jsonName{name: rest}
	}
	n := jsonName{name: path}
	switch path {
	case "auditd.message_type", "auditd.log.record_type":
		n.name, n.role = "type", roleKind
	case "process.executable":
		n.name = "exe"
	case "process.name":
		n.name = "comm"
	case "process.pid":
		n.name = "pid"
	case "process.parent.pid", "process.ppid":
		n.name = "ppid"
	case "process.working_directory":
		n.name = "cwd"
	case "auditd.paths.name":
		n.name = "name"
	case "auditd.paths.nametype":
		n.name = "nametype"
	case "auditd.result":
		n.name = "res"
	case "user.id":
		n.name = "uid"
	case "user.audit.id":
		n.name = "auid"
	case "user.effective.id":
		n.name = "euid"
	case "tags":
		n.name = "key"
	case "@timestamp":
		n.role = roleTime
	case "host.name":
		n.role = roleHost
	case "host.hostname", "agent.hostname":
		n.role, n.rank = roleHost, 1
	}
	return n
}
