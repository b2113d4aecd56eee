package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
)

const (
	// blockLen is the usual size of a block of text: large enough to make the hand-over to another goroutine cheap,
	// small enough to stay in a core's second-level cache.
	blockLen = 256 << 10
	// maxRecord caps one record of a text format. A longer one is left out with a warning.
	maxRecord = 16 << 20
	// resumeLen is how much text it takes to tell where to go on behind a record that is too long.
	resumeLen = 1 << 10
)

// cutter finds where a buffer may be cut: it returns the length of the longest prefix of whole records, 0 where
// there is no whole record yet.
type cutter func(buf []byte) int

// lastLine is the [cutter] of formats with one record a line.
func lastLine(buf []byte) int { return bytes.LastIndexByte(buf, '\n') + 1 }

// splitLines is [Format.Split] for formats with one record a line.
func splitLines(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error {
	return splitRecords(ctx, r, env, emit, lastLine)
}

// splitRecords is [Format.Split] for text formats: it fills buffers and cuts them where cut says. The last block
// takes what is left at the end of the stream. A record longer than [maxRecord] is left out up to the end of the line
// in which it becomes too long, with a warning.
func splitRecords(ctx context.Context, r io.Reader, env *Env, emit func(Block) error, cut cutter) error {
	return splitLong(ctx, r, env, emit, cut, func(buf []byte) int { return bytes.IndexByte(buf, '\n') + 1 })
}

// splitLong is splitRecords with another way to go on after a record that is too long: resume returns the index in buf
// where reading goes on, 0 where that is not in buf.
func splitLong(ctx context.Context, r io.Reader, env *Env, emit func(Block) error, cut cutter, resume func(buf []byte) int) error {
	var (
		size    = env.blockSize()
		buf     = env.buffer(size)
		n       int   // bytes in buf
		base    int64 // stream offset of buf[0]
		skip    bool  // inside a record that is too long
		skipped int64 // where that record began
	)
	defer func() { env.release(buf) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		m, err := io.ReadFull(r, buf[n:])
		n += m
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		broken := err
		if last {
			broken = nil
		}
		if skip {
			i := resume(buf[:n])
			end := last || broken != nil
			if i == 0 && !end {
				// Keep some, as what is looked for may be cut off.
				keep := min(n, resumeLen)
				base += int64(n - keep)
				n = copy(buf, buf[n-keep:n])
				continue
			}
			rest := ""
			if i == 0 {
				i, rest = n, ", up to the end; other records may be among them"
			}
			skip = false
			env.warn(skipped, fmt.Sprintf("record is longer than %d MiB: %d bytes of it were left out%s", maxRecord>>20, base+int64(i)-skipped, rest))
			n, base = copy(buf, buf[i:n]), base+int64(i)
			if !end {
				continue
			}
		}
		at := n
		if !last && broken == nil {
			at = cut(buf[:n])
		}
		if at > 0 {
			next := env.buffer(max(size, 2*(n-at)))
			rest := copy(next, buf[at:n])
			b := Block{Offset: base, Data: buf[:at], release: env.release}
			buf, n, base = next, rest, base+int64(at)
			if err := emit(b); err != nil {
				return err
			}
		}
		switch {
		case broken != nil:
			return broken
		case last:
			return nil
		case at > 0:
		case n >= maxRecord:
			skip, skipped = true, base
		default:
			next := env.buffer(min(2*n, maxRecord))
			copy(next, buf[:n])
			env.release(buf)
			buf = next
		}
	}
}

// prefixLines walks the lines of a sniffed prefix without their ends and without zero bytes before them, blank ones left
// out. A last line that the
// prefix may have cut off is left out too, unless it is the only one.
func prefixLines(prefix []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		cutOff := len(prefix) >= sniffLen && bytes.IndexByte(prefix, '\n') >= 0
		for len(prefix) > 0 {
			i := bytes.IndexByte(prefix, '\n')
			if i < 0 && cutOff {
				return
			}
			line := prefix
			if i >= 0 {
				line, prefix = prefix[:i], prefix[i+1:]
			} else {
				prefix = nil
			}
			if !blank(line) && !yield(bytes.TrimRight(bytes.TrimLeft(line, "\x00"), "\r")) {
				return
			}
		}
	}
}

// buffers recycles block buffers within one run.
type buffers struct {
	small sync.Pool // of *[]byte with smallBlock bytes
	large sync.Pool // of *[]byte with blockLen bytes
}

// smallBlock is the size of a chunk of an event log.
const smallBlock = 64 << 10

// blockSize is how large blocks of text usually are.
func (e *Env) blockSize() int {
	if e == nil || e.block <= 0 {
		return blockLen
	}
	return e.block
}

// buffer returns a buffer of at least n bytes. Its content is arbitrary.
func (e *Env) buffer(n int) []byte {
	if e == nil || e.buffers == nil || n > blockLen {
		return make([]byte, n)
	}
	pool, size := &e.buffers.large, blockLen
	if n <= smallBlock {
		pool, size = &e.buffers.small, smallBlock
	}
	if p, ok := pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, size)
}

// release takes a buffer back; sizes other than the usual are left to the garbage collector.
func (e *Env) release(b []byte) {
	if e == nil || e.buffers == nil {
		return
	}
	b = b[:cap(b)]
	switch cap(b) {
	case smallBlock:
		e.buffers.small.Put(&b)
	case blockLen:
		e.buffers.large.Put(&b)
	}
}

// warn is [Env.Warn] for an Env that may have none.
func (e *Env) warn(offset int64, msg string) {
	if e != nil && e.Warn != nil {
		e.Warn(offset, msg)
	}
}
