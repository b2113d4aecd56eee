package sigma

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

// write makes files below a folder for tests.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func titled(title string) string {
	return strings.Replace(ruleOf("F: x"), "a rule", title, 1)
}

func titles(c *Collection) string {
	var l []string
	for _, r := range c.Rules {
		l = append(l, r.Title)
	}
	return strings.Join(l, " ")
}

func TestLoadFolder(t *testing.T) {
	dir := write(t, map[string]string{
		"b.yml":       titled("b"),
		"a/2.yaml":    titled("a2") + "---\n" + titled("a2b"),
		"a/1.YML":     titled("a1"),
		"a/c/x.yml":   titled("ax"),
		"a/notes.txt": "not a rule",
		"c.yml":       "title: broken\n",
	})
	c, err := Load(Options{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := titles(c); got != "a1 a2 a2b ax b" || c.Documents != 6 || len(c.Problems) != 1 {
		t.Errorf("loaded %q of %d documents: %v", got, c.Documents, c.Problems)
	}
	if p := c.Problems[0]; p.File != filepath.Join(dir, "c.yml") || p.Line != 1 || p.Rule != "broken" {
		t.Errorf("the problem is %+v", p)
	}
	if got := c.Rules[0].File; got != filepath.Join(dir, "a", "1.YML") {
		t.Errorf("the file is %q", got)
	}

	// A file that is named is read whatever it is called, in the order of the arguments, and once.
	note := filepath.Join(dir, "a", "notes.txt")
	if err := os.WriteFile(note, []byte(titled("note")), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err = Load(Options{}, filepath.Join(dir, "b.yml"), note, filepath.Join(dir, "a"), filepath.Join(dir, "a", "..", "b.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if got := titles(c); got != "b note a1 a2 a2b ax" {
		t.Errorf("loaded %q", got)
	}
}

func TestLoadErrors(t *testing.T) {
	dir := write(t, map[string]string{"a.yml": titled("a")})
	if _, err := Load(Options{}, dir, filepath.Join(dir, "none.yml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the error for a path that is not there is %v", err)
	}
	if c, err := Load(Options{}); err != nil || len(c.Rules) != 0 {
		t.Errorf("no path gives %v, %v", c, err)
	}
	large := write(t, map[string]string{"a.yml": titled("a"), "b.yml": strings.Repeat("# comment\n", maxFileSize/10+1), "c.yml": titled("c")})
	c, err := Load(Options{}, large)
	if err != nil {
		t.Fatal(err)
	}
	if titles(c) != "a c" || len(c.Problems) != 1 || !strings.Contains(c.Problems[0].Reason, "larger than 4 MiB") || c.Documents != 3 {
		t.Errorf("loaded %q of %d: %v", titles(c), c.Documents, c.Problems)
	}
}

func TestLoadUnreadable(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("permissions do not keep this user from reading")
	}
	dir := write(t, map[string]string{"a.yml": titled("a"), "b.yml": titled("b"), "c/d.yml": titled("d")})
	for _, p := range []string{"b.yml", "c"} {
		if err := os.Chmod(filepath.Join(dir, p), 0); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "c"), 0o700) })
	c, err := Load(Options{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if titles(c) != "a" || len(c.Problems) != 2 {
		t.Errorf("loaded %q: %v", titles(c), c.Problems)
	}
	if _, err := Load(Options{}, filepath.Join(dir, "b.yml")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("the error is %v", err)
	}
}

func TestLoadLinks(t *testing.T) {
	dir := write(t, map[string]string{"rules/a.yml": titled("a"), "other/b.yml": titled("b")})
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	link("..", "rules/loop")
	link(".", "rules/self")
	link("../other", "rules/there")
	link("a.yml", "rules/again.yml")
	link("nowhere.yml", "rules/dangling.yml")
	link("circle.yml", "rules/circle.yml")
	c, err := Load(Options{}, filepath.Join(dir, "rules"))
	if err != nil {
		t.Fatal(err)
	}
	if titles(c) != "a b" || len(c.Problems) != 2 {
		t.Errorf("loaded %q: %v", titles(c), c.Problems)
	}
	c, err = Load(Options{}, filepath.Join(dir, "rules", "again.yml"), filepath.Join(dir, "rules", "there"))
	if err != nil || titles(c) != "a b" {
		t.Errorf("loaded %q, %v", titles(c), err)
	}
}

func TestLoadFS(t *testing.T) {
	c, err := LoadFS(Options{}, fstest.MapFS{
		"b.yml":   {Data: []byte(titled("b"))},
		"a/x.yml": {Data: []byte(titled("ax"))},
		"a/x.txt": {Data: []byte(titled("no"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if titles(c) != "ax b" || c.Rules[0].File != "a/x.yml" {
		t.Errorf("loaded %q", titles(c))
	}
}

// The result does not depend on how the work is shared out.
func TestLoadIsDeterministic(t *testing.T) {
	files := map[string]string{}
	for n := range strings.FieldsSeq("a b c d e f g h i j k l") {
		files[n+".yml"] = titled(n) + "---\ntitle: broken " + n + "\n---\n" + chain("c"+n, "nothing")
	}
	dir := write(t, files)
	first, err := Load(Options{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := Load(Options{}, dir)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(first.Problems, again.Problems) || titles(first) != titles(again) {
			t.Fatal("loading twice gives different results")
		}
	}
}

// TestParseFiles: files in memory are one rule set, as those on disk are.
func TestParseFiles(t *testing.T) {
	c := ParseFiles(Options{},
		File{"b.yml", []byte("title: b\nid: 10000000-0000-4000-8000-000000000001\ncorrelation:\n  type: event_count\n  rules: [a]\n  group-by: [x]\n  timespan: 5m\n  condition: {gte: 2}\n")},
		File{"a.yml", []byte("title: a\nname: a\nlogsource: {product: windows}\ndetection: {s: {A: 1}, condition: s}\n")},
		File{"c.yml", []byte("title: c\n")},
	)
	if len(c.Rules) != 1 || len(c.Correlations) != 1 || c.Rules[0].File != "a.yml" {
		t.Errorf("%d rules, %d correlations", len(c.Rules), len(c.Correlations))
	}
	if len(c.Problems) != 1 || c.Problems[0].File != "c.yml" {
		t.Errorf("problems %v", c.Problems)
	}
}

// TestLoadNothing checks that a file that holds no rule is named, and counted as one document.
func TestLoadNothing(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "it is empty: there is no rule in it",
		"\xEF\xBB\xBF":                  "there is no rule in it, only blanks and comments",
		" \n# a comment\n":              "there is no rule in it, only blanks and comments",
		"---\n---\n...\n":               "there is no rule in it, only blanks and comments",
		"# why\n---\n# there is none\n": "there is no rule in it, only blanks and comments",
	} {
		c := ParseFiles(Options{}, File{Name: "x.yml", Data: []byte(text)})
		if c.Documents != 1 || len(c.Problems) != 1 || c.Problems[0].Reason != want || c.Problems[0].File != "x.yml" || c.Problems[0].Warning {
			t.Errorf("%q: %d documents, %+v", text, c.Documents, c.Problems)
		}
	}
}
