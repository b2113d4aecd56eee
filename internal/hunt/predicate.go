package hunt

import (
	"math"
	"regexp"
	"regexp/syntax"
	"sync"
	"time"

	"entente/internal/event"
	"entente/internal/sigma"
)

// predicate is a compiled test. It is shared between programs and workers.
type predicate struct {
	atom *sigma.Atom
	glob glob
	re   lazyRegexp
	need [][]byte // OpRegexp: folded literals of which one must occur; nil where none is known
}

// lazyRegexp compiles at its first use: most expressions of a rule set are never reached.
type lazyRegexp struct {
	source string
	once   sync.Once
	re     *regexp.Regexp
}

func (l *lazyRegexp) match(text []byte) bool {
	l.once.Do(func() {
		// The loader has checked that it compiles; should it not, the test is never true.
		l.re, _ = regexp.Compile(l.source)
	})
	return l.re != nil && l.re.Match(text)
}

func compilePredicate(a *sigma.Atom) *predicate {
	p := &predicate{atom: a}
	switch a.Op {
	case sigma.OpMatch:
		p.glob = compileGlob(a.Pattern)
	case sigma.OpRegexp:
		p.re.source = a.Regexp
		p.need = regexpLiterals(a.Regexp)
	default:
	}
	return p
}

// folded says that the predicate reads the folded text; otherwise it reads the original.
func (p *predicate) folded() bool { return p.atom.Op == sigma.OpMatch && !p.atom.Cased }

// test evaluates the predicate on one text: the folded one if folded() says so.
func (p *predicate) test(text []byte) bool {
	a := p.atom
	switch a.Op {
	case sigma.OpMatch:
		return p.glob.match(text)
	case sigma.OpRegexp:
		return p.re.match(text)
	case sigma.OpCIDR:
		addr, ok := sigma.ParseAddress(string(text))
		return ok && a.Prefix.Contains(addr)
	case sigma.OpCompare:
		n, ok := sigma.ParseNumber(string(text))
		return ok && compare(a.Compare, n, a.Number)
	case sigma.OpTime:
		t, ok := event.ParseTime(string(text))
		return ok && compare(a.Compare, timePart(a.Part, t), a.Number)
	default:
		return false
	}
}

func compare(c sigma.Compare, x, y float64) bool {
	switch c {
	case sigma.EQ:
		return x == y
	case sigma.NEQ:
		return x != y
	case sigma.LT:
		return x < y
	case sigma.LTE:
		return x <= y
	case sigma.GT:
		return x > y
	case sigma.GTE:
		return x >= y
	}
	return false
}

func timePart(p sigma.TimePart, t time.Time) float64 {
	t = t.UTC()
	switch p {
	case sigma.Minute:
		return float64(t.Minute())
	case sigma.Hour:
		return float64(t.Hour())
	case sigma.Day:
		return float64(t.Day())
	case sigma.Week:
		_, w := t.ISOWeek()
		return float64(w)
	case sigma.Month:
		return float64(t.Month())
	case sigma.Year:
		return float64(t.Year())
	}
	return math.NaN()
}

// regexpLiterals returns folded literals of which at least one occurs, ignoring case, in every text that the
// expression matches; nil where there is no such set of useful length.
func regexpLiterals(source string) [][]byte {
	re, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil
	}
	lits := requiredLiterals(re.Simplify(), 0)
	out := make([][]byte, 0, len(lits))
	for _, l := range lits {
		out = append(out, []byte(event.FoldString(l)))
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// maxAlternatives bounds the literals that one expression contributes.
const maxAlternatives = 64

func requiredLiterals(re *syntax.Regexp, depth int) []string {
	if depth > 50 {
		return nil
	}
	switch re.Op {
	case syntax.OpLiteral:
		if s := string(re.Rune); len(s) >= minGuard {
			return []string{s}
		}
		return nil
	case syntax.OpCapture, syntax.OpPlus:
		return requiredLiterals(re.Sub[0], depth+1)
	case syntax.OpRepeat:
		if re.Min < 1 {
			return nil
		}
		return requiredLiterals(re.Sub[0], depth+1)
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if l := requiredLiterals(sub, depth+1); betterLiterals(l, best) {
				best = l
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			l := requiredLiterals(sub, depth+1)
			if l == nil {
				return nil
			}
			all = append(all, l...)
		}
		if len(all) > maxAlternatives {
			return nil
		}
		return all
	default:
		return nil
	}
}

// betterLiterals prefers long literals, then few of them.
func betterLiterals(a, b []string) bool {
	if a == nil || b == nil {
		return a != nil
	}
	la, lb := shortest(a), shortest(b)
	if la != lb {
		return la > lb
	}
	return len(a) < len(b)
}

func shortest(l []string) int {
	n := len(l[0])
	for _, s := range l[1:] {
		n = min(n, len(s))
	}
	return n
}
