package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"

	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
	"entente/packs"
)

// ruleOptions say which rules to load and how to read them.
type ruleOptions struct {
	paths        []string
	placeholders string
	mappings     []string
}

func (o *ruleOptions) register(f *pflag.FlagSet) {
	f.StringArrayVarP(&o.paths, "rules", "r", nil, "Sigma rules: `DIR|FILE`; may be repeated")
	o.registerReading(f)
}

// registerReading adds what changes how rules are read, for verbs that take the rules themselves as arguments.
func (o *ruleOptions) registerReading(f *pflag.FlagSet) {
	f.StringVar(&o.placeholders, "values", "", "YAML `FILE` with the values of %placeholders% that rules use: name: [value, …]")
	f.StringArrayVar(&o.mappings, "mapping", nil, "taxonomy `FILE` that adds logs or field names; may be repeated")
}

// load reads the rules; without paths those of the packs that come with the program.
func (o *ruleOptions) load() (*sigma.Collection, error) {
	so, err := o.sigma()
	if err != nil {
		return nil, err
	}
	if len(o.paths) == 0 {
		set, err := openPacks(packs.IDs())
		if err != nil {
			return nil, err
		}
		return coverage.Rules(set.packs), nil
	}
	c, err := sigma.Load(so, o.paths...)
	if err != nil {
		return nil, usagef("rules: %w", err)
	}
	return c, nil
}

func (o *ruleOptions) sigma() (sigma.Options, error) {
	var so sigma.Options
	if o.placeholders == "" {
		return so, nil
	}
	var err error
	if so.Placeholders, err = loadPlaceholders(o.placeholders); err != nil {
		return so, usagef("--values: %w", err)
	}
	return so, nil
}

// maxValuesFile bounds a file of placeholder values.
const maxValuesFile = 16 << 20

func loadPlaceholders(path string) (map[string][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	var raw map[string]yaml.Node
	if err := yaml.NewDecoder(io.LimitReader(f, maxValuesFile)).Decode(&raw); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	out := map[string][]string{}
	for name, n := range raw {
		name = strings.Trim(name, "%")
		switch n.Kind {
		case yaml.ScalarNode:
			out[name] = []string{n.Value}
		case yaml.SequenceNode:
			for _, c := range n.Content {
				if c.Kind != yaml.ScalarNode {
					return nil, fmt.Errorf("%s:%d: the values of %s must be texts or numbers", path, c.Line, name)
				}
				out[name] = append(out[name], c.Value)
			}
		default:
			return nil, fmt.Errorf("%s:%d: %s must be a value or a list of values", path, n.Line, name)
		}
	}
	return out, nil
}

// table is the taxonomy with the user's files.
func (o *ruleOptions) table() (*taxonomy.Table, error) {
	table, err := taxonomy.Load(o.mappings...)
	if err != nil {
		return nil, usagef("--mapping: %w", err)
	}
	return table, nil
}

// planOf makes rules ready to run, and says what was not loaded of them.
func planOf(env Env, rules *sigma.Collection, table *taxonomy.Table, filter *filterOptions, po hunt.PlanOptions, quiet bool) (*hunt.Plan, error) {
	if !quiet {
		reportProblems(env, rules)
	}
	po.Keep, po.Tags = filter.keep(), attackTags()
	plan := hunt.NewPlan(rules, table, po)
	if plan.Rules() == 0 {
		return nil, exit(ExitUsage, fmt.Errorf("%w: %s", hunt.ErrNoRules, whyNoRules(rules, filter)))
	}
	return plan, nil
}

// whyNoRules says where the rules have gone.
func whyNoRules(c *sigma.Collection, filter *filterOptions) string {
	n := len(c.Rules)
	switch {
	case c.Documents == 0:
		return "no file with the ending .yml or .yaml holds one"
	case n == 0 && len(c.Problems) == 0:
		return fmt.Sprintf("none of the %s is a rule", many(int64(c.Documents), "document"))
	case n == 0:
		return fmt.Sprintf("none of the %s could be loaded\nhint: `entente rules check` says why", many(int64(c.Documents), "document"))
	case n == 1:
		return "the only one does not pass " + filter.flags()
	default:
		return fmt.Sprintf("none of the %s passes %s", many(int64(n), "rule"), filter.flags())
	}
}

// reportProblems names what was not loaded, in short; `entente rules check` shows all.
func reportProblems(env Env, c *sigma.Collection) {
	const most = 5
	n, waiting := 0, 0
	for _, p := range c.Problems {
		if p.Warning {
			continue
		}
		if len(p.Needs) > 0 {
			waiting++
			continue
		}
		if n++; n <= most {
			fmt.Fprintln(env.Stderr, "rule not loaded:", describeProblem(p))
		}
	}
	if n > most {
		fmt.Fprintf(env.Stderr, "rule not loaded: %d more; see `entente rules check`\n", n-most)
	}
	if waiting > 0 {
		fmt.Fprintf(env.Stderr, "rules that wait for the values of their placeholders: %d; `entente rules check` names them, --values gives them\n", waiting)
	}
}

func describeProblem(p sigma.Problem) string {
	at := p.File
	if p.Line > 0 {
		at = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	if p.Rule != "" {
		at += " (" + p.Rule + ")"
	}
	return printable(at + ": " + p.Reason)
}
