package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/actor"
)

type actorGraphOptions struct {
	actorOptions
	filter claimOptions
	depth  int
	limit  int
}

func newActorGraphCmd(env Env) *cobra.Command {
	var o actorGraphOptions
	c := &cobra.Command{
		Use:   "graph [flags] [NAME…]",
		Short: "Neighbours, paths, what is common, the timeline: as a table, a picture or a file",
		Example: `  entente actor graph APT40 --depth 2 --at 2016 --node /srv/entente
  entente actor graph --bundle case.json`,
		RunE: func(c *cobra.Command, args []string) error {
			return o.work(c.Context(), env, func(x *actors) error { return o.run(x, args) })
		},
	}
	f := c.Flags()
	o.register(f, "text, json")
	o.registerBundles(f)
	o.filter.register(f)
	f.IntVar(&o.depth, "depth", 1, "go this `NUMBER` of edges away")
	f.IntVar(&o.limit, "limit", actor.DefaultNodes, "show at most this `NUMBER` of objects")
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
		start = append(start, ids...)
	}
	var g *actor.Graph
	if len(start) == 0 {
		g, err = r.Whole(x.ctx, f, o.limit*10)
	} else {
		g, err = r.Around(x.ctx, actor.Question{Start: start, Depth: o.depth, Limit: o.limit, Filter: f})
	}
	if err != nil {
		return err
	}
	switch o.admin.format {
	case "json":
		return x.printJSON(g)
	case "text":
	default:
		return usagef("there is no format %q", o.admin.format)
	}
	names, err := x.graphTitles(g)
	if err != nil {
		return err
	}
	if err := x.edgeTable(g.Edges, names); err != nil {
		return err
	}
	if err := x.eventTable(g, names); err != nil {
		return err
	}
	x.sayCuts(g, names.name)
	if g.Label != "" {
		fmt.Fprintf(x.env.Stderr, "TLP:%s\n", strings.ToUpper(g.Label))
	}
	return nil
}
