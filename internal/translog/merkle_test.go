package translog

import (
	"errors"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// plainTree keeps all hashes of a tree as tlog stores them, to compare with.
type plainTree []tlog.Hash

func (p *plainTree) add(tb testing.TB, d Digest) {
	tb.Helper()
	n := int64(0)
	for tlog.StoredHashCount(n) < int64(len(*p)) {
		n++
	}
	hashes, err := tlog.StoredHashes(n, d[:], *p)
	if err != nil {
		tb.Fatal(err)
	}
	*p = append(*p, hashes...)
}

func (p plainTree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		out = append(out, p[i])
	}
	return out, nil
}

func (p plainTree) root(tb testing.TB, size int) Hash {
	tb.Helper()
	h, err := tlog.TreeHash(int64(size), p)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func TestEdge(t *testing.T) {
	var plain plainTree
	var e, bundles edge
	var over []Hash
	for n := range 70_000 {
		d := digest("edge", n)
		if n < 600 { // adding to the plain tree takes longer the larger it is
			plain.add(t, d)
		}
		e.push(LeafHash(d), nil)
		if over = append(over, LeafHash(d)); len(over) == tileWidth {
			bundles.pushBundle(subtree(over))
			over = over[:0]
			if bundles.root() != e.root() {
				t.Fatalf("the root of %d entries by bundles differs from that by entries", n+1)
			}
		}
		if n < 600 && e.root() != plain.root(t, n+1) {
			t.Fatalf("root of %d entries", n+1)
		}
	}
	if len(e.levels) != 3 || len(e.levels[0]) != 112 || len(e.levels[1]) != 17 || len(e.levels[2]) != 1 {
		t.Errorf("the edge of 70,000 entries is not that of the example of C2SP tlog-tiles, Partial Tiles")
	}
	if (&edge{}).root() != EmptyRoot {
		t.Error("root of no entries")
	}
}

// TestProofs makes every proof in small trees, and breaks each in every simple way.
func TestProofs(t *testing.T) {
	const most = 66
	var plain plainTree
	for n := range most {
		plain.add(t, digest("proof", n))
	}
	broken := func(proof []Hash) [][]Hash {
		out := [][]Hash{append(slices.Clone(proof), Hash{1})}
		if len(proof) > 0 {
			out = append(out, proof[1:], proof[:len(proof)-1])
		}
		for i := range proof {
			p := slices.Clone(proof)
			p[i][0] ^= 1
			out = append(out, p)
			if i > 0 {
				p = slices.Clone(proof)
				p[i], p[i-1] = p[i-1], p[i]
				out = append(out, p)
			}
		}
		return out
	}
	for size := int64(1); size <= most; size++ {
		root := plain.root(t, int(size))
		for index := range size {
			proof, err := tlog.ProveRecord(size, index, plain)
			if err != nil {
				t.Fatal(err)
			}
			d := digest("proof", int(index))
			if err := VerifyInclusion(d, index, size, root, proof); err != nil {
				t.Errorf("entry %d of %d: %v", index, size, err)
			}
			for _, p := range broken(proof) {
				if err := VerifyInclusion(d, index, size, root, p); !errors.Is(err, ErrProof) {
					t.Errorf("entry %d of %d: a broken proof: %v", index, size, err)
				}
			}
			if err := VerifyInclusion(digest("other", 0), index, size, root, proof); !errors.Is(err, ErrProof) {
				t.Errorf("entry %d of %d: another entry: %v", index, size, err)
			}
		}
		for old := int64(0); old <= size; old++ {
			var proof []Hash
			if old > 0 {
				p, err := tlog.ProveTree(size, old, plain)
				if err != nil {
					t.Fatal(err)
				}
				proof = p
			}
			oldRoot := plain.root(t, int(old))
			if err := VerifyConsistency(old, oldRoot, size, root, proof); err != nil {
				t.Errorf("from %d to %d: %v", old, size, err)
			}
			for _, p := range broken(proof) {
				if err := VerifyConsistency(old, oldRoot, size, root, p); !errors.Is(err, ErrProof) {
					t.Errorf("from %d to %d: a broken proof: %v", old, size, err)
				}
			}
			if err := VerifyConsistency(old, Hash{7}, size, root, proof); !errors.Is(err, ErrProof) {
				t.Errorf("from %d to %d: another old root: %v", old, size, err)
			}
			if err := VerifyConsistency(old, oldRoot, size, Hash{7}, proof); old > 0 && !errors.Is(err, ErrProof) {
				t.Errorf("from %d to %d: another new root: %v", old, size, err)
			}
		}
	}
}

// TestLargeProofs checks that sizes which no log has end, and end as errors.
func TestLargeProofs(t *testing.T) {
	for _, size := range []int64{MaxSize, MaxSize - 1, 1<<59 + 1} {
		n := inclusionLength(size-1, size)
		if err := VerifyInclusion(Digest{}, size-1, size, Hash{}, make([]Hash, n)); !errors.Is(err, ErrProof) {
			t.Errorf("size %d: %v", size, err)
		}
		n = consistencyLength(size/3, size)
		if err := VerifyConsistency(size/3, Hash{}, size, Hash{}, make([]Hash, n)); !errors.Is(err, ErrProof) {
			t.Errorf("size %d: %v", size, err)
		}
	}
	for _, c := range []struct{ index, size int64 }{{0, 0}, {-1, 3}, {3, 3}, {0, MaxSize + 1}, {0, -1}} {
		if err := VerifyInclusion(Digest{}, c.index, c.size, Hash{}, nil); !errors.Is(err, ErrProof) {
			t.Errorf("entry %d of %d: %v", c.index, c.size, err)
		}
	}
	for _, c := range []struct{ old, size int64 }{{3, 2}, {-1, 2}, {1, MaxSize + 1}} {
		if err := VerifyConsistency(c.old, Hash{}, c.size, Hash{}, nil); !errors.Is(err, ErrProof) {
			t.Errorf("from %d to %d: %v", c.old, c.size, err)
		}
	}
}
