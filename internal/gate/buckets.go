package gate

import (
	"sync"
	"time"
)

// buckets are token buckets by key. A bucket that has filled up again is forgotten, so that there are no more of them than
// keys within the time that filling takes.
type buckets struct {
	rate  float64 // tokens a second
	burst float64
	now   func() time.Time

	mu    sync.Mutex // guards what follows
	of    map[string]bucket
	swept time.Time
}

type bucket struct {
	tokens float64 // below burst
	at     time.Time
}

func newBuckets(rate float64, burst int, now func() time.Time) *buckets {
	return &buckets{rate: rate, burst: max(1, float64(burst)), now: now, of: map[string]bucket{}, swept: now()}
}

// take takes a token. Where there is none it takes nothing and says how long to wait for one.
func (b *buckets) take(key string) (wait time.Duration) { return b.look(key, 1) }

// wait says how long to wait for a token, and takes none.
func (b *buckets) wait(key string) time.Duration { return b.look(key, 0) }

func (b *buckets) look(key string, take float64) time.Duration {
	if b.rate <= 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	b.sweep(now)
	t := b.burst
	if old, ok := b.of[key]; ok {
		t = b.level(old, now)
	}
	if t < 1 {
		return time.Duration((1 - t) / b.rate * float64(time.Second))
	}
	if take > 0 {
		b.of[key] = bucket{tokens: t - take, at: now}
	}
	return 0
}

func (b *buckets) level(of bucket, now time.Time) float64 {
	return min(b.burst, of.tokens+max(0, now.Sub(of.at).Seconds())*b.rate)
}

// sweep forgets full buckets, from time to time.
func (b *buckets) sweep(now time.Time) {
	every := max(time.Second, time.Duration(b.burst/b.rate*float64(time.Second)))
	if now.Sub(b.swept) < min(every, time.Minute) {
		return
	}
	b.swept = now
	for key, of := range b.of {
		if b.level(of, now) >= b.burst {
			delete(b.of, key)
		}
	}
}
