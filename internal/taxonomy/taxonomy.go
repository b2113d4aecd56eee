// Package taxonomy says where a Sigma logsource is found and how its fields are spelled there. The table is data
// (tables/*.yml, embedded); a user's own files add to it. docs/formats/taxonomy.md documents the format.
package taxonomy

import (
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
	// told to be not applicable before any record is read.
	Closed bool
	Known  map[string]bool // names of the record, not of the taxonomy
	// Enable tells an operator how to turn this log on.
	Enable string
}

// Match selects records. An empty list matches everything. Channels and providers compare without case.
type Match struct {
	Sources   []event.Source
	Channels  []string
	Providers []string
	EventIDs  []uint32
	// Where holds further fields that must have one of the values (without case), e.g. type: [EXECVE].
	Where map[string][]string
}

// Field is where a taxonomy field's value stands.
type Field struct {
	From []string // names in the record; several: any of them may hold it, the rule tests all that are there
	As   Convert
}

// Convert changes a value's text before rules see it.
type Convert string

// The conversions.
const (
	AsIs      Convert = ""
	HexToDec  Convert = "hex-to-dec"       // 0x1f4 → 500
	Integrity Convert = "integrity-level"  // S-1-16-12288 → High
	PlusSpace Convert = "plus-to-space"    // IIS writes user agents with + for a blank
	StripUNC  Convert = "strip-nt-prefix"  // \??\C:\x → C:\x, \Device\… stays
	Unmap4in6 Convert = "unmap-v4-in-v6"   // ::ffff:192.0.2.1 → 192.0.2.1
	JoinQuery Convert = "join-stem-query"  // From[0] + "?" + From[1], where the query is not empty or "-"
	Basename  Convert = "basename"         // C:\x\y.exe → y.exe
	HexText   Convert = "hex-to-text"      // 2f62696e → /bin
	Lower     Convert = "lower"            //
	Account   Convert = "domain-backslash" // From[0] + "\" + From[1]: DOMAIN\user of two fields
)
