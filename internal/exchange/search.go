package exchange

import (
	"context"
	"fmt"
	"time"

	"entente/internal/store"
)

// Search is a page of items by any of the fields of a query, over all collections that the caller may read unless it names
// some. [Words] and [AttackID] make its words and terms of what people type; values, names and labels are in lower case.
func (s *Service) Search(ctx context.Context, p Principal, q store.Query) (store.Page, error) {
	return s.page(ctx, p, q, DeedSearch)
}

// Count is how many items a search would give on all its pages.
func (s *Service) Count(ctx context.Context, p Principal, q store.Query) (int64, error) {
	if !p.May(Read) {
		return 0, fmt.Errorf("counting needs a role and a scope for it: %w", ErrForbidden)
	}
	begun := time.Now()
	n, err := s.st.Count(ctx, p.Caller, q)
	if err != nil {
		return 0, meaning(err)
	}
	if n == 0 {
		even(ctx, begun)
	}
	s.note(ctx, p, DeedCount, collectionList(q.Collections), 0)
	return n, nil
}

// Neighbours is the part of the graph around an object that the caller may see; see [store.Store.Neighbours].
func (s *Service) Neighbours(ctx context.Context, p Principal, id string, depth, limit int) (store.Graph, error) {
	if !p.May(Read) {
		return store.Graph{}, fmt.Errorf("the graph needs a role and a scope for reading: %w", ErrForbidden)
	}
	begun := time.Now()
	g, err := s.st.Neighbours(ctx, p.Caller, id, depth, limit)
	if err != nil {
		return store.Graph{}, meaning(err)
	}
	if len(g.Nodes) == 0 {
		even(ctx, begun)
	}
	s.note(ctx, p, DeedGraph, id, len(g.Nodes))
	return g, nil
}

// Conflicts are the submissions that came to no place of their own, as far as the caller sees them, redacted as objects are.
func (s *Service) Conflicts(ctx context.Context, p Principal, collection, after int64, limit int) ([]store.ConflictItem, error) {
	if !p.May(Read) {
		return nil, fmt.Errorf("reading needs a role and a scope for it: %w", ErrForbidden)
	}
	list, err := s.st.Conflicts(ctx, p.Caller, collection, after, limit)
	if err != nil {
		return nil, meaning(err)
	}
	for i := range list {
		if err := s.redact(ctx, &list[i].Item); err != nil {
			return nil, err
		}
	}
	s.note(ctx, p, DeedSearch, "conflicts", len(list))
	return list, nil
}
