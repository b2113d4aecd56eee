package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"entente/internal/event"
)

// jsonDecoder turns JSON objects into events.
type jsonDecoder struct {
	parser jsonParser
	names  *event.Names
	ev     event.Event
	file   string // whose name gave
	zeek   string // the log that it would be if it were Zeek's
	warned bool   // of nesting, in the block at hand
	hollow bool   // the same, of empty objects
	lacked string // the same, of what records lack

	channels, providers, hosts, kinds interner

	channel *jsonNode                    // stands for the name of the log where a record has that elsewhere; nil until needed
	commons map[commonEvent][]commonSlot // see [jsonDecoder.common]

	xml       eventXML
	xmlValues []event.Value

	// Of the record at hand.
	shape    shape
	head     jsonHead
	arena    []byte // texts that differ from what the record says
	unpacked bool   // it carried the event as XML
	nested   int    // wrappers around it
	zoned    bool   // its time tells its zone
	lacks    string // what it would have to tell, for rules to run on it
	local    localTime

	shift  *timeShift  // of the stream at hand, or nil
	ballot *timeBallot // where it is being found out
}

// jsonHead gathers the candidates for the header of an event.
type jsonHead struct {
	rank  [roleDrop + 1]uint8 // of what was taken, plus one
	value [roleDrop + 1]event.Value
	times [8]rankedTime
	timeN int
	xml   int // index of a value that may hold XML, plus one
	text  int // the same of the rendered message

	labels []labelledValue // values of roleLabel
	common []int           // indexes of values of roleCommon
}

// maxRenamed bounds how many values of a record get names of the event besides their own.
const maxRenamed = 256

// localTime is the time of a record that it has beside one that is known to be UTC.
type localTime struct {
	kind timeKind
	ns   int64
	ok   bool
}

type rankedTime struct {
	rank uint8
	utc  bool
	v    event.Value
}

// defenderChannel is the channel of records of Microsoft Defender's tables, which bindings name.
const defenderChannel = "Microsoft Defender"

// maxWrappers bounds how many wrappers of records may lie in one another.
const maxWrappers = 4

// NewDecoder implements [Format].
func (jsonFormat) NewDecoder() Decoder {
	d := &jsonDecoder{}
	d.fresh()
	return d
}

// fresh forgets all names.
func (d *jsonDecoder) fresh() {
	d.names = event.NewNames()
	d.ev.Names = d.names
	d.parser.tree = newJSONTree()
	d.channel, d.commons = nil, map[commonEvent][]commonSlot{}
}

// Decode implements [Decoder].
func (d *jsonDecoder) Decode(b *Block, env *Env, yield func(*event.Event) bool) {
	d.warned, d.hollow = false, false
	if env.File != d.file {
		d.lacked = ""
		d.file, d.zeek = env.File, zeekByFile(env.File)
	}
	d.shift = nil
	switch v := b.Context.(type) {
	case jsonValues:
		d.shift = v.shift
		d.decodeValues(b, v, env, yield)
		return
	case *timeShift:
		d.shift = v
	}
	s := lineScanner{data: b.Data, off: b.Offset, env: env}
	for {
		line, off, ok := s.next()
		if !ok || !d.line(line, off, env, yield) {
			return
		}
	}
}

// line decodes one line, which holds one record, or an array or wrapper of them.
func (d *jsonDecoder) line(line []byte, off int64, env *Env, yield func(*event.Event) bool) bool {
	i := jsonStart(line, 0)
	if i > 0 {
		warnZeroes(bytes.Count(line[:i], zeroByte), off, env)
	}
	if i >= len(line) {
		return true
	}
	if line[i] == '[' && len(bytes.Trim(line, "[], \t")) > 0 {
		return d.elements(line, i, off, env, yield)
	}
	if line[i] != '{' {
		switch c := line[i]; {
		case len(bytes.Trim(line, "[], \t")) == 0: // of an array with a record a line
		case c == ',' && spaceEnd(line, i+1) < len(line) && line[spaceEnd(line, i+1)] == '{':
			return d.objects(line, spaceEnd(line, i+1), off, env, yield)
		default:
			env.warn(off, "line is no JSON object and was left out: "+excerpt(line))
		}
		return true
	}
	return d.objects(line, i, off, env, yield)
}

