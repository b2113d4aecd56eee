package translog

import "iter"

// ahead calls do with the numbers below n, at most width at a time, and gives the results in the order of the numbers. It
// returns when every call that has begun has ended.
func ahead[T any](n int64, width int, do func(int64) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		waiting := make(chan chan T, width)
		stop := make(chan struct{})
		free := make(chan struct{}, width)
		go func() {
			defer close(waiting)
			for i := range n {
				result := make(chan T, 1)
				select {
				case free <- struct{}{}:
				case <-stop:
					return
				}
				go func() {
					result <- do(i)
					<-free
				}()
				select {
				case waiting <- result:
				case <-stop:
					<-result
					return
				}
			}
		}()
		stopped := false
		for result := range waiting {
			v := <-result
			if !stopped && !yield(v) {
				stopped = true
				close(stop)
			}
		}
	}
}
