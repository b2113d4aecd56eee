package source

import (
	"bytes"
	"slices"

	"entente/internal/event"
	"entente/internal/sheet"
)

// eventTable is a table whose rows may be Windows events: its columns as nodes of the names that a JSON decoder knows. A row
// becomes the values that parsing the same record as JSON would have given, and the decoder makes the event.
type eventTable struct {
	*tableColumns
	tree    *jsonTree // that the nodes are of
	columns []eventColumn
	more    *jsonNode // of what stands behind the last column, where it has a meaning
	// carriers are the columns that may hold a record.
	carriers []int
}

type eventColumn struct {
	node *jsonNode // nil where the column is left out
	mark uint64
	use  columnUse
}

func newEventTable(c *tableColumns) *eventTable {
	t := &eventTable{tableColumns: c}
	for i := range c.specs {
		if c.specs[i].use&(columnRecord|columnObject) != 0 {
			t.carriers = append(t.carriers, i)
		}
	}
	return t
}

// bind gives the columns their nodes.
func (t *eventTable) bind(j *jsonDecoder) {
	tree := j.parser.tree
	t.tree = tree
	tree.limit = len(tree.nodes) + len(t.specs) + 8
	t.columns = t.columns[:0]
	for i := range t.specs {
		t.columns = append(t.columns, j.column(&t.specs[i]))
	}
	t.more = nil
	if t.extra != nil {
		t.more = j.column(t.extra).node
	}
}

// column gives a column its node.
func (d *jsonDecoder) column(s *columnSpec) eventColumn {
	if s.path == "" {
		return eventColumn{use: s.use}
	}
	quoted := event.AppendJSONString(nil, s.path)
	n := d.parser.tree.child(d.parser.tree.root, quoted[1:len(quoted)-1])
	if s.name != nil && n != d.parser.tree.lost {
		for _, shape := range [...]shape{shapeGeneric, shapeNested, shapeBeat, shapeFlat} {
			name := *s.name
			name.guid = false // see jsonDecoder.field
			n.fields[shape] = d.fieldOf(name)
		}
		n.mark |= s.mark
	}
	return eventColumn{n, n.mark | s.mark, s.use}
}

// record returns the event of a row that is a Windows event, or carries a record of a kind that is known; nil for any other
// row, which is one of a table then.
func (d *csvDecoder) record(rec []byte, off int64, t *csvTable, env *Env) *event.Event {
	e := t.events
	if !e.id && !e.ecs && !d.carries(rec, e) {
		return nil
	}
	j := d.reader()
	if j.parser.tree.full() || j.names.Full() {
		j.fresh()
	}
	if e.tree != j.parser.tree {
		e.bind(j)
	}
	p := &j.parser
	p.values, p.marks, p.deep, p.wrapAt = p.values[:0], 0, false, -1
	p.tree.limit = len(p.tree.nodes) + maxJSONFields
	d.scratch = d.scratch[:0]
	r := rowCells{text: -1}
	if !d.cells(rec, e, &r) {
		return nil
	}
	if r.text >= 0 && p.marks&markData == 0 && p.embedLines(p.values[r.text].Raw) {
		p.values = slices.Delete(p.values, r.text, r.text+1)
	}
	if len(r.log) > 0 && p.marks&markChannel == 0 {
		p.marks |= markChannel
		p.values = append(p.values, event.Value{Raw: r.log, Slot: j.channelNode().id, Type: event.UTF8})
	}
	named := p.marks&(markChannel|markProvider) != 0
	s, told := e.shapeOf(p.marks)
	if len(p.values) == 0 || s == shapeCount {
		return nil
	}
	j.assembleAs(s, trimLineEnd(rec), off)
	ev := &j.ev
	j.warnLacks(off, env)
	if ev.Source == event.SourceJSON && ev.Channel != "ecs" ||
		s == shapeFlat && !told && !j.unpacked && (!knownLog(ev.Channel, ev.Provider) || !named && ev.Provider == sysmonProvider && !sysmonRow(ev)) {
		return nil
	}
	if r.damaged {
		env.warn(off, "the JSON in the row is damaged: its fields are missing")
	}
	d.ragged(off, t, env)
	j.warnDeep(off, env)
	d.outline(rec, ev, t)
	return ev
}

// rowCells is what there is to say about the cells of a row, beside their values.
type rowCells struct {
	damaged bool   // one that should hold JSON does not
	text    int    // of the values, the one that is an event as Splunk keeps it; -1
	log     []byte // as Splunk's source names it
}

