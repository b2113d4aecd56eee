package hunt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"entente/internal/event"
	"entente/internal/source"
)

// Options say what to hunt in and what for.
type Options struct {
	Inputs []string // files, folders, patterns, "-" for standard input
	// Read says how the inputs are read; its Warn and Progress are the hunt's. Its Skip, if any, is told besides.
	Read     source.Options
	Progress *source.Progress
	Since    time.Time // only records from then on; zero: all
	Until    time.Time // only records before then; zero: all
	Hosts    []string  // only records of these hosts, by full or short name, * and ? are wildcards; empty: all
	Suppress *Suppressions
	// Finding takes the findings in order: those of rules as they stand in the inputs, then those of correlations by
	// time. Its error ends the hunt.
	Finding func(*Finding) error
	// Event says of which records Finding.Event is to be made, which is much of what a finding costs; nil: of all. Several
	// goroutines call it at a time.
	Event func(*event.Event) bool
	// Logs asks for Summary.Logs.
	Logs bool
	// Idle asks for Summary.Idle.
	Idle       bool
	Version    string // of the program, for the summary
	Indicators int    // how many rules of the plan were made of indicators, for the summary
}

// Limits on what a summary holds.
const (
	maxWarnings = 1000
	maxHosts    = 10000
	// maxWindowEntries bounds the matches that correlation windows hold at one time, over all correlations.
	maxWindowEntries = 1 << 18
)

// Run hunts. The summary is valid also when there is an error, as far as the hunt came.
func Run(ctx context.Context, p *Plan, opts Options) (*Summary, error) {
	h := &run{
		plan: p, opts: opts,
		sum: &Summary{
			Started: time.Now().UTC(), Version: opts.Version, Inputs: opts.Inputs, Rules: p.Rules() + len(p.correlations),
			Correlations: len(p.correlations), Indicators: opts.Indicators, Asked: opts.Hosts,
			ByLevel: map[string]int64{},
		},
		stores: make([]*hitStore, p.depth()), hosts: map[string]bool{}, seen: map[*program]bool{},
	}
	defer h.close()
	for i := range h.stores {
		h.stores[i] = newHitStore(p)
	}
	filter := newRecordFilter(opts.Since, opts.Until, opts.Hosts)
	read := opts.Read
	read.Progress = cmp.Or(opts.Progress, new(source.Progress))
	read.Warn = func(w source.Warning) {
		h.warn(Warning{File: w.File, Offset: w.Offset, Message: w.Message})
		if w.Limit {
			h.limited(w.File, w.Message)
		}
	}
	var years source.Yearless
	read.Yearless = years.Add
	read.Skip = func(s source.Skipped) {
		if s.Limit {
			h.limited(s.File, s.Reason)
		}
		if len(h.sum.Skipped) < maxWarnings {
			h.sum.Skipped = append(h.sum.Skipped, Warning{File: s.File, Offset: -1, Message: s.Reason})
		}
		if opts.Read.Skip != nil {
			opts.Read.Skip(s)
		}
	}
	err := source.Run(ctx, opts.Inputs, read, func(int) source.Worker {
		w := newWorker(p, filter, opts.Suppress)
		w.wanted = opts.Event
		if opts.Logs {
			w.inventory = newInventory()
		}
		return &sourceWorker{w: w}
	}, func(_ *source.File, result any) error {
		r, ok := result.(*blockResult)
		if !ok {
			return fmt.Errorf("internal error: a block gave a %T", result)
		}
		return h.take(r)
	})
	if err == nil {
		err = h.correlate(ctx)
	}
	if err == nil && read.Progress.Events.Load() > 0 {
		for _, w := range slices.Concat(filter.nothing(h.times.first, h.times.last), filter.caveats(), h.logs.caveats()) {
			h.warn(w)
		}
		if w, ok := years.Warning(); ok {
			h.warn(Warning{File: w.File, Offset: w.Offset, Message: w.Message})
		}
	}
	h.finish(read.Progress)
	h.sum.ended(err)
	if h.limits > 1 && err == nil {
		h.sum.Incomplete += fmt.Sprintf(" (and %d more)", h.limits-1)
	}
	return h.sum, err
}

// limited notes that a limit of the hunt's own left a part of the inputs unread.
func (h *run) limited(file, message string) {
	if h.limits == 0 {
		h.sum.Incomplete = file + ": " + message
	}
	h.limits++
}

