package triage

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"entente/internal/stretch"
)

const (
	// timeJoin is the widest pause that is never told of.
	timeJoin = int64(time.Minute)
	// maxGaps and maxRuns bound the lists of one log.
	maxGaps = 100
	maxRuns = 20
)

func newTimes() stretch.Set   { return stretch.New(timeJoin, maxTimes) }
func newRecords() stretch.Set { return stretch.New(1, maxRecords) }

// findGaps lists the times in which a log has nothing although it usually writes more often. Where there are several, only
// those count that stand out among them: nights and weekends are usual. hosts are all logs of the same host.
func findGaps(l *logState, host []*logState, least time.Duration) []Gap {
	at := l.times.Pauses(int64(least))
	var out []Gap
	for _, i := range at[:min(len(at), maxGaps)] {
		from, to := l.times.List[i-1].Last, l.times.List[i].First
		others := slices.ContainsFunc(host, func(o *logState) bool { return o != l && o.times.Any(from, to) })
		out = append(out, Gap{From: nanos(from), To: nanos(to), Others: others})
	}
	return out
}

// scatteredRuns is how many runs of missing ids there have to be before they can mean that the records were chosen.
const scatteredRuns = 5

// findMissing counts the record ids that do not occur. Ids that are missing in many places, for one in ten records or
// more, say that somebody chose these records, which is nothing to worry about.
func findMissing(l *logState) *Missing {
	r := &l.records
	if len(r.List) < 2 {
		return nil
	}
	m := &Missing{RunsAll: len(r.List) - 1}
	var seen int64
	for i, s := range r.List {
		seen += s.N
		if i == 0 {
			continue
		}
		n := r.Gap(i) - 1
		m.Records += n
		m.Runs = append(m.Runs, IDRun{From: uint64(r.List[i-1].Last) + 1, To: uint64(s.First) - 1})
	}
	m.Scattered = r.Join > 1 || m.RunsAll >= scatteredRuns && int64(m.RunsAll)*10 > seen
	slices.SortStableFunc(m.Runs, func(a, b IDRun) int { return cmp.Compare(b.To-b.From, a.To-a.From) })
	m.Runs = m.Runs[:min(len(m.Runs), maxRuns)]
	return m
}

// count writes a number with its noun.
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}
