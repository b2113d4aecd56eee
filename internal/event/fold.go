package event

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// FoldRune maps every character to one representative of its simple case folding class (Unicode, CaseFolding
// status C and S), so that two texts are equal without regard to case when their folded forms are equal. ASCII
// letters fold to lower case, and so do the characters that share a class with one (the Kelvin sign, the long s).
func FoldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if least >= 'A' && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

// FoldString folds a whole text.
func FoldString(s string) string { return string(FoldBytes(make([]byte, 0, len(s)), []byte(s))) }

// FoldBytes appends the folded form of a UTF-8 text. src and the free part of dst must not overlap, unless they
// are the same: FoldBytes(b[:0], b) is safe only for ASCII.
func FoldBytes(dst, src []byte) []byte {
	for i := 0; i < len(src); {
		for i+8 <= len(src) {
			x := binary.LittleEndian.Uint64(src[i:])
			if x&0x8080808080808080 != 0 {
				break
			}
			dst = binary.LittleEndian.AppendUint64(dst, lower8(x))
			i += 8
		}
		if i >= len(src) {
			break
		}
		c := src[i]
		if c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(src[i:])
		dst = utf8.AppendRune(dst, FoldRune(r))
		i += n
	}
	return dst
}

// lower8 turns the upper-case letters among eight ASCII bytes to lower case.
func lower8(x uint64) uint64 {
	const ones = 0x0101010101010101
	ge := x + (0x80-'A')*ones   // high bit where byte >= 'A'
	gt := x + (0x80-'Z'-1)*ones // high bit where byte > 'Z'
	return x | (ge&^gt&0x8080808080808080)>>2
}

// AppendFolded appends the folded form of the text of v ([Value.AppendText]), in one pass for the usual types.
func (v *Value) AppendFolded(dst []byte) []byte {
	switch v.Type {
	case UTF8:
		return FoldBytes(dst, v.Raw)
	case UTF16:
		return appendFoldedUTF16(dst, v.Raw)
	case JSONStr:
		return appendJSONString(dst, v.Raw, true)
	case HexInt32, HexInt64, SizeT, Int8, Uint8, Int16, Uint16, Int32, Uint32, Int64, Uint64, True, False, Bool32:
		return v.AppendText(dst)
	default:
		start := len(dst)
		dst = v.AppendText(dst)
		if ascii(dst[start:]) {
			FoldBytes(dst[start:start], dst[start:])
			return dst
		}
		text := dst[start:]
		return append(dst[:start], FoldBytes(nil, text)...)
	}
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func appendFoldedUTF16(dst, r []byte) []byte {
	r = r[:len(r)&^1]
	i := 0
	for i+16 <= len(r) {
		lo, hi := binary.LittleEndian.Uint64(r[i:]), binary.LittleEndian.Uint64(r[i+8:])
		if (lo|hi)&0xFF80FF80FF80FF80 != 0 {
			break
		}
		dst = binary.LittleEndian.AppendUint64(dst, lower8(pack4(lo)|pack4(hi)<<32))
		i += 16
	}
	if i == len(r) {
		return dst
	}
	start := len(dst)
	dst = appendUTF16(dst, r[i:])
	if ascii(dst[start:]) {
		FoldBytes(dst[start:start], dst[start:])
		return dst
	}
	text := append([]byte(nil), dst[start:]...)
	return FoldBytes(dst[:start], text)
}

// pack4 gathers the low bytes of four 16-bit units into 32 bits.
func pack4(x uint64) uint64 {
	x = (x | x>>8) & 0x0000FFFF0000FFFF
	return (x | x>>16) & 0x00000000FFFFFFFF
}
