package evtx

import (
	"encoding/binary"
	"os"
	"testing"
)

// Every public sample gives as many records as its own chunk headers count, and nothing to complain about.
func TestCorpora(t *testing.T) {
	files := corpusFiles(t)
	if len(files) == 0 {
		t.Skip("no public samples at " + corpora)
	}
	d := NewDecoder()
	total := 0
	for _, name := range files {
		log, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		chunks, offsets, warnings := splitAll(t, &memReader{log})
		events, more := decodeChunks(d, false, chunks, offsets)
		for _, w := range append(warnings, more...) {
			t.Errorf("%s: %d: %s", name, w.offset, w.msg)
		}
		want := 0
		for _, c := range chunks {
			first, last := binary.LittleEndian.Uint64(c[8:]), binary.LittleEndian.Uint64(c[16:])
			if last+1 > first {
				want += int(last - first + 1)
			}
		}
		if len(events) != want {
			t.Errorf("%s: %d records, its chunk headers count %d", name, len(events), want)
		}
		for _, e := range events {
			if e.Provider == "" || e.Host == "" || !e.HasTime {
				t.Errorf("%s: record %d: provider %q, host %q", name, e.RecordID, e.Provider, e.Host)
			}
		}
		total += len(events)
	}
	t.Logf("%d files, %d records", len(files), total)
}

// Without the headers of their chunks, the public samples lose no record; what a chunk held before comes with few.
func TestCorporaWithoutChunkHeaders(t *testing.T) {
	files := corpusFiles(t)
	if len(files) == 0 {
		t.Skip("no public samples at " + corpora)
	}
	all, more := 0, 0
	for _, name := range files {
		log, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		chunks, offsets, _ := splitAll(t, &memReader{log})
		for i, c := range chunks {
			want, _ := decodeChunks(NewDecoder(), false, [][]byte{c}, offsets[i:i+1])
			clear(c[:min(len(c), chunkHeaderSize)])
			got, _ := decodeChunks(NewDecoder(), false, [][]byte{c}, offsets[i:i+1])
			all++
			switch {
			case len(got) > len(want):
				more++
			case len(got) < len(want):
				t.Errorf("%s: chunk at %d: %d records, want %d", name, offsets[i], len(got), len(want))
			}
		}
	}
	t.Logf("%d chunks, %d with records of what they held before", all, more)
	if more*20 > all {
		t.Errorf("%d of %d chunks give records of what they held before", more, all)
	}
}

// The public samples, cut and with turned bits, bring nothing down.
func TestCorporaDamaged(t *testing.T) {
	files := corpusFiles(t)
	if len(files) == 0 {
		t.Skip("no public samples at " + corpora)
	}
	d := NewDecoder()
	for i, name := range files {
		if i%8 != 0 {
			continue
		}
		log, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		log = log[:min(len(log), fileHeaderSize+2*chunkSize)]
		for seed := range uint32(8) {
			b := append([]byte(nil), log[:len(log)-int(seed)*777]...)
			x := seed*2654435761 + 12345
			for range 40 {
				x = x*1664525 + 1013904223
				b[int(x>>8)%len(b)] ^= 1 << (x & 7)
			}
			chunks, offsets, _ := splitAll(t, &memReader{b})
			decodeChunks(d, true, chunks, offsets)
		}
	}
}
