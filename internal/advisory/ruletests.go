package advisory

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"entente/internal/hunt"
	"entente/internal/sigma"
	"entente/internal/source"
	"entente/internal/taxonomy"
)

// defaultTestFormat is the format of a test's cases where it names none.
const defaultTestFormat = "json"

// ruleRunner runs cases of tests as hunts.
type ruleRunner struct {
	table *taxonomy.Table
	when  time.Time // that a case's log was last written
	runs  int       // so far
}

func newRuleRunner(p *Pack, table *taxonomy.Table) *ruleRunner {
	r := &ruleRunner{table: table}
	// Logs whose times lack the year have that of the pack.
	r.when, _ = time.Parse(time.DateOnly, string(cmp.Or(p.Manifest.Modified, p.Manifest.Issued)))
	return r
}

func (r *ruleRunner) plan(c *sigma.Collection) *hunt.Plan {
	return hunt.NewPlan(c, r.table, hunt.PlanOptions{})
}

// outcome is what a case gave.
type outcome struct {
	fires  int
	others map[string]int // titles of other rules that fired
	events int64
	notes  []string // of the reader, about the log
	first  string   // what the first finding rests on
}

// run hunts one log with a plan and counts the findings of the rule.
func (r *ruleRunner) run(ctx context.Context, plan *hunt.Plan, rule, format, name string, log []byte) (*outcome, error) {
	r.runs++
	o := &outcome{others: map[string]int{}}
	sum, err := hunt.Run(ctx, plan, hunt.Options{
		Read: source.Options{Workers: 1, As: format, Memory: []source.Memory{{Name: name, Data: log, ModTime: r.when}}},
		Finding: func(f *hunt.Finding) error {
			if f.Rule.ID != rule {
				o.others[f.Rule.Title]++
				return nil
			}
			if o.fires++; o.first == "" {
				o.first = describeFinding(f)
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	o.events = sum.Events
	for _, w := range sum.Warnings {
		if w.File != "" {
			o.notes = append(o.notes, w.Message)
		}
	}
	for _, s := range sum.Skipped {
		o.notes = append(o.notes, s.Message)
	}
	return o, nil
}

// describeFinding says what a finding rests on, in short.
func describeFinding(f *hunt.Finding) string {
	if c := f.Correlation; c != nil {
		var parts []string
		for _, g := range c.Group {
			parts = append(parts, g.Name+"="+g.Value)
		}
		return fmt.Sprintf("counted %g for %s", c.Value, cmp.Or(strings.Join(parts, ", "), "all"))
	}
	var parts []string
	for i, m := range f.Matched {
		if i == 4 {
			parts = append(parts, "…")
			break
		}
		v := m.Value
		if r := []rune(v); len(r) > 80 {
			v = string(r[:80]) + "…"
		}
		parts = append(parts, m.Name+"="+v)
	}
	return strings.Join(parts, ", ")
}

// caseLog is the log of a case: its lines below the header, or its events as lines of JSON.
func caseLog(t *RuleTest, c *Case) ([]byte, error) {
	switch {
	case len(c.Events) > 0 && c.Lines != "":
		return nil, errors.New("the case has events and lines: it is one or the other")
	case len(c.Events) > 0:
		if t.format() != defaultTestFormat {
			return nil, fmt.Errorf("the test is of format %s, whose cases have lines and no events", t.Format)
		}
		return eventLines(t.Base, c.Events)
	case strings.TrimSpace(c.Lines) == "":
		return nil, errors.New("the case has neither events nor lines")
	}
	var b bytes.Buffer
	for _, part := range []string{t.Header, c.Lines} {
		b.WriteString(part)
		if part != "" && !strings.HasSuffix(part, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.Bytes(), nil
}

func (t *RuleTest) format() string { return cmp.Or(t.Format, defaultTestFormat) }

// eventLines writes events, each upon the base, as lines of JSON. A null leaves a field of the base out.
func eventLines(base map[string]any, events []map[string]any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, e := range events {
		whole := maps.Clone(base)
		if whole == nil {
			whole = map[string]any{}
		}
		maps.Copy(whole, e)
		maps.DeleteFunc(whole, func(_ string, v any) bool { return v == nil })
		if err := enc.Encode(whole); err != nil {
			return nil, fmt.Errorf("an event cannot be written as JSON: %w", err)
		}
	}
	return b.Bytes(), nil
}

// testCase is one case of one test, ready to run.
type testCase struct {
	test     *RuleTest
	c        *Case
	at       place
	positive bool
	log      []byte
}

// verdict is "" where the outcome is as the case wants it.
func (tc *testCase) verdict(o *outcome) string {
	also := ""
	if len(o.others) > 0 {
		titles := slices.Sorted(maps.Keys(o.others))
		also = "; these fired: " + strings.Join(titles, ", ")
	}
	switch n := len(tc.c.Events); {
	case o.events == 0:
		return "no event could be read from it" + withNotes(o.notes)
	case len(o.notes) > 0:
		return "the log cannot be read without trouble" + withNotes(o.notes)
	case n > 0 && o.events != int64(n):
		return fmt.Sprintf("%d events were read from it, and it has %d", o.events, n)
	case tc.positive && o.fires == 0:
		return "missed: the rule does not fire" + also
	case tc.positive && tc.c.Fires > 0 && o.fires != tc.c.Fires:
		return fmt.Sprintf("fired %s, and has to fire %s%s", times(o.fires), times(tc.c.Fires), also)
	case !tc.positive && o.fires > 0:
		return fmt.Sprintf("fired %s, and has to stay silent: %s%s", times(o.fires), o.first, also)
	}
	return ""
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func withNotes(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	const most = 3
	if len(notes) > most {
		notes = append(slices.Clone(notes[:most]), "…")
	}
	return ": " + strings.Join(notes, "; ")
}

// cases makes the cases of a test ready; those that cannot be are problems.
func (p *Pack) cases(i int, title string) ([]*testCase, Problems) {
	t, at := &p.Tests[i], &p.at.tests[i]
	var (
		out []*testCase
		ps  Problems
	)
	add := func(list []Case, lines []int, positive bool) {
		for j := range list {
			tc := &testCase{test: t, c: &list[j], at: place{t.File, lines[j]}, positive: positive}
			var err error
			if tc.log, err = caseLog(t, tc.c); err != nil {
				ps = append(ps, tc.problem(title, err.Error()))
				continue
			}
			out = append(out, tc)
		}
	}
	add(t.Positive, at.positive, true)
	add(t.Negative, at.negative, false)
	return out, ps
}

func (tc *testCase) problem(title, reason string) Problem {
	return Problem{Kind: KindTest, File: tc.at.file, Line: tc.at.line, Rule: title, Case: tc.c.Name, Reason: reason}
}
