package triage

import (
	"bytes"

	"entente/internal/event"
)

// rawSearch tells of a block of a log, as it stands there, that no record in it can be found. It saves decoding most of a
// log, and knows only formats in which the text of a value stands as it is.
type rawSearch struct {
	needles [][][]byte // by pattern: one of these, folded, has to be there
	all     bool       // of every pattern
	numeric bool       // some needle may be in a text that a reader makes of a number or a time
	fold    []byte
}

// rawLeast is how long a needle has to be to be worth a look of its own.
const rawLeast = 3

// newRawSearch returns nil where the patterns are not such that blocks could be told apart.
func newRawSearch(patterns []*pattern, all bool) *rawSearch {
	r := &rawSearch{all: all}
	for _, p := range patterns {
		var needles [][]byte
		for _, n := range p.needles {
			n = plainestPart(n)
			if len(n) < rawLeast {
				needles = nil
				break
			}
			r.numeric = r.numeric || numeric(n)
			needles = append(needles, n)
		}
		if needles == nil && !all {
			return nil // this pattern may be anywhere
		}
		if needles != nil {
			r.needles = append(r.needles, needles)
		}
	}
	if len(r.needles) == 0 {
		return nil
	}
	return r
}

// plainestPart returns the longest part of a folded text that stands for itself in every format: letters and digits of
// ASCII.
func plainestPart(text []byte) []byte {
	var best []byte
	for _, part := range bytes.FieldsFunc(text, func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') }) {
		if len(part) > len(best) {
			best = part
		}
	}
	return best
}

// numeric says that a text may be part of one that is made of a number, a time or the like.
func numeric(text []byte) bool {
	for _, c := range text {
		if !bytes.ContainsRune([]byte("0123456789abcdefxst-.:+rulnz"), rune(c)) {
			return false
		}
	}
	return true
}

// may says that a block may hold a record with the patterns.
func (r *rawSearch) may(format string, data []byte) bool {
	switch format {
	case "text", "iis":
	case "json", "csv", "exchange":
		if r.numeric || escapesLetters(data) {
			return true
		}
	default:
		return true
	}
	r.fold = event.FoldBytes(r.fold[:0], data)
	for _, needles := range r.needles {
		found := false
		for _, n := range needles {
			if bytes.Contains(r.fold, n) {
				found = true
				break
			}
		}
		if found != r.all {
			return found
		}
	}
	return r.all
}

// escapesLetters says that a text writes letters or digits in another way than as themselves: by escapes of JSON that
// stand for a character that is, or folds into, one of ASCII, or by references of XML.
func escapesLetters(data []byte) bool {
	if bytes.Contains(data, []byte("&#")) {
		return true
	}
	for {
		i := bytes.Index(data, []byte(`\u`))
		if i < 0 {
			return false
		}
		data = data[i+2:]
		if len(data) < 4 {
			return true
		}
		switch hex := event.FoldString(string(data[:4])); {
		case hex == "017f", hex == "212a": // the long s and the Kelvin sign
			return true
		case hex[:2] != "00":
		case hex[2] >= '3' && hex[2] <= '7' && hex != "003c" && hex != "003e" && hex != "005c":
			return true
		}
	}
}
