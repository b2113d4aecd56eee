package hunt

import (
	"bytes"
	"encoding/binary"
	"strings"

	"entente/internal/event"
)

// rawFilter tells of a value, as it lies in the log, that none of a set of literals can be in its text. Keywords are
// looked for in every value of every record, and few values hold one; without this each would have to be turned
// into text.
type rawFilter struct {
	bitmap []uint64          // of windows of four UTF-16 characters; nil where the literals do not allow it
	stride int               // bytes from one window to look at to the next; as in [gramSet]
	narrow []uint64          // the same windows in UTF-8
	escape bool              // a window holds a character that JSON escapes
	other  [event.Types]bool // a literal may be in the text of a value of this type, which is none of text
}

const (
	rawBits  = 16
	rawShift = 64 - rawBits
	// rawLong is the length from which literals are found by looking at every fourth character.
	rawLong = 7
	// lowerUTF16 sets the bit that tells lower-case letters from upper-case ones, in four characters at once. It makes
	// other characters alike as well, which only costs a closer look.
	lowerUTF16 = 0x0020002000200020
	asciiUTF16 = 0xFF80FF80FF80FF80
)

func newRawFilter(lits []*gramLiteral) *rawFilter {
	f := &rawFilter{bitmap: make([]uint64, 1<<(rawBits-6)), narrow: make([]uint64, 1<<(rawBits-6)), stride: 2}
	short := len(lits[0].text)
	for _, l := range lits {
		for t := range f.other {
			f.other[t] = f.other[t] || writtenWith(l.text, alphabet(event.Type(t)))
		}
		short = min(short, len(l.text))
		if len(l.text) < 4 || bytes.ContainsFunc(l.text, func(r rune) bool { return r >= 0x80 }) {
			f.bitmap = nil
		}
	}
	if f.bitmap == nil {
		return f
	}
	windows := 1
	if short >= rawLong {
		windows, f.stride = 4, 8
	}
	for _, l := range lits {
		at := rarest(l.text, windows+3)
		for i := at; i < at+windows; i++ {
			set(f.bitmap, rawHash(utf16Window(l.text[i:])))
			set(f.narrow, narrowHash(binary.LittleEndian.Uint32(l.text[i:])))
		}
		f.escape = f.escape || bytes.ContainsAny(l.text[at:at+windows+3], "\\\"/")
	}
	return f
}

// rarest returns the place of the stretch of n bytes that is least like everyday text.
func rarest(text []byte, n int) int {
	best, most := 0, -1
	for i := 0; i+n <= len(text); i++ {
		if score := oddness(text[i : i+n]); score > most {
			best, most = i, score
		}
	}
	return best
}

// oddness says how little a stretch is like everyday text.
func oddness(text []byte) (score int) {
	const common = "etaoinsrcldmpuhgwfvbyxk.\\/-_ 0123456789"
	for _, c := range text {
		if k := strings.IndexByte(common, c); k >= 0 {
			score += k
		} else {
			score += len(common)
		}
	}
	return score
}

// utf16Window is what the first four characters of an ASCII text look like in UTF-16.
func utf16Window(text []byte) (w uint64) {
	for j, c := range text[:4] {
		w |= uint64(c) << (16 * j)
	}
	return w
}

// narrowHash is rawHash for four characters of UTF-8.
func narrowHash(w uint32) uint64 { return uint64(w|0x20202020) * gramMul >> rawShift }

func rawHash(w uint64) uint64 { return (w | lowerUTF16) * gramMul >> rawShift }

func set(bitmap []uint64, h uint64) { bitmap[h>>6] |= 1 << (h & 63) }

func has(bitmap []uint64, h uint64) bool { return bitmap[h>>6]>>(h&63)&1 != 0 }

// alphabet is what values of a type that is no text are printed with, folded.
func alphabet(t event.Type) string {
	switch t {
	case event.True, event.False, event.Bool32:
		return "truefalse"
	case event.HexInt32, event.HexInt64, event.SizeT, event.Binary:
		return "0123456789abcdefx"
	case event.GUID:
		return "0123456789abcdef{}-"
	case event.SID:
		return "0123456789abcdefxs-"
	case event.Filetime, event.Systemtime:
		return "0123456789abcdefx-t:.z"
	default:
		return "0123456789-+.einfa"
	}
}

func writtenWith(text []byte, letters string) bool {
	for _, c := range text {
		if strings.IndexByte(letters, c) < 0 {
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
	case event.UTF8:
		return f.bitmap == nil || f.mayUTF8(v.Raw)
	case event.JSONStr:
		// An escape may stand for any character.
		return f.bitmap == nil || f.escape || bytes.Contains(v.Raw, jsonCharEscape) || f.mayUTF8(v.Raw)
	case event.JSONText, event.JSONArray, event.ANSI:
		return true
	case event.Null:
		return false
	default:
		return f.other[v.Type]
	}
}

var jsonCharEscape = []byte(`\u`)

// mayUTF8 is mayUTF16 for UTF-8. What is not ASCII gets the closer look: it is rare.
func (f *rawFilter) mayUTF8(raw []byte) bool {
	bm, stride := f.narrow, f.stride/2
	i := 0
	for ; i+4 <= len(raw); i += stride {
		w := binary.LittleEndian.Uint32(raw[i:])
		if w&0x80808080 != 0 || has(bm, narrowHash(w)) {
			return true
		}
	}
	for ; i < len(raw); i++ {
		if raw[i] >= 0x80 {
			return true
		}
	}
	return false
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
	bm, stride := f.bitmap, f.stride
	for i := 0; i+8 <= len(raw); i += stride {
		w := binary.LittleEndian.Uint64(raw[i:])
		if has(bm, rawHash(w)) || w&asciiUTF16 != 0 && foldsToASCII(w) {
			return true
		}
	}
	return false
}
