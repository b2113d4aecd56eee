package translog

import (
	"sync/atomic"
	"testing"
)

func TestAhead(t *testing.T) {
	for _, n := range []int64{0, 1, 3, 100} {
		var under, most atomic.Int64
		next := int64(0)
		for got := range ahead(n, 4, func(i int64) int64 {
			most.Store(max(most.Load(), under.Add(1)))
			defer under.Add(-1)
			return i * i
		}) {
			if got != next*next {
				t.Errorf("result %d of %d is %d", next, n, got)
			}
			next++
		}
		if next != n || most.Load() > 4 || under.Load() != 0 {
			t.Errorf("%d of %d results, at most %d at a time, %d still under way", next, n, most.Load(), under.Load())
		}
	}
	var begun, ended atomic.Int64
	for got := range ahead(1000, 4, func(i int64) int64 { begun.Add(1); defer ended.Add(1); return i }) {
		if got == 10 {
			break
		}
	}
	if begun.Load() != ended.Load() || begun.Load() > 30 {
		t.Errorf("left early: %d begun, %d ended", begun.Load(), ended.Load())
	}
}
