package advisory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"entente/internal/sigma"
)

// scaffoldFiles are the files of a pack in order.
func scaffoldFiles(tb testing.TB) map[string]string {
	tb.Helper()
	files, err := Scaffold("test-pack", testDay)
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// writeFolder writes a pack to disk and returns its folder.
func writeFolder(tb testing.TB, files map[string]string) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "test-pack")
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func TestOpenFolder(t *testing.T) {
	files := scaffoldFiles(t)
	files[".git/config"] = "not ours"
	files["rules/.swp"] = "not ours"
	p, err := Open(writeFolder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	m := &p.Manifest
	if m.ID != "test-pack" || m.TLP != "amber" || m.Attack.Today != "18.1" || len(m.Stages) != 2 || m.Stages[1].Shows != Compromise ||
		!strings.HasPrefix(m.Summary, "Who does what to whom, and what") {
		t.Errorf("manifest %+v", m)
	}
	if len(p.TTPs) != 1 || len(p.TTPs[0].Detections) != 1 || len(p.TTPs[0].Questions) != 1 || p.TTPs[0].Current() != "T1190" {
		t.Errorf("TTPs %+v", p.TTPs)
	}
	if len(p.Mitigations) != 1 || len(p.Rules.Rules) != 1 || len(p.Tests) != 1 || len(p.Tests[0].Positive) != 2 || len(p.Tests[0].Negative) != 3 {
		t.Errorf("%d mitigations, %d rules, tests %+v", len(p.Mitigations), len(p.Rules.Rules), p.Tests)
	}
	if got := len(p.Files()); got != len(files)-2 {
		t.Errorf("%d files: %v", got, p.Files())
	}
	r := p.Rules.Rules[0]
	if text := string(p.RuleText(&r.Meta)); !strings.HasPrefix(text, "title: Web server") || strings.HasSuffix(text, "\n") {
		t.Errorf("text of the rule: %q", text)
	}
}

func TestRuleTextOfSeveral(t *testing.T) {
	p, _ := packOf(t, map[string]string{"rules/a.yml": "--- # one\ntitle: a\nid: 1\n---\ntitle: b\nid: 2\n--- \ntitle: c\n"})
	for line, want := range map[int]string{1: "title: a\nid: 1", 2: "title: a\nid: 1", 3: "title: a\nid: 1", 5: "title: b\nid: 2", 8: "title: c"} {
		if got := string(p.RuleText(&sigma.Meta{File: "rules/a.yml", Line: line})); got != want {
			t.Errorf("line %d: %q", line, got)
		}
	}
}

// TestLoadProblems: what is wrong is named with file and line, and costs nothing else.
func TestLoadProblems(t *testing.T) {
	for name, test := range map[string]struct {
		file, text string
		line       int
		want       string
	}{
		"unknown key":         {manifestFile, testManifest + "colour: blue\n", 18, `no key "colour"`},
		"unknown key below":   {"ttps/a.yml", "- id: T1190\n  colour: blue\n", 2, "the keys are confidence, detections"},
		"key twice":           {manifestFile, testManifest + "id: again\n", 18, "second time, first on line 2"},
		"anchor":              {"ttps/a.yml", "- id: &a T1190\n", 1, "anchors"},
		"alias":               {"ttps/a.yml", "- id: T1190\n  tactics: &x [a]\n  logs: *x\n", 2, "anchors"},
		"tag":                 {"ttps/a.yml", "- id: !!str T1190\n", 1, "tag"},
		"merge key":           {"tests/a.yml", "rule: a\nbase: {<<: {a: b}}\n", 2, "merge keys"},
		"anchor in a rule":    {"rules/a.yml", "title: a\nlevel: &l high\n", 2, "anchors"},
		"no YAML":             {"ttps/a.yml", "- id: [\n", 0, "well-formed"},
		"two documents":       {"mitigations.yml", "- id: a\n---\n- id: b\n", 0, "well-formed"},
		"no list":             {"mitigations.yml", "id: a\n", 1, "has to be a list"},
		"a list for a text":   {manifestFile, strings.Replace(testManifest, "title: A pack for tests", "title: [a]", 1), 3, "title has to be a text"},
		"a text for a list":   {"ttps/a.yml", "- id: T1190\n  tactics: discovery\n", 2, "tactics has to be a list"},
		"a text for a map":    {manifestFile, strings.Replace(testManifest, `attack: {published: "9", today: "18.1"}`, "attack: 9", 1), 13, "attack has to be a map"},
		"a word for a number": {"tests/a.yml", "rule: a\npositive:\n  - name: b\n    fires: many\n", 4, "whole number"},
		"an empty entry":      {"mitigations.yml", "- id: a\n  attack:\n    - \n", 3, "empty"},
		"another format":      {manifestFile, strings.Replace(testManifest, FormatName, "entente-pack/2", 1), 1, "later version"},
		"no format":           {manifestFile, strings.Replace(testManifest, "format: "+FormatName, "description: x", 1), 0, "format is not stated"},
		"some format":         {manifestFile, strings.Replace(testManifest, FormatName, "word", 1), 1, "has to be"},
		"not UTF-8":           {"ttps/a.yml", "- id: \xff\n", 0, "UTF-8"},
		"too deep":            {"tests/a.yml", "rule: a\nbase: " + strings.Repeat("[", 60) + strings.Repeat("]", 60) + "\n", 0, "nested"},
		"too many values":     {"ttps/a.yml", strings.Repeat("- \n", maxYAMLMarks+1), 0, "too many values"},
		"too large":           {"rules/a.yml", strings.Repeat("#", maxFile+1), 0, "larger than 4 MiB"},
		"unknown file":        {"README.md", "hello", 0, "knows no such file"},
		"unknown folder":      {"notes/a.yml", "a: b", 0, "knows no such file"},
		"folder in ttps":      {"ttps/a/b.yml", "[]", 0, "knows no such file"},
		"yaml":                {"rules/a.yaml", "a: b", 0, "knows no such file"},
		"blank in the name":   {"rules/a b.yml", "a: b", 0, "only letters"},
		"device":              {"rules/aux.yml", "a: b", 0, "device"},
	} {
		t.Run(name, func(t *testing.T) {
			p, ps := packOf(t, map[string]string{test.file: test.text})
			if len(ps) != 1 || ps[0].File != test.file || ps[0].Line != test.line && test.line > 0 || !strings.Contains(ps[0].Reason, test.want) {
				t.Fatalf("%+v", ps)
			}
			if p == nil || p.Rules == nil {
				t.Error("no pack")
			}
			if _, err := whole(p, ps, nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Open gives %v", err)
			}
		})
	}
}

// TestLoadKeepsNeighbours: an entry that is wrong costs no other.
func TestLoadKeepsNeighbours(t *testing.T) {
	p, ps := packOf(t, map[string]string{
		"ttps/a.yml": "- id: T1190\n- id: T1595\n  colour: blue\n- id: T1059\n",
		"ttps/b.yml": "- id: T1078\n",
		"tests/a.yml": "rule: ABC\npositive:\n  - name: x\n    events:\n      - {a: 1, b: 0x1f, c: \"2\", d: true, e: 1.5, f: 2021-03-03, g: [1, x], h: {i: -3}, j: 010, k: 18446744073709551615, l: null}\n" +
			"negative:\n\n  - name: y\n    lines: |\n      a\n",
	})
	if len(ps) != 1 || ps[0].Line != 3 || len(p.TTPs) != 3 || p.TTPs[1].ID != "T1059" || p.TTPs[2].ID != "T1078" {
		t.Errorf("%v %v", ps, p.TTPs)
	}
	if at := p.at.ttps; at[1] != (place{"ttps/a.yml", 4}) || at[2] != (place{"ttps/b.yml", 1}) {
		t.Errorf("places %v", at)
	}
	if p.Tests[0].Rule != "abc" || p.at.tests[0].positive[0] != 3 || p.at.tests[0].negative[0] != 8 {
		t.Errorf("%+v %+v", p.Tests[0], p.at.tests[0])
	}
	log, err := caseLog(&p.Tests[0], &p.Tests[0].Positive[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"a":1,"b":"0x1f","c":"2","d":true,"e":1.5,"f":"2021-03-03","g":[1,"x"],"h":{"i":-3},"j":"010","k":18446744073709551615}` + "\n"
	if string(log) != want {
		t.Errorf("got  %swant %s", log, want)
	}
}

func TestNoPack(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "no pack.yml") {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(dir, "none")); err == nil {
		t.Error("a pack that is not there")
	}
	if _, err := OpenFS(fstest.MapFS{}, "x"); err == nil {
		t.Error("an empty file system")
	}
}

// TestFolderLinks: links are refused, even those within the folder.
func TestFolderLinks(t *testing.T) {
	dir := writeFolder(t, scaffoldFiles(t))
	secret := filepath.Join(t.TempDir(), "secret.yml")
	if err := os.WriteFile(secret, []byte("title: secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "rules", "link.yml")); err != nil {
		t.Skip("this system makes no symbolic links:", err)
	}
	if err := os.Symlink(filepath.Dir(secret), filepath.Join(dir, "tests", "folder")); err != nil {
		t.Fatal(err)
	}
	p, ps, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(ps) != 2 || !strings.Contains(ps[0].Reason, "symbolic link") || !strings.Contains(ps[1].Reason, "symbolic link") || len(p.Rules.Rules) != 1 {
		t.Errorf("%v", ps)
	}
	// A manifest that is a link leads nowhere.
	if err := os.Rename(filepath.Join(dir, manifestFile), secret); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, manifestFile)); err != nil {
		t.Fatal(err)
	}
	if p, ps, err := Read(dir); err == nil && (ps.Err() == nil || p.Manifest.ID != "") {
		t.Errorf("%v %+v", ps, p.Manifest)
	}
}

func FuzzLoad(f *testing.F) {
	files := scaffoldFiles(f)
	if len(files) < 5 {
		f.Fatal("no seeds")
	}
	for name, text := range files {
		f.Add(name, []byte(text))
	}
	f.Add(manifestFile, []byte("a: &a [*a]"))
	f.Add("ttps/a.yml", []byte("- {id: ~, tactics: [~]}"))
	f.Add("tests/a.yml", []byte("rule: a\nbase: {a: {b: [1, 1e999, -0]}}\npositive: [{events: [{}]}]"))
	f.Add(indicatorsFile, []byte("- {type: ip, value: 192.0.2.0/24, context: \"a'\\n---\\nb\"}\n- {type: registry-key, value: 'HKLM\\'}"))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		s := newFileSet()
		s.data[manifestFile] = []byte(testManifest)
		if s.admit(name) != nil {
			return
		}
		s.data[name] = text
		p, ps := load(s, "fuzz")
		_ = ps.String()
		// What could be read can be used.
		if n := len(p.at.ttps); n != len(p.TTPs) {
			t.Fatal("places of TTPs")
		}
		for i := range p.Tests {
			p.cases(i, "")
		}
		for _, in := range p.Indicators {
			if in.Check() == nil && len(IndicatorRules(&p.Manifest, &in)) == 0 && len(in.OnlyUnder)+len(in.NotUnder) == 0 {
				t.Fatalf("no rules of %+v", in)
			}
		}
		if p.indicatorRules != nil {
			for _, x := range p.Rules.Problems {
				if x.File == indicatorsFile && !x.Warning {
					t.Fatalf("%s\n%s", x.Reason, p.indicatorRules)
				}
			}
		}
		if ps.Err() == nil {
			Diff(p, p)
			p.Document()
		}
	})
}
