package evtx

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// ChunkSize is the size of a whole chunk, and what [Split] asks of its buffers.
const ChunkSize = chunkSize

// Sniff says that prefix, the beginning of a stream, is that of an event log: with its file header, or with a
// chunk where the header is damaged or cut off. It wants at least 8 bytes; 64 KiB find a chunk behind a lost header.
func Sniff(prefix []byte) bool {
	if bytes.HasPrefix(prefix, []byte(fileMagic)) {
		return true
	}
	return chunkIn(prefix, 0) >= 0
}

// SniffDamaged says that prefix, of a stream that is nothing else, holds parts of an event log whose beginning is lost or
// has something in front of it: a header at any place, or a whole record.
func SniffDamaged(prefix []byte) bool {
	if bytes.Contains(prefix, []byte(fileMagic)) || looseChunk(prefix, 0) >= 0 {
		return true
	}
	for pos := 0; ; pos++ {
		i := bytes.Index(prefix[pos:], magicBytes)
		if i < 0 {
			return false
		}
		if pos += i; wholeRecord(prefix, pos) > 0 {
			return true
		}
	}
}

// SniffLater looks for a chunk of a log of size bytes where its first ones are lost: in the places of the next 64.
func SniffLater(r io.ReaderAt, size int64) bool {
	var magic [8]byte
	for i := range int64(64) {
		off := fileHeaderSize + i*chunkSize
		if off+chunkHeaderSize > size {
			return false
		}
		if n, _ := r.ReadAt(magic[:], off); n == len(magic) && string(magic[:]) == chunkMagic {
			return true
		}
	}
	return false
}

// chunkIn returns the offset of the first chunk header in b at or after from, at a multiple of the sector size, or
// -1.
func chunkIn(b []byte, from int) int {
	for i := from; i+8 <= len(b); i += sectorSize {
		if string(b[i:i+8]) == chunkMagic {
			return i
		}
	}
	return -1
}

// looseChunk returns the offset of the first sound chunk header in b at or after from, at any place, or -1. As much of the
// header as b holds has to be right.
func looseChunk(b []byte, from int) int {
	for at := from; at < len(b); at++ {
		i := bytes.Index(b[at:], []byte(chunkMagic))
		if i < 0 {
			return -1
		}
		at += i
		c := b[at:]
		switch le := binary.LittleEndian; {
		case len(c) < 44:
			return at
		case len(c) < chunkHeaderSize && le.Uint32(c[40:]) == 128, len(c) >= chunkHeaderSize && le.Uint32(c[124:]) == headerSum(c):
			return at
		}
	}
	return -1
}

// Split reads an event log to its end and hands on its chunks in order, each with its offset in the stream. A
// chunk is [ChunkSize] bytes, less where the file is cut or damaged. Chunks that were never used, all zero, are
// left out.
//
// The file header is advisory: where it or a chunk's header is damaged, chunks are looked for in steps of 512
// bytes, then at any place, and what lies between and holds records is handed on as well. warn, where not nil, is told of damage,
// but for that within a chunk, of which [Decoder.Decode] tells.
//
// alloc returns a buffer of at least ChunkSize bytes; emit owns the chunk that it is given, which begins a buffer
// of alloc's. Split holds at most two buffers that it has not handed on, and one is left over where it ends early. It returns emit's error as it
// is, ctx's error when that is done, and an error when r fails, after the chunks that could be read.
func Split(ctx context.Context, r io.Reader, warn func(offset int64, msg string), emit func(offset int64, chunk []byte) error,
	alloc func() []byte,
) error {
	if warn == nil {
		warn = func(int64, string) {}
	}
	s := splitter{r: r, warn: warn, emit: emit, alloc: alloc}
	return s.run(ctx)
}

