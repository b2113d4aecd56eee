package source

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// csvField is one field of a record, as offsets into the text that was scanned. For a quoted field they leave the
// quotes out.
type csvField struct {
	start, end int
	quoted     bool
	doubled    bool // holds doubled quotes
}

// text returns the field's value; scratch takes it where quotes must be undoubled.
func (f *csvField) text(data []byte, scratch *[]byte) []byte {
	raw := data[f.start:f.end]
	if !f.doubled {
		return raw
	}
	from := len(*scratch)
	for {
		i := bytes.Index(raw, []byte(`""`))
		if i < 0 {
			break
		}
		*scratch = append(*scratch, raw[:i+1]...)
		raw = raw[i+2:]
	}
	*scratch = append(*scratch, raw...)
	return (*scratch)[from:len(*scratch):len(*scratch)]
}

// Limits of tables, whose headers are made by programs that have a column for each field of any of their records.
const (
	maxTableHeader  = 256 << 10
	maxTableColumns = 4096
)

// maxQuoted caps a quoted field: a quote that is not closed within so many bytes does not open a field.
const maxQuoted = 1 << 20

// csvRecord finds the record at the start of data: fields separated by delim, RFC 4180 quoting, read the forgiving
// way that real exports need.
//
//   - A quoted field may span lines. It ends at a quote before a delimiter or the end of a line; doubled quotes inside
//     stand for one. On its first line it may hold single quotes as well.
//   - A quote that opens a field and is never closed that way is an ordinary character, so that one broken line costs
//     no other record: the search ends at the first single quote on a later line, or after [maxQuoted] bytes.
//
// n is the record's length with its line end, 0 where the record may go on behind data, which it cannot when last
// says that nothing follows. The work of scanning a stream record by record is linear in its length. fields is
// appended to, up to one more than [maxTableColumns]. stray says that a quote was left open.
func csvRecord(data []byte, delim byte, last bool, fields []csvField) (_ []csvField, n int, stray bool) {
	i, noClose := 0, 0
	line := lineEnd(data, 0) // of the line that i is on
	for {
		// i is where a field begins.
		from := i
		if i < len(data) && data[i] == '"' {
			end, doubled, state := csvQuoted(data, i, line, delim, last, &noClose)
			switch state {
			case quoteMore:
				return fields, 0, stray
			case quoteClosed:
				if len(fields) <= maxTableColumns {
					fields = append(fields, csvField{i + 1, end, true, doubled})
				}
				next := end + 1
				if next < len(data) && data[next] == delim {
					if i = next + 1; i > line {
						line = lineEnd(data, i)
					}
					continue
				}
				if next < len(data) && data[next] == '\r' {
					next++
				}
				return fields, min(next+1, len(data)), stray
			case quoteStray:
				stray = true
				from++ // the quote itself is passed over
			}
		}
		if line == len(data) && !last {
			return fields, 0, stray
		}
		start := i
		var quote bool
		fields, i, quote = csvBare(data, start, from, line, delim, fields)
		if !quote {
			return fields, min(line+1, len(data)), stray
		}
	}
}

// csvBare finds the fields of a line from start on up to the first that begins with a quote, which is then where next
// is, or up to the end of the line. The first of them is searched from from on.
func csvBare(data []byte, start, from, line int, delim byte, fields []csvField) (_ []csvField, next int, quote bool) {
	pattern := uint64(delim) * oneBytes
	i := from
	for ; i+8 <= line; i += 8 {
		for m := equalBytes(binary.LittleEndian.Uint64(data[i:]), pattern); m != 0; m &= m - 1 {
			end := i + bits.TrailingZeros64(m)>>3
			if len(fields) <= maxTableColumns {
				fields = append(fields, csvField{start: start, end: end})
			}
			if start = end + 1; start < line && data[start] == '"' {
				return fields, start, true
			}
		}
	}
	for ; i < line; i++ {
		if data[i] != delim {
			continue
		}
		if len(fields) <= maxTableColumns {
			fields = append(fields, csvField{start: start, end: i})
		}
		if start = i + 1; start < line && data[start] == '"' {
			return fields, start, true
		}
	}
	end := line
	if end > start && data[end-1] == '\r' {
		end--
	}
	if len(fields) <= maxTableColumns {
		fields = append(fields, csvField{start: start, end: end})
	}
	return fields, line, false
}

type quoteState int

const (
	quoteClosed quoteState = iota
	quoteStray             // does not open a field
	quoteMore              // what follows data decides
)

// csvQuoted finds the end of the field that the quote at data[open] may open. line is where the line of open ends. end
// is where the closing quote stands. noClose keeps the work linear: before it stands no quote that could close a field,
// save one right behind the quote that opened it.
func csvQuoted(data []byte, open, line int, delim byte, last bool, noClose *int) (end int, doubled bool, state quoteState) {
	single := false // a lone quote was met on the first line, which must then close the field
	for i := open + 1; ; {
		limit := min(len(data), open+1+maxQuoted)
		if single {
			limit = min(limit, line)
			i = max(i, min(*noClose, limit))
		}
		q := bytes.IndexByte(data[i:limit], '"')
		if q < 0 {
			if limit == len(data) && !last {
				return 0, false, quoteMore
			}
			if single {
				*noClose = limit
			}
			return 0, false, quoteStray
		}
		q += i
		run := q
		for run < len(data) && data[run] == '"' {
			run++
		}
		switch {
		case run-1-open > maxQuoted:
			if single {
				*noClose = q
			}
			return 0, false, quoteStray
		case run == len(data) && !last:
			return 0, false, quoteMore
		}
		i = run
		if (run-q)&1 == 0 {
			doubled = true
			continue
		}
		doubled = doubled || run-q > 1
		switch at := data[run:]; {
		case len(at) == 0, at[0] == delim, at[0] == '\n', at[0] == '\r' && len(at) > 1 && at[1] == '\n', at[0] == '\r' && len(at) == 1 && last:
			return run - 1, doubled, quoteClosed
		case at[0] == '\r' && len(at) == 1:
			return 0, false, quoteMore
		case q > line:
			return 0, false, quoteStray
		}
		single = true
	}
}

// lineEnd is where the line that holds data[i] ends.
func lineEnd(data []byte, i int) int {
	if n := bytes.IndexByte(data[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(data)
}

// csvCutter is the [cutter] of delimited text: it cuts between records, as [csvRecord] has them. With comments, a line
// that starts with # is no record and quotes in it mean nothing.
func csvCutter(delim byte, comments bool) cutter {
	return func(buf []byte) int {
		record := 0  // where the record begins that pos lies in
		noClose := 0 // see csvQuoted
		line := -1   // end of the line that the last quote was on
		for pos := 0; ; {
			q := bytes.IndexByte(buf[pos:], '"')
			if q < 0 {
				if n := bytes.LastIndexByte(buf[pos:], '\n'); n >= 0 {
					record = pos + n + 1
				}
				return record
			}
			q += pos
			if n := bytes.LastIndexByte(buf[pos:q], '\n'); n >= 0 {
				record = pos + n + 1
			}
			if comments && buf[record] == '#' {
				if pos = lineEnd(buf, q); pos == len(buf) {
					return record
				}
				continue
			}
			pos = q + 1
			if q > 0 && q != record && buf[q-1] != delim {
				continue
			}
			if q > line {
				line = lineEnd(buf, q)
			}
			end, _, state := csvQuoted(buf, q, line, delim, false, &noClose)
			switch state {
			case quoteMore:
				return record
			case quoteClosed:
				pos = end + 1
			case quoteStray:
			}
		}
	}
}
