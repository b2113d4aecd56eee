package translog

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Prover makes consistency proofs out of tiles: [Log] of its own, [Client] of those it reads.
type Prover interface {
	// ProveConsistency proves that the tree of a checkpoint begins with the tree of the first oldSize entries.
	ProveConsistency(ctx context.Context, oldSize int64, to Checkpoint) ([]Hash, error)
}

// Prove proves that an entry is in the tree of a checkpoint of this log; nil is the last one.
func (l *Log) Prove(index int64, at *SignedCheckpoint) (*Proof, error) {
	e := l.snapshot()
	if at == nil {
		at = l.Head()
	}
	hashes, err := proveInclusion(index, at.Checkpoint, logTiles{l.store, e})
	if err != nil {
		return nil, err
	}
	return &Proof{Index: index, Hashes: hashes, Checkpoint: at}, nil
}

// ProveConsistency implements [Prover].
func (l *Log) ProveConsistency(_ context.Context, oldSize int64, to Checkpoint) ([]Hash, error) {
	return proveConsistency(oldSize, to, logTiles{l.store, l.snapshot()})
}

func (l *Log) snapshot() *edge {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.edge
}

// logTiles reads the tiles of a log by those who write it: full ones from storage, the others from its edge.
type logTiles struct {
	store storage
	edge  *edge
}

func (r logTiles) Height() int                     { return tileHeight }
func (r logTiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (r logTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		if t.L < len(r.edge.levels) && t.N == r.edge.size>>(tileHeight*(t.L+1)) {
			if t.W > len(r.edge.levels[t.L]) {
				return nil, fmt.Errorf("the log has %d entries, fewer than the checkpoint", r.edge.size)
			}
			out[i] = appendHashes(nil, r.edge.levels[t.L][:t.W])
			continue
		}
		data, err := r.store.read(tile{level: t.L, n: t.N, width: tileWidth}.path())
		if err != nil {
			return nil, err
		}
		if len(data) < t.W*tlog.HashSize {
			return nil, errors.New("a tile is cut off")
		}
		out[i] = data[:t.W*tlog.HashSize]
	}
	return out, nil
}

// proveInclusion makes a proof of tiles, of which it verifies that they give the root.
func proveInclusion(index int64, at Checkpoint, tiles tlog.TileReader) ([]Hash, error) {
	if index < 0 || index >= at.Size {
		return nil, fmt.Errorf("prove inclusion: there is no entry %d in a tree of %d", index, at.Size)
	}
	proof, err := tlog.ProveRecord(at.Size, index, tlog.TileHashReader(tlog.Tree{N: at.Size, Hash: at.Root}, tiles))
	if err != nil {
		return nil, fmt.Errorf("prove inclusion of entry %d in the tree of %d: %w", index, at.Size, err)
	}
	return proof, nil
}

// proveConsistency makes a proof of tiles, of which it verifies that they give the root of the newer tree.
func proveConsistency(oldSize int64, to Checkpoint, tiles tlog.TileReader) ([]Hash, error) {
	if oldSize < 0 || oldSize > to.Size {
		return nil, fmt.Errorf("prove consistency: a tree of %d cannot continue one of %d", to.Size, oldSize)
	}
	if oldSize == 0 || oldSize == to.Size {
		return nil, nil
	}
	proof, err := tlog.ProveTree(to.Size, oldSize, tlog.TileHashReader(tlog.Tree{N: to.Size, Hash: to.Root}, tiles))
	if err != nil {
		return nil, fmt.Errorf("prove consistency of the trees of %d and %d: %w", oldSize, to.Size, err)
	}
	return proof, nil
}

// rootAt computes the root of the first size entries of the tree of a checkpoint.
func rootAt(size int64, of Checkpoint, tiles tlog.TileReader) (Hash, error) {
	switch {
	case size == of.Size:
		return of.Root, nil
	case size == 0:
		return EmptyRoot, nil
	case size < 0 || size > of.Size:
		return Hash{}, fmt.Errorf("a tree of %d has no beginning of %d", of.Size, size)
	}
	return tlog.TreeHash(size, tlog.TileHashReader(tlog.Tree{N: of.Size, Hash: of.Root}, tiles))
}
