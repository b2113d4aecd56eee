package report

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestHistogramCounts(t *testing.T) {
	h := newHistogram()
	at := time.Date(2024, 1, 1, 0, 0, 30, 0, time.UTC)
	h.add(at, high, 2)
	h.add(at.Add(20*time.Second), low, 1)
	h.add(at.Add(-time.Minute), low, 1)
	h.add(time.Time{}, low, 5)
	h.add(time.Date(30828, 1, 1, 0, 0, 0, 0, time.UTC), low, 5)
	list := h.sorted()
	if len(list) != 2 || list[1].counts[high] != 2 || list[1].counts[low] != 1 || list[0].start != at.Unix()-90 {
		t.Errorf("buckets %+v", list)
	}
	from, to, outside := h.focus()
	cols := h.columns(from, to, 4)
	if outside != 0 || cols[0].total() != 1 || cols[2].total() != 3 {
		t.Errorf("columns %v from %v to %v", cols, from, to)
	}
}

func TestHistogramBeforeTheEpoch(t *testing.T) {
	h := newHistogram()
	h.add(time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC), low, 1)
	h.add(time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), low, 1)
	if list := h.sorted(); len(list) != 2 || list[1].start != -60 {
		t.Errorf("buckets %+v", list)
	}
}

func TestHistogramIsBoundedAndLosesNothing(t *testing.T) {
	h := newHistogram()
	r := rand.New(rand.NewPCG(1, 2))
	const n = 400_000
	for range n {
		h.add(time.Unix(r.Int64N(60*365*24*3600), 0), level(r.IntN(int(levelCount))), 1)
	}
	if len(h.buckets) > maxBuckets {
		t.Errorf("%d buckets", len(h.buckets))
	}
	var total int64
	for _, b := range h.sorted() {
		total += b.counts.total()
	}
	if total != n {
		t.Errorf("%d counted, wanted %d", total, n)
	}
}

func TestFocusLeavesOutliersOut(t *testing.T) {
	h := newHistogram()
	at := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range 1000 {
		h.add(at.Add(time.Duration(i)*time.Minute), low, 1)
	}
	for _, odd := range []int{1601, 1970, 2107} {
		h.add(time.Date(odd, 1, 1, 0, 0, 0, 0, time.UTC), low, 1)
	}
	from, to, outside := h.focus()
	if outside != 3 || !from.Equal(at) || to.Sub(from) != 1000*time.Minute {
		t.Errorf("%v to %v, %d outside", from, to, outside)
	}
	// Two equal halves far apart are both worth seeing.
	h = newHistogram()
	for i := range 100 {
		h.add(at.Add(time.Duration(i)*time.Minute), low, 1)
		h.add(at.AddDate(3, 0, 0).Add(time.Duration(i)*time.Minute), low, 1)
	}
	if _, _, outside := h.focus(); outside != 0 {
		t.Errorf("%d outside", outside)
	}
}
