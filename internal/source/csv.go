package source

import (
	"bytes"
	"context"
	"io"
	"strings"

	"entente/internal/event"
)

// csvFormat reads delimited text with a header row: commas, semicolons, tabs or vertical bars, quoted as RFC 4180 has
// it. Exports of Windows events and of Microsoft 365 audit logs are known by their columns and become events of these
// sources; any other table is of source csv, with its columns as fields.
type csvFormat struct{}

func newCSV() Format { return csvFormat{} }

// Name implements [Format].
func (csvFormat) Name() string { return "csv" }

// Sniff implements [Sniffer]: a row of names, and rows below it that have as many columns.
func (csvFormat) Sniff(prefix []byte) int {
	h, _ := findCSVHeader(prefix, true)
	if h == nil {
		return 0
	}
	names := columnNames([]byte(h.row), h.delim, nil)
	if len(names) < 2 {
		return 0
	}
	squashed := make([]string, len(names))
	seen := make(map[string]bool, len(names))
	odd := 0
	for i, n := range names {
		squashed[i] = squash(n)
		switch {
		case len(n) > 64 || !plausibleColumn(n), len(names) < 5 && strings.Count(n, " ") > 2:
			return 0
		case n == "" || seen[squashed[i]]:
			odd++
		}
		seen[squashed[i]] = true
	}
	if odd > len(names)/4 {
		return 0
	}
	if kindOfTable(squashed) != csvPlain {
		return 90
	}
	if c := columnsOfEvents(names, squashed); c != nil && c.sure {
		return 90
	}
	var (
		fields            []csvField
		rows, same, alike int
		last              = len(prefix) < sniffLen
	)
	for rest := prefix[h.end:]; len(rest) > 0 && rows < 32; {
		var n int
		if fields, n, _ = csvRecord(rest, h.delim, last, fields[:0]); n == 0 {
			break
		}
		if !blank(rest[:n]) {
			rows++
			if len(fields) == len(names) {
				same++
			}
			if likeHeader(rest, fields, names) {
				alike++
			}
		}
		rest = rest[n:]
	}
	switch {
	case alike*2 > rows:
		return 0
	case same*10 < rows*9:
		// Of a few rows one may be short, where there are columns enough to tell a table by.
		if len(names) > 2 && rows > 1 && rows-same == 1 {
			return 35
		}
		return 0
	case rows == 0 && len(names) < 4:
		return 5
	case rows == 0:
		return 20
	default:
		return 45
	}
}

// likeHeader says that a row consists of the words of the header, numbers aside: then that is no header, and the text
// some other log whose lines happen to have commas.
func likeHeader(rec []byte, fields []csvField, names []string) bool {
	like := 0
	for i := range min(len(fields), len(names)) {
		if w := words(rec[fields[i].start:fields[i].end]); len(w) > 0 && string(w) == string(words([]byte(names[i]))) {
			like++
		}
	}
	return like*2 >= len(names)
}

// words are the letters of b.
func words(b []byte) []byte {
	var w []byte
	for _, c := range b {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80 {
			w = append(w, c)
		}
	}
	return w
}

// plausibleColumn says that a column may be called so: an identifier or some words, and no number.
func plausibleColumn(name string) bool {
	letters := name == ""
	for _, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= 0x80:
			letters = true
		case c >= '0' && c <= '9':
		case bytes.ContainsRune([]byte(" _-.()@:/#$%[]*?'+&"), c):
		default:
			return false
		}
	}
	return letters
}

// findCSVHeader finds the header row at the start of data, and the delimiter. Blank lines, the line "sep=;" of Excel
// and the line "#TYPE …" of PowerShell may come before it; skip is where it begins. It is nil where data does not hold
// all of it, which can only be when last is false, or where there is none.
func findCSVHeader(data []byte, last bool) (h *csvHeader, skip int) {
	delim := byte(0)
	for {
		end := lineEnd(data[:], skip)
		if end == len(data) && !last || skip >= len(data) {
			return nil, skip
		}
		line := trimLineEnd(data[skip:end])
		switch {
		case blank(line):
		case len(line) == 5 && bytes.EqualFold(line[:4], []byte("sep=")):
			delim = line[4]
		case bytes.HasPrefix(line, []byte("#TYPE ")):
		default:
			if delim == 0 {
				delim = delimiterOf(line)
			}
			_, n, _ := csvRecord(data[skip:], delim, last, nil)
			if n == 0 {
				return nil, skip
			}
			row := trimLineEnd(data[skip : skip+n])
			return &csvHeader{delim: delim, row: string(row[:min(len(row), maxTableHeader)]), end: int64(skip + n)}, skip
		}
		skip = min(end+1, len(data))
	}
}

