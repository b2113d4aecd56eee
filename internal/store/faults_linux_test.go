package store

import (
	"errors"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk of four megabytes: it gets full under the store, is made read-only, and has room again.
func TestFullDiskAndReadOnlyDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small disk cannot be made here: %v (it takes the right to mount)", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := must[*Store](t)(Create(t.Context(), Config{Dir: dir, NoIndexer: true}))
	w := newWorld(t, s)
	g := &generator{w: w, rand: rand.New(rand.NewPCG(1, 1))}
	var (
		stored int64
		err    error
	)
	for err == nil && stored < 100_000 {
		if _, err = s.Add(t.Context(), g.batch(50)); err == nil {
			stored += 50
		}
	}
	if !errors.Is(err, ErrFull) {
		t.Fatalf("on a full disk: %v", err)
	}
	whole := Query{Owners: []int64{w.a.ID}}
	if n := must[int64](t)(s.Count(t.Context(), w.annSees(), whole)); n != stored {
		t.Errorf("%d items, acknowledged were %d", n, stored)
	}
	if err := s.Backup(t.Context(), dir+"/backup.db"); !errors.Is(err, ErrFull) {
		t.Errorf("backup to a full disk: %v", err)
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT, "size=32m"); err != nil {
		t.Fatal(err)
	}
	must[[]Outcome](t)(s.Add(t.Context(), g.batch(50)))
	stored += 50
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), Config{Dir: dir}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("open on a read-only disk: %v", err)
		if err == nil {
			s.Close()
		}
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT, "size=32m"); err != nil {
		t.Fatal(err)
	}
	s = must[*Store](t)(Open(t.Context(), Config{Dir: dir, NoIndexer: true}))
	defer s.Close()
	if n := must[int64](t)(s.Count(t.Context(), w.annSees(), whole)); n != stored {
		t.Errorf("%d items, acknowledged were %d", n, stored)
	}
	if problems := must[[]Problem](t)(s.Check(t.Context())); len(problems) > 0 {
		t.Error(problems)
	}
}
