package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/actor"
)

func newActorMergeCmd(env Env) *cobra.Command {
	var o sayOptions
	var into, reason string
	c := &cobra.Command{
		Use:   "merge [flags] CLUSTER… --into CLUSTER",
		Short: "Say that clusters of activity are one",
		Long: `Say that clusters of activity, intrusion sets or threat actors are one: what is said of them is said of --into from now on. The
objects themselves stay as they are, and so does every edge; the merge is an event of its own, a claim with a claimant and a date,
and can be taken back (entente actor split), which restores the graph as it was.

Where somebody else has merged one of them elsewhere, both stand, and entente actor show tells of the contradiction.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  entente actor merge UNC0001 UNC0002 --into UNC0007 --reason 'the same operator key' --grade B2
  entente actor merge UNC0007 --into APT40 --claimant 'CERT of Neighbour' --claimed 2020-11-03`,
		Args: atLeastOne("which clusters: names or identifiers"),
		RunE: func(c *cobra.Command, args []string) error {
			if into == "" {
				return usagef("--into says what they are now\nhint: entente actor merge UNC0001 UNC0002 --into UNC0007")
			}
			return o.work(c, env, func(s *sayer) error {
				parts, target, err := s.parts(args, into)
				if err != nil {
					return err
				}
				e := actor.NewEvent{Kind: actor.Merged, Parts: parts, Into: target.ID, Reason: reason, Stated: s.say}
				if err := s.putEvent(e); err != nil {
					return err
				}
				if err := s.close("merged: %s into %s", strings.Join(args, ", "), target.Title()); err != nil {
					return err
				}
				return s.contradictions(append(parts, target.ID))
			})
		},
	}
	f := c.Flags()
	o.register(f)
	o.registerClaim(f)
	f.StringVar(&into, "into", "", "the `CLUSTER` that they are now")
	f.StringVar(&reason, "reason", "", "why: a `TEXT`")
	return c
}

// parts are clusters, and the one that they become.
func (s *sayer) parts(args []string, into string) (parts []string, target actor.Node, err error) {
	if target, err = s.standing(into); err != nil {
		return nil, target, err
	}
	for _, a := range args {
		n, err := s.standing(a)
		if err != nil {
			return nil, target, err
		}
		if n.ID == target.ID {
			return nil, target, usagef("%s cannot be merged into itself", printable(a))
		}
		parts = append(parts, n.ID)
	}
	return parts, target, nil
}

// standing is something that can be merged.
func (s *sayer) standing(name string) (actor.Node, error) {
	n, err := s.one(name, canStand)
	if err == nil && !n.Kind.CanStand() {
		what := string(n.Kind)
		if n.Missing {
			what = "not here, or not to be seen by this account"
		}
		err = usagef("%s is %s: clusters, intrusion sets, threat actors, campaigns and personas can be merged", printable(name), what)
	}
	return n, err
}

// contradictions tells of those that are about clusters.
func (s *sayer) contradictions(ids []string) error {
	r, err := actor.NewReader(s.ctx, s.src, actor.Filter{})
	if err != nil {
		return err
	}
	for _, c := range r.Clustering().Contradictions {
		if slices.ContainsFunc(c.Clusters, func(id string) bool { return slices.Contains(ids, id) }) {
			fmt.Fprintf(s.env.Stderr, "contradiction: %s (%s)\nhint: entente actor show tells who says what\n", printable(c.What), printable(strings.Join(c.Events, ", ")))
		}
	}
	return nil
}

func newActorSplitCmd(env Env) *cobra.Command {
	var o sayOptions
	var out, moves []string
	var undo, reason string
	c := &cobra.Command{
		Use:   "split [flags] CLUSTER",
		Short: "Take a merge back, or take parts out of a cluster",
		Long: `Say that a cluster is not one: take out clusters that were merged into it (--out), or edges that belong to another (--move), or
take back one event by its identifier (--undo). A split is an event of its own and can be taken back in turn.

Where what goes out is what one merge brought, that merge is taken back, and the graph is as if it had never been. --move takes
the identifier of a relationship, or a name, which stands for all edges between it and the cluster, and where it goes.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  entente actor split UNC0007 --out UNC0002 --reason 'the key had been stolen'
  entente actor split UNC0007 --move 'Harbour loader=UNC0009'
  entente actor split UNC0007 --undo entente-cluster-event--3b2f…`,
		Args: exactly(1, "which cluster: a name or an identifier"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(out)+len(moves) == 0 && undo == "" {
				return usagef("say what leaves it: --out, --move or --undo\nhint: entente actor show %s lists what stands under it", printable(args[0]))
			}
			return o.work(c, env, func(s *sayer) error {
				of, err := s.standing(args[0])
				if err != nil {
					return err
				}
				events, err := s.splits(of, out, moves, undo)
				if err != nil {
					return err
				}
				for _, e := range events {
					e.Reason, e.Stated = reason, s.say
					if err := s.putEvent(e); err != nil {
						return err
					}
				}
				if err := s.close("split: %s", of.Title()); err != nil {
					return err
				}
				return s.contradictions([]string{of.ID})
			})
		},
	}
	f := c.Flags()
	o.register(f)
	o.registerClaim(f)
	f.StringArrayVar(&out, "out", nil, "a `CLUSTER` that was merged into it and stands by itself again; may be repeated")
	f.StringArrayVar(&moves, "move", nil, "an edge, or all edges to an object, and the cluster to which they belong: `WHAT=CLUSTER`; may be repeated")
	f.StringVar(&undo, "undo", "", "take back this `EVENT`")
	f.StringVar(&reason, "reason", "", "why: a `TEXT`")
	return c
}

