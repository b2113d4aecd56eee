package report

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"entente/internal/event"
)

// jsonText builds JSON by appending: members in the order in which they are added, members without a value left
// out where the method says so. The zero value is ready.
type jsonText struct {
	b []byte
}

// comma separates what comes from what stands there already; a line break between the two is passed over.
func (j *jsonText) comma() {
	i := len(j.b) - 1
	for i >= 0 && j.b[i] == '\n' {
		i--
	}
	if i >= 0 && j.b[i] != '{' && j.b[i] != '[' && j.b[i] != ':' && j.b[i] != ',' {
		j.b = append(j.b, ',')
	}
}

func (j *jsonText) open(c byte)  { j.comma(); j.b = append(j.b, c) }
func (j *jsonText) close(c byte) { j.b = append(j.b, c) }
func (j *jsonText) key(k string) { j.comma(); j.b = append(appendJSONString(j.b, k), ':') }

// object and array add a member that fill completes.
func (j *jsonText) object(k string, fill func()) { j.key(k); j.open('{'); fill(); j.close('}') }
func (j *jsonText) array(k string, fill func())  { j.key(k); j.open('['); fill(); j.close(']') }

// item adds an object to an array.
func (j *jsonText) item(fill func()) { j.open('{'); fill(); j.close('}') }

// elem adds a string to an array.
func (j *jsonText) elem(v string) { j.comma(); j.b = appendJSONString(j.b, v) }

func (j *jsonText) str(k, v string)          { j.key(k); j.b = appendJSONString(j.b, v) }
func (j *jsonText) num(k string, v int64)    { j.key(k); j.b = strconv.AppendInt(j.b, v, 10) }
func (j *jsonText) boolean(k string, v bool) { j.key(k); j.b = strconv.AppendBool(j.b, v) }

// some adds a string that is not empty.
func (j *jsonText) some(k, v string) {
	if v != "" {
		j.str(k, v)
	}
}

// list adds a list that is not empty.
func (j *jsonText) list(k string, vs []string) {
	if len(vs) > 0 {
		j.array(k, func() {
			for _, v := range vs {
				j.elem(v)
			}
		})
	}
}

// when adds a time that there is.
func (j *jsonText) when(k string, t time.Time) {
	if hasTime(t) {
		j.key(k)
		j.b = append(event.AppendTime(append(j.b, '"'), t), '"')
	}
}

// big adds a whole number, as a string where a double could not hold it exactly.
func (j *jsonText) big(k string, v uint64) {
	j.key(k)
	if v > 1<<53 {
		j.b = append(strconv.AppendUint(append(j.b, '"'), v, 10), '"')
		return
	}
	j.b = strconv.AppendUint(j.b, v, 10)
}

// float adds a number; what JSON cannot say (NaN, infinity) becomes null.
func (j *jsonText) float(k string, v float64) {
	j.key(k)
	if v != v || v > 1.7e308 || v < -1.7e308 {
		j.b = append(j.b, "null"...)
		return
	}
	j.b = strconv.AppendFloat(j.b, v, 'f', -1, 64)
}

// raw adds JSON that somebody else made: on one line, with unsafe characters escaped; text that is no JSON becomes
// a string.
func (j *jsonText) raw(k string, v json.RawMessage) {
	j.key(k)
	j.b = appendRaw(j.b, v)
}

func appendRaw(dst []byte, v json.RawMessage) []byte {
	if event.CleanJSON(v) {
		return append(dst, v...) // as nearly every record
	}
	if !json.Valid(v) {
		return appendJSONString(dst, string(v))
	}
	if bytes.ContainsAny(v, "\n\r") {
		var c bytes.Buffer
		if json.Compact(&c, v) == nil {
			v = c.Bytes()
		}
	}
	start := len(dst)
	return escapeUnsafe(append(dst, v...), start)
}

// appendJSONString appends s as a string literal in which everything that is not graphic is escaped, and so are
// the characters that could end a script element.
func appendJSONString(dst []byte, s string) []byte {
	start := len(dst)
	dst = event.AppendJSONString(dst, s)
	for _, c := range dst[start:] {
		if c >= utf8.RuneSelf {
			return escapeUnsafe(dst, start) // it escapes more of what is not ASCII
		}
	}
	return dst
}

// escapeUnsafe rewrites dst[start:], which is valid JSON, so that unsafe characters in its strings are escapes. In
// valid JSON these characters stand in strings only, and never after a backslash, so the meaning stays.
func escapeUnsafe(dst []byte, start int) []byte {
	i := start
	for ; i < len(dst); i++ {
		if c := dst[i]; c >= utf8.RuneSelf || c == '<' || c == '>' || c == '&' || c == 0x7F {
			break
		}
	}
	if i == len(dst) {
		return dst
	}
	rest := string(dst[i:])
	dst = dst[:i]
	kept := 0
	for i := 0; i < len(rest); {
		c := rest[i]
		if c < utf8.RuneSelf && c != '<' && c != '>' && c != '&' && c != 0x7F {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(rest[i:])
		if (r == utf8.RuneError && n == 1) || c < utf8.RuneSelf || !graphic(r) {
			dst = append(dst, rest[kept:i]...)
			if r > 0xFFFF {
				r -= 0x10000
				dst = appendEscape(dst, 0xD800+r>>10)
				r = 0xDC00 + r&0x3FF
			}
			dst = appendEscape(dst, r)
			kept = i + n
		}
		i += n
	}
	return append(dst, rest[kept:]...)
}

func appendEscape(dst []byte, u rune) []byte {
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[u>>12&15], digits[u>>8&15], digits[u>>4&15], digits[u&15])
}

// hasTime says that t is a time that RFC 3339 can write: records of corrupt logs may claim the year 30828.
func hasTime(t time.Time) bool {
	return !t.IsZero() && t.Year() >= 1 && t.Year() <= 9999
}
