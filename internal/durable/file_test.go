package durable

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// only fails where anything but one file with this content is in a folder.
func only(t *testing.T, dir, name, content string, mode os.FileMode) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 || list[0].Name() != name {
		t.Fatalf("the folder has %v, %v", list, err)
	}
	path := filepath.Join(dir, name)
	if b, err := os.ReadFile(path); err != nil || string(b) != content {
		t.Errorf("the file has %q, %v; want %q", b, err, content)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode() != mode {
		t.Errorf("the file is %v, %v; want %v", info, err, mode)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for _, c := range []struct {
		content string
		mode    os.FileMode
	}{{"first", 0o644}, {"second, which is longer", 0o600}, {"", 0o600}} {
		if err := WriteFile(path, []byte(c.content), c.mode); err != nil {
			t.Fatal(err)
		}
		only(t, dir, "a", c.content, c.mode)
	}
	if err := WriteFile(filepath.Join(dir, "none", "a"), nil, 0o600); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a folder that is not there: %v", err)
	}
}

// Where the file cannot be put in its place, nothing is left behind.
func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "a"), []byte("x"), 0o600); err == nil {
		t.Error("a folder was replaced")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 || !list[0].IsDir() {
		t.Errorf("the folder has %v, %v", list, err)
	}
}

func TestCreateFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := CreateFile(path, []byte("first"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CreateFile(path, []byte("second"), 0o644); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second file: %v", err)
	}
	only(t, dir, "a", "first", 0o600)
	if runtime.GOOS == "windows" { // where links ask for rights
		return
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(dir, "b"), link); err != nil {
		t.Fatal(err)
	}
	if err := CreateFile(link, []byte("x"), 0o600); !errors.Is(err, os.ErrExist) {
		t.Errorf("a link to nowhere: %v", err)
	}
	only(t, dir, "a", "first", 0o600)
}
