package evtx

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"entente/internal/event"
)

// Options says how to decode and whom to tell of trouble.
type Options struct {
	// Carve asks for records in the unused space of chunks too: what was overwritten only in part.
	Carve bool
	// Copies are places in the chunk, in order, whose records carving leaves out; [Carver] knows them. Records in use
	// are read wherever they are.
	Copies []int
	// Warn, where not nil, is told of damage: the offset in the stream of what is damaged, and what was lost.
	Warn func(offset int64, msg string)
}

// Bounds on what one chunk can make the decoder do. A real chunk stays far below: it holds at most some 2,500
// records and 16,000 values.
const (
	chunkBudget   = 1 << 20 // steps
	maxValues     = 1 << 15 // fields of one event
	maxJoined     = 1 << 18 // bytes of one text put together from several parts
	maxWarnings   = 16      // about the parts of one chunk
	maxNewNames   = 1 << 12 // field names that one chunk may add
	maxNamesBytes = 1 << 20 // of field names, after which the table starts afresh
	maxNameLen    = 1 << 10 // bytes of a field's name
	maxFlat       = 1 << 18 // bytes of a flat form
)

// Decoder turns chunks into events. It is used by one goroutine at a time; chunks may come in any order and from
// any file.
type Decoder struct {
	names     *event.Names
	nameBytes int
	system    map[string]uint32 // slots of the envelope's names
	ev        event.Event
	compiler  compiler

	programs     map[string]*program // by role and content of the definition
	programBytes int
	channels     interned
	providers    interned
	hosts        interned

	// Of the current chunk.
	chunk    []byte
	offset   int64
	serial   uint32
	opts     Options
	budget   int
	warnings int
	told     []warning    // the first of them
	defs     []definition // a hash table of a power of two
	used     int          // entries of defs

	goodNames [64]goodName

	// Of the current record, except for storage.
	damage error
	refs   []valueRef
	arena  []byte // texts put together
	spare  []event.Value
	text   []byte
	key    []byte // of a program that is looked up
}

// warning is an account of damage, with the offset in the stream.
type warning struct {
	offset int64
	msg    string
}

// NewDecoder returns a decoder with empty caches.
func NewDecoder() *Decoder {
	d := &Decoder{programs: map[string]*program{}, defs: make([]definition, 256)}
	d.compiler.d = d
	d.freshNames()
	return d
}

// freshNames starts a new table of names and drops everything that holds slots of the old one.
func (d *Decoder) freshNames() {
	d.names, d.system = event.NewNames(), map[string]uint32{}
	d.nameBytes = 0
	d.ev.Names = d.names
	clear(d.programs)
	d.programBytes = 0
}

// Decode calls yield for each event of a chunk, in the order of the chunk, until yield returns false. offset is that
// of the chunk in its stream. The event, its values and its names are valid only during the call, and only as long
// as nobody changes the chunk.
//
// The chunk may be damaged: short, without its header, with records cut or overwritten. Every record that can be
// read is yielded, and what cannot is reported. A record of which only a part can be read is yielded with that
// part, and reported too.
//
// The fields' names are those of the rendered XML. Envelope fields (event.Name.System) are named after their
// element in Event/System, with the attribute behind an underscore: Channel, Provider_Name, Execution_ProcessID;
// the time is TimeCreated. Data fields have the name of their Data element, or of the element in UserData. Null
// fields of the envelope are left out; a null field of the data is there as event.Null.
func (d *Decoder) Decode(offset int64, chunk []byte, opts Options, yield func(*event.Event) bool) {
	for len(chunk) > chunkSize {
		if !d.decodeChunk(offset, chunk[:chunkSize], opts, yield) {
			return
		}
		offset, chunk = offset+chunkSize, chunk[chunkSize:]
		opts.Copies = nil
	}
	d.decodeChunk(offset, chunk, opts, yield)
}

func (d *Decoder) decodeChunk(offset int64, chunk []byte, opts Options, yield func(*event.Event) bool) bool {
	d.chunk, d.offset, d.opts = chunk, offset, opts
	d.budget, d.warnings, d.told, d.used = chunkBudget, 0, d.told[:0], 0
	if d.serial++; d.serial == 0 {
		clear(d.defs)
		clear(d.goodNames[:])
		d.serial = 1
	}
	if d.names.Len() > event.MaxNames-maxNewNames || d.nameBytes > maxNamesBytes {
		d.freshNames()
	}
	w := walker{d: d, yield: yield}
	w.walk()
	if opts.Warn != nil {
		if len(w.trouble) > 0 {
			opts.Warn(offset, "chunk: "+w.account())
		}
		for _, t := range d.told {
			opts.Warn(t.offset, t.msg)
		}
		if d.warnings > maxWarnings {
			opts.Warn(offset, fmt.Sprintf("chunk: %d more warnings about it", d.warnings-maxWarnings))
		}
	}
	d.opts = Options{}
	d.chunk = nil // goodNames and defs of this serial are not looked at again
	return !w.stopped
}