// objects decodes the objects from b[i] to the end of a line: one as a rule, but some programs write several.
func (d *jsonDecoder) objects(line []byte, i int, off int64, env *Env, yield func(*event.Event) bool) bool {
	end, more := d.record(line, i, off, env, yield)
	if !more || end < 0 {
		return more
	}
	for {
		end = spaceEnd(line, end)
		if end >= len(line) {
			return true
		}
		switch line[end] {
		case ',', ']', 0x1E:
			end++
		case 0:
			zeroes := end
			end = jsonStart(line, end)
			warnZeroes(bytes.Count(line[zeroes:end], zeroByte), off+int64(zeroes), env)
		case '{':
			if end, more = d.record(line, end, off, env, yield); !more || end < 0 {
				return more
			}
		default:
			env.warn(off+int64(end), "the rest of the line is no JSON and was left out: "+excerpt(line[end:]))
			return true
		}
	}
}

var zeroByte = []byte{0}

// warnElement reports what stands where a record should.
func warnElement(b []byte, i int, off int64, env *Env) {
	end := valueEnd(b, i)
	if end < 0 {
		end = len(b)
	}
	env.warn(off+int64(i), "an element is no JSON object and was left out: "+excerpt(b[i:end]))
}

// elements decodes the records of an array.
func (d *jsonDecoder) elements(b []byte, i int, off int64, env *Env, yield func(*event.Event) bool) bool {
	if d.nested >= maxWrappers {
		env.warn(off+int64(i), "arrays of records lie in one another too deeply; they were left out")
		return true
	}
	d.nested++
	defer func() { d.nested-- }()
	i++
	var known recordMark // how records of the array begin
	for i < len(b) {
		switch b[i] {
		case ' ', '\t', '\r', '\n', ',':
			i++
		case ']':
			return true
		case '{':
			end, more := d.record(b, i, off, env, yield)
			if !more {
				return false
			}
			if end < 0 {
				if end = afterDamage(b, i, known, off, env); end < 0 {
					warnLost(b, i, off, env)
					return true
				}
			} else if known.opening == nil {
				known = recordMarkAt(b, i)
			}
			i = end
		case '[':
			if !d.elements(b, i, off, env, yield) {
				return false
			}
			end := valueEnd(b, i)
			if end < 0 {
				warnLost(b, i, off, env)
				return true
			}
			i = end
		default:
			end := valueEnd(b, i)
			warnElement(b, i, off, env)
			if end < 0 {
				if end = afterDamage(b, i, known, off, env); end < 0 {
					warnLost(b, i, off, env)
					return true
				}
			}
			i = end
		}
	}
	return true
}

// afterDamage returns the index after the value at b[i] that is damaged, or of what looks like the next record; -1 where
// there is none. known is how other records begin. off is the stream offset of b[0].
func afterDamage(b []byte, i int, known recordMark, off int64, env *Env) int {
	bad := i
	if b[i] == '{' {
		end, at := skim(b, i)
		if end >= 0 {
			return end
		}
		bad = at
	}
	if bad < 0 {
		bad = i + 1
	}
	next := resync(b, i, bad, known, true)
	if next-i > maxLoneDamage {
		env.warn(off+int64(i), fmt.Sprintf("%d bytes from here on were left out with the damage, up to what looks like the next record", next-i))
	}
	return next
}

// maxLoneDamage is how much may be left out with a damaged record before it is said how much it was: more than most records have.
const maxLoneDamage = 4 << 10

// warnLost reports that it cannot be told where the next record begins after one that is damaged.
func warnLost(b []byte, i int, off int64, env *Env) {
	if bytes.IndexByte(b[i+1:], '{') >= 0 {
		env.warn(off+int64(i), fmt.Sprintf("%d bytes from here on were left out with the damage: there may be more than one record in them", len(b)-i))
	}
}

