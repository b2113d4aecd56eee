package store

import (
	"runtime"
	"sync/atomic"
	"time"
)

// pages counts the pages that are being read. Who reads waits for a few milliseconds of work, who imports for minutes: long
// work lets go of its processor from time to time as long as there is anybody to read. Left to itself it would go on for the ten
// milliseconds after which the scheduler takes it away.
type pages struct{ reading atomic.Int32 }

// read runs fn, which reads a page.
func (p *pages) read(fn func() error) error {
	p.reading.Add(1)
	defer p.reading.Add(-1)
	return fn()
}

// turnTime is how long a piece of long work goes on at least: where many read all the time, a turn may be long in coming.
const turnTime = time.Millisecond

// Turns lets those go first who read pages. It is for one goroutine that does long work of another kind.
type Turns struct {
	pages *pages
	last  time.Time
}

// Turns begins long work.
func (s *Store) Turns() Turns { return Turns{pages: &s.pages, last: time.Now()} }

// GiveWay is called between two pieces of the work, each of which takes less than a millisecond. It may be called on nil.
func (t *Turns) GiveWay() {
	if t == nil || t.pages.reading.Load() == 0 || time.Since(t.last) < turnTime {
		return
	}
	runtime.Gosched()
	t.last = time.Now()
}
