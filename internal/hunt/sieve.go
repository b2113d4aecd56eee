package hunt

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"entente/internal/event"
)

// sieve looks at the values of a record as they lie in the log, before anything is decoded, converted or folded, and says
// which of the guards' fields can hold a literal. Where records hold few of them, as in the logs of a web server, most
// records are done with after this one pass, or with a search in one field.
//
// Of every literal it knows a run of characters that look the same in the log and in the text that rules see, but for
// case: no backslash or quote, which JSON escapes, and none of what a conversion puts in. Literals without such a
// run are left to the guards; see [guard.rest].
type sieve struct {
	bitmap []uint64 // of the first four characters that are looked for, by their hash
	shift  uint
	short  int         // runs of three characters
	slots  []sieveSlot // the same exactly; open addressing, a power of two
	mask   uint32
	// readers says for each of the program's names, and at the end for all other values, which guards look there, as a set
	// of their bits.
	readers []uint64
	// other says of each of the program's names, and at the end of all values, which types that are no text can be
	// written as a literal that is looked for in them.
	other [][event.Types]bool
}

type sieveSlot struct {
	window uint32 // zero: free
	runs   []sieveRun
}

// sieveRun is a run that is looked for.
type sieveRun struct {
	text   string // wild stands for any character
	offset int    // of the window
	guards uint64 // that look for it, by [guardBit]
	// soft is set where no rule begins with this: it decides a test, and records that hold it are not worth a full search.
	soft bool
}

const (
	sieveWidth = 4
	// shortWidth is the length of runs that stand in the table once for every character that may follow them, as there is
	// no window of four in them; maxShort says how many of these a sieve looks for.
	shortWidth = 3
	maxShort   = 16
	sieveMul   = 0x9E3779B1
	lowerASCII = 0x20202020
	threeUTF16 = 0x0000FFFFFFFFFFFF // the first three characters of four
	wild       = '\x00'
	// escaped is what may be written differently in a log.
	escaped = "\\\""
)

// guardBit is one of a program's guards in a set; the last bit is for all beyond.
func guardBit(guard int) uint64 { return 1 << min(guard, 63) }

// sieveRunOf returns the longest stretch of a literal that looks the same in a log, "" if none will do.
func sieveRunOf(literal, replaced, inserted string) string {
	best, short, from := "", "", 0
	var run []byte
	for i := 0; i <= len(literal); i++ {
		var c byte
		if i < len(literal) {
			c = literal[i]
		}
		if c >= ' ' && c < 0x7F && strings.IndexByte(escaped+inserted, c) < 0 {
			if strings.IndexByte(replaced, c) >= 0 {
				c = wild
			}
			run = append(run, c)
			continue
		}
		if i-from > len(best) && windowIn(string(run), nil) >= 0 {
			best = string(run)
		}
		if len(run) == shortWidth && bytes.IndexByte(run, wild) < 0 {
			short = string(run)
		}
		from, run = i+1, run[:0]
	}
	if best == "" {
		return short
	}
	return best
}

// windowIn returns the place of the best window of a run, -1 if it has none. Windows that many runs have are common in
// logs, too; uses counts them.
func windowIn(run string, uses map[uint32]int) int {
	at, least := -1, 1<<30
	for i := 0; i+sieveWidth <= len(run); i++ {
		w := run[i : i+sieveWidth]
		if strings.IndexByte(w, wild) >= 0 {
			continue
		}
		if n := uses[sieveWindow([]byte(w))]*1000 - oddness([]byte(w)); n < least {
			at, least = i, n
		}
	}
	return at
}

// newSieve builds the sieve over the guards of a program, and tells these what it does not look for. It is nil where
// there is nothing to look for.
func newSieve(p *program) *sieve {
	s := &sieve{other: make([][event.Types]bool, len(p.names)+1), readers: make([]uint64, len(p.names)+1)}
	runs := map[string]sieveRun{}
	for i := range p.guards {
		g := &p.guards[i]
		replaced, inserted, ok := "", "", true
		if g.field != everyField {
			replaced, inserted, ok = p.fields[g.field].verbatim()
		}
		var rest []*gramLiteral
		for _, l := range g.literals {
			run := ""
			if ok {
				run = sieveRunOf(string(l.text), replaced, inserted)
			}
			r, known := runs[run]
			if run == "" || len(run) == shortWidth && !known && s.short == maxShort {
				rest = append(rest, l)
				continue
			}
			if len(run) == shortWidth && !known {
				s.short++
			}
			r.guards |= guardBit(i)
			r.soft = len(l.rules) == 0 && (r.soft || !known)
			runs[run] = r
			s.numbers(p, g.field, l)
		}
		g.setRest(rest)
		if len(rest) < len(g.literals) {
			s.read(p, i)
		}
	}
	if len(runs) == 0 {
		return nil
	}
	s.build(runs)
	return s
}

