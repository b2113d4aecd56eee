// Package stored is the graph of actors over the store of a node: what a caller sees of it and nothing else, because every question
// goes through the exchange, whose one condition says who may see (docs/decisions/0008).
//
// Where an object lies in several collections, its latest version counts; of one version, the one of which the least is withheld.
// Objects that came a moment ago may not be in the index yet: see [store.Store.Backlog].
package stored

import (
	"context"
	"fmt"
	"strings"

	"entente/internal/actor"
	"entente/internal/exchange"
	"entente/internal/stix"
	"entente/internal/store"
)

// Source is an [actor.Source] for one caller.
type Source struct {
	ex *exchange.Service
	p  exchange.Principal
}

// New asks in the name of a caller.
func New(ex *exchange.Service, p exchange.Principal) *Source { return &Source{ex, p} }

// mostBytes of objects in one answer.
const mostBytes = 256 << 20

// most items of one answer: an object may lie in several collections.
const most = 100_000

// Objects are those with the identifiers.
func (s *Source) Objects(ctx context.Context, ids []string) ([]actor.Object, error) {
	list, _, err := s.ask(ctx, store.Query{IDs: ids, Limit: most})
	return list, err
}

// Referring are objects that refer to another, in the order in which they were added.
func (s *Source) Referring(ctx context.Context, id string, types []string, limit int) ([]actor.Object, bool, error) {
	return s.ask(ctx, store.Query{LinkedTo: id, Types: types, Limit: limit})
}

// OfType are objects of a type.
func (s *Source) OfType(ctx context.Context, kind string, limit int) ([]actor.Object, bool, error) {
	return s.ask(ctx, store.Query{Types: []string{kind}, Limit: limit})
}

// Named are objects that bear a name.
func (s *Source) Named(ctx context.Context, name string, limit int) ([]actor.Object, bool, error) {
	return s.ask(ctx, store.Query{Terms: []store.Term{{Kind: store.TermName, Value: strings.ToLower(strings.TrimSpace(name))}}, Limit: limit})
}

func (s *Source) ask(ctx context.Context, q store.Query) ([]actor.Object, bool, error) {
	q.Bytes = mostBytes
	page, err := s.ex.Search(ctx, s.p, q)
	if err != nil {
		return nil, false, err
	}
	var (
		out   []actor.Object
		place = make(map[string]int, len(page.Items))
		items = make([]*store.Item, 0, len(page.Items))
	)
	for i := range page.Items {
		it := &page.Items[i]
		at, met := place[it.ID]
		if met && !better(it, items[at]) {
			continue
		}
		o, err := stix.Parse(it.Raw, stix.Limits{Size: 1 << 30, Depth: 128, Values: 1 << 30})
		if err != nil {
			return nil, false, fmt.Errorf("object %s cannot be read: %w", it.ID, err)
		}
		if up, _, err := stix.Upgrade(o); err == nil {
			o = up
		}
		x := actor.Object{Object: o, Label: exchange.LabelName(it.Class.Label)}
		if met {
			out[at], items[at] = x, it
			continue
		}
		place[it.ID] = len(out)
		out, items = append(out, x), append(items, it)
	}
	return out, page.More, nil
}

// better says whether an item counts instead of another of the same object.
func better(a, b *store.Item) bool {
	if !a.Version.Equal(b.Version) {
		return a.Version.After(b.Version)
	}
	return b.Redacted && !a.Redacted
}