// SplitWhole is [Split] for a log that lies in memory, without copying. ok is false, and nothing was handed on, where
// anything about the layout of the log is out of order; Split can deal with that.
func SplitWhole(log []byte, emit func(offset int64, chunk []byte) error) (ok bool, err error) {
	if len(log) < fileHeaderSize || (len(log)-fileHeaderSize)%chunkSize != 0 {
		return false, nil
	}
	h := log[:fileHeaderSize]
	le := binary.LittleEndian
	if string(h[:8]) != fileMagic || le.Uint32(h[124:]) != crc32.ChecksumIEEE(h[:120]) || chunkIn(h, sectorSize) >= 0 {
		return false, nil
	}
	var chunks int
	for off := fileHeaderSize; off < len(log); off += chunkSize {
		c := log[off : off+chunkSize]
		switch {
		case string(c[:8]) == chunkMagic:
			chunks++
		case !allZero(c):
			return false, nil
		}
	}
	if le.Uint32(h[120:])&flagDirty == 0 && int(le.Uint16(h[42:])) > chunks {
		return false, nil
	}
	for off := fileHeaderSize; off < len(log); off += chunkSize {
		if c := log[off : off+chunkSize : off+chunkSize]; string(c[:8]) == chunkMagic {
			if err := emit(int64(off), c); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

type splitter struct {
	r     io.Reader
	warn  func(int64, string)
	emit  func(int64, []byte) error
	alloc func() []byte
	rest  []byte  // read, not yet looked at; it begins a buffer of alloc's
	ahead [8]byte // what is read of the next chunk before the present one is handed on
	off   int64   // of rest
	eof   bool
	err   error // of r

	header struct {
		ok     bool
		clean  bool
		chunks uint64
	}
	chunks uint64 // met
	any    bool   // something was handed on
	zero   int64  // offset of the first byte of zeroes without a chunk, 0 outside of them
	gap    int64  // of such zeroes before a chunk
	gapN   int64  // how many they are
	lost   int64  // offset of the first byte of a stretch without chunks, -1 outside one
	lostN  int64
}

// fill reads until rest holds n bytes or the stream ends.
func (s *splitter) fill(n int) {
	for idle := 0; len(s.rest) < n && !s.eof; idle++ {
		m, err := s.r.Read(s.rest[len(s.rest):n])
		s.rest = s.rest[:len(s.rest)+m]
		if m > 0 {
			idle = 0
		}
		if err == nil && idle > 100 {
			err = io.ErrNoProgress
		}
		if err != nil {
			s.eof = true
			if !errors.Is(err, io.EOF) {
				s.err = err
			}
		}
	}
}

// drop forgets the first n bytes of rest.
func (s *splitter) drop(n int) {
	s.rest = s.rest[:copy(s.rest, s.rest[n:])]
	s.off += int64(n)
}

func (s *splitter) run(ctx context.Context) error {
	s.lost = -1
	s.rest = s.alloc()[:0]
	s.fill(fileHeaderSize)
	s.fileHeader()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.fill(chunkSize)
		if len(s.rest) == 0 {
			break
		}
		if err := s.step(); err != nil {
			return err
		}
	}
	s.endLost()
	if !s.any && !s.header.ok && s.off > 0 && s.err == nil {
		s.warn(0, "file: no part of an event log was found in it")
	}
	if s.err != nil {
		return fmt.Errorf("evtx: read at offset %d: %w", s.off, s.err)
	}
	switch h := s.header; {
	case h.ok && h.clean && h.chunks > s.chunks && s.gap > 0:
		s.warn(s.gap, fmt.Sprintf("file: its header counts %d chunks and %d are there: zeroes stand here where one should", h.chunks, s.chunks))
	case h.ok && h.clean && h.chunks > s.chunks:
		s.warn(s.off, fmt.Sprintf("file: its header counts %d chunks and %d are there: it is cut off here, or damaged", h.chunks, s.chunks))
	case s.gapN >= chunkSize: // a log grows from its beginning
		s.warn(s.gap, fmt.Sprintf("file: %d zero bytes stand here before a chunk: what was in their place is lost", s.gapN))
	}
	return nil
}

// fileHeader checks and drops the file header. Where a chunk stands in its place, or something else, that is left
// to step.
func (s *splitter) fileHeader() {
	h := s.rest
	switch {
	case len(h) == 0:
		return
	case bytes.HasPrefix(h, []byte(fileMagic)):
	case chunkIn(h, 0) >= 0:
		s.warn(0, "file: its header is missing; its chunks are looked for")
		return
	default:
		s.fill(fileHeaderSize + len(fileMagic)) // lest one lies across the end
		h = s.rest
		if at := bytes.Index(h, []byte(fileMagic)); at > 0 {
			s.warn(0, fmt.Sprintf("file: %d bytes that are no event log stand before its header", at))
			s.drop(at)
			s.fill(fileHeaderSize)
			s.fileHeader()
			return
		}
		if at := looseChunk(h, 0); at >= 0 && at < fileHeaderSize {
			s.warn(0, "file: its header is missing; its chunks are looked for")
			return
		}
		s.warn(0, "file: its header is damaged; its chunks are looked for")
		if len(h) >= fileHeaderSize {
			s.drop(fileHeaderSize)
		}
		return
	}
	if len(h) < fileHeaderSize {
		s.warn(0, "file: it ends within its header")
		s.drop(len(h))
		return
	}
	le := binary.LittleEndian
	if le.Uint32(h[124:]) != crc32.ChecksumIEEE(h[:120]) {
		s.warn(0, "file: the header's checksum is wrong; the header is not used")
	} else {
		s.header.ok = true
		s.header.clean = le.Uint32(h[120:])&flagDirty == 0
		s.header.chunks = uint64(le.Uint16(h[42:]))
	}
	if at := chunkIn(h[:fileHeaderSize], sectorSize); at >= 0 { // the header's block was cut
		s.drop(at)
		return
	}
	s.drop(fileHeaderSize)
}

// step deals with what stands at the beginning of rest: one chunk, or bytes that are none.
func (s *splitter) step() error {
	b := s.rest
	if len(b) < 8 || string(b[:8]) != chunkMagic {
		return s.stray()
	}
	s.endLost()
	if s.zero > 0 && s.gap == 0 {
		s.gap, s.gapN = s.zero, s.off-s.zero
	}
	s.zero = 0
	s.chunks++
	s.any = true
	// A chunk from which bytes are missing runs into the next one. That is looked for only where nothing stands in
	// the right place behind, as the text of a record may well look like a chunk's header.
	full := s.rest
	s.rest = s.ahead[:0]
	s.fill(len(s.ahead))
	var tail []byte
	if n := len(s.rest); n == 0 && len(full) < chunkSize || n > 0 && !isChunkOrZero(s.rest) ||
		n > 0 && allZero(s.rest) && looseChunk(full, max(len(full)-128, 1)) > 0 { // zeroes within that chunk's header
		if at := innerChunk(full); at > 0 {
			full, tail = full[:at], full[at:]
		}
	}
	s.restart(tail, s.rest)
	off := s.off
	s.off += int64(len(full))
	return s.emit(off, full)
}

// restart makes rest of a and b in a fresh buffer, which is not asked for where the stream is over.
func (s *splitter) restart(a, b []byte) {
	if len(a)+len(b) == 0 && s.eof {
		s.rest = nil
		return
	}
	s.rest = append(append(s.alloc()[:0], a...), b...)
}

func isChunkOrZero(b []byte) bool {
	return bytes.HasPrefix([]byte(chunkMagic), b) || allZero(b)
}

// innerChunk returns the offset of a chunk header inside a chunk that is not part of its records.
func innerChunk(b []byte) int {
	for at := chunkIn(b, sectorSize); at > 0; at = chunkIn(b, at+sectorSize) {
		if len(b)-at < 128 || binary.LittleEndian.Uint32(b[at+40:]) == 128 {
			return at
		}
	}
	return looseChunk(b, 1)
}

// stray deals with bytes where a chunk should begin.
func (s *splitter) stray() error {
	b := s.rest
	zero := allZero(b)
	n := len(b)
	if !zero {
		if n = chunkIn(b, sectorSize); n < 0 {
			n = looseChunk(b, 1)
		}
		if n < 0 {
			n = len(b)
		}
	}
	part := b[:n]
	zero = zero || allZero(part)
	if !zero && bytes.Contains(part, magicBytes) {
		// Records without a chunk header. The grid of chunks is taken to go on, so that what they refer to is found.
		s.endLost()
		off := s.off
		s.off += int64(n)
		s.any = true
		s.chunks += uint64(n / chunkSize) // whose headers are damaged
		s.restart(b[n:], nil)
		return s.emit(off, part)
	}
	if !zero {
		if n == len(b) && !s.eof {
			n -= partOfMagic(b)
		}
		if s.lost < 0 {
			s.lost, s.lostN = s.off, 0
		}
		s.lostN += int64(n)
	} else {
		s.endLost()
		if s.zero == 0 {
			s.zero = s.off
		}
	}
	s.drop(n)
	return nil
}

// partOfMagic is the length of the beginning of a chunk's magic number that b ends with.
func partOfMagic(b []byte) int {
	for n := len(chunkMagic) - 1; n > 0; n-- {
		if bytes.HasSuffix(b, []byte(chunkMagic[:n])) {
			return n
		}
	}
	return 0
}

// endLost reports a stretch of bytes without chunks, once it is over.
func (s *splitter) endLost() {
	if s.lost >= 0 {
		s.warn(s.lost, fmt.Sprintf("file: %d bytes are no event log", s.lostN))
		s.lost = -1
	}
}

var zeros [sectorSize]byte

func allZero(b []byte) bool {
	for ; len(b) > len(zeros); b = b[len(zeros):] {
		if !bytes.Equal(b[:len(zeros)], zeros[:]) {
			return false
		}
	}
	return bytes.Equal(b, zeros[:len(b)])
}
