package source

import (
	"strings"

	"entente/internal/event"
)

// csvKind is what rows under a header are.
type csvKind int

const (
	csvPlain       csvKind = iota
	csvHTTPProxy           // Exchange HttpProxy
	csvECP                 // Exchange ECP: typed values in the column EventData
	csvEvtxECmd            // Windows events as EvtxECmd exports them: event data as JSON in the column Payload
	csvWinEvent            // Windows events as Get-WinEvent | Export-Csv writes them
	csvEventViewer         // Windows events as Event Viewer saves them
	csvM365                // Microsoft 365 audit log: the record as JSON in the column AuditData
)

// csvTable is a header row made ready. Columns that a table does not have are -1.
type csvTable struct {
	kind     csvKind
	header   string // the row itself, to know it when it comes again
	slots    []uint32
	source   event.Source
	channel  string
	provider string

	time, clock int // clock: where date and time of day are two columns
	host        int
	channelAt   int
	providerAt  int
	eventID     int
	recordID    int
	payload     int // the column that holds more fields
}

// dropped is the slot of columns that are not handed on.
const dropped = ^uint32(0)

// squash reduces a column name to its lower-case letters and digits: exports differ in blanks and case.
func squash(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 0x80:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// timeColumns are names of columns that hold the time of a record, squashed, the surest first.
var timeColumns = [...]string{
	"timecreated", "timegenerated", "eventtime", "timestamp", "datetime", "dateandtime", "eventtimestamp", "utctime",
	"timestamputc", "datetimeutc", "dateutc", "creationdate", "creationtime", "createddatetime", "activitydatetime",
	"activitydate", "eventdate", "eventcreationtime", "logtime", "receivetime", "generatetime", "starttime", "published",
	"mytimestamp", "createdat", "systemtime", "ts", "time", "date", "when",
}

// hostColumns are names of columns that hold the machine a record is about, squashed, the surest first.
var hostColumns = [...]string{
	"computer", "computername", "machinename", "hostname", "serverhostname", "servername", "devicename", "host", "server",
	"endpoint", "dvchost",
}

// columnOf returns the column of the first of the given names that there is, or -1.
func columnOf(squashed []string, names ...string) int {
	for _, want := range names {
		for i, n := range squashed {
			if n == want {
				return i
			}
		}
	}
	return -1
}

// hasColumns says that all of the given names are there.
func hasColumns(squashed []string, names ...string) bool {
	for _, n := range names {
		if columnOf(squashed, n) < 0 {
			return false
		}
	}
	return true
}

// kindOfTable recognises tables by their columns.
func kindOfTable(squashed []string) csvKind {
	switch {
	case hasColumns(squashed, "eventrecordid", "eventid", "timecreated", "provider", "channel", "payload"):
		return csvEvtxECmd
	case hasColumns(squashed, "id", "providername", "timecreated", "logname"),
		hasColumns(squashed, "id", "providername", "timecreated", "message"):
		return csvWinEvent
	case hasColumns(squashed, "dateandtime", "source", "eventid", "taskcategory"):
		return csvEventViewer
	case hasColumns(squashed, "auditdata", "creationdate"):
		return csvM365
	case hasColumns(squashed, "anchormailbox", "protocol", "urlstem"), hasColumns(squashed, "anchormailbox", "routinghint"):
		return csvHTTPProxy
	case len(squashed) == 4 && hasColumns(squashed, "servername", "eventid", "eventdata"):
		return csvECP
	default:
		return csvPlain
	}
}

// Columns of Windows events and the fields of the envelope that they are.
var (
	evtxECmdSystem = map[string]string{
		"eventrecordid": "EventRecordID", "timecreated": "TimeCreated", "eventid": "EventID", "level": "Level",
		"provider": "Provider_Name", "channel": "Channel", "processid": "Execution_ProcessID",
		"threadid": "Execution_ThreadID", "computer": "Computer", "userid": "Security_UserID", "keywords": "Keywords",
		// What the tool adds of its own, in other words than the event's.
		"recordnumber": "", "chunknumber": "", "mapdescription": "", "username": "", "remotehost": "", "payloaddata1": "",
		"payloaddata2": "", "payloaddata3": "", "payloaddata4": "", "payloaddata5": "", "payloaddata6": "",
		"executableinfo": "", "hiddenrecord": "", "sourcefile": "", "extradataoffset": "", "payload": "",
	}
	winEventSystem = map[string]string{
		"id": "EventID", "version": "Version", "qualifiers": "EventID_Qualifiers", "level": "Level", "task": "Task",
		"opcode": "Opcode", "keywords": "Keywords", "recordid": "EventRecordID", "providername": "Provider_Name",
		"providerid": "Provider_Guid", "logname": "Channel", "processid": "Execution_ProcessID",
		"threadid": "Execution_ThreadID", "machinename": "Computer", "userid": "Security_UserID",
		"timecreated": "TimeCreated", "activityid": "Correlation_ActivityID",
		"relatedactivityid": "Correlation_RelatedActivityID", "leveldisplayname": "LevelDisplayName",
		"opcodedisplayname": "OpcodeDisplayName", "taskdisplayname": "TaskDisplayName",
		"keywordsdisplaynames": "KeywordsDisplayNames", "containerlog": "", "matchedqueryids": "", "bookmark": "",
		"properties": "", "pscomputername": "", "runspaceid": "",
	}
	eventViewerSystem = map[string]string{
		"level": "Level", "dateandtime": "TimeCreated", "source": "Provider_Name", "eventid": "EventID",
		"taskcategory": "TaskDisplayName", "keywords": "KeywordsDisplayNames", "log": "Channel", "computer": "Computer",
		"user": "Security_UserID", "opcode": "OpcodeDisplayName",
	}
)

// newCSVTable makes a header row ready. Columns without a name are called columnN, counted from 1; columns of one name
// are one field with several values.
func newCSVTable(header string, columns []string, names *event.Names) *csvTable {
	t := &csvTable{
		header: header, source: event.SourceCSV,
		time: -1, clock: -1, host: -1, channelAt: -1, providerAt: -1, eventID: -1, recordID: -1, payload: -1,
	}
	squashed := make([]string, len(columns))
	for i, c := range columns {
		squashed[i] = squash(c)
	}
	t.kind = kindOfTable(squashed)
	t.time = columnOf(squashed, timeColumns[:]...)
	t.host = columnOf(squashed, hostColumns[:]...)
	if d := columnOf(squashed, "date"); d >= 0 && t.time >= 0 && squashed[t.time] == "time" {
		t.time, t.clock = d, t.time
	}
	var system map[string]string
	switch t.kind {
	case csvEvtxECmd:
		system = evtxECmdSystem
		t.source = event.SourceWindows
		t.payload = columnOf(squashed, "payload")
	case csvWinEvent:
		system = winEventSystem
		t.source = event.SourceWindows
		t.payload = columnOf(squashed, "message")
	case csvEventViewer:
		system = eventViewerSystem
		t.source = event.SourceWindows
		t.payload = len(columns) // the message stands in a column without a name
		if i := columnOf(squashed, "", "description", "message"); i >= 0 {
			t.payload = i
		}
	case csvM365:
		t.source = event.SourceM365
		t.payload = columnOf(squashed, "auditdata")
	case csvHTTPProxy:
		t.source = event.SourceHTTPProxy
		t.channelAt = columnOf(squashed, "protocol")
		t.host = columnOf(squashed, "serverhostname")
	case csvECP:
		t.source = event.SourceECP
		t.payload = columnOf(squashed, "eventdata")
	case csvPlain:
		if hasColumns(squashed, "actiontype") && (hasColumns(squashed, "initiatingprocessfilename") || hasColumns(squashed, "initiatingprocessfolderpath")) {
			t.channel = defenderChannel
		}
	}
	for i, c := range columns {
		sys, ok := system[squashed[i]]
		switch {
		case i == t.payload && t.kind != csvPlain:
			t.slots = append(t.slots, payloadSlot(t.kind, names))
		case ok && sys == "":
			t.slots = append(t.slots, dropped)
		case ok:
			t.slots = append(t.slots, names.SystemSlot(sys))
			switch sys {
			case "EventID":
				t.eventID = i
			case "EventRecordID":
				t.recordID = i
			case "Channel":
				t.channelAt = i
			case "Provider_Name":
				t.providerAt = i
			}
		case c == "":
			t.slots = append(t.slots, names.Slot(columnName(i)))
		default:
			t.slots = append(t.slots, names.Slot(c))
		}
	}
	return t
}

// payloadSlot is the field that a payload column is handed on as.
func payloadSlot(k csvKind, names *event.Names) uint32 {
	switch k {
	case csvEvtxECmd:
		return names.Slot("Payload")
	case csvM365:
		return names.Slot("AuditData")
	case csvECP:
		return names.Slot("EventData")
	case csvPlain, csvHTTPProxy, csvWinEvent, csvEventViewer:
	}
	return names.SystemSlot("Message")
}
