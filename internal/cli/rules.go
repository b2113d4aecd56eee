package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/hunt"
	"entente/internal/indicator"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

func newRulesCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "rules",
		Short: "Check, show and test Sigma rules",
		Args:  onlyCommands,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newRulesCheckCmd(env), newRulesShowCmd(env), newRulesTestCmd(env))
	return c
}

type rulesCheckOptions struct {
	rules      ruleOptions
	indicators indicatorOptions
	json       bool
	warnings   bool
}

func newRulesCheckCmd(env Env) *cobra.Command {
	var o rulesCheckOptions
	c := &cobra.Command{
		Use:   "check [flags] DIR|FILE…",
		Short: "Load rules or indicators and name every one that does not load, with its file and the reason",
		Long: `Load Sigma rules, filters and correlations, count them, and name every document that does not load with file,
line and reason. Also says which rules no log can serve, because their logsource is not known.

Bundles of STIX (files *.json, *.jsonl and *.stix, or --indicators) are checked as ` + "`entente hunt --indicators`" + ` reads
them: each indicator that no log can show, or that cannot be read, is named with the reason; with --warnings also what is
not hunted of others.

Rules that use %placeholders% load once --values gives their values; until then they are listed with what they need.

Exit codes: 0 everything is in order, 1 something does not load or there is nothing to load, 2 wrong usage.`,
		Example: `  entente rules check sigma/rules
  entente taxii pull -c intel https://taxii.example.org | entente rules check --warnings -i -`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return runRulesCheck(env, o, args) },
	}
	o.rules.registerReading(c.Flags())
	o.indicators.registerSources(c.Flags())
	c.Flags().BoolVar(&o.json, "json", false, "print JSON")
	c.Flags().BoolVarP(&o.warnings, "warnings", "w", false, "also show warnings about documents that do load")
	return c
}

type checkResult struct {
	Documents    int         `json:"documents"`
	Rules        int         `json:"rules"`
	Correlations int         `json:"correlations"`
	Filters      int         `json:"filters"`
	NeedValues   []checkNote `json:"need_values"`
	NotLoaded    []checkNote `json:"not_loaded"`
	Warnings     []checkNote `json:"warnings"`
	Unserved     []checkNote `json:"unserved"`
	// Indicators is there where bundles of STIX were checked.
	Indicators *indicatorCounts `json:"indicators,omitempty"`
}

// indicatorCounts say what becomes of the indicators of bundles.
type indicatorCounts struct {
	Total     int `json:"total"`
	Hunted    int `json:"hunted"`
	Partly    int `json:"partly"`
	Revoked   int `json:"revoked"`
	Benign    int `json:"benign"`
	NotHunted int `json:"not_hunted"`
}

type checkNote struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Rule   string `json:"rule,omitempty"`
	Reason string `json:"reason"`
}

func runRulesCheck(env Env, o rulesCheckOptions, args []string) error {
	for _, arg := range args {
		if info, err := os.Stat(arg); err == nil && !info.IsDir() && indicator.IsFile(arg) {
			o.indicators.sources = append(o.indicators.sources, arg)
		} else {
			o.rules.paths = append(o.rules.paths, arg)
		}
	}
	if len(o.rules.paths)+len(o.indicators.sources) == 0 {
		return usagef("say what to check: files and folders of rules, or bundles of STIX")
	}
	c := &sigma.Collection{}
	var err error
	if len(o.rules.paths) > 0 {
		if c, err = o.rules.load(); err != nil {
			return err
		}
	}
	set, err := o.indicators.read(env, &o.rules)
	if err != nil {
		return err
	}
	table, err := taxonomy.Load(o.rules.mappings...)
	if err != nil {
		return usagef("--mapping: %w", err)
	}
	r := checkResult{
		Documents: c.Documents, Rules: len(c.Rules), Correlations: len(c.Correlations), Filters: c.Filters,
		NeedValues: []checkNote{}, NotLoaded: []checkNote{}, Warnings: []checkNote{}, Unserved: []checkNote{},
	}
	problems := c.Problems
	if set != nil {
		problems = slices.Concat(problems, set.Problems)
		r.Indicators = &indicatorCounts{
			set.Indicators, set.Hunted, set.Partly, set.Revoked, set.Benign, set.Indicators - set.Hunted - set.Revoked - set.Benign,
		}
	}
	for _, p := range problems {
		n := checkNote{p.File, p.Line, p.Rule, p.Reason}
		switch {
		case p.Warning:
			r.Warnings = append(r.Warnings, n)
		case len(p.Needs) > 0:
			r.NeedValues = append(r.NeedValues, n)
		default:
			r.NotLoaded = append(r.NotLoaded, n)
		}
	}
	for _, rule := range c.Rules {
		if why := table.Unserved(rule.LogSource); why != "" {
			r.Unserved = append(r.Unserved, checkNote{rule.File, rule.Line, cmp.Or(rule.ID, rule.Title), why})
		}
	}
	if o.json {
		enc := json.NewEncoder(env.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			return err
		}
	} else {
		printCheck(env.Stdout, &r, o.warnings)
		if set != nil {
			fmt.Fprintln(env.Stdout, printable(countIndicators(set)))
		}
	}
	switch {
	case c.Documents == 0 && set == nil:
		return exit(ExitFailure, errors.New("no file with the ending .yml or .yaml holds a rule"))
	case len(r.NotLoaded) > 0, set != nil && set.Indicators == 0:
		return exit(ExitFailure, nil)
	}
	return nil
}

