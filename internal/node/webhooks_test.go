package node

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestSealingKey(t *testing.T) {
	dir := t.TempDir()
	one, err := sealingKey(dir)
	if err != nil || len(one) != 32 {
		t.Fatal(one, err)
	}
	two, err := sealingKey(dir)
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("the key changes: %v", err)
	}
	path := filepath.Join(dir, sealFile)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := os.WriteFile(path, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sealingKey(dir); err == nil {
		t.Error("a broken key is a key")
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%v %v", files, err)
	}
}
