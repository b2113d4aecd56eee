package hunt

import (
	"slices"
	"strconv"
	"strings"

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
}

// evaluator runs one correlation over its hits, in order of time.
type evaluator struct {
	co      *correlation
	span    int64 // ns
	sliding bool
	groups  map[string]*groupState
	budget  *int // entries that may still be kept, over all correlations
	capped  bool
	swept   int64
	emit    func(*episode)
}

// groupState is the window of one group.
type groupState struct {
	group   []string
	window  []*hit
	start   int64 // of a tumbling window
	counts  map[string]int
	sum     float64
	numbers []float64 // sorted, for percentiles
	chain   []int64   // temporal_ordered: latest start of a chain that ends in the ref-th rule; 0 where there is none
	chainBy []uint64  // the record that ended it
	open    *episode
	lastAt  int64
}

func newEvaluator(co *correlation, budget *int, emit func(*episode)) *evaluator {
	e := &evaluator{co: co, span: int64(co.doc.Timespan), groups: map[string]*groupState{}, budget: budget, emit: emit}
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
	if h.time-e.swept > e.span {
		e.sweep(h.time)
	}
	key := groupKey(h.group)
	g := e.groups[key]
	if g == nil {
		g = &groupState{group: h.group, start: h.time}
		e.groups[key] = g
	}
	g.lastAt = h.time
	if e.sliding {
		e.slide(g, h)
		return
	}
	if h.time-g.start > e.span {
		e.judge(g)
		g.start = h.time
	}
	e.push(g, h)
}

// groupKey compares groups without case: logs of one system spell an account in several ways.
func groupKey(group []string) string {
	var b strings.Builder
	for _, v := range group {
		v = event.FoldString(v)
		b.WriteString(strconv.Itoa(len(v)))
		b.WriteByte(':')
		b.WriteString(v)
	}
	return b.String()
}

func (e *evaluator) slide(g *groupState, h *hit) {
	for len(g.window) > 0 && h.time-g.window[0].time > e.span {
		e.pop(g)
	}
	if len(g.window) == 0 {
		e.close(g)
	}
	e.push(g, h)
	value, ok := e.holds(g, h)
	if !ok {
		e.close(g)
		return
	}
	if g.open == nil {
		g.open = &episode{group: g.group, fired: h.time, first: g.window[0].time}
		for _, m := range g.window {
			g.open.add(m)
		}
	} else {
		g.open.add(h)
	}
	g.open.value = max(g.open.value, value)
}

func (ep *episode) add(h *hit) {
	ep.total++
	ep.last = h.time
	if len(ep.matches) < MaxCorrelationMatches {
		ep.matches = append(ep.matches, h)
	}
}

func (e *evaluator) close(g *groupState) {
	if g.open != nil {
		e.emit(g.open)
		g.open = nil
	}
}

// judge evaluates a tumbling window and empties it.
func (e *evaluator) judge(g *groupState) {
	if len(g.window) == 0 {
		return
	}
	last := g.window[len(g.window)-1]
	if value, ok := e.holds(g, last); ok {
		ep := &episode{group: g.group, fired: last.time, first: g.window[0].time, value: value}
		for _, m := range g.window {
			ep.add(m)
		}
		e.emit(ep)
	}
	for len(g.window) > 0 {
		e.pop(g)
	}
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
		delete(e.groups, k)
	}
}

// flush ends all groups.
func (e *evaluator) flush() {
	keys := make([]string, 0, len(e.groups))
	for k := range e.groups {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		e.finish(e.groups[k])
	}
	clear(e.groups)
}

func (e *evaluator) finish(g *groupState) {
	if e.sliding {
		e.close(g)
		for len(g.window) > 0 {
			e.pop(g)
		}
		return
	}
	e.judge(g)
}

func (e *evaluator) push(g *groupState, h *hit) {
	if *e.budget <= 0 && len(g.window) > 0 {
		e.capped = true
		e.pop(g)
	}
	*e.budget--
	g.window = append(g.window, h)
	switch e.co.doc.Type {
	case sigma.ValueCount, sigma.Temporal:
		if g.counts == nil {
			g.counts = map[string]int{}
		}
		g.counts[e.distinct(h)]++
	case sigma.ValueSum, sigma.ValueAvg:
		if n, ok := hitNumber(h); ok {
			g.sum += n
			g.numbers = append(g.numbers, n)
		}
	case sigma.ValuePercentile, sigma.ValueMedian:
		if n, ok := hitNumber(h); ok {
			i, _ := slices.BinarySearch(g.numbers, n)
			g.numbers = slices.Insert(g.numbers, i, n)
		}
	case sigma.TemporalOrdered:
		e.extend(g, h)
	case sigma.EventCount:
	}
}

func (e *evaluator) pop(g *groupState) {
	h := g.window[0]
	g.window[0] = nil
	g.window = g.window[1:]
	*e.budget++
	switch e.co.doc.Type {
	case sigma.ValueCount, sigma.Temporal:
		k := e.distinct(h)
		if g.counts[k]--; g.counts[k] <= 0 {
			delete(g.counts, k)
		}
	case sigma.ValueSum, sigma.ValueAvg:
		if n, ok := hitNumber(h); ok {
			g.sum -= n
			g.numbers = g.numbers[1:]
			if len(g.numbers) == 0 {
				g.sum = 0 // no rounding is carried on
			}
		}
	case sigma.ValuePercentile, sigma.ValueMedian:
		if n, ok := hitNumber(h); ok {
			if i, found := slices.BinarySearch(g.numbers, n); found {
				g.numbers = slices.Delete(g.numbers, i, i+1)
			}
		}
	case sigma.EventCount, sigma.TemporalOrdered:
	}
	if len(g.window) == 0 {
		g.window = nil
	}
}

// distinct is what value_count and temporal count the different ones of.
func (e *evaluator) distinct(h *hit) string {
	if e.co.doc.Type == sigma.Temporal {
		return strconv.Itoa(int(h.ref))
	}
	return groupKey(h.values)
}

func hitNumber(h *hit) (float64, bool) {
	if len(h.values) == 0 {
		return 0, false
	}
	return sigma.ParseNumber(h.values[0])
}

// extend notes the ordered chains that end in h.
func (e *evaluator) extend(g *groupState, h *hit) {
	if g.chain == nil {
		g.chain = make([]int64, e.co.refs)
		g.chainBy = make([]uint64, e.co.refs)
	}
	start := h.time
	if h.ref > 0 {
		start = g.chain[h.ref-1]
		if start == 0 || h.time-start > e.span || g.chainBy[h.ref-1] == h.seq {
			return
		}
	}
	if start >= g.chain[h.ref] {
		g.chain[h.ref], g.chainBy[h.ref] = start, h.seq
	}
}

// holds evaluates the condition over the window that h was the last to enter.
func (e *evaluator) holds(g *groupState, h *hit) (value float64, ok bool) {
	d := e.co.doc
	switch d.Type {
	case sigma.EventCount:
		value = float64(len(g.window))
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
		value = float64(len(g.counts))
		if d.Expr != nil {
			return value, e.present(g, d.Expr)
		}
		if len(d.Conditions) == 0 {
			return value, len(g.counts) == e.co.refs
		}
	case sigma.TemporalOrdered:
		done := 0
		for _, s := range g.chain {
			if s == 0 || h.time-s > e.span {
				break
			}
			done++
		}
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
		for _, h := range g.window {
			if e.co.names[h.ref] == x.Field {
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
