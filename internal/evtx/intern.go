package evtx

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"time"

	"entente/internal/event"
)

// interned keeps the strings of one header field, so that a log costs an allocation per name and not per event.
// Two tables: a small one that finds the few names which alternate in a log by a glance at their last bytes, and
// behind it one for all.
type interned struct {
	recent [16]struct {
		raw  []byte
		text string
	}
	known map[string]string
}

// maxInterned bounds a table of strings; maxInternedLen what is kept in it.
const (
	maxInterned    = 4096
	maxInternedLen = 1024
)

// get returns the text of v.
func (n *interned) get(v *event.Value) string {
	raw := v.Raw
	if v.Type != event.UTF16 || len(raw) < 4 || len(raw) > maxInternedLen {
		return string(v.AppendText(nil))
	}
	end := binary.LittleEndian.Uint32(raw[len(raw)-4:])
	r := &n.recent[(end^end>>13^uint32(len(raw))>>1)%uint32(len(n.recent))]
	if bytes.Equal(raw, r.raw) {
		return r.text
	}
	s, ok := n.known[string(raw)]
	if !ok {
		s = string(v.AppendText(nil))
		if n.known == nil || len(n.known) >= maxInterned {
			n.known = map[string]string{}
		}
		n.known[string(raw)] = s
	}
	r.raw, r.text = append(r.raw[:0], raw...), s
	return s
}

// number reads an id, which is a number in templates and text in literal events.
func (d *Decoder) number(v *event.Value, bits int) (uint64, bool) {
	if u, ok := v.Uint(); ok {
		return u, true
	}
	d.text = v.AppendText(d.text[:0])
	u, err := strconv.ParseUint(string(bytes.TrimSpace(d.text)), 10, bits)
	return u, err == nil
}

// isoTime reads the time that Windows renders, 2006-01-02T15:04:05 with any number of digits of the second and Z,
// in any type that is text. ok is false for anything else, and outside what int64 nanoseconds hold.
func (d *Decoder) isoTime(v *event.Value) (ns int64, ok bool) {
	d.text = v.AppendText(d.text[:0])
	b := bytes.TrimSpace(d.text)
	const form = "0000-00-00T00:00:00"
	if len(b) < len(form)+1 || b[len(b)-1] != 'Z' {
		return 0, false
	}
	var n [6]int
	field := 0
	for i := range len(form) {
		switch {
		case form[i] != '0':
			if b[i] != form[i] {
				return 0, false
			}
			field++
		case b[i] < '0' || b[i] > '9':
			return 0, false
		default:
			n[field] = 10*n[field] + int(b[i]-'0')
		}
	}
	nanos, unit := 0, 100_000_000
	if frac := b[len(form) : len(b)-1]; len(frac) > 0 {
		if frac[0] != '.' {
			return 0, false
		}
		for _, c := range frac[1:] {
			if c < '0' || c > '9' {
				return 0, false
			}
			nanos += unit * int(c-'0')
			unit /= 10
		}
	}
	if n[0] < 1678 || n[0] > 2261 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 31 || n[3] > 23 || n[4] > 59 || n[5] > 60 {
		return 0, false
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], nanos, time.UTC).UnixNano(), true
}
