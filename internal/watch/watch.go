package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"entente/internal/follow"
	"entente/internal/hunt"
	"entente/internal/source"
)

// Options say what to watch.
type Options struct {
	Plan   *hunt.Plan
	Follow follow.Options
	Live   hunt.LiveOptions // its Finding is the watch's
	// State is the file from which a watch goes on where it was stopped; "" is none.
	State string
	// Interval is the time from one look at the logs to the next.
	Interval time.Duration
	// Once looks once and ends.
	Once bool
	// Stdout gets each finding at once; nil is nothing.
	Stdout Output
	// Files get each finding exactly once. Run closes them.
	Files []*File
	// Notice is told what the operator should know, at the end also the caveats of the hunt; nil tells nobody.
	Notice func(string)
	// Round is told how each look went; nil tells nobody.
	Round func(Report)
}

// Report is how a look at the logs went.
type Report struct {
	Files    int // that are followed
	Unread   int // of these, that could not be read or are no logs
	Waiting  int // of which something is not read yet
	Events   int64
	Findings int64
	Nameless int64 // records that were left out for want of a host's name, see [hunt.Live.Nameless]
}

// Run watches until ctx is done, or once. What was read is committed before it returns; being done is no error. The
// summary is valid also when there is one.
func Run(ctx context.Context, o Options) (*hunt.Summary, error) {
	w := &watcher{o: o, progress: o.Follow.Read.Progress}
	if w.progress == nil {
		w.progress = new(source.Progress)
		w.o.Follow.Read.Progress = w.progress
	}
	if w.o.Notice == nil {
		w.o.Notice = func(string) {}
	}
	now := o.Follow.Now
	if now == nil {
		now = time.Now
	}
	w.now = now
	err := w.open()
	if err == nil {
		err = w.loop(ctx)
	}
	sum := w.summary()
	if err == nil {
		caveats := w.live.Caveats()
		if w.journal == nil && w.progress.Events.Load() > 0 { // else the records of a host may have come in before, or come later
			caveats = append(caveats, w.live.Unmet()...)
		}
		for _, c := range caveats {
			w.o.Notice(c.Message)
		}
	}
	return sum, errors.Join(err, w.close())
}

type watcher struct {
	o        Options
	now      func() time.Time
	progress *source.Progress
	live     *hunt.Live
	follower *follow.Follower
	journal  *follow.Journal
	told     map[string]int // findings that earlier processes told of, and that may come again
	met      []string       // of these, what has come again since the last commit
	news     int            // findings told of since the last commit
	held     []byte         // what the correlations hold, as it was last saved
	marks    []fileMark
	settled  bool // told has been emptied since the last commit
	unsaved  bool // the state file could not be written
}

func (w *watcher) open() error {
	lo := w.o.Live
	lo.Finding = w.finding
	w.live = hunt.NewLive(w.o.Plan, lo)
	fo := w.o.Follow
	fo.Once = w.o.Once
	warn, skip := fo.Read.Warn, fo.Read.Skip
	fo.Read.Warn = func(x source.Warning) {
		w.live.Warn(hunt.Warning{File: x.File, Offset: x.Offset, Message: x.Message})
		if warn != nil {
			warn(x)
		}
	}
	fo.Read.Skip = func(x source.Skipped) {
		w.live.Skip(hunt.Warning{File: x.File, Offset: -1, Message: x.Reason})
		if skip != nil {
			skip(x)
		}
	}
	var err error
	if w.follower, err = follow.New(fo, func(int) source.Worker { return w.live.NewWorker() }); err != nil {
		return err
	}
	if w.o.State == "" {
		return nil
	}
	var in *stateIn
	if w.journal, in, err = openState(w.o.State); err != nil {
		return err
	}
	if err := w.restore(in); err != nil {
		return fmt.Errorf("state %s: %w\nhint: remove the file to begin anew; records that were read before will be read again", w.o.State, err)
	}
	// From here on the old state is that of the files as they are now.
	for _, f := range w.o.Files {
		mark, err := f.commit()
		if err != nil {
			return err
		}
		w.marks = append(w.marks, mark)
	}
	return w.rewrite()
}

// restore takes over a state.
func (w *watcher) restore(in *stateIn) error {
	w.told = in.told()
	for _, s := range in.follow {
		if err := w.follower.Restore(s); err != nil {
			return err
		}
	}
	dropped, err := w.live.Restore(in.hunt)
	if err != nil {
		return err
	}
	if dropped > 0 {
		w.o.Notice(fmt.Sprintf("%d correlations have changed since the last watch: what they held is forgotten", dropped))
	}
	w.held = in.hunt
	for _, f := range w.o.Files {
		i := slices.IndexFunc(in.files, func(m fileMark) bool { return m.Path == f.path })
		if i < 0 {
			continue
		}
		ok, err := f.rewind(&in.files[i])
		if err != nil {
			return err
		}
		if !ok {
			w.o.Notice(fmt.Sprintf("%s is not as the last watch left it: new findings are appended, and some may stand twice", f.path))
		}
	}
	return nil
}

