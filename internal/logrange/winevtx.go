package logrange

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"entente/internal/evtx"
)

// evtxLogs writes the events of a host to one EVTX file a channel, or all to one stream.
type evtxLogs struct {
	h      *host
	files  [channels]*evtxFile
	one    *evtxFile // WriteOne
	guids  map[*provider]evtx.GUID
	fields map[*shape][]evtx.Field // names filled in; values change with every event
	loose  []evtx.Field            // of shapes without names
	record evtx.Record
}

// evtxFile is a log cut into files where it grows too large for one.
type evtxFile struct {
	name  string
	file  io.Closer
	out   *chunkOutput
	w     *evtx.Writer
	parts int
	last  ticks // time of the last record

	size    int64 // of the header and the whole chunks
	guess   int64 // of what the chunk being filled holds
	counted int64 // what the host has been told so far
}

// evtxLimit is where a file ends and the next one begins, well below the 4 GiB that the format allows.
const evtxLimit = 1 << 30

const (
	evtxHeader = 4 << 10
	evtxChunk  = 64 << 10
)

func newEVTX(h *host) *evtxLogs {
	l := &evtxLogs{h: h, guids: map[*provider]evtx.GUID{}, fields: map[*shape][]evtx.Field{}}
	if h.place.stream != nil {
		l.one = &evtxFile{name: "stream"}
	}
	return l
}

func (l *evtxLogs) fileOf(e *winEvent) *evtxFile {
	if l.one != nil {
		return l.one
	}
	f := l.files[e.channel]
	if f == nil {
		f = &evtxFile{name: l.h.name + "/" + e.channel.fileName() + ".evtx"}
		l.files[e.channel] = f
	}
	return f
}

func (l *evtxLogs) open(f *evtxFile, ch channel) {
	f.parts++
	if f.parts > 1 {
		f.name = l.h.name + "/" + ch.fileName() + "-" + strconv.Itoa(f.parts) + ".evtx"
	}
	out, err := l.h.place.create(f.name)
	if err != nil {
		l.h.fail(err)
		return
	}
	f.file, f.out = out, &chunkOutput{h: l.h, out: out, waiting: map[uint64][]int{}}
	if u, ok := out.(unclosed); ok {
		f.out.out = u.Writer
	}
	if _, ok := f.out.out.(io.Seeker); ok {
		f.w = evtx.NewWriter(f.out)
	} else { // the writer must not think that it can go back to the header
		f.w = evtx.NewWriter(unclosed{f.out})
	}
	f.size, f.guess = evtxHeader, 0
	// The header, and the empty end of the last chunk: half a chunk on average.
	f.counted = f.size + evtxChunk/2
	l.h.reserve(int(f.counted))
	l.h.files = append(l.h.files, f.name)
}

func (l *evtxLogs) write(e *winEvent) {
	if l.h.err != nil {
		return
	}
	f := l.fileOf(e)
	if f.w != nil && l.one == nil && f.size >= evtxLimit {
		l.shut(f)
	}
	if f.w == nil {
		if l.open(f, e.channel); l.h.err != nil {
			return
		}
	}
	l.fill(e)
	f.last = e.time
	err := f.w.Write(&l.record)
	if errors.Is(err, evtx.ErrFull) && l.one != nil {
		l.h.fail(fmt.Errorf("%s: %w", "evtx holds at most 4 GiB in one file: use --out with a folder", err))
		return
	}
	if err != nil {
		l.h.fail(fmt.Errorf("write %s, event %d: %w", f.name, e.id, err))
		return
	}
	l.h.wrote(f.grow(2*len(e.text)+12*len(e.values)+200), 1)
	if l.h.tag != nil {
		at := &WindowsRecord{channelNames[e.channel], int(e.id), e.record}
		if l.one != nil {
			at.Record = f.w.Records()
		}
		f.out.waiting[at.Record] = append(f.out.waiting[at.Record], l.h.note(Truth{Format: EVTX, File: f.name, Windows: at}))
	}
}

// chunkOutput is the file under a writer. It looks into chunks on their way for the records that are planted, whose
// offsets only the finished chunk knows.
type chunkOutput struct {
	h       *host
	out     io.Writer
	at      int64
	waiting map[uint64][]int // record id: places in the host's truth
}

func (o *chunkOutput) Write(b []byte) (int, error) {
	if len(o.waiting) > 0 && len(b) == evtxChunk {
		o.find(b)
	}
	n, err := o.out.Write(b)
	o.at += int64(n)
	return n, err
}

