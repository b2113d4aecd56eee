package event

import (
	"encoding/binary"
	"math/bits"
)

// CleanJSON says that b is one JSON object without white space around or within, whose strings hold nothing but ASCII as
// [AppendJSONString] writes it: it can be copied into any output as it is. It is quick, and says false of much that is
// valid: what is not ASCII, numbers with an exponent, nesting deeper than 16.
func CleanJSON(b []byte) bool {
	if len(b) < 2 || b[0] != '{' {
		return false
	}
	i := cleanValue(b, 0, 16)
	return i == len(b)
}

// cleanValue returns the index after the value at b[i], -1 where it is not clean.
func cleanValue(b []byte, i, depth int) int {
	if i >= len(b) || depth == 0 {
		return -1
	}
	switch c := b[i]; c {
	case '"':
		return cleanString(b, i)
	case '{', '[':
		last := c + 2 // } and ] stand two behind { and [
		i++
		if i < len(b) && b[i] == last {
			return i + 1
		}
		for {
			if c == '{' {
				if i = cleanString(b, i); i < 0 || i >= len(b) || b[i] != ':' {
					return -1
				}
				i++
			}
			if i = cleanValue(b, i, depth-1); i < 0 || i >= len(b) {
				return -1
			}
			switch b[i] {
			case ',':
				i++
			case last:
				return i + 1
			default:
				return -1
			}
		}
	case 't':
		return cleanWord(b, i, "true")
	case 'f':
		return cleanWord(b, i, "false")
	case 'n':
		return cleanWord(b, i, "null")
	default:
		return cleanNumber(b, i)
	}
}

func cleanWord(b []byte, i int, word string) int {
	if len(b)-i >= len(word) && string(b[i:i+len(word)]) == word {
		return i + len(word)
	}
	return -1
}

// cleanString returns the index after the string at b[i], -1 where it is none or not clean.
func cleanString(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	for i++; i < len(b); {
		if i+8 <= len(b) {
			m := special8(binary.LittleEndian.Uint64(b[i:]))
			if m == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(m) >> 3
		} else if plainJSON[b[i]] {
			i++
			continue
		}
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			if i+1 >= len(b) {
				return -1
			}
			switch b[i+1] {
			case '\\', '"', '/', 'n', 't', 'r', 'b', 'f':
				i += 2
			case 'u':
				if i+6 > len(b) {
					return -1
				}
				if _, ok := hex4(b[i+2:]); !ok {
					return -1
				}
				i += 6
			default:
				return -1
			}
		default:
			return -1
		}
	}
	return -1
}

// cleanNumber takes whole numbers and decimal fractions (RFC 8259 section 6).
func cleanNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	start := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	if i == start || b[start] == '0' && i > start+1 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		i++
		start = i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		if i == start {
			return -1
		}
	}
	return i
}
