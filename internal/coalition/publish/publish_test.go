package publish

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"entente/internal/coalition"
)

func TestFiles(t *testing.T) {
	s := sample(t)
	files := released(t, s)
	want := []string{
		"csaf.json", "csaf.json.sha256", "csaf.json.sha512", "index.html", "index.md", "map.csv", "matrix.csv", "navigator.json", "packs/sample.csv",
		"packs/sample.html", "packs/sample.md", "sample.entente.zip", "statement.fr.txt", "statement.md", "stix.json",
	}
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
		t.Errorf("the files are %q,\nwant %q", got, want)
	}
	for name, b := range s.Files {
		if !bytes.Equal(files[name], b) {
			t.Errorf("%s is not as it was agreed on", name)
		}
	}
	for range 3 {
		for name, b := range released(t, sample(t)) {
			if !bytes.Equal(files[name], b) {
				t.Errorf("%s differs from one time to the other", name)
			}
		}
	}
	seen := noon + 999
	later := sample(t)
	for i := range later.Said {
		later.Said[i].Seen = &seen
	}
	for name, b := range released(t, later) {
		if !bytes.Equal(files[name], b) {
			t.Errorf("%s depends on what witnesses saw, which members do not know at the same time", name)
		}
	}
}

func TestFilesWithoutPacksOrPositions(t *testing.T) {
	s := withFiles(sample(t), map[string][]byte{})
	s.Said, s.Manifest.Claims, s.First = nil, nil, ""
	files := released(t, s)
	if files["navigator.json"] != nil {
		t.Error("there is a layer of nothing")
	}
	if !strings.Contains(string(files["index.html"]), "No member has taken a position.") {
		t.Error("the page does not say that nobody has taken a position")
	}
}

func TestFilesRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Statement)
		want   string
	}{
		"a name that is made":   {func(s *Statement) { withFiles(s, map[string][]byte{"index.html": {}}) }, "index.html of its own"},
		"in another case":       {func(s *Statement) { withFiles(s, map[string][]byte{"STIX.json": {}}) }, "STIX.json of its own"},
		"a folder that is made": {func(s *Statement) { withFiles(s, map[string][]byte{"Packs": {}, "x.entente.zip": archive(t)}) }, "Packs of its own"},
		"below a file":          {func(s *Statement) { withFiles(s, map[string][]byte{"index.md/x": {}}) }, "in a folder index.md"},
		"a file and a folder":   {func(s *Statement) { withFiles(s, map[string][]byte{"a": {}, "a/b": {}}) }, "in a folder of that name"},
		"no archive":            {func(s *Statement) { withFiles(s, map[string][]byte{"bad.entente.zip": []byte("PK")}) }, "bad.entente.zip"},
		"one pack twice": {func(s *Statement) {
			withFiles(s, map[string][]byte{"x.entente.zip": archive(t), "y.entente.zip": archive(t)})
		}, "are one pack"},
		"changed bytes":          {func(s *Statement) { s.Files["statement.md"] = []byte("we do not say so") }, "statement.md is not the one"},
		"a missing file":         {func(s *Statement) { delete(s.Files, "statement.md") }, "statement.md is not the one"},
		"a file that is nowhere": {func(s *Statement) { s.Files["more.md"] = nil }, "5 files, and 4"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sample(t)
			test.change(s)
			if _, err := Files(s); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestFilesRefusesPacksForFewer(t *testing.T) {
	for _, test := range []struct {
		pack, statement string
		ok              bool
	}{{"clear", "clear", true}, {"clear", "green", true}, {"green", "green", true}, {"green", "clear", false}, {"amber", "green", false}, {"red", "clear", false}} {
		s := withFiles(sample(t), map[string][]byte{"x.entente.zip": archive(t, "tlp: amber+strict", "tlp: "+test.pack)})
		s.Manifest.TLP = test.statement
		_, err := Files(s)
		if (err == nil) != test.ok || err != nil && !strings.Contains(err.Error(), "x.entente.zip is TLP:") {
			t.Errorf("a pack that is %s in a statement that is %s: %v", test.pack, test.statement, err)
		}
	}
}

func TestCheck(t *testing.T) {
	s := sample(t)
	files := map[coalition.Digest][]byte{}
	for _, b := range s.Files {
		files[coalition.DigestOf(b)] = b
	}
	if err := Check(s.Manifest, files); err != nil {
		t.Error(err)
	}
	b := []byte("x")
	files[coalition.DigestOf(b)] = b
	s.Manifest.Files = append(s.Manifest.Files, coalition.File{Path: "stix.json", Digest: coalition.DigestOf(b), Size: 1, Role: coalition.FileAnnex})
	if err := Check(s.Manifest, files); err == nil || !strings.Contains(err.Error(), "stix.json") {
		t.Errorf("a name that is made passes: %v", err)
	}
}
