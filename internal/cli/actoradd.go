package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/actor"
	"entente/internal/durable"
	"entente/internal/exchange"
	"entente/internal/misp"
	"entente/internal/stix"
)

func actorKinds() string {
	var names []string
	for _, k := range actor.Kinds() {
		names = append(names, strings.ReplaceAll(string(k), " ", "-"))
	}
	return strings.Join(names, ", ")
}

func newActorAddCmd(env Env) *cobra.Command {
	var o sayOptions
	n := actor.NewNode{}
	var date string
	c := &cobra.Command{
		Use:   "add [flags] KIND NAME",
		Short: "Put an object into the graph: a role, an organisation, a cluster, a response …",
		Long: `Put an object into the graph. KIND is one of ` + actorKinds() + `.

Persons are best put in by their role. Of one name your organisation has one object of each kind; where two things have the same
name, --distinct tells them apart. A response has --response, one of: ` + strings.Join(actor.ResponseKinds(), ", ") + `.

What is there already is left as it is, so that a script can be run again.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  entente actor add cluster UNC0007
  entente actor add front-company 'Technology company in Haikou' --claimant 'US Department of Justice' --claimed 2021-07-19 --grade B2
  entente actor add response 'Indictment unsealed' --response indictment --date 2021-07-16`,
		Args: exactly(2, "what it is, and its name"),
		RunE: func(c *cobra.Command, args []string) error {
			n.Kind, n.Name = actor.Kind(strings.ReplaceAll(strings.ToLower(args[0]), "-", " ")), strings.TrimSpace(args[1])
			if !slices.Contains(actor.Kinds(), n.Kind) {
				return usagef("%q is no kind of object\nhint: %s", args[0], actorKinds())
			}
			if n.Name == "" {
				return usagef("give it a name")
			}
			n.Response = strings.ToLower(n.Response)
			if (n.Kind == actor.Response) != slices.Contains(actor.ResponseKinds(), n.Response) {
				return usagef("a response, and nothing else, has --response\nhint: one of %s", strings.Join(actor.ResponseKinds(), ", "))
			}
			var err error
			if n.Date, err = actor.ParseDate(date); err != nil {
				return usagef("--date: %w", err)
			}
			if (n.Kind == actor.Location) != (len(n.Country) == 2) {
				return usagef("a location, and nothing else, has --country, two letters")
			}
			n.Country = strings.ToUpper(n.Country)
			return o.work(c, env, func(s *sayer) error {
				n.Stated = s.say
				if _, err := s.put(n.Object()); err != nil {
					return err
				}
				return s.close("%s: %s", n.Kind, n.Name)
			})
		},
	}
	f := c.Flags()
	o.register(f)
	o.registerClaim(f)
	f.StringVar(&n.Distinction, "distinct", "", "a `WORD` that tells it from another of the same name and kind")
	f.StringVar(&n.Description, "description", "", "a `TEXT` about it")
	f.StringVar(&n.Response, "response", "", "which `KIND` of response it is")
	f.StringVar(&date, "date", "", "`DATE` of a response")
	f.StringVar(&n.Country, "country", "", "`CODE` of a location's country, ISO 3166")
	return c
}

func newActorLinkCmd(env Env) *cobra.Command {
	var o sayOptions
	var held, note string
	var deny bool
	c := &cobra.Command{
		Use:   "link [flags] FROM TYPE TO",
		Short: "Claim an edge between two objects of the graph",
		Long: `Claim an edge: a relationship of a type, such as uses, targets, attributed-to, employs, directs, fronts-for, issued-by, responds-to,
names. --held says when it held, --claimed when that was claimed: the two are never the same thing. --deny claims that it is not so:
a denial is recorded like an accusation, and stands beside it.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  entente actor link 'Front company' fronts-for 'Security department' --held 2011..2018 --claimant 'US Department of Justice' --claimed 2021-07-19 --grade B2
  entente actor link UNC0007 uses 'Harbour loader' --held 2019-05.. --source 'Report 12 <https://example.org/12>'`,
		Args: exactly(3, "from where, of which type, to where"),
		RunE: func(c *cobra.Command, args []string) error {
			period := actor.Period{}
			if held != "" {
				var err error
				if period, err = actor.ParsePeriod(held); err != nil {
					return usagef("--held: %w", err)
				}
			}
			kind := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(args[1])), " ", "-")
			if kind == "" || strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
				return usagef("%q is no type of relationship: lower-case letters and hyphens", args[1])
			}
			return o.work(c, env, func(s *sayer) error {
				from, err := s.one(args[0], nil)
				if err != nil {
					return err
				}
				to, err := s.one(args[2], nil)
				if err != nil {
					return err
				}
				e := actor.NewEdge{From: from.ID, Type: kind, To: to.ID, Held: period, Denied: deny, Description: note, Stated: s.say}
				if _, err := s.put(e.Object()); err != nil {
					return err
				}
				if deny {
					return s.close("denied: %s %s %s", from.Title(), kind, to.Title())
				}
				return s.close("claimed: %s %s %s", from.Title(), kind, to.Title())
			})
		},
	}
	f := c.Flags()
	o.register(f)
	o.registerClaim(f)
	f.StringVar(&held, "held", "", "when it held: a `PERIOD`, as 2011..2018, 2019-05.. or 2016")
	f.StringVar(&note, "description", "", "a `TEXT` about it")
	f.BoolVar(&deny, "deny", false, "claim that it is not so")
	return c
}

