package webhook

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

// Options of a [Runner]. The zero value is usable.
type Options struct {
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: nothing is logged
	Networks  []netip.Prefix   // that may be sent to beside public addresses, and by http
	Roots     *x509.CertPool   // nil: those of the system
	UserAgent string
	Every     time.Duration // between two looks at the store; 0: a second
	First     time.Duration // after the first failure, twice as long after each more; 0: 5 seconds
	Most      time.Duration // between two attempts; 0: an hour
}

// Bounds of what is done at once.
const (
	atOnce   = 8   // messages on their way
	perBatch = 100 // events in a message
	idle     = time.Minute
)

// Runner tells webhooks what is new.
type Runner struct {
	ex     *exchange.Service
	opt    Options
	client *http.Client
	places chan struct{} // a place for each message on its way

	mu      sync.Mutex // guards what follows
	working map[string]bool
	kept    map[string]keeping
}

// keeping is what is known of a webhook that the store need not know.
type keeping struct {
	again  time.Time       // not before
	places exchange.Places // further on than in the store: in between is nothing that the webhook is told
	saved  time.Time       // when they were last stored
	told   exchange.Places // the ends of the collections when it was last told everything
	untold *attempt        // the message that was not taken, nil without
}

// attempt is a message and what it tells of. It is said again as it was, as long as that is still what is to be told: a receiver that
// has taken it, and whose answer was lost, knows it by its delivery.
type attempt struct {
	message Message
	events  []exchange.Event
}

// begins says whether what is to be told now begins with what this message tells.
func (a *attempt) begins(now []exchange.Event) bool {
	return a != nil && len(now) >= len(a.events) && slices.EqualFunc(a.events, now[:len(a.events)], func(x, y exchange.Event) bool {
		return x.ID == y.ID && x.Type == y.Type && x.Collection == y.Collection && x.Added.Equal(y.Added)
	})
}

// New makes a runner, which does nothing before it is told to.
func New(ex *exchange.Service, opt Options) *Runner {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		of    *time.Duration
		other time.Duration
	}{{&opt.Every, time.Second}, {&opt.First, 5 * time.Second}, {&opt.Most, time.Hour}} {
		if *d.of <= 0 {
			*d.of = d.other
		}
	}
	return &Runner{
		ex: ex, opt: opt, client: newClient(reach{opt.Networks}, opt.Roots), places: make(chan struct{}, atOnce),
		working: map[string]bool{}, kept: map[string]keeping{},
	}
}

