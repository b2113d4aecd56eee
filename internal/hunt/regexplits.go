package hunt

import (
	"bytes"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"entente/internal/event"
)

// needs is what every text that a regular expression matches must hold: of each set at least one literal, ignoring
// case, and so many bytes; and how it must begin and end. It is cheap to look for and spares most texts the expression
// itself.
type needs struct {
	sets   [][][]byte // folded; the most telling set first
	starts [][]byte   // folded: the text begins with one of them; none where it may begin with anything
	ends   [][]byte   // likewise
	length int
}

// maxAlternatives bounds the literals of one set, maxNeeds the sets of one expression, and maxClass the characters of a
// class, without case, that is taken for a choice of them.
const (
	maxAlternatives = 64
	maxNeeds        = 8
	maxClass        = 4
)

// regexpNeeds analyses an expression that is known to compile.
func regexpNeeds(source string) needs {
	re, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return needs{}
	}
	n := needs{length: minLength(re, 0)}
	re = re.Simplify()
	starts, ends := edges(re)
	n.starts, n.ends = asBytes(starts), asBytes(ends)
	for _, set := range literalSets(re, 0) {
		folded := asBytes(set)
		// What is repeated so many times is looked for once.
		if !slices.ContainsFunc(n.sets, func(o [][]byte) bool { return slices.EqualFunc(o, folded, bytes.Equal) }) {
			n.sets = append(n.sets, folded)
		}
	}
	slices.SortStableFunc(n.sets, func(a, b [][]byte) int {
		if d := shortest(b) - shortest(a); d != 0 {
			return d
		}
		return len(a) - len(b)
	})
	if len(n.sets) > maxNeeds {
		n.sets = n.sets[:maxNeeds]
	}
	return n
}

func (n *needs) nothing() bool { return len(n.sets)+len(n.starts)+len(n.ends) == 0 }

// met says whether one of the folded texts of a field holds what is needed.
func (n *needs) met(field *fieldText, text []byte) bool {
	if len(n.starts) > 0 && !slices.ContainsFunc(n.starts, func(l []byte) bool { return bytes.HasPrefix(text, l) }) ||
		len(n.ends) > 0 && !slices.ContainsFunc(n.ends, func(l []byte) bool { return bytes.HasSuffix(text, l) }) {
		return false
	}
	for _, set := range n.sets {
		// To look for many literals in a short text takes longer than the expression itself.
		if len(set) > 4 && len(text) < 64*len(set) && len(text) < sketchFrom {
			continue
		}
		if !slices.ContainsFunc(set, func(l []byte) bool { return !field.lacks(l) && bytes.Contains(text, l) }) {
			return false
		}
	}
	return true
}

func asBytes(texts []string) (out [][]byte) {
	for _, t := range texts {
		out = append(out, []byte(t))
	}
	return out
}

func shortest(l [][]byte) int {
	n := len(l[0])
	for _, s := range l[1:] {
		n = min(n, len(s))
	}
	return n
}

// literalSets returns sets of folded literals, none of them empty; a match holds at least one literal of each.
func literalSets(re *syntax.Regexp, depth int) [][]string {
	if depth > 50 {
		return nil
	}
	if all := allTexts(re, depth); all != nil {
		return asSet(nil, all)
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return literalSets(re.Sub[0], depth+1)
	case syntax.OpRepeat:
		if re.Min < 1 {
			return nil
		}
		return literalSets(re.Sub[0], depth+1)
	case syntax.OpConcat:
		// What stands side by side is one literal: of \\\\(a|b)\.exe it is \a.exe or \b.exe.
		var sets [][]string
		run := []string{""}
		for _, sub := range re.Sub {
			all := allTexts(sub, depth+1)
			if joined := product(run, all); joined != nil {
				run = joined
				continue
			}
			sets = asSet(sets, run)
			if run = all; all == nil {
				run = []string{""}
				sets = append(sets, literalSets(sub, depth+1)...)
			}
		}
		return asSet(sets, run)
	case syntax.OpAlternate:
		// One set that holds the best of every branch.
		var joined []string
		for _, sub := range re.Sub {
			sets := literalSets(sub, depth+1)
			if len(sets) == 0 {
				return nil
			}
			joined = append(joined, slices.MaxFunc(sets, func(a, b []string) int { return shortestText(a) - shortestText(b) })...)
			if len(joined) > maxAlternatives {
				return nil
			}
		}
		return [][]string{joined}
	default:
		return nil
	}
}

