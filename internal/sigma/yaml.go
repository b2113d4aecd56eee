package sigma

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Limits of what is read. They are far above what rules need, and low enough that no document costs more than a
// second and some tens of megabytes.
const (
	maxFileSize = 4 << 20 // bytes of one file
	maxNodes    = 100_000 // of one document, aliases counted as often as they are used
	maxDepth    = 48      // of lists and maps in each other
	maxMarks    = 300_000 // characters of one document that may begin a value, before a YAML library sees it
	maxDocs     = 10_000  // of one file
)

// node is one YAML value. It keeps scalars as they were written: what a plain `010` or `yes` means is decided
// where it is used, not by the YAML schema in fashion.
type node struct {
	kind  nodeKind
	plain bool // a scalar without quotes, so that null, true and 5 are not texts
	line  int
	text  string  // of a scalar
	kids  []*node // elements of a list; keys and values of a map in turn
}

type nodeKind uint8

const (
	scalarNode nodeKind = iota
	listNode
	mapNode
)

// get returns the value of a key, or nil.
func (n *node) get(key string) *node {
	if n == nil || n.kind != mapNode {
		return nil
	}
	for i := 0; i < len(n.kids); i += 2 {
		if n.kids[i].text == key {
			return n.kids[i+1]
		}
	}
	return nil
}