// read notes where a guard looks.
func (s *sieve) read(p *program, guard int) {
	field := p.guards[guard].field
	if field == everyField {
		for n := range s.readers {
			s.readers[n] |= guardBit(guard)
		}
		return
	}
	for _, part := range p.fields[field].parts {
		for _, n := range part.from {
			s.readers[n] |= guardBit(guard)
		}
	}
}

// setRest notes the literals that the sieve does not look for.
func (g *guard) setRest(rest []*gramLiteral) {
	switch {
	case len(rest) == 0:
	case len(rest) == len(g.literals):
		g.rest, g.restRaw = g.grams, g.raw
	default:
		g.rest = newGramSet(rest)
		if g.field == everyField {
			g.restRaw = newRawFilter(rest)
		}
	}
}

// numbers notes which values that are no text may be written as a literal.
func (s *sieve) numbers(p *program, field int32, l *gramLiteral) {
	for t := range event.Types {
		if !writtenWith(l.text, alphabet(event.Type(t))) {
			continue
		}
		if field == everyField {
			s.other[len(p.names)][t] = true
			continue
		}
		for _, part := range p.fields[field].parts {
			for _, n := range part.from {
				s.other[n][t] = true
			}
		}
	}
}

func (s *sieve) build(runs map[string]sieveRun) {
	uses := map[uint32]int{}
	for r := range runs {
		for i := 0; i+sieveWidth <= len(r); i++ {
			uses[sieveWindow([]byte(r[i:]))]++
		}
	}
	byWindow := map[uint32][]sieveRun{}
	for _, r := range slices.Sorted(maps.Keys(runs)) {
		if len(r) == shortWidth {
			for c := range 256 {
				if w := sieveWindow([]byte{r[0], r[1], r[2], byte(c)}); byte(c)|0x20 == byte(c) {
					byWindow[w] = append(byWindow[w], sieveRun{r, 0, runs[r].guards, runs[r].soft})
				}
			}
			continue
		}
		at := windowIn(r, uses)
		w := sieveWindow([]byte(r[at:]))
		byWindow[w] = append(byWindow[w], sieveRun{r, at, runs[r].guards, runs[r].soft})
	}
	log := min(max(bits.Len(uint(len(byWindow)))+6, 10), 18)
	s.shift = uint(32 - log)
	s.bitmap = make([]uint64, 1<<(log-6))
	s.mask = uint32(1)<<bits.Len(uint(2*len(byWindow))) - 1
	s.slots = make([]sieveSlot, s.mask+1)
	for _, w := range slices.Sorted(maps.Keys(byWindow)) {
		set(s.bitmap, uint64(w*sieveMul>>s.shift))
		i := s.slotOf(w)
		for s.slots[i].window != 0 {
			i = (i + 1) & s.mask
		}
		s.slots[i] = sieveSlot{w, byWindow[w]}
	}
}

// sieveWindow is four characters in a form without case. It is never zero.
func sieveWindow(b []byte) uint32 { return binary.LittleEndian.Uint32(b) | lowerASCII }

// look returns the guards of which a record may hold a literal that the sieve looks for. Soft ones do not count, but soft is
// set.
func (s *sieve) look(f *frame, ev *event.Event, soft *bool) (hits uint64) {
	for i := range ev.Values {
		v := &ev.Values[i]
		name := f.slots[v.Slot] >> 1
		if name < 0 {
			name = int32(len(s.readers)) - 1
		}
		readers := s.readers[name] &^ hits
		if readers == 0 {
			continue
		}
		switch v.Type {
		case event.Null:
		case event.UTF8, event.JSONText, event.ANSI:
			hits |= s.inUTF8(v.Raw, readers, soft)
		case event.JSONStr, event.JSONArray:
			hits |= s.inUTF8(v.Raw, readers, soft)
			if escapes(v.Raw) { // an escape may stand for any character
				hits |= readers
			}
		case event.UTF16, event.UTF16Array:
			hits |= s.inUTF16(v.Raw, readers, soft)
		default:
			if s.other[name][v.Type] || s.other[len(s.other)-1][v.Type] {
				hits |= readers
			}
		}
	}
	return hits
}

// escapes says that the inside of a JSON string has an escape other than for what no run holds.
func escapes(raw []byte) bool {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 || i+1 >= len(raw) {
			return false
		}
		if c := raw[i+1]; c == 'u' || c == '/' {
			return true
		}
		raw = raw[i+2:]
	}
}

