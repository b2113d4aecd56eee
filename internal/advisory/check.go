package advisory

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"entente/internal/attack"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// CheckOptions say what [Check] looks at.
type CheckOptions struct {
	// Rules limits the check to these rules: ids, files of rules or tests, or parts of titles. Empty is the whole pack.
	Rules []string
	// Mutate changes every literal of every rule, and demands that a test notices.
	Mutate bool
	// Now is the time by which a pack is out of date; zero is the present.
	Now time.Time

	skipBenign bool // in tests, for which the day takes too long
}

// CheckReport is what a check found.
type CheckReport struct {
	Problems     Problems `json:"problems"`
	TTPs         int      `json:"ttps"`
	Rules        int      `json:"rules"`
	Correlations int      `json:"correlations"`
	Filters      int      `json:"filters"`
	Indicators   int      `json:"indicators"`
	Tests        int      `json:"tests"` // files that were run
	Positives    int      `json:"positives"`
	Negatives    int      `json:"negatives"`
	Literals     int      `json:"literals"`  // that were found, with Mutate
	Mutations    int      `json:"mutations"` // changes that were tried
	// BenignEvents is how many events the day without an intrusion had, and Benign is what rules below level high found in it.
	BenignEvents int64         `json:"benign_events"`
	Benign       []BenignCount `json:"benign"`
}

// BenignCount is how often a rule fired on the day without an intrusion.
type BenignCount struct {
	Rule     string `json:"rule"`
	Level    string `json:"level"`
	Findings int    `json:"findings"`
}

// OK says that nothing is wrong; warnings do not count.
func (r *CheckReport) OK() bool { return len(r.Problems.errors()) == 0 }

// Errors counts the problems that are no warnings.
func (r *CheckReport) Errors() int { return len(r.Problems.errors()) }

// Check demands of a pack what docs/formats/pack.md says. read are the problems of reading it ([Read]). The error is the
// context's, or a fault of ours.
func Check(ctx context.Context, p *Pack, read Problems, opts CheckOptions) (*CheckReport, error) {
	table, err := taxonomy.Load()
	if err != nil {
		return nil, err
	}
	facts, err := attack.Default()
	if err != nil {
		return nil, err
	}
	c := &checker{
		pack: p, opts: opts, table: table, facts: facts, now: cmp.Or(opts.Now, time.Now()), runner: newRuleRunner(p, table), metas: map[string]*sigma.Meta{},
		report: &CheckReport{
			Problems: Problems{}, Benign: []BenignCount{},
			TTPs: len(p.TTPs), Correlations: len(p.Rules.Correlations), Filters: p.Rules.Filters, Indicators: len(p.Indicators),
		},
	}
	for _, r := range p.Rules.Rules {
		if !p.FromIndicator(&r.Meta) {
			c.report.Rules++
		}
		c.metas[r.ID] = &r.Meta
	}
	for _, r := range p.Rules.Correlations {
		c.metas[r.ID] = &r.Meta
	}
	for _, x := range read {
		if c.selectsFile(x.File) {
			c.add(x)
		}
	}
	c.loaded()
	silent := p.silentRules()
	if len(opts.Rules) == 0 {
		if len(c.pack.at.manifest) > 0 { // it could be read
			c.manifest()
			c.entrances()
		}
		c.ttps()
		c.mitigations()
		c.indicators()
	}
	c.rules(silent)
	c.counts(silent)
	if err := c.tests(ctx, silent); err != nil {
		return c.report, err
	}
	if !opts.skipBenign {
		if err := c.benign(ctx); err != nil {
			return c.report, err
		}
	}
	c.report.Problems = c.report.Problems.sorted()
	return c.report, nil
}

type checker struct {
	pack   *Pack
	opts   CheckOptions
	table  *taxonomy.Table
	facts  *attack.Facts
	now    time.Time
	runner *ruleRunner
	metas  map[string]*sigma.Meta // of rules and correlations, by id
	report *CheckReport
}

func (c *checker) add(p Problem) { c.report.Problems = append(c.report.Problems, p) }

// selectsFile says that problems of a file are wanted.
func (c *checker) selectsFile(file string) bool {
	if len(c.opts.Rules) == 0 {
		return true
	}
	return slices.ContainsFunc(c.opts.Rules, func(s string) bool { return sameFile(s, file) })
}

