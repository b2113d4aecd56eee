package follow

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// Journal is a file of JSON values to which is appended, each on a line with its checksum: what is written is either
// there as a whole or not at all. docs/formats/watch-state.md describes it. One goroutine uses a Journal.
type Journal struct {
	path   string
	f      *os.File
	lock   *os.File
	size   int64
	base   int64 // size after the last rewriting
	broken bool  // an append may have left half a line: nothing may follow it
}

var errLocked = errors.New("another process uses it")

// maxJournalLine bounds a line that is read back, in bytes.
const maxJournalLine = 1 << 30

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// OpenJournal opens a journal, or begins one where there is no file yet, for this process alone. It calls replay with each
// value that is there. A line at the end that was not written to its end is left out, as if it had never been begun; but
// the first line is there as a whole from the beginning ([Journal.Rewrite]). Any other damage is an error, as is a second
// process. Nothing can be appended before [Journal.Rewrite].
func OpenJournal(path string, replay func(json.RawMessage) error) (*Journal, error) {
	lockFile, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	if err := lock(lockFile); err != nil {
		_ = lockFile.Close()
		return nil, fmt.Errorf("state %s: %w\nhint: give every watch a state file of its own", path, err)
	}
	j := &Journal{path: path, lock: lockFile, broken: true}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return j, nil
	case err == nil:
		defer f.Close() //nolint:errcheck // only read
		err = readJournal(f, replay)
	}
	if err != nil {
		_ = lockFile.Close()
		return nil, fmt.Errorf("state %s: %w", path, err)
	}
	return j, nil
}

// readJournal replays a journal.
func readJournal(r io.Reader, replay func(json.RawMessage) error) error {
	in := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		line, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		value, ok := checkLine(line)
		switch {
		case err != nil && n > 1:
			return nil // whatever of a last line is there was never finished
		case err != nil && len(line) == 0:
			return errors.New("the file is empty" + beginAnew)
		case err != nil || !ok:
			if _, err := in.Peek(1); n > 1 && errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("line %d is damaged%s", n, beginAnew)
		}
		if err := replay(value); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
}

const beginAnew = "\nhint: remove the file to begin anew; records that were read before will be read again"

// readLine reads a line without its end; [io.EOF] where it has none.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > maxJournalLine {
			return nil, errors.New("a line is too long")
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSuffix(line, []byte("\n")), err
		}
	}
}

// checkLine returns the value of a line whose checksum is right.
func checkLine(line []byte) (json.RawMessage, bool) {
	if len(line) < 10 || line[8] != ' ' {
		return nil, false
	}
	sum, err := strconv.ParseUint(string(line[:8]), 16, 32)
	if err != nil || uint32(sum) != crc32.Checksum(line[9:], castagnoli) {
		return nil, false
	}
	return line[9:], true
}

func appendLine(dst []byte, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	dst = fmt.Appendf(dst, "%08x ", crc32.Checksum(b, castagnoli))
	return append(append(dst, b...), '\n'), nil
}

// Append adds a value. With sync it is on the disk when Append returns; without it survives the end of this process, not
// that of the system. After an error only Rewrite helps.
func (j *Journal) Append(v any, sync bool) error {
	if j.broken {
		return errors.New("state: it has to be written anew first")
	}
	line, err := appendLine(nil, v)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if _, err := j.f.Write(line); err != nil {
		j.broken = true
		return fmt.Errorf("state: %w", err)
	}
	j.size += int64(len(line))
	if sync {
		if err := j.f.Sync(); err != nil {
			j.broken = true
			return fmt.Errorf("state: %w", err)
		}
	}
	return nil
}

// Full says that most of the journal may be out of date, so that it is time for Rewrite.
func (j *Journal) Full() bool { return j.broken || j.size > 1<<20 && j.size > 4*j.base }

// Rewrite replaces everything by one value. Whenever the process or the system ends, either the old journal is there or
// the new one.
func (j *Journal) Rewrite(v any) (err error) {
	line, err := appendLine(nil, v)
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	dir := filepath.Dir(j.path)
	f, err := os.CreateTemp(dir, filepath.Base(j.path)+".new-*")
	if err != nil {
		return fmt.Errorf("state: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("state: %w", err)
		}
	}()
	if _, err := f.Write(line); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if j.f != nil {
		_ = j.f.Close() // it is replaced
		j.f, j.broken = nil, true
	}
	if err := os.Rename(f.Name(), j.path); err != nil {
		return err
	}
	syncDir(dir)
	if j.f, err = os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return err
	}
	j.size, j.base, j.broken = int64(len(line)), int64(len(line)), false
	return nil
}

// syncDir makes a renaming last, where the system knows such a thing.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// Close lets go of the file.
func (j *Journal) Close() error {
	var err error
	if j.f != nil {
		err = j.f.Close()
	}
	return errors.Join(err, j.lock.Close())
}
