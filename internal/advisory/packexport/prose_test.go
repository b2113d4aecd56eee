package packexport

import (
	"regexp"
	"strings"
	"testing"
)

func TestProseHTML(t *testing.T) {
	for _, c := range [][2]string{
		{"a\nb\n\nc", "<p>a b</p>\n<p>c</p>\n"},
		{"# One\n## Two ##", "<h3>One</h3>\n<h4>Two</h4>\n"},
		{"#no heading", "<p>#no heading</p>\n"},
		{"- a\n- b\n  more\n\n1. c\n2) d", "<ul>\n<li>a</li>\n<li>b more</li>\n</ul>\n<ol>\n<li>c</li>\n<li>d</li>\n</ol>\n"},
		{"a *b* **c** _d_ `e*f`", "<p>a <em>b</em> <strong>c</strong> <em>d</em> <code>e*f</code></p>\n"},
		{"snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>\n"},
		{"an *open mark", "<p>an *open mark</p>\n"},
		{`\*not\* \[a](b)`, "<p>*not* [a](b)</p>\n"},
		{"[a](https://example.org/?x=1&y=\"2\")", "<p><a rel=\"noreferrer\" href=\"https://example.org/?x=1&amp;y=&#34;2&#34;\">a</a></p>\n"},
		{"[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"},
		{"<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n"},
		{"```html\n<b>\n\n*x*\n```\nend", "<pre>&lt;b&gt;\n\n*x*</pre>\n<p>end</p>\n"},
		{"```\nnot closed", "<pre>not closed</pre>\n"},
	} {
		if got := proseHTML(c[0], 3); got != c[1] {
			t.Errorf("%q is\n%s, want\n%s", c[0], got, c[1])
		}
	}
}

func TestProseMarkdownIsEscaped(t *testing.T) {
	for _, c := range [][2]string{
		{"# One", "## One\n\n"},
		{"a <b> & [c] *d*", "a \\<b\\> \\& \\[c\\] *d*\n\n"},
		{"- a\n- b", "- a\n- b\n\n"},
		{"`a`, `b`", "`a`, `b`\n\n"},
		{"[a|b](https://example.org/(x))", "[a\\|b](https://example.org/%28x))\n\n"},
	} {
		if got := proseMarkdown(c[0], 2); got != c[1] {
			t.Errorf("%q is %q, want %q", c[0], got, c[1])
		}
	}
}

func TestEscapeMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"1. a": `1\. a`, "- a": `\- a`, "a - b 1.2": "a - b 1.2", "<img>": `\<img\>`, "https://x": `https\://x`, "a_b|c": `a\_b\|c`, "2024-01-02": "2024-01-02",
	} {
		if got := escapeMarkdown(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

var proseTag = regexp.MustCompile(`^<(/?(p|h[3-6]|ul|ol|li|pre|em|strong|code)|/a|a rel="noreferrer" href="https?://[^"<>]*")>`)

func FuzzProse(f *testing.F) {
	seeds := []string{"# a\n\n- b\n  c\n1. d", "*a* **b** `c` _d_ [e](https://f/)", "```\n<x>\n```", "\\*[]()<>&\"'", "[a](javascript:x)", "**", "[[[[", "````"}
	for _, s := range seeds {
		f.Add(s)
	}
	if len(seeds) == 0 {
		f.Fatal("there are no seeds")
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := proseHTML(s, 3)
		for rest := out; ; {
			i := strings.IndexByte(rest, '<')
			if i < 0 {
				break
			}
			m := proseTag.FindString(rest[i:])
			if m == "" {
				t.Fatalf("%q gives a tag that is none of ours: %.60q", s, rest[i:])
			}
			rest = rest[i+len(m):]
		}
		if md := proseMarkdown(s, 2); regexp.MustCompile(`(^|[^\\])<`).MatchString(stripCode(md)) {
			t.Fatalf("%q gives HTML in Markdown: %q", s, md)
		}
	})
}

// stripCode takes spans and blocks of code out of Markdown.
func stripCode(md string) string {
	md = regexp.MustCompile("(?s)(^|\n)(`{3,})[^`\n]*\n.*?\n`{3,}").ReplaceAllString(md, "")
	var b strings.Builder
	for i := 0; i < len(md); {
		if md[i] == '\\' && i+1 < len(md) {
			b.WriteString(md[i : i+2])
			i += 2
			continue
		}
		if md[i] == '`' {
			n := 0
			for i+n < len(md) && md[i+n] == '`' {
				n++
			}
			end := strings.Index(md[i+n:], md[i:i+n])
			if end < 0 {
				break
			}
			i += n + end + n
			continue
		}
		b.WriteByte(md[i])
		i++
	}
	return b.String()
}
