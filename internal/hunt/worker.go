package hunt

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"entente/internal/event"
	"entente/internal/taxonomy"
)

// worker runs a plan over the records that one goroutine decodes.
type worker struct {
	plan     *Plan
	filter   *recordFilter
	suppress *Suppressions

	programs   map[header]*entry
	used       []*entry // in the block at hand
	last       header
	lastHit    *entry
	frames     map[*program]*frame
	automata   automata
	out        *blockResult
	seen       []int32 // tests that made the rule at hand true
	base       Finding // what findings of the record at hand have in common; made by the first rule that matches
	described  bool
	place      []byte // where the record at hand stands, for correlations; made by the first match that one counts
	placed     bool
	account    string // that the record at hand is about; found when it is first asked for
	named      bool
	accounts   *accounts
	feeding    []hit
	wanted     func(*event.Event) bool // Options.Event
	json       []byte
	encoder    event.JSONEncoder
	strings    interner
	memo       *memo
	matches    []memoMatch // of the record at hand
	headers    uint32      // headers seen so far
	frameCount uint32
	inventory  *inventory // nil where logs are not counted
	facts      hostFacts  // with it
	plain      int        // records of a program that are hunted without its sieve
}

// entry is a worker's view of the program for records with one header.
type entry struct {
	frame  *frame
	header uint32            // its number
	kind   header            // itself
	asks   uint64            // what the inventory looks for in its records, see logCell
	fact   factKind          // what its records tell of a machine
	cell   int32             // of the inventory, for the last host
	known  map[string]uint64 // by host: kinds of log that are known to select its records, see logCell
	counts *logKind          // of the hunt, which alone asks for it
	used   bool
}

// maxHeaders bounds a worker's cache of record headers.
const maxHeaders = 1 << 13

// blockResult is what one block of a log gave.
type blockResult struct {
	file       string
	findings   []*Finding
	hits       hitList
	events     int64
	suppressed int64
	timeless   int64 // matches that a correlation needed and that have no time
	outdated   outdated
	times      timeSpan
	kept       int64    // records that a filter kept; without one nothing is counted
	judged     timeSpan // their times
	hosts      []string
	programs   []*program // that saw a record
	logs       []blockLog
	facts      []hostFact
}

func newWorker(p *Plan, filter *recordFilter, s *Suppressions) *worker {
	return &worker{
		plan: p, filter: filter, suppress: s,
		programs: map[header]*entry{}, frames: map[*program]*frame{}, automata: automata{}, memo: newMemo(), plain: sieveFrom, accounts: newAccounts(),
	}
}

// begin starts a block.
func (w *worker) begin(file string) { w.out = &blockResult{file: file} }

// end returns what the block gave.
func (w *worker) end() *blockResult {
	out := w.out
	w.out = nil
	for _, e := range w.used {
		e.used = false
		out.programs = append(out.programs, e.frame.prog)
	}
	w.used = w.used[:0]
	w.lastHit = nil
	if w.inventory != nil {
		out.logs = w.inventory.take()
		out.facts = w.facts.take()
	}
	return out
}

