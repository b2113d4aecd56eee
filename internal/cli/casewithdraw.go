package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/attribution"
)

func newCaseWithdrawCmd(env Env) *cobra.Command {
	var o caseOptions
	var because string
	c := &cobra.Command{
		Use:   "withdraw CASE PART",
		Short: "Withdraw a part of a case",
		Long: `Withdraw an item, hypothesis, assumption or gap, by its key or identifier (judgements, grades and ratings by identifier): it counts as if it
had never been there. That it was, and why it went, stays on record. There is no way back: add it again.

Exit codes: 0 withdrawn, 1 failed, 2 wrong usage.`,
		Example: `  entente case withdraw exchange-2021 e4 --because 'the source took it back'`,
		Args:    exactly(2, "the case, and the part"),
		RunE: func(c *cobra.Command, args []string) error {
			if strings.TrimSpace(because) == "" {
				return usagef("say why it goes with --because")
			}
			return o.work(c, env, func(d *desk) error {
				k, err := d.find(args[0])
				if err != nil {
					return err
				}
				before := k.Last(args[1])
				switch {
				case before == nil || before.ID == k.ID:
					return usagef("there is no part %q in this case\nhint: entente case show %s", printable(args[1]), printable(args[0]))
				case before.Withdrawn:
					return fmt.Errorf("%s is withdrawn already", printable(args[1]))
				}
				p, err := d.part(before, "", "", before.Body)
				if err != nil {
					return err
				}
				p.Withdrawn, p.Change = true, because
				if err := d.put([]*attribution.Part{p}); err != nil {
					return err
				}
				return d.say("%s is withdrawn", args[1])
			})
		},
	}
	o.register(c.Flags())
	c.Flags().StringVar(&because, "because", "", "`REASON`")
	return c
}
