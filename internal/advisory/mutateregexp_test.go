package advisory

import (
	"slices"
	"testing"
)

func TestRegexpMutants(t *testing.T) {
	const d = deadText
	for re, want := range map[string][]string{
		`abc`:                  {d},
		`abc|de`:               {d, d + `|de`, `abc|` + d},
		`(?i)(?:abc|de)f`:      {d, `(?i)(?:` + d + `|de)f`, `(?i)(?:abc|` + d + `)f`, `(?i)(?:abc|de)` + d},
		`[a-f\]0-9]{8}`:        {d, `[a-f\]0-9]{9}`},
		`x{2,5}`:               {d, `x{3,5}`, `x{2,4}`},
		`abc+`:                 {d, d + `c+`},
		`\\temp\\\d+\.exe$`:    {d, d + `\d+\.exe$`, `\\temp\\\d+` + d + `$`},
		`^.*$`:                 {d},
		`[[:alpha:]]x\p{Lu}y`:  {d, `[[:alpha:]]` + d + `\p{Lu}y`, `[[:alpha:]]x\p{Lu}` + d},
		`(?P<name>ab)(?:c)?é*`: {d, `(?P<name>` + d + `)(?:c)?é*`, `(?P<name>ab)(?:` + d + `)?é*`},
	} {
		var got []string
		for _, m := range regexpMutants(re) {
			got = append(got, m.re)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", re, got, want)
		}
	}
}

func FuzzRegexpMutants(f *testing.F) {
	for _, s := range []string{`a(b|c)[d]{2}`, `(?`, `[`, `\`, `x{`, `\x{41`, `(?P<a`, `[[:`, `é*`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, re string) {
		for _, tok := range regexpTokens(re) {
			if tok.start < 0 || tok.end < tok.start || tok.end > len(re) {
				t.Fatalf("%q: %+v", re, tok)
			}
		}
		regexpMutants(re)
	})
}
