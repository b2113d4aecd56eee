package logrange

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite-docs", false, "write the table of plants into docs/formats/range.md")

// TestDocumentedPlants keeps the table of plants in step with the program.
func TestDocumentedPlants(t *testing.T) {
	const path, mark = "../../docs/formats/range.md", "<!-- plants:"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), mark)
	if !ok {
		t.Fatalf("%s has no line %q", path, mark)
	}
	line, table, _ := strings.Cut(rest, "\n")
	want := "\n" + plantTable()
	if *rewrite {
		if err := os.WriteFile(path, []byte(before+mark+line+"\n"+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Errorf("the table of plants in %s is not that of the program; run this test with -rewrite-docs", path)
	}
}

func plantTable() string {
	var b strings.Builder
	b.WriteString("| id | what | techniques | hosts | logs |\n|---|---|---|---|---|\n")
	for _, p := range Plants() {
		techniques := strings.Join(p.Techniques, " ")
		if p.Label == Lookalike {
			techniques = "harmless"
		}
		roles := make([]string, len(p.Roles))
		for i, r := range p.Roles {
			roles[i] = string(r)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", p.ID, p.Title, techniques, strings.Join(roles, ", "), join(p.Formats))
	}
	return b.String()
}

// TestEveryFormatIsDocumented looks for each format in the documentation.
func TestEveryFormatIsDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/formats/range.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats() {
		if !strings.Contains(string(b), "`"+string(f)+"`") {
			t.Errorf("%s is not documented", f)
		}
	}
}
