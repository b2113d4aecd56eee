package report

import (
	"html"
	"strings"
	"testing"

	"entente/internal/hunt"
)

// TestHTMLWithoutScript: whoever runs no script, or looks before it has run, reads a summary, and nothing in it is markup.
func TestHTMLWithoutScript(t *testing.T) {
	x := plainFinding()
	x.Host, x.Matched[0].Value = `<img src=x onerror=alert(1)>`, `</pre></section><script>`
	page := render(t, "html", Options{}, &hunt.Summary{Events: 7, Files: 1, Rules: 3, Applicable: 2}, x)
	_, after, ok := strings.Cut(page, `<section id="plain" aria-label="Summary">`)
	if !ok {
		t.Fatal("no summary")
	}
	_, after, _ = strings.Cut(after, "<pre>")
	text, rest, ok := strings.Cut(after, "</pre>\n</section>\n<script>(() => {")
	if !ok || strings.Contains(text, "<") || !strings.Contains(rest, `$("plain").remove();`) {
		t.Fatalf("the summary is not apart from the script:\n%s", text)
	}
	text = html.UnescapeString(text)
	for _, want := range []string{"1 critical finding on 1 host name.", "Shell of a web server", x.Host, x.Matched[0].Value, "T1505.003", "1 rule had no log to run on", "Searched 7 events"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the summary:\n%s", want, text)
		}
	}
	if strings.Contains(text, "{{") || strings.Contains(text, "→") {
		t.Errorf("the summary is not for this page:\n%s", text)
	}
}
