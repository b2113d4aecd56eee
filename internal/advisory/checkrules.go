package advisory

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"entente/internal/attack"
	"entente/internal/sigma"
	"entente/internal/source"
)

// maxTitle is how long the title of a rule may be, in characters.
const maxTitle = 90

// How many cases a rule needs.
const (
	minPositives = 2
	minNegatives = 3
)

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// rules checks what rules and correlations say of themselves, and that TTPs name them.
func (c *checker) rules(silent map[string]string) {
	named := map[string]bool{}
	for i := range c.pack.TTPs {
		for _, id := range c.pack.TTPs[i].Detections {
			named[strings.ToLower(id)] = true
		}
	}
	titles := map[string]string{}
	check := func(m *sigma.Meta) {
		if c.pack.FromIndicator(m) || m.ID == "" && m.Title == "" {
			return
		}
		if first, ok := titles[m.Title]; ok && c.selects(m) {
			c.ruleProblem(m, KindRule, "the title is that of a rule in "+first)
		}
		titles[m.Title] = m.File
		if !c.selects(m) {
			return
		}
		c.meta(m, silent[m.ID] != "")
		if silent[m.ID] == "" && !named[m.ID] {
			c.ruleProblem(m, KindReference, "no TTP names the rule in its detections")
		}
	}
	for _, r := range c.pack.Rules.Rules {
		check(&r.Meta)
	}
	for _, r := range c.pack.Rules.Correlations {
		check(&r.Meta)
	}
}

func (c *checker) ruleProblem(m *sigma.Meta, kind ProblemKind, reason string) {
	c.add(Problem{Kind: kind, File: m.File, Line: m.Line, Rule: m.Title, Reason: reason})
}

// meta checks a rule's own words. Silent parts of correlations need but an id and a title.
func (c *checker) meta(m *sigma.Meta, silent bool) {
	bad := func(format string, args ...any) { c.ruleProblem(m, KindRule, fmt.Sprintf(format, args...)) }
	if m.Title == "" || len([]rune(m.Title)) > maxTitle {
		bad("the title has to be of 1 to %d characters", maxTitle)
	}
	if !uuidForm.MatchString(m.ID) {
		bad("the id %q has to be a UUID of its own", m.ID)
	}
	var stages []string
	for _, tag := range m.Tags {
		if s, ok := strings.CutPrefix(tag, StageTag); ok {
			stages = append(stages, s)
			if !c.hasStage(s) {
				c.ruleProblem(m, KindReference, fmt.Sprintf("the pack has no stage %q", s))
			}
		}
	}
	if len(stages) > 1 {
		bad("it has %d stages: one at most", len(stages))
	}
	if silent {
		if len(stages) > 0 {
			bad("it has a stage, and is a silent part of a correlation, which gives the findings")
		}
		return
	}
	for _, need := range []struct {
		name    string
		missing bool
	}{
		{"status", m.Status == ""},
		{"description", strings.TrimSpace(m.Description) == ""},
		{"references", len(m.References) == 0},
		{"author", m.Author == ""},
		{"date", m.Date == ""},
		{"level", m.Level == ""},
		{"falsepositives", len(m.FalsePos) == 0},
	} {
		if need.missing {
			bad("%s is missing", need.name)
		}
	}
	for _, r := range m.References {
		if !webAddress(r) {
			bad("the reference %q is no https or http URL", r)
		}
	}
	for _, d := range []string{m.Date, m.Modified} {
		if d != "" && !Date(d).Valid() {
			bad("%q has to be a date, as 2021-07-19", d)
		}
	}
	if m.Date != "" && m.Modified != "" && m.Modified < m.Date {
		bad("it was modified on %s, before its date %s", m.Modified, m.Date)
	}
	c.tags(m, bad)
}

