package logrange

import "math/bits"

// random is a small generator (SplitMix64) whose sequence is part of this package's promise: the standard library's
// convenience methods may change between releases, and the logs must not.
type random struct{ state uint64 }

// derive makes an independent generator for a named part of the range.
func derive(seed uint64, names ...string) *random {
	h := seed ^ 0x9E3779B97F4A7C15
	for _, n := range names {
		h = mix64(h + 0xCBF29CE484222325)
		for i := range len(n) {
			h = (h ^ uint64(n[i])) * 0x100000001B3
		}
	}
	return &random{state: mix64(h)}
}

func mix64(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (r *random) next() uint64 {
	r.state += 0x9E3779B97F4A7C15
	return mix64(r.state)
}

// below returns a number from 0 to n-1; n is at least 1.
func (r *random) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// between returns a number from lo to hi, both included.
func (r *random) between(lo, hi int) int { return lo + r.below(hi-lo+1) }

// permille is true n times in a thousand.
func (r *random) permille(n int) bool { return r.below(1000) < n }

// pick returns one of list, which is not empty.
func pick[T any](r *random, list []T) T { return list[r.below(len(list))] }

// lottery draws indices by weight in constant time.
type lottery struct{ tickets [1024]uint8 }

// newLottery gives every weight above zero at least one ticket. At most 256 weights are heeded.
func newLottery(weights []int) *lottery {
	weights = weights[:min(len(weights), 256)]
	sum := 0
	for _, w := range weights {
		sum += w
	}
	l := &lottery{}
	if sum == 0 {
		return l
	}
	at := 0
	for i, w := range weights {
		if w == 0 {
			continue
		}
		n := max(1, w*len(l.tickets)/sum)
		for ; n > 0 && at < len(l.tickets); n-- {
			l.tickets[at] = uint8(i)
			at++
		}
	}
	// Rounding leaves a few tickets: they go to the heaviest.
	best := 0
	for i, w := range weights {
		if w > weights[best] {
			best = i
		}
	}
	for ; at < len(l.tickets); at++ {
		l.tickets[at] = uint8(best)
	}
	return l
}

func (l *lottery) draw(r *random) int { return int(l.tickets[r.next()>>54]) }
