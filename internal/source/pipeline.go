package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"entente/internal/event"
)

// Worker takes the events of the blocks that one goroutine decodes. Run creates one for each goroutine; a Worker needs
// no locks.
type Worker interface {
	// Begin announces a block of f. Blocks of one file may go to different workers.
	Begin(f *File)
	// Event takes one event, in the order of the block. The event is valid only during the call. False leaves out the
	// rest of the block.
	Event(ev *event.Event) bool
	// End ends the block and returns what is to be delivered in order; nil delivers nothing. What it returns is the
	// receiver's: the worker keeps no hold on it.
	End() any
}

// Chooser is a Worker that can tell from the bytes of a block, as they stand in the log, that it wants none of its events.
// The block is not decoded then: its events are not counted, and damage in it is not reported.
type Chooser interface {
	Worker
	// Wants is called after Begin. It keeps no hold on data.
	Wants(f *File, data []byte) bool
}

// Options say how Run reads.
type Options struct {
	// Workers is the number of goroutines that decode; 0 is one a core.
	Workers int
	// As names the format to read everything as ([ByName]); "" recognises each stream by content. Archives are
	// unpacked all the same.
	As string
	// Carve asks for records in slack space as well (EVTX).
	Carve bool
	// MaxUnpacked and MaxRatio bound what one input unpacks to: 0 is [DefaultMaxUnpacked] and [DefaultMaxRatio], less
	// than 0 no limit.
	MaxUnpacked int64
	MaxRatio    int64
	// Own are files that the program writes meanwhile: where the inputs lead to them they are passed over.
	Own []fs.FileInfo
	// Memory are logs to read after the inputs.
	Memory []Memory
	// CountInput asks for Progress.Total, which costs a second walk over the folders.
	CountInput bool
	// Progress is updated while Run works, if it is not nil. Others may read it at any time.
	Progress *Progress
	// Warn and Skip are told of damage and of inputs that are not read, in the order of the input, from the goroutine
	// that called Run. Either may be nil. Damage beyond warnLimit a block is counted in one closing warning.
	Warn func(Warning)
	Skip func(Skipped)
	// Yearless is told of the records of a file whose year was taken from the file's time, likewise: how many they are, the time
	// of the file's newest record, and whether some were not read. It may be nil. See [Yearless.Add].
	Yearless func(f *File, records, newest int64, part bool)
}

// Warning is damage in one input. What is whole around it was read.
type Warning struct {
	File    string
	Offset  int64 // in the unpacked stream; -1 where it concerns the whole file
	Message string
	// Limit says that the rest of the file was not read because of a limit ([Options.MaxUnpacked], [Options.MaxRatio]), not
	// because of damage.
	Limit bool
}

// Progress counts what Run has done so far.
type Progress struct {
	Files     atomic.Int64 // logs opened, members of archives included
	Events    atomic.Int64
	UsedBytes atomic.Int64 // of log content that held records, unpacked
	Input     atomic.Int64 // bytes of the inputs as they lie on disk, read or passed over
	Total     atomic.Int64 // bytes of all inputs on disk; meaningful once TotalKnown
	Warnings  atomic.Int64
	Skipped   atomic.Int64
	Timeless  atomic.Int64 // of Events, those without a time

	TotalKnown atomic.Bool // false with CountInput unset, and while they are still counted
}

const (
	// warnLimit is how many warnings of one block are passed on word for word.
	warnLimit = 32
	// inlineLen and inlinePacked are the sizes up to which a worker opens a file itself, from unpacking to decoding.
	// Larger files are cut by the goroutine that walks, so that all workers share them; packed ones grow.
	inlineLen    = 2 << 20
	inlinePacked = 256 << 10
	// Small files are handed to the workers in batches of so many bytes or files.
	batchLen   = 1 << 20
	batchFiles = 32
	// earlyBatches are the first batches, of one file each.
	earlyBatches = 16
	// parts is how many results of a batch may wait to be consumed.
	parts = 32
)

