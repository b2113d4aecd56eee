// Package source finds logs and opens them: it walks folders, unpacks archives, tells the format of a stream by
// its content, cuts the stream into blocks that can be decoded independently, and decodes blocks into events.
//
// The work is split so that it can use every core and still give the same result in the same order: one
// goroutine runs [Format.Split] over a stream, which only finds safe places to cut; workers run [Decoder.Decode]
// over the blocks. What is damaged is reported with file and offset, and what is whole is read.
package source

import (
	"context"
	"io"
	"time"

	"entente/internal/event"
)

// Format is one log format.
type Format interface {
	// Name is what --as takes, e.g. "evtx", "iis", "zeek".
	Name() string
	// Split reads a stream to its end and hands it on in blocks, in order, each of them whole records. Memory is
	// bounded whatever the stream holds. It stops when emit returns an error, which it returns as it is. Damage in
	// the stream is not an error: it is reported to env.Warn and the rest is read. An error means that r failed.
	Split(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error
	// NewDecoder returns a decoder; each worker has its own.
	NewDecoder() Decoder
}

// Decoder turns blocks of one format into events. It is used by one goroutine at a time. Blocks come in any order
// and from any file.
type Decoder interface {
	// Decode calls yield for each event of the block, in order. The event is valid only during the call. Damage is
	// reported to env.Warn. It returns early when yield returns false.
	Decode(b *Block, env *Env, yield func(*event.Event) bool)
}

// Block is a piece of a stream: whole records, decodable without the rest.
type Block struct {
	Offset int64  // of Data's first byte in the uncompressed stream
	Data   []byte // owned by the block; the receiver calls Release when done
	// Context is what a decoder needs from earlier in the stream (a header line, say). Decoders only read it.
	Context any
	used    int // bytes of Data that hold records; 0 is all
	release func([]byte)
}

// Release gives the block's buffer back.
func (b *Block) Release() {
	if b.release != nil {
		b.release(b.Data)
	}
	b.Data, b.release = nil, nil
}

// Env is what a reader is told about the stream and whom it tells of trouble.
type Env struct {
	File string // name for messages: path, and for members of archives path!member
	// Warn reports damage: the offset in the uncompressed stream, and what was lost. It may be called from several
	// goroutines.
	Warn func(offset int64, msg string)
	// Carve asks for records in slack space as well (EVTX).
	Carve bool
	// ModTime is when the file, or the member of an archive, was last written; zero where that is not known. Formats
	// whose times lack the year guess it from here.
	ModTime time.Time

	limited func(offset int64, msg string) // is told where a limit ends the stream; not nil where one may
	buffers *buffers                       // of the run; nil allocates
	whole   []byte                         // the whole stream, where it is in memory
	years   yearless                       // of the block
	times   *timeShift                     // how far its times are from UTC, where that is known
	block   int                            // usual size of a block of text; 0 is blockLen, tests force small ones
}
