package stix

// Severity is how much a finding weighs.
type Severity uint8

const (
	// Warning says that the specification advises against it (SHOULD, deprecated, not in an open vocabulary).
	Warning Severity = iota + 1
	// Error says that the specification forbids it.
	Error
)

func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// MarshalText writes a severity as `error` or `warning`.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is one rule that an object breaks.
type Finding struct {
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"`    // short stable name of the rule, such as required-property
	Pointer  string   `json:"pointer"` // JSON pointer within the object; "" is the object itself
	Message  string   `json:"message"` // what to do
	Section  string   `json:"section"` // of STIX Version 2.1 (OASIS Standard)
}

// HasErrors says whether one of the findings is an error.
func HasErrors(findings []Finding) bool {
	for _, f := range findings {
		if f.Severity == Error {
			return true
		}
	}
	return false
}
