package event

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Type says how Value.Raw is encoded. Integers are little-endian.
type Type uint8

// The encodings. Those from UTF16 to SID are the value types of Windows' binary XML ([MS-EVEN6] 2.2.12).
const (
	Null    Type = iota // no value: the field is there and has none
	UTF8                // text
	JSONStr             // the inside of a JSON string literal, escapes and all
	JSONNum             // a JSON number literal
	True                // boolean; Raw is empty
	False               // boolean; Raw is empty
	UTF16               // UTF-16LE text, without terminator
	ANSI                // text of one byte a character, read as Windows-1252
	Int8
	Uint8
	Int16
	Uint16
	Int32
	Uint32
	Int64
	Uint64
	Float32
	Float64
	Bool32 // four bytes, not zero is true
	Binary
	GUID
	SizeT    // 4 or 8 bytes, a pointer-sized number, printed in hexadecimal
	Filetime // 100 ns since 1601
	Systemtime
	SID
	HexInt32
	HexInt64
	// JSONText is the text of a JSON object or of an array with objects whose members stand as values of their own, so
	// that a rule may also search the whole. AppendJSON leaves it out, except an empty one, which has no members.
	JSONText
	// Array marks a JSON array literal of scalars, or a UTF-16 string array of Windows (zero-separated).
	JSONArray
	UTF16Array
)

// Types is the number of types.
const Types = int(UTF16Array) + 1

// Value is one field of a record.
type Value struct {
	Raw  []byte // belongs to the reader
	Slot uint32 // into Event.Names
	Type Type
}

// IsNull says that the field is there without a value.
func (v *Value) IsNull() bool { return v.Type == Null }

// IsArray says that v holds several elements; see [Value.Elements].
func (v *Value) IsArray() bool { return v.Type >= JSONArray }

// Elements calls yield for each element of an array, and once with v itself where v is none.
func (v *Value) Elements(yield func(Value) bool) {
	switch v.Type {
	case UTF16Array:
		utf16Elements(*v, yield)
	case JSONArray:
		jsonElements(*v, yield)
	default:
		yield(*v)
	}
}

func utf16Elements(v Value, yield func(Value) bool) {
	raw := v.Raw[:len(v.Raw)&^1]
	start := 0
	for i := 0; i+1 < len(raw); i += 2 {
		if raw[i] == 0 && raw[i+1] == 0 {
			if !yield(Value{Raw: raw[start:i], Slot: v.Slot, Type: UTF16}) {
				return
			}
			start = i + 2
		}
	}
	if start < len(raw) {
		yield(Value{Raw: raw[start:], Slot: v.Slot, Type: UTF16})
	}
}

// jsonElements walks the top level of an array literal. Nested arrays and objects are yielded as their text.
// The literal was checked by the reader; anything else ends the walk.
func jsonElements(v Value, yield func(Value) bool) {
	b := v.Raw
	if len(b) < 2 {
		return
	}
	i := 1
	for i < len(b) {
		switch c := b[i]; c {
		case ' ', '\t', '\n', '\r', ',':
			i++
			continue
		case ']':
			return
		default:
			n := jsonLiteralLen(b[i:])
			if n == 0 {
				return
			}
			lit := b[i : i+n]
			i += n
			out := Value{Raw: lit, Slot: v.Slot, Type: UTF8}
			switch {
			case c == '"':
				out.Raw, out.Type = lit[1:len(lit)-1], JSONStr
			case c == 't':
				out.Raw, out.Type = nil, True
			case c == 'f':
				out.Raw, out.Type = nil, False
			case c == 'n':
				out.Raw, out.Type = nil, Null
			case c == '-' || c >= '0' && c <= '9':
				out.Type = JSONNum
			}
			if !yield(out) {
				return
			}
		}
	}
}

