package source

import (
	"context"
	"io"
	"sync"
)

const (
	aheadLen   = 256 << 10 // of one buffer
	aheadCount = 4         // buffers between the two goroutines
)

// aheadReader reads from another goroutine, so that unpacking runs beside splitting, and so that a read that never
// returns (a terminal, a pipe) does not hold up cancellation.
type aheadReader struct {
	ctx   context.Context //nolint:containedctx // a reader lives for one stream
	full  chan aheadBuf
	empty chan []byte
	stop  func()
	cur   aheadBuf
	rest  []byte
	err   error
}

type aheadBuf struct {
	data []byte
	err  error
}

// readAhead starts reading r. The caller calls close when it is done with the reader; r is in use until then. Where a
// call of r.Read may take forever, mayHang keeps close from waiting for it once the context is done.
func readAhead(ctx context.Context, r io.Reader, mayHang bool) *aheadReader {
	ctx, cancel := context.WithCancel(ctx)
	a := &aheadReader{ctx: ctx, full: make(chan aheadBuf, aheadCount), empty: make(chan []byte, aheadCount)}
	done := make(chan struct{})
	for range aheadCount {
		a.empty <- nil
	}
	go func() {
		defer close(done)
		defer close(a.full)
		for {
			var b []byte
			select {
			case b = <-a.empty:
			case <-ctx.Done():
				return
			}
			if b == nil {
				b = make([]byte, aheadLen)
			}
			n, err := 0, error(nil)
			if fault := guard(func() error { n, err = readSome(r, b); return nil }); fault != nil {
				n, err = 0, fault
			}
			select {
			case a.full <- aheadBuf{b[:n], err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	var once sync.Once
	a.stop = func() {
		once.Do(func() {
			leave := mayHang && ctx.Err() != nil
			cancel()
			if !leave {
				<-done
			}
		})
	}
	return a
}

// readSome reads until b is full, the stream ends, or what came so far is all there is for the moment.
func readSome(r io.Reader, b []byte) (int, error) {
	n := 0
	for n < len(b) {
		m, err := r.Read(b[n:])
		n += m
		if err != nil {
			return n, err
		}
		if n >= len(b)/2 {
			break
		}
	}
	return n, nil
}

// Read implements [io.Reader].
func (a *aheadReader) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.err != nil {
			return 0, a.err
		}
		if a.cur.data != nil {
			a.empty <- a.cur.data[:cap(a.cur.data)]
			a.cur.data = nil
		}
		select {
		case b, ok := <-a.full:
			if !ok {
				a.err = a.ctx.Err()
				if a.err == nil {
					a.err = io.EOF
				}
				continue
			}
			a.cur, a.rest, a.err = b, b.data, b.err
		case <-a.ctx.Done():
			a.err = a.ctx.Err()
		}
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

func (a *aheadReader) close() { a.stop() }
