package stixpattern

import (
	"testing"
	"unicode/utf8"
)

func TestNormalize(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"abc", "abc"},
		{"e\u0301", "\u00e9"},
		{"\u00e9", "\u00e9"},
		{"\u212b", "\u00c5"},               // a singleton
		{"q\u0307\u0323", "q\u0323\u0307"}, // marks change their order
		{"d\u0307\u0323", "\u1e0d\u0307"},
		{"\u1e9b\u0323", "\u1e9b\u0323"},
		{"\u0958", "\u0915\u093c"}, // excluded from composition
		{"\u1112\u1161\u11ab", "\ud55c"},
		{"\ud558\u11ab", "\ud55c"},
		{"\u0301e", "\u0301e"},
		{"a\u0315\u0300\u05ae\u0301b", "\u00e0\u05ae\u0301\u0315b"},
	} {
		if got := normalize(c.in); got != c.out {
			t.Errorf("%+q: got %+q, want %+q", c.in, got, c.out)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	seeds := []string{"e\u0301", "d\u0307\u0323", "\u1112\u1161\u11ab", "\u0958\u0315"}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := normalize(s)
		if again := normalize(n); again != n || utf8.ValidString(s) && !utf8.ValidString(n) {
			t.Fatalf("%+q becomes %+q, and that %+q", s, n, again)
		}
	})
}
