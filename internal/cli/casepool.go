package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"entente/internal/attribution"
)

func newCasePoolCmd(env Env) *cobra.Command {
	var o caseOptions
	var weights []string
	c := &cobra.Command{
		Use:   "pool CASE",
		Short: "Put members' judgements together, and show who disagrees",
		Long: `Put the judgements of members together. A term counts the middle of its band. The linear pool is the weighted mean of what members say; the
log-linear pool their weighted geometric mean, which one who is nearly certain draws far. What a member has not judged shares what its
judgements leave. Weights are equal unless --weight says otherwise; confidence changes none.

Disagreement is shown beside: the range, who is outside (whose band lies beside the middle of the others'), and on which evidence each
leans. Judgements in own words, and members who give no likelihood, are listed and not pooled.

Exit codes: 0 shown, 1 failed, 2 wrong usage.`,
		Example: `  entente case pool exchange-2021
  entente case pool exchange-2021 --weight 'CERT of Example=2' --format json`,
		Args: exactly(1, "the case"),
		RunE: func(c *cobra.Command, args []string) error {
			return o.work(c, env, func(d *desk) error {
				k, err := d.find(args[0])
				if err != nil {
					return err
				}
				w, err := d.weights(k, weights)
				if err != nil {
					return err
				}
				if o.admin.format == "json" {
					return d.dossier(k, w, func(x *attribution.Dossier) any { return x.Pools })
				}
				pools, err := k.Pools(w)
				if err != nil {
					return usagef("%w", err)
				}
				for n, p := range pools {
					if n > 0 {
						fmt.Fprintln(env.Stdout)
					}
					d.showPool(k, p)
				}
				return nil
			})
		},
	}
	o.register(c.Flags())
	o.registerFormat(c.Flags())
	c.Flags().StringArrayVar(&weights, "weight", nil, "`MEMBER=WEIGHT`, repeated (default 1 each)")
	return c
}

// weights reads MEMBER=WEIGHT, where a member is called by its name or its identity.
func (d *desk) weights(k *attribution.Case, list []string) (map[string]float64, error) {
	out := map[string]float64{}
	for _, arg := range list {
		at := strings.LastIndexByte(arg, '=')
		if at < 0 {
			return nil, usagef("--weight %q names no weight\nhint: --weight 'CERT of Example=2'", printable(arg))
		}
		w, err := strconv.ParseFloat(arg[at+1:], 64)
		if err != nil {
			return nil, usagef("--weight %q: %q is no number", printable(arg), printable(arg[at+1:]))
		}
		name := arg[:at]
		for _, o := range k.Opinions {
			if d.org(o.By()) == name {
				name = o.By()
				break
			}
		}
		out[name] = w
	}
	return out, nil
}

func percent(p float64) string { return fmt.Sprintf("%.0f %%", 100*p) }

func (d *desk) showPool(k *attribution.Case, p *attribution.Pool) {
	w := d.env.Stdout
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	if p.Set == "" {
		fmt.Fprintf(w, "%s, which excludes no other\n", k.Names[p.Slots[0].Hypothesis])
	} else {
		fmt.Fprintf(w, "%s, of which one holds at most\n", p.Set)
	}
	if len(p.Members) == 0 {
		fmt.Fprintln(w, "  there is nothing to pool: nobody has given a likelihood on a scale")
	} else {
		fmt.Fprint(t, "  HYPOTHESIS\tLINEAR\tLOG-LINEAR")
		for _, m := range p.Members {
			fmt.Fprintf(t, "\t%s (weight %.2f)", printable(d.org(m.Name)), m.Weight)
		}
		fmt.Fprintln(t)
		for n, s := range p.Slots {
			fmt.Fprintf(t, "  %s", cmp.Or(k.Names[s.Hypothesis], "("+s.Says+")"))
			if p.Linear == nil {
				fmt.Fprint(t, "\t-\t-")
			} else {
				fmt.Fprintf(t, "\t%s\t%s", percent(p.Linear[n]), percent(p.LogLinear[n]))
			}
			for _, m := range p.Members {
				fmt.Fprintf(t, "\t%s", percent(m.Shares[n]))
			}
			fmt.Fprintln(t)
		}
		_ = t.Flush() // to a writer that keeps its error
		for _, m := range p.Members {
			if m.Sum > 1.1 || m.Sum < 0.9 && m.Judged == len(p.Slots) {
				fmt.Fprintf(w, "  what %s says adds up to %s: it was divided by that\n", printable(d.org(m.Name)), percent(m.Sum))
			}
		}
	}
	if len(p.Unpooled) > 0 {
		names := make([]string, len(p.Unpooled))
		for n, by := range p.Unpooled {
			names[n] = printable(d.org(by))
		}
		fmt.Fprintf(w, "  not pooled, for it is on no scale: %s\n", strings.Join(names, ", "))
	}
	for _, s := range p.Spreads {
		d.showSpread(k, s)
	}
}

func (d *desk) showSpread(k *attribution.Case, s attribution.Spread) {
	w := d.env.Stdout
	if len(s.Stated) == 0 {
		return
	}
	fmt.Fprintf(w, "  %s: %d judged it", k.Names[s.Hypothesis], len(s.Stated))
	if slices.ContainsFunc(s.Stated, func(x attribution.Stated) bool { return x.Pooled }) {
		if s.Least < s.Most {
			fmt.Fprintf(w, ", from %s to %s", percent(s.Least), percent(s.Most))
		} else {
			fmt.Fprintf(w, ", at %s", percent(s.Most))
		}
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, x := range s.Stated {
		mark := ""
		if slices.Contains(s.Outside, x.Member) {
			mark = "outside"
		}
		var leans []string
		for _, id := range x.LeansOn {
			leans = append(leans, k.Names[id])
		}
		fmt.Fprintf(t, "    %s\t%s\t%s\tleans on %s\t%s\n", printable(d.org(x.Member)), orDash(printable(x.Likelihood.String())), confidenceCell(x.Confidence), cmp.Or(strings.Join(leans, ", "), "nothing named"), mark)
	}
	_ = t.Flush()
}
