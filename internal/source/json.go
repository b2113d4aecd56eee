package source

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"entente/internal/event"
)

// jsonFormat reads JSON: one record a line, arrays, pretty-printed and concatenated objects, and wrappers around an
// array of records. What kind of log a record belongs to is told record by record; see [shape].
//
// A field of a nested object stands under its dotted path. An array of scalars is one value; the members of objects in
// an array stand under the array's path, one value for each object. An object as a whole, and an array of objects, is a
// value of type [event.JSONText] besides (not for Windows events). In lists of name and value, such as Parameters of
// Microsoft 365, a value stands under Parameters.Value and under Parameters.NAME. What is nested beyond maxJSONDepth is a
// text under the path reached.
type jsonFormat struct{}

func newJSON() Format { return jsonFormat{} }

// Name implements [Format].
func (jsonFormat) Name() string { return "json" }

// Sniff implements [Sniffer].
func (jsonFormat) Sniff(prefix []byte) int {
	i := jsonStart(prefix, 0)
	if i >= len(prefix) {
		return 0
	}
	switch prefix[i] {
	case '{':
		next := spaceEnd(prefix, i+1)
		if next < len(prefix) && prefix[next] != '"' && prefix[next] != '}' {
			return 0
		}
		p := jsonParser{tree: newJSONTree()}
		switch end, bad := skim(prefix, i); {
		case end < 0 && bad < 0 && len(prefix) >= sniffLen/2: // longer than the prefix, and well so far
			return 70
		case end < 0:
			break
		default:
			if _, err := p.parse(prefix, i); err == nil || err == errWrapper { //nolint:errorlint // parse returns it bare
				return 85
			}
		}
		if goodJSONLines(prefix, 1) {
			return 60
		}
		return 30 // what else begins like that? its damage will be reported
	case '[':
		next := spaceEnd(prefix, i+1)
		if next < len(prefix) && prefix[next] == '{' {
			if after := spaceEnd(prefix, next+1); after < len(prefix) && (prefix[after] == '"' || prefix[after] == '}') {
				return 80
			}
		}
		if next < len(prefix) && prefix[next] == ']' && spaceEnd(prefix, next+1) == len(prefix) {
			return 80
		}
	}
	if goodJSONLines(prefix, 2) {
		return 60
	}
	return 0
}

// jsonStart skips what may stand before a record: white space, zero bytes and record separators (RFC 7464).
func jsonStart(b []byte, i int) int {
	for i < len(b) && (b[i] <= ' ' && (b[i] == 0 || b[i] == 0x1E || b[i] == ' ' || b[i] >= '\t' && b[i] <= '\r')) {
		i++
	}
	return i
}

// goodJSONLines says that of the lines of a prefix at least least, and no fewer than half, hold a whole JSON object
// each.
func goodJSONLines(prefix []byte, least int) bool {
	good, bad := 0, 0
	for line := range prefixLines(prefix) {
		if good+bad >= 32 {
			break
		}
		switch {
		case wholeLine(line):
			good++
		case len(bytes.Trim(line, "[], \t\x00")) > 0:
			bad++
		}
	}
	return good >= least && good >= bad
}

// wholeLine says that a line holds a whole JSON object, perhaps as one element of an array.
func wholeLine(line []byte) bool {
	i := jsonStart(line, 0)
	if i < len(line) && line[i] == '[' {
		i = spaceEnd(line, i+1)
	}
	if i >= len(line) || line[i] != '{' {
		return false
	}
	end, _ := skim(line, i)
	return end > 0 && len(bytes.Trim(line[end:], ", ]\t\r\x00")) == 0
}

// jsonValues is the context of blocks whose records are not one a line.
type jsonValues struct {
	first, last bool       // of the stream
	known       recordMark // how a record begins that was met up to here
	shift       *timeShift
}

