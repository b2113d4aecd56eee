package store

import (
	"crypto/rand"
	"math"
	mrand "math/rand/v2"
	"time"
)

// Between two items that somebody sees there may be others. Dates a microsecond apart would tell how many; so date_added is a
// random moment between the arrival of a submission and its storing, and the moments of its items are as far apart as chance
// has it. Where there is no room between the two, because the clock went back or the arrival is not known, dates go on after
// the last one by random steps.
const (
	// dateSpan is how long before it is stored an item may be said to have been added, at most.
	dateSpan = 250 * time.Millisecond
	// dateRoom are the microseconds that there have to be for each item. Steps are 20 on average where there are fewer, so
	// that dates stay behind the clock up to 50,000 items in a second.
	dateRoom = 16
)

// dates draws dates. Nobody who has seen some of them can tell the next.
type dates struct{ *mrand.Rand }

func newDates() dates {
	var seed [32]byte
	rand.Read(seed[:])                              // never fails
	return dates{mrand.New(mrand.NewChaCha8(seed))} //nolint:gosec // ChaCha8 is a cipher, and the seed is from crypto/rand
}

// next draws the date of the first of left items that are to be put between came and now, all of them after last. All are
// microseconds.
func (d dates) next(last, came, now, left int64) int64 {
	low := max(last, min(came, now), now-dateSpan.Microseconds())
	high := now
	if high-low < left*dateRoom {
		high = low + left*(dateRoom/2+d.Int64N(3*dateRoom/2+1))
	}
	// The least of left random numbers, from a single one.
	free := high - low - left
	first := int64(float64(free+1) * (1 - math.Pow(d.Float64(), 1/float64(left))))
	return low + 1 + min(first, free)
}
