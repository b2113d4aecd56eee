package triage

import (
	"strings"

	"entente/internal/event"
	"entente/internal/source"
	"entente/internal/stretch"
)

// stock is what one block holds.
type stock struct {
	parts      []*part
	notable    []Notable
	notableAll int64
}

// part is what one block holds of one log.
type part struct {
	key              logKey
	events, timeless int64
	first, last      int64
	kinds            map[kindKey]int64
	times, records   stretch.Set
	copies           int64
	// The ends of the part, as they stand in the file; ordered says that there are any.
	ordered     bool
	firstTime   int64
	firstID     uint64
	firstOffset int64
	lastTime    int64
	lastID      uint64
	jumps       []Jump
	jumpsAll    int64
	// The kind of the last record, and how many of it came in a row that are not in kinds yet.
	lastKind  kindKey
	lastCount int64
}

// stocktaker is the worker of an inventory.
type stocktaker struct {
	keep      *matcher
	providers bool
	numbered  bool // record ids that are missing tell something
	jump      int64
	file      *source.File
	out       *stock
	byKey     map[logKey]*part
	last      *part
	strings   texts
	kinds     kindNames
}

func newStocktaker(f *Filter, providers bool, jump int64) *stocktaker {
	return &stocktaker{
		keep: newMatcher(f), providers: providers, numbered: !providers && len(f.IDs) == 0, jump: jump, byKey: map[logKey]*part{},
	}
}

func (s *stocktaker) Begin(f *source.File) {
	s.file, s.out, s.last = f, &stock{}, nil
	clear(s.byKey)
}

func (s *stocktaker) End() any {
	for _, p := range s.out.parts {
		p.countLast()
	}
	out := s.out
	s.out = nil
	if len(out.parts) == 0 {
		return nil
	}
	return out
}

func (s *stocktaker) Event(ev *event.Event) bool {
	if !s.keep.keep(ev) {
		return true
	}
	p := s.part(ev)
	p.events++
	kind := kindKey{provider: ev.Provider, id: ev.EventID}
	if ev.EventID == 0 {
		kind = kindKey{name: s.kinds.of(ev)}
	}
	if kind != p.lastKind {
		p.countLast()
		kind.provider, kind.name = s.strings.get(kind.provider), s.strings.get(kind.name)
		p.lastKind = kind
	}
	p.lastCount++
	if n, ok := notable(ev); ok {
		s.out.notableAll++
		if len(s.out.notable) < maxNotable {
			n.File = s.file.Name
			s.out.notable = append(s.out.notable, n)
		}
	}
	if s.numbered && ev.Source == event.SourceWindows && !ev.Carved && ev.RecordID != 0 && ev.RecordID < maxRecordID {
		id := int64(ev.RecordID)
		p.copies += p.records.Overlap(id, id)
		p.records.Add(id, id, 1)
	}
	if !ev.HasTime {
		p.timeless++
		return true
	}
	if p.events-p.timeless == 1 {
		p.first, p.last = ev.Time, ev.Time
	}
	p.first, p.last = min(p.first, ev.Time), max(p.last, ev.Time)
	p.times.Add(ev.Time, ev.Time, 1)
	if writtenInOrder[ev.Source] && !ev.Carved {
		p.order(ev, s.jump)
	}
	return true
}

// maxRecordID is beyond what any log reaches; a damaged record may claim more.
const maxRecordID = 1 << 62

// writtenInOrder are the sources whose records stand in the order in which they were written, by the clock of the host
// that they tell of.
var writtenInOrder = map[event.Source]bool{
	event.SourceWindows: true, event.SourceSysmonLinux: true, event.SourceAuditd: true, event.SourceSyslog: true,
	event.SourceIIS: true, event.SourceHTTPProxy: true, event.SourceECP: true, event.SourceWebAccess: true,
}

// order watches for clock jumps.
func (p *part) order(ev *event.Event, jump int64) {
	switch {
	case !p.ordered:
		p.ordered, p.firstTime, p.firstID, p.firstOffset = true, ev.Time, ev.RecordID, ev.Offset
	case jumped(p.lastTime, p.lastID, ev.Time, ev.RecordID, jump):
		p.jumpsAll++
		if len(p.jumps) < maxJumps {
			p.jumps = append(p.jumps, Jump{From: nanos(p.lastTime), To: nanos(ev.Time), Offset: ev.Offset})
		}
	}
	p.lastTime, p.lastID = ev.Time, ev.RecordID
}

func (p *part) countLast() {
	if p.lastCount > 0 {
		p.kinds[p.lastKind] += p.lastCount
		p.lastCount = 0
	}
}

// maxParts bounds the logs that one block is told apart into.
const maxParts = 1024

func (s *stocktaker) part(ev *event.Event) *part {
	provider := ""
	if s.providers {
		provider = ev.Provider
	}
	k := logKey{ev.Host, ev.Source, ev.Channel, provider}
	if ev.Source == event.SourceAuditd {
		k.channel = "" // it is the kind of the record, and all of them are one log
	}
	if s.last != nil && s.last.key == k {
		return s.last
	}
	p := s.byKey[k]
	if p == nil {
		if len(s.byKey) >= maxParts { // logs that come again get new parts, which the inventory puts together
			clear(s.byKey)
		}
		k.host, k.channel, k.provider = s.strings.get(k.host), s.strings.get(k.channel), s.strings.get(k.provider)
		p = &part{key: k, kinds: map[kindKey]int64{}, times: newTimes(), records: newRecords()}
		s.byKey[k] = p
		s.out.parts = append(s.out.parts, p)
	}
	s.last = p
	return p
}

// texts turns texts that belong to a reader into ones of our own, once each.
type texts struct{ m map[string]string }

// maxTexts bounds the texts that are shared.
const maxTexts = 1 << 14

func (t *texts) get(s string) string {
	if s == "" {
		return ""
	}
	if own, ok := t.m[s]; ok {
		return own
	}
	if t.m == nil || len(t.m) >= maxTexts {
		t.m = map[string]string{}
	}
	s = strings.Clone(s)
	t.m[s] = s
	return s
}
