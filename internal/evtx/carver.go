package evtx

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
)

// Carver tells which records in the unused space of a log's chunks were met before: Windows writes a chunk over what a
// former one has left in the same memory, so that slack repeats the records of other chunks. It is for the chunks of
// one log, in their order.
type Carver struct {
	seed maphash.Seed
	met  map[uint64]struct{} // hashes of whole records
}

// maxMet bounds what a Carver remembers: about twenty megabytes. Copies of later records are not known for such.
const maxMet = 1 << 20

// NewCarver returns a carver that has met nothing.
func NewCarver() *Carver {
	return &Carver{seed: maphash.MakeSeed(), met: map[uint64]struct{}{}}
}

// Copies returns the places in a chunk of whole records that stood, byte for byte, in an earlier chunk, or earlier in
// this one. They are for [Options.Copies].
func (c *Carver) Copies(chunk []byte) []int {
	var copies []int
	for pos := 0; pos < len(chunk); {
		size := wholeRecord(chunk, pos)
		if size == 0 {
			next := bytes.Index(chunk[pos+1:], magicBytes)
			if next < 0 {
				break
			}
			pos += 1 + next
			continue
		}
		sum := maphash.Bytes(c.seed, chunk[pos:pos+size])
		if _, ok := c.met[sum]; ok {
			copies = append(copies, pos)
		} else if len(c.met) < maxMet {
			c.met[sum] = struct{}{}
		}
		pos += size
	}
	return copies
}

// wholeRecord is the size of the record at pos, with its size at both ends; 0 where there is none.
func wholeRecord(c []byte, pos int) int {
	if len(c)-pos < minRecord || binary.LittleEndian.Uint32(c[pos:]) != recordMagic {
		return 0
	}
	n := binary.LittleEndian.Uint32(c[pos+4:])
	if n < minRecord || uint64(n) > uint64(len(c)-pos) || binary.LittleEndian.Uint32(c[pos+int(n)-4:]) != n {
		return 0
	}
	return int(n)
}
