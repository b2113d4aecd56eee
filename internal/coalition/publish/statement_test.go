package publish

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"entente/internal/advisory"
	"entente/internal/coalition"
)

const (
	testCoalition = "0f0e0d0c-0b0a-4908-8706-050403020100"
	testStatement = "10111213-1415-4617-9819-1a1b1c1d1e1f"
	noon          = coalition.Time(1626696000) // 2021-07-19T12:00:00Z
)

func digest(s string) coalition.Digest { return coalition.DigestOf([]byte(s)) }

// archive is the pack of the tests of packexport, with texts replaced, as an archive.
func archive(tb testing.TB, replace ...string) []byte {
	tb.Helper()
	r := strings.NewReplacer(append(replace, "tlp: amber+strict", "tlp: clear")...) // the first that fits counts
	files := fstest.MapFS{}
	dir := os.DirFS("../../advisory/packexport/testdata/sample")
	err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(dir, path)
		files[path] = &fstest.MapFile{Data: []byte(r.Replace(string(b)))}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	p, _, err := advisory.ReadFS(files, "sample")
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	if err := advisory.WriteArchive(&out, p); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// withFiles puts files into a statement.
func withFiles(s *Statement, files map[string][]byte) *Statement {
	s.Files, s.Manifest.Files = files, []coalition.File{}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		s.Manifest.Files = append(s.Manifest.Files, coalition.File{Path: p, Digest: coalition.DigestOf(files[p]), Size: int64(len(files[p])), Role: roleOf(p)})
	}
	return s
}

func roleOf(p string) string {
	switch {
	case strings.HasSuffix(p, advisory.ArchiveExt):
		return coalition.FilePack
	case strings.HasSuffix(p, ".md"), strings.HasSuffix(p, ".txt"):
		return coalition.FileText
	}
	return coalition.FileAnnex
}

// sample is a statement of members of every stance.
func sample(tb testing.TB) *Statement {
	tb.Helper()
	root := &coalition.Root{Type: "root", Coalition: testCoalition, Name: "Harbour Group", Version: 1, Issued: noon - 86400*30}
	s := &Statement{
		Root: root, Digest: digest("manifest"), First: digest("root"), Proposed: noon - 86400,
		Manifest: &coalition.Manifest{
			Type: "statement", Coalition: testCoalition, Statement: testStatement, Revision: 1, TLP: "clear",
			Title: []coalition.Wording{{Language: "en", Text: "Intrusions into mail servers"}, {Language: "fr", Text: "Intrusions dans des serveurs de courrier"}},
			Claims: []coalition.Claim{
				{ID: "intrusion", Text: []coalition.Wording{{Language: "en", Text: "Mail servers were broken into."}, {Language: "fr", Text: "Des serveurs ont été pénétrés."}}},
				{ID: "state", Text: []coalition.Wording{{Language: "en", Text: "A state is behind it."}}},
			},
		},
	}
	said := func(id, as string, stance coalition.Stance, covers []string, l *coalition.Likelihood, c *coalition.Confidence, wording ...coalition.Wording) {
		root.Members = append(root.Members, coalition.Member{ID: id, Name: as})
		s.Said = append(s.Said, coalition.Said{
			Member: id, Name: as, Stance: stance, Covers: covers, Wording: wording, Likelihood: l, Confidence: c, At: noon + coalition.Time(len(s.Said)),
		})
	}
	said("aa", "Aland", coalition.Endorse, nil, &coalition.Likelihood{Scale: "icd-203", Term: "very likely"}, nil)
	said("bb", "Bland", coalition.Assess, []string{"intrusion"}, &coalition.Likelihood{Scale: "uk-phia", Term: "highly likely"}, &coalition.Confidence{Scale: "uk-phia", Level: "high"},
		coalition.Wording{Language: "de", Text: "Wir sind dessen sicher."}, coalition.Wording{Language: "en", Text: "We are sure of it.\n\nNo more is said."})
	said("cc", "Cland", coalition.Object, []string{"state"}, nil, nil, coalition.Wording{Language: "en", Text: "We do not see the evidence."})
	said("dd", "Dland", coalition.Reserve, nil, nil, &coalition.Confidence{Scale: "icd-203", Level: "moderate"})
	said("ee", "Eland", coalition.Acknowledge, nil, nil, nil)
	said("ff", "Fland", coalition.Relay, nil, nil, nil)
	said("gg", "Gland", coalition.Abstain, nil, nil, nil)
	root.Members = append(root.Members, coalition.Member{ID: "hh", Name: "Hland"})
	return withFiles(s, map[string][]byte{
		"sample.entente.zip": archive(tb), "statement.md": []byte("# We say so\n\nWe *hunt* with this.\n"), "statement.fr.txt": []byte("Nous le disons.\n"), "map.csv": []byte("a,b\n"),
	})
}

func released(tb testing.TB, s *Statement) map[string][]byte {
	tb.Helper()
	files, err := Files(s)
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// evil is text that would do something in every format if nobody escaped it.
const evil = "\"'><img src=x onerror=alert(1)><script>alert(1)</script> | `x` [x](javascript:alert(1)) \u202e*a*\n# h\n=1+1"

func hostile(tb testing.TB) *Statement {
	tb.Helper()
	s := sample(tb)
	s.Root.Name, s.Root.Members[7].Name = evil, evil
	for i := range s.Manifest.Title {
		s.Manifest.Title[i].Text = evil
	}
	s.Manifest.Claims[0].Text[0].Text = evil
	for i := range s.Said {
		s.Said[i].Name = evil
		s.Said[i].Wording = []coalition.Wording{{Language: "en", Text: evil}}
		s.Said[i].Likelihood = &coalition.Likelihood{Scale: coalition.OwnWords, Term: evil}
		s.Said[i].Confidence = &coalition.Confidence{Scale: coalition.OwnWords, Level: "=" + evil}
	}
	return withFiles(s, map[string][]byte{"a.md": []byte(evil), "b.txt": []byte(evil)})
}
