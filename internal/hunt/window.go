package hunt

import (
	"maps"
	"slices"
	"strconv"

	"entente/internal/event"
	"entente/internal/sigma"
)

// The correlation semantics, which docs/formats/sigma.md states for rule authors:
//
// Matches are taken in order of time. A condition with only lower bounds (gt, gte) is watched over a window that
// slides: as long as it holds, all matches belong to one finding, and a new finding starts only after it has
// ceased to hold. Any other condition (lt, lte, eq, neq, ranges, "not") can only be judged when the time is up: the
// window starts with a group's first match, and the next one starts after it has ended.

// episode is a firing of a correlation.
type episode struct {
	group   []string
	fired   int64
	first   int64
	last    int64
	value   float64
	total   int
	matches []*hit
	latest  *link // of temporal_ordered: the chain that was added last
	charge  int   // what its matches take of the budget
	told    bool  // of a live hunt: it is a finding already
}

// evaluator runs one correlation over its hits, in order of time.
type evaluator struct {
	co      *correlation
	span    int64 // ns
	sliding bool
	groups  map[string]*groupState
	budget  *budget // shared by all correlations
	capped  bool    // the budget has cost it matches
	swept   int64
	emit    func(*episode)
}

// groupState is the window of one group.
type groupState struct {
	of      *evaluator
	key     string
	place   int // in the budget's order; -1 while the window is empty
	group   []string
	window  []*hit
	lost    int   // matches of a window that has to end, which the budget has cost it
	start   int64 // of a tumbling window
	counts  map[string]int
	refs    []int // of temporal types: how many matches of each rule
	sum     float64
	numbers []float64 // sorted, for percentiles
	chains  chains    // of temporal_ordered
	recent  recent    // of temporal ones whose rules want records of their own
	open    *episode
	lastAt  int64
	touched int64 // of a live hunt: when the last match came in, by the wall clock
}

func newEvaluator(co *correlation, b *budget, emit func(*episode)) *evaluator {
	e := &evaluator{co: co, span: int64(co.doc.Timespan), groups: map[string]*groupState{}, budget: b, emit: emit}
	e.sliding = !hasNot(co.doc.Expr)
	for _, c := range co.doc.Conditions {
		if c.Compare != sigma.GT && c.Compare != sigma.GTE {
			e.sliding = false
		}
	}
	return e
}

func hasNot(e sigma.Expr) bool {
	switch e := e.(type) {
	case sigma.Not:
		return true
	case sigma.And:
		return slices.ContainsFunc(e, hasNot)
	case sigma.Or:
		return slices.ContainsFunc(e, hasNot)
	}
	return false
}

// add takes the next hit. Hits of equal time come in order of their rule in the correlation.
func (e *evaluator) add(h *hit) {
	e.pass(h.time)
	g := e.group(h)
	g.lastAt = h.time
	if e.sliding {
		e.slide(g, h)
	} else {
		if h.time-g.start > e.span {
			e.judge(g)
		}
		if len(g.window) == 0 {
			g.start = h.time
		}
		e.push(g, h)
	}
	e.budget.trim()
}

// pass lets the time go on to that of a match.
func (e *evaluator) pass(now int64) {
	if now-e.swept > e.span {
		e.sweep(now)
	}
}

// group returns the group of a hit, a new one where there is none.
func (e *evaluator) group(h *hit) *groupState {
	key := groupKey(h.group)
	g := e.groups[key]
	if g == nil {
		g = &groupState{of: e, key: key, place: -1, group: h.group, start: h.time}
		e.groups[key] = g
	}
	return g
}

// groupKey compares groups without case: logs of one system spell an account in several ways.
func groupKey(group []string) string {
	var room [128]byte
	b := room[:0]
	for _, v := range group {
		v = event.FoldString(v)
		b = strconv.AppendInt(b, int64(len(v)), 10)
		b = append(b, ':')
		b = append(b, v...)
	}
	return string(b)
}

func (e *evaluator) slide(g *groupState, h *hit) {
	for len(g.window) > 0 && h.time-g.window[0].time > e.span {
		e.pop(g)
	}
	if len(g.window) == 0 {
		e.close(g)
	}
	e.push(g, h)
	e.look(g, h)
}

