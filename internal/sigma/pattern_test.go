package sigma

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParsePattern(t *testing.T) {
	lit := func(s string) Piece { return Piece{Literal, s} }
	run, one := Piece{Kind: AnyRun}, Piece{Kind: AnyOne}
	for _, tt := range []struct {
		in   string
		want Pattern
	}{
		{``, nil},
		{`abc`, Pattern{lit(`abc`)}},
		{`C:\Windows\x.exe`, Pattern{lit(`C:\Windows\x.exe`)}},
		{`\\srv\share`, Pattern{lit(`\srv\share`)}},
		{`\\\\srv`, Pattern{lit(`\\srv`)}},
		{`\\\srv`, Pattern{lit(`\\srv`)}},
		{`a*`, Pattern{lit(`a`), run}},
		{`a\*`, Pattern{lit(`a*`)}},
		{`a\\*`, Pattern{lit(`a\`), run}},
		{`a\\\*`, Pattern{lit(`a\*`)}},
		{`a\\\\*`, Pattern{lit(`a\\`), run}},
		{`a\?b?`, Pattern{lit(`a?b`), one}},
		{`a\`, Pattern{lit(`a\`)}},
		{`\`, Pattern{lit(`\`)}},
		{`**`, Pattern{run}},
		{`*?*`, Pattern{one, run}},
		{`*??a`, Pattern{one, one, run, lit(`a`)}},
		{`a**b`, Pattern{lit(`a`), run, lit(`b`)}},
		{"a\nb*", Pattern{lit("a\nb"), run}},
		{`\é*`, Pattern{lit(`\é`), run}},
	} {
		got := ParsePattern(tt.in)
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("ParsePattern(%q) = %v, want %v", tt.in, got, tt.want)
		}
		if again := ParsePattern(got.String()); !reflect.DeepEqual(again, got) {
			t.Errorf("%q prints as %q, which reads as %v", tt.in, got.String(), again)
		}
	}
}

func TestPatternMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		yes, no []string
	}{
		{``, []string{``}, []string{`a`}},
		{`abc`, []string{`abc`}, []string{`ab`, `abcd`, ``}},
		{`*`, []string{``, `a`, "a\nb"}, nil},
		{`?`, []string{`a`, `é`, "\n", "\xff"}, []string{``, `ab`}},
		{`a*c`, []string{`ac`, `abc`, "a\nc", `acc`}, []string{`ab`, `bac`}},
		{`*a?c*`, []string{`aabc`, `xabcx`, `aac`, `aacc`, `éaécé`}, []string{`ac`, `a`}},
		{`*ab*ab`, []string{`abab`, `xabyab`, `ababab`}, []string{`ab`, `abba`}},
		{`a??*`, []string{`abc`, `abcd`}, []string{`ab`}},
		{`*aab`, []string{`aaab`, `aab`}, []string{`aaba`}},
	} {
		p := ParsePattern(tt.pattern)
		for _, s := range tt.yes {
			if !p.Match(s) {
				t.Errorf("%q does not match %q", tt.pattern, s)
			}
		}
		for _, s := range tt.no {
			if p.Match(s) {
				t.Errorf("%q matches %q", tt.pattern, s)
			}
		}
	}
}

func TestPatternFold(t *testing.T) {
	for in, want := range map[string]string{
		"abc": "abc", "ABC": "abc", "É": "É", "é": "É", "K": "k", // the last is the Kelvin sign
	} {
		p := ParsePattern(in)
		p.fold()
		if p.String() != want {
			t.Errorf("%q folds to %q, want %q", in, p.String(), want)
		}
	}
}

// asRegexp writes a pattern as a regular expression, for comparison.
func asRegexp(p Pattern) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for _, x := range p {
		switch x.Kind {
		case AnyRun:
			b.WriteString(`.*`)
		case AnyOne:
			b.WriteString(`.`)
		default:
			b.WriteString(regexp.QuoteMeta(x.Text))
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

func FuzzPattern(f *testing.F) {
	for _, s := range [][2]string{
		{`a*b?c`, `axxbyc`}, {`\*\?\\`, `*?\`}, {`**?`, `é`}, {`C:\\*\x`, `C:\a\x`}, {``, ``}, {`*a*a*a*`, `aaaa`}, {"?\n*", "a\n"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p := ParsePattern(pattern)
		if !normal(p) {
			t.Fatalf("%q reads as %v, which is not normal", pattern, p)
		}
		if again := ParsePattern(p.String()); !reflect.DeepEqual(again, p) {
			t.Fatalf("%q reads as %v, prints as %q, reads as %v", pattern, p, p.String(), again)
		}
		if !utf8.ValidString(pattern) || !utf8.ValidString(text) || len(pattern) > 200 {
			return
		}
		if got, want := p.Match(text), asRegexp(p).MatchString(text); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, text, got, want)
		}
		q := ParsePattern(pattern)
		q.fold()
		if got, want := q.Match(foldString(text)), q.Match(foldString(foldString(text))); got != want {
			t.Fatalf("folding %q twice is not folding it once", text)
		}
	})
}