// ended notes why a hunt did not go through all of its inputs, also as the first warning.
func (s *Summary) ended(err error) {
	switch {
	case err == nil:
		return
	case errors.Is(err, context.Canceled):
		s.Incomplete = "the hunt was interrupted"
	default:
		s.Incomplete = "the hunt failed: " + err.Error()
	}
	s.Warnings = slices.Insert(s.Warnings, 0, Warning{Offset: -1, Message: s.Incomplete + ": what it had not read by then it has not looked at"})
	s.WarningsTotal++
}

// sourceWorker makes a worker known to the reading pipeline.
type sourceWorker struct{ w *worker }

func (s *sourceWorker) Begin(f *source.File)       { s.w.begin(f.Name) }
func (s *sourceWorker) Event(ev *event.Event) bool { s.w.event(ev); return true }
func (s *sourceWorker) End() any                   { return s.w.end() }

// run is one hunt. Its methods are called by one goroutine.
type run struct {
	plan     *Plan
	opts     Options
	sum      *Summary
	stores   []*hitStore // per level of correlations
	hosts    map[string]bool
	seen     map[*program]bool
	logs     logTally
	facts    factTally
	times    timeSpan
	kept     int64
	judged   timeSpan
	seq      uint64 // of records and of firings that feed correlations
	gaps     map[gap]int64
	crowded  int64
	timeless int64
	outdated outdated
	limits   int // places at which a limit ended the reading
}

// gap is a group-by field of a correlation, from 1, that matches lack.
type gap struct{ corr, field int32 }

func (h *run) close() {
	for _, s := range h.stores {
		s.close()
	}
}

func (h *run) warn(w Warning) {
	h.sum.WarningsTotal++
	if len(h.sum.Warnings) < maxWarnings {
		h.sum.Warnings = append(h.sum.Warnings, w)
	}
}

func (h *run) take(r *blockResult) error {
	h.sum.Suppressed += r.suppressed
	h.timeless += r.timeless
	if len(r.outdated) > 0 {
		if h.outdated == nil {
			h.outdated = outdated{}
		}
		h.outdated.add(r.outdated)
	}
	h.times.join(r.times)
	h.kept += r.kept
	h.judged.join(r.judged)
	for _, n := range r.hosts {
		if len(h.hosts) < maxHosts {
			h.hosts[n] = true
		}
	}
	for _, p := range r.programs {
		h.seen[p] = true
	}
	for i := range r.logs {
		h.logs.add(r.file, &r.logs[i])
	}
	h.facts.add(r.facts)
	for _, f := range r.findings {
		if err := h.emit(f); err != nil {
			return err
		}
	}
	base := h.seq
	h.seq += uint64(r.events)
	hashes := r.hits.hashes
	for i := range r.hits.entries {
		e := r.hits.entries[i]
		own := hashes[:e.hashes]
		hashes = hashes[e.hashes:]
		if !h.counts(e.corr, e.gap, e.crowded) {
			continue
		}
		e.seq += base
		if err := h.stores[h.plan.correlations[e.corr].level].take(&r.hits, e, own, r.file); err != nil {
			return err
		}
	}
	return nil
}

func (h *run) emit(f *Finding) error {
	h.sum.Findings++
	h.sum.ByLevel[f.Rule.Level]++
	if h.opts.Finding == nil {
		return nil
	}
	return h.opts.Finding(f)
}

func (h *run) keep(x hit) error {
	if !h.counts(x.corr, x.gap, x.crowded) {
		return nil
	}
	return h.stores[h.plan.correlations[x.corr].level].add(&x)
}

// counts says that a match counts for its correlation, and notes why not.
func (h *run) counts(corr, missing int32, crowded bool) bool {
	if crowded {
		h.crowded++
	}
	if missing == 0 {
		return true
	}
	if h.gaps == nil {
		h.gaps = map[gap]int64{}
	}
	h.gaps[gap{corr, missing}]++
	return false
}

// correlate evaluates the correlations, those over rules first.
func (h *run) correlate(ctx context.Context) error {
	limit := &budget{limit: maxWindowEntries}
	var capped []*correlation
	for level, store := range h.stores {
		evals := map[int32]*evaluator{}
		var failed error
		for _, co := range h.plan.correlations {
			if co.level != level {
				continue
			}
			evals[int32(co.index)] = newEvaluator(co, limit, func(ep *episode) {
				if failed == nil {
					failed = h.fired(co, ep)
				}
			})
		}
		err := store.each(func(x *hit) error {
			evals[x.corr].add(x)
			if failed != nil {
				return failed
			}
			return ctx.Err()
		}, func(corr int32, time int64) error {
			evals[corr].pass(time)
			return failed
		})
		if err != nil {
			return err
		}
		for _, i := range slices.Sorted(maps.Keys(evals)) {
			evals[i].flush()
			if evals[i].capped {
				capped = append(capped, evals[i].co)
			}
		}
		if failed != nil {
			return failed
		}
	}
	for _, w := range h.correlationCaveats(capped, maxWindowEntries) {
		h.warn(w)
	}
	return nil
}

