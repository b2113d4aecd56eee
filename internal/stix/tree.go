package stix

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// SyntaxError says why bytes are no object: they are not JSON, or not the JSON that two readers read alike (I-JSON).
type SyntaxError struct {
	Offset  int64  // bytes before the place
	Pointer string // JSON pointer of the value at hand, where it is known
	Reason  string
}

func (e *SyntaxError) Error() string {
	if e.Pointer != "" {
		return fmt.Sprintf("byte %d (%s): %s", e.Offset, e.Pointer, e.Reason)
	}
	return fmt.Sprintf("byte %d: %s", e.Offset, e.Reason)
}

type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
	jsonList
	jsonObject
)

func (k jsonKind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

// node is one value of a tree. Children follow their parent, each after the whole of the one before.
type node struct {
	key, keyEnd int32 // where its name stands, without quotes; both 0 in lists and at the root
	val, valEnd int32 // where the value stands, with its quotes or brackets
	next        int32 // the node after this one and all below it
	n           int32 // how many children
	kind        jsonKind
	keyEsc, esc bool // the name, the string has escapes
}

// tree is a JSON text and where its values stand.
type tree struct {
	raw   []byte
	nodes []node
}

// treeParser fills a tree. Limits are those of [Limits].
type treeParser struct {
	tree
	at     int
	lim    Limits
	values int
}

func parseTree(raw []byte, lim Limits) (tree, error) {
	if len(raw) > lim.Size {
		return tree{}, &SyntaxError{Reason: fmt.Sprintf("the object is larger than %d bytes", lim.Size)}
	}
	if !utf8.Valid(raw) {
		at := 0
		for at < len(raw) {
			r, n := utf8.DecodeRune(raw[at:])
			if r == utf8.RuneError && n <= 1 {
				break
			}
			at += n
		}
		return tree{}, &SyntaxError{Offset: int64(at), Reason: "the text is not UTF-8"}
	}
	p := treeParser{tree: tree{raw: raw, nodes: make([]node, 0, 8+len(raw)/40)}, lim: lim}
	p.space()
	if err := p.value(0, 0, false, 0); err != nil {
		return tree{}, err
	}
	p.space()
	if p.at < len(raw) {
		return tree{}, p.errorf("there is more after the object")
	}
	return p.tree, nil
}

func (p *treeParser) errorf(format string, args ...any) error {
	return &SyntaxError{Offset: int64(p.at), Reason: fmt.Sprintf(format, args...)}
}

func (p *treeParser) space() {
	for p.at < len(p.raw) && (p.raw[p.at] == ' ' || p.raw[p.at] == '\n' || p.raw[p.at] == '\t' || p.raw[p.at] == '\r') {
		p.at++
	}
}

func (p *treeParser) peek() byte {
	if p.at < len(p.raw) {
		return p.raw[p.at]
	}
	return 0
}

// value reads the value at hand into a new node, whose name stands at key.
func (p *treeParser) value(key, keyEnd int, keyEsc bool, depth int) error {
	if p.values++; p.values > p.lim.Values {
		return p.errorf("the object holds more than %d values", p.lim.Values)
	}
	i := len(p.nodes)
	p.nodes = append(p.nodes, node{key: int32(key), keyEnd: int32(keyEnd), keyEsc: keyEsc, val: int32(p.at)})
	var err error
	var kind jsonKind
	var n int
	var esc bool
	switch c := p.peek(); {
	case c == '"':
		kind = jsonString
		esc, err = p.str()
	case c == '{':
		kind = jsonObject
		n, err = p.object(i, depth+1)
	case c == '[':
		kind = jsonList
		n, err = p.list(depth + 1)
	case c == '-' || '0' <= c && c <= '9':
		kind = jsonNumber
		err = p.number()
	case bytes.HasPrefix(p.raw[p.at:], []byte("true")):
		kind = jsonBool
		p.at += 4
	case bytes.HasPrefix(p.raw[p.at:], []byte("false")):
		kind = jsonBool
		p.at += 5
	case bytes.HasPrefix(p.raw[p.at:], []byte("null")):
		kind = jsonNull
		p.at += 4
	case p.at >= len(p.raw):
		err = p.errorf("the text ends where a value is needed")
	default:
		err = p.errorf("a value is needed, not %q", c)
	}
	if err != nil {
		return err
	}
	v := &p.nodes[i]
	v.kind, v.n, v.esc, v.valEnd, v.next = kind, int32(n), esc, int32(p.at), int32(len(p.nodes))
	return nil
}

func (p *treeParser) list(depth int) (n int, err error) {
	if depth > p.lim.Depth {
		return 0, p.errorf("nested deeper than %d", p.lim.Depth)
	}
	p.at++
	p.space()
	if p.peek() == ']' {
		p.at++
		return 0, nil
	}
	for {
		p.space()
		if err := p.value(0, 0, false, depth); err != nil {
			return 0, err
		}
		n++
		p.space()
		switch p.peek() {
		case ',':
			p.at++
		case ']':
			p.at++
			return n, nil
		default:
			return 0, p.errorf("a list goes on with `,` or ends with `]`")
		}
	}
}

func (p *treeParser) object(self, depth int) (n int, err error) {
	if depth > p.lim.Depth {
		return 0, p.errorf("nested deeper than %d", p.lim.Depth)
	}
	p.at++
	p.space()
	if p.peek() == '}' {
		p.at++
		return 0, nil
	}
	for {
		p.space()
		if p.peek() != '"' {
			return 0, p.errorf("the name of a property is needed, in quotes")
		}
		key := p.at + 1
		esc, err := p.str()
		if err != nil {
			return 0, err
		}
		keyEnd := p.at - 1
		p.space()
		if p.peek() != ':' {
			return 0, p.errorf("a `:` is needed after the name of a property")
		}
		p.at++
		p.space()
		if err := p.value(key, keyEnd, esc, depth); err != nil {
			return 0, err
		}
		n++
		p.space()
		switch p.peek() {
		case ',':
			p.at++
		case '}':
			p.at++
			return n, p.twice(self, n)
		default:
			return 0, p.errorf("an object goes on with `,` or ends with `}`")
		}
	}
}

// twice is the error that a name stands twice among the n children of a node.
func (p *treeParser) twice(self, n int) error {
	const few = 24 // up to here comparing all is faster than a map
	var seen map[string]struct{}
	if n > few {
		seen = make(map[string]struct{}, n)
	}
	for i, c := 0, self+1; i < n; i, c = i+1, int(p.nodes[c].next) {
		k := p.name(c)
		bad := false
		if seen != nil {
			_, bad = seen[string(k)]
			seen[string(k)] = struct{}{}
		} else {
			for j, d := 0, self+1; j < i && !bad; j, d = j+1, int(p.nodes[d].next) {
				bad = bytes.Equal(k, p.name(d))
			}
		}
		if bad {
			return &SyntaxError{Offset: int64(p.nodes[c].key), Reason: fmt.Sprintf("the property %q stands twice in one object: keep one", k)}
		}
	}
	return nil
}

func (p *treeParser) number() error {
	start := p.at
	plain := true
	if p.peek() == '-' {
		p.at++
	}
	switch c := p.peek(); {
	case c == '0':
		p.at++
	case '1' <= c && c <= '9':
		p.digits()
	default:
		return p.errorf("a digit is needed")
	}
	if p.peek() == '.' {
		p.at++
		if !p.digits() {
			return p.errorf("a digit is needed after the point")
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		plain = false
		p.at++
		if c := p.peek(); c == '+' || c == '-' {
			p.at++
		}
		if !p.digits() {
			return p.errorf("a digit is needed in the exponent")
		}
	}
	if plain && p.at-start < 300 {
		return nil
	}
	if _, err := strconv.ParseFloat(string(p.raw[start:p.at]), 64); err != nil {
		p.at = start
		return p.errorf("the number is beyond double precision (RFC 7493)")
	}
	return nil
}

func (p *treeParser) digits() bool {
	start := p.at
	for '0' <= p.peek() && p.peek() <= '9' {
		p.at++
	}
	return p.at > start
}

// str passes a string and says whether it has escapes. The text is UTF-8 already.
func (p *treeParser) str() (esc bool, err error) {
	p.at++
	for p.at < len(p.raw) {
		for _, c := range p.raw[p.at:] {
			if c == '"' || c == '\\' || c < ' ' {
				break
			}
			p.at++
		}
		switch c := p.peek(); {
		case p.at >= len(p.raw):
		case c == '"':
			p.at++
			return esc, nil
		case c == '\\':
			esc = true
			n := escapeSize(p.raw[p.at:])
			if n == 0 {
				return false, p.errorf("an escape that JSON does not have, or half of a surrogate pair")
			}
			p.at += n
		default:
			return false, p.errorf("a control character within a string has to be escaped")
		}
	}
	return false, p.errorf("the text ends within a string")
}

// escapeSize is how many bytes the escape at the start of b takes, 0 for none that stands for a character.
func escapeSize(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
	default:
		return 0
	}
	r, ok := escapedUnit(b)
	if !ok {
		return 0
	}
	if !utf16.IsSurrogate(r) {
		return 6
	}
	low, ok := escapedUnit(b[6:])
	if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
		return 0
	}
	return 12
}

