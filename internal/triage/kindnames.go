package triage

import "entente/internal/event"

// kindFields are where logs without event ids say what kind of event a record is.
var kindFields = map[event.Source][]string{
	event.SourceCloudTrail: {"eventName"},
	event.SourceM365:       {"Operation"},
	event.SourceOkta:       {"eventType"},
	event.SourceEntra:      {"operationName", "activityDisplayName"},
	event.SourceAzure:      {"operationName", "operationName.value"},
	event.SourceKubernetes: {"verb"},
	event.SourceGCP:        {"protoPayload.methodName"},
	event.SourceGitHub:     {"action"},
	event.SourceIIS:        {"sc-status"},
	event.SourceWebAccess:  {"sc-status", "status"},
	event.SourceHTTPProxy:  {"HttpStatus"},
}

// kindNames reads the kind of records without an event id.
type kindNames struct {
	fields map[event.Source]*Fields
	last   event.Source
	now    *Fields
}

// of returns the kind of a record, "" where its source has none. Syslog's is the program, that of the audit daemon the type
// of the record.
func (k *kindNames) of(ev *event.Event) string {
	if ev.Source == event.SourceSyslog {
		return ev.Provider
	}
	if ev.Source == event.SourceAuditd {
		return ev.Channel
	}
	if ev.Source != k.last {
		k.last = ev.Source
		if k.fields == nil {
			k.fields = map[event.Source]*Fields{}
		}
		k.now = k.fields[ev.Source]
		if names := kindFields[ev.Source]; k.now == nil && names != nil {
			k.now = NewFields(names)
			k.fields[ev.Source] = k.now
		}
	}
	if k.now == nil {
		return ""
	}
	found, _ := k.now.Texts(ev)
	for _, s := range found {
		if s != "" {
			return s[:min(len(s), maxKindName)]
		}
	}
	return ""
}

// maxKindName bounds a kind's name, which a log may choose freely, in bytes.
const maxKindName = 128