// record decodes the object at b[i] and yields its event, or those of the records that it wraps. end is the index
// after it, -1 where it is damaged (which is reported). off is the stream offset of b[0].
func (d *jsonDecoder) record(b []byte, i int, off int64, env *Env, yield func(*event.Event) bool) (end int, more bool) {
	p := &d.parser
	if p.tree.full() || d.names.Full() {
		d.fresh()
	}
	end, err := p.parse(b, i)
	if err == errWrapper { //nolint:errorlint // parse returns it bare
		at := end
		if end = valueEnd(b, i); end < 0 {
			env.warn(off+int64(i), "an array of records does not end")
		}
		return end, d.elements(b, at, off, env, yield)
	}
	if err != nil {
		env.warn(off+int64(end), fmt.Sprintf("record at offset %d is no valid JSON and was left out: %s", off+int64(i), err))
		return -1, true
	}
	if len(p.values) == 0 {
		if !d.hollow {
			d.hollow = true
			env.warn(off+int64(i), "an object is empty and was left out")
		}
		return end, true
	}
	if d.bulkAction() {
		return end, true
	}
	if len(p.tree.nodes) >= p.tree.limit {
		env.warn(off+int64(i), fmt.Sprintf("record has more than %d new field names; the rest stands under one name", maxJSONFields))
	}
	d.assemble(b[i:end], off+int64(i))
	d.warnDeep(off+int64(i), env)
	d.warnLacks(off+int64(i), env)
	return end, yield(&d.ev)
}

// warnDeep reports, once a block, that the record at hand is nested too deep.
func (d *jsonDecoder) warnDeep(off int64, env *Env) {
	if d.parser.deep && !d.warned {
		d.warned = true
		env.warn(off, fmt.Sprintf("record has values nested deeper than %d, which were kept as text", maxJSONDepth))
	}
}

// bulkAction says that the object is no record but the line before one in a bulk file of Elasticsearch.
func (d *jsonDecoder) bulkAction() bool {
	p := &d.parser
	if len(p.values) > 6 || p.marks != 0 {
		return false
	}
	switch p.tree.nodes[p.values[0].Slot].path {
	case "index", "create":
	default:
		return false
	}
	for i := range p.values {
		switch p.tree.nodes[p.values[i].Slot].path {
		case "index", "create", "index._index", "index._id", "index._type", "index.pipeline", "create._index", "create._id",
			"create._type", "create.pipeline":
		default:
			return false
		}
	}
	return p.values[0].Type == event.JSONText
}

// excerpt is the beginning of what is damaged, for a message.
func excerpt(b []byte) string {
	const most = 40
	if len(b) > most {
		return strconv.QuoteToASCII(string(b[:most])) + "…"
	}
	return strconv.QuoteToASCII(string(b))
}

// assemble makes the event of the record that was parsed.
func (d *jsonDecoder) assemble(raw []byte, off int64) {
	d.assembleAs(shapeOf(d.parser.marks), raw, off)
}

// assembleAs makes the event of the values at hand, which are a record of that shape.
func (d *jsonDecoder) assembleAs(s shape, raw []byte, off int64) {
	p := &d.parser
	d.arena = d.arena[:0]
	d.lacks = ""
	d.shape = s
	if p.marks&(markECSCode|markECSHost) != 0 && (s == shapeGeneric || s == shapeBeat && p.marks&markData == 0) {
		d.shape = d.commonShape(s)
	}
	if p.marks&(markEventID|markSplunk|markChannel) == markEventID|markSplunk && (s == shapeGeneric || s == shapeFlat) {
		d.splunkLog()
	}
	if p.marks&markLabel != 0 && d.shape == shapeGeneric {
		d.labelledShape()
	}
	if d.shape == shapeM365 && p.marks&markAuditData != 0 || (d.shape == shapeGeneric || d.shape == shapeAzure || d.shape == shapeFlat && p.marks&(markLabel|markData) == markLabel) && p.marks&markText != 0 {
		d.unfold()
	}
	switch {
	case d.shape == shapeAzure || d.shape == shapeM365:
		d.expand()
	case d.shape == shapeFlat && p.marks&markPayload != 0:
		d.payload()
	}
	if d.shape == shapeFlat && p.marks&markSystemAny != 0 {
		d.shadow()
	}
	if d.shape == shapeFlat && p.marks&(markID|markEventID) == markID|markEventID {
		d.dataID()
	}

	h := &d.head
	h.rank, h.timeN, h.xml, h.text = [roleDrop + 1]uint8{}, 0, 0, 0
	h.labels, h.common = h.labels[:0], h.common[:0]
	wholes := d.shape.wholes()
	out := p.values[:0]
	for i := range p.values {
		v := p.values[i]
		n := p.tree.nodes[v.Slot]
		f := n.fields[d.shape]
		if f == nil {
			f = d.field(n)
		}
		if v.Type == event.JSONText {
			switch {
			case len(v.Raw) > 2:
				if !wholes {
					continue
				}
			case d.shape.windows(): // {} is an element without content, [] an array of nothing
				v.Type, v.Raw = event.UTF8, nil
			}
		}
		v.Slot = f.slot
		if f.role != roleNone || f.guid || f.twice {
			if f.role == roleDrop || f.role == roleHolder && len(v.Raw) == 0 {
				continue
			}
			d.take(f, &v, len(out))
		}
		out = append(out, v)
	}
	ev := &d.ev
	*ev = event.Event{Names: d.names, Values: out, Raw: raw, Offset: off, Source: d.shape.source()}
	d.unpacked = h.xml != 0 && d.unpackXML(ev, h.xml-1)
	if !d.unpacked {
		d.header(ev)
		if h.text != 0 && p.marks&markData == 0 && d.shape.windows() {
			d.rendered(ev)
		}
		if len(h.labels) > 0 {
			d.labels(ev)
		}
		if d.shape == shapeBeat {
			d.common(ev)
		}
	}
	p.values = ev.Values[:0]
}

