package evtx

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Value is a field's value for the [Writer], made by one of the functions below, which cover every type that a log can
// hold so that tests can write any log. The zero Value is null: the field is there and has no value.
type Value struct {
	text string // strings, ANSI, SID
	raw  []byte // everything that is stored as it stands
	num  uint64
	num2 uint64
	kind uint8 // value type as stored
}

// Null is a field without a value. Windows writes none such, and libevtx cannot read them; leave a field out where
// it has no meaning.
func Null() Value { return Value{} }

// Text is a Unicode string.
func Text(s string) Value { return Value{kind: typeString, text: s} }

// ANSI is a string of one byte a character. Only ASCII is kept as it is; the rest becomes '?'.
func ANSI(s string) Value { return Value{kind: typeANSI, text: s} }

// Texts is an array of Unicode strings.
func Texts(s ...string) Value {
	raw := []byte{}
	for _, t := range s {
		raw = append(appendUTF16(raw, t), 0, 0)
	}
	return Value{kind: typeString | typeArray, raw: raw}
}

// Int8 is a signed number of one byte.
func Int8(n int8) Value { return Value{kind: typeInt8, num: uint64(n)} }

// Uint8 is an unsigned number of one byte.
func Uint8(n uint8) Value { return Value{kind: typeUint8, num: uint64(n)} }

// Int16 is a signed number of two bytes.
func Int16(n int16) Value { return Value{kind: typeInt16, num: uint64(n)} }

// Uint16 is an unsigned number of two bytes.
func Uint16(n uint16) Value { return Value{kind: typeUint16, num: uint64(n)} }

// Int32 is a signed number of four bytes.
func Int32(n int32) Value { return Value{kind: typeInt32, num: uint64(n)} }

// Uint32 is an unsigned number of four bytes.
func Uint32(n uint32) Value { return Value{kind: typeUint32, num: uint64(n)} }

// Int64 is a signed number of eight bytes.
func Int64(n int64) Value { return Value{kind: typeInt64, num: uint64(n)} }

// Uint64 is an unsigned number of eight bytes.
func Uint64(n uint64) Value { return Value{kind: typeUint64, num: n} }

// Hex32 is a number of four bytes that is shown in hexadecimal (status codes, access masks).
func Hex32(n uint32) Value { return Value{kind: typeHex32, num: uint64(n)} }

// Hex64 is a number of eight bytes that is shown in hexadecimal (logon ids).
func Hex64(n uint64) Value { return Value{kind: typeHex64, num: n} }

// Pointer is a number of the size of a 64-bit pointer, shown in hexadecimal (process ids of Security 4688).
func Pointer(n uint64) Value { return Value{kind: typeSize, num: n} }

// Float32 is a real number of four bytes.
func Float32(f float32) Value { return Value{kind: typeFloat32, num: uint64(math.Float32bits(f))} }

// Float64 is a real number of eight bytes.
func Float64(f float64) Value { return Value{kind: typeFloat64, num: math.Float64bits(f)} }

// Bool is a truth value.
func Bool(b bool) Value {
	v := Value{kind: typeBool}
	if b {
		v.num = 1
	}
	return v
}

// Time is a FILETIME: a time in steps of 100 ns since 1601. Times outside its range are cut to it.
func Time(t time.Time) Value { return Value{kind: typeFiletime, num: filetime(t)} }

// SystemTime is a time in milliseconds, stored as a SYSTEMTIME in UTC.
func SystemTime(t time.Time) Value {
	t = t.UTC()
	b := make([]byte, 0, 16)
	for _, n := range []int{t.Year(), int(t.Month()), int(t.Weekday()), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond() / 1e6} {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	}
	return Value{kind: typeSystemtime, raw: b}
}

// Binary is a piece of bytes, which the Writer does not change.
func Binary(b []byte) Value { return Value{kind: typeBinary, raw: b} }

// SID is a security identifier in its text form, "S-1-5-18". The Writer refuses a malformed one.
func SID(s string) Value { return Value{kind: typeSID, text: s} }

// Raw is a value of any stored type ([MS-EVEN6] 2.2.12.4; 0x80 marks an array) with its bytes as they are. Tests
// use it for types that nobody writes otherwise.
func Raw(kind uint8, b []byte) Value { return Value{kind: kind, raw: b} }

// GUID is a globally unique identifier as Windows stores it: the first three groups little-endian.
type GUID [16]byte