// Seek is for the file header, which the writer completes at the end.
func (o *chunkOutput) Seek(offset int64, whence int) (int64, error) {
	s, ok := o.out.(io.Seeker)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	at, err := s.Seek(offset, whence)
	o.at = at
	return at, err
}

// find walks the records of a chunk: each begins with a mark, its size and its id.
func (o *chunkOutput) find(chunk []byte) {
	const header, record = 512, 24
	for at := header; at+record <= len(chunk); {
		size := int(binary.LittleEndian.Uint32(chunk[at+4:]))
		if string(chunk[at:at+4]) != "**\x00\x00" || size < record {
			return
		}
		id := binary.LittleEndian.Uint64(chunk[at+8:])
		for _, i := range o.waiting[id] {
			o.h.truth[i].Offset = o.at + int64(at)
		}
		delete(o.waiting, id)
		at += size
	}
}

// grow counts a record of about n bytes: exactly where a chunk is done, by guess within one.
func (f *evtxFile) grow(n int) int {
	before := f.size + min(f.guess, evtxChunk)
	if whole := f.w.Size() - evtxChunk; whole > f.size {
		f.size, f.guess = whole, 0
	}
	f.guess += int64(n)
	more := f.size + min(f.guess, evtxChunk) - before
	f.counted += more
	return int(more)
}

// fill puts e into l.record.
func (l *evtxLogs) fill(e *winEvent) {
	g, ok := l.guids[e.provider]
	if !ok && e.provider.guid != "" {
		g = evtx.MustGUID(e.provider.guid)
		l.guids[e.provider] = g
	}
	l.record = evtx.Record{
		Provider: e.provider.name, ProviderGUID: g, EventSourceName: e.provider.source, EventID: e.id, Qualifiers: e.qualifiers,
		Version: e.version, Level: e.level, Task: e.task, Opcode: e.opcode, Keywords: e.keywords, Time: e.time.time(),
		RecordID: e.record, ProcessID: e.pid, ThreadID: e.tid, Channel: channelNames[e.channel], Computer: l.h.fqdn, UserID: e.user,
		UserData: e.userData, UserDataNS: e.userDataNS,
	}
	if l.one != nil {
		l.record.RecordID = 0
	}
	text := string(e.text) // one allocation for all values
	data := l.fieldsOf(e)
	for i := range data {
		v := e.values[i]
		data[i].Value = evtxValue(e.kindOf(i), v.num, text[v.off:v.end])
	}
	l.record.Data = data
}

func (l *evtxLogs) fieldsOf(e *winEvent) []evtx.Field {
	if len(e.fields) == 0 {
		for len(l.loose) < len(e.values) {
			l.loose = append(l.loose, evtx.Field{})
		}
		return l.loose[:len(e.values)]
	}
	data, ok := l.fields[e.shape]
	if !ok {
		for _, f := range e.fields {
			data = append(data, evtx.Field{Name: f.name})
		}
		l.fields[e.shape] = data
	}
	return data
}

func evtxValue(k kind, num uint64, text string) evtx.Value {
	switch k {
	case kindText:
		return evtx.Text(text)
	case kindSID:
		return evtx.SID(text)
	case kindGUID:
		var g evtx.GUID
		for i, j := range [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
			if j >= len(text) {
				break
			}
			g[i] = text[j]
		}
		return g.Value()
	case kindU16:
		return evtx.Uint16(uint16(num))
	case kindU32:
		return evtx.Uint32(uint32(num))
	case kindI32:
		return evtx.Int32(int32(num))
	case kindU64:
		return evtx.Uint64(num)
	case kindHex32:
		return evtx.Hex32(uint32(num))
	case kindHex64:
		return evtx.Hex64(num)
	case kindBool:
		return evtx.Bool(num != 0)
	case kindTime:
		return evtx.Time(ticks(num).time())
	}
	return evtx.Null()
}

func (l *evtxLogs) shut(f *evtxFile) {
	if f.w == nil {
		return
	}
	l.h.bytes += f.w.Size() - f.counted
	if err := f.w.Close(); err != nil {
		l.h.fail(fmt.Errorf("complete %s: %w", f.name, err))
	}
	if err := f.file.Close(); err != nil {
		l.h.fail(fmt.Errorf("close %s: %w", f.name, err))
	}
	if err := l.h.place.date(f.name, f.last); err != nil {
		l.h.fail(err)
	}
	f.w, f.out, f.file = nil, nil, nil
}

func (l *evtxLogs) close() {
	if l.one != nil {
		l.shut(l.one)
	}
	for _, f := range l.files {
		if f != nil {
			l.shut(f)
		}
	}
	l.fields, l.loose, l.record = nil, nil, evtx.Record{} // hosts stay until the whole range is written
}