// event hunts one record.
func (w *worker) event(ev *event.Event) {
	out := w.out
	out.events++
	out.times.add(ev)
	if ev.Host != "" && (len(out.hosts) == 0 || out.hosts[len(out.hosts)-1] != ev.Host) && len(out.hosts) < maxHostsPerBlock {
		if !slices.Contains(out.hosts, ev.Host) {
			out.hosts = append(out.hosts, ev.Host)
		}
	}
	if w.filter != nil {
		if !w.filter.keep(ev) {
			return
		}
		out.kept++
		out.judged.add(ev)
	}
	e := w.entry(ev)
	if !e.used {
		e.used = true
		w.used = append(w.used, e)
	}
	if w.inventory != nil {
		w.inventory.add(e, ev)
		w.facts.look(e.fact, ev)
	}
	f := e.frame
	p := f.prog
	if len(p.rules) == 0 {
		return
	}
	w.described, w.placed, w.named = false, false, false
	f.know(ev)
	ask := !p.wholeText && f.worth.ask(recordShare)
	var hash memoHash
	if ask {
		hash, ask = w.memo.record(f, e.header, ev)
	}
	if ask {
		if o, ok := w.memo.records.get(hash); ok {
			f.worth.found++
			if len(o.matches) > 0 {
				w.again(f, ev, o)
			}
			return
		}
	}
	f.load(ev)
	w.matches = w.matches[:0]
	prev := -1
	eachCandidate(f.candidates(), func(i int) {
		r := &p.rules[i]
		// A rule that several kinds of log serve may stand here twice, side by side: it matches a record once.
		if r.rule.index != prev && f.eval(&r.root) {
			prev = r.rule.index
			m := memoMatch{rule: int32(i)}
			if r.rule.report {
				m.matched, m.caveats = w.matchedFields(f, int32(i)), f.caveats(r)
			}
			w.matches = append(w.matches, m)
		}
	})
	for i := range w.matches {
		w.match(f, ev, &w.matches[i])
	}
	if ask && !f.special {
		w.memo.putRecord(hash, w.matches)
	}
	clear(w.matches)
}

// again handles a record like one of which the outcome is known.
func (w *worker) again(f *frame, ev *event.Event, o *outcome) {
	load := w.suppress != nil
	for i := range o.matches {
		m := &o.matches[i]
		load = load || m.counted == nil && len(f.prog.rules[m.rule].feeds) > 0
	}
	if load {
		f.load(ev)
	}
	for i := range o.matches {
		m := o.matches[i] // what is learnt of it now is not the memo's
		w.match(f, ev, &m)
	}
}

// recordShare is the share of records, one in so many, that has to come again for the memo to be asked.
const recordShare = 16

const maxHostsPerBlock = 64

func (w *worker) entry(ev *event.Event) *entry {
	h := header{source: ev.Source, channel: ev.Channel, provider: ev.Provider, eventID: ev.EventID}
	if h.source == event.SourceWindows && (h.channel == "" || h.channel == "ForwardedEvents") {
		// A collector has dropped the channel or put its own in its place.
		if c := taxonomy.ChannelOf(h.provider); c != "" {
			h.channel = c
		}
	}
	if w.lastHit != nil && h == w.last {
		return w.lastHit
	}
	e, ok := w.programs[h]
	if !ok {
		if len(w.programs) >= maxHeaders {
			clear(w.programs)
			clear(w.frames)
		}
		h.channel, h.provider = strings.Clone(h.channel), strings.Clone(h.provider)
		p := w.plan.program(h)
		f := w.frames[p]
		if f == nil {
			w.frameCount++
			f = newFrame(p, w.automata, w.memo, w.frameCount)
			f.plain = w.plain
			w.frames[p] = f
		}
		w.headers++
		e = &entry{frame: f, header: w.headers, kind: h, asks: p.looking, fact: h.fact()}
		if h.optional() != "" {
			e.asks |= hasOptional
		}
		w.programs[h] = e
	}
	w.last, w.lastHit = h, e
	return e
}

// match handles a rule that is true for the record at hand. The record is loaded if anything is to be known of it that m
// does not say.
func (w *worker) match(f *frame, ev *event.Event, m *memoMatch) {
	r := &f.prog.rules[m.rule]
	var caveats []string
	if r.rule.dated {
		var ok bool
		if caveats, ok = w.valid(r.rule.rule, ev); !ok {
			return
		}
	}
	if w.suppress != nil && w.suppress.covers(f, &r.rule.rule.Meta, w.user) {
		w.out.suppressed++
		return
	}
	switch {
	case len(r.feeds) == 0:
	case !ev.HasTime:
		w.out.timeless++
	default:
		w.count(f, ev, r, m)
	}
	if !r.rule.report {
		return
	}
	if ev.Carved {
		caveats = append(caveats, "the record was carved: its log does not hold it any more")
	}
	if !w.described {
		w.base, w.described = w.describe(ev), true
	}
	fd := new(Finding)
	*fd = w.base
	fd.Rule, fd.LogSource = &r.rule.rule.Meta, r.log
	fd.Techniques, fd.Tactics = r.rule.techniques, r.rule.tactics
	fd.Matched, fd.Caveats = m.matched, m.caveats
	if caveats != nil {
		fd.Caveats = slices.Concat(m.caveats, caveats)
	}
	w.out.findings = append(w.out.findings, fd)
}

