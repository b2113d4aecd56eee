package report

import (
	"slices"
	"time"
)

// histogram counts findings over time. It keeps only the buckets that hold something, so that a record with a
// broken clock (1601, 2107) costs one bucket and no resolution; when there are too many buckets, neighbours join.
type histogram struct {
	width   int64 // of a bucket, in seconds
	buckets map[int64]*levelCounts
}

// maxBuckets bounds a histogram: 45 days at one minute, years at the widths after it.
const maxBuckets = 1 << 16

func newHistogram() *histogram { return &histogram{width: 60, buckets: map[int64]*levelCounts{}} }

func (h *histogram) add(t time.Time, l level, n int64) {
	if !hasTime(t) {
		return
	}
	k := floorDiv(t.Unix(), h.width)
	b := h.buckets[k]
	if b == nil {
		if len(h.buckets) >= maxBuckets {
			h.widen()
			k = floorDiv(t.Unix(), h.width)
		}
		if b = h.buckets[k]; b == nil {
			b = new(levelCounts)
			h.buckets[k] = b
		}
	}
	b[l] += n
}

// widen makes buckets four times as wide until half of them are free.
func (h *histogram) widen() {
	for len(h.buckets) > maxBuckets/2 {
		h.width *= 4
		joined := make(map[int64]*levelCounts, len(h.buckets)/2)
		for k, b := range h.buckets {
			j := floorDiv(k, 4)
			if joined[j] == nil {
				joined[j] = new(levelCounts)
			}
			for l, n := range b {
				joined[j][l] += n
			}
		}
		h.buckets = joined
	}
}

// bucket is one bucket of a histogram.
type bucket struct {
	start  int64 // seconds since 1970
	counts levelCounts
}

// sorted returns the buckets in order of time.
func (h *histogram) sorted() []bucket {
	out := make([]bucket, 0, len(h.buckets))
	for k, b := range h.buckets {
		out = append(out, bucket{k * h.width, *b})
	}
	slices.SortFunc(out, func(a, b bucket) int {
		switch {
		case a.start < b.start:
			return -1
		case a.start > b.start:
			return 1
		}
		return 0
	})
	return out
}

// focus is the range of time that a picture should show: all of it, unless a few findings lie so far off that they
// would squeeze everything else into a corner. These are at most two in a hundred, and between them and the rest
// there is a gap longer than the rest. outside counts them.
func (h *histogram) focus() (from, to time.Time, outside int64) {
	list := h.sorted()
	if len(list) == 0 {
		return
	}
	var total int64
	for i := range list {
		total += list[i].counts.total()
	}
	allowed := total / 50
	lo, hi := 0, len(list)-1
	for moved := true; moved; {
		moved = false
		cut := outside
		for i := lo; i < hi; i++ {
			if cut += list[i].counts.total(); cut > allowed {
				break
			}
			if list[i+1].start-list[i].start > list[hi].start-list[i+1].start+h.width {
				lo, outside, moved = i+1, cut, true
			}
		}
		cut = outside
		for i := hi; i > lo; i-- {
			if cut += list[i].counts.total(); cut > allowed {
				break
			}
			if list[i].start-list[i-1].start > list[i-1].start-list[lo].start+h.width {
				hi, outside, moved = i-1, cut, true
			}
		}
	}
	return time.Unix(list[lo].start, 0).UTC(), time.Unix(list[hi].start+h.width, 0).UTC(), outside
}

// columns spreads the findings between two times over n columns.
func (h *histogram) columns(from, to time.Time, n int) []levelCounts {
	out := make([]levelCounts, n)
	span := to.Unix() - from.Unix()
	if span <= 0 || n == 0 {
		return out
	}
	for _, b := range h.sorted() {
		d := b.start - from.Unix()
		if d < 0 || d >= span {
			continue
		}
		c := &out[int(float64(d)/float64(span)*float64(n))]
		for l, v := range b.counts {
			c[l] += v
		}
	}
	return out
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
