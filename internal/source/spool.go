package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// spool makes a stream readable at random: in memory up to [spoolMemory], else in a temporary file that done removes.
func spool(r io.Reader) (at io.ReaderAt, size int64, done func(), err error) {
	var mem bytes.Buffer
	n, err := io.Copy(&mem, io.LimitReader(r, spoolMemory+1))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, nil, err
	}
	if n <= spoolMemory {
		return bytes.NewReader(mem.Bytes()), n, func() {}, nil
	}
	f, err := os.CreateTemp("", "entente-*.zip")
	if err != nil {
		return nil, 0, nil, fmt.Errorf("no temporary file for an archive inside an archive: %w", err)
	}
	done = func() {
		_ = f.Close()           // it is thrown away
		_ = os.Remove(f.Name()) // may be gone already
	}
	if removeOpen {
		_ = os.Remove(f.Name()) // nothing stays behind even when the process is killed
	}
	n, err = io.Copy(f, io.MultiReader(&mem, io.LimitReader(r, maxSpool)))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
	case err != nil:
		done()
		return nil, 0, nil, err
	case n >= maxSpool:
		done()
		return nil, 0, nil, fmt.Errorf("an archive inside an archive is larger than %d GiB: unpack it first", maxSpool>>30)
	}
	return f, n, done, nil
}
