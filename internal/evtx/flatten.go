package evtx

import (
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// A tree of elements lies in the chunk with references to names elsewhere in the chunk and with sizes that depend
// on which of these happen to be inline. flatten resolves all that into a form that stands for itself: two trees
// mean the same if and only if their flat forms are equal, in whatever chunk they were found. Everything about the
// chunk is checked here; what reads the flat form trusts it.
const (
	flatOpen     = iota + 1 // dependency (2 bytes), length of the name in bytes (2), name in UTF-16
	flatAttr                // length of the name (2), name
	flatContent             // the attributes are over
	flatEnd                 // of an element, with or without content
	flatText                // length in bytes (4), UTF-16
	flatSub                 // 1 if optional, substitution (2)
	flatChar                // character (4)
	flatInstance            // offset in the chunk of a template instance (4), which is there; in literal elements only
)

const (
	maxNesting = 64  // of elements, and of fragments in fragments
	maxName    = 256 // UTF-16 units; Windows' own limit for element names
)

// flattener walks the tokens of one tree.
type flattener struct {
	d       *Decoder
	out     []byte
	pos     int
	end     int
	depends bool // element starts hold a dependency
	literal bool // not a template definition: texts become values
	base    int  // of these values in d.refs
	naming  bool // the attribute's text is a field's name, which belongs to the structure
	doubt   bool // a name's hash is wrong
}

// elements flattens elements from pos on: a template's whole body, or one literal element. The flat form is whole
// up to where an error was met.
func (f *flattener) elements(one bool) error {
	start := len(f.out)
	err := f.tokens(one)
	if f.d.budget -= (len(f.out) - start) / 16; f.d.budget < 0 {
		return errBudget
	}
	return err
}

func (f *flattener) tokens(one bool) error {
	depth := 0
	for f.pos < f.end {
		if f.d.budget--; f.d.budget < 0 || len(f.out) > maxFlat {
			return errBudget
		}
		at := f.pos
		tok := f.d.chunk[at]
		f.pos++
		var err error
		switch tok {
		case tokOpenElement, tokOpenElement | tokMore:
			if depth == 0 {
				f.guessDependency()
			} else if tok&tokMore != 0 && f.depends && !f.literal && f.namedField() {
				continue
			}
			if depth++; depth > maxNesting {
				return fmt.Errorf("elements are nested deeper than %d", maxNesting)
			}
			err = f.open(tok&tokMore != 0)
		case tokCloseStart:
			f.naming = false
			f.out = append(f.out, flatContent)
		case tokCloseEmpty, tokEndElement:
			if depth == 0 {
				return fmt.Errorf("an element ends at 0x%x that was not begun", at)
			}
			f.naming = false
			f.out = append(f.out, flatEnd)
			if depth--; depth == 0 && one {
				return nil
			}
		case tokValue, tokValue | tokMore:
			err = f.value()
		case tokAttribute, tokAttribute | tokMore:
			var n []byte
			if n, err = f.name(); err == nil {
				f.out = append(f.out, flatAttr)
				f.out = appendName(f.out, n)
				f.naming = string(n) == "N\x00a\x00m\x00e\x00"
			}
		case tokCDATA, tokCDATA | tokMore:
			err = f.text()
		case tokCharRef, tokCharRef | tokMore:
			var b []byte
			if b, err = f.take(2); err == nil {
				f.char(rune(binary.LittleEndian.Uint16(b)))
			}
		case tokEntityRef, tokEntityRef | tokMore:
			err = f.entity()
		case tokPITarget:
			_, err = f.name()
		case tokPIData:
			err = f.skipText()
		case tokSubstitution, tokOptional:
			var b []byte
			if b, err = f.take(3); err == nil {
				f.out = append(f.out, flatSub, tok-tokSubstitution, b[0], b[1])
			}
		case tokFragment:
			_, err = f.take(3)
		case tokTemplate:
			if !f.literal {
				return fmt.Errorf("a template is used inside the definition of another at 0x%x", at)
			}
			f.out = append(f.out, flatInstance)
			f.out = binary.LittleEndian.AppendUint32(f.out, uint32(at))
			f.pos, err = f.d.skipInstance(at, f.end)
		case tokEOF:
			if depth > 0 {
				return fmt.Errorf("the elements end early at 0x%x", at)
			}
			return nil
		default:
			return fmt.Errorf("token 0x%02x at 0x%x is unknown", tok, at)
		}
		if err != nil {
			return err
		}
	}
	if depth > 0 {
		return errShort
	}
	return nil
}

// take returns the next n bytes.
func (f *flattener) take(n int) ([]byte, error) {
	if n > f.end-f.pos {
		return nil, errShort
	}
	b := f.d.chunk[f.pos : f.pos+n]
	f.pos += n
	return b, nil
}

// guessDependency looks at the element whose token was just read: an element of a template definition or of a
// record itself begins with a dependency, one of an embedded fragment does not. The caller knows which is usual;
// where only the other reading leads to a name with its right hash, that one is taken.
func (f *flattener) guessDependency() {
	if !f.nameAt(f.depends) && f.nameAt(!f.depends) {
		f.depends = !f.depends
	}
}

func (f *flattener) nameAt(depends bool) bool {
	p := f.pos + 4
	if depends {
		p += 2
	}
	if p+4 > f.end {
		return false
	}
	units, ok := f.d.nameUnits(binary.LittleEndian.Uint32(f.d.chunk[p:]))
	return ok && f.d.nameSum(binary.LittleEndian.Uint32(f.d.chunk[p:])) == nameHash(units)
}

func (f *flattener) open(attributes bool) error {
	dep := [2]byte{0xff, 0xff}
	if f.depends {
		b, err := f.take(2)
		if err != nil {
			return err
		}
		dep = [2]byte(b)
	}
	if _, err := f.take(4); err != nil { // the size; the tokens say it too
		return err
	}
	n, err := f.name()
	if err != nil {
		return err
	}
	if attributes {
		if _, err := f.take(4); err != nil {
			return err
		}
	}
	f.out = append(f.out, flatOpen, dep[0], dep[1])
	f.out = appendName(f.out, n)
	return nil
}

func appendName(out, units []byte) []byte {
	out = append(out, byte(len(units)), byte(len(units)>>8))
	return append(out, units...)
}

// namedField flattens <Data Name="text">substitution</Data> at one go, where its names are known already: that is
// what nearly all definitions consist of. It changes nothing and says false where anything else follows.
func (f *flattener) namedField() bool {
	const head = 2 + 4 + 4 + 4 + 1 + 4 + 4 // dependency, size, name, size of attributes, attribute, name, text
	const tail = 1 + 4 + 1                 // end of start tag, substitution, end tag
	c := f.d.chunk[f.pos:f.end]
	if len(c) < head+tail || c[14] != tokAttribute || c[19] != tokValue || c[20] != typeString {
		return false
	}
	le := binary.LittleEndian
	n := 2 * int(le.Uint16(c[21:]))
	if n == 0 || len(c) < head+n+tail || c[head+n-1]|c[head+n-2] == 0 {
		return false
	}
	t := c[head+n:]
	if t[0] != tokCloseStart || t[1] != tokSubstitution && t[1] != tokOptional || t[5] != tokEndElement {
		return false
	}
	element, attr := f.d.knownName(le.Uint32(c[6:])), f.d.knownName(le.Uint32(c[15:]))
	if element == nil || attr == nil {
		return false
	}
	f.out = append(f.out, flatOpen, c[0], c[1])
	f.out = appendName(f.out, element)
	f.out = append(f.out, flatAttr)
	f.out = appendName(f.out, attr)
	f.literalText(c[head : head+n])
	f.out = append(f.out, flatContent, flatSub, t[1]-tokSubstitution, t[2], t[3], flatEnd)
	f.pos += head + n + tail
	return true
}

// name reads a reference to a name, and steps over the name where it is inline.
func (f *flattener) name() ([]byte, error) {
	b, err := f.take(4)
	if err != nil {
		return nil, err
	}
	off := binary.LittleEndian.Uint32(b)
	if units := f.d.knownName(off); units != nil && int(off) != f.pos {
		return units, nil
	}
	units, ok := f.d.nameUnits(off)
	if !ok {
		return nil, fmt.Errorf("the name at 0x%x is not readable", off)
	}
	if int(off) == f.pos {
		if _, err := f.take(8 + len(units) + 2); err != nil {
			return nil, err
		}
	}
	if f.d.nameSum(off) == nameHash(units) {
		f.d.goodNames[off%uint32(len(f.d.goodNames))] = goodName{f.d.serial, off, units}
	} else {
		if !plausibleName(units) {
			return nil, fmt.Errorf("the name at 0x%x is damaged", off)
		}
		f.doubt = true
	}
	return units, nil
}

// goodName is a name of the current chunk that was checked. Those of earlier chunks are of another serial.
type goodName struct {
	serial uint32
	off    uint32
	units  []byte
}

// knownName returns the name at off where it was checked lately, else nil.
func (d *Decoder) knownName(off uint32) []byte {
	if n := &d.goodNames[off%uint32(len(d.goodNames))]; n.off == off && n.serial == d.serial {
		return n.units
	}
	return nil
}

// nameUnits returns the name stored at off in the chunk: link (4 bytes), hash (2), length (2), text, terminator.
func (d *Decoder) nameUnits(off uint32) ([]byte, bool) {
	c := d.chunk
	if uint64(off)+8 > uint64(len(c)) {
		return nil, false
	}
	n := uint64(binary.LittleEndian.Uint16(c[off+6:]))
	end := uint64(off) + 8 + 2*n
	if n == 0 || n > maxName || end+2 > uint64(len(c)) || c[end]|c[end+1] != 0 {
		return nil, false
	}
	return c[off+8 : end], true
}

func (d *Decoder) nameSum(off uint32) uint16 { return binary.LittleEndian.Uint16(d.chunk[off+4:]) }

// plausibleName says that units could be an XML name. It is asked only about names with a wrong hash.
func plausibleName(units []byte) bool {
	for i := 0; i+1 < len(units); i += 2 {
		u := binary.LittleEndian.Uint16(units[i:])
		switch {
		case u >= 'a' && u <= 'z', u >= 'A' && u <= 'Z', u >= '0' && u <= '9', u == '_', u == '-', u == '.', u == ':':
		case u >= 0xc0 && u < 0xd800:
		default:
			return false
		}
	}
	return true
}

func (f *flattener) value() error {
	kind, err := f.take(1)
	if err != nil {
		return err
	}
	if kind[0] != typeString {
		return fmt.Errorf("a literal value at 0x%x has type 0x%02x, not text", f.pos, kind[0])
	}
	return f.text()
}

// text reads a counted text.
func (f *flattener) text() error {
	n, err := f.take(2)
	if err != nil {
		return err
	}
	size := 2 * int(binary.LittleEndian.Uint16(n))
	units, err := f.take(size)
	if err != nil {
		return err
	}
	units = trimNUL(units)
	if f.literal && !f.naming && !onlySpace(units) {
		n := len(f.d.refs) - f.base
		f.d.refs = append(f.d.refs, valueRef{off: uint32(f.pos - size), size: uint16(len(units)), kind: typeString})
		f.out = append(f.out, flatSub, 0, byte(n), byte(n>>8))
		return nil
	}
	f.literalText(units)
	return nil
}

func (f *flattener) literalText(units []byte) {
	f.out = append(f.out, flatText)
	f.out = binary.LittleEndian.AppendUint32(f.out, uint32(len(units)))
	f.out = append(f.out, units...)
}

func (f *flattener) skipText() error {
	n, err := f.take(2)
	if err == nil {
		_, err = f.take(2 * int(binary.LittleEndian.Uint16(n)))
	}
	return err
}

func (f *flattener) char(r rune) {
	if r == 0 || utf16.IsSurrogate(r) {
		r = '\ufffd'
	}
	f.out = append(f.out, flatChar)
	f.out = binary.LittleEndian.AppendUint32(f.out, uint32(r))
}

// entity reads a reference to an entity. XML defines five; Windows writes no other.
func (f *flattener) entity() error {
	units, err := f.name()
	if err != nil {
		return err
	}
	var buf [8]byte
	switch string(shortASCII(buf[:0], units)) {
	case "amp":
		f.char('&')
	case "lt":
		f.char('<')
	case "gt":
		f.char('>')
	case "quot":
		f.char('"')
	case "apos":
		f.char('\'')
	default:
		f.char('&')
		f.literalText(units)
		f.char(';')
	}
	return nil
}

// shortASCII appends units as bytes as long as they are ASCII and fit.
func shortASCII(dst, units []byte) []byte {
	for i := 0; i+1 < len(units) && len(dst) < cap(dst); i += 2 {
		if units[i+1] != 0 || units[i] >= 0x80 {
			return dst[:0]
		}
		dst = append(dst, units[i])
	}
	return dst
}