// rendered adds what the message of an event tells that comes without its data.
func (d *jsonDecoder) rendered(ev *event.Event) {
	at := len(ev.Values)
	v := ev.Values[d.head.text-1]
	if v.Type == event.JSONStr {
		addMessage(ev, d.unescape(v.Raw))
	} else {
		addMessage(ev, v.Raw)
	}
	for i := at; i < len(ev.Values); i++ {
		v := &ev.Values[i]
		if ev.Names.At(v.Slot).Text != "UtcTime" {
			continue
		}
		if ns, n, ok := isoTime(v.Raw); ok && n == len(v.Raw) {
			d.vote(ns)
			if !d.zoned {
				ev.Time, ev.HasTime = ns, true
			}
		}
		break
	}
}

// field works out what the shape makes of a node.
func (d *jsonDecoder) field(n *jsonNode) *jsonField {
	name := d.shape.nameOf(n.path)
	if name.name == "" {
		name.name = n.path
	}
	if d.shape == shapeFlat {
		name.guid = false // these exporters write braces themselves
	}
	n.fields[d.shape] = d.fieldOf(name)
	return n.fields[d.shape]
}

// fieldOf gives a field its slot.
func (d *jsonDecoder) fieldOf(name jsonName) *jsonField {
	f := &jsonField{role: name.role, rank: name.rank, guid: name.guid, utc: name.utc, twice: name.twice, label: name.label}
	switch {
	case name.role == roleDrop:
	case name.system:
		f.slot = d.names.SystemSlot(name.name)
	default:
		f.slot = d.names.Slot(name.name)
	}
	return f
}

