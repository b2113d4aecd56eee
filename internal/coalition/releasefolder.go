package coalition

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// WriteTo writes what is released of a revision into a folder, and the proof beside it. Files that are there stay; another
// file of a name is an error, and only the proof may grow. Each file is there whole or not at all, and the proof comes last.
// n is how many files it has without the proof; changed says that something was written.
func (f *Folder) WriteTo(dir string, r *Revision) (n int, changed bool, err error) {
	_, files, err := f.Open(r)
	if err != nil {
		return 0, false, err
	}
	proof, err := f.Proof(r)
	if err != nil {
		return 0, false, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, false, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		local := filepath.FromSlash(name)
		old, err := root.ReadFile(local)
		switch {
		case err == nil && bytes.Equal(old, files[name]):
			continue
		case err == nil:
			return 0, changed, fmt.Errorf("%s is there, and is another file: write the release into a folder of its own", filepath.Join(dir, local))
		case !errors.Is(err, fs.ErrNotExist):
			return 0, changed, err
		}
		if err := root.MkdirAll(filepath.Dir(local), 0o755); err != nil {
			return 0, changed, err
		}
		if err := replace(root, local, files[name]); err != nil {
			return 0, changed, err
		}
		changed = true
	}
	if old, err := root.ReadFile(ProofFile); err == nil && bytes.Equal(old, proof) {
		return len(files), changed, nil
	}
	return len(files), true, replace(root, ProofFile, proof)
}

// replace writes a file whole or not at all, and nowhere but within a folder.
func replace(root *os.Root, name string, data []byte) error {
	var b [8]byte
	rand.Read(b[:]) // never fails
	part := filepath.Join(filepath.Dir(name), ".new-"+hex.EncodeToString(b[:]))
	f, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = root.Rename(part, name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(part))
	}
	return nil
}
