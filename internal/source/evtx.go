package source

import (
	"context"
	"encoding/binary"
	"io"

	"entente/internal/event"
	"entente/internal/evtx"
)

// evtxName is the name of the Windows event log format.
const evtxName = "evtx"

// evtxFormat reads Windows event logs; package evtx does the work. A block is one chunk.
type evtxFormat struct{}

func newEVTX() Format { return evtxFormat{} }

// Name implements [Format].
func (evtxFormat) Name() string { return evtxName }

// Sniff implements [Sniffer].
func (evtxFormat) Sniff(prefix []byte) int {
	if evtx.Sniff(prefix) {
		return 100
	}
	return 0
}

// Split implements [Format].
func (evtxFormat) Split(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error {
	if env.Carve {
		carver, plain := evtx.NewCarver(), emit
		emit = func(b Block) error {
			b.Context = carver.Copies(b.Data)
			return plain(b)
		}
	}
	if env.whole != nil {
		ok, err := evtx.SplitWhole(env.whole, func(offset int64, chunk []byte) error {
			return emit(Block{Offset: offset, Data: chunk, used: evtxUsed(chunk)})
		})
		if ok {
			return err
		}
	}
	hand := func(offset int64, chunk []byte) error {
		return emit(Block{Offset: offset, Data: chunk, used: evtxUsed(chunk), release: env.release})
	}
	return evtx.Split(ctx, r, env.Warn, hand, func() []byte { return env.buffer(evtx.ChunkSize) })
}

// evtxUsed is how much of a chunk holds records, as far as the chunk says so. Chunks are mostly empty, so that speed
// is told by this.
func evtxUsed(chunk []byte) int {
	const freeSpace = 48 // offset of the offset of the free space in a chunk's header
	if len(chunk) < freeSpace+4 {
		return len(chunk)
	}
	n := binary.LittleEndian.Uint32(chunk[freeSpace:])
	return int(min(n, uint32(len(chunk))))
}

// NewDecoder implements [Format].
func (evtxFormat) NewDecoder() Decoder { return &evtxDecoder{d: evtx.NewDecoder()} }

type evtxDecoder struct{ d *evtx.Decoder }

// Decode implements [Decoder].
func (d *evtxDecoder) Decode(b *Block, env *Env, yield func(*event.Event) bool) {
	copies, _ := b.Context.([]int) // none where nothing is carved
	d.d.Decode(b.Offset, b.Data, evtx.Options{Carve: env.Carve, Copies: copies, Warn: env.Warn}, yield)
}
