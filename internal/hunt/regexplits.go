package hunt

import (
	"regexp/syntax"
	"slices"
	"unicode/utf8"

	"entente/internal/event"
)

// needs is what every text that a regular expression matches must hold: of each set at least one literal, ignoring
// case, and so many bytes. It is cheap to look for and spares most texts the expression itself.
type needs struct {
	sets   [][][]byte // folded; the most telling set first
	length int
}

// maxAlternatives bounds the literals of one set, maxNeeds the sets of one expression.
const (
	maxAlternatives = 64
	maxNeeds        = 8
)

// regexpNeeds analyses an expression that is known to compile.
func regexpNeeds(source string) needs {
	re, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return needs{}
	}
	n := needs{length: minLength(re, 0)}
	for _, set := range literalSets(re.Simplify(), 0) {
		var folded [][]byte
		for _, l := range set {
			folded = append(folded, []byte(event.FoldString(l)))
		}
		n.sets = append(n.sets, folded)
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

func shortest(l [][]byte) int {
	n := len(l[0])
	for _, s := range l[1:] {
		n = min(n, len(s))
	}
	return n
}

// literalSets returns sets of literals; a match holds at least one literal of each.
func literalSets(re *syntax.Regexp, depth int) [][]string {
	if depth > 50 {
		return nil
	}
	switch re.Op {
	case syntax.OpLiteral:
		return [][]string{{string(re.Rune)}}
	case syntax.OpCharClass:
		// A small class is a choice of characters: [`'"].
		var set []string
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if len(set) == 4 {
					return nil
				}
				set = append(set, string(r))
			}
		}
		if len(set) == 0 {
			return nil
		}
		return [][]string{set}
	case syntax.OpCapture, syntax.OpPlus:
		return literalSets(re.Sub[0], depth+1)
	case syntax.OpRepeat:
		if re.Min < 1 {
			return nil
		}
		return literalSets(re.Sub[0], depth+1)
	case syntax.OpConcat:
		var all [][]string
		for _, sub := range re.Sub {
			all = append(all, literalSets(sub, depth+1)...)
		}
		return all
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
