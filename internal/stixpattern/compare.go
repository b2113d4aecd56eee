package stixpattern

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// holds evaluates a test on one value of an object, without its NOT. The value of a binary property is []byte. Types that do not go together make every operator false and != true (section 9.6.1).
func (t *Test) holds(m matcher, value any, b *budget) bool {
	b.spend(1 + len(t.Values)/16)
	switch t.Op {
	case In:
		for i := range t.Values {
			if order, ok := compare(value, &t.Values[i]); ok && order == 0 {
				return true
			}
		}
		return false
	case Like, Matches:
		switch v := value.(type) {
		case string:
			b.spend(len(v) / 4)
			return m.match(normalize(v), b)
		case []byte:
			return m.match(latin1(v), b)
		}
		return false
	case IsSubset, IsSuperset:
		s, ok := value.(string)
		return ok && m.match(s, b)
	default:
	}
	order, ok := compare(value, &t.Values[0])
	if !ok {
		return t.Op == NotEqual
	}
	switch t.Op {
	case Equal:
		return order == 0
	case NotEqual:
		return order != 0
	case Less:
		return order < 0
	case LessEqual:
		return order <= 0
	case Greater:
		return order > 0
	default:
		return order >= 0
	}
}

// compare orders a value of an object and a constant; ok is false where their types do not go together (table of section
// 9.2). true and false are only equal or not.
func compare(value any, c *Value) (order int, ok bool) {
	switch v := value.(type) {
	case bool:
		if c.Kind != BoolValue {
			return 0, false
		}
		if v == c.Bool {
			return 0, true
		}
		return 1, true
	case json.Number:
		return compareNumber(string(v), c)
	case string:
		switch c.Kind {
		case StringValue:
			// UTF-8 has the order of code points (section 9.6.2).
			return cmp.Compare(v, c.Text), true
		case BinaryValue, HexValue:
			data, ok := fromLatin1(v)
			return bytes.Compare(data, c.Bytes), ok
		case TimeValue:
			at, reason := parseTimestamp(v)
			return at.Compare(c.Time), reason == ""
		default:
		}
	case []byte:
		switch c.Kind {
		case BinaryValue, HexValue:
			return bytes.Compare(v, c.Bytes), true
		case StringValue:
			data, ok := fromLatin1(c.Text)
			return bytes.Compare(v, data), ok
		default:
		}
	}
	return 0, false
}

// compareNumber compares a number of JSON exactly as far as integers go, and as 64 bit floats otherwise.
func compareNumber(s string, c *Value) (int, bool) {
	if c.Kind != IntValue && c.Kind != FloatValue || len(s) > 1000 {
		return 0, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if c.Kind == IntValue {
			return cmp.Compare(n, c.Int), true
		}
		return compareIntFloat(n, c.Float), true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, false
	}
	if c.Kind == IntValue {
		return -compareIntFloat(c.Int, f), true
	}
	return cmp.Compare(f, c.Float), true
}

// compareIntFloat compares without the rounding of a conversion.
func compareIntFloat(n int64, f float64) int {
	switch {
	case f >= 1<<63:
		return -1
	case f < -1<<63:
		return 1
	}
	whole := math.Floor(f)
	if order := cmp.Compare(n, int64(whole)); order != 0 {
		return order
	}
	return cmp.Compare(0, f-whole)
}

// octets decodes the value of a property whose name ends in _bin or _hex.
func octets(s, name string) ([]byte, bool) {
	if strings.HasSuffix(name, "_hex") {
		b, err := hex.DecodeString(s)
		return b, err == nil
	}
	b, err := base64.StdEncoding.DecodeString(s)
	return b, err == nil
}

// fromLatin1 maps characters below U+0100 to bytes; ok is false where there are others.
func fromLatin1(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xFF {
			return nil, false
		}
		out = append(out, byte(r))
	}
	return out, true
}

func latin1(b []byte) string {
	out := make([]byte, 0, len(b)+len(b)/4)
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return string(out)
}
