package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/actor"
)

type actorShowOptions struct {
	actorOptions
	filter claimOptions
	limit  int
}

func newActorShowCmd(env Env) *cobra.Command {
	var o actorShowOptions
	c := &cobra.Command{
		Use:   "show [flags] NAME…",
		Short: "Show what is said of an actor: names and who uses them, clusters, edges",
		Long: `Show what is said of an actor, a cluster, or anything else in the graph: by which names it goes, according to whom, which
clusters stand under it and by which events, what contradicts, and its edges with their dates, claimants, sources and grades.

NAME is a name, an alias, an identifier of ATT&CK (G0065) or of STIX. Where several things bear the name, all are shown, and
who says so; none of them is taken to be the right one.

Exit codes: 0 done, 1 failed or nothing bears the name, 2 wrong usage.`,
		Example: `  entente actor show APT40 --node /srv/entente
  entente actor show 'Gingham Typhoon' --bundle enterprise-attack.json
  entente actor show UNC0001 --known 2021-07-19 --format json`,
		Args: atLeastOne("whom to show: a name or an identifier"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := textOrJSON(o.admin.format); err != nil {
				return err
			}
			return o.work(c.Context(), env, func(x *actors) error { return o.run(x, args) })
		},
	}
	f := c.Flags()
	o.register(f, "text, or json: one document")
	o.registerBundles(f)
	o.filter.register(f)
	f.IntVar(&o.limit, "limit", 200, "show at most this `NUMBER` of neighbours")
	return c
}

// actorShown is what is shown of one actor.
type actorShown struct {
	Node      actor.Node   `json:"actor"`
	Names     []actor.Name `json:"names"`
	MoreNames bool         `json:"more_names,omitempty"`
	Graph     *actor.Graph `json:"graph"`
}

func (o *actorShowOptions) run(x *actors, args []string) error {
	f, err := o.filter.filter(x)
	if err != nil {
		return err
	}
	r, err := actor.NewReader(x.ctx, x.src, f)
	if err != nil {
		return err
	}
	var shown []actorShown
	for _, name := range args {
		ids, err := x.find(name, nil)
		if err != nil {
			return err
		}
		if len(ids) > 1 && o.admin.format == "text" {
			fmt.Fprintf(x.env.Stdout, "%s is a name of %d objects. Which is meant, the name does not say.\n\n", printable(name), len(ids))
		}
		for _, id := range ids {
			s, err := o.read(x, r, id, f)
			if err != nil {
				return err
			}
			shown = append(shown, s)
		}
	}
	if o.admin.format == "json" {
		return x.printJSON(map[string]any{"actors": shown})
	}
	for i := range shown {
		if i > 0 {
			fmt.Fprintln(x.env.Stdout)
		}
		if err := x.show(&shown[i]); err != nil {
			return err
		}
	}
	return nil
}

func (o *actorShowOptions) read(x *actors, r *actor.Reader, id string, f actor.Filter) (s actorShown, err error) {
	if s.Names, s.MoreNames, err = actor.Names(x.ctx, x.src, id); err != nil {
		return s, err
	}
	// The date and the claimants that are asked for hold for names, too.
	s.Names = slices.DeleteFunc(s.Names, func(n actor.Name) bool { return !f.TakesClaim(&n.Claim) })
	nodes, err := r.Nodes(x.ctx, []string{id})
	if err != nil {
		return s, err
	}
	s.Node = nodes[id]
	s.Graph, err = r.Around(x.ctx, actor.Question{Start: []string{id}, Limit: o.limit, Filter: f})
	return s, err
}

// show prints what is said of one actor.
func (x *actors) show(s *actorShown) error {
	ids := []string{}
	for _, n := range s.Names {
		ids = append(ids, n.Claimant)
	}
	ids = append(ids, s.Node.Parts...)
	ids = append(ids, s.Node.Where...)
	names, err := x.graphTitles(s.Graph, ids...)
	if err != nil {
		return err
	}
	out := x.env.Stdout
	kind := string(s.Node.Kind)
	if s.Node.Response != "" {
		kind += ": " + s.Node.Response
	}
	fmt.Fprintf(out, "%s\n%s, %s\n", printable(s.Node.Title()), printable(kind), printable(s.Node.ID))
	if s.Node.Revoked {
		fmt.Fprintln(out, "revoked by who made it")
	}
	for _, at := range s.Node.Where {
		fmt.Fprintf(out, "stands under %s now\n", printable(names.name(at)))
	}
	if len(s.Node.Parts) > 0 {
		var parts []string
		for _, p := range s.Node.Parts {
			parts = append(parts, names.name(p))
		}
		slices.Sort(parts)
		fmt.Fprintf(out, "holds %s\n", printable(strings.Join(parts, ", ")))
	}
	if len(s.Names) > 0 {
		rows := [][]string{}
		for _, n := range s.Names {
			rows = append(rows, []string{n.Name, saysOf(&n), names.name(n.Claimant), n.Claimed.Day(), n.Grade.String(), sourcesOf(n.Claim)})
		}
		fmt.Fprintln(out)
		if err := x.columns("NAME | SAYS | CLAIMANT | CLAIMED | GRADE | SOURCES", rows); err != nil {
			return err
		}
		if s.MoreNames {
			fmt.Fprintln(x.env.Stderr, "there are more claims about names than are shown")
		}
	}
	if err := x.eventTable(s.Graph, names); err != nil {
		return err
	}
	if len(s.Graph.Edges) > 0 {
		fmt.Fprintln(out)
		if err := x.edgeTable(s.Graph.Edges, names); err != nil {
			return err
		}
	}
	x.sayCuts(s.Graph, names.name)
	return nil
}

