package source

import (
	"bytes"
)

// This file finds records in JSON that is not one record a line: arrays, pretty-printed and concatenated objects, and
// wrappers around an array of records. It looks no closer than it must to tell where a record ends, and to notice that
// one is damaged before it swallows its neighbours.

// skim walks over the object at b[i], however deep it is nested. end is the index after it. Where that is -1, bad is
// the index of what cannot be JSON, or -1 where the object only goes on beyond b.
func skim(b []byte, i int) (end, bad int) {
	var (
		shallow [4]uint64
		stack   = shallow[:] // one bit a level: it is an object
		depth   int
		want    = wantValue
	)
	for i < len(b) {
		switch c := b[i]; c {
		case ' ', '\n', '\r', '\t':
			i++
			continue
		case '"':
			if want != wantValue && want != wantKey {
				return -1, i
			}
			e, _ := stringEnd(b, i+1)
			if e < 0 {
				return -1, -1
			}
			i = e + 1
			if want == wantKey {
				want = wantColon
			} else {
				want = wantComma
			}
		case ':':
			if want != wantColon {
				return -1, i
			}
			want = wantValue
			i++
		case ',':
			if want != wantComma || depth == 0 {
				return -1, i
			}
			want = wantValue
			if stack[(depth-1)/64]>>((depth-1)%64)&1 != 0 {
				want = wantKey
			}
			i++
		case '{', '[':
			if want != wantValue {
				return -1, i
			}
			if depth == 64*len(stack) {
				stack = append(stack, 0)
			}
			mask := uint64(1) << (depth % 64)
			if c == '{' {
				stack[depth/64] |= mask
				want = wantKey
			} else {
				stack[depth/64] &^= mask
			}
			depth++
			i++
		case '}', ']':
			if depth == 0 || want == wantColon {
				return -1, i
			}
			depth--
			if stack[depth/64]>>(depth%64)&1 != 0 != (c == '}') {
				return -1, i
			}
			i++
			if depth == 0 {
				return i, -1
			}
			want = wantComma
		default:
			e := wordEnd(b, i)
			if e == i || want != wantValue {
				return -1, i
			}
			i = e
			want = wantComma
		}
	}
	return -1, -1
}

const (
	wantValue = iota
	wantKey
	wantColon
	wantComma
)

// recordWalker finds the records in a stretch of JSON that begins between two records, at whatever depth of a wrapper.
type recordWalker struct {
	b     []byte
	i     int
	first bool        // nothing stood before b: an object there may be a wrapper with members of its own
	stray func(i int) // told of what is neither a record nor part of a wrapper, if it is not nil

	known recordMark        // how records begin that were met
	last  bool              // nothing follows b that could help to find one
	lost  func(from, i int) // told of damage between records that was passed over, if it is not nil
}

// recordMark is how a record begins.
type recordMark struct {
	opening []byte // see [opening]
	line    []byte // a line end, the indentation and the bracket, of one that begins a line
}

// recordMarkAt is how the record at b[start] begins.
func recordMarkAt(b []byte, start int) recordMark {
	m := recordMark{opening: opening(b, start)}
	line := start
	for line > 0 && (b[line-1] == ' ' || b[line-1] == '\t') {
		line--
	}
	if line > 0 && b[line-1] == '\n' {
		m.line = b[line-1 : start+1]
	}
	return m
}

// equal says that two records begin alike.
func (m recordMark) equal(o recordMark) bool {
	return bytes.Equal(m.opening, o.opening) && bytes.Equal(m.line, o.line)
}

// clone returns a copy that keeps no hold on the text.
func (m recordMark) clone() recordMark {
	return recordMark{bytes.Clone(m.opening), bytes.Clone(m.line)}
}

// onLine returns the index from b[at] on of the next bracket that begins a line as the marked record does, -1 where there is
// none.
func (m recordMark) onLine(b []byte, at int) int {
	if len(m.line) == 0 || at >= len(b) {
		return -1
	}
	n := bytes.Index(b[at:], m.line)
	if n < 0 {
		return -1
	}
	return at + n + len(m.line) - 1
}

// damaged passes over damage between records, which shows at b[w.i]: what stands there is no list of values, and where texts
// begin and end cannot be told from it. It returns false where no record is found behind it.
func (w *recordWalker) damaged() bool {
	b := w.b
	at := w.known.onLine(b, w.i+1)
	if len(w.known.line) == 0 || at < 0 && w.last {
		at = recordLike(b, w.i+1, w.known.opening)
		limit := len(b)
		if at >= 0 {
			limit = at
		}
		if next := nextRecord(b[:limit], w.i+1, w.known.opening != nil, w.last || at >= 0); next >= 0 {
			at = next
		}
	}
	if at < 0 {
		return false
	}
	if w.lost != nil {
		w.lost(w.i, at)
	}
	w.i, w.first = at, false
	return true
}

