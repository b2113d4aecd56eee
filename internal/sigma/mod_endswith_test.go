package sigma

import "testing"

func TestEndswith(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|endswith: \cmd.exe`, want: `F ends with '\cmd.exe'`},
		{entry: `F|endswith: '*\cmd.exe'`, want: `F ends with '\cmd.exe'`},
		{entry: `F|endswith: 'a*'`, want: `F contains 'a'`},
		{entry: `F|endswith: 'a\*'`, want: `F ends with 'a\*'`},
		{entry: `F|endswith: 5`, want: `F ends with '5'`},
		{entry: `F|re|endswith: 'a|b'`, want: `F matches the expression /(?:a|b)\z/`},
		{entry: `F|endswith: null`, fault: `endswith in "F|endswith" cannot be used with null`},
	})
	checkMatches(t, `F|endswith: '\x.exe'`, []any{`C:\X.EXE`, `\x.exe`}, []any{`x.exe`, `\x.exe `})
}
