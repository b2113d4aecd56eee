package jcs

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep objects and lists may nest.
const MaxDepth = 128

// SyntaxError says why a text has no canonical form.
type SyntaxError struct {
	Offset int // bytes before the place
	Reason string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.Reason) }

// Canonical returns the canonical form of one JSON value. src is not changed.
func Canonical(src []byte) ([]byte, error) { return Append(make([]byte, 0, len(src)), src) }

// Append appends the canonical form of one JSON value to dst. On an error it returns dst as it was.
func Append(dst, src []byte) ([]byte, error) {
	p := parser{src: src}
	p.space()
	out, err := p.value(dst, 0)
	if err != nil {
		return dst, err
	}
	p.space()
	if p.at < len(src) {
		return dst, p.errorf("there is more after the value")
	}
	return out, nil
}

type parser struct {
	src []byte
	at  int
}

func (p *parser) errorf(format string, args ...any) error {
	return &SyntaxError{Offset: p.at, Reason: fmt.Sprintf(format, args...)}
}

func (p *parser) space() {
	for p.at < len(p.src) {
		switch p.src[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// next is the byte at hand, 0 at the end: no value begins with it.
func (p *parser) next() byte {
	if p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

func (p *parser) value(dst []byte, depth int) ([]byte, error) {
	switch c := p.next(); {
	case c == '{':
		return p.object(dst, depth+1)
	case c == '[':
		return p.list(dst, depth+1)
	case c == '"':
		s, err := p.str()
		if err != nil {
			return nil, err
		}
		return AppendString(dst, s), nil
	case c == '-' || '0' <= c && c <= '9':
		f, err := p.number()
		if err != nil {
			return nil, err
		}
		return AppendNumber(dst, f), nil
	case c == 0 && p.at >= len(p.src):
		return nil, p.errorf("the text ends where a value is needed")
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(p.src[p.at:], []byte(word)) {
			p.at += len(word)
			return append(dst, word...), nil
		}
	}
	return nil, p.errorf("a value is needed, not %q", p.src[p.at])
}

func (p *parser) list(dst []byte, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return nil, p.errorf("nested deeper than %d", MaxDepth)
	}
	p.at++
	dst = append(dst, '[')
	p.space()
	if p.next() == ']' {
		p.at++
		return append(dst, ']'), nil
	}
	for {
		p.space()
		var err error
		if dst, err = p.value(dst, depth); err != nil {
			return nil, err
		}
		p.space()
		switch p.next() {
		case ',':
			p.at++
			dst = append(dst, ',')
		case ']':
			p.at++
			return append(dst, ']'), nil
		default:
			return nil, p.errorf("a list goes on with `,` or ends with `]`")
		}
	}
}

// member is one member of an object: its name, and where `"name":value` stands in the buffer.
type member struct {
	name       string
	start, end int
}

func (p *parser) object(dst []byte, depth int) ([]byte, error) {
	if depth > MaxDepth {
		return nil, p.errorf("nested deeper than %d", MaxDepth)
	}
	p.at++
	dst = append(dst, '{')
	p.space()
	if p.next() == '}' {
		p.at++
		return append(dst, '}'), nil
	}
	body := len(dst)
	var room [16]member
	members := room[:0]
	for {
		p.space()
		if p.next() != '"' {
			return nil, p.errorf("a name in quotes is needed")
		}
		name, err := p.str()
		if err != nil {
			return nil, err
		}
		p.space()
		if p.next() != ':' {
			return nil, p.errorf("a `:` is needed after the name")
		}
		p.at++
		p.space()
		if len(members) > 0 {
			dst = append(dst, ',')
		}
		start := len(dst)
		dst = append(AppendString(dst, name), ':')
		if dst, err = p.value(dst, depth); err != nil {
			return nil, err
		}
		members = append(members, member{name, start, len(dst)})
		p.space()
		switch p.next() {
		case ',':
			p.at++
			continue
		case '}':
		default:
			return nil, p.errorf("an object goes on with `,` or ends with `}`")
		}
		if err := p.sort(members); err != nil {
			return nil, err
		}
		p.at++
		return p.join(dst, body, members), nil
	}
}

// sort puts members in order, and refuses a name that stands twice.
func (p *parser) sort(members []member) error {
	slices.SortFunc(members, func(a, b member) int { return compareUTF16(a.name, b.name) })
	for i := 1; i < len(members); i++ {
		if members[i].name == members[i-1].name {
			return p.errorf("the name %q stands twice in one object", members[i].name)
		}
	}
	return nil
}

// join puts the members, which stand from body on in the order in which they came, into the order of the slice.
func (*parser) join(dst []byte, body int, members []member) []byte {
	if slices.IsSortedFunc(members, func(a, b member) int { return cmp.Compare(a.start, b.start) }) {
		return append(dst, '}')
	}
	was := slices.Clone(dst[body:])
	dst = dst[:body]
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, was[m.start-body:m.end-body]...)
	}
	return append(dst, '}')
}

// compareUTF16 orders as the UTF-16 code units of two strings do (RFC 8785, section 3.2.3). It differs from the order of
// bytes only where a character beyond U+FFFF meets one from U+E000 on.
func compareUTF16(a, b string) int {
	for a != "" && b != "" {
		ra, na := utf8.DecodeRuneInString(a)
		rb, nb := utf8.DecodeRuneInString(b)
		if ra != rb {
			return cmp.Compare(unit(ra), unit(rb))
		}
		a, b = a[na:], b[nb:]
	}
	return cmp.Compare(len(a), len(b))
}

// unit maps runes to numbers in the order of their UTF-16 code units.
func unit(r rune) int64 {
	if r < 0x10000 {
		return int64(r) << 16
	}
	hi, lo := utf16.EncodeRune(r)
	return int64(hi)<<16 | int64(lo)
}

// number reads a number of the grammar of RFC 8259.
func (p *parser) number() (float64, error) {
	start := p.at
	if p.next() == '-' {
		p.at++
	}
	switch c := p.next(); {
	case c == '0':
		p.at++
	case '1' <= c && c <= '9':
		p.digits()
	default:
		return 0, p.errorf("a digit is needed")
	}
	if p.next() == '.' {
		p.at++
		if !p.digits() {
			return 0, p.errorf("a digit is needed after the point")
		}
	}
	if c := p.next(); c == 'e' || c == 'E' {
		p.at++
		if c := p.next(); c == '+' || c == '-' {
			p.at++
		}
		if !p.digits() {
			return 0, p.errorf("a digit is needed in the exponent")
		}
	}
	f, err := strconv.ParseFloat(string(p.src[start:p.at]), 64)
	if err != nil {
		p.at = start
		return 0, p.errorf("the number is beyond double precision")
	}
	return f, nil
}

func (p *parser) digits() bool {
	start := p.at
	for '0' <= p.next() && p.next() <= '9' {
		p.at++
	}
	return p.at > start
}

// str reads a string and returns what it stands for.
func (p *parser) str() (string, error) {
	p.at++
	start := p.at
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '"':
			s := string(p.src[start:p.at])
			p.at++
			return s, nil
		case c == '\\':
			return p.escaped(append(make([]byte, 0, p.at-start+32), p.src[start:p.at]...))
		case c < ' ':
			return "", p.errorf("a control character has to be escaped")
		case c < utf8.RuneSelf:
			p.at++
		default:
			r, n := utf8.DecodeRune(p.src[p.at:])
			if r == utf8.RuneError && n <= 1 {
				return "", p.errorf("the text is not UTF-8")
			}
			p.at += n
		}
	}
	return "", p.errorf("the text ends within a string")
}

