package packs

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAllIsEmbedded: what lies in the folders of the packs is in the program, and nothing is beside it that is not.
func TestAllIsEmbedded(t *testing.T) {
	n := 0
	for _, id := range IDs() {
		err := filepath.WalkDir(id, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
				return err
			}
			n++
			want, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			got, err := fs.ReadFile(Open(id), strings.TrimPrefix(filepath.ToSlash(path), id+"/"))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not embedded as it is: %v", path, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if n < 10 {
		t.Errorf("%d files", n)
	}
	if Open("none") != nil || Open("demo") != nil || Open("..") != nil {
		t.Error("what is no pack can be opened")
	}
}
