package source

import (
	"context"
	"io"
	"runtime"
	"sync"
)

// Stream is a log, or a piece of one, that a [Reader] reads.
type Stream struct {
	// File says what it is. Workers and the consumer are given this very pointer; only with Packed they get a File of
	// each log found instead, all with the same Path.
	File *File
	// Text is cut by the format. Its first byte stands at Base in the file.
	Text io.Reader
	Base int64
	// Blocks, where Text is nil, are decoded as they are, with the offsets that they have.
	Blocks []Block
	// Packed, where there is neither: File.Path is opened and unpacked, whatever it is, as [Run] does.
	Packed bool
}

// Reader reads streams on several goroutines, as [Run] reads inputs, one batch after another. What decoders and workers
// have learnt stays from batch to batch. One goroutine uses it.
type Reader struct {
	opts    Options
	formats []Format
	as      Format
	buffers *buffers
	runners []*runner
}

// NewReader returns a reader. newWorker is called once for each goroutine. The error is that of a wrong option.
func NewReader(opts Options, newWorker func(i int) Worker) (*Reader, error) {
	r := &Reader{opts: opts, formats: newFormats(), buffers: new(buffers)}
	if opts.As != "" {
		var err error
		if r.as, err = ByName(opts.As); err != nil {
			return nil, err
		}
	}
	if r.opts.Progress == nil {
		r.opts.Progress = new(Progress)
	}
	n := opts.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	for i := range n {
		r.runners = append(r.runners, &runner{worker: newWorker(i), decoders: map[string]Decoder{}})
	}
	return r, nil
}

// Read reads the streams and delivers what the workers make of each block to consume: in the order of the streams, from
// the goroutine that called Read. The error is the context's or consume's.
func (r *Reader) Read(ctx context.Context, streams []Stream, consume func(f *File, result any) error) error {
	n := len(r.runners)
	p := &pipeline{
		opts: r.opts, progress: r.opts.Progress, formats: r.formats, as: r.as, buffers: r.buffers,
		jobs: make(chan *job, n), order: make(chan *job, 4*n+4),
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for _, d := range r.runners {
		d.p = p
		wg.Go(func() { d.run(ctx) })
	}
	wg.Go(func() { p.feedStreams(ctx, streams) })
	return p.deliver(ctx, consume)
}

// feedStreams makes jobs of streams, in order.
func (p *pipeline) feedStreams(ctx context.Context, streams []Stream) {
	defer close(p.order)
	defer close(p.jobs)
	f := feeder{p: p, ctx: ctx}
	o := p.opener()
	defer o.close()
	o.visit = f.split
	o.skip = func(s Skipped) { f.note(note{skipped: &s}) }
	o.warn = func(w Warning) { f.note(note{warning: w}) }
	for i := range streams {
		s := &streams[i]
		var err error
		switch {
		case s.Text != nil:
			s.File.base = s.Base
			err = f.split(s.File, s.Text)
		case s.Packed:
			err = o.open(ctx, entry{path: s.File.Path, size: s.File.Size, when: s.File.ModTime})
		default:
			for _, b := range s.Blocks {
				if err = f.send(&job{file: s.File, block: b, results: make(chan result, 1)}, true); err != nil {
					break
				}
			}
		}
		if err != nil {
			return // the context's
		}
	}
}

// Found is a file that [Files] found.
type Found struct {
	Path  string
	Named bool // by the user, not found in a folder
}

// Files walks the inputs (files, folders, patterns) as [Run] does and hands each file to visit, in the same order.
// Standard input and pipes are left out, as they cannot be read twice. What is left out goes to skip. The error is visit's
// or the context's.
func Files(ctx context.Context, inputs []string, visit func(Found) error, skip func(Skipped)) error {
	return walk(ctx, inputs, func(e entry) error {
		if e.size < 0 {
			skip(Skipped{File: printable(e.path), Reason: "not a regular file", Named: e.named})
			return nil
		}
		return visit(Found{Path: e.path, Named: e.named})
	}, func(s Skipped) { s.File = printable(s.File); skip(s) })
}

// Printable makes a path safe to print, as [File].Name has to be.
func Printable(path string) string { return printable(path) }

// WhyNot words an error of the file system without the path.
func WhyNot(err error) string { return whyNot(err) }