func (w *watcher) loop(ctx context.Context) error {
	start := w.now()
	for {
		st, err := w.follower.Round(ctx, func(_ *source.File, result any) error {
			return w.live.Take(result, w.now())
		}, w.commit)
		if err != nil {
			return stopped(ctx, err)
		}
		if len(w.told) > 0 && (st.Waiting == 0 || w.now().Sub(start) > max(time.Minute, 5*w.o.Follow.Settle)) {
			// Whatever had come in before the last watch died has been read again by now.
			w.told, w.settled = nil, true
		}
		if err := w.commit(); err != nil {
			return err
		}
		if w.o.Round != nil {
			w.o.Round(Report{Files: st.Files, Unread: st.Unread, Waiting: st.Waiting, Events: w.progress.Events.Load(), Findings: w.live.Found(), Nameless: w.live.Nameless()})
		}
		if w.o.Once && (st.Waiting == 0 || w.journal != nil || w.now().Sub(start) > w.o.Follow.Settle) {
			return w.end()
		}
		wait := w.o.Interval
		if w.o.Once {
			wait = min(wait, max(w.o.Follow.Settle/4, 10*time.Millisecond))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// stopped makes nothing of the error that ctx is done.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// end finishes a single look. Without a state nobody will look again: every window ends.
func (w *watcher) end() error {
	if w.journal != nil {
		return nil
	}
	if err := w.live.Flush(); err != nil {
		return err
	}
	return w.commit()
}

// finding delivers one finding.
func (w *watcher) finding(f *hunt.Finding) error {
	for _, file := range w.o.Files {
		if err := file.out.Finding(f); err != nil {
			return err
		}
	}
	if w.o.Stdout == nil {
		return nil
	}
	if w.journal == nil {
		return errors.Join(w.o.Stdout.Finding(f), w.o.Stdout.Flush())
	}
	key := findingKey(f)
	if n := w.told[key]; n > 0 {
		if w.told[key] = n - 1; n == 1 {
			delete(w.told, key)
		}
		w.met = append(w.met, key)
		return nil
	}
	if err := errors.Join(w.o.Stdout.Finding(f), w.o.Stdout.Flush()); err != nil {
		return err
	}
	w.news++
	if !w.unsaved {
		w.noteSaving(w.journal.Append(stateLine{Told: []string{key}}, false))
	}
	return nil
}

// commit says that everything so far has been read and delivered.
func (w *watcher) commit() error {
	if err := w.live.Advance(w.now()); err != nil {
		return err
	}
	marks := make([]fileMark, 0, len(w.o.Files))
	for _, f := range w.o.Files {
		m, err := f.commit()
		if err != nil {
			return err
		}
		marks = append(marks, m)
	}
	if w.journal == nil {
		return nil
	}
	held, err := w.live.Snapshot()
	if err != nil {
		return err
	}
	sameHeld := bytes.Equal(held, w.held)
	if w.journal.Full() {
		w.held, w.marks = held, marks
		w.noteSaving(w.rewrite())
		return nil
	}
	changes, changed, err := w.follower.Changes()
	if err != nil {
		return err
	}
	if !changed && sameHeld && slices.Equal(marks, w.marks) && len(w.met) == 0 && w.news == 0 && !w.settled {
		return nil
	}
	line := stateLine{Commit: true, Files: marks, Met: w.met, Settled: w.settled}
	if changed {
		line.Follow = changes
	}
	if !sameHeld {
		line.Hunt = &huntState{Held: held}
	}
	w.held, w.marks, w.met, w.news, w.settled = held, marks, nil, 0, false
	w.noteSaving(w.journal.Append(line, true))
	return nil
}

// rewrite writes the whole state anew.
func (w *watcher) rewrite() error {
	all, err := w.follower.All()
	if err != nil {
		return err
	}
	line := stateLine{Version: stateVersion, Program: w.o.Live.Version, Commit: true, Follow: all, Files: w.marks, Told: w.stillTold()}
	if len(w.held) > 0 {
		line.Hunt = &huntState{Held: json.RawMessage(w.held)}
	}
	w.met, w.news, w.settled = nil, 0, false
	return w.journal.Rewrite(line)
}

// stillTold lists what the process before has told of and this one has not met yet.
func (w *watcher) stillTold() []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(w.told)) {
		for range w.told[k] {
			out = append(out, k)
		}
	}
	return out
}

// noteSaving deals with an error of saving: the watch goes on without a state that is up to date, as hunting matters more,
// and writes it anew at the next commit.
func (w *watcher) noteSaving(err error) {
	switch {
	case err != nil && !w.unsaved:
		w.o.Notice(err.Error() + "; the watch goes on, but if it is stopped now, some findings may come again")
	case err == nil && w.unsaved:
		w.o.Notice("state: it is saved again")
	}
	w.unsaved = err != nil
}

func (w *watcher) summary() *hunt.Summary {
	if w.live == nil {
		return &hunt.Summary{}
	}
	return w.live.Summary(w.progress)
}

func (w *watcher) close() error {
	var errs []error
	if w.follower != nil {
		w.follower.Close()
	}
	if w.journal != nil {
		errs = append(errs, w.journal.Close())
	}
	for _, f := range w.o.Files {
		errs = append(errs, f.close())
	}
	return errors.Join(errs...)
}
