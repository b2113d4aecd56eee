package report

import (
	"entente/internal/coverage"
	"entente/internal/event"
)

// NeedsEvent says that outputs which show no records ([Format].Bare), and [coverage.Collector], need the one at hand as
// [hunt.Finding].Event: for the account that was impersonated there, or for what it tells of hosts. It may be called by
// several goroutines at a time.
func NeedsEvent(ev *event.Event) bool { return coverage.MayTie(ev) || mayImpersonate(ev) }
