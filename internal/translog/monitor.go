package translog

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Monitor reads the log's checkpoint, checks that it continues the one that was seen last, and gives every entry that is new to
// visit, in order, with the index of the first. It returns the checkpoint, which the caller keeps as the one seen last.
// Seen has been verified; nil is none yet. Entries are verified before visit gets them; an error of visit ends it.
//
// Errors are [ForkError] and [RollbackError], which hold both checkpoints, or of what cannot be read.
func (c *Client) Monitor(ctx context.Context, seen *SignedCheckpoint, visit func(first int64, entries []Digest) error) (*SignedCheckpoint, error) {
	if seen != nil && seen.Origin != c.Log.Origin {
		return nil, fmt.Errorf("%w: %q was seen last, this is %q", ErrOrigin, clip(seen.Origin), clip(c.Log.Origin))
	}
	got, err := c.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	from, root := int64(0), EmptyRoot
	if seen != nil {
		from, root = seen.Size, seen.Root
	}
	if got.Size < from {
		return nil, &RollbackError{Seen: seen, Got: got}
	}
	now, err := rootAt(from, got.Checkpoint, c.tiles(ctx))
	if err != nil {
		return nil, fmt.Errorf("whether the log goes on from %d to %d entries: %w", from, got.Size, err)
	}
	if now != root {
		if seen == nil {
			return nil, fmt.Errorf("%w: a tree without entries has another root", ErrProof)
		}
		return nil, &ForkError{Seen: seen, Got: got}
	}
	if visit == nil || from == got.Size {
		return got, nil
	}
	if err := c.Entries(ctx, got.Checkpoint, from, got.Size, visit); err != nil {
		return nil, err
	}
	return got, nil
}

// Entries gives the entries from first to before end of the tree of a verified checkpoint to visit, verified, in order.
func (c *Client) Entries(ctx context.Context, of Checkpoint, first, end int64, visit func(first int64, entries []Digest) error) error {
	if first < 0 || end > of.Size {
		return fmt.Errorf("entries: there are none from %d to %d in a tree of %d", first, end, of.Size)
	}
	if first >= end {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type bundle struct {
		entries []Digest
		err     error
	}
	from, n := first/tileWidth, int64(0)
	tiles := c.tiles(ctx)
	for b := range ahead((end+tileWidth-1)/tileWidth-from, fetchers, func(i int64) bundle {
		entries, err := c.bundle(ctx, of, from+i, tiles)
		return bundle{entries, err}
	}) {
		if b.err != nil {
			return b.err
		}
		at := (from + n) * tileWidth
		n++
		low, high := max(first, at), min(end, at+int64(len(b.entries)))
		if err := visit(low, b.entries[low-at:high-at]); err != nil {
			return err
		}
	}
	return nil
}

// bundle reads the n-th bundle of entries and verifies it against the tree.
func (c *Client) bundle(ctx context.Context, of Checkpoint, n int64, tiles tlog.TileReader) ([]Digest, error) {
	t := tileOf(entriesLevel, n, of.Size)
	data, err := readTile(ctx, c.Source, t)
	if err != nil {
		return nil, err
	}
	entries, err := ParseBundle(data, t.width)
	if err != nil {
		return nil, &BadTileError{Path: t.path(), Why: err.Error()}
	}
	indexes := make([]int64, t.width)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, n*tileWidth+int64(i))
	}
	hashes, err := tlog.TileHashReader(tlog.Tree{N: of.Size, Hash: of.Root}, tiles).ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("tiles over %s: %w", t.path(), err)
	}
	for i, d := range entries {
		if LeafHash(d) != hashes[i] {
			return nil, &BadTileError{Path: t.path(), Why: fmt.Sprintf("entry %d is not in the tree", n*tileWidth+int64(i))}
		}
	}
	return entries, nil
}