// next returns the index of the next record's opening bracket, -1 where there is none up to the end of b. w.i is that
// index too, or for -1 where reading stopped: everything before it is dealt with. The caller sets w.i to after the
// record.
func (w *recordWalker) next() int {
	b := w.b
	colon := false // the last token was a colon: what follows is a value of the wrapper
	for w.i < len(b) {
		switch c := b[w.i]; c {
		case '{':
			if colon {
				end, _ := skim(b, w.i)
				if end < 0 {
					return -1
				}
				w.i, colon = end, false
				continue
			}
			at, more := wrapperArray(b, w.i, w.first)
			switch {
			case at >= 0:
				w.i = at + 1
				continue
			case more:
				return -1
			}
			w.first = false
			return w.i
		case '[':
			if colon {
				// An array of the wrapper that is not its records.
				end, _ := skim(b, w.i)
				if end < 0 {
					return -1
				}
				w.i, colon = end, false
				continue
			}
			w.i++
		case '"':
			end, _ := stringEnd(b, w.i+1)
			if end < 0 {
				return -1
			}
			if end+1 < len(b) && wordBytes[b[end+1]] {
				if !w.damaged() {
					return -1
				}
				colon = false
				continue
			}
			if next := spaceEnd(b, end+1); !colon && w.stray != nil && (next >= len(b) || b[next] != ':') {
				w.stray(w.i)
			}
			w.i, colon = end+1, false
		case ':':
			colon = true
			w.i++
		case ' ', '\t', '\r', '\n', 0, 0x1E:
			w.i++
		case ',', ']', '}':
			colon = false
			w.i++
		default:
			end := wordEnd(b, w.i)
			if end > w.i && end < len(b) && b[end] == '"' {
				if !w.damaged() {
					return -1
				}
				colon = false
				continue
			}
			if !colon && w.stray != nil {
				w.stray(w.i)
			}
			colon = false
			w.i = max(end, w.i+1)
		}
	}
	return -1
}

// wrapperArray says where the array of records begins in the object at b[i], if it is a wrapper: an object whose first
// fields are such as wrappers have, up to one that holds an array of objects under a name that wrappers use. at is -1
// where it is none; more says that it cannot be told without what follows b.
//
// With loose, fields of any name may come before the array, if what is in it are records of a known kind.
func wrapperArray(b []byte, i int, loose bool) (at int, more bool) {
	i++
	strange := false // a field was met that wrappers do not have
	inner := false   // in {"hits":{
	for {
		i = spaceEnd(b, i)
		if i >= len(b) {
			return -1, true
		}
		if b[i] == ',' {
			i++
			continue
		}
		if b[i] != '"' {
			return -1, false
		}
		end, _ := stringEnd(b, i+1)
		if end < 0 {
			return -1, len(b)-i <= maxJSONKey
		}
		if end-i > maxJSONKey {
			return -1, false
		}
		var store [maxWrapperName]byte
		name := lowerName(b[i+1:end], &store)
		i = spaceEnd(b, end+1)
		if i >= len(b) {
			return -1, true
		}
		if b[i] != ':' {
			return -1, false
		}
		i = spaceEnd(b, i+1)
		if i >= len(b) {
			return -1, true
		}
		switch {
		case b[i] == '[' && (wrapperNames[string(name)] || inner && (string(name) == "hits" || string(name) == "event")):
			first := spaceEnd(b, i+1)
			if first >= len(b) {
				return -1, true
			}
			if b[first] == '{' {
				if !strange {
					return i, false
				}
				switch known, more := knownRecord(newScratch(), b, first); {
				case more:
					return -1, true
				case known:
					return i, false
				}
			}
		case b[i] == '{' && !inner && (string(name) == "hits" || string(name) == "events"):
			inner = true
			i++
			continue
		}
		if !wrapperMeta[string(name)] {
			if !loose {
				return -1, false
			}
			strange = true
		}
		switch b[i] {
		case '{', '[':
			e, bad := skim(b, i)
			if e < 0 {
				return -1, bad < 0
			}
			i = e
		default:
			e := valueEnd(b, i)
			if e < 0 {
				return -1, b[i] == '"'
			}
			i = e
		}
	}
}

// knownRecord says that the object at b[i] is a record of a kind that is known; more, that b does not hold it to its end.
// p parses it.
func knownRecord(p *jsonParser, b []byte, i int) (known, more bool) {
	end, bad := skim(b, i)
	if end < 0 {
		return false, bad < 0
	}
	if p.tree.full() {
		p.tree = newJSONTree()
	}
	if _, err := p.parse(b[:end], i); err != nil {
		return false, false
	}
	return shapeOf(p.marks) != shapeGeneric, false
}

// newScratch returns a parser for [knownRecord].
func newScratch() *jsonParser { return &jsonParser{tree: newJSONTree(), inner: true} }

