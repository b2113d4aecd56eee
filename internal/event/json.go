package event

import (
	"strconv"
	"time"
)

// AppendJSON appends e as one flat JSON object, the way `entente events` prints it: first the envelope (Windows:
// TimeCreated, Channel, Provider_Name, EventID, Computer…), then the data under the names that hunters use. A
// field with several values becomes an array. An envelope field whose name the data uses too is printed as
// System.NAME. Everything is escaped so that the result is plain ASCII-safe JSON that may stand inside HTML.
func (e *Event) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	first := true
	for i := range e.Values {
		v := &e.Values[i]
		if e.repeats(i) || v.whole() {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		n := e.Names.At(v.Slot)
		name := n.Text
		if n.System && e.hasData(name) {
			name = "System." + name
		}
		dst = AppendJSONString(dst, name)
		dst = append(dst, ':')
		dst = e.appendField(dst, i)
	}
	return append(dst, '}')
}

// repeats says that an earlier value has the slot of value i.
func (e *Event) repeats(i int) bool {
	s := e.Values[i].Slot
	for j := range i {
		if e.Values[j].Slot == s && !e.Values[j].whole() {
			return true
		}
	}
	return false
}

// whole says that the members of v stand as values of their own.
func (v *Value) whole() bool { return v.Type == JSONText && len(v.Raw) > 2 }

func (e *Event) hasData(name string) bool {
	s, ok := e.Names.Find(name, false)
	if !ok {
		return false
	}
	for i := range e.Values {
		if e.Values[i].Slot == s {
			return true
		}
	}
	return false
}

func (e *Event) appendField(dst []byte, i int) []byte {
	s := e.Values[i].Slot
	more := false
	for j := i + 1; j < len(e.Values); j++ {
		if e.Values[j].Slot == s && !e.Values[j].whole() {
			more = true
			break
		}
	}
	if !more {
		return e.Values[i].AppendJSON(dst)
	}
	dst = append(dst, '[')
	for j := i; j < len(e.Values); j++ {
		if e.Values[j].Slot != s || e.Values[j].whole() {
			continue
		}
		if j > i {
			dst = append(dst, ',')
		}
		dst = e.Values[j].AppendJSON(dst)
	}
	return append(dst, ']')
}

// AppendJSON appends v as a JSON value: numbers as numbers, booleans as booleans, null as null, the rest as
// escaped strings. Integers beyond 2^53 become strings, so that no reader rounds them.
func (v *Value) AppendJSON(dst []byte) []byte {
	switch v.Type {
	case Null:
		return append(dst, "null"...)
	case True, False, Bool32:
		return v.AppendText(dst)
	case JSONText:
		if !v.whole() {
			return append(dst, v.Raw...)
		}
	case JSONArray, UTF16Array:
		dst = append(dst, '[')
		first := true
		v.Elements(func(e Value) bool {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = e.AppendJSON(dst)
			return true
		})
		return append(dst, ']')
	default:
	}
	start := len(dst)
	dst = v.AppendText(dst)
	if v.IsNumber() && safeNumber(dst[start:]) {
		return dst
	}
	text := string(dst[start:])
	return AppendJSONString(dst[:start], text)
}

// safeNumber says that b is a JSON number that a double holds exactly, or a fraction as it was written.
func safeNumber(b []byte) bool {
	if len(b) == 0 || len(b) > 32 {
		return false
	}
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		return n <= 1<<53 && n >= -(1<<53) && (b[0] != '0' || len(b) == 1) && (len(b) < 2 || b[0] != '-' || b[1] != '0')
	}
	return validJSONNumber(b)
}

func validJSONNumber(b []byte) bool {
	i := 0
	digits := func() bool {
		s := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > s
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	s := i
	if !digits() || b[s] == '0' && i > s+1 {
		return false
	}
	if i < len(b) && b[i] == '.' {
		i++
		if !digits() {
			return false
		}
	} else if i == len(b) {
		return false // an integer too large for 64 bits
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(b)
}

// AppendJSONString appends s as a JSON string literal. Control characters, the characters that HTML and script
// contexts treat specially, bidirectional overrides and broken UTF-8 are written as escapes or U+FFFD.
func AppendJSONString(dst []byte, s string) []byte { return appendJSONText(dst, []byte(s)) }

// unsafeRune says that a character beyond ASCII is no good in output: control characters that a terminal obeys,
// separators that end a line of a script, invisible characters, and those that turn the direction of text.
func unsafeRune(r rune) bool {
	switch {
	case r < 0xA0, r >= 0x200B && r <= 0x200F, r >= 0x2028 && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r == 0xFEFF:
		return true
	}
	return false
}

// AppendTime appends a time as RFC 3339 in UTC with as many digits as it needs, quotes not included.
func AppendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, time.RFC3339Nano)
}
