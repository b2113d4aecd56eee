package advisory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem says what is wrong with a pack, and where.
type Problem struct {
	Kind    ProblemKind `json:"kind"`
	File    string      `json:"file,omitempty"` // in the pack
	Line    int         `json:"line,omitempty"` // from 1; 0 where it is about the whole file
	Rule    string      `json:"rule,omitempty"` // title
	Case    string      `json:"case,omitempty"` // name
	Reason  string      `json:"reason"`
	Warning bool        `json:"warning,omitempty"` // the pack can be used all the same
}

// ProblemKind says which check found a problem.
type ProblemKind string

// The kinds.
const (
	KindFormat    ProblemKind = "format"    // a file is not as the format wants it
	KindReference ProblemKind = "reference" // something points to what is not there
	KindRule      ProblemKind = "rule"      // a rule does not load, or lacks what a pack's rule has
	KindTest      ProblemKind = "test"      // a test fails, or there are too few
	KindMutation  ProblemKind = "mutation"  // a literal can be changed and no test notices
	KindBenign    ProblemKind = "benign"    // a rule fires on a day without an intrusion
)

// String is the problem in a line, where it is first.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		b.WriteString(": ")
	}
	if p.Rule != "" {
		fmt.Fprintf(&b, "%s: ", p.Rule)
	}
	if p.Case != "" {
		fmt.Fprintf(&b, "%q: ", p.Case)
	}
	b.WriteString(p.Reason)
	return b.String()
}

// Problems lists what is wrong with a pack.
type Problems []Problem

// InvalidError is the error of a pack that can be read and is not as the format wants it.
type InvalidError struct{ Problems Problems }

// Error lists the problems.
func (e *InvalidError) Error() string { return e.Problems.String() }

// String lists the problems, one a line. Long lists are cut.
func (ps Problems) String() string {
	const most = 20
	lines := make([]string, 0, min(len(ps), most)+1)
	for i, p := range ps {
		if i == most {
			lines = append(lines, fmt.Sprintf("and %d more", len(ps)-most))
			break
		}
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// Err is the problems that are no warnings as an error, nil where there are none.
func (ps Problems) Err() error {
	if bad := ps.errors(); len(bad) > 0 {
		return &InvalidError{bad}
	}
	return nil
}

// errors returns those that are no warnings.
func (ps Problems) errors() Problems {
	var out Problems
	for _, p := range ps {
		if !p.Warning {
			out = append(out, p)
		}
	}
	return out
}

// sorted returns them by file and line, without repetitions.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	return slices.Compact(ps)
}