// Split implements [Format].
func (jsonFormat) Split(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error {
	head := make([]byte, sniffLen)
	head, err := readHead(r, head)
	lines := oneLineEach(head)
	shift := env.times
	switch {
	case shift != nil:
	case env.whole != nil:
		shift, _ = shiftOf(env.whole, lines, len(env.whole) <= timeLook)
	case err == nil: // there is more
		more := make([]byte, timeLook)
		n := copy(more, head)
		var rest []byte
		rest, err = readHead(r, more[n:])
		head = more[:n+len(rest)]
		shift, _ = shiftOf(head, lines, err != nil)
	default:
		shift, _ = shiftOf(head, lines, true)
	}
	shift.tell(env)
	r = &headReader{head: head, err: err, r: r}
	if lines {
		some := false
		err := splitLines(ctx, r, env, func(b Block) error {
			if shift != nil {
				b.Context = shift
			}
			some = some || bytes.IndexByte(b.Data, '{') >= 0
			return emit(b)
		})
		if err == nil && !some {
			env.warn(-1, "there is no JSON object in it")
		}
		return err
	}
	var c valueCutter
	first, some := true, false
	err = splitLong(ctx, r, env, func(b Block) error {
		b.Context = jsonValues{first, !c.cutOff, c.known, shift}
		c.cutOff = false
		first, some = false, some || bytes.IndexByte(b.Data, '{') >= 0
		return emit(b)
	}, c.cut, c.resume)
	if err == nil && !some {
		env.warn(-1, "there is no JSON object in it")
	}
	return err
}

// oneLineEach says that the records of a stream that begins with head stand on a line each.
func oneLineEach(head []byte) bool {
	i := jsonStart(head, 0)
	if i >= len(head) {
		return true
	}
	nl := bytes.IndexByte(head[i:], '\n')
	if nl < 0 {
		// One long line, or a small file without a last line end.
		if len(head) >= sniffLen || head[i] != '{' {
			return false
		}
		if at, _ := wrapperArray(head, i, true); at >= 0 { // damage in a wrapper must not cost all of it
			end, _ := skim(head, i)
			return end > 0 && blank(head[end:])
		}
		return true
	}
	if line := bytes.TrimRight(head[i:i+nl], " \t\r"); head[i] == '{' && bytes.IndexByte([]byte("{[,:"), line[len(line)-1]) >= 0 {
		return false // goes on below: pretty-printed, or a wrapper
	}
	if head[i] != '{' && head[i] != '[' {
		return true // text before the first record, perhaps
	}
	return goodJSONLines(head[i:], 1)
}

// decodeValues decodes a block of records that are not one a line.
func (d *jsonDecoder) decodeValues(b *Block, v jsonValues, env *Env, yield func(*event.Event) bool) {
	strays := 0
	w := recordWalker{
		b: b.Data, first: v.first, known: v.known, last: true,
		stray: func(i int) {
			if strays++; strays <= maxStrays {
				warnElement(b.Data, i, b.Offset, env)
			}
		},
		lost: func(from, i int) {
			env.warn(b.Offset+int64(from), fmt.Sprintf("%d bytes that are no JSON were left out, up to what looks like the next record", i-from))
		},
	}
	defer func() {
		if strays > maxStrays {
			env.warn(b.Offset, fmt.Sprintf("%d more elements that are no JSON objects were left out from here on", strays-maxStrays))
		}
	}()
	for {
		from := w.i
		start := w.next()
		if gap := b.Data[from:w.i]; len(gap) > 2 {
			warnZeroes(bytes.Count(gap, zeroByte), b.Offset+int64(from), env)
			if n := bytes.Count(gap, []byte{']'}) + bytes.Count(gap, []byte{'}'}); n > maxWrappers*4 {
				env.warn(b.Offset+int64(from), fmt.Sprintf("%d closing brackets belong to nothing; what was there is lost", n))
			}
		}
		if start < 0 {
			d.leftover(b, w.i, env)
			return
		}
		end, more := d.record(b.Data, start, b.Offset, env, yield)
		if !more {
			return
		}
		if end < 0 {
			if end = afterDamage(b.Data, start, w.known, b.Offset, env); end < 0 {
				if v.last {
					warnLost(b.Data, start, b.Offset, env)
				}
				return
			}
		} else if w.known.opening == nil {
			w.known = recordMarkAt(b.Data, start)
		}
		w.i = end
	}
}

// maxStrays is how many elements of a block that are no records are named.
const maxStrays = 8

// leftover reports what stands at the end of a stream and belongs to no record.
func (d *jsonDecoder) leftover(b *Block, i int, env *Env) {
	if rest := bytes.Trim(b.Data[i:], "[]{}, \t\r\n\x00\x1e"); len(rest) > 0 {
		env.warn(b.Offset+int64(i), "the end of the JSON is damaged and was left out: "+excerpt(rest))
	}
}