// take notes a value that the header wants, and brings it to the form that Windows writes.
func (d *jsonDecoder) take(f *jsonField, v *event.Value, at int) {
	h := &d.head
	if f.guid && (v.Type == event.UTF8 || v.Type == event.JSONStr) && bareGUID(v.Raw) {
		start := len(d.arena)
		d.arena = append(d.arena, '{')
		d.arena = append(append(d.arena, v.Raw...), '}')
		v.Raw = d.arena[start:len(d.arena):len(d.arena)]
	}
	if f.twice && v.Type == event.JSONStr && bytes.Contains(v.Raw, fourBackslashes) {
		start := len(d.arena)
		d.arena = append(d.arena, bytes.ReplaceAll(v.Raw, fourBackslashes, fourBackslashes[:2])...)
		v.Raw = d.arena[start:len(d.arena):len(d.arena)]
	}
	switch f.role {
	case roleNone, roleHolder, roleDrop:
		return
	case roleTime:
		if v.Type == event.JSONNum && f.rank == 0 && d.shape.windows() { // Windows writes no seconds since 1970
			if ns, ok := anyTime(v.Raw); ok {
				start := len(d.arena)
				d.arena = event.AppendTime(d.arena, time.Unix(0, ns).UTC())
				v.Raw, v.Type = d.arena[start:len(d.arena):len(d.arena)], event.UTF8
			}
		}
		if h.timeN < len(h.times) && v.Type != event.Null {
			h.times[h.timeN] = rankedTime{f.rank, f.utc, *v}
			h.timeN++
		}
		return
	case roleXML:
		if (v.Type == event.JSONStr || v.Type == event.UTF8) && len(v.Raw) > 6 && h.xml == 0 && opensXML(v.Raw) {
			h.xml = at + 1
		}
		return
	case roleMessage:
		if (v.Type == event.JSONStr || v.Type == event.UTF8) && h.text == 0 {
			h.text = at + 1
		}
		return
	case roleKeywords:
		d.keywords(v)
		return
	case roleLabel:
		if len(v.Raw) > 0 && v.Type != event.Null && len(h.labels) < maxRenamed {
			h.labels = append(h.labels, labelledValue{at, f.label})
		}
		return
	case roleCommon:
		if len(v.Raw) > 0 && v.Type != event.Null && len(h.common) < maxRenamed {
			h.common = append(h.common, at)
		}
		return
	case roleEventID:
		d.eventID(v)
	default:
	}
	if v.Type == event.Null || v.IsArray() || len(v.Raw) == 0 {
		return
	}
	if r := h.rank[f.role]; r == 0 || f.rank+1 < r {
		h.rank[f.role] = f.rank + 1
		h.value[f.role] = *v
	}
}

var fourBackslashes = []byte(`\\\\`)

// header fills in the event's header from what was taken.
func (d *jsonDecoder) header(ev *event.Event) {
	h := &d.head
	ev.Time, ev.HasTime = d.time()
	ev.Channel = d.text(&d.channels, roleChannel)
	ev.Provider = d.text(&d.providers, roleProvider)
	ev.Host = d.text(&d.hosts, roleHost)
	switch d.shape {
	case shapeNested, shapeBeat, shapeFlat:
		if h.rank[roleEventID] != 0 {
			if n, ok := number(&h.value[roleEventID]); ok {
				ev.EventID = uint32(n & 0xFFFF) // what is above are qualifiers
			}
		}
		if h.rank[roleRecordID] != 0 {
			ev.RecordID, ev.HasRecordID = number(&h.value[roleRecordID])
		}
		if (ev.Channel == "" || ev.Provider == "") && d.shape != shapeNested {
			d.complete(ev)
		}
		if ev.Provider == "Linux-Sysmon" || strings.HasPrefix(ev.Channel, "Linux-Sysmon/") {
			ev.Source = event.SourceSysmonLinux
		}
	case shapeAzure:
		k := azureKindOf(d.text(&d.kinds, roleKind), d.parser.marks)
		ev.Source, ev.Channel = k.source, k.channel
	case shapeGeneric:
		switch m := d.parser.marks; {
		case m&markDefenderAction != 0 && m&markDefender != 0:
			ev.Channel = defenderChannel
		case m&markECS != 0 && m&markECSMore != 0:
			ev.Channel = "ecs"
		}
	case shapeAuditbeat:
		ev.Channel = strings.ToUpper(d.text(&d.kinds, roleKind))
	case shapeZeek:
		if ev.Channel == "" {
			ev.Channel = d.zeek
		}
		if ev.Channel == "" {
			ev.Channel = zeekByField(ev)
		}
	default:
	}
}

// text is the text of what was taken for a role.
func (d *jsonDecoder) text(in *interner, r role) string {
	h := &d.head
	if h.rank[r] == 0 {
		return ""
	}
	v := &h.value[r]
	if v.Type == event.UTF8 && len(v.Raw) > 0 {
		return in.of(v.Raw)
	}
	start := len(d.arena)
	d.arena = v.AppendText(d.arena)
	return in.of(d.arena[start:])
}

