package stix

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Reader reads objects from a stream, one at a time: from a bundle, from a TAXII envelope, or one after the other (JSON
// Lines). A list without a bundle is read, too, and ends in an error. It holds one object in memory, however large the stream is. An object that is broken within its brackets costs no
// neighbour.
type Reader struct {
	// Only, where it is set, says of the text of an object whether it is wanted. Of one that is not, [Reader.Next] gives an
	// Entry without Object and without Err, at the price of finding its end. It must not keep the text.
	Only func(text []byte) bool

	r   io.Reader
	lim Limits
	buf []byte // what was read and not yet passed
	at  int    // where in buf
	off int64  // where buf begins in the stream
	eof bool
	err error

	inList   bool   // within the objects of a bundle
	bare     bool   // the list stands alone, without a bundle around it
	index    int    // of the next object of the list
	values   int    // values at the top that were begun
	envelope []byte // the bundle so far, without its objects
}

// Entry is what [Reader.Next] found.
type Entry struct {
	// Object is what was read; nil when Err is set.
	Object *Object
	// Bundle says that Object is what stands around the objects of a bundle (or of an envelope), which came before it:
	// everything but the property objects.
	Bundle bool
	// Pointer is the JSON pointer of the object in its text: "" or "/objects/12". Where a stream holds several texts,
	// Text counts them from 0.
	Pointer string
	Text    int
	// Err is why this one object cannot be read, a [*SyntaxError] with the offset in the stream.
	Err error
}

// NewReader reads from r.
func NewReader(r io.Reader, lim Limits) *Reader {
	return &Reader{r: r, lim: lim.orDefaults()}
}

// Next gives the next object. The error is io.EOF at the end, a [*SyntaxError] where the text is broken in such a way that
// nothing after the place can be told, or the error of the stream; each is final.
func (r *Reader) Next() (Entry, error) {
	if r.err != nil {
		return Entry{}, r.err
	}
	e, err := r.next()
	if err != nil {
		r.err = err
	}
	return e, err
}

func (r *Reader) next() (Entry, error) {
	if r.inList {
		return r.nextInList()
	}
	if r.off == 0 && r.at == 0 {
		r.mark()
		if bytes.HasPrefix(r.buf, []byte("\xef\xbb\xbf")) {
			r.at = 3
		}
	}
	c, err := r.token()
	if err != nil {
		return Entry{}, err // io.EOF too
	}
	if c != '{' && c != '[' {
		return Entry{}, r.errorf("an object is needed, not %q", c)
	}
	r.values++
	r.index = 0
	r.envelope = nil
	if c == '[' {
		r.at++
		r.inList, r.bare = true, true
		return r.nextInList()
	}
	return r.top()
}

// mark fills the buffer a first time.
func (r *Reader) mark() {
	for len(r.buf) < 3 && !r.eof {
		if r.fill() != nil {
			return // token meets the error again
		}
	}
}

func (r *Reader) errorf(format string, args ...any) error {
	return &SyntaxError{Offset: r.off + int64(r.at), Reason: fmt.Sprintf(format, args...)}
}

// ended turns the end of the stream within a value into an error that says so.
func (r *Reader) ended(err error) error {
	if errors.Is(err, io.EOF) {
		return r.errorf("the text ends before the object does: it was cut off")
	}
	return err
}

// fill reads more. What was passed before keep makes room.
func (r *Reader) fill() error {
	if r.eof {
		return io.EOF
	}
	if len(r.buf) == cap(r.buf) {
		bigger := make([]byte, len(r.buf), max(64<<10, 2*cap(r.buf)))
		copy(bigger, r.buf)
		r.buf = bigger
	}
	for range 100 {
		n, err := r.r.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		if errors.Is(err, io.EOF) {
			r.eof = true
			if n > 0 {
				return nil
			}
			return io.EOF
		}
		if err != nil {
			return fmt.Errorf("read objects: %w", err)
		}
		if n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

// drop forgets what stands before at.
func (r *Reader) drop() {
	if r.at == 0 {
		return
	}
	if r.at < len(r.buf) && r.at < cap(r.buf)/2 {
		return // moving is dear: wait until half is passed
	}
	n := copy(r.buf, r.buf[r.at:])
	r.off += int64(r.at)
	r.buf, r.at = r.buf[:n], 0
}

// peekAt is the byte at a place in buf.
func (r *Reader) peekAt(i int) (byte, error) {
	for i >= len(r.buf) {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	return r.buf[i], nil
}

// spaceFrom passes white space from i on, and gives the place and the byte after it.
func (r *Reader) spaceFrom(i int) (int, byte, error) {
	for {
		c, err := r.peekAt(i)
		if err != nil {
			return i, 0, err
		}
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return i, c, nil
		}
		i++
	}
}

// token passes white space and forgets it: there is no end to how much may stand between two objects.
func (r *Reader) token() (byte, error) {
	for {
		for r.at < len(r.buf) {
			c := r.buf[r.at]
			if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
				return c, nil
			}
			r.at++
		}
		r.off += int64(r.at)
		r.buf, r.at = r.buf[:0], 0
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
}

// skip gives the end of the value that begins at i. It sees brackets and strings alone.
func (r *Reader) skip(i int) (end int, err error) {
	end, err = r.skipValue(i)
	if err == nil && end-i > r.lim.Size {
		err = r.errorf("the object is larger than %d bytes", r.lim.Size)
	}
	return end, err
}

func (r *Reader) skipValue(i int) (int, error) {
	start, depth := i, 0
	for {
		if i-start > r.lim.Size {
			return i, r.errorf("the object is larger than %d bytes", r.lim.Size)
		}
		if _, err := r.peekAt(i); err != nil {
			return i, r.ended(err)
		}
		for buf := r.buf; i < len(buf); i++ {
			switch buf[i] {
			case '"':
				end, err := r.skipString(i, start)
				if err != nil || depth == 0 {
					return end, err
				}
				i, buf = end-1, r.buf
			case '{', '[':
				depth++
			case '}', ']':
				if depth == 0 {
					return i, nil
				}
				if depth--; depth == 0 {
					return i + 1, nil
				}
			case ',', ' ', '\n', '\t', '\r':
				if depth == 0 {
					return i, nil
				}
			}
		}
	}
}

// skipString gives the end of the string that begins at i, within a value that begins at start.
func (r *Reader) skipString(i, start int) (int, error) {
	for i++; ; {
		if i-start > r.lim.Size {
			return i, r.errorf("the object is larger than %d bytes", r.lim.Size)
		}
		if _, err := r.peekAt(i); err != nil {
			return i, r.ended(err)
		}
		for buf := r.buf; i < len(buf); i++ {
			if c := buf[i]; c == '"' {
				return i + 1, nil
			} else if c == '\\' {
				i++
			}
		}
	}
}

// top reads the object at hand up to its end, or up to the list of objects that it holds.
func (r *Reader) top() (Entry, error) {
	i := r.at + 1
	kind := ""
	for first := true; ; first = false {
		at, c, err := r.spaceFrom(i)
		if err != nil {
			return Entry{}, r.ended(err)
		}
		if c == '}' {
			return r.take(at+1, "", false), nil
		}
		if c == ',' && !first {
			if at, c, err = r.spaceFrom(at + 1); err != nil {
				return Entry{}, r.ended(err)
			}
		}
		if c != '"' {
			// Not JSON: its end is where the brackets close, and the parser says what is wrong.
			end, err := r.skip(r.at)
			if err != nil {
				return Entry{}, err
			}
			return r.take(end, "", false), nil
		}
		end, err := r.skipString(at, at)
		if err != nil {
			return Entry{}, err
		}
		key := string(r.buf[at+1 : end-1])
		colon, c, err := r.spaceFrom(end)
		if err != nil {
			return Entry{}, r.ended(err)
		}
		value := colon
		if c == ':' {
			if value, c, err = r.spaceFrom(colon + 1); err != nil {
				return Entry{}, r.ended(err)
			}
		}
		if key == "objects" && c == '[' && (kind == "" || kind == "bundle") {
			r.envelope = bytes.Clone(r.buf[r.at:at])
			r.at = value + 1
			r.inList = true
			return r.nextInList()
		}
		if i, err = r.skip(value); err != nil {
			return Entry{}, err
		}
		if i == value {
			i++ // a stray bracket: the parser says so
		}
		if i-r.at > r.lim.Size {
			return Entry{}, r.errorf("the object is larger than %d bytes", r.lim.Size)
		}
		if key == "type" && c == '"' {
			kind = string(r.buf[value+1 : i-1])
		}
	}
}

// take parses what stands from at up to end, and goes on after it.
func (r *Reader) take(end int, pointer string, bundle bool) Entry {
	var e Entry
	off := r.off + int64(r.at)
	if text := r.buf[r.at:end]; r.Only == nil || r.Only(text) {
		e = parseEntry(bytes.Clone(text), r.lim, off)
	}
	r.at = end
	r.drop()
	e.Pointer, e.Bundle, e.Text = pointer, bundle, r.values-1
	return e
}

func parseEntry(raw []byte, lim Limits, off int64) (e Entry) {
	e.Object, e.Err = Parse(raw, lim)
	if s, ok := errors.AsType[*SyntaxError](e.Err); ok {
		e.Err = &SyntaxError{Offset: s.Offset + off, Pointer: s.Pointer, Reason: s.Reason}
	}
	return e
}

func (r *Reader) nextInList() (Entry, error) {
	c, err := r.token()
	if err != nil {
		return Entry{}, r.ended(err)
	}
	if c == ',' && r.index > 0 {
		r.at++
		if c, err = r.token(); err != nil {
			return Entry{}, r.ended(err)
		}
		if c == ']' {
			return Entry{}, r.errorf("there is a comma, but no object after it")
		}
	} else if r.index > 0 && c != ']' {
		return Entry{}, r.errorf("the list of objects goes on with `,` or ends with `]`")
	}
	if c == ']' {
		if r.inList = false; r.bare {
			err := r.errorf("a list alone is no STIX: put it into {\"type\":\"bundle\",\"id\":…,\"objects\":[…]}")
			r.bare = false
			r.at++
			return Entry{Text: r.values - 1, Err: err}, nil
		}
		r.at++
		return r.rest()
	}
	end, err := r.skip(r.at)
	if err != nil {
		return Entry{}, err
	}
	if end == r.at {
		return Entry{}, r.errorf("an object is needed, not %q", c)
	}
	pointer := fmt.Sprintf("/objects/%d", r.index)
	if r.bare {
		pointer = fmt.Sprintf("/%d", r.index)
	}
	r.index++
	return r.take(end, pointer, false), nil
}

// rest reads what follows the objects of a bundle, and gives what stood around them.
func (r *Reader) rest() (Entry, error) {
	off := r.off + int64(r.at)
	if r.index == 0 { // an empty list: let the check see it
		r.envelope = append(r.envelope, `"objects":[]`...)
	} else {
		r.envelope = bytes.TrimRight(r.envelope, " \n\t\r")
		r.envelope = bytes.TrimSuffix(r.envelope, []byte(","))
	}
	open := r.index > 0 && len(r.envelope) == 1 // nothing stood before the objects
	i := r.at
	for {
		at, c, err := r.spaceFrom(i)
		if err != nil {
			return Entry{}, r.ended(err)
		}
		if c == '}' {
			i = at + 1
			break
		}
		if c == ',' {
			at++
		}
		if i, err = r.skip(at); err != nil {
			return Entry{}, err
		}
		if i == at {
			if i++; i-r.at > r.lim.Size {
				return Entry{}, r.errorf("the object is larger than %d bytes", r.lim.Size)
			}
		}
	}
	tail := r.buf[r.at:i]
	if open {
		tail = bytes.TrimLeft(tail, " \n\t\r")
		tail = bytes.TrimPrefix(tail, []byte(","))
	}
	raw := append(r.envelope, tail...)
	r.envelope = nil
	r.at = i
	r.drop()
	e := parseEntry(raw, r.lim, max(0, off-int64(len(raw))))
	e.Bundle, e.Text = true, r.values-1
	if e.Err == nil && e.Object.tree.child(0, "objects") >= 0 && r.index > 0 {
		e = Entry{Bundle: true, Text: r.values - 1, Err: &SyntaxError{Offset: off, Reason: `the property "objects" stands twice in one object: keep one`}}
	}
	return e, nil
}
