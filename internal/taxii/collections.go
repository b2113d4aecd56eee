package taxii

import (
	"net/http"
	"slices"
	"strings"

	"entente/internal/exchange"
	"entente/internal/store"
)

// collections is section 5.1. They are in the order of their identifiers.
func (s *Server) collections(r *request, root store.Root) error {
	views, err := s.ex.Collections(r.Context(), r.p, root)
	if err != nil {
		return s.stranger(r, err)
	}
	if r.p.IsAnonymous() && len(views) == 0 {
		return exchange.ErrUnauthenticated
	}
	var out collections
	for _, v := range views {
		out.Collections = append(out.Collections, collectionOf(v))
	}
	slices.SortFunc(out.Collections, func(a, b collection) int { return strings.Compare(a.ID, b.ID) })
	return s.send(r, http.StatusOK, out)
}