// Run reads all events of the inputs (files, folders, patterns, "-") on several goroutines and delivers what the
// workers make of each block to consume: in the order of the input, whatever the number of workers, from the goroutine
// that called Run. Memory is bounded: a worker that gets ahead of consume waits.
//
// newWorker is called once per goroutine, with its number, before anything is read. Run returns the error of the
// context, of consume, or of a wrong option. Damaged and unreadable inputs are not errors; see [Options].
func Run(ctx context.Context, inputs []string, opts Options, newWorker func(i int) Worker, consume func(f *File, result any) error) error {
	p := &pipeline{opts: opts, progress: opts.Progress, formats: newFormats(), buffers: new(buffers)}
	if p.progress == nil {
		p.progress = new(Progress)
	}
	if opts.As != "" {
		var err error
		if p.as, err = ByName(opts.As); err != nil {
			return err
		}
	}
	n := opts.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	p.jobs = make(chan *job, n)
	p.order = make(chan *job, 4*n+4)

	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	if opts.CountInput {
		wg.Go(func() { p.count(ctx, inputs) })
	}
	for i := range n {
		d := &runner{p: p, worker: newWorker(i), decoders: map[string]Decoder{}}
		wg.Go(func() { d.run(ctx) })
	}
	wg.Go(func() { p.feed(ctx, inputs) })
	return p.deliver(ctx, consume)
}

// pipeline is one Run.
type pipeline struct {
	opts     Options
	progress *Progress
	formats  []Format
	as       Format
	buffers  *buffers

	jobs  chan *job // to whichever worker is free
	order chan *job // the same jobs and those that need no worker, to the consumer
}

// job is one piece of work and the way of its results to the consumer. It is either a block of a stream that the feeder
// cuts, or some small files that a worker opens itself. Jobs are started in order, so that a worker which waits for the
// consumer never keeps an earlier job from being done.
type job struct {
	file    *File
	block   Block
	entries []entry // to be opened
	results chan result
}

// result is what a job has for the consumer.
type result struct {
	file  *File
	value any
	notes []note
	years yearless
	last  bool // nothing follows from this job
}

// note is a warning or something skipped, on its way to the consumer.
type note struct {
	warning Warning
	skipped *Skipped
}

// count sums the sizes of the inputs.
func (p *pipeline) count(ctx context.Context, inputs []string) {
	err := walk(ctx, inputs, func(e entry) error {
		p.progress.Total.Add(max(e.size, 0))
		return nil
	}, func(Skipped) {})
	p.progress.TotalKnown.Store(err == nil)
}

// feed walks the inputs and makes jobs of them, in order.
func (p *pipeline) feed(ctx context.Context, inputs []string) {
	defer close(p.order)
	defer close(p.jobs)
	f := feeder{p: p, ctx: ctx}
	o := p.opener()
	defer o.close()
	o.ahead = true
	o.visit = f.split
	o.skip = func(s Skipped) { f.note(note{skipped: &s}) }
	o.warn = func(w Warning) { f.note(note{warning: w}) }
	skip := func(s Skipped) {
		_ = f.flush() // what was found before comes before
		s.File = printable(s.File)
		f.note(note{skipped: &s})
	}
	// The error is the context's: whoever cancelled it knows why.
	_ = walk(ctx, inputs, func(e entry) error {
		if slices.ContainsFunc(p.opts.Own, func(own fs.FileInfo) bool { return e.info != nil && os.SameFile(own, e.info) }) {
			return nil
		}
		if e.size >= 0 && e.size <= inlineSize(e.path) {
			return f.small(e)
		}
		if err := f.flush(); err != nil {
			return err
		}
		return guard2(func() error { return o.open(ctx, e) }, func(err error) {
			f.note(note{warning: Warning{File: printable(e.path), Offset: -1, Message: err.Error()}})
		})
	}, skip)
	_ = f.flush()
	for _, m := range p.opts.Memory {
		if ctx.Err() != nil {
			return
		}
		_ = guard2(func() error { return o.memory(ctx, m) }, func(err error) {
			f.note(note{warning: Warning{File: printable(m.Name), Offset: -1, Message: err.Error()}})
		})
	}
}

