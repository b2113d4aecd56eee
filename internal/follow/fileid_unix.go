//go:build unix

package follow

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// holdOpen says that a file which is open can be renamed and deleted all the same.
const holdOpen = true

// trueTimes says that the time of a file's last change is up to date while a program holds it open and writes to it.
const trueTimes = true

// idOf returns the number of an open file.
func idOf(_ *os.File, fi fs.FileInfo) (fileID, error) { return idOfInfo(fi) }

func idOfInfo(fi fs.FileInfo) (fileID, error) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return fileID{}, errors.New("the file system does not number its files")
	}
	return fileID{Dev: uint64(st.Dev), Ino: st.Ino}, nil //nolint:unconvert // the types differ between systems
}

// lookAt looks at a file by its path.
func lookAt(path string) (fileNow, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return fileNow{}, err
	}
	id, err := idOfInfo(fi)
	if err != nil {
		return fileNow{}, err
	}
	if !fi.Mode().IsRegular() {
		return fileNow{}, errors.New("not a regular file")
	}
	return fileNow{path: path, id: id, size: fi.Size(), mod: fi.ModTime().UnixNano()}, nil
}

// lock takes a file for this process alone, until it is closed.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return err
}
