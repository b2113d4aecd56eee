// Package taxonomy says where a Sigma logsource is found and how its fields are spelled there. The table is data
// (tables/*.yml, embedded); a user's own files add to it. docs/formats/taxonomy.md documents the format.
//
// A [Binding] ties logsources to one kind of record. [Table.For] gives the bindings that serve a rule, so that no
// record is offered to the rule by two of them that mean the same, and [Table.Unserved] says why a rule has none.
// [Match.Selects] is the meaning of a binding's match, [Convert] that of its conversions; a hunt may implement
// them faster, but not differently.
//
// The package reads no log and knows no rule. A Table is never changed after [Load], so that any number of
// goroutines may read it.
package taxonomy

import (
	"regexp"

	"entente/internal/event"
	"entente/internal/sigma"
)

// Binding ties logsources to one kind of log: "process_creation on Windows is Sysmon event 1".
type Binding struct {
	Name   string            // unique, e.g. windows/sysmon/1
	Serves []sigma.LogSource // rules for any of these run on the records that Match selects
	Match  Match
	// Fields maps a name of Sigma's taxonomy to where its value stands in the record. A name that is not listed
	// stands under its own name.
	Fields map[string]Field
	// Closed says that Known lists every field that such a record can have; a rule that reads another one can be
	// told to be not applicable before any record is read. It holds for records as their log writes them; who adds
	// fields on the way (an EDR, a pipeline) shows them in the names that the reader meets.
	Closed bool
	Known  map[string]bool // names of the record, not of the taxonomy
	// Narrow says that a rule has to name a category or a service to run here: `product: windows` alone means the
	// event log, not the text logs of a web server on Windows.
	Narrow bool
	// Enable tells an operator how to turn this log on.
	Enable string
	// File and Line are where the binding stands, for messages; built-in ones are in tables/.
	File string
	Line int
}

// Match selects records. An empty list matches everything. Channels and providers compare without case.
// [Match.Selects] is its meaning.
type Match struct {
	Sources   []event.Source
	Channels  []string
	Providers []string
	EventIDs  []uint32
	// Where holds further fields that must have one of the values (without case), e.g. type: [EXECVE]. The value *
	// ([Any]) asks only that the field is there and not null, an empty one ([Absent]) that it is missing, null or empty.
	Where map[string][]string
	// Pattern must be found in the record's own text (event.Event.Raw): it tells vendors apart in syslog. Nil where
	// nothing is asked; a record without Raw does not match one.
	Pattern *regexp.Regexp
}

// Field is where a taxonomy field's value stands.
type Field struct {
	// From holds names of the record. With a conversion that joins ([Convert.Joins]) they are its arguments, and the
	// field is missing only where all of them are. Otherwise any of them may hold the value: the rule tests all that
	// are there, each converted.
	From []string
	As   Convert
	// Also names further places of the same field, tested as well: a test holds when it holds in any place. Whether
	// the field is there at all (null, exists) is From's to say.
	Also []Field
}
