package hunt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// gramSet finds which of many literals occur in a text, in one pass. It looks at windows of the text: a bitmap small
// enough for the first-level cache tells whether any literal has the window, and only then a table is asked and the
// literal compared.
//
// Long literals need not be looked for at every place of the text. Of a literal of eleven bytes four windows of
// eight bytes are known, one byte apart; wherever the literal stands, one of them falls on a multiple of four. So the
// text is read in steps of four for nearly all literals that rules have.
//
// Compared with an Aho-Corasick automaton over the same 8,000 literals it needs a hundredth of the memory and no
// time to build, and its loads do not wait for each other.
type gramSet struct{ tables []gramTable }

// gramShapes are the kinds of windows. A literal belongs to the first for which it is long enough.
var gramShapes = [...]struct{ width, stride int }{{8, 4}, {4, 4}, {4, 2}, {4, 1}, {2, 1}}

// anchor says where in the text a literal must stand for it to count.
type anchor uint8

const (
	anywhere anchor = iota
	atStart
	atEnd
	whole
	// within says that it is no text but a network, in which an address has to be; see networkSet.
	within
)

// gramLiteral is one literal and what to tell when it occurs.
type gramLiteral struct {
	text   []byte
	anchor anchor
	rules  []int32 // to try
	tests  []int32 // that are true
	hints  []int32 // tests that need this or another literal
}

// minGuard is the length in bytes of the shortest literal that a gramSet takes.
const minGuard = 2

type gramTable struct {
	width  int
	stride int
	shift  uint
	bitmap []uint64
	mask   uint32
	slots  []gramSlot // open addressing, a power of two, at most half full
	lits   []gramHit  // grouped by window
}

type gramSlot struct {
	window     uint64
	start, end int32 // into lits; start == end means that the slot is free
}

type gramHit struct {
	lit    *gramLiteral
	offset int32 // of the window in the literal
}

const gramMul = 0x9E3779B97F4A7C15

func window(b []byte, width int) uint64 {
	switch width {
	case 8:
		return binary.LittleEndian.Uint64(b)
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	default:
		return uint64(binary.LittleEndian.Uint16(b))
	}
}

// newGramSet builds the set. Every literal must have at least minGuard bytes.
func newGramSet(lits []*gramLiteral) *gramSet {
	var byShape [len(gramShapes)][]*gramLiteral
	for _, l := range lits {
		for i, g := range gramShapes {
			if len(l.text) >= g.width+g.stride-1 {
				byShape[i] = append(byShape[i], l)
				break
			}
		}
	}
	s := &gramSet{}
	for i, g := range gramShapes {
		if len(byShape[i]) > 0 {
			s.tables = append(s.tables, newGramTable(g.width, g.stride, byShape[i]))
		}
	}
	return s
}

func newGramTable(width, stride int, lits []*gramLiteral) gramTable {
	t := gramTable{width: width, stride: stride}
	// A window that many literals have (".exe", "\windows") is also frequent in texts, so each literal is looked for
	// by those that the fewest others share. Counts of windows with the same hash run together; that does no harm.
	count := make([]uint16, 1<<14)
	slot := func(w uint64) *uint16 { return &count[w*gramMul>>50] }
	for _, l := range lits {
		for i := 0; i+width <= len(l.text); i++ {
			if n := slot(window(l.text[i:], width)); *n < 1<<16-1 {
				*n++
			}
		}
	}
	type entry struct {
		window uint64
		order  int // of the literal
		hit    gramHit
	}
	entries := make([]entry, 0, stride*len(lits))
	for order, l := range lits {
		best, least := 0, 1<<30
		for i := 0; i+width+stride-1 <= len(l.text); i++ {
			n := 0
			for j := range stride {
				n += int(*slot(window(l.text[i+j:], width)))
			}
			if n < least {
				best, least = i, n
			}
		}
		for i := best; i < best+stride; i++ {
			entries = append(entries, entry{window(l.text[i:], width), order, gramHit{lit: l, offset: int32(i)}})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.window != b.window {
			return cmp.Compare(a.window, b.window)
		}
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.hit.offset, b.hit.offset))
	})
	n := 0 // windows
	for i := range entries {
		if i == 0 || entries[i].window != entries[i-1].window {
			n++
		}
	}
	bitmapLog := min(max(bits.Len(uint(n))+5, 10), 18)
	t.shift = uint(64 - bitmapLog)
	t.bitmap = make([]uint64, 1<<(bitmapLog-6))
	size := 1 << bits.Len(uint(2*n))
	t.mask = uint32(size - 1)
	t.slots = make([]gramSlot, size)
	t.lits = make([]gramHit, len(entries))
	for start := 0; start < len(entries); {
		w := entries[start].window
		end := start
		for ; end < len(entries) && entries[end].window == w; end++ {
			t.lits[end] = entries[end].hit
		}
		h := w * gramMul
		set(t.bitmap, h>>t.shift)
		i := uint32(h>>20) & t.mask
		for t.slots[i].start != t.slots[i].end {
			i = (i + 1) & t.mask
		}
		t.slots[i] = gramSlot{window: w, start: int32(start), end: int32(end)}
		start = end
	}
	return t
}

// scan calls tell with each literal that occurs in text, once for each place.
func (s *gramSet) scan(text []byte, tell func(*gramLiteral)) {
	for i := range s.tables {
		t := &s.tables[i]
		switch t.width {
		case 8:
			t.scan8(text, tell)
		case 4:
			t.scan4(text, tell)
		default:
			t.scan2(text, tell)
		}
	}
}

func (t *gramTable) scan8(text []byte, tell func(*gramLiteral)) {
	bm, shift, stride := t.bitmap, t.shift&63, t.stride
	for i := 0; i+8 <= len(text); i += stride {
		w := binary.LittleEndian.Uint64(text[i:])
		h := w * gramMul
		if has(bm, h>>shift) {
			t.verify(w, h, text, i, tell)
		}
	}
}

func (t *gramTable) scan4(text []byte, tell func(*gramLiteral)) {
	bm, shift, stride := t.bitmap, t.shift&63, t.stride
	for i := 0; i+4 <= len(text); i += stride {
		w := uint64(binary.LittleEndian.Uint32(text[i:]))
		h := w * gramMul
		if has(bm, h>>shift) {
			t.verify(w, h, text, i, tell)
		}
	}
}

func (t *gramTable) scan2(text []byte, tell func(*gramLiteral)) {
	bm, shift := t.bitmap, t.shift&63
	for i := 0; i+2 <= len(text); i++ {
		w := uint64(binary.LittleEndian.Uint16(text[i:]))
		h := w * gramMul
		if has(bm, h>>shift) {
			t.verify(w, h, text, i, tell)
		}
	}
}

func (t *gramTable) verify(w, h uint64, text []byte, pos int, tell func(*gramLiteral)) {
	for i := uint32(h>>20) & t.mask; ; i = (i + 1) & t.mask {
		slot := t.slots[i]
		if slot.start == slot.end {
			return
		}
		if slot.window != w {
			continue
		}
		for _, hit := range t.lits[slot.start:slot.end] {
			l := hit.lit
			from := pos - int(hit.offset)
			if from < 0 || from+len(l.text) > len(text) {
				continue
			}
			switch l.anchor {
			case atStart:
				if from != 0 {
					continue
				}
			case atEnd:
				if from+len(l.text) != len(text) {
					continue
				}
			case whole:
				if len(l.text) != len(text) {
					continue
				}
			case anywhere, within:
			}
			if bytes.Equal(text[from:from+len(l.text)], l.text) {
				tell(l)
			}
		}
		return
	}
}
