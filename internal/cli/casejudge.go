package cli

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/attribution"
)

func newCaseJudgeCmd(env Env) *cobra.Command {
	var o caseOptions
	var j attribution.Judgement
	var likelihood, confidence, said, because, tlp string
	var leans []string
	c := &cobra.Command{
		Use:   "judge CASE HYPOTHESIS",
		Short: "Judge how likely a hypothesis is, and how confident you are",
		Long: `Judge a hypothesis. Likelihood is how probable it is; confidence is how well founded that judgement is: they are two things, each in
the words of a scale that is named with it.

  icd-203   almost no chance, very unlikely, unlikely, roughly even chance, likely, very likely, almost certain
  uk-phia   remote chance, highly unlikely, unlikely, realistic possibility, likely, highly likely, almost certain
  own-words anything else: it is shown as it is, and not pooled

Confidence is low, moderate or high on either scale. --by records what another member has said, with --said its date. A second judgement is a version of
the first, and needs --because.

Exit codes: 0 recorded, 1 failed, 2 wrong usage.`,
		Example: `  entente case judge exchange-2021 h1 --likelihood icd-203:'very likely' --confidence icd-203:moderate --leans e1,e3 --reason 'three independent lines' --would-change 'the tool in other hands'
  entente case judge exchange-2021 h1 --by 'Kingdom of Examples' --likelihood uk-phia:'highly likely' --reason 'their statement' --said 2021-07-19`,
		Args: exactly(2, "the case, and the hypothesis"),
		RunE: func(c *cobra.Command, args []string) error {
			label, err := caseLabel(tlp)
			if err != nil {
				return err
			}
			var ok bool
			if likelihood != "" {
				if j.Likelihood.Scale, j.Likelihood.Term, ok = strings.Cut(likelihood, ":"); !ok {
					return usagef("--likelihood %q names no scale\nhint: --likelihood icd-203:\"very likely\"", printable(likelihood))
				}
			}
			if confidence != "" {
				if j.Confidence.Scale, j.Confidence.Level, ok = strings.Cut(confidence, ":"); !ok {
					return usagef("--confidence %q names no scale\nhint: --confidence icd-203:high", printable(confidence))
				}
			}
			if j.Said, err = caseTime("said", said); err != nil {
				return err
			}
			return o.work(c, env, func(d *desk) error {
				k, err := d.find(args[0])
				if err != nil {
					return err
				}
				a, err := k.Answer(args[1])
				if err != nil {
					return usagef("%w", err)
				}
				j.Case, j.Hypothesis = k.ID, a.ID
				for _, key := range splitList(leans) {
					i, err := k.Item(key)
					if err != nil {
						return usagef("%w", err)
					}
					j.LeansOn = append(j.LeansOn, i.ID)
				}
				p, err := d.own(k, label, k.Usual(a.TLP), &j)
				if err != nil {
					return err
				}
				if p.Created != p.Modified && strings.TrimSpace(because) == "" {
					return usagef("there is a judgement already: say why it changes with --because")
				}
				p.Change = because
				if err := d.put([]*attribution.Part{p}); err != nil {
					return err
				}
				return d.say("%s judges %s", cmp.Or(j.Member, d.p.OrgName), a.Name)
			})
		},
	}
	o.register(c.Flags())
	f := c.Flags()
	f.StringVar(&likelihood, "likelihood", "", "`SCALE:TERM`, such as icd-203:\"very likely\"")
	f.StringVar(&confidence, "confidence", "", "`SCALE:LEVEL`, such as icd-203:high")
	f.StringSliceVar(&leans, "leans", nil, "`ITEMS` of evidence that it leans on")
	f.StringVar(&j.Reason, "reason", "", "`REASON`, which has to be given")
	f.StringVar(&j.Would, "would-change", "", "`WHAT` would change it")
	f.StringVar(&j.Member, "by", "", "`MEMBER` whose judgement it is (default your organisation)")
	f.StringVar(&said, "said", "", "`TIME` at which it was said")
	f.StringVar(&because, "because", "", "`REASON` of the change")
	f.StringVar(&tlp, "tlp", "", "`LABEL` of it (default the stricter one of the case and the hypothesis)")
	return c
}
