package cli

import (
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"entente/internal/coverage"
	"entente/internal/indicator"
	"entente/internal/sigma"
	"entente/internal/source"
)

// indicatorOptions say which indicators of STIX to hunt for.
type indicatorOptions struct {
	sources []string
	expired bool
}

func (o *indicatorOptions) register(f *pflag.FlagSet) {
	o.registerSources(f)
	f.BoolVar(&o.expired, "expired", false, "indicators also match records from after their valid_until, with a caveat")
}

// registerSources adds the sources alone, for verbs that do not hunt.
func (o *indicatorOptions) registerSources(f *pflag.FlagSet) {
	f.StringArrayVarP(&o.sources, "indicators", "i", nil, "STIX bundles whose indicators are rules: `FILE|DIR|-`; may be repeated")
}

// read reads the indicators; nil where there are no sources.
func (o *indicatorOptions) read(env Env, rules *ruleOptions) (*indicator.Set, error) {
	if len(o.sources) == 0 {
		return nil, nil //nolint:nilnil // there are none
	}
	b := indicator.NewBundle()
	var err error
	if b.Sigma, err = rules.sigma(); err != nil {
		return nil, err
	}
	if err := b.Read(env.Stdin, o.sources...); err != nil {
		return nil, usagef("--indicators: %w", err)
	}
	makeRoom(env, b.Len())
	return b.Compile(), nil
}

// makeRoom lets the program take more memory where there are so many indicators that the limit it sets itself would have it
// spend its time on freeing what is needed. A limit of the user's stays.
func makeRoom(env Env, indicators int) {
	const usual, each = 20_000, 8 << 10
	if limit := debug.SetMemoryLimit(-1); indicators > usual && limit < math.MaxInt64/2 && env.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit + int64(indicators-usual)*each)
	}
}

// join adds the rules of the indicators to others, and says what became of the indicators. logs are the inputs of the hunt.
func (o *indicatorOptions) join(env Env, rules *sigma.Collection, ro *ruleOptions, logs []string, quiet bool) (*sigma.Collection, error) {
	if slices.Contains(o.sources, indicator.Stdin) && slices.Contains(logs, source.Stdin) {
		return nil, usagef("standard input can hold the indicators or the logs, not both")
	}
	set, err := o.read(env, ro)
	if err != nil || set == nil {
		return rules, err
	}
	if set.Indicators == 0 {
		if len(set.Problems) > 0 {
			return nil, usagef("--indicators: there is no indicator: %s", describeProblem(set.Problems[0]))
		}
		return nil, usagef("--indicators: there is no indicator among %s", many(int64(set.Objects), "object"))
	}
	if !quiet {
		fmt.Fprintln(env.Stderr, printable(countIndicators(set)))
	}
	return joinIndicators(rules, set), nil
}

// joinIndicators adds the rules of indicators to others.
func joinIndicators(rules *sigma.Collection, set *indicator.Set) *sigma.Collection {
	if set.Sigma.Documents > 0 {
		rules = coverage.Rules(nil, rules, set.Sigma)
		rules.Documents -= set.Sigma.Documents // they count as indicators
	}
	out := *rules
	out.Rules = slices.Concat(rules.Rules, set.Rules)
	out.Correlations = slices.Concat(rules.Correlations, set.Correlations)
	out.Problems = slices.Concat(rules.Problems, set.Problems)
	out.Documents += set.Indicators
	return &out
}

// countIndicators says in one line what became of the indicators.
func countIndicators(s *indicator.Set) string {
	text := fmt.Sprintf("indicators: %s of %s hunted", thousands(int64(s.Hunted)), thousands(int64(s.Indicators)))
	var rest []string
	say := func(n int, what string) {
		if n > 0 {
			rest = append(rest, thousands(int64(n))+" "+what)
		}
	}
	say(s.Partly, "in part")
	say(s.Revoked, "revoked")
	say(s.Benign, "benign")
	say(s.Indicators-s.Hunted-s.Revoked-s.Benign, "not hunted")
	if len(rest) > 0 {
		text += " (" + strings.Join(rest, ", ") + ")"
	}
	return text
}