// look begins, goes on with or ends the firing of a sliding window that h has entered.
func (e *evaluator) look(g *groupState, h *hit) {
	value, ok := e.holds(g)
	switch {
	case !ok:
		e.close(g)
		return
	case g.open == nil:
		g.open = &episode{group: g.group, fired: g.lastAt, first: h.time, last: h.time}
		e.gather(g, g.open, g.window)
	default:
		e.gather(g, g.open, []*hit{h})
	}
	g.open.value = max(g.open.value, value)
}

// gather adds what a firing rests on: the matches of the chain where order matters, else those given.
func (e *evaluator) gather(g *groupState, ep *episode, matches []*hit) {
	if e.co.doc.Type == sigma.TemporalOrdered {
		if n := g.chains.done(); n > 0 {
			l := g.chains[n-1][0]
			if l == ep.latest {
				return
			}
			ep.latest, matches = l, l.hits()
		}
	}
	for _, m := range matches {
		if m.in == ep {
			continue
		}
		m.in = ep
		ep.total++
		ep.first, ep.last = min(ep.first, m.time), max(ep.last, m.time)
		if len(ep.matches) < MaxCorrelationMatches {
			ep.matches = append(ep.matches, m)
			if ep == g.open {
				e.budget.charge(ep, m)
			}
		}
	}
}

func (e *evaluator) close(g *groupState) {
	if ep := g.open; ep != nil {
		g.open = nil
		e.budget.release(ep)
		e.emit(ep)
	}
}

// judge evaluates a tumbling window and empties it.
func (e *evaluator) judge(g *groupState) {
	if len(g.window) == 0 {
		return
	}
	last := g.window[len(g.window)-1]
	if value, ok := e.holds(g); ok {
		ep := &episode{group: g.group, fired: last.time, first: last.time, last: last.time, value: value}
		e.gather(g, ep, g.window)
		if ep.latest == nil {
			ep.total += g.lost
			ep.first = min(ep.first, g.start)
		}
		e.emit(ep)
	}
	e.empty(g)
}

// sweep forgets groups whose time is up.
func (e *evaluator) sweep(now int64) {
	e.swept = now
	var done []string
	for k, g := range e.groups {
		if now-g.lastAt > e.span {
			done = append(done, k)
		}
	}
	slices.Sort(done) // firings come in a fixed order
	for _, k := range done {
		e.finish(e.groups[k])
	}
}

// flush ends all groups.
func (e *evaluator) flush() {
	for _, k := range slices.Sorted(maps.Keys(e.groups)) {
		e.finish(e.groups[k])
	}
}

// finish ends a group and forgets it.
func (e *evaluator) finish(g *groupState) {
	if e.sliding {
		e.close(g)
		e.empty(g)
	} else {
		e.judge(g)
	}
	delete(e.groups, g.key)
}

// push adds a match to a window. The budget is kept by the caller, when the window is as it should be.
func (e *evaluator) push(g *groupState, h *hit) {
	g.window = append(g.window, h)
	e.budget.add(g, h)
	switch e.co.doc.Type {
	case sigma.ValueCount:
		if g.counts == nil {
			g.counts = map[string]int{}
		}
		eachValue(e.co, h, func(k string) { g.counts[k]++ })
	case sigma.ValueSum, sigma.ValueAvg:
		eachNumber(h, func(n float64) {
			g.sum += n
			g.numbers = append(g.numbers, n)
		})
	case sigma.ValuePercentile, sigma.ValueMedian:
		eachNumber(h, func(n float64) {
			i, _ := slices.BinarySearch(g.numbers, n)
			g.numbers = slices.Insert(g.numbers, i, n)
		})
	case sigma.Temporal, sigma.TemporalOrdered:
		if g.refs == nil {
			g.refs = make([]int, e.co.refs)
		}
		g.refs[h.ref]++
		if e.co.doc.Distinct {
			if g.recent == nil {
				g.recent = make(recent, e.co.refs)
			}
			g.recent.push(h)
		}
		if e.co.doc.Type == sigma.TemporalOrdered {
			if g.chains == nil {
				g.chains = make(chains, e.co.refs)
			}
			g.chains.extend(h, e.span)
		}
	case sigma.EventCount:
	}
}

