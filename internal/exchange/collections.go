package exchange

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entente/internal/store"
)

// Roots are the API roots. They are no secret: what is in them is.
func (s *Service) Roots(ctx context.Context, _ Principal) ([]store.Root, error) {
	roots, err := s.st.Roots(ctx)
	return roots, meaning(err)
}

// Root is the API root with a path, without slashes around.
func (s *Service) Root(ctx context.Context, _ Principal, path string) (store.Root, error) {
	root, err := s.st.RootByPath(ctx, path)
	return root, meaning(err)
}

// Collections are the collections of an API root that the caller may read or write, by UID.
func (s *Service) Collections(ctx context.Context, p Principal, root store.Root) ([]CollectionView, error) {
	all, err := s.st.Collections(ctx, p.Caller, root.ID)
	if err != nil {
		return nil, meaning(err)
	}
	var out []CollectionView
	for _, c := range all {
		if v := p.view(c.Collection, c.CanRead, c.CanWrite); v.CanRead || v.CanWrite {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b CollectionView) int { return strings.Compare(a.UID, b.UID) })
	return out, nil
}

// Collection is one of them, by its UID or alias. Those that the caller may neither read nor write are [ErrNotFound].
func (s *Service) Collection(ctx context.Context, p Principal, root store.Root, idOrAlias string) (CollectionView, error) {
	all, err := s.Collections(ctx, p, root)
	if err != nil {
		return CollectionView{}, err
	}
	for _, by := range []func(CollectionView) string{func(c CollectionView) string { return c.UID }, func(c CollectionView) string { return c.Alias }} {
		for _, c := range all {
			if idOrAlias != "" && by(c) == idOrAlias {
				return c, nil
			}
		}
	}
	return CollectionView{}, fmt.Errorf("collection: %w", ErrNotFound)
}

// Groups are the sharing groups of which the caller's organisation is a member.
func (s *Service) Groups(ctx context.Context, p Principal) ([]store.Group, error) {
	if p.Org == 0 {
		return nil, nil
	}
	groups, err := s.st.Groups(ctx, p.Org)
	return groups, meaning(err)
}