// slotOf is where to begin to look for a window. The upper bits of the product depend on all four characters.
func (s *sieve) slotOf(w uint32) uint32 { return w * sieveMul >> 8 & s.mask }

func (s *sieve) has(w uint32) bool {
	h := w * sieveMul >> (s.shift & 31)
	return s.bitmap[h>>6]>>(h&63)&1 != 0
}

// inUTF8 looks through text of one byte a character, as look does.
func (s *sieve) inUTF8(raw []byte, readers uint64, soft *bool) (hits uint64) {
	i := 0
	for ; i+8 <= len(raw); i += 4 {
		x := binary.LittleEndian.Uint64(raw[i:])
		if x&0x80808080 != 0 && foldsFrom(raw[i:i+4]) {
			return readers
		}
		x |= lowerASCII<<32 | lowerASCII
		a, b, c, d := uint32(x), uint32(x>>8), uint32(x>>16), uint32(x>>24)
		if !s.has(a) && !s.has(b) && !s.has(c) && !s.has(d) {
			continue
		}
		for j, w := range [4]uint32{a, b, c, d} {
			if s.has(w) {
				if hits |= s.runAt(raw, i+j, 1, w, readers, soft); hits == readers {
					return hits
				}
			}
		}
	}
	for ; i < len(raw); i++ {
		if raw[i] >= 0x80 && foldsFrom(raw[i:i+1]) {
			return readers
		}
		if i+4 <= len(raw) {
			if w := sieveWindow(raw[i:]); s.has(w) {
				if hits |= s.runAt(raw, i, 1, w, readers, soft); hits == readers {
					return hits
				}
			}
		}
	}
	if i = len(raw) - shortWidth; s.short > 0 && i >= 0 {
		if w := sieveWindow([]byte{raw[i], raw[i+1], raw[i+2], ' '}); s.has(w) {
			hits |= s.runAt(raw, i, 1, w, readers, soft)
		}
	}
	return hits
}

// foldsFrom says that text holds the first byte of one of the two characters outside ASCII that fold into it.
func foldsFrom(b []byte) bool {
	for _, c := range b {
		if c == 0xC5 || c == 0xE2 { // U+017F is C5 BF, U+212A is E2 84 AA
			return true
		}
	}
	return false
}

// inUTF16 looks through UTF-16.
func (s *sieve) inUTF16(raw []byte, readers uint64, soft *bool) (hits uint64) {
	i := 0
	for ; i+8 <= len(raw); i += 2 {
		x := binary.LittleEndian.Uint64(raw[i:])
		if x&asciiUTF16 != 0 {
			if foldsToASCII(x) {
				return readers
			}
			if s.short == 0 || x&asciiUTF16&threeUTF16 != 0 {
				continue
			}
			x &= threeUTF16
		}
		x = (x | x>>8) & 0x0000FFFF0000FFFF
		w := uint32(x|x>>16) | lowerASCII
		if s.has(w) {
			if hits |= s.runAt(raw, i, 2, w, readers, soft); hits == readers {
				return hits
			}
		}
	}
	for ; i+2 <= len(raw); i += 2 {
		if c := binary.LittleEndian.Uint16(raw[i:]); c >= 0x80 && foldsToASCII(uint64(c)) {
			return readers
		}
	}
	if i = len(raw)&^1 - 2*shortWidth; s.short > 0 && i >= 0 && (raw[i+1]|raw[i+3]|raw[i+5]) == 0 {
		if w := sieveWindow([]byte{raw[i], raw[i+2], raw[i+4], ' '}); s.has(w) {
			hits |= s.runAt(raw, i, 2, w, readers, soft)
		}
	}
	return hits
}

// runAt says whether runs stand around the window w at pos, in text of so many bytes a character, and returns those of
// readers that look for them.
func (s *sieve) runAt(raw []byte, pos, width int, w uint32, readers uint64, soft *bool) (hits uint64) {
	i := s.slotOf(w)
	for ; s.slots[i].window != w; i = (i + 1) & s.mask {
		if s.slots[i].window == 0 {
			return 0
		}
	}
	for _, r := range s.slots[i].runs {
		from := pos - r.offset*width
		if r.guards&readers == 0 || from < 0 || from+len(r.text)*width > len(raw) {
			continue
		}
		same := true
		for j := 0; j < len(r.text) && same; j++ {
			same = raw[from+j*width]|0x20 == r.text[j]|0x20 || r.text[j] == wild
		}
		switch {
		case same && !r.soft:
			hits |= r.guards & readers
		case same:
			*soft = true
		}
	}
	return hits
}
