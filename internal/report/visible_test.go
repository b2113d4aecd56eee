package report

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		`C:\new\x1b`:              `C:\new\x1b`,
		"\x1b[31mred\x1b[0m\a":    `\x1b[31mred\x1b[0m\x07`,
		"\u009b31m":               `\x9b31m`,
		"a\r\nb\tc":               `a\r\nb\tc`,
		"\u202Egnp.exe":           `\u202egnp.exe`,
		"zero\u200bwidth\ufeff":   `zero\u200bwidth\ufeff`,
		"\U000E0041":              `\U000e0041`,
		"\xff\xc3(":               `\xff\xc3(`,
		"ünïcödé 漢字 🙂 \ufffd":     "ünïcödé 漢字 🙂 \ufffd",
		"line\u2028end\u2029\x7f": `line\u2028end\u2029\x7f`,
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, wanted %q", in, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 10, "short"}, {"exactly ten", 11, "exactly ten"}, {"longer than that", 8, "longer …"}, {"漢字漢字", 5, "漢字…"}, {"漢字漢字", 8, "漢字漢字"}, {"x", 0, ""}, {"xy", 1, "…"},
	} {
		if got := clip(c.in, c.n); got != c.want {
			t.Errorf("clip(%q, %d) = %q, wanted %q", c.in, c.n, got, c.want)
		}
	}
	if got := clipMiddle("/very/long/path/to/a/file.evtx", 20); width(got) > 20 || !strings.HasSuffix(got, "/file.evtx") {
		t.Errorf("clipMiddle = %q", got)
	}
	if got := clipBytes("aé", 2); got != "a" {
		t.Errorf("clipBytes cut a character: %q", got)
	}
	if got := width("a漢\u0301🙂"); got != 5 {
		t.Errorf("width = %d, wanted 5", got)
	}
}

func FuzzVisible(f *testing.F) {
	for _, x := range hostileTexts {
		f.Add(x, 10)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		v := visible(s)
		if !utf8.ValidString(v) {
			t.Fatalf("visible(%q) is not UTF-8", s)
		}
		for _, r := range v {
			if !graphic(r) {
				t.Fatalf("visible(%q) holds %U", s, r)
			}
		}
		if visible(v) != v {
			t.Fatalf("visible is not the same twice: %q", s)
		}
		n %= 200
		if w := width(clip(v, n)); w > max(n, 0) {
			t.Fatalf("clip(%q, %d) takes %d columns", v, n, w)
		}
		if w := width(clipMiddle(v, n)); w > max(n, 0) {
			t.Fatalf("clipMiddle(%q, %d) takes %d columns", v, n, w)
		}
		if len(clipBytes(v, max(n, 0))) > max(n, 0) {
			t.Fatalf("clipBytes(%q, %d) is longer", v, n)
		}
	})
}
