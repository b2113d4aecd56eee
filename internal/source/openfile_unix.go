//go:build unix

package source

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// openRegular opens a regular file for reading. Unlike [os.Open] it does not try to make it one that can be polled,
// which a regular file cannot be and which takes five system calls: with ten thousand small logs that is felt.
func openRegular(path string) (*os.File, error) {
	for {
		fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err == nil {
			return os.NewFile(uintptr(fd), path), nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}
