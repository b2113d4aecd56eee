package hunt

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"entente/internal/event"
	timeline "entente/internal/stretch"
)

// LogCount is how many records of one kind one host gave to a hunt. A kind is what all records have in common that
// have the same header.
type LogCount struct {
	Source   event.Source
	Channel  string
	Provider string
	EventID  uint32
	Host     string // as the records have it, "" where they have none
	// File is where the records are, where Host does not tell them from those of other hosts: it is "", or an address
	// that every machine has.
	File    string
	Records int64
	// First and Last are the times of the earliest and the latest record; zero where no record has one.
	First, Last time.Time
	// Kinds are the names of the bindings that select these records, of those that rules of the plan need; see
	// taxonomy.Table. Where a binding looks at more than the header, at least one of the records that were looked at for it
	// is of that kind: all where there are few, a part where there are many.
	Kinds []string
	// Void are fields that rules of the plan read and that the log does not tell: none of the records that were looked at
	// for it has them. So it is for logs whose records of one kind have the same fields ([fixedFields]). Of fields that hold
	// a value only where a policy asks for it ([optionalFields]), it is those that held none. A field stands here under the
	// name that records have for it, and only where no other place has what rules would find in it.
	Void []string
}

// optionalFields are, of events of the Security log, the fields that are always there and are empty unless a policy of
// their own is on.
var optionalFields = map[uint32]string{
	4688: "CommandLine", // "Include command line in process creation events"
}

// optional is the optional field of the records with this header; "" where there is none.
func (h *header) optional() string {
	if h.source != event.SourceWindows || !strings.EqualFold(h.channel, "Security") {
		return ""
	}
	return optionalFields[h.eventID]
}

// hasOptional is the bit that says that the optional field of a kind of records had a value.
const hasOptional = 1 << 63

// LogTimes are the times at which one log of a host has records.
type LogTimes struct {
	Source  event.Source
	Channel string
	Host    string // as in LogCount, and so is File
	File    string
	// Times are stretches in nanoseconds since 1970 with pauses of more than ten minutes between them; where there are
	// very many, only the longest pauses are told apart.
	Times timeline.Set
}

// FileHosts are the hosts that the records of one file name.
type FileHosts struct {
	File  string
	Hosts []string // in order of name
}

// Limits of what is counted apart.
const (
	// maxLogCells bounds the counts of all kinds and hosts; beyond it records count for no host.
	maxLogCells = 1 << 17
	// maxLogHeaders bounds the kinds; beyond it records are not counted.
	maxLogHeaders = 1 << 13
	// maxHostFiles bounds the files whose hosts are told apart by file, and maxFileHosts the addresses in each.
	maxHostFiles = 1 << 12
	maxFileHosts = 64
	// maxLogTimes bounds the logs whose times are told apart, maxLogRuns the stretches of each, timeJoin the pause that does
	// not count.
	maxLogTimes = 1 << 13
	maxLogRuns  = 128
	timeJoin    = int64(10 * time.Minute)
	// maxKnown bounds the hosts of which an entry remembers what selects their records.
	maxKnown = 1 << 10
)

// inventory counts the records of the block at hand by header and host.
type inventory struct {
	hosts  []string
	byName map[string]int32
	host   int32 // of the record before, as index into hosts; -1 before the first
	cells  []logCell
	index  map[uint64]int32 // of cells, by header and host
	runs   []cellRun
	seen   []uint64 // fields that records had, as bit sets by the numbers of the program's names; parts of it are the cells'
}

// cellRun is a run of records of a cell without a pause that counts.
type cellRun struct {
	cell int32
	timeline.Stretch
}

type logCell struct {
	entry       *entry
	host        int32
	records     int64
	first, last int64 // ns since 1970; 0 where no record has a time
	selected    uint64
	run         timeline.Stretch // that goes on
	seen, words int32            // place in inventory.seen, and how many words of it; none where fields are not asked for
	alike       uint64           // numbers of values that records had which were looked at, as a bit set modulo 64
}

