package source

import (
	"bytes"
	"strconv"
	"strings"

	"entente/internal/event"
)

// csvHeader is what a decoder must know of a table: the [Block.Context] of generic CSV.
type csvHeader struct {
	delim byte
	row   string // the header row, without its line end
	end   int64  // offset of the first row of data in what the header was found in
	shift *timeShift
}

// csvDecoder decodes rows of delimited text with a header, be it generic CSV or the logs of Exchange.
type csvDecoder struct {
	ev      event.Event
	message uint32
	tables  map[csvKey]*csvTable
	texts   interner
	fields  []csvField
	scratch []byte
	names   []string     // of the header that is made ready
	events  bool         // rows may be Windows events
	json    *jsonDecoder // for what the reader of JSON knows; nil until there is some
}

type csvKey struct {
	row, software, logType string
	delim                  byte
}

func newCSVDecoder() *csvDecoder {
	d := &csvDecoder{}
	d.forget()
	return d
}

// forget starts a fresh table of names.
func (d *csvDecoder) forget() {
	names := event.NewNames()
	d.ev = event.Event{Names: names, Values: d.ev.Values}
	d.message = names.Slot("message")
	d.tables = map[csvKey]*csvTable{}
}

// table makes a header row ready.
func (d *csvDecoder) table(key csvKey) *csvTable {
	if t, ok := d.tables[key]; ok {
		return t
	}
	d.names = columnNames([]byte(key.row), key.delim, d.names[:0])
	if d.ev.Names.Len()+len(d.names) > event.MaxNames || len(d.tables) >= maxLayouts {
		d.forget()
	}
	t := newCSVTable(key.row, d.names, d.ev.Names, d.events)
	d.tables[key] = t
	return t
}

// maxColumnName caps the name of a column.
const maxColumnName = 256

// columnNames reads a header row.
func columnNames(row []byte, delim byte, names []string) []string {
	var scratch []byte
	fields, _, _ := csvRecord(row, delim, true, nil)
	for i := range fields[:min(len(fields), maxTableColumns)] {
		t := bytes.TrimSpace(fields[i].text(row, &scratch))
		t = bytes.TrimPrefix(t, []byte("\xef\xbb\xbf"))
		names = append(names, strings.ToValidUTF8(string(t[:min(len(t), maxColumnName)]), "\ufffd"))
	}
	return names
}

// columnName names a column that has no name.
func columnName(i int) string { return "column" + strconv.Itoa(i+1) }

// row returns the event of a record of a table.
func (d *csvDecoder) row(rec []byte, off int64, t *csvTable, env *Env) *event.Event {
	ev := &d.ev
	ev.Reset()
	d.scratch = d.scratch[:0]
	ev.Source, ev.Channel, ev.Provider = t.source, t.channel, t.provider
	ev.Offset, ev.Raw = off, trimLineEnd(rec)
	payload := -1 // index among the values
	for i := range d.fields {
		f := &d.fields[i]
		var slot uint32
		switch {
		case i < len(t.slots):
			slot = t.slots[i]
		case i >= maxTableColumns:
			continue
		case i == t.payload:
			slot = payloadSlot(t.kind, ev.Names)
		default:
			slot = ev.Names.Slot(columnName(i))
		}
		v := event.Value{Raw: f.text(rec, &d.scratch), Slot: slot, Type: event.UTF8}
		d.role(i, v.Raw, t)
		if i == t.payload && t.kind != csvPlain {
			payload = len(ev.Values)
		}
		if len(v.Raw) == 0 && !f.quoted {
			v.Raw, v.Type = nil, event.Null
		}
		ev.Values = append(ev.Values, v)
	}
	d.ragged(off, t, env)
	if t.clock >= 0 && t.clock < len(d.fields) {
		ev.Time, ev.HasTime = d.dateAndTime(rec, t)
	}
	switch t.kind {
	case csvECP:
		if payload >= 0 {
			d.eventData(ev.Values[payload].Raw)
		}
	case csvM365:
		var whole *event.Event
		if payload >= 0 {
			whole = d.fromJSON(ev.Values[payload].Raw)
		}
		if whole == nil {
			env.warn(off, "the JSON in the row is damaged: its fields are missing")
			break
		}
		d.json.warnDeep(off, env)
		whole.Source, whole.Offset, whole.Raw = t.source, ev.Offset, ev.Raw
		return whole
	case csvPlain, csvHTTPProxy:
	}
	return ev
}

// role puts the value of a column into the event's header, where that is what the column is for.
func (d *csvDecoder) role(i int, raw []byte, t *csvTable) {
	switch i {
	case t.time:
		if t.clock < 0 {
			d.ev.Time, d.ev.HasTime = anyTime(raw)
		}
	case t.host:
		d.ev.Host = d.texts.of(raw)
	case t.channelAt:
		d.ev.Channel = d.texts.of(raw)
	}
}

// ragged reports a row that has not as many columns as the header.
func (d *csvDecoder) ragged(off int64, t *csvTable, env *Env) {
	most := len(t.slots)
	if t.events != nil && t.events.extra != nil {
		most++
	}
	switch n := len(d.fields); {
	case n < len(t.slots):
		env.warn(off, "row has fewer columns than the header")
	case n > most:
		env.warn(off, "row has more columns than the header")
	}
}

// dateAndTime joins two columns to the record's time.
func (d *csvDecoder) dateAndTime(rec []byte, t *csvTable) (ns int64, ok bool) {
	date := d.fields[t.time].text(rec, &d.scratch)
	time := d.fields[t.clock].text(rec, &d.scratch)
	if len(date)+len(time) > 62 {
		return 0, false
	}
	var b [64]byte
	joined := append(append(append(b[:0], date...), ' '), time...)
	if ns, ok = anyTime(joined); !ok {
		ns, ok = anyTime(time)
	}
	return ns, ok
}

// trimLineEnd takes the line end off a record.
func trimLineEnd(rec []byte) []byte {
	rec = bytes.TrimSuffix(rec, []byte("\n"))
	return bytes.TrimRight(rec, "\r")
}