// eventTable prints merges, splits and graduations, and what contradicts.
func (x *actors) eventTable(g *actor.Graph, names *titles) error {
	if len(g.Events) > 0 {
		rows := [][]string{}
		for _, e := range g.Events {
			state := "holds"
			switch {
			case e.Revoked:
				state = "revoked"
			case e.ReversedBy != "":
				state = "taken back"
			}
			rows = append(rows, []string{e.Claimed.Day(), eventText(&e.Event, names), state, names.name(e.Claimant), e.Grade.String(), e.Reason, e.ID})
		}
		fmt.Fprintln(x.env.Stdout)
		if err := x.columns("CLAIMED | EVENT | STATE | CLAIMANT | GRADE | REASON | ID", rows); err != nil {
			return err
		}
	}
	for _, c := range g.Contradictions {
		var who []string
		for _, id := range c.Clusters {
			who = append(who, names.name(id))
		}
		fmt.Fprintf(x.env.Stdout, "\nCONTRADICTION  %s: %s (%s)\n", printable(strings.Join(who, ", ")), printable(c.What), printable(strings.Join(c.Events, ", ")))
	}
	return nil
}

func eventText(e *actor.Event, names *titles) string {
	parts := make([]string, len(e.Parts))
	for i, p := range e.Parts {
		parts[i] = names.name(p)
	}
	slices.Sort(parts)
	switch e.Kind {
	case actor.Merged:
		return "merge " + strings.Join(parts, ", ") + " → " + names.name(e.Into)
	case actor.Graduated:
		return "graduate " + strings.Join(parts, ", ") + " → " + names.name(e.Into)
	case actor.Split:
	}
	text := "split"
	if e.Of != "" {
		text += " " + names.name(e.Of)
	}
	if len(e.Moves) > 0 {
		var to []string
		for _, m := range e.Moves {
			if n := names.name(m.To); !slices.Contains(to, n) {
				to = append(to, n)
			}
		}
		text += fmt.Sprintf(" → %s (%d parts)", strings.Join(to, ", "), len(e.Moves))
	}
	if e.Reverses != "" {
		text += ", taking back " + e.Reverses
	}
	return text
}

// edgeTable prints edges.
func (x *actors) edgeTable(list []actor.Edge, names *titles) error {
	rows := [][]string{}
	for _, e := range list {
		mark := e.Type
		if e.Denied {
			mark += " (denied)"
		}
		if e.Contested {
			mark += " (contested)"
		}
		from, to := names.name(e.From), names.name(e.To)
		if e.StatedFrom != "" {
			from += " (said of " + names.name(e.StatedFrom) + ")"
		}
		if e.StatedTo != "" {
			to += " (said of " + names.name(e.StatedTo) + ")"
		}
		rows = append(rows, []string{from, mark, to, e.Held.String(), names.name(e.Claimant), e.Claimed.Day(), e.Grade.String(), sourcesOf(e.Claim)})
	}
	return x.columns("FROM | EDGE | TO | HELD | CLAIMANT | CLAIMED | GRADE | SOURCES", rows)
}

// sourcesOf names the sources of a claim on one line.
func sourcesOf(c actor.Claim) string {
	if len(c.Sources) == 0 {
		return ""
	}
	s := c.Sources[0]
	text := s.Name
	if text == "" {
		text = s.URL
	}
	if r := []rune(text); len(r) > 60 {
		text = string(r[:59]) + "…"
	}
	if n := len(c.Sources) - 1; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// graphTitles names everything in a graph.
func (x *actors) graphTitles(g *actor.Graph, more ...string) (*titles, error) {
	ids := slices.Clone(more)
	for i := range g.Nodes {
		ids = append(ids, g.Nodes[i].ID)
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		ids = append(ids, e.Claimant, e.StatedFrom, e.StatedTo)
	}
	for i := range g.Events {
		e := &g.Events[i]
		ids = append(append(ids, e.Claimant, e.Into, e.Of), e.Parts...)
		for _, m := range e.Moves {
			ids = append(ids, m.To)
		}
	}
	for _, c := range g.Contradictions {
		ids = append(ids, c.Clusters...)
	}
	return x.titles(ids)
}
