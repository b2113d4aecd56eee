package event

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// JSONEncoder writes the same bytes as [Event.AppendJSON], several times faster where many records follow one another:
// it remembers the field names of a reader in their escaped form and writes text without a copy between. The zero
// value is ready. One goroutine uses it.
type JSONEncoder struct {
	names  *Names
	fields []encodedField // by slot
	known  int            // length of names when twins were last looked up
	epoch  uint32
	text   []byte
}

// encodedField is what is known of one slot.
type encodedField struct {
	key    []byte // "NAME":
	system []byte // "System.NAME":, of a field of the envelope
	twin   int32  // slot of the data field of that name, -1 where there is none
	count  uint32 // of the values of the record at hand
	epoch  uint32 // of count
	done   uint32 // epoch in which the field was last written
}

// AppendJSON appends e as one flat JSON object; see [Event.AppendJSON].
func (c *JSONEncoder) AppendJSON(dst []byte, e *Event) []byte {
	c.prepare(e)
	dst = append(dst, '{')
	start := len(dst)
	for i := range e.Values {
		v := &e.Values[i]
		f := &c.fields[v.Slot]
		if f.done == c.epoch || v.whole() {
			continue
		}
		f.done = c.epoch
		if len(dst) > start {
			dst = append(dst, ',')
		}
		key := f.key
		if f.twin >= 0 && c.fields[f.twin].epoch == c.epoch {
			key = f.system
		}
		dst = append(dst, key...)
		if f.count <= 1 {
			dst = c.value(dst, v)
			continue
		}
		dst = append(dst, '[')
		first := true
		for j := i; j < len(e.Values); j++ {
			w := &e.Values[j]
			if w.Slot != v.Slot || w.whole() {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = c.value(dst, w)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// prepare counts the values of each field and learns new names.
func (c *JSONEncoder) prepare(e *Event) {
	if c.names != e.Names || c.epoch == 1<<32-1 {
		*c = JSONEncoder{names: e.Names, text: c.text}
	}
	c.epoch++
	if n := e.Names.Len(); n != c.known {
		c.learn(n)
	}
	for i := range e.Values {
		v := &e.Values[i]
		f := &c.fields[v.Slot]
		if f.epoch != c.epoch {
			f.epoch, f.count = c.epoch, 0
		}
		if !v.whole() {
			f.count++
		}
	}
}

// learn takes over names that are new in the table.
func (c *JSONEncoder) learn(n int) {
	c.fields = slices.Grow(c.fields, n-len(c.fields))
	for slot := len(c.fields); slot < n; slot++ {
		name := c.names.At(uint32(slot))
		f := encodedField{key: append(AppendJSONString(nil, name.Text), ':'), twin: -1}
		if name.System {
			f.system = append(AppendJSONString(nil, "System."+name.Text), ':')
		}
		c.fields = append(c.fields, f)
	}
	for slot := range c.fields {
		if f := &c.fields[slot]; f.system != nil && f.twin < 0 {
			if t, ok := c.names.Find(c.names.At(uint32(slot)).Text, false); ok {
				f.twin = int32(t)
			}
		}
	}
	c.known = n
}

// value is [Value.AppendJSON].
func (c *JSONEncoder) value(dst []byte, v *Value) []byte {
	switch v.Type {
	case UTF16:
		return appendJSONUTF16(dst, v.Raw)
	case UTF8:
		return appendJSONText(dst, v.Raw)
	case JSONStr:
		if slices.Contains(v.Raw, '\\') {
			c.text = appendJSONUnescaped(c.text[:0], v.Raw)
			return appendJSONText(dst, c.text)
		}
		return appendJSONText(dst, v.Raw)
	case Uint8, Uint16, Uint32, Int8, Int16, Int32:
		if _, ok := v.uint(); !ok {
			return v.AppendJSON(dst)
		}
		return v.AppendText(dst)
	case GUID, SID, Filetime, Systemtime, Binary, HexInt32, HexInt64, SizeT:
		return append(v.AppendText(append(dst, '"')), '"')
	default:
		return v.AppendJSON(dst)
	}
}

// plainJSON marks the bytes that stand for themselves inside a JSON string as [AppendJSONString] writes it.
var plainJSON = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != 0x7F
	}
	return t
}()

// appendJSONText is [AppendJSONString] for bytes.
func appendJSONText(dst, s []byte) []byte {
	dst = append(dst, '"')
	i, start := 0, 0
	for i < len(s) {
		if i+8 <= len(s) {
			m := special8(binary.LittleEndian.Uint64(s[i:]))
			if m == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(m) >> 3
		} else if plainJSON[s[i]] {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		if s[i] < utf8.RuneSelf {
			dst = appendJSONEscape(dst, s[i])
			i++
		} else {
			r, n := utf8.DecodeRune(s[i:])
			dst = appendJSONRune(dst, r)
			i += n
		}
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

const ones8 = 0x0101010101010101

// special8 marks, by their high bits, those of eight bytes that do not stand for themselves in a JSON string. Beyond
// the first mark there may be marks too many.
func special8(x uint64) uint64 {
	m := x | (x - ' '*ones8) // not ASCII, or below the space
	m |= (x ^ '"'*ones8) - ones8
	m |= (x ^ '\\'*ones8) - ones8
	m |= (x ^ '&'*ones8) - ones8
	m |= (x ^ 0x7F*ones8) - ones8
	m |= ((x | 2*ones8) ^ '>'*ones8) - ones8 // < and > differ in this bit
	return m & (0x80 * ones8)
}

// appendJSONUTF16 appends UTF-16LE text as a JSON string.
func appendJSONUTF16(dst, r []byte) []byte {
	r = r[:len(r)&^1]
	dst = append(dst, '"')
	for i := 0; i < len(r); {
		if i+16 <= len(r) {
			lo, hi := binary.LittleEndian.Uint64(r[i:]), binary.LittleEndian.Uint64(r[i+8:])
			if (lo|hi)&0xFF80FF80FF80FF80 == 0 {
				x := pack4(lo) | pack4(hi)<<32
				m := special8(x)
				dst = binary.LittleEndian.AppendUint64(dst, x)
				if m == 0 {
					i += 16
					continue
				}
				n := bits.TrailingZeros64(m) >> 3
				dst = appendJSONEscape(dst[:len(dst)-8+n], byte(x>>(8*n)))
				i += 2*n + 2
				continue
			}
		}
		u := binary.LittleEndian.Uint16(r[i:])
		i += 2
		switch {
		case u < utf8.RuneSelf && plainJSON[u]:
			dst = append(dst, byte(u))
		case u < utf8.RuneSelf:
			dst = appendJSONEscape(dst, byte(u))
		case u < 0xD800 || u > 0xDFFF:
			dst = appendJSONRune(dst, rune(u))
		default:
			c := rune(utf8.RuneError)
			if u < 0xDC00 && i+2 <= len(r) {
				if lo := binary.LittleEndian.Uint16(r[i:]); lo >= 0xDC00 && lo <= 0xDFFF {
					c = (rune(u)-0xD800)<<10 | (rune(lo) - 0xDC00) + 0x10000
					i += 2
				}
			}
			dst = utf8.AppendRune(dst, c)
		}
	}
	return append(dst, '"')
}

// appendJSONEscape writes an ASCII character that does not stand for itself.
func appendJSONEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
}

// appendJSONRune writes a character beyond ASCII.
func appendJSONRune(dst []byte, r rune) []byte {
	if unsafeRune(r) {
		return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
	}
	return utf8.AppendRune(dst, r)
}
