package packexport

import "testing"

func TestDefang(t *testing.T) {
	for _, c := range [][3]string{
		{"domain", "a.b.example", "a.b[.]example"},
		{"ip", "192.0.2.1", "192.0.2[.]1"},
		{"ip", "192.0.2.0/24", "192.0.2[.]0/24"},
		{"ip", "2001:db8::7", "2001[:]db8::7"},
		{"url", "https://a.example/b.c?d", "hxxps://a[.]example/b.c?d"},
		{"url", "HTTP://a.example", "HXXP://a[.]example"},
		{"url", "a.example/x", "a[.]example/x"},
		{"sha256", "ab.cd", "ab.cd"},
	} {
		if got := defang(c[0], c[1]); got != c[2] {
			t.Errorf("%s %s is %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\nb\tc": "a\nb\tc", "a\r\nb": "a\nb", "a\rb": "a\nb", "\x1b[31m": `\u001b[31m`, "a\u202eb": `a\u202eb`,
		"\xff": `\xff`, "é 中": "é 中", "\U000e0041": `\U000e0041`,
	} {
		if got := clean(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestJSONText(t *testing.T) {
	got, err := jsonText("a\u202e\U000e0041<é\x7f")
	if err != nil || string(got) != "\"a\\u202e\\udb40\\udc41\\u003cé\\u007f\"\n" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestWebURL(t *testing.T) {
	for in, want := range map[string]bool{
		"https://example.org/a": true, "http://a": true, "javascript:alert(1)": false, "data:text/html,x": false, "//example.org": false, "": false, "ftp://a/b": false,
	} {
		if _, got := webURL(in); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}
