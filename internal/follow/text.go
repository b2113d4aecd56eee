package follow

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"

	"entente/internal/source"
)

// text is an open file, looked at as a log of lines: plain, or packed and then read from its beginning on.
type text struct {
	kind source.Kind // KindLines, or why it is no log of lines
	why  string
	head []byte // of the text, up to source.HeadLen
	all  bool   // head is all of it
	mark int    // length of the byte order mark
	tail *source.Tail

	plain io.ReaderAt // nil where the text is packed
	r     io.Reader   // of packed text
	at    int64       // of r
	end   int64       // of packed text that edge has read to its end; 0 before
	last  []byte      // its last bytes
	stop  func()
}

// openText looks into a file. read has the format that the user asked for, and the limits of what is packed.
func openText(h *os.File, size int64, read *source.Options) (*text, error) {
	t := &text{plain: h, stop: func() {}}
	var err error
	if t.head, err = readFull(h, make([]byte, min(source.HeadLen, size)), 0); err != nil {
		return nil, err
	}
	t.all = int64(len(t.head)) >= size
	look := t.head
	if !t.all && len(bytes.TrimLeft(look, "\x00")) == 0 {
		if look, err = headPastZeroes(h, size); err != nil {
			return nil, err
		}
	}
	t.kind, t.tail, t.mark, t.why = source.KindOf(look, read.As, t.all)
	if len(look) > 0 && len(t.head) > 0 && &look[0] != &t.head[0] {
		t.mark = 0 // what stands before it is read
	}
	if t.kind != source.KindPacked {
		return t, nil
	}
	t.plain = nil
	if t.r, t.stop, err = source.Unpack(io.NewSectionReader(h, 0, size), t.head, size, read); err != nil {
		return nil, err
	}
	inner := make([]byte, source.HeadLen)
	n, err := io.ReadFull(t.r, inner)
	t.head, t.at, t.all = inner[:n], int64(n), err != nil
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		t.stop()
		return nil, err
	}
	if t.kind, t.tail, t.mark, t.why = source.KindOf(t.head, read.As, t.all); t.kind != source.KindLines {
		t.kind = source.KindWhole // whatever it is, it is unpacked again to be read
	}
	return t, nil
}

// headPastZeroes returns the beginning of a file without the zero bytes that stand before it, up to source.HeadLen; of a file
// of nothing else, some of them.
func headPastZeroes(h *os.File, size int64) ([]byte, error) {
	buf := make([]byte, source.HeadLen)
	for off := int64(0); ; {
		b, err := readFull(h, buf, off)
		if err != nil {
			return nil, err
		}
		zeroes := len(b) - len(bytes.TrimLeft(b, "\x00"))
		off += int64(zeroes)
		switch {
		case zeroes == len(b) && len(b) > 0 && off < size:
		case zeroes == 0 || len(b) == 0 || off >= size:
			return b, nil
		}
	}
}

func (t *text) packed() bool { return t.plain == nil }

// edge returns the edgeLen bytes before an offset, fewer at the beginning of the text; nil where the text is shorter.
// Packed text is read up to the offset, and not beyond unless its head goes beyond; only once.
func (t *text) edge(off int64) ([]byte, error) {
	from := max(0, off-edgeLen)
	switch {
	case off <= int64(len(t.head)):
		return t.head[from:off], nil
	case !t.packed():
		b, err := readFull(t.plain, make([]byte, off-from), from)
		if err != nil || int64(len(b)) < off-from {
			return nil, err
		}
		return b, nil
	case t.end > 0:
		if off == t.end {
			return t.last, nil
		}
		return nil, nil
	case t.at > int64(len(t.head)):
		return nil, errors.New("packed text is read only once")
	}
	x := edges{tail: t.head[max(0, len(t.head)-edgeLen):]}
	buf := make([]byte, 64<<10)
	for t.at < off {
		n, err := io.ReadFull(t.r, buf[:min(int64(len(buf)), off-t.at)])
		x.add(buf[:n])
		t.at += int64(n)
		if err != nil {
			t.end, t.last = t.at, x.tail
			return nil, unlessEnd(err)
		}
	}
	return x.tail, nil
}

func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// from returns what reads the text from an offset on: up to want bytes at the offset that it is given, which only grows,
// and whether they are the last ones.
func (t *text) from(off, size int64) func(off int64, want int) (b []byte, last bool, err error) {
	if !t.packed() {
		return func(off int64, want int) ([]byte, bool, error) {
			b, err := readFull(t.plain, make([]byte, min(int64(want), size-off)), off)
			return b, off+int64(len(b)) >= size, err
		}
	}
	var held []byte // read, and not yet taken: begins at heldAt
	heldAt := off
	if off < int64(len(t.head)) && t.at == int64(len(t.head)) {
		held = t.head[off:]
	}
	return func(off int64, want int) ([]byte, bool, error) {
		// What is given away belongs to the receiver.
		held, heldAt = held[off-heldAt:], off
		if len(held) >= want {
			return held, false, nil
		}
		b := make([]byte, want)
		have := copy(b, held)
		n, err := io.ReadFull(t.r, b[have:])
		t.at += int64(n)
		held = b[:have+n]
		return held, err != nil, unlessEnd(err)
	}
}

// edges are the bytes by which a text is known again, up to some place.
type edges struct{ head, tail []byte }

// add moves the place behind a piece.
func (x *edges) add(piece []byte) {
	if n := edgeLen - len(x.head); n > 0 {
		x.head = append(slices.Clip(x.head), piece[:min(n, len(piece))]...)
	}
	if len(piece) >= edgeLen {
		x.tail = bytes.Clone(piece[len(piece)-edgeLen:])
		return
	}
	x.tail = append(slices.Clip(x.tail), piece...)
	x.tail = x.tail[max(0, len(x.tail)-edgeLen):]
}

// at is the position of the place.
func (x *edges) at(off int64, before []byte) position {
	return position{Offset: off, Len: len(x.head), Head: digestOf(x.head), Tail: digestOf(x.tail), Before: before}
}

// edgesAt returns the edges of a text up to a position, if it has that content there.
func (t *text) edgesAt(p *position) (x edges, same bool, err error) {
	if p.Offset == 0 {
		return edges{}, true, nil
	}
	if len(t.head) < p.Len || digestOf(t.head[:p.Len]) != p.Head {
		return edges{}, false, nil
	}
	tail, err := t.edge(p.Offset)
	if err != nil || tail == nil || digestOf(tail) != p.Tail {
		return edges{}, false, err
	}
	return edges{head: t.head[:p.Len], tail: tail}, true, nil
}
