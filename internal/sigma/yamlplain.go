package sigma

import (
	"strings"
	"unicode/utf8"
)

// plainParser reads the part of YAML that nearly all rules are written in: block maps and lists, scalars on one
// line, blocks of text, comments. It is many times faster than a YAML library and makes no garbage. What is beyond
// that part, or not well-formed, it declines without a word and leaves to the library; what it takes, it reads as
// the library would, node by node and line by line, which a fuzz test compares.
//
// Texts of the nodes are parts of the document's text. The nodes themselves are the parser's, and are used again
// after reset.
type plainParser struct {
	text string
	pos  int // start of the next line
	line int // its number

	blocks [][]node // all nodes, in blocks of growing size
	block  int      // the one that is being filled
	used   int      // nodes in it
	made   int      // nodes of the document
	stack  []*node  // children whose parents are not complete
	lists  []*node  // room for the children of parents that are
}

// reset takes all nodes back.
func (p *plainParser) reset() {
	p.block, p.used = 0, 0
	p.stack = p.stack[:0]
	p.lists = p.lists[:0]
}

func (p *plainParser) node(kind nodeKind, line int) *node {
	if p.block == len(p.blocks) {
		p.blocks = append(p.blocks, make([]node, 256<<min(p.block, 6)))
	}
	n := &p.blocks[p.block][p.used]
	*n = node{kind: kind, line: line}
	p.made++
	if p.used++; p.used == len(p.blocks[p.block]) {
		p.block, p.used = p.block+1, 0
	}
	return n
}

// close makes what was put on the stack since from the children of n.
func (p *plainParser) close(n *node, from int) *node {
	kids := p.stack[from:]
	if cap(p.lists)-len(p.lists) < len(kids) {
		p.lists = make([]*node, 0, max(1024, 2*cap(p.lists), len(kids)))
	}
	at := len(p.lists)
	p.lists = append(p.lists, kids...)
	n.kids = p.lists[at:len(p.lists):len(p.lists)]
	p.stack = p.stack[:from]
	return n
}

// parse reads a document, or declines.
func (p *plainParser) parse(c chunk) (*node, bool) {
	if !plainBytes(c.text) {
		return nil, false
	}
	p.text, p.pos, p.line, p.made = string(c.text), 0, c.line, 0
	indent, ok := p.content()
	if !ok || indent != 0 {
		return nil, false
	}
	n, ok := p.mapping(0, 0)
	if !ok || p.pos < len(p.text) || p.made > maxNodes {
		return nil, false
	}
	return n, true
}

// plainBytes says that a text has no control characters but line feeds, alone or after carriage returns, and no
// characters that YAML gives a meaning of their own.
func plainBytes(b []byte) bool {
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c >= ' ' && c < 0x7F, c == '\n':
			i++
		case c == '\r' && i+1 < len(b) && b[i+1] == '\n':
			i++
		case c < utf8.RuneSelf:
			return false
		default:
			r, n := utf8.DecodeRune(b[i:])
			if r < 0xA0 || r == 0x2028 || r == 0x2029 || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF || r == utf8.RuneError && n == 1 {
				return false
			}
			i += n
		}
	}
	return true
}

// rest returns a line from pos on, without its end, and where the next one starts.
func (p *plainParser) rest(pos int) (s string, next int) {
	if i := strings.IndexByte(p.text[pos:], '\n'); i >= 0 {
		s, next = p.text[pos:pos+i], pos+i+1
	} else {
		s, next = p.text[pos:], len(p.text)
	}
	return strings.TrimSuffix(s, "\r"), next
}

// blanks counts the blanks at the start of s.
func blanks(s string) int {
	n := 0
	for n < len(s) && s[n] == ' ' {
		n++
	}
	return n
}

// content moves to the next line that is neither blank nor a comment, and returns its indentation. At the end
// there is none.
func (p *plainParser) content() (indent int, ok bool) {
	for p.pos < len(p.text) {
		s, next := p.rest(p.pos)
		n := blanks(s)
		if n < len(s) && s[n] != '#' {
			return n, true
		}
		p.pos = next
		p.line++
	}
	return 0, false
}

