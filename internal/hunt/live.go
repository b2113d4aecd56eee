package hunt

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"entente/internal/source"
)

// LiveOptions say what a [Live] hunt looks for.
type LiveOptions struct {
	Inputs   []string  // for the summary
	Since    time.Time // only records from then on; zero: all
	Until    time.Time // only records before then; zero: all
	Hosts    []string  // as Options.Hosts
	Suppress *Suppressions
	// Lateness is how long matches wait for earlier ones that arrive later, before correlations see them.
	Lateness time.Duration
	// Finding takes the findings as they come. Its error ends the hunt.
	Finding func(*Finding) error
	Version string // of the program, for the summary
}

// Live hunts in records as they come: logs that grow, for which no end is waited. It differs from [Run] in its
// correlations only:
//
//   - Matches are put in the order of time while they are held back for Lateness. One that comes later still is put in
//     its place among the matches of its group, if its window is still there, and is else counted as late.
//   - A finding of a sliding window comes when its condition begins to hold, with the matches up to then; it is not told
//     again while the condition holds. One of a window that has to end comes when no further match has come in for Lateness
//     after the end.
//   - The windows go into a [Live.Snapshot], so that a hunt may stop and go on later as if it had not.
//
// One goroutine uses a Live, but for its workers.
type Live struct {
	run
	opts    LiveOptions
	filter  *recordFilter
	evals   []*liveEvaluator // by index of the correlation
	pending [][]waitingHit   // by level
	waiting int
	budget  budget
	late    int64
	hurried int64 // released early, for want of room
	swept   time.Time
	now     int64 // of the Advance or Take at hand
	failed  error
}

// waitingHit is a match on its way to the correlations.
type waitingHit struct {
	hit
	arrived int64
}

// liveEvaluator is an evaluator that is asked after every match.
type liveEvaluator struct{ *evaluator }

const (
	// maxWaiting bounds the matches that are held back; beyond it the oldest are released early.
	maxWaiting = 1 << 18
	// maxLiveEntries bounds the matches that the windows hold at one time; they are part of every snapshot.
	maxLiveEntries = 1 << 16
)

// NewLive begins a hunt with a plan.
func NewLive(p *Plan, opts LiveOptions) *Live {
	l := &Live{opts: opts, budget: budget{limit: maxLiveEntries}, pending: make([][]waitingHit, p.depth())}
	l.run = run{
		plan: p, opts: Options{Finding: opts.Finding},
		sum: &Summary{
			Started: time.Now().UTC(), Version: opts.Version, Inputs: opts.Inputs, Rules: p.Rules() + len(p.correlations),
			ByLevel: map[string]int64{},
		},
		hosts: map[string]bool{}, seen: map[*program]bool{},
	}
	l.filter = newRecordFilter(opts.Since, opts.Until, opts.Hosts)
	for _, co := range p.correlations {
		e := &liveEvaluator{newEvaluator(co, &l.budget, func(ep *episode) {
			if !ep.told {
				l.tell(co, ep)
			}
		})}
		e.swept = 1 << 62 // groups end by the wall clock, see Live.sweep
		l.evals = append(l.evals, e)
	}
	return l
}

// NewWorker returns a worker for one goroutine; what it makes of a block goes to [Live.Take].
func (l *Live) NewWorker() source.Worker {
	return &sourceWorker{w: newWorker(l.plan, l.filter, l.opts.Suppress)}
}

// Take takes what a worker made of a block, in the order of the logs: findings of rules go out at once.
func (l *Live) Take(result any, now time.Time) error {
	r, ok := result.(*blockResult)
	if !ok {
		return fmt.Errorf("internal error: a block gave a %T", result)
	}
	hits, base := r.hits, l.seq
	r.hits = hitList{}
	if err := l.take(r); err != nil {
		return err
	}
	l.now = now.UnixNano()
	in := &interner{}
	for i := range hits.entries {
		e := &hits.entries[i]
		h := e.hit(hits.appendOf(nil, e), l.plan.rules, in)
		h.file = r.file
		h.seq += base
		l.hold(*h)
	}
	return nil
}

// hold lets a match wait for its turn.
func (l *Live) hold(h hit) {
	if !l.counts(h.corr, h.gap, h.crowded) {
		return
	}
	level := l.plan.correlations[h.corr].level
	l.pending[level] = append(l.pending[level], waitingHit{h, l.now})
	l.waiting++
}

// Advance hands the matches that have waited long enough to the correlations. Whoever follows logs calls it after each
// round. Findings of correlations come out here.
func (l *Live) Advance(now time.Time) error {
	l.now = now.UnixNano()
	release := now.Add(-l.opts.Lateness).UnixNano()
	for level := range l.pending {
		l.release(level, release)
	}
	if now.Sub(l.swept) >= time.Second || now.Before(l.swept) {
		l.sweep(release)
		l.swept = now
	}
	return l.failed
}

// Flush ends the hunt: every match is looked at, and every window ends.
func (l *Live) Flush() error {
	for level := range l.pending {
		l.release(level, 1<<63-1)
		for i, co := range l.plan.correlations {
			if co.level == level {
				l.evals[i].flush()
			}
		}
	}
	return l.failed
}