// escapedUnit reads `\uXXXX`.
func escapedUnit(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unescape is what the inside of a checked string stands for.
func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		if b[i] != '\\' {
			out = append(out, b[i])
			i++
			continue
		}
		n := escapeSize(b[i:])
		switch n {
		case 2:
			c := b[i+1]
			if j := bytes.IndexByte([]byte("bfnrt"), c); j >= 0 {
				c = "\b\f\n\r\t"[j]
			}
			out = append(out, c)
		case 6:
			r, _ := escapedUnit(b[i:])
			out = utf8.AppendRune(out, r)
		case 12:
			hi, _ := escapedUnit(b[i:])
			lo, _ := escapedUnit(b[i+6:])
			out = utf8.AppendRune(out, utf16.DecodeRune(hi, lo))
		default: // cannot be: the parser has passed it
			return out
		}
		i += n
	}
	return out
}

// name is the name of a child of an object.
func (t *tree) name(i int) []byte {
	n := &t.nodes[i]
	k := t.raw[n.key:n.keyEnd]
	if n.keyEsc {
		return unescape(k)
	}
	return k
}

// text is what a string stands for; it shares memory with the tree.
func (t *tree) text(i int) []byte {
	n := &t.nodes[i]
	s := t.raw[n.val+1 : n.valEnd-1]
	if n.esc {
		return unescape(s)
	}
	return s
}