// jsonLiteralLen is the length of the literal at the start of b, 0 where there is none.
func jsonLiteralLen(b []byte) int {
	switch b[0] {
	case '"':
		for i := 1; i < len(b); i++ {
			switch b[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return 0
	case '{', '[':
		depth, in := 0, false
		for i := 0; i < len(b); i++ {
			switch c := b[i]; {
			case in && c == '\\':
				i++
			case c == '"':
				in = !in
			case in:
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		return 0
	default:
		i := 0
		for i < len(b) && b[i] != ',' && b[i] != ']' && b[i] != '}' && b[i] > ' ' {
			i++
		}
		return i
	}
}

const hexDigits = "0123456789ABCDEF"

// AppendText appends v as the text that a person reads and a rule matches, in valid UTF-8. A null is nothing; the
// elements of an array are joined with ", ".
func (v *Value) AppendText(dst []byte) []byte {
	r := v.Raw
	switch v.Type {
	case Null:
		return dst
	case UTF8, JSONNum, JSONText:
		return appendValidUTF8(dst, r)
	case JSONStr:
		return appendJSONUnescaped(dst, r)
	case True:
		return append(dst, "true"...)
	case False:
		return append(dst, "false"...)
	case UTF16:
		return appendUTF16(dst, r)
	case ANSI:
		return appendANSI(dst, r)
	case Binary:
		for _, c := range r {
			dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
		}
		return dst
	case GUID:
		return appendGUID(dst, r)
	case SID:
		return appendSID(dst, r)
	case Filetime:
		if len(r) < 8 {
			return dst
		}
		return appendFiletime(dst, binary.LittleEndian.Uint64(r))
	case Systemtime:
		return appendSystemtime(dst, r)
	case Float32:
		if len(r) < 4 {
			return dst
		}
		return strconv.AppendFloat(dst, float64(math.Float32frombits(binary.LittleEndian.Uint32(r))), 'g', -1, 32)
	case Float64:
		if len(r) < 8 {
			return dst
		}
		return strconv.AppendFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(r)), 'g', -1, 64)
	case Bool32:
		for _, c := range r {
			if c != 0 {
				return append(dst, "true"...)
			}
		}
		return append(dst, "false"...)
	case JSONArray, UTF16Array:
		first := true
		v.Elements(func(e Value) bool {
			if !first {
				dst = append(dst, ", "...)
			}
			first = false
			dst = e.AppendText(dst)
			return true
		})
		return dst
	default:
		return v.appendInt(dst)
	}
}

func (v *Value) appendInt(dst []byte) []byte {
	u, ok := v.uint()
	if !ok {
		return dst
	}
	switch v.Type {
	case Int8:
		return strconv.AppendInt(dst, int64(int8(u)), 10)
	case Int16:
		return strconv.AppendInt(dst, int64(int16(u)), 10)
	case Int32:
		return strconv.AppendInt(dst, int64(int32(u)), 10)
	case Int64:
		return strconv.AppendInt(dst, int64(u), 10)
	case HexInt32, HexInt64, SizeT:
		return strconv.AppendUint(append(dst, "0x"...), u, 16)
	default:
		return strconv.AppendUint(dst, u, 10)
	}
}

// uint reads the raw integer, zero-extended. ok is false where there are too few bytes.
func (v *Value) uint() (u uint64, ok bool) {
	r := v.Raw
	switch v.Type {
	case Int8, Uint8:
		if len(r) < 1 {
			return 0, false
		}
		return uint64(r[0]), true
	case Int16, Uint16:
		if len(r) < 2 {
			return 0, false
		}
		return uint64(binary.LittleEndian.Uint16(r)), true
	case Int32, Uint32, HexInt32:
		if len(r) < 4 {
			return 0, false
		}
		return uint64(binary.LittleEndian.Uint32(r)), true
	case Int64, Uint64, HexInt64:
		if len(r) < 8 {
			return 0, false
		}
		return binary.LittleEndian.Uint64(r), true
	case SizeT:
		if len(r) >= 8 {
			return binary.LittleEndian.Uint64(r), true
		}
		if len(r) < 4 {
			return 0, false
		}
		return uint64(binary.LittleEndian.Uint32(r)), true
	default:
		return 0, false
	}
}

// Uint returns the value of an integer type without going through text.
func (v *Value) Uint() (u uint64, ok bool) { return v.uint() }

// IsNumber says that the text of v is a plain decimal number, so that JSON may show it as one.
func (v *Value) IsNumber() bool {
	switch v.Type {
	case JSONNum, Int8, Uint8, Int16, Uint16, Int32, Uint32, Int64, Uint64:
		return true
	default:
		return false
	}
}

func appendValidUTF8(dst, r []byte) []byte {
	if utf8.Valid(r) {
		return append(dst, r...)
	}
	for len(r) > 0 {
		c, n := utf8.DecodeRune(r)
		dst = utf8.AppendRune(dst, c)
		r = r[n:]
	}
	return dst
}

// appendUTF16 decodes UTF-16LE. Lone surrogates become U+FFFD; an odd last byte is left out.
func appendUTF16(dst, r []byte) []byte {
	r = r[:len(r)&^1]
	i := 0
	for i < len(r) {
		// Four plain ASCII characters at a time.
		for i+8 <= len(r) {
			x := binary.LittleEndian.Uint64(r[i:])
			if x&0xFF80FF80FF80FF80 != 0 {
				break
			}
			dst = append(dst, byte(x), byte(x>>16), byte(x>>32), byte(x>>48))
			i += 8
		}
		if i >= len(r) {
			break
		}
		u := rune(binary.LittleEndian.Uint16(r[i:]))
		i += 2
		if u < utf8.RuneSelf {
			dst = append(dst, byte(u))
			continue
		}
		if utf16.IsSurrogate(u) {
			var lo rune
			if i+2 <= len(r) {
				lo = rune(binary.LittleEndian.Uint16(r[i:]))
			}
			if u = utf16.DecodeRune(u, lo); u != utf8.RuneError {
				i += 2
			}
		}
		dst = utf8.AppendRune(dst, u)
	}
	return dst
}

// cp1252 holds the characters of Windows-1252 from 0x80 to 0x9F; the rest equals Latin-1.
var cp1252 = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8D, 'Ž', 0x8F,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9D, 'ž', 'Ÿ',
}

func appendANSI(dst, r []byte) []byte {
	for _, c := range r {
		switch {
		case c < 0x80:
			dst = append(dst, c)
		case c < 0xA0:
			dst = utf8.AppendRune(dst, cp1252[c-0x80])
		default:
			dst = utf8.AppendRune(dst, rune(c))
		}
	}
	return dst
}

// appendGUID prints {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}, as Windows does.
func appendGUID(dst, r []byte) []byte {
	if len(r) < 16 {
		return dst
	}
	dst = append(dst, '{')
	for i, b := range [16]byte{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[r[b]>>4], hexDigits[r[b]&15])
	}
	return append(dst, '}')
}