// mapping reads a map whose keys stand at a column, the first one on the current line.
func (p *plainParser) mapping(column, depth int) (*node, bool) {
	if depth > maxDepth-2 || p.made > maxNodes {
		return nil, false
	}
	n, from := p.node(mapNode, p.line), len(p.stack)
	at := p.pos + column
	for {
		s, next := p.rest(at)
		key, after, ok := p.key(s)
		if !ok {
			return nil, false
		}
		for i := from; i < len(p.stack); i += 2 {
			if p.stack[i].text == key.text {
				return nil, false // the library says so
			}
		}
		p.stack = append(p.stack, key)
		v, ok := p.value(s[after:], next, parent{column, false, depth})
		if !ok {
			return nil, false
		}
		p.stack = append(p.stack, v)
		indent, more := p.content()
		if !more || indent < column {
			return p.close(n, from), true
		}
		if indent > column || len(p.stack)-from > 256 {
			return nil, false
		}
		at = p.pos + column
	}
}

// key reads a key and its colon at the start of s, and returns how long they are.
func (p *plainParser) key(s string) (n *node, length int, ok bool) {
	if s == "" {
		return nil, 0, false
	}
	if s[0] == '\'' {
		end := strings.IndexByte(s[1:], '\'') + 1
		if end == 0 || end > 1000 || end+1 >= len(s) || s[end+1] != ':' || end+2 < len(s) && s[end+2] != ' ' {
			return nil, 0, false
		}
		n = p.node(scalarNode, p.line)
		n.text = s[1:end]
		return n, end + 2, true
	}
	if !plainStart(s) {
		return nil, 0, false
	}
	end := colon(s)
	if end < 0 || end > 1000 || s[end-1] == ' ' || strings.Contains(s[:end], " #") || s[:end] == "<<" {
		return nil, 0, false
	}
	n = p.node(scalarNode, p.line)
	n.text, n.plain = s[:end], true
	return n, end + 1, true
}

// colon finds the colon that ends a plain key, or returns -1.
func colon(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] == ':' && (i+1 == len(s) || s[i+1] == ' ') {
			return i
		}
	}
	return -1
}

// plainStart says that a plain scalar may begin like s. It is stricter than YAML.
func plainStart(s string) bool {
	switch s[0] {
	case '-':
		return len(s) > 1 && s[1] != ' ' && s[1] != '-'
	case '.': // the end of a document is three of them
		return len(s) > 1 && s[1] != '.'
	case ' ', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`':
		return false
	}
	return true
}

// parent says what a value belongs to: where its key or dash stands, and which of the two it is.
type parent struct {
	column int
	dash   bool
	depth  int
}

// value reads what follows a key or a dash on its line, s, or stands below it. next is the start of the line
// after.
func (p *plainParser) value(s string, next int, of parent) (*node, bool) {
	line := p.line
	b := blanks(s)
	s = s[b:]
	if s == "" || s[0] == '#' && b > 0 {
		p.pos, p.line = next, p.line+1
		return p.below(line, of)
	}
	if b == 0 {
		return nil, false
	}
	if s[0] == '|' || s[0] == '>' {
		return p.blockScalar(s, next, of.column)
	}
	n, ok := p.scalar(s)
	if !ok {
		return nil, false
	}
	p.pos, p.line = next, p.line+1
	if n.plain && p.goesOn(of.column) {
		return nil, false
	}
	return n, true
}

// goesOn says that the next line with text on it, which is indented more than column, goes on with a plain scalar.
func (p *plainParser) goesOn(column int) bool {
	for pos := p.pos; pos < len(p.text); {
		s, next := p.rest(pos)
		if i := blanks(s); i < len(s) {
			return i > column && s[i] != '#'
		}
		pos = next
	}
	return false
}

// below reads what stands on the lines after a key or dash: a map or list that is indented more, for a key also a
// list that is not, or nothing, which is null.
func (p *plainParser) below(line int, of parent) (*node, bool) {
	indent, ok := p.content()
	if ok && indent >= of.column {
		s, _ := p.rest(p.pos + indent)
		switch isList := s == "-" || strings.HasPrefix(s, "- "); {
		case isList && (indent > of.column || !of.dash):
			return p.list(indent, of.depth+1)
		case indent > of.column:
			return p.mapping(indent, of.depth+1)
		}
	}
	n := p.node(scalarNode, line)
	n.plain = true
	return n, true
}

// list reads a list whose dashes stand at a column, the first one on the current line.
func (p *plainParser) list(column, depth int) (*node, bool) {
	if depth > maxDepth-2 || p.made > maxNodes {
		return nil, false
	}
	n, from := p.node(listNode, p.line), len(p.stack)
	for {
		s, next := p.rest(p.pos + column)
		if s != "-" && !strings.HasPrefix(s, "- ") {
			return p.close(n, from), true
		}
		v, ok := p.element(s[1:], next, column, depth)
		if !ok {
			return nil, false
		}
		p.stack = append(p.stack, v)
		indent, more := p.content()
		if !more || indent < column {
			return p.close(n, from), true
		}
		if indent > column {
			return nil, false
		}
	}
}

// element reads what follows a dash: a map that begins on the same line, or any other value.
func (p *plainParser) element(s string, next, column, depth int) (*node, bool) {
	if b := blanks(s); b > 0 && b < len(s) && s[b] != '#' {
		made := p.made
		if _, _, isMap := p.key(s[b:]); isMap {
			p.made = made // it will be read again
			return p.mapping(column+1+b, depth+1)
		}
	}
	return p.value(s, next, parent{column, true, depth})
}

// scalar reads a scalar that is the rest of a line, comments apart.
func (p *plainParser) scalar(s string) (*node, bool) {
	switch s[0] {
	case '\'':
		end, doubled := 1, false
		for {
			i := strings.IndexByte(s[end:], '\'')
			if i < 0 {
				return nil, false
			}
			end += i + 1
			if end == len(s) || s[end] != '\'' {
				break
			}
			doubled = true
			end++
		}
		if !onlyComment(s[end:]) {
			return nil, false
		}
		n := p.node(scalarNode, p.line)
		n.text = s[1 : end-1]
		if doubled {
			n.text = strings.ReplaceAll(n.text, "''", "'")
		}
		return n, true
	case '"':
		end := strings.IndexAny(s[1:], `"\`) + 1
		if end == 0 || s[end] == '\\' || !onlyComment(s[end+1:]) {
			return nil, false
		}
		n := p.node(scalarNode, p.line)
		n.text = s[1:end]
		return n, true
	}
	if !plainStart(s) {
		return nil, false
	}
	if i := strings.Index(s, " #"); i >= 0 {
		s = s[:i]
	}
	s = strings.TrimRight(s, " ")
	if colon(s) >= 0 {
		return nil, false
	}
	n := p.node(scalarNode, p.line)
	n.text, n.plain = s, true
	return n, true
}

