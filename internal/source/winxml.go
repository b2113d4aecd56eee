package source

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"entente/internal/event"
)

// winXMLFormat reads Windows events as XML: the files of Event Viewer and wevtutil, with or without an enclosing
// element, and one event a line. See [eventXML].
type winXMLFormat struct{}

func newWinXML() Format { return winXMLFormat{} }

// Name implements [Format].
func (winXMLFormat) Name() string { return "winxml" }

// Sniff implements [Sniffer]: the text begins with a tag and soon has an <Event>.
func (winXMLFormat) Sniff(prefix []byte) int {
	rest := bytes.TrimLeft(prefix, " \t\r\n\x00")
	if len(rest) == 0 || rest[0] != '<' {
		return 0
	}
	i := nextEvent(rest[:min(len(rest), 8<<10)], 0)
	if i < 0 {
		return 0
	}
	if bytes.Contains(rest[i:], []byte("<System")) || bytes.Contains(rest[i:], []byte("/win/2004/08/events/event")) {
		return 95
	}
	return 0
}

const endOfEvent = "</Event>"

// nextEvent finds the next <Event> in b, not <EventData> or the like, from i on. It returns -1 where there is none.
func nextEvent(b []byte, i int) int {
	const tag = "<Event"
	for {
		n := bytes.Index(b[i:], []byte(tag))
		if n < 0 || i+n+len(tag) >= len(b) {
			return -1
		}
		i += n
		switch c := b[i+len(tag)]; {
		case c <= ' ', c == '>', c == '/':
			return i
		}
		i += len(tag)
	}
}

// Split implements [Format].
func (winXMLFormat) Split(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error {
	return splitLong(ctx, r, env, emit, func(buf []byte) int {
		if i := bytes.LastIndex(buf, []byte(endOfEvent)); i >= 0 {
			return i + len(endOfEvent)
		}
		return 0
	}, func(buf []byte) int {
		return max(nextEvent(buf, 1), 0)
	})
}

// NewDecoder implements [Format].
func (winXMLFormat) NewDecoder() Decoder {
	return &winXMLDecoder{ev: event.Event{Names: event.NewNames()}}
}

type winXMLDecoder struct {
	ev  event.Event
	xml eventXML
}

// Decode implements [Decoder].
func (d *winXMLDecoder) Decode(b *Block, env *Env, yield func(*event.Event) bool) {
	data := b.Data
	closed := 0 // behind the first </Event> after at
	for at := nextEvent(data, 0); at >= 0; {
		if closed <= at {
			if closed = bytes.Index(data[at:], []byte(endOfEvent)); closed < 0 {
				closed = len(data)
			} else {
				closed += at + len(endOfEvent)
			}
		}
		end := closed
		next := nextEvent(data, at+1)
		if next >= 0 && next < end {
			end = next // the event at hand breaks off
		}
		d.ev.Reset()
		if d.ev.Names.Full() {
			d.ev.Names = event.NewNames()
		}
		rec := bytes.TrimRight(data[at:end], " \t\r\n")
		ok, whole := d.xml.parse(rec, d.ev.Names, &d.ev)
		off := b.Offset + int64(at)
		switch {
		case !ok:
			env.warn(off, "event is damaged and was left out")
		case !whole:
			env.warn(off, "event is damaged or cut off: what comes before that was read")
		case len(d.ev.Values) >= maxFields:
			env.warn(off, fmt.Sprintf("event has more than %d fields, the others are left out", maxFields))
		}
		if ok {
			d.ev.Offset, d.ev.Raw = off, rec
			if !yield(&d.ev) {
				return
			}
		}
		at = next
	}
}
