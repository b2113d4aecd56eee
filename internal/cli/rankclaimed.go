package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"entente/internal/actor"
	"entente/internal/attribution/rank"
)

// mostClaimed are the objects around one name that are asked for, and the claims that are printed of it as text.
const (
	mostClaimed      = 1000
	mostClaimedShown = 20
)

// rankClaim is one claim of an actor and of what else is known of the intrusion: a sector, a country, an address. It stands beside a
// ranking and changes no probability.
type rankClaim struct {
	Of       string `json:"of"` // the name that was asked for
	Actor    string `json:"actor"`
	Group    string `json:"group,omitempty"` // the actor's id in ATT&CK, if it bears one
	Place    int    `json:"place,omitempty"` // in the ranking; 0 where it is no candidate
	Relation string `json:"relation"`
	Other    string `json:"other"` // what the name stands for
	Denied   bool   `json:"denied,omitempty"`
	Held     string `json:"held,omitempty"`
	Claimant string `json:"claimant,omitempty"`
	Claimed  string `json:"claimed,omitempty"`
	Grade    string `json:"grade,omitempty"`
	Object   string `json:"object"`
}

// claimsOf asks the graph of actors what is claimed of names and of actors.
func claimsOf(ctx context.Context, env Env, o *actorOptions, names []string, r *rank.Ranking) (out []rankClaim, err error) {
	err = o.work(ctx, env, func(x *actors) error {
		reader, err := actor.NewReader(x.ctx, x.src, actor.Filter{})
		if err != nil {
			return err
		}
		for _, name := range names {
			start, err := x.find(name, nil)
			if err != nil {
				return err
			}
			g, err := reader.Around(x.ctx, actor.Question{Start: start, Depth: 1, Limit: mostClaimed})
			if err != nil {
				return err
			}
			list, err := x.claimsIn(g, name, r)
			if err != nil {
				return err
			}
			out = append(out, list...)
		}
		return nil
	})
	return out, err
}

// claimsIn lists the edges between what a question began with and actors: candidates in the order of the ranking, then others.
func (x *actors) claimsIn(g *actor.Graph, name string, r *rank.Ranking) ([]rankClaim, error) {
	titles, err := x.graphTitles(g)
	if err != nil {
		return nil, err
	}
	x.sayCuts(g, titles.name)
	actors, ids := map[string]bool{}, []string{}
	for i := range g.Nodes {
		if n := &g.Nodes[i]; n.Depth > 0 && n.Kind.CanStand() {
			actors[n.ID] = true
			ids = append(ids, n.ID)
		}
	}
	groups, err := x.attackGroups(ids)
	if err != nil {
		return nil, err
	}
	var out []rankClaim
	for i := range g.Edges {
		e := &g.Edges[i]
		who, other := e.From, e.To
		if !actors[who] {
			who, other = other, who
		}
		if !actors[who] || actors[other] {
			continue
		}
		c := rankClaim{
			Of: name, Actor: titles.name(who), Group: groups[who], Relation: e.Type, Other: titles.name(other), Denied: e.Denied, Held: e.Held.String(),
			Claimed: e.Claimed.Day(), Grade: e.Grade.String(), Object: e.ID,
		}
		if e.Claimant != "" {
			c.Claimant = titles.name(e.Claimant)
		}
		if c.Group != "" {
			c.Place = 1 + slices.IndexFunc(r.Candidates, func(c rank.Candidate) bool { return c.Group.ID == groups[who] })
		}
		out = append(out, c)
	}
	last := len(r.Candidates) + 1
	slices.SortStableFunc(out, func(a, b rankClaim) int {
		place := func(c rankClaim) int {
			if c.Place == 0 {
				return last
			}
			return c.Place
		}
		return cmp.Or(place(a)-place(b), strings.Compare(a.Actor, b.Actor), strings.Compare(a.Claimed, b.Claimed), strings.Compare(a.Object, b.Object))
	})
	return out, nil
}

// attackGroups are the ids in ATT&CK that objects bear as references, as their makers say; a name alone makes none.
func (x *actors) attackGroups(ids []string) (map[string]string, error) {
	out := map[string]string{}
	for some := range slices.Chunk(ids, 500) {
		objects, err := x.src.Objects(x.ctx, some)
		if err != nil {
			return nil, err
		}
		for _, o := range objects {
			var refs struct {
				List []struct {
					Source string `json:"source_name"`
					ID     string `json:"external_id"`
				} `json:"external_references"`
			}
			if json.Unmarshal(o.Raw, &refs) != nil {
				continue
			}
			for _, r := range refs.List {
				if r.Source == "mitre-attack" && out[o.ID] == "" {
					out[o.ID] = r.ID
				}
			}
		}
	}
	return out, nil
}

// printClaims says what is claimed beside the ranking.
func (v *rankView) printClaims(s *sheet) {
	if len(v.names) == 0 {
		return
	}
	s.section("Claimed of it", "by others, in the graph of actors: no probability has anything of this in it")
	for _, name := range v.names {
		var list []rankClaim
		for _, c := range v.claims {
			if c.Of == name {
				list = append(list, c)
			}
		}
		head := fmt.Sprintf("  %s of actors", many(int64(len(list)), "claim"))
		s.line("  ", s.paint(styleBold, printable(name)), s.paint(styleDim, head))
		for _, c := range list[:min(len(list), mostClaimedShown)] {
			place, mark := "-", c.Relation
			if c.Place > 0 {
				place = fmt.Sprint(c.Place)
			}
			if c.Denied {
				mark = "denied: " + mark
			}
			said := []string{"nobody says who claims it"}
			if c.Claimant != "" {
				said[0] = "claimed by " + c.Claimant
			}
			for _, more := range []string{c.Claimed, c.Grade} {
				if more != "" {
					said = append(said, more)
				}
			}
			if c.Held != "" {
				said = append(said, "of "+c.Held)
			}
			s.line(right(place+" ", 8), left(printable(c.Actor), 30), "  ", printable(mark+" "+c.Other), s.paint(styleDim, "  "+printable(strings.Join(said, ", "))))
		}
		if more := len(list) - mostClaimedShown; more > 0 {
			s.line(s.paint(styleDim, fmt.Sprintf("        and %s more (--format json, entente actor graph)", thousands(int64(more)))))
		}
	}
}