func printCheck(w io.Writer, r *checkResult, warnings bool) {
	show := func(kind string, notes []checkNote) {
		for _, n := range notes {
			fmt.Fprintf(w, "%s: %s\n", kind, describeProblem(sigma.Problem{File: n.File, Line: n.Line, Rule: n.Rule, Reason: n.Reason}))
		}
	}
	show("needs values", r.NeedValues)
	show("not loaded", r.NotLoaded)
	if warnings {
		show("warning", r.Warnings)
	}
	why := map[string]int{}
	for _, n := range r.Unserved {
		why[n.Reason]++
	}
	reasons := make([]string, 0, len(why))
	for k := range why {
		reasons = append(reasons, k)
	}
	slices.Sort(reasons)
	for _, k := range reasons {
		fmt.Fprintf(w, "no log serves %s: %s\n", plural(why[k], "rule"), printable(k))
	}
	if r.Documents == 0 && r.Indicators != nil {
		return
	}
	fmt.Fprintf(w, "%s: %s, %s and %s loaded, %d in order but waiting for values, %d not loaded, %s\n",
		plural(r.Documents, "document"), plural(r.Rules, "rule"), plural(r.Correlations, "correlation"), plural(r.Filters, "filter"),
		len(r.NeedValues), len(r.NotLoaded), plural(len(r.Warnings), "warning"))
}

type rulesShowOptions struct {
	rules      ruleOptions
	indicators indicatorOptions
}

func newRulesShowCmd(env Env) *cobra.Command {
	var o rulesShowOptions
	c := &cobra.Command{
		Use:   "show [--rules DIR|FILE] [--indicators FILE] ID…",
		Short: "Print the compiled plan of rules",
		Long: `Print what the hunt makes of rules: the condition after all modifiers, the logs that serve it with the names its
fields have there, and the literals that a record must hold for the rule to be tried.

ID is a rule's id, name, or words of its title.`,
		Example: `  entente rules show --rules sigma/rules "web shell"
  entente rules show -r rule.yml 491c30a1-3daa-434e-9818-be2f420b9250
  entente rules show -i intel.json Implant`,
		Args: atLeastOne("which rule to show: its id, its name or words of its title"),
		RunE: func(_ *cobra.Command, args []string) error { return runRulesShow(env, o, args) },
	}
	o.rules.register(c.Flags())
	o.indicators.registerSources(c.Flags())
	return c
}

func runRulesShow(env Env, o rulesShowOptions, args []string) error {
	c := &sigma.Collection{}
	var err error
	if len(o.rules.paths) > 0 || len(o.indicators.sources) == 0 {
		if c, err = o.rules.load(); err != nil {
			return err
		}
	}
	if set, err := o.indicators.read(env, &o.rules); err != nil {
		return err
	} else if set != nil {
		c = joinIndicators(c, set)
	}
	table, err := taxonomy.Load(o.rules.mappings...)
	if err != nil {
		return usagef("--mapping: %w", err)
	}
	plan := hunt.NewPlan(c, table, hunt.PlanOptions{Tags: attackTags()})
	for i, arg := range args {
		text := plan.Explain(arg)
		if text == "" {
			return usagef("no rule is called %q\nhint: give its id, name or words of its title, and --rules where it is", arg)
		}
		if i > 0 {
			fmt.Fprintln(env.Stdout)
		}
		for line := range strings.Lines(text) {
			fmt.Fprintln(env.Stdout, printable(strings.TrimRight(line, "\n")))
		}
	}
	return nil
}
