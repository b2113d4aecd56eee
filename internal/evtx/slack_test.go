package evtx

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// A chunk that does not say where its records end gives those in use, and what was there before only to carving, which
// marks it.
func TestSlackBehindDamagedHeader(t *testing.T) {
	whole, live, old := reused(t)
	free := int(binary.LittleEndian.Uint32(whole[48:]))
	wantLive := numbers(5000, 5000+uint64(live)-1)
	atRecord := func(c []byte, n int) []byte {
		pos := chunkHeaderSize
		for range n {
			pos += wholeRecord(c, pos)
		}
		return c[pos:]
	}
	for _, tt := range []struct {
		name   string
		damage func(c []byte)
		live   []uint64
		sure   bool // the end of the records is known all the same
	}{
		{"its header is zero", func(c []byte) { clear(c[:chunkHeaderSize]) }, wantLive, false},
		{"its first bytes are zero", func(c []byte) { clear(c[:16]) }, wantLive, true},
		{"its end of records is out of range", func(c []byte) { clear(c[44:52]) }, wantLive, true},
		{"its end of records is too far", func(c []byte) { setFree(c, chunkSize, 512) }, wantLive, true},
		{"all that tells the end is zero", func(c []byte) { clear(c[40:60]) }, wantLive, false},
		{"its header is zero, a record too", func(c []byte) {
			clear(c[:chunkHeaderSize])
			r := atRecord(c, 5)
			clear(r[:wholeRecord(r, 0)])
		}, slices.Delete(slices.Clone(wantLive), 5, 6), false},
		{"its header is zero, an id is too large", func(c []byte) {
			clear(c[:chunkHeaderSize])
			binary.LittleEndian.PutUint64(atRecord(c, 5)[8:], 1<<40)
		}, wantLive, false},
		{"its header is zero, an id is too small", func(c []byte) {
			clear(c[:chunkHeaderSize])
			binary.LittleEndian.PutUint64(atRecord(c, 5)[8:], 7)
		}, wantLive, false},
		{"its header is zero, a size is damaged", func(c []byte) {
			clear(c[:chunkHeaderSize])
			r := atRecord(c, 5)
			n := wholeRecord(r, 0)
			clear(r[4:6])
			clear(r[n-4 : n])
		}, wantLive, false},
		{"its header is zero, the size of the last one is damaged", func(c []byte) {
			clear(c[:chunkHeaderSize])
			r := atRecord(c, live-1)
			n := wholeRecord(r, 0)
			clear(r[4:6])
			clear(r[n-4 : n])
		}, wantLive, false},
	} {
		for _, later := range []bool{false, true} {
			c := bytes.Clone(whole)
			if later { // ids of what was there before are greater, as in logs that were exported
				for pos := free; pos < len(c); pos++ {
					if wholeRecord(c, pos) > 0 {
						setRecordID(t, c[pos:], binary.LittleEndian.Uint64(c[pos+8:])+100000)
					}
				}
			}
			tt.damage(c)
			events, warnings := decodeChunks(NewDecoder(), false, [][]byte{c}, []int64{0})
			if got := idsOf(events, nil); !slices.Equal(got, tt.live) {
				t.Errorf("%s, later %v: records %d", tt.name, later, got)
			}
			told := slices.ContainsFunc(warnings, func(w warning) bool { return strings.Contains(w.msg, "left to carving") })
			if told == tt.sure || len(warnings) == 0 {
				t.Errorf("%s, later %v: warnings %v", tt.name, later, warnings)
			}
			carved, _ := decodeChunks(NewDecoder(), true, [][]byte{c}, []int64{0})
			n := 0
			for _, e := range carved {
				if e.Carved {
					n++
				}
				if e.Carved == slices.Contains(wantLive, e.RecordID) {
					t.Errorf("%s, later %v: record %d is marked %v", tt.name, later, e.RecordID, e.Carved)
				}
			}
			if n != old || len(carved) != len(tt.live)+old {
				t.Errorf("%s, later %v: %d records, %d of them carved; want %d and %d", tt.name, later, len(carved), n, len(tt.live)+old, old)
			}
		}
	}
}

// In an exported log records are numbered anew; the id of an event is the one that it had where it was written.
func TestRecordIDOfExport(t *testing.T) {
	log := logOf(t, logonRecord(0), processRecord(1))
	for i, at := range recordOffsets(log) {
		setRecordID(t, log[at:], uint64(70000+5*i))
		binary.LittleEndian.PutUint64(log[at+8:], uint64(1+i))
	}
	if got := idsOf(read(t, log)); !slices.Equal(got, []uint64{70000, 70005}) {
		t.Errorf("records %d", got)
	}
}
