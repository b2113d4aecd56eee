package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"entente/internal/hunt"
	"entente/internal/sigma"
	"entente/internal/source"
	"entente/internal/taxonomy"
)

type rulesTestOptions struct {
	rules   ruleOptions
	verbose bool
	atLeast bool
}

func newRulesTestCmd(env Env) *cobra.Command {
	var o rulesTestOptions
	c := &cobra.Command{
		Use:   "test --rules DIR SAMPLES…",
		Short: "Run regression samples: logs that a rule must match so many times",
		Long: `Run regression samples in SigmaHQ's layout: folders with an info.yml that names a rule's id, and for each sample
its type, provider, number of matches and path. A sample is found by its file name beside info.yml. Where the same
sample also lies there as JSON it is run as well.

The number of matches has to be the stated one; a sample that states none has to match once or more.

Prints each failure and a closing count. Exit codes: 0 all pass, 1 a sample fails, 2 wrong usage.`,
		Example: `  entente rules test --rules sigma/rules sigma/regression_data
  entente rules test -r sigma/rules --at-least --verbose sigma/regression_data/rules/windows`,
		Args: atLeastOne("where the samples are: folders with an info.yml"),
		RunE: func(c *cobra.Command, args []string) error { return runRulesTest(c.Context(), env, o, args) },
	}
	o.rules.register(c.Flags())
	c.Flags().BoolVar(&o.atLeast, "at-least", false, "more matches than stated are fine, as SigmaHQ's own runner sees it")
	c.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "also print samples that pass")
	return c
}

// sampleInfo is an info.yml.
type sampleInfo struct {
	ID           string `yaml:"id"`
	RuleMetadata []struct {
		ID    string `yaml:"id"`
		Title string `yaml:"title"`
	} `yaml:"rule_metadata"`
	Tests []struct {
		Name       string `yaml:"name"`
		Type       string `yaml:"type"`
		Provider   string `yaml:"provider"`
		MatchCount *int   `yaml:"match_count"`
		Path       string `yaml:"path"`
	} `yaml:"regression_tests_info"`
}

type testCounts struct{ passed, failed, skipped int }

func runRulesTest(ctx context.Context, env Env, o rulesTestOptions, args []string) error {
	if len(o.rules.paths) == 0 {
		return usagef("--rules is missing: say where the rules are that the samples test")
	}
	c, err := o.rules.load()
	if err != nil {
		return err
	}
	table, err := taxonomy.Load(o.rules.mappings...)
	if err != nil {
		return usagef("--mapping: %w", err)
	}
	byID := map[string]*sigma.Rule{}
	for _, r := range c.Rules {
		byID[r.ID] = r
	}
	infos, err := findInfos(args)
	if err != nil {
		return err
	}
	if len(infos) == 0 {
		return usagef("no info.yml under %s", strings.Join(args, ", "))
	}
	t := &sampleTester{env: env, table: table, rules: byID, problems: c.Problems, verbose: o.verbose, atLeast: o.atLeast}
	for _, p := range infos {
		if err := t.folder(ctx, p); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stdout, "%d passed, %d failed, %d skipped\n", t.n.passed, t.n.failed, t.n.skipped)
	if t.n.failed > 0 {
		return exit(ExitFailure, nil)
	}
	if t.n.passed == 0 {
		return exit(ExitFailure, errors.New("no sample was run"))
	}
	return nil
}

func findInfos(roots []string) ([]string, error) {
	var out []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if !d.IsDir() && (d.Name() == "info.yml" || d.Name() == "info.yaml") {
				out = append(out, p)
			}
			return nil
		})
		if err != nil {
			return nil, usagef("samples: %w", err)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

type sampleTester struct {
	env      Env
	table    *taxonomy.Table
	rules    map[string]*sigma.Rule
	problems []sigma.Problem
	verbose  bool
	atLeast  bool
	n        testCounts
}

func (t *sampleTester) fail(info, format string, args ...any) {
	t.n.failed++
	fmt.Fprintf(t.env.Stdout, "FAIL %s: %s\n", printable(info), printable(fmt.Sprintf(format, args...)))
}

func (t *sampleTester) skip(info, why string) {
	t.n.skipped++
	fmt.Fprintf(t.env.Stdout, "SKIP %s: %s\n", printable(info), printable(why))
}

// folder runs the samples of one info.yml.
func (t *sampleTester) folder(ctx context.Context, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		t.fail(file, "%v", err)
		return nil
	}
	var info sampleInfo
	if err := yaml.Unmarshal(data, &info); err != nil {
		t.fail(file, "%v", err)
		return nil
	}
	if len(info.Tests) == 0 {
		t.skip(file, "it describes no test")
		return nil
	}
	if len(info.RuleMetadata) == 0 {
		t.fail(file, "rule_metadata names no rule")
		return nil
	}
	for _, test := range info.Tests {
		for _, rm := range info.RuleMetadata {
			want := 1
			if test.MatchCount != nil {
				want = *test.MatchCount
			}
			name := path.Base(strings.ReplaceAll(test.Path, `\`, "/"))
			if name == "." || name == "/" || name == ".." {
				t.fail(file, "a test has no path")
				continue
			}
			sample := filepath.Join(filepath.Dir(file), name)
			if err := t.sample(ctx, strings.ToLower(rm.ID), sample, want, test.MatchCount != nil); err != nil {
				return err
			}
			twin := strings.TrimSuffix(sample, filepath.Ext(sample)) + ".json"
			if twin == sample {
				continue
			}
			if _, err := os.Stat(twin); err == nil {
				if err := t.sample(ctx, strings.ToLower(rm.ID), twin, want, test.MatchCount != nil); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// sample hunts one file with one rule. Without a stated number of matches one or more will do.
func (t *sampleTester) sample(ctx context.Context, id, file string, want int, exact bool) error {
	rule := t.rules[id]
	if rule == nil {
		for _, p := range t.problems {
			if p.Rule == id && !p.Warning {
				t.fail(file, "rule %s is not loaded: %s", id, p.Reason)
				return nil
			}
		}
		t.fail(file, "rule %s is not among the rules", id)
		return nil
	}
	plan := hunt.NewPlan(&sigma.Collection{Rules: []*sigma.Rule{rule}}, t.table, hunt.PlanOptions{})
	got := 0
	var warnings []string
	sum, err := hunt.Run(ctx, plan, hunt.Options{
		Inputs: []string{file}, Read: source.Options{Workers: 1},
		Finding: func(*hunt.Finding) error { got++; return nil },
	})
	if err != nil {
		return err
	}
	for _, w := range sum.Warnings {
		warnings = append(warnings, describeWarning(w))
	}
	for _, s := range sum.Skipped {
		warnings = append(warnings, s.File+": "+s.Message)
	}
	note := ""
	if len(warnings) > 0 {
		note = " (" + strings.Join(warnings, "; ") + ")"
	}
	switch {
	case exact && got < want, exact && got > want && !t.atLeast, !exact && got == 0:
		t.fail(file, "rule %s %q matched %d of %d events, %d matches expected%s", id, rule.Title, got, sum.Events, want, note)
	default:
		t.n.passed++
		if t.verbose {
			fmt.Fprintf(t.env.Stdout, "ok   %s: %q matched %d\n", printable(file), printable(rule.Title), got)
		}
	}
	return nil
}