// blockLog is a cell as it leaves the worker.
type blockLog struct {
	entry       *entry
	host        string
	records     int64
	first, last int64
	selected    uint64 // of the program's kinds that look at fields, those that select a record
	seen        []uint64
	runs        []timeline.Stretch
}

func newInventory() *inventory {
	return &inventory{byName: map[string]int32{}, index: map[uint64]int32{}, host: -1}
}

// add counts a record, which the entry's program hunts.
func (v *inventory) add(e *entry, ev *event.Event) {
	if v.host < 0 || v.hosts[v.host] != ev.Host {
		v.host = v.number(ev.Host)
	}
	i := e.cell
	if int(i) >= len(v.cells) || v.cells[i].entry != e || v.cells[i].host != v.host {
		i = v.cell(e)
		e.cell = i
	}
	c := &v.cells[i]
	c.records++
	if ev.HasTime {
		if c.first == 0 || ev.Time < c.first {
			c.first = ev.Time
		}
		if c.last == 0 || ev.Time > c.last {
			c.last = ev.Time
		}
		switch r := &c.run; {
		case r.N > 0 && ev.Time >= r.First && ev.Time <= r.Last:
			r.N++
		case r.N > 0 && ev.Time > r.Last && timeline.Near(r.Last, ev.Time, timeJoin):
			r.Last = ev.Time
			r.N++
		case r.N > 0 && ev.Time < r.First && timeline.Near(ev.Time, r.First, timeJoin):
			r.First = ev.Time
			r.N++
		default:
			if r.N > 0 {
				v.runs = append(v.runs, cellRun{i, *r})
			}
			*r = timeline.Stretch{First: ev.Time, Last: ev.Time, N: 1}
		}
	}
	if c.words > 0 {
		v.look(c, ev)
	}
	if open := e.asks &^ c.selected; open != 0 && asked(c.records) {
		s := e.frame.prog.selecting(ev, open)
		if open&hasOptional != 0 && ev.Text(e.kind.optional()) != "" {
			s |= hasOptional
		}
		c.selected |= s
		if s != 0 && namesHost(v.hosts[v.host]) {
			if len(e.known) >= maxKnown {
				clear(e.known)
			}
			if e.known == nil {
				e.known = map[string]uint64{}
			}
			e.known[v.hosts[v.host]] |= s
		}
	}
}

// maxLooking bounds the kinds of log of one program that are told by more than the header.
const maxLooking = 63

// asked says which records of a kind, in a block, are looked at by kinds of log that ask for more than the header and
// that none has met yet: all at first, then fewer and fewer. It depends on the block alone, not on who reads it.
func asked(n int64) bool {
	switch {
	case n <= 8:
		return true
	case n <= 256:
		return n%16 == 0
	}
	return n%256 == 0
}

// namesHost says that records of that host are those of one host in all files; see logTally.place.
func namesHost(host string) bool {
	return host != "" && host[0] > '9' && strings.IndexByte(host, ':') < 0
}

func (v *inventory) number(host string) int32 {
	i, ok := v.byName[host]
	if !ok {
		i = int32(len(v.hosts))
		host = strings.Clone(host)
		v.hosts = append(v.hosts, host)
		v.byName[host] = i
	}
	return i
}

func (v *inventory) cell(e *entry) int32 {
	key := uint64(e.header)<<32 | uint64(uint32(v.host))
	i, ok := v.index[key]
	if !ok {
		i = int32(len(v.cells))
		c := logCell{entry: e, host: v.host, selected: e.known[v.hosts[v.host]], seen: int32(len(v.seen)), words: e.frame.prog.fieldWords(&e.kind)}
		for range c.words {
			v.seen = append(v.seen, 0)
		}
		v.cells = append(v.cells, c)
		v.index[key] = i
	}
	return i
}

