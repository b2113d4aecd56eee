package api

import (
	"context"

	"entente/internal/exchange"
)

// OfConflict is the parameter of what is about one conflict.
type OfConflict struct {
	Number int64 `path:"number" minimum:"1" doc:"Number of the conflict"`
}

func (s *Server) dismiss(ctx context.Context, p exchange.Principal, in *OfConflict) (*nothing, error) {
	return nil, s.ex.Dismiss(ctx, p, in.Number)
}
