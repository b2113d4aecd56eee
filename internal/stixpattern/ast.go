package stixpattern

import "time"

// Pattern is a parsed pattern expression.
type Pattern struct {
	Root Observation
	// Deviations are the places where the text was not STIX 2.1 by the letter and was understood all the same.
	Deviations []Deviation

	compiled map[*Test]matcher // by the parser; a pattern that was built by hand has none
}

// Deviation is something in a pattern that the grammar of 2.1 does not have.
type Deviation struct {
	Offset int    `json:"offset"` // in bytes, from 0
	Line   int    `json:"line"`   // from 1
	Column int    `json:"column"` // in characters, from 1
	Text   string `json:"text"`   // what it is, and what 2.1 has instead
}

// Observation is an observation expression: *Bracket, *Join or *Qualified.
type Observation interface{ observation() }

// Bracket is a comparison expression in square brackets: it is about one observation.
type Bracket struct{ Expr Comparison }

// Join combines observation expressions, each about observations of its own. Its list has at least two members, and none
// of them is a Join of the same operator: all three operators are associative.
type Join struct {
	Op   JoinOp
	List []Observation
}

// Qualified limits an observation expression. The qualifiers apply from left to right, no two are of the same kind, and
// Of is a Qualified only where the two could not be merged.
type Qualified struct {
	Of         Observation
	Qualifiers []Qualifier
}

func (*Bracket) observation()   {}
func (*Join) observation()      {}
func (*Qualified) observation() {}

// JoinOp is an observation operator (section 9.5.2).
type JoinOp uint8

// The observation operators, from the one that binds most.
const (
	JoinAnd JoinOp = iota
	JoinOr
	FollowedBy
)

// QualifierKind tells qualifiers apart.
type QualifierKind uint8

// The qualifiers (section 9.5.1).
const (
	Within QualifierKind = iota
	Repeats
	StartStop
)

// Qualifier is a qualifier; the fields that its kind does not use are zero.
type Qualifier struct {
	Kind   QualifierKind
	Window time.Duration // WITHIN, positive
	Times  int64         // REPEATS, positive
	Start  time.Time     // START, inclusive, UTC
	Stop   time.Time     // STOP, exclusive, UTC
}

// Comparison is a comparison expression: *Bool or *Test.
type Comparison interface{ comparison() }

// Bool combines comparisons of the same object. Its list has at least two members, none of them a Bool of the same
// operator.
type Bool struct {
	And  bool // else Or
	List []Comparison
}

// Test compares the value at a path with constants.
type Test struct {
	Path Path
	Op   Op
	Not  bool
	// Values are the constants: none for Exists, any number for In, one otherwise.
	Values []Value
}

func (*Bool) comparison() {}
func (*Test) comparison() {}

// Op is a comparison operator (section 9.6.1).
type Op uint8

// The comparison operators.
const (
	Equal Op = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	In
	Like
	Matches
	IsSubset
	IsSuperset
	Exists
)

var opNames = [...]string{
	Equal: "=", NotEqual: "!=", Less: "<", LessEqual: "<=", Greater: ">", GreaterEqual: ">=",
	In: "IN", Like: "LIKE", Matches: "MATCHES", IsSubset: "ISSUBSET", IsSuperset: "ISSUPERSET", Exists: "EXISTS",
}

// String is the operator as patterns write it.
func (o Op) String() string { return opNames[o] }

// Path is an object path (section 9.7): a type of object, and at least one step into it, the first of which is a name.
type Path struct {
	Type  string
	Steps []Step
}

// Step is one step of a path.
type Step struct {
	Kind  StepKind
	Name  string // of a property or a key of a dictionary
	Index int    // into a list, from 0
}

// StepKind tells steps apart.
type StepKind uint8

// The steps.
const (
	StepName  StepKind = iota
	StepIndex          // [0]
	StepAny            // [*]
)

// Value is a constant (section 9.2).
type Value struct {
	Kind  ValueKind
	Text  string // StringValue
	Bytes []byte // BinaryValue, HexValue
	Int   int64
	Float float64
	Bool  bool
	Time  time.Time // UTC
}

// ValueKind is the type of a constant.
type ValueKind uint8

// The types of constants.
const (
	StringValue ValueKind = iota
	IntValue
	FloatValue
	BoolValue
	BinaryValue
	HexValue
	TimeValue
)

var valueNames = [...]string{
	StringValue: "a string", IntValue: "an integer", FloatValue: "a float", BoolValue: "a boolean",
	BinaryValue: "a binary value", HexValue: "a hexadecimal value", TimeValue: "a timestamp",
}

// String says what kind of constant it is, with its article.
func (k ValueKind) String() string { return valueNames[k] }

// Brackets are the observation expressions of the pattern in the order in which they are written. [Result] refers to them
// by their index.
func (p *Pattern) Brackets() []*Bracket {
	var out []*Bracket
	var walk func(Observation)
	walk = func(o Observation) {
		switch o := o.(type) {
		case *Bracket:
			out = append(out, o)
		case *Join:
			for _, k := range o.List {
				walk(k)
			}
		case *Qualified:
			walk(o.Of)
		}
	}
	walk(p.Root)
	return out
}

// Tests are all comparisons of the pattern in the order in which they are written.
func (p *Pattern) Tests() []*Test {
	var out []*Test
	for _, b := range p.Brackets() {
		out = appendTests(out, b.Expr)
	}
	return out
}

func appendTests(out []*Test, c Comparison) []*Test {
	switch c := c.(type) {
	case *Test:
		out = append(out, c)
	case *Bool:
		for _, k := range c.List {
			out = appendTests(out, k)
		}
	}
	return out
}
