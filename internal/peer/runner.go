package peer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
	"entente/internal/taxiiclient"
)

// Options of a [Runner]. The zero value is usable.
type Options struct {
	Now       func() time.Time // nil: time.Now
	Log       *slog.Logger     // nil: nothing is logged
	Dir       string           // where relative names of files begin
	UserAgent string
	// Tries, Backoff and Timeout are those of requests (taxiiclient.Config).
	Tries            int
	Backoff, Timeout time.Duration
}

// Runner exchanges objects with the peers of a node. It may be used by many at once.
type Runner struct {
	ex    *exchange.Service
	st    *store.Store
	opt   Options
	peers []*worker
}

// worker is one peer.
type worker struct {
	Config
	turn   chan struct{} // holds one token: whoever has it works
	mu     sync.Mutex    // guards status
	status Status
}

// Status is how the exchange with a peer goes.
type Status struct {
	Name    string    `json:"name"`
	Rounds  int64     `json:"rounds"`
	Good    time.Time `json:"good,omitzero"` // end of the last round without failure
	Failure string    `json:"failure,omitempty"`
	Failed  time.Time `json:"failed,omitzero"` // end of the last round with one
	InARow  int       `json:"in_a_row,omitempty"`
	Next    time.Time `json:"next,omitzero"`
	Total   Counts    `json:"total"` // since the node was started
	Last    []Report  `json:"last,omitempty"`
}

// Counts say what became of objects.
type Counts struct {
	// Of pulls.
	Read      int64 `json:"read"` // from the peer
	Stored    int64 `json:"stored"`
	Known     int64 `json:"known"`     // stood there already, of pushes too
	Conflicts int64 `json:"conflicts"` // other bytes stand here under the same version; both are kept
	Failed    int64 `json:"failed"`    // cannot be stored
	// Of pushes.
	Sent    int64 `json:"sent"`
	Taken   int64 `json:"taken"`
	Refused int64 `json:"refused"`
	Open    int64 `json:"open"`   // the peer has not said what became of them
	Theirs  int64 `json:"theirs"` // came from there
	// Of both.
	Kept int64 `json:"kept"` // the rule does not let them cross
}

func (c *Counts) add(d Counts) {
	c.Read += d.Read
	c.Stored += d.Stored
	c.Known += d.Known
	c.Conflicts += d.Conflicts
	c.Failed += d.Failed
	c.Sent += d.Sent
	c.Taken += d.Taken
	c.Refused += d.Refused
	c.Open += d.Open
	c.Theirs += d.Theirs
	c.Kept += d.Kept
}

// Report says what a rule did in one round.
type Report struct {
	Direction string `json:"direction"` // pull, push
	Local     string `json:"local"`
	Remote    string `json:"remote"`
	Counts
	// Rewound says that the peer had lost what crossed last, and that the rule went back to what it still has.
	Rewound bool `json:"rewound,omitempty"`
	// Compared says why all that both have was compared, "" where it was not.
	Compared string `json:"compared,omitempty"`
	// Notes are sentences about single objects and about the server. They are few.
	Notes []string `json:"notes,omitempty"`
	// Failure is why the rule could not be followed to the end, "" where it was.
	Failure string `json:"failure,omitempty"`
}

// attrs are what the log says of a report: what did not happen is left out.
func (r *Report) attrs() []slog.Attr {
	a := []slog.Attr{slog.String("direction", r.Direction), slog.String("local", r.Local), slog.String("remote", r.Remote)}
	for _, x := range []struct {
		name string
		n    int64
	}{
		{"read", r.Read},
		{"stored", r.Stored},
		{"known", r.Known},
		{"conflicts", r.Conflicts},
		{"failed", r.Failed},
		{"sent", r.Sent},
		{"taken", r.Taken},
		{"refused", r.Refused},
		{"open", r.Open},
		{"theirs", r.Theirs},
		{"kept", r.Kept},
	} {
		if x.n != 0 {
			a = append(a, slog.Int64(x.name, x.n))
		}
	}
	if r.Rewound {
		a = append(a, slog.Bool("rewound", true))
	}
	for _, x := range [][2]string{{"compared", r.Compared}, {"notes", strings.Join(r.Notes, "; ")}, {"error", r.Failure}} {
		if x[1] != "" {
			a = append(a, slog.String(x[0], x[1]))
		}
	}
	return a
}

