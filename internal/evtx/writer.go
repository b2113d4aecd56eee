package evtx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"io"
	"math"
	"slices"
	"time"
)

// Record is one event for the [Writer].
type Record struct {
	Provider        string
	ProviderGUID    GUID   // not written where zero
	EventSourceName string // of classic sources; not written where empty
	EventID         uint16
	Qualifiers      uint16 // of classic sources; not written where zero
	Version         uint8
	Level           uint8
	Task            uint16
	Opcode          uint8
	Keywords        uint64
	Time            time.Time
	RecordID        uint64 // 0: one more than the record before
	ActivityID      GUID   // not written where zero
	RelatedActivity GUID   // not written where zero
	ProcessID       uint32
	ThreadID        uint32
	Channel         string
	Computer        string
	UserID          string // a SID; not written where empty

	// Data goes into EventData, as <Data Name="…">; a field without a name becomes a plain <Data>. Where UserData
	// names an element, Data goes there instead, an element to each field: <UserData><NAME xmlns="…"><Field>…
	Data       []Field
	Binary     []byte // <Binary> of classic sources; not written where nil
	UserData   string
	UserDataNS string // xmlns of the UserData element; not written where empty
}

// Field is one named value.
type Field struct {
	Name  string
	Value Value
}

var (
	// ErrFull says that a file holds as many chunks as its header can count (4 GiB). Close it and start another.
	ErrFull = errors.New("evtx: the file has 65535 chunks, which is the format's limit: close it and start another")
	// ErrTooLarge says that a record does not fit into a chunk of 64 KiB. The writer goes on without it.
	ErrTooLarge = errors.New("evtx: the record does not fit into a chunk: keep its values under 60 kB")
)

const maxChunks = math.MaxUint16

// Writer writes an EVTX file such as Windows writes: an outer template with the envelope, an inner one per list of
// fields, both defined once in each chunk. A file is complete after [Writer.Close]. A Writer is for one goroutine.
type Writer struct {
	out    io.Writer
	buf    []byte // the chunk being filled; its length is the free space's offset
	err    error  // of the output; nothing is written after one
	serial uint64 // number of the chunk being filled, from 1: what template.chunk and name.chunk refer to
	chunks uint64 // written
	lastID uint64 // record id
	number uint64 // records so far
	chunk  struct {
		firstNumber, firstID uint64
		lastRecord           int // offset
	}
	seed      maphash.Seed
	names     map[string]*name
	templates map[uint64][]*template
	shapes    int // templates held

	// What the record being written has added to the chunk's tables, in case that it does not fit.
	undo         []bucketEntry
	newNames     []*name
	newTemplates []*template
}

// bucketEntry is what stood in a header table before a record changed it.
type bucketEntry struct {
	at  int
	old uint32
}

// NewWriter returns a writer. Where w is an io.WriteSeeker (an *os.File), Close goes back and completes the file
// header, which begins at w's position 0. On any other writer the header keeps its dirty flag, as that of a log
// that Windows has open; readers then count the chunks themselves.
func NewWriter(w io.Writer) *Writer {
	x := &Writer{out: w, seed: maphash.MakeSeed(), names: map[string]*name{}, templates: map[uint64][]*template{}}
	x.begin()
	return x
}

// Records is the number of records written so far.
func (w *Writer) Records() uint64 { return w.number }

// Size is the size of the file so far, the chunk being filled included.
func (w *Writer) Size() int64 {
	n := fileHeaderSize + int64(w.chunks)*chunkSize
	if len(w.buf) > chunkHeaderSize {
		n += chunkSize
	}
	return n
}

