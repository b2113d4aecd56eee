package hunt

import (
	"encoding/binary"
	"math/bits"
)

// sketch tells of most literals that they do not stand in a long text, without reading it again: it knows, by their
// hashes, every second window of four bytes that the text has. Wherever a literal of five bytes or more stands, either its
// windows at even places are among these or those at odd places. A record of a script is asked for hundreds of literals,
// of which it holds next to none.
type sketch struct {
	bits  []uint64
	shift uint
}

const (
	sketchWidth = 4 // bytes of a window
	// sketchFrom and sketchTo are the lengths in bytes of the texts that are worth a sketch: a shorter one is searched in
	// less time, and of a longer one it would say too little for the memory.
	sketchFrom, sketchTo = 512, 1 << 19
	// sketchBits is how many bits a byte of text gets at least: one in sixteen is set at most.
	sketchBits = 8
	// sketchMost bounds the bits of a sketch: 128 KiB.
	sketchMost = 20
)

// take makes it the sketch of texts of so many bytes together.
func (s *sketch) take(texts [][]byte, size int) {
	log := min(bits.Len(uint(size*sketchBits)), sketchMost)
	words := 1 << log / 64
	if cap(s.bits) < words {
		s.bits = make([]uint64, words)
	}
	s.bits, s.shift = s.bits[:words], uint(32-log)
	clear(s.bits)
	for _, t := range texts {
		for i := 0; i+sketchWidth <= len(t); i += 2 {
			h := sketchHash(t[i:], s.shift)
			s.bits[h/64] |= 1 << (h % 64)
		}
	}
}

// lacks says that the literal stands in none of the texts; false says nothing.
func (s *sketch) lacks(literal []byte) bool { return s.misses(literal) && s.misses(literal[1:]) }

// misses says that some window of a literal, every second one from its start, is in none of the texts.
func (s *sketch) misses(literal []byte) bool {
	for i := 0; i+sketchWidth <= len(literal); i += 2 {
		h := sketchHash(literal[i:], s.shift)
		if s.bits[h/64]&(1<<(h%64)) == 0 {
			return true
		}
	}
	return false
}

func sketchHash(b []byte, shift uint) uint32 {
	return binary.LittleEndian.Uint32(b) * 0x9e3779b1 >> shift
}

// lacks says that a literal stands in none of the folded texts of the field, which must have been made; false says
// nothing.
func (t *fieldText) lacks(literal []byte) bool {
	if len(literal) <= sketchWidth {
		return false
	}
	if t.sketchGen != t.foldedGen {
		t.sketchGen = t.foldedGen
		size := 0
		for _, text := range t.folded {
			size += len(text)
		}
		t.sketched = size >= sketchFrom && size <= sketchTo
		if t.sketched {
			if t.sketch == nil {
				t.sketch = new(sketch)
			}
			t.sketch.take(t.folded, size)
		}
	}
	return t.sketched && t.sketch.lacks(literal)
}