// edges are the folded texts with one of which every match begins, and ends, where it is tied to the start, or the end, of
// the text; nil where it is not, or they are not to be told.
func edges(re *syntax.Regexp) (starts, ends []string) {
	if re.Op != syntax.OpConcat {
		return nil, nil
	}
	subs := re.Sub
	if subs[0].Op == syntax.OpBeginText {
		starts = []string{""}
		for _, sub := range subs[1:] {
			longer := product(starts, allTexts(sub, 1))
			if longer == nil {
				break
			}
			starts = longer
		}
	}
	if subs[len(subs)-1].Op == syntax.OpEndText {
		ends = []string{""}
		for _, sub := range slices.Backward(subs[:len(subs)-1]) {
			longer := product(allTexts(sub, 1), ends)
			if longer == nil {
				break
			}
			ends = longer
		}
	}
	telling := func(l []string) []string {
		if len(l) == 0 || shortestText(l) == 0 {
			return nil
		}
		return l
	}
	return telling(starts), telling(ends)
}

// asSet appends a choice of texts as a set. A text that holds another one adds nothing to it.
func asSet(sets [][]string, texts []string) [][]string {
	if len(texts) == 0 || shortestText(texts) == 0 {
		return sets
	}
	var set []string
	for i, t := range texts {
		if !slices.ContainsFunc(texts, func(o string) bool { return len(o) < len(t) && strings.Contains(t, o) }) && !slices.Contains(texts[:i], t) {
			set = append(set, t)
		}
	}
	return append(sets, set)
}

// allTexts are all the texts that an expression can match, folded; nil where they are many, or not to be told.
func allTexts(re *syntax.Regexp, depth int) []string {
	if depth > 50 {
		return nil
	}
	switch re.Op {
	case syntax.OpLiteral:
		return []string{event.FoldString(string(re.Rune))}
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}
	case syntax.OpCharClass:
		var set []string
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i+1]-re.Rune[i] > 4*maxClass {
				return nil
			}
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if s := event.FoldString(string(r)); !slices.Contains(set, s) {
					set = append(set, s)
				}
				if len(set) > maxClass {
					return nil
				}
			}
		}
		return set
	case syntax.OpCapture:
		return allTexts(re.Sub[0], depth+1)
	case syntax.OpQuest:
		all := allTexts(re.Sub[0], depth+1)
		if all == nil || len(all) == maxAlternatives {
			return nil
		}
		return append([]string{""}, all...)
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			if all = product(all, allTexts(sub, depth+1)); all == nil {
				return nil
			}
		}
		return all
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			of := allTexts(sub, depth+1)
			if of == nil || len(all)+len(of) > maxAlternatives {
				return nil
			}
			all = append(all, of...)
		}
		return all
	default:
		return nil
	}
}

// product are the texts that begin with one of a and go on with one of b; nil where there are none, or too many.
func product(a, b []string) []string {
	if len(a)*len(b) > maxAlternatives {
		return nil
	}
	var out []string
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}

func shortestText(l []string) int {
	n := len(l[0])
	for _, s := range l[1:] {
		n = min(n, len(s))
	}
	return n
}

// minLength is the least number of bytes that a match can have. A character of a case-insensitive literal counts as
// one byte, because another spelling of it may be shorter.
func minLength(re *syntax.Regexp, depth int) int {
	const most = 1 << 20
	if depth > 200 {
		return 0
	}
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return len(re.Rune)
		}
		n := 0
		for _, r := range re.Rune {
			n += max(utf8.RuneLen(r), 1)
		}
		return n
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return minLength(re.Sub[0], depth+1)
	case syntax.OpRepeat:
		return min(re.Min*minLength(re.Sub[0], depth+1), most)
	case syntax.OpConcat:
		n := 0
		for _, sub := range re.Sub {
			n += minLength(sub, depth+1)
		}
		return min(n, most)
	case syntax.OpAlternate:
		n := most
		for _, sub := range re.Sub {
			n = min(n, minLength(sub, depth+1))
		}
		return n
	default:
		return 0
	}
}
