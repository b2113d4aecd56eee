package store

import (
	"context"
	"maps"
	"slices"
)

// Edge is a reference from one object to another.
type Edge struct {
	From, Property, To string
}

// Graph is a part of the graph of objects.
type Graph struct {
	Nodes []Item // without bytes: of each object the items that the caller sees, one for each collection
	Edges []Edge // their ends need not be among the nodes: the node may lack the object, or the caller not see it
	Cut   bool   // there was more than the limit
}

// Neighbours gives what can be reached from an object over references in either direction, depth references far (1 to 4), at
// most limit objects (0 is 100). A relationship object is an object of its own, two references from one end to the other. Only the
// latest versions that the caller sees count, and of these only the references that stand in parts that the caller sees.
func (s *Store) Neighbours(ctx context.Context, caller Caller, id string, depth, limit int) (Graph, error) {
	depth = min(max(depth, 1), 4)
	if limit <= 0 {
		limit = defaultLimit
	}
	limit = min(limit, maxLimit)
	var g Graph
	err := s.snapshot(ctx, func(t *tx) error {
		seen := map[string]bool{id: true}
		edges := map[Edge]bool{}
		frontier := []string{id}
		for range depth {
			found, cut, err := neighbours(t, caller, frontier, limit*8)
			if err != nil {
				return err
			}
			g.Cut = g.Cut || cut
			frontier = nil
			for _, e := range found {
				for _, end := range []string{e.From, e.To} {
					if !seen[end] && len(seen) < limit {
						seen[end] = true
						frontier = append(frontier, end)
					}
				}
				if seen[e.From] && seen[e.To] {
					edges[e] = true
				} else {
					g.Cut = true
				}
			}
			if len(frontier) == 0 {
				break
			}
		}
		g.Edges = slices.SortedFunc(maps.Keys(edges), func(a, b Edge) int {
			return slices.Compare([]string{a.From, a.Property, a.To}, []string{b.From, b.Property, b.To})
		})
		page, err := s.items(t, caller, Query{IDs: slices.Sorted(maps.Keys(seen)), NoBytes: true, Limit: maxLimit})
		g.Nodes, g.Cut = page.Items, g.Cut || page.More
		return err
	})
	return g, about(err, "neighbours of", id)
}

// neighbours gives the references of which one end is among the objects, at most limit; cut says that there may be more. It asks object by
// object, in the order in which the index has the references of one, so that an object to which very many refer costs no more than the
// limit.
func neighbours(t *tx, caller Caller, ids []string, limit int) (out []Edge, cut bool, err error) {
	statements := referencesOf()
	for _, id := range ids {
		for _, query := range statements {
			left := limit - len(out)
			if left <= 0 {
				return out, true, nil
			}
			found, err := collect(t, query, []any{caller.User, caller.Org, termKey(id), left},
				func(e *Edge) []any { return []any{&e.From, &e.Property, &e.To} })
			if err != nil {
				return nil, false, err
			}
			out, cut = append(out, found...), cut || len(found) == left
		}
	}
	return out, cut, nil
}

// referencesOf are the statements for references that an object makes, and for those that are made to it.
func referencesOf() [2]string {
	latest := without(flagSpec, "n.spec > i.spec") + " AND " + without(flagNewer, "n.version > i.version AND n.spec = i.spec") +
		" AND " + without(flagTwin, "n.version = i.version AND n.spec = i.spec AND "+byMaker)
	return [2]string{
		`WITH ` + who + ` SELECT i.object, l.property, l.target FROM items i CROSS JOIN links l CROSS JOIN w
			WHERE i.object = $3 AND l.item = i.item AND w.collection = i.collection AND ` + visible("i") + ` AND ` + sees("i", "l.label") + ` AND ` + latest +
			` ORDER BY i.collection, i.item, l.property, l.target LIMIT $4`,
		`WITH ` + who + ` SELECT i.object, l.property, l.target FROM links l CROSS JOIN items i CROSS JOIN w
			WHERE l.target = $3 AND i.item = l.item AND +i.collection = w.collection AND ` + visible("i") + ` AND ` + sees("i", "l.label") + ` AND ` + latest +
			` ORDER BY l.item LIMIT $4`,
	}
}