// splits makes the events that a split needs: one for each event that it takes back, the first of them with what else moves.
func (s *sayer) splits(of actor.Node, out, moves []string, undo string) ([]actor.NewEvent, error) {
	r, err := actor.NewReader(s.ctx, s.src, actor.Filter{})
	if err != nil {
		return nil, err
	}
	fold := r.Clustering()
	events := map[string]*actor.EventState{}
	for i := range fold.Events {
		events[fold.Events[i].ID] = &fold.Events[i]
	}
	var reverse []string
	if undo != "" {
		e := events[undo]
		switch {
		case e == nil:
			return nil, fmt.Errorf("there is no event %s, as far as this account sees", undo)
		case !e.Holds:
			return nil, fmt.Errorf("%s is not in force: it was taken back already", undo)
		}
		reverse = append(reverse, undo)
	}
	var leaving []string
	for _, name := range out {
		n, err := s.standing(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(fold.Parts(of.ID), n.ID) {
			return nil, fmt.Errorf("%s does not stand under %s", n.Title(), of.Title())
		}
		leaving = append(leaving, n.ID)
	}
	split := actor.NewEvent{Kind: actor.Split, Of: of.ID}
	for _, id := range leaving {
		by := fold.By(id, of.ID)
		e := events[by]
		whole := e != nil && !slices.ContainsFunc(e.Parts, func(p string) bool { return p != e.Into && !slices.Contains(leaving, p) })
		switch {
		case !whole:
			split.Moves = append(split.Moves, actor.Move{What: id, To: id})
		case !slices.Contains(reverse, by):
			reverse = append(reverse, by)
		}
	}
	for _, m := range moves {
		i := strings.LastIndex(m, "=")
		if i <= 0 || i == len(m)-1 {
			return nil, usagef("--move %s: WHAT=CLUSTER", printable(m))
		}
		to, err := s.standing(m[i+1:])
		if err != nil {
			return nil, err
		}
		edges, err := s.edgesTo(r, of, m[:i])
		if err != nil {
			return nil, err
		}
		for _, e := range edges {
			split.Moves = append(split.Moves, actor.Move{What: e, To: to.ID})
		}
	}
	list := []actor.NewEvent{split}
	for i, id := range reverse {
		if i == 0 {
			list[0].Reverses = id
			continue
		}
		list = append(list, actor.NewEvent{Kind: actor.Split, Of: of.ID, Reverses: id})
	}
	return list, nil
}

// edgesTo are the edges between a cluster and an object, or the one that is named.
func (s *sayer) edgesTo(r *actor.Reader, of actor.Node, what string) ([]string, error) {
	g, err := r.Around(s.ctx, actor.Question{Start: []string{of.ID}, Limit: actor.MostNodes})
	if err != nil {
		return nil, err
	}
	for i := range g.Edges {
		if g.Edges[i].ID == what {
			return []string{what}, nil
		}
	}
	ids, err := s.find(what, nil)
	if err != nil {
		return nil, err
	}
	var edges []string
	other := ""
	for i := range g.Edges {
		e := &g.Edges[i]
		for _, id := range ids {
			if id != of.ID && (e.From == id || e.To == id) {
				if other != "" && other != id {
					return nil, usagef("%q is the name of several neighbours of %s\nhint: give the identifier of the one that is meant", what, of.Title())
				}
				other = id
				edges = append(edges, e.ID)
			}
		}
	}
	if len(edges) == 0 {
		return nil, fmt.Errorf("there is no edge between %s and %s", of.Title(), what)
	}
	return edges, nil
}

func newActorGraduateCmd(env Env) *cobra.Command {
	var o sayOptions
	var reason string
	c := &cobra.Command{
		Use:   "graduate [flags] CLUSTER NAME",
		Short: "Give a cluster of activity a name: a named intrusion set from now on",
		Long: `Say that enough is known of a cluster of activity to call it by a name: what is said of it is said of the named intrusion set
from now on. NAME is one that is there, or a new one, which is made. Like a merge it is an event of its own, and can be taken back.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  entente actor graduate UNC0007 'Quiet Harbour' --reason 'one group, one purpose, three years of activity'`,
		Args:    exactly(2, "which cluster, and its name"),
		RunE: func(c *cobra.Command, args []string) error {
			return o.work(c, env, func(s *sayer) error {
				n, err := s.standing(args[0])
				if err != nil {
					return err
				}
				claims, err := actor.WhoBears(s.ctx, s.src, args[1])
				if err != nil {
					return err
				}
				var made json.RawMessage
				var target string
				if len(claims) == 0 && !strings.Contains(args[1], "--") {
					made = actor.NewNode{Kind: actor.IntrusionSet, Name: args[1], Stated: s.say}.Object()
					if target, err = s.put(made); err != nil {
						return err
					}
				} else {
					t, err := s.standing(args[1])
					if err != nil {
						return err
					}
					target = t.ID
				}
				if target == n.ID {
					return errors.New("it bears the name itself: there is nothing to graduate into")
				}
				e := actor.NewEvent{Kind: actor.Graduated, Parts: []string{n.ID}, Into: target, Reason: reason, Stated: s.say}
				if err := s.putEvent(e); err != nil {
					return err
				}
				if err := s.close("graduated: %s is %s", n.Title(), args[1]); err != nil {
					return err
				}
				return s.contradictions([]string{n.ID, target})
			})
		},
	}
	f := c.Flags()
	o.register(f)
	o.registerClaim(f)
	f.StringVar(&reason, "reason", "", "why: a `TEXT`")
	return c
}
