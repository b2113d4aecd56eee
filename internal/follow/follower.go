package follow

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"entente/internal/event"
	"entente/internal/source"
)

// Options say what to follow.
type Options struct {
	Inputs []string // files, folders, patterns; files need not be there yet
	// Read says how logs are read; its Warn and Skip are told of damage and of files that are not read, each trouble
	// once.
	Read source.Options
	// Settle is how long a file must not have changed before what looks incomplete at its end is read all the same, and
	// before files that are read as a whole are read.
	Settle time.Duration
	// Once says that there will be no second look soon: what looks incomplete is judged by the time of the file alone.
	Once bool
	// FromEnd passes over what is there in the first round of a follower that remembers nothing.
	FromEnd bool
	// Now is the clock; nil is the system's.
	Now func() time.Time
}

// The bounds of what a Follower holds.
const (
	maxEntries = 200_000
	maxChunks  = 1 << 20 // of event logs, 64 GiB of them
	keepGone   = 30 * 24 * time.Hour
	// rotationTime is how long the old content of a file that the user named is looked for beside it.
	rotationTime = 24 * time.Hour
	maxOpen      = 256
	keepOpen     = 10 * time.Minute

	pieceLen = 8 << 20
	batchLen = 32 << 20
	// maxRecordLen is what the longest record of a text may take before it is read in parts.
	maxRecordLen = 16 << 20
)

// Follower reads logs as they grow. One goroutine uses it.
type Follower struct {
	opts    Options
	now     time.Time
	read    *source.Reader
	single  *source.Reader // with one worker, which sees events in order
	worker  func(i int) source.Worker
	filters map[*source.File]*extract // of the batch being read, by stream
	byPath  map[string]*extract       // of whole files in it
	batch   batch

	next    uint64
	entries map[uint64]*entry
	byID    map[fileID]*entry
	byHead  map[int]map[digest][]*entry // logs of lines by length and hash of their head
	byKey   map[uint64]chunkRef         // chunks of event logs
	chunks  int
	aliases map[fileID]alias
	// strangers are files beside a named one that hold nothing of it.
	strangers map[fileID]fileNow
	gone      []uint64 // records dropped since the last commit
	troubles  map[string]trouble
	others    map[fileID]other // files that are no logs
	round     int
	first     bool // nothing was remembered, and no round is over
	files     int
	waiting   int
	overflow  bool
}

// trouble is why a file is not read, and in which round it was last so.
type trouble struct {
	reason string
	round  int
}

// other is a file that is no log, with what it is.
type other struct {
	now fileNow
	why string
}

// alias is a file that holds nothing but a copy of another log.
type alias struct {
	of  *entry
	now fileNow
}

// New returns a follower that remembers nothing; see [Follower.Restore]. newWorker is called once for each goroutine that
// reads.
func New(o Options, newWorker func(i int) source.Worker) (*Follower, error) {
	f := &Follower{
		opts: o, worker: newWorker, entries: map[uint64]*entry{}, byID: map[fileID]*entry{}, byHead: map[int]map[digest][]*entry{},
		byKey: map[uint64]chunkRef{}, aliases: map[fileID]alias{}, strangers: map[fileID]fileNow{}, troubles: map[string]trouble{}, others: map[fileID]other{}, first: true,
	}
	if f.opts.Now == nil {
		f.opts.Now = time.Now
	}
	read := o.Read
	read.Skip = func(s source.Skipped) { f.notRead(s.File, s.Reason, s.Named) }
	read.Warn = f.warn
	var err error
	f.read, err = source.NewReader(read, func(i int) source.Worker { return &extractor{f: f, Worker: newWorker(i)} })
	return f, err
}

// saved is the form in which a follower is remembered.
type saved struct {
	Next  uint64   `json:"next"`
	Files []record `json:"files,omitempty"`
	Gone  []uint64 `json:"gone,omitempty"`
}

