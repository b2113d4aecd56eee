package triage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"entente/internal/event"
)

// Filter chooses records. The zero value takes all.
type Filter struct {
	Since time.Time // only records from then on; zero: all
	Until time.Time // only records before then; zero: all
	Hosts []string  // see [event.HostFilter]
	// Nameless counts the records that Hosts leave out although they may be of them, see [event.HostFilter.Unsure]; nil counts none.
	Nameless *atomic.Int64
	// Channels are compared without case, as a whole or without what most names of Windows begin and end with
	// (Sysmon is Microsoft-Windows-Sysmon/Operational); * stands for any text.
	Channels []string
	IDs      []IDRange
}

// IDRange is a range of event ids, both ends included.
type IDRange struct{ From, To uint32 }

// ParseIDs reads "4624", "4624,4625" or "4700-4799".
func ParseIDs(list string) ([]IDRange, error) {
	var out []IDRange
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		a, b, ranged := strings.Cut(part, "-")
		from, err := strconv.ParseUint(strings.TrimSpace(a), 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%q is no event id: write 4624, or a range as 4700-4799", part)
		}
		to := from
		if ranged {
			if to, err = strconv.ParseUint(strings.TrimSpace(b), 10, 32); err != nil || to < from {
				return nil, fmt.Errorf("%q is no range of event ids: write it as 4700-4799", part)
			}
		}
		out = append(out, IDRange{uint32(from), uint32(to)})
	}
	return out, nil
}

// Timed says that records without a time are left out.
func (f *Filter) Timed() bool { return !f.Since.IsZero() || !f.Until.IsZero() }

// matcher applies a filter; each worker has its own, as it remembers answers.
type matcher struct {
	since, until       int64
	timed              bool
	channels           []string // folded
	hosts              []event.HostFilter
	count              *atomic.Int64
	ids                []IDRange
	byHost, byChannel  map[string]bool
	lastHost, lastChan string
	hostOK, chanOK     bool
}

// newMatcher returns nil for a filter that takes all.
func newMatcher(f *Filter) *matcher {
	if f.Since.IsZero() && f.Until.IsZero() && len(f.Hosts)+len(f.Channels)+len(f.IDs) == 0 {
		return nil
	}
	m := &matcher{since: -1 << 63, until: 1<<63 - 1, ids: f.IDs, byHost: map[string]bool{}, byChannel: map[string]bool{}, count: f.Nameless}
	if !f.Since.IsZero() {
		m.since, m.timed = f.Since.UnixNano(), true
	}
	if !f.Until.IsZero() {
		m.until, m.timed = f.Until.UnixNano(), true
	}
	for _, h := range f.Hosts {
		m.hosts = append(m.hosts, event.NewHostFilter(h))
	}
	for _, c := range f.Channels {
		m.channels = append(m.channels, event.FoldString(strings.TrimSpace(c)))
	}
	return m
}

// keep says whether a record is wanted, and counts it where that cannot be told. A nil matcher wants all.
func (m *matcher) keep(ev *event.Event) bool {
	ok, nameless := m.wants(ev)
	if nameless {
		m.leaveOut()
	}
	return ok
}

// leaveOut counts a record that could be of a host that is asked for.
func (m *matcher) leaveOut() {
	if m.count != nil {
		m.count.Add(1)
	}
}

// wants says whether a record is wanted, and if not, whether it is for want of a host's name alone.
func (m *matcher) wants(ev *event.Event) (ok, nameless bool) {
	if m == nil {
		return true, false
	}
	if m.timed && (!ev.HasTime || ev.Time < m.since || ev.Time >= m.until) {
		return false, false
	}
	if len(m.ids) > 0 && !slices.ContainsFunc(m.ids, func(r IDRange) bool { return ev.EventID >= r.From && ev.EventID <= r.To }) {
		return false, false
	}
	if len(m.channels) > 0 {
		if ev.Channel != m.lastChan || !m.chanOK {
			m.lastChan, m.chanOK = strings.Clone(ev.Channel), m.remember(m.byChannel, ev.Channel, m.isChannel)
		}
		if !m.chanOK {
			return false, false
		}
	}
	if len(m.hosts) > 0 {
		if ev.Host != m.lastHost || !m.hostOK {
			m.lastHost, m.hostOK = strings.Clone(ev.Host), m.remember(m.byHost, ev.Host, m.isHost)
		}
		if !m.hostOK {
			host := event.FoldString(ev.Host)
			return false, slices.ContainsFunc(m.hosts, func(f event.HostFilter) bool { return f.Unsure(host) })
		}
	}
	return true, false
}

// maxRemembered bounds the answers that a matcher keeps.
const maxRemembered = 4096

func (m *matcher) remember(known map[string]bool, name string, is func(string) bool) bool {
	ok, found := known[name]
	if !found {
		ok = is(event.FoldString(name))
		if len(known) >= maxRemembered {
			clear(known)
		}
		known[strings.Clone(name)] = ok
	}
	return ok
}

func (m *matcher) isHost(host string) bool {
	return slices.ContainsFunc(m.hosts, func(f event.HostFilter) bool { return f.Matches(host) })
}

func (m *matcher) isChannel(channel string) bool {
	short := shortChannel(channel)
	return slices.ContainsFunc(m.channels, func(want string) bool {
		if strings.Contains(want, "*") {
			return wildcard(want, channel)
		}
		return want == channel || want == short
	})
}

// shortChannel leaves out what most channels of Windows have in common. The name is folded.
func shortChannel(channel string) string {
	s := strings.TrimPrefix(channel, "microsoft-windows-")
	if head, tail, ok := strings.Cut(s, "/"); ok && (tail == "operational" || tail == "admin") {
		s = head
	}
	return s
}

// wildcard matches a pattern whose stars stand for any text.
func wildcard(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return s == pattern
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}
