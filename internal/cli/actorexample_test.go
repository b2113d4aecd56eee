package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The worked example is what its script builds: the same edges, claimants and dates as in its bundle.
func TestExampleOfTheIndictment(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("needs sh for a script of verbs")
	}
	example, err := filepath.Abs("../../examples/2011-2018-indictment")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "entente")); err != nil {
		t.Skipf("needs symbolic links: %v", err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	node := filepath.Join(dir, "node")
	for _, args := range [][]string{{"entente", "init", node}, {sh, filepath.Join(example, "build.sh"), node}} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	// Identifiers of what the organisation of the node makes are its own: names are compared.
	read := func(args ...string) (edges []string, known int) {
		t.Helper()
		var out, errs bytes.Buffer
		if code := Run(t.Context(), append(args, "--format", "json", "--limit", "500"), Env{Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}); code != ExitOK {
			t.Fatalf("exit code %d: %s", code, errs.String())
		}
		var g struct {
			Nodes []struct{ ID, Name, Label string }
			Edges []struct {
				From, Type, To, Claimant, Claimed, Grade string
				Held                                     struct{ From, To string }
			}
		}
		if err := json.Unmarshal(out.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		names := map[string]string{}
		for _, n := range g.Nodes {
			names[n.ID] = n.Name
		}
		for _, e := range g.Edges {
			if e.Claimed == "" || e.Grade == "" || e.Claimant == "" {
				t.Errorf("%+v has no date, grade or claimant", e)
			}
			edges = append(edges, strings.Join([]string{names[e.From], e.Type, names[e.To], names[e.Claimant], e.Claimed, e.Grade, e.Held.From, e.Held.To}, "|"))
			if names[e.Claimant] != "" {
				known++
			}
		}
		return edges, known
	}
	built, known := read("actor", "graph", "--node", node)
	kept, _ := read("actor", "graph", "--bundle", filepath.Join(example, "bundle.json"))
	slices.Sort(built)
	slices.Sort(kept)
	if strings.Join(built, "\n") != strings.Join(kept, "\n") {
		t.Errorf("the script builds\n%s\nand the bundle has\n%s", strings.Join(built, "\n"), strings.Join(kept, "\n"))
	}
	if len(built) < 50 || known < 30 {
		t.Errorf("%d edges, of %d the claimant is an object", len(built), known)
	}
}
