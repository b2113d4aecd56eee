package hunt

import (
	"strings"

	"entente/internal/sigma"
)

// idle lists the rules and correlations that had no log to run on, in the order in which they were loaded. Those of
// which a log was there that lacks their fields are not among them.
func (p *Plan) idle(applicable, impossible map[*planRule]bool) []RuleNote {
	out := []RuleNote{}
	notes := map[sigma.LogSource]string{}
	for _, r := range p.rules {
		if applicable[r] || impossible[r] {
			continue
		}
		ls := r.rule.LogSource
		note, ok := notes[ls]
		if !ok {
			note = "no log for " + logSourceText(ls) + " was among the inputs"
			if why := p.table.Unserved(ls); why != "" {
				note = "no log can serve it: " + why
			}
			notes[ls] = note
		}
		out = append(out, RuleNote{ID: r.rule.ID, Title: r.rule.Title, Note: note})
	}
	for _, co := range p.correlations {
		if !p.applies(co, applicable) {
			out = append(out, RuleNote{ID: co.doc.ID, Title: co.doc.Title, Note: "none of the rules that it counts could run"})
		}
	}
	return out
}

// logSourceText writes a logsource as rules do.
func logSourceText(ls sigma.LogSource) string {
	var parts []string
	for _, p := range [][2]string{{"product", ls.Product}, {"category", ls.Category}, {"service", ls.Service}} {
		if p[1] != "" {
			parts = append(parts, p[0]+" "+p[1])
		}
	}
	return strings.Join(parts, ", ")
}
