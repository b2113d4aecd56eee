package evtx

import (
	"encoding/binary"

	"entente/internal/event"
)

// program is a compiled template (or literal fragment): what to do with a table of values to get an event's
// fields, in document order.
type program struct {
	ops    []op
	parts  []part
	texts  [][]byte
	broken bool // the definition could be read in part only
	plain  bool // step i is value i and nothing else, as in nearly all definitions of a provider's own fields
}

// op is one step of a program.
type op struct {
	slot uint32
	arg  uint16 // opValue, opGuard: substitution; opText: index of texts; opMixed: index of the first part
	num  uint16 // opMixed: number of parts; opGuard: number of steps to leave out
	name uint16 // opMixed: number of parts, ahead of the others, that make up the field's name; 0 for slot
	kind opKind
	role role  // of elements that a nested fragment brings
	head head  // the event's header field that the value is for
	null uint8 // what a null does
}

type opKind uint8

const (
	opValue    opKind = iota // a substitution's value
	opText                   // literal text
	opMixed                  // literal texts and substitutions that make one text, or a name that is a substitution
	opGuard                  // leaves out an element whose dependency is null
	opInstance               // a template instance among literal elements, by its place in the chunk
)

// What becomes of a null.
const (
	nullKeep uint8 = iota // the field is there without a value
	nullSkip              // the field is not there
)

// head says which field of event.Event's header a value is for.
type head uint8

const (
	headNone head = iota
	headEventID
	headChannel
	headProvider
	headComputer
	headTime
	headRecordID
)

// part is a piece of mixed content: a text, or a substitution.
type part struct {
	text     []byte // UTF-16LE; nil for a substitution
	char     rune   // a character reference, where not 0
	sub      uint16
	optional bool // the substitution leaves its attribute out where it is null
}

// valueRef is where a value of an instance's table lies in the chunk.
type valueRef struct {
	off  uint32
	size uint16
	kind uint8
}

// Kinds of value beyond the plain ones, which are event.Types.
const (
	kindString = 0x80 + iota
	kindNull
	kindNested
	kindArray
	kindANSI
)

// valueKinds says what to do with a stored type: an event.Type, or one of the kinds above. A type that is not
// known is shown as bytes; handles and Windows' own pointers have no meaning outside their process.
var valueKinds = makeValueKinds()

func makeValueKinds() (k [256]uint8) {
	for i := range k {
		k[i] = uint8(event.Binary)
		if i&typeArray != 0 {
			k[i] = kindArray
		}
	}
	for t := typeEvtHandle; t < 0x28; t++ {
		k[t] = kindNull
	}
	for t, e := range map[int]event.Type{
		typeInt8: event.Int8, typeUint8: event.Uint8, typeInt16: event.Int16, typeUint16: event.Uint16,
		typeInt32: event.Int32, typeUint32: event.Uint32, typeInt64: event.Int64, typeUint64: event.Uint64,
		typeFloat32: event.Float32, typeFloat64: event.Float64, typeBool: event.Bool32, typeBinary: event.Binary,
		typeGUID: event.GUID, typeSize: event.SizeT, typeFiletime: event.Filetime, typeSystemtime: event.Systemtime,
		typeSID: event.SID, typeHex32: event.HexInt32, typeHex64: event.HexInt64,
	} {
		k[t] = uint8(e)
	}
	k[typeNull] = kindNull
	k[typeString] = kindString
	k[typeANSI] = kindANSI
	k[typeBinXML] = kindNested
	return k
}

// isPlain computes program.plain.
func (p *program) isPlain() bool {
	for i, o := range p.ops {
		if o.kind != opValue || int(o.arg) != i || o.head != headNone {
			return false
		}
	}
	return !p.broken
}

