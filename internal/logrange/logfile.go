package logrange

import (
	"fmt"
	"io"
	"os"
	"path"
)

// place creates the files of a range: in a folder, or all into one stream.
type place struct {
	root   *os.Root  // nil with stream
	stream io.Writer // WriteOne
}

// create opens a file by its slash-separated path within the range.
func (p *place) create(name string) (io.WriteCloser, error) {
	if p.stream != nil {
		return unclosed{p.stream}, nil
	}
	if err := p.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of %s: %w", name, err)
	}
	f, err := p.root.Create(name)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", name, err)
	}
	return f, nil
}

// date gives a finished file the time of its last record, as it would have where it was written. Logs whose times have
// no year are read with the year of their file.
func (p *place) date(name string, t ticks) error {
	if p.stream != nil {
		return nil
	}
	if err := p.root.Chtimes(name, t.time(), t.time()); err != nil {
		return fmt.Errorf("date %s: %w", name, err)
	}
	return nil
}

// unclosed hides the other methods of a stream: it is the caller's.
type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }

const flushAt = 256 << 10

// logFile is a log of text lines that goes on from file to file as its name changes with time.
type logFile struct {
	h      *host
	format Format
	nameAt func(dst []byte, t ticks) []byte // path within the range; nil where name never changes
	header func(dst []byte, t ticks) []byte // first lines of each file, or nil
	every  ticks                            // how often nameAt changes: a day, an hour
	name   string
	until  ticks // name holds until then

	out     io.WriteCloser
	buf     []byte
	start   int   // of the record being written, in buf
	last    ticks // time of the last record
	written int64 // of the current file, without buf
	lines   int64 // of the current file
}

const (
	hour = 60 * minute
	day  = 24 * hour
)

// begin returns the buffer to which the record is appended that [logFile.end] takes.
func (l *logFile) begin(t ticks) []byte {
	if l.out == nil || (l.every > 0 && t >= l.until) {
		l.open(t)
	}
	l.start, l.last = len(l.buf), t
	return l.buf
}

// end counts the record and its lines, and notes where it stands if it belongs to a plant.
func (l *logFile) end(b []byte, lines int64) {
	if l.h.err != nil {
		l.buf = b[:0]
		return
	}
	l.buf = b
	l.h.wrote(len(b)-l.start, 1)
	if l.h.tag != nil {
		l.h.note(Truth{Format: l.format, File: l.name, Line: l.lines + 1, Offset: l.written + int64(l.start)})
	}
	l.lines += lines
	if len(b) >= flushAt {
		l.flush()
	}
}

func (l *logFile) open(t ticks) {
	if l.out != nil {
		if l.h.place.stream != nil { // one stream has one header
			l.until += l.every
			return
		}
		l.close()
	}
	if l.nameAt != nil {
		l.name = string(l.nameAt(nil, t))
		l.until = t - t%l.every + l.every
	}
	if l.h.err != nil {
		return
	}
	out, err := l.h.place.create(l.name)
	if err != nil {
		l.h.fail(err)
		return
	}
	l.out = out
	l.h.files = append(l.h.files, l.name)
	l.written, l.lines = 0, 0
	if l.header != nil {
		l.buf = l.header(l.buf, t)
		l.h.wrote(len(l.buf), 0)
		for _, c := range l.buf {
			if c == '\n' {
				l.lines++
			}
		}
	}
}

func (l *logFile) flush() {
	if l.out != nil && len(l.buf) > 0 {
		if _, err := l.out.Write(l.buf); err != nil {
			l.h.fail(fmt.Errorf("write %s: %w", l.name, err))
		}
		l.written += int64(len(l.buf))
	}
	l.buf = l.buf[:0]
}

// done completes the last file and lets go of the buffer.
func (l *logFile) done() {
	l.close()
	l.buf = nil
}

// close completes the current file.
func (l *logFile) close() {
	l.flush()
	if l.out == nil {
		return
	}
	if err := l.out.Close(); err != nil {
		l.h.fail(fmt.Errorf("close %s: %w", l.name, err))
	}
	if err := l.h.place.date(l.name, l.last); err != nil {
		l.h.fail(err)
	}
	l.out = nil
}