// maxWrapperName is longer than any name that wrappers use.
const maxWrapperName = 40

// lowerName is a name in lower case, nothing where it is too long to be one of a wrapper.
func lowerName(name []byte, store *[maxWrapperName]byte) []byte {
	if len(name) > len(store) {
		return nil
	}
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		store[i] = c
	}
	return store[:len(name)]
}

// resync returns the index of what looks like the beginning of the next record after the one at b[start] that is
// damaged at b[bad]: a bracket with the same first name behind it, or one that is indented alike on a line of its own, or
// one that begins as known, another record, does, or else of a run of objects. -1 where there is none. last says that nothing
// follows b that could help to find one.
func resync(b []byte, start, bad int, known recordMark, last bool) int {
	// A quote that is missing shows only in the record after, so lines are looked at from the start. They come first, as
	// they are found soon or not at all.
	end := len(b)
	best := sameIndent(b, start)
	if best >= 0 {
		end = best
	}
	if at := known.onLine(b[:end], start+1); at >= 0 {
		best, end = at, at
	}
	sig := opening(b, start)
	if at := recordLike(b[:end], max(bad, start+1), sig); at >= 0 {
		best, end = at, at
	}
	if !bytes.Equal(sig, known.opening) {
		if at := recordLike(b[:end], max(bad, start+1), known.opening); at >= 0 {
			best, end = at, at
		}
	}
	if recordMarkAt(b, start).line == nil && known.line == nil {
		if at := nextRecord(b[:end], max(bad, start+1), known.opening != nil, last || best >= 0); at >= 0 {
			best = at
		}
	}
	return best
}

// recordLike returns the index from b[at] on of what begins with sig between two records, -1 where there is none or sig is
// nothing.
func recordLike(b []byte, at int, sig []byte) int {
	for ; len(sig) > 0 && at < len(b); at++ {
		n := bytes.Index(b[at:], sig)
		if n < 0 {
			break
		}
		if at += n; betweenRecords(b, at) {
			return at
		}
	}
	return -1
}

// sameIndent returns the index of the next bracket that begins a line with the same indentation as the one at b[start],
// -1 where there is none or b[start] begins no line.
func sameIndent(b []byte, start int) int {
	line := start
	for line > 0 && (b[line-1] == ' ' || b[line-1] == '\t') {
		line--
	}
	if line > 0 && b[line-1] != '\n' {
		return -1
	}
	indent := b[line:start]
	for at := start + 1; at < len(b); {
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 {
			return -1
		}
		at += n + 1
		if bytes.HasPrefix(b[at:], indent) && at+len(indent) < len(b) && b[at+len(indent)] == '{' {
			return at + len(indent)
		}
	}
	return -1
}

// opening is a record's beginning up to the end of its first name.
func opening(b []byte, start int) []byte {
	i := spaceEnd(b, start+1)
	if i >= len(b) || b[i] != '"' {
		return nil
	}
	end, _ := stringEnd(b, i+1)
	if end < 0 || end-i > maxJSONKey {
		return nil
	}
	return b[start : end+1]
}

// betweenRecords says that what stands before b[at] may end a record or begin a list.
func betweenRecords(b []byte, at int) bool {
	for at--; at >= 0; at-- {
		switch b[at] {
		case ' ', '\t', '\r':
		case ',', '[', '}', ']', '\n':
			return true
		default:
			return false
		}
	}
	return true
}

// nextObject returns the index from b[i] on of what looks like an object between two records, with a name in it; -1 where
// there is none.
func nextObject(b []byte, i int) int {
	for ; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '{')
		if n < 0 {
			break
		}
		i += n
		if next := spaceEnd(b, i+1); next < len(b) && b[next] == '"' && betweenRecords(b, i) {
			return i
		}
	}
	return -1
}

// objectRun is a run of objects with nothing but commas between.
type objectRun struct {
	kind runKind
	n    int // whole objects in it
	at   int // index where it ends or where it is seen to be what it is
}

type runKind int

const (
	runOpen   runKind = iota // it goes on to the end of what is known of it, or the document ends with it
	runLong                  // it has as many objects as were asked for
	runNested                // it is a list within a record
	runBroken                // an object in it is damaged
)