// run appends the fields that p makes of the values d.refs[base:base+n].
func (d *Decoder) run(p *program, base, n, depth int) {
	if d.budget -= len(p.ops); d.budget < 0 || len(d.ev.Values) > maxValues {
		return
	}
	vals := d.ev.Values
	chunk := d.chunk
	refs := d.refs[base : base+n] // stays what it is when a nested fragment adds to d.refs
	for i := 0; i < len(p.ops); i++ {
		o := &p.ops[i]
		switch o.kind {
		case opValue:
			if int(o.arg) >= len(refs) { // of a record that is cut, or not of this definition
				continue
			}
			ref := refs[o.arg]
			kind := valueKinds[ref.kind]
			raw := chunk[ref.off : ref.off+uint32(ref.size)]
			switch {
			case kind < kindString:
				vals = append(vals, event.Value{Raw: raw, Slot: o.slot, Type: event.Type(kind)})
			case kind == kindString:
				vals = append(vals, event.Value{Raw: trimNUL(raw), Slot: o.slot, Type: event.UTF16})
			case kind == kindNull:
				if o.null == nullSkip {
					continue
				}
				vals = append(vals, event.Value{Slot: o.slot})
			case kind == kindArray:
				vals = appendArray(vals, raw, o.slot, ref.kind)
			case kind == kindANSI:
				vals = append(vals, event.Value{Raw: trimANSI(raw), Slot: o.slot, Type: event.ANSI})
			default:
				d.ev.Values = vals
				d.fragment(int(ref.off), int(ref.off)+int(ref.size), o.role, false, depth+1)
				vals = d.ev.Values
				continue
			}
			if o.head != headNone {
				d.setHead(o.head, &vals[len(vals)-1])
			}
		case opText:
			vals = append(vals, event.Value{Raw: p.texts[o.arg], Slot: o.slot, Type: event.UTF16})
			if o.head != headNone {
				d.setHead(o.head, &vals[len(vals)-1])
			}
		case opGuard:
			if int(o.arg) >= len(refs) || valueKinds[refs[o.arg].kind] == kindNull {
				i += int(o.num)
			}
		case opMixed:
			d.ev.Values = vals
			d.mixed(p, o, base, n, depth)
			vals = d.ev.Values
		case opInstance:
			d.ev.Values = vals
			d.instance(int(o.slot), len(d.chunk), o.role, depth+1)
			vals = d.ev.Values
		}
		if len(vals) > maxValues {
			d.fail(errValueCount)
			break
		}
	}
	d.ev.Values = vals
}

// runPlain does the work of readRefs and run in one pass over the descriptors, for a plain program and an instance
// with a value to each of its steps.
func (d *Decoder) runPlain(p *program, t table, end, depth int) (next int, whole bool) {
	if d.budget -= t.n; d.budget < 0 {
		return end, true
	}
	vals := d.ev.Values
	if len(vals) > maxValues {
		return end, true
	}
	off := t.at + 4*t.n
	chunk := d.chunk[:end]
	desc := chunk[t.at:off]
	for i := range p.ops {
		o := &p.ops[i]
		x := binary.LittleEndian.Uint32(desc)
		desc = desc[4:]
		size := int(x & 0xffff)
		if off += size; off > end {
			break
		}
		raw := chunk[off-size : off]
		stored := uint8(x >> 16)
		switch kind := valueKinds[stored]; {
		case kind < kindString:
			vals = append(vals, event.Value{Raw: raw, Slot: o.slot, Type: event.Type(kind)})
		case kind == kindString:
			vals = append(vals, event.Value{Raw: trimNUL(raw), Slot: o.slot, Type: event.UTF16})
		case kind == kindNull:
			if o.null != nullSkip {
				vals = append(vals, event.Value{Slot: o.slot})
			}
		case kind == kindArray:
			vals = appendArray(vals, raw, o.slot, stored)
		case kind == kindANSI:
			vals = append(vals, event.Value{Raw: trimANSI(raw), Slot: o.slot, Type: event.ANSI})
		default:
			d.ev.Values = vals
			d.fragment(off-size, off, o.role, false, depth+1)
			vals = d.ev.Values
		}
	}
	d.ev.Values = vals
	if len(vals) > maxValues {
		d.fail(errValueCount)
	}
	for ; len(desc) >= 4; desc = desc[4:] { // values that the definition does not use
		off += int(binary.LittleEndian.Uint16(desc))
	}
	return min(off, end), off <= end
}

