package hunt

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"entente/internal/event"
	"entente/internal/sigma"
)

// recordFilter leaves records out before any rule sees them. It is shared by all workers.
type recordFilter struct {
	since, until time.Time   // zero: open
	timed        atomic.Bool // a record was of that time
	hosts        []*hostFilter
}

// hostFilter is a host that is asked for, by its full or short name; * and ? are wildcards.
type hostFilter struct {
	name string
	glob glob
	met  atomic.Bool
}

// newRecordFilter returns nil where nothing is left out.
func newRecordFilter(since, until time.Time, hosts []string) *recordFilter {
	if since.IsZero() && until.IsZero() && len(hosts) == 0 {
		return nil
	}
	r := &recordFilter{since: since, until: until}
	for _, n := range hosts {
		r.hosts = append(r.hosts, &hostFilter{name: n, glob: compileGlob(sigma.ParsePattern(event.FoldString(n)))})
	}
	return r
}

func (r *recordFilter) keep(ev *event.Event) bool {
	if !r.since.IsZero() && (!ev.HasTime || ev.Time < r.since.UnixNano()) {
		return false
	}
	if !r.until.IsZero() && (!ev.HasTime || ev.Time >= r.until.UnixNano()) {
		return false
	}
	if !r.timed.Load() {
		r.timed.Store(true)
	}
	if len(r.hosts) == 0 {
		return true
	}
	host := event.FoldString(ev.Host)
	short, _, _ := strings.Cut(host, ".")
	kept := false
	for _, h := range r.hosts {
		if h.glob.match([]byte(host)) || h.glob.match([]byte(short)) {
			kept = true
			if !h.met.Load() {
				h.met.Store(true)
			}
		}
	}
	return kept
}

// nothing says that no record was of the time that was asked for. first and last are the times of all records, in
// nanoseconds since 1970; 0 where none has one.
func (r *recordFilter) nothing(first, last int64) []Warning {
	if r == nil || r.timed.Load() {
		return nil
	}
	text := "no record is of the time that was asked for"
	if first != 0 {
		text += ": they are from " + moment(first) + " to " + moment(last)
	} else {
		text += ": none has a time"
	}
	return []Warning{{Offset: -1, Message: text}}
}

// caveats name the hosts that were asked for and of which there was no record.
func (r *recordFilter) caveats() []Warning {
	if r == nil {
		return nil
	}
	var out []Warning
	for _, h := range r.hosts {
		if h.met.Load() {
			continue
		}
		text := fmt.Sprintf("no record is of the host %q", h.name)
		if !r.since.IsZero() || !r.until.IsZero() {
			text += " in the time that was asked for"
		}
		out = append(out, Warning{Offset: -1, Message: text})
	}
	return out
}

// moment is a time for people.
func moment(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339) }
