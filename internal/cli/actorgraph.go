package cli

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/actor"
	"entente/internal/durable"
)

type actorGraphOptions struct {
	actorOptions
	filter   claimOptions
	depth    int
	limit    int
	to       string
	longest  int
	common   bool
	timeline bool
	output   string
	title    string
}

// graphFormats are what a graph can be written as.
var graphFormats = []string{"text", "json", "stix", "graphml", "dot", "svg"}

func newActorGraphCmd(env Env) *cobra.Command {
	var o actorGraphOptions
	c := &cobra.Command{
		Use:   "graph [flags] [NAME…]",
		Short: "Neighbours, paths, what is common, the timeline: as a table, a picture or a file",
		Long: `Ask the graph of actors: what is around NAME, up to --depth edges away; with --to, the paths between two; with --common, what
several have in common; with --timeline, everything that has a date, in its order. Without a NAME, all edges.

Every edge is a claim. --at and --between show what may have held then; --known shows what had been claimed by a date, and how
clusters stood by what was said of them until then; --by shows what one claimant says.

text, json, stix (a bundle of everything that the graph is made of), graphml, dot, and svg, a picture in one file. Where more is
there than --limit, what was left out is said on the standard error and stands in json.

Exit codes: 0 done, 1 failed or nothing bears the name, 2 wrong usage.`,
		Example: `  entente actor graph APT40 --depth 2 --at 2016 --node /srv/entente
  entente actor graph 'Front company' --to APT40
  entente actor graph APT40 APT31 --common --bundle enterprise-attack.json
  entente actor graph APT40 --timeline --known 2021-07-19
  entente actor graph APT40 --type uses --format svg -o apt40.svg`,
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(graphFormats, o.admin.format) {
				return usagef("there is no format %q\nhint: %s", o.admin.format, strings.Join(graphFormats, ", "))
			}
			switch {
			case o.depth < 1 || o.depth > actor.MostDepth:
				return usagef("--depth is 1 to %d", actor.MostDepth)
			case o.limit < 1 || o.limit > actor.MostNodes:
				return usagef("--limit is 1 to %s", thousands(actor.MostNodes))
			case o.longest < 1 || o.longest > actor.MostPathLength:
				return usagef("--longest is 1 to %d", actor.MostPathLength)
			case o.to != "" && len(args) != 1:
				return usagef("--to takes one NAME to begin with")
			case o.to != "" && o.common:
				return usagef("--to or --common, not both")
			case o.common && len(args) < 2:
				return usagef("--common takes two NAMEs at least")
			case o.timeline && o.admin.format != "text" && o.admin.format != "json":
				return usagef("--timeline is text or json")
			}
			return o.work(c.Context(), env, func(x *actors) error { return o.run(x, args) })
		},
	}
	f := c.Flags()
	o.register(f, strings.Join(graphFormats, ", "))
	o.registerBundles(f)
	o.filter.register(f)
	f.IntVar(&o.depth, "depth", 1, "go this `NUMBER` of edges away")
	f.IntVar(&o.limit, "limit", actor.DefaultNodes, "show at most this `NUMBER` of objects")
	f.StringVar(&o.to, "to", "", "paths to this `NAME`")
	f.IntVar(&o.longest, "longest", 4, "paths of at most this `NUMBER` of edges")
	f.BoolVar(&o.common, "common", false, "what all of them are linked to")
	f.BoolVar(&o.timeline, "timeline", false, "in the order of dates: what held, what was claimed, what clusters became")
	f.StringVarP(&o.output, "output", "o", "-", "`FILE` to write; - is the standard output")
	f.StringVar(&o.title, "title", "", "`TITLE` of a picture")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(graphFormats, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	return c
}

func (o *actorGraphOptions) run(x *actors, args []string) error {
	f, err := o.filter.filter(x)
	if err != nil {
		return err
	}
	r, err := actor.NewReader(x.ctx, x.src, f)
	if err != nil {
		return err
	}
	var start []string
	for _, name := range args {
		ids, err := x.find(name, nil)
		if err != nil {
			return err
		}
		if len(ids) > 1 && (o.common || o.to != "") {
			if _, err := x.one(name, nil); err != nil {
				return err // which lists them
			}
		}
		start = append(start, ids...)
	}
	g, err := o.ask(x, r, start, f)
	if err != nil {
		return err
	}
	names, err := x.graphTitles(g)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := o.write(x, &text, g, names, start, args); err != nil {
		return err
	}
	x.sayCuts(g, names.name)
	if g.Label != "" {
		fmt.Fprintf(x.env.Stderr, "what is in it is up to TLP:%s\n", strings.ToUpper(g.Label))
	}
	if o.output != "-" {
		for _, b := range o.bundles {
			if same, err := samePath(b, o.output); err != nil || same {
				return usagef("-o would write over %s, which is read", printable(b))
			}
		}
		return durable.WriteFile(o.output, text.Bytes(), 0o644)
	}
	_, err = x.env.Stdout.Write(text.Bytes())
	return err
}

