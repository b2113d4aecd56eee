package exchange

import (
	"context"
	"log/slog"
	"time"

	"entente/internal/stix"
)

// Retention says how long what is taken in is kept. The zero value keeps everything for ever. It is applied when an object is
// stored: a change holds for what comes later.
type Retention struct {
	Keep       time.Duration // after it was added; 0: for ever
	Indicators time.Duration // how long indicators are kept after their valid_until; 0: as everything else. Those without one, too
}

// expires is when an object that is stored now is to be removed, zero for never. Definitions of markings and of extensions
// stay: what others refer to them by would lose its meaning.
func (r Retention) expires(o *stix.Object, now time.Time) time.Time {
	var at time.Time
	switch o.Type {
	case "marking-definition", "extension-definition":
		return at
	}
	if r.Keep > 0 {
		at = now.Add(r.Keep)
	}
	if o.Type != "indicator" || r.Indicators <= 0 {
		return at
	}
	until, ok := o.Root().Child("valid_until")
	if !ok {
		return at
	}
	end, err := stix.ParseTimestamp(until.Text())
	if err != nil {
		return at
	}
	// One that has ended long ago was sent all the same: it gets its time from now on.
	gone := end.Time.Add(r.Indicators)
	if gone.Before(now) {
		gone = now.Add(r.Indicators)
	}
	if at.IsZero() || gone.Before(at) {
		at = gone
	}
	return at
}

// Expire removes what is past its time and says how many items went. The node calls it from time to time.
func (s *Service) Expire(ctx context.Context) (int, error) {
	n, err := s.st.Expire(ctx, s.opt.Now())
	if err != nil || n == 0 {
		return n, meaning(err)
	}
	s.opt.Log.LogAttrs(ctx, slog.LevelInfo, "retention has removed items", slog.Int("items", n))
	return n, s.Audit(ctx, Principal{}, DeedExpire, "", tally{Times: 1, Items: int64(n)})
}
