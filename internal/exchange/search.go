package exchange

import (
	"context"

	"entente/internal/store"
)

// Search is a page of items by any of the fields of a query, over all collections that the caller may read unless it names
// some.
func (s *Service) Search(_ context.Context, _ Principal, _ store.Query) (store.Page, error) {
	return store.Page{}, errUnfinished
}

// Count is how many items a search would give on all its pages.
func (s *Service) Count(_ context.Context, _ Principal, _ store.Query) (int64, error) {
	return 0, errUnfinished
}
