package triage

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"entente/internal/event"
	"entente/internal/source"
	"entente/internal/stretch"
)

// InventoryOptions say what [TakeInventory] reads and what it calls unusual.
type InventoryOptions struct {
	Read   source.Options
	Filter Filter
	// Providers tells the providers of a channel apart, each with a line of its own.
	Providers bool
	// Gap is the shortest time without a record that may be told of; 0 is an hour. See [Gap].
	Gap time.Duration
	// Jump is by how much a record's time has to lie before that of the record in front of it; 0 is five minutes.
	Jump time.Duration
}

// The bounds of an inventory. Beyond them things are counted and not told apart; [Inventory.Limits] says so.
const (
	MaxLogs     = 10_000 // logs told apart
	maxKinds    = 512    // kinds of event in one log
	maxAllKinds = 200_000
	maxTimes    = 256 // stretches of time in one log
	maxRecords  = 256 // stretches of record ids in one log
	maxJumps    = 20  // clock jumps listed of one log
	maxNotable  = 500
	maxTroubles = 1000
)

// Inventory is what a heap of logs holds. docs/formats/triage.md describes its JSON form.
type Inventory struct {
	First       time.Time `json:"first,omitzero"` // zero where no record has a time
	Last        time.Time `json:"last,omitzero"`
	Events      int64     `json:"events"`
	Files       int64     `json:"files"`
	Logs        []*Log    `json:"logs"`    // in order of host, source, channel, provider
	Notable     []Notable `json:"notable"` // in the order of time
	NotableAll  int64     `json:"notable_total"`
	Skipped     []Trouble `json:"skipped"`
	SkippedAll  int64     `json:"skipped_total"`
	Warnings    []Trouble `json:"warnings"`
	WarningsAll int64     `json:"warnings_total"`
	Limits      []string  `json:"limits,omitempty"` // what was not told apart because of a bound
}

// Log is what one host wrote into one channel.
type Log struct {
	Host     string       `json:"host"`
	Source   event.Source `json:"source"`
	Channel  string       `json:"channel"`
	Provider string       `json:"provider,omitempty"` // only where providers are told apart
	Events   int64        `json:"events"`
	Timeless int64        `json:"without_time,omitempty"`
	Files    int64        `json:"files"`
	First    time.Time    `json:"first,omitzero"`
	Last     time.Time    `json:"last,omitzero"`
	Kinds    []Kind       `json:"kinds"`          // most frequent first
	Gaps     []Gap        `json:"gaps,omitempty"` // longest first
	Missing  *Missing     `json:"missing_records,omitempty"`
	// Copies is how many records stand more than once, by their record ids: the same log was collected twice.
	Copies   int64  `json:"copies,omitempty"`
	Jumps    []Jump `json:"clock_jumps,omitempty"`
	JumpsAll int64  `json:"clock_jumps_total,omitempty"`
}

// Kind is one kind of event: an event id of Windows with its provider, or what another log calls its kinds (an operation,
// a program).
type Kind struct {
	Provider string `json:"provider,omitempty"`
	ID       uint32 `json:"event_id,omitempty"`
	Name     string `json:"name,omitempty"` // of the operation; for event ids what they mean, where that is known
	Count    int64  `json:"count"`
}

// Gap is a time without any record, in a log that usually writes more often: at least fifty times the mean pause between
// its records, of which there have to be twenty. Where a log has five gaps and more, one has to be four times as long as the
// usual one of them, so that nights and weekends are none.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Others says that other logs of the host have records in the meantime.
	Others bool `json:"others_active"`
}

// Missing are record ids (EventRecordID) of a Windows log that do not occur between others that do.
type Missing struct {
	Records int64   `json:"records"`
	Runs    []IDRun `json:"runs"` // longest first, at most maxRuns
	RunsAll int     `json:"runs_total"`
	// Scattered says that ids are missing all over: these are chosen records of a log, not the log.
	Scattered bool `json:"scattered"`
}

// IDRun is a run of record ids, both ends included.
type IDRun struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// Jump is a record whose time lies before that of the record in front of it, although a log is written in the order of
// time.
type Jump struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	File   string    `json:"file"`
	Offset int64     `json:"offset"`
}

