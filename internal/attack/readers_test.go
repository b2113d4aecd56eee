package attack

import (
	"io"
	"strings"
)

func readers(list []*strings.Reader) []io.Reader {
	out := make([]io.Reader, len(list))
	for i, r := range list {
		out[i] = r
	}
	return out
}

// endless is a reader that begins with prefix and never ends.
type endless struct{ prefix string }

func (e *endless) Read(p []byte) (int, error) {
	if e.prefix != "" {
		n := copy(p, e.prefix)
		e.prefix = e.prefix[n:]
		return n, nil
	}
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