// pop removes the oldest match of a window.
func (e *evaluator) pop(g *groupState) {
	h := g.window[0]
	g.window[0] = nil
	g.window = g.window[1:]
	e.budget.remove(g, h)
	switch e.co.doc.Type {
	case sigma.ValueCount:
		eachValue(e.co, h, func(k string) {
			if g.counts[k]--; g.counts[k] <= 0 {
				delete(g.counts, k)
			}
		})
	case sigma.ValueSum, sigma.ValueAvg:
		eachNumber(h, func(n float64) {
			g.sum -= n
			g.numbers = g.numbers[1:]
			if len(g.numbers) == 0 {
				g.sum = 0 // no rounding is carried on
			}
		})
	case sigma.ValuePercentile, sigma.ValueMedian:
		eachNumber(h, func(n float64) {
			if i, found := slices.BinarySearch(g.numbers, n); found {
				g.numbers = slices.Delete(g.numbers, i, i+1)
			}
		})
	case sigma.Temporal, sigma.TemporalOrdered:
		g.refs[h.ref]--
		g.chains.forget(h)
	case sigma.EventCount:
	}
	if len(g.window) == 0 {
		g.window = nil
	}
}

// empty removes all matches of a window.
func (e *evaluator) empty(g *groupState) {
	e.budget.removeAll(g)
	g.window, g.lost = nil, 0
	g.counts, g.refs, g.sum, g.numbers, g.chains, g.recent = nil, nil, 0, nil, nil, nil
}

// eachValue calls yield with what value_count counts the different ones of: the value of the field, or the values of
// several together. A match that lacks one of them has none.
func eachValue(co *correlation, h *hit, yield func(string)) {
	n := max(len(co.doc.ConditionField), 1)
	for i := 0; i+n <= len(h.values); i += n {
		yield(groupKey(h.values[i : i+n]))
	}
}

// eachNumber calls yield with the numbers among the values of a match.
func eachNumber(h *hit, yield func(float64)) {
	for _, v := range h.values {
		if n, ok := sigma.ParseNumber(v); ok {
			yield(n)
		}
	}
}

// holds evaluates the condition over the window.
func (e *evaluator) holds(g *groupState) (value float64, ok bool) {
	d := e.co.doc
	switch d.Type {
	case sigma.EventCount:
		value = float64(len(g.window) + g.lost)
	case sigma.ValueCount:
		value = float64(len(g.counts))
	case sigma.ValueSum:
		value = g.sum
	case sigma.ValueAvg:
		if len(g.numbers) == 0 {
			return 0, false
		}
		value = g.sum / float64(len(g.numbers))
	case sigma.ValuePercentile, sigma.ValueMedian:
		if len(g.numbers) == 0 {
			return 0, false
		}
		value = percentile(g.numbers, d.Percentile)
	case sigma.Temporal:
		n := 0
		for _, k := range g.refs {
			if k > 0 {
				n++
			}
		}
		value = float64(n)
		if d.Expr != nil {
			return value, e.present(g, d.Expr)
		}
		if len(d.Conditions) == 0 {
			return value, n == e.co.refs && (!d.Distinct || g.recent.apart(g.refs))
		}
	case sigma.TemporalOrdered:
		done := g.chains.done()
		value = float64(done)
		if d.Expr != nil && !e.present(g, d.Expr) {
			return value, false
		}
		if len(d.Conditions) == 0 {
			return value, done == e.co.refs
		}
	}
	for _, c := range d.Conditions {
		if !compare(c.Compare, value, c.Value) {
			return value, false
		}
	}
	return value, true
}

// present evaluates an extended condition over the rules that occur in the window.
func (e *evaluator) present(g *groupState, x sigma.Expr) bool {
	switch x := x.(type) {
	case *sigma.Atom:
		for ref, n := range g.refs {
			if n > 0 && e.co.names[ref] == x.Field {
				return true
			}
		}
		return false
	case sigma.Not:
		return !e.present(g, x.X)
	case sigma.And:
		return !slices.ContainsFunc(x, func(k sigma.Expr) bool { return !e.present(g, k) })
	case sigma.Or:
		return slices.ContainsFunc(x, func(k sigma.Expr) bool { return e.present(g, k) })
	}
	return false
}

// percentile of sorted numbers, between neighbours by straight line (as Excel's PERCENTILE.INC and NumPy do).
func percentile(sorted []float64, p float64) float64 {
	pos := p / 100 * float64(len(sorted)-1)
	i := int(pos)
	if i >= len(sorted)-1 {
		return sorted[len(sorted)-1]
	}
	frac := pos - float64(i)
	return sorted[i] + frac*(sorted[i+1]-sorted[i])
}
