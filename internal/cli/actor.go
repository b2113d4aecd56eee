package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"entente/internal/actor"
	"entente/internal/actor/stored"
	"entente/internal/exchange"
)

func newActorCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "actor",
		Short: "Who is said to be who: names, clusters, and the graph of actors",
		Long: `Who is said to be who, and to have done what: names of actors, clusters of activity that merge, split and get a name, and
the graph of persons in their roles, organisations, front companies, personas, intrusion sets, what they use, whom they hit,
and how states responded.

Every name, edge, merge and split is a claim: somebody's, of a date, with sources and a grade. None is a fact, names merge
nothing, and where claims contradict, both are shown. What is said is kept as objects of STIX 2.1 in a node
(docs/actors.md); bundles can be asked without one, with --bundle.`,
		Example: `  entente actor show APT40 --node /srv/entente
  entente actor graph 'Front company' --depth 2 --format svg -o graph.svg`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newActorShowCmd(env), newActorGraphCmd(env), newActorAliasCmd(env), newActorMergeCmd(env), newActorSplitCmd(env),
		newActorGraduateCmd(env), newActorAddCmd(env), newActorLinkCmd(env), newActorImportCmd(env))
	return c
}

// actorOptions are those of every verb about actors.
type actorOptions struct {
	admin   adminOptions
	user    string
	bundles []string
}

func (o *actorOptions) register(f *pflag.FlagSet, formats string) {
	f.StringVarP(&o.admin.dir, "node", "d", defaultNodeDir, "`FOLDER` of the node")
	f.StringVar(&o.user, "as", "", "`ACCOUNT` with whose eyes to look; it can be left out where there is one alone")
	f.StringVarP(&o.admin.format, "format", "f", "text", formats)
}

func (o *actorOptions) registerBundles(f *pflag.FlagSet) {
	f.StringArrayVar(&o.bundles, "bundle", nil, "ask bundles of STIX instead of a node: a `FILE`; may be repeated")
}

// actors is what a verb about actors works with.
type actors struct {
	ctx context.Context //nolint:containedctx // of the one verb that it is made for
	env Env
	src actor.Source
	a   *admin // nil where bundles are asked
	p   exchange.Principal
	o   *actorOptions
}

// work opens what is to be asked.
func (o *actorOptions) work(ctx context.Context, env Env, run func(x *actors) error) error {
	if len(o.bundles) > 0 {
		m := &actor.Memory{}
		for _, name := range o.bundles {
			if err := readBundle(env, m, name); err != nil {
				return err
			}
		}
		return run(&actors{ctx: ctx, env: env, src: m, o: o})
	}
	format := o.admin.format
	o.admin.format = "text" // of the administration's own tables
	return o.admin.work(ctx, env, nil, func(a *admin, _ []string) error {
		o.admin.format = format
		user, err := (&caseOptions{user: o.user}).account(a)
		if err != nil {
			return err
		}
		p, err := a.principal(user)
		if err != nil {
			return err
		}
		left, err := a.st.Backlog(ctx)
		if err != nil {
			return err
		}
		if left > 0 {
			fmt.Fprintf(env.Stderr, "%s objects are not in the index yet: taking them up\n", thousands(left))
			if err := a.st.Index(ctx); err != nil {
				return err
			}
		}
		return run(&actors{ctx: ctx, env: env, src: stored.New(a.ex, p), a: a, p: p, o: o})
	})
}

func readBundle(env Env, m *actor.Memory, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was read only
	n := 0
	err = m.Read(f, func(where string, err error) {
		if n++; n <= 20 {
			fmt.Fprintf(env.Stderr, "%s%s: %s\n", printable(name), printable(where), printable(err.Error()))
		}
	})
	if n > 20 {
		fmt.Fprintf(env.Stderr, "%s: %s more cannot be read\n", printable(name), thousands(int64(n-20)))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// find gives the identifiers of what a text stands for: an identifier, or a name, which may belong to several.
func (x *actors) find(text string, wanted func(actor.Node) bool) ([]string, error) {
	if strings.Contains(text, "--") {
		found, err := x.src.Objects(x.ctx, []string{text})
		if err != nil || len(found) > 0 {
			return []string{text}, err
		}
	}
	claims, err := actor.WhoBears(x.ctx, x.src, text)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, n := range claims {
		if !n.Denied && !n.Withdrawn && !slices.Contains(ids, n.Actor) {
			ids = append(ids, n.Actor)
		}
	}
	if wanted != nil && len(ids) > 1 {
		nodes, err := x.nodes(ids)
		if err != nil {
			return nil, err
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return !wanted(nodes[id]) })
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("nobody calls anything %q here, as far as this account sees\nhint: entente import and entente actor import take in what others say, entente actor add what you do", text)
	}
	return ids, nil
}

// one is what a text stands for, which has to be one thing alone: what is said of it must not land on another of the same name.
func (x *actors) one(text string, wanted func(actor.Node) bool) (actor.Node, error) {
	ids, err := x.find(text, wanted)
	if err != nil {
		return actor.Node{}, err
	}
	nodes, err := x.nodes(ids)
	if err != nil {
		return actor.Node{}, err
	}
	if len(ids) > 1 {
		var b strings.Builder
		for _, id := range ids[:min(len(ids), 10)] {
			n := nodes[id]
			fmt.Fprintf(&b, "\n  %s  %s %s", id, n.Kind, n.Title())
		}
		return actor.Node{}, usagef("%q is the name of %d objects\nhint: give the identifier of the one that is meant%s", text, len(ids), printableLines(b.String()))
	}
	return nodes[ids[0]], nil
}

func (x *actors) nodes(ids []string) (map[string]actor.Node, error) {
	r, err := actor.NewReader(x.ctx, x.src, actor.Filter{})
	if err != nil {
		return nil, err
	}
	return r.Nodes(x.ctx, ids)
}

// titles tell people names instead of identifiers.
type titles struct {
	x     *actors
	nodes map[string]actor.Node
}

func (x *actors) titles(ids []string) (*titles, error) {
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(s string) bool { return s == "" })
	nodes, err := x.nodes(ids)
	return &titles{x, nodes}, err
}

