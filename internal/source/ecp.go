package source

import (
	"bytes"

	"entente/internal/event"
)

// maxFields caps the fields of one record of a text log, so that one line cannot grow memory without bound.
const maxFields = 4096

// eventData takes apart the EventData column of an Exchange ECP log, TYPE:KEY=value;TYPE:KEY=value…, into fields that
// are called as the keys. What stands in brackets behind a key (a server, a request) is left out of the name. The
// command in CMD gives the fields Cmdlet and one per parameter as well.
func (d *csvDecoder) eventData(b []byte) {
	quotes := true
	for len(b) > 0 && len(d.ev.Values) < maxFields {
		var seg []byte
		seg, b = ecpSegment(b, &quotes)
		colon, eq := ecpKey(seg)
		if eq == 0 {
			continue
		}
		key, value := seg[colon+1:eq], seg[eq+1:]
		if i := bytes.IndexByte(key, '['); i > 0 {
			key = key[:i]
		}
		d.addText(d.ev.Names.SlotBytes(key), value)
		if string(key) == "CMD" {
			d.command(value)
		}
	}
}

func (d *csvDecoder) addText(slot uint32, b []byte) {
	if len(b) == 0 {
		d.ev.Add(slot, event.Null, nil)
		return
	}
	d.ev.Add(slot, event.UTF8, b)
}

// ecpSegment cuts the first TYPE:KEY=value off b. A semicolon ends it only where another key, another semicolon or
// nothing follows, and not inside a quoted parameter. quotes turns false once a quote is met that nothing closes.
func ecpSegment(b []byte, quotes *bool) (seg, rest []byte) {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\'':
			if !*quotes || i == 0 || b[i-1] != '=' {
				continue
			}
			if end := quoteEnd(b, i+1, ';'); end >= 0 {
				i = end
			} else {
				*quotes = false
			}
		case ';':
			if ecpBreak(b[i+1:]) {
				return b[:i], b[i+1:]
			}
		}
	}
	return b, nil
}

// ecpBreak says that b, which follows a semicolon, begins something new.
func ecpBreak(b []byte) bool {
	if len(b) == 0 || b[0] == ';' {
		return true
	}
	_, eq := ecpKey(b)
	return eq > 0
}

// ecpKey finds TYPE:KEY= at the start of b: where the colon and the equals sign stand. eq is 0 where there is none.
func ecpKey(b []byte) (colon, eq int) {
	const maxType, maxKey = 6, 128
	for colon < len(b) && colon <= maxType && wordByte(b[colon]) {
		colon++
	}
	if colon == 0 || colon > maxType || colon >= len(b) || b[colon] != ':' {
		return 0, 0
	}
	for i := colon + 1; i < len(b) && i <= colon+maxKey; i++ {
		switch c := b[i]; {
		case c == '=' && i > colon+1:
			return colon, i
		case c == ';', c == '=', c == '\'', c <= ' ':
			return 0, 0
		}
	}
	return 0, 0
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// quoteEnd finds the single quote that ends the value which begins at i: one before a further parameter, before the
// end, or before what sep begins. It returns -1 where there is none.
func quoteEnd(b []byte, i int, sep byte) int {
	for i < len(b) {
		n := bytes.IndexByte(b[i:], '\'')
		if n < 0 {
			return -1
		}
		i += n + 1
		switch {
		case i == len(b), parameterLen(b[i:]) > 0:
			return i - 1
		case sep != 0 && b[i] == sep && ecpBreak(b[i+1:]):
			return i - 1
		}
	}
	return -1
}

// parameterLen is the length of .Name= at the start of b, 0 where there is none.
func parameterLen(b []byte) int {
	if len(b) < 3 || b[0] != '.' {
		return 0
	}
	i := 1
	for i < len(b) && i <= 64 && wordByte(b[i]) {
		i++
	}
	if i == 1 || i >= len(b) || b[i] != '=' {
		return 0
	}
	return i + 1
}

// command takes a command apart: Set-Thing.Name='value'.Other=$true, with Pipeline.1| before it at times.
func (d *csvDecoder) command(b []byte) {
	if bytes.HasPrefix(b, []byte("Pipeline.")) {
		if i := bytes.IndexByte(b, '|'); i >= 0 {
			b = b[i+1:]
		}
	}
	name := b
	if i := bytes.IndexByte(b, '.'); i >= 0 {
		name, b = b[:i], b[i:]
	} else {
		b = nil
	}
	d.addText(d.ev.Names.Slot("Cmdlet"), name)
	for len(d.ev.Values) < maxFields {
		n := parameterLen(b)
		if n == 0 {
			return
		}
		key := b[1 : n-1]
		b = b[n:]
		var value []byte
		if len(b) > 0 && b[0] == '\'' {
			end := quoteEnd(b, 1, 0)
			if end < 0 {
				end = len(b)
			}
			value, b = b[1:end], b[min(end+1, len(b)):]
		} else {
			end := 0
			for end < len(b) && parameterLen(b[end:]) == 0 {
				end++
			}
			value, b = b[:end], b[end:]
		}
		d.addText(d.ev.Names.SlotBytes(key), value)
	}
}
