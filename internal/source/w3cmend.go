package source

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"entente/internal/event"
)

// A line of a W3C log that has not as many columns as its header was cut off by a crash, runs into the next one, or has a
// blank that nobody encoded. What its columns are is told by those that can only hold a time, an address, a number or a
// method; where nothing tells it, the line is text.

// columnKind is what a column can hold.
type columnKind uint8

const (
	anyText columnKind = iota
	aDate
	aClock
	anAddress
	aNumber
	aMethod
)

// columnKindOf is what a column of that name holds. The name is in lower case.
func columnKindOf(name string) columnKind {
	switch name {
	case "date":
		return aDate
	case "time":
		return aClock
	case "c-ip", "s-ip", "r-ip", "src-ip", "dst-ip":
		return anAddress
	case "c-port", "s-port", "r-port", "src-port", "dst-port", "sc-status", "sc-substatus", "sc-win32-status", "sc-bytes", "cs-bytes", "time-taken":
		return aNumber
	case "cs-method":
		return aMethod
	}
	return anyText
}

// holds says that a column of that kind can have such a value.
func (k columnKind) holds(v []byte) bool {
	if k == anyText || len(v) == 1 && v[0] == '-' {
		return true
	}
	switch k {
	case aDate:
		_, ok := isoDate(v)
		return ok && len(v) == 10
	case aClock:
		_, n, ok := clock(v)
		return ok && n == len(v)
	case anAddress:
		_, err := netip.ParseAddr(string(v))
		return err == nil
	case aNumber:
		return len(v) > 0 && !slices.ContainsFunc(v, func(c byte) bool { return (c < '0' || c > '9') && c != '.' })
	default: // aMethod
		return len(v) > 0 && !slices.ContainsFunc(v, func(c byte) bool { return (c < 'A' || c > 'Z') && c != '_' && c != '-' })
	}
}

// mended is a line whose columns are not those of its header.
type mended struct {
	columns int    // that are known, from the first on
	text    bool   // there is more in the line than they say
	rest    int    // where another record begins in the line; 0: none does
	warning string // about the line
}

// maxOddColumns is how many columns more than its header a line may have to be looked at.
const maxOddColumns = 4096

// mend finds out what the columns of a line are that has got of them, other than the header, and puts them into vals, which
// has as many as the header. vals has the first of the line's. split cuts a line as this one was; open says that the line has
// no end: nothing follows it in the log.
func (lay *w3cLayout) mend(line []byte, vals []event.Value, got int, open bool, split func([]byte, []event.Value) int) mended {
	want := len(vals)
	switch {
	case lay.more:
		return mended{columns: want, warning: "line has more columns than its header, the last ones are left out"}
	case got > want+maxOddColumns:
		return mended{text: true, warning: "line does not fit its header: it is read as text"}
	}
	words := vals[:min(got, want)]
	if got > want {
		words = make([]event.Value, got)
		split(line, words)
		if at := lay.second(line, words); at > 0 {
			m := lay.mend(line[:at], vals, split(line[:at], vals), true, split)
			m.rest = at
			m.warning = "two records stand on one line, of which the first is cut off: " + m.warning
			return m
		}
	}
	fits := 0 // columns that are what they should be, from the first on
	for fits < min(got, want) && lay.kinds[fits].holds(words[fits].Raw) {
		fits++
	}
	switch {
	case got <= want && open && fits >= got-1: // its last value is not whole, whatever it looks like
		return mended{columns: got - 1, text: true, warning: fmt.Sprintf("line breaks off in column %d of %d", got, want)}
	case got < want && fits == got:
		return mended{columns: got, warning: fmt.Sprintf("line has fewer columns than its header: %d of %d", got, want)}
	case got > want && fits == want:
		return mended{columns: want, warning: "line has more columns than its header, the last ones are left out"}
	case got > want:
		if i := lay.wide(words, want, fits); i >= 0 {
			extra := got - want
			copy(vals, words[:i])
			vals[i].Raw = span(line, words[i].Raw, words[i+extra].Raw)
			copy(vals[i+1:], words[i+extra+1:])
			return mended{columns: want, warning: "line has more columns than its header: what is too much is taken for a part of " + lay.names[i]}
		}
	}
	// Values before the first that cannot stand where it does are right as far as they can be told from others.
	for fits > 0 && lay.kinds[fits-1] == anyText {
		fits--
	}
	if fits == 0 {
		return mended{text: true, warning: "line does not fit its header: it is read as text"}
	}
	return mended{columns: fits, text: true, warning: fmt.Sprintf("line does not fit its header: its first %d columns are read, and all of it as text", fits)}
}

// wide returns the column that has blanks, if all that the line has too much is in one; -1 where there is none. The first
// words, so many as fits, are what they should be. Of several columns it is the one that has blanks most often.
func (lay *w3cLayout) wide(words []event.Value, want, fits int) int {
	extra := len(words) - want
	best, rank := -1, -1
	for i := want - 1; i >= 0; i-- {
		if i <= fits && lay.kinds[i] == anyText {
			if r := slices.Index(blankColumns, strings.ToLower(lay.names[i])); best < 0 || r > rank {
				best, rank = i, r
			}
		}
		if !lay.kinds[i].holds(words[i+extra].Raw) {
			break // it is no wider column before this one
		}
	}
	return best
}

// blankColumns are those that have blanks where a program does not encode them, the most usual last.
var blankColumns = []string{"cs-uri-stem", "cs-username", "cs(referer)", "cs-uri-query", "cs(cookie)", "cs(user-agent)"}

// second returns where a second record begins in a line, 0 where none does: its date is glued to what the first ends with.
func (lay *w3cLayout) second(line []byte, words []event.Value) int {
	const dateLen = 10
	want := len(lay.kinds)
	i := len(words) - want
	if lay.date != 0 || lay.time != 1 || i < 1 || i >= want {
		return 0
	}
	if raw := words[i].Raw; len(raw) < dateLen || !aDate.holds(raw[len(raw)-dateLen:]) {
		return 0
	}
	for k := 1; k < want; k++ {
		if !lay.kinds[k].holds(words[i+k].Raw) {
			return 0
		}
	}
	return offsetIn(line, words[i].Raw) + len(words[i].Raw) - dateLen
}

// offsetIn is where a part of line begins in it.
func offsetIn(line, part []byte) int { return cap(line) - cap(part) }

// span is what stands in line from one part of it to the end of another.
func span(line, from, to []byte) []byte {
	return line[offsetIn(line, from) : offsetIn(line, to)+len(to)]
}