// maxNotes bounds Report.Notes.
const maxNotes = 20

func (r *Report) note(format string, args ...any) {
	if len(r.Notes) < maxNotes {
		r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
	}
}

// New makes a runner for peers as [Load] gives them. The error says what is wrong with one of them.
func New(ex *exchange.Service, st *store.Store, peers []Config, opt Options) (*Runner, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	r := &Runner{ex: ex, st: st, opt: opt}
	for _, c := range peers {
		c.Pull, c.Push = append([]Rule(nil), c.Pull...), append([]Rule(nil), c.Push...)
		if err := c.finish(); err != nil {
			return nil, fmt.Errorf("peer %q: %w", c.Name, err)
		}
		w := &worker{Config: c, turn: make(chan struct{}, 1), status: Status{Name: c.Name}}
		w.turn <- struct{}{}
		r.peers = append(r.peers, w)
	}
	return r, nil
}

// Run works until ctx ends. It returns when the round at hand is given up; what it had not finished begins again next time.
func (r *Runner) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, w := range r.peers {
		all.Go(func() { r.runPeer(ctx, w) })
	}
	all.Wait()
}

func (r *Runner) runPeer(ctx context.Context, w *worker) {
	wait := rand.N(min(w.Every, 5*time.Second)) //nolint:gosec // spreads the beginnings, keeps no secret
	for {
		w.mu.Lock()
		w.status.Next = r.opt.Now().Add(wait)
		w.mu.Unlock()
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		_, err := r.sync(ctx, w)
		if ctx.Err() != nil {
			return
		}
		w.mu.Lock()
		fails := w.status.InARow
		w.mu.Unlock()
		wait = pause(w.Every, fails, err)
	}
}

// pause is the time until the next round. It grows with failures up to an hour, is never shorter than what the server has
// asked for, and varies, so that nodes that failed together do not come back together.
func pause(every time.Duration, fails int, err error) time.Duration {
	d := every
	if fails > 0 {
		d = max(every, min(time.Hour, every<<min(fails, 12)))
	}
	d = d - d/10 + rand.N(d/5+1) //nolint:gosec // spreads waits, keeps no secret
	if e, ok := errors.AsType[*taxiiclient.Error](err); ok {
		d = max(d, min(e.RetryAfter, 24*time.Hour))
	}
	return d
}

// Sync does one round with a peer now, after the one that is under way. The reports are those of its rules, pulls first;
// the error joins the failures of rules, none of which keeps the others from being followed.
func (r *Runner) Sync(ctx context.Context, name string) ([]Report, error) {
	w, err := r.named(name)
	if err != nil {
		return nil, err
	}
	return r.sync(ctx, w)
}

// Check says of each rule of a peer whether objects could cross, in the same way, and moves none.
func (r *Runner) Check(ctx context.Context, name string) ([]Report, error) {
	w, err := r.named(name)
	if err != nil {
		return nil, err
	}
	return r.round(ctx, w, (*link).check)
}

func (r *Runner) named(name string) (*worker, error) {
	for _, w := range r.peers {
		if w.Name == name {
			return w, nil
		}
	}
	names := make([]string, len(r.peers))
	for i, w := range r.peers {
		names[i] = w.Name
	}
	return nil, fmt.Errorf("there is no peer %q; there is: %s", name, strings.Join(names, ", "))
}

// Status says how the exchange with each peer goes.
func (r *Runner) Status() []Status {
	out := make([]Status, len(r.peers))
	for i, w := range r.peers {
		w.mu.Lock()
		out[i] = w.status
		out[i].Last = append([]Report(nil), w.status.Last...)
		w.mu.Unlock()
	}
	return out
}