// onlyComment says that nothing but blanks and a comment follows a quoted scalar.
func onlyComment(s string) bool {
	b := blanks(s)
	return b == len(s) || b > 0 && s[b] == '#'
}

// blockScalar reads a literal or folded block (YAML 1.2.2, 8.1) whose header is s. Of a folded one all lines have to stand
// at the same column.
func (p *plainParser) blockScalar(s string, next, column int) (*node, bool) {
	n, folded := p.node(scalarNode, p.line), s[0] == '>'
	chomp := byte(0)
	if len(s) > 1 && (s[1] == '-' || s[1] == '+') {
		chomp = s[1]
		s = s[1:]
	}
	if s = s[1:]; strings.TrimRight(s, " ") != "" {
		return nil, false
	}
	p.pos, p.line = next, p.line+1
	var (
		b      strings.Builder
		indent = -1
		empty  = 0 // lines without text that wait for what comes after
	)
	for p.pos < len(p.text) {
		l, after := p.rest(p.pos)
		i := blanks(l)
		if i == len(l) {
			if indent < 0 && i > 0 || indent >= 0 && i > indent || after == len(p.text) && !strings.HasSuffix(p.text, "\n") {
				return nil, false // its blanks might be text
			}
			empty++
			p.pos, p.line = after, p.line+1
			continue
		}
		if indent < 0 {
			if i <= column {
				break
			}
			indent = i
		}
		if i < indent {
			if i > column {
				return nil, false
			}
			break
		}
		if folded && l[indent] == ' ' {
			return nil, false // lines that stand further in are not folded
		}
		if folded && b.Len() > 0 {
			if empty--; empty == 0 {
				b.WriteByte(' ')
			}
		}
		for range empty {
			b.WriteByte('\n')
		}
		empty = 1
		b.WriteString(l[indent:])
		if after == len(p.text) && !strings.HasSuffix(p.text, "\n") {
			empty = 0
		}
		p.pos, p.line = after, p.line+1
	}
	if indent < 0 {
		return nil, false
	}
	switch chomp {
	case '-':
	case '+':
		for range empty {
			b.WriteByte('\n')
		}
	default:
		if empty > 0 {
			b.WriteByte('\n')
		}
	}
	n.text = b.String()
	return n, true
}
