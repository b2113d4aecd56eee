package publish

import (
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	got := string(released(t, sample(t))["index.md"])
	for _, want := range []string{
		"# Intrusions into mail servers\n", "*Intrusions dans des serveurs de courrier* (Français)",
		"- Objected to by: Cland (on 1 of 2 claims)\n", "- No position recorded: Hland\n",
		"| Bland | assesses | – | highly likely (PHIA yardstick: 80–90 %) | high (PHIA yardstick) |\n",
		"| Cland | – | objects |  |  |\n",
		"> We are sure of it.\n>\n> No more is said.\n", "Deutsch:\n\n> Wir sind dessen sicher.",
		"### We say so", "[Page](packs/sample.html)", "| [map.csv](map.csv) | annex to the statement | sha256:",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in it", want)
		}
	}
}

func TestMarkdownOfAHostileStatement(t *testing.T) {
	got := strings.ReplaceAll(string(released(t, hostile(t))["index.md"]), `\<`, "")
	for _, bad := range []string{"<img", "<script", "[x](javascript", "\u202e", "\n# h", "\n> # h"} {
		if i := strings.Index(got, bad); i >= 0 {
			t.Errorf("%q is in it: …%s", bad, got[max(0, i-80):min(len(got), i+80)])
		}
	}
}
