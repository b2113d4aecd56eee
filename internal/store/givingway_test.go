package store

import (
	"sync"
	"testing"
	"time"
)

// Long work goes on while pages are read all the time, and counts them rightly whatever becomes of them.
func TestGivingWay(t *testing.T) {
	var s Store
	end := make(chan struct{})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
					_ = s.pages.read(func() error {
						spin(time.Millisecond)
						return errClosed
					})
				}
			}
		})
	}
	turns := s.Turns()
	for range 200 {
		spin(100 * time.Microsecond)
		turns.GiveWay()
	}
	close(end)
	readers.Wait()
	if n := s.pages.reading.Load(); n != 0 {
		t.Errorf("%d pages are still being read", n)
	}
	var none *Turns
	none.GiveWay()
}

// spin keeps a processor busy.
func spin(d time.Duration) {
	rounds := 0
	for begun := time.Now(); time.Since(begun) < d; {
		rounds++
	}
}
