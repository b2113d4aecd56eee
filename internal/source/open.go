package source

import (
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"entente/internal/evtx"
)

// File is one log: a file, or a member of an archive.
type File struct {
	Name   string // for messages: the path, and path!member for members of archives; safe to print
	Path   string // on disk, as the input led to it; "-" is standard input
	Size   int64  // in bytes, unpacked; -1 where it is not known
	Format Format
	// ModTime is when the file or the member was last written; zero where that is not known.
	ModTime time.Time

	base   int64      // length of a byte order mark that was left out
	stated bool       // the time is no file's
	whole  []byte     // the stream, where all of it is in memory, during the visit
	times  *timeShift // how far times of the log are from UTC, where that is known before it is read
}

// opener turns files into streams of one recognised format. One goroutine uses it.
type opener struct {
	formats []Format
	as      Format // forced, or nil
	max     int64
	ratio   int64
	raw     *atomic.Int64 // counts bytes read from disk
	ahead   bool          // unpack in a goroutine of its own
	carve   bool          // what a log says it does not use is wanted, too

	// visit reads one log. An error that the stream's reader returned is no reason to return it; an error of visit
	// ends everything.
	visit func(f *File, r io.Reader) error
	skip  func(Skipped)
	warn  func(Warning)

	// What is reused from stream to stream, mostly by depth of nesting.
	whole []byte
	heads [maxNesting + 2][]byte
	gzips [maxNesting + 2]*gzip.Reader
	zstds [maxNesting + 2]*zstd.Decoder
	zips  inflaters
}

// close lets go of the decompressors' memory.
func (o *opener) close() {
	for _, z := range o.zstds {
		if z != nil {
			z.Close()
		}
	}
}

// container is a stream on its way through the containers.
type container struct {
	name  string
	path  string
	size  int64
	named bool
	depth int
	when  time.Time
	// stated says that when is stated, not that of a file.
	stated bool
	r      io.Reader
	at     io.ReaderAt // the same bytes, where they can be read at random
	whole  []byte      // the same bytes, where all of them are in memory
	x      *expansion
}

// rest is what a limit left of an archive.
func (c *container) rest(limit error) Skipped {
	return Skipped{File: c.name, Reason: "the rest of the archive was not read: " + limit.Error(), Named: c.named, Limit: true}
}

// open reads one file, whatever it is packed in. The error is visit's or the context's.
func (o *opener) open(ctx context.Context, e entry) error {
	c := container{name: printable(e.path), path: e.path, size: e.size, named: e.named, when: e.when}
	var (
		f     = os.Stdin
		err   error
		count atomic.Int64
	)
	if e.path != Stdin {
		if f, err = openFile(ctx, e); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			o.skip(Skipped{File: c.name, Reason: whyNot(err), Named: e.named})
			return nil
		}
		defer func() { _ = f.Close() }() // it was only read
	} else {
		c.name = "standard input"
	}
	counted := &countingReader{f: f, total: o.raw, own: &count, size: e.size}
	c.r = counted
	switch {
	case e.size > 0 && !o.ahead: // small: one read, and archives are walked in memory
		if int64(cap(o.whole)) < e.size {
			o.whole = make([]byte, e.size, max(e.size, inlineLen))
		}
		n, err := o.readWhole(f, counted, e.size)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			o.skip(Skipped{File: c.name, Reason: whyNot(err), Named: e.named})
			return nil
		}
		r := bytes.NewReader(o.whole[:n])
		c.r, c.at, c.size, c.whole = r, r, int64(n), o.whole[:n]
	case e.size >= 0:
		c.at = counted
	}
	c.x = &expansion{max: o.max, maxRatio: o.ratio, floor: ratioFloor, packed: func() int64 { return max(e.size, count.Load()) }}
	if e.size < 0 {
		a := readAhead(ctx, counted, true)
		defer a.close()
		c.r = a
	}
	err = o.content(ctx, c)
	o.raw.Add(max(e.size-count.Load(), 0)) // what was skipped counts for the progress too
	return err
}

// readWhole reads a small file into o.whole.
func (o *opener) readWhole(f *os.File, counted *countingReader, size int64) (int, error) {
	buf := o.whole[:size]
	if !o.carve {
		if ok, err := evtx.ReadSparse(f, buf); ok || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			counted.add(size)
			return len(buf), err
		}
	}
	return io.ReadFull(counted, buf)
}

