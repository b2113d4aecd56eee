package event

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// appendJSONUnescaped decodes the inside of a JSON string (RFC 8259 section 7). Broken escapes become U+FFFD.
func appendJSONUnescaped(dst, r []byte) []byte { return appendJSONString(dst, r, false) }

// appendJSONString decodes the inside of a JSON string and, if asked to, folds it in the same pass.
func appendJSONString(dst, r []byte, fold bool) []byte {
	const (
		ones        = 0x0101010101010101
		highs       = 0x80 * ones
		backslashes = '\\' * ones
	)
	for i := 0; i < len(r); {
		for i+8 <= len(r) {
			x := binary.LittleEndian.Uint64(r[i:])
			s := x ^ backslashes
			// The lowest mark is exact, and no other is looked at.
			special := (s-ones)&^s&highs | x&highs
			plain := x
			if fold && x&highs == 0 {
				plain = lower8(x)
			}
			if special == 0 {
				dst = binary.LittleEndian.AppendUint64(dst, plain)
				i += 8
				continue
			}
			if fold && x&highs != 0 {
				break // lower8 wants ASCII throughout
			}
			// Append all eight and take back what is not plain.
			n := bits.TrailingZeros64(special) >> 3
			dst = binary.LittleEndian.AppendUint64(dst, plain)
			dst = dst[:len(dst)-8+n]
			i += n
			break
		}
		if i >= len(r) {
			break
		}
		c := r[i]
		switch {
		case c == '\\':
			var u rune
			u, i = unescape(r, i+1)
			if fold {
				u = FoldRune(u)
			}
			if u < utf8.RuneSelf {
				dst = append(dst, byte(u))
			} else {
				dst = utf8.AppendRune(dst, u)
			}
		case c < utf8.RuneSelf:
			if fold && c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
		default:
			u, n := utf8.DecodeRune(r[i:])
			if fold {
				u = FoldRune(u)
			}
			dst = utf8.AppendRune(dst, u)
			i += n
		}
	}
	return dst
}

// unescape decodes the escape whose backslash stands before r[i] and returns the index after it.
func unescape(r []byte, i int) (u rune, next int) {
	if i >= len(r) {
		return utf8.RuneError, i
	}
	e := r[i]
	i++
	switch e {
	case '"', '\\', '/':
		return rune(e), i
	case 'n':
		return '\n', i
	case 't':
		return '\t', i
	case 'r':
		return '\r', i
	case 'b':
		return '\b', i
	case 'f':
		return '\f', i
	case 'u':
	default:
		return utf8.RuneError, i
	}
	u, ok := hex4(r[i:])
	if !ok {
		return utf8.RuneError, i
	}
	i += 4
	if !utf16.IsSurrogate(u) {
		return u, i
	}
	lo := rune(utf8.RuneError)
	if i+6 <= len(r) && r[i] == '\\' && r[i+1] == 'u' {
		if l, ok := hex4(r[i+2:]); ok {
			lo = l
		}
	}
	if u = utf16.DecodeRune(u, lo); u != utf8.RuneError {
		i += 6
	}
	return u, i
}
