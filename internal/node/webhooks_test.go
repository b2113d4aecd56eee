package node

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

func TestSealingKey(t *testing.T) {
	dir := t.TempDir()
	one, err := sealingKey(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil || len(one) != 32 {
		t.Fatal(one, err)
	}
	two, err := sealingKey(t.Context(), dir, slog.New(slog.DiscardHandler))
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
	if _, err := sealingKey(t.Context(), dir, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a broken key is a key")
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%v %v", files, err)
	}
	if key, err := sealingKey(t.Context(), filepath.Join(dir, "nowhere"), slog.New(slog.DiscardHandler)); key != nil || err != nil {
		t.Errorf("in a folder that cannot be written to: %x %v", key, err)
	}
}
