package source

import (
	"fmt"
	"net/netip"
	"slices"

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

// holds says that a column of that kind can have such a value, which is not missing.
func (k columnKind) holds(v []byte) bool {
	switch k {
	case anyText:
		return true
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

// missing says that a value is the dash that stands for none.
func missing(v []byte) bool { return len(v) == 1 && v[0] == '-' }

// holds says that column i can have such a value. IIS always has a number and a method to write; others may have none.
func (lay *w3cLayout) holds(i int, v []byte) bool {
	k := lay.kinds[i]
	if missing(v) {
		return k == anyText || k == anAddress || lay.dashes && k != aDate && k != aClock
	}
	return k.holds(v)
}

// shifted says that a line has as many columns as its header and they are not its columns all the same: IIS writes no status but
// numbers, so that a text there is a part of what should stand before or behind it.
func (lay *w3cLayout) shifted(vals []event.Value) bool {
	if lay.status < 0 {
		return false
	}
	raw := vals[lay.status].Raw
	return len(raw) > 0 && raw[0]-'0' > 9 && !missing(raw)
}

// odd is 1 for a value of column i that is missing where there nearly always is one, 0 for others.
func (lay *w3cLayout) odd(i int, v []byte) int {
	if lay.kinds[i] != anyText && missing(v) {
		return 1
	}
	return 0
}

// mended is a line whose columns are not those of its header.
type mended struct {
	columns int    // that are known, from the first on, but for the unsure
	unsure  [2]int // the first of the columns that are not known for all that, and the one behind the last
	text    bool   // there is more in the line than they say
	rest    int    // where another record begins in the line; 0: none does
	warning string // about the line
}

// leftOut warns of a line that has all columns of its header, and more behind them.
const leftOut = "line has more columns than its header, the last ones are left out"

// maxOddColumns is how many columns more than its header a line may have to be looked at.
const maxOddColumns = 4096

// mend finds out what the columns of a line are that has got of them, other than the header, and puts them into vals, which
// has as many as the header. vals has the first of the line's. split cuts a line as this one was; open says that the line has
// no end: nothing follows it in the log.
func (lay *w3cLayout) mend(line []byte, vals []event.Value, got int, open bool, split func([]byte, []event.Value) int) mended {
	want := len(vals)
	if lay.more && got > want {
		return mended{columns: want, warning: leftOut}
	}
	words := vals[:min(got, want)]
	many := got > want+maxOddColumns // so many that only the first are looked at
	if got > want && !many {
		words = make([]event.Value, got)
		split(line, words)
		if at := lay.second(line, words); at > 0 {
			m := lay.mend(line[:at], vals, split(line[:at], vals), true, split)
			m.rest = at
			m.warning = "two records stand on one line, of which the first is cut off: " + m.warning
			return m
		}
		for len(words) > want && len(words[len(words)-1].Raw) == 0 {
			words = words[:len(words)-1]
		}
		if len(words) == want {
			return mended{columns: want, warning: leftOut}
		}
	}
	fits := 0 // columns that are what they should be, from the first on
	for fits < min(got, want) && lay.holds(fits, words[fits].Raw) {
		fits++
	}
	sure := false // that those are right
	switch {
	case got <= want && open && fits >= got-1: // its last value is not whole, whatever it looks like
		return mended{columns: got - 1, text: true, warning: fmt.Sprintf("line breaks off in column %d of %d", got, want)}
	case got < want && fits == got:
		return mended{columns: got, warning: fmt.Sprintf("line has fewer columns than its header: %d of %d", got, want)}
	case many: // any text can have the blanks: what stands before the first has its place
		sure = true
		if i := slices.Index(lay.kinds, anyText); i >= 0 {
			fits = min(fits, i)
		}
	case got > want:
		extra := len(words) - want
		first, last := lay.wide(words, want, fits)
		switch {
		case first < 0:
		case first == want:
			return mended{columns: want, warning: leftOut}
		case last == want || first == 0 && last == want-1:
			fits, sure = first, true
		default:
			copy(vals, words[:first])
			copy(vals[last+1:], words[last+1+extra:])
			if first < last {
				return mended{columns: want, unsure: [2]int{first, last + 1}, text: true, warning: fmt.Sprintf(
					"line has more columns than its header: what is too much can be a part of any column from %s to %s, which are left out, and all of it is read as text",
					lay.names[first], lay.names[last])}
			}
			vals[first].Raw = span(line, words[first].Raw, words[first+extra].Raw)
			return mended{columns: want, warning: "line has more columns than its header: what is too much is taken for a part of " + lay.names[first]}
		}
	}
	// Values before the first that cannot stand where it does are right as far as they can be told from others.
	for !sure && fits > 0 && lay.kinds[fits-1] == anyText {
		fits--
	}
	if fits == 0 {
		return mended{text: true, warning: "line does not fit its header: it is read as text"}
	}
	return mended{columns: fits, text: true, warning: fmt.Sprintf("line does not fit its header: its first %d columns are read, and all of it as text", fits)}
}

// wide returns the first and the last of the columns that can be the one with blanks, if all that the line has too much is
// in one; -1 where there is none. The column behind the last is what is too much if it stands there. The first words, so
// many as fits, are what they should be. Where readings differ in how many values miss that should be there, or in that a
// text begins or ends with a dash, which is a column without a value, only the best of them count.
func (lay *w3cLayout) wide(words []event.Value, want, fits int) (first, last int) {
	extra := len(words) - want
	i, odd := want-1, 0
	for ; i > 0 && lay.holds(i, words[i+extra].Raw); i-- {
		odd += lay.odd(i, words[i+extra].Raw)
	}
	if i > fits {
		return -1, -1
	}
	for k := range i {
		odd += lay.odd(k, words[k].Raw)
	}
	first, last = -1, -1
	least := 0
	can := func(i, odd int) {
		if first < 0 || odd < least {
			first, least = i, odd
		}
		if odd == least {
			last = i
		}
	}
	for ; i < want && i <= fits; i++ { // odd is that of the columns before i and, moved, of those from i+1 on
		from, to := words[i].Raw, words[i+extra].Raw
		switch {
		case lay.kinds[i] != anyText:
		case missing(from) || missing(to):
			can(i, odd+1)
		default:
			can(i, odd)
		}
		odd += lay.odd(i, from)
		if i+1 < want {
			odd -= lay.odd(i+1, words[i+1+extra].Raw)
		}
	}
	if fits == want && lay.kinds[want-1] != anyText {
		can(want, odd)
	}
	return first, last
}

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
		if !lay.holds(k, words[i+k].Raw) {
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
