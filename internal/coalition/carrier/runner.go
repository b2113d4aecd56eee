package carrier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"filippo.io/age"

	"entente/internal/coalition"
	"entente/internal/sign"
)

// Options of a [Runner]. Folder is needed; what else is left out is not done.
type Options struct {
	Folder     *coalition.Folder // the runner's from now on
	Collection Collection        // nil: what comes and goes does so by hand
	Identities []age.Identity    // that open packets
	Author     string            // identifier of the identity that packets name as their creator

	LogURL string      // where the coalition's log is
	Signer sign.Signer // the member's, for the log

	ReleaseDir string     // folder of folders of releases
	Public     Collection // gets the STIX bundle of a release
	Members    Collection // gets the STIX bundle of the annex

	Every time.Duration    // between two looks at the collection; default 500 ms
	Now   func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: nothing is logged
}

// Runner brings one folder and the world together. Run and Round are for one goroutine; the rest is for all.
type Runner struct {
	opt    Options
	folder *coalition.Folder
	memory *memory // nil without a collection
	parts  parts   // of packets that have come in part
	id     string  // of the coalition

	states  map[coalition.Digest]*coalition.Revision // by manifest
	dirty   map[coalition.Digest]bool                // those that have changed since they were computed
	all     bool                                     // all of them have
	owed    map[coalition.Digest]bool                // releases that are not wholly written or published
	hour    time.Time                                // the earliest that is still to come
	waiting bool                                     // something is due, and shares of others are missing
	counted map[coalition.Phase]int                  // statements that wait for something; another map each time

	unlogged int // events of which the log shows nothing yet

	outbox  []coalition.Ref
	queued  map[coalition.Digest]bool
	again   time.Time // when files of others are brought again that a new member cannot read; zero: no need
	mine    map[string]bool
	defined bool // the collection has the definition of packets
	version int  // of the root for which the outbox was made up

	network   failing // collection
	logging   failing // log
	releasing failing
	lastLog   map[coalition.Digest]time.Time
	said      map[string]string // the last error of each part, so that it is logged once
	bad       limiter

	mu       sync.Mutex
	status   Status
	released map[string]Released
}

// Status is how a runner fares. Counts are since it began.
type Status struct {
	Coalition string    `json:"coalition"`
	Rounds    int64     `json:"rounds"`
	Failures  int64     `json:"failures"` // rounds in which something failed
	InARow    int64     `json:"in_a_row"` // of them, since the last that went well
	Failure   string    `json:"failure,omitempty"`
	Round     time.Time `json:"round,omitzero"` // end of the last one

	Sent     int64     `json:"sent"`          // files
	Unsent   int       `json:"unsent"`        // files that wait to be sent
	Taken    int64     `json:"taken"`         // files that were new
	NotForUs int64     `json:"foreign"`       // packets that others can open
	Bad      int64     `json:"bad"`           // objects and files that were passed over
	Good     time.Time `json:"good,omitzero"` // end of the last look at the collection that went well

	Logged   int64 `json:"logged"`   // events that were brought into the log
	Unlogged int   `json:"unlogged"` // events of which the log shows nothing yet; 0 where there is none

	Given    int64                   `json:"given"` // shares
	Released int64                   `json:"released"`
	Owed     int                     `json:"owed"`              // releases that are not wholly written or published
	Waiting  map[coalition.Phase]int `json:"waiting,omitempty"` // statements that are proposed, adopted or sealed
	Hour     time.Time               `json:"hour,omitzero"`     // the next one
}

// Released is a release as it is written.
type Released struct {
	Dir string
	TLP string // clear, green
}

// failing says when something that failed is tried again.
type failing struct {
	until time.Time
	wait  time.Duration
}

func (f *failing) failed(now time.Time, most time.Duration) {
	f.wait = min(max(2*f.wait, 500*time.Millisecond), most)
	f.until = now.Add(f.wait)
}

// step is how often the folder is looked at.
const step = 500 * time.Millisecond

// New makes a runner.
func New(opt Options) (*Runner, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Every <= 0 {
		opt.Every = step
	}
	latest := opt.Folder.Book().Chain().Latest()
	r := &Runner{
		opt: opt, folder: opt.Folder, id: latest.Coalition, all: true,
		states: map[coalition.Digest]*coalition.Revision{}, dirty: map[coalition.Digest]bool{}, owed: map[coalition.Digest]bool{},
		queued: map[coalition.Digest]bool{}, mine: map[string]bool{}, lastLog: map[coalition.Digest]time.Time{}, said: map[string]string{},
		released: map[string]Released{}, status: Status{Coalition: latest.Coalition},
	}
	if opt.Collection != nil {
		var err error
		if r.memory, err = openMemory(opt.Folder.Dir(), opt.Collection.Name()); err != nil {
			return nil, fmt.Errorf("coalition in %s: %w", opt.Folder.Dir(), err)
		}
		r.parts = parts{filepath.Join(r.memory.dir, "parts"), maxWaiting}
	}
	return r, nil
}

// Close closes the files of a runner that does not run any more.
func (r *Runner) Close() error {
	if r.memory == nil {
		return nil
	}
	return r.memory.close()
}

// Status says how it fares.
func (r *Runner) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// Released is the release in a folder of this name, if it is written.
func (r *Runner) Released(name string) (Released, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rel, ok := r.released[name]
	return rel, ok
}

