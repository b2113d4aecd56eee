package hunt

import (
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"entente/internal/event"
)

// recordFilter leaves records out before any rule sees them. It is shared by all workers.
type recordFilter struct {
	since, until time.Time   // zero: open
	timed        atomic.Bool // a record was of that time
	hosts        []*hostFilter
	nameless     atomic.Int64 // records that were left out for want of a name, see [event.HostFilter.Unsure]
}

// timeSpan are the times of the first and the last of some records, in nanoseconds since 1970; 0 where none has one.
type timeSpan struct{ first, last int64 }

func (s *timeSpan) add(ev *event.Event) {
	if ev.HasTime {
		s.join(timeSpan{ev.Time, ev.Time})
	}
}

func (s *timeSpan) join(o timeSpan) {
	if o == (timeSpan{}) {
		return
	}
	if *s == (timeSpan{}) {
		*s = o
		return
	}
	s.first, s.last = min(s.first, o.first), max(s.last, o.last)
}

func (s timeSpan) times() (first, last time.Time) {
	if s == (timeSpan{}) {
		return time.Time{}, time.Time{}
	}
	return time.Unix(0, s.first).UTC(), time.Unix(0, s.last).UTC()
}

// hostFilter is a host that is asked for.
type hostFilter struct {
	event.HostFilter
	met atomic.Bool
}

// newRecordFilter returns nil where nothing is left out.
func newRecordFilter(since, until time.Time, hosts []string) *recordFilter {
	if since.IsZero() && until.IsZero() && len(hosts) == 0 {
		return nil
	}
	r := &recordFilter{since: since, until: until}
	for _, n := range hosts {
		r.hosts = append(r.hosts, &hostFilter{HostFilter: event.NewHostFilter(n)})
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
	kept := false
	for _, h := range r.hosts {
		if h.Matches(host) {
			kept = true
			if !h.met.Load() {
				h.met.Store(true)
			}
		}
	}
	if !kept && slices.ContainsFunc(r.hosts, func(h *hostFilter) bool { return h.Unsure(host) }) {
		r.nameless.Add(1)
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

// caveats name the hosts that were asked for and of which there was no record, and say how many records could be of them.
func (r *recordFilter) caveats() []Warning { return append(r.unmet(), r.unknown()...) }

// unmet names the hosts that were asked for and of which there was no record.
func (r *recordFilter) unmet() (out []Warning) {
	if r == nil {
		return nil
	}
	for _, h := range r.hosts {
		if h.met.Load() {
			continue
		}
		text := fmt.Sprintf("no record is of the host %q", h.Name())
		if !r.since.IsZero() || !r.until.IsZero() {
			text += " in the time that was asked for"
		}
		out = append(out, Warning{Offset: -1, Message: text})
	}
	return out
}

// unknown says how many records could be of the hosts that were asked for.
func (r *recordFilter) unknown() (out []Warning) {
	if r == nil {
		return nil
	}
	if n := r.nameless.Load(); n > 0 {
		var asked []string
		for _, h := range r.hosts {
			asked = append(asked, h.Name())
		}
		out = append(out, Warning{Offset: -1, Message: Nameless(n, "record", asked)})
	}
	return out
}

// Nameless says how many records --host left out because they do not name their host, or not as far as the hosts that were
// asked for do.
func Nameless(n int64, noun string, asked []string) string {
	lack := " with no host or only an address"
	for _, name := range asked {
		if h := event.NewHostFilter(name); h.DomainOnly() {
			lack = " with no host, only an address, or a host without the domain that " + strconv.Quote(h.Name()) + " asks for"
			break
		}
	}
	if n == 1 {
		return "--host left out 1 " + noun + lack + ": read its file without it"
	}
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return "--host left out " + digits + " " + noun + "s" + lack + ": read their files without it"
}

// moment is a time for people.
func moment(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339) }
