package exchange

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

// Options of a [Service]. The zero value is usable.
type Options struct {
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: nothing is logged
	Limits stix.Limits      // of one object
}

// Service is the exchange of a node. It may be used by many at once.
type Service struct {
	st  *store.Store
	opt Options
}

// New makes the service over a store, which stays the caller's to close.
func New(st *store.Store, opt Options) *Service {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{st: st, opt: opt}
}

// Close waits for what goes on in the background, until ctx ends.
func (s *Service) Close(ctx context.Context) error { return ctx.Err() }

var errUnfinished = errors.New("this part of the exchange is not there yet")

// Anonymous is a caller without credentials.
func (s *Service) Anonymous(context.Context) (Principal, error) {
	return Principal{Roles: store.Reader, Scopes: store.ScopeRead}, nil
}

// Bearer is the caller who holds a token.
func (s *Service) Bearer(_ context.Context, _ string) (Principal, error) {
	return Principal{}, errUnfinished
}

// Basic is the caller who knows a password.
func (s *Service) Basic(_ context.Context, _, _ string) (Principal, error) {
	return Principal{}, errUnfinished
}

// Certificate is the caller with the private key of a certificate.
func (s *Service) Certificate(_ context.Context, _ *x509.Certificate) (Principal, error) {
	return Principal{}, errUnfinished
}

// Roots are the API roots.
func (s *Service) Roots(context.Context, Principal) ([]store.Root, error) { return nil, errUnfinished }

// Root is the API root with a path.
func (s *Service) Root(_ context.Context, _ Principal, _ string) (store.Root, error) {
	return store.Root{}, errUnfinished
}

// Collections are the collections of an API root that the caller may read or write, by UID.
func (s *Service) Collections(_ context.Context, _ Principal, _ store.Root) ([]CollectionView, error) {
	return nil, errUnfinished
}

// Collection is one of them, by its UID or alias. Those that the caller may neither read nor write are [ErrNotFound].
func (s *Service) Collection(_ context.Context, _ Principal, _ store.Root, _ string) (CollectionView, error) {
	return CollectionView{}, errUnfinished
}

// Objects is a page of what the caller may see, each object without the parts that it may not see.
func (s *Service) Objects(_ context.Context, _ Principal, _ store.Query) (store.Page, error) {
	return store.Page{}, errUnfinished
}

// Manifest is the same page without bytes.
func (s *Service) Manifest(_ context.Context, _ Principal, _ store.Query) (store.Page, error) {
	return store.Page{}, errUnfinished
}

// Versions is a page of the versions of an object, without bytes. [ErrNotFound] where the caller sees none at all.
func (s *Service) Versions(_ context.Context, _ Principal, _ CollectionView, _ string, _ store.Query) (store.Page, error) {
	return store.Page{}, errUnfinished
}

// Delete removes versions of an object. [ErrNotFound] where the caller sees none at all.
func (s *Service) Delete(_ context.Context, _ Principal, _ CollectionView, _ string, _ store.Query) error {
	return errUnfinished
}

// SubmitOptions say how objects are to be taken in. The zero value takes what the collection says.
type SubmitOptions struct {
	Group int64        // sharing group that the items get, 0: the collection's
	Label *store.Label // of objects that have none, nil: the collection's

	// What follows is for Import from a seed alone (docs/formats/seed.md).
	Added   func(n int64) time.Time // date_added of the nth object of the stream, from 0; nil or zero: now
	Lenient bool                    // keeps objects that break rules of STIX, too, as long as they can be read and have an id
}

// Submit takes in the objects of a TAXII envelope. What is wrong with single objects is in the status; [ErrUnprocessable]
// says that the body is no envelope.
func (s *Service) Submit(_ context.Context, _ Principal, _ CollectionView, _ io.Reader, _ SubmitOptions) (Status, error) {
	return Status{}, errUnfinished
}

// Status is what became of a submission of the caller's. [ErrNotFound] for all others.
func (s *Service) Status(_ context.Context, _ Principal, _ store.Root, _ string) (Status, error) {
	return Status{}, errUnfinished
}

// SignCursor writes a place as the value of TAXII's next, good for this caller and these filters alone.
func (s *Service) SignCursor(_ context.Context, _ Principal, _ string, _ store.Cursor) (string, error) {
	return "", errUnfinished
}

// OpenCursor reads what [Service.SignCursor] wrote. The error is [ErrBadRequest] for anything else.
func (s *Service) OpenCursor(_ context.Context, _ Principal, _, _ string) (store.Cursor, error) {
	return store.Cursor{}, errUnfinished
}
