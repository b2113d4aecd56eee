package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The example of 2021 verifies as its readme says, and as a draft it can be proposed anew.
func TestExample2021(t *testing.T) {
	folder := filepath.Join("..", "..", "examples", "2021-07-19")
	readme, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pin := regexp.MustCompile(`sha256:[0-9a-f]{64}`).FindString(string(readme))
	var out, errs bytes.Buffer
	code := Run(t.Context(), []string{"verify", filepath.Join(folder, "release"), "--root", pin}, Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }})
	if code != exitUnsure || pin == "" {
		t.Errorf("code %d\n%s%s", code, out.String(), errs.String())
	}
	for _, want := range []string{"on the positions of 8 members", "unchecked  when it was signed", "confidence: high (icd-203)", "highly likely (uk-phia)", "acknowledge  exchange-mss"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
	secondVerifier(t, filepath.Join(folder, "release"), pin, exitUnsure)
	m, annex, files, err := readDraft(folder)
	if err != nil || annex != nil || len(m.Claims) != 9 || len(files) != 1 {
		t.Errorf("the draft: %+v, %v", m, err)
	}
}
