package evtx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"entente/internal/event"
)

// walker goes over the records of one chunk.
type walker struct {
	d       *Decoder
	yield   func(*event.Event) bool
	stopped bool   // yield returned false
	known   int    // offset up to which the chunk says that there are records, 0 where it does not say
	firstID uint64 // of the chunk's first record as its header has it, where the header is sound, else 0
	lastID  uint64
	end     int                    // of the last record that was met, its beginning where its size is damaged
	written uint64                 // when that one was, as a FILETIME
	any     bool                   // a record has been met
	seen    map[recordKey]struct{} // where slack is carved afterwards

	trouble  []string // with the chunk as a whole
	expected int      // records of the chunk as its header has it, where that is sound, else 0
	intact   int      // records that were read
	partly   int      // and those of which a part was
}

// recordKey tells the records of a chunk apart: a log that was cleared may begin again with the same ids.
type recordKey struct{ id, written uint64 }

// maxIDGap is more than the records of a chunk: an id that jumps so far is taken to be damaged, lest all later ones
// look old.
const maxIDGap = 1 << 12

// leastRecord is less than Windows writes for a record, whose envelope alone takes some 200 bytes. It bounds how many
// records can have stood in damaged bytes.
const leastRecord = 128

var magicBytes = []byte{0x2a, 0x2a, 0, 0}

// walk reads the records one after the other. Where one is not whole it goes on at the next that is. It ends where
// the chunk's header says, or later where records with the next ids follow, which a log that was not closed has.
func (w *walker) walk() {
	d := w.d
	c := d.chunk
	w.checkHeader()
	if d.opts.Carve {
		w.seen = map[recordKey]struct{}{}
	}
	pos := chunkHeaderSize
	if len(c) < chunkHeaderSize || string(c[:8]) != chunkMagic {
		pos = w.find(0)
	}
	for pos < len(c) && !w.stopped {
		size, problem := w.recordAt(pos)
		if pos >= w.known && w.known > 0 && (size == 0 || problem != "" || w.any && w.idAt(pos) != w.lastID+1) {
			break
		}
		if size > 0 && !w.goesOn(pos, size) {
			w.tellSlack(pos)
			break
		}
		if size > 0 {
			w.record(pos, size, problem)
			w.written = w.keyAt(pos).written
			pos += size
			w.end = pos
		} else {
			pos = w.resync(pos)
		}
		if d.budget < 0 {
			d.warn(d.at(pos), fmt.Sprintf("chunk: %v; the rest of it is not read", errBudget))
			return
		}
	}
	if d.opts.Carve && !w.stopped {
		w.carve(pos)
	}
}

// goesOn says that the record at pos follows those already read, where the chunk does not say how far they go. The ids
// of a chunk's records have no holes but those of damage, so what does not follow was there before the chunk was used
// again. A record from which the next one goes on has a damaged id.
func (w *walker) goesOn(pos, size int) bool {
	if w.known > 0 || !w.any || w.follows(pos, 1) {
		return true
	}
	return w.whole(pos+size) && w.follows(pos+size, 2)
}

// follows says that the id at pos is by n greater than the last one, or by as much more as records can be lost, and that
// behind damage the record is not a day older. A writer that leaves out a few ids is believed where nothing is damaged.
func (w *walker) follows(pos int, n uint64) bool {
	const day, few = 24 * 60 * 60 * 10_000_000, 64
	id, written := w.keyAt(pos).id, w.keyAt(pos).written
	if id < w.lastID+n {
		return false
	}
	more := id - w.lastID - n
	if pos == w.end {
		return more == 0 || more <= few && written >= w.written
	}
	return more <= uint64(pos-w.end)/leastRecord && (written >= w.written || w.written-written < day)
}