func (n *titles) name(id string) string {
	node, ok := n.nodes[id]
	switch {
	case id == "":
		return "-"
	case ok && node.Name != "":
		return node.Name
	case id == n.x.p.OrgUID:
		return n.x.p.OrgName
	}
	return id
}

// printJSON writes one document.
func (x *actors) printJSON(v any) error {
	enc := json.NewEncoder(x.env.Stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// columns prints rows under a head.
func (x *actors) columns(head string, rows [][]string) error {
	w := tabwriter.NewWriter(x.env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.ReplaceAll(head, " | ", "\t"))
	for _, row := range rows {
		for i := range row {
			row[i] = printable(orDash(row[i]))
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// claimOptions choose claims.
type claimOptions struct {
	at, between, known string
	by, types          []string
	dated              bool
}

func (o *claimOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.at, "at", "", "edges that may have held at this `DATE`: 2016, 2016-05, 2016-05-31")
	f.StringVar(&o.between, "between", "", "edges that may have held in this `PERIOD`: 2011..2013, ..2013, 2011..")
	f.StringVar(&o.known, "known", "", "what had been claimed by this `DATE`")
	f.StringSliceVar(&o.by, "by", nil, "what this `CLAIMANT` says, by name or identifier; may be repeated")
	f.StringSliceVar(&o.types, "type", nil, "edges of this `TYPE` of relationship; may be repeated")
	f.BoolVar(&o.dated, "dated", false, "leave out edges of which nobody has said when they held")
}

func (o *claimOptions) filter(x *actors) (actor.Filter, error) {
	f := actor.Filter{Types: o.types, Dated: o.dated}
	var err error
	if o.at != "" && o.between != "" {
		return f, usagef("--at or --between, not both")
	}
	if o.at != "" && strings.Contains(o.at, "..") {
		return f, usagef("--at takes one date\nhint: --between %s", o.at)
	}
	if text := o.at + o.between; text != "" {
		if f.During, err = actor.ParsePeriod(text); err != nil {
			return f, usagef("%w", err)
		}
	}
	if f.KnownBy, err = actor.ParseDate(o.known); err != nil {
		return f, usagef("--known: %w", err)
	}
	for _, by := range o.by {
		ids, err := x.find(by, isIdentity)
		if err != nil {
			return f, err
		}
		f.Claimants = append(f.Claimants, ids...)
	}
	return f, nil
}

func isIdentity(n actor.Node) bool { return n.Type == "identity" }

// sayCuts tells on the standard error what is not there.
func (x *actors) sayCuts(g *actor.Graph, name func(string) string) {
	for i, c := range g.Cut {
		if i == 10 {
			fmt.Fprintf(x.env.Stderr, "… and %d more such places\n", len(g.Cut)-i)
			break
		}
		if c.Node != "" {
			fmt.Fprintf(x.env.Stderr, "left out at %s: %s\n", printable(name(c.Node)), printable(c.What))
		} else {
			fmt.Fprintf(x.env.Stderr, "left out: %s\n", printable(c.What))
		}
	}
	if len(g.Cut) > 0 {
		fmt.Fprintln(x.env.Stderr, "hint: --limit raises how many objects are shown; --type, --at and --by choose edges")
	}
	if g.Undated > 0 {
		fmt.Fprintf(x.env.Stderr, "%s of the edges have no dates and are shown at any time (--dated leaves them out)\n", thousands(int64(g.Undated)))
	}
}