// inlineSize is the size up to which a worker opens the file itself. The name is only a hint at how the content may
// grow.
func inlineSize(path string) int64 {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz", ".zst", ".bz2", ".zip", ".tgz", ".tar", ".tbz2", ".xz", ".7z":
		return inlinePacked
	}
	return inlineLen
}

func (p *pipeline) opener() *opener {
	return &opener{
		formats: p.formats, as: p.as, raw: &p.progress.Input, carve: p.opts.Carve,
		max:   limit(p.opts.MaxUnpacked, DefaultMaxUnpacked),
		ratio: limit(p.opts.MaxRatio, DefaultMaxRatio),
	}
}

func limit(v, def int64) int64 {
	if v < 0 {
		return 0
	}
	return cmp.Or(v, def)
}

// feeder cuts large files into blocks and gathers small ones.
type feeder struct {
	p   *pipeline
	ctx context.Context //nolint:containedctx // a feeder lives for one Run

	batch []entry // small files not handed on yet
	bytes int64   // of them
	sent  int     // batches
}

// small adds a file that a worker opens itself.
func (f *feeder) small(e entry) error {
	f.batch = append(f.batch, e)
	f.bytes += e.size
	// The first ones do not wait for more, so that every worker has something to do at once.
	if f.sent < earlyBatches || f.bytes >= batchLen || len(f.batch) >= batchFiles {
		return f.flush()
	}
	return nil
}

// flush hands on the small files gathered so far.
func (f *feeder) flush() error {
	if len(f.batch) == 0 {
		return nil
	}
	j := &job{entries: f.batch, results: make(chan result, parts)}
	f.batch, f.bytes = nil, 0
	f.sent++
	return f.send(j, true)
}

// send hands a job to the consumer and, if it is work, to the workers.
func (f *feeder) send(j *job, work bool) error {
	select {
	case f.p.order <- j:
	case <-f.ctx.Done():
		return f.ctx.Err()
	}
	if !work {
		return nil
	}
	select {
	case f.p.jobs <- j:
		return nil
	case <-f.ctx.Done():
		return f.ctx.Err()
	}
}

// note sends a job that is nothing but a note, so that it keeps its place.
func (f *feeder) note(n note) {
	j := &job{results: make(chan result, 1)}
	j.results <- result{notes: []note{n}, last: true}
	_ = f.send(j, false) // a cancelled run needs no notes
}

// split is the feeder's visit.
func (f *feeder) split(file *File, r io.Reader) error {
	f.p.progress.Files.Add(1)
	var stopped error
	env := &Env{File: file.Name, ModTime: file.ModTime, Carve: f.p.opts.Carve, buffers: f.p.buffers, times: file.times}
	env.Warn = func(off int64, msg string) {
		f.note(note{warning: Warning{File: file.Name, Offset: place(off, file.base), Message: msg}})
	}
	env.limited = func(off int64, msg string) {
		f.note(note{warning: Warning{File: file.Name, Offset: place(off, file.base), Message: msg, Limit: true}})
	}
	read := &endReader{r: r}
	err := guard(func() error {
		return file.Format.Split(f.ctx, read, env, func(b Block) error {
			b.Offset += file.base
			stopped = f.send(&job{file: file, block: b, results: make(chan result, 1)}, true)
			return stopped
		})
	})
	return finish(f.ctx, err, stopped, read, env)
}

// place is an offset in the file with its byte order mark.
func place(off, base int64) int64 {
	if off < 0 {
		return off
	}
	return off + base
}

// finish decides what an error of Split means: damage, which is a warning, or the end of the run.
func finish(ctx context.Context, err, stopped error, read *endReader, env *Env) error {
	switch {
	case stopped != nil:
		return stopped
	case ctx.Err() != nil:
		return ctx.Err()
	case read.failed() != nil:
		err = read.err // in its own words; some formats take any error of the reader for the end
	}
	if err == nil {
		return nil
	}
	if msg, limit := RestUnread(err); limit {
		env.limited(read.n, msg)
	} else {
		env.warn(read.n, msg)
	}
	return nil
}

