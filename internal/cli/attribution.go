package cli

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"entente/internal/attribution/rank"
	"entente/internal/attribution/rank/score"
	"entente/internal/durable"
)

func newAttributionCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "attribution",
		Short: "Measure how good the machine's ranking of groups is",
		Long: `entente rank says whose habits an intrusion is like. How often it is right, and whether its probabilities can be believed,
is measured here, on cases of which the actor is known.`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newAttributionEvalCmd(env))
	return c
}

type attributionEvalOptions struct {
	attack      string
	cases       string
	predictions string
	markdown    bool
	folds       int
}

func newAttributionEvalCmd(env Env) *cobra.Command {
	var o attributionEvalOptions
	c := &cobra.Command{
		Use:   "eval --attack BUNDLE --cases FILE",
		Short: "Rank cases of which the actor is known, and measure it",
		Long: `Rank the groups of an ATT&CK bundle for every case of a file, with what the case drops left out of the profiles, and print how
good that was: how often the right group is first or among the first, with an interval that redraws whole actors; how far
probabilities are from what happens (ECE); how well "none of these" tells unknown actors (AUROC).

The model's constants were found on public cases. Measured on these it looks better than it is; --cross-validate measures it
on actors of whom nothing was seen when the constants were found, and prints the constants that it finds on all cases.

Of a case only techniques, software, drop and remove_group are used to rank; set, filter and answer to measure. The format of
cases and predictions, and every measure, stand in docs/attribution-ranking.md.

Exit codes: 0 measured, 1 failed, 2 wrong usage.`,
		Example: `  entente attribution eval --attack enterprise-attack.json --cases cases.jsonl
  entente attribution eval --attack enterprise-attack.json --cases cases.jsonl --predictions predictions.jsonl --markdown
  entente attribution eval --attack enterprise-attack.json --cases cases.jsonl --cross-validate 5`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return runAttributionEval(c.Context(), env, &o) },
	}
	f := c.Flags()
	f.StringVar(&o.attack, "attack", "", "`BUNDLE` of ATT&CK as MITRE publishes it: enterprise-attack.json")
	f.StringVar(&o.cases, "cases", "", "`FILE` of cases, a JSON object a line")
	f.StringVar(&o.predictions, "predictions", "", "write the rankings into this `FILE`, a line for each case")
	f.BoolVar(&o.markdown, "markdown", false, "print tables in Markdown")
	f.IntVar(&o.folds, "cross-validate", 0, "find the model's constants anew, without each `NUMBER`th of the actors in turn, and measure on these; takes half a minute")
	return c
}

func runAttributionEval(ctx context.Context, env Env, o *attributionEvalOptions) error {
	if o.attack == "" || o.cases == "" {
		return usagef("--attack and --cases are needed\nhint: entente attribution eval --attack enterprise-attack.json --cases cases.jsonl")
	}
	if o.folds < 0 || o.folds == 1 || o.folds > 100 {
		return usagef("--cross-validate %d: use 2 to 100", o.folds)
	}
	corpus, err := rank.ReadBundleFile(o.attack)
	if err != nil {
		return fmt.Errorf("%s: %w", printable(o.attack), err)
	}
	f, err := os.Open(o.cases)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	cases, err := score.ReadCases(f)
	if err != nil {
		return fmt.Errorf("%s: %w", printable(o.cases), err)
	}
	var predictions []score.Prediction
	name := "entente"
	measured := cases
	if o.folds > 0 {
		name = "entente, cross-validated"
		measured = slices.Concat(cases, score.Joined(corpus, cases))
		constants, err := score.Fit(corpus, measured)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.Stderr, "constants found on all cases: %s\n", constants.String())
		predictions, err = score.CrossValidate(ctx, corpus, measured, o.folds)
		if err != nil {
			return err
		}
	} else if predictions, err = score.Predict(ctx, corpus, rank.Fitted(), cases); err != nil {
		return err
	}
	if o.predictions != "" {
		var b []byte
		for i := range cases {
			b = predictions[i].AppendJSON(b)
		}
		if err := durable.WriteFile(o.predictions, b, 0o644); err != nil {
			return err
		}
	}
	measures, err := score.Measure(measured, predictions)
	if err != nil {
		return fmt.Errorf("%s: %w", printable(o.cases), err)
	}
	return writeAll(env, []byte(score.Tables(measures, name, o.markdown)))
}
