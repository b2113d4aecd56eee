package packimport

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/internal/advisory"
)

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Format
	}{
		{"a.json", `{"type": "bundle", "objects": []}`, STIX},
		{"a.json", `{"spec_version": "2.0", "objects": []}`, STIX},
		{"a.json", `{"document": {}}`, CSAF},
		{"page.html", "<!DOCTYPE html>\n<pre>\ndetection:\n", ""},
		{"a.txt", "title: x\ndetection:\n  s: {}\n", Sigma},
		{"a.txt", "title: x\ncorrelation:\n  type: temporal\n", Sigma},
		{"a.txt", "no detection: here\n", ""},
		{"a.json", `{"techniques": []}`, Navigator},
		{"a.json", `{"Event": {}}`, MISP},
		{"a.json", `{"response": []}`, MISP},
		{"a.json", `[{"Event": {}}]`, MISP},
		{"a.yml", "title: a", Sigma},
		{"a.txt", "title: a\ndetection:\n", Sigma},
		{"a.txt", "hello", ""},
		{"a.json", `{"a": 1}`, ""},
		{"a.json", `{"type": "bundle"`, ""},
		{"a.json", "", ""},
	} {
		if got := detect(c.name, []byte(c.text)); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	deep := `{"type":"bundle","objects":[` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "]}"
	for name, data := range map[string]string{
		"deep":            deep,
		"broken":          `{"type":"bundle","objects":[}`,
		"nothing":         "",
		"empty bundle":    `{"type":"bundle","objects":[]}`,
		"unknown":         `{"hello":1}`,
		"no rule":         "title: a\ndetection: 7\n",
		"CSAF of nothing": `{"document":{}}`,
		"MISP of nothing": `{"Event":null}`,
	} {
		file := "a.json"
		if name == "no rule" {
			file = "a.yml"
		}
		if r, err := FromData(file, []byte(data), Options{Now: now}); err == nil && len(r.Files) > 1 {
			t.Errorf("%s: a pack came of it: %v", name, r.Names())
		}
	}
	if _, err := FromData("a.json", make([]byte, maxSource+1), Options{}); err == nil {
		t.Error("a source that is too large is read")
	}
	if _, err := FromData("a.json", []byte(deep), Options{Format: STIX}); err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("deep: %v", err)
	}
}

func TestBracketsInTextsAreNoNesting(t *testing.T) {
	if err := checkJSON([]byte(`{"a": "` + strings.Repeat(`[{\"`, 500) + `"}`)); err != nil {
		t.Error(err)
	}
}

func TestWriteLeavesWhatIsThere(t *testing.T) {
	r, err := FromData("a.json", []byte(`{"name":"a","techniques":[{"techniqueID":"T1190"}]}`), Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "pack")
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := advisory.Open(dir); err != nil {
		t.Error(err)
	}
	before, _ := os.ReadFile(filepath.Join(dir, "pack.yml"))
	r.Files["pack.yml"] = []byte("other")
	if err := r.Write(dir); err == nil {
		t.Error("a folder that is not empty is written into")
	}
	if after, _ := os.ReadFile(filepath.Join(dir, "pack.yml")); string(after) != string(before) {
		t.Error("a file was overwritten")
	}
}

func TestIDs(t *testing.T) {
	layer := []byte(`{"name":"  Ünder  attack: phase 2! ","techniques":[{"techniqueID":"T1190"}]}`)
	if _, r := mustLoad(t, "a.json", layer, Options{}); r.ID != "nder-attack-phase-2" {
		t.Errorf("the id is %q", r.ID)
	}
	if _, r := mustLoad(t, "a.json", layer, Options{ID: "mine"}); r.ID != "mine" {
		t.Errorf("the id is %q", r.ID)
	}
	for _, id := range []string{"../x", "X", "a", "-a", strings.Repeat("a", 65)} {
		if _, err := FromData("a.json", layer, Options{ID: id, Now: now}); err == nil {
			t.Errorf("the id %q is taken", id)
		}
	}
	if _, r := mustLoad(t, "攻击.json", []byte(`{"name":"攻击","techniques":[{"techniqueID":"T1190"}]}`), Options{}); r.ID != "imported" {
		t.Errorf("the id is %q", r.ID)
	}
}

func TestHandlingIsNeverLoosened(t *testing.T) {
	layer := func(label string) []byte {
		return []byte(`{"name":"a","techniques":[{"techniqueID":"T1190"}],"metadata":[{"name":"tlp","value":"` + label + `"}]}`)
	}
	for _, c := range [][3]string{
		{"TLP:GREEN", "", "green"},
		{"TLP:GREEN", "red", "red"},
		{"TLP:RED", "green", "red"},
		{"", "", "amber"},
		{"", "clear", "clear"},
	} {
		p, r := mustLoad(t, "a.json", layer(c[0]), Options{TLP: c[1]})
		if p.Manifest.TLP != c[2] {
			t.Errorf("%s, asked for %s: %s, want %s", c[0], c[1], p.Manifest.TLP, c[2])
		}
		if c[0] == "TLP:RED" {
			wantSaid(t, r, "stricter")
		}
	}
}

func TestNames(t *testing.T) {
	n := names{}
	for _, c := range [][2]string{
		{"a.yml", "rules/a.yml"},
		{"A.YML", "rules/a_2.yml"},
		{"../../etc/passwd.yml", "rules/etc/passwd.yml"},
		{`..\..\b.yml`, "rules/b.yml"},
		{"/x/y/z/w/v.yml", "rules/x/y/z/v.yml"},
		{"con.yml", "rules/rule_con.yml"},
		{"aux/nul/c.yml", "rules/in_aux/in_nul/c.yml"},
		{"", "rules/rule_.yml"},
		{"rules/d.yml", "rules/d.yml"},
		{"é ü.yml", "rules/rule__2.yml"},
		{strings.Repeat("long", 100) + ".yml", "rules/" + strings.Repeat("long", 15) + ".yml"},
	} {
		if got := n.rulePath(c[0]); got != strings.Replace(strings.Replace(c[1], "rule_.yml", "rule.yml", 1), "rule__2", "rule_2", 1) {
			t.Errorf("%q is %q, want %q", c[0], got, c[1])
		}
	}
}

func TestTidy(t *testing.T) {
	for in, want := range map[string]string{
		" a\r\nb ": "a\nb", "a\x00b\x1b": "ab", "\xff": "\uFFFD", "a\u2028b": "a\nb", "\uFEFFx": "x",
	} {
		if got := tidy(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestHintNamesTheFlag(t *testing.T) {
	_, err := FromData("a.txt", []byte("hello"), Options{Now: now})
	if err == nil || !strings.Contains(err.Error(), "--format") || strings.Contains(err.Error(), "--from") {
		t.Errorf("%v", err)
	}
}