// time is the record's time: of the candidates that can be read, the first by rank that says its zone, else the first. What
// is known of the stream's times is put right.
func (d *jsonDecoder) time() (ns int64, ok bool) {
	h := &d.head
	d.zoned, d.local = false, localTime{}
	t := h.times[:h.timeN]
	for i := 1; i < len(t); i++ { // a handful: insertion sort
		for k := i; k > 0 && t[k].rank < t[k-1].rank; k-- {
			t[k], t[k-1] = t[k-1], t[k]
		}
	}
	for i := range t {
		n, zoned, good := jsonTime(&t[i].v, &d.arena)
		if good && len(t[i].v.Raw) == len("2006-01-02") {
			n += clockOf(t)
		}
		switch {
		case !good:
		case t[i].utc:
			d.zoned = true
			ns, ok = n, true
			if d.ballot == nil {
				return ns, ok
			}
			defer d.vote(n)
		case zoned:
			l := localTime{timeKindOf(t[i].rank, true), n, true}
			if d.local.ok && d.local.kind.zoned() {
				continue
			}
			d.local = l
			if !d.zoned {
				d.zoned, ns, ok = true, n+d.shifted(l.kind), true
			}
			if d.ballot == nil {
				return ns, ok
			}
		case !d.local.ok:
			d.local = localTime{timeKindOf(t[i].rank, false), n, true}
			if !ok {
				ns, ok = n+d.shifted(d.local.kind), true
			}
		}
	}
	return ns, ok
}

// clockOf is the time of day among the candidates, for records that have it apart from the date.
func clockOf(t []rankedTime) int64 {
	for i := range t {
		if raw := t[i].v.Raw; t[i].v.Type == event.UTF8 || t[i].v.Type == event.JSONStr {
			if ns, n, ok := clock(raw); ok && n == len(raw) {
				return ns
			}
		}
	}
	return 0
}

// shifted is how far times of a kind are from UTC in the stream at hand.
func (d *jsonDecoder) shifted(k timeKind) int64 {
	if d.shift == nil {
		return 0
	}
	return d.shift.add[k]
}

// vote compares the record's other time with one that is UTC.
func (d *jsonDecoder) vote(utc int64) {
	if d.ballot != nil && d.local.ok {
		d.ballot.vote(d.local.kind, d.local.ns, utc)
	}
}

// jsonTime reads a time in whatever form JSON logs have it. zoned says that it tells its zone; without one it is taken
// for UTC.
func jsonTime(v *event.Value, arena *[]byte) (ns int64, zoned, ok bool) {
	switch v.Type {
	case event.UTF8, event.JSONNum:
	case event.JSONStr:
		start := len(*arena)
		*arena = v.AppendText(*arena)
		v.Raw = (*arena)[start:]
	default:
		return 0, false, false
	}
	b := v.Raw
	if ns, n, ok := isoTime(b); ok && n == len(b) {
		return ns, hasZone(b), true
	}
	if rest, ok := bytes.CutPrefix(b, []byte("/Date(")); ok { // Windows PowerShell: milliseconds
		i := wordEnd(rest, 0)
		if i > 1 {
			if cut := bytes.IndexAny(rest[1:i], "+-"); cut >= 0 {
				i = cut + 1
			}
		}
		ms, err := strconv.ParseInt(string(rest[:i]), 10, 64)
		if err != nil || ms > 9e15/1000 || ms < -9e15/1000 {
			return 0, false, false
		}
		return ms * 1e6, true, true
	}
	ns, ok = anyTime(b)
	return ns, v.Type == event.JSONNum || hasZone(b), ok
}

// hasZone says that a time ends in Z, in an offset, or in UTC or GMT, or is a count of seconds.
func hasZone(b []byte) bool {
	if len(b) < 6 {
		return false
	}
	switch b[len(b)-1] {
	case 'Z', 'z', 'C', 'T':
		return true
	}
	// +01:00, +0100, +01 behind a time, which has colons.
	for i := len(b) - 3; i >= len(b)-6; i-- {
		if b[i] == '+' || b[i] == '-' {
			return i > 15
		}
	}
	return decimal(b) || isNumber(b)
}

// number reads an unsigned number, whether it is quoted or not.
func number(v *event.Value) (uint64, bool) {
	if v.Type != event.UTF8 && v.Type != event.JSONNum && v.Type != event.JSONStr || !decimal(v.Raw) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(v.Raw), 10, 64)
	return n, err == nil
}