// mixed appends a field whose text or name is put together from several parts.
func (d *Decoder) mixed(p *program, o *op, base, n, depth int) {
	slot := o.slot
	parts := p.parts[o.arg : int(o.arg)+int(o.num)]
	if o.name > 0 {
		slot = d.dynamicSlot(d.joined(parts[:o.name], base, n), o.slot)
		parts = parts[o.name:]
	}
	nested := false
	for i := range parts {
		if ref, ok := d.partRef(&parts[i], base, n); ok && ref.kind == typeBinXML {
			d.fragment(int(ref.off), int(ref.off)+int(ref.size), o.role, false, depth+1)
			nested = true
		}
	}
	if nested {
		return
	}
	if len(parts) == 1 && parts[0].text == nil && parts[0].char == 0 {
		if ref, _ := d.partRef(&parts[0], base, n); valueKinds[ref.kind] != kindNull || o.null != nullSkip {
			d.ev.Values = d.appendValue(d.ev.Values, ref, slot)
		}
		return
	}
	d.ev.Values = append(d.ev.Values, event.Value{Raw: d.joined(parts, base, n), Slot: slot, Type: event.UTF8})
	if o.head != headNone {
		d.setHead(o.head, &d.ev.Values[len(d.ev.Values)-1])
	}
}

// joined is the text of parts, in the arena.
func (d *Decoder) joined(parts []part, base, n int) []byte {
	start := len(d.arena)
	for i := range parts {
		p := &parts[i]
		if p.char != 0 {
			d.arena = append(d.arena, string(p.char)...)
			continue
		}
		v := event.Value{Raw: p.text, Type: event.UTF16}
		if ref, ok := d.partRef(p, base, n); ok {
			d.spare = d.appendValue(d.spare[:0], ref, 0)
			for j := range d.spare {
				if j > 0 {
					d.arena = append(d.arena, ", "...)
				}
				d.arena = d.spare[j].AppendText(d.arena)
			}
		} else if p.text != nil {
			d.arena = v.AppendText(d.arena)
		}
		if len(d.arena)-start > maxJoined {
			break
		}
	}
	d.budget -= len(d.arena) - start
	return d.arena[start:len(d.arena):len(d.arena)]
}

// partRef returns the value of a part that is a substitution; the zero valueRef where the table has none.
func (d *Decoder) partRef(p *part, base, n int) (ref valueRef, ok bool) {
	if p.text != nil || p.char != 0 {
		return ref, false
	}
	if int(p.sub) < n {
		ref = d.refs[base+int(p.sub)]
	}
	return ref, true
}

// appendValue appends one value of any kind but a nested fragment.
func (d *Decoder) appendValue(vals []event.Value, ref valueRef, slot uint32) []event.Value {
	raw := d.chunk[ref.off : ref.off+uint32(ref.size)]
	switch kind := valueKinds[ref.kind]; kind {
	case kindString:
		return append(vals, event.Value{Raw: trimNUL(raw), Slot: slot, Type: event.UTF16})
	case kindNull, kindNested:
		return append(vals, event.Value{Slot: slot})
	case kindArray:
		return appendArray(vals, raw, slot, ref.kind)
	case kindANSI:
		return append(vals, event.Value{Raw: trimANSI(raw), Slot: slot, Type: event.ANSI})
	default:
		return append(vals, event.Value{Raw: raw, Slot: slot, Type: event.Type(kind)})
	}
}

// trimNUL cuts the terminators that some providers store with their strings.
func trimNUL(raw []byte) []byte {
	for n := len(raw) &^ 1; n >= 2 && raw[n-2]|raw[n-1] == 0; n -= 2 {
		raw = raw[:n-2]
	}
	return raw
}

