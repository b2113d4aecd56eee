package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

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
	f.StringArrayVarP(&o.sources, "indicators", "i", nil, "STIX bundle the indicators of which are hunted: `FILE|DIR|-`; may be repeated")
	f.BoolVar(&o.expired, "expired", false, "indicators also match records from after their valid_until, with a caveat")
}

// join adds the rules of the indicators to others. logs are the inputs of the hunt.
func (o *indicatorOptions) join(env Env, rules *sigma.Collection, logs []string, quiet bool) (*sigma.Collection, error) {
	if len(o.sources) == 0 {
		return rules, nil
	}
	if slices.Contains(o.sources, indicator.Stdin) && slices.Contains(logs, source.Stdin) {
		return nil, usagef("standard input can hold the indicators or the logs, not both")
	}
	b, err := indicator.Read(env.Stdin, o.sources...)
	if err != nil {
		return nil, usagef("--indicators: %w", err)
	}
	set := b.Compile()
	out := *rules
	out.Rules = slices.Concat(rules.Rules, set.Rules)
	out.Correlations = slices.Concat(rules.Correlations, set.Correlations)
	out.Problems = slices.Concat(rules.Problems, set.Problems)
	out.Documents += set.Indicators
	if !quiet {
		fmt.Fprintln(env.Stderr, printable(countIndicators(set)))
	}
	return &out, nil
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