// eventID takes the qualifiers off an event id, where an exporter left both in one number.
func (d *jsonDecoder) eventID(v *event.Value) {
	if v.IsArray() || !decimal(v.Raw) {
		d.spelled(v)
	}
	n, ok := number(v)
	if !ok || n <= 0xFFFF || n > 0xFFFFFFFF {
		return
	}
	start := len(d.arena)
	d.arena = strconv.AppendUint(d.arena, n&0xFFFF, 10)
	v.Raw = d.arena[start:len(d.arena):len(d.arena)]
}

// spelled makes the number of what an exporter has made of it: 4688.0, "4,688", "0x1250", [4688]. Anything else it leaves.
func (d *jsonDecoder) spelled(v *event.Value) {
	one := *v
	if v.IsArray() {
		n := 0
		v.Elements(func(e event.Value) bool {
			one = e
			n++
			return n < 2
		})
		if n != 1 || one.IsArray() {
			return
		}
	}
	if one.Type != event.UTF8 && one.Type != event.JSONNum && one.Type != event.JSONStr {
		return
	}
	if hex, ok := bytes.CutPrefix(bytes.ToLower(one.Raw), []byte("0x")); ok {
		n, err := strconv.ParseUint(string(hex), 16, 32)
		if err != nil {
			return
		}
		start := len(d.arena)
		d.arena = strconv.AppendUint(d.arena, n, 10)
		one.Raw = d.arena[start:len(d.arena):len(d.arena)]
		*v = one
		return
	}
	if n, whole := wholeNumber(one.Raw, &d.arena); whole {
		one.Raw = n
		*v = one
	}
}

// keywords turns a decimal mask into the hexadecimal one that Windows writes.
func (d *jsonDecoder) keywords(v *event.Value) {
	if v.Type != event.JSONNum && v.Type != event.UTF8 || len(v.Raw) == 0 || !decimal(v.Raw) {
		return
	}
	var n uint64
	if i, err := strconv.ParseInt(string(v.Raw), 10, 64); err == nil {
		n = uint64(i)
	} else if n, err = strconv.ParseUint(string(v.Raw), 10, 64); err != nil {
		return
	}
	start := len(d.arena)
	d.arena = binary.LittleEndian.AppendUint64(d.arena, n)
	v.Raw, v.Type = d.arena[start:len(d.arena):len(d.arena)], event.HexInt64
}

// decimal says that b is an integer.
func decimal(b []byte) bool {
	if len(b) > 1 && b[0] == '-' {
		b = b[1:]
	}
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return len(b) > 0
}

// bareGUID says that b is a GUID without braces.
func bareGUID(b []byte) bool {
	if len(b) != 36 || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return false
	}
	for i, c := range b {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			continue
		}
		if c-'0' > 9 && (c|0x20)-'a' > 5 {
			return false
		}
	}
	return true
}

// opensXML says that a text begins with a tag, escaped or not.
func opensXML(raw []byte) bool {
	i := spaceEnd(raw, 0)
	return i < len(raw) && (raw[i] == '<' || bytes.HasPrefix(raw[i:], []byte(`\u003c`)) || bytes.HasPrefix(raw[i:], []byte(`\u003C`)))
}

// shadow handles our own flat output, where a field of the envelope stands as System.NAME because the data has a field
// of that name too: what stands under the plain name is data then.
func (d *jsonDecoder) shadow() {
	p := &d.parser
	for i := range p.values {
		name, ok := shadowed(p.tree.nodes[p.values[i].Slot].path)
		if !ok {
			continue
		}
		for k := range p.values {
			if n := p.tree.nodes[p.values[k].Slot]; n.path == name {
				p.values[k].Slot = d.standIn(n, "\x00data", jsonName{name: n.path}).id
			}
		}
	}
}

// dataID handles records that have an event id and a field Id besides, which then is of something that the event tells of.
func (d *jsonDecoder) dataID() {
	p := &d.parser
	for i := range p.values {
		if n := p.tree.nodes[p.values[i].Slot]; n.path == "Id" {
			p.values[i].Slot = d.standIn(n, "\x00data", jsonName{name: n.path}).id
		}
	}
}

