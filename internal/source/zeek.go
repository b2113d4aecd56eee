package source

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"

	"entente/internal/event"
)

// zeekFormat reads the tab-separated logs of Zeek. Sets and vectors are fields with several values. The header may come
// again anywhere, with other columns: logs are put together like that.
type zeekFormat struct{}

func newZeek() Format { return zeekFormat{} }

// Name implements [Format].
func (zeekFormat) Name() string { return "zeek" }

// zeekHeader is what the lines that start with # before a record say. It is never changed once a block carries it.
type zeekHeader struct {
	fields, types string // as they stand, with separators
	path          string
	sep, setSep   string
	empty, unset  string
}

func newZeekHeader() *zeekHeader {
	return &zeekHeader{sep: "\t", setSep: ",", empty: "(empty)", unset: "-"}
}

// with returns the header in force after a line that starts with #.
func (h *zeekHeader) with(line []byte) *zeekHeader {
	if len(line) > maxHeaderLine {
		return h
	}
	next := *h
	if v, ok := bytes.CutPrefix(line, []byte("#separator ")); ok {
		next.sep = string(zeekUnescape(v, new([]byte), true))
	} else {
		name, value, ok := strings.Cut(string(line[1:]), h.sep)
		if !ok {
			return h
		}
		switch name {
		case "fields":
			next.fields, next.types = value, ""
		case "types":
			next.types = value
		case "path":
			next.path = value
		case "set_separator":
			next.setSep = string(zeekUnescape([]byte(value), new([]byte), true))
		case "empty_field":
			next.empty = value
		case "unset_field":
			next.unset = value
		default:
			return h
		}
	}
	if len(next.sep) != 1 || next == *h {
		return h
	}
	return &next
}

// after returns the header in force after the lines of data.
func (h *zeekHeader) after(data []byte) *zeekHeader {
	for line := range hashLines(data) {
		h = h.with(bytes.TrimRight(line, "\r"))
	}
	return h
}

// Sniff implements [Sniffer]: #separator or #fields with a tab behind; after other lines, with rows of so many columns.
func (zeekFormat) Sniff(prefix []byte) int {
	var (
		h     = newZeekHeader()
		first = true
		later lateHeader
	)
	for line := range prefixLines(prefix) {
		if line[0] != '#' {
			first = false
			if !later.line(later.met && strings.Count(h.fields, h.sep) == bytes.Count(line, []byte(h.sep))) {
				break
			}
			continue
		}
		if first && (bytes.HasPrefix(line, []byte(`#separator \x`)) || bytes.HasPrefix(line, []byte("#fields\t"))) {
			return 95
		}
		next := h.with(line)
		if next.fields != h.fields && strings.Contains(next.fields, next.sep) && later.header() {
			break
		}
		h = next
	}
	if later.fits() {
		return lateScore
	}
	return 0
}

// Split implements [Format].
func (zeekFormat) Split(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error {
	h := newZeekHeader()
	return splitLines(ctx, r, env, func(b Block) error {
		b.Context = h
		h = h.after(b.Data)
		return emit(b)
	})
}

// zeekColumn is one column of a log.
type zeekColumn struct {
	slot  uint32
	many  bool // a set or a vector
	bools bool // true or false, or a container of these
}

// zeekLayout is a header made ready.
type zeekLayout struct {
	columns []zeekColumn
	time    int // column of the record's time, -1 without
}

// NewDecoder implements [Format].
func (zeekFormat) NewDecoder() Decoder {
	d := &zeekDecoder{}
	d.forget()
	return d
}

type zeekDecoder struct {
	ev      event.Event
	message uint32
	layouts map[zeekHeader]*zeekLayout
	columns []event.Value
	scratch []byte
}

// forget starts a fresh table of names.
func (d *zeekDecoder) forget() {
	names := event.NewNames()
	d.ev = event.Event{Names: names, Values: d.ev.Values}
	d.message = names.Slot("message")
	d.layouts = map[zeekHeader]*zeekLayout{}
}

// layout makes the columns of a header ready; nil while there are none.
func (d *zeekDecoder) layout(h *zeekHeader) *zeekLayout {
	if h.fields == "" {
		return nil
	}
	if lay, ok := d.layouts[*h]; ok {
		return lay
	}
	names := strings.Split(h.fields, h.sep)
	names = names[:min(len(names), maxColumns)]
	types := strings.Split(h.types, h.sep)
	if d.ev.Names.Len()+len(names) > event.MaxNames || len(d.layouts) >= maxLayouts {
		d.forget()
	}
	lay := &zeekLayout{time: -1}
	for i, n := range names {
		c := zeekColumn{slot: d.ev.Names.Slot(n)}
		if i < len(types) {
			switch t := types[i]; {
			case t == "bool":
				c.bools = true
			case strings.HasPrefix(t, "set["), strings.HasPrefix(t, "vector["), strings.HasPrefix(t, "table["):
				c.many, c.bools = true, strings.HasSuffix(t, "[bool]")
			case t == "time" && (lay.time < 0 || n == "ts"):
				lay.time = i
			}
		}
		if n == "ts" && lay.time < 0 {
			lay.time = i
		}
		lay.columns = append(lay.columns, c)
	}
	d.layouts[*h] = lay
	return lay
}

// Decode implements [Decoder].
func (d *zeekDecoder) Decode(b *Block, env *Env, yield func(*event.Event) bool) {
	h, ok := b.Context.(*zeekHeader)
	if !ok {
		h = newZeekHeader()
	}
	lay := d.layout(h)
	lines := lineScanner{data: b.Data, off: b.Offset, env: env}
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
				lay = d.layout(h)
			}
			continue
		}
		if lay == nil {
			env.warn(off, "line stands before any #fields line: its columns have no names")
			plainLine(&d.ev, d.message, line, off)
		} else {
			d.ev.Reset()
			d.ev.Source, d.ev.Channel = event.SourceZeek, h.path
			d.ev.Offset, d.ev.Raw = off, line
			d.record(line, off, h, lay, env)
		}
		if !yield(&d.ev) {
			return
		}
	}
}

