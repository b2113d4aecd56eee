package source

import (
	"strings"

	"entente/internal/event"
)

// csvKind is what rows under a header are.
type csvKind int

const (
	csvPlain     csvKind = iota
	csvHTTPProxy         // Exchange HttpProxy
	csvECP               // Exchange ECP: typed values in the column EventData
	csvM365              // Microsoft 365 audit log: the record as JSON in the column AuditData
)

// csvTable is a header row made ready. Columns that a table does not have are -1.
type csvTable struct {
	kind     csvKind
	header   string // the row itself, to know it when it comes again
	slots    []uint32
	source   event.Source
	channel  string
	provider string
	events   *eventTable // nil where no row can be a Windows event

	time, clock int // clock: where date and time of day are two columns
	host        int
	channelAt   int
	payload     int // the column that holds more fields
}

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

// newCSVTable makes a header row ready. Columns without a name are called columnN, counted from 1; columns of one name
// are one field with several values. events says that rows may be Windows events.
func newCSVTable(header string, columns []string, names *event.Names, events bool) *csvTable {
	t := &csvTable{
		header: header, source: event.SourceCSV,
		time: -1, clock: -1, host: -1, channelAt: -1, payload: -1,
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
	switch t.kind {
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
		} else if events {
			if c := columnsOfEvents(columns, squashed); c != nil {
				t.events = newEventTable(c)
			}
		}
	}
	for i, c := range columns {
		switch {
		case i == t.payload && t.kind != csvPlain:
			t.slots = append(t.slots, payloadSlot(t.kind, names))
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
	if k == csvM365 {
		return names.Slot("AuditData")
	}
	return names.Slot("EventData")
}
