// Package parallel does the same to many things on all processors. It is for work of some microseconds or more that depends on
// nothing else, such as checking many signatures.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// few is how many things are not worth a second processor: to wake one takes some microseconds.
const few = 4

// Each calls do for 0 to n-1, in no order and at the same time, and returns when all are done. What do writes must be its own.
// A panic in do is not recovered.
func Each(n int, do func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if n <= few || workers == 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}
