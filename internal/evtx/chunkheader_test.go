package evtx

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// What a chunk's header says about its records is not believed, even where its checksum is right: every record is read,
// whatever number, id or offset it states, in sound chunks and in damaged ones.
func TestChunkHeaderIsNotBelieved(t *testing.T) {
	var records []*Record
	for i := range 40 {
		r := logonRecord(i)
		r.RecordID = uint64(1000 + i)
		records = append(records, r)
	}
	log := logOf(t, records...)
	offsets := recordOffsets(log)
	if len(offsets) != 40 || len(log) != fileHeaderSize+chunkSize {
		t.Fatalf("%d records in %d bytes", len(offsets), len(log))
	}
	const firstNumber, lastNumber, firstID, lastID, lastOffset = 8, 16, 24, 32, 44
	fields := map[string]int{"first number": firstNumber, "last number": lastNumber, "first id": firstID, "last id": lastID}
	for name, at := range fields {
		for _, v := range []uint64{0, 1, 999, 1000, 1001, 1020, 1039, 1040, 9999, 1 << 40, 1<<64 - 1} {
			for _, damaged := range []bool{false, true} {
				b := bytes.Clone(log)
				c := b[fileHeaderSize:]
				binary.LittleEndian.PutUint64(c[at:], v)
				binary.LittleEndian.PutUint32(c[124:], headerSum(c))
				want := numbers(1000, 1039)
				if damaged {
					clear(b[offsets[20] : offsets[20]+60]) // a record in the middle is lost
					want = slices.Delete(want, 20, 21)
				}
				if got := idsOf(read(t, b)); !slices.Equal(got, want) {
					t.Errorf("%s %d, damaged %v: records %d", name, v, damaged, got)
				}
			}
		}
	}
	for _, v := range []uint32{0, 1, 511, 512, uint32(offsets[5] - fileHeaderSize), uint32(offsets[5]-fileHeaderSize) + 3, chunkSize - 1, chunkSize, 1<<32 - 1} {
		b := bytes.Clone(log)
		c := b[fileHeaderSize:]
		binary.LittleEndian.PutUint32(c[lastOffset:], v)
		binary.LittleEndian.PutUint32(c[124:], headerSum(c))
		if got := idsOf(read(t, b)); !slices.Equal(got, numbers(1000, 1039)) {
			t.Errorf("last offset %d: records %d", v, got)
		}
	}
}

func idsOf(events []decoded, _ []warning) (ids []uint64) {
	for _, e := range events {
		ids = append(ids, e.RecordID)
	}
	return ids
}
