package evtx

import (
	"bytes"
	"strconv"
	"time"

	"entente/internal/event"
)

// interned keeps the strings of one header field, so that a log costs an allocation per name and not per event.
type interned struct {
	last  []byte // what the last value's bytes were
	text  string // what it means
	known map[string]string
}

// maxInterned bounds a table of strings; maxInternedLen what is kept in it.
const (
	maxInterned    = 4096
	maxInternedLen = 1024
)

// get returns the text of v.
func (n *interned) get(v *event.Value) string {
	if v.Type == event.UTF16 && len(v.Raw) > 0 {
		if bytes.Equal(v.Raw, n.last) {
			return n.text
		}
		s, ok := n.known[string(v.Raw)]
		if !ok {
			s = string(v.AppendText(nil))
			if len(v.Raw) > maxInternedLen {
				return s
			}
			if n.known == nil || len(n.known) >= maxInterned {
				n.known = map[string]string{}
			}
			n.known[string(v.Raw)] = s
		}
		n.last = append(n.last[:0], v.Raw...)
		n.text = s
		return s
	}
	return string(v.AppendText(nil))
}

// number reads an event id, which is a number in templates and text in literal events.
func (d *Decoder) number(v *event.Value) (uint64, bool) {
	if u, ok := v.Uint(); ok {
		return u & 0xffffffff, true
	}
	d.text = v.AppendText(d.text[:0])
	u, err := strconv.ParseUint(string(bytes.TrimSpace(d.text)), 10, 32)
	return u, err == nil
}

// textTime reads a time of any type but Filetime; text has the form that Windows renders (ISO 8601).
func textTime(v *event.Value) (ns int64, ok bool) {
	text := string(v.AppendText(nil))
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return 0, false
	}
	if t.Year() < 1678 || t.Year() > 2261 { // beyond int64 nanoseconds
		return 0, false
	}
	return t.UnixNano(), true
}
