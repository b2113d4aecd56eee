package cli

import (
	"github.com/spf13/cobra"

	"entente/internal/api"
)

func newAPICmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "api",
		Short: "Describe the JSON API of an exchange node",
		Long:  "Describe the JSON API that an exchange node serves under " + api.Prefix + " (docs/api.md).",
		Args:  onlyCommands,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use:     "spec",
		Short:   "Print the description in OpenAPI 3.1",
		Long:    "Print the description of the API in OpenAPI 3.1, which nodes serve at " + api.Prefix + "openapi.json.\n\nExit codes: 0 done, 1 failed, 2 wrong usage.",
		Example: "  entente api spec > openapi.json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := env.Stdout.Write(api.Spec())
			return err
		},
	}, &cobra.Command{
		Use:     "types",
		Short:   "Print types for clients in TypeScript",
		Long:    "Print types for clients in TypeScript, with a client of some lines.\n\nExit codes: 0 done, 1 failed, 2 wrong usage.",
		Example: "  entente api types > entente.ts",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			types, err := api.TypeScript(api.Spec())
			if err != nil {
				return err
			}
			_, err = env.Stdout.Write(types)
			return err
		},
	})
	return c
}