// Write appends one record. The writer keeps nothing of r. After an error that is neither of the output nor
// [ErrFull] the file is as if Write had not been called, and more records may follow.
func (w *Writer) Write(r *Record) error {
	if w.err != nil {
		return w.err
	}
	start := len(w.buf)
	if err := w.tryRecord(r); !errors.Is(err, ErrTooLarge) || start == chunkHeaderSize {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	return w.tryRecord(r)
}

// tryRecord writes r into the chunk or leaves the chunk as it was.
func (w *Writer) tryRecord(r *Record) error {
	if w.chunks >= maxChunks {
		return ErrFull
	}
	start := len(w.buf)
	w.undo, w.newNames, w.newTemplates = w.undo[:0], w.newNames[:0], w.newTemplates[:0]
	id := r.RecordID
	if id == 0 {
		id = w.lastID + 1
	}
	err := w.record(r, id)
	if err == nil && len(w.buf) > chunkSize {
		err = ErrTooLarge
	}
	if err != nil {
		w.rollback(start)
		return err
	}
	w.number++
	w.lastID = id
	if start == chunkHeaderSize {
		w.chunk.firstNumber, w.chunk.firstID = w.number, id
	}
	w.chunk.lastRecord = start
	return nil
}

// rollback forgets everything since start: bytes, table entries, and what the tables' owners remember.
func (w *Writer) rollback(start int) {
	w.buf = w.buf[:start]
	for _, u := range slices.Backward(w.undo) {
		binary.LittleEndian.PutUint32(w.buf[u.at:], u.old)
	}
	for _, n := range w.newNames {
		n.chunk = 0
	}
	for _, t := range w.newTemplates {
		t.chunk = 0
	}
}

// link puts the structure at off at the head of a bucket and returns what was there.
func (w *Writer) link(bucket, off int) (next uint32) {
	next = binary.LittleEndian.Uint32(w.buf[bucket:])
	w.undo = append(w.undo, bucketEntry{bucket, next})
	binary.LittleEndian.PutUint32(w.buf[bucket:], uint32(off))
	return next
}

// begin starts an empty chunk.
func (w *Writer) begin() {
	if w.buf == nil {
		w.buf = make([]byte, 0, 2*chunkSize)
	}
	w.buf = w.buf[:chunkHeaderSize]
	clear(w.buf)
	w.serial++
	if len(w.names) > 1<<14 {
		clear(w.names)
	}
	if w.shapes > 1<<12 {
		clear(w.templates)
		w.shapes = 0
	}
}

// flush completes the chunk and writes it.
func (w *Writer) flush() error {
	free := len(w.buf)
	if w.chunks == 0 {
		if err := w.write(w.fileHeader(flagDirty)); err != nil {
			return err
		}
	}
	c := w.buf[:chunkSize]
	clear(c[free:])
	le := binary.LittleEndian
	copy(c, chunkMagic)
	le.PutUint64(c[8:], w.chunk.firstNumber)
	le.PutUint64(c[16:], w.number)
	le.PutUint64(c[24:], w.chunk.firstID)
	le.PutUint64(c[32:], w.lastID)
	le.PutUint32(c[40:], 128)
	le.PutUint32(c[44:], uint32(w.chunk.lastRecord))
	le.PutUint32(c[48:], uint32(free))
	le.PutUint32(c[52:], crc32.ChecksumIEEE(c[chunkHeaderSize:free]))
	le.PutUint32(c[124:], headerSum(c))
	if err := w.write(c); err != nil {
		return err
	}
	w.chunks++
	w.begin()
	return nil
}

func (w *Writer) write(b []byte) error {
	if _, err := w.out.Write(b); err != nil {
		w.err = fmt.Errorf("evtx: write: %w", err)
	}
	return w.err
}

func (w *Writer) fileHeader(flags uint32) []byte {
	h := make([]byte, fileHeaderSize)
	le := binary.LittleEndian
	copy(h, fileMagic)
	if w.chunks > 0 {
		le.PutUint64(h[16:], w.chunks-1)
	}
	le.PutUint64(h[24:], w.lastID+1)
	le.PutUint32(h[32:], 128)
	le.PutUint16(h[36:], 1)
	le.PutUint16(h[38:], 3)
	le.PutUint16(h[40:], fileHeaderSize)
	le.PutUint16(h[42:], uint16(w.chunks))
	le.PutUint32(h[120:], flags)
	le.PutUint32(h[124:], crc32.ChecksumIEEE(h[:120]))
	return h
}

// Close writes the last chunk and completes the file header. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if len(w.buf) > chunkHeaderSize || w.chunks == 0 {
		if len(w.buf) == chunkHeaderSize { // a log without a record has one chunk with no record number
			w.chunk.firstNumber, w.chunk.firstID = 1, 1
		}
		if err := w.flush(); err != nil {
			return err
		}
	}
	s, ok := w.out.(io.WriteSeeker)
	if !ok {
		return nil
	}
	end, err := s.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = s.Seek(0, io.SeekStart)
	}
	if err != nil {
		w.err = fmt.Errorf("evtx: complete the file header: %w", err)
		return w.err
	}
	if err := w.write(w.fileHeader(0)); err != nil {
		return err
	}
	if _, err := s.Seek(end, io.SeekStart); err != nil {
		w.err = fmt.Errorf("evtx: complete the file header: %w", err)
		return w.err
	}
	w.err = errors.New("evtx: the writer is closed")
	return nil
}
