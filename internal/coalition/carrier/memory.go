package carrier

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"entente/internal/coalition"
	"entente/internal/durable"
)

// memory is what a runner remembers of a collection beyond its own life: which files are there, by which version of the root
// they were encrypted, and how far it has read. It lies in the folder of the coalition: lost, everything is sent and read
// again, which does no harm.
//
//	carrier/ab12…/known   a line for each file: "out" for one that was sent, "in" for one that came, version of the root, digest
//	carrier/ab12…/place   where to read on
//	carrier/ab12…/parts   parts of packets of which others have not come yet, by digest
//	carrier/ab12…/said-…  that a release was published there
type memory struct {
	dir   string
	known map[[32]byte]carried
	place string
	file  *os.File
	w     *bufio.Writer
}

// carried says how a file came to be in the collection.
type carried struct {
	root int32 // version of the root whose members can open it there
	out  bool  // it was we who brought it
}

func memoryDir(folder, name string) string {
	return filepath.Join(folder, "carrier", strings.TrimPrefix(string(coalition.DigestOf([]byte(name))), "sha256:")[:16])
}

func openMemory(folder, name string) (m *memory, err error) {
	m = &memory{dir: memoryDir(folder, name), known: map[[32]byte]carried{}}
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(m.dir, "place"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	m.place = strings.TrimSpace(string(b))
	m.file, err = os.OpenFile(filepath.Join(m.dir, "known"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(m.file)
	for lines.Scan() {
		var way, digest string
		var c carried
		if _, err := fmt.Sscanf(lines.Text(), "%s %d sha256:%64s", &way, &c.root, &digest); err != nil {
			continue // the end of one that was being written
		}
		h, err := hex.DecodeString(digest)
		if err != nil || len(h) != 32 {
			continue
		}
		c.out = way == "out"
		m.known[[32]byte(h)] = c
	}
	m.w = bufio.NewWriter(m.file)
	if err := lines.Err(); err != nil {
		return nil, errors.Join(err, m.file.Close())
	}
	_, err = m.w.WriteString("\n") // ends a line that was being written
	return m, err
}

func key(d coalition.Digest) (k [32]byte) {
	_, _ = hex.Decode(k[:], []byte(strings.TrimPrefix(string(d), "sha256:"))) // of a digest that we made
	return k
}

// of is how a file came to be in the collection.
func (m *memory) of(d coalition.Digest) (carried, bool) {
	c, ok := m.known[key(d)]
	return c, ok
}

// note remembers that a file is in the collection.
func (m *memory) note(d coalition.Digest, c carried) error {
	k := key(d)
	old, ok := m.known[k]
	if ok && old.root >= c.root {
		return nil
	}
	c.out = c.out || old.out
	m.known[k] = c
	way := "in"
	if c.out {
		way = "out"
	}
	_, err := fmt.Fprintf(m.w, "%s %d %s\n", way, c.root, d)
	return err
}

// keep brings what was noted to disk, and a place.
func (m *memory) keep(place string) error {
	if m.w.Buffered() > 0 {
		if err := errors.Join(m.w.Flush(), m.file.Sync()); err != nil {
			return err
		}
	}
	if place == m.place {
		return nil
	}
	if err := durable.WriteFile(filepath.Join(m.dir, "place"), []byte(place+"\n"), 0o600); err != nil {
		return err
	}
	m.place = place
	return nil
}

func (m *memory) close() error { return errors.Join(m.w.Flush(), m.file.Close()) }