// at is the offset in the stream of a place in the chunk.
func (d *Decoder) at(pos int) int64 { return d.offset + int64(pos) }

// warn notes damage to a part of the chunk, up to a number of times.
func (d *Decoder) warn(offset int64, msg string) {
	d.warnings++
	if d.opts.Warn != nil && d.warnings <= maxWarnings {
		d.told = append(d.told, warning{offset, msg})
	}
}

// fail notes what is wrong with the current record, once.
func (d *Decoder) fail(err error) {
	if d.damage == nil {
		d.damage = err
	}
}

// checkHeader finds out how far records are known to go, which is the first and how many they are, and what is wrong with the
// chunk as a whole.
func (w *walker) checkHeader() {
	c := w.d.chunk
	magic := len(c) >= len(chunkMagic) && string(c[:8]) == chunkMagic
	switch {
	case !magic:
		w.trouble = append(w.trouble, "its header is missing")
	case len(c) < chunkSize:
		w.trouble = append(w.trouble, fmt.Sprintf("it ends after %d of its %d bytes", len(c), chunkSize))
	}
	if len(c) < chunkHeaderSize {
		return
	}
	le := binary.LittleEndian
	switch {
	case !magic:
	case le.Uint32(c[124:]) != headerSum(c):
		w.trouble = append(w.trouble, "the header's checksum is wrong")
	default:
		w.firstID = le.Uint64(c[24:])
		if last := le.Uint64(c[32:]); last >= w.firstID && last-w.firstID < maxIDGap {
			w.expected = int(last-w.firstID) + 1
		}
	}
	last, free := le.Uint32(c[44:]), le.Uint32(c[48:])
	inRange := free >= chunkHeaderSize && uint64(free) <= uint64(len(c))
	if inRange && le.Uint32(c[52:]) == crc32.ChecksumIEEE(c[chunkHeaderSize:free]) && (magic || free > chunkHeaderSize) {
		w.known = int(free)
	} else {
		w.known = w.d.endBySum()
		switch {
		case !magic:
			w.firstID = 0
			return
		case !inRange:
			w.firstID = 0
			if free < chunkHeaderSize || free > chunkSize { // else it is where the chunk does not go any more
				w.trouble = append(w.trouble, fmt.Sprintf("the end of its records, 0x%x, is out of range", free))
			}
			return
		case w.known > 0:
			w.trouble = append(w.trouble, fmt.Sprintf("the end of its records, 0x%x, is wrong, as their checksum is that of those up to 0x%x", free, w.known))
			return
		}
		w.trouble = append(w.trouble, "the records' checksum is wrong")
		w.known = int(free)
	}
	if uint64(last) < uint64(len(c)) && int(last) >= w.known {
		w.known = int(last) + 1
	}
}

// account says what is wrong with the chunk as a whole, and how many of its records were read.
func (w *walker) account() string {
	text := strings.Join(w.trouble, ", ")
	if w.stopped {
		return text
	}
	n := w.intact + w.partly
	if w.expected < n { // not known, or from before the last records were written
		text += fmt.Sprintf("; records read: %d", n)
	} else {
		text += fmt.Sprintf("; records read: %d of %d", n, w.expected)
	}
	if w.partly > 0 {
		text += fmt.Sprintf(", %d of them in part", w.partly)
	}
	return text
}

// endBySum returns the end of the records whose checksum is the one in the chunk's header, which the rest of the header
// may be too damaged to tell; 0 where there is none, and where the records behind go on: then the checksum is an old one.
func (d *Decoder) endBySum() int {
	c := d.chunk
	want, sum := binary.LittleEndian.Uint32(c[52:]), uint32(0)
	for pos := chunkHeaderSize; ; {
		size := wholeRecord(c, pos)
		if size == 0 {
			return 0
		}
		sum = crc32.Update(sum, crc32.IEEETable, c[pos:pos+size])
		w := walker{d: d, any: true, end: pos + size}
		w.lastID, w.written = w.keyAt(pos).id, w.keyAt(pos).written
		pos += size
		if sum != want {
			continue
		}
		if next := w.find(pos); next < len(c) && !w.goesOn(next, wholeRecord(c, next)) {
			return pos
		}
		return 0
	}
}