// ParseGUID reads xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx with or without braces.
func ParseGUID(s string) (GUID, error) {
	var g GUID
	t := strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	if len(t) != 36 || t[8] != '-' || t[13] != '-' || t[18] != '-' || t[23] != '-' {
		return g, fmt.Errorf("guid %q: write it as xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", s)
	}
	b, err := hex.DecodeString(t[:8] + t[9:13] + t[14:18] + t[19:23] + t[24:])
	if err != nil {
		return g, fmt.Errorf("guid %q: write it as xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx: %w", s, err)
	}
	for i, j := range [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		g[i] = b[j]
	}
	return g, nil
}

// MustGUID is [ParseGUID] for constants; it panics on a malformed one.
func MustGUID(s string) GUID {
	g, err := ParseGUID(s)
	if err != nil {
		panic(err)
	}
	return g
}

// IsZero says that g is {00000000-0000-0000-0000-000000000000}.
func (g GUID) IsZero() bool { return g == GUID{} }

// Value is g as a field's value.
func (g GUID) Value() Value {
	return Value{kind: typeGUID, num: binary.LittleEndian.Uint64(g[:]), num2: binary.LittleEndian.Uint64(g[8:])}
}

var errSID = errors.New("write it as S-1-5-… with at most 15 numbers")

// appendSID appends the stored form of a SID's text ([MS-DTYP] 2.4.2).
func appendSID(dst []byte, s string) ([]byte, error) {
	rest, ok := strings.CutPrefix(s, "S-1-")
	if !ok {
		return dst, fmt.Errorf("sid %q: %w", s, errSID)
	}
	part, rest, more := strings.Cut(rest, "-")
	auth, err := strconv.ParseUint(part, 0, 48)
	if err != nil {
		return dst, fmt.Errorf("sid %q: %w", s, errSID)
	}
	at := len(dst)
	dst = append(dst, 1, 0, byte(auth>>40), byte(auth>>32), byte(auth>>24), byte(auth>>16), byte(auth>>8), byte(auth))
	n := byte(0)
	for more {
		part, rest, more = strings.Cut(rest, "-")
		sub, err := strconv.ParseUint(part, 10, 32)
		if err != nil || n == 15 {
			return dst[:at], fmt.Errorf("sid %q: %w", s, errSID)
		}
		dst = binary.LittleEndian.AppendUint32(dst, uint32(sub))
		n++
	}
	dst[at+1] = n
	return dst, nil
}

// filetime converts to 100 ns since 1601.
func filetime(t time.Time) uint64 {
	const epoch = 11644473600 // seconds from 1601 to 1970
	s := t.Unix() + epoch
	if s < 0 {
		return 0
	}
	if s >= math.MaxInt64/10_000_000 {
		return math.MaxInt64
	}
	return uint64(s)*10_000_000 + uint64(t.Nanosecond())/100
}

// appendUTF16 appends s as UTF-16LE; broken UTF-8 becomes U+FFFD.
func appendUTF16(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		for i+4 <= len(s) {
			a, b, c, d := s[i], s[i+1], s[i+2], s[i+3]
			if (a|b|c|d)&0x80 != 0 {
				break
			}
			dst = append(dst, a, 0, b, 0, c, 0, d, 0)
			i += 4
		}
		if i == len(s) {
			break
		}
		if c := s[i]; c < utf8.RuneSelf {
			dst = append(dst, c, 0)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if r >= 0x10000 {
			r -= 0x10000
			hi, lo := 0xd800+(r>>10), 0xdc00+(r&0x3ff)
			dst = append(dst, byte(hi), byte(hi>>8), byte(lo), byte(lo>>8))
			continue
		}
		dst = append(dst, byte(r), byte(r>>8))
	}
	return dst
}

// appendStored appends v as it stands in a value table.
func (v *Value) appendStored(dst []byte) ([]byte, error) {
	if v.raw != nil {
		return append(dst, v.raw...), nil
	}
	switch v.kind {
	case typeString:
		return appendUTF16(dst, v.text), nil
	case typeANSI:
		for _, r := range v.text {
			if r >= utf8.RuneSelf {
				r = '?'
			}
			dst = append(dst, byte(r))
		}
		return dst, nil
	case typeSID:
		return appendSID(dst, v.text)
	case typeInt8, typeUint8:
		return append(dst, byte(v.num)), nil
	case typeInt16, typeUint16:
		return binary.LittleEndian.AppendUint16(dst, uint16(v.num)), nil
	case typeInt32, typeUint32, typeHex32, typeFloat32, typeBool:
		return binary.LittleEndian.AppendUint32(dst, uint32(v.num)), nil
	case typeInt64, typeUint64, typeHex64, typeFloat64, typeFiletime, typeSize:
		return binary.LittleEndian.AppendUint64(dst, v.num), nil
	case typeGUID:
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, v.num), v.num2), nil
	default: // null, and Raw of no bytes
		return dst, nil
	}
}
