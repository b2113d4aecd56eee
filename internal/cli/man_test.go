package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command has a page, and every page is made of known instructions alone.
func TestManuals(t *testing.T) {
	root := newRoot(Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }})
	dir := t.TempDir()
	pages, err := writeManuals(dir, root)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(files) != pages || pages < 60 {
		t.Fatalf("%d pages, %d files, %v", pages, len(files), err)
	}
	known := map[string]bool{"TH": true, "SH": true, "PP": true, "TP": true, "RS": true, "RE": true, "nf": true, "fi": true}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			name, _, _ := strings.Cut(strings.TrimPrefix(line, "."), " ")
			if strings.HasPrefix(line, ".") && !known[name] || strings.HasPrefix(line, "'") {
				t.Errorf("%s:%d: %s", filepath.Base(file), i+1, line)
			}
		}
		for _, want := range []string{".SH \"NAME\"\n", ".SH \"SYNOPSIS\"\n", ".SH \"DESCRIPTION\"\n"} {
			if !bytes.Contains(text, []byte(want)) {
				t.Errorf("%s has no %s", filepath.Base(file), want)
			}
		}
	}
	for _, name := range []string{"entente", "entente-admin-collection-grant", "entente-api-spec", "entente-taxii-pull"} {
		if _, err := os.Stat(filepath.Join(dir, name+".1")); err != nil {
			t.Error(err)
		}
	}
}

func TestManualOfStrangeText(t *testing.T) {
	c := &cobra.Command{
		Use: "x [FILE]", Short: "it's -1", Long: ".dangerous\n'quoted\n\n  .SH \"no\"\\fB\nend", Run: func(*cobra.Command, []string) {},
	}
	c.Flags().StringP("flag", "f", "a-b", "take a `FILE`\n.or not")
	got := string(manual(c))
	for _, want := range []string{
		"x \\- it\\(aqs \\-1\n", "\\&.dangerous\n\\(aqquoted\n.PP\n.RS\n.nf\n\\&.SH \"no\"\\efB\n.fi\n.RE\nend\n",
		"\\fB\\-f\\fR, \\fB\\-\\-flag\\fR \\fIFILE\\fR\ntake a FILE\n\\&.or not (default a\\-b)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
