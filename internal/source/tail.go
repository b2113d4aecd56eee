package source

import (
	"bytes"
	"compress/bzip2"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Kind is what the beginning of a file says about how it can be followed while it grows.
type Kind uint8

// The kinds.
const (
	// KindUnknown: it is too short to tell, or empty.
	KindUnknown Kind = iota
	// KindLines is text whose records can be read as they are appended; see [Tail].
	KindLines
	// KindEVTX is a Windows event log, of chunks.
	KindEVTX
	// KindPacked is one packed stream: gzip, zstd or bzip2. What is in it may be lines.
	KindPacked
	// KindWhole can only be read as a whole: an archive, a document of JSON, text in UTF-16.
	KindWhole
	// KindOther is no log.
	KindOther
)

// HeadLen is how many bytes of a file's beginning [KindOf] wants to see, if there are so many.
const HeadLen = sniffLen

// KindOf tells how the file can be followed that begins with head. whole says that head is all of it. For KindLines tail
// reads its records, and mark is the length of the byte order mark that is no part of them; for KindOther why says what it
// is. as is the format asked for, "" recognises it by content.
func KindOf(head []byte, as string, whole bool) (k Kind, tail *Tail, mark int, why string) {
	if len(head) == 0 {
		return KindUnknown, nil, 0, "empty"
	}
	switch kind, what := kindOf(head); kind {
	case kindGzip, kindZstd, kindBzip2:
		return KindPacked, nil, 0, ""
	case kindZip, kindTar:
		return KindWhole, nil, 0, ""
	case kindOther:
		if as == "" {
			return KindOther, nil, 0, what
		}
	case kindLog:
	}
	if as == evtxName {
		return KindEVTX, nil, 0, ""
	}
	order, mark := textEncoding(head)
	if order != nil {
		return KindWhole, nil, 0, ""
	}
	head = head[mark:]
	if n := leadingZeroes(head); n > 1 && n < len(head) && mark == 0 {
		head = head[n:] // readers pass over them
	}
	f := formatNamed(as)
	if f == nil {
		f = detect(newFormats(), head)
	}
	if (f == nil || as == "" && f.Name() == textName) && resumeJSON(head) >= 0 {
		return KindWhole, nil, 0, ""
	}
	switch {
	case f == nil && !whole && len(head) < sniffLen:
		return KindUnknown, nil, 0, unknown(head)
	case f == nil:
		return KindOther, nil, 0, unknown(head)
	case f.Name() == evtxName:
		return KindEVTX, nil, 0, ""
	}
	t := newTail(f, head)
	if t == nil {
		return KindWhole, nil, 0, ""
	}
	return KindLines, t, mark, ""
}

func formatNamed(name string) Format {
	if name == "" {
		return nil
	}
	f, err := ByName(name)
	if err != nil {
		return nil
	}
	return f
}

// Tail reads a log of lines piece by piece: it knows where a piece may end, and what of the earlier pieces is needed to
// understand the next one. One goroutine uses it.
type Tail struct {
	format Format
	cut    cutter
	// idle is cut for a log to which nothing is being added: what it holds back may be taken then.
	idle cutter
	// learn returns what has to stand before the piece after one, given what stood before that.
	learn func(before, piece []byte) []byte
	// before is what has to stand before the next piece.
	before []byte
	times  *tailTimes // nil for logs whose times are known to be UTC
}

// newTail returns how a log of the format is followed, nil where it can only be read as a whole.
func newTail(f Format, head []byte) *Tail {
	t := &Tail{format: f, cut: lastLine, idle: lastLine}
	switch f := f.(type) {
	case w3cFormat, zeekFormat:
		t.learn = learnDirectives
	case exchangeFormat:
		t.cut = csvCutter(',', true)
		t.idle = t.cut
		t.learn = learnExchange
	case csvFormat:
		h, _ := findCSVHeader(head, false)
		if h == nil {
			t.cut = func([]byte) int { return 0 } // only a part of the header so far
		} else {
			t.cut = csvCutter(h.delim, false)
		}
		t.idle = t.cut
		t.learn = learnCSV
		t.times = &tailTimes{table: true}
		t.times.look(nil, head)
	case auditdFormat:
		j := newAuditJoiner(f.window, locateAudit)
		t.cut = j.cutOpen
	case syslogFormat:
		if framed(head) {
			t.cut, t.idle = frameCut, frameCut
			break
		}
		j := newAuditJoiner(f.window, locateSyslogAudit)
		t.cut = j.cutOpen
	case winXMLFormat:
		t.cut = func(buf []byte) int {
			if i := bytes.LastIndex(buf, []byte(endOfEvent)); i >= 0 {
				return i + len(endOfEvent)
			}
			return 0
		}
		t.idle = t.cut
	case jsonFormat:
		if !oneLineEach(head) {
			return nil
		}
		t.times = &tailTimes{}
		t.times.look(nil, head)
	case evtxFormat:
		return nil
	}
	return t
}

// Format is the log's format.
func (t *Tail) Format() Format { return t.format }

// Cut returns how much of buf, which begins where a record does, is whole records. idle says that nothing has been added
// to the log for a while: what a record that is being written would look like is one then, all of buf where it ends
// without the end of a line.
func (t *Tail) Cut(buf []byte, idle bool) int {
	if !idle {
		return t.cut(buf)
	}
	if n := t.idle(buf); n > 0 {
		return n
	}
	return len(buf)
}

// Piece returns a stream that reads piece as the part of the file that begins at off, and notes what later pieces need.
func (t *Tail) Piece(f *File, piece []byte, off int64) Stream {
	f.Format = t.format
	if t.times != nil {
		t.times.look(t.before, piece)
		f.times = t.times.next()
	}
	before := t.before
	s := Stream{File: f, Text: io.MultiReader(bytes.NewReader(before), bytes.NewReader(piece)), Base: off - int64(len(before))}
	if t.learn != nil {
		t.before = t.learn(before, piece)
	}
	return s
}

// Before is what has to stand before the next piece: the lines that name its columns, say. It is never changed.
func (t *Tail) Before() []byte { return t.before }

// Resume sets what has to stand before the next piece, as Before returned it at that place of the log.
func (t *Tail) Resume(before []byte) { t.before = before }

// ResumeTail returns how a log is followed of which this much is known: the name of its format, and what has to stand
// before its next piece. head is how the log begins. ok is false where there is no such format, or none that is followed by
// lines.
func ResumeTail(format string, before, head []byte) (t *Tail, ok bool) {
	f := formatNamed(format)
	if f == nil {
		return nil, false
	}
	if t = newTail(f, head); t == nil {
		return nil, false
	}
	t.before = before
	return t, true
}

// maxBefore bounds what has to stand before a piece: thirty lines of the longest kind.
const maxBefore = 2 << 20

// learnDirectives keeps the last line of each directive.
func learnDirectives(before, piece []byte) []byte {
	out := before
	for i := 0; i < len(piece); {
		n := bytes.IndexByte(piece[i:], '#')
		if n < 0 {
			break
		}
		i += n
		if i > 0 && piece[i-1] != '\n' && piece[i-1] != 0 {
			i++
			continue
		}
		end := lineEnd(piece, i)
		out = withDirective(out, piece[i:end])
		i = end
	}
	return out
}

// withDirective replaces the line in a list of directives that has the same name, or appends it.
func withDirective(list, line []byte) []byte {
	name := directiveName(line)
	var out []byte
	for at := 0; at < len(list); {
		end := min(lineEnd(list, at)+1, len(list))
		if !bytes.EqualFold(directiveName(list[at:end]), name) {
			out = append(out, list[at:end]...)
		}
		at = end
	}
	line = trimLineEnd(line)
	if len(line) > maxHeaderLine || len(out)+len(line) > maxBefore {
		return out
	}
	return append(append(out, line...), '\n')
}

// directiveName is what a directive begins with, up to the colon, blank or tab.
func directiveName(line []byte) []byte {
	line = trimLineEnd(line)
	if i := bytes.IndexAny(line, ": \t"); i >= 0 {
		return line[:i]
	}
	return line
}

// learnExchange keeps directives, and the row of names that stands in for them.
func learnExchange(before, piece []byte) []byte {
	h, _ := exchangeDirectives(&directives{}, before, nil)
	next, _ := exchangeDirectives(h, piece, nil)
	if next == h {
		return before
	}
	var b bytes.Buffer
	for _, d := range [...]struct{ name, value string }{
		{"Software", next.software}, {"Log-type", next.logType}, {"Date", next.date}, {"Fields", next.fields},
	} {
		if d.value != "" {
			fmt.Fprintf(&b, "#%s: %s\n", d.name, d.value)
		}
	}
	return b.Bytes()
}

// learnCSV keeps the header, which is in the first piece.
func learnCSV(before, piece []byte) []byte {
	if len(before) > 0 {
		return before
	}
	if h, _ := findCSVHeader(piece, true); h != nil && h.end <= maxBefore {
		return bytes.Clone(piece[:h.end])
	}
	return nil
}

const (
	// openReach is how far behind the last line of an audit event other lines may stand while it is still held back.
	openReach = 4 << 10
	// openLook is how much of the end of a buffer cutOpen looks at.
	openLook = 1 << 20
)

// cutOpen is cut for a log that is being written: it holds back the last audit event, to which lines may still come, and
// not all events that could have lines apart.
func (j *auditJoiner) cutOpen(buf []byte) int {
	whole := lastLine(buf)
	if whole == 0 {
		return 0
	}
	from := 0
	if whole > openLook {
		from = whole - openLook
		from = min(lineEnd(buf[:whole], from)+1, whole)
	}
	j.join(buf[from:whole])
	if j.recent < 0 {
		return whole
	}
	end := &j.lines[j.lines[j.recent].last]
	if whole-from-int(end.end) > openReach || auditEnds(buf[from+int(end.start):from+int(end.end)]) {
		return whole
	}
	// Up to the last place before it that no event has lines on both sides of.
	best, open := from, int32(0)
	for i := range j.lines[:j.recent+1] {
		l := &j.lines[i]
		if int32(i) >= open {
			best = from + int(l.start)
		}
		if !l.follows {
			open = max(open, l.last+1)
		}
	}
	return best
}

// auditEnds says that a line ends an audit event.
func auditEnds(line []byte) bool {
	return bytes.HasPrefix(line, []byte("type=EOE ")) || bytes.Contains(line, []byte(" type=EOE "))
}

// Unpack returns what is packed in r, whose beginning is head: gzip, zstd or bzip2. size is how large the packed file is,
// which with the limits of o bounds what it may unpack to. close lets go of memory.
func Unpack(r io.Reader, head []byte, size int64, o *Options) (unpacked io.Reader, closer func(), err error) {
	closer = func() {}
	switch k, _ := kindOf(head); k {
	case kindGzip:
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, &damage{"gzip data is damaged at its start"}
		}
		unpacked = &wordedReader{r: z, what: "gzip"}
	case kindZstd:
		z, err := zstd.NewReader(r, zstdOptions()...)
		if err != nil {
			return nil, nil, &damage{"zstd data is damaged at its start"}
		}
		unpacked, closer = &wordedReader{r: z, what: "zstd"}, z.Close
	case kindBzip2:
		unpacked = &wordedReader{r: bzip2.NewReader(r), what: "bzip2"}
	default:
		return nil, nil, fmt.Errorf("the file is not packed")
	}
	x := &expansion{
		max: limit(o.MaxUnpacked, DefaultMaxUnpacked), maxRatio: limit(o.MaxRatio, DefaultMaxRatio), floor: ratioFloor,
		packed: func() int64 { return size },
	}
	return x.reader(unpacked), closer, nil
}
