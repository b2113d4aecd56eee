package store

import (
	"sync"
	"testing"
	"testing/synctest"
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
	turns := s.Turns(0)
	for range 200 {
		spin(100 * time.Microsecond)
		turns.GiveWay()
	}
	close(end)
	readers.Wait()
	if n := s.pages.reading.Load(); n != 0 {
		t.Errorf("%d pages are still being read", n)
	}
}

// spin keeps a processor busy.
func spin(d time.Duration) {
	rounds := 0
	for begun := time.Now(); time.Since(begun) < d; {
		rounds++
	}
}

// Who gives way hears of the end of the next page, and of none where there are processors enough.
func TestEndOfPage(t *testing.T) {
	var p pages
	if p.end(1) != nil {
		t.Error("a page ends that nobody reads")
	}
	var first, second <-chan struct{}
	_ = p.read(func() error {
		first = p.end(1)
		if first == nil || p.end(2) != nil {
			t.Error("one page is being read")
		}
		return p.read(func() error {
			if second = p.end(2); second != first {
				t.Error("two who wait for the same page")
			}
			return nil
		})
	})
	for _, c := range []<-chan struct{}{first, second} {
		select {
		case <-c:
		default:
			t.Error("the page has ended, and nobody hears of it")
		}
	}
	if p.end(1) != nil {
		t.Error("a page ends once more")
	}
}

// Long work stands still until a page ends, for so long at most, and then has a turn.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pages
		page := func(d time.Duration) {
			go func() {
				_ = p.read(func() error {
					time.Sleep(d)
					return nil
				})
			}()
			synctest.Wait()
		}
		turns := Turns{pages: &p, many: 1}
		waits := func(want time.Duration) {
			t.Helper()
			begun := time.Now()
			turns.GiveWay()
			if got := time.Since(begun); got != want {
				t.Errorf("waited %s, not %s", got, want)
			}
		}
		waits(0)
		for range 2 * mostWait / (3 * time.Millisecond) { // waits that end sooner give no turn
			page(3 * time.Millisecond)
			waits(3 * time.Millisecond)
			waits(0)
		}
		page(2 * time.Millisecond)
		page(4 * time.Millisecond)
		waits(4 * time.Millisecond)

		page(time.Second)
		waits(mostWait)
		waits(0)
		time.Sleep(turnTime - 1)
		waits(0)
		time.Sleep(time.Nanosecond)
		waits(mostWait)
		time.Sleep(time.Second)
		waits(0)

		turns.many = 2
		page(5 * time.Millisecond)
		waits(0)
		page(3 * time.Millisecond)
		waits(3 * time.Millisecond)
		synctest.Wait()
		time.Sleep(time.Second)

		var none *Turns
		none.GiveWay()
	})
}
