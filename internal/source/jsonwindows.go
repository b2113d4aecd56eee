package source

import "strings"

// Windows events come as JSON in many shapes. All of them end up under the names that the XML of the event has, as
// package evtx gives them: the envelope as ELEMENT or ELEMENT_ATTRIBUTE of Event/System, the data under the names of
// EventData.

// systemRoles are the fields of the envelope that the event's header takes, by their name in package evtx.
var systemRoles = map[string]jsonName{
	"EventID":       {role: roleEventID},
	"EventRecordID": {role: roleRecordID},
	"Channel":       {role: roleChannel},
	"Provider_Name": {role: roleProvider},
	"Computer":      {role: roleHost},
	"TimeCreated":   {role: roleTime},
	"Keywords":      {role: roleKeywords},
	"Provider_Guid": {guid: true}, "Correlation_ActivityID": {guid: true}, "Correlation_RelatedActivityID": {guid: true},
}

// system is a field of the envelope.
func system(name string) jsonName {
	n := systemRoles[name]
	n.name, n.system = name, true
	return n
}

// ranked is system for a field that may stand in several places, of which the one with the lowest rank counts.
func ranked(name string, rank uint8) jsonName {
	n := system(name)
	n.rank = rank
	return n
}

// message is the rendered text of the event.
var message = jsonName{name: "Message", system: true, role: roleMessage}

// data is a field of the event's data.
func data(name string) jsonName {
	name = spelled(name)
	return jsonName{name: name, guid: strings.HasSuffix(strings.ToLower(name), "guid")}
}

// bare takes from a path what converters from XML put there: attribute marks and names for an element's own text.
func bare(path string) []string {
	segs := strings.Split(path, ".")
	out := segs[:0]
	for i, s := range segs {
		last := i == len(segs)-1
		switch s {
		case "#attributes", "@attributes", "$", "_attributes", "attributes":
			continue
		case "#text", "_", "$t", "_text", "$value":
			if last && i > 0 {
				continue
			}
		}
		s = strings.TrimSuffix(s, "_attributes")
		s = strings.TrimPrefix(strings.TrimPrefix(s, "@"), "-")
		out = append(out, s)
	}
	return out
}

// nestedName maps the shape of XML: Event.System.Provider.#attributes.Name and its relatives.
func nestedName(path string) jsonName {
	if rest, ok := strings.CutPrefix(path, "data.win."); ok {
		return wazuhName(rest)
	}
	segs := bare(path)
	if len(segs) > 1 && segs[0] == "Event" {
		segs = segs[1:]
	}
	if len(segs) == 0 || segs[len(segs)-1] == "xmlns" || segs[0] == "Event_attributes" {
		return jsonName{role: roleDrop}
	}
	rest := segs[1:]
	switch segs[0] {
	case "System":
		return nestedSystem(rest)
	case "EventData":
		switch {
		case len(rest) == 0:
			return jsonName{name: "Data", role: roleHolder}
		case rest[0] == "Data" && len(rest) > 1:
			rest = rest[1:]
		case rest[0] == "Name" && strings.Contains(path, "ttributes"):
			return data("EventData_Name")
		}
		return data(strings.Join(rest, "."))
	case "UserData", "ProcessingErrorData", "DebugData":
		if len(rest) == 0 {
			return jsonName{name: segs[0], role: roleHolder}
		}
		if strings.HasPrefix(rest[len(rest)-1], "xmlns") || rest[len(rest)-1] == "NS" || rest[len(rest)-1] == "Event_NS" {
			return jsonName{role: roleDrop}
		}
		return data(rest[len(rest)-1])
	case "RenderingInfo":
		switch {
		case len(rest) == 0:
			return jsonName{role: roleDrop}
		case rest[0] == "Message":
			return message
		}
		return jsonName{name: "RenderingInfo_" + strings.Join(rest, "_"), system: true}
	}
	if path == "Message" {
		return message
	}
	return jsonName{name: path}
}

func nestedSystem(segs []string) jsonName {
	if len(segs) == 0 {
		return jsonName{role: roleDrop}
	}
	if last := len(segs) - 1; last > 0 && (segs[last] == "Value" || segs[last] == "value") {
		segs = segs[:last]
	}
	name := strings.Join(segs, "_")
	switch name {
	case "TimeCreated_SystemTime":
		return system("TimeCreated")
	case "Provider", "Execution", "Security", "Correlation":
		return jsonName{role: roleDrop} // without attributes
	case "Security_UserId":
		return system("Security_UserID")
	case "Provider_GUID":
		return system("Provider_Guid")
	}
	return system(name)
}

// wazuhFields are the envelope in alerts of Wazuh, below data.win.
var wazuhFields = map[string]jsonName{
	"system.providerName": system("Provider_Name"), "system.providerGuid": system("Provider_Guid"), "system.eventID": system("EventID"),
	"system.version": system("Version"), "system.level": system("Level"), "system.task": system("Task"), "system.opcode": system("Opcode"),
	"system.keywords": system("Keywords"), "system.systemTime": system("TimeCreated"), "system.eventRecordID": system("EventRecordID"),
	"system.processID": system("Execution_ProcessID"), "system.threadID": system("Execution_ThreadID"), "system.channel": system("Channel"),
	"system.computer": system("Computer"), "system.message": message, "system.severityValue": {role: roleDrop},
	"eventSourceName": system("Provider_EventSourceName"),
}