// take returns what was counted, and begins anew.
func (v *inventory) take() []blockLog {
	out := make([]blockLog, len(v.cells))
	seen := slices.Clone(v.seen)
	runs := make([]timeline.Stretch, len(v.cells)) // most cells have one
	for i := range v.cells {
		c := &v.cells[i]
		out[i] = blockLog{
			entry: c.entry, host: v.hosts[c.host],
			records: c.records, first: c.first, last: c.last, selected: c.selected, seen: seen[c.seen : c.seen+c.words : c.seen+c.words],
		}
		if c.run.N > 0 {
			runs[i] = c.run
			out[i].runs = runs[i : i+1 : i+1]
		}
	}
	for _, r := range v.runs {
		out[r.cell].runs = append(out[r.cell].runs, r.Stretch)
	}
	v.runs = v.runs[:0]
	if len(v.index) > 1024 { // the next block is hardly like this one
		v.index, v.byName = map[uint64]int32{}, map[string]int32{}
	}
	clear(v.index)
	clear(v.byName)
	clear(v.hosts)
	clear(v.cells)
	v.hosts, v.cells, v.seen, v.host = v.hosts[:0], v.cells[:0], v.seen[:0], -1
	return out
}

// selecting says which of the kinds in a bit set, that look at fields, select a record.
func (p *program) selecting(ev *event.Event, open uint64) (selected uint64) {
	for i, b := range p.kinds[:min(len(p.kinds), maxLooking)] {
		if open&(1<<i) != 0 && b.Match.SelectsFields(ev) {
			selected |= 1 << i
		}
	}
	return selected
}

// logTally puts the counts of all blocks together.
type logTally struct {
	headers map[header]*logKind
	cells   int
	folded  bool
	files   map[string]map[string]bool // hosts by file, see logTally.place
	times   map[timesKey]*timeline.Set
}

type timesKey struct {
	source  event.Source
	channel string
	at      hostPlace
}

type logKind struct {
	prog  *program
	hosts map[hostPlace]*hostCount
	at    hostPlace // of the last one
	last  *hostCount
}

// hostCount is what one kind of record of one host came to.
type hostCount struct {
	LogCount
	bits  uint64        // as blockLog.selected
	seen  []uint64      // as in blockLog
	times *timeline.Set // of logTally.times; nil before the first
}

// hostPlace is a host, with the file where its name means something else in every file.
type hostPlace struct{ host, file string }

func (t *logTally) add(file string, l *blockLog) {
	k := t.kind(l.entry)
	if k == nil {
		t.folded = true
		return
	}
	at := t.place(file, l)
	c := k.last
	if c == nil || k.at != at {
		c = k.hosts[at]
	}
	if c == nil && t.cells >= maxLogCells {
		t.folded = true
		at = hostPlace{}
		c = k.hosts[at]
	}
	if c == nil {
		h := &l.entry.kind
		c = &hostCount{LogCount: LogCount{Source: h.source, Channel: h.channel, Provider: h.provider, EventID: h.eventID, Host: at.host, File: at.file}}
		k.hosts[at] = c
		t.cells++
	}
	k.at, k.last = at, c
	c.Records += l.records
	c.bits |= l.selected
	if len(c.seen) < len(l.seen) {
		c.seen = append(c.seen, make([]uint64, len(l.seen)-len(c.seen))...)
	}
	for i, w := range l.seen {
		c.seen[i] |= w
	}
	if len(l.runs) > 0 {
		if c.times == nil {
			c.times = t.timesOf(timesKey{l.entry.kind.source, l.entry.kind.channel, at})
		}
		for _, r := range l.runs {
			if c.times != nil {
				c.times.Add(r.First, r.Last, r.N)
			}
		}
	}
	if l.first != 0 {
		if at := time.Unix(0, l.first).UTC(); c.First.IsZero() || at.Before(c.First) {
			c.First = at
		}
		if at := time.Unix(0, l.last).UTC(); at.After(c.Last) {
			c.Last = at
		}
	}
}

// kind is what counts the records of an entry; nil where there are too many kinds.
func (t *logTally) kind(e *entry) *logKind {
	if e.counts != nil {
		return e.counts
	}
	k := t.headers[e.kind]
	if k == nil {
		if len(t.headers) >= maxLogHeaders {
			return nil
		}
		if t.headers == nil {
			t.headers = map[header]*logKind{}
		}
		k = &logKind{prog: e.frame.prog, hosts: map[hostPlace]*hostCount{}}
		t.headers[e.kind] = k
	}
	e.counts = k
	return k
}

