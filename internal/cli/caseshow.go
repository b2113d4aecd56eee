package cli

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/attribution"
	"entente/internal/coalition"
)

func newCaseShowCmd(env Env) *cobra.Command {
	var o caseOptions
	c := &cobra.Command{
		Use:   "show CASE",
		Short: "Show a case: hypotheses, matrix, judgements, what would change the order",
		Long: `Show a case: its evidence and hypotheses, how far each item agrees with each, which hypothesis has least against it, which single item
would change that if it were wrong, assumptions, gaps, and judgements.

Hypotheses are ranked by what is against them, not by what is for them. With --format json all figures are there, as one object.

Exit codes: 0 shown, 1 failed, 2 wrong usage.`,
		Example: `  entente case show exchange-2021
  entente case show exchange-2021 --format json | jq .matrices`,
		Args: exactly(1, "the case"),
		RunE: func(c *cobra.Command, args []string) error {
			return o.work(c, env, func(d *desk) error {
				k, err := d.find(args[0])
				if err != nil {
					return err
				}
				if o.admin.format == "json" {
					return d.dossier(k, nil, func(x *attribution.Dossier) any { return x })
				}
				return d.show(k)
			})
		},
	}
	o.register(c.Flags())
	o.registerFormat(c.Flags())
	return c
}

func (d *desk) show(k *attribution.Case) error {
	w := d.env.Stdout
	fmt.Fprintf(w, "%s\n%s, kept by %s since %s", printable(k.Title), k.ID, printable(d.org(k.Maker)), k.Created.Format(time.DateOnly))
	if k.TLP != "" {
		fmt.Fprintf(w, ", TLP:%s", strings.ToUpper(k.TLP))
	}
	fmt.Fprintln(w)
	if k.Question != "" {
		fmt.Fprintf(w, "%s\n", printable(k.Question))
	}
	for _, set := range k.Sets() {
		d.showMatrix(k, k.Matrix(set))
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	if len(k.Items) > 0 {
		fmt.Fprintln(w, "\nevidence")
		for _, i := range k.Items {
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", i.Name, i.Grade, i.Item, caseDay(i.Observed), printable(i.Text))
		}
		_ = t.Flush() // to a writer that keeps its error
	}
	if len(k.Opinions) > 0 {
		fmt.Fprintln(w, "\njudgements")
		for _, o := range k.Opinions {
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", k.Names[o.Hypothesis], printable(d.org(o.By())), orDash(printable(o.Likelihood.String())),
				confidenceCell(o.Confidence), caseDay(o.At()))
		}
		_ = t.Flush()
	}
	for _, p := range k.Premises {
		fmt.Fprintf(w, "\nassumption %s: %s", p.Name, printable(p.Text))
	}
	for _, p := range k.Blanks {
		fmt.Fprintf(w, "\ngap %s: %s", p.Name, printable(p.Text))
	}
	if len(k.Premises)+len(k.Blanks) > 0 {
		fmt.Fprintln(w)
	}
	if k.Unresolved > 0 {
		fmt.Fprintf(w, "\n%d parts are about others that are not here, or were withdrawn\n", k.Unresolved)
	}
	return nil
}

func confidenceCell(c attribution.Confidence) string {
	if c.Level == "" {
		return "-"
	}
	if c.Scale == coalition.OwnWords {
		return printable(c.String())
	}
	return printable(c.String()) + " confidence"
}

func caseDay(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateOnly)
}

func (d *desk) showMatrix(k *attribution.Case, m *attribution.Matrix) {
	w := d.env.Stdout
	fmt.Fprintf(w, "\nhypotheses, %s\n", cmp.Or(map[bool]string{true: "of which none excludes another"}[m.Set == ""], "of which one holds at most ("+m.Set+")"))
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "  RANK\tKEY\tAGAINST\tFOR\tUNRATED\tHYPOTHESIS")
	order := m.Order()
	for _, h := range order {
		s := m.Scores[h]
		a, err := k.Answer(m.Hypotheses[h])
		if err != nil {
			continue // it is of this case
		}
		fmt.Fprintf(t, "  %d\t%s\t%d\t%d\t%d\t%s\n", s.Rank, a.Name, s.Against, s.For, s.Unrated, printable(a.Text))
	}
	_ = t.Flush()
	if len(m.Items) == 0 {
		return
	}
	fmt.Fprintln(w, "\nmatrix")
	fmt.Fprint(t, "  ITEM\tGRADE\tWEIGHT\tTELLS APART")
	for _, h := range order {
		fmt.Fprintf(t, "\t%s", k.Names[m.Hypotheses[h]])
	}
	fmt.Fprintln(t)
	for n, row := range m.Items {
		fmt.Fprintf(t, "  %s\t%s\t%d\t%.2f", k.Names[row.ID], k.Items[n].Grade, row.Weight, row.Diagnosticity)
		for _, h := range order {
			mark := ""
			if row.Contested[h] {
				mark = "*"
			}
			fmt.Fprintf(t, "\t%s%s", cmp.Or(string(row.Ratings[h]), "?"), mark)
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush()
	doubts := m.Sensitivity()
	if len(doubts) == 0 {
		fmt.Fprintln(w, "\nno single item changes the order, if it is wrong")
		return
	}
	fmt.Fprintln(w, "\nif it is wrong, the order changes")
	const most = 20 // those that change the first place come first
	for _, x := range doubts[:min(most, len(doubts))] {
		names := make([]string, len(x.Items))
		for n, id := range x.Items {
			names[n] = k.Names[id]
		}
		how := map[bool]string{false: "without it", true: "if it says the contrary"}[x.Flipped]
		if x.Line {
			how = map[bool]string{false: "without them, of one source", true: "if they say the contrary, of one source"}[x.Flipped]
		}
		lead := "the first stays"
		if x.Leads {
			var then []string
			for _, h := range x.Leaders {
				then = append(then, k.Names[m.Hypotheses[h]])
			}
			lead = "first: " + strings.Join(then, ", ")
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\n", strings.Join(names, "+"), how, lead)
	}
	_ = t.Flush()
	if n := len(doubts) - most; n > 0 {
		fmt.Fprintf(w, "  and %d more: --format json\n", n)
	}
}