// wazuhName maps Wazuh's shape, which writes the first letter of a name small and every backslash twice.
func wazuhName(path string) jsonName {
	if n, ok := wazuhFields[path]; ok {
		return n
	}
	rest, ok := strings.CutPrefix(path, "eventdata.")
	if !ok || rest == "" {
		return jsonName{name: "data.win." + path}
	}
	n := data(strings.ToUpper(rest[:1]) + rest[1:])
	n.twice = true
	return n
}

// beatFields are the envelope in winlogbeat and Elastic Agent, old and new.
var beatFields = map[string]jsonName{
	"winlog.event_id":            ranked("EventID", 0),
	"winlog.record_id":           system("EventRecordID"),
	"winlog.channel":             system("Channel"),
	"winlog.provider_name":       system("Provider_Name"),
	"winlog.provider_guid":       system("Provider_Guid"),
	"winlog.computer_name":       ranked("Computer", 0),
	"winlog.task":                system("Task"),
	"winlog.opcode":              system("Opcode"),
	"winlog.keywords":            system("Keywords"),
	"winlog.version":             system("Version"),
	"winlog.level":               system("Level"),
	"winlog.process.pid":         system("Execution_ProcessID"),
	"winlog.process.thread.id":   system("Execution_ThreadID"),
	"winlog.user.identifier":     system("Security_UserID"),
	"winlog.activity_id":         system("Correlation_ActivityID"),
	"winlog.related_activity_id": system("Correlation_RelatedActivityID"),
	"winlog.time_created":        ranked("TimeCreated", 0),
	"event.created":              {name: "event.created", role: roleTime, rank: 9},
	"event.code":                 {name: "event.code", role: roleEventID, rank: commonRank},
	"event.provider":             {name: "event.provider", role: roleProvider, rank: commonRank},
	"event_id":                   ranked("EventID", 0),
	"record_number":              system("EventRecordID"),
	"record_id":                  system("EventRecordID"),
	"log_name":                   system("Channel"),
	"channel":                    system("Channel"),
	"source_name":                ranked("Provider_Name", 0),
	"provider_name":              ranked("Provider_Name", 0),
	"provider_guid":              system("Provider_Guid"),
	"computer_name":              ranked("Computer", 0),
	"process_id":                 system("Execution_ProcessID"),
	"thread_id":                  system("Execution_ThreadID"),
	"user.identifier":            system("Security_UserID"),
	"activity_id":                system("Correlation_ActivityID"),
	"keywords":                   system("Keywords"),
	"opcode":                     system("Opcode"),
	"task":                       system("Task"),
	"version":                    system("Version"),
	"@timestamp":                 ranked("TimeCreated", 1),
	"message":                    message,
	"host.name":                  {name: "host.name", role: roleHost, rank: 5},
	"host.hostname":              {name: "host.hostname", role: roleHost, rank: 6},
	"agent.hostname":             {name: "agent.hostname", role: roleHost, rank: 7},
	"beat.hostname":              {name: "beat.hostname", role: roleHost, rank: 7},
}

// beatPrefixes hold the data.
var beatPrefixes = [...]string{"winlog.event_data.", "winlog.user_data.", "event_data.", "user_data."}

func beatName(path string) jsonName {
	if n, ok := beatFields[path]; ok {
		if n.role == roleTime && n.system && n.rank == 1 {
			n.name = "TimeCreated"
		}
		return n
	}
	for _, p := range beatPrefixes {
		if path == p[:len(p)-1] {
			return jsonName{name: path, role: roleHolder}
		}
		if rest, ok := strings.CutPrefix(path, p); ok {
			if strings.HasPrefix(rest, "xml_name") {
				return jsonName{name: path}
			}
			return data(rest)
		}
	}
	if commonPaths[path] {
		return jsonName{name: path, role: roleCommon}
	}
	return jsonName{name: path}
}

