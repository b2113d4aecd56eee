package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"entente/internal/store"
)

// spoolMemory is how much of a submission is held in memory.
const spoolMemory = 1 << 20

// spool holds a submission between its two readings: its beginning in memory, the rest in a file that has no name where the system
// allows that, so that nothing is left of it whatever happens.
type spool struct {
	dir  string
	mem  []byte
	file *os.File
	size int
}

// Write implements io.Writer.
func (s *spool) Write(b []byte) (int, error) {
	s.size += len(b)
	keep := min(len(b), spoolMemory-len(s.mem))
	s.mem = append(s.mem, b[:keep]...)
	if keep == len(b) {
		return len(b), nil
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "submission-*.tmp")
		if err != nil && s.dir != "" { // a node whose folder is not to be written to
			f, err = os.CreateTemp("", "submission-*.tmp")
		}
		if err != nil {
			return 0, spoolError(err)
		}
		_ = os.Remove(f.Name())
		s.file = f
	}
	if _, err := s.file.Write(b[keep:]); err != nil {
		return 0, spoolError(err)
	}
	return len(b), nil
}

func spoolError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("a submission: %w", store.ErrFull)
	}
	return fmt.Errorf("a submission: %w", err)
}

// reader reads it from its beginning. There is one at a time.
func (s *spool) reader() (io.Reader, error) {
	if s.file == nil {
		return bytes.NewReader(s.mem), nil
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, spoolError(err)
	}
	return io.MultiReader(bytes.NewReader(s.mem), s.file), nil
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()           // it was only for us
		_ = os.Remove(s.file.Name()) // it is gone already, but for Windows
	}
	s.mem, s.file = nil, nil
}
