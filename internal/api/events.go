package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"entente/internal/exchange"
)

// EventOptions bound the streams of events. The zero value is usable.
type EventOptions struct {
	Every     time.Duration // between two looks at the store; 0: half a second
	Heartbeat time.Duration // between two signs of life; 0: 15 seconds
	Life      time.Duration // of a stream, which its client then takes up again; 0: half an hour
	Patience  time.Duration // with a client that does not read; 0: ten seconds
	PerCaller int           // streams of one token, or of one user; 0: 8
	Most      int           // streams; 0: 256
}

// Event says that something was added, and nothing of what it says.
type Event struct {
	ID         string `json:"id" doc:"Identifier of the object"`
	Type       string `json:"type"`
	Collection string `json:"collection" doc:"Identifier of the collection that it was added to"`
	Cursor     string `json:"cursor" doc:"To go on after this event: Last-Event-ID, or after"`
}

// eventOf writes an event.
func (s *Server) eventOf(ctx context.Context, p exchange.Principal, e exchange.Event) (Event, error) {
	cursor, err := s.ex.SignPlaces(ctx, p, e.Places)
	return Event{e.ID, e.Type, e.Collection, cursor}, err
}

// IsStream says whether a request is for the stream of events, which lasts: it is to take no place among requests that end.
func IsStream(r *http.Request) bool { return r.URL.Path == Prefix+"events" }

func (s *Server) registerEvents() {
	registry := s.api.OpenAPI().Components.Schemas
	op := operation{
		id: "events", method: http.MethodGet, path: "events", tag: "events", summary: "What is added from now on, as server-sent events",
		notes: "Each event has an id, which is its cursor, the name object, and as data an Event: identifiers, and nothing of what is in the object. " +
			"A stream is told what its caller may see at the moment at which it is told. It ends after half an hour, and when the credentials are no good any more: " +
			"clients of server-sent events come again with the header Last-Event-ID and miss nothing.",
	}.huma()
	param := func(name, in, doc string) *huma.Param {
		return &huma.Param{Name: name, In: in, Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	op.Parameters = []*huma.Param{
		param("collection", "query", "Identifiers of collections, separated by commas. Without it, all that the caller may read"),
		param("type", "query", "Types of objects, separated by commas"),
		param("after", "query", "Cursor of an event to go on after, or beginning for everything that is there"),
		param("Last-Event-ID", "header", "Cursor of an event to go on after, before the parameter after"),
	}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "The stream", Content: map[string]*huma.MediaType{
			"text/event-stream": {Schema: registry.Schema(reflect.TypeFor[Event](), true, "Event")},
		}},
		"default": {Description: "Error", Content: map[string]*huma.MediaType{
			"application/problem+json": {Schema: registry.Schema(reflect.TypeFor[huma.ErrorModel](), true, "ErrorModel")},
		}},
	}
	s.api.OpenAPI().AddOperation(&op)
	s.api.Adapter().Handle(&op, func(c huma.Context) {
		r, w := humago.Unwrap(c)
		if err := s.events(w, r); err != nil {
			s.fail(w, r, callOf(r.Context()).p, err)
		}
	})
}

// events answers with a stream. The error is for what is wrong before it begins.
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	ctx, p := r.Context(), callOf(r.Context()).p
	if p.IsAnonymous() || !p.May(exchange.Read) {
		return fmt.Errorf("events need credentials, and a role and a scope for reading: %w", exchange.ErrForbidden)
	}
	news, err := s.newsOf(r, p)
	if err != nil {
		return err
	}
	if r.Method == http.MethodHead {
		return nil
	}
	leave, err := s.streams.enter(ctx, p)
	if err != nil {
		return err
	}
	defer leave()
	ctx, stop := context.WithTimeout(ctx, s.opt.Events.Life)
	defer stop()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	st := &stream{s: s, p: p, news: news, w: w, control: http.NewResponseController(w)}
	if err := st.run(ctx); err != nil {
		s.opt.Log.DebugContext(ctx, "a stream of events has ended", slog.String("user", p.UserName), slog.Any("error", err))
	}
	return nil
}

// newsOf reads the parameters of a stream.
func (s *Server) newsOf(r *http.Request, p exchange.Principal) (news exchange.News, err error) {
	ctx := r.Context()
	after := r.Header.Get("Last-Event-ID")
	for name, values := range r.URL.Query() {
		switch value := values[0]; name {
		case "collection":
			known, err := s.views(ctx, p)
			if err != nil {
				return news, err
			}
			for uid := range strings.SplitSeq(value, ",") {
				v, ok := known.named(uid)
				if !ok || !v.CanRead {
					return news, fmt.Errorf("collection: %w", exchange.ErrNotFound)
				}
				news.Collections = append(news.Collections, v.ID)
			}
		case "type":
			news.Types = strings.Split(value, ",")
		case "after":
			if after == "" {
				after = value
			}
		default:
			return news, newProblem(http.StatusUnprocessableEntity, "unknown query parameter "+name)
		}
	}
	const most = 500 // collections and types
	if len(news.Collections) > most || len(news.Types) > most {
		return news, newProblem(http.StatusUnprocessableEntity, "too many of them")
	}
	switch after {
	case "":
		news.From, err = s.ex.Here(ctx, p)
	case "beginning":
	default:
		news.From, err = s.ex.OpenPlaces(ctx, p, after)
	}
	return news, err
}

// stream is one stream on its way.
type stream struct {
	s       *Server
	p       exchange.Principal
	news    exchange.News
	w       http.ResponseWriter
	control *http.ResponseController
}