// sameFile says that what the user named is a file of the pack: by its name in the pack, by its path, or by its last part.
// A rule and its test have the same name.
func sameFile(named, file string) bool {
	named = strings.ReplaceAll(named, `\`, "/")
	return file != "" && path.Base(named) == path.Base(file) && strings.Contains(path.Base(named), ".")
}

// selects says that a rule is to be checked.
func (c *checker) selects(m *sigma.Meta) bool {
	if len(c.opts.Rules) == 0 {
		return true
	}
	return slices.ContainsFunc(c.opts.Rules, func(s string) bool {
		return strings.EqualFold(s, m.ID) || sameFile(s, m.File) || len(s) > 2 && strings.Contains(strings.ToLower(m.Title), strings.ToLower(s))
	})
}

// loaded reports rules that are not loaded or that no log serves.
func (c *checker) loaded() {
	for _, x := range c.pack.Rules.Problems {
		if !c.selectsFile(x.File) && !slices.Contains(c.opts.Rules, x.Rule) {
			continue
		}
		c.add(Problem{Kind: KindRule, File: x.File, Line: x.Line, Rule: x.Rule, Reason: x.Reason, Warning: x.Warning})
	}
	for _, r := range c.pack.Rules.Rules {
		if !c.selects(&r.Meta) {
			continue
		}
		if why := c.table.Unserved(r.LogSource); why != "" {
			c.add(Problem{Kind: KindRule, File: r.File, Line: r.Line, Rule: r.Title, Reason: "no log serves the rule: " + why})
		}
	}
}

// tests runs the tests.
func (c *checker) tests(ctx context.Context, silent map[string]string) error {
	docs := c.pack.ruleDocs()
	c.documents(docs)
	plan := c.runner.plan(c.pack.Rules)
	mu := &mutation{pack: c.pack, runner: c.runner, docs: docs}
	tested := map[string]string{}
	for i := range c.pack.Tests {
		t := &c.pack.Tests[i]
		m := c.metas[t.Rule]
		if m == nil {
			if c.selectsFile(t.File) || slices.Contains(c.opts.Rules, t.Rule) {
				c.add(Problem{Kind: KindTest, File: t.File, Line: c.pack.at.tests[i].line, Reason: fmt.Sprintf("the test is for rule %q, and no rule that loads has that id", t.Rule)})
			}
			continue
		}
		if other, ok := tested[t.Rule]; ok {
			c.add(Problem{Kind: KindTest, File: t.File, Line: c.pack.at.tests[i].line, Rule: m.Title, Reason: "the rule has a test in " + other + " already"})
			continue
		}
		tested[t.Rule] = t.File
		chosen := c.selects(m) || c.selectsFile(t.File)
		tr := &testedRule{sound: true}
		for _, d := range docs {
			if d.id == t.Rule {
				tr.doc, tr.needs = d, needed(docs, d)
			}
		}
		// A base rule that was asked for is tested by what rests on it.
		chosen = chosen || slices.ContainsFunc(tr.needs, func(d *ruleDoc) bool {
			x := c.metas[d.id]
			return x != nil && c.selects(x)
		})
		if !chosen {
			continue
		}
		cases, ps := c.pack.cases(i, m.Title)
		tr.cases = cases
		tr.sound = len(ps) == 0 && len(cases) > 0
		for _, x := range ps {
			c.add(x)
		}
		c.report.Tests++
		plan := plan
		if silent[t.Rule] != "" { // nothing silences it where it is alone
			plan = c.runner.plan(c.pack.only(tr.needs))
		}
		for _, tc := range cases {
			if tc.positive {
				c.report.Positives++
			} else {
				c.report.Negatives++
			}
			o, err := c.runner.run(ctx, plan, t.Rule, t.format(), tc.at.file, tc.log)
			if err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				c.add(tc.problem(m.Title, err.Error()))
				tr.sound = false
				continue
			}
			if why := tc.verdict(o); why != "" {
				c.add(tc.problem(m.Title, why))
				tr.sound = false
			}
		}
		if tr.doc != nil && tr.sound {
			mu.tested = append(mu.tested, tr)
		}
	}
	if !c.opts.Mutate {
		return nil
	}
	ps, err := mu.run(ctx, c.selectsDoc)
	c.report.Literals, c.report.Mutations = mu.literals, mu.done
	for _, x := range ps {
		c.add(x)
	}
	return err
}
