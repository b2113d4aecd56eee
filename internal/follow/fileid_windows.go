package follow

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// holdOpen says that a file which is open can be renamed and deleted all the same.
const holdOpen = false

// trueTimes says that the time of a file's last change is up to date while a program holds it open and writes to it.
const trueTimes = false

// idOf returns the number of an open file.
func idOf(f *os.File, _ fs.FileInfo) (fileID, error) {
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info); err != nil {
		return fileID{}, err
	}
	return fileID{Dev: uint64(info.VolumeSerialNumber), Ino: uint64(info.FileIndexHigh)<<32 | uint64(info.FileIndexLow)}, nil
}

// lookAt looks at a file by its path.
func lookAt(path string) (fileNow, error) {
	f, err := os.Open(path)
	if err != nil {
		return fileNow{}, err
	}
	defer f.Close() //nolint:errcheck // only looked at
	return statFile(path, f)
}

// lock takes a file for this process alone, until it is closed.
func lock(f *os.File) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errLocked
	}
	return err
}
