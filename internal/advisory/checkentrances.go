package advisory

import (
	"fmt"
	"slices"
	"strings"

	"entente/internal/sigma"
)

// entrances checks where the pack says that intruders come in: what it says there clears hosts.
func (c *checker) entrances() {
	m := &c.pack.Manifest
	bad := func(format string, args ...any) {
		c.add(Problem{Kind: KindReference, File: manifestFile, Line: c.pack.at.manifest["entrances"], Reason: fmt.Sprintf(format, args...)})
	}
	if len(m.Entrances) > 0 && !slices.ContainsFunc(m.Stages, func(s Stage) bool { return s.Shows == Compromise }) {
		bad("there are entrances, and no stage that shows a compromise: silence would mean nothing")
	}
	rules := map[string]*sigma.Rule{}
	for _, r := range c.pack.Rules.Rules {
		if !c.pack.FromIndicator(&r.Meta) {
			rules[strings.ToLower(r.ID)] = r
		}
	}
	seen := map[string]bool{}
	for i := range m.Entrances {
		e := &m.Entrances[i]
		switch {
		case seen[e.Log]:
			bad("the log %q of an entrance stands here twice", e.Log)
			continue
		case !c.knowsLog(e.Log):
			bad("there is no kind of log %q: docs/formats/taxonomy.md lists them", e.Log)
			continue
		case len(e.Rules) == 0:
			bad("the entrance at %s names no rules: silence there would be that of nobody", e.Log)
		}
		seen[e.Log] = true
		for _, id := range e.Rules {
			switch r := rules[strings.ToLower(id)]; {
			case r == nil:
				bad("no rule has the id %q, which the entrance at %s names", id, e.Log)
			case !slices.ContainsFunc(r.Tags, func(t string) bool { return strings.HasPrefix(t, StageTag) }):
				bad("%q, which the entrance at %s names, has no stage", r.Title, e.Log)
			case !slices.Contains([]string{"medium", "high", "critical"}, r.Level):
				bad("%q, which the entrance at %s names, is below medium: no verdict rests on it", r.Title, e.Log)
			case !c.readsLog(r, e.Log):
				bad("%q, which the entrance at %s names, does not read that log", r.Title, e.Log)
			}
		}
	}
}

// knowsLog says that a kind of log has that name, or some below it.
func (c *checker) knowsLog(name string) bool {
	for _, b := range c.table.Bindings() {
		if ofLog(b.Name, name) {
			return true
		}
	}
	return false
}

func (c *checker) readsLog(r *sigma.Rule, name string) bool {
	for _, b := range c.table.For(r.LogSource) {
		if ofLog(b.Name, name) {
			return true
		}
	}
	return false
}

// ofLog says that a kind of log is the named one, or stands below it.
func ofLog(kind, name string) bool { return kind == name || strings.HasPrefix(kind, name+"/") }
