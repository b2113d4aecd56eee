package source

import (
	"bytes"
	"context"
	"io"
	"unicode/utf8"

	"entente/internal/event"
)

// textFormat reads any text, one event a line, when nothing else recognises it. The line is the field "message".
type textFormat struct{}

func newText() Format { return textFormat{} }

// Name implements [Format].
func (textFormat) Name() string { return "text" }

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
			d.ev.Reset()
			d.ev.Source, d.ev.Offset, d.ev.Raw = event.SourceText, off, line
			d.ev.Add(d.message, event.UTF8, line)
			if !yield(&d.ev) {
				return
			}
		}
		data, off = data[n:], off+int64(n)
	}
}