// fired handles a firing: it is a finding, or counts for correlations of higher levels, or both.
func (h *run) fired(co *correlation, ep *episode) error {
	f := co.finding(ep)
	h.seq++
	for _, x := range co.feeding(ep, f) {
		x.seq = h.seq
		if err := h.keep(x); err != nil {
			return err
		}
	}
	if !co.report {
		return nil
	}
	return h.emit(f)
}

// feeding returns what a firing is for the correlations that count it; f is its finding.
func (c *correlation) feeding(ep *episode, f *Finding) []hit {
	out := make([]hit, 0, len(c.feeds))
	for _, up := range c.feeds {
		x := hit{
			time: ep.fired, corr: int32(up.corr.index), ref: up.ref, title: c.doc.Title, rule: idOrName(&c.doc.Meta),
			host: f.Host, user: f.User, file: f.File, offset: f.Offset,
		}
		for i, g := range up.group {
			v, ok := groupValue(c, ep, g)
			if !ok {
				v = f.Host
				if !isHostField(g) || v == "" {
					x.gap = int32(i) + 1
				}
			}
			x.group = append(x.group, v)
		}
		for _, g := range up.values {
			v, ok := groupValue(c, ep, g)
			if !ok {
				x.values = nil
				break
			}
			x.values = append(x.values, v)
		}
		out = append(out, x)
	}
	return out
}

func groupValue(co *correlation, ep *episode, name string) (string, bool) {
	for i, g := range co.doc.GroupBy {
		if g == name {
			return ep.group[i], true
		}
	}
	return "", false
}

func (p *Plan) depth() int {
	n := 0
	for _, c := range p.correlations {
		n = max(n, c.level+1)
	}
	return n
}

func (h *run) finish(progress *source.Progress) {
	s := h.sum
	s.Files = int(progress.Files.Load())
	s.Events = progress.Events.Load()
	s.UsedBytes = progress.UsedBytes.Load()
	s.Duration = time.Since(s.Started)
	s.Hosts = slices.Sorted(maps.Keys(h.hosts))
	s.First, s.Last = h.times.times()
	if o := &h.opts; !o.Since.IsZero() || !o.Until.IsZero() || len(o.Hosts) > 0 {
		s.Judged = &Judged{Since: o.Since, Until: o.Until, Records: h.kept}
		s.Judged.First, s.Judged.Last = h.judged.times()
	}
	s.Logs, s.LogsFolded, s.Unnamed = h.logs.list(), h.logs.folded, h.logs.fileHosts()
	s.LogTimes = h.logs.timeList()
	s.HostFacts = h.facts.list()
	s.PeakRSS = peakRSS()
	applicable := map[*planRule]bool{}
	impossible := map[*planRule]bool{}
	for p := range h.seen {
		for i := range p.rules {
			r := &p.rules[i]
			if len(r.lacking) == 0 || slices.ContainsFunc(r.lacking, func(n int32) bool { return p.found[n].Load() }) {
				applicable[r.rule] = true
			} else {
				impossible[r.rule] = true
			}
		}
		for _, r := range p.impossible {
			impossible[r] = true
		}
	}
	s.Applicable = len(applicable)
	for _, co := range h.plan.correlations {
		if h.plan.applies(co, applicable) {
			s.Applicable++
		}
	}
	for _, r := range h.plan.rules {
		if !impossible[r] || applicable[r] {
			continue
		}
		note := "reads fields that no log among the inputs has"
		for _, b := range r.bindings {
			if b.impossible && len(b.missing) > 0 {
				note = fmt.Sprintf("reads %s, which %s does not record", joinNames(b.missing), b.name)
				break
			}
		}
		s.NotApplicable = append(s.NotApplicable, RuleNote{ID: r.rule.ID, Title: r.rule.Title, Note: note})
	}
	if h.opts.Idle {
		s.Idle = h.plan.idle(applicable, impossible)
	}
}

// ErrNoRules says that a rule set has nothing to run.
var ErrNoRules = errors.New("no rules to hunt with")
