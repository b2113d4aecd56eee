package translog

import (
	"context"
	"fmt"
)

// BadTileError names the first file of a log that is not what the checkpoint says.
type BadTileError struct {
	Path string
	Why  string
}

func (e *BadTileError) Error() string { return e.Path + ": " + e.Why }

// Check reads every file of the tree of a verified checkpoint, computes every hash anew from the entries, and compares. Progress, if
// not nil, is called with the number of entries done. The error names the first bad file: a [BadTileError], or that
// of the source where a file cannot be read.
func (c *Client) Check(ctx context.Context, at *SignedCheckpoint, progress func(done, of int64)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	size := at.Size
	k := &checking{ctx: ctx, source: c.Source, size: size}
	bundles := (size + tileWidth - 1) / tileWidth
	for b := range ahead(bundles, fetchers, k.readBundle) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if b.err != nil {
			return k.first(b.err)
		}
		if err := k.add(b); err != nil {
			return k.first(err)
		}
		if progress != nil {
			progress(k.entries.size, size)
		}
	}
	if err := k.addEdges(); err != nil {
		return k.first(err)
	}
	return k.verdict(at.Root)
}

// checking is the state of a check. It builds the tree twice: from the entries, and from the tiles above them as they are. Where
// both differ, the signed root tells which is right.
type checking struct {
	ctx    context.Context // of one call of Check
	source Source
	size   int64

	entries, tiles edge
	differ         *difference // the first bundle that is not what the tile above it says
	tile           error       // the first tile that is not what the tiles below it say, though entries and these agree
}

type difference struct {
	bundle, tile string
	index        int64
}

// checkedBundle is a bundle and the tile above it.
type checkedBundle struct {
	n      int64
	leaves []Hash // of the entries
	stored []Hash // as the tile has them
	err    error
}

func (k *checking) readBundle(n int64) checkedBundle {
	t := tileOf(entriesLevel, n, k.size)
	data, err := readTile(k.ctx, k.source, t)
	if err != nil {
		return checkedBundle{err: err}
	}
	entries, err := ParseBundle(data, t.width)
	if err != nil {
		return checkedBundle{err: &BadTileError{Path: t.path(), Why: err.Error()}}
	}
	b := checkedBundle{n: n, leaves: make([]Hash, len(entries))}
	for i, d := range entries {
		b.leaves[i] = LeafHash(d)
	}
	b.stored, b.err = k.readHashes(tileOf(0, n, k.size))
	return b
}

func (k *checking) readHashes(t tile) ([]Hash, error) {
	data, err := readTile(k.ctx, k.source, t)
	if err != nil {
		return nil, err
	}
	hashes, err := parseHashes(data, t.width)
	if err != nil {
		return nil, &BadTileError{Path: t.path(), Why: err.Error()}
	}
	return hashes, nil
}

// add adds a bundle to both trees, and compares the tiles that it fills.
func (k *checking) add(b checkedBundle) error {
	var failed error
	full := func(level int, n int64, hashes []Hash) {
		if level > 0 && failed == nil {
			failed = k.compare(tile{level: level, n: n, width: tileWidth}, hashes)
		}
	}
	for i := range b.leaves {
		if b.leaves[i] != b.stored[i] && k.differ == nil {
			k.differ = &difference{
				bundle: tileOf(entriesLevel, b.n, k.size).path(),
				tile:   tileOf(0, b.n, k.size).path(),
				index:  b.n*tileWidth + int64(i),
			}
		}
		k.entries.push(b.leaves[i], nil)
		k.tiles.push(b.stored[i], full)
	}
	return failed
}

// compare compares a tile above the first level with what the tiles below it give.
func (k *checking) compare(t tile, want []Hash) error {
	stored, err := k.readHashes(t)
	if err != nil || k.tile != nil {
		return err
	}
	for i, h := range stored {
		if h != want[i] {
			below := tile{level: t.level - 1, n: t.n*tileWidth + int64(i), width: tileWidth}
			k.tile = &BadTileError{Path: t.path(), Why: fmt.Sprintf("hash %d is not that of %s", i, below.path())}
			return nil
		}
	}
	return nil
}

// addEdges compares the tiles that are not full.
func (k *checking) addEdges() error {
	for level := 1; level < len(k.tiles.levels); level++ {
		t := tileOf(level, k.size>>(tileHeight*(level+1)), k.size)
		if t.width == 0 {
			continue
		}
		if err := k.compare(t, k.tiles.levels[level]); err != nil {
			return err
		}
	}
	return nil
}

// first returns what was found before an error, or it.
func (k *checking) first(err error) error {
	switch {
	case k.differ != nil:
		return &BadTileError{Path: k.differ.bundle, Why: fmt.Sprintf("entry %d is not that of %s; one of the two is wrong", k.differ.index, k.differ.tile)}
	case k.tile != nil:
		return k.tile
	}
	return err
}

// verdict says what is wrong by the signed root.
func (k *checking) verdict(root Hash) error {
	entries, tiles := k.entries.root() == root, k.tiles.root() == root
	switch d := k.differ; {
	case d != nil && entries:
		return &BadTileError{Path: d.tile, Why: fmt.Sprintf("the hash of entry %d is wrong", d.index)}
	case d != nil && tiles:
		return &BadTileError{Path: d.bundle, Why: fmt.Sprintf("entry %d is not the one that was logged", d.index)}
	case d != nil:
		return k.first(nil)
	case k.tile != nil && entries:
		return k.tile
	case !entries:
		return fmt.Errorf("%w: the entries and tiles give the root %s, the checkpoint of %d has %s", ErrProof, k.entries.root(), k.size, root)
	}
	return nil
}