// Changes returns what has changed since the last call of Changes or All, for [Follower.Restore]; ok is false where
// nothing has. What it says is true of the last commit.
func (f *Follower) Changes() (changes json.RawMessage, ok bool, err error) {
	s := saved{Next: f.next, Gone: f.gone}
	for _, n := range slices.Sorted(maps.Keys(f.entries)) {
		if e := f.entries[n]; e.dirty {
			s.Files = append(s.Files, e.change())
		}
	}
	if len(s.Files)+len(s.Gone) == 0 {
		return nil, false, nil
	}
	f.clean()
	changes, err = json.Marshal(s)
	return changes, true, err
}

// All returns everything that the follower remembers, for [Follower.Restore].
func (f *Follower) All() (json.RawMessage, error) {
	s := saved{Next: f.next}
	for _, n := range slices.Sorted(maps.Keys(f.entries)) {
		s.Files = append(s.Files, f.entries[n].full())
	}
	f.clean()
	return json.Marshal(s)
}

func (f *Follower) clean() {
	f.gone = nil
	for _, e := range f.entries {
		e.dirty, e.changed = false, nil
	}
}

// Restore takes over what All, and then Changes after Changes, returned.
func (f *Follower) Restore(data json.RawMessage) error {
	var s saved
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("what was read so far is not readable: %w", err)
	}
	f.first = false
	f.next = max(f.next, s.Next)
	for i := range s.Files {
		r := &s.Files[i]
		if err := r.check(); err != nil {
			return err
		}
		e := f.entries[r.Number]
		if e == nil {
			if len(f.entries) >= maxEntries {
				return fmt.Errorf("the state has more than %d files", maxEntries)
			}
			e = &entry{chunks: map[int64]chunkMark{}}
			f.entries[r.Number] = e
		}
		f.unindex(e)
		chunks := r.Chunks
		r.Chunks = nil
		e.record, e.now = *r, r.Pos
		for _, m := range chunks {
			f.setChunk(e, m)
		}
		f.index(e)
		f.next = max(f.next, r.Number)
	}
	for _, n := range s.Gone {
		if e := f.entries[n]; e != nil {
			f.forget(e)
		}
	}
	f.gone = nil
	return nil
}

// check refuses what no follower writes.
func (r *record) check() error {
	p := &r.Pos
	switch {
	case r.How != asLines && r.How != asEVTX && r.How != asWhole:
		return fmt.Errorf("%s is followed in a way that this program does not know: %q", r.Path, r.How)
	case p.Offset < 0 || p.Len < 0 || p.Len > edgeLen || int64(p.Len) > p.Offset || r.Events < 0 || r.Size < 0:
		return fmt.Errorf("what was read of %s makes no sense", r.Path)
	}
	for _, m := range r.Chunks {
		if m.At < 0 || m.Done < 0 || m.Done > chunkLen {
			return fmt.Errorf("a chunk of %s makes no sense", r.Path)
		}
	}
	return nil
}

// index makes an entry known by file and by content.
func (f *Follower) index(e *entry) {
	if e.ID != (fileID{}) {
		f.byID[e.ID] = e
	}
	if e.How == asLines && e.now.Len > 0 {
		m := f.byHead[e.now.Len]
		if m == nil {
			m = map[digest][]*entry{}
			f.byHead[e.now.Len] = m
		}
		m[e.now.Head] = append(m[e.now.Head], e)
	}
}

func (f *Follower) unindex(e *entry) {
	if f.byID[e.ID] == e {
		delete(f.byID, e.ID)
	}
	if m := f.byHead[e.now.Len]; m != nil {
		m[e.now.Head] = slices.DeleteFunc(m[e.now.Head], func(o *entry) bool { return o == e })
		if len(m[e.now.Head]) == 0 {
			delete(m, e.now.Head)
		}
		if len(m) == 0 {
			delete(f.byHead, e.now.Len)
		}
	}
}

func (f *Follower) forget(e *entry) {
	f.unindex(e)
	for _, m := range e.chunks {
		f.dropChunk(e, m)
	}
	f.chunks -= len(e.chunks)
	e.close()
	delete(f.entries, e.Number)
	f.gone = append(f.gone, e.Number)
}

