package taxiiclient

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// inMemory is how much of an answer is kept in memory.
const inMemory = 8 << 20

var (
	// errTooLarge is of answers that are larger than is allowed.
	errTooLarge = errors.New("the answer is larger than is taken")
	// errSpool is of temporary files.
	errSpool = errors.New("temporary file")
)

// spool holds the body of an answer: in memory, and in a temporary file what is too large for that.
type spool struct {
	dir  string
	mem  []byte
	file *os.File
	size int64
}

// fill reads a body of at most limit bytes, and tells progress of each part.
func (s *spool) fill(r io.Reader, limit int64, progress func(n int)) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			progress(n)
			if s.size += int64(n); s.size > limit {
				return fmt.Errorf("%w: over %d bytes; ask for smaller pages", errTooLarge, limit)
			}
			if err := s.write(buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *spool) write(b []byte) error {
	if s.file == nil && len(s.mem)+len(b) <= inMemory {
		s.mem = append(s.mem, b...)
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "entente-answer-*")
		if err != nil {
			return fmt.Errorf("%w: %w", errSpool, err)
		}
		_ = os.Remove(f.Name()) // where the system allows it, nothing stays behind whatever happens
		s.file = f
	}
	if _, err := s.file.Write(b); err != nil {
		return fmt.Errorf("%w: %w", errSpool, err)
	}
	return nil
}

// reader reads the body from its beginning.
func (s *spool) reader() (io.Reader, error) {
	if s.file == nil {
		return bytes.NewReader(s.mem), nil
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("%w: %w", errSpool, err)
	}
	return io.MultiReader(bytes.NewReader(s.mem), s.file), nil
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
		s.file = nil
	}
	s.mem = nil
}
