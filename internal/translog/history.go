package translog

import "golang.org/x/mod/sumdb/tlog"

// History is what proofs of one log say together of its tree: the roots of trees, and the hashes of parts that no later entry changes. A log that
// only grows never has two of one.
type History struct {
	hashes map[part]known
}

// part is the part of the tree over the entries from n·2^level up to, not with, (n+1)·2^level; of level whole the tree of n entries.
type part struct {
	level int
	n     int64
}

const whole = -1

// known is the hash of a part, and the size of the tree in which it was.
type known struct {
	hash Hash
	size int64
}

// Add takes in a proof that holds for the entry, as [Proof.Verify] says. Where it contradicts an earlier one it returns the size of that one's
// tree, and takes in nothing.
func (h *History) Add(d Digest, p *Proof) (other int64, contradicts bool) {
	found := provenBy(d, p)
	for at, hash := range found {
		if k, ok := h.hashes[at]; ok && k.hash != hash && (!contradicts || k.size < other) {
			other, contradicts = k.size, true
		}
	}
	if contradicts {
		return other, true
	}
	if h.hashes == nil {
		h.hashes = map[part]known{}
	}
	for at, hash := range found {
		if _, ok := h.hashes[at]; !ok {
			h.hashes[at] = known{hash, p.Checkpoint.Size}
		}
	}
	return 0, false
}

// provenBy are the hashes on the way from an entry to the root (RFC 9162, section 2.1.3.2), and beside it.
func provenBy(d Digest, p *Proof) map[part]Hash {
	size := p.Checkpoint.Size
	out := map[part]Hash{{whole, size}: p.Checkpoint.Root}
	full := func(level int, n int64, hash Hash) {
		if n+1 <= size>>level {
			out[part{level, n}] = hash
		}
	}
	level, at, last, hash := 0, p.Index, size-1, LeafHash(d)
	full(level, at, hash)
	for _, sibling := range p.Hashes {
		if at%2 == 1 || at == last {
			for at%2 == 0 && at > 0 { // the last part of the tree at this level has no sibling until here
				level, at, last = level+1, at/2, last/2
			}
			full(level, at-1, sibling)
			hash = tlog.NodeHash(sibling, hash)
		} else {
			full(level, at+1, sibling)
			hash = tlog.NodeHash(hash, sibling)
		}
		level, at, last = level+1, at/2, last/2
		full(level, at, hash)
	}
	return out
}
