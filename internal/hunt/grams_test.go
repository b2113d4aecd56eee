package hunt

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

func scanAll(s *gramSet, text string) []int32 {
	var out []int32
	s.scan([]byte(text), func(l *gramLiteral) { out = append(out, l.rules...) })
	slices.Sort(out)
	return slices.Compact(out)
}

func TestGramSet(t *testing.T) {
	set := newGramSet([]*gramLiteral{
		{text: []byte("whoami"), rules: []int32{1}},
		{text: []byte(`\powershell.exe`), anchor: atEnd, rules: []int32{2}},
		{text: []byte("cmd.exe /c"), anchor: atStart, rules: []int32{3}},
		{text: []byte("-e"), rules: []int32{4}},
		{text: []byte("system"), anchor: whole, rules: []int32{5}},
		{text: []byte("abc"), rules: []int32{6, 7}},
	})
	for _, c := range []struct {
		text string
		want []int32
	}{
		{"", nil},
		{"a", nil},
		{"whoami", []int32{1}},
		{"xx whoami yy", []int32{1}},
		{"whoam", nil},
		{`c:\windows\powershell.exe`, []int32{2}},
		{`c:\windows\powershell.exe -e`, []int32{4}},
		{"cmd.exe /c whoami", []int32{1, 3}},
		{"x cmd.exe /c", nil},
		{"system", []int32{5}},
		{"a system", nil},
		{"xxabcxx", []int32{6, 7}},
		{"-e", []int32{4}},
	} {
		if got := scanAll(set, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q: rules %v, want %v", c.text, got, c.want)
		}
	}
}

// TestGramSetAgainstSearch compares the set with plain searching, over literals and texts that collide a lot.
func TestGramSetAgainstSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ab.\\"[rng.IntN(4)]
		}
		return b
	}
	for range 300 {
		var lits []*gramLiteral
		for i := range 1 + rng.IntN(60) {
			lits = append(lits, &gramLiteral{
				text: word(minGuard + rng.IntN(14)), anchor: anchor(rng.IntN(4)), rules: []int32{int32(i)},
			})
		}
		set := newGramSet(lits)
		for range 30 {
			text := word(rng.IntN(40))
			if rng.IntN(3) == 0 {
				text = append(text, lits[rng.IntN(len(lits))].text...)
			}
			var want []int32
			for _, l := range lits {
				ok := false
				switch l.anchor {
				case anywhere:
					ok = bytes.Contains(text, l.text)
				case atStart:
					ok = bytes.HasPrefix(text, l.text)
				case atEnd:
					ok = bytes.HasSuffix(text, l.text)
				case whole, within:
					ok = bytes.Equal(text, l.text)
				}
				if ok {
					want = append(want, l.rules...)
				}
			}
			if got := scanAll(set, string(text)); !slices.Equal(got, want) {
				t.Fatalf("%q: rules %v, want %v", text, got, want)
			}
		}
	}
}
