package sigma

import (
	"strings"
	"testing"
)

func TestWindash(t *testing.T) {
	five := func(place, before, after string) string {
		var l []string
		for _, d := range []string{"-", "/", "–", "—", "―"} {
			l = append(l, "F "+place+" '"+before+d+after+"'")
		}
		return "(" + strings.Join(l, " or ") + ")"
	}
	checkItems(t, Options{}, []itemTest{
		{entry: `F|windash|contains: ' -foo'`, want: five("contains", " ", "foo")},
		{entry: `F|contains|windash: ' -foo'`, want: five("contains", " ", "foo")},
		{entry: `F|windash|endswith: '/foo'`, want: five("ends with", "", "foo")},
		{entry: `F|windash|startswith: '–foo'`, want: five("starts with", "", "foo")},
		{entry: `F|windash: 'a-b'`, want: `F = 'a-b'`},
		{entry: `F|windash: 'a- b'`, want: `F = 'a- b'`},
		{entry: `F|windash: '- b'`, want: `F = '- b'`},
		{entry: `F|windash: ' -'`, want: `F = ' -'`},
		{entry: `F|windash: '--foo'`, want: five("=", "-", "foo")},
		{entry: `F|windash: ' -foo-bar'`, want: five("=", " ", "foo-bar")},
		{entry: `F|windash: 'é-a'`, want: `F = 'É-a'`},
		{entry: `F|windash: '*-a'`, want: five("ends with", "", "a")},
		{entry: `F|windash: 5`, want: `F = '5'`},
		{entry: `F|windash: null`, fault: `windash in "F|windash" cannot be used with null`},
		{entry: `F|re|windash: a`, fault: `cannot be used with a regular expression`},
		{entry: `F|windash: '-a -b -c -d'`, want: `F matches the expression /(?is)\A[-/–—―]a [-/–—―]b [-/–—―]c [-/–—―]d\z/`},
		{entry: `F|windash|cased|contains: '-a -b* -c? -d('`, want: `F matches the expression /(?s)[-/–—―]a [-/–—―]b.* [-/–—―]c. [-/–—―]d\(/`},
	})

	// Every permutation of up to three dashes, and the same texts with four.
	for _, value := range []string{"x -a /b", "-a -b -c", "-a -b -c -d", "*-a? -b*"} {
		entry := "F|windash: '" + value + "'"
		for _, d := range dashes {
			for _, e := range dashes {
				text := strings.NewReplacer("*", "", "?", "Z", "-a", d+"A", "/b", e+"b", "-b", e+"b", "-c", d+"c", "-d", e+"D").Replace(value)
				if !matches(t, entry, record{"F": {text}}) {
					t.Errorf("%s does not match %q", entry, text)
				}
			}
		}
		if no := strings.ReplaceAll(value, "a", "x"); matches(t, entry, record{"F": {no}}) {
			t.Errorf("%s matches %q", entry, no)
		}
	}
	if n := len(parse(t, Options{}, ruleOf(`F|windash: '-a -b -c'`)).Rules[0].Condition.(Or)); n != 125 {
		t.Errorf("three dashes make %d patterns, not 125", n)
	}
}
