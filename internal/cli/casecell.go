package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/attribution"
)

func newCaseCellCmd(env Env) *cobra.Command {
	var o caseOptions
	var reason, tlp string
	c := &cobra.Command{
		Use:   "cell CASE ITEM HYPOTHESIS=RATING…",
		Short: "Say how far an item agrees with hypotheses",
		Long: `Say how far an item of evidence agrees with hypotheses, and why:

  CC  very consistent     C  consistent     N  neutral     I  inconsistent     II  very inconsistent     NA  not applicable

Each organisation has its own ratings; that of the organisation that keeps the case counts. Where it has none: the mildest, if the others
agree on the side, else neutral. Earlier ratings stay on record.

Exit codes: 0 rated, 1 failed, 2 wrong usage.`,
		Example: `  entente case cell exchange-2021 e1 h1=CC h2=I unknown=N --reason 'only h1 has been seen to do this'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 3 {
				return exactly(3, "the case, the item, and a rating for one hypothesis at least")(c, args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			label, err := caseLabel(tlp)
			if err != nil {
				return err
			}
			return o.work(c, env, func(d *desk) error {
				k, err := d.find(args[0])
				if err != nil {
					return err
				}
				i, err := k.Item(args[1])
				if err != nil {
					return usagef("%w", err)
				}
				var parts []*attribution.Part
				seen := map[string]bool{}
				for _, arg := range args[2:] {
					key, rating, ok := strings.Cut(arg, "=")
					if !ok {
						return usagef("%q is no rating of a hypothesis\nhint: h1=CC", printable(arg))
					}
					a, err := k.Answer(key)
					if err != nil {
						return usagef("%w", err)
					}
					if seen[a.ID] {
						return usagef("%s is rated twice", printable(key))
					}
					seen[a.ID] = true
					p, err := d.own(k, label, k.Usual(i.TLP, a.TLP), &attribution.Cell{
						Case: k.ID, Evidence: i.ID, Hypothesis: a.ID, Rating: attribution.Rating(strings.ToUpper(rating)), Reason: reason,
					})
					if err != nil {
						return err
					}
					parts = append(parts, p)
				}
				if err := d.put(parts); err != nil {
					return err
				}
				return d.say("%s: %s", i.Name, strings.Join(args[2:], " "))
			})
		},
	}
	o.register(c.Flags())
	c.Flags().StringVar(&reason, "reason", "", "`REASON`, which has to be given")
	c.Flags().StringVar(&tlp, "tlp", "", "`LABEL` of it (default the strictest of the case, the item and the hypothesis)")
	return c
}
