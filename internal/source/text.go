package source

import (
	"bytes"
	"context"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"entente/internal/event"
)

// textFormat reads any text, one event a line, when nothing else recognises it. The line is the field "message".
type textFormat struct{}

func newText() Format { return textFormat{} }

// Name implements [Format].
func (textFormat) Name() string { return textName }

// textName is the name of the format that takes any text.
const textName = "text"

// plainReason says what a stream, read as plain text for want of anything better, should have been: by its name, or by lines
// that are those of a web server's log whose header is in another file. It is "" for text as such.
func plainReason(name string, head []byte) string {
	ext := strings.ToLower(path.Ext(name))
	switch ext {
	case ".gz", ".zst", ".bz2":
		ext = strings.ToLower(path.Ext(strings.TrimSuffix(strings.ToLower(name), ext)))
	}
	switch ext {
	case ".csv", ".tsv":
		return "it is read as plain text, a line an event: its rows do not have the columns of its first line; --as csv reads it as a table"
	case ".json", ".jsonl", ".ndjson":
		return "it is read as plain text, a line an event: most of its lines are no JSON objects; --as json reads those that are"
	case ".evtx":
		return "it is read as plain text, a line an event: there is nothing of an event log at its start"
	case ".xml":
		return "it is read as plain text, a line an event: it holds no XML of events that is known"
	}
	switch {
	case mostLines(head, recordOfZeek):
		return "it is read as plain text, a line an event: the lines are those of Zeek, but no #fields line says what their columns are"
	case mostLines(head, recordOfW3C):
		return "it is read as plain text, a line an event: the lines are those of a web server's log (W3C), but no #Fields line says what their columns are; " +
			"--as iis takes them for IIS all the same"
	}
	return ""
}

// mostLines says that of the first lines three of four are such.
func mostLines(head []byte, such func(line []byte) bool) bool {
	lines, alike := 0, 0
	for line := range prefixLines(head) {
		if lines++; such(line) {
			alike++
		}
		if lines == 16 {
			break
		}
	}
	return alike > 0 && alike*4 >= lines*3
}

// recordOfZeek says that a line begins with a time as Zeek writes it, and has several columns between tabs.
func recordOfZeek(line []byte) bool {
	first, rest, _ := bytes.Cut(line, []byte{'\t'})
	whole, part, ok := bytes.Cut(first, []byte{'.'})
	return ok && len(whole) == 10 && digits(whole) && len(part) == 6 && digits(part) && bytes.Count(rest, []byte{'\t'}) > 2
}

// recordOfW3C says that a line begins with a date and a time and has a method and as many columns as web servers write.
func recordOfW3C(line []byte) bool {
	if len(line) < 20 || line[10] != ' ' || line[19] != ' ' {
		return false
	}
	if _, ok := isoDate(line[:10]); !ok {
		return false
	}
	if _, n, ok := clock(line[11:19]); !ok || n != 8 {
		return false
	}
	columns := bytes.Split(line[20:], []byte{' '})
	return len(columns) >= 8 && slices.ContainsFunc(columns, func(c []byte) bool {
		switch string(c) {
		case "GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "PROPFIND", "RPC_IN_DATA", "RPC_OUT_DATA":
			return true
		}
		return false
	})
}

// Sniff implements [Sniffer]: any text without control characters.
func (textFormat) Sniff(prefix []byte) int {
	if len(prefix) == 0 || !plainText(prefix) {
		return 0
	}
	return 10
}

// plainText says that a prefix looks like text: next to no control characters, and hardly any broken UTF-8.
func plainText(prefix []byte) bool {
	control, broken := 0, 0
	for i := 0; i < len(prefix); {
		c := prefix[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1B || c == 0x7F {
				control++
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(prefix[i:])
		if r == utf8.RuneError && n == 1 {
			broken++
		}
		i += n
	}
	return control <= len(prefix)/1000 && broken <= len(prefix)/10
}

// plainLine makes a record of a line of which nothing is known but the time, if it begins with one.
func plainLine(ev *event.Event, message uint32, line []byte, off int64) {
	ev.Reset()
	ev.Source, ev.Offset, ev.Raw = event.SourceText, off, line
	ev.Time, ev.HasTime = leadingTime(line)
	ev.Add(message, event.UTF8, line)
}

// leadingTime reads the date and the time that a line begins with, written as in ISO 8601: 2021-03-03 06:49:46,
// [2021-03-03T06:49:53.772Z]. Without a zone it is UTC.
func leadingTime(line []byte) (ns int64, ok bool) {
	if len(line) > 0 && (line[0] == '[' || line[0] == '"') {
		line = line[1:]
	}
	ns, n, ok := isoTime(line)
	if !ok || n < len(line) && bytes.IndexByte([]byte(" \t,;|]\""), line[n]) < 0 {
		return 0, false
	}
	return ns, true
}

// Split implements [Format].
func (textFormat) Split(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error {
	return splitLines(ctx, r, env, emit)
}

// NewDecoder implements [Format].
func (textFormat) NewDecoder() Decoder {
	names := event.NewNames()
	return &textDecoder{message: names.Slot("message"), ev: event.Event{Names: names}}
}

type textDecoder struct {
	ev      event.Event
	message uint32
}

// Decode implements [Decoder].
func (d *textDecoder) Decode(b *Block, _ *Env, yield func(*event.Event) bool) {
	data, off := b.Data, b.Offset
	for len(data) > 0 {
		line, n := data, len(data)
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			line, n = data[:i], i+1
		}
		line = bytes.TrimRight(line, "\r")
		if len(bytes.TrimSpace(line)) > 0 {
			plainLine(&d.ev, d.message, line, off)
			if !yield(&d.ev) {
				return
			}
		}
		data, off = data[n:], off+int64(n)
	}
}