// openFile opens a file. To open a named pipe takes as long as nobody writes to it, so that is not waited for when the
// context is done.
func openFile(ctx context.Context, e entry) (*os.File, error) {
	if e.size >= 0 {
		return openRegular(e.path)
	}
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(e.path)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		return o.f, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// countingReader counts what is read from disk.
type countingReader struct {
	f     *os.File
	total *atomic.Int64
	own   *atomic.Int64
	size  int64 // -1 where it is not known
}

// Read implements [io.Reader].
func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.f.Read(p)
	c.add(int64(n))
	return n, err
}

// ReadAt implements [io.ReaderAt].
func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.f.ReadAt(p, off)
	c.add(int64(n))
	return n, err
}

// add counts n bytes, but none twice for the progress: archives are read in places more than once.
func (c *countingReader) add(n int64) {
	own := c.own.Add(n)
	if c.size >= 0 {
		n = min(n, max(c.size-(own-n), 0))
	}
	c.total.Add(n)
}

// content looks at what a stream holds and either unpacks it or visits it.
func (o *opener) content(ctx context.Context, c container) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	head, err := o.head(&c)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(head) == 0 {
		o.skip(Skipped{File: c.name, Reason: whyEmpty(err), Named: c.named, Limit: errors.Is(err, errBomb)})
		return nil
	}
	if len(head) < sniffLen && blank(head) && bytes.IndexByte(head, 0) < 0 && o.as == nil {
		o.skip(Skipped{File: c.name, Reason: "nothing but white space", Named: c.named})
		return nil
	}
	if c.whole == nil {
		c.r = &headReader{head: head, err: err, r: c.r}
	}

	k, what := kindOf(head)
	if k != kindLog && k != kindOther && c.depth >= maxNesting {
		o.skip(Skipped{File: c.name, Reason: fmt.Sprintf("archives lie in one another deeper than %d", maxNesting), Named: c.named})
		return nil
	}
	switch k {
	case kindGzip:
		return o.gzip(ctx, c)
	case kindZstd:
		return o.zstd(ctx, c)
	case kindBzip2:
		return o.unpacked(ctx, c, "bzip2", bzip2.NewReader(c.r))
	case kindZip:
		return o.zip(ctx, c)
	case kindTar:
		return o.tar(ctx, c)
	case kindOther:
		if o.as == nil {
			o.skip(Skipped{File: c.name, Reason: what, Named: c.named})
			return nil
		}
	case kindLog:
	}
	return o.log(ctx, c, head)
}

// whyEmpty says why there is not a byte in a stream that ended with an error.
func whyEmpty(err error) string {
	_, damaged := errors.AsType[*damage](err)
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return "empty"
	case damaged: // what is packed in blocks can be unpacked in whole blocks alone
		return err.Error() + " before anything of it can be unpacked"
	}
	return whyNot(err)
}

// head returns the start of a stream, to recognise it. Of one that is not in memory it has then been read.
func (o *opener) head(c *container) ([]byte, error) {
	if c.whole != nil {
		return c.whole[:min(len(c.whole), sniffLen)], nil
	}
	if o.heads[c.depth] == nil {
		o.heads[c.depth] = make([]byte, sniffLen)
	}
	return readHead(c.r, o.heads[c.depth])
}

// log recognises the format and visits the stream.
func (o *opener) log(ctx context.Context, c container, head []byte) error {
	if leadingZeroes(head) < 2 || o.as != nil && o.as.Name() == evtxName || o.as == nil && o.eventLog(&c, head) {
		return o.begun(c, head, nil)
	}
	r := c.r
	if c.whole != nil {
		r = bytes.NewReader(c.whole)
	}
	n, rest, r, err := pastZeroes(ctx, r)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && blank(rest):
		reason := "nothing but zero bytes"
		if !errors.Is(err, io.EOF) {
			reason = fmt.Sprintf("nothing but zero bytes in the first %d: %s", n, whyNot(err))
		}
		o.skip(Skipped{File: c.name, Reason: reason, Named: c.named, Limit: errors.Is(err, errBomb)})
		return nil
	}
	behind := c
	behind.r, behind.at, behind.whole = r, nil, nil
	if c.whole == nil {
		c.r = io.MultiReader(io.LimitReader(zeroReader{}, n), r)
	}
	if o.as == nil && (evtx.Sniff(rest) || evtx.SniffDamaged(rest)) {
		return o.visitLog(c)
	}
	return o.begun(behind, rest, &zeroRun{n: n, with: c})
}

