package coverage

import "time"

// span is a range of time; its ends are zero where nothing with a time was added.
type span struct{ first, last time.Time }

func (s *span) add(first, last time.Time) {
	if !first.IsZero() && (s.first.IsZero() || first.Before(s.first)) {
		s.first = first
	}
	if !first.IsZero() && last.Before(first) {
		last = first
	}
	if last.After(s.last) {
		s.last = last
	}
}