// Notable is a record that says something about the logs themselves: one was cleared, the clock was set, auditing
// changed.
type Notable struct {
	Time     time.Time `json:"time,omitzero"`
	Host     string    `json:"host,omitempty"`
	Channel  string    `json:"channel,omitempty"`
	EventID  uint32    `json:"event_id,omitempty"`
	What     string    `json:"what"`
	User     string    `json:"user,omitempty"`
	RecordID uint64    `json:"record_id,omitempty"`
	File     string    `json:"file"`
	Offset   int64     `json:"offset"`
}

// Trouble is an input that was not read, or damage in one that was.
type Trouble struct {
	File    string `json:"file"`
	Offset  int64  `json:"offset"` // -1 where it concerns the whole file
	Message string `json:"message"`
}

// TakeInventory reads the inputs and says what is there, and what seems to be missing.
func TakeInventory(ctx context.Context, inputs []string, o InventoryOptions) (*Inventory, error) {
	inv := &inventory{
		gap: cmp.Or(o.Gap, time.Hour), logs: map[logKey]*logState{},
		out: &Inventory{Logs: []*Log{}, Notable: []Notable{}, Skipped: []Trouble{}, Warnings: []Trouble{}},
	}
	warn, skip := o.Read.Warn, o.Read.Skip
	o.Read.Warn = func(w source.Warning) {
		inv.out.WarningsAll++
		if len(inv.out.Warnings) < maxTroubles {
			inv.out.Warnings = append(inv.out.Warnings, Trouble{File: w.File, Offset: w.Offset, Message: w.Message})
		}
		if warn != nil {
			warn(w)
		}
	}
	o.Read.Skip = func(s source.Skipped) {
		inv.out.SkippedAll++
		if len(inv.out.Skipped) < maxTroubles {
			inv.out.Skipped = append(inv.out.Skipped, Trouble{File: s.File, Offset: -1, Message: s.Reason})
		}
		if skip != nil {
			skip(s)
		}
	}
	var years source.Yearless
	o.Read.Yearless = years.Add
	if o.Read.Progress == nil {
		o.Read.Progress = new(source.Progress)
	}
	jump := int64(cmp.Or(o.Jump, 5*time.Minute))
	err := source.Run(ctx, inputs, o.Read, func(int) source.Worker {
		return newStocktaker(&o.Filter, o.Providers, jump)
	}, func(f *source.File, result any) error {
		if b, ok := result.(*stock); ok {
			inv.take(f, b, jump)
		}
		return nil
	})
	if w, ok := years.Warning(); ok && err == nil {
		o.Read.Warn(w)
	}
	inv.out.Files = o.Read.Progress.Files.Load()
	inv.finish()
	return inv.out, err
}

// logKey tells logs apart.
type logKey struct {
	host     string
	source   event.Source
	channel  string
	provider string
}

// kindKey tells kinds of event apart.
type kindKey struct {
	provider string
	id       uint32
	name     string
}

// logState is what is known of one log while the inputs are read.
type logState struct {
	events, timeless, files int64
	first, last             int64
	file                    *source.File
	kinds                   map[kindKey]int64
	otherKinds              int64
	times                   stretch.Set
	records                 stretch.Set
	copies                  int64
	jumps                   []Jump
	jumpsAll                int64
	// Of the last record of this log in the current file.
	lastFile *source.File
	lastTime int64
	lastID   uint64
}

// inventory gathers the blocks' results, in the order of the inputs.
type inventory struct {
	gap      time.Duration
	logs     map[logKey]*logState
	kinds    int
	dropped  int64 // records of logs beyond MaxLogs
	fewKinds bool
	out      *Inventory
}

func (v *inventory) take(f *source.File, b *stock, jump int64) {
	for _, p := range b.parts {
		v.out.Events += p.events
		l := v.logs[p.key]
		if l == nil {
			if len(v.logs) >= MaxLogs {
				v.dropped += p.events
				continue
			}
			l = &logState{kinds: map[kindKey]int64{}, times: newTimes(), records: newRecords()}
			v.logs[p.key] = l
		}
		v.merge(l, p, f, jump)
	}
	v.out.NotableAll += b.notableAll
	for _, n := range b.notable {
		if len(v.out.Notable) < maxNotable {
			v.out.Notable = append(v.out.Notable, n)
		}
	}
}