// Run works until ctx ends. What fails is logged and tried again.
func (r *Runner) Run(ctx context.Context) {
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		_ = r.Round(ctx) // it has logged what failed
		t.Reset(r.pause())
	}
}

// pause is the time until the next round: to the hour, if that is sooner.
func (r *Runner) pause() time.Duration {
	if d := r.hour.Sub(r.opt.Now()); !r.hour.IsZero() && d < step {
		return max(d, time.Millisecond)
	}
	return step
}

// Round does once what there is to do. The error joins what has failed; all of it is tried again in the next round.
func (r *Runner) Round(ctx context.Context) error {
	var errs []error
	for range 10 { // what came may let us do more; rounds without end are for the next time
		errs = append(errs[:0], r.part(ctx, "folder", r.refresh()))
		errs = append(errs, r.part(ctx, "release", r.settle(ctx)))
		came, err := r.carry(ctx)
		errs = append(errs, err)
		if !came || ctx.Err() != nil {
			break
		}
	}
	err := errors.Join(append(errs, r.submit(ctx))...)
	r.mu.Lock()
	defer r.mu.Unlock()
	st := &r.status
	st.Rounds++
	st.Round, st.Unsent, st.Owed, st.Hour, st.Waiting = r.opt.Now(), len(r.outbox), len(r.owed), r.hour, r.counted
	st.Unlogged = r.unlogged
	if st.Failure = ""; err == nil {
		st.InARow = 0
		return nil
	}
	st.Failures++
	st.InARow++
	st.Failure = err.Error()
	return err
}

// part logs what a part has failed with, unless it said so before.
func (r *Runner) part(ctx context.Context, name string, err error) error {
	if err == nil || ctx.Err() != nil {
		delete(r.said, name)
		return err
	}
	if text := err.Error(); r.said[name] != text {
		r.said[name] = text
		r.opt.Log.LogAttrs(ctx, slog.LevelWarn, "coalition", slog.String("folder", r.folder.Dir()), slog.String("part", name), slog.Any("error", err))
	}
	return fmt.Errorf("%s: %w", name, err)
}

// refresh takes in what others have put into the folder, and sees what of it is to be brought to others.
func (r *Runner) refresh() error {
	refs, err := r.folder.Refresh()
	for _, f := range refs {
		r.touch(f)
		r.queue(f)
	}
	if v := r.folder.Book().Chain().Latest().Version; v != r.version {
		r.version, r.all = v, true
		return errors.Join(err, r.review(false))
	}
	if !r.again.IsZero() && !r.opt.Now().Before(r.again) {
		r.again = time.Time{}
		err = errors.Join(err, r.review(true))
	}
	return err
}

// touch notes what a file changes.
func (r *Runner) touch(f coalition.Ref) {
	switch f.Kind {
	case coalition.ItemEvent:
		if e := r.folder.Book().Event(f.Digest); e != nil {
			r.dirty[e.Manifest] = true
		}
	case coalition.ItemProof, coalition.ItemRoot:
		r.all = true
	default: // content that says what it is, a blob for which a release waits, or a share that was staged
		if r.states[f.Digest] != nil {
			r.dirty[f.Digest] = true
		}
		if len(r.owed) > 0 || f.Kind == "" {
			r.all = true
		}
	}
}

// queue puts a file into the outbox that is not in the collection, as far as is known, or that some member cannot open there.
func (r *Runner) queue(f coalition.Ref) {
	if r.memory == nil || f.Kind == "" {
		return
	}
	if f.Digest == "" { // a root
		it, err := r.folder.Read(f)
		if err != nil {
			return // it is gone, or is met again
		}
		f.Digest = coalition.DigestOf(it.Data)
	}
	if r.queued[f.Digest] {
		return
	}
	if c, ok := r.memory.of(f.Digest); ok && r.opensAll(int(c.root)) {
		return
	}
	r.queued[f.Digest] = true
	r.outbox = append(r.outbox, f)
}

// resendAfter is how long we leave it to others to bring again what they brought, where a new member cannot read it.
const resendAfter = time.Minute

// review looks through all files. What somebody in the latest root cannot open, because they joined or have a new key, is
// brought again: what we brought at once, what others brought, only if they have not done so after a while (others).
func (r *Runner) review(others bool) error {
	if r.memory == nil {
		return nil
	}
	refs, err := r.folder.Refs()
	for _, f := range refs {
		if c, ok := r.memory.of(f.Digest); ok && f.Digest != "" && !c.out && !others && !r.opensAll(int(c.root)) {
			if r.again.IsZero() {
				r.again = r.opt.Now().Add(resendAfter + rand.N(resendAfter)) //nolint:gosec // spreads what members do, keeps no secret
			}
			continue
		}
		r.queue(f)
	}
	return err
}

// opensAll says that whoever could open what was encrypted by a version of the root includes all members of the latest.
func (r *Runner) opensAll(version int) bool {
	chain := r.folder.Book().Chain()
	latest := chain.Latest()
	if version >= latest.Version {
		return true
	}
	old := chain.Version(version)
	if old == nil {
		return false
	}
	to := map[string]bool{}
	for i := range old.Members {
		for _, x := range old.Members[i].Recipients {
			to[x] = true
		}
	}
	for i := range latest.Members {
		for _, x := range latest.Members[i].Recipients {
			if !to[x] {
				return false
			}
		}
	}
	return true
}
