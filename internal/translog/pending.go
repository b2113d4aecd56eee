package translog

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
)

// pendingName names the file of what is being appended. It is there, and lasts, before the first tile is written, and
// stays until the next append replaces it. So whatever of an append was done when it was cut off, it is done again and to
// its end before anything else: tiles that somebody may have seen, and a checkpoint that somebody may have, stay true.
const pendingName = "pending"

// pending is one append: entries that come after the first size ones.
type pending struct {
	size    int64
	entries []Digest
}

const pendingHead = "entente-log-pending/1 %d %d\n"

// encode writes size, number and entries, and the SHA-256 of all this.
func (p pending) encode() []byte {
	b := make([]byte, 0, 64+len(p.entries)*len(Digest{})+sha256.Size)
	b = fmt.Appendf(b, pendingHead, p.size, len(p.entries))
	for _, d := range p.entries {
		b = append(b, d[:]...)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func parsePending(data []byte) (pending, error) {
	damaged := errors.New(pendingName + ": the file is damaged\nhint: restore the folder from a copy that a witness's checkpoint continues")
	body := data[:max(0, len(data)-sha256.Size)]
	sum := sha256.Sum256(body)
	line, rest, ended := bytes.Cut(body, []byte{'\n'})
	if !ended || !bytes.Equal(sum[:], data[len(body):]) {
		return pending{}, damaged
	}
	var p pending
	var n int
	if _, err := fmt.Sscanf(string(line)+"\n", pendingHead, &p.size, &n); err != nil || n < 0 || n != len(rest)/len(Digest{}) || len(rest)%len(Digest{}) != 0 {
		return pending{}, damaged
	}
	p.entries = make([]Digest, n)
	for i := range p.entries {
		p.entries[i] = Digest(rest[i*len(Digest{}):])
	}
	return p, nil
}

// finishPending does again what was cut off, if anything was. The caller holds commit.
func (l *Log) finishPending() error {
	data, err := l.store.read(pendingName)
	if errors.Is(err, fs.ErrNotExist) {
		l.broken = false
		return nil
	}
	if err != nil {
		return err
	}
	p, err := parsePending(data)
	if err != nil {
		return err
	}
	switch size := l.edge.size; {
	case p.size == size:
		if err := l.write(p.entries); err != nil {
			return err
		}
		return l.settle()
	case p.size+int64(len(p.entries)) == size:
		// The checkpoint is there, and may not last yet. It has to before pending is replaced.
		if err := writeLasting(l.store, checkpointName, l.head.note); err != nil {
			return err
		}
		l.broken = false
		return nil
	default:
		return fmt.Errorf("%s: it appends to %d entries, the checkpoint has %d: the folder was put together from two times", pendingName,
			p.size, size)
	}
}