// zeroRun is what a stream began with.
type zeroRun struct {
	n    int64
	with container // the stream with them
}

// begun is log for a stream that does not begin with zero bytes, or no longer does.
func (o *opener) begun(c container, head []byte, zeroes *zeroRun) error {
	f := &File{Name: c.name, Path: c.path, Size: c.size, ModTime: c.when, stated: c.stated}
	if zeroes != nil {
		f.base, f.Size = zeroes.n, max(f.Size-zeroes.n, -1)
	}
	r := c.r
	if o.as == nil && !evtx.Sniff(head) || o.as != nil && o.as.Name() != evtxName {
		order, mark := textEncoding(head)
		if o.as == nil && order != nil && mark == 0 && evtx.SniffDamaged(head) {
			// Event logs are full of such text.
			if text, _ := readHead(newUTF16Reader(bytes.NewReader(head), order), make([]byte, sniffLen)); detect(o.formats, text) == nil {
				order = nil
			}
		}
		if mark > 0 {
			if _, err := io.CopyN(io.Discard, r, int64(mark)); err != nil {
				o.skip(Skipped{File: c.name, Reason: "empty", Named: c.named})
				return nil //nolint:nilerr // it is reported
			}
			head, f.base = head[mark:], f.base+int64(mark)
			f.Size = max(f.Size-int64(mark), -1)
		}
		if order != nil {
			f.base, f.Size = 0, -1 // offsets are those of the text as UTF-8
			text := newUTF16Reader(r, order)
			var err error
			head, err = readHead(text, make([]byte, sniffLen))
			r = &headReader{head: head, err: err, r: text}
		}
	}
	if f.Format = o.as; f.Format == nil {
		f.Format = detect(o.formats, head)
	}
	lost := o.resume(f, head, r)
	head = head[lost:]
	if f.Format == nil && zeroes != nil && o.damagedLog(&zeroes.with, head) { // by its name
		return o.visitLog(zeroes.with)
	}
	if f.Format == nil && o.damagedLog(&c, head) {
		f.Format = newEVTX()
	}
	if f.Format == nil {
		o.skip(Skipped{File: c.name, Reason: unknown(head), Named: c.named})
		return nil
	}
	if zeroes != nil {
		warnZeroes(int(zeroes.n), 0, &Env{Warn: func(off int64, msg string) { o.warn(Warning{File: f.Name, Offset: off, Message: msg}) }})
	}
	if lost > 0 {
		o.warn(Warning{File: f.Name, Offset: f.base - int64(lost), Message: headLost(lost)})
	}
	why := headlessReason(f.Format.Name(), head)
	if o.as == nil && f.Format.Name() == textName {
		why = plainReason(c.name, head)
	}
	if why != "" {
		o.warn(Warning{File: f.Name, Offset: -1, Message: why})
	}
	if r == c.r && f.base == 0 {
		f.whole = c.whole
	}
	err := o.visit(f, r)
	f.whole = nil
	return err
}

// visitLog visits a stream that is an event log.
func (o *opener) visitLog(c container) error {
	return o.visit(&File{Name: c.name, Path: c.path, Size: c.size, Format: newEVTX(), ModTime: c.when, stated: c.stated}, c.r)
}

// resume makes a stream one of JSON that is a document without its beginning, and passes over the lost bytes before its first
// record. It returns their number.
func (o *opener) resume(f *File, head []byte, r io.Reader) int {
	switch {
	case f.Format == nil || o.as == nil && f.Format.Name() == textName:
	case o.as != nil && o.as.Name() == jsonFormat{}.Name() && jsonFormat{}.Sniff(head) == 0:
	default:
		return 0
	}
	at := resumeJSON(head)
	if at < 0 {
		return 0
	}
	if _, err := io.CopyN(io.Discard, r, int64(at)); err != nil {
		return 0 // whoever reads on meets it
	}
	f.Format = newJSON()
	f.base, f.Size = f.base+int64(at), max(f.Size-int64(at), -1)
	return at
}

// eventLog says that a stream is an event log, by what it holds.
func (o *opener) eventLog(c *container, head []byte) bool {
	return evtx.SniffDamaged(head) || c.at != nil && evtx.SniffLater(c.at, c.size)
}

