// Package durable writes files whole or not at all: whenever the process or the system ends, there is the old file or the
// new one, and what is said to be written lasts. It guarantees nothing where the file system does not, and does not keep
// two writers from one another: the last one's file stays.
package durable

import (
	"errors"
	"os"
	"path/filepath"
)

// WriteFile writes a file, in place of one that is there. A symbolic link is replaced, and not what it points to.
func WriteFile(path string, data []byte, mode os.FileMode) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	syncDir(dir)
	return nil
}

// CreateFile writes a file where none is; the error is [os.ErrExist] where there is one. An empty file holds the place until
// the whole one takes it, and is all that stays where the system ends in between.
func CreateFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), WriteFile(path, data, mode)); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// syncDir makes a renaming last, where the system knows such a thing.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