// cells makes the values of a row. False where the row says that it is of something else.
func (d *csvDecoder) cells(rec []byte, e *eventTable, r *rowCells) bool {
	p := &d.json.parser
	plain := !e.dash && !e.own
	for i := range d.fields {
		f := &d.fields[i]
		if f.start == f.end {
			continue // not there: tables have columns for the fields of all of their events
		}
		raw := rec[f.start:f.end]
		if f.doubled {
			raw = f.text(rec, &d.scratch)
		}
		if plain && i < len(e.columns) && e.columns[i].use == 0 {
			if c := &e.columns[i]; c.node != nil {
				p.marks |= c.mark
				p.values = append(p.values, event.Value{Raw: raw, Slot: c.node.id, Type: event.UTF8})
			}
			continue
		}
		var c eventColumn
		switch {
		case i < len(e.columns):
			c = e.columns[i]
		case i >= maxTableColumns:
			continue
		case e.more != nil && i == len(e.columns):
			c.node = e.more
		default:
			extra := columnSpec{path: columnName(i)}
			c = d.json.column(&extra)
		}
		if e.dash && len(raw) == 1 && raw[0] == '-' && c.use&columnDash == 0 {
			continue
		}
		if e.own {
			raw = sheet.Unescape(raw)
			if c.use&columnSource != 0 && string(raw) != string(event.SourceWindows) && string(raw) != string(event.SourceSysmonLinux) {
				return false
			}
		}
		raw, kept := d.cell(raw, &c, e, r)
		if !kept || c.node == nil {
			continue
		}
		p.marks |= c.mark
		p.values = append(p.values, event.Value{Raw: raw, Slot: c.node.id, Type: event.UTF8})
	}
	return true
}

// shapeOf says how a row is read whose cells have these marks, and whether they are enough to take it for a Windows event.
// shapeCount means that it is none.
func (t *tableColumns) shapeOf(marks uint64) (s shape, told bool) {
	s = shapeOf(marks)
	switch {
	case s == shapeNested, s == shapeBeat:
		return s, true
	case s == shapeFlat, marks&markEventID != 0:
		return shapeFlat, t.sure
	case marks&markECS != 0 && marks&markECSMore != 0, marks&(markText|markECSCode) != 0:
		return shapeGeneric, false
	}
	return shapeCount, false
}

// carries says that a row has a cell that looks like a record.
func (d *csvDecoder) carries(rec []byte, t *eventTable) bool {
	for _, i := range t.carriers {
		if i >= len(d.fields) {
			break
		}
		f := &d.fields[i]
		cell := rec[f.start:f.end]
		k := spaceEnd(cell, 0)
		if k < len(cell) && (cell[k] == '{' || cell[k] == '<') || rawEvent(cell) {
			return true
		}
	}
	return false
}

// cell reads a cell of a column that has a use of its own. kept is false where it is no value of that column any more.
func (d *csvDecoder) cell(raw []byte, c *eventColumn, e *eventTable, r *rowCells) (_ []byte, kept bool) {
	p := &d.json.parser
	if c.use&columnNumber != 0 {
		n, whole := wholeNumber(raw, &d.scratch)
		if whole {
			raw = n
		} else if c.use&columnEventID != 0 {
			c.mark &^= markEventID
		}
	}
	if c.use&columnRecord != 0 && r.text < 0 && rawEvent(raw) {
		r.text = len(p.values)
	}
	switch u := c.use; {
	case u&columnSource != 0 && r.log == nil:
		r.log = splunkLog(raw)
	case u&columnObject != 0:
		i := spaceEnd(raw, 0)
		if i == len(raw) || raw[i] != '{' && raw[i] != '[' {
			break
		}
		if p.embed(raw, c.node) {
			p.marks |= c.mark
			return nil, false
		}
		r.damaged = true
	case u&columnLog != 0:
		return d.logName(raw, e), true
	case u&columnList != 0:
		for {
			one, rest, more := bytes.Cut(raw, []byte(","))
			if !more || len(p.values) >= maxFields {
				return bytes.TrimSpace(raw), true
			}
			p.values = append(p.values, event.Value{Raw: bytes.TrimSpace(one), Slot: c.node.id, Type: event.UTF8})
			raw = rest
		}
	case u&columnPairs != 0:
		return nil, !d.pairs(raw)
	}
	return raw, true
}