// delimiterOf tells what separates the columns of a header row: what is there most often outside of quotes.
func delimiterOf(line []byte) byte {
	const candidates = ",\t;|"
	var (
		count  [len(candidates)]int
		quoted bool
	)
	for _, c := range line {
		if c == '"' {
			quoted = !quoted
		}
		if i := bytes.IndexByte([]byte(candidates), c); i >= 0 && !quoted {
			count[i]++
		}
	}
	best := 0
	for i, n := range count {
		if n > count[best] {
			best = i
		}
	}
	return candidates[best]
}

// Split implements [Format].
func (csvFormat) Split(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error {
	var (
		h   *csvHeader
		cut cutter
	)
	r, shift := tableTimes(r, env)
	shift.tell(env)
	return splitRecords(ctx, r, env, func(b Block) error {
		if h == nil {
			if h, _ = findCSVHeader(b.Data, true); h == nil {
				env.warn(b.Offset, "there is no row of names to read a table by")
				b.Release()
				return nil
			}
			h.shift = shift
			// Whether there was something in front of the stream, such as a byte order mark, is not known here: the
			// header goes now, rather than by its offset later.
			b.Data, b.Offset = b.Data[h.end:], b.Offset+h.end
			if len(b.Data) == 0 {
				b.Release()
				return nil
			}
		}
		b.Context = h
		return emit(b)
	}, func(buf []byte) int {
		if cut != nil {
			return cut(buf)
		}
		head, skip := findCSVHeader(buf, false)
		if head == nil {
			return 0
		}
		cut = csvCutter(head.delim, false)
		return skip + cut(buf[skip:])
	})
}

// tableTimes finds out how far the times of a table are from UTC, and gives back what it has read for that.
func tableTimes(r io.Reader, env *Env) (io.Reader, *timeShift) {
	if env.times != nil {
		return r, env.times
	}
	head, err := readHead(r, make([]byte, sniffLen))
	back := &headReader{head: head, err: err, r: r}
	h, _ := findCSVHeader(head, err != nil)
	if h == nil {
		return back, nil
	}
	names := columnNames([]byte(h.row), h.delim, nil)
	squashed := make([]string, len(names))
	for i, n := range names {
		squashed[i] = squash(n)
	}
	if t := tableOf(names, squashed); t.lacks != "" {
		env.warn(-1, t.lacks)
	}
	if columnsOfEvents(names, squashed) == nil {
		return back, nil
	}
	if err == nil { // there is more
		more := make([]byte, timeLook)
		n := copy(more, head)
		var rest []byte
		rest, err = readHead(r, more[n:])
		head = more[:n+len(rest)]
		back.head, back.err = head, err
	}
	shift, _ := tableShift(head, err != nil)
	return back, shift
}

// NewDecoder implements [Format].
func (csvFormat) NewDecoder() Decoder { return newTableDecoder() }

type tableDecoder struct{ *csvDecoder }

func newTableDecoder() tableDecoder {
	d := newCSVDecoder()
	d.events = true
	return tableDecoder{d}
}

// Decode implements [Decoder].
func (d tableDecoder) Decode(b *Block, env *Env, yield func(*event.Event) bool) {
	h, ok := b.Context.(*csvHeader)
	if !ok {
		return
	}
	if d.json != nil || h.shift != nil {
		j := d.reader()
		j.warned, j.shift = false, h.shift
	}
	t := d.table(csvKey{row: h.row, delim: h.delim})
	data, off := b.Data, b.Offset
	for len(data) > 0 {
		var (
			n     int
			stray bool
		)
		d.fields, n, stray = csvRecord(data, h.delim, true, d.fields[:0])
		rec, at := data[:n], off
		data, off = data[n:], off+int64(n)
		if blank(rec) || string(trimLineEnd(rec)) == h.row {
			continue
		}
		if stray {
			env.warn(at, "quote is not closed: it is read as an ordinary character")
		}
		if d.ev.Names.Full() {
			d.forget()
			t = d.table(csvKey{row: h.row, delim: h.delim})
		}
		var ev *event.Event
		if t.events != nil {
			ev = d.record(rec, at, t, env)
		}
		if ev == nil {
			ev = d.row(rec, at, t, env)
		}
		if !yield(ev) {
			return
		}
	}
}
