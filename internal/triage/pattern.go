package triage

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"

	"entente/internal/event"
)

// pattern is one text or expression that is searched for.
type pattern struct {
	literal []byte         // folded unless exact; nil for expressions
	re      *regexp.Regexp // nil for literals
	exact   bool
	// needles are texts of which at least one occurs in the folded form of whatever the pattern matches; none where
	// nothing of that kind is known.
	needles [][]byte
}

func newPattern(text string, regex, exact bool) (*pattern, error) {
	if text == "" {
		return nil, fmt.Errorf("an empty pattern would match everything")
	}
	p := &pattern{exact: exact}
	if !regex {
		folded := event.FoldString(text)
		p.literal, p.needles = []byte(folded), [][]byte{[]byte(folded)}
		if exact {
			p.literal = []byte(text)
		}
		return p, nil
	}
	_, err := regexp.Compile(text) // as it was written, lest the error shows what we made of it
	if !exact {
		text = "(?i)" + text
	}
	if err == nil {
		p.re, err = regexp.Compile(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%w\nhint: the syntax is RE2's, see https://golang.org/s/re2syntax; without --regex the text is searched for as it stands", err)
	}
	if tree, err := syntax.Parse(text, syntax.Perl); err == nil {
		for _, n := range required(tree.Simplify()) {
			p.needles = append(p.needles, []byte(event.FoldString(n)))
		}
	}
	return p, nil
}

// maxNeedles bounds the alternatives that required returns.
const maxNeedles = 16

// required returns literals of which every match of an expression contains at least one, as far as its structure
// shows; nil where there are none. Of several such lists it takes the one whose shortest literal is longest.
func required(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if list := required(sub); shortest(list) > shortest(best) {
				best = list
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			list := required(sub)
			if list == nil || len(all)+len(list) > maxNeedles {
				return nil
			}
			all = append(all, list...)
		}
		return all
	default:
	}
	return nil
}

// shortest is the length of the shortest text of a list, 0 for an empty list.
func shortest(list []string) int {
	if len(list) == 0 {
		return 0
	}
	n := len(list[0])
	for _, s := range list[1:] {
		n = min(n, len(s))
	}
	return n
}

// possible says that folded text may hold the pattern.
func (p *pattern) possible(folded []byte) bool {
	for _, n := range p.needles {
		if bytes.Contains(folded, n) {
			return true
		}
	}
	return len(p.needles) == 0
}

// in says whether the pattern occurs in one value: text as it is, and folded.
func (p *pattern) in(text, folded []byte) bool {
	switch {
	case p.re != nil:
		return p.re.Match(text)
	case p.exact:
		return bytes.Contains(text, p.literal)
	default:
		return bytes.Contains(folded, p.literal)
	}
}

// spans returns where the pattern occurs in text, at most n places.
func (p *pattern) spans(text []byte, n int) []Span {
	var out []Span
	if p.re != nil {
		for _, at := range p.re.FindAllIndex(text, n) {
			if at[1] > at[0] {
				out = append(out, Span{at[0], at[1]})
			}
		}
		return out
	}
	for from := 0; from < len(text) && len(out) < n; {
		var at Span
		if p.exact {
			i := bytes.Index(text[from:], p.literal)
			if i < 0 {
				break
			}
			at = Span{from + i, from + i + len(p.literal)}
		} else {
			var ok bool
			if at, ok = foldedSpan(text, from, p.literal); !ok {
				break
			}
		}
		out = append(out, at)
		from = at.End
	}
	return out
}

// foldedSpan finds a folded literal in text that is not folded, from a place on.
func foldedSpan(text []byte, from int, literal []byte) (Span, bool) {
	var buf [utf8.UTFMax]byte
	for start := from; start < len(text); {
		i, rest := start, literal
		for i < len(text) && len(rest) > 0 {
			r, n := utf8.DecodeRune(text[i:])
			c := utf8.AppendRune(buf[:0], event.FoldRune(r))
			if !bytes.HasPrefix(rest, c) {
				break
			}
			rest, i = rest[len(c):], i+n
		}
		if len(rest) == 0 {
			return Span{start, i}, true
		}
		_, n := utf8.DecodeRune(text[start:])
		start += n
	}
	return Span{}, false
}
