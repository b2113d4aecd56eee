package cli

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/attribution"
)

// revision of a part, as flags say it.
type casePartOptions struct {
	caseOptions
	key, change, because, tlp string
}

func (o *casePartOptions) register(c *cobra.Command) {
	f := c.Flags()
	o.caseOptions.register(f)
	f.StringVar(&o.key, "key", "", "`KEY` that it is called by (default the next free one)")
	f.StringVar(&o.change, "change", "", "make a version of the part with this `KEY`: what no flag says stays as it is")
	f.StringVar(&o.because, "because", "", "`REASON` of the change")
	f.StringVar(&o.tlp, "tlp", "", "`LABEL` of it (default the strictest that the case has had)")
}

// store makes a part, or a version of one, of a body that has been filled in, and says its key.
func (o *casePartOptions) store(d *desk, c *attribution.Case, before *attribution.Part, body attribution.Body) error {
	label, err := caseLabel(o.tlp)
	if err != nil {
		return err
	}
	if before == nil {
		label = cmp.Or(label, c.Usual())
	}
	p, err := d.part(before, "", label, body)
	if err != nil {
		return err
	}
	p.Change = o.because
	if err := d.put([]*attribution.Part{p}); err != nil {
		return err
	}
	verb := "is"
	if before != nil {
		verb = "has a new version,"
	}
	return d.say("%s %s %s", p.Key(), verb, p.ID)
}

// begin finds the case and the part that is to be changed, if there is one. text is the argument behind CASE, "" without.
func (o *casePartOptions) begin(d *desk, args []string, at int) (c *attribution.Case, before *attribution.Part, text string, err error) {
	if c, err = d.find(args[0]); err != nil {
		return nil, nil, "", err
	}
	if len(args) > at {
		text = args[at]
	}
	if o.change == "" {
		if strings.TrimSpace(text) == "" {
			return nil, nil, "", usagef("say it: what is the text?\nhint: see --help")
		}
		return c, nil, text, nil
	}
	if o.key != "" {
		return nil, nil, "", usagef("--key and --change are one or the other: a part keeps its key")
	}
	if strings.TrimSpace(o.because) == "" {
		return nil, nil, "", usagef("--change needs a reason: --because")
	}
	if before = c.Last(o.change); before == nil {
		return nil, nil, "", usagef("there is no part %q in this case\nhint: entente case show %s", printable(o.change), printable(args[0]))
	}
	return c, before, text, nil
}

// between demands from least to most arguments.
func between(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least {
			return exactly(least, what)(c, args)
		}
		return exactly(min(len(args), most), what)(c, args)
	}
}

func newCaseAddCmd(env Env) *cobra.Command {
	var o casePartOptions
	var e attribution.Evidence
	var grade, observed, received, ranked string
	var about []string
	c := &cobra.Command{
		Use:   "add CASE KIND TEXT",
		Short: "Add an item of evidence",
		Long: `Add an item of evidence. KIND is one of ` + strings.Join(attribution.Items, ", ") + `.

--grade is two judgements: of the source, A (has always been right) to E (has been wrong), F where that cannot be judged; and of what
it says, 1 (confirmed by others) to 5 (improbable), 6 where that cannot be judged. What has no grade is F6.

--group names the source from which it comes in the end: ten reports of one source are in one group and count once.

An item of the kind similarity is what a machine has found by comparing techniques or software: it counts little whatever its
grade is, and all such items are one line of evidence. --rank reads what entente rank --format json prints: TEXT is not needed then, and
hypotheses are rated by it, consistent, neutral or inconsistent and never more, where their actor's name, or identifier in ATT&CK, is
in it. Ask for them with entente rank --explain. Those ratings are yours to change.

Exit codes: 0 added, 1 failed, 2 wrong usage.`,
		Example: `  entente case add exchange-2021 finding 'Web shells in owa/auth' --grade A1 --line telemetry --level tactical --observed 2021-03-03T06:49:00Z
  entente case add exchange-2021 document 'A vendor names the actor' --grade B3 --group vendor-x --url https://example.org/report
  entente rank --format json findings.jsonl | entente case add exchange-2021 similarity --rank -
  entente case add exchange-2021 document --change e2 --tlp clear --because 'it was published'`,
		Args: between(2, 3, "the case, the kind of evidence, and what it says"),
		RunE: func(c *cobra.Command, args []string) error {
			var like *attribution.Likeness
			if ranked != "" {
				var err error
				if like, err = readLikeness(env, ranked); err != nil {
					return err
				}
				if args[1] != attribution.Similarity || o.change != "" {
					return usagef("--rank is for a new item of the kind similarity")
				}
				if len(args) == 2 {
					args = append(args, like.Text())
				}
			}
			return o.work(c, env, func(d *desk) error {
				k, before, text, err := o.begin(d, args, 2)
				if err != nil {
					return err
				}
				b := attribution.Evidence{Case: k.ID, Grade: attribution.Grade{Reliability: "F", Credibility: "6"}}
				if before != nil {
					old, ok := before.Body.(*attribution.Evidence)
					if !ok {
						return usagef("%s is no item of evidence", printable(o.change))
					}
					b = *old
				} else if b.Key, err = newKey(k, o.key, "e"); err != nil {
					return err
				}
				b.Item, b.Text = args[1], cmp.Or(text, b.Text)
				if grade != "" && before != nil {
					return usagef("grades have versions of their own\nhint: entente case grade %s %s %s", printable(args[0]), printable(o.change), printable(grade))
				}
				if grade != "" {
					if b.Grade, err = attribution.ReadGrade(grade); err != nil {
						return usagef("%w", err)
					}
				}
				flags := c.Flags()
				for name, to := range map[string]struct{ from, to *string }{
					"source": {&e.Source, &b.Source}, "by": {&e.Supplier, &b.Supplier}, "line": {&e.Line, &b.Line}, "level": {&e.Level, &b.Level},
					"group": {&e.Group, &b.Group}, "url": {&e.URL, &b.URL},
				} {
					if flags.Changed(name) {
						*to.to = *to.from
					}
				}
				if observed != "" {
					if b.Observed, err = caseTime("observed", observed); err != nil {
						return err
					}
				}
				if received != "" {
					if b.Received, err = caseTime("received", received); err != nil {
						return err
					}
				}
				if flags.Changed("ref") {
					b.About = splitList(about)
				}
				if err := o.store(d, k, before, &b); err != nil || like == nil {
					return err
				}
				return d.rate(k, b.Key, like)
			})
		},
	}
	o.register(c)
	f := c.Flags()
	f.StringVar(&grade, "grade", "", "`GRADE` of source and information, such as B2 (default F6)")
	f.StringVar(&e.Source, "source", "", "`WHERE` it comes from")
	f.StringVar(&e.Supplier, "by", "", "`WHO` handed it in")
	f.StringVar(&observed, "observed", "", "`TIME` of what it is about")
	f.StringVar(&received, "received", "", "`TIME` at which it came")
	f.StringVar(&e.Line, "line", "", "`LINE` of evidence (MICTIC): "+strings.Join(attribution.Lines, ", "))
	f.StringVar(&e.Level, "level", "", "`LEVEL` of the Q-model: "+strings.Join(attribution.Levels, ", "))
	f.StringVar(&e.Group, "group", "", "independence `GROUP`: what comes from one source")
	f.StringVar(&e.URL, "url", "", "`ADDRESS` of a document")
	_ = c.RegisterFlagCompletionFunc("line", words(attribution.Lines)) // it has none
	_ = c.RegisterFlagCompletionFunc("level", words(attribution.Levels))
	c.ValidArgsFunction = func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) != 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words(attribution.Items)(c, args, typed)
	}
	f.StringVar(&ranked, "rank", "", "`FILE` with a ranking, - for standard input: an item of the kind similarity is made of it")
	f.StringSliceVar(&about, "ref", nil, "`IDENTIFIERS` of objects of STIX that it is")
	return c
}

