package carrier

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"entente/internal/coalition"
	"entente/internal/durable"
)

// maxWaiting bounds the parts that wait for others, in bytes.
const maxWaiting = 4 * maxPacket

// parts keeps the parts of packets until the last has come, also beyond the life of the process. Each part names all by their
// digests, so that nobody can put another one in the place of any. Where too many wait, those that came first are dropped.
type parts struct {
	dir  string
	most int64 // bytes
}

func (p parts) file(d coalition.Digest) string {
	return filepath.Join(p.dir, strings.TrimPrefix(string(d), "sha256:"))
}

// take takes a part in. packet is nil as long as others are missing; they are kept until they are dropped.
func (p parts) take(o Object) (packet []byte, err error) {
	own, size := coalition.DigestOf(o.Payload), int64(0)
	missing := false
	for _, d := range o.Parts {
		info, err := os.Stat(p.file(d))
		switch {
		case d == own:
			size += int64(len(o.Payload))
		case errors.Is(err, fs.ErrNotExist):
			missing = true
		case err != nil:
			return nil, err
		default:
			size += info.Size()
		}
	}
	if size > maxPacket {
		return nil, fmt.Errorf("parts: together they have %d bytes, and a packet has at most %d", size, maxPacket)
	}
	if missing {
		return nil, p.keep(own, o.Payload)
	}
	var b bytes.Buffer
	b.Grow(int(size))
	for _, d := range o.Parts {
		data := o.Payload
		if d != own {
			if data, err = os.ReadFile(p.file(d)); err != nil {
				return nil, err
			}
		}
		b.Write(data)
	}
	return b.Bytes(), nil
}

// drop forgets the parts of a packet that was read.
func (p parts) drop(list []coalition.Digest) error {
	for _, d := range list {
		if err := os.Remove(p.file(d)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// keep writes a part, and makes room for it.
func (p parts) keep(d coalition.Digest, data []byte) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	list, err := os.ReadDir(p.dir)
	if err != nil {
		return err
	}
	var waiting []fs.FileInfo
	size := int64(len(data))
	for _, e := range list {
		info, err := e.Info()
		if err != nil {
			return err
		}
		waiting, size = append(waiting, info), size+info.Size()
	}
	slices.SortFunc(waiting, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	for _, info := range waiting {
		if size <= p.most {
			break
		}
		if err := os.Remove(filepath.Join(p.dir, info.Name())); err != nil {
			return err
		}
		size -= info.Size()
	}
	return durable.WriteFile(p.file(d), data, 0o600)
}
