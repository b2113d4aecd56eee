package exchange

import (
	"context"
	"errors"
	"fmt"

	"entente/internal/store"
)

// Account is the service account with a name, for what the node does itself on behalf of it: a peer's account decides what
// leaves for the peer and what comes from it. Accounts of people are [ErrForbidden], disabled ones [ErrUnauthenticated].
func (s *Service) Account(ctx context.Context, name string) (Principal, error) {
	user, err := s.st.UserByName(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return Principal{}, fmt.Errorf("account %q: %w", name, ErrNotFound)
	}
	if err != nil {
		return Principal{}, meaning(err)
	}
	if !user.Service {
		return Principal{}, fmt.Errorf("account %q belongs to a person, not to a service: %w", name, ErrForbidden)
	}
	return s.signedIn(ctx, user)
}
