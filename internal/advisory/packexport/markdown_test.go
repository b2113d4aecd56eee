package packexport

import (
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	text, _ := export(t, Markdown, sample(t), Options{})
	for _, want := range []string{
		"# Harbour Lantern against mail servers\n",
		"| Handling | TLP:AMBER+STRICT |\n",
		"### Background\n",
		"[the register](https://example.org/register)",
		"#### T1190 Exploit Public-Facing Application\n",
		"- Detection: Many posts (high)\n",
		"published as T1562.002, today T1685.001",
		"See Initial Access.\n", // T1078 under its other tactics
		"| domain | `lantern[.]example` |",
		"| url | `hxxps://lantern[.]example/a?b='c'\\d` |",
		"Only under C:\\\\inetpub\\\\wwwroot, C:\\\\Temp.",
		"```yaml\n# What the actor does first.\ntitle: Post to a page that takes none\n",
		"- [Report on Harbour Lantern](https://example.org/report?a=1&b=2)\n",
		"\\<script\\>alert",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in it", want)
		}
	}
	if strings.Count(text, "It logs on with accounts that it found.") != 1 {
		t.Error("a technique of four tactics is written out more than once")
	}
}

func TestMarkdownOfAHostilePack(t *testing.T) {
	text, _ := export(t, Markdown, sampleWith(t,
		"title: Many posts", "title: \"Many\\n# posts <img src=x> [a](http://evil.example/)\"",
		"summary: An invented actor", "summary: \"<iframe>\\n\\n# An [invented](javascript:x) ``` actor\"\nlicense: \"|\"\n#",
		"license: CC-BY-4.0", "#",
	), Options{})
	for _, bad := range []string{"\n# posts", "\n# An", "[a](http://evil", "<iframe>", "[invented](java"} {
		if strings.Contains(stripCode(text), bad) {
			t.Errorf("%q is in it", bad)
		}
	}
}
