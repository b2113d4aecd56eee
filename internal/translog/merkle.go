package translog

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Digest is an entry of a log: the SHA-256 of something that the log does not know.
type Digest = [sha256.Size]byte

// Hash is a hash in the tree: of an entry, or of two hashes.
type Hash = tlog.Hash

// LeafHash returns the hash of an entry (RFC 6962, section 2.1).
func LeafHash(d Digest) Hash {
	var b [1 + len(d)]byte // 0 in front; tlog.RecordHash takes entries of any length, at twice the price
	copy(b[1:], d[:])
	return sha256.Sum256(b[:])
}

// EmptyRoot is the root of the tree without entries (RFC 6962, section 2.1).
var EmptyRoot = Hash(sha256.Sum256(nil))

// ErrProof is a proof that does not prove what it should.
var ErrProof = errors.New("the proof does not hold")

// VerifyInclusion checks that the tree of size entries under root has the entry d at an index (RFC 6962, section 2.1.1). The error
// is [ErrProof].
func VerifyInclusion(d Digest, index, size int64, root Hash, proof []Hash) error {
	if size < 0 || size > MaxSize || index < 0 || index >= size {
		return fmt.Errorf("%w: there is no entry %d in a tree of %d", ErrProof, index, size)
	}
	if want := inclusionLength(index, size); len(proof) != want {
		return fmt.Errorf("%w: %d hashes; that of entry %d in a tree of %d has %d", ErrProof, len(proof), index, size, want)
	}
	if err := tlog.CheckRecord(proof, size, root, index, LeafHash(d)); err != nil {
		return fmt.Errorf("%w: entry %d is not in the tree of %d with root %s", ErrProof, index, size, root)
	}
	return nil
}

// VerifyConsistency checks that the tree of newSize entries under newRoot begins with the tree of oldSize entries under oldRoot
// (RFC 6962, section 2.1.2). Between trees of the same size, and from the empty one, the proof is empty. The error is [ErrProof].
func VerifyConsistency(oldSize int64, oldRoot Hash, newSize int64, newRoot Hash, proof []Hash) error {
	if oldSize < 0 || newSize > MaxSize || oldSize > newSize {
		return fmt.Errorf("%w: a tree of %d cannot continue one of %d", ErrProof, newSize, oldSize)
	}
	if want := consistencyLength(oldSize, newSize); len(proof) != want {
		return fmt.Errorf("%w: %d hashes; that from %d to %d entries has %d", ErrProof, len(proof), oldSize, newSize, want)
	}
	switch {
	case oldSize == 0 && oldRoot != EmptyRoot || newSize == 0 && newRoot != EmptyRoot:
		return fmt.Errorf("%w: a tree without entries has another root", ErrProof)
	case oldSize == 0:
		return nil
	case tlog.CheckTree(proof, newSize, newRoot, oldSize, oldRoot) != nil:
		return fmt.Errorf("%w: the tree of %d with root %s does not begin with that of %d with root %s", ErrProof, newSize, newRoot,
			oldSize, oldRoot)
	}
	return nil
}

// inclusionLength returns how many hashes prove an entry: one for each level at which its part of the tree has a sibling.
func inclusionLength(index, size int64) int {
	// Below the level where the ways of the entry and of the last one part, the entry has all siblings; above, only to the left.
	inner := bits.Len64(uint64(index) ^ uint64(size-1))
	return inner + bits.OnesCount64(uint64(index)>>inner)
}

// consistencyLength returns how many hashes prove that a tree continues another.
func consistencyLength(oldSize, newSize int64) int {
	if oldSize == 0 || oldSize == newSize {
		return 0
	}
	// The proof is that of the last full part of the old tree in the new one, and that part's own hash, unless it is the
	// whole old tree.
	zeros := bits.TrailingZeros64(uint64(oldSize))
	last := uint64(oldSize-1) >> zeros
	inner := bits.Len64(last ^ uint64(newSize-1)>>zeros)
	n := inner + bits.OnesCount64(last>>inner)
	if oldSize&(oldSize-1) != 0 {
		n++
	}
	return n
}

// edge is the right edge of a tree: of each level of tiles the hashes that fill no tile yet. It is all that it takes to append
// and to tell the root.
type edge struct {
	size   int64
	levels [][]Hash
}

// clone returns a copy that can be appended to while the original is read.
func (e *edge) clone() *edge {
	c := &edge{size: e.size, levels: make([][]Hash, len(e.levels))}
	for i, level := range e.levels {
		c.levels[i] = append(make([]Hash, 0, tileWidth), level...)
	}
	return c
}

// push appends the hash of an entry, and calls full with each tile that it fills, from below; hashes is valid during the call.
func (e *edge) push(leaf Hash, full func(level int, n int64, hashes []Hash)) {
	e.size++
	e.pushAt(0, leaf, full)
}

// pushBundle appends the entries of a full bundle, of which it takes the hash over all. The tree holds full bundles so far.
func (e *edge) pushBundle(over Hash) {
	e.size += tileWidth
	e.pushAt(1, over, nil)
}

func (e *edge) pushAt(level int, h Hash, full func(level int, n int64, hashes []Hash)) {
	for ; ; level++ {
		for level >= len(e.levels) {
			e.levels = append(e.levels, make([]Hash, 0, tileWidth))
		}
		e.levels[level] = append(e.levels[level], h)
		if len(e.levels[level]) < tileWidth {
			return
		}
		if full != nil {
			full(level, e.size>>(tileHeight*(level+1))-1, e.levels[level])
		}
		h = subtree(e.levels[level])
		e.levels[level] = e.levels[level][:0]
	}
}

// root returns the root of the tree.
func (e *edge) root() Hash {
	if e.size == 0 {
		return EmptyRoot
	}
	var root Hash
	none := true
	for _, level := range e.levels {
		// The full parts of a tree lie from the largest to the smallest; they are joined from the right.
		for rest := level; len(rest) > 0; {
			n := 1 << bits.TrailingZeros(uint(len(rest)))
			part := subtree(rest[len(rest)-n:])
			rest = rest[:len(rest)-n]
			if none {
				root, none = part, false
			} else {
				root = tlog.NodeHash(part, root)
			}
		}
	}
	return root
}

// subtree returns the hash over a number of hashes that is a power of two.
func subtree(hashes []Hash) Hash {
	var row [tileWidth]Hash
	n := copy(row[:], hashes)
	for ; n > 1; n /= 2 {
		for i := range n / 2 {
			row[i] = tlog.NodeHash(row[2*i], row[2*i+1])
		}
	}
	return row[0]
}
