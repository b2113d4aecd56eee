package store

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Dates rise, lie between the arrival and the storing as long as there is room, and their distances tell no numbers.
func TestDates(t *testing.T) {
	const second = int64(1e6)
	now := int64(1_800_000_000) * second
	for name, c := range map[string]struct {
		last, came int64
		n          int64
		most       int64 // of the last date, after now
	}{
		"one":                             {now - second, now - 3000, 1, 0},
		"some":                            {now - second, now - 3000, 5, 100},
		"a thousand in time":              {now - 60_000, now - 90_000, 1000, 500},
		"a thousand at once":              {now - 10, now - 10, 1000, 40_000},
		"arrival not known":               {now - second, now, 3, 200},
		"arrival after the storing":       {now - second, now + second, 3, 200},
		"arrival long ago":                {now - 1000*second, now - 500*second, 2, 0},
		"the clock went back for a while": {now + 9*second, now - 100, 100, 9*second + 10_000},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDates()
			for range 200 {
				last := c.last
				for left := c.n; left > 0; left-- {
					at := d.next(last, c.came, now, left)
					if at <= last {
						t.Fatalf("%d is not after %d", at, last)
					}
					if at < c.came && c.came <= now || at < now-dateSpan.Microseconds() {
						t.Fatalf("%d µs before now: before it came", now-at)
					}
					last = at
				}
				if last > now+c.most {
					t.Fatalf("%d µs after now", last-now)
				}
			}
		})
	}
}

// How far apart two items are does not say whether one, two or ten are between them.
func TestDatesTellNoNumbers(t *testing.T) {
	d := newDates()
	for name, room := range map[string]int64{"with room": 5000, "without": 0} {
		var apart [3][]int64 // of neighbours; with one, two between them
		for range 4000 {     // enough that chance does not fail it
			last := int64(0)
			var at []int64
			for left := int64(20); left > 0; left-- {
				last = d.next(last, 1, 1+room, left)
				at = append(at, last)
			}
			for between := range apart {
				apart[between] = append(apart[between], at[between+5]-at[4])
			}
		}
		for between := range apart {
			slices.Sort(apart[between])
		}
		// A quarter of the neighbours is further apart than a quarter of those with two items between them, and all overlap.
		n := len(apart[0])
		if apart[0][n*9/10] < apart[2][n*3/10] || apart[0][n/2] < 3 || apart[2][0] > apart[0][n*9/10] {
			t.Errorf("%s: neighbours are %d to %d µs apart, with two between them %d to %d", name,
				apart[0][n/10], apart[0][n*9/10], apart[2][n/10], apart[2][n*9/10])
		}
	}
}

// At 20,000 items in a second dates do not run away from the clock.
func TestDatesStayBehindTheClock(t *testing.T) {
	for _, batch := range []int64{1, 10, 1000} {
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			d := newDates()
			now, last := int64(1e15), int64(0)
			for i := int64(0); i < 100_000; i += batch {
				came := now
				now += batch * 50
				for left := batch; left > 0; left-- {
					last = d.next(last, came, now, left)
				}
				if ahead := time.Duration(last-now) * time.Microsecond; ahead > 50*time.Millisecond {
					t.Fatalf("%v after the clock with %d items", ahead, i)
				}
			}
		})
	}
}
