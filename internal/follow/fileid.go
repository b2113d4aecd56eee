package follow

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// fileID tells the files of a machine apart, whatever their names are. The zero value is no file.
type fileID struct {
	Dev uint64 `json:"dev"`
	Ino uint64 `json:"ino"`
}

// fileNow is a file as a look at it shows.
type fileNow struct {
	path  string
	named bool // by the user, not found in a folder
	id    fileID
	size  int64
	mod   int64 // ns since 1970
}

// statFile looks at an open file.
func statFile(path string, f *os.File) (fileNow, error) {
	fi, err := f.Stat()
	if err != nil {
		return fileNow{}, err
	}
	id, err := idOf(f, fi)
	if err != nil {
		return fileNow{}, err
	}
	return fileNow{path: path, id: id, size: fi.Size(), mod: fi.ModTime().UnixNano()}, nil
}

// edgeLen is how much of the beginning, and of the end of what was read, tells contents apart.
const edgeLen = 4 << 10

// digest is a hash of a piece of content.
type digest [16]byte

func digestOf(b []byte) digest {
	sum := sha256.Sum256(b)
	return digest(sum[:16])
}

// MarshalText implements [encoding.TextMarshaler].
func (p digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, p[:]), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *digest) UnmarshalText(b []byte) error {
	if len(b) != 2*len(p) {
		return hex.ErrLength
	}
	_, err := hex.Decode(p[:], b)
	return err
}

// readFull reads up to len(b) bytes at an offset.
func readFull(r io.ReaderAt, b []byte, off int64) ([]byte, error) {
	n, err := r.ReadAt(b, off)
	if n > 0 || err == io.EOF {
		return b[:n], nil
	}
	return nil, err
}
