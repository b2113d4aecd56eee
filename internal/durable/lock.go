package durable

import (
	"errors"
	"fmt"
	"os"
)

// ErrLocked says that another process has a lock.
var ErrLocked = errors.New("another process has it")

// Lock takes a lock by a file, which is made and stays, until release is called or the process ends. Where another process has
// it the error is [ErrLocked].
func Lock(path string) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return f.Close, nil
}