// tellSlack warns of the whole records from pos on, which are read only where slack is carved.
func (w *walker) tellSlack(pos int) {
	d := w.d
	if d.opts.Carve {
		return
	}
	n, at := 0, pos
	for at < len(d.chunk) {
		if size := wholeRecord(d.chunk, at); size > 0 {
			n++
			at += size
			continue
		}
		i := bytes.Index(d.chunk[at+1:], magicBytes)
		if i < 0 {
			break
		}
		at += 1 + i
	}
	d.warn(d.at(pos), fmt.Sprintf("chunk: %d records here do not go on from record %d; they are taken for what it held before and left to carving", n, w.lastID))
}

func (w *walker) idAt(pos int) uint64 { return binary.LittleEndian.Uint64(w.d.chunk[pos+8:]) }

func (w *walker) keyAt(pos int) recordKey {
	return recordKey{w.idAt(pos), binary.LittleEndian.Uint64(w.d.chunk[pos+16:])}
}

// recordAt returns the size of the record at pos, 0 where there is none whose bounds are certain. Two of its three
// marks (magic, size with the copy at its end, a record or the end of all right behind it) are enough.
func (w *walker) recordAt(pos int) (size int, problem string) {
	c := w.d.chunk
	if len(c)-pos < minRecord {
		return 0, ""
	}
	le := binary.LittleEndian
	magic := le.Uint32(c[pos:]) == recordMagic
	n := le.Uint32(c[pos+4:])
	if n < minRecord || uint64(n) > uint64(len(c)-pos) {
		return 0, ""
	}
	size = int(n)
	copied := le.Uint32(c[pos+size-4:]) == n
	if magic && copied {
		return size, ""
	}
	if magic == copied { // neither
		return 0, ""
	}
	next := pos + size
	if next != w.known && (len(c)-next < minRecord || le.Uint32(c[next:]) != recordMagic) {
		return 0, ""
	}
	if !magic {
		return size, "its first bytes are damaged"
	}
	return size, "the copy of its size is damaged"
}

// resync deals with a place where no whole record is: it reads what may be a record with a damaged size, and
// returns where the next one is.
func (w *walker) resync(pos int) int {
	d := w.d
	c := d.chunk
	next := w.find(pos + 1)
	if len(c)-pos >= minRecord && binary.LittleEndian.Uint32(c[pos:]) == recordMagic &&
		(!w.any || w.known > 0 && w.idAt(pos) > w.lastID || w.known == 0 && w.follows(pos, 1)) {
		end := next
		if end == len(c) && w.known > pos {
			end = w.known
		}
		w.record(pos, end-pos, "its size is damaged")
		w.end = pos
		return next
	}
	if next < len(c) && !w.goesOn(next, wholeRecord(c, next)) {
		return next // slack, and so may be what stands before it
	}
	end := next
	if w.known > pos {
		end = min(next, w.known)
	}
	switch {
	case w.any && next < len(c) && w.idAt(next) > w.lastID+1:
		d.warn(d.at(pos), fmt.Sprintf("records %d to %d are lost: %d bytes cannot be read", w.lastID+1, w.idAt(next)-1, end-pos))
	case !allZero(c[pos:end]) && (next < len(c) || w.known > pos):
		d.warn(d.at(pos), fmt.Sprintf("records: %d bytes hold none that can be read", end-pos))
	}
	return next
}

// find returns the offset of the first whole record at or after pos, or the length of the chunk. Where the chunk says how
// far its records go, it is one that is not older than those already read, which the text of a damaged one may hold.
func (w *walker) find(pos int) int {
	c := w.d.chunk
	for pos < len(c) {
		i := bytes.Index(c[pos:], magicBytes)
		if i < 0 {
			break
		}
		pos += i
		if w.whole(pos) && (w.known == 0 || !w.any || w.idAt(pos) > w.lastID) {
			return pos
		}
		pos++
	}
	return len(c)
}

// whole says that a record with its right size twice is at pos.
func (w *walker) whole(pos int) bool { return wholeRecord(w.d.chunk, pos) > 0 }

// followed says that the record at pos goes on from an id, which is then right, whatever the chunk's header says.
func (w *walker) followed(pos int, id uint64) bool {
	return w.whole(pos) && w.idAt(pos) > id && w.idAt(pos)-id < maxIDGap
}