// damagedLog says that a stream that no format knows is an event log whose beginning is lost: for its name, for what is
// left of the beginning, or for what stands further on.
func (o *opener) damagedLog(c *container, head []byte) bool {
	name := strings.ToLower(c.name)
	if ext := path.Ext(name); ext == ".gz" || ext == ".zst" || ext == ".bz2" {
		name = strings.TrimSuffix(name, ext)
	}
	return strings.HasSuffix(name, ".evtx") || o.eventLog(c, head)
}

// readHead fills buf as far as the stream goes. The error is what ended it early, [io.EOF] for its end. Readers of
// packed data report a cut as [damage], so that a short read without it is the true end.
func readHead(r io.Reader, buf []byte) (head []byte, err error) {
	n, err := io.ReadFull(r, buf)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return buf[:n], err
}

// headReader gives back what was read to recognise a stream.
type headReader struct {
	head []byte
	err  error // what the read of head ended with
	r    io.Reader
}

// Read implements [io.Reader].
func (h *headReader) Read(p []byte) (int, error) {
	if len(h.head) > 0 {
		n := copy(p, h.head)
		h.head = h.head[n:]
		return n, nil
	}
	if h.err != nil {
		return 0, h.err
	}
	return h.r.Read(p)
}

// unpacked goes on with what a container of a single stream holds.
func (o *opener) unpacked(ctx context.Context, c container, what string, r io.Reader) error {
	r = &wordedReader{r: r, what: what}
	r = c.x.reader(r)
	if o.ahead {
		a := readAhead(ctx, r, false)
		defer a.close()
		r = a
	}
	c.r, c.at, c.whole, c.size = r, nil, nil, -1
	c.depth++
	return o.content(ctx, c)
}

// wordedReader says what is wrong with packed data in words.
type wordedReader struct {
	r    io.Reader
	what string
}

// Read implements [io.Reader].
func (w *wordedReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	switch {
	case err == nil, errors.Is(err, io.EOF):
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = &damage{w.what + " data is cut off"}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errBomb):
	default:
		if _, ok := errors.AsType[*damage](err); !ok {
			err = &damage{w.what + " data is damaged: " + err.Error()}
		}
	}
	return n, err
}

// damage is an error of packed data.
type damage struct{ msg string }

func (d *damage) Error() string { return d.msg }

func (o *opener) gzip(ctx context.Context, c container) error {
	z := o.gzips[c.depth]
	if z == nil {
		z = new(gzip.Reader)
		o.gzips[c.depth] = z
	}
	if err := z.Reset(c.r); err != nil {
		o.skip(Skipped{File: c.name, Reason: "gzip data is damaged at its start", Named: c.named})
		return nil //nolint:nilerr // it is reported
	}
	return o.unpacked(ctx, c, "gzip", z)
}

func (o *opener) zstd(ctx context.Context, c container) error {
	z := o.zstds[c.depth]
	var err error
	if z == nil {
		z, err = zstd.NewReader(c.r, zstdOptions()...)
		o.zstds[c.depth] = z
	} else {
		err = z.Reset(c.r)
	}
	if err != nil {
		o.skip(Skipped{File: c.name, Reason: "zstd data is damaged at its start", Named: c.named})
		return nil //nolint:nilerr // it is reported
	}
	err = o.unpacked(ctx, c, "zstd", z)
	_ = z.Reset(nil) // lets go of the stream; never fails
	return err
}

// printable makes a name from an archive or a disk safe for terminals and logs, and bounds it.
func printable(name string) string {
	const most = 1024
	clean := utf8.ValidString(name) && len(name) <= most
	for _, r := range name {
		if !clean {
			break
		}
		clean = showable(r)
	}
	if clean {
		return name
	}
	var b bytes.Buffer
	for i, r := range name {
		if b.Len() > most {
			b.WriteString("…")
			break
		}
		switch {
		case r == utf8.RuneError:
			_, n := utf8.DecodeRuneInString(name[i:])
			if n == 1 {
				fmt.Fprintf(&b, `\x%02x`, name[i])
				continue
			}
			b.WriteRune(r)
		case showable(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}

// showable leaves out control characters and what turns the direction of text.
func showable(r rune) bool {
	return r == ' ' || unicode.IsGraphic(r) && !unicode.In(r, unicode.Bidi_Control)
}
