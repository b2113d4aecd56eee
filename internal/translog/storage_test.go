package translog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	f, err := openFolder(dir, ".")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openFolder(dir, "."); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	if _, err := f.read("a/b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	for _, data := range []string{"one", "two", ""} {
		if err := f.write("a/b/c", []byte(data)); err != nil {
			t.Fatal(err)
		}
		if got, err := f.read("a/b/c"); err != nil || string(got) != data {
			t.Errorf("%q is read as %q, %v", data, got, err)
		}
	}
	for _, changed := range []string{".", "a", "a/b"} {
		if !f.dirty[changed] {
			t.Errorf("folder %s has changed and is not to be synced", changed)
		}
	}
	if err := f.sync(); err != nil || len(f.dirty) != 0 {
		t.Errorf("sync: %v", err)
	}
	for _, name := range []string{"a/b", "nothing"} {
		if err := f.remove(name); err != nil {
			t.Errorf("remove %s: %v", name, err)
		}
	}
	if err := f.write("a/b/d", []byte("x")); err != nil {
		t.Errorf("write to a folder that was removed: %v", err)
	}
	for _, name := range []string{"../x", "/x", "a/../../x"} {
		if err := f.write(name, []byte("x")); err == nil {
			t.Errorf("%s is written", name)
		}
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	// What an earlier process has not finished is gone, and its lock with it.
	if err := os.WriteFile(filepath.Join(dir, tempDir, "7"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err = openFolder(dir, ".")
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if _, err := f.read(tempDir + "/7"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file not finished: %v", err)
	}
}

func TestFolderOfAnother(t *testing.T) {
	dir := t.TempDir()
	if _, err := openFolder(dir, checkpointName); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without a log: %v", err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := createFolder(dir, "b", "a"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a folder with something: %v", err)
	}
	f, err := createFolder(filepath.Join(dir, "new", "folder"), "a")
	if err != nil {
		t.Fatal(err)
	}
	f.close()
}

// copying copies a log's folder around every step that changes it, as a process leaves it that is killed there.
type copying struct {
	*folder
	dir    string
	copies func(string)
	t      *testing.T
	taking sync.Mutex
}

func (c *copying) snapshot() {
	to := filepath.Join(c.t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(c.dir)); err != nil {
		c.t.Fatal(err)
	}
	c.copies(to)
}

func (c *copying) write(name string, data []byte) error {
	err := c.folder.write(name, data)
	c.taking.Lock() // tiles are written several at a time
	defer c.taking.Unlock()
	c.snapshot()
	return err
}

func (c *copying) remove(name string) error {
	err := c.folder.remove(name)
	c.snapshot()
	return err
}

// TestKilled opens the folder of a log as it is after every step of its appends.
func TestKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	l, err := Create(dir, testOrigin, testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := map[Digest]int64{}
	var failed error
	copies := 0
	l.store = &copying{folder: l.store.(*folder), dir: dir, t: t, copies: func(to string) {
		copies++
		failed = errors.Join(failed, func() error {
			k, err := Open(to, testOrigin, testKey(1))
			if err != nil {
				return err
			}
			defer k.Close()
			for d, want := range acknowledged {
				if got, ok := k.Index(d); !ok || got != want {
					return fmt.Errorf("entry %d is at %d (%t)", want, got, ok)
				}
			}
			head := l.head // of the log that goes on; it does not change while a copy is made
			if root, err := rootAt(head.Size, k.Head().Checkpoint, logTiles{k.store, k.snapshot()}); err != nil || root != head.Root {
				return fmt.Errorf("a tree of %d is not continued by that of %d: %w", head.Size, k.Head().Size, err)
			}
			return (&Client{Source: FolderSource{os.DirFS(to)}, Log: testKeys}).Check(context.Background(), k.Head(), nil)
		}())
	}}
	n := 0
	for _, add := range []int{1, 254, 1, 300, 2} {
		entries := digests("entry", n, n+add)
		n += add
		at := mustAppend(t, l, entries...)
		rest(l)
		for i, where := range at {
			acknowledged[entries[i]] = where
		}
	}
	l.Close()
	if failed != nil || copies < 15 {
		t.Errorf("%d copies: %v", copies, failed)
	}
}
