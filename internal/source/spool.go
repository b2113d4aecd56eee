package source

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// spool makes a stream readable at random: in memory up to [spoolMemory], else in a temporary file that done removes.
// What came before an error of the stream is there; short is that error.
func spool(r io.Reader) (at io.ReaderAt, size int64, done func(), short, err error) {
	var mem bytes.Buffer
	read := &endReader{r: r}
	n, err := io.Copy(&mem, io.LimitReader(read, spoolMemory+1))
	if err != nil && read.failed() == nil {
		return nil, 0, nil, nil, err
	}
	if n <= spoolMemory {
		return bytes.NewReader(mem.Bytes()), n, func() {}, read.failed(), nil
	}
	f, err := os.CreateTemp("", "entente-*.zip")
	if err != nil {
		return nil, 0, nil, nil, fmt.Errorf("no temporary file for an archive inside an archive: %w", err)
	}
	done = func() {
		_ = f.Close()           // it is thrown away
		_ = os.Remove(f.Name()) // may be gone already
	}
	if removeOpen {
		_ = os.Remove(f.Name()) // nothing stays behind even when the process is killed
	}
	n, err = io.Copy(f, io.MultiReader(&mem, io.LimitReader(read, maxSpool)))
	switch {
	case err != nil && read.failed() == nil:
		done()
		return nil, 0, nil, nil, err
	case n >= maxSpool:
		done()
		return nil, 0, nil, nil, fmt.Errorf("an archive inside an archive is larger than %d GiB: unpack it first", maxSpool>>30)
	}
	return f, n, done, read.failed(), nil
}
