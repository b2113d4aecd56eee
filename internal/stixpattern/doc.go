// Package stixpattern reads, prints and evaluates patterns of STIX 2.1 (section 9), and translates them into Sigma rules.
//
// [Parse] takes the whole language; what older editions of the grammar allowed and 2.1 does not (other spellings of
// operators, names in double quotes, keywords in lower case …) is read as well and named in [Pattern.Deviations]. A
// pattern that breaks a rule of the specification is an error with its position and what was expected there.
// [Pattern.String] is the canonical form; parsing it again gives the same tree.
//
// [Pattern.Match] evaluates a pattern over observed data, that of 2.1 (object_refs) and that of 2.0 (objects). It answers
// exactly or not at all: its time and memory are bounded by a budget ([Limits]), and a pattern that cannot be decided
// within it is [ErrBudget], never a guess. The algorithm is described in match.go.
//
// [ToSigma] writes the rules and correlations that look for the same in logs, with a [Loss] for everything that logs or
// Sigma cannot express.
//
// The package reads no files, knows no network and logs nothing. It does not validate objects, and it has no schema of
// them: whether a property exists on a type is not checked.
package stixpattern
