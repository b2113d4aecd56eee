// Package sigma reads Sigma 2.1 documents (rules, filters, correlations) and turns them into expressions over
// named fields. It knows the language, not the logs: which log serves a logsource, and how a field is spelled
// there, is the taxonomy's business; how to evaluate thousands of rules at once is the hunt's.
//
// What the specification leaves open follows pySigma; docs/formats/sigma.md states each choice.
package sigma

import (
	"net/netip"
	"time"
)

// Meta is what every document has in common.
type Meta struct {
	File        string // as given to Load; "" for rules from memory
	Line        int    // of the document's first line, from 1
	ID          string // in lower case; a UUID, or what the author took for one; "" where the document has none
	Name        string
	Title       string
	Status      string
	Level       string // informational, low, medium, high, critical, or "" where the document has none
	Description string
	Author      string
	Date        string
	Modified    string
	License     string
	References  []string
	Tags        []string // as written, lower-case: attack.t1059.001, cve.2021-26855…
	FalsePos    []string
	Fields      []string
	Related     []Related
	// Indicator is the indicator of STIX that the document was made of, nil for documents of Sigma.
	Indicator *Indicator
}

// Related links a rule to another one.
type Related struct{ ID, Type string }

// LogSource says which logs a rule is for. Empty parts match everything.
type LogSource struct{ Product, Category, Service string }

// Rule is a detection rule that has been compiled: placeholders filled in, modifiers applied, filters joined. The
// events that a correlation counts which was made of a legacy aggregation are a rule without ID, whose Name is that
// correlation's reference.
type Rule struct {
	Meta
	LogSource  LogSource
	Definition string // the logsource's definition text: what has to be switched on
	// Condition is the whole detection: the conditions of a list are joined by Or, filters by And.
	Condition Expr
	// Filters names the filter documents that were joined.
	Filters []string
	// Also is where the rule looks besides, in rules that were made of something else than a document: one of Sigma has one
	// logsource.
	Also []Search
	// From and Until limit the records that count to those of a time, Until exclusive; zero: no limit.
	From, Until time.Time
	// Values of the rule's own `fields` are shown first in a finding; see Meta.Fields.
}

// Expr is And, Or, Not or *Atom.
type Expr interface{ expr() }

// And is true when every part is; an empty one is true.
type And []Expr

// Or is true when any part is; an empty one is false.
type Or []Expr

// Not is true when X is false.
type Not struct{ X Expr }

func (And) expr()   {}
func (Or) expr()    {}
func (Not) expr()   {}
func (*Atom) expr() {}

// Op is the kind of test that an [Atom] makes.
type Op uint8

// The tests.
const (
	OpMatch    Op = iota // Pattern over the value's text
	OpRegexp             // Regexp over the value's text, in its original case
	OpCIDR               // the value is an address within Prefix
	OpCompare            // the value is a number that stands in Compare to Number
	OpExists             // the field is there (Want) or is not
	OpNull               // the field is missing or null
	OpFieldRef           // the value against the value of field Ref, the way Place says
	OpTime               // the Part of the value, read as a time in UTC, stands in Compare to Number
)

// Atom is one test of one field: after all modifiers, and for one value of a list. Atoms are pure data: two that
// have the same Key are the same test.
type Atom struct {
	Field   string // "" for a keyword, which is tested against every value of the record; its Pattern has the * around it
	Op      Op
	Cased   bool    // OpMatch, OpFieldRef: case matters
	Want    bool    // OpExists
	Pattern Pattern // OpMatch; already folded with event.FoldString unless Cased
	Regexp  string  // OpRegexp: RE2 with its flags as a (?ims) prefix; it is known to compile
	Prefix  netip.Prefix
	Compare Compare
	Number  float64 // OpTime
	Decimal Decimal // OpCompare
	Ref     string
	Place   Place
	Part    TimePart
	Line    int // in the file
}

// Compare is a numeric relation.
type Compare uint8

// The relations.
const (
	EQ Compare = iota
	NEQ
	LT
	LTE
	GT
	GTE
)

// Place says where in a value another one must stand.
type Place uint8

// The places.
const (
	Whole Place = iota
	Start
	End
	Anywhere
)

// TimePart is a part of a date and time.
type TimePart uint8

// The parts. Week is the ISO 8601 week.
const (
	Minute TimePart = iota
	Hour
	Day
	Week
	Month
	Year
)

// Pattern is a text with wildcards: literals with something between them. `*` is any run of characters, line
// breaks included; `?` is any one character.
type Pattern []Piece

// Piece is a literal or a wildcard.
type Piece struct {
	Kind PieceKind
	Text string // of a literal, never empty
}

// PieceKind tells pieces apart.
type PieceKind uint8

// The pieces.
const (
	Literal PieceKind = iota
	AnyRun            // *
	AnyOne            // ?
)

// Correlation is a correlation document.
type Correlation struct {
	Meta
	Type     CorrelationType
	Rules    []string // names or ids of rules or of other correlations, as written; see [Collection.Resolve]
	GroupBy  []string
	Timespan time.Duration
	// Conditions all have to hold (gte: 5 and lt: 10 is a range). Empty for temporal types without one: then every
	// rule has to occur.
	Conditions []CorrelationCondition
	// Expr is the extended condition of temporal types over rule references ("a and not b"), nil where there is none.
	// Its atoms have the rule reference as Field and OpExists.
	Expr Expr
	// ConditionField holds the field or fields that value_* types count or sum up. With several fields value_count
	// counts distinct combinations.
	ConditionField []string
	Percentile     float64 // of value_percentile, 0 to 100; 50 for value_median
	// Aliases maps an alias to the field that stands for it in each rule: Aliases["ip"]["rule_a"] = "src_ip". The
	// rules are written as in Rules.
	Aliases map[string]map[string]string
	// Distinct wants of a temporal correlation that each rule matches a record of its own. Documents of Sigma do not ask for
	// it.
	Distinct bool
	Generate bool // findings of the rules themselves are wanted as well
}

// CorrelationType is a correlation's kind.
type CorrelationType string

// The kinds.
const (
	EventCount      CorrelationType = "event_count"
	ValueCount      CorrelationType = "value_count"
	Temporal        CorrelationType = "temporal"
	TemporalOrdered CorrelationType = "temporal_ordered"
	ValueSum        CorrelationType = "value_sum"
	ValueAvg        CorrelationType = "value_avg"
	ValuePercentile CorrelationType = "value_percentile"
	ValueMedian     CorrelationType = "value_median"
)

// CorrelationCondition compares what was counted with a number.
type CorrelationCondition struct {
	Compare Compare
	Value   float64
}

// Collection is what Load found.
type Collection struct {
	Rules        []*Rule
	Correlations []*Correlation
	Filters      int       // filter documents that were joined to rules
	Documents    int       // all documents seen, loaded or not; a file that holds none, or cannot be read, counts as one
	Problems     []Problem // documents that were not loaded, and warnings about some that were

	refs map[string]*reference // by id and name; see Resolve
}

// Problem says what is wrong with a document.
type Problem struct {
	File    string
	Line    int    // 0 where it is not known
	Rule    string // id, or title where there is no id
	Reason  string
	Warning bool // the document was loaded all the same
	// Needs names the placeholders that have to be given values ([Options]); the document is in order otherwise.
	Needs []string
}

// Options change how documents are loaded.
type Options struct {
	// Placeholders are the values of `%name%` for the expand modifier. A rule that needs another one is not loaded,
	// and its Problem names the placeholder.
	Placeholders map[string][]string
}
