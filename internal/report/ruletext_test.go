package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/internal/sigma"
)

func TestCutDocument(t *testing.T) {
	const text = "# head\ntitle: one\n---\ntitle: two\nx: |\n  ---\n  not a separator\n--- # comment\ntitle: three\n"
	for line, want := range map[int]string{
		0: "# head\ntitle: one", 1: "# head\ntitle: one", 2: "# head\ntitle: one", 4: "title: two\nx: |\n  ---\n  not a separator", 9: "title: three", 99: "title: three",
	} {
		if got := string(cutDocument([]byte(text), line)); got != want {
			t.Errorf("line %d: %q, wanted %q", line, got, want)
		}
	}
	if got := string(cutDocument([]byte("---\r\ntitle: a\r\n---\r\n"), 2)); got != "title: a" {
		t.Errorf("%q", got)
	}
}

func TestFileRuleText(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.yml")
	if err := os.WriteFile(path, []byte("title: a\n---\ntitle: b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := FileRuleText(&sigma.Meta{File: path, Line: 3}); err != nil || string(text) != "title: b" {
		t.Errorf("%q, %v", text, err)
	}
	big := filepath.Join(dir, "big.yml")
	if err := os.WriteFile(big, []byte("title: "+strings.Repeat("x", maxRuleText)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*sigma.Meta{"from memory": {}, "gone": {File: filepath.Join(dir, "none")}, "a folder": {File: dir}, "too long": {File: big}} {
		if text, err := FileRuleText(m); err == nil {
			t.Errorf("%s: %d bytes and no error", name, len(text))
		}
	}
	if _, ok := (Options{}).ruleText(&sigma.Meta{File: path, Line: 1}); !ok {
		t.Error("by default the file is not read")
	}
}
