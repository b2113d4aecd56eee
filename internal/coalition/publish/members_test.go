package publish

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"entente/internal/coalition"
	"entente/internal/stix"
)

// withAnnex gives a statement an annex.
func withAnnex(tb testing.TB, s *Statement, tlp string, files map[string][]byte) *coalition.Annex {
	tb.Helper()
	a := &coalition.Annex{Type: "annex", Salt: strings.Repeat("0", 32), TLP: tlp, Files: []coalition.File{}}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		a.Files = append(a.Files, coalition.File{Path: p, Digest: coalition.DigestOf(files[p]), Size: int64(len(files[p])), Role: roleOf(p)})
	}
	b, err := a.Bytes()
	if err != nil {
		tb.Fatal(err)
	}
	s.Manifest.Annex = coalition.DigestOf(b)
	return a
}

func TestMembers(t *testing.T) {
	for _, tlp := range []string{"amber", "amber+strict"} {
		s := sample(t)
		files := map[string][]byte{"sources.md": []byte("# Sources\n"), "victims.csv": []byte("a\n"), "more.entente.zip": archive(t, "id: sample", "id: more")}
		a := withAnnex(t, s, tlp, files)
		got, err := Members(s, a, files)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"annex.stix.json", "more.entente.zip", "packs/more.csv", "packs/more.html", "packs/more.md", "sources.md", "victims.csv"}
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
			t.Errorf("the files are %q, want %q", names, want)
		}
		for name, b := range files {
			if !bytes.Equal(got[name], b) {
				t.Errorf("%s is not as it was agreed on", name)
			}
		}
		public := objects(t, released(t, s)["stix.json"])
		var elsewhere []string
		for _, o := range public {
			elsewhere = append(elsewhere, o["id"].(string))
		}
		marking, _ := stix.TLPMarking(tlp)
		list := objects(t, got["annex.stix.json"], elsewhere...)
		for _, o := range list {
			if refs, ok := o["object_marking_refs"]; ok && fmt.Sprint(refs) != "["+marking+"]" {
				t.Errorf("%s: %v is marked %v", tlp, o["id"], refs)
			}
			if o["type"] != "marking-definition" && o["type"] != "extension-definition" && o["name"] != "Entente" && slices.Contains(elsewhere, o["id"].(string)) {
				t.Errorf("%v is in the public bundle, too", o["id"])
			}
		}
		if n := len(ofType(list, "report")); n != 2 {
			t.Errorf("there are %d reports: the annex's and its pack's", n)
		}
		for _, o := range ofType(list, "report") {
			if refs := fmt.Sprint(o["external_references"]); o["name"] == "Intrusions into mail servers" && (!strings.Contains(refs, "victims.csv") ||
				!strings.Contains(refs, strings.TrimPrefix(string(digest("a\n")), "sha256:"))) {
				t.Errorf("the report does not name the annex's files: %s", refs)
			}
		}
		s.Said = s.Said[2:]
		s.Said[0].At += 3600 // what another member knows when it makes the same
		again, err := Members(s, a, files)
		if err != nil || !bytes.Equal(again["annex.stix.json"], got["annex.stix.json"]) {
			t.Errorf("the bundle differs from one member to the other: %v", err)
		}
	}
}

func TestMembersRefuses(t *testing.T) {
	files := map[string][]byte{"a.md": []byte("a")}
	for name, test := range map[string]struct {
		change func(*Statement, *coalition.Annex)
		want   string
	}{
		"another annex": {func(_ *Statement, a *coalition.Annex) { a.Salt = strings.Repeat("1", 32) }, "not the one that was agreed on"},
		"no annex":      {func(s *Statement, _ *coalition.Annex) { s.Manifest.Annex = "" }, "not the one that was agreed on"},
		"changed bytes": {func(*Statement, *coalition.Annex) { files["a.md"] = []byte("b") }, "file a.md of the annex"},
		"a name that is made": {func(s *Statement, a *coalition.Annex) {
			files = map[string][]byte{"annex.stix.json": nil}
			*a = *withAnnex(t, s, "amber", files)
		}, "annex.stix.json of its own"},
		"a pack for fewer": {func(s *Statement, a *coalition.Annex) {
			files = map[string][]byte{"x.entente.zip": archive(t, "tlp: amber+strict", "tlp: red")}
			*a = *withAnnex(t, s, "amber", files)
		}, "is TLP:RED"},
	} {
		t.Run(name, func(t *testing.T) {
			files = map[string][]byte{"a.md": []byte("a")}
			s := sample(t)
			a := withAnnex(t, s, "amber", files)
			test.change(s, a)
			if _, err := Members(s, a, files); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one with %q", err, test.want)
			}
		})
	}
}
