package evtx

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

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
	maxWarnings   = 16      // of one chunk
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
	d.budget, d.warnings, d.used = chunkBudget, 0, 0
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
	if d.warnings > maxWarnings && opts.Warn != nil {
		opts.Warn(offset, fmt.Sprintf("chunk: %d more warnings about it", d.warnings-maxWarnings))
	}
	d.opts = Options{}
	d.chunk = nil // goodNames and defs of this serial are not looked at again
	return !w.stopped
}

// at is the offset in the stream of a place in the chunk.
func (d *Decoder) at(pos int) int64 { return d.offset + int64(pos) }

// warn reports damage, up to a number of times for each chunk.
func (d *Decoder) warn(offset int64, msg string) {
	d.warnings++
	if d.opts.Warn != nil && d.warnings <= maxWarnings {
		d.opts.Warn(offset, msg)
	}
}

// fail notes what is wrong with the current record, once.
func (d *Decoder) fail(err error) {
	if d.damage == nil {
		d.damage = err
	}
}

// checkHeader reports a damaged chunk header or checksum, and returns how far records are known to go and which is
// the first.
func (d *Decoder) checkHeader() (known int, firstID uint64) {
	c := d.chunk
	magic := len(c) >= len(chunkMagic) && string(c[:8]) == chunkMagic
	if !magic {
		d.warn(d.offset, "chunk: its header is missing; its records are looked for")
	}
	if len(c) < chunkHeaderSize {
		return 0, 0
	}
	le := binary.LittleEndian
	switch {
	case !magic:
	case le.Uint32(c[124:]) != headerSum(c):
		d.warn(d.offset, "chunk: the header's checksum is wrong; its records are read all the same")
	default:
		firstID = le.Uint64(c[24:])
	}
	last, free := le.Uint32(c[44:]), le.Uint32(c[48:])
	inRange := free >= chunkHeaderSize && uint64(free) <= uint64(len(c))
	if inRange && le.Uint32(c[52:]) == crc32.ChecksumIEEE(c[chunkHeaderSize:free]) && (magic || free > chunkHeaderSize) {
		known = int(free)
	} else {
		known = d.endBySum()
		switch {
		case !magic:
			return known, 0
		case !inRange:
			d.warn(d.offset, fmt.Sprintf("chunk: the end of its records, 0x%x, is out of range; they are looked for", free))
			return known, 0
		case known > 0:
			d.warn(d.offset, fmt.Sprintf("chunk: the end of its records, 0x%x, is wrong; their checksum is that of those up to 0x%x", free, known))
			return known, firstID
		}
		d.warn(d.offset, "chunk: the records' checksum is wrong; they are read all the same")
		known = int(free)
	}
	if uint64(last) < uint64(len(c)) && int(last) >= known {
		known = int(last) + 1
	}
	return known, firstID
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
