package hunt

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestSketch asks sketches of random texts for literals that stand in them, which they must never deny, and for others,
// which they must mostly deny.
func TestSketch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = 'a' + byte(r.IntN(26))
		}
		return b
	}
	asked, denied := 0, 0
	for gen := range uint32(200) {
		f := &fieldText{foldedGen: gen + 1}
		for range 1 + r.IntN(3) {
			f.folded = append(f.folded, random(sketchFrom+r.IntN(1<<(9+r.IntN(9)))))
		}
		for range 200 {
			text := f.folded[r.IntN(len(f.folded))]
			n := 1 + r.IntN(12)
			at := r.IntN(len(text) - n + 1)
			if held := text[at : at+n]; f.lacks(held) {
				t.Fatalf("a sketch of %d texts denies %q, which stands at %d of %d", len(f.folded), held, at, len(text))
			}
			other := random(sketchWidth + 1 + r.IntN(12))
			lacks := f.lacks(other)
			for _, text := range f.folded {
				if lacks && bytes.Contains(text, other) {
					t.Fatalf("a sketch denies %q", other)
				}
			}
			asked++
			if lacks {
				denied++
			}
		}
	}
	if denied*20 < asked*19 {
		t.Errorf("of %d literals that do not stand in the texts only %d are denied", asked, denied)
	}
}

// TestSketchLengths takes texts about which a sketch says nothing: they are searched.
func TestSketchLengths(t *testing.T) {
	for _, n := range []int{0, 1, sketchFrom - 1, sketchTo + 1} {
		f := &fieldText{foldedGen: 1, folded: [][]byte{bytes.Repeat([]byte("a"), n)}}
		if f.lacks([]byte("bbbbbbbb")) {
			t.Errorf("%d bytes have a sketch", n)
		}
	}
	f := &fieldText{foldedGen: 1, folded: [][]byte{bytes.Repeat([]byte("a"), sketchFrom)}}
	if f.lacks([]byte("bbbb")) {
		t.Error("a literal that may fall between the windows that were noted is denied")
	}
	if !f.lacks([]byte("bbbbb")) {
		t.Error("a literal is not denied")
	}
	f.foldedGen, f.folded = 2, [][]byte{bytes.Repeat([]byte("b"), sketchFrom)}
	if f.lacks([]byte("bbbbb")) {
		t.Error("the sketch of the record before is asked")
	}
}