func (v *inventory) merge(l *logState, p *part, f *source.File, jump int64) {
	l.events += p.events
	l.timeless += p.timeless
	if l.file != f {
		l.file = f
		l.files++
	}
	for k, n := range p.kinds {
		switch _, known := l.kinds[k]; {
		case known:
		case len(l.kinds) >= maxKinds || v.kinds >= maxAllKinds:
			l.otherKinds += n
			v.fewKinds = true
			continue
		default:
			v.kinds++
		}
		l.kinds[k] += n
	}
	if p.events > p.timeless {
		if len(l.times.List) == 0 {
			l.first, l.last = p.first, p.last
		}
		l.first, l.last = min(l.first, p.first), max(l.last, p.last)
	}
	l.times.Merge(&p.times)
	l.copies += p.copies
	if p.records.Join == 1 {
		for _, s := range p.records.List {
			l.copies += l.records.Overlap(s.First, s.Last)
		}
	}
	l.records.Merge(&p.records)
	if p.ordered {
		if l.lastFile == f && jumped(l.lastTime, l.lastID, p.firstTime, p.firstID, jump) {
			l.jumpsAll++
			if len(l.jumps) < maxJumps {
				l.jumps = append(l.jumps, Jump{From: nanos(l.lastTime), To: nanos(p.firstTime), File: f.Name, Offset: p.firstOffset})
			}
		}
		l.lastFile, l.lastTime, l.lastID = f, p.lastTime, p.lastID
	}
	l.jumpsAll += p.jumpsAll
	for _, j := range p.jumps {
		if len(l.jumps) < maxJumps {
			j.File = f.Name
			l.jumps = append(l.jumps, j)
		}
	}
}

// jumped says that time goes back from one record to the next by more than jump. Record ids, where there are any, have to
// grow meanwhile: records that stand in no order tell nothing of a clock.
func jumped(before int64, beforeID uint64, now int64, nowID uint64, jump int64) bool {
	return now < before && before-now > jump && (beforeID == 0 || nowID > beforeID)
}

func nanos(ns int64) time.Time { return time.Unix(0, ns).UTC() }

func (v *inventory) finish() {
	keys := slices.SortedFunc(maps.Keys(v.logs), func(a, b logKey) int {
		return cmp.Or(strings.Compare(a.host, b.host), cmp.Compare(a.source, b.source), strings.Compare(a.channel, b.channel), strings.Compare(a.provider, b.provider))
	})
	byHost := map[string][]*logState{}
	for _, k := range keys {
		byHost[k.host] = append(byHost[k.host], v.logs[k])
	}
	for _, k := range keys {
		l := v.logs[k]
		out := &Log{
			Host: k.host, Source: k.source, Channel: k.channel, Provider: k.provider, Events: l.events, Timeless: l.timeless,
			Files: l.files, Copies: l.copies, Jumps: l.jumps, JumpsAll: l.jumpsAll,
		}
		if l.events > l.timeless {
			out.First, out.Last = nanos(l.first), nanos(l.last)
			if v.out.First.IsZero() || out.First.Before(v.out.First) {
				v.out.First = out.First
			}
			if out.Last.After(v.out.Last) {
				v.out.Last = out.Last
			}
		}
		out.Kinds = kindList(k, l)
		out.Gaps = findGaps(l, byHost[k.host], v.gap)
		out.Missing = findMissing(l)
		v.out.Logs = append(v.out.Logs, out)
	}
	slices.SortStableFunc(v.out.Notable, func(a, b Notable) int { return a.Time.Compare(b.Time) })
	v.limits()
}

func kindList(k logKey, l *logState) []Kind {
	out := make([]Kind, 0, len(l.kinds)+1)
	for key, n := range l.kinds {
		name := key.name
		if key.id != 0 {
			name = EventName(key.provider, k.channel, key.id)
		}
		out = append(out, Kind{Provider: key.provider, ID: key.id, Name: name, Count: n})
	}
	slices.SortFunc(out, func(a, b Kind) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID), strings.Compare(a.Provider, b.Provider), strings.Compare(a.Name, b.Name))
	})
	if l.otherKinds > 0 {
		out = append(out, Kind{Name: "others", Count: l.otherKinds})
	}
	return out
}

func (v *inventory) limits() {
	o := v.out
	if v.dropped > 0 {
		o.Limits = append(o.Limits, count(v.dropped, "record")+" of logs beyond the first "+count(MaxLogs, "log")+" are only in the total: choose with --host or --channel")
	}
	if v.fewKinds {
		o.Limits = append(o.Limits, "some logs have more kinds of event than are told apart; the rest is counted as others")
	}
	if n := o.NotableAll - int64(len(o.Notable)); n > 0 {
		o.Limits = append(o.Limits, count(n, "record")+" about the logs themselves beyond the first "+count(maxNotable, "one")+" are not listed")
	}
}