// add makes a new entry for a file; nil where there are too many.
func (f *Follower) add(now *fileNow, how string) *entry {
	if len(f.entries) >= maxEntries && !f.makeRoom() {
		if !f.overflow {
			f.overflow = true
			f.warn(source.Warning{File: source.Printable(now.path), Offset: -1, Message: fmt.Sprintf(
				"more than %d files: this one and others are not followed; name fewer inputs", maxEntries)})
		}
		return nil
	}
	f.next++
	e := &entry{chunks: map[int64]chunkMark{}}
	e.record = record{Number: f.next, Path: now.path, ID: now.id, How: how, Seen: f.now.Unix()}
	if now.named {
		e.Named = now.path
	}
	e.present = true
	f.entries[e.Number] = e
	f.index(e)
	e.mark()
	return e
}

// makeRoom forgets the files that have been gone longest.
func (f *Follower) makeRoom() bool {
	var gone []*entry
	for _, e := range f.entries {
		if e.orphan() {
			gone = append(gone, e)
		}
	}
	slices.SortFunc(gone, func(a, b *entry) int { return cmp.Or(cmp.Compare(a.Seen, b.Seen), cmp.Compare(a.Number, b.Number)) })
	for _, e := range gone[:min(len(gone), maxEntries/10+1)] {
		f.forget(e)
	}
	return len(f.entries) < maxEntries
}

// detach says that a file no longer holds an entry's content.
func (f *Follower) detach(e *entry) {
	if f.byID[e.ID] == e {
		delete(f.byID, e.ID)
	}
	e.ID, e.present = fileID{}, false
	e.close()
	e.mark()
}

// adopt says that an entry's content is in another file now.
func (f *Follower) adopt(e *entry, now *fileNow, packed bool) {
	if f.byID[e.ID] == e {
		delete(f.byID, e.ID)
	}
	e.close()
	e.ID, e.Path, e.present, e.Packed, e.Seen = now.id, now.path, true, packed, f.now.Unix()
	e.looked = fileNow{}
	if !packed {
		e.Size, e.Mod = 0, 0
	}
	f.byID[now.id] = e
	e.mark()
}

// Status is what a round saw.
type Status struct {
	Files   int // there, that are followed
	Unread  int // of these, that could not be read or are no logs
	Waiting int // that have something which is not read yet: an unfinished record, a file that still changes
}

// Round looks at every file once and reads what has come in. consume is given what the workers made of each block, in
// order. After each batch everything in it counts as read, and commit is called: Changes and All speak of it then. Round
// ends early, after a batch, when ctx is done. The error is ctx's, consume's or commit's; files that cannot be read are no
// error.
func (f *Follower) Round(ctx context.Context, consume func(f *source.File, result any) error, commit func() error) (Status, error) {
	f.now = f.opts.Now()
	f.files, f.waiting = 0, 0
	f.round++
	f.batch = batch{f: f, ctx: ctx, consume: consume, commit: commit}
	for _, e := range f.entries {
		e.present = false
	}
	found, err := f.scan(ctx)
	if err != nil {
		return Status{}, err
	}
	var fresh []*fileNow
	for _, now := range found {
		e := f.byID[now.id]
		if e == nil {
			fresh = append(fresh, now)
			continue
		}
		e.present = true
		if e.Path != now.path {
			e.Path = now.path
			e.mark()
		}
		e.Seen = f.now.Unix()
	}
	for _, now := range found {
		if e := f.byID[now.id]; e != nil && e.present {
			if err := f.look(e, now); err != nil {
				return Status{}, err
			}
		}
	}
	// What is known has been read: whatever is a copy of it can be recognised.
	if err := f.batch.flush(); err != nil {
		return Status{}, err
	}
	if err := f.drainGone(); err != nil {
		return Status{}, err
	}
	for _, now := range fresh {
		if f.byID[now.id] != nil {
			continue // it stands twice under the inputs
		}
		if err := f.meet(now); err != nil {
			return Status{}, err
		}
	}
	if err := f.batch.flush(); err != nil {
		return Status{}, err
	}
	f.expire()
	f.closeIdle()
	// A trouble that is over is told of again when it comes back.
	maps.DeleteFunc(f.troubles, func(_ string, t trouble) bool { return t.round != f.round })
	unread := 0
	for _, now := range found {
		if _, ok := f.troubles[source.Printable(now.path)]; ok {
			unread++
		}
	}
	if err := f.settle(commit); err != nil {
		return Status{}, err
	}
	f.first = false
	return Status{Files: f.files, Unread: unread, Waiting: f.waiting}, nil
}