// record decodes one record and yields it. problem is what is wrong with its bounds, "" where nothing is.
func (w *walker) record(pos, size int, problem string) {
	d := w.d
	id := w.idAt(pos)
	first := !w.any
	w.number(pos, size, id)
	if w.seen != nil {
		w.seen[w.keyAt(pos)] = struct{}{}
	}
	d.readRecord(pos, size, id)
	if own := d.ev.RecordID; first && w.known == 0 && own != id && w.whole(pos+size) && w.idAt(pos+size) == own+1 {
		w.lastID = own // the id in the header is damaged
	}
	d.budget -= len(d.ev.Values)
	switch {
	case len(d.ev.Values) == 0:
		if d.damage == nil {
			d.damage = errors.New("it is empty")
		}
		d.warn(d.at(pos), fmt.Sprintf("record %d is lost: %v", id, d.damage))
		return
	case d.damage != nil:
		d.warn(d.at(pos), fmt.Sprintf("record %d is read in part: %v", id, d.damage))
		w.partly++
	default:
		if problem != "" {
			d.warn(d.at(pos), fmt.Sprintf("record %d: %s; it is read all the same", id, problem))
		}
		w.intact++
	}
	if !w.yield(&d.ev) {
		w.stopped = true
	}
}

// number counts the record at pos, whose id is where the chunk's records have come to unless it is damaged.
func (w *walker) number(pos, size int, id uint64) {
	if !w.any {
		w.lastID, w.any = id, true
		if w.firstID > 0 && id-w.firstID > maxIDGap && !w.followed(pos+size, id) {
			w.lastID = w.firstID
		}
	} else if id > w.lastID && id-w.lastID < maxIDGap && (w.known > 0 || w.follows(pos, 1)) {
		w.lastID = id
	} else if w.known == 0 { // a damaged id: the next one tells, as goesOn has seen
		w.lastID++
		if w.whole(pos+size) && w.follows(pos+size, 1) {
			w.lastID = w.idAt(pos+size) - 1
		}
	}
}

// readRecord fills d.ev from the record at pos.
func (d *Decoder) readRecord(pos, size int, id uint64) {
	d.damage = nil
	d.arena, d.refs = d.arena[:0], d.refs[:0]
	e := &d.ev
	*e = event.Event{
		Source: event.SourceWindows, RecordID: id, HasRecordID: true, Offset: d.at(pos), Names: d.names, Values: e.Values[:0],
	}
	e.Time, e.HasTime = event.FiletimeNanos(binary.LittleEndian.Uint64(d.chunk[pos+16:]))
	d.fragment(pos+recordHeader, pos+size-recordTrailer, roleTop, true, 0)
	if d.budget < 0 {
		d.fail(errBudget)
	}
}

// carve looks for older records in the part of the chunk that is not in use. They are yielded where their content
// can be read; of what cannot nothing is said, as most of this part is expected to be overwritten.
func (w *walker) carve(pos int) {
	d := w.d
	warn, warnings := d.opts.Warn, d.warnings
	d.opts.Warn = nil
	defer func() { d.opts.Warn, d.warnings = warn, warnings }()
	for ; pos < len(d.chunk) && d.budget >= 0 && !w.stopped; pos++ {
		i := bytes.Index(d.chunk[pos:], magicBytes)
		if i < 0 {
			return
		}
		pos += i
		size := wholeRecord(d.chunk, pos)
		if _, copied := slices.BinarySearch(d.opts.Copies, pos); copied || size == 0 {
			continue
		}
		key := w.keyAt(pos)
		if _, ok := w.seen[key]; ok {
			continue
		}
		d.readRecord(pos, size, key.id)
		if len(d.ev.Values) == 0 || !d.ev.HasTime {
			continue
		}
		w.seen[key] = struct{}{}
		d.ev.Carved = true
		if !w.yield(&d.ev) {
			w.stopped = true
		}
		pos += size - 1
	}
}