// timesOf is the set of times of a log, a new one where there is none; nil where there are too many.
func (t *logTally) timesOf(k timesKey) *timeline.Set {
	s := t.times[k]
	if s == nil {
		if len(t.times) >= maxLogTimes {
			return nil
		}
		if t.times == nil {
			t.times = map[timesKey]*timeline.Set{}
		}
		set := timeline.New(timeJoin, maxLogRuns)
		s = &set
		t.times[k] = s
	}
	return s
}

// timeList returns the times of all logs in order of source, channel and host.
func (t *logTally) timeList() []LogTimes {
	out := make([]LogTimes, 0, len(t.times))
	for k, s := range t.times {
		out = append(out, LogTimes{Source: k.source, Channel: k.channel, Host: k.at.host, File: k.at.file, Times: *s})
	}
	slices.SortFunc(out, func(a, b LogTimes) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Host, b.Host), cmp.Compare(a.File, b.File))
	})
	return out
}

// place tells the hosts apart that records name by nothing or by an address, and notes by which addresses a web server
// calls itself in a file.
func (t *logTally) place(file string, l *blockLog) hostPlace {
	at := hostPlace{host: l.host}
	if l.host != "" {
		if strings.IndexByte("0123456789abcdefABCDEF:", l.host[0]) < 0 {
			return at // the usual case, without the making of an error
		}
		a, err := netip.ParseAddr(l.host)
		if err != nil {
			return at
		}
		if a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() {
			at.file = file
		} else if l.entry.kind.source != event.SourceIIS {
			return at
		}
	} else {
		at.file = file
	}
	hosts := t.files[file]
	if hosts == nil {
		if len(t.files) >= maxHostFiles {
			t.folded = t.folded || at.file != ""
			return hostPlace{host: l.host}
		}
		if t.files == nil {
			t.files = map[string]map[string]bool{}
		}
		hosts = map[string]bool{}
		t.files[file] = hosts
	}
	if len(hosts) < maxFileHosts {
		hosts[l.host] = true
	}
	return at
}

func (t *logTally) fileHosts() []FileHosts {
	var out []FileHosts
	for _, f := range slices.Sorted(maps.Keys(t.files)) {
		out = append(out, FileHosts{File: f, Hosts: slices.Sorted(maps.Keys(t.files[f]))})
	}
	return out
}

// list returns the counts in order of kind and host.
func (t *logTally) list() []LogCount {
	out := make([]LogCount, 0, t.cells)
	for h, k := range t.headers {
		names, voids := map[uint64][]string{}, map[string][]string{}
		for _, c := range k.hosts {
			bits := c.bits
			if _, ok := names[bits]; !ok {
				names[bits] = k.prog.kindNames(bits)
			}
			l := c.LogCount
			l.Kinds = names[bits]
			key := fmt.Sprint(c.seen)
			void, ok := voids[key]
			if !ok {
				void = k.prog.void(c.seen)
				voids[key] = void
			}
			l.Void = void
			if f := h.optional(); f != "" && bits&hasOptional == 0 && !slices.Contains(void, f) {
				l.Void = append(slices.Clone(void), f)
			}
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b LogCount) int {
		return cmp.Or(
			cmp.Compare(a.Source, b.Source), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Provider, b.Provider),
			cmp.Compare(a.EventID, b.EventID), cmp.Compare(a.Host, b.Host), cmp.Compare(a.File, b.File),
		)
	})
	return out
}

// kindNames names the kinds of log that a program serves: those that the header tells, and of the others the selected.
func (p *program) kindNames(selected uint64) []string {
	out := make([]string, 0, len(p.kinds))
	for i, b := range p.kinds {
		if i >= maxLooking || p.looking&(1<<i) == 0 || selected&(1<<i) != 0 {
			out = append(out, b.Name)
		}
	}
	return out
}
