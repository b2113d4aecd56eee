package evtx

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
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

// What is damaged beside the chunk's header costs no record but itself.
func TestDamageBesideDamagedHeader(t *testing.T) {
	var records []*Record
	for i := range 30 {
		r := logonRecord(i)
		r.RecordID = uint64(5000 + i)
		records = append(records, r)
	}
	log := logOf(t, records...)
	whole := log[fileHeaderSize:]
	var at []int
	for _, o := range recordOffsets(log) {
		at = append(at, o-fileHeaderSize)
	}
	clearRecords := func(c []byte, from, to int) { clear(c[at[from]:at[to]]) }
	setID := func(c []byte, n int, id uint64) { binary.LittleEndian.PutUint64(c[at[n]+8:], id) }
	older := func(c []byte, n int, by uint64) {
		b := c[at[n]+16:]
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(c[at[9]+16:])-by)
	}
	const header, millisecond = chunkHeaderSize, 10_000
	for _, tt := range []struct {
		name   string
		damage func(c []byte)
		want   int
	}{
		{"an old checksum, and a record", func(c []byte) {
			binary.LittleEndian.PutUint32(c[52:], crc32.ChecksumIEEE(c[chunkHeaderSize:at[20]]))
			clearRecords(c, 22, 23)
		}, 29},
		{"an old checksum, an end out of range, and a record", func(c []byte) {
			binary.LittleEndian.PutUint32(c[52:], crc32.ChecksumIEEE(c[chunkHeaderSize:at[20]]))
			binary.LittleEndian.PutUint32(c[48:], 1<<30)
			clearRecords(c, 22, 23)
		}, 29},
		{"the first id", func(c []byte) { clear(c[:header]); setID(c, 0, 7) }, 30},
		{"a record, before one that is milliseconds older", func(c []byte) {
			clear(c[:header])
			clearRecords(c, 10, 11)
			older(c, 11, 5*millisecond)
			older(c, 12, 5*millisecond)
		}, 29},
		{"a record, before a clock that was set back", func(c []byte) {
			clear(c[:header])
			clearRecords(c, 10, 11)
			for n := 11; n < 30; n++ {
				older(c, n, 3600_000*millisecond)
			}
		}, 29},
		{"records, and an id", func(c []byte) {
			clear(c[:header])
			clearRecords(c, 5, 9)
			setID(c, 9, 7)
		}, 26},
		{"ids with holes", func(c []byte) {
			clear(c[:header])
			for n := range at {
				setID(c, n, uint64(5000+3*n))
			}
		}, 30},
	} {
		c := bytes.Clone(whole)
		tt.damage(c)
		if got := idsOf(decodeChunks(NewDecoder(), false, [][]byte{c}, []int64{0})); len(got) != tt.want {
			t.Errorf("%s: %d records, want %d: %d", tt.name, len(got), tt.want, got)
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
