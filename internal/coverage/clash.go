package coverage

import (
	"fmt"
	"maps"
	"reflect"

	"entente/internal/advisory"
	"entente/internal/sigma"
)

// Clash is an error where two packs have different rules under one id: only one of them would run, and a pack from
// elsewhere could put a rule out of action by taking its id.
func Clash(packs []*advisory.Pack) error {
	type owned struct {
		pack string
		what any
	}
	seen := map[string]owned{}
	for _, p := range packs {
		if p.Rules == nil {
			continue
		}
		own := map[string]owned{} // a pack itself may use an id several times
		for id, what := range meanings(p.Rules) {
			if other, ok := seen[id]; ok && !reflect.DeepEqual(other.what, what) {
				return fmt.Errorf("packs %s and %s have different rules under the id %s\nhint: hunt with one of them at a time, or let the later pack give its rule an id of its own", other.pack, p.Manifest.ID, id)
			}
			own[id] = owned{p.Manifest.ID, what}
		}
		maps.Copy(seen, own)
	}
	return nil
}

// meanings are what the documents of a collection that have an id look for, without their titles and other texts.
func meanings(c *sigma.Collection) map[string]any {
	out := map[string]any{}
	for _, r := range c.Rules {
		if r.ID != "" {
			m := *r
			m.Meta = sigma.Meta{Level: r.Level}
			out[r.ID] = m
		}
	}
	for _, r := range c.Correlations {
		if r.ID != "" {
			m := *r
			m.Meta = sigma.Meta{Level: r.Level}
			out[r.ID] = m
		}
	}
	return out
}
