package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"entente/internal/event"
)

// w3cFormat reads logs in the W3C extended format (https://www.w3.org/TR/WD-logfile.html) as IIS writes it, and its
// relatives: HTTP.sys error logs, Azure App Service, Windows Firewall, TMG, CloudFront and the proxies that write
// ELFF. Fields carry the names of the #Fields line in force, which may change anywhere.
type w3cFormat struct{}

func newIIS() Format { return w3cFormat{} }

// Name implements [Format].
func (w3cFormat) Name() string { return "iis" }

// Sniff implements [Sniffer]: a #Fields line of blank-separated names, or without any the default columns of IIS.
func (w3cFormat) Sniff(prefix []byte) int {
	h, late := sniffDirectives(prefix)
	switch {
	case h.fields == "" && strings.HasPrefix(h.software, "Microsoft Internet Information Services"):
		return 90
	case h.fields == "":
		return sniffHeadless(prefix, headlessW3C)
	case strings.Contains(h.fields, ","):
		return 0
	case len(strings.Fields(h.fields)) < 2:
		return 0
	case late:
		return lateScore
	default:
		return 90
	}
}

// Split implements [Format].
func (w3cFormat) Split(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error {
	h := &directives{}
	return splitLines(ctx, r, env, func(b Block) error {
		b.Context = h
		h = h.after(b.Data)
		return emit(b)
	})
}

// NewDecoder implements [Format].
func (w3cFormat) NewDecoder() Decoder {
	d := &w3cDecoder{}
	d.forget()
	return d
}

// w3cLayout is a #Fields line made ready. Columns that a log does not have are -1.
type w3cLayout struct {
	slots      []uint32
	names      []string
	kinds      []columnKind
	more       bool // the header names more columns than are kept
	date, time int
	host       int
	status     int // of IIS, whose status is always a number; -1 elsewhere
	software   string
	dashes     bool // a dash may stand for a number or a method: written by a program other than IIS
	iis        bool // written by IIS, which never quotes and only separates by single blanks
	source     event.Source
	channel    string
}

type w3cDecoder struct {
	ev      event.Event
	message uint32
	layouts map[w3cKey]*w3cLayout
	texts   interner

	dayText [10]byte // the day that was read last
	dayOK   bool
	day     int64
}

type w3cKey struct{ fields, software string }

// forget starts a fresh table of names.
func (d *w3cDecoder) forget() {
	names := event.NewNames()
	d.ev = event.Event{Names: names, Values: d.ev.Values}
	d.message = names.Slot("message")
	d.layouts = map[w3cKey]*w3cLayout{}
}

// Decode implements [Decoder].
func (d *w3cDecoder) Decode(b *Block, env *Env, yield func(*event.Event) bool) {
	h, ok := b.Context.(*directives)
	if !ok {
		h = &directives{}
	}
	var (
		lay   = d.layout(h)
		base  = d.baseDate(h)
		lines = lineScanner{data: b.Data, off: b.Offset, env: env}
	)
	for {
		line, off, ok := lines.next()
		if !ok {
			return
		}
		if line[0] == '#' {
			if len(line) > maxHeaderLine {
				env.warn(off, "header line is too long and was left out")
			}
			if next := h.with(line); next != h {
				h = next
				lay, base = d.layout(h), d.baseDate(h)
				if h.tooManyColumns(" ", maxColumns) {
					env.warn(off, fmt.Sprintf("header names more than %d columns, the others are left out", maxColumns))
				}
			}
			continue
		}
		own := lay
		if own == nil {
			if h := headlessW3C(line); h != nil {
				own = d.layout(h)
			}
		}
		if own == nil {
			env.warn(off, "line stands before any #Fields line: its columns have no names")
			plainLine(&d.ev, d.message, line, off)
			if !yield(&d.ev) {
				return
			}
			continue
		}
		open := off+int64(len(line)) == b.Offset+int64(len(b.Data))
		for {
			rest := d.record(line, off, own, base, open, env)
			if !yield(&d.ev) {
				return
			}
			if rest == 0 {
				break
			}
			line, off = line[rest:], off+int64(rest)
		}
	}
}

// record makes the event of a line, and returns where another begins in it; 0 where none does. open says that the log ends
// with the line, which has no end of its own.
func (d *w3cDecoder) record(line []byte, off int64, lay *w3cLayout, base int64, open bool, env *Env) (rest int) {
	ev := &d.ev
	ev.Reset()
	ev.Offset, ev.Raw = off, line
	want := len(lay.slots)
	vals := sized(ev.Values, want)
	split := splitBlanks
	switch {
	case lay.iis:
	case bytes.Count(line, []byte{'\t'})*2 >= want-1 && want > 1:
		split = splitTabs
	case bytes.IndexByte(line, '"') >= 0:
		split = splitQuoted
	}
	var (
		text   bool
		unsure [2]int
	)
	if got := split(line, vals); got != want || lay.shifted(vals) {
		clear(vals[min(got, want):]) // of what an earlier line left there
		m := lay.mend(line, vals, got, open, split)
		env.warn(off, m.warning)
		if rest, text, unsure = m.rest, m.text, m.unsure; rest > 0 {
			line = line[:rest]
		}
		if m.columns == 0 {
			plainLine(ev, d.message, line, off)
			return rest
		}
		vals, ev.Raw = vals[:m.columns], line
		clear(vals[unsure[0]:unsure[1]])
	}
	for i := range vals {
		v := &vals[i]
		v.Slot, v.Type = lay.slots[i], event.UTF8
		if len(v.Raw) <= 1 && (len(v.Raw) == 0 || v.Raw[0] == '-') {
			v.Raw, v.Type = nil, event.Null
		}
	}
	ev.Values = vals
	ev.Source, ev.Channel, ev.Provider = lay.source, lay.channel, lay.software
	if i := lay.host; i >= 0 && i < len(vals) {
		ev.Host = d.texts.of(vals[i].Raw)
	}
	if i := lay.time; i >= 0 && i < len(vals) {
		if ev.Time, ev.HasTime = d.when(lay, vals, base); !ev.HasTime && lay.date >= 0 && vals[i].Type != event.Null {
			env.warn(off, "the date or the time of the line cannot be read")
		}
	}
	if text {
		ev.Values = slices.Delete(vals, unsure[0], unsure[1])
		ev.Add(d.message, event.UTF8, line)
	}
	return rest
}

func splitBlanks(line []byte, vals []event.Value) int { return splitColumns(line, ' ', vals) }

func splitTabs(line []byte, vals []event.Value) int { return splitColumns(line, '\t', vals) }

// when is the record's time. Logs without a date column take the day of the last #Date line, and the day after for
// clocks that have gone back since.
func (d *w3cDecoder) when(lay *w3cLayout, vals []event.Value, base int64) (ns int64, ok bool) {
	c, n, ok := clock(vals[lay.time].Raw)
	if !ok || n != len(vals[lay.time].Raw) {
		return 0, false
	}
	if i := lay.date; i >= 0 {
		if i >= len(vals) || len(vals[i].Raw) != 10 {
			return 0, false
		}
		if raw := vals[i].Raw; !d.dayOK || string(raw) != string(d.dayText[:]) {
			if d.day, d.dayOK = isoDate(raw); !d.dayOK {
				return 0, false
			}
			copy(d.dayText[:], raw)
		}
		return d.day + c, true
	}
	if base == 0 {
		return 0, false
	}
	start := base - base%day
	const slack = int64(3600) * second // lines may be written somewhat late
	if c+slack < base-start {
		c += day
	}
	return start + c, true
}

// baseDate is the time of the #Date line, 0 where it is missing or unreadable.
func (d *w3cDecoder) baseDate(h *directives) int64 {
	if ns, _, ok := isoTime([]byte(h.date)); ok && ns > 0 {
		return ns
	}
	ns, _ := isoDate([]byte(h.date))
	return max(ns, 0)
}

// layout makes the columns of a header ready; nil while there is none.
func (d *w3cDecoder) layout(h *directives) *w3cLayout {
	if h.fields == "" {
		return nil
	}
	key := w3cKey{h.fields, h.software}
	if lay, ok := d.layouts[key]; ok {
		return lay
	}
	names := strings.Fields(h.fields)
	more := len(names) > maxColumns
	if more {
		names = names[:maxColumns]
	}
	if d.ev.Names.Len()+len(names) > event.MaxNames || len(d.layouts) >= maxLayouts {
		d.forget()
	}
	lay := &w3cLayout{
		software: h.software,
		names:    names, more: more,
		date: -1, time: -1, host: -1, status: -1,
		iis:    strings.HasPrefix(h.software, "Microsoft Internet Information Services"),
		source: event.SourceCSV, channel: h.software,
	}
	if lay.iis {
		lay.source, lay.channel = event.SourceIIS, ""
	}
	lay.dashes = !lay.iis && h.software != ""
	address := -1
	for i, n := range names {
		lay.slots = append(lay.slots, d.ev.Names.Slot(n))
		lay.kinds = append(lay.kinds, columnKindOf(strings.ToLower(n)))
		switch lower := strings.ToLower(n); {
		case lower == "date" && lay.date < 0:
			lay.date = i
		case lower == "time" && lay.time < 0:
			lay.time = i
		case lower == "s-computername" && lay.host < 0:
			lay.host = i
		case lower == "s-ip" && address < 0:
			address = i
		case lower == "sc-status" && lay.iis:
			lay.status = i
		case strings.HasPrefix(lower, "cs-") || strings.HasPrefix(lower, "cs("):
			// Whoever logs what a client sent to a server is a web server or stands before one.
			if lay.source != event.SourceIIS {
				lay.source, lay.channel = event.SourceIIS, ""
			}
		}
	}
	if lay.host < 0 {
		lay.host = address
	}
	if lay.source == event.SourceIIS && forwards(names) {
		lay.channel = "proxy"
	}
	if strings.HasPrefix(h.software, "Microsoft HTTP API") {
		lay.channel = "HTTPERR"
	}
	d.layouts[key] = lay
	return lay
}

// forwards says that a header is a forward proxy's: it names the far side of a request.
func forwards(names []string) bool {
	for _, n := range names {
		switch strings.ToLower(n) {
		case "r-ip", "r-host", "r-supplier-ip", "s-supplier-name", "s-supplier-ip", "cs-auth-group", "sc-filter-result":
			return true
		}
	}
	return false
}

// splitQuoted is [splitColumns] for blank-separated columns some of which stand in double quotes, with quotes inside
// doubled (as the W3C draft has it) or bare. A quote that is not closed before a blank or the end of the line is an
// ordinary character.
func splitQuoted(line []byte, vals []event.Value) int {
	quotes := true // some quote may still be closed
	for i, n := 0, 0; ; n++ {
		var raw []byte
		next := -1
		if quotes && i < len(line) && line[i] == '"' {
			if end := closingQuote(line, i+1); end >= 0 {
				raw, next = line[i+1:end], end+1
			} else {
				quotes = false
			}
		}
		if next < 0 {
			if next = bytes.IndexByte(line[i:], ' '); next >= 0 {
				next += i
			} else {
				next = len(line)
			}
			raw = line[i:next]
		}
		if n < len(vals) {
			vals[n].Raw = raw
		}
		if next >= len(line) {
			return n + 1
		}
		i = next + 1
	}
}

// closingQuote finds the first odd run of quotes from i on that a blank or the end of the line follows, and returns
// where its last quote stands, or -1.
func closingQuote(line []byte, i int) int {
	for i < len(line) {
		n := bytes.IndexByte(line[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		end := i
		for end < len(line) && line[end] == '"' {
			end++
		}
		if (end-i)&1 == 1 && (end == len(line) || line[end] == ' ') {
			return end - 1
		}
		i = end
	}
	return -1
}
