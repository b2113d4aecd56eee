package sigma

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// bom is the byte order mark of UTF-16 in little endian.
const bom = "\xFF\xFE"

// utf16le replaces the value by its bytes in UTF-16, low byte first; wide is another name of it.
func utf16le(it *item, v *value) error { return encodeUTF16(it, v, binary.LittleEndian, "") }

// utf16be replaces the value by its bytes in UTF-16, high byte first.
func utf16be(it *item, v *value) error { return encodeUTF16(it, v, binary.BigEndian, "") }

// utf16bom replaces the value by a byte order mark and its bytes in UTF-16, low byte first.
func utf16bom(it *item, v *value) error { return encodeUTF16(it, v, binary.LittleEndian, bom) }

// encodeUTF16 encodes the literals of a text; wildcards stay. Bytes that are not text have to be encoded further.
func encodeUTF16(it *item, v *value, order binary.AppendByteOrder, mark string) error {
	if v.kind != textValue {
		return it.cannot(v, "it is for texts; put the value between quotes if it is one")
	}
	v.split()
	if v.has(placeholder) {
		return faultf(v.line, "%s in %q comes before expand: write expand first", it.modifier, it.key)
	}
	if n := countDashes(v.pieces); n > maxDashPatterns {
		return faultf(v.line, "%s in %q comes after windash, and the value has more than %d dashes: split it", it.modifier, it.key, maxDashPatterns)
	} else if n > 0 {
		all := v.undash()
		for i := range all {
			all[i].pieces = encodePieces(normalise(all[i].pieces), order, mark)
		}
		*v = value{kind: anyValue, line: v.line, any: all}
		return nil
	}
	v.pieces = encodePieces(v.pieces, order, mark)
	return nil
}

func encodePieces(p Pattern, order binary.AppendByteOrder, mark string) Pattern {
	out := make(Pattern, 0, len(p)+1)
	if mark != "" {
		out = append(out, Piece{Literal, mark})
	}
	for _, x := range p {
		if x.Kind == Literal {
			var b []byte
			for _, u := range utf16.Encode([]rune(x.Text)) {
				b = order.AppendUint16(b, u)
			}
			x.Text = string(b)
		}
		out = append(out, x)
	}
	return normalise(out)
}

// bomText reads bytes that utf16 has made and nothing has encoded further as text: the mark is U+FEFF then, and
// the rest has to be text as it stands, which it is for ASCII.
func bomText(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, bom)
	return "\uFEFF" + rest, ok && utf8.ValidString(rest)
}
