package cli

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/attribution"
)

func newCaseHypothesisCmd(env Env) *cobra.Command {
	var o casePartOptions
	var h attribution.Hypothesis
	c := &cobra.Command{
		Use:   "hypothesis CASE TEXT",
		Short: "Add a hypothesis",
		Long: `Add a hypothesis: one answer to the question of the case, written as what may be so. How likely it is belongs into a judgement.

--degree is a step of the spectrum of state responsibility, from the least on:
  ` + strings.Join(attribution.Degrees[:4], ", ") + `,
  ` + strings.Join(attribution.Degrees[4:], ", ") + `

Hypotheses of one --set exclude each other, and their likelihoods add up to one; with --set none it excludes no other.

Exit codes: 0 added, 1 failed, 2 wrong usage.`,
		Example: `  entente case hypothesis exchange-2021 'A contractor broke in for the ministry' --actor HAFNIUM --sponsor 'the ministry' --degree state-coordinated
  entente case hypothesis exchange-2021 'Criminals who want to be taken for it' --kind false-flag --key flag
  entente case hypothesis exchange-2021 --change h1 --degree state-ordered --because 'the contract was found'`,
		Args: between(1, 2, "the case, and the hypothesis"),
		RunE: func(c *cobra.Command, args []string) error {
			return o.work(c, env, func(d *desk) error {
				k, before, text, err := o.begin(d, args, 1)
				if err != nil {
					return err
				}
				b := attribution.Hypothesis{Case: k.ID, Stance: attribution.ByActor, Set: "actor"}
				if before != nil {
					old, ok := before.Body.(*attribution.Hypothesis)
					if !ok {
						return usagef("%s is no hypothesis", printable(o.change))
					}
					b = *old
				} else if b.Key, err = newKey(k, o.key, "h"); err != nil {
					return err
				}
				b.Text = cmp.Or(text, b.Text)
				if attribution.Mixes(b.Text) {
					return usagef("a hypothesis says what may be so: how likely it is, and how confident you are, goes into a judgement\nhint: entente case judge")
				}
				flags := c.Flags()
				for name, to := range map[string]struct{ from, to *string }{
					"kind": {&h.Stance, &b.Stance}, "actor": {&h.Actor, &b.Actor}, "actor-ref": {&h.ActorRef, &b.ActorRef}, "sponsor": {&h.Sponsor, &b.Sponsor},
					"degree": {&h.Degree, &b.Degree}, "set": {&h.Set, &b.Set},
				} {
					if flags.Changed(name) {
						*to.to = *to.from
					}
				}
				if b.Set == "none" {
					b.Set = ""
				}
				return o.store(d, k, before, &b)
			})
		},
	}
	o.register(c)
	f := c.Flags()
	f.StringVar(&h.Stance, "kind", attribution.ByActor, "`KIND`: "+strings.Join(attribution.Stances, ", "))
	f.StringVar(&h.Actor, "actor", "", "`NAME` of the actor")
	f.StringVar(&h.ActorRef, "actor-ref", "", "`IDENTIFIER` of the actor in STIX: an intrusion set, threat actor, campaign or identity")
	f.StringVar(&h.Sponsor, "sponsor", "", "`NAME` of the sponsor")
	f.StringVar(&h.Degree, "degree", "", "`DEGREE` of state responsibility")
	_ = c.RegisterFlagCompletionFunc("kind", words(attribution.Stances)) // it has none
	_ = c.RegisterFlagCompletionFunc("degree", words(attribution.Degrees))
	f.StringVar(&h.Set, "set", "actor", "`SET` of hypotheses that exclude each other, or none")
	return c
}

func newCaseAssumeCmd(env Env) *cobra.Command {
	var o casePartOptions
	var ifWrong string
	var about []string
	c := &cobra.Command{
		Use:   "assume CASE TEXT",
		Short: "Note an assumption",
		Long: `Note what is taken to be so without evidence, apart from the evidence.

Exit codes: 0 noted, 1 failed, 2 wrong usage.`,
		Example: `  entente case assume exchange-2021 'The tool was not sold to others' --about h1 --if-wrong 'h1 loses its best support'`,
		Args:    between(1, 2, "the case, and the assumption"),
		RunE: func(c *cobra.Command, args []string) error {
			return o.work(c, env, func(d *desk) error {
				k, before, text, err := o.begin(d, args, 1)
				if err != nil {
					return err
				}
				b := attribution.Assumption{Case: k.ID}
				if before != nil {
					old, ok := before.Body.(*attribution.Assumption)
					if !ok {
						return usagef("%s is no assumption", printable(o.change))
					}
					b = *old
				} else if b.Key, err = newKey(k, o.key, "a"); err != nil {
					return err
				}
				b.Text, b.IfWrong = cmp.Or(text, b.Text), cmp.Or(ifWrong, b.IfWrong)
				if c.Flags().Changed("about") {
					if b.Bears, err = answers(k, about); err != nil {
						return err
					}
				}
				return o.store(d, k, before, &b)
			})
		},
	}
	o.register(c)
	c.Flags().StringSliceVar(&about, "about", nil, "`HYPOTHESES` that rest on it")
	c.Flags().StringVar(&ifWrong, "if-wrong", "", "`WHAT` follows if it is not so")
	return c
}

func newCaseGapCmd(env Env) *cobra.Command {
	var o casePartOptions
	var would string
	var about []string
	c := &cobra.Command{
		Use:   "gap CASE TEXT",
		Short: "Note what is not known",
		Long: `Note what is not known, which hypotheses it could change, and what would fill the gap.

Exit codes: 0 noted, 1 failed, 2 wrong usage.`,
		Example: `  entente case gap exchange-2021 'Who rented the servers' --about h1,unknown --would-fill 'the records of the provider'`,
		Args:    between(1, 2, "the case, and what is not known"),
		RunE: func(c *cobra.Command, args []string) error {
			return o.work(c, env, func(d *desk) error {
				k, before, text, err := o.begin(d, args, 1)
				if err != nil {
					return err
				}
				b := attribution.Gap{Case: k.ID}
				if before != nil {
					old, ok := before.Body.(*attribution.Gap)
					if !ok {
						return usagef("%s is no gap", printable(o.change))
					}
					b = *old
				} else if b.Key, err = newKey(k, o.key, "g"); err != nil {
					return err
				}
				b.Text, b.Would = cmp.Or(text, b.Text), cmp.Or(would, b.Would)
				if c.Flags().Changed("about") {
					if b.Bears, err = answers(k, about); err != nil {
						return err
					}
				}
				return o.store(d, k, before, &b)
			})
		},
	}
	o.register(c)
	c.Flags().StringSliceVar(&about, "about", nil, "`HYPOTHESES` that it could change")
	c.Flags().StringVar(&would, "would-fill", "", "`WHAT` would fill it")
	return c
}
