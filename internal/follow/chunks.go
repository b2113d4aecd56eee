package follow

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"

	"entente/internal/source"
)

// The layout of an event log as far as it matters here ([MS-EVEN6], and the format as it is known): a file header of
// 4 KiB, then chunks of 64 KiB: a header of 512 bytes, then records one behind the other. A record begins with a magic
// number, its size and its number, and ends with its size again, which is written last.
const (
	logHeaderLen   = 4 << 10
	chunkLen       = 64 << 10
	chunkHeaderLen = 512
	recordMagic    = 0x00002a2a
	recordLeast    = 28
	// keyLen is how much of a chunk's first record tells chunks apart: its header and some of its content.
	keyLen = 256
	// probeLen is how much is looked at behind the last record read.
	probeLen = 32
)

var (
	logMagic    = []byte("ElfFile\x00")
	chunkMagic  = []byte("ElfChnk\x00")
	recordStart = binary.LittleEndian.AppendUint32(nil, recordMagic)
)

// regular says that an event log has its chunks where they belong. One that has not is damaged, or a piece of a log, and
// read as a whole.
func regular(h io.ReaderAt, size int64) bool {
	b, err := readFull(h, make([]byte, len(logMagic)), 0)
	if err != nil || !bytes.Equal(b, logMagic) {
		return false
	}
	for at := int64(logHeaderLen); at < size; at += chunkLen {
		if b, err = readFull(h, b[:len(chunkMagic)], at); err != nil {
			return false
		}
		if !bytes.Equal(b, chunkMagic[:len(b)]) && !allZero(b) {
			return false
		}
	}
	return true
}

// eventLog reads the records that have come into the chunks of an event log.
func (f *Follower) eventLog(e *entry, now *fileNow) error {
	h, err := os.Open(now.path)
	if err != nil {
		f.unreadable(now, err)
		return nil
	}
	defer h.Close() //nolint:errcheck // only read
	current, err := statFile(now.path, h)
	if err != nil || current.id != e.ID {
		f.waiting++
		return nil
	}
	now = &current
	if e.headers == nil {
		e.headers = map[int64]digest{}
	}
	look := make([]byte, chunkHeaderLen+probeLen)
	for at := int64(logHeaderLen); at < now.size; at += chunkLen {
		// Nothing has come into a chunk whose header is as it was, and what stands behind the last record read. (Windows
		// writes the header later than the records.)
		b, err := readFull(h, look[:chunkHeaderLen], at)
		if err == nil && allZero(b) {
			continue // never used
		}
		if err == nil {
			var probe []byte
			probe, err = readFull(h, look[len(b):len(b)+probeLen], at+int64(max(e.chunks[at].Done, chunkHeaderLen)))
			b = look[:len(b)+len(probe)]
		}
		if err != nil {
			f.unreadable(now, err)
			return nil
		}
		sum := digestOf(b)
		if e.headers[at] == sum {
			continue
		}
		chunk, err := readFull(h, make([]byte, chunkLen), at)
		if err != nil {
			f.unreadable(now, err)
			return nil
		}
		whole, err := f.chunk(e, now, at, chunk)
		if err != nil {
			return err
		}
		if f.entries[e.Number] != e {
			return nil
		}
		delete(e.headers, at)
		if whole {
			// As it looks from now on, with the place behind what was read.
			done := max(e.chunks[at].Done, chunkHeaderLen)
			e.headers[at] = digestOf(append(chunk[:min(chunkHeaderLen, len(chunk)):min(chunkHeaderLen, len(chunk))], chunk[min(done, len(chunk)):min(done+probeLen, len(chunk))]...))
		}
	}
	return nil
}

// chunk reads the new records of one chunk. done says that nothing of it is waited for.
func (f *Follower) chunk(e *entry, now *fileNow, at int64, chunk []byte) (done bool, err error) {
	if len(chunk) < chunkHeaderLen+recordLeast {
		f.waiting++
		return false, nil
	}
	if !bytes.HasPrefix(chunk, chunkMagic) {
		f.waiting++ // it is being written
		return false, nil
	}
	key := keyOf(chunk)
	_, _, ok := recordAt(chunk, chunkHeaderLen)
	from := chunkHeaderLen
	if m, known := e.chunks[at]; known && m.Key == key {
		from = m.Done
	} else if ref, known := f.byKey[key]; known {
		from = f.copied(ref, key, chunk)
	}
	to := recordsEnd(chunk, from)
	if !ok && to <= from {
		f.waiting++ // its first record is being written
		return false, nil
	}
	done = to >= usedUpTo(chunk) && !bytes.HasPrefix(chunk[to:], recordStart)
	if !done {
		f.waiting++
	}
	mark := chunkMark{At: at, Key: key, Done: to, Sum: sumOfRecords(chunk, to)}
	if e.chunks[at] == mark {
		return done, nil
	}
	f.setChunk(e, mark)
	if to == from || f.passOver() {
		f.batch.after(func() { e.changed = append(e.changed, mark); e.mark() })
		return done, nil
	}
	file := &source.File{Name: source.Printable(now.path), Path: now.path, Size: now.size, ModTime: timeOf(now.mod), Format: evtxFormat()}
	x := &extract{from: at + int64(from), to: at + int64(to), chunk: at, settled: from == chunkHeaderLen && done && f.settled(now)}
	s := source.Stream{File: file, Blocks: []source.Block{{Offset: at, Data: chunk}}}
	return done, f.batch.add(s, x, int64(len(chunk)), func() { e.changed = append(e.changed, mark); e.mark() })
}

