package stixpattern

import (
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// matcher is the compiled constant of a LIKE, MATCHES, ISSUBSET or ISSUPERSET. Match spends from the budget what it costs
// and may be wrong once the budget is gone.
type matcher interface {
	match(text string, b *budget) bool
}

// compileTest checks that a test's constants go with its operator, and compiles them where the operator needs it.
func compileTest(t *Test) (matcher, error) {
	switch t.Op {
	case In, Exists:
		return nil, nil //nolint:nilnil // most tests need none
	case Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual:
		if len(t.Values) != 1 {
			return nil, fmt.Errorf("%s needs one value", t.Op)
		}
		if t.Values[0].Kind == BoolValue && t.Op > NotEqual {
			return nil, fmt.Errorf("true and false have no order: %s needs a number, a string, a timestamp or binary data", t.Op)
		}
		return nil, nil //nolint:nilnil // most tests need none
	default:
	}
	if len(t.Values) != 1 || t.Values[0].Kind != StringValue {
		return nil, fmt.Errorf("%s needs a string", t.Op)
	}
	text := t.Values[0].Text
	switch t.Op {
	case Like:
		return newLike(normalize(text)), nil
	case Matches:
		return newRegexp(text, t.Path.binary())
	default:
		p, err := parseAddresses(text)
		if err != nil {
			return nil, fmt.Errorf("%s needs an address or a network such as '198.51.100.0/24' or '2001:db8::/32', and has %q", t.Op, clip(text))
		}
		return &network{prefix: p, superset: t.Op == IsSuperset}, nil
	}
}

// binary says whether the property at the end of the path is of type binary or hex (section 3.1: their names end so).
func (p Path) binary() bool {
	name := p.lastName()
	return strings.HasSuffix(name, "_bin") || strings.HasSuffix(name, "_hex")
}

func (p Path) lastName() string {
	for _, s := range slices.Backward(p.Steps) {
		if s.Kind == StepName {
			return s.Name
		}
	}
	return ""
}

// network compares sets of addresses (section 9.6.1, set operators).
type network struct {
	prefix   netip.Prefix
	superset bool
}

func (n *network) match(text string, b *budget) bool {
	b.spend(1 + len(text)/16)
	a, err := parseAddresses(text)
	if err != nil || a.Addr().Is4() != n.prefix.Addr().Is4() {
		return false
	}
	in, of := a, n.prefix
	if n.superset {
		in, of = of, in
	}
	return of.Bits() <= in.Bits() && of.Contains(in.Addr())
}

// parseAddresses reads an address, which is a set of one, or a network in CIDR notation; bits beyond its mask are ignored.
func parseAddresses(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%q is no address", clip(s))
	}
	return a.Prefix(a.BitLen())
}

// like is a pattern of LIKE: % is any run of characters, _ any one. The segments between the runs are found from left to
// right, each at its first place; the last one is at the end.
type like struct {
	segments [][]rune // -1 stands for _
	text     string   // where there is no wildcard at all
	plain    bool
}

func newLike(pattern string) *like {
	if !strings.ContainsAny(pattern, "%_") {
		return &like{text: pattern, plain: true}
	}
	l := &like{}
	for s := range strings.SplitSeq(pattern, "%") {
		r := []rune(s)
		for i := range r {
			if r[i] == '_' {
				r[i] = -1
			}
		}
		l.segments = append(l.segments, r)
	}
	return l
}

func (l *like) match(text string, b *budget) bool {
	b.spend(1 + len(text)/16)
	if l.plain {
		return text == l.text
	}
	r := []rune(text)
	first, last := l.segments[0], l.segments[len(l.segments)-1]
	if len(l.segments) == 1 {
		return len(r) == len(first) && fits(r, first, b)
	}
	if len(r) < len(first)+len(last) || !fits(r, first, b) || !fits(r[len(r)-len(last):], last, b) {
		return false
	}
	r = r[len(first) : len(r)-len(last)]
	for _, s := range l.segments[1 : len(l.segments)-1] {
		i := 0
		for ; ; i++ {
			if len(r)-i < len(s) || b.gone() {
				return false
			}
			if fits(r[i:], s, b) {
				break
			}
		}
		r = r[i+len(s):]
	}
	return true
}

// fits says whether text, which is long enough, begins with the segment.
func fits(text, segment []rune, b *budget) bool {
	for i, c := range segment {
		if c >= 0 && text[i] != c {
			b.spend(1 + i/16)
			return false
		}
	}
	b.spend(1 + len(segment)/16)
	return true
}

// expression is a regular expression of MATCHES.
type expression struct {
	re   *regexp.Regexp
	size int // instructions: RE2 takes time in proportion to them and the text
}

func newRegexp(pattern string, binary bool) (*expression, error) {
	text, err := translateRegexp(pattern, binary)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, regexpError(err)
	}
	e := &expression{re: re, size: 1}
	if parsed, err := syntax.Parse(text, syntax.Perl); err == nil {
		if prog, err := syntax.Compile(parsed.Simplify()); err == nil {
			e.size = len(prog.Inst)
		}
	}
	return e, nil
}

func (e *expression) match(text string, b *budget) bool {
	b.spend(1 + len(text)/64*e.size + e.size/64)
	return !b.gone() && e.re.MatchString(text)
}
