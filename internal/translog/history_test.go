package translog

import (
	"math/rand/v2"
	"testing"
)

// proofs are those of all entries of a series at a size, against trees computed in the plainest way there is.
func plainProofs(tb testing.TB, entries []Digest) []*Proof {
	tb.Helper()
	l, err := Create(tb.TempDir(), testOrigin, testKey(1))
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	mustAppend(tb, l, entries...)
	var out []*Proof
	for i := range entries {
		p, err := l.Prove(int64(i), nil)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// Of a log that grows, proofs of any entries at any sizes fit each other. Of two logs that part at an entry, two proofs of one size never do, and of
// two sizes whenever both show a full part in which they differ.
func TestHistory(t *testing.T) {
	const common, most = 11, 23
	rng := rand.New(rand.NewPCG(3, 4))
	one := digests("entry", 0, most)
	two := append(digests("entry", 0, common), digests("other", common, most)...)
	ones, twos := map[int][]*Proof{}, map[int][]*Proof{}
	for size := 1; size <= most; size++ {
		ones[size], twos[size] = plainProofs(t, one[:size]), plainProofs(t, two[:size])
	}
	for range 50 {
		var h History
		for range 40 {
			size := 1 + rng.IntN(most)
			i := rng.IntN(size)
			if other, bad := h.Add(one[i], ones[size][i]); bad {
				t.Fatalf("entry %d of %d contradicts the tree of %d of the same log", i, size, other)
			}
		}
	}
	for size := common + 1; size <= most; size++ {
		for i := range size {
			for j := range size {
				var h History
				h.Add(one[i], ones[size][i])
				other, bad := h.Add(two[j], twos[size][j])
				if !bad || other != int64(size) {
					t.Fatalf("two trees of %d: entries %d and %d: %v %d", size, i, j, bad, other)
				}
				if _, bad := h.Add(one[i], ones[size][i]); bad {
					t.Fatal("what contradicts was taken in")
				}
			}
		}
	}
	// Entry 11, the first that differs, and entry 12 are both of the part over 8 to 15, which is full in trees of 16 and more.
	var h History
	h.Add(one[common], ones[16][common])
	if other, bad := h.Add(two[12], twos[20][12]); !bad || other != 16 {
		t.Errorf("trees of 16 and 20: %v %d", bad, other)
	}
	h = History{}
	h.Add(one[0], ones[12][0])
	if _, bad := h.Add(two[0], twos[20][0]); bad {
		t.Error("nothing that both show differs")
	}
}