func trimANSI(raw []byte) []byte {
	for len(raw) > 0 && raw[len(raw)-1] == 0 {
		raw = raw[:len(raw)-1]
	}
	return raw
}

// appendArray appends each element of an array as a value of its own, which is what the repeated elements of the
// rendered event are. An array of nothing is one empty value.
func appendArray(vals []event.Value, raw []byte, slot uint32, stored uint8) []event.Value {
	elem := stored &^ typeArray
	var size int
	switch elem {
	case typeString, typeANSI:
		return appendStrings(vals, raw, slot, elem)
	case typeSID:
		return appendSIDs(vals, raw, slot)
	case typeInt8, typeUint8:
		size = 1
	case typeInt16, typeUint16:
		size = 2
	case typeInt32, typeUint32, typeFloat32, typeBool, typeHex32:
		size = 4
	case typeInt64, typeUint64, typeFloat64, typeFiletime, typeHex64:
		size = 8
	case typeGUID, typeSystemtime:
		size = 16
	case typeSize: // a provider of 32 bits leaves an array that may look like one of 64
		size = 8
		if len(raw)%8 != 0 {
			size = 4
		}
	default:
		return append(vals, event.Value{Raw: raw, Slot: slot, Type: event.Binary})
	}
	if len(raw) < size {
		return append(vals, event.Value{Slot: slot, Type: event.UTF16})
	}
	t := event.Type(valueKinds[elem])
	for ; len(raw) >= size && len(vals) <= maxValues; raw = raw[size:] {
		vals = append(vals, event.Value{Raw: raw[:size], Slot: slot, Type: t})
	}
	return vals
}

func appendStrings(vals []event.Value, raw []byte, slot uint32, elem uint8) []event.Value {
	t, width := event.UTF16, 2
	if elem == typeANSI {
		t, width = event.ANSI, 1
	}
	start := 0
	for i := 0; i+width <= len(raw) && len(vals) <= maxValues; i += width {
		if raw[i]|raw[i+width-1] == 0 {
			vals = append(vals, event.Value{Raw: raw[start:i], Slot: slot, Type: t})
			start = i + width
		}
	}
	if start < len(raw) || len(raw) == 0 {
		vals = append(vals, event.Value{Raw: raw[start:], Slot: slot, Type: t})
	}
	return vals
}

func appendSIDs(vals []event.Value, raw []byte, slot uint32) []event.Value {
	if len(raw) < 8 {
		return append(vals, event.Value{Slot: slot, Type: event.UTF16})
	}
	for len(raw) >= 8 && len(vals) <= maxValues {
		size := min(8+4*int(raw[1]), len(raw))
		vals = append(vals, event.Value{Raw: raw[:size], Slot: slot, Type: event.SID})
		raw = raw[size:]
	}
	return vals
}

// setHead fills a field of the event's header.
func (d *Decoder) setHead(h head, v *event.Value) {
	switch h {
	case headEventID:
		if id, ok := d.number(v, 32); ok {
			d.ev.EventID = uint32(id)
		}
	case headChannel:
		d.ev.Channel = d.channels.get(v)
	case headProvider:
		d.ev.Provider = d.providers.get(v)
	case headComputer:
		d.ev.Host = d.hosts.get(v)
	case headTime:
		if v.Type == event.Filetime && len(v.Raw) >= 8 {
			if ns, ok := event.FiletimeNanos(binary.LittleEndian.Uint64(v.Raw)); ok {
				d.ev.Time, d.ev.HasTime = ns, true
			}
			return
		}
		if ns, ok := d.isoTime(v); ok {
			d.ev.Time, d.ev.HasTime = ns, true
		}
	case headRecordID:
		if id, ok := d.number(v, 64); ok {
			d.ev.RecordID = id
		}
	case headNone:
	}
}