// count hands a match to the correlations that count it.
func (w *worker) count(f *frame, ev *event.Event, r *progRule, m *memoMatch) {
	list := m.counted
	if list == nil {
		unchanging := true
		for i := range r.feeds {
			pf := &r.feeds[i]
			var fixed bool
			w.feeding, fixed = f.hits(w.feeding[:0], pf, w.out.file)
			unchanging = unchanging && fixed
			list = countedIn(list, w.feeding, pf.corr, &w.plan.seeds)
		}
		clear(w.feeding)
		if unchanging {
			m.counted = list
		}
	}
	if !w.placed {
		w.place, w.placed = appendPlace(w.place[:0], ev, w.user(ev)), true
	}
	for i := range list {
		w.out.hits.add(ev.Time, uint64(w.out.events), int32(r.rule.index), &list[i], w.place)
	}
}

// user is the account that the record at hand is about.
func (w *worker) user(ev *event.Event) string {
	if !w.named {
		w.account, w.named = w.strings.get(w.accounts.of(ev)), true
	}
	return w.account
}

// describe is what all findings of one record have in common.
func (w *worker) describe(ev *event.Event) Finding {
	var whole json.RawMessage
	if w.wanted == nil || w.wanted(ev) {
		w.json = w.encoder.AppendJSON(w.json[:0], ev)
		whole = bytes.Clone(w.json)
	}
	at := ev.When()
	return Finding{
		Source: ev.Source, Time: at, Last: at, Host: w.strings.same(ev.Host), User: w.user(ev),
		Channel: w.strings.same(ev.Channel), Provider: w.strings.same(ev.Provider),
		EventID: ev.EventID, RecordID: ev.RecordID, HasRecordID: ev.HasRecordID, File: w.out.file, Offset: ev.Offset,
		Event: whole, Count: 1,
	}
}

func (w *worker) matchedFields(f *frame, i int32) []FieldValue {
	r := &f.prog.rules[i]
	w.seen = w.seen[:0]
	f.matched(&r.root, func(t int32) { w.seen = append(w.seen, t) })
	out := make([]FieldValue, 0, len(w.seen)+len(r.header))
	for _, name := range r.header {
		out = append(out, FieldValue{Name: name, Value: headerText(f.ev, name)})
	}
	out = f.matchedValues(out, i)
	keywords := false
	for _, i := range w.seen {
		t := &f.prog.tests[i]
		if t.field == everyField {
			keywords = true
			continue
		}
		if !slices.ContainsFunc(out, func(v FieldValue) bool { return v.Name == t.atom.Field }) {
			out = append(out, FieldValue{Name: t.atom.Field, Value: f.matchedText(t), Null: f.valueless(t.field)})
		}
	}
	if keywords {
		out = append(out, w.keywordFields(f, r)...)
	}
	slices.SortFunc(out, func(a, b FieldValue) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Value, b.Value))
	})
	return slices.Compact(out)
}

// keywordFields names the fields in which keywords of the rule stand.
func (w *worker) keywordFields(f *frame, r *progRule) []FieldValue {
	var out []FieldValue
	for i := range f.ev.Values {
		v := &f.ev.Values[i]
		text := v.AppendText(nil)
		folded := event.FoldBytes(nil, text)
		hit := false
		f.matched(&r.root, func(t int32) {
			pt := &f.prog.tests[t]
			if pt.field != everyField || hit {
				return
			}
			if pt.folded() {
				hit = pt.test(folded)
			} else {
				hit = pt.test(text)
			}
		})
		if hit {
			out = append(out, FieldValue{Name: f.ev.Names.At(v.Slot).Text, Value: f.share(text)})
		}
	}
	return out
}
