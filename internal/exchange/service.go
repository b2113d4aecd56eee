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
	Decay     Decay
	// SealingKey are 32 bytes with which secrets of webhooks are sealed before they are stored; without them there are no webhooks.
	SealingKey []byte
	SpoolDir   string        // folder for large submissions on their way, "": that of the system
	Wait       time.Duration // after which the status of a submission may be pending; 0: ten seconds
}

// Service is the exchange of a node. It may be used by many at once.
type Service struct {
	st   *store.Store
	opt  Options
	auth *signIn
	read readings

	large chan struct{} // the turn of large submissions, one place

	life    context.Context //nolint:containedctx // of what goes on without its caller, until Close has waited enough
	stop    context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	key    []byte // of cursors, nil until one is asked for
	handed int    // bytes of submissions that go on without their callers
}

// New makes the service over a store, which stays the caller's to close, after the service.
func New(st *store.Store, opt Options) *Service {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Wait <= 0 {
		opt.Wait = 10 * time.Second
	}
	s := &Service{st: st, opt: opt, auth: newSignIn(), large: make(chan struct{}, 1)}
	s.life, s.stop = context.WithCancel(context.Background())
	return s
}

// Close waits for submissions that go on without their callers, until ctx ends, and writes what waits for the audit log.
// Nothing may be submitted any more when it is called.
func (s *Service) Close(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.stop()
		<-done
	}
	s.stop()
	return s.FlushAudit(context.WithoutCancel(ctx))
}
