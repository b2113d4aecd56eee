package actor

import (
	"fmt"
	"strings"
)

// Grade is a grade of the Admiralty system (STANAG 2511): how reliable a source is, A to F, and how credible what it says, 1 to
// 6, each by itself. 0 where nobody has graded it; F and 6 are what cannot be judged.
type Grade struct {
	Source, Information byte
}

// ParseGrade reads B2, B or 2. "" is the zero value.
func ParseGrade(s string) (Grade, error) {
	var g Grade
	rest := strings.ToUpper(s)
	if rest != "" && rest[0] >= 'A' && rest[0] <= 'F' {
		g.Source, rest = rest[0], rest[1:]
	}
	if rest != "" && rest[0] >= '1' && rest[0] <= '6' {
		g.Information, rest = rest[0], rest[1:]
	}
	if rest != "" {
		return Grade{}, fmt.Errorf("%q is no grade: write a letter from A to F for the source and a number from 1 to 6 for what it says, as B2", s)
	}
	return g, nil
}

// String is the grade as it is written, with - for what nobody has graded; "" where nothing is graded.
func (g Grade) String() string {
	if g == (Grade{}) {
		return ""
	}
	one := func(c byte) string {
		if c == 0 {
			return "-"
		}
		return string(rune(c))
	}
	return one(g.Source) + one(g.Information)
}

// MarshalText writes the grade as String does.
func (g Grade) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// IsZero says that nothing is graded.
func (g Grade) IsZero() bool { return g == Grade{} }

// confidence is that of STIX 2.1, appendix A, for the credibility of information; it has none for 6.
func (g Grade) confidence() (int, bool) {
	switch g.Information {
	case '1':
		return 90, true
	case '2':
		return 70, true
	case '3':
		return 50, true
	case '4':
		return 30, true
	case '5':
		return 10, true
	}
	return 0, false
}
