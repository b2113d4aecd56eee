package store

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// pages counts the pages that are being read. Who reads waits for a few milliseconds of work, who imports for minutes: long
// work stands still while there is anybody to read and no processor left for it. To let go of the processor now and then is not
// enough: where there are more threads than processors the system runs each for some milliseconds, about as long as a page takes.
type pages struct {
	reading atomic.Int32
	mu      sync.Mutex
	ended   chan struct{} // closed when the next page ends; nil: nobody waits for that
}

// Ahead runs fn, which reads for somebody who waits: long work of this process gives way to it meanwhile. fn must not write: the
// writer would give way to it.
func (s *Store) Ahead(fn func() error) error { return s.pages.read(fn) }

// read runs fn, which reads a page.
func (p *pages) read(fn func() error) error {
	p.reading.Add(1)
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.reading.Add(-1)
		if p.ended != nil {
			close(p.ended)
			p.ended = nil
		}
	}()
	return fn()
}

// end is closed when the next page ends. It is nil where as many are not being read.
func (p *pages) end(many int32) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reading.Load() < many {
		return nil
	}
	if p.ended == nil {
		p.ended = make(chan struct{})
	}
	return p.ended
}

// Where pages are read all the time, long work goes on for turnTime after it has waited for mostWait, a few pages long. Waits that
// end sooner do not add up: between them there was a processor for it, if not for long.
const (
	turnTime = 5 * time.Millisecond
	mostWait = 10 * time.Millisecond
)

// Turns lets those go first who read pages. It is for one goroutine that does long work of another kind.
type Turns struct {
	pages *pages
	many  int32     // pages that leave no processor for it
	until time.Time // its turn, where it had to wait for one
}

// Turns begins long work, beside so many others that are more urgent. As much goes on as there are processors: first what is read,
// one thing for the system and the collector of garbage, who stores, who reads a stream, who prepares objects of it.
func (s *Store) Turns(beside int) Turns { return s.pages.turns(beside) }

func (p *pages) turns(beside int) Turns {
	return Turns{pages: p, many: int32(max(runtime.GOMAXPROCS(0)-beside, 1))}
}

// GiveWay is called between two pieces of the work, each of which takes less than a millisecond. It may be called on nil.
func (t *Turns) GiveWay() {
	if t == nil || t.pages.reading.Load() < t.many || time.Now().Before(t.until) {
		return
	}
	enough := time.NewTimer(mostWait)
	defer enough.Stop()
	for {
		end := t.pages.end(t.many)
		if end == nil {
			return
		}
		select {
		case <-end:
		case <-enough.C:
			t.until = time.Now().Add(turnTime)
			return
		}
	}
}
