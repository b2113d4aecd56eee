package evtx

import (
	"encoding/binary"
	"errors"
	"fmt"
)

var (
	errShort  = errors.New("it is longer than its place")
	errValues = errors.New("its values are longer than their place")
	errBudget = errors.New("the chunk asks for more work than any real one")

	errValueCount = fmt.Errorf("it has more than %d values", maxValues)
)

// fragment decodes the binary XML in chunk[pos:end], which stands in an element of role r. depends says whether a
// literal element in it begins with a dependency: it does in a record, it does not in a value.
func (d *Decoder) fragment(pos, end int, r role, depends bool, depth int) {
	if depth > maxNesting {
		d.fail(fmt.Errorf("fragments are nested deeper than %d", maxNesting))
		return
	}
	for pos < end {
		if d.budget--; d.budget < 0 {
			return
		}
		switch tok := d.chunk[pos]; tok {
		case tokFragment:
			pos += 4
		case tokTemplate:
			pos = d.instance(pos, end, r, depth)
		case tokOpenElement, tokOpenElement | tokMore:
			pos = d.literal(pos, end, r, depends, depth)
		case tokPITarget, tokPIData:
			f := flattener{d: d, pos: pos, end: end, literal: true}
			if err := f.instruction(); err != nil {
				d.fail(err)
				return
			}
			pos = f.pos
		case tokEOF:
			return
		default:
			d.fail(fmt.Errorf("token 0x%02x at 0x%x is unknown", tok, d.at(pos)))
			return
		}
	}
}

// literal decodes an element that is written out instead of being a template's instance, and returns where it ends.
// Its texts are treated as the values of a template that has the rest of it, so that literal events of one kind
// share a program too.
func (d *Decoder) literal(pos, end int, r role, depends bool, depth int) int {
	base := len(d.refs)
	f := flattener{d: d, out: append(d.key[:0], byte(r), keyLiteral), pos: pos, end: end, depends: depends, literal: true, base: base}
	err := f.elements(true)
	d.key = f.out
	if err != nil {
		d.fail(err)
	} else if f.doubt {
		d.fail(errDoubt)
	}
	d.run(d.program(r), base, len(d.refs)-base, depth)
	d.refs = d.refs[:base]
	if err != nil {
		return end
	}
	return f.pos
}

// instance decodes a template instance and returns where it ends.
func (d *Decoder) instance(pos, end int, r role, depth int) int {
	if depth > maxNesting {
		d.fail(fmt.Errorf("fragments are nested deeper than %d", maxNesting))
		return end
	}
	t, err := d.readTable(pos, end)
	if err != nil {
		d.fail(err)
		return end
	}
	p := d.template(t.definition, t.id, r)
	if p != nil && p.plain && len(p.ops) <= t.n {
		next, whole := d.runPlain(p, t, end, depth)
		if !whole {
			d.fail(errValues)
		}
		return next
	}
	base := len(d.refs)
	next, whole := d.readRefs(t, end)
	if !whole {
		d.fail(errValues)
	}
	n := len(d.refs) - base
	if p != nil {
		d.run(p, base, n, depth)
	}
	if p == nil || p.broken {
		d.salvage(p, base, n, r, depth)
	}
	d.refs = d.refs[:base]
	return next
}

// table is the head of a template instance.
type table struct {
	id         uint32
	definition uint32 // offset in the chunk
	at         int    // of the descriptors
	n          int    // number of values
}

// readTable reads a template instance up to its descriptors. The definition stands between its offset and the
// values where this is its first use.
func (d *Decoder) readTable(pos, end int) (t table, err error) {
	c := d.chunk[:end]
	if pos+10 > len(c) {
		return t, errShort
	}
	t.id = binary.LittleEndian.Uint32(c[pos+2:])
	t.definition = binary.LittleEndian.Uint32(c[pos+6:])
	pos += 10
	if t.definition == uint32(pos) {
		if pos+24 > len(c) {
			return t, errShort
		}
		size := binary.LittleEndian.Uint32(c[pos+20:])
		if uint64(size) > uint64(len(c)-pos-24) {
			return t, errors.New("a template definition is longer than its place")
		}
		pos += 24 + int(size)
	}
	if pos+4 > len(c) {
		return t, errShort
	}
	n := binary.LittleEndian.Uint32(c[pos:])
	t.at = pos + 4
	if uint64(n)*4 > uint64(len(c)-t.at) {
		return t, fmt.Errorf("a table of %d values does not fit", n)
	}
	t.n = int(n)
	return t, nil
}

// readRefs appends the places of an instance's values to d.refs, as far as they fit. A fragment may be cut: what
// it begins with is worth having.
func (d *Decoder) readRefs(t table, end int) (next int, whole bool) {
	off := t.at + 4*t.n
	desc := d.chunk[t.at:off]
	d.budget -= t.n
	for ; len(desc) >= 4; desc = desc[4:] {
		x := binary.LittleEndian.Uint32(desc)
		size := int(x & 0xffff)
		if size > end-off {
			if uint8(x>>16) == typeBinXML {
				d.refs = append(d.refs, valueRef{off: uint32(off), size: uint16(end - off), kind: typeBinXML})
			}
			return end, false
		}
		d.refs = append(d.refs, valueRef{off: uint32(off), size: uint16(x), kind: uint8(x >> 16)})
		off += size
	}
	return off, true
}

// skipInstance returns where the template instance at pos ends.
func (d *Decoder) skipInstance(pos, end int) (int, error) {
	t, err := d.readTable(pos, end)
	if err != nil {
		return end, err
	}
	base := len(d.refs)
	next, whole := d.readRefs(t, end)
	d.refs = d.refs[:base]
	if !whole {
		return end, errValues
	}
	return next, nil
}

// instruction steps over a processing instruction, which Windows does not write.
func (f *flattener) instruction() error {
	tok := f.d.chunk[f.pos]
	f.pos++
	if tok == tokPITarget {
		_, err := f.name()
		return err
	}
	return f.skipText()
}