// isNull says that n is missing or null.
func (n *node) isNull() bool {
	if n == nil {
		return true
	}
	if n.kind != scalarNode || !n.plain {
		return false
	}
	switch n.text {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// boolean reads the booleans of YAML 1.1, which rule writers use.
func (n *node) boolean() (value, ok bool) {
	if n == nil || n.kind != scalarNode {
		return false, false
	}
	switch strings.ToLower(n.text) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	return false, false
}

// describe names the kind of n for messages.
func (n *node) describe() string {
	switch {
	case n.isNull():
		return "nothing"
	case n.kind == listNode:
		return "a list"
	case n.kind == mapNode:
		return "a map"
	}
	return "a text"
}

// fault is an error at a line of a document.
type fault struct {
	line   int
	reason string
	needs  []string // placeholders without values
}

func (f *fault) Error() string { return f.reason }

func faultf(line int, format string, args ...any) error {
	return &fault{line: line, reason: fmt.Sprintf(format, args...)}
}

// chunk is the text of one YAML document in a file.
type chunk struct {
	line int // of its first line, from 1
	text []byte
}

// splitDocuments cuts a file at its document markers, so that a document that is not well-formed costs none of
// its neighbours. A line that starts with --- or ... is a marker wherever it stands (YAML 1.2.2, 6.8 and 9.1.2).
// Documents without content are left out.
func splitDocuments(data []byte) []chunk {
	var out []chunk
	start, startLine, line := 0, 1, 0
	flush := func(end int) {
		text := data[start:end]
		if !blankDocument(text) {
			out = append(out, chunk{startLine, text})
		}
	}
	for pos := 0; pos < len(data); {
		line++
		end := bytes.IndexByte(data[pos:], '\n')
		if end < 0 {
			end = len(data)
		} else {
			end += pos + 1
		}
		if marker := data[pos:end]; isMarker(marker) {
			flush(pos)
			if marker[0] == '.' {
				start, startLine = end, line+1
			} else {
				// What follows --- on its line belongs to the document.
				start, startLine = pos+3, line
			}
		}
		pos = end
	}
	flush(len(data))
	return out
}

func isMarker(line []byte) bool {
	if len(line) < 3 || string(line[:3]) != "---" && string(line[:3]) != "..." {
		return false
	}
	if len(line) == 3 {
		return true
	}
	switch line[3] {
	case ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

// blankDocument says that there is nothing but blank lines, comments and directives.
func blankDocument(text []byte) bool {
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return false
		}
	}
	return true
}

// parseYAML reads one document. Errors are faults with lines of the file. The nodes are p's if it can read the
// document.
func parseYAML(p *plainParser, c chunk) (*node, error) {
	if n, ok := p.parse(c); ok {
		return n, nil
	}
	return parseFullYAML(c)
}

// parseFullYAML reads one document with a YAML library.
func parseFullYAML(c chunk) (*node, error) {
	if i := invalidUTF8(c.text); i >= 0 {
		return nil, faultf(c.line+bytes.Count(c.text[:i], []byte{'\n'}),
			"this is not UTF-8: save the file in that encoding")
	}
	// The library makes all nodes before it can be told that they are too many.
	marks := 0
	for _, m := range []byte("\n,:[{") {
		marks += bytes.Count(c.text, []byte{m})
	}
	if marks > maxMarks {
		return nil, faultf(c.line, "the document has too many values: %d is the limit", maxNodes)
	}
	var doc yaml.Node
	if err := yaml.Load(c.text, &doc, yaml.WithPlugin(yamlLimits{})); err != nil {
		return nil, yamlFault(c, err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 {
		return nil, faultf(c.line, "the document is empty")
	}
	b := builder{line: c.line - 1, left: maxNodes}
	return b.node(doc.Content[0], 0)
}

// yamlLimits keeps the YAML reader from nesting deeper than we would go on to read.
type yamlLimits struct{}

func (yamlLimits) CheckDepth(depth int, _ *yaml.DepthContext) error {
	if depth > 2*maxDepth {
		return fmt.Errorf("lists and maps are nested deeper than %d levels", maxDepth)
	}
	return nil
}

func (yamlLimits) CheckAlias(int, int) error { return nil } // builder counts what aliases expand to

func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

func yamlFault(c chunk, err error) error {
	line, reason := c.line, err.Error()
	if load, ok := errors.AsType[*yaml.LoadError](err); ok {
		reason = load.Message
		if load.Mark.Line > 0 {
			line = c.line + load.Mark.Line - 1
		}
	}
	if tab := tabIndent(c, line); tab > 0 {
		return faultf(tab, "the line is indented with a tab: YAML wants blanks")
	}
	return faultf(line, "this is not well-formed YAML: %s", reason)
}

// tabIndent looks for a line that is indented with a tab at the line of an error or just before.
func tabIndent(c chunk, line int) int {
	at := c.line
	for text := c.text; len(text) > 0 && at <= line; at++ {
		var l []byte
		l, text, _ = bytes.Cut(text, []byte{'\n'})
		if at >= line-1 && bytes.HasPrefix(bytes.TrimLeft(l, " "), []byte{'\t'}) {
			return at
		}
	}
	return 0
}

// builder turns the nodes of the YAML package into ours: aliases and merge keys resolved, limits kept.
type builder struct {
	line int // to add to the lines of the YAML package
	left int // nodes that may still be made
}

func (b *builder) node(y *yaml.Node, depth int) (*node, error) {
	line := b.line + y.Line
	if depth > maxDepth {
		return nil, faultf(line, "lists and maps are nested deeper than %d levels", maxDepth)
	}
	if b.left--; b.left < 0 {
		return nil, faultf(line, "the document has more than %d values, aliases counted as often as they are used", maxNodes)
	}
	switch y.Kind {
	case yaml.AliasNode:
		return b.node(y.Alias, depth+1)
	case yaml.ScalarNode:
		return b.scalar(y, line)
	case yaml.SequenceNode:
		n := &node{kind: listNode, line: line, kids: make([]*node, 0, len(y.Content))}
		for _, e := range y.Content {
			kid, err := b.node(e, depth+1)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, kid)
		}
		return n, nil
	case yaml.MappingNode:
		return b.mapping(y, line, depth)
	default:
		return nil, faultf(line, "this is not well-formed YAML")
	}
}

func (b *builder) scalar(y *yaml.Node, line int) (*node, error) {
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	n := &node{line: line, text: y.Value, plain: y.Style&quoted == 0}
	if y.Style&yaml.TaggedStyle != 0 {
		switch y.Tag {
		case "!!str":
			n.plain = false
		case "!!int", "!!float", "!!bool", "!!null", "!!timestamp":
			n.plain = true
		default:
			return nil, faultf(line, "the YAML tag %s is not supported: write the value as text", y.Tag)
		}
	}
	return n, nil
}

func (b *builder) mapping(y *yaml.Node, line, depth int) (*node, error) {
	n := &node{kind: mapNode, line: line, kids: make([]*node, 0, len(y.Content))}
	var merged []*node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, err := b.node(y.Content[i], depth+1)
		if err != nil {
			return nil, err
		}
		if key.kind != scalarNode {
			return nil, faultf(key.line, "a key of a map has to be a text, and this is %s", key.describe())
		}
		value, err := b.node(y.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if key.plain && key.text == "<<" {
			merged = append(merged, value)
			continue
		}
		n.kids = append(n.kids, key, value)
	}
	if err := uniqueKeys(n); err != nil {
		return nil, err
	}
	for _, m := range merged {
		if err := b.merge(n, m); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// merge adds what `<<: *anchor` brings (YAML 1.1 merge keys): keys that the map has itself win.
func (b *builder) merge(n, from *node) error {
	switch from.kind {
	case mapNode:
		have := make(map[string]bool, len(n.kids)/2)
		for i := 0; i < len(n.kids); i += 2 {
			have[n.kids[i].text] = true
		}
		for i := 0; i < len(from.kids); i += 2 {
			if !have[from.kids[i].text] {
				n.kids = append(n.kids, from.kids[i], from.kids[i+1])
			}
		}
		return nil
	case listNode:
		for _, m := range from.kids {
			if m.kind != mapNode {
				return faultf(m.line, "a merge key (<<) wants maps, and this is %s", m.describe())
			}
			if err := b.merge(n, m); err != nil {
				return err
			}
		}
		return nil
	default:
		return faultf(from.line, "a merge key (<<) wants a map, and this is %s", from.describe())
	}
}

func uniqueKeys(n *node) error {
	twice := func(key *node, first int) error {
		return faultf(key.line, "the key %q stands here for the second time, first on line %d: merge the two", key.text, first)
	}
	if len(n.kids) <= 32 {
		for i := 2; i < len(n.kids); i += 2 {
			for j := 0; j < i; j += 2 {
				if n.kids[i].text == n.kids[j].text {
					return twice(n.kids[i], n.kids[j].line)
				}
			}
		}
		return nil
	}
	seen := make(map[string]int, len(n.kids)/2)
	for i := 0; i < len(n.kids); i += 2 {
		if first, ok := seen[n.kids[i].text]; ok {
			return twice(n.kids[i], first)
		}
		seen[n.kids[i].text] = n.kids[i].line
	}
	return nil
}
