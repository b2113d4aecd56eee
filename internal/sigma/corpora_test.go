package sigma

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// publicRules returns the folder of public rules beside the repository, or skips the test.
func publicRules(tb testing.TB) string {
	tb.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "corpora", "sigma")
	if _, err := os.Stat(dir); err != nil {
		tb.Skipf("the public rules are not here: %v", err)
	}
	return dir
}

// TestPublicRules loads every public rule: what is not loaded names the placeholders that have no values, and
// with values for these nothing is left out.
func TestPublicRules(t *testing.T) {
	dir := publicRules(t)
	files := 0
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && ruleFile(p) {
			files++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	c, err := Load(Options{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]string{}
	waiting := 0
	for _, p := range c.Problems {
		if p.Warning {
			t.Logf("warning: %s:%d %s", p.File, p.Line, p.Reason)
			continue
		}
		waiting++
		rest, ok := strings.CutPrefix(p.Reason, "the placeholder")
		if !ok || p.Rule == "" || p.Line == 0 {
			t.Errorf("%s:%d %s: %s", p.File, p.Line, p.Rule, p.Reason)
			continue
		}
		for _, w := range strings.FieldsFunc(rest, func(r rune) bool { return r == ' ' || r == ',' }) {
			if n, ok := strings.CutPrefix(w, "%"); ok {
				values[strings.TrimSuffix(n, "%")] = []string{"value", "other*"}
			}
		}
	}
	if len(c.Rules)+waiting != files || c.Documents != files {
		t.Errorf("%d rules and %d that wait for values are not the %d files (%d documents)", len(c.Rules), waiting, files, c.Documents)
	}

	all, err := Load(Options{Placeholders: values}, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all.Problems {
		if !p.Warning {
			t.Errorf("with values: %s:%d %s", p.File, p.Line, p.Reason)
		}
	}
	if len(all.Rules) != files {
		t.Errorf("with values: %d rules of %d files", len(all.Rules), files)
	}
	atoms, unique := 0, map[string]bool{}
	ops := make([]int, OpTime+1)
	for _, r := range all.Rules {
		n := atoms
		Walk(r.Condition, func(a *Atom) {
			atoms++
			unique[a.Key()] = true
			ops[a.Op]++
			if a.Line <= r.Line {
				t.Errorf("%s: a test is at line %d", r.File, a.Line)
			}
		})
		if n == atoms {
			t.Errorf("%s: the condition tests nothing", r.File)
		}
		if s := Simplify(r.Condition); !equalExpr(s, r.Condition) {
			t.Errorf("%s: the condition is not simple", r.File)
		}
	}
	t.Logf("%d files: %d rules without values, %d wait for one of %d placeholders; %d tests, %d different; by kind %v",
		files, len(c.Rules), waiting, len(values), atoms, len(unique), ops)

	if !slices.IsSortedFunc(all.Rules, func(a, b *Rule) int { return strings.Compare(folderOrder(a.File), folderOrder(b.File)) }) {
		t.Error("the rules are not in the order of their files")
	}
}

// folderOrder makes paths compare as a walk visits them: name by name.
func folderOrder(p string) string { return strings.ReplaceAll(p, string(filepath.Separator), "\x00") }

func BenchmarkLoad(b *testing.B) {
	dir := publicRules(b)
	b.ReportAllocs()
	for b.Loop() {
		c, err := Load(Options{}, dir)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(c.Rules)), "rules")
	}
}