// Run tells webhooks what is new until ctx ends, and then waits for the messages on their way, which end with ctx, too.
func (r *Runner) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	tick := time.NewTicker(r.opt.Every)
	defer tick.Stop()
	for {
		if err := r.look(ctx, &running); err != nil && ctx.Err() == nil {
			r.opt.Log.WarnContext(ctx, "webhooks cannot be told what is new", slog.Any("error", err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look begins to tell those webhooks for which there may be something new.
func (r *Runner) look(ctx context.Context, running *sync.WaitGroup) error {
	hooks, err := r.ex.OpenWebhooks(ctx)
	if err != nil || len(hooks) == 0 {
		return err
	}
	ends, err := r.ex.Ends(ctx)
	if err != nil {
		return err
	}
	r.forget(hooks)
	for _, h := range hooks {
		if !r.begin(h, ends) {
			continue
		}
		running.Go(func() {
			defer r.end(h.ID)
			select {
			case r.places <- struct{}{}:
				defer func() { <-r.places }()
			case <-ctx.Done():
				return
			}
			// As it is now: another message may have been said since the list was made.
			h, err := r.ex.OpenWebhook(ctx, h.ID)
			if err == nil {
				r.tell(ctx, h, ends)
			}
		})
	}
	return nil
}

// forget drops what is kept of webhooks that are no more.
func (r *Runner) forget(hooks []exchange.Webhook) {
	r.mu.Lock()
	defer r.mu.Unlock()
	there := map[string]bool{}
	for _, h := range hooks {
		there[h.ID] = true
	}
	maps.DeleteFunc(r.kept, func(id string, _ keeping) bool { return !there[id] })
}

// begin says whether a webhook is to be told something now, and takes note that it is.
func (r *Runner) begin(h exchange.Webhook, ends exchange.Places) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.kept[h.ID]
	if r.working[h.ID] || r.opt.Now().Before(k.again) {
		return false
	}
	if k.told != nil && maps.EqualFunc(k.told, ends, time.Time.Equal) {
		return false
	}
	r.working[h.ID] = true
	return true
}

func (r *Runner) end(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.working, id)
}

func (r *Runner) keep(id string, change func(k *keeping)) keeping {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.kept[id]
	change(&k)
	r.kept[id] = k
	return k
}

// tell tells a webhook all that is new, message by message.
func (r *Runner) tell(ctx context.Context, h exchange.Webhook, ends exchange.Places) {
	for more := true; more && ctx.Err() == nil; {
		var err error
		h, more, err = r.once(ctx, h, ends)
		if err == nil {
			if !more {
				r.keep(h.ID, func(k *keeping) { k.told = ends })
			}
			continue
		}
		if ctx.Err() != nil || errors.Is(err, store.ErrConflict) { // another node has told it: the next look begins where that one has ended
			r.keep(h.ID, func(k *keeping) { *k = keeping{} })
			return
		}
		r.failed(ctx, h, err)
		return
	}
}

// once says one message, and keeps that it was taken.
func (r *Runner) once(ctx context.Context, h exchange.Webhook, ends exchange.Places) (_ exchange.Webhook, more bool, err error) {
	from := h
	k := r.keep(h.ID, func(*keeping) {})
	if k.places != nil {
		from.State.Places = k.places
	}
	p, events, to, more, err := r.ex.WebhookNews(ctx, from, ends, perBatch)
	if err != nil {
		return h, false, err
	}
	now := r.opt.Now()
	if len(events) == 0 {
		// What others are told moves the place. It is not worth a write each time.
		k := r.keep(h.ID, func(k *keeping) { k.places = to })
		if now.Sub(k.saved) < idle {
			return h, more, nil
		}
	} else {
		if k.untold.begins(events) {
			if n := len(k.untold.events); n < len(events) {
				events, to, more = events[:n], events[n-1].Places, true
			}
		} else if k.untold, err = r.message(ctx, p, h, events); err != nil {
			return h, false, err
		}
		if err := r.deliver(ctx, h, k.untold.message); err != nil {
			r.keep(h.ID, func(kept *keeping) { kept.untold = k.untold })
			return h, false, err
		}
	}
	state := h.State
	state.Places = to
	if len(events) > 0 {
		state = exchange.WebhookState{Places: to, Delivered: now}
	}
	// What was taken is kept although the node stops: otherwise it would be said again.
	saving, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if h, err = r.ex.MoveWebhook(saving, h, state); err != nil {
		return h, false, err
	}
	r.keep(h.ID, func(k *keeping) { k.places, k.saved, k.untold = nil, now, nil })
	return h, more, nil
}

// message makes the message that tells of events.
func (r *Runner) message(ctx context.Context, p exchange.Principal, h exchange.Webhook, events []exchange.Event) (*attempt, error) {
	m := Message{Webhook: h.ID, Delivery: strings.ToLower(rand.Text())}
	for _, e := range events {
		cursor, err := r.ex.SignPlaces(ctx, p, e.Places)
		if err != nil {
			return nil, err
		}
		m.Events = append(m.Events, Event{e.ID, e.Type, e.Collection, cursor})
	}
	return &attempt{m, events}, nil
}

func (r *Runner) deliver(ctx context.Context, h exchange.Webhook, m Message) error {
	secret, err := r.ex.WebhookSecret(h)
	if err != nil {
		return err
	}
	return r.send(ctx, h.URL, secret, m)
}

// failed keeps that a message was not taken, and when to try again.
func (r *Runner) failed(ctx context.Context, h exchange.Webhook, why error) {
	r.opt.Log.InfoContext(ctx, "a webhook could not be told what is new", slog.String("webhook", h.ID), slog.Any("error", why))
	if errors.Is(why, errGone) {
		if err := r.ex.RestWebhook(ctx, h); err != nil {
			r.opt.Log.WarnContext(ctx, "a webhook could not be laid to rest", slog.Any("error", err))
		}
	}
	state := h.State
	state.Failures++
	state.Failed = r.opt.Now()
	state.Error = told(why)
	wait := r.opt.Most
	if n := state.Failures - 1; n < 30 {
		wait = min(wait, r.opt.First<<n)
	}
	r.keep(h.ID, func(k *keeping) { k.again, k.told = state.Failed.Add(wait), nil })
	if _, err := r.ex.MoveWebhook(ctx, h, state); err != nil {
		r.opt.Log.WarnContext(ctx, "the state of a webhook could not be kept", slog.Any("error", err))
	}
}

// told is what the user of a webhook hears of a failure. What is wrong with the node is in its log.
func told(err error) string {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.told
	}
	for _, is := range []error{exchange.ErrForbidden, exchange.ErrUnauthenticated} {
		if errors.Is(err, is) {
			return "its user may have no webhooks any more"
		}
	}
	return "the node could not look up what is new"
}
