package report

import (
	"strconv"
	"strings"

	"entente/internal/sigma"
	stix21 "entente/internal/stix"
)

// Findings of indicators of STIX carry what the indicator says of itself; above all its marking, which has to be seen by
// whoever reads the report.

// tlpText is the marking of the indicator that a rule was made of, as it has to be written (TLP:AMBER), "" without.
func tlpText(m *sigma.Meta) string {
	if m.Indicator == nil || m.Indicator.TLP == "" {
		return ""
	}
	return "TLP:" + strings.ToUpper(m.Indicator.TLP)
}

// Title is the title of a rule for people: with the marking of the indicator that it was made of.
func Title(m *sigma.Meta) string {
	if t := tlpText(m); t != "" {
		return ruleTitle(m) + " [" + t + "]"
	}
	return ruleTitle(m)
}

// indicatorMembers are the members of rule.indicator in docs/formats/finding.md.
func indicatorMembers(j *jsonText, ind *sigma.Indicator) {
	j.str("id", ind.ID)
	j.some("tlp", ind.TLP)
	j.list("markings", ind.Markings)
	j.str("pattern", ind.Pattern)
	j.list("types", ind.Types)
	j.list("labels", ind.Labels)
	if ind.Confidence >= 0 {
		j.num("confidence", int64(ind.Confidence))
	}
	j.list("kill_chain_phases", ind.Phases)
	j.list("indicates", ind.Indicates)
	j.when("valid_from", ind.From)
	j.when("valid_until", ind.Until)
}

// ecsIndicator is an indicator in the terms of the Elastic Common Schema (threat.indicator).
func ecsIndicator(j *jsonText, m *sigma.Meta) {
	ind := m.Indicator
	j.str("name", ruleTitle(m))
	j.some("description", strings.TrimSpace(m.Description))
	confidence := "Not Specified"
	switch {
	case ind.Confidence >= 70:
		confidence = "High"
	case ind.Confidence >= 30:
		confidence = "Medium"
	case ind.Confidence > 0:
		confidence = "Low"
	case ind.Confidence == 0:
		confidence = "None"
	}
	j.str("confidence", confidence)
	if ind.TLP != "" {
		j.object("marking", func() { j.str("tlp", strings.ToUpper(ind.TLP)) })
	}
	j.some("provider", m.Author)
}

// indicatorFacts are what people want to know of an indicator, as name and text.
func indicatorFacts(ind *sigma.Indicator) [][2]string {
	var out [][2]string
	add := func(name, text string) {
		if text != "" {
			out = append(out, [2]string{name, text})
		}
	}
	add("Indicates", strings.Join(ind.Indicates, ", "))
	add("Types", strings.Join(ind.Types, ", "))
	add("Labels", strings.Join(ind.Labels, ", "))
	if ind.Confidence >= 0 {
		add("Confidence", strconv.Itoa(ind.Confidence))
	}
	add("Kill chain", strings.Join(ind.Phases, ", "))
	if !ind.From.IsZero() {
		text := "from " + ind.From.UTC().Format("2006-01-02 15:04")
		if !ind.Until.IsZero() {
			text += " to " + ind.Until.UTC().Format("2006-01-02 15:04")
		}
		add("Valid", text+" UTC")
	}
	return out
}

// marking is the strictest one of the indicators of a report.
type marking struct{ tlp string }

// handling is the sentence at the head of a report about markings, "" where no finding has one.
func (t *marking) handling() string {
	if t.tlp == "" {
		return ""
	}
	return "TLP:" + strings.ToUpper(t.tlp) + ": findings here rest on indicators that are marked so."
}

// mark notes the marking of a rule.
func (t *marking) mark(m *sigma.Meta) {
	if m.Indicator != nil {
		t.tlp = stix21.Stricter(t.tlp, m.Indicator.TLP)
	}
}
