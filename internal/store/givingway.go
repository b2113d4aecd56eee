package store

import (
	"runtime"
	"sync/atomic"
)

// pages counts the pages that are being read. Who reads waits for a few milliseconds of work, who imports for minutes: long
// work lets go of its processor between its pieces as long as there is anybody to read. Left to itself it would go on for the
// ten milliseconds after which the scheduler takes it away.
type pages struct{ reading atomic.Int32 }

// read runs fn, which reads a page.
func (p *pages) read(fn func() error) error {
	p.reading.Add(1)
	defer p.reading.Add(-1)
	return fn()
}

func (p *pages) giveWay() {
	if p != nil && p.reading.Load() > 0 {
		runtime.Gosched()
	}
}

// GiveWay lets those go first who read pages. It is called between the pieces of long work that is not for a page, each of which
// takes less than a millisecond.
func (s *Store) GiveWay() { s.pages.giveWay() }
