package cli

import (
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
		Long: `An advisory pack says what an actor does, how to find it, how to stop it, and proves that the detections work.
A pack is a folder, an archive that was built of one, or the name of a pack that comes with the program: ` + strings.Join(packs.IDs(), ", ") + `.`,
		Example: `  entente pack show aa21-200b
  entente pack new my-advisory
  entente pack check my-advisory --mutate
  entente pack build my-advisory
  entente pack diff my-advisory-1.0.0.entente.zip my-advisory`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newPackShowCmd(env), newPackCheckCmd(env), newPackNewCmd(env), newPackBuildCmd(env), newPackDiffCmd(env),
		newPackImportCmd(env), newPackExportCmd(env))
	return c
}

// exactly demands so many arguments, and says which otherwise.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return usagef("say %s\nhint: %s; see %s --help", what, c.UseLine(), c.CommandPath())
		case len(args) > n:
			return usagef("%q is one argument too many\nhint: %s; see %s --help", printable(args[n]), c.UseLine(), c.CommandPath())
		}
		return nil
	}
}

// atLeastOne demands an argument, and says which otherwise.
func atLeastOne(what string) cobra.PositionalArgs {
	one := exactly(1, what)
	return func(c *cobra.Command, args []string) error { return one(c, args[:min(len(args), 1)]) }
}

// atMostOne refuses a second argument.
func atMostOne(c *cobra.Command, args []string) error {
	if len(args) <= 1 {
		return nil
	}
	return exactly(1, "")(c, args)
}

// readPack finds a pack: a path, or the name of one that comes with the program.
func readPack(arg string) (*advisory.Pack, advisory.Problems, error) {
	if _, err := os.Stat(arg); err != nil {
		fsys := packs.Open(arg)
		if fsys == nil {
			return nil, nil, usagef("there is no pack %q\nhint: it is a folder, an archive, or one of %s", printable(arg), strings.Join(packs.IDs(), ", "))
		}
		p, ps, err := advisory.ReadFS(fsys, arg)
		if err != nil {
			return nil, nil, usagef("%w", err)
		}
		return p, ps, nil
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
		return nil, usagef("%s is not a pack in order:\n%s\nhint: `entente pack check` says all that is wrong", printable(arg), printableLines(err.Error()))
	}
	return p, nil
}

// printableLines is printable for texts of several lines.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return strings.Join(lines, "\n")
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

// textOrJSON checks a flag --format of those two.
func textOrJSON(format string) error {
	if format != "text" && format != "json" {
		return usagef("there is no format %q\nhint: text or json", format)
	}
	return nil
}
