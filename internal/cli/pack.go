package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/advisory"
	"entente/packs"
)

func newPackCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "pack",
		Short: "Check, show, write, build and compare advisory packs",
		Args:  onlyCommands,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newPackCheckCmd(env))
	return c
}

type packCheckOptions struct {
	check  advisory.CheckOptions
	format string
}

func newPackCheckCmd(env Env) *cobra.Command {
	var o packCheckOptions
	c := &cobra.Command{
		Use:   "check [flags] PACK",
		Short: "Check a pack: its files, its rules, its tests",
		Long: `Check a pack: that its files are as the format wants them, that every rule loads and passes its tests, and with
--mutate that changing any literal of any rule breaks a test.

PACK is a folder, an archive, or the name of a pack that comes with the program.

Exit codes: 0 everything is in order, 1 something is not, 2 wrong usage.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completePacks(1),
		RunE:              func(c *cobra.Command, args []string) error { return runPackCheck(c.Context(), env, o, args[0]) },
	}
	c.Flags().BoolVar(&o.check.Mutate, "mutate", false, "change every literal of every rule once, and demand that a test notices")
	c.Flags().StringArrayVar(&o.check.Rules, "rule", nil, "only this rule: `ID|FILE`, or words of its title; may be repeated")
	c.Flags().StringVar(&o.format, "format", "text", "text or json")
	return c
}

func runPackCheck(ctx context.Context, env Env, o packCheckOptions, arg string) error {
	if o.format != "text" && o.format != "json" {
		return usagef("there is no format %q\nhint: text or json", o.format)
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
		printPackCheck(env, r)
	}
	if !r.OK() {
		return exit(ExitFailure, nil)
	}
	return nil
}

func printPackCheck(env Env, r *advisory.CheckReport) {
	for _, p := range r.Problems {
		kind := "FAIL"
		if p.Warning {
			kind = "warning"
		}
		fmt.Fprintf(env.Stdout, "%s %s\n", kind, printable(p.String()))
	}
	fmt.Fprintf(env.Stdout, "%d TTPs, %d rules, %d correlations, %d filters; %d tests with %d positives and %d negatives", r.TTPs, r.Rules, r.Correlations,
		r.Filters, r.Tests, r.Positives, r.Negatives)
	if r.Literals > 0 {
		fmt.Fprintf(env.Stdout, "; %d literals changed", r.Literals)
	}
	fmt.Fprintf(env.Stdout, ": %s, %s\n", plural(r.Errors(), "failure"), plural(len(r.Problems)-r.Errors(), "warning"))
}

// readPack finds a pack: a path, or the name of one that comes with the program.
func readPack(arg string) (*advisory.Pack, advisory.Problems, error) {
	if _, err := os.Stat(arg); err != nil {
		if fsys := packs.Open(arg); fsys != nil {
			p, ps, err := advisory.ReadFS(fsys, arg)
			if err != nil {
				return nil, nil, usagef("%w", err)
			}
			return p, ps, nil
		}
		return nil, nil, usagef("there is no pack %q\nhint: it is a folder, an archive, or one of %s", printable(arg), strings.Join(packs.IDs(), ", "))
	}
	p, ps, err := advisory.Read(arg)
	if err != nil {
		return nil, nil, usagef("%w", err)
	}
	return p, ps, nil
}

// openPack is readPack for verbs that want a pack in order.
func openPack(arg string) (*advisory.Pack, error) {
	p, ps, err := readPack(arg)
	if err != nil {
		return nil, err
	}
	if err := ps.Err(); err != nil {
		return nil, usagef("%s is not a pack in order:\n%w\nhint: `entente pack check` says all that is wrong", printable(arg), err)
	}
	return p, nil
}

// completePacks completes the names of packs that come with the program, and files.
func completePacks(most int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return packs.IDs(), cobra.ShellCompDirectiveDefault
	}
}
