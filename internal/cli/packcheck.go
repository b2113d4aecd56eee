package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"entente/internal/advisory"
)

type packCheckOptions struct {
	check  advisory.CheckOptions
	format string
}

func newPackCheckCmd(env Env) *cobra.Command {
	var o packCheckOptions
	c := &cobra.Command{
		Use:   "check [flags] PACK",
		Short: "Check a pack: its files, its rules, its tests",
		Long: `Check a pack: that its files are as the format wants them and point to what is there, that every rule loads, is
served by some log, is named by a TTP and passes its tests, and that rules of level high and critical are silent on a day
of logs without an intrusion. With --mutate every literal of every rule is changed, and a test has to notice.

Prints each failure with file and line, and a closing count. docs/formats/pack.md says what is demanded.

Exit codes: 0 everything is in order, 1 something is not, 2 wrong usage, 130 interrupted.`,
		Example: `  entente pack check my-advisory
  entente pack check my-advisory --mutate --rule rules/web_shell.yml
  entente pack check aa21-200b --format json | jq '.problems[].reason'`,
		Args:              exactly(1, "which pack to check: a folder, an archive, or the name of one that comes with the program"),
		ValidArgsFunction: completePacks(1),
		RunE:              func(c *cobra.Command, args []string) error { return runPackCheck(c.Context(), env, o, args[0]) },
	}
	c.Flags().BoolVar(&o.check.Mutate, "mutate", false, "change every literal of every rule, and demand that a test notices")
	c.Flags().StringArrayVar(&o.check.Rules, "rule", nil, "only this rule: `ID|FILE`, or words of its title; may be repeated")
	c.Flags().StringVar(&o.format, "format", "text", "text or json")
	return c
}

func runPackCheck(ctx context.Context, env Env, o packCheckOptions, arg string) error {
	if err := textOrJSON(o.format); err != nil {
		return err
	}
	p, problems, err := readPack(arg)
	if err != nil {
		return err
	}
	r, err := advisory.Check(ctx, p, problems, o.check)
	if err != nil {
		return err
	}
	if o.format == "json" {
		enc := json.NewEncoder(env.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			return err
		}
	} else {
		printPackCheck(env.Stdout, r)
	}
	if !r.OK() {
		return exit(ExitFailure, nil)
	}
	if len(o.check.Rules) > 0 && r.Tests == 0 {
		return usagef("no rule is called that, or none of them has a test")
	}
	return nil
}

func printPackCheck(w io.Writer, r *advisory.CheckReport) {
	for _, p := range r.Problems {
		kind := "FAIL"
		if p.Warning {
			kind = "warning"
		}
		fmt.Fprintf(w, "%s %s\n", kind, printable(p.String()))
	}
	for _, b := range r.Benign {
		fmt.Fprintf(w, "note: without an intrusion %q (%s) fires %s\n", printable(b.Rule), b.Level, times(b.Findings))
	}
	fmt.Fprintf(w, "%s, %s, %s, %s, %s; ", plural(r.TTPs, "TTP"), plural(r.Rules, "rule"), plural(r.Correlations, "correlation"),
		plural(r.Filters, "filter"), plural(r.Indicators, "indicator"))
	fmt.Fprintf(w, "%s run with %s and %s", plural(r.Tests, "test"), plural(r.Positives, "positive"), plural(r.Negatives, "negative"))
	if r.Mutations > 0 {
		fmt.Fprintf(w, "; %s changed in %s", plural(r.Literals, "literal"), plural(r.Mutations, "way"))
	}
	fmt.Fprintf(w, ": %s, %s\n", plural(r.Errors(), "failure"), plural(len(r.Problems)-r.Errors(), "warning"))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return thousands(int64(n)) + " times"
}
