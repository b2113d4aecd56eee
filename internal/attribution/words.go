package attribution

import (
	"fmt"
	"slices"
	"strings"
)

// Kind says what a part of a case is.
type Kind string

// The kinds.
const (
	KindCase       Kind = "case"
	KindEvidence   Kind = "evidence"
	KindGrade      Kind = "grade"
	KindHypothesis Kind = "hypothesis"
	KindCell       Kind = "cell"
	KindAssumption Kind = "assumption"
	KindGap        Kind = "gap"
	KindJudgement  Kind = "judgement"
)

// Similarity is the kind of evidence that a machine has found by comparing techniques or software. It is one weak item: see
// [Case.Matrix].
const Similarity = "similarity"

// Items are the kinds of evidence.
var Items = []string{"finding", "sighting", "indicator", "document", "testimony", Similarity}

// Lines are the independent lines of evidence of MICTIC (Timo Steffens, Attribution of Advanced Persistent Threats, 2020):
// malware, infrastructure, control servers, telemetry, intelligence, cui bono.
var Lines = []string{"malware", "infrastructure", "control", "telemetry", "intelligence", "cui-bono"}

// Levels are those of the Q-model (Rid and Buchanan, Attributing Cyber Attacks, 2015).
var Levels = []string{"tactical", "operational", "strategic", "communication"}

// Degrees are the ten steps of the spectrum of state responsibility (Jason Healey, Beyond Attribution, Atlantic Council, 2012),
// from the least on.
var Degrees = []string{
	"state-prohibited", "state-prohibited-but-inadequate", "state-ignored", "state-encouraged", "state-shaped", "state-coordinated",
	"state-ordered", "state-rogue-conducted", "state-executed", "state-integrated",
}

// What a hypothesis says of who it was.
const (
	ByActor   = "actor"
	Unknown   = "unknown"    // somebody whom the case does not name
	FalseFlag = "false-flag" // somebody who wants to be taken for another
)

// Stances are the kinds of hypotheses.
var Stances = []string{ByActor, Unknown, FalseFlag}

// Rating says how far an item agrees with a hypothesis.
type Rating string

// The ratings, from very consistent to very inconsistent. An item that is not applicable says nothing; one that is neutral has been
// weighed, and fits as well as not.
const (
	VeryConsistent   Rating = "CC"
	Consistent       Rating = "C"
	Neutral          Rating = "N"
	Inconsistent     Rating = "I"
	VeryInconsistent Rating = "II"
	NotApplicable    Rating = "NA"
)

// Ratings are all of them.
var Ratings = []Rating{VeryConsistent, Consistent, Neutral, Inconsistent, VeryInconsistent, NotApplicable}

// value is a rating from 2 (very consistent) to -2; 0 for all that says nothing.
func (r Rating) value() int {
	switch r {
	case VeryConsistent:
		return 2
	case Consistent:
		return 1
	case Inconsistent:
		return -1
	case VeryInconsistent:
		return -2
	default:
		return 0
	}
}

// opinion is a rating as the nearest word of STIX (section 10.18).
func (r Rating) opinion() string {
	return []string{"strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"}[r.value()+2]
}

// flip is the rating of an item that says the contrary of what it seems to say.
func (r Rating) flip() Rating {
	switch r {
	case VeryConsistent:
		return VeryInconsistent
	case Consistent:
		return Inconsistent
	case Inconsistent:
		return Consistent
	case VeryInconsistent:
		return VeryConsistent
	default:
		return r
	}
}

// Grade is what is thought of an item: the reliability of its source, A to F, and the credibility of what it says, 1 to 6, each
// apart from the other (Admiralty system, STANAG 2511). F and 6 say that it cannot be judged.
type Grade struct {
	Reliability, Credibility string
}

// ReadGrade reads a grade such as B2.
func ReadGrade(s string) (Grade, error) {
	s = strings.ToUpper(s)
	if len(s) != 2 || s[0] < 'A' || s[0] > 'F' || s[1] < '1' || s[1] > '6' {
		return Grade{}, fmt.Errorf("%.20q is no grade: write the source's reliability, A to F, and the information's credibility, 1 to 6, such as B2", s)
	}
	return Grade{s[:1], s[1:]}, nil
}

func (g Grade) String() string { return g.Reliability + g.Credibility }

// steps are what a letter or digit counts, in tenths. What cannot be judged counts as the fourth of the five.
var steps = [6]int{10, 8, 6, 4, 2, 4}

// Weight is how much an item of the grade counts, from 4 (E5) to 100 (A1): the product of what reliability and credibility count.
func (g Grade) Weight() int {
	if len(g.Reliability) != 1 || len(g.Credibility) != 1 {
		return steps[5] * steps[5]
	}
	r, c := int(g.Reliability[0])-'A', int(g.Credibility[0])-'1'
	if r < 0 || r > 5 || c < 0 || c > 5 {
		return steps[5] * steps[5]
	}
	return steps[r] * steps[c]
}

// oneOf checks a word of a list. "" passes where it need not be there.
func oneOf(what, word string, list []string, must bool) error {
	if word == "" && !must || slices.Contains(list, word) {
		return nil
	}
	return fmt.Errorf("%.40q is no %s: write one of %s", word, what, strings.Join(list, ", "))
}