// standIn is a node to use in the place of n where what is told by n's path does not hold for the record at hand.
func (d *jsonDecoder) standIn(n *jsonNode, key string, name jsonName) *jsonNode {
	k := d.parser.tree.child(n, []byte(key))
	if k.fields[d.shape] == nil && k != d.parser.tree.lost {
		k.fields[d.shape] = d.fieldOf(name)
	}
	return k
}

// expand reads JSON that stands in texts of a record, as tables of Log Analytics and some exports have it: its fields
// are added under the path of the text, which stays.
func (d *jsonDecoder) expand() {
	p := &d.parser
	for i := 0; i < len(p.values); i++ {
		v := p.values[i]
		if v.Type != event.JSONStr || len(v.Raw) < 6 || !bytes.HasPrefix(v.Raw, []byte(`{\"`)) && !bytes.HasPrefix(v.Raw, []byte(`[{\"`)) {
			continue
		}
		p.embed(d.unescape(v.Raw), p.tree.nodes[v.Slot])
	}
}

// payload reads the data of an event that stands as JSON in the field Payload, as EvtxECmd writes it. The process of the
// envelope then stands under a name that the data may have too.
func (d *jsonDecoder) payload() {
	p := &d.parser
	for i := range p.values {
		v := p.values[i]
		text := v.Raw
		switch n := p.tree.nodes[v.Slot]; {
		case n.path != "Payload":
			continue
		case v.Type == event.JSONStr && (bytes.HasPrefix(v.Raw, []byte(`{\"EventData\"`)) || bytes.HasPrefix(v.Raw, []byte(`{\"UserData\"`))):
			text = d.unescape(v.Raw)
		case v.Type == event.UTF8 && (bytes.HasPrefix(v.Raw, []byte(`{"EventData"`)) || bytes.HasPrefix(v.Raw, []byte(`{"UserData"`))): // of a table
		default:
			continue
		}
		for k := range p.values {
			n := p.tree.nodes[p.values[k].Slot]
			if n.path == "ProcessId" || n.path == "UserId" {
				p.values[k].Slot = d.standIn(n, "\x00envelope", flatEnvelope[n.path]).id
			}
		}
		if p.embed(text, p.tree.root) {
			p.values = append(p.values[:i], p.values[i+1:]...)
		}
		return
	}
}

// flatEnvelope are fields that belong to the envelope where the data stands apart.
var flatEnvelope = map[string]jsonName{"ProcessId": system("Execution_ProcessID"), "UserId": system("Security_UserID")}

// unescape returns the text of the inside of a JSON string, in the arena.
func (d *jsonDecoder) unescape(raw []byte) []byte {
	start := len(d.arena)
	v := event.Value{Raw: raw, Type: event.JSONStr}
	d.arena = v.AppendText(d.arena)
	return d.arena[start:len(d.arena):len(d.arena)]
}

// unfold looks for a record in a text of the record: the AuditData of Microsoft 365, and what log collectors wrap. If
// it is of a kind that is known, its fields are added as the record's own.
func (d *jsonDecoder) unfold() {
	p := &d.parser
	for i := range p.values {
		v := p.values[i]
		n := p.tree.nodes[v.Slot]
		if n.mark&(markText|markAuditData) == 0 {
			continue
		}
		var text []byte
		embed := p.embedObject
		switch {
		case len(v.Raw) < 3 || v.Type != event.JSONStr && v.Type != event.UTF8:
			continue
		case v.Raw[0] == '{':
		case bytes.Contains(v.Raw[:min(len(v.Raw), maxRawHead)], []byte("nLogName=")), rawEvent(v.Raw):
			embed = p.embedLines
		default:
			continue
		}
		if text = v.Raw; v.Type == event.JSONStr {
			text = d.unescape(text)
		}
		at, marks, deep := len(p.values), p.marks, p.deep
		p.marks = 0
		if embed(text) && (shapeOf(p.marks) != shapeGeneric || n.mark&markAuditData != 0) {
			d.shape = shapeOf(p.marks)
			if n.mark&markAuditData != 0 && d.shape == shapeGeneric {
				d.shape = shapeM365
			}
			p.values = append(p.values[:i], p.values[i+1:]...)
			return
		}
		p.values, p.marks, p.deep = p.values[:at], marks, deep
	}
}
