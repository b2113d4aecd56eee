package store

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Of a backup no byte may change, and none be missing.
func TestRestoreRefusesEveryFlip(t *testing.T) {
	s := must[*Store](t)(Create(t.Context(), Config{Dir: t.TempDir(), NoIndexer: true}))
	defer s.Close()
	filled(t, s)
	dir := t.TempDir()
	file := filepath.Join(dir, "backup")
	if err := s.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	good := must[[]byte](t)(os.ReadFile(file))
	r := rand.New(rand.NewPCG(1, 2))
	refused := func(what string, bad []byte) {
		t.Helper()
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Restore(t.Context(), Config{Dir: filepath.Join(dir, "new")}, file, nil); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for range 60 {
		bad := slices.Clone(good)
		bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
		refused("a bit", bad)
	}
	for _, at := range []int{0, len(good) - sealSize, len(good) - 1} {
		bad := slices.Clone(good)
		bad[at] ^= 1
		refused("a certain bit", bad)
	}
	refused("no end", good[:len(good)-1])
	refused("something after it", append(slices.Clone(good), 0))
	if err := os.WriteFile(file, good[:len(good)-sealSize], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), Config{Dir: filepath.Join(dir, "new")}, file, nil); err != nil {
		t.Errorf("a database that somebody has copied: %v", err)
	}
}
