package sigma

import (
	"strings"
	"testing"
)

func TestRe(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|re: 'a.*b\d'`, want: `F matches the expression /a.*b\d/`},
		{entry: `F|re: '\\\*'`, want: `F matches the expression /\\\*/`},
		{entry: `F|re: 5`, want: `F matches the expression /5/`},
		{entry: `F|re|i: a`, want: `F matches the expression /(?i)a/`},
		{entry: `F|re|i|m|s: a`, want: `F matches the expression /(?ims)a/`},
		{entry: `F|re|s|i: a`, want: `F matches the expression /(?is)a/`},
		{entry: `F|re|ignorecase|multiline|dotall: a`, want: `F matches the expression /(?ims)a/`},
		{entry: `F|re|i|endswith: 'a|b'`, want: `F matches the expression /(?i)(?:a|b)\z/`},
		{entry: `F|re: [a, b]`, want: `(F matches the expression /a/ or F matches the expression /b/)`},
		{entry: `F|i: a`, fault: `write it after re`},
		{entry: `F|contains|re: a`, fault: `has to be the first`},
		{entry: `F|re: null`, fault: `cannot be used with null`},
		{entry: `F|re|re: a`, fault: `has to be the first`},
	})
	checkMatches(t, `F|re: 'A.c'`, []any{"xAbcx", "A\xff" + "c"}, []any{"abc", "A\nc", "", nil})
	checkMatches(t, `F|re: '^a$'`, []any{"a"}, []any{"a\n", "b\na"})
	checkMatches(t, `F|re|m: '^a$'`, []any{"a", "b\na\nc"}, []any{"ba"})
	checkMatches(t, `F|re|s|i: 'A.c'`, []any{"a\nC"}, []any{"ac"})
	checkMatches(t, `F|re: ''`, []any{"", "x"}, []any{nil})
}

func TestRegexpSyntax(t *testing.T) {
	for _, tt := range []struct{ re, want, fault string }{
		{re: `a\Z`, want: `a(?:\n?\z)`},
		{re: `[\h]\h`, want: `[ \t][ \t]`},
		{re: `\u00e9`, want: `\x{00e9}`},
		{re: `\e[a\]\Z]`, fault: `not valid`},
		{re: `\é`, want: `é`},
		{re: `a\Rb`, want: `a(?:\r\n|[\n\x0b\f\r\x{85}\x{2028}\x{2029}])b`},
		{re: `(?<name>a)`, want: `(?<name>a)`},
		{re: `[[:digit:]]`, want: `[[:digit:]]`},
		{re: `[]a]`, want: `[]a]`},
		{re: `(?=a)`, fault: `uses a lookahead (?=`},
		{re: `a(?!b)`, fault: `uses a lookahead (?!`},
		{re: `(?<=a)b`, fault: `uses a lookbehind (?<=`},
		{re: `(?<!a)b`, fault: `uses a lookbehind (?<!`},
		{re: `(?>a)`, fault: `uses an atomic group`},
		{re: `a++`, fault: `uses a possessive quantifier`},
		{re: `a{1,2}+`, fault: `uses a possessive quantifier`},
		{re: `(a)\1`, fault: `uses a back reference \1`},
		{re: `(?P<x>a)(?P=x)`, fault: `uses a back reference`},
		{re: `(?<x>a)\k<x>`, fault: `uses a back reference`},
		{re: `(a(?R)?)`, fault: `uses recursion`},
		{re: `(?(1)a|b)`, fault: `uses a conditional group`},
		{re: `[(?=](`, fault: `not valid: missing closing )`},
		{re: `\(?=\\(?!`, fault: `uses a lookahead (?!`},
		{re: `(`, fault: `not valid: missing closing )`},
		{re: `a{2000}`, fault: `not valid: invalid repeat count`},
		{re: `((a{100}){100}){100}`, fault: `not valid`},
		{re: `[z-a]`, fault: `not valid: invalid character class range`},
		{re: `*a`, fault: `not valid: missing argument`},
		{re: `\`, fault: `not valid: trailing backslash`},
		{re: strings.Repeat("(", 2000) + strings.Repeat(")", 2000), fault: `not valid`},
		{re: strings.Repeat("a", maxRegexp+1), fault: `is the limit`},
	} {
		v := value{kind: regexpValue, regexp: tt.re}
		got, err := v.compileRegexp()
		switch {
		case tt.fault == "" && err != nil:
			t.Errorf("%s: %v", tt.re, err)
		case tt.fault == "" && got != tt.want:
			t.Errorf("%s becomes %s, not %s", tt.re, got, tt.want)
		case tt.fault != "" && err == nil:
			t.Errorf("%.40s is accepted as %.40s", tt.re, got)
		case tt.fault != "" && !strings.Contains(err.Error(), tt.fault):
			t.Errorf("%.40s: %.200v, and should say %q", tt.re, err, tt.fault)
		}
	}
}
