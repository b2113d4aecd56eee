package actor

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"slices"

	"entente/internal/stix"
)

// WriteSTIX writes a bundle of everything that a graph is made of: its nodes, edges and events, claims about names of its nodes, who
// claims and records all this, and the definition of the extension. Objects are the bytes that the source gave.
func WriteSTIX(ctx context.Context, w io.Writer, src Source, g *Graph) error {
	ids := map[string]bool{}
	all := map[string][]byte{}
	var claims []Object
	for i := range g.Nodes {
		id := g.Nodes[i].ID
		ids[id] = true
		list, _, err := src.Referring(ctx, id, []string{TypeAlias}, mostClaims)
		if err != nil {
			return err
		}
		claims = append(claims, list...)
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		ids[e.ID] = true
		for _, end := range []string{e.StatedFrom, e.StatedTo} {
			if end != "" {
				ids[end] = true
			}
		}
	}
	for i := range g.Events {
		ids[g.Events[i].ID] = true
	}
	for _, o := range claims {
		all[o.ID] = o.Raw
	}
	// Twice: what the objects say of who made and who claims them is found in the first turn.
	for range 2 {
		var want []string
		for _, id := range slices.Sorted(maps.Keys(ids)) {
			if _, there := all[id]; !there {
				want = append(want, id)
			}
		}
		for chunk := range slices.Chunk(want, mostTogether) {
			list, err := src.Objects(ctx, chunk)
			if err != nil {
				return err
			}
			claims = append(claims, list...)
		}
		for _, o := range claims {
			all[o.ID] = o.Raw
			for _, id := range append([]string{o.CreatedByRef, claimOf(o).Claimant}, o.ObjectMarkingRefs...) {
				if id != "" {
					ids[id] = true
				}
			}
		}
		claims = nil
	}
	all[extension] = Definition()
	digest := sha256.New()
	order := slices.Sorted(maps.Keys(all))
	for _, id := range order {
		digest.Write(all[id])
	}
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(`{"type":"bundle","id":"` + stix.ID("bundle", "entente-actor", hex.EncodeToString(digest.Sum(nil))) + `","objects":[`) // Flush tells
	for i, id := range order {
		if i > 0 {
			_ = out.WriteByte(',')
		}
		_ = out.WriteByte('\n')
		_, _ = out.Write(all[id])
	}
	_, _ = out.WriteString("\n]}\n")
	return out.Flush()
}
