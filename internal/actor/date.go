package actor

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Date is a date as exactly as somebody has said it: a year, a month, a day or an instant. The zero value is a date of which
// nothing was said.
type Date struct {
	text     string
	from, to time.Time // [from, to)
}

// ParseDate reads 2011, 2011-07, 2021-07-19 or a timestamp of RFC 3339. "" is the zero value.
func ParseDate(s string) (Date, error) {
	d := Date{text: s}
	var err error
	switch len(s) {
	case 0:
		return Date{}, nil
	case len("2006"):
		d.from, err = time.Parse("2006", s)
		d.to = d.from.AddDate(1, 0, 0)
	case len("2006-01"):
		d.from, err = time.Parse("2006-01", s)
		d.to = d.from.AddDate(0, 1, 0)
	case len("2006-01-02"):
		d.from, err = time.Parse("2006-01-02", s)
		d.to = d.from.AddDate(0, 0, 1)
	default:
		d.from, err = time.Parse(time.RFC3339Nano, s)
		d.from = d.from.UTC()
		d.to = d.from.Add(time.Nanosecond)
	}
	if err != nil || d.from.Year() < 1 {
		return Date{}, fmt.Errorf("%q is no date: write 2011, 2011-07, 2021-07-19 or 2021-07-19T11:00:00Z", s)
	}
	return d, nil
}

// DateOf is an instant.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	t = t.UTC()
	return Date{text: t.Format("2006-01-02T15:04:05.999Z"), from: t, to: t.Add(time.Nanosecond)}
}

// IsZero says that nothing was said.
func (d Date) IsZero() bool { return d.text == "" }

// String is the date as it was written, "" where nothing was said.
func (d Date) String() string { return d.text }

// Day is the date for people: no more than the day.
func (d Date) Day() string {
	if i := strings.IndexByte(d.text, 'T'); i > 0 {
		return d.text[:i]
	}
	return d.text
}

// First is the first instant of the date.
func (d Date) First() time.Time { return d.from }

// Last is the last millisecond of the date.
func (d Date) Last() time.Time {
	if d.to.Sub(d.from) <= time.Millisecond {
		return d.from
	}
	return d.to.Add(-time.Millisecond)
}

// Compare orders dates by when they begin, the more exact one first; those of which nothing was said come last.
func (d Date) Compare(e Date) int {
	switch {
	case d.IsZero() || e.IsZero():
		return boolOrder(d.IsZero(), e.IsZero())
	case !d.from.Equal(e.from):
		return d.from.Compare(e.from)
	}
	return d.to.Compare(e.to)
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// MarshalJSON writes the date as it was written.
func (d Date) MarshalJSON() ([]byte, error) { return json.Marshal(d.text) }

// Period is a time from one date to another, both included; an end of which nothing was said is open.
type Period struct {
	From Date `json:"from,omitzero"`
	To   Date `json:"to,omitzero"`
}

// ParsePeriod reads FROM..TO, where one of them may be missing, or one date, which is all of itself.
func ParsePeriod(s string) (Period, error) {
	from, to, two := strings.Cut(s, "..")
	if !two {
		to = from
	}
	var (
		p   Period
		err error
	)
	if p.From, err = ParseDate(from); err != nil {
		return p, err
	}
	if p.To, err = ParseDate(to); err != nil {
		return p, err
	}
	if !p.From.IsZero() && !p.To.IsZero() && p.To.to.Before(p.From.from) {
		return p, fmt.Errorf("%q ends before it begins", s)
	}
	return p, nil
}

// IsZero says that nothing was said.
func (p Period) IsZero() bool { return p.From.IsZero() && p.To.IsZero() }

// Meets says whether the periods may have an instant in common: what was not said excludes nothing.
func (p Period) Meets(q Period) bool {
	before := func(a, b Date) bool { return !a.IsZero() && !b.IsZero() && !a.to.After(b.from) }
	return !before(p.To, q.From) && !before(q.To, p.From)
}

// String is the period for people, "" where nothing was said.
func (p Period) String() string {
	switch {
	case p.IsZero():
		return ""
	case p.From.text == p.To.text:
		return p.From.Day()
	case p.From.IsZero():
		return "until " + p.To.Day()
	case p.To.IsZero():
		return "since " + p.From.Day()
	}
	return p.From.Day() + "–" + p.To.Day()
}