// settle has changes committed that go without any reading.
func (f *Follower) settle(commit func() error) error {
	for _, e := range f.entries {
		if e.dirty {
			return commit()
		}
	}
	if len(f.gone) > 0 {
		return commit()
	}
	return nil
}

// scan finds the files of the inputs, and those that rotation made of files the user named.
func (f *Follower) scan(ctx context.Context) ([]*fileNow, error) {
	var (
		found []*fileNow
		here  = map[string]bool{}
		ids   = map[fileID]bool{}
	)
	skip := func(s source.Skipped) { f.notRead(s.File, s.Reason, s.Named) }
	err := source.Files(ctx, f.opts.Inputs, func(x source.Found) error {
		now, err := lookAt(x.Path)
		if err != nil {
			skip(source.Skipped{File: source.Printable(x.Path), Reason: source.WhyNot(err), Named: x.Named})
			return nil
		}
		now.named = x.Named
		here[x.Path], ids[now.id] = true, true
		found = append(found, &now)
		return nil
	}, skip)
	if err != nil {
		return nil, err
	}
	found = append(f.rotated(here, ids), found...)
	f.files = len(found)
	return found, nil
}

// rotated looks beside the files that the user named for what they were before: a file under another name, or packed.
func (f *Follower) rotated(here map[string]bool, ids map[fileID]bool) []*fileNow {
	lost := map[string]bool{}
	for _, e := range f.entries {
		if e.Named != "" && !ids[e.ID] && f.now.Unix()-e.Seen < int64(rotationTime/time.Second) {
			lost[e.Named] = true
		}
	}
	var out []*fileNow
	for _, in := range slices.Sorted(maps.Keys(lost)) {
		dir, base := filepath.Dir(in), filepath.Base(in)
		list, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, d := range list {
			path := filepath.Join(dir, d.Name())
			if here[path] || !d.Type().IsRegular() {
				continue
			}
			now, err := lookAt(path)
			if err != nil || ids[now.id] {
				continue
			}
			if f.byID[now.id] != nil || strings.HasPrefix(d.Name(), base) && f.continues(&now) {
				ids[now.id] = true
				out = append(out, &now)
			}
		}
	}
	return out
}

// continues says that a file holds a log that is no longer there, packed or not.
func (f *Follower) continues(now *fileNow) bool {
	if f.strangers[now.id] == *now {
		return false
	}
	h, err := os.Open(now.path)
	if err != nil {
		return false
	}
	defer h.Close() //nolint:errcheck // only read
	t, err := openText(h, now.size, &f.opts.Read)
	if err != nil {
		return false
	}
	defer t.stop()
	if t.kind == source.KindLines {
		if e, _, alive := f.match(t, now); e != nil && !alive {
			return true
		}
	}
	if len(f.strangers) >= maxEntries {
		clear(f.strangers)
	}
	f.strangers[now.id] = *now
	return false
}

// look reads what a known file has got.
func (f *Follower) look(e *entry, now *fileNow) error {
	unchanged := e.looked.size == now.size && e.looked.mod == now.mod && e.looked.id == now.id
	if !unchanged {
		e.looked, e.lookedAt = *now, f.now.UnixNano()
	}
	idle := f.idle(e, now)
	var err error
	switch e.How {
	case asLines:
		if e.Packed && now.size == e.Size && now.mod == e.Mod || !e.Packed && unchanged && now.size == e.now.Offset {
			return nil
		}
		err = f.lines(e, now, idle)
	case asEVTX:
		if unchanged && trueTimes {
			return nil
		}
		err = f.eventLog(e, now)
	case asWhole:
		if now.size == e.Size && now.mod == e.Mod {
			return nil
		}
		err = f.whole(e, now, idle)
	}
	return err
}

