package source

import (
	"bytes"
	"iter"
	"strings"
)

// Limits of a header line. IIS has some thirty columns, Exchange some seventy.
const (
	maxHeaderLine = 64 << 10
	maxColumns    = 1024
	maxLayouts    = 64 // header lines that a decoder remembers
)

// directives are what the lines that start with # before a record say, in W3C logs and in those of Exchange. They are
// never changed once a block carries them.
type directives struct {
	fields   string // after "#Fields:", trimmed; "" before the first
	date     string // after "#Date:"
	software string // after "#Software:"
	logType  string // after "#Log-type:" (Exchange)
}

// with returns the directives in force after a line that starts with #: d itself where nothing changes.
func (d *directives) with(line []byte) *directives {
	if len(line) > maxHeaderLine {
		return d
	}
	name, value, ok := bytes.Cut(line[1:], []byte(":"))
	if !ok {
		return d
	}
	value = bytes.TrimSpace(value)
	field := func(d *directives) *string {
		switch {
		case bytes.EqualFold(name, []byte("Fields")):
			return &d.fields
		case bytes.EqualFold(name, []byte("Date")):
			return &d.date
		case bytes.EqualFold(name, []byte("Software")):
			return &d.software
		case bytes.EqualFold(name, []byte("Log-type")):
			return &d.logType
		default:
			return nil
		}
	}
	if f := field(d); f == nil || *f == string(value) {
		return d
	}
	next := *d
	*field(&next) = string(value)
	return &next
}

// after returns the directives in force after the lines of data.
func (d *directives) after(data []byte) *directives {
	for line := range hashLines(data) {
		d = d.with(line)
	}
	return d
}

// hashLines yields the lines that begin with #, without their ends.
func hashLines(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := 0; i < len(data); {
			n := bytes.IndexByte(data[i:], '#')
			if n < 0 {
				return
			}
			i += n
			if !beginsLine(data, i) {
				i++
				continue
			}
			line := data[i:lineEnd(data, i)]
			i += len(line)
			if !yield(line) {
				return
			}
		}
	}
}

// sniffDirectives reads the directives that a stream begins with. Exchange writes the names of the columns as a row before
// them into some of its files.
//
// late says that other lines stand before them: of an earlier log, or damaged ones. The lines behind must then have as many
// columns as the #Fields line has names.
func sniffDirectives(prefix []byte) (d *directives, late bool) {
	d, first := &directives{}, true
	for line := range prefixLines(prefix) {
		if line[0] == '#' {
			d = d.with(line)
		} else if !first || !exchangeHeaderRow(line) {
			break
		}
		first = false
	}
	if d.fields != "" {
		return d, false
	}
	var (
		header = d
		later  lateHeader
	)
	for line := range prefixLines(prefix) {
		if line[0] != '#' {
			if !later.line(later.met && header.fits(line)) {
				break
			}
			continue
		}
		next := header.with(line)
		if next.fields != header.fields && later.header() {
			break
		}
		header = next
	}
	if later.fits() {
		return header, true
	}
	return d, false
}

// fits says that a line has as many columns as there are names.
func (d *directives) fits(line []byte) bool {
	if strings.Contains(d.fields, ",") {
		fields, _, _ := csvRecord(line, ',', true, nil)
		return len(fields) == strings.Count(d.fields, ",")+1
	}
	want := len(strings.Fields(d.fields))
	return want > 1 && (splitBlanks(line, nil) == want || splitTabs(line, nil) == want || splitQuoted(line, nil) == want)
}

// lateHeader decides whether a header that does not come first is one: by the lines behind it.
type lateHeader struct {
	met        bool
	before     int // lines before the header
	rows, good int // lines behind it, and those that have its columns
}

const (
	// maxLinesBefore is how many lines before a header are passed over in the search for it.
	maxLinesBefore = 100
	// lateScore is how sure a format is of such a header: surer than of lines that merely parse.
	lateScore = 82
	// enoughRows is how many lines behind a header are looked at.
	enoughRows = 16
)

// header notes a header. It returns true where the one before it was one already.
func (h *lateHeader) header() bool {
	if h.fits() {
		return true
	}
	h.met, h.before, h.rows, h.good = true, h.before+h.rows, 0, 0
	return false
}

// line notes another line, which has the header's columns or not. It returns false when no more are wanted.
func (h *lateHeader) line(good bool) bool {
	if !h.met {
		h.before++
		return h.before <= maxLinesBefore
	}
	if h.rows++; good {
		h.good++
	}
	return h.rows < enoughRows
}

// fits says that at least half of the lines behind the header have its columns.
func (h *lateHeader) fits() bool { return h.good > 0 && 2*h.good >= h.rows }

// tooManyColumns says that a #Fields line names more columns than are kept.
func (d *directives) tooManyColumns(sep string, most int) bool {
	return strings.Count(d.fields, sep)+1 > most
}
