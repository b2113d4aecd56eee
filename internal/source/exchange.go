package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"entente/internal/event"
)

// exchangeFormat reads the CSV logs of Microsoft Exchange, which carry #Software, #Log-type, #Date and #Fields lines.
// HttpProxy and ECP logs have sources of their own; the others (message tracking, agents, connectivity…) are of source
// csv with the log type as channel.
type exchangeFormat struct{}

func newExchange() Format { return exchangeFormat{} }

// Name implements [Format].
func (exchangeFormat) Name() string { return "exchange" }

// Sniff implements [Sniffer]: a #Fields line with commas, or Exchange as #Software; without directives the columns of ECP
// or HttpProxy.
func (exchangeFormat) Sniff(prefix []byte) int {
	switch d, late := sniffDirectives(prefix); {
	case late && strings.Contains(d.fields, ","):
		return lateScore
	case strings.Contains(d.fields, ","), strings.HasPrefix(d.software, "Microsoft Exchange"):
		return 90
	case d.fields == "" && d.software == "":
		return sniffHeadless(prefix, headlessCSV)
	default:
		return 0
	}
}

// Split implements [Format].
func (exchangeFormat) Split(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error {
	var (
		h      = &directives{}
		fields []csvField
	)
	return splitRecords(ctx, r, env, func(b Block) error {
		b.Context = h
		h, fields = exchangeDirectives(h, b.Data, fields)
		return emit(b)
	}, csvCutter(',', true))
}

// exchangeDirectives returns the directives in force after the records of data. Only what stands between records
// counts: text inside a quoted field must not pass for a header.
func exchangeDirectives(h *directives, data []byte, fields []csvField) (*directives, []csvField) {
	next := -1 // where the next line that starts with # begins, at or behind at
	for at := 0; at < len(data); {
		if next < at {
			next = at
			if data[at] != '#' {
				n := bytes.Index(data[at:], []byte("\n#"))
				if n < 0 {
					n = len(data) - at
				}
				next = at + n + 1
			}
		}
		if h.fields != "" && next >= len(data) {
			break
		}
		var rec []byte
		rec, fields, _ = exchangeRecord(data[at:], fields)
		at += len(rec)
		h = h.withRecord(rec)
	}
	return h, fields
}

// exchangeRecord returns the record or the directive at the start of data.
func exchangeRecord(data []byte, fields []csvField) (rec []byte, _ []csvField, stray bool) {
	if data[0] == '#' {
		return data[:min(lineEnd(data, 0)+1, len(data))], fields[:0], false
	}
	fields, n, stray := csvRecord(data, ',', true, fields[:0])
	return data[:n], fields, stray
}

// withRecord returns the directives in force after a record. A header row without #Fields before it counts as well:
// some versions write the names a second time as a row, and some tools strip the directives.
func (d *directives) withRecord(rec []byte) *directives {
	switch {
	case len(rec) == 0:
	case rec[0] == '#':
		return d.with(trimLineEnd(rec))
	case d.fields == "" && exchangeHeaderRow(rec):
		next := *d
		next.fields = string(bytes.TrimSpace(rec))
		return &next
	}
	return d
}

// exchangeHeaderRow says that a row holds names of columns: the first is a time in all of these logs.
func exchangeHeaderRow(rec []byte) bool {
	name, _, ok := bytes.Cut(rec, []byte(","))
	if !ok || len(rec) > maxHeaderLine {
		return false
	}
	switch string(bytes.ToLower(name)) {
	case "datetime", "timestamp", "mytimestamp", "date-time", "time":
		return true
	}
	return false
}

// NewDecoder implements [Format].
func (exchangeFormat) NewDecoder() Decoder { return exchangeDecoder{newCSVDecoder()} }

type exchangeDecoder struct{ *csvDecoder }

// Decode implements [Decoder].
func (d exchangeDecoder) Decode(b *Block, env *Env, yield func(*event.Event) bool) {
	h, ok := b.Context.(*directives)
	if !ok {
		h = &directives{}
	}
	t := d.exchangeTable(h)
	data, off := b.Data, b.Offset
	for len(data) > 0 {
		var (
			rec   []byte
			stray bool
		)
		rec, d.fields, stray = exchangeRecord(data, d.fields)
		at := off
		data, off = data[len(rec):], off+int64(len(rec))
		if blank(rec) {
			continue
		}
		if next := h.withRecord(rec); next != h || rec[0] == '#' {
			if next == h && len(rec) > maxHeaderLine {
				env.warn(at, "header line is too long and was left out")
			}
			if next != h {
				h = next
				t = d.exchangeTable(h)
				if h.tooManyColumns(",", maxTableColumns) {
					env.warn(at, fmt.Sprintf("header names more than %d columns, the others are left out", maxTableColumns))
				}
			}
			continue
		}
		if h.fields != "" && string(bytes.TrimSpace(rec)) == h.fields {
			continue
		}
		if stray {
			env.warn(at, "quote is not closed: it is read as an ordinary character")
		}
		if d.ev.Names.Full() {
			d.forget()
			t = d.exchangeTable(h)
		}
		own := t
		if own == nil {
			if h := headlessExchange(rec, d.fields); h != nil {
				own = d.exchangeTable(h)
			}
		}
		if own == nil {
			env.warn(at, "row stands before any #Fields line: its columns have no names")
			plainLine(&d.ev, d.message, trimLineEnd(rec), at)
			if !yield(&d.ev) {
				return
			}
			continue
		}
		if !yield(d.row(rec, at, own, env)) {
			return
		}
	}
}

// exchangeTable makes the columns that directives name ready; nil while they name none.
func (d exchangeDecoder) exchangeTable(h *directives) *csvTable {
	if h.fields == "" {
		return nil
	}
	key := csvKey{row: h.fields, software: h.software, logType: h.logType, delim: ','}
	_, known := d.tables[key]
	t := d.table(key)
	if known {
		return t
	}
	t.channel, t.provider = h.logType, h.software
	squashed := make([]string, len(d.names))
	for i, n := range d.names {
		squashed[i] = squash(n)
	}
	switch logType := strings.ToLower(h.logType); {
	case t.kind == csvHTTPProxy, strings.Contains(logType, "httpproxy"):
		t.kind, t.source = csvHTTPProxy, event.SourceHTTPProxy
		t.channelAt = columnOf(squashed, "protocol")
	case t.kind == csvECP && logType != "" && !strings.HasPrefix(logType, "ecp"):
		t.source = event.SourceCSV // another log that spells its data in the same way
	}
	return t
}
