package evtx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"testing"
	"time"

	"entente/internal/event"
)

// countReads tells how many bytes were asked for.
type countReads struct {
	*bytes.Reader
	n int
}

func (c *countReads) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.n += n
	return n, err
}

func smallLog(t *testing.T, records int) []byte {
	t.Helper()
	var b seekBuffer
	w := NewWriter(&b)
	for i := range records {
		r := Record{
			Provider: "P", Channel: "C", Computer: "h", EventID: 1, Time: time.Unix(1614762000+int64(i), 0),
			Data: []Field{{Name: "Image", Value: Text(`C:\x.exe`)}, {Name: "Text", Value: Text(string(bytes.Repeat([]byte("y"), i%400)))}},
		}
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.data
}

// seekBuffer is a file in memory.
type seekBuffer struct {
	data []byte
	pos  int64
}

func (b *seekBuffer) Write(p []byte) (int, error) {
	if need := int(b.pos) + len(p); need > len(b.data) {
		b.data = append(b.data, make([]byte, need-len(b.data))...)
	}
	copy(b.data[b.pos:], p)
	b.pos += int64(len(p))
	return len(p), nil
}

func (b *seekBuffer) Seek(off int64, whence int) (int64, error) {
	switch whence {
	case 0:
		b.pos = off
	case 1:
		b.pos += off
	default:
		b.pos = int64(len(b.data)) + off
	}
	return b.pos, nil
}

func eventsOf(t *testing.T, log []byte) []string {
	t.Helper()
	var out []string
	d := NewDecoder()
	err := Split(t.Context(), bytes.NewReader(log), nil, func(off int64, chunk []byte) error {
		d.Decode(off, chunk, Options{}, func(e *event.Event) bool {
			out = append(out, string(e.AppendJSON(nil)))
			return true
		})
		return nil
	}, func() []byte { return make([]byte, ChunkSize) })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReadSparse(t *testing.T) {
	log := smallLog(t, 3)
	big := smallLog(t, 2000)
	change := func(log []byte, f func([]byte)) []byte {
		c := bytes.Clone(log)
		f(c)
		return c
	}
	for _, c := range []struct {
		name   string
		log    []byte
		ok     bool
		sparse bool // less is read than the file holds
	}{
		{"clean", log, true, true},
		{"several chunks", big, true, true},
		{"dirty: the header may be out of date", change(log, func(b []byte) { b[120] |= flagDirty }), false, false},
		{"damaged file header", change(log, func(b []byte) { b[30] ^= 1 }), false, false},
		{"damaged chunk header", change(log, func(b []byte) { b[fileHeaderSize+20] ^= 1 }), true, false},
		{"damaged records", change(log, func(b []byte) { b[fileHeaderSize+600] ^= 1 }), true, false},
		{"a header that counts half of the records", change(big, countHalf), true, true},
		{"cut short", log[:len(log)-100], false, false},
		{"no log", bytes.Repeat([]byte("x"), 80_000), false, false},
		{"nothing", nil, false, false},
	} {
		r := &countReads{Reader: bytes.NewReader(c.log)}
		buf := bytes.Repeat([]byte{0xAA}, len(c.log))
		ok, err := ReadSparse(r, buf)
		if err != nil || ok != c.ok {
			t.Errorf("%s: %v, %v", c.name, ok, err)
			continue
		}
		if !ok {
			continue
		}
		if (r.n < len(c.log)) != c.sparse {
			t.Errorf("%s: %d bytes read of %d", c.name, r.n, len(c.log))
		}
		got, want := eventsOf(t, buf), eventsOf(t, c.log)
		if len(want) == 0 || len(got) != len(want) {
			t.Fatalf("%s: %d events, want %d", c.name, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s: event %d is %s, want %s", c.name, i, got[i], want[i])
			}
		}
	}
	if _, err := ReadSparse(bytes.NewReader(log[:fileHeaderSize+chunkHeaderSize+50]), make([]byte, len(log))); err == nil {
		t.Error("a file that shrinks while it is read is no error")
	}
}

// countHalf makes the header of the first chunk one of a time when it held half of its records: sound, and out of date.
func countHalf(log []byte) {
	c := log[fileHeaderSize : fileHeaderSize+chunkSize]
	le := binary.LittleEndian
	var ends []int
	for pos := chunkHeaderSize; pos < int(le.Uint32(c[48:])); pos = ends[len(ends)-1] {
		ends = append(ends, pos+int(le.Uint32(c[pos+4:])))
	}
	half := len(ends) / 2
	last := ends[half-2]
	le.PutUint64(c[16:], le.Uint64(c[8:])+uint64(half)-1)
	le.PutUint64(c[32:], le.Uint64(c[24:])+uint64(half)-1)
	le.PutUint32(c[44:], uint32(last))
	le.PutUint32(c[48:], uint32(ends[half-1]))
	le.PutUint32(c[52:], crc32.ChecksumIEEE(c[chunkHeaderSize:ends[half-1]]))
	le.PutUint32(c[124:], headerSum(c))
}

// TestSplitWhole compares with Split, which reads streams.
func TestSplitWhole(t *testing.T) {
	log := smallLog(t, 2000)
	change := func(f func([]byte)) []byte {
		c := bytes.Clone(log)
		f(c)
		return c
	}
	for _, c := range []struct {
		name string
		log  []byte
		ok   bool
	}{
		{"clean", log, true},
		{"unused chunk", append(bytes.Clone(log), make([]byte, chunkSize)...), true},
		{"damaged file header", change(func(b []byte) { b[30] ^= 1 }), false},
		{"more chunks counted than there are", log[:len(log)-chunkSize], false},
		{"cut short", log[:len(log)-100], false},
		{"chunk without its header", change(func(b []byte) { clear(b[fileHeaderSize : fileHeaderSize+8]) }), false},
		{"empty", nil, false},
	} {
		var whole, stream []string
		ok, err := SplitWhole(c.log, func(off int64, chunk []byte) error {
			whole = append(whole, fmt.Sprint(off, string(chunk)))
			return nil
		})
		if err != nil || ok != c.ok {
			t.Errorf("%s: %v, %v", c.name, ok, err)
			continue
		}
		var warnings int
		err = Split(t.Context(), bytes.NewReader(c.log), func(int64, string) { warnings++ }, func(off int64, chunk []byte) error {
			stream = append(stream, fmt.Sprint(off, string(chunk)))
			return nil
		}, func() []byte { return make([]byte, ChunkSize) })
		switch {
		case err != nil:
			t.Error(err)
		case ok && (warnings > 0 || !slices.Equal(whole, stream)):
			t.Errorf("%s: %d chunks, as a stream %d with %d warnings", c.name, len(whole), len(stream), warnings)
		case !ok && len(whole) > 0:
			t.Errorf("%s: %d chunks were handed on all the same", c.name, len(whole))
		}
	}
}
