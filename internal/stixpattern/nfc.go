package stixpattern

import (
	"slices"
	"sync"
)

// normalize is a text in Unicode normalization form C, in which LIKE and MATCHES compare (section 9.6.2).
func normalize(s string) string {
	plain := true
	for _, r := range s {
		if r >= 0x300 { // nothing before is ever composed or decomposed in form C
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	t := normalization()
	var out []rune
	for _, r := range s {
		out = t.decompose(out, r)
	}
	// Marks of different classes stand in the order of their classes.
	for i := 0; i < len(out); {
		j := i + 1
		if t.class[out[i]] > 0 {
			for j < len(out) && t.class[out[j]] > 0 {
				j++
			}
			slices.SortStableFunc(out[i:j], func(a, b rune) int { return int(t.class[a]) - int(t.class[b]) })
		}
		i = j
	}
	return string(t.compose(out))
}

// unicodeTables hold what normalization needs to know.
type unicodeTables struct {
	parts map[rune][2]rune // canonical decompositions; the second is 0 where there is one
	whole map[[2]rune]rune // canonical compositions
	class map[rune]uint8   // canonical combining classes but 0
}

var normalization = sync.OnceValue(func() *unicodeTables {
	t := &unicodeTables{parts: map[rune][2]rune{}, whole: map[[2]rune]rune{}, class: map[rune]uint8{}}
	excluded := map[rune]bool{}
	for _, r := range exclusions {
		excluded[r] = true
	}
	for f := range slices.Chunk([]rune(decompositions), 3) {
		t.parts[f[0]] = [2]rune{f[1], f[2]}
		if f[2] != 0 && !excluded[f[0]] {
			t.whole[[2]rune{f[1], f[2]}] = f[0]
		}
	}
	for f := range slices.Chunk([]rune(combining), 3) {
		for r := f[0]; r <= f[1]; r++ {
			t.class[r] = uint8(f[2])
		}
	}
	return t
})

// Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
const (
	hangulS, hangulL, hangulV, hangulT     = 0xAC00, 0x1100, 0x1161, 0x11A7
	hangulLs, hangulVs, hangulTs, hangulSs = 19, 21, 28, 19 * 21 * 28
)

func (t *unicodeTables) decompose(out []rune, r rune) []rune {
	if i := r - hangulS; i >= 0 && i < hangulSs {
		out = append(out, hangulL+i/(hangulVs*hangulTs), hangulV+i/hangulTs%hangulVs)
		if i%hangulTs > 0 {
			out = append(out, hangulT+i%hangulTs)
		}
		return out
	}
	p, ok := t.parts[r]
	if !ok {
		return append(out, r)
	}
	out = t.decompose(out, p[0])
	if p[1] != 0 {
		out = t.decompose(out, p[1])
	}
	return out
}

// compose joins each character with the last one of class 0 before it, unless something of its class or a higher one stands
// between.
func (t *unicodeTables) compose(in []rune) []rune {
	out := in[:0]
	starter, last := -1, -1 // the last character of class 0, and the class of what follows it; -1 for nothing
	for _, r := range in {
		class := int(t.class[r])
		if starter >= 0 && last < class {
			if c, ok := t.pair(out[starter], r); ok {
				out[starter] = c
				continue
			}
		}
		if out = append(out, r); class == 0 {
			starter, last = len(out)-1, -1
		} else {
			last = class
		}
	}
	return out
}

func (t *unicodeTables) pair(a, b rune) (rune, bool) {
	if l, v := a-hangulL, b-hangulV; l >= 0 && l < hangulLs && v >= 0 && v < hangulVs {
		return hangulS + (l*hangulVs+v)*hangulTs, true
	}
	if s, k := a-hangulS, b-hangulT; s >= 0 && s < hangulSs && s%hangulTs == 0 && k > 0 && k < hangulTs {
		return a + k, true
	}
	r, ok := t.whole[[2]rune{a, b}]
	return r, ok
}
