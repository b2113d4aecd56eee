package cli

import (
	"github.com/spf13/cobra"
)

func newSTIXCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "stix",
		Short: "Check objects of STIX 2.1",
		Long: `STIX is the language in which defenders exchange what they know about threats. Entente writes STIX 2.1
(entente hunt, entente pack export) and reads it from others.`,
		Example: `  entente stix check bundle.json`,
		Args:    onlyCommands,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newSTIXCheckCmd(env))
	c.AddCommand(newStixPatternCmd(env))
	return c
}
