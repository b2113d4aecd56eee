package evtx

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"
)

func TestSniff(t *testing.T) {
	log := sampleLog(t, 10)
	lost := bytes.Clone(log)
	clear(lost[:fileHeaderSize])
	tests := []struct {
		name string
		b    []byte
		want bool
	}{
		{"log", log, true},
		{"its first 8 bytes", log[:8], true},
		{"its first 7 bytes", log[:7], false},
		{"without file header", log[fileHeaderSize:], true},
		{"with a lost file header", lost, true},
		{"with a chunk at the next sector", append(make([]byte, 512), chunkMagic...), true},
		{"with a chunk at no sector", append(make([]byte, 500), chunkMagic...), false},
		{"nothing", nil, false},
		{"zeroes", make([]byte, 70000), false},
		{"text", []byte("ElfFile is what a log begins with"), false},
	}
	for _, tt := range tests {
		if got := Sniff(tt.b); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// However the stream delivers its bytes, the chunks are the same.
func TestSplitAnyReader(t *testing.T) {
	log := sampleLog(t, 300)
	want, wantOffsets, _ := splitAll(t, bytes.NewReader(log))
	if len(want) != (len(log)-fileHeaderSize)/chunkSize {
		t.Fatalf("%d chunks", len(want))
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(log); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	unzipped, err := gzip.NewReader(&zipped)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]io.Reader{
		"bytes":     iotest.OneByteReader(bytes.NewReader(log)),
		"halves":    iotest.HalfReader(bytes.NewReader(log)),
		"early end": iotest.DataErrReader(bytes.NewReader(log)),
		"gzip":      unzipped,
	} {
		got, offsets, warnings := splitAll(t, r)
		if len(warnings) > 0 || !slices.Equal(offsets, wantOffsets) || !slices.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("%s: %d chunks at %v, %v", name, len(got), offsets, warnings)
		}
	}
}

// Two buffers are all that Split needs when each chunk is done with before emit returns.
func TestSplitReusesBuffers(t *testing.T) {
	log := sampleLog(t, 700)
	bufs := [2][]byte{make([]byte, 0, ChunkSize), make([]byte, 0, ChunkSize)}
	next, n := 0, 0
	err := Split(context.Background(), bytes.NewReader(log), nil, func(o int64, c []byte) error {
		if !bytes.Equal(c, log[o:o+int64(len(c))]) {
			t.Errorf("the chunk at %d is not what stands there", o)
		}
		n++
		return nil
	}, func() []byte {
		next = 1 - next
		return bufs[next][:0]
	})
	if err != nil || n != (len(log)-fileHeaderSize)/chunkSize {
		t.Errorf("%d chunks, %v", n, err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestSplitErrors(t *testing.T) {
	log := sampleLog(t, 300)
	alloc := func() []byte { return make([]byte, 0, ChunkSize) }
	broken := errors.New("cable pulled")
	t.Run("read", func(t *testing.T) {
		n := 0
		r := io.MultiReader(bytes.NewReader(log[:fileHeaderSize+chunkSize+3000]), iotest.ErrReader(broken))
		err := Split(context.Background(), r, nil, func(_ int64, c []byte) error {
			n += len(c)
			return nil
		}, alloc)
		if !errors.Is(err, broken) || n != chunkSize+3000 {
			t.Errorf("%v after %d bytes", err, n)
		}
	})
	t.Run("no progress", func(t *testing.T) {
		err := Split(context.Background(), idle{}, nil, func(int64, []byte) error { return nil }, alloc)
		if !errors.Is(err, io.ErrNoProgress) {
			t.Error(err)
		}
	})
	t.Run("no buffer is left over", func(t *testing.T) {
		out := 0
		err := Split(context.Background(), bytes.NewReader(log), nil, func(int64, []byte) error {
			out--
			return nil
		}, func() []byte {
			out++
			return alloc()
		})
		if err != nil || out != 0 {
			t.Errorf("%d buffers left over, %v", out, err)
		}
	})
	t.Run("emit", func(t *testing.T) {
		n := 0
		err := Split(context.Background(), bytes.NewReader(log), nil, func(int64, []byte) error {
			n++
			return broken
		}, alloc)
		if err != broken || n != 1 { //nolint:errorlint // as it is
			t.Errorf("%v after %d chunks", err, n)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		err := Split(ctx, bytes.NewReader(log), nil, func(int64, []byte) error {
			n++
			cancel()
			return nil
		}, alloc)
		if !errors.Is(err, context.Canceled) || n != 1 {
			t.Errorf("%v after %d chunks", err, n)
		}
	})
}

func TestSplitOddStreams(t *testing.T) {
	tests := []struct {
		name   string
		b      []byte
		chunks int
		warn   string
	}{
		{"nothing", nil, 0, ""},
		{"one byte", []byte{'E'}, 0, "header is damaged"},
		{"part of a file header", []byte(fileMagic + "xxxx"), 0, "ends within its header"},
		{"zeroes", make([]byte, 3*chunkSize), 0, "header is damaged"},
		{"text", bytes.Repeat([]byte("this is no event log\n"), 20000), 0, "are no event log"},
		{"a chunk's first bytes", append(make([]byte, fileHeaderSize), chunkMagic...), 1, ""},
		{"records and nothing else", bytes.Repeat([]byte{0x2a, 0x2a, 0, 0, 1, 2, 3, 4}, 20000), 3, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chunks, _, warnings := splitAll(t, bytes.NewReader(tt.b))
			if len(chunks) != tt.chunks {
				t.Errorf("%d chunks, want %d", len(chunks), tt.chunks)
			}
			if tt.warn != "" {
				wantWarning(t, warnings, tt.warn)
			}
			for i, c := range chunks {
				decodeChunks(NewDecoder(), true, [][]byte{c}, []int64{int64(i)})
			}
		})
	}
}

// A chunk's header inside the text of a record is part of the text.
func TestChunkInsideARecord(t *testing.T) {
	inner := append([]byte(chunkMagic), make([]byte, 120)...)
	inner[40] = 128
	r := clearedRecord()
	r.UserData, r.Data = "", []Field{{"Dump", Binary(bytes.Repeat(append(inner, make([]byte, 384)...), 40))}}
	log := logOf(t, logonRecord(1), r, logonRecord(2))
	for shift := range 512 { // one of them puts the headers at sectors
		if bytes.Index(log[fileHeaderSize+512:], []byte(chunkMagic))%sectorSize == 0 {
			break
		}
		r.Data[0].Value = Binary(append(make([]byte, shift), r.Data[0].Value.raw...))
		log = logOf(t, logonRecord(1), r, logonRecord(2))
		r.Data[0].Value = Binary(r.Data[0].Value.raw[shift:])
	}
	if bytes.Index(log[fileHeaderSize+512:], []byte(chunkMagic))%sectorSize != 0 {
		t.Fatal("no header stands at a sector")
	}
	events, warnings := read(t, log)
	if len(events) != 3 || len(warnings) > 0 {
		t.Errorf("%d events, %v", len(events), warnings)
	}
}
