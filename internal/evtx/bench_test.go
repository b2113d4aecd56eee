package evtx

import (
	"encoding/binary"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/internal/event"
)

const corpora = "../../../shared/corpora"

// corpusFiles are the event logs of the public samples, or none where they are not there.
func corpusFiles(tb testing.TB) (files []string) {
	tb.Helper()
	for _, dir := range []string{corpora + "/evtx", corpora + "/sigma-regression"} {
		_ = filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && strings.EqualFold(filepath.Ext(p), ".evtx") {
				files = append(files, p)
			}
			return nil
		})
	}
	return files
}

// benchChunks are the chunks that benchmarks decode: those of the corpora, or of the writer where they are absent.
func benchChunks(b *testing.B) (chunks [][]byte, used int) {
	b.Helper()
	files := corpusFiles(b)
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		c, _, _ := splitAll(b, f)
		_ = f.Close()
		chunks = append(chunks, c...)
	}
	if len(files) == 0 {
		b.Log("no corpora: the writer's own log is decoded")
		chunks = writtenChunks(b)
	}
	return chunks, usedBytes(chunks)
}

func writtenChunks(b *testing.B) [][]byte {
	b.Helper()
	c, _, _ := splitAll(b, &memReader{sampleLog(b, 20000)})
	return c
}

func usedBytes(chunks [][]byte) (n int) {
	for _, c := range chunks {
		n += int(min(binary.LittleEndian.Uint32(c[48:]), chunkSize))
	}
	return n
}

type memReader struct{ b []byte }

func (m *memReader) Read(p []byte) (int, error) {
	if len(m.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, m.b)
	m.b = m.b[n:]
	return n, nil
}

func benchDecode(b *testing.B, chunks [][]byte, used int, use func(*event.Event)) {
	b.Helper()
	d := NewDecoder()
	events := 0
	b.SetBytes(int64(used))
	b.ReportAllocs()
	for b.Loop() {
		for _, c := range chunks {
			d.Decode(0, c, Options{}, func(e *event.Event) bool {
				events++
				use(e)
				return true
			})
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkDecode decodes lazily: values are located and nothing is turned into text. MB/s are of used bytes.
func BenchmarkDecode(b *testing.B) {
	b.Run("corpora", func(b *testing.B) {
		chunks, used := benchChunks(b)
		benchDecode(b, chunks, used, func(*event.Event) {})
	})
	b.Run("written", func(b *testing.B) {
		chunks := writtenChunks(b)
		benchDecode(b, chunks, usedBytes(chunks), func(*event.Event) {})
	})
}

// BenchmarkDecodeText turns every value of every event into text too.
func BenchmarkDecodeText(b *testing.B) {
	var text []byte
	chunks, used := benchChunks(b)
	benchDecode(b, chunks, used, func(e *event.Event) {
		text = text[:0]
		for i := range e.Values {
			text = e.Values[i].AppendText(text)
		}
	})
}

// BenchmarkWrite writes records of the usual kinds.
func BenchmarkWrite(b *testing.B) {
	var records []*Record
	for i := range 1000 {
		records = append(records, logonRecord(i), processRecord(i))
	}
	w := NewWriter(io.Discard)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		err := w.Write(records[i%len(records)])
		if err == ErrFull { //nolint:errorlint // returned as it is
			w = NewWriter(io.Discard)
		} else if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
