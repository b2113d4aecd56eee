package coalition

import (
	"fmt"
	"slices"
	"strings"
)

// Scale is a yardstick of likelihood: its terms with their bounds in percent, from the least likely on. Terms of different
// scales are never compared: the same words mean other bounds.
type Scale struct {
	Name  string
	Title string
	Terms []Term
}

// Term is one of a scale.
type Term struct {
	Name        string
	Least, Most int // percent
}

// Scales of likelihood: Intelligence Community Directive 203 (United States, 2015) and the Professional Head of
// Intelligence Assessment's yardstick (United Kingdom).
var Scales = []Scale{
	{"icd-203", "ICD 203", []Term{
		{"almost no chance", 1, 5},
		{"very unlikely", 5, 20},
		{"unlikely", 20, 45},
		{"roughly even chance", 45, 55},
		{"likely", 55, 80},
		{"very likely", 80, 95},
		{"almost certain", 95, 99},
	}},
	{"uk-phia", "PHIA yardstick", []Term{
		{"remote chance", 0, 5},
		{"highly unlikely", 10, 20},
		{"unlikely", 25, 35},
		{"realistic possibility", 40, 50},
		{"likely", 55, 75},
		{"highly likely", 80, 90},
		{"almost certain", 95, 100},
	}},
}

// Confidences are the scales of confidence and their levels, from the least on.
var Confidences = map[string][]string{
	"icd-203": {"low", "moderate", "high"},
	"uk-phia": {"low", "moderate", "high"},
}

// OwnWords is the scale of a member that uses none: the term is as it says it, and is not compared with anything.
const OwnWords = "own-words"

// ScaleError says why a term is none of a scale, or "".
func ScaleError(scale, term string) string {
	if scale == OwnWords {
		return ownWords(term)
	}
	i := slices.IndexFunc(Scales, func(s Scale) bool { return s.Name == scale })
	if i < 0 {
		return fmt.Sprintf("there is no scale of likelihood %.40q; there are icd-203, uk-phia and own-words", scale)
	}
	if !slices.ContainsFunc(Scales[i].Terms, func(t Term) bool { return t.Name == term }) {
		terms := make([]string, len(Scales[i].Terms))
		for k, t := range Scales[i].Terms {
			terms[k] = t.Name
		}
		return fmt.Sprintf("%.40q is no term of %s, which has: %s", term, scale, strings.Join(terms, ", "))
	}
	return ""
}

// ConfidenceError says why a level is none of a scale, or "".
func ConfidenceError(scale, level string) string {
	if scale == OwnWords {
		return ownWords(level)
	}
	levels, ok := Confidences[scale]
	if !ok {
		return fmt.Sprintf("there is no scale of confidence %.40q; there are icd-203, uk-phia and own-words", scale)
	}
	if !slices.Contains(levels, level) {
		return fmt.Sprintf("%.40q is no level of %s, which has: %s", level, scale, strings.Join(levels, ", "))
	}
	return ""
}

func ownWords(s string) string {
	if strings.TrimSpace(s) == "" || len(s) > maxText {
		return "a judgement in own words is empty, or too long"
	}
	return ""
}
