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
// would squeeze everything else into a corner. outside counts those.
func (h *histogram) focus() (from, to time.Time, outside int64) {
	list := h.sorted()
	if len(list) == 0 {
		return
	}
	var total int64
	for i := range list {
		total += list[i].counts.total()
	}
	lo, hi := 0, len(list)-1
	span := func() int64 { return list[hi].start - list[lo].start + h.width }
	whole := span()
	allowed := total / 50 // at most two in a hundred
	for lo < hi {
		a, b := list[lo].counts.total(), list[hi].counts.total()
		gapLo, gapHi := list[lo+1].start-list[lo].start, list[hi].start-list[hi-1].start
		if gapLo >= gapHi && outside+a <= allowed {
			outside += a
			lo++
		} else if outside+b <= allowed {
			outside += b
			hi--
		} else if outside+a <= allowed {
			outside += a
			lo++
		} else {
			break
		}
	}
	if span()*8 > whole { // not worth hiding anything
		lo, hi, outside = 0, len(list)-1, 0
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
