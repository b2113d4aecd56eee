package watch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"entente/internal/hunt"
)

// Output takes findings. Flush brings what it was given to where it belongs.
type Output interface {
	Finding(f *hunt.Finding) error
	Flush() error
}

// File is an output file that is appended to.
type File struct {
	path string
	f    *os.File
	size int64
	skip bool // the first line that is written is a header, which the file has already
	out  Output
}

// fileMark says how long an output file was at a commit, and how it ended, so that it is known again.
type fileMark struct {
	Path string `json:"path"`
	Size int64  `json:"size"`
	End  string `json:"end,omitempty"` // hash of its last endLen bytes
}

const endLen = 4 << 10

// OpenFile opens a file to append findings to it. newOutput makes the output that writes into it; header says that
// this begins with a line of its own, which must not come a second time.
func OpenFile(path string, header bool, newOutput func(io.Writer) Output) (*File, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	f, err := os.OpenFile(abs, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	o := &File{path: abs, f: f}
	if o.size, err = f.Seek(0, io.SeekEnd); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("cannot write %s: it cannot be appended to: %w", path, err)
	}
	o.skip = header
	o.out = newOutput(o)
	return o, nil
}

// Write appends to the file.
func (o *File) Write(p []byte) (int, error) {
	n := len(p)
	if o.skip {
		o.skip = false
		if o.size > 0 {
			if i := bytes.IndexByte(p, '\n'); i >= 0 {
				p = p[i+1:]
			}
		}
	}
	m, err := o.f.Write(p)
	o.size += int64(m)
	if err != nil {
		return m, fmt.Errorf("cannot write %s: %w", o.path, err)
	}
	return n, nil
}

// rewind cuts off what was written after a commit. ok is false where the file is not the one that was committed, and is
// left as it is.
func (o *File) rewind(m *fileMark) (ok bool, err error) {
	if o.size < m.Size {
		return false, nil
	}
	end, err := o.end(m.Size)
	if err != nil || end != m.End {
		return false, err
	}
	if o.size == m.Size {
		return true, nil
	}
	if err := o.f.Truncate(m.Size); err != nil {
		return false, err
	}
	o.size, err = o.f.Seek(m.Size, io.SeekStart)
	return true, err
}

// commit brings everything to the disk and says how long the file is now.
func (o *File) commit() (fileMark, error) {
	if err := o.out.Flush(); err != nil {
		return fileMark{}, err
	}
	if err := o.f.Sync(); err != nil {
		return fileMark{}, fmt.Errorf("cannot write %s: %w", o.path, err)
	}
	end, err := o.end(o.size)
	return fileMark{Path: o.path, Size: o.size, End: end}, err
}

// end is the hash of what stands before an offset.
func (o *File) end(size int64) (string, error) {
	b := make([]byte, min(size, endLen))
	if _, err := o.f.ReadAt(b, size-int64(len(b))); err != nil {
		return "", fmt.Errorf("cannot read %s: %w", o.path, err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8]), nil
}

func (o *File) close() error { return o.f.Close() }
