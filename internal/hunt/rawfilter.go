package hunt

import (
	"bytes"
	"encoding/binary"

	"entente/internal/event"
)

// rawFilter tells of a value, as it lies in the log, that none of a set of literals can be in its text. Keywords are
// looked for in every value of every record, and few values hold one; without this each would have to be turned
// into text.
type rawFilter struct {
	bitmap  []uint64 // of windows of four UTF-16 characters; nil where the literals do not allow it
	follow  []uint64 // of the four characters after these; nil where a literal has no eight
	numbers bool     // a literal may be in the text of a number, an identifier or a time
}

const (
	rawBits  = 14
	rawShift = 64 - rawBits
	// lowerUTF16 sets the bit that tells lower-case letters from upper-case ones, in four characters at once. It makes
	// other characters alike as well, which only costs a closer look.
	lowerUTF16 = 0x0020002000200020
	asciiUTF16 = 0xFF80FF80FF80FF80
)

func newRawFilter(lits []*gramLiteral) *rawFilter {
	f := &rawFilter{bitmap: make([]uint64, 1<<(rawBits-6)), follow: make([]uint64, 1<<(rawBits-6))}
	for _, l := range lits {
		if numeric(l.text) {
			f.numbers = true
		}
		if len(l.text) < 4 || bytes.ContainsFunc(l.text, func(r rune) bool { return r >= 0x80 }) {
			f.bitmap = nil
		}
		if f.bitmap == nil {
			continue
		}
		if len(l.text) < 8 {
			f.follow = nil
		}
		// The window from the middle of the literal: the first often begins a common word.
		i := max(0, (len(l.text)-8)/2)
		set(f.bitmap, rawHash(utf16Window(l.text[i:])))
		if f.follow != nil {
			set(f.follow, rawHash(utf16Window(l.text[i+4:])))
		}
	}
	return f
}

// utf16Window is what the first four characters of an ASCII text look like in UTF-16.
func utf16Window(text []byte) (w uint64) {
	for j, c := range text[:4] {
		w |= uint64(c) << (16 * j)
	}
	return w
}

func rawHash(w uint64) uint64 { return (w | lowerUTF16) * gramMul >> rawShift }

func set(bitmap []uint64, h uint64) { bitmap[h>>6] |= 1 << (h & 63) }

func has(bitmap []uint64, h uint64) bool { return bitmap[h>>6]>>(h&63)&1 != 0 }

// numeric says that a text consists of what values that are not texts are printed with.
func numeric(text []byte) bool {
	for _, c := range text {
		if !bytes.ContainsRune([]byte("0123456789abcdefxst{}-.:+, rual"), rune(c)) {
			return false
		}
	}
	return true
}

// may says that the text of v may hold a literal.
func (f *rawFilter) may(v *event.Value) bool {
	switch v.Type {
	case event.UTF16, event.UTF16Array:
		return f.bitmap == nil || f.mayUTF16(v.Raw)
	case event.UTF8, event.JSONStr, event.JSONText, event.JSONArray, event.ANSI:
		return true
	case event.Null:
		return false
	default:
		return f.numbers
	}
}

func (f *rawFilter) mayFollow(w uint64) bool {
	return has(f.follow, rawHash(w)) || w&asciiUTF16 != 0 && foldsToASCII(w)
}

// foldsToASCII says that one of four UTF-16 characters is one of the two outside ASCII that fold into it: the long s
// and the Kelvin sign.
func foldsToASCII(w uint64) bool {
	for range 4 {
		if c := w & 0xFFFF; c == 0x017F || c == 0x212A {
			return true
		}
		w >>= 16
	}
	return false
}

func (f *rawFilter) mayUTF16(raw []byte) bool {
	bm := f.bitmap
	for i := 0; i+8 <= len(raw); i += 2 {
		w := binary.LittleEndian.Uint64(raw[i:])
		if w&asciiUTF16 != 0 {
			if foldsToASCII(w) {
				return true
			}
			continue // a literal is ASCII, so none has this window
		}
		if !has(bm, rawHash(w)) {
			continue
		}
		if f.follow == nil {
			return true
		}
		if i+16 <= len(raw) && f.mayFollow(binary.LittleEndian.Uint64(raw[i+8:])) {
			return true
		}
	}
	return false
}
