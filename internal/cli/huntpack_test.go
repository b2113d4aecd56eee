package cli

import (
	"io/fs"
	"strings"
	"testing"

	"entente/internal/advisory"
	"entente/packs"
)

// TestPacksOpenToHunt: the packs that come with the program are in order, and are the same to hunt with as whole.
func TestPacksOpenToHunt(t *testing.T) {
	if len(packs.IDs()) == 0 {
		t.Fatal("no pack comes with the program")
	}
	for _, id := range packs.IDs() {
		p, err := openToHunt(id)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := advisory.OpenFS(packs.Open(id), id)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Tests) != 0 || len(whole.Tests) == 0 {
			t.Errorf("%s: %d tests to hunt with, %d in all", id, len(p.Tests), len(whole.Tests))
		}
		if len(p.Rules.Rules) != len(whole.Rules.Rules) || len(p.Rules.Correlations) != len(whole.Rules.Correlations) || len(p.TTPs) != len(whole.TTPs) {
			t.Errorf("%s: %d rules, %d correlations, %d TTPs to hunt with", id, len(p.Rules.Rules), len(p.Rules.Correlations), len(p.TTPs))
		}
		err = fs.WalkDir(withoutTests{packs.Open(id)}, ".", func(name string, _ fs.DirEntry, err error) error {
			if err != nil || strings.HasPrefix(name, packTests) {
				t.Errorf("%s: %s: %v", id, name, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := fs.ReadFile(withoutTests{packs.Open(id)}, "tests/x.yml"); err == nil {
			t.Error("a test can be opened")
		}
	}
}
