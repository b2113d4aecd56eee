package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// graphic says that r is a character that shows itself and does nothing else. What is not: control characters
// (with those a terminal obeys, C0 and C1), bidirectional overrides and other format characters, line and
// paragraph separators, private use, unassigned code points.
func graphic(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r != 0x7F
	}
	return unicode.IsGraphic(r)
}

// Visible makes a text from a log harmless to print: see [visible].
func Visible(s string) string { return visible(s) }

// visible returns s on one line with everything that is not graphic written out: \n, \x1b, \u202e, \U000e0041.
// Broken UTF-8 shows as the bytes it is. The result is for eyes: it does not say which backslash was there before.
func visible(s string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || !graphic(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + hex2(s[i]))
		case graphic(r):
			b.WriteString(s[i : i+n])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x100:
			b.WriteString(`\x` + hex2(byte(r)))
		case r < 0x10000:
			b.WriteString(`\u` + pad(strconv.FormatInt(int64(r), 16), 4))
		default:
			b.WriteString(`\U` + pad(strconv.FormatInt(int64(r), 16), 8))
		}
		i += n
	}
	return b.String()
}

func hex2(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}

func pad(s string, n int) string { return strings.Repeat("0", max(0, n-len(s))) + s }

// width is how many terminal columns s takes: none for combining marks, two for the wide characters of East Asia
// and for emoji.
func width(s string) (n int) {
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && r <= 0x115F, r >= 0x2E80 && r <= 0x303E, r >= 0x3041 && r <= 0xA4CF, r >= 0xA960 && r <= 0xA97C,
		r >= 0xAC00 && r <= 0xD7A3, r >= 0xF900 && r <= 0xFAFF, r >= 0xFE30 && r <= 0xFE6F, r >= 0xFF00 && r <= 0xFF60,
		r >= 0xFFE0 && r <= 0xFFE6, r >= 0x1F300 && r <= 0x1F64F, r >= 0x1F680 && r <= 0x1F6FF, r >= 0x1F900 && r <= 0x1F9FF,
		r >= 0x20000 && r <= 0x3FFFD:
		return 2
	}
	return 1
}

// clip shortens s to at most n columns, the last of which is then an ellipsis.
func clip(s string, n int) string {
	if n <= 0 {
		return ""
	}
	if len(s) <= n || width(s) <= n {
		return s
	}
	w := 0
	for i, r := range s {
		rw := runeWidth(r)
		if w+rw > n-1 {
			return s[:i] + "…"
		}
		w += rw
	}
	return s
}

// fitting is the beginning of s that fits into n columns, up to a blank where one is in its second half; of any s it is at least
// a character.
func fitting(s string, n int) string {
	w, blank := 0, 0
	for i, r := range s {
		if w += runeWidth(r); w > n && i > 0 {
			if blank > i/2 {
				i = blank
			}
			return s[:i]
		}
		if r == ' ' {
			blank = i
		}
	}
	return s
}

// clipMiddle shortens s like clip but keeps its end: for paths, whose last part says most.
func clipMiddle(s string, n int) string {
	if n < 8 || width(s) <= n {
		return clip(s, n)
	}
	head := clip(s, n/3)
	rest := n - width(head)
	w, i := 0, len(s)
	for i > 0 {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if w += runeWidth(r); w > rest {
			break
		}
		i -= size
	}
	return head + s[i:]
}

// clipBytes shortens s to at most n bytes without cutting a character.
func clipBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
