package hunt

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"entente/internal/sigma"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{``, []string{""}, []string{"a"}},
		{`*`, []string{"", "a", "a\nb"}, nil},
		{`?`, []string{"a", "ö", "日"}, []string{"", "ab"}},
		{`abc`, []string{"abc"}, []string{"abcd", "xabc", ""}},
		{`abc*`, []string{"abc", "abcd"}, []string{"xabc", "ab"}},
		{`*abc`, []string{"abc", "xabc"}, []string{"abcx"}},
		{`*abc*`, []string{"abc", "xabcx"}, []string{"ab"}},
		{`a*c`, []string{"ac", "abc", "a\r\nc"}, []string{"abcd", "c"}},
		{`a?c`, []string{"abc", "aöc"}, []string{"ac", "abbc"}},
		{`*a?c`, []string{"abc", "xxaac"}, []string{"xxac"}},
		{`a*b*c`, []string{"abc", "axbxc", "abbcc"}, []string{"acb", "ab"}},
		{`*a*b*`, []string{"ab", "xaxbx"}, []string{"ba"}},
		{`aa*aa`, []string{"aaaa", "aaxaa"}, []string{"aaa"}},
		{`?*?`, []string{"ab", "abc"}, []string{"a", ""}},
		{`*??`, []string{"ab", "xyz"}, []string{"a"}},
	} {
		g := compileGlob(sigma.ParsePattern(c.pattern))
		for _, s := range c.yes {
			if !g.match([]byte(s)) {
				t.Errorf("%q does not match %q", c.pattern, s)
			}
			for _, m := range g.musts() {
				if !strings.Contains(s, string(m)) {
					t.Errorf("%q matches %q, which does not hold %q", c.pattern, s, m)
				}
			}
		}
		for _, s := range c.no {
			if g.match([]byte(s)) {
				t.Errorf("%q matches %q", c.pattern, s)
			}
		}
	}
}

func TestGlobAgainstRegexp(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pick := func(alphabet string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(alphabet[rng.IntN(len(alphabet))])
		}
		return b.String()
	}
	for range 5000 {
		p := pick("ab*?", rng.IntN(8))
		re := regexp.MustCompile(`(?s)^` + strings.NewReplacer("*", ".*", "?", ".").Replace(p) + `$`)
		g := compileGlob(sigma.ParsePattern(p))
		for range 10 {
			s := pick("ab", rng.IntN(9))
			if got, want := g.match([]byte(s)), re.MatchString(s); got != want {
				t.Fatalf("%q on %q: %v, want %v", p, s, got, want)
			}
		}
	}
}
