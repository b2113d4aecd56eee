package coverage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/stretch"
)

// GapKind says what is missing from a log.
type GapKind string

// The kinds of gaps.
const (
	Silent  GapKind = "silent"      // a time without records, in a log that usually writes much more often
	Late    GapKind = "begins-late" // other logs of the host begin at least a day before
	Early   GapKind = "ends-early"  // other logs of the host go on for at least a day
	Cleared GapKind = "cleared"     // a record says that the log was cleared, or the channel that it stands in says that some log was
)

// Gap is a time of which a log says nothing, though the host was there: that nothing was found in it means nothing.
type Gap struct {
	Log      string // what people call it
	Kind     GapKind
	From, To time.Time // From is To where a log was cleared
}

// Bounds of gaps. A pause of all logs of a host may be a machine that was off at night, and counts from a day on.
const (
	gapLeast = int64(time.Hour)
	gapDay   = int64(24 * time.Hour)
	maxGaps  = 20 // of a host
)

// hostLog is a log of a host.
type hostLog struct {
	source  event.Source
	channel string
}

// logTimes are the times of the logs of each host.
func (m *maker) logTimes(list []hunt.LogTimes) map[string]map[hostLog]*stretch.Set {
	out := map[string]map[hostLog]*stretch.Set{}
	for i := range list {
		t := &list[i]
		host, key := m.ids.canonical(t.Host, t.File), hostLog{source: t.Source}
		if t.Source == event.SourceWindows || t.Source == event.SourceZeek { // channels of others are kinds of records
			key.channel = t.Channel
		}
		if host == "" || family(t.Source) == "" {
			continue // of many machines, or no log of a machine
		}
		if out[host] == nil {
			out[host] = map[hostLog]*stretch.Set{}
		}
		set := out[host][key]
		if set == nil {
			s := stretch.New(t.Times.Join, max(len(t.Times.List), 128))
			set = &s
			out[host][key] = set
		}
		set.Merge(&t.Times)
	}
	return out
}

// gapsOf are what is missing from the logs of a host, the longest first.
func gapsOf(logs map[hostLog]*stretch.Set, cleared []Gap) []Gap {
	keys := make([]hostLog, 0, len(logs))
	for k := range logs {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b hostLog) int {
		return cmp.Or(cmp.Compare(a.source, b.source), strings.Compare(a.channel, b.channel))
	})
	others := func(k hostLog, from, to int64) bool {
		return slices.ContainsFunc(keys, func(o hostLog) bool { return o != k && logs[o].Any(from, to) })
	}
	var first, last int64
	for i, k := range keys {
		l := logs[k].List
		if i == 0 || l[0].First < first {
			first = l[0].First
		}
		if i == 0 || l[len(l)-1].Last > last {
			last = l[len(l)-1].Last
		}
	}
	var out []Gap
	add := func(k hostLog, kind GapKind, from, to int64) {
		out = append(out, Gap{Log: recordsName(k), Kind: kind, From: time.Unix(0, from).UTC(), To: time.Unix(0, to).UTC()})
	}
	union := stretch.New(int64(10*time.Minute), 1024)
	for _, k := range keys {
		s := logs[k]
		union.Merge(s)
		holes, longest := standOut(s, false)
		for _, i := range holes {
			if from, to := s.List[i-1].Last, s.List[i].First; others(k, from, to) {
				add(k, Silent, from, to)
			}
		}
		begin, end := s.List[0].First, s.List[len(s.List)-1].Last
		if !steady(s, longest) {
			continue
		}
		if d := begin - first; d >= gapDay && d > ratio*longest {
			add(k, Late, first, begin)
		}
		if d := last - end; d >= gapDay && d > ratio*longest {
			add(k, Early, end, last)
		}
	}
	holes, _ := standOut(&union, true)
	for _, i := range holes {
		add(hostLog{}, Silent, union.List[i-1].Last, union.List[i].First)
	}
	slices.SortStableFunc(out, func(a, b Gap) int { return cmp.Compare(b.To.Sub(b.From), a.To.Sub(a.From)) })
	return append(slices.Clone(cleared), out...)
}

// ratio is how much longer a gap is than any pause that the log has otherwise.
const ratio = 4

// standOut lists the pauses, by the index of the stretch behind, that are unlike any other in the log, and says how long the
// longest of all is. Such a pause lasts an hour at least and four times as long as the next, and the log is there for a
// quarter of the time that it is silent. Of all logs of a host together it lasts a day, whatever there is besides. Two or
// three of one length are nights.
func standOut(s *stretch.Set, all bool) (holes []int, longest int64) {
	const most = 3
	at := make([]int, 0, len(s.List))
	for i := 1; i < len(s.List); i++ {
		at = append(at, i)
	}
	if len(at) == 0 {
		return nil, 0
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(s.Gap(b), s.Gap(a)) })
	longest = s.Gap(at[0])
	there, silent := s.List[len(s.List)-1].Last-s.List[0].First, int64(0)
	for k := 1; k <= min(most, len(at)); k++ {
		d, next := s.Gap(at[k-1]), s.Join
		if k < len(at) {
			next = s.Gap(at[k])
		}
		there, silent = there-d, silent+d
		switch {
		case d < gapLeast:
			return holes, longest
		case all && (d < gapDay || records(s) < fewRecords), !all && (there < silent/ratio || records(s) < minRecords || filled(s) < there/ratio):
			return holes, longest
		case k > 1 && s.Gap(at[k-2])/3*2 < d: // of one length
			return holes, longest
		case d/ratio >= next:
			holes = at[:k]
		}
	}
	return holes, longest
}

// steady says that a log is there for a while without a pause that is long for it.
func steady(s *stretch.Set, longest int64) bool {
	span := s.List[len(s.List)-1].Last - s.List[0].First
	return records(s) >= minRecords && span >= 2*gapLeast && longest <= span/ratio
}

// minRecords of a log tell how often it writes.
const minRecords = 50

// fewRecords are enough to wonder at a day without any.
const fewRecords = 10

// filled is how long the stretches are together: a log that writes in bursts has short ones.
func filled(s *stretch.Set) (ns int64) {
	for _, c := range s.List {
		ns += c.Last - c.First
	}
	return ns
}

func records(s *stretch.Set) (n int64) {
	for _, c := range s.List {
		n += c.N
	}
	return n
}

// recordsName is what people call a log, by its records.
func recordsName(k hostLog) string {
	switch k.source {
	case "":
		return "every log"
	case event.SourceWindows:
		return channelName(k.channel)
	case event.SourceIIS:
		return logTitles["web/iis"]
	case event.SourceHTTPProxy:
		return logTitles["exchange/httpproxy"]
	case event.SourceECP:
		return logTitles["exchange/ecp"]
	case event.SourceWebAccess:
		return logTitles["web/access"]
	case event.SourceAuditd:
		return logTitles["linux/auditd"]
	case event.SourceSysmonLinux:
		return logTitles["linux/sysmon"]
	default:
		return strings.TrimSpace(string(k.source) + " " + k.channel)
	}
}

// clearedIn says that records of a kind report that a log was cleared, and which log: Security 1102 its own, System 104
// another one.
func clearedIn(c *hunt.LogCount) (log string, ok bool) {
	switch {
	case c.Source != event.SourceWindows || c.First.IsZero():
	case c.EventID == 1102 && strings.EqualFold(c.Channel, channelSecurity):
		return channelSecurity, true
	case c.EventID == 104 && strings.EqualFold(c.Channel, "System") && strings.EqualFold(c.Provider, "Microsoft-Windows-Eventlog"):
		return "an event log (System 104)", true
	}
	return "", false
}