// escaped goes on with a string from its first escape.
func (p *parser) escaped(s []byte) (string, error) {
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '"':
			p.at++
			return string(s), nil
		case c == '\\':
			var err error
			if s, err = p.escape(s); err != nil {
				return "", err
			}
		case c < ' ':
			return "", p.errorf("a control character has to be escaped")
		case c < utf8.RuneSelf:
			s = append(s, c)
			p.at++
		default:
			r, n := utf8.DecodeRune(p.src[p.at:])
			if r == utf8.RuneError && n <= 1 {
				return "", p.errorf("the text is not UTF-8")
			}
			s = append(s, p.src[p.at:p.at+n]...)
			p.at += n
		}
	}
	return "", p.errorf("the text ends within a string")
}

func (p *parser) escape(s []byte) ([]byte, error) {
	if p.at+1 >= len(p.src) {
		return nil, p.errorf("the text ends within a string")
	}
	c := p.src[p.at+1]
	if i := bytes.IndexByte([]byte(`"\/bfnrt`), c); i >= 0 {
		p.at += 2
		return append(s, "\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return nil, p.errorf("there is no escape \\%c", c)
	}
	r, ok := p.unicode(p.at)
	if !ok {
		return nil, p.errorf("\\u takes four hexadecimal digits")
	}
	size := 6
	if utf16.IsSurrogate(r) {
		low, _ := p.unicode(p.at + 6)
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return nil, p.errorf("a lone surrogate is no character")
		}
		size = 12
	}
	p.at += size
	return utf8.AppendRune(s, r), nil
}

// unicode reads `\uXXXX` at an offset.
func (p *parser) unicode(at int) (rune, bool) {
	if at+6 > len(p.src) || p.src[at] != '\\' || p.src[at+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range p.src[at+2 : at+6] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
