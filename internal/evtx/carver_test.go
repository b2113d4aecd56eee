package evtx

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"entente/internal/event"
)

// used is how far a chunk holds records in use.
func used(chunk []byte) int { return int(binary.LittleEndian.Uint32(chunk[48:])) }

// chunkWith is a chunk of n records with ids from first on, and what slack has behind them at its own offsets.
func chunkWith(t *testing.T, first uint64, n int, slack []byte) []byte {
	t.Helper()
	var records []*Record
	for i := range n {
		r := logonRecord(i)
		r.RecordID = first + uint64(i)
		records = append(records, r)
	}
	c := logOf(t, records...)[fileHeaderSize:]
	if len(c) != chunkSize {
		t.Fatalf("%d records are %d bytes", n, len(c))
	}
	if slack != nil {
		copy(c[used(c):], slack[used(c):])
	}
	return c
}

// carveAll decodes the chunks of a log in order, as the reader of logs does, and returns the record ids of each.
func carveAll(t *testing.T, copies bool, chunks ...[]byte) (ids [][]uint64) {
	t.Helper()
	d, carver := NewDecoder(), NewCarver()
	for i, c := range chunks {
		opts := Options{Carve: true, Warn: func(_ int64, msg string) { t.Errorf("chunk %d: %s", i, msg) }}
		if copies {
			opts.Copies = carver.Copies(c)
		}
		var of []uint64
		d.Decode(int64(i*chunkSize), c, opts, func(e *event.Event) bool {
			of = append(of, e.RecordID)
			return true
		})
		ids = append(ids, of)
	}
	return ids
}

func numbers(from, to uint64) (out []uint64) {
	for n := from; n <= to; n++ {
		out = append(out, n)
	}
	return out
}

// What slack repeats of chunks before it, in use or carved, is not carved again.
func TestCarverAcrossChunks(t *testing.T) {
	old := chunkWith(t, 100, 30, nil)     // not in the log any more
	full := chunkWith(t, 1000, 25, old)   // has the end of old behind it
	third := chunkWith(t, 1025, 20, full) // written over a copy of full
	again := chunkWith(t, 1045, 10, third)
	got := carveAll(t, true, full, third, again)
	oldEnd := got[0][25:]
	if !slices.Equal(got[0][:25], numbers(1000, 1024)) || len(oldEnd) < 4 || !slices.Equal(oldEnd, numbers(oldEnd[0], 129)) {
		t.Fatalf("the first chunk gives %d", got[0])
	}
	if !slices.Equal(got[1], numbers(1025, 1044)) || !slices.Equal(got[2], numbers(1045, 1054)) {
		t.Errorf("copies are carved: %d", got[1:])
	}
	// Without the carver they would be, so the test is about something.
	if got := carveAll(t, false, full, third, again); len(got[1]) <= 20 || len(got[2]) <= 10 {
		t.Errorf("slack without copies: %d", got[1:])
	}
}

// Records in use are read even where their like stood before.
func TestCarverKeepsRecordsInUse(t *testing.T) {
	c := chunkWith(t, 1, 10, nil)
	if got := carveAll(t, true, c, c); !slices.Equal(got[1], numbers(1, 10)) {
		t.Errorf("the second of two equal chunks gives %d", got[1])
	}
}

// A log that was cleared may begin again with the same ids: an id alone does not make a copy.
func TestCarveSameIDs(t *testing.T) {
	old := chunkWith(t, 1, 30, nil)
	var records []*Record
	for i := range 10 {
		r := processRecord(i)
		r.RecordID = uint64(i + 1)
		records = append(records, r)
	}
	c := logOf(t, records...)[fileHeaderSize:]
	copy(c[used(c):], old[used(c):])
	// Ids 1 to 10 stand in use; make the last of the old ones have one of them.
	last := recordOffsets(append(make([]byte, fileHeaderSize), old...))
	at := last[len(last)-1] - fileHeaderSize
	if at < used(c) {
		t.Fatal("the old record is overwritten")
	}
	setRecordID(t, c[at:], 3)
	got := carveAll(t, true, c)
	n := 0
	for _, id := range got[0] {
		if id == 3 {
			n++
		}
	}
	if n != 2 {
		t.Errorf("record 3 of before and after the clearing: %d in %d", n, got[0])
	}
}

// setRecordID writes another id into the record at the beginning of b, in its header and its content.
func setRecordID(t *testing.T, b []byte, id uint64) {
	t.Helper()
	old := bytes.Clone(b[8:16])
	binary.LittleEndian.PutUint64(b[8:], id)
	size := binary.LittleEndian.Uint32(b[4:])
	if n := bytes.Count(b[24:size], old); n != 1 {
		t.Fatalf("the id stands %d times in the record", n)
	}
	binary.LittleEndian.PutUint64(b[24+bytes.Index(b[24:size], old):], id)
}

func TestCarverIsBounded(t *testing.T) {
	c := NewCarver()
	for i := range uint64(maxMet) {
		c.met[i] = struct{}{}
	}
	chunk := chunkWith(t, 1, 10, nil)
	for range 2 {
		if copies := c.Copies(chunk); len(copies) > 0 {
			t.Errorf("copies at %d of what was not remembered", copies)
		}
	}
	if len(c.met) > maxMet {
		t.Errorf("%d are remembered", len(c.met))
	}
	for _, bad := range [][]byte{nil, {0x2a}, magicBytes, append(slices.Clone(magicBytes), 0xff, 0xff, 0xff, 0xff), chunk[:700]} {
		NewCarver().Copies(bad)
	}
}