// flatFields are the envelope where it lies beside the data: nxlog, Get-WinEvent, Log Analytics, Splunk, Velociraptor's
// and Zircolite's flat output, and our own.
var flatFields = map[string]jsonName{
	"EventID": ranked("EventID", 0), "EventId": ranked("EventID", 0), "EventCode": ranked("EventID", 1), "Id": ranked("EventID", 1),
	"Event ID": ranked("EventID", 1),

	"Channel": ranked("Channel", 0), "LogName": ranked("Channel", 1), "Log Name": ranked("Channel", 1),
	"EventLog": {name: "EventLog", role: roleChannel, rank: 1},

	"Provider_Name": ranked("Provider_Name", 0), "SourceName": ranked("Provider_Name", 1), "ProviderName": {name: "ProviderName", role: roleProvider, rank: 3},
	"EventSourceName": ranked("Provider_Name", 2), "Provider": ranked("Provider_Name", 1), "Source": {name: "Source", role: roleProvider, rank: 4},
	"Provider_Guid": system("Provider_Guid"), "ProviderGuid": system("Provider_Guid"), "ProviderId": system("Provider_Guid"),

	"Computer": ranked("Computer", 0), "Hostname": ranked("Computer", 1), "ComputerName": ranked("Computer", 1),
	"MachineName": ranked("Computer", 1), "HostName": {name: "HostName", role: roleHost, rank: 4},
	"host": {name: "host", role: roleHost, rank: 5},

	"EventRecordID": system("EventRecordID"), "RecordNumber": ranked("EventRecordID", 1), "RecordId": system("EventRecordID"),
	"EventRecordId": system("EventRecordID"), "RecordID": system("EventRecordID"),

	"Execution_ProcessID": system("Execution_ProcessID"), "ExecutionProcessID": system("Execution_ProcessID"),
	"Execution_ThreadID": system("Execution_ThreadID"), "ExecutionThreadID": system("Execution_ThreadID"),
	"ThreadID": system("Execution_ThreadID"), "ThreadId": system("Execution_ThreadID"),
	"SystemProcessId": system("Execution_ProcessID"), "SystemThreadId": system("Execution_ThreadID"),
	"Security_UserID": system("Security_UserID"), "SystemUserId": system("Security_UserID"), "UserID": system("Security_UserID"),

	"Level": system("Level"), "Task": system("Task"), "Opcode": system("Opcode"), "OpcodeValue": system("Opcode"),
	"Version": system("Version"), "Keywords": system("Keywords"), "Qualifiers": system("EventID_Qualifiers"),
	"EventID_Qualifiers": system("EventID_Qualifiers"), "ActivityID": system("Correlation_ActivityID"),
	"ActivityId": system("Correlation_ActivityID"), "RelatedActivityId": system("Correlation_RelatedActivityID"),
	"RelatedActivityID": system("Correlation_RelatedActivityID"), "Correlation": system("Correlation_ActivityID"),
	"Correlation_ActivityID":        system("Correlation_ActivityID"),
	"Correlation_RelatedActivityID": system("Correlation_RelatedActivityID"),
	"Provider_EventSourceName":      system("Provider_EventSourceName"),

	"Message": message, "RenderedDescription": message,
	"FormattedMessage": message,

	// Times, the most exact first. Those without a zone yield to those with one.
	"TimeCreated": ranked("TimeCreated", 0), "UtcTime": {name: "UtcTime", role: roleTime, rank: 1, utc: true},
	"SystemTime": ranked("TimeCreated", 1), "TimeGenerated": {name: "TimeGenerated", role: roleTime, rank: 3},
	"EventTime": {name: "EventTime", role: roleTime, rank: 2}, "@timestamp": {name: "@timestamp", role: roleTime, rank: 4},
	"_time": {name: "_time", role: roleTime, rank: 4}, "EventReceivedTime": {name: "EventReceivedTime", role: roleTime, rank: 7},

	"EventData": {name: "EventData", role: roleXML}, "ParameterXml": {name: "ParameterXml", role: roleXML},
	"RawEventData": {name: "RawEventData", role: roleXML}, "_raw": {name: "_raw", role: roleXML},
	"TimeCreated.value": system("TimeCreated"), "TimeCreated.DateTime": {name: "TimeCreated.DateTime", role: roleDrop},
	"TimeCreated.DisplayHint": {role: roleDrop}, "UserId.Value": system("Security_UserID"), "UserId": system("Security_UserID"),
	"Properties.Value": {name: "Data"}, "Event_NS": {role: roleDrop},
}

// smallFlat are the fields of the envelope where an exporter has made all letters small.
var smallFlat = func() map[string]jsonName {
	m := map[string]jsonName{}
	for _, name := range [...]string{
		"EventID", "Channel", "LogName", "SourceName", "ProviderName", "ProviderGuid", "Hostname", "Computer", "ComputerName", "MachineName",
		"RecordNumber", "EventRecordID", "ExecutionProcessID", "ThreadID", "Keywords", "Message", "TimeCreated", "EventTime", "EventReceivedTime",
	} {
		m[strings.ToLower(name)] = flatFields[name]
	}
	return m
}()

func flatName(path string) jsonName {
	if n, ok := flatFields[path]; ok {
		return n
	}
	for _, p := range [...]string{"EventData.", "UserData.", "System."} {
		rest, ok := strings.CutPrefix(path, p)
		if !ok {
			continue
		}
		if p == "System." {
			return system(rest)
		}
		return data(strings.TrimPrefix(rest, "Data."))
	}
	if n, ok := smallFlat[path]; ok {
		return n
	}
	if l := labels[path]; l != nil {
		return jsonName{name: path, role: roleLabel, label: l}
	}
	if name := spelled(path); name != path {
		if n, ok := flatFields[name]; ok {
			return n
		}
		return jsonName{name: name}
	}
	return jsonName{name: path}
}

// shadowed are the names of the envelope that our own flat output may use for data as well; it then writes the
// envelope's as System.NAME.
func shadowed(path string) (name string, ok bool) {
	name, ok = strings.CutPrefix(path, "System.")
	return name, ok && name != "" && !strings.Contains(name, ".")
}
