package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/taxiiclient"
)

func newTAXIIDiscoverCmd(env Env, o *taxiiOptions) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "discover [flags] URL",
		Short: "Say what a server is and which API roots it has",
		Long: `Ask a server what it is, and each of its API roots. API roots on other servers are named and not asked.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  entente taxii discover https://taxii.example.org
  entente taxii discover --format json https://taxii.example.org | jq .api_roots`,
		Args: exactly(1, "which server: its URL"),
		RunE: func(c *cobra.Command, args []string) error {
			return runTAXIIDiscover(c.Context(), env, o, format, args[0])
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text or json")
	return c
}

// discovered is what discover prints.
type discovered struct {
	URL         string           `json:"url"`
	Title       string           `json:"title"`
	Description string           `json:"description,omitempty"`
	Contact     string           `json:"contact,omitempty"`
	Default     string           `json:"default,omitempty"`
	Roots       []discoveredRoot `json:"api_roots"`
}

type discoveredRoot struct {
	taxiiclient.Root
	Error string `json:"error,omitempty"` // why it was not asked
}

func runTAXIIDiscover(ctx context.Context, env Env, o *taxiiOptions, format, url string) error {
	if err := textOrJSON(format); err != nil {
		return err
	}
	c, err := o.client(env, url)
	if err != nil {
		return err
	}
	defer c.Close()
	d, err := c.Discover(ctx)
	if err != nil {
		return taxiiError(err)
	}
	roots, skipped, err := c.Roots(ctx)
	if err != nil {
		return taxiiError(err)
	}
	out := discovered{URL: d.URL, Title: d.Title, Description: d.Description, Contact: d.Contact, Default: d.Default, Roots: []discoveredRoot{}}
	for _, r := range roots {
		out.Roots = append(out.Roots, discoveredRoot{Root: r})
	}
	for _, r := range slices.Sorted(maps.Keys(skipped)) {
		out.Roots = append(out.Roots, discoveredRoot{taxiiclient.Root{URL: r}, skipped[r].Error()})
	}
	if format == "json" {
		return writeJSON(env, out)
	}
	w := env.Stdout
	fmt.Fprintf(w, "%s\n  %s\n", printable(d.Title), printable(d.URL))
	for _, line := range []struct{ name, value string }{{"", d.Description}, {"contact: ", d.Contact}} {
		if line.value != "" {
			fmt.Fprintf(w, "  %s%s\n", line.name, printable(line.value))
		}
	}
	for _, r := range out.Roots {
		fmt.Fprintln(w)
		if r.Error != "" {
			fmt.Fprintf(w, "%s\n  not asked: %s\n", printable(r.URL), printable(r.Error))
			continue
		}
		preferred := ""
		if r.URL == d.Default {
			preferred = "  (default)"
		}
		fmt.Fprintf(w, "%s%s\n  %s\n", printable(r.Title), preferred, printable(r.URL))
		if r.Description != "" {
			fmt.Fprintf(w, "  %s\n", printable(r.Description))
		}
		if r.MaxContentLength > 0 {
			fmt.Fprintf(w, "  takes %s in one request\n", size(r.MaxContentLength))
		}
		if !slices.ContainsFunc(r.Versions, func(v string) bool { return strings.Contains(v, "version=2.1") }) {
			fmt.Fprintln(w, "  does not say that it speaks TAXII 2.1")
		}
	}
	if len(out.Roots) == 0 {
		fmt.Fprintln(w, "\nno API roots are shown to you")
	}
	return nil
}

// writeJSON prints a value for programs.
func writeJSON(env Env, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = env.Stdout.Write(append(b, '\n'))
	return err
}
