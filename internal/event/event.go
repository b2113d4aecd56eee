// Package event is the one shape that every log record takes on its way through the house.
//
// A reader fills an [Event] per record: a small header (time, host, channel, provider, event id) and a flat
// list of [Value]s, each a slice of the reader's own buffer in the encoding it was found in. Nothing is decoded
// until somebody asks: the hunt engine turns into text only those fields that a candidate rule reads, and JSON
// is built for findings alone. Field names live in a [Names] table that the reader owns, so that a record
// carries small slot numbers and never a map.
//
// An Event and everything it points to is valid only until the reader that filled it moves on. Whoever keeps
// one copies what it needs.
//
// The package knows no log format, no rule and no I/O.
package event

import "time"

// Source names the kind of log a record comes from, as used in taxonomy files ("windows", "iis", "auditd").
type Source string

// The sources that the readers of this project know.
const (
	SourceWindows     Source = "windows"      // Windows Event Log, whatever the container (EVTX, JSON, XML)
	SourceSysmonLinux Source = "sysmon-linux" // Sysmon for Linux
	SourceAuditd      Source = "auditd"       // Linux audit daemon; Channel is the record type (SYSCALL, USER_LOGIN…)
	SourceSyslog      Source = "syslog"       // RFC 3164 and 5424; Provider is the program name
	SourceIIS         Source = "iis"          // IIS W3C extended
	SourceHTTPProxy   Source = "httpproxy"    // Exchange HttpProxy; Channel is the protocol (Owa, Ecp…)
	SourceECP         Source = "ecp"          // Exchange ECP Server
	SourceWebAccess   Source = "webaccess"    // Apache and nginx access logs (common and combined)
	SourceZeek        Source = "zeek"         // Channel is the log path (conn, dns…)
	SourceCloudTrail  Source = "cloudtrail"   // AWS CloudTrail
	SourceEntra       Source = "entra"        // Channel is signin, audit, risk or provisioning
	SourceAzure       Source = "azure"        // Azure activity log
	SourceM365        Source = "m365"         // Microsoft 365 unified audit log; Channel is the workload
	SourceOkta        Source = "okta"         // Okta system log
	SourceKubernetes  Source = "kubernetes"   // Kubernetes audit log
	SourceGCP         Source = "gcp"          // Google Cloud audit log
	SourceGitHub      Source = "github"       // GitHub audit log
	SourceCSV         Source = "csv"          // any CSV with a header row
	SourceJSON        Source = "json"         // any JSON object that nothing else recognises
	SourceText        Source = "text"         // any line that nothing else recognises; the line is field "message"
)

// Event is one log record.
type Event struct {
	Source      Source
	Time        int64 // nanoseconds since 1970 in UTC; meaningful if HasTime
	HasTime     bool
	EventID     uint32 // Windows event id (qualifiers removed), 0 where there is none
	RecordID    uint64 // Windows record id; meaningful if HasRecordID, else 0
	HasRecordID bool
	Carved      bool  // the record stood where its log keeps none: it was deleted or overwritten in part, and recovered
	Offset      int64 // of the record's first byte in its (uncompressed) file
	Channel     string
	Provider    string
	Host        string
	Names       *Names  // names of Values[i].Slot
	Values      []Value // in the order of the record; a field that has several values stands several times
	Raw         []byte  // the record's own text in UTF-8 where the log is text, else nil
}

// When returns the record's time in UTC, or the zero time where it has none.
func (e *Event) When() time.Time {
	if !e.HasTime {
		return time.Time{}
	}
	return time.Unix(0, e.Time).UTC()
}

// Reset empties e and keeps its storage for the next record.
func (e *Event) Reset() {
	*e = Event{Values: e.Values[:0], Names: e.Names}
}

// Add appends one value. It is a convenience for readers.
func (e *Event) Add(slot uint32, t Type, raw []byte) {
	e.Values = append(e.Values, Value{Raw: raw, Slot: slot, Type: t})
}

// Name is one field name.
type Name struct {
	Text string
	// System marks a field of the record's envelope (Windows: everything under Event/System). Where the envelope
	// and the data of a record both have a field of that name, rules read the data's.
	System bool
}

// Names numbers field names: the slot of a name is its index. One reader owns a table and is its only user; it
// grows while the reader meets new names, and a slot never changes its meaning.
type Names struct {
	list   []Name
	data   map[string]uint32
	system map[string]uint32
}

// MaxNames bounds a table. A reader whose table is [Names.Full] goes on with a fresh one, so that a log with
// ever new field names costs time but no memory.
const MaxNames = 1 << 14

// NewNames returns an empty table.
func NewNames() *Names {
	return &Names{data: map[string]uint32{}, system: map[string]uint32{}}
}

// Len is the number of names, and the next slot.
func (n *Names) Len() int { return len(n.list) }

// Full says that the table has reached [MaxNames].
func (n *Names) Full() bool { return len(n.list) >= MaxNames }

// At returns the name in a slot.
func (n *Names) At(slot uint32) Name { return n.list[slot] }

// Slot returns the slot of a data field, adding the name when it is new.
func (n *Names) Slot(name string) uint32 { return n.slot(n.data, name, false) }

// SystemSlot returns the slot of an envelope field, adding the name when it is new.
func (n *Names) SystemSlot(name string) uint32 { return n.slot(n.system, name, true) }

// SlotBytes is [Names.Slot] for a name that is not a string yet; it allocates only for a new name.
func (n *Names) SlotBytes(name []byte) uint32 {
	if s, ok := n.data[string(name)]; ok {
		return s
	}
	return n.Slot(string(name))
}

// Find returns the slot of a name if the table has it.
func (n *Names) Find(name string, system bool) (uint32, bool) {
	m := n.data
	if system {
		m = n.system
	}
	s, ok := m[name]
	return s, ok
}

func (n *Names) slot(m map[string]uint32, name string, system bool) uint32 {
	if s, ok := m[name]; ok {
		return s
	}
	s := uint32(len(n.list))
	n.list = append(n.list, Name{Text: name, System: system})
	m[name] = s
	return s
}

// Get returns the first value of a field: of the record's data, else of its envelope.
func (e *Event) Get(name string) (Value, bool) {
	var (
		sys Value
		ok  bool
	)
	for _, v := range e.Values {
		n := e.Names.At(v.Slot)
		if n.Text != name {
			continue
		}
		if !n.System {
			return v, true
		}
		if !ok {
			sys, ok = v, true
		}
	}
	return sys, ok
}

// Text returns the first value of a field as text, or "" where it is missing or null.
func (e *Event) Text(name string) string {
	v, ok := e.Get(name)
	if !ok {
		return ""
	}
	var buf [96]byte // most texts need no more
	return string(v.AppendText(buf[:0]))
}
