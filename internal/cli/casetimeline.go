package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/attribution"
)

// dossier writes a part of a case's data as JSON.
func (d *desk) dossier(k *attribution.Case, weights map[string]float64, pick func(*attribution.Dossier) any) error {
	x, err := k.Dossier("", d.org, weights)
	if err != nil {
		return usagef("%w", err)
	}
	enc := json.NewEncoder(d.env.Stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(pick(x))
}

func newCaseTimelineCmd(env Env) *cobra.Command {
	var o caseOptions
	var events bool
	c := &cobra.Command{
		Use:   "timeline CASE",
		Short: "Show what happened, and how the case and its judgements changed",
		Long: `Show what the evidence is about and when it came, and everything that was done to the case, with who did it and why: what was added,
graded, rated, judged anew and withdrawn. Times are UTC.

Exit codes: 0 shown, 1 failed, 2 wrong usage.`,
		Example: `  entente case timeline exchange-2021
  entente case timeline exchange-2021 --events`,
		Args: exactly(1, "the case"),
		RunE: func(c *cobra.Command, args []string) error {
			return o.work(c, env, func(d *desk) error {
				k, err := d.find(args[0])
				if err != nil {
					return err
				}
				wanted := func(what string) bool { return !events || what == attribution.Happened }
				if o.admin.format == "json" {
					return d.dossier(k, nil, func(x *attribution.Dossier) any {
						out := []attribution.DossierMoment{}
						for _, m := range x.Timeline {
							if wanted(m.What) {
								out = append(out, m)
							}
						}
						return out
					})
				}
				t := tabwriter.NewWriter(env.Stdout, 0, 4, 2, ' ', 0)
				fmt.Fprintln(t, "TIME\tWHAT\tPART\tBY\tTEXT\tREASON")
				for _, m := range k.Timeline("") {
					if !wanted(m.What) {
						continue
					}
					by := d.org(m.Maker)
					if m.Author != "" {
						by += " (" + m.Author + ")"
					}
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", m.At.Format(time.DateTime), m.What, orDash(printable(m.Name)), printable(by), printable(m.Text), orDash(printable(m.Reason)))
				}
				return t.Flush()
			})
		},
	}
	o.register(c.Flags())
	o.registerFormat(c.Flags())
	c.Flags().BoolVar(&events, "events", false, "only what the evidence is about")
	return c
}
