package taxiiclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"entente/internal/stix"
)

// PushOptions say how objects are sent.
type PushOptions struct {
	// MaxBytes is the size of the largest body; the root's max_content_length counts, too. Default 8 MiB.
	MaxBytes int
	// MaxObjects is how many objects are in one body at most. Default 1,000.
	MaxObjects int
	// Wait is how long to wait until the server has said what became of a body's objects. Default 5 min.
	Wait time.Duration
	// Result is told of each object what became of it, in order of bodies. It may be nil. An error of its ends the push.
	Result func(PushResult) error
}

// PushOutcome is what became of an object that was sent.
type PushOutcome uint8

// The outcomes.
const (
	Accepted PushOutcome = iota + 1
	Refused              // it will not be taken: Message says why
	Unknown              // the server has it, and has not said yet what became of it
)

// PushResult is what became of one object.
type PushResult struct {
	ID, Version string
	Outcome     PushOutcome
	Message     string // the server's words, or why the object was not sent
}

// PushReport counts what became of all objects.
type PushReport struct {
	Accepted, Refused, Unknown int64
	Requests                   int
}

// Pusher sends objects to a collection. It collects them into bodies, so that what became of an object is known when its body
// was sent: at the latest after [Pusher.Flush]. It is for one goroutine.
type Pusher struct {
	c      *Client
	root   Root
	url    string
	o      PushOptions
	batch  []*stix.Object
	size   int
	report PushReport
}

// bisections is how many requests more a body may take, to find the objects for which the server refuses all of it.
const bisections = 64

// around is the size of what stands around the objects.
const around = len(`{"objects":[]}`)

// NewPusher makes a Pusher.
func (c *Client) NewPusher(root Root, col Collection, o PushOptions) *Pusher {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 8 << 20
	}
	if root.MaxContentLength > 0 {
		o.MaxBytes = int(min(int64(o.MaxBytes), root.MaxContentLength))
	}
	if o.MaxObjects <= 0 {
		o.MaxObjects = 1000
	}
	if o.Wait <= 0 {
		o.Wait = 5 * time.Minute
	}
	return &Pusher{c: c, root: root, url: col.URL, o: o, size: around}
}

// Add puts an object into the next body, and sends the body that is full. The error is final: some of the objects may have
// arrived, and it does no harm to send them again.
func (p *Pusher) Add(ctx context.Context, o *stix.Object) error {
	if around+len(o.Raw) > p.o.MaxBytes {
		return p.result(o, Refused, fmt.Sprintf("it has %d bytes: the server takes %d in one request", len(o.Raw), p.o.MaxBytes))
	}
	if len(p.batch) >= p.o.MaxObjects || p.size+1+len(o.Raw) > p.o.MaxBytes {
		if err := p.Flush(ctx); err != nil {
			return err
		}
	}
	p.batch = append(p.batch, o)
	p.size += len(o.Raw) + 1
	return nil
}

// Flush sends what has been added, and waits until it is known what became of it.
func (p *Pusher) Flush(ctx context.Context) error {
	batch := p.batch
	p.batch, p.size = nil, around
	left := bisections
	return p.send(ctx, batch, &left)
}

// Report counts what became of the objects so far.
func (p *Pusher) Report() PushReport { return p.report }

func (p *Pusher) result(o *stix.Object, outcome PushOutcome, message string) error {
	switch outcome {
	case Accepted:
		p.report.Accepted++
	case Refused:
		p.report.Refused++
	case Unknown:
		p.report.Unknown++
	}
	if p.o.Result == nil {
		return nil
	}
	return p.o.Result(PushResult{ID: o.ID, Version: o.Version().Text, Outcome: outcome, Message: message})
}

func (p *Pusher) all(batch []*stix.Object, outcome PushOutcome, message string) error {
	for _, o := range batch {
		if err := p.result(o, outcome, message); err != nil {
			return err
		}
	}
	return nil
}

// send sends a body. Where the server refuses all of it, it is halved, to find which objects are the reason.
func (p *Pusher) send(ctx context.Context, batch []*stix.Object, left *int) error {
	if len(batch) == 0 {
		return nil
	}
	s, err := p.post(ctx, batch)
	if e, ok := errors.AsType[*Error](err); ok {
		switch e.Status {
		case http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusBadRequest:
			if len(batch) == 1 || *left < 2 {
				return p.all(batch, Refused, e.Error())
			}
			*left -= 2
			half := len(batch) / 2
			if err := p.send(ctx, batch[:half], left); err != nil {
				return err
			}
			return p.send(ctx, batch[half:], left)
		}
	}
	if errors.Is(err, errNoStatus) {
		return p.all(batch, Unknown, err.Error())
	}
	if err != nil {
		return err
	}
	return p.account(batch, s)
}

// post sends a body and waits for its status.
func (p *Pusher) post(ctx context.Context, batch []*stix.Object) (Status, error) {
	u, err := under(p.url, "objects")
	if err != nil {
		return Status{}, err
	}
	body := make([]byte, 0, p.size)
	body = append(body, `{"objects":[`...)
	for i, o := range batch {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, o.Raw...)
	}
	body = append(body, "]}"...)
	p.report.Requests++
	a, err := p.c.do(ctx, request{method: http.MethodPost, url: u, body: body, max: min(maxResource, p.c.cfg.MaxPage)})
	if err != nil {
		return Status{}, err
	}
	if a.body.size == 0 {
		a.body.close()
		return Status{}, errNoStatus
	}
	var s Status
	if err := a.decode(&s); err != nil {
		return s, fmt.Errorf("%w: %w", errNoStatus, err)
	}
	return p.c.await(ctx, p.root, s, p.o.Wait)
}

// account says of each object what a status says of it. What the status names counts by its name; the rest was taken, or is
// unknown, as the counts say.
func (p *Pusher) account(batch []*stix.Object, s Status) error {
	type version struct{ id, version string }
	lookup := func(list []StatusDetail) map[version]string {
		m := make(map[version]string, len(list))
		for _, d := range list {
			m[version{d.ID, canonical(d.Version)}] = plain(d.Message)
		}
		return m
	}
	// An object without versions has the one that the server gives it.
	given := map[string]string{}
	for _, list := range [][]StatusDetail{s.Successes, s.Pendings, s.Failures} {
		for _, d := range list {
			given[d.ID] = canonical(d.Version)
		}
	}
	failed, pending := lookup(s.Failures), lookup(s.Pendings)
	succeeded := lookup(s.Successes)
	// A server that counts failures and names none of them leaves open which ones they are.
	unnamed := s.FailureCount > len(s.Failures) && len(failed) < len(batch)
	for _, o := range batch {
		key := version{o.ID, canonical(o.Version().Text)}
		if key.version == "" {
			key.version = given[o.ID]
		}
		outcome, message := Accepted, ""
		if m, ok := failed[key]; ok {
			outcome, message = Refused, m
			if message == "" {
				message = "the server does not say why"
			}
		} else if m, ok := pending[key]; ok {
			outcome, message = Unknown, m
		} else if _, ok := succeeded[key]; ok {
			message = ""
		} else if unnamed || s.Status != "complete" || s.PendingCount > len(s.Pendings) {
			outcome, message = Unknown, fmt.Sprintf("the server counts %d failures and %d pending, and does not name this object", s.FailureCount, s.PendingCount)
		}
		if err := p.result(o, outcome, message); err != nil {
			return err
		}
	}
	return nil
}

// canonical writes a version so that two ways to write one time are the same.
func canonical(v string) string {
	if t, ok := parseTimestamp(v); ok {
		return timestamp(t)
	}
	return v
}
