package packexport

import (
	"fmt"
	"slices"
	"strings"

	"entente/internal/advisory"
)

// What Markdown and HTML say in the same words.

// title is a technique's id and name.
func (t *technique) title() string {
	if t.name == t.id {
		return t.id
	}
	return t.id + " " + t.name
}

// fileText is the file of rules as it stands in the pack.
func (f *ruleFile) fileText() string {
	docs := make([]string, len(f.docs))
	for i, d := range f.docs {
		docs[i] = d.text
	}
	return advisory.JoinRules(docs)
}

func (b *book) attackVersions() string {
	a := b.m.Attack
	switch {
	case a.Published == "" && a.Today == "":
		return ""
	case a.Published == a.Today || a.Today == "":
		return "version " + line(a.Published)
	case a.Published == "":
		return "checked with version " + line(a.Today)
	}
	return fmt.Sprintf("published with version %s, checked with version %s", line(a.Published), line(a.Today))
}

// figures say in a sentence what there is.
func (b *book) figures() string {
	count := b.p.Count()
	return fmt.Sprintf("%s of ATT&CK in %s; %d of them with detections. %s, %s, %s, %s.", plural(len(b.ttps), "technique", "techniques"),
		plural(len(b.columns()), "tactic", "tactics"), b.detected(), plural(count.Rules, "rule", "rules"), plural(count.Correlations, "correlation", "correlations"),
		plural(len(b.p.Mitigations), "mitigation", "mitigations"), plural(len(b.p.Indicators), "indicator", "indicators"))
}

// stoppedBy are the TTPs that a mitigation stops.
func (b *book) stoppedBy(id string) []*technique {
	var out []*technique
	for _, t := range b.ttps {
		if slices.Contains(t.Mitigations, id) {
			out = append(out, t)
		}
	}
	return out
}

// countermeasure is an id of ATT&CK or D3FEND with its name.
func (b *book) countermeasure(id string) string {
	name := advisory.D3FENDName(id)
	if o, ok := b.facts.Lookup(id); ok {
		name = o.Name
	}
	if name == "" {
		return line(id)
	}
	return line(id + " " + name)
}

// countermeasures are those of a mitigation.
func (b *book) countermeasures(m *advisory.Mitigation) []string {
	var out []string
	for _, id := range slices.Concat(m.Attack, m.D3FEND) {
		out = append(out, b.countermeasure(id))
	}
	return out
}

// indicatorContext is the context with the folders to which it is bound.
func indicatorContext(in *advisory.Indicator) string {
	text := in.Context
	if len(in.OnlyUnder) > 0 {
		text += " Only under " + strings.Join(in.OnlyUnder, ", ") + "."
	}
	if len(in.NotUnder) > 0 {
		text += " Not under " + strings.Join(in.NotUnder, ", ") + "."
	}
	return text
}
