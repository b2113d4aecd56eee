package sigma

import "testing"

func TestBase64(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|base64: foobar`, want: `F = 'Zm9vYmFy', case matters`},
		{entry: `F|base64|contains: 'foob'`, want: `F contains 'Zm9vYg==', case matters`},
		{entry: `F|base64: 'a\*b'`, want: `F = 'YSpi', case matters`},
		{entry: `F|base64: 'é'`, want: `F = 'w6k=', case matters`},
		{entry: `F|base64: [foo, bar]`, want: `(F = 'Zm9v', case matters or F = 'YmFy', case matters)`},
		{entry: `F|base64|all: [foo, bar]`, want: `(F = 'Zm9v', case matters and F = 'YmFy', case matters)`},
		{entry: `F|wide|base64: ab`, want: `F = 'YQBiAA==', case matters`},
		{entry: `F|utf16|base64: ab`, want: `F = '//5hAGIA', case matters`},
		{entry: `F|windash|base64|contains: '-a'`, want: `(F contains 'LWE=', case matters or F contains 'L2E=', case matters or F contains '4oCTYQ==', case matters or F contains '4oCUYQ==', case matters or F contains '4oCVYQ==', case matters)`},
		{entry: `F|base64|base64: foo`, want: `F = 'Wm05dg==', case matters`},
		{entry: `F|base64: ''`, want: `F = '', case matters`},
		{entry: `F|base64: 'a*'`, fault: `cannot encode a wildcard`},
		{entry: `F|contains|base64: a`, fault: `cannot encode a wildcard`},
		{entry: `F|base64: 5`, fault: `base64 in "F|base64" cannot be used with a number`},
		{entry: `F|base64: null`, fault: `cannot be used with null`},
		{entry: `F|base64: true`, fault: `cannot be used with true or false`},
		{entry: `F|re|base64: a`, fault: `cannot be used with a regular expression`},
		{entry: `F|windash|base64: '-a -b -c -d'`, fault: `more than 3 dashes`},
	})
	checkMatches(t, `F|base64|contains: foobar`, []any{"xZm9vYmFyx"}, []any{"xzm9vymfyx"})
}
