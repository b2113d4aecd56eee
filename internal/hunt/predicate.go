package hunt

import (
	"math"
	"regexp"
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
	need needs // OpRegexp
	// musts are the literals that every text which the pattern matches holds somewhere; of OpMatch without case.
	musts [][]byte
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
		p.musts = p.glob.musts()
	case sigma.OpRegexp:
		p.re.source = a.Regexp
		p.need = regexpNeeds(a.Regexp)
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
		return a.CompareNumber(string(text))
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