// pairs reads NAME: value ¦ NAME: value, and says whether there was any.
func (d *csvDecoder) pairs(raw []byte) bool {
	var (
		p    = &d.json.parser
		sep  = []byte("¦")
		last = -1
		from int // where the last value begins
	)
	if !bytes.Contains(raw, sep) && bytes.IndexByte(raw, '\n') >= 0 {
		sep = []byte("\n")
	}
	for at := 0; at < len(raw) && len(p.values) < maxFields; {
		end := len(raw)
		if i := bytes.Index(raw[at:], sep); i >= 0 {
			end = at + i
		}
		name, _, ok := bytes.Cut(raw[at:end], []byte(":"))
		if trimmed := string(bytes.TrimSpace(name)); ok && pairName(trimmed) {
			n := p.tree.child(p.tree.root, []byte(trimmed))
			if _, ok := flatFields[trimmed]; ok { // the data's, as the envelope stands in columns
				n = d.json.column(&columnSpec{path: "\x00data " + trimmed, name: &jsonName{name: trimmed}}).node
			}
			p.marks |= n.mark
			from, last = at+len(name)+1, len(p.values)
			p.values = append(p.values, event.Value{Raw: pairValue(raw[from:end]), Slot: n.id, Type: event.UTF8})
		} else if last >= 0 { // the value had the separator in it
			p.values[last].Raw = pairValue(raw[from:end])
		}
		at = end + len(sep)
	}
	return last >= 0
}

// pairValue takes off the blank behind the colon and the one before the next separator.
func pairValue(raw []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimPrefix(raw, []byte(" ")), []byte(" "))
}

// logName is the name of a log that stands in a cell: C:\x\Microsoft-Windows-Sysmon%4Operational.evtx is one.
func (d *csvDecoder) logName(raw []byte, e *eventTable) []byte {
	if e.short {
		if long, ok := shortLogs[string(raw)]; ok {
			return []byte(long)
		}
	}
	n := len(raw) - len(".evtx")
	if n <= 0 || !bytes.EqualFold(raw[n:], []byte(".evtx")) {
		return raw
	}
	raw = raw[bytes.LastIndexAny(raw[:n], `\/`)+1 : n]
	i := bytes.Index(raw, []byte("%4"))
	if i < 0 {
		return raw
	}
	start := len(d.scratch)
	d.scratch = append(append(append(d.scratch, raw[:i]...), '/'), raw[i+2:]...)
	return d.scratch[start:len(d.scratch):len(d.scratch)]
}

// wholeNumber undoes what programs do to whole numbers in tables: 4,688 and 4688.0. whole is false for anything else.
func wholeNumber(raw []byte, scratch *[]byte) (n []byte, whole bool) {
	raw = bytes.TrimSpace(raw)
	digits := 0
	for digits < len(raw) && raw[digits]-'0' < 10 {
		digits++
	}
	switch {
	case digits == len(raw) && digits > 0:
		return raw, true
	case digits == 0:
		return raw, false
	case raw[digits] == '.':
		for _, c := range raw[digits+1:] {
			if c != '0' {
				return raw, false
			}
		}
		return raw[:digits], len(raw) > digits+1
	case raw[digits] != ',' || digits > 3:
		return raw, false
	}
	start := len(*scratch)
	out := append(*scratch, raw[:digits]...)
	for rest := raw[digits:]; len(rest) > 0; rest = rest[4:] {
		if len(rest) < 4 || rest[0] != ',' || !decimal(rest[1:4]) || rest[1] == '-' {
			return raw, false
		}
		out = append(out, rest[1:4]...)
	}
	*scratch = out
	return out[start:len(out):len(out)], true
}

// outline fills in what the columns of any table tell, where the event's own do not.
func (d *csvDecoder) outline(rec []byte, ev *event.Event, t *csvTable) {
	if !ev.HasTime && t.time >= 0 && t.time < len(d.fields) {
		if t.clock < 0 {
			ev.Time, ev.HasTime = anyTime(d.fields[t.time].text(rec, &d.scratch))
		} else if t.clock < len(d.fields) {
			ev.Time, ev.HasTime = d.dateAndTime(rec, t)
		}
	}
	if ev.Host == "" && t.host >= 0 && t.host < len(d.fields) {
		if raw := d.fields[t.host].text(rec, &d.scratch); string(raw) != "-" {
			ev.Host = d.texts.of(raw)
		}
	}
}

// reader is the decoder of records, see [jsonDecoder].
func (d *csvDecoder) reader() *jsonDecoder {
	if d.json == nil {
		d.json, _ = newJSON().NewDecoder().(*jsonDecoder)
	}
	return d.json
}

// fromJSON is the event that our JSON reader makes of an object, nil where it is damaged.
func (d *csvDecoder) fromJSON(object []byte) *event.Event {
	j := d.reader()
	if j.parser.tree.full() || j.names.Full() {
		j.fresh()
	}
	i := spaceEnd(object, 0)
	if i >= len(object) || object[i] != '{' {
		return nil
	}
	if _, err := j.parser.parse(object, i); err != nil || len(j.parser.values) == 0 {
		return nil
	}
	j.assemble(object, 0)
	return &j.ev
}