// idle says that a file has not changed for long enough to be taken for finished.
func (f *Follower) idle(e *entry, now *fileNow) bool {
	age := f.now.UnixNano() - now.mod
	if age < 0 { // its clock is ahead of ours
		age = f.now.UnixNano() - e.lookedAt
	}
	if age < int64(f.opts.Settle) {
		return false
	}
	return trueTimes || f.opts.Once || f.first || f.now.UnixNano()-e.lookedAt >= int64(f.opts.Settle)
}

// settled is idle for a file that is not known yet.
func (f *Follower) settled(now *fileNow) bool {
	age := f.now.UnixNano() - now.mod
	return age < 0 || age >= int64(f.opts.Settle)
}

// notRead tells of a file that is not read, unless that was told in the round before.
func (f *Follower) notRead(file, reason string, named bool) {
	old, known := f.troubles[file]
	if !known && len(f.troubles) >= maxEntries {
		return
	}
	f.troubles[file] = trouble{reason, f.round}
	if (!known || old.reason != reason) && f.opts.Read.Skip != nil {
		f.opts.Read.Skip(source.Skipped{File: file, Reason: reason, Named: named})
	}
}

// unreadable tells of a file that cannot be read now.
func (f *Follower) unreadable(now *fileNow, err error) {
	f.waiting++
	why := source.WhyNot(err)
	if !f.opts.Once {
		why += "; it is tried again"
	}
	f.notRead(source.Printable(now.path), why, now.named)
}

// warn passes on what is wrong with the part of a file that is read now.
func (f *Follower) warn(w source.Warning) {
	if f.batch.quiet(&w) || f.opts.Read.Warn == nil {
		return
	}
	f.opts.Read.Warn(w)
}

// expire forgets what has been gone for long.
func (f *Follower) expire() {
	limit := f.now.Add(-keepGone).Unix()
	for _, n := range slices.Sorted(maps.Keys(f.entries)) {
		if e := f.entries[n]; !e.present && e.Seen < limit {
			f.forget(e)
		}
	}
}

// hold keeps a log of lines open that grows, so that its end can be read when its name is gone.
func (f *Follower) hold(e *entry, h *os.File, size int64) {
	if !holdOpen {
		return
	}
	if e.open != h {
		e.close()
		e.open = h
	}
	if e.openSize != size {
		e.openSize, e.grown = size, f.now.UnixNano()
	}
}

// closeIdle lets go of the files that have not grown for long, and of too many.
func (f *Follower) closeIdle() {
	var list []*entry
	for _, e := range f.entries {
		if e.open == nil {
			continue
		}
		if f.now.UnixNano()-e.grown > int64(keepOpen) {
			e.close()
			continue
		}
		list = append(list, e)
	}
	if len(list) > maxOpen {
		slices.SortFunc(list, func(a, b *entry) int { return cmp.Or(cmp.Compare(b.grown, a.grown), cmp.Compare(a.Number, b.Number)) })
		for _, e := range list[maxOpen:] {
			e.close()
		}
	}
}

// drainGone reads the ends of logs whose files have no name any more, until nothing has come for a while.
func (f *Follower) drainGone() error {
	for _, n := range slices.Sorted(maps.Keys(f.entries)) {
		e := f.entries[n]
		if e.present || e.open == nil {
			continue
		}
		now, err := statFile(e.Path, e.open)
		if err != nil || now.id != e.ID {
			e.close()
			continue
		}
		e.present = true // it is, though nobody sees it
		last := f.now.UnixNano()-e.grown >= int64(max(f.opts.Settle, 10*time.Second)) || f.opts.Once
		if now.size > e.now.Offset || last {
			if err := f.lines(e, &now, last); err != nil {
				return err
			}
		}
		if err := f.batch.flush(); err != nil {
			return err
		}
		e.present = false
		if last {
			e.close()
		}
	}
	return nil
}

// Close lets go of the files.
func (f *Follower) Close() {
	for _, e := range f.entries {
		e.close()
	}
}

