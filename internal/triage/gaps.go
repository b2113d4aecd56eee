package triage

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

const (
	// timeJoin is the widest pause that is never told of.
	timeJoin = int64(time.Minute)
	// A gap has to be gapPauses times the usual pause, which minRecords records establish.
	gapPauses  = 50
	minRecords = 20
	// Of manyGaps gaps and more, those count that are gapStandsOut times as long as the one in the middle.
	manyGaps     = 3
	gapStandsOut = 4
	// maxGaps and maxRuns bound the lists of one log.
	maxGaps = 100
	maxRuns = 20
)

func newTimes() stretches   { return newStretches(timeJoin, maxTimes) }
func newRecords() stretches { return newStretches(1, maxRecords) }

// findGaps lists the times in which a log has nothing although it usually writes more often. Where there are several, only
// those count that stand out among them: nights and weekends are usual. hosts are all logs of the same host.
func findGaps(l *logState, host []*logState, least time.Duration) []Gap {
	var busy, records int64
	for _, s := range l.times.list {
		busy += s.last - s.first
		records += s.n
	}
	if records < minRecords {
		return nil
	}
	pauses := max(records-int64(len(l.times.list)), 1)
	usual := max(busy/pauses, 1)
	var at []int // of the stretches behind a gap
	for i := 1; i < len(l.times.list); i++ {
		if d := l.times.gap(i); d >= int64(least) && d/gapPauses >= usual {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(l.times.gap(b), l.times.gap(a)) })
	if len(at) >= manyGaps {
		middle := l.times.gap(at[len(at)/2])
		at = slices.DeleteFunc(at, func(i int) bool { return l.times.gap(i)/gapStandsOut < middle })
	}
	var out []Gap
	for _, i := range at[:min(len(at), maxGaps)] {
		from, to := l.times.list[i-1].last, l.times.list[i].first
		others := slices.ContainsFunc(host, func(o *logState) bool { return o != l && o.times.any(from, to) })
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
	if len(r.list) < 2 {
		return nil
	}
	m := &Missing{RunsAll: len(r.list) - 1}
	var seen int64
	for i, s := range r.list {
		seen += s.n
		if i == 0 {
			continue
		}
		n := r.gap(i) - 1
		m.Records += n
		m.Runs = append(m.Runs, IDRun{From: uint64(r.list[i-1].last) + 1, To: uint64(s.first) - 1})
	}
	m.Scattered = r.join > 1 || m.RunsAll >= scatteredRuns && int64(m.RunsAll)*10 > seen
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
