package source

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// scanZip reads what can be read of a zip archive without its directory, which stands at the end and is lost when the
// archive is cut off: the members lie one after another, each behind a header of its own (APPNOTE 4.3.7).
func (o *opener) scanZip(ctx context.Context, c container, at io.ReaderAt, size int64) error {
	o.warn(Warning{File: c.name, Offset: -1, Message: "zip archive is cut off or damaged; its members are read as far as they are whole"})
	for off := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		off = findZipHeader(at, off, size)
		if off < 0 {
			return nil
		}
		if over := c.x.ended(); over != nil {
			o.skip(c.rest(over))
			return nil
		}
		next, err := o.scanMember(ctx, c, io.NewSectionReader(at, off, size-off), off)
		if err != nil {
			return err
		}
		off = next
	}
}

const (
	zipHeaderLen = 30
	zipMagic     = "PK\x03\x04"
)

// findZipHeader returns the offset of the next member's header at or after off, -1 where there is none.
func findZipHeader(at io.ReaderAt, off, size int64) int64 {
	buf := make([]byte, 64<<10)
	for off+zipHeaderLen <= size {
		n, err := at.ReadAt(buf, off)
		if i := bytes.Index(buf[:n], []byte(zipMagic)); i >= 0 {
			return off + int64(i)
		}
		if err != nil || n < len(zipMagic) {
			return -1
		}
		off += int64(n - len(zipMagic) + 1)
	}
	return -1
}

// scanMember reads the member whose header begins r, which stands at off in the archive, and returns the offset where
// the next may begin.
func (o *opener) scanMember(ctx context.Context, c container, r *io.SectionReader, off int64) (next int64, err error) {
	var h [zipHeaderLen]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return off + zipHeaderLen, nil // nothing follows
	}
	le := binary.LittleEndian
	var (
		flags  = le.Uint16(h[6:])
		method = le.Uint16(h[8:])
		packed = int64(le.Uint32(h[18:]))
		nameN  = int64(le.Uint16(h[26:]))
		extraN = int64(le.Uint16(h[28:]))
	)
	raw := make([]byte, nameN)
	if _, err := io.ReadFull(r, raw); err != nil {
		return off + zipHeaderLen, nil // nothing follows
	}
	start := off + zipHeaderLen + nameN + extraN
	unsized := flags&8 != 0 || packed == 0xFFFFFFFF
	after := start
	if !unsized {
		var sig [2]byte
		if _, err := r.ReadAt(sig[:], start-off+packed); err != nil || string(sig[:]) == "PK" {
			after += packed
		} // else the length is damaged: the next header is looked for from here
	}
	name := c.name + "!" + printable(string(raw))
	if nameN == 0 || raw[nameN-1] == '/' {
		return after, nil
	}
	body := io.NewSectionReader(r, zipHeaderLen+nameN+extraN, r.Size())
	counted := &byteCounter{r: bufio.NewReaderSize(body, 32<<10)}
	var in io.Reader = counted
	if !unsized {
		in = io.LimitReader(counted, packed)
	}
	var z io.Reader
	switch {
	case flags&1 != 0:
		o.skip(Skipped{File: name, Reason: "encrypted: unpack it first"})
		return after, nil
	case method == zip.Deflate && unsized:
		// The end shows only in the data; a decompressor that is given a [io.ByteReader] reads no further.
		f := o.zips.openBare(counted)
		defer func() { _ = f.Close() }() // never fails
		z = f
	case method == zip.Deflate:
		f := o.zips.open(in)
		defer func() { _ = f.Close() }() // never fails
		z = f
	case unsized && method != zip.Store:
		o.skip(Skipped{File: name, Reason: "its length is lost with the archive's directory"})
		return after, nil
	case method == zip.Store:
		if unsized { // it goes up to what can stand behind it
			packed = zipBodyLen(body)
			in, unsized, after = io.LimitReader(counted, packed), false, start+packed
		}
		z = in
	case method == zipBzip2:
		z = bzip2.NewReader(in)
	case method == zstd.ZipMethodWinZip:
		d, err := zstd.NewReader(in, zstdOptions()...)
		if err != nil {
			o.skip(Skipped{File: name, Reason: "damaged: " + err.Error()})
			return after, nil
		}
		defer d.Close()
		z = d
	default:
		o.skip(Skipped{File: name, Reason: fmt.Sprintf("zip method %d is not supported: unpack it first", method)})
		return after, nil
	}
	if method == zip.Store {
		z = &exactReader{r: z, left: packed}
	}
	m := container{name: name, path: c.path, size: -1, depth: c.depth + 1, x: c.x}
	m.r = c.x.reader(&wordedReader{r: z, what: "zip"})
	if err := o.content(ctx, m); err != nil {
		return 0, err
	}
	if unsized {
		// Damage was met, and told, by whoever read the member; it only means that the next header is looked for.
		_, _ = io.Copy(io.Discard, m.r)
		after = start + counted.n
	}
	return after, nil
}

// zipBodyLen is the length of a member that is stored as it is and whose length was to stand behind it.
func zipBodyLen(r io.ReaderAt) int64 {
	buf := make([]byte, 64<<10)
	for off := int64(0); ; {
		n, err := r.ReadAt(buf, off)
		for i := 0; ; {
			k := bytes.Index(buf[i:n], []byte("PK"))
			if k < 0 || i+k+4 > n {
				break
			}
			i += k
			switch string(buf[i : i+4]) {
			case "PK\x07\x08", zipMagic, "PK\x01\x02":
				return off + int64(i)
			}
			i += 2
		}
		if err != nil || n < 4 {
			return off + int64(n)
		}
		off += int64(n - 3)
	}
}

// exactReader fails where r ends early.
type exactReader struct {
	r    io.Reader
	left int64
}

// Read implements [io.Reader].
func (e *exactReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// byteCounter counts what is read of a buffered reader.
type byteCounter struct {
	r *bufio.Reader
	n int64
}

// Read implements [io.Reader].
func (b *byteCounter) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	return n, err
}

// ReadByte implements [io.ByteReader].
func (b *byteCounter) ReadByte() (byte, error) {
	c, err := b.r.ReadByte()
	if err == nil {
		b.n++
	}
	return c, err
}