// readLikeness reads a ranking from a file, or from standard input.
func readLikeness(env Env, name string) (*attribution.Likeness, error) {
	in := env.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // it was read only
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, 32<<20))
	if err != nil {
		return nil, err
	}
	l, err := attribution.ReadLikeness(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", printable(name), err)
	}
	return l, nil
}

// rate rates hypotheses by a ranking that has just become an item.
func (d *desk) rate(k *attribution.Case, key string, like *attribution.Likeness) error {
	k = attribution.Fold(d.parts, k.ID)
	i, err := k.Item(key)
	if err != nil {
		return err
	}
	ratings, reasons := like.Rate(k)
	var parts []*attribution.Part
	var said []string
	for _, a := range k.Answers {
		r, ok := ratings[a.ID]
		if !ok {
			continue
		}
		p, err := d.own(k, "", k.Usual(i.TLP, a.TLP), &attribution.Cell{Case: k.ID, Evidence: i.ID, Hypothesis: a.ID, Rating: r, Reason: reasons[a.ID]})
		if err != nil {
			return err
		}
		parts, said = append(parts, p), append(said, a.Name+"="+string(r))
	}
	if len(parts) == 0 {
		return d.say("%s: no hypothesis has an actor that is in the ranking", key)
	}
	if err := d.put(parts); err != nil {
		return err
	}
	return d.say("%s: %s", key, strings.Join(said, " "))
}

func newCaseGradeCmd(env Env) *cobra.Command {
	var o caseOptions
	var reason, tlp string
	c := &cobra.Command{
		Use:   "grade CASE ITEM GRADE",
		Short: "Grade an item of evidence",
		Long: `Say what your organisation thinks of an item: the reliability of its source, A to F, and the credibility of what it says, 1 to 6.
Each organisation has its own grade of an item; that of the organisation that keeps the case counts, else the lowest. Earlier grades
stay on record.

Exit codes: 0 graded, 1 failed, 2 wrong usage.`,
		Example: `  entente case grade exchange-2021 e2 B2 --reason 'two of their findings were confirmed since'`,
		Args:    exactly(3, "the case, the item, and its grade"),
		RunE: func(c *cobra.Command, args []string) error {
			g, err := attribution.ReadGrade(args[2])
			if err != nil {
				return usagef("%w", err)
			}
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
				p, err := d.own(k, label, k.Usual(i.TLP), &attribution.GradeOf{Case: k.ID, Evidence: i.ID, Grade: g, Reason: reason})
				if err != nil {
					return err
				}
				if err := d.put([]*attribution.Part{p}); err != nil {
					return err
				}
				return d.say("%s is %s for %s", i.Name, g, d.p.OrgName)
			})
		},
	}
	o.register(c.Flags())
	c.Flags().StringVar(&reason, "reason", "", "`REASON`, which has to be given")
	c.Flags().StringVar(&tlp, "tlp", "", "`LABEL` of it (default the stricter one of the case and the item)")
	return c
}

// own is a part of which an organisation has one: a new one, or the next version. Without a label it keeps the one it has, or gets the
// usual one.
func (d *desk) own(k *attribution.Case, label, usual string, body attribution.Body) (*attribution.Part, error) {
	before, id := k.Own(d.p.OrgUID, body)
	p, err := d.part(before, id, label, body)
	if err == nil {
		p.TLP = cmp.Or(p.TLP, usual)
	}
	return p, err
}
