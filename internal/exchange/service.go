package exchange

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

// Options of a [Service]. The zero value is usable.
type Options struct {
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: nothing is logged
	Limits    stix.Limits      // of one object
	Retention Retention
}

// Service is the exchange of a node. It may be used by many at once.
type Service struct {
	st   *store.Store
	opt  Options
	auth *signIn
	read readings

	mu  sync.Mutex
	key []byte // of cursors, nil until one is asked for
}

// New makes the service over a store, which stays the caller's to close, after the service.
func New(st *store.Store, opt Options) *Service {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{st: st, opt: opt, auth: newSignIn()}
}

// Close writes what waits for the audit log.
func (s *Service) Close(ctx context.Context) error { return s.FlushAudit(ctx) }