// extract is the part of a stream's events that is wanted.
type extract struct {
	from, to int64        // offsets of records; to 0 is no limit
	skip     int64        // events at the beginning that are not wanted; one worker reads such a stream
	events   atomic.Int64 // met
	chunk    int64        // offset of the chunk, whose own warnings are about all of it
	settled  bool
}

// extractor passes on the wanted events only.
type extractor struct {
	f *Follower
	source.Worker
	x *extract
}

func (w *extractor) Begin(f *source.File) {
	if w.x = w.f.filters[f]; w.x == nil {
		w.x = w.f.byPath[f.Path]
	}
	w.Worker.Begin(f)
}

func (w *extractor) Event(ev *event.Event) bool {
	if x := w.x; x != nil {
		if x.to > 0 && (ev.Offset < x.from || ev.Offset >= x.to) {
			return true
		}
		if n := x.events.Add(1); n <= x.skip {
			return true
		}
	}
	return w.Worker.Event(ev)
}

// batch is what is read and committed together.
type batch struct {
	f       *Follower
	ctx     context.Context //nolint:containedctx // of the round
	consume func(*source.File, any) error
	commit  func() error
	streams []source.Stream
	single  bool
	done    []func() // to be called when everything is consumed
	bytes   int64
	spans   map[string][]*extract // of event logs, by file
}

// add takes a stream into the batch. done is called once it is read and consumed.
func (b *batch) add(s source.Stream, x *extract, bytes int64, done func()) error {
	if x != nil {
		if x.skip > 0 {
			// Only one worker knows how many events came before.
			if err := b.flush(); err != nil {
				return err
			}
			b.single = true
		}
		if b.f.filters == nil {
			b.f.filters, b.f.byPath = map[*source.File]*extract{}, map[string]*extract{}
		}
		b.f.filters[s.File] = x
		if s.Packed {
			b.f.byPath[s.File.Path] = x
		}
		if x.to > 0 {
			if b.spans == nil {
				b.spans = map[string][]*extract{}
			}
			b.spans[s.File.Name] = append(b.spans[s.File.Name], x)
		}
	}
	b.streams = append(b.streams, s)
	b.done = append(b.done, done)
	b.bytes += bytes
	if b.bytes >= batchLen || b.single || s.Packed {
		return b.flush()
	}
	return nil
}

// after calls done when everything in the batch so far is consumed, without reading anything.
func (b *batch) after(done func()) {
	b.done = append(b.done, done)
}

// flush reads the batch, and commits it. It is not interrupted: only between two batches.
func (b *batch) flush() error {
	if len(b.streams) > 0 {
		read := b.f.read
		if b.single {
			var err error
			if read, err = b.f.oneReader(); err != nil {
				return err
			}
		}
		if err := read.Read(context.WithoutCancel(b.ctx), b.streams, b.consume); err != nil {
			return err
		}
	}
	if len(b.done) > 0 {
		for _, d := range b.done {
			d()
		}
		b.f.filters, b.f.byPath = nil, nil
		b.streams, b.done, b.bytes, b.single, b.spans = nil, nil, 0, false, nil
		if err := b.commit(); err != nil {
			return err
		}
	}
	return b.ctx.Err()
}

// quiet says that a warning is about a part of an event log that is not read now.
func (b *batch) quiet(w *source.Warning) bool {
	list := b.spans[w.File]
	if len(list) == 0 || w.Offset < 0 {
		return false
	}
	return !slices.ContainsFunc(list, func(x *extract) bool {
		if w.Offset == x.chunk {
			return x.settled
		}
		return w.Offset >= x.from && w.Offset < x.to
	})
}

// oneReader returns the reader with a single worker.
func (f *Follower) oneReader() (*source.Reader, error) {
	if f.single != nil {
		return f.single, nil
	}
	o := f.opts.Read
	o.Workers = 1
	o.Skip = func(s source.Skipped) { f.notRead(s.File, s.Reason, s.Named) }
	o.Warn = f.warn
	var err error
	f.single, err = source.NewReader(o, func(i int) source.Worker { return &extractor{f: f, Worker: f.worker(i)} })
	return f.single, err
}
