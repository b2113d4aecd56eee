package logrange

import (
	"testing"
	"time"
)

func TestRhythmCoversTheWholeTime(t *testing.T) {
	start := ticksOf(time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC))
	for _, span := range []time.Duration{time.Hour, 61 * time.Minute, 3 * 24 * time.Hour, 400 * 24 * time.Hour} {
		r := newRhythm(start, span, 40)
		const whole = 100_000
		last := start
		for i := range uint64(whole) {
			at := r.at(i, whole)
			if at < last || at >= r.end {
				t.Fatalf("%v: at %d of %d it is %v after %v", span, i, whole, at.time(), last.time())
			}
			last = at
		}
		if late := r.end - last; late > ticks(span/100)/20 {
			t.Errorf("%v: the last record is %v before the end", span, time.Duration(late*100))
		}
		if at := r.at(whole, whole); at != r.end-1 {
			t.Errorf("%v: a full range is at %v", span, at.time())
		}
	}
}

func TestRhythmIsBusyByDay(t *testing.T) {
	start := ticksOf(time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC)) // a Monday
	r := newRhythm(start, 7*24*time.Hour, 40)
	var day, night, weekend int
	for i := range uint64(70_000) {
		at := r.at(i, 70_000).time()
		switch h := at.Hour(); {
		case at.Weekday() == time.Saturday || at.Weekday() == time.Sunday:
			weekend++
		case h >= 8 && h < 18:
			day++
		case h < 5:
			night++
		}
	}
	if day < 10*night || day < 10*weekend || night == 0 || weekend == 0 {
		t.Errorf("office hours %d, nights %d, weekend %d", day, night, weekend)
	}
	constant := newRhythm(start, 7*24*time.Hour, 1000)
	if a, b := constant.at(1, 7), constant.at(2, 7); b-a < 23*hour || b-a > 25*hour {
		t.Errorf("a seventh of a week of constant work takes %v", time.Duration((b-a)*100))
	}
}

func TestTimeText(t *testing.T) {
	var c timeText
	at := ticksOf(time.Date(2021, 3, 3, 6, 9, 5, 7_890_100, time.UTC))
	for _, test := range []struct{ got, want string }{
		{string(c.civilSecond(nil, at)), "2021-03-03 06:09:05"},
		{string(c.civilMilli(nil, at)), "2021-03-03 06:09:05.007"},
		{string(c.rfc3339Milli(nil, at)), "2021-03-03T06:09:05.007Z"},
		{string(c.rfc3339Second(nil, at+second)), "2021-03-03T06:09:06Z"},
		{string(c.civilSecond(nil, at)), "2021-03-03 06:09:05"},
	} {
		if test.got != test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
}