// objectsFrom looks at the run of objects that begins at b[i], at most of them.
func objectsFrom(b []byte, i, most int) objectRun {
	for n := 0; ; {
		end, bad := skim(b, i)
		switch {
		case end < 0 && bad < 0:
			return objectRun{runOpen, n, i}
		case end < 0:
			return objectRun{runBroken, n, max(bad, i+1)}
		}
		if n++; n >= most {
			return objectRun{runLong, n, end}
		}
		i = jsonStart(b, end)
		if i < len(b) && b[i] == ',' {
			i = jsonStart(b, i+1)
			if i < len(b) && b[i] != '{' {
				return objectRun{runNested, n, i}
			}
		}
		if i < len(b) && b[i] == '{' {
			continue
		}
		// The list and what it lies in end here. Another record behind belongs to the same document only after a comma.
		comma := false
		for i < len(b) && (b[i] == ']' || b[i] == '}' || b[i] == ',') {
			comma = b[i] == ','
			i = jsonStart(b, i+1)
		}
		switch {
		case i >= len(b):
			return objectRun{runOpen, n, i}
		case b[i] == '{' && !comma:
			return objectRun{runLong, n, i}
		}
		return objectRun{runNested, n, i}
	}
}

// sureRun is how many objects in a row are a list of records.
const sureRun = 16

// nextRecord returns the index from b[i] on of the next record where nothing tells how records begin: the first of a run of
// objects that is no list within a record. -1 where there is none, or where more of the stream than b has to tell. The work is
// linear in the length of b. inList says that b[i] lies in a list of records, so that a list that begins is none of them.
func nextRecord(b []byte, i int, inList, last bool) int {
	for {
		if i = nextObject(b, i); i < 0 {
			return -1
		}
		within := inList && bytes.HasSuffix(bytes.TrimRight(b[:i], " \t\r\n"), []byte{'['})
		most := sureRun
		if within {
			most = len(b)
		}
		run := objectsFrom(b, i, most)
		switch {
		case within && run.kind == runOpen:
			return -1
		case within:
		case run.kind == runLong, run.n > 1 && run.kind == runBroken, run.kind == runOpen && last:
			return i
		case run.kind == runOpen:
			return -1
		}
		i = max(run.at, i+1)
	}
}

// valueCutter cuts JSON that is not one record a line. It is a [cutter] with a memory of how records begin.
type valueCutter struct {
	begun   bool       // something was cut off before the buffer
	cutOff  bool       // cut has just found where to
	known   recordMark // how the first whole record of a buffer begins
	opening []byte     // how the record begins that the buffer does not hold to its end
	pending int        // its index
	between bool       // it is no record that goes on, but something of the wrapper
	depth   depthMeter // of that record
	seen    int        // bytes of the next buffer that depth has met
}

// cut implements [cutter].
func (v *valueCutter) cut(buf []byte) int {
	w := recordWalker{b: buf, first: !v.begun, known: v.known}
	done := 0
	v.pending, v.seen, v.depth, v.between = 0, 0, depthMeter{}, false
	defer func() { v.begun, v.cutOff = v.begun || done > 0, done > 0 }()
	for {
		start := w.next()
		if start < 0 {
			v.pending, v.between = w.i, true
			return done
		}
		end, bad := skim(buf, start)
		if end < 0 {
			v.pending = start
			v.opening = append(v.opening[:0], opening(buf, start)...)
			if bad < 0 {
				return done
			}
			if end = resync(buf, start, bad, v.known, false); end < 0 {
				return done
			}
		} else if done == 0 {
			if m := recordMarkAt(buf, start); !m.equal(v.known) {
				v.known = m.clone() // blocks hold the old one
				w.known = v.known
			}
		}
		w.i, done = end, end
	}
}

// resume finds where to go on after the pending record, which is too long: at its end, if it is whole, or at what looks like
// the next record.
func (v *valueCutter) resume(buf []byte) int {
	at := v.pending + 1
	if v.pending < 0 {
		at = 0
	}
	var end int
	if v.between {
		end = bytes.IndexByte(buf, '\n') + 1
	} else {
		end = v.depth.end(buf, max(v.seen, v.pending))
	}
	v.pending, v.seen = -1, min(len(buf), resumeLen)
	for _, sig := range [][]byte{v.opening, v.known.opening} {
		limit := len(buf)
		if end >= 0 {
			limit = end
		}
		if len(sig) < 4 {
			continue
		}
		if i := recordLike(buf[:limit], at, sig); i > 0 {
			end = i
		}
	}
	return max(end, 0)
}

// depthMeter follows the nesting of a value that comes in pieces.
type depthMeter struct {
	depth           int
	inText, escaped bool
}

// end looks at b from i on and returns the index after the value, -1 where that is not in b.
func (m *depthMeter) end(b []byte, i int) int {
	for ; i < len(b); i++ {
		c := b[i]
		switch {
		case m.escaped:
			m.escaped = false
		case m.inText:
			n := bytes.IndexAny(b[i:], `"\`)
			if n < 0 {
				return -1
			}
			i += n
			m.escaped, m.inText = b[i] == '\\', b[i] != '"'
		case c == '"':
			m.inText = true
		case c == '{', c == '[':
			m.depth++
		case c == '}', c == ']':
			if m.depth--; m.depth <= 0 {
				return i + 1
			}
		}
	}
	return -1
}
