//go:build unix

package translog

import (
	"errors"
	"os"
	"syscall"
)

// lock takes a file for this process alone, until it is closed.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}

// syncDir makes names in a folder last. Some file systems, such as those of networks, know no such thing.
func syncDir(d *os.File) error {
	if err := d.Sync(); !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