func newActorImportCmd(env Env) *cobra.Command {
	var o sayOptions
	var output, date string
	c := &cobra.Command{
		Use:   "import [flags] FILE…",
		Short: "Take in clusters of MISP's galaxies as claims of theirs",
		Long: `Take in clusters of MISP's galaxies (files of clusters, JSON), into a node or, with -o, into a bundle. Synonyms become claims of
the galaxy about names; countries, relations, and what it relays of the Council on Foreign Relations become edges, each with its
claimant. Relations lead to clusters that are in one of the files: give those that belong together at once.

Galaxies do not say when they claim something: --date does, the day of the files.

Bundles of STIX and ATT&CK are taken in by entente import, and need nothing else.

Exit codes: 0 done, whatever was lost, 1 failed, or objects were refused, 2 wrong usage.`,
		Example: `  entente actor import threat-actor.json --date 2026-10-01 --node /srv/entente
  entente actor import threat-actor.json tool.json -o galaxies.json`,
		Args: atLeastOne("what to import: files of clusters"),
		RunE: func(c *cobra.Command, args []string) error {
			day := time.Now().UTC().Truncate(24 * time.Hour)
			if date != "" {
				d, err := actor.ParseDate(date)
				if err != nil {
					return usagef("--date: %w", err)
				}
				day = d.First()
			}
			g := actor.Galaxies{}
			for _, name := range args {
				if err := readGalaxy(env, &g, name); err != nil {
					return err
				}
			}
			objects := g.Objects(day)
			for i, l := range g.Lost {
				if i == 20 {
					fmt.Fprintf(env.Stderr, "… and %d more losses\n", len(g.Lost)-i)
					break
				}
				fmt.Fprintf(env.Stderr, "lost: %s: %s\n", printable(l.Where), printable(l.What))
			}
			var text bytes.Buffer
			w := misp.NewBundleWriter(&text, stix.ID("bundle", "misp-galaxy", strings.Join(args, "\n"), day.String()))
			if err := w.Write(objects...); err != nil {
				return err
			}
			if err := w.Close(); err != nil {
				return err
			}
			switch {
			case output == "-":
				_, err := env.Stdout.Write(text.Bytes())
				return err
			case output != "":
				return durable.WriteFile(output, text.Bytes(), 0o644)
			}
			return o.work(c, env, func(s *sayer) error {
				report, err := s.a.ex.Import(s.ctx, s.p, s.view, bytes.NewReader(text.Bytes()), exchange.SubmitOptions{Label: s.label}, nil)
				if err != nil {
					return err
				}
				for i, f := range report.Failures {
					if i == 20 {
						fmt.Fprintf(env.Stderr, "… and %s more were refused\n", thousands(report.Failed-20))
						break
					}
					fmt.Fprintf(env.Stderr, "%s: %s\n", printable(orDash(f.ID)), printable(f.Reason))
				}
				if err := s.close("%s objects, %s new, %s there already, %s in conflict, %s refused", thousands(report.Read), thousands(report.Stored+report.Completed),
					thousands(report.Duplicate), thousands(report.Conflict), thousands(report.Failed)); err != nil {
					return err
				}
				if report.Failed > 0 {
					return exit(ExitFailure, nil)
				}
				return nil
			})
		},
	}
	f := c.Flags()
	o.register(f)
	f.StringVarP(&output, "output", "o", "", "write a bundle into this `FILE` instead of a node; - is the standard output")
	f.StringVar(&date, "date", "", "`DATE` of the files (default: today)")
	return c
}

func readGalaxy(env Env, g *actor.Galaxies, name string) error {
	in, err := openInput(env, name)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was read only
	if err := g.Read(in); err != nil {
		return fmt.Errorf("%s: %w", printable(name), err)
	}
	return nil
}
