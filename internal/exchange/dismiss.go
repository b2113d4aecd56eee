package exchange

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entente/internal/store"
)

// Dismiss removes a conflict, and what stands there stays. An organisation dismisses what it has submitted, the owner of the
// collection whatever its caller sees there, as it is with [Service.Delete]. [ErrNotFound] where the caller does not see it.
func (s *Service) Dismiss(ctx context.Context, p Principal, number int64) error {
	if !p.May(Read) {
		return fmt.Errorf("dismissing needs the right to read: %w", ErrForbidden)
	}
	begun := time.Now()
	list, err := s.st.Conflicts(ctx, p.Caller, 0, number-1, 1)
	if err != nil {
		return meaning(err)
	}
	if len(list) == 0 || list[0].Number != number {
		even(ctx, begun)
		return fmt.Errorf("conflict %d: %w", number, ErrNotFound)
	}
	conflict := &list[0]
	all, err := s.st.Collections(ctx, p.Caller, 0)
	if err != nil {
		return meaning(err)
	}
	i := slices.IndexFunc(all, func(c store.CollectionView) bool { return c.ID == conflict.Collection })
	if i < 0 {
		return fmt.Errorf("conflict %d: %w", number, ErrNotFound) // the right has gone meanwhile
	}
	c := p.view(all[i].Collection, all[i].CanRead, all[i].CanWrite)
	switch {
	case !c.CanRead || !c.CanWrite:
		return fmt.Errorf("dismissing needs the rights to read and to write: %w", ErrForbidden)
	case c.Owner != p.Org && conflict.Class.Owner != p.Org:
		return fmt.Errorf("%s was submitted by others, who can dismiss it: %w", conflict.ID, ErrForbidden)
	}
	if err := s.st.Dismiss(ctx, p.Caller, number); err != nil {
		return meaning(err)
	}
	return s.Audit(ctx, p, DeedDismiss, conflict.ID, map[string]any{"collection": c.UID, "number": number})
}
