package gate

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"entente/internal/exchange"
)

// Bodies are held in memory while they are worked at. A caller sends a few at a time, and of those that have turned out to be
// large there are only a few from all together; a body that says it is large and does not come takes no place of these.
const (
	smallBody      = 1 << 20 // bytes
	largeAtOnce    = 4
	largePerCaller = 2
	bodiesAtOnce   = 4                // of one caller
	placeWait      = 10 * time.Second // for a place; after it the node is busy
	largePace      = 64 << 10         // bytes a second that a large body has to come with
	largeStart     = 20 * time.Second // before that counts
)

// uploads are the places for bodies.
type uploads struct {
	large chan struct{}
	wait  time.Duration

	mu      sync.Mutex // guards what follows
	callers map[string]*callerPlaces
}

// callerPlaces are those of one caller. They are forgotten when nobody uses them.
type callerPlaces struct {
	users      int
	any, large chan struct{}
}

func newUploads() *uploads {
	return &uploads{large: make(chan struct{}, largeAtOnce), wait: placeWait, callers: map[string]*callerPlaces{}}
}

// Body gives the body of a request to read, once there is a place for it, and what gives the place back. The body ends with an
// [http.MaxBytesError] where it has more than most bytes, with [exchange.ErrBusy] where it is a large one and there is no room,
// and with [os.ErrDeadlineExceeded] where a large one comes too slowly. The error is one of the first two, or that of the
// request's context.
func (g *Gate) Body(w http.ResponseWriter, r *http.Request, p exchange.Principal, most int64) (body io.Reader, done func(), err error) {
	if r.ContentLength > most {
		return nil, nil, &http.MaxBytesError{Limit: most}
	}
	u, key := g.uploads, g.keyOf(p)
	of := u.enter(key)
	leave := func() { u.leave(key, of) }
	if err := u.take(r.Context(), of.any); err != nil {
		leave()
		return nil, nil, err
	}
	b := &upload{ctx: r.Context(), from: http.MaxBytesReader(w, r.Body, most), uploads: u, of: of}
	return b, func() {
		b.free()
		<-of.any
		leave()
	}, nil
}

func (u *uploads) enter(key string) *callerPlaces {
	u.mu.Lock()
	defer u.mu.Unlock()
	of := u.callers[key]
	if of == nil {
		of = &callerPlaces{any: make(chan struct{}, bodiesAtOnce), large: make(chan struct{}, largePerCaller)}
		u.callers[key] = of
	}
	of.users++
	return of
}

func (u *uploads) leave(key string, of *callerPlaces) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if of.users--; of.users == 0 {
		delete(u.callers, key)
	}
}

// take waits for places, but not for long, and takes all of them or none.
func (u *uploads) take(ctx context.Context, places ...chan struct{}) error {
	patience := time.NewTimer(u.wait)
	defer patience.Stop()
	for i, place := range places {
		var err error
		select {
		case place <- struct{}{}:
			continue
		case <-ctx.Done():
			err = ctx.Err()
		case <-patience.C:
			err = fmt.Errorf("other bodies are worked at: %w", exchange.ErrBusy)
		}
		for _, taken := range places[:i] {
			<-taken
		}
		return err
	}
	return nil
}

// upload is a body as it comes.
type upload struct {
	ctx     context.Context //nolint:containedctx // of the request, whose body this is
	from    io.Reader
	uploads *uploads
	of      *callerPlaces
	n       int64
	large   time.Time // when it got the place of a large one; zero: none yet
}

// Read implements io.Reader.
func (b *upload) Read(p []byte) (int, error) {
	if b.n < smallBody {
		p = p[:min(int64(len(p)), smallBody-b.n)]
	} else if b.large.IsZero() {
		// One byte more tells whether there is more.
		n, err := b.from.Read(p[:min(1, len(p))])
		b.n += int64(n)
		if n == 0 {
			return n, err
		}
		if err := b.uploads.take(b.ctx, b.of.large, b.uploads.large); err != nil {
			return 0, err
		}
		b.large = time.Now()
		return n, err
	}
	n, err := b.from.Read(p)
	b.n += int64(n)
	if !b.large.IsZero() && err == nil && time.Since(b.large) > largeStart+time.Duration(b.n/largePace)*time.Second {
		return n, fmt.Errorf("a large body: %w", os.ErrDeadlineExceeded)
	}
	return n, err
}

// free gives back the place of a large body.
func (b *upload) free() {
	if !b.large.IsZero() {
		<-b.uploads.large
		<-b.of.large
	}
}

// keyOf names a caller for what is counted by caller.
func (g *Gate) keyOf(p exchange.Principal) string {
	switch {
	case p.Token != 0:
		return "token " + strconv.FormatInt(p.Token, 10)
	case !p.IsAnonymous():
		return "user " + strconv.FormatInt(p.User, 10)
	}
	return "anonymous " + p.Remote
}