// endReader remembers how far a stream was read and what ended it.
type endReader struct {
	r   io.Reader
	n   int64
	err error
}

// failed is the error that ended the stream too early, nil where none did.
func (e *endReader) failed() error {
	if errors.Is(e.err, io.EOF) {
		return nil
	}
	return e.err
}

// Read implements [io.Reader].
func (e *endReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.n += int64(n)
	if err != nil {
		e.err = err
	}
	return n, err
}

// guard turns a panic into an error: a fault of ours in one file must not cost the others.
func guard(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fault(v)
		}
	}()
	return do()
}

func fault(v any) error {
	where := ""
	for line := range strings.SplitSeq(string(debug.Stack()), "\n") {
		if at := strings.Index(line, "entente/internal/"); at >= 0 && !strings.Contains(line, "source.fault(") &&
			!strings.Contains(line, "source.guard") {
			where = " in " + line[at:]
			break
		}
	}
	return fmt.Errorf("internal error, please report it: %v%s", v, where)
}

// runner is one goroutine that decodes.
type runner struct {
	p        *pipeline
	worker   Worker
	decoders map[string]Decoder

	// Of the job at hand.
	ctx     context.Context //nolint:containedctx // of the run, set once
	notes   []note
	unsaid  int64 // warnings beyond warnLimit
	years   yearless
	mu      sync.Mutex
	results chan<- result
}

func (d *runner) run(ctx context.Context) {
	d.ctx = ctx
	o := d.p.opener()
	defer o.close()
	o.visit = d.splitAndDecode
	o.skip = func(s Skipped) { d.note(note{skipped: &s}) }
	o.warn = func(w Warning) { d.note(note{warning: w}) }
	for j := range d.p.jobs {
		if ctx.Err() != nil {
			j.block.Release()
			continue
		}
		d.results = j.results
		if j.entries == nil {
			d.send(d.result(j.file, d.decode(j.file, &j.block), true))
			continue
		}
		for _, e := range j.entries {
			// An error is the context's.
			_ = guard2(func() error { return o.open(ctx, e) }, func(err error) { d.warn(printable(e.path), -1, err.Error()) })
			if notes := d.takeNotes(nil); len(notes) > 0 {
				d.send(result{notes: notes})
			}
		}
		d.send(result{last: true})
	}
}

// result is what came of a block of a file.
func (d *runner) result(file *File, value any, last bool) result {
	r := result{file: file, value: value, notes: d.takeNotes(file), years: d.years, last: last}
	d.years = yearless{}
	return r
}

// guard2 is guard for a function whose own errors are handled: fail hears of panics alone.
func guard2(do func() error, fail func(error)) error {
	var own error
	if err := guard(func() error { own = do(); return nil }); err != nil {
		fail(err)
	}
	return own
}

func (d *runner) send(r result) {
	select {
	case d.results <- r:
	case <-d.ctx.Done():
	}
}

// splitAndDecode is a worker's visit: it does a whole small file.
func (d *runner) splitAndDecode(file *File, r io.Reader) error {
	d.p.progress.Files.Add(1)
	var stopped error
	env := d.env(file)
	env.whole = file.whole
	// Blocks know their place in the file, Split does not.
	warn := env.Warn
	env.Warn = func(off int64, msg string) { warn(place(off, file.base), msg) }
	env.limited = func(off int64, msg string) {
		d.note(note{warning: Warning{File: file.Name, Offset: place(off, file.base), Message: msg, Limit: true}})
	}
	read := &endReader{r: r}
	err := guard(func() error {
		return file.Format.Split(d.ctx, read, env, func(b Block) error {
			b.Offset += file.base
			value := d.decode(file, &b)
			if r := d.result(file, value, false); value != nil || len(r.notes) > 0 || r.years != (yearless{}) {
				d.send(r)
			}
			stopped = d.ctx.Err()
			return stopped
		})
	})
	return finish(d.ctx, err, stopped, read, env)
}

func (d *runner) env(file *File) *Env {
	return &Env{
		File: file.Name, ModTime: file.ModTime, Carve: d.p.opts.Carve, buffers: d.p.buffers, times: file.times,
		Warn: func(off int64, msg string) { d.warn(file.Name, off, msg) },
	}
}

