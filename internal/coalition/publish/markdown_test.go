package publish

import (
	"regexp"
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	got := string(released(t, sample(t))["index.md"])
	for _, want := range []string{
		"# Intrusions into mail servers\n", "*Intrusions dans des serveurs de courrier* (Français)",
		"- Objected to by: Cland `cc` (on 1 of 2 claims)\n", "- No position recorded: Hland `hh`\n",
		"| Bland `bb` | assesses | – | highly likely (PHIA yardstick: 80–90 %) | high (PHIA yardstick) |\n",
		"| Cland `cc` | – | objects |  |  |\n",
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

// Two members whose names look alike are told apart by their ids, which no name can imitate.
func TestNamesThatLookAlike(t *testing.T) {
	s := sample(t)
	s.Said[2].Name, s.Said[3].Name, s.Root.Members[7].Name = "Aland", "Al\u0430nd `aa`", "aa" // a Cyrillic letter, and the id of another
	s.Said[4].Name = "ee"
	files := released(t, s)
	page, text := string(files["index.html"]), string(files["index.md"])
	for _, want := range []string{
		`<bdi>Aland</bdi></a> <span class="mid">aa</span>`, `<bdi>Aland</bdi></a> <span class="mid">cc</span>`,
		"<bdi>Al\u0430nd `aa`</bdi></a> <span class=\"mid\">dd</span>", `<bdi>aa</bdi> <span class="mid">hh</span>`, `<bdi>ee</bdi></a></li>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	for _, want := range []string{"Endorsed by: Aland `aa`\n", "Objected to by: Aland `cc` (on", "Al\u0430nd \\`aa\\` `dd`", "recorded: aa `hh`\n", "Acknowledged by: ee\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the Markdown", want)
		}
	}
	if !regexp.MustCompile(`"no_position": \[\s*"hh"\s*\]`).Match(files["stix.json"]) {
		t.Error("STIX does not name who has no position by its id")
	}
}

// A row of a table has as many cells as its head, whatever stands in them.
func TestMarkdownTables(t *testing.T) {
	rows, cells := 0, 0
	for line := range strings.Lines(string(released(t, hostile(t))["index.md"])) {
		if !strings.HasPrefix(line, "|") {
			cells = 0
			continue
		}
		n := 0
		for i := 0; i < len(line); i++ {
			switch line[i] {
			case '\\':
				i++ // what follows is text
			case '|':
				n++
			}
		}
		if cells == 0 {
			cells = n
		}
		if rows++; n != cells {
			t.Errorf("%d bars, and %d in the head: %s", n, cells, line)
		}
	}
	if rows < 15 {
		t.Errorf("%d rows", rows)
	}
}
