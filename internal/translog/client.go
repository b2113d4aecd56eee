package translog

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// fetchers is how many files are read at a time.
const fetchers = 8

// Client reads a log that somebody else writes, and verifies all of it.
type Client struct {
	Source Source
	Log    LogKeys
}

// Checkpoint returns the checkpoint that the log shows now, verified by the log's keys.
func (c *Client) Checkpoint(ctx context.Context) (*SignedCheckpoint, error) {
	raw, err := c.Source.ReadFile(ctx, checkpointName, maxNote)
	if err != nil {
		return nil, err
	}
	return c.Log.Open(raw)
}

// Prove proves that an entry is in the tree of a verified checkpoint. A server that makes this impossible is an error; the proof is
// right in any case.
func (c *Client) Prove(ctx context.Context, index int64, at *SignedCheckpoint) (*Proof, error) {
	hashes, err := proveInclusion(index, at.Checkpoint, c.tiles(ctx))
	if err != nil {
		return nil, err
	}
	return &Proof{Index: index, Hashes: hashes, Checkpoint: at}, nil
}

// ProveConsistency implements [Prover] for trees of verified checkpoints.
func (c *Client) ProveConsistency(ctx context.Context, oldSize int64, to Checkpoint) ([]Hash, error) {
	return proveConsistency(oldSize, to, c.tiles(ctx))
}

// tiles reads tiles for the proofs of tlog, which verifies them.
func (c *Client) tiles(ctx context.Context) *clientTiles {
	return &clientTiles{ctx: ctx, source: c.Source, known: map[tlog.Tile][]byte{}}
}

// maxKnown bounds the tiles that are kept, of 8 KiB each.
const maxKnown = 256

// clientTiles reads tiles for one call of a client. It keeps those that hold others together once they are verified.
type clientTiles struct {
	ctx    context.Context
	source Source

	mu    sync.Mutex
	known map[tlog.Tile][]byte
}

func (r *clientTiles) Height() int { return tileHeight }

func (r *clientTiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, t := range tiles {
		if t.L == 0 && t.W == tileWidth {
			continue
		}
		if len(r.known) >= maxKnown {
			clear(r.known)
		}
		r.known[t] = data[i]
	}
}

func (r *clientTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	type read struct {
		data []byte
		err  error
	}
	out := make([][]byte, 0, len(tiles))
	for got := range ahead(int64(len(tiles)), fetchers, func(i int64) read {
		r.mu.Lock()
		data, ok := r.known[tiles[i]]
		r.mu.Unlock()
		if ok {
			return read{data: data}
		}
		t := tile{level: tiles[i].L, n: tiles[i].N, width: tiles[i].W}
		data, err := readTile(r.ctx, r.source, t)
		if err == nil && len(data) != t.bytes() {
			err = fmt.Errorf("%s: %d bytes instead of %d", t.path(), len(data), t.bytes())
		}
		return read{data, err}
	}) {
		if got.err != nil {
			return nil, got.err
		}
		out = append(out, got.data)
	}
	return out, nil
}