func (d *zeekDecoder) record(line []byte, off int64, h *zeekHeader, lay *zeekLayout, env *Env) {
	want := len(lay.columns)
	d.columns = sized(d.columns, want)
	d.scratch = d.scratch[:0]
	cols := d.columns
	switch got := splitColumns(line, h.sep[0], cols); {
	case got < want:
		env.warn(off, "line has fewer columns than its header")
		cols = cols[:got]
	case got > want:
		env.warn(off, "line has more columns than its header, the last ones are left out")
	}
	for i := range cols {
		c := &lay.columns[i]
		raw := cols[i].Raw
		switch {
		case string(raw) == h.unset:
			d.ev.Add(c.slot, event.Null, nil)
		case c.many:
			d.container(c.slot, raw, h, c.bools)
		default:
			d.value(c.slot, raw, h, c.bools)
		}
	}
	if i := lay.time; i >= 0 && i < len(cols) {
		d.ev.Time, d.ev.HasTime = epochTime(cols[i].Raw)
		if !d.ev.HasTime {
			d.ev.Time, d.ev.HasTime = anyTime(cols[i].Raw) // Zeek can be told to write ISO 8601
		}
	}
}

// container adds the elements of a set or a vector.
func (d *zeekDecoder) container(slot uint32, raw []byte, h *zeekHeader, bools bool) {
	if string(raw) == h.empty || len(raw) == 0 {
		d.ev.Add(slot, event.Null, nil)
		return
	}
	for len(d.ev.Values) < maxFields {
		element, rest, more := bytes.Cut(raw, []byte(h.setSep))
		if string(element) == h.unset {
			d.ev.Add(slot, event.Null, nil)
		} else {
			d.value(slot, element, h, bools)
		}
		if !more || h.setSep == "" {
			return
		}
		raw = rest
	}
}

// value adds one value.
func (d *zeekDecoder) value(slot uint32, raw []byte, h *zeekHeader, isBool bool) {
	if isBool && len(raw) == 1 {
		switch raw[0] {
		case 'T':
			d.ev.Add(slot, event.True, nil)
			return
		case 'F':
			d.ev.Add(slot, event.False, nil)
			return
		}
	}
	if string(raw) == h.empty {
		raw = nil
	}
	if bytes.IndexByte(raw, '\\') >= 0 {
		raw = zeekUnescape(raw, &d.scratch, false)
	}
	d.ev.Add(slot, event.UTF8, raw)
}

// zeekUnescape undoes what Zeek's writer escapes: \\ and \xNN. Control characters stay as Zeek writes them, which is
// what rules look for, unless all is set.
func zeekUnescape(b []byte, scratch *[]byte, all bool) []byte {
	from := len(*scratch)
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			if b[i+1] == '\\' {
				i++
			} else if b[i+1] == 'x' && i+3 < len(b) {
				n, err := strconv.ParseUint(string(b[i+2:i+4]), 16, 8)
				if err == nil && (all || n >= ' ' && n != 0x7F) {
					*scratch = append(*scratch, byte(n))
					i += 3
					continue
				}
			}
		}
		*scratch = append(*scratch, b[i])
	}
	return (*scratch)[from:len(*scratch):len(*scratch)]
}