// decode runs one block through the decoder and the worker.
func (d *runner) decode(file *File, b *Block) any {
	defer b.Release()
	dec := d.decoders[file.Format.Name()]
	if dec == nil {
		dec = file.Format.NewDecoder()
		d.decoders[file.Format.Name()] = dec
	}
	env := d.env(file)
	offset, size, used := b.Offset, int64(len(b.Data)), int64(cmp.Or(b.used, len(b.Data)))
	var (
		events   int64
		timeless int64
		value    any
	)
	err := guard(func() error {
		d.worker.Begin(file)
		if c, ok := d.worker.(Chooser); ok && !c.Wants(file, b.Data) {
			env.years.part = true
			return nil
		}
		dec.Decode(b, env, func(ev *event.Event) bool {
			events++
			if !ev.HasTime {
				timeless++
			}
			more := d.worker.Event(ev)
			env.years.part = env.years.part || !more
			return more
		})
		return nil
	})
	if err != nil {
		delete(d.decoders, file.Format.Name()) // its state may be broken
		d.warn(file.Name, offset, err.Error()+"; the rest of a block of "+fmt.Sprint(size)+" bytes is lost")
	}
	if err := guard(func() error { value = d.worker.End(); return nil }); err != nil {
		d.warn(file.Name, offset, err.Error())
	}
	d.years.join(env.years)
	d.p.progress.Events.Add(events)
	if timeless > 0 {
		d.p.progress.Timeless.Add(timeless)
	}
	if events > 0 {
		d.p.progress.UsedBytes.Add(used)
	}
	return value
}

func (d *runner) warn(file string, off int64, msg string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.notes) >= warnLimit {
		d.unsaid++
		return
	}
	d.notes = append(d.notes, note{warning: Warning{File: file, Offset: off, Message: msg}})
}

// note keeps a note, however many there are.
func (d *runner) note(n note) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes = append(d.notes, n)
}

// takeNotes returns the notes since the last call. What warnLimit cut off becomes one more.
func (d *runner) takeNotes(file *File) []note {
	d.mu.Lock()
	defer d.mu.Unlock()
	notes := d.notes
	if d.unsaid > 0 {
		name := "-"
		if file != nil {
			name = file.Name
		}
		notes = append(notes, note{warning: Warning{File: name, Offset: -1, Message: fmt.Sprintf("%d more warnings about this part of the file", d.unsaid)}})
		d.p.progress.Warnings.Add(d.unsaid - 1)
	}
	d.notes, d.unsaid = nil, 0
	return notes
}

// deliver hands the results to consume in the order of the jobs.
func (p *pipeline) deliver(ctx context.Context, consume func(*File, any) error) error {
	for {
		var j *job
		select {
		case next, ok := <-p.order:
			if !ok {
				return ctx.Err()
			}
			j = next
		case <-ctx.Done():
			return ctx.Err()
		}
		for last := false; !last; {
			var r result
			select {
			case r = <-j.results:
			case <-ctx.Done():
			}
			if err := ctx.Err(); err != nil { // also where both were ready
				return err
			}
			last = r.last
			for _, n := range r.notes {
				p.tell(n)
			}
			p.tellYears(r.file, r.years)
			if r.value != nil {
				if err := consume(r.file, r.value); err != nil {
					p.tellYears(r.file, yearless{part: true}) // nobody reads on
					return err
				}
			}
		}
	}
}

func (p *pipeline) tellYears(f *File, y yearless) {
	if p.opts.Yearless != nil && y != (yearless{}) {
		p.opts.Yearless(f, y.n, y.last, y.part)
	}
}

func (p *pipeline) tell(n note) {
	if n.skipped != nil {
		p.progress.Skipped.Add(1)
		if p.opts.Skip != nil {
			p.opts.Skip(*n.skipped)
		}
		return
	}
	p.progress.Warnings.Add(1)
	if p.opts.Warn != nil {
		p.opts.Warn(n.warning)
	}
}