// tags checks a rule's ATT&CK tags: at least a technique and a tactic, all of them in force.
func (c *checker) tags(m *sigma.Meta, bad func(format string, args ...any)) {
	technique, tactic := false, false
	for _, tag := range m.Tags {
		t, ok := c.facts.FromTag(tag)
		switch {
		case !ok:
			continue
		case t.Object == nil:
			bad("ATT&CK knows no %s", tag)
		case t.Object.Status == attack.Revoked || t.Object.Status == attack.Deprecated:
			to := ""
			if l := t.Object.Latest(); l != nil && l != t.Object {
				to = ": today it is " + l.ID
			}
			bad("%s is %s%s", tag, t.Object.Status, to)
		}
		technique = technique || t.Kind == attack.Technique
		tactic = tactic || t.Kind == attack.Tactic
	}
	if !technique || !tactic {
		bad("it has to have a tag of a technique and one of a tactic, as attack.t1190 and attack.initial-access")
	}
}

// counts checks how many cases the tests have and where they stand.
func (c *checker) counts(silent map[string]string) {
	tested := map[string]bool{}
	loud := map[string]int{} // rules with findings of their own, by file
	each := func(do func(m *sigma.Meta)) {
		for _, r := range c.pack.Rules.Rules {
			do(&r.Meta)
		}
		for _, r := range c.pack.Rules.Correlations {
			do(&r.Meta)
		}
	}
	each(func(m *sigma.Meta) {
		if silent[m.ID] == "" {
			loud[m.File]++
		}
	})
	for i := range c.pack.Tests {
		t := &c.pack.Tests[i]
		tested[t.Rule] = true
		m := c.metas[t.Rule]
		if m == nil || !c.selects(m) && !c.selectsFile(t.File) {
			continue
		}
		bad := func(line int, name, format string, args ...any) {
			c.add(Problem{Kind: KindTest, File: t.File, Line: line, Rule: m.Title, Case: name, Reason: fmt.Sprintf(format, args...)})
		}
		if len(t.Positive) < minPositives || len(t.Negative) < minNegatives {
			bad(1, "", "there are %d positives and %d negatives: at least %d and %d are needed", len(t.Positive), len(t.Negative), minPositives, minNegatives)
		}
		want := testsDir + strings.TrimPrefix(m.File, rulesDir)
		shares := loud[m.File] > 1 || silent[m.ID] != "" && loud[m.File] > 0
		if t.File != want && (!shares || path.Dir(t.File) != path.Dir(want)) {
			bad(1, "", "the test of a rule in %s has to be %s", m.File, want)
		}
		if _, err := source.ByName(t.format()); err != nil {
			bad(1, "", "%v", err)
		}
		if len(t.Base) > 0 && t.format() != defaultTestFormat {
			bad(1, "", "base is for events, and the test is of format %s", t.Format)
		}
		names := map[string]bool{}
		for j, cs := range slices.Concat(t.Positive, t.Negative) {
			at := &c.pack.at.tests[i]
			line := slices.Concat(at.positive, at.negative)[j]
			if cs.Name == "" {
				bad(line, "", "the case has no name")
			} else if names[cs.Name] {
				bad(line, cs.Name, "another case has that name")
			}
			names[cs.Name] = true
			if cs.Fires < 0 || cs.Fires > 0 && j >= len(t.Positive) {
				bad(line, cs.Name, "fires is for positives: so many findings, one at least")
			}
		}
	}
	each(func(m *sigma.Meta) {
		if m.ID != "" && !tested[m.ID] && silent[m.ID] == "" && !c.pack.FromIndicator(m) && c.selects(m) {
			why := ""
			if by := c.generates(m); by != "" {
				why = fmt.Sprintf("; it gives findings of its own because the correlation %q says `generate: true`", by)
			}
			c.ruleProblem(m, KindTest, "the rule has no test: it belongs into "+testsDir+strings.TrimPrefix(m.File, rulesDir)+why)
		}
	})
}

// generates is the title of a correlation that wants the findings of a rule besides its own, "" where there is none.
func (c *checker) generates(m *sigma.Meta) string {
	for _, co := range c.pack.Rules.Correlations {
		for _, ref := range co.Rules {
			if co.Generate && (ref == m.Name || strings.EqualFold(ref, m.ID)) {
				return co.Title
			}
		}
	}
	return ""
}