func samePath(a, b string) (bool, error) {
	x, err := filepath.Abs(a)
	if err != nil {
		return false, err
	}
	y, err := filepath.Abs(b)
	return x == y, err
}

// ask asks what the flags say.
func (o *actorGraphOptions) ask(x *actors, r *actor.Reader, start []string, f actor.Filter) (*actor.Graph, error) {
	switch {
	case o.to != "":
		to, err := x.one(o.to, nil)
		if err != nil {
			return nil, err
		}
		return r.Between(x.ctx, actor.PathQuestion{From: start[0], To: to.ID, Longest: o.longest, Filter: f})
	case o.common:
		return r.Common(x.ctx, start, f)
	case len(start) == 0:
		return r.Whole(x.ctx, f, 10*o.limit)
	}
	return r.Around(x.ctx, actor.Question{Start: start, Depth: o.depth, Limit: o.limit, Filter: f})
}

func (o *actorGraphOptions) write(x *actors, w io.Writer, g *actor.Graph, names *titles, start, args []string) error {
	to := *x
	to.env.Stdout = w
	if o.timeline {
		var claims []actor.Name
		for _, id := range start {
			list, _, err := actor.Names(x.ctx, x.src, id)
			if err != nil {
				return err
			}
			claims = append(claims, list...)
		}
		return to.timeline(g, claims)
	}
	switch o.admin.format {
	case "json":
		return to.printJSON(g)
	case "stix":
		return actor.WriteSTIX(x.ctx, w, x.src, g)
	case "graphml":
		return actor.WriteGraphML(w, g, names.name)
	case "dot":
		return actor.WriteDOT(w, g, names.name)
	case "svg":
		title := o.title
		if title == "" {
			title = "Actor graph"
			if len(args) > 0 {
				title = "Around " + strings.Join(args, ", ")
			}
			if when := o.filter.at + o.filter.between; when != "" {
				title += ", " + when
			}
			if o.filter.known != "" {
				title += ", as known by " + o.filter.known
			}
		}
		return actor.WriteSVG(w, g, actor.Picture{Title: title}, names.name)
	}
	return to.graphText(g, names)
}

func (x *actors) graphText(g *actor.Graph, names *titles) error {
	for i, p := range g.Paths {
		var steps []string
		for _, id := range p {
			steps = append(steps, printable(names.name(id)))
		}
		fmt.Fprintf(x.env.Stdout, "%d  %s\n", i+1, strings.Join(steps, " — "))
	}
	if len(g.Paths) > 0 {
		fmt.Fprintln(x.env.Stdout)
	}
	if len(g.Edges) == 0 {
		fmt.Fprintln(x.env.Stdout, "no edges")
	} else if err := x.edgeTable(g.Edges, names); err != nil {
		return err
	}
	return x.eventTable(g, names)
}

// timeline prints what has a date.
func (x *actors) timeline(g *actor.Graph, claims []actor.Name) error {
	moments := actor.Timeline(g, claims)
	if x.o.admin.format == "json" {
		return x.printJSON(map[string]any{"timeline": moments, "cut": g.Cut})
	}
	more := []string{}
	for _, c := range claims {
		more = append(more, c.Claimant, c.Actor)
	}
	names, err := x.graphTitles(g, more...)
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, m := range moments {
		row := []string{m.Date.Day(), string(m.What), "", "", ""}
		switch {
		case m.Edge != nil:
			e := m.Edge
			row[2] = names.name(e.From) + " " + e.Type + " " + names.name(e.To)
			if e.Denied {
				row[2] = "denied: " + row[2]
			}
			if held := e.Held.String(); held != "" && m.What == actor.Claims {
				row[2] += ", " + held
			}
			row[3], row[4] = names.name(e.Claimant), e.Grade.String()
		case m.Event != nil:
			row[2], row[3], row[4] = eventText(&m.Event.Event, names), names.name(m.Event.Claimant), m.Event.Grade.String()
		case m.Name != nil:
			row[2], row[3], row[4] = names.name(m.Name.Actor)+" "+saysOf(m.Name)+": "+m.Name.Name, names.name(m.Name.Claimant), m.Name.Grade.String()
		case m.Node != nil:
			row[2] = m.Node.Title() + " (" + m.Node.Response + ")"
		}
		rows = append(rows, row)
	}
	return x.columns("DATE | WHAT | OF WHAT | CLAIMANT | GRADE", rows)
}
