package event

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestJSONString(t *testing.T) {
	tests := []struct{ raw, want string }{
		{``, ""},
		{`abc`, "abc"},
		{`C:\\Windows\\System32\\CMD.EXE`, `C:\Windows\System32\CMD.EXE`},
		{`12345678`, "12345678"},
		{`1234567\\`, `1234567\`},
		{`\"\\\/\b\f\n\r\t`, "\"\\/\b\f\n\r\t"},
		{`\u0041\u00e9\u20ac\ud83d\ude00`, "Aé€\U0001F600"},
		{`\ud83d`, "\uFFFD"},
		{`\ud83dx\ude00`, "\uFFFDx\uFFFD"},
		{`\ud83d\ud83d\ude00`, "\uFFFD\U0001F600"},
		{`\u00`, "\uFFFD00"},
		{`\x`, "\uFFFD"},
		{`end\`, "end\uFFFD"},
		{"a\xffb", "a\uFFFDb"},
		{"Größe und mehr Text", "Größe und mehr Text"},
		{"ASCII first, then ÄÖÜ at the end", "ASCII first, then ÄÖÜ at the end"},
		{"\u212a\u017f", "\u212a\u017f"},
	}
	for _, tt := range tests {
		v := Value{Raw: []byte(tt.raw), Type: JSONStr}
		if got := string(v.AppendText([]byte("x"))); got != "x"+tt.want {
			t.Errorf("%q is %q, want %q", tt.raw, got, "x"+tt.want)
		}
		if got, want := string(v.AppendFolded([]byte("X"))), "X"+FoldString(tt.want); got != want {
			t.Errorf("%q folds to %q, want %q", tt.raw, got, want)
		}
	}
}

func FuzzJSONString(f *testing.F) {
	seeds := []string{`abc`, `C:\\Windows\\X`, `\u00e9\ud83d\ude00\ud800`, "\xff\\", `0123456\n89ABCDEFÄ`}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		v := Value{Raw: []byte(raw), Type: JSONStr}
		got := string(v.AppendText(nil))
		if !utf8.ValidString(got) {
			t.Fatalf("%q gives broken UTF-8 %q", raw, got)
		}
		if folded, want := string(v.AppendFolded(nil)), FoldString(got); folded != want {
			t.Fatalf("%q folds to %q, want %q", raw, folded, want)
		}
		// Where the standard library takes it too, both agree.
		var want string
		if err := json.Unmarshal([]byte(`"`+raw+`"`), &want); err == nil && !strings.Contains(raw, `"`) && got != want {
			t.Fatalf("%q is %q, want %q", raw, got, want)
		}
	})
}

func BenchmarkJSONString(b *testing.B) {
	v := Value{Raw: []byte(strings.Repeat(`C:\\Windows\\System32\\cmd.exe /c echo Hello World\r\n\tand so on `, 20)), Type: JSONStr}
	var dst []byte
	b.SetBytes(int64(len(v.Raw)))
	for b.Loop() {
		dst = v.AppendFolded(dst[:0])
	}
}
