package packexport

import (
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"plain":              "plain",
		"می\u200cخواهیم":     "می\u200cخواهیم",
		"\u200fא\u200e":      "\u200fא\u200e",
		"a\u202eb":           `a\u202eb`,
		"a\u2066b\u2069":     `a\u2066b\u2069`,
		"a\xffb":             `a\xffb`,
		"\u200d\x00\u200d":   "\u200d\\u0000\u200d",
		"a\u200bb":           `a\u200bb`,
		"line\nline\tindent": "line\nline\tindent",
	} {
		if got := Words(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestProseKeepsWordsAndEscapesTheRest(t *testing.T) {
	const text = "# می\u200cگوید\n\n<script>alert(1)</script> \u202e [x](javascript:alert(1))\n"
	for name, got := range map[string]string{"HTML": ProseHTML(text, 3), "Markdown": ProseMarkdown(text, 3)} {
		if strings.Contains(strings.ReplaceAll(got, `\<`, ""), "<script") || strings.Contains(got, "\u202e") || strings.Contains(got, "<a ") || name == "Markdown" && strings.Contains(got, "[x](javascript") {
			t.Errorf("%s lets something through: %s", name, got)
		}
		if !strings.Contains(got, "می\u200cگوید") {
			t.Errorf("%s misspells: %s", name, got)
		}
	}
}
