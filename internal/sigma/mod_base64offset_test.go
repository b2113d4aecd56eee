package sigma

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestBase64Offset(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|base64offset|contains: foo`, want: `(F contains 'Zm9v', case matters or F contains 'Zvb', case matters or F contains 'mb2', case matters)`},
		{entry: `F|base64offset|contains|all: [foo, bar]`, want: `((F contains 'Zm9v', case matters or F contains 'Zvb', case matters or F contains 'mb2', case matters) and (F contains 'YmFy', case matters or F contains 'Jhc', case matters or F contains 'iYX', case matters))`},
		{entry: `F|base64offset: 'a*'`, fault: `cannot encode a wildcard`},
		{entry: `F|base64offset: 5`, fault: `cannot be used with a number`},
	})
	// Whatever stands around it, one of the three is in the encoded text.
	for _, text := range []string{"abcd", "IEX(New-Object", "é", "12345"} {
		c := parse(t, Options{}, ruleOf("F|base64offset|contains: '"+text+"'"))
		w := parse(t, Options{}, ruleOf("F|wide|base64offset|contains: '"+text+"'"))
		wide := encodePieces(Pattern{{Literal, text}}, littleEndian, "")[0].Text
		for before := range 7 {
			for after := range 7 {
				x, y := strings.Repeat("\x00", before), strings.Repeat("\xff", after)
				enc := base64.StdEncoding.EncodeToString([]byte(x + text + y))
				if !Eval(c.Rules[0].Condition, record{"F": {enc}}) {
					t.Errorf("%q is not found in %s", text, enc)
				}
				enc = base64.StdEncoding.EncodeToString([]byte(x + wide + y))
				if !Eval(w.Rules[0].Condition, record{"F": {enc}}) {
					t.Errorf("%q is not found in %s as UTF-16", text, enc)
				}
			}
		}
	}
}
