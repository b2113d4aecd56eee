package translog

import (
	"hash/maphash"
	"math"
)

// index finds entries: where each is, and each by where it is. It takes 32 bytes an entry and 8 to 16 for finding it.
type index struct {
	entries []Digest
	seed    maphash.Seed // entries are chosen by others, who could choose them to lie close together
	slots   []uint32     // 1 + where the entry is; 0 is free; the length is a power of two
}

func newIndex(size int64) *index {
	x := &index{seed: maphash.MakeSeed(), entries: make([]Digest, 0, size)}
	x.slots = make([]uint32, slotsFor(size))
	return x
}

// slotsFor returns a length that is at most half full with size entries.
func slotsFor(size int64) int {
	n := 1024
	for int64(n) < 2*size {
		n *= 2
	}
	return n
}

// maxEntries is how many entries an index holds.
const maxEntries = math.MaxUint32 - 1

// find returns where an entry is.
func (x *index) find(d Digest) (int64, bool) {
	slot := x.slots[x.slot(d)]
	return int64(slot) - 1, slot != 0
}

// slot returns the slot of an entry, or the one that it would get.
func (x *index) slot(d Digest) uint64 {
	mask := uint64(len(x.slots) - 1)
	for i := maphash.Bytes(x.seed, d[:]) & mask; ; i = (i + 1) & mask {
		if s := x.slots[i]; s == 0 || x.entries[s-1] == d {
			return i
		}
	}
}

// add adds an entry at the end, and says whether it is new.
func (x *index) add(d Digest) bool {
	if 2*(len(x.entries)+1) > len(x.slots) {
		x.slots = make([]uint32, 2*len(x.slots))
		for i, d := range x.entries {
			x.slots[x.slot(d)] = uint32(i + 1)
		}
	}
	s := x.slot(d)
	if x.slots[s] != 0 {
		return false
	}
	x.entries = append(x.entries, d)
	x.slots[s] = uint32(len(x.entries))
	return true
}
