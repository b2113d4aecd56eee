package source

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// This file finds where JSON tokens end. It looks at each byte once, eight at a time where that pays.

const (
	quotes      = '"' * oneBytes
	backslashes = '\\' * oneBytes
)

// stringEnd returns the index of the quote that ends the string whose content begins at b[i], and whether there is a
// backslash in it; -1 where it does not end.
func stringEnd(b []byte, i int) (end int, escaped bool) {
	for range 6 { // beyond that the vector code of IndexByte wins
		if i+8 > len(b) {
			break
		}
		x := binary.LittleEndian.Uint64(b[i:])
		q, s := x^quotes, x^backslashes
		// The lowest marked byte is exact, which is all that is looked at.
		m := ((q - oneBytes) &^ q) | ((s - oneBytes) &^ s)
		if m &= oneBytes << 7; m != 0 {
			i += bits.TrailingZeros64(m) >> 3
			if b[i] == '"' {
				return i, false
			}
			return escapedEnd(b, i), true
		}
		i += 8
	}
	n := bytes.IndexByte(b[i:], '"')
	if n < 0 {
		return -1, false
	}
	if n == 0 || b[i+n-1] != '\\' {
		// There may be a backslash further up, which only costs the consumer a look.
		return i + n, true
	}
	return escapedEnd(b, i), true
}

// escapedEnd is stringEnd for a string that holds backslashes: none of those before b[i] reaches b[i].
func escapedEnd(b []byte, i int) int {
	for at := i; ; {
		n := bytes.IndexByte(b[at:], '"')
		if n < 0 {
			return -1
		}
		at += n
		// The quote is escaped if an odd number of backslashes stands before it.
		k := at
		for k > i && b[k-1] == '\\' {
			k--
		}
		if (at-k)&1 == 0 {
			return at
		}
		at++
		i = at
	}
}

// spaceEnd returns the index of the first byte from b[i] on that is no white space.
func spaceEnd(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// wordBytes marks what numbers and literals are made of, and the names that programs write for what JSON lacks (NaN,
// Infinity, None).
var wordBytes = func() (t [256]bool) {
	for _, c := range "+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] = true
	}
	return t
}()

// wordEnd returns the index of the first byte from b[i] on that is no part of a number or literal.
func wordEnd(b []byte, i int) int {
	for i < len(b) && wordBytes[b[i]] {
		i++
	}
	return i
}

// isNumber says that b is a number of JSON (RFC 8259 section 6). Its size does not matter.
func isNumber(b []byte) bool {
	i := 0
	if i < len(b) && b[i] == '-' {
		i++
	}
	start := i
	for i < len(b) && b[i]-'0' < 10 {
		i++
	}
	if i == start || b[start] == '0' && i > start+1 {
		return false
	}
	if i == len(b) {
		return true
	}
	if b[i] == '.' {
		i++
		start = i
		for i < len(b) && b[i]-'0' < 10 {
			i++
		}
		if i == start {
			return false
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start = i
		for i < len(b) && b[i]-'0' < 10 {
			i++
		}
		if i == start {
			return false
		}
	}
	return i == len(b)
}

// valueEnd returns the index after the value at b[i], however deep it is nested, without looking closer than that
// brackets match; -1 where it does not end.
func valueEnd(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		end, _ := stringEnd(b, i+1)
		if end < 0 {
			return -1
		}
		return end + 1
	case '{', '[':
	default:
		end := wordEnd(b, i)
		if end == i {
			return -1
		}
		return end
	}
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			end, _ := stringEnd(b, i+1)
			if end < 0 {
				return -1
			}
			i = end
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return -1
}
