package cli

import (
	"cmp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/attribution"
	"entente/internal/store"
)

func newCaseNewCmd(env Env) *cobra.Command {
	var o caseOptions
	var title, question, tlp, because string
	var bare, change bool
	c := &cobra.Command{
		Use:   "new KEY",
		Short: "Begin a case",
		Long: `Begin a case. KEY is what it is called from now on: a-z, 0-9, dot and hyphen.

It begins with the hypothesis "unknown", that it was somebody whom the case does not name, in the set "actor": whoever is left out
of a list is forgotten. --bare leaves it out.

Parts have the label of the case, amber without --tlp, unless they get their own. With --change KEY is a case that is there, and gets
another title, question or label; its parts keep theirs.

Exit codes: 0 begun, 1 failed, 2 wrong usage.`,
		Example: `  entente case new exchange-2021 -d node --title 'Exchange, 2021' --question 'Who broke into the mail servers, and for whom?'`,
		Args:    exactly(1, "what the case is to be called"),
		RunE: func(c *cobra.Command, args []string) error {
			label, err := caseLabel(tlp)
			if err != nil {
				return err
			}
			if change {
				return o.work(c, env, func(d *desk) error {
					if strings.TrimSpace(because) == "" {
						return usagef("--change needs a reason: --because")
					}
					if !c.Flags().Changed("tlp") {
						label = ""
					}
					return d.rehead(args[0], title, question, label, because)
				})
			}
			return o.work(c, env, func(d *desk) error {
				for _, old := range attribution.Cases(d.parts) {
					if old.Key == args[0] {
						return usagef("there is a case %q here already", printable(args[0]))
					}
				}
				head, err := d.part(nil, "", label, &attribution.Head{Key: args[0], Title: cmp.Or(title, args[0]), Question: question})
				if err != nil {
					return err
				}
				parts := []*attribution.Part{head}
				if !bare {
					p, err := d.part(nil, "", label, &attribution.Hypothesis{
						Case: head.ID, Key: "unknown", Text: "Somebody whom this case does not name", Stance: attribution.Unknown, Set: "actor",
					})
					if err != nil {
						return err
					}
					parts = append(parts, p)
				}
				first, err := d.first()
				if err != nil {
					return err
				}
				if err := d.put(parts, first...); err != nil {
					return err
				}
				return d.say("case %s is %s", args[0], head.ID)
			})
		},
	}
	o.register(c.Flags())
	f := c.Flags()
	f.StringVar(&title, "title", "", "`TITLE` (default KEY)")
	f.StringVar(&question, "question", "", "`QUESTION` that it is to answer")
	f.StringVar(&tlp, "tlp", "amber", "`LABEL` of its parts")
	f.BoolVar(&change, "change", false, "make a version of a case that is there")
	f.StringVar(&because, "because", "", "`REASON` of the change")
	f.BoolVar(&bare, "bare", false, "without the hypothesis that it was somebody unknown")
	return c
}

// rehead makes a version of what stands at the beginning of a case.
func (d *desk) rehead(arg, title, question, label, because string) error {
	k, err := d.find(arg)
	if err != nil {
		return err
	}
	head := k.Head
	head.Title, head.Question = cmp.Or(title, head.Title), cmp.Or(question, head.Question)
	p, err := d.part(k.Last(k.ID), "", label, &head)
	if err != nil {
		return err
	}
	p.Change = because
	if err := d.put([]*attribution.Part{p}); err != nil {
		return err
	}
	return d.say("%s has a new version", head.Key)
}

// first are the objects that cases refer to and that are not there yet: what explains the extension, and the organisation.
func (d *desk) first() ([][]byte, error) {
	out := attribution.Definitions()
	known := false
	err := d.each(store.Query{Collections: []int64{d.view.ID}, IDs: []string{d.p.OrgUID}}, func(*store.Item) { known = true })
	if err != nil || known {
		return out, err
	}
	me, err := attribution.Identity(d.p.OrgUID, d.p.OrgName, time.Now())
	return append(out, me), err
}

func newCaseListCmd(env Env) *cobra.Command {
	var o caseOptions
	c := &cobra.Command{
		Use:   "list",
		Short: "List the cases of a collection",
		Long: `List the cases that lie in a collection.

Exit codes: 0 listed, 1 failed, 2 wrong usage.`,
		Example: `  entente case list -d node`,
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.work(c, env, func(d *desk) error {
				rows := [][]any{}
				for _, k := range attribution.Cases(d.parts) {
					rows = append(rows, []any{k.Key, k.ID, d.org(k.Maker), k.Created.Format(time.DateOnly), len(k.Items), len(k.Answers), len(k.Opinions), k.Title})
				}
				return d.table(strings.Fields("case id keeper begun items hypotheses judgements title"), rows)
			})
		},
	}
	o.register(c.Flags())
	o.registerFormat(c.Flags())
	return c
}
