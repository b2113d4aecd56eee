package hunt

import (
	"encoding/json"
	"time"

	"entente/internal/event"
	"entente/internal/sigma"
)

// Finding is one match of a rule, or one firing of a correlation. It owns everything it holds.
type Finding struct {
	Rule       *sigma.Meta // of the rule or correlation; shared, never changed
	LogSource  sigma.LogSource
	Techniques []Technique // of the rule's tags, resolved; in the order of the tags
	Tactics    []string    // short names as ATT&CK writes them (initial-access…), in kill-chain order

	Source   event.Source
	Time     time.Time // UTC; zero where the record has none
	Host     string
	User     string
	Channel  string
	Provider string
	EventID  uint32
	// RecordID is meaningful if HasRecordID, else 0.
	RecordID    uint64
	HasRecordID bool
	File        string // path, and path!member inside archives
	Offset      int64  // of the record in the (uncompressed) file

	// Matched holds the fields that the rule's true tests read, under the names of the rule, in order of name.
	Matched []FieldValue
	// Event is the whole record as one flat JSON object, see event.Event.AppendJSON; nil where Options.Event asks for none.
	Event json.RawMessage
	// Caveats say why this finding may be less sure than its rule: a filter of the rule reads a field that this log
	// does not have, say.
	Caveats []string
	// Correlation is set on findings of correlation documents. RestsOn are then the rules and correlations that the document
	// refers to, directly or through others, each before what refers to it; shared.
	Correlation *CorrelationHit
	RestsOn     []*sigma.Meta
	// Count is how many equal findings this one stands for; 1 where findings are not grouped. Last is the time of
	// the latest of them.
	Count int
	Last  time.Time
}

// Technique is an ATT&CK technique that a tag names.
type Technique struct {
	ID   string // T1059.001
	Name string // "" where the embedded facts do not know it
	URL  string
	// Tactics that it serves, as short names; nil where the facts do not know it.
	Tactics []string
}

// FieldValue is one field of a record.
type FieldValue struct {
	Name, Value string
	Null        bool // the field has no value: it is null or missing, and Value is ""
}

// CorrelationHit says what a correlation saw.
type CorrelationHit struct {
	Type    sigma.CorrelationType
	Group   []FieldValue // the group-by fields (or aliases) and their values
	Value   float64      // what was counted or computed
	First   time.Time
	Last    time.Time
	Matches []CorrelationMatch // the records it rests on, in order of time; at most MaxCorrelationMatches
	Total   int                // how many there were
}

// CorrelationMatch points to one record that a correlation rests on.
type CorrelationMatch struct {
	Rule  string // id or name of the rule that matched
	Title string
	Time  time.Time
	Host  string
	User  string
	// Channel, EventID and RecordID are of the record; "" and 0 where it has none, and where a correlation matched.
	Channel     string
	EventID     uint32
	RecordID    uint64
	HasRecordID bool
	Carved      bool // the record's log does not hold it any more
	File        string
	Offset      int64
}

// MaxCorrelationMatches bounds CorrelationHit.Matches.
const MaxCorrelationMatches = 100

// Summary describes a finished hunt.
type Summary struct {
	Started    time.Time
	Duration   time.Duration
	Version    string // of the program
	Inputs     []string
	Files      int   // opened and read, members of archives included
	Events     int64 // decoded
	UsedBytes  int64 // of log content that held records, uncompressed
	Findings   int64 // written out, after filters and suppression, before grouping
	Suppressed int64
	Rules      int // loaded, correlations among them
	Applicable int // that some log among the inputs could satisfy
	// Correlations and Indicators are how many of the rules are correlations, and how many were made of indicators.
	Correlations int
	Indicators   int
	PeakRSS      int64
	ByLevel      map[string]int64
	Warnings     []Warning // damage and skipped inputs, in order; capped, see WarningsTotal
	// WarningsTotal counts all of them.
	WarningsTotal int64
	// NotApplicable are rules whose logsource was among the inputs but whose fields no such log has.
	NotApplicable []RuleNote
	// Idle are the other rules that had nothing to run on, and the correlations; only where Options.Idle asks for them.
	Idle []RuleNote
	// Skipped lists inputs that were not read, with why.
	Skipped []Warning
	// Hosts, and the time range of all events.
	Hosts       []string
	First, Last time.Time
	// Asked are the hosts whose records alone were asked for, see Options.Hosts; empty: all.
	Asked []string
	// Judged is what of the records was hunted in where only those of a time or of some hosts were asked for; nil: all.
	Judged *Judged
	// Logs counts the records that were hunted in, by kind and host, in that order; only where Options.Logs asks for it.
	Logs []LogCount
	// LogTimes are the times of these records, by log and host; with Logs only.
	LogTimes []LogTimes
	// LogsFolded says that there were too many kinds and hosts to count them all apart: the rest counts for host "".
	LogsFolded bool
	// Unnamed are the files with records of hosts that have no name there, with what stands for it: addresses by which a
	// web server calls itself, of which it may have several, or "". With Logs only.
	Unnamed []FileHosts
	// HostFacts are what records tell of machines, in order of host; with Logs only.
	HostFacts []HostFacts
	// Incomplete says why the hunt ended before it had gone through its inputs, or which of them it did not read to its end
	// because of a limit; "" where it has. Damage in an input does not count: what can be read of it was.
	Incomplete string
	// ATTACKVersion is the version of the ATT&CK facts used.
	ATTACKVersion string
}

// Judged are the records of a time, or of hosts, that were hunted in.
type Judged struct {
	Since, Until time.Time // that were asked for; zero: open
	Records      int64
	First, Last  time.Time // of these records; zero where none has a time
}

// Warning is trouble in one input.
type Warning struct {
	File    string
	Offset  int64 // -1 where it concerns the whole file
	Message string
}

// RuleNote says something about one rule.
type RuleNote struct {
	ID, Title, Note string
}
