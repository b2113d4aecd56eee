package stixpattern

import (
	"strings"
	"testing"
)

func TestRegexps(t *testing.T) {
	for _, c := range []struct {
		re       string
		hit      []string
		miss     []string
		isBinary bool
	}{
		{re: `a$`, hit: []string{"ba", "ba\n"}, miss: []string{"ba\n\n", "ab"}},
		{re: `(?m)a$`, hit: []string{"a\nb"}},
		{re: `a\Z`, hit: []string{"a\n"}, miss: []string{"ab"}},
		{re: `^\d+\s\w+$`, hit: []string{"12 für", "١ x", "1\u00a0x"}, miss: []string{"x y"}},
		{re: `^[\d-]+[\w.]+$`, hit: []string{"1-2ü.x"}},
		{re: `[\w-z]`, hit: []string{"-"}},
		{re: `^[^\s]+$`, hit: []string{"ab"}, miss: []string{"a b", "a\u000bb"}},
		{re: `\h\R\N`, hit: []string{"\t\r\nx"}, miss: []string{"x\ny"}},
		{re: `\Qa.b\E+`, hit: []string{"a.bbb"}, miss: []string{"axb"}},
		{re: `(?#comment)a`, hit: []string{"a"}},
		{re: `(?<n>a)(?'m'b)(?P<o>c)`, hit: []string{"abc"}},
		{re: `(?i:A)b`, hit: []string{"ab"}, miss: []string{"aB"}},
		{re: `a{,2}b{2}c{x}`, hit: []string{"bbc{x}"}},
		{re: `[]a]+[^]b]`, hit: []string{"]c"}, miss: []string{"]b"}},
		{re: `[[:alpha:]]\.`, hit: []string{"x."}},
		{re: `\x41\x{42}\103?\o{104}\e\cA`, hit: []string{"ABCD\x1b\x01"}, miss: []string{"x"}},
		{re: `\x41\x{42}\0103\o{104}`, hit: []string{"AB\x083D"}},
		{re: `\p{Lu}\pN\/\-\_`, hit: []string{"Ü1/-_"}},
		{re: `a+?b*?`, hit: []string{"a"}},
		{re: `^\xd4\xc3.\w$`, isBinary: true, hit: []string{"\xd4\xc3\xffa"}, miss: []string{"\xd4\xc3\xff\xe9"}},
		{re: `\\`, hit: []string{`\`}},
		{re: `é`, hit: []string{"é", "e\u0301"}},
	} {
		m, err := newRegexp(c.re, c.isBinary)
		if err != nil {
			if len(c.hit) > 0 {
				t.Errorf("%s: %v", c.re, err)
			}
			continue
		}
		try := func(s string) bool {
			if c.isBinary {
				return m.match(latin1([]byte(s)), newBudget(Limits{}))
			}
			return m.match(normalize(s), newBudget(Limits{}))
		}
		for _, s := range c.hit {
			if !try(s) {
				t.Errorf("%s does not match %q (%s)", c.re, s, m.re)
			}
		}
		for _, s := range c.miss {
			if try(s) {
				t.Errorf("%s matches %q (%s)", c.re, s, m.re)
			}
		}
	}
}

func TestRegexpsThatRE2Lacks(t *testing.T) {
	for _, c := range []struct{ re, says string }{
		{`a(?=b)`, "a lookahead"},
		{`a(?!b)`, "a lookahead"},
		{`(?<=a)b`, "a lookbehind"},
		{`(?<!a)b`, "a lookbehind"},
		{`(a)\1`, "a back reference"},
		{`(?<n>a)\k<n>`, "a back reference"},
		{`(?P<n>a)(?P=n)`, "a back reference"},
		{`(?>a)`, "an atomic group"},
		{`a++`, "a possessive quantifier"},
		{`a{2}+`, "a possessive quantifier"},
		{`(?|a|b)`, "branch reset"},
		{`(a)?(?(1)b)`, "conditional"},
		{`(?R)`, "recursion"},
		{`(?1)`, "recursion"},
		{`(?C1)`, "callout"},
		{`(*UTF)a`, "control verb"},
		{`(?x)a b`, "the flag x"},
		{`a\Kb`, `\K`},
		{`\Ga`, `\G`},
		{`\X`, `\X`},
		{`a{1001}`, "1000"},
		{`a**`, "repeats a repetition"},
		{`(`, "missing closing )"},
		{`[a`, "class that does not end"},
		{`a\`, "ends in a backslash"},
		{`[\H]`, "within a class"},
		{`\o{9}`, `\o`},
		{strings.Repeat("a", maxRegexp+1), "are not compiled"},
	} {
		if _, err := newRegexp(c.re, false); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v", clip(c.re), err)
		}
	}
}
