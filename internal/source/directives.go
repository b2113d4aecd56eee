package source

import (
	"bytes"
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
	for i := 0; i < len(data); {
		n := bytes.IndexByte(data[i:], '#')
		if n < 0 {
			break
		}
		i += n
		if !beginsLine(data, i) {
			i++
			continue
		}
		line := data[i:lineEnd(data, i)]
		i += len(line)
		d = d.with(line)
	}
	return d
}

// sniffDirectives reads the directives that a stream begins with. Exchange writes the names of the columns as a row before
// them into some of its files.
func sniffDirectives(prefix []byte) *directives {
	d, first := &directives{}, true
	for line := range prefixLines(prefix) {
		if line[0] == '#' {
			d = d.with(line)
		} else if !first || !exchangeHeaderRow(line) {
			break
		}
		first = false
	}
	return d
}

// tooManyColumns says that a #Fields line names more columns than are kept.
func (d *directives) tooManyColumns(sep string, most int) bool {
	return strings.Count(d.fields, sep)+1 > most
}
