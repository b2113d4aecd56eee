package gate

import (
	"fmt"
	"testing"
	"time"
)

func TestBuckets(t *testing.T) {
	now := time.Date(2021, 7, 19, 12, 0, 0, 0, time.UTC)
	b := newBuckets(2, 3, func() time.Time { return now })
	for i := range 3 {
		if wait := b.take("a"); wait != 0 {
			t.Fatalf("request %d of the burst waits %v", i, wait)
		}
	}
	if wait := b.take("a"); wait != 500*time.Millisecond {
		t.Errorf("after the burst: wait %v, want 500ms", wait)
	}
	if wait := b.take("b"); wait != 0 {
		t.Errorf("another caller waits %v", wait)
	}
	now = now.Add(500 * time.Millisecond)
	if wait := b.wait("a"); wait != 0 {
		t.Errorf("looking after the wait: %v", wait)
	}
	if wait := b.take("a"); wait != 0 {
		t.Errorf("after the wait: %v", wait)
	}
	if wait := b.take("a"); wait == 0 {
		t.Error("a second request after the wait passes")
	}
	now = now.Add(-time.Hour) // a clock that is set back stops nobody for longer
	if wait := b.take("a"); wait > 500*time.Millisecond {
		t.Errorf("after the clock went back: wait %v", wait)
	}
}

func TestBucketsForget(t *testing.T) {
	now := time.Date(2021, 7, 19, 12, 0, 0, 0, time.UTC)
	b := newBuckets(10, 10, func() time.Time { return now })
	for i := range 5000 {
		b.take(fmt.Sprint(i))
	}
	now = now.Add(2 * time.Second)
	b.take("one more")
	if n := len(b.of); n > 1 {
		t.Errorf("%d buckets are kept after they have filled up", n)
	}
}

func TestNoLimit(t *testing.T) {
	b := newBuckets(0, 0, time.Now)
	for range 1000 {
		if b.take("a") != 0 {
			t.Fatal("a rate of 0 is no limit")
		}
	}
}