// appendSID prints S-R-A-S1-S2… ([MS-DTYP] 2.4.2). Too short a value gives its readable part.
func appendSID(dst, r []byte) []byte {
	if len(r) < 8 {
		return dst
	}
	dst = append(dst, "S-"...)
	dst = strconv.AppendUint(dst, uint64(r[0]), 10)
	dst = append(dst, '-')
	auth := uint64(binary.BigEndian.Uint16(r[2:]))<<32 | uint64(binary.BigEndian.Uint32(r[4:]))
	if auth < 1<<32 {
		dst = strconv.AppendUint(dst, auth, 10)
	} else {
		dst = strconv.AppendUint(append(dst, "0x"...), auth, 16)
	}
	for i, n := 8, int(r[1]); n > 0 && i+4 <= len(r); i, n = i+4, n-1 {
		dst = strconv.AppendUint(append(dst, '-'), uint64(binary.LittleEndian.Uint32(r[i:])), 10)
	}
	return dst
}

const filetimeEpoch = 116444736000000000 // 1970-01-01 in units of 100 ns since 1601-01-01

// FiletimeNanos converts 100 ns since 1601 to nanoseconds since 1970. ok is false outside what int64 holds
// (1677 to 2262).
func FiletimeNanos(ft uint64) (ns int64, ok bool) {
	if ft > math.MaxInt64 {
		return 0, false
	}
	d := int64(ft) - filetimeEpoch
	if d > math.MaxInt64/100 || d < math.MinInt64/100 {
		return 0, false
	}
	return d * 100, true
}

// appendFiletime prints 2006-01-02T15:04:05.0000000Z; a number of no such time is printed in hexadecimal.
func appendFiletime(dst []byte, ft uint64) []byte {
	if ft > math.MaxInt64 {
		return strconv.AppendUint(append(dst, "0x"...), ft, 16)
	}
	sec := (int64(ft) - filetimeEpoch) / 1e7
	rem := (int64(ft) - filetimeEpoch) % 1e7
	if rem < 0 {
		sec, rem = sec-1, rem+1e7
	}
	return time.Unix(sec, rem*100).UTC().AppendFormat(dst, "2006-01-02T15:04:05.0000000Z")
}

func appendSystemtime(dst, r []byte) []byte {
	if len(r) < 16 {
		return dst
	}
	f := func(i int) int { return int(binary.LittleEndian.Uint16(r[2*i:])) }
	t := time.Date(f(0), time.Month(f(1)), f(3), f(4), f(5), f(6), f(7)*1e6, time.UTC)
	return t.AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var u rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			u = u<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			u = u<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			u = u<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return u, true
}
