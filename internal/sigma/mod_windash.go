package sigma

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// dashes are the characters that Windows programs take for the mark of an option: hyphen, slash, en dash, em dash
// and horizontal bar. The hyphen comes first since it is what most logs show.
var dashes = [...]string{"-", "/", "–", "—", "―"}

// maxDashPatterns is the number of dashes up to which a value becomes all its permutations, 125 at most. Beyond,
// one regular expression says the same.
const maxDashPatterns = 3

// windash lets every dash that begins a word be any of the five: one that follows no word character and precedes
// one (pySigma: \B[-/]\b). In "-a /b c-d" these are the first two.
func windash(it *item, v *value) error {
	if !v.text() {
		return it.cannot(v, "it is for texts")
	}
	v.split()
	var out Pattern
	for _, x := range v.pieces {
		if x.Kind != Literal {
			out = append(out, x)
			continue
		}
		out = appendDashes(out, x.Text)
	}
	v.pieces = out
	return nil
}

// appendDashes splits a literal at the dashes that begin a word.
func appendDashes(out Pattern, s string) Pattern {
	start, word := 0, false // word: the character before is one of a word
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !word && isDash(r) {
			if next, _ := utf8.DecodeRuneInString(s[i+n:]); i+n < len(s) && wordRune(next) {
				if i > start {
					out = append(out, Piece{Literal, s[start:i]})
				}
				out = append(out, Piece{dash, s[i : i+n]})
				start = i + n
			}
		}
		word = wordRune(r)
		i += n
	}
	if start < len(s) {
		out = append(out, Piece{Literal, s[start:]})
	}
	return out
}

func isDash(r rune) bool {
	switch r {
	case '-', '/', '–', '—', '―':
		return true
	}
	return false
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// undash returns v with every permutation of its dashes, in the order of dashes.
func (v *value) undash() []value {
	out := []value{*v}
	for {
		i := 0
		for i < len(out[0].pieces) && out[0].pieces[i].Kind != dash {
			i++
		}
		if i == len(out[0].pieces) {
			return out
		}
		next := make([]value, 0, len(out)*len(dashes))
		for _, o := range out {
			for _, d := range dashes {
				p := make(Pattern, len(o.pieces))
				copy(p, o.pieces)
				p[i] = Piece{Literal, d}
				n := o
				n.pieces = p
				next = append(next, n)
			}
		}
		out = next
	}
}

// dashPatterns makes the tests of a text with up to maxDashPatterns dashes.
func (v *value) dashPatterns(it *item, a *Atom) (Expr, error) {
	all := v.undash()
	if err := it.spend(v.line, len(all)); err != nil {
		return nil, err
	}
	or := make(Or, 0, len(all))
	for i := range all {
		each := *a
		all[i].pieces = normalise(all[i].pieces)
		e, err := all[i].match(it, &each)
		if err != nil {
			return nil, err
		}
		or = append(or, e)
	}
	return or, nil
}

// dashRegexp writes a text with many dashes as a regular expression that matches the same texts.
func (v *value) dashRegexp() string {
	var b strings.Builder
	if v.cased {
		b.WriteString("(?s)")
	} else {
		b.WriteString("(?is)")
	}
	if !v.lead {
		b.WriteString(`\A`)
	}
	for _, x := range v.pieces {
		switch x.Kind {
		case AnyRun:
			b.WriteString(".*")
		case AnyOne:
			b.WriteString(".")
		case dash:
			b.WriteString("[" + strings.Join(dashes[:], "") + "]")
		default:
			b.WriteString(regexp.QuoteMeta(x.Text))
		}
	}
	if !v.trail {
		b.WriteString(`\z`)
	}
	return b.String()
}
