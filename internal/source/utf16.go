package source

import (
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// textEncoding says how the text of a stream is encoded and how long its byte order mark is. A stream without a mark
// counts as UTF-16 when it is mostly ASCII with a zero byte before or after each character.
func textEncoding(prefix []byte) (order binary.ByteOrder, mark int) {
	switch {
	case len(prefix) >= 3 && string(prefix[:3]) == "\xef\xbb\xbf":
		return nil, 3
	case len(prefix) >= 2 && prefix[0] == 0xFF && prefix[1] == 0xFE:
		return binary.LittleEndian, 2
	case len(prefix) >= 2 && prefix[0] == 0xFE && prefix[1] == 0xFF:
		return binary.BigEndian, 2
	}
	p := prefix[:min(len(prefix), 4096)&^1]
	var even, odd, both int
	for i := 0; i < len(p); i += 2 {
		a, b := p[i] == 0, p[i+1] == 0
		switch {
		case a && b:
			both++
		case a:
			even++
		case b:
			odd++
		}
	}
	units := len(p) / 2
	switch {
	case units < 4 || both > units/50:
		return nil, 0
	case odd > units*7/10 && even <= units/50:
		return binary.LittleEndian, 0
	case even > units*7/10 && odd <= units/50:
		return binary.BigEndian, 0
	}
	return nil, 0
}

// utf16Reader turns UTF-16 into UTF-8. Lone surrogates and an odd last byte become U+FFFD.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	in    []byte // raw, not decoded yet
	buf   []byte // storage of in
	out   []byte // decoded, not handed out yet
	store []byte // storage of out
	err   error
}

func newUTF16Reader(r io.Reader, order binary.ByteOrder) io.Reader {
	return &utf16Reader{r: r, order: order, buf: make([]byte, 32<<10), store: make([]byte, 0, 48<<10)}
}

// Read implements [io.Reader].
func (u *utf16Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		u.fill()
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) fill() {
	rest := copy(u.buf, u.in)
	n, err := io.ReadFull(u.r, u.buf[rest:])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	u.err = err
	u.in = u.buf[:rest+n]
	out := u.store[:0]
	i := 0
	for i+2 <= len(u.in) {
		c := rune(u.order.Uint16(u.in[i:]))
		switch {
		case c < utf8.RuneSelf:
			out = append(out, byte(c))
			i += 2
			continue
		case utf16.IsSurrogate(c):
			if i+4 > len(u.in) && err == nil {
				u.in, u.out, u.store = u.in[i:], out, out
				return
			}
			var lo rune
			if i+4 <= len(u.in) {
				lo = rune(u.order.Uint16(u.in[i+2:]))
			}
			if c = utf16.DecodeRune(c, lo); c != utf8.RuneError {
				i += 2
			}
		}
		out = utf8.AppendRune(out, c)
		i += 2
	}
	u.in = u.in[i:]
	if err != nil && len(u.in) > 0 {
		out = utf8.AppendRune(out, utf8.RuneError)
		u.in = nil
	}
	u.out, u.store = out, out
}