// release hands on the matches of a level whose time, or arrival, is not after a time.
func (l *Live) release(level int, until int64) {
	var due []hit
	kept := l.pending[level][:0]
	for _, w := range l.pending[level] {
		if w.time <= until || w.arrived <= until {
			due = append(due, w.hit)
		} else {
			kept = append(kept, w)
		}
	}
	if over := l.waiting - len(due) - maxWaiting; over > 0 {
		over = min(over, len(kept))
		slices.SortStableFunc(kept, func(a, b waitingHit) int { return cmp.Compare(a.time, b.time) })
		for _, w := range kept[:over] {
			due = append(due, w.hit)
		}
		kept = slices.Delete(kept, 0, over)
		l.hurried += int64(over)
	}
	l.pending[level] = kept
	l.waiting -= len(due)
	slices.SortStableFunc(due, func(a, b hit) int { return compareHits(&a, &b) })
	for i := range due {
		l.feed(l.evals[due[i].corr], &due[i])
	}
}

// feed gives a correlation its next match.
func (l *Live) feed(e *liveEvaluator, h *hit) {
	g := e.groups[groupKey(h.group)]
	switch {
	case g != nil && h.time < g.lastAt && g.lastAt-h.time > e.span:
		l.late++
		return
	case g != nil && len(g.window) > 0 && compareHits(h, g.window[len(g.window)-1]) < 0:
		g.touched = l.now
		e.insert(g, h)
	default:
		g = e.group(h)
		g.touched = l.now
		e.add(h)
	}
	if g.open != nil && !g.open.told {
		g.open.told = true
		l.tell(e.co, g.open)
	}
}

// insert puts a match that came late where it belongs in the window of its group.
func (e *liveEvaluator) insert(g *groupState, h *hit) {
	all := slices.Clone(g.window)
	at, _ := slices.BinarySearchFunc(all, h, compareHits)
	all = slices.Insert(all, at, h)
	e.refill(g, all)
	if e.sliding {
		e.look(g, h) // an average may have sunk, too
	} else {
		g.start = min(g.start, h.time)
	}
	e.budget.trim()
}

// refill replaces the window of a group, and counts anew.
func (e *liveEvaluator) refill(g *groupState, window []*hit) {
	lost := g.lost
	e.empty(g)
	g.lost = lost
	for _, m := range window {
		e.push(g, m)
	}
}

// tell handles a firing.
func (l *Live) tell(co *correlation, ep *episode) {
	if l.failed != nil {
		return
	}
	f := co.finding(ep)
	l.seq++
	for _, x := range co.feeding(ep, f) {
		x.seq = l.seq
		l.hold(x)
	}
	if co.report {
		l.failed = l.emit(f)
	}
}

// sweep ends the windows whose time is up: those that have to end when nothing came in any more, the sliding ones when
// they hold nothing that still counts. A window of records that are read long after they were written is not over only
// because they are old: more of them may come in the next moment.
func (l *Live) sweep(until int64) {
	for _, e := range l.evals {
		wait := int64(max(l.opts.Lateness, time.Second))
		if e.sliding {
			wait = max(wait, e.span)
		}
		var over []string
		for key, g := range e.groups {
			end := g.lastAt + e.span
			if !e.sliding {
				end = g.start + e.span
			}
			if end < until && l.now-g.touched > wait {
				over = append(over, key)
			}
		}
		slices.Sort(over) // firings come in a fixed order
		for _, key := range over {
			e.finish(e.groups[key])
		}
	}
}

// Found is the number of findings so far.
func (l *Live) Found() int64 { return l.sum.Findings }

// Summary describes the hunt so far; progress counts what was read.
func (l *Live) Summary(progress *source.Progress) *Summary {
	l.finish(progress)
	s := *l.sum
	s.ByLevel = maps.Clone(l.sum.ByLevel)
	caveats := l.Caveats()
	if l.seq > 0 {
		caveats = append(caveats, l.Unmet()...)
	}
	s.Warnings = slices.Concat(l.sum.Warnings, caveats)
	s.WarningsTotal = l.sum.WarningsTotal + int64(len(caveats))
	l.sum.NotApplicable = nil // finish makes it anew
	return &s
}

// Warn notes damage in an input, and Skip one that is not read, for the summary.
func (l *Live) Warn(w Warning) { l.warn(w) }

// Skip notes an input that is not read.
func (l *Live) Skip(w Warning) {
	if len(l.sum.Skipped) < maxWarnings {
		l.sum.Skipped = append(l.sum.Skipped, w)
	}
}

// Nameless is how many records Hosts has left out so far although they may be of them.
func (l *Live) Nameless() int64 {
	if l.filter == nil {
		return 0
	}
	return l.filter.nameless.Load()
}

// Unmet names the hosts that were asked for and of which no record has come in; the summary does, too.
func (l *Live) Unmet() []Warning { return l.filter.unmet() }

// Caveats say what the correlations could not do so far, and how many records could be of the hosts that were asked for. The
// summary has them, too.
func (l *Live) Caveats() []Warning {
	var capped []*correlation
	for _, e := range l.evals {
		if e.capped {
			capped = append(capped, e.co)
		}
	}
	out := l.correlationCaveats(capped, maxLiveEntries)
	out = append(out, l.filter.unknown()...)
	say := func(n int64, text string) {
		if n > 0 {
			out = append(out, Warning{Offset: -1, Message: fmt.Sprintf(text, n)})
		}
	}
	say(l.late, "%d matches came in after the window that they belong to had passed, and were not correlated")
	say(l.hurried, "%d matches were correlated before their waiting time was over, for there were too many")
	return out
}