// run writes events until ctx ends, the client reads no more, or the caller's rights are gone.
func (t *stream) run(ctx context.Context) error {
	if err := t.send(ctx, []byte("retry: 2000\n\n")); err != nil {
		return err
	}
	heartbeat := time.NewTicker(t.s.opt.Events.Heartbeat)
	defer heartbeat.Stop()
	for first := true; ; first = false {
		changed := t.s.streams.changed() // before the store is looked at: what is added meanwhile wakes us
		if err := t.tell(ctx); err != nil {
			return err
		}
		if first { // a client knows now that it has heard everything
			if err := t.send(ctx, heartbeatText); err != nil {
				return err
			}
		}
		for waiting := true; waiting; {
			select {
			case <-changed:
				waiting = false
			case <-heartbeat.C:
				if err := t.renew(ctx); err != nil {
					return err
				}
				if err := t.send(ctx, heartbeatText); err != nil {
					return err
				}
			case <-t.s.streams.ended:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

var heartbeatText = []byte(": \n\n")

// renew looks up the caller again: what was withdrawn counts from now on.
func (t *stream) renew(ctx context.Context) (err error) {
	t.p, err = t.s.ex.Renew(ctx, t.p)
	return err
}

// tell writes what is new.
func (t *stream) tell(ctx context.Context) (err error) {
	if t.news.Ends, err = t.s.ex.Ends(ctx); err != nil {
		return err
	}
	for more := true; more; {
		if err := t.renew(ctx); err != nil {
			return err
		}
		var events []exchange.Event
		if events, t.news.From, more, err = t.s.ex.News(ctx, t.p, t.news); err != nil {
			return err
		}
		var b bytes.Buffer
		for _, e := range events {
			event, err := t.s.eventOf(ctx, t.p, e)
			if err != nil {
				return err
			}
			data, err := json.Marshal(event)
			if err != nil {
				return err
			}
			b.WriteString("id: " + event.Cursor + "\nevent: object\ndata: ")
			b.Write(data)
			b.WriteString("\n\n")
		}
		if b.Len() > 0 {
			if err := t.send(ctx, b.Bytes()); err != nil {
				return err
			}
		}
		select {
		case <-t.s.streams.ended:
			return nil
		default:
		}
	}
	return nil
}

// send writes to the client, who has so long to take it.
func (t *stream) send(ctx context.Context, b []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	deadline := time.Now().Add(t.s.opt.Events.Patience)
	_ = t.control.SetWriteDeadline(deadline) // without one that can be set, as in some tests, there is none
	if _, err := t.w.Write(b); err != nil {
		return fmt.Errorf("the client does not read: %w", err)
	}
	_ = t.control.SetWriteDeadline(deadline) // the node's own writer takes it back
	if err := t.control.Flush(); err != nil {
		return fmt.Errorf("the client does not read: %w", err)
	}
	_ = t.control.SetWriteDeadline(time.Time{}) // one that passes later on would end the stream
	return nil
}

// streams counts streams, and looks at the store for all of them together while there are any.
type streams struct {
	ex    *exchange.Service
	opt   EventOptions
	log   *slog.Logger
	ended chan struct{} // closed when all are to end
	end   func()

	mu   sync.Mutex // guards what follows
	open map[string]int
	all  int
	stop context.CancelFunc // of the watch
	news chan struct{}      // closed when something was added
}

func newStreams(ex *exchange.Service, opt *Options) *streams {
	o := &opt.Events
	orElse(&o.Every, 500*time.Millisecond)
	orElse(&o.Heartbeat, 15*time.Second)
	orElse(&o.Life, 30*time.Minute)
	orElse(&o.Patience, 10*time.Second)
	orElse(&o.PerCaller, 8)
	orElse(&o.Most, 256)
	t := &streams{ex: ex, opt: *o, log: opt.Log, ended: make(chan struct{}), open: map[string]int{}, news: make(chan struct{})}
	t.end = sync.OnceFunc(func() { close(t.ended) })
	return t
}

func orElse[T int | time.Duration](v *T, other T) {
	if *v <= 0 {
		*v = other
	}
}

// Close ends the streams. Their clients take them up elsewhere, or later.
func (s *Server) Close() { s.streams.end() }

// enter takes a place for a stream, which leave gives back.
func (t *streams) enter(ctx context.Context, p exchange.Principal) (leave func(), err error) {
	key := "user " + strconv.FormatInt(p.User, 10)
	if p.Token != 0 {
		key = "token " + strconv.FormatInt(p.Token, 10)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[key] >= t.opt.PerCaller {
		p := newProblem(http.StatusTooManyRequests, "you have "+strconv.Itoa(t.open[key])+" streams open already")
		p.header = http.Header{"Retry-After": {"60"}}
		return nil, p
	}
	if t.all >= t.opt.Most {
		return nil, exchange.ErrBusy
	}
	t.open[key]++
	if t.all++; t.all == 1 {
		ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // others may come to rely on it
		t.stop = stop
		go t.watch(ctx)
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.open[key]--; t.open[key] == 0 {
			delete(t.open, key)
		}
		if t.all--; t.all == 0 {
			t.stop()
		}
	}, nil
}

// changed is closed when something was added.
func (t *streams) changed() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.news
}

// watch looks at the ends of the collections and wakes the streams when one has moved.
func (t *streams) watch(ctx context.Context) {
	tick := time.NewTicker(t.opt.Every)
	defer tick.Stop()
	var last exchange.Places
	for {
		ends, err := t.ex.Ends(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			t.log.WarnContext(ctx, "streams of events cannot look at the store", slog.Any("error", err))
		case err == nil && !maps.EqualFunc(ends, last, time.Time.Equal):
			last = ends
			t.mu.Lock()
			close(t.news)
			t.news = make(chan struct{})
			t.mu.Unlock()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