// str is a string, "" for another kind of value.
func (t *tree) str(i int) string {
	if i < 0 || t.nodes[i].kind != jsonString {
		return ""
	}
	return string(t.text(i))
}

// value is the JSON of a value.
func (t *tree) value(i int) []byte { return t.raw[t.nodes[i].val:t.nodes[i].valEnd] }

// children yields the children of a list or an object, by position and node.
func (t *tree) children(i int) func(func(int, int) bool) {
	return func(yield func(int, int) bool) {
		c := i + 1
		for j := range int(t.nodes[i].n) {
			if !yield(j, c) {
				return
			}
			c = int(t.nodes[c].next)
		}
	}
}

// child is the child of an object with a name, -1 without.
func (t *tree) child(i int, name string) int {
	if i < 0 || t.nodes[i].kind != jsonObject {
		return -1
	}
	for _, c := range t.children(i) {
		if string(t.name(c)) == name {
			return c
		}
	}
	return -1
}

// isTrue says whether a node is the boolean true.
func (t *tree) isTrue(i int) bool {
	return i >= 0 && t.nodes[i].kind == jsonBool && t.raw[t.nodes[i].val] == 't'
}

// pointer is the JSON pointer (RFC 6901) of a node.
func (t *tree) pointer(i int) string {
	var b []byte
	for at := 0; at != i; {
		for j, c := range t.children(at) {
			if i >= int(t.nodes[c].next) {
				continue
			}
			if t.nodes[at].kind == jsonList {
				b = strconv.AppendInt(append(b, '/'), int64(j), 10)
			} else {
				b = appendPointer(b, t.name(c))
			}
			at = c
			break
		}
	}
	return string(b)
}

// appendPointer appends a step. A name that is too long for STIX is cut: nobody has to carry it in every finding.
func appendPointer(b, name []byte) []byte {
	const most = 300
	if len(name) > most {
		name = append([]byte(strings.ToValidUTF8(string(name[:most]), "")), "…"...)
	}
	b = append(b, '/')
	for _, c := range name {
		switch c {
		case '~':
			b = append(b, '~', '0')
		case '/':
			b = append(b, '~', '1')
		default:
			b = append(b, c)
		}
	}
	return b
}
