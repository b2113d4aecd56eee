package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"entente/internal/taxiiclient"
)

func newTAXIICollectionsCmd(env Env, o *taxiiOptions) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "collections [flags] URL",
		Short: "List the collections of a server or an API root",
		Long: `List the collections of a server, or of the API root that the URL names: address, title, and whether you may read (r) and
write (w).

Exit codes: 0 done, 1 failed or an API root could not be asked, 2 wrong usage.`,
		Example: `  entente taxii collections https://taxii.example.org
  entente taxii collections --format json https://taxii.example.org/api/`,
		Args: exactly(1, "which server: its URL"),
		RunE: func(c *cobra.Command, args []string) error {
			return runTAXIICollections(c.Context(), env, o, format, args[0])
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

func runTAXIICollections(ctx context.Context, env Env, o *taxiiOptions, format, url string) error {
	if err := textOrJSON(format); err != nil {
		return err
	}
	c, err := o.client(env, url)
	if err != nil {
		return err
	}
	defer c.Close()
	roots, skipped, err := c.Roots(ctx)
	if err != nil {
		return taxiiError(err)
	}
	failed := false
	all := []taxiiclient.Collection{}
	for _, r := range roots {
		cols, err := c.Collections(ctx, r)
		if err != nil {
			if _, answered := errors.AsType[*taxiiclient.Error](err); !answered || len(roots) == 1 {
				return taxiiError(err)
			}
			skipped[r.URL] = err
		}
		all = append(all, cols...)
	}
	for _, r := range slices.Sorted(maps.Keys(skipped)) {
		if c.Foreign(r) {
			if !o.quiet {
				fmt.Fprintf(env.Stderr, "%s is on another server: ask there, if you trust it\n", printable(r))
			}
			continue
		}
		failed = true
		fmt.Fprintf(env.Stderr, "%s: %s\n", printable(r), printable(taxiiError(skipped[r]).Error()))
	}
	if format == "json" {
		err = writeJSON(env, all)
	} else {
		for _, col := range all {
			rights := []byte("--")
			if col.CanRead {
				rights[0] = 'r'
			}
			if col.CanWrite {
				rights[1] = 'w'
			}
			alias := ""
			if col.Alias != "" {
				alias = "  (" + col.Alias + ")"
			}
			fmt.Fprintf(env.Stdout, "%s  %s  %s%s\n", rights, printable(col.URL), printable(col.Title), printable(alias))
		}
		if len(all) == 0 && !o.quiet {
			fmt.Fprintln(env.Stderr, "no collections are shown to you")
		}
	}
	if err == nil && failed {
		return exit(ExitFailure, nil)
	}
	return err
}
