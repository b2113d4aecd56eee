package sigma

import "time"

// Indicator is what a rule was made of that looks for an indicator of STIX. It says what its findings are to carry; the
// package itself makes no use of it.
type Indicator struct {
	ID         string
	Pattern    string
	Labels     []string
	Types      []string // indicator_types
	Confidence int      // 0 to 100, -1 where it is not stated
	// Phases are the phases of kill chains, as chain:phase; Indicates is what relationships say that it indicates, as
	// type:name.
	Phases, Indicates []string
	// TLP is the strictest label of the Traffic Light Protocol that the indicator is marked with, "" where it has none.
	// Markings are the identifiers of all marking definitions that it names, TLPMarkings those of them that are labels.
	TLP                   string
	Markings, TLPMarkings []string
	// From and Until are when it is valid, Until exclusive; zero where it does not say.
	From, Until time.Time
	// Raw is the object as received, or as the 2.1 object that was made of one of 2.0. MarkingObjects are the marking
	// definitions that came with it, those of MarkingIDs. All are shared and not to be changed.
	Raw            []byte
	MarkingIDs     []string
	MarkingObjects [][]byte
}

// Search is where else a rule looks: other logs, with a condition in their terms.
type Search struct {
	LogSource LogSource
	Condition Expr
}