func (r *Runner) sync(ctx context.Context, w *worker) ([]Report, error) {
	select {
	case <-w.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { w.turn <- struct{}{} }()
	reports, err := r.round(ctx, w, (*link).follow)
	if ctx.Err() == nil {
		r.record(ctx, w, reports, err)
	}
	return reports, err
}

// record keeps and logs what a round did.
func (r *Runner) record(ctx context.Context, w *worker, reports []Report, err error) {
	w.mu.Lock()
	s := &w.status
	s.Rounds++
	s.Last = reports
	for i := range reports {
		s.Total.add(reports[i].Counts)
	}
	if err == nil {
		s.Good, s.Failure, s.InARow = r.opt.Now(), "", 0
	} else {
		s.Failed, s.Failure = r.opt.Now(), err.Error()
		s.InARow++
	}
	w.mu.Unlock()
	for i := range reports {
		rep := &reports[i]
		level := slog.LevelDebug
		switch {
		case rep.Failure != "" || rep.Refused+rep.Failed+rep.Open+rep.Conflicts > 0 || len(rep.Notes) > 0:
			level = slog.LevelWarn
		case rep.Stored+rep.Taken > 0 || rep.Compared != "" || rep.Rewound:
			level = slog.LevelInfo
		}
		r.opt.Log.LogAttrs(ctx, level, "peer", append([]slog.Attr{slog.String("peer", w.Name)}, rep.attrs()...)...)
	}
	if err != nil && len(reports) == 0 {
		r.opt.Log.LogAttrs(ctx, slog.LevelWarn, "peer", slog.String("peer", w.Name), slog.Any("error", err))
	}
}

// round does something with all rules once.
func (r *Runner) round(ctx context.Context, w *worker, do func(*link, context.Context) error) ([]Report, error) {
	p, err := r.ex.Account(ctx, w.Account)
	if err != nil {
		return nil, err
	}
	p.Remote = "peer:" + w.Name
	c, err := r.client(w)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var reports []Report
	var errs []error
	for _, list := range []struct {
		direction string
		rules     []Rule
	}{{"pull", w.Pull}, {"push", w.Push}} {
		for i := range list.rules {
			l := &link{
				r: r, w: w, rule: &list.rules[i], direction: list.direction, p: p, c: c,
				name: "peer/" + w.Name + "/" + list.direction + "/" + list.rules[i].key(),
			}
			l.report = Report{Direction: list.direction, Local: l.rule.Local, Remote: l.rule.Remote}
			err := do(l, ctx)
			if ctx.Err() != nil {
				return reports, ctx.Err()
			}
			if err != nil {
				err = fmt.Errorf("%s %s %s %s: %w", w.Name, list.direction, l.rule.Local, l.rule.Remote, err)
				l.report.Failure = err.Error()
				errs = append(errs, err)
			}
			reports = append(reports, l.report)
		}
	}
	return reports, errors.Join(errs...)
}

// client makes a client with the credentials as they are now.
func (r *Runner) client(w *worker) (*taxiiclient.Client, error) {
	cfg := taxiiclient.Config{
		URL: w.URL, User: w.User, UserAgent: r.opt.UserAgent, TLS: taxiiclient.TLS{Pin: w.Pin},
		Tries: r.opt.Tries, Backoff: r.opt.Backoff, Timeout: r.opt.Timeout,
	}
	var password, token []byte
	for _, f := range []struct {
		name string
		to   *[]byte
	}{{w.CA, &cfg.TLS.CA}, {w.Cert, &cfg.TLS.Cert}, {w.Key, &cfg.TLS.Key}, {w.PasswordFile, &password}, {w.TokenFile, &token}} {
		if f.name == "" {
			continue
		}
		name := f.name
		if !filepath.IsAbs(name) {
			name = filepath.Join(r.opt.Dir, name)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		*f.to = b
	}
	cfg.Password, cfg.Token = firstLine(password), firstLine(token)
	return taxiiclient.New(cfg)
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimRight(line, "\r")
}