// chunkRef says where a chunk was read.
type chunkRef struct {
	e  *entry
	at int64
}

// copied returns how far a chunk is a copy of one that was read elsewhere and begins alike.
func (f *Follower) copied(ref chunkRef, key uint64, chunk []byte) int {
	m := ref.e.chunks[ref.at]
	if m.Key != key {
		return chunkHeaderLen
	}
	if m.Done <= len(chunk) && sumOfRecords(chunk, m.Done) == m.Sum {
		return m.Done
	}
	// A copy from when there were fewer records?
	to := recordsEnd(chunk, chunkHeaderLen)
	if to >= m.Done || ref.e.orphan() {
		return chunkHeaderLen
	}
	h, err := os.Open(ref.e.Path)
	if err != nil {
		return chunkHeaderLen
	}
	defer h.Close() //nolint:errcheck // only read
	own, err := readFull(h, make([]byte, to), ref.at)
	if err != nil || len(own) < to || !bytes.Equal(own[chunkHeaderLen:], chunk[chunkHeaderLen:to]) {
		return chunkHeaderLen
	}
	return to
}

// sumOfRecords is a hash of a chunk's records up to a place.
func sumOfRecords(chunk []byte, to int) uint64 {
	d := digestOf(chunk[chunkHeaderLen:to])
	return binary.LittleEndian.Uint64(d[:])
}

// recordsEnd returns where the last whole record ends that lies behind from, or from where there is none. What is damaged
// counts if a whole record with a higher number follows; what is left of an older chunk, whose numbers are lower, does
// not, nor what is still being written.
func recordsEnd(chunk []byte, from int) int {
	end, last := chunkHeaderLen, uint64(0)
	for pos := chunkHeaderLen; pos+recordLeast <= len(chunk); {
		size, number, ok := recordAt(chunk, pos)
		if ok && (last == 0 || number > last) {
			pos += size
			end, last = pos, number
			continue
		}
		pos = (pos + 8) &^ 7
		if pos >= len(chunk) {
			break
		}
		n := bytes.Index(chunk[pos:], recordStart)
		if n < 0 {
			break
		}
		pos = (pos + n + 7) &^ 7
	}
	return max(from, end)
}

// recordAt reads a record's frame. ok says that the record is whole.
func recordAt(chunk []byte, pos int) (size int, number uint64, ok bool) {
	b := chunk[pos:]
	if len(b) < recordLeast || binary.LittleEndian.Uint32(b) != recordMagic {
		return 0, 0, false
	}
	n := binary.LittleEndian.Uint32(b[4:])
	if n < recordLeast || uint64(n) > uint64(len(b)) || binary.LittleEndian.Uint32(b[n-4:]) != n {
		return 0, 0, false
	}
	return int(n), binary.LittleEndian.Uint64(b[8:]), true
}

// keyOf tells a chunk by its first record.
func keyOf(chunk []byte) uint64 {
	size := min(keyLen, len(chunk)-chunkHeaderLen)
	if n, _, ok := recordAt(chunk, chunkHeaderLen); ok {
		size = min(size, n)
	}
	d := digestOf(chunk[chunkHeaderLen : chunkHeaderLen+size])
	return binary.LittleEndian.Uint64(d[:])
}

// usedUpTo is where the chunk's header says that its records end.
func usedUpTo(chunk []byte) int {
	if !bytes.HasPrefix(chunk, chunkMagic) {
		return 0
	}
	n := binary.LittleEndian.Uint32(chunk[48:])
	if n < chunkHeaderLen || n > chunkLen {
		return 0
	}
	return int(n)
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// setChunk notes how far a chunk was read, for its file and for copies of it.
func (f *Follower) setChunk(e *entry, m chunkMark) {
	if old, ok := e.chunks[m.At]; ok {
		f.dropChunk(e, old)
	} else {
		f.chunks++
	}
	e.chunks[m.At] = m
	if ref, ok := f.byKey[m.Key]; !ok || ref.e.chunks[ref.at].Done < m.Done {
		f.byKey[m.Key] = chunkRef{e, m.At}
	}
	if f.chunks > maxChunks {
		f.shedChunks(e)
	}
}

func (f *Follower) dropChunk(e *entry, m chunkMark) {
	if f.byKey[m.Key] == (chunkRef{e, m.At}) {
		delete(f.byKey, m.Key)
	}
}

// shedChunks forgets the event logs that have been gone longest.
func (f *Follower) shedChunks(keep *entry) {
	for f.chunks > maxChunks {
		var oldest *entry
		for _, e := range f.entries {
			if e != keep && e.How == asEVTX && !e.present && (oldest == nil || e.Seen < oldest.Seen || e.Seen == oldest.Seen && e.Number < oldest.Number) {
				oldest = e
			}
		}
		if oldest == nil {
			return // all of them are there: they have to be remembered
		}
		f.forget(oldest)
	}
}

// evtxFormat is the format of event logs.
func evtxFormat() source.Format {
	f, err := source.ByName("evtx")
	if err != nil {
		panic(err) // the package has it
	}
	return f
}
