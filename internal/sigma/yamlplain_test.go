package sigma

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// same compares two nodes, lines included.
func same(a, b *node) bool {
	if a.kind != b.kind || a.plain != b.plain || a.line != b.line || a.text != b.text || len(a.kids) != len(b.kids) {
		return false
	}
	for i := range a.kids {
		if !same(a.kids[i], b.kids[i]) {
			return false
		}
	}
	return true
}

// dumpLines is dump with lines.
func dumpLines(n *node) string {
	s := strings.Builder{}
	var walk func(n *node, depth int)
	walk = func(n *node, depth int) {
		s.WriteString(strings.Repeat(" ", depth))
		switch n.kind {
		case scalarNode:
			s.WriteString(dump(n))
		case listNode:
			s.WriteString("list")
		default:
			s.WriteString("map")
		}
		s.WriteString(" @" + formatNumber(float64(n.line)) + "\n")
		for _, k := range n.kids {
			walk(k, depth+1)
		}
	}
	walk(n, 0)
	return s.String()
}

// checkPlain fails where the plain parser reads a document and the library does not, or reads something else. It
// says whether the plain parser did.
func checkPlain(t *testing.T, text string) bool {
	t.Helper()
	got, ok := (&plainParser{}).parse(chunk{1, []byte(text)})
	if !ok {
		return false
	}
	want, err := parseFullYAML(chunk{1, []byte(text)})
	if err != nil {
		t.Errorf("%q is read as\n%s\nbut %v", text, dumpLines(got), err)
	} else if !same(got, want) {
		t.Errorf("%q is read as\n%s\nnot as\n%s", text, dumpLines(got), dumpLines(want))
	}
	return true
}

func TestPlainParser(t *testing.T) {
	for _, tt := range []struct {
		text string
		ok   bool
	}{
		{"a: 1", true},
		{"a: 1\n", true},
		{"a: 1\r\nb: 2\r\n", true},
		{"\n# comment\n\na: 1 # more\n  # less\nb: 2\n# end", true},
		{"a:\nb:\n", true},
		{"a:\n\n\nb: 1\n", true},
		{"a: # comment\n  b: 1\n", true},
		{"a:\n  b: 1\n  c:\n    d: 2\ne: 3\n", true},
		{"a:\n- 1\n- 2\nb: 3\n", true},
		{"a:\n  - 1\n  - b\n\n  # comment\n  - 'c'\nb: 3\n", true},
		{"a:\n  -\n  - x\n  -   # comment\n", true},
		{"a:\n  - b: 1\n    c: 2\n  - d: 3\n", true},
		{"a:\n  - b:\n    - 1\n    - 2\n    c: 2\n  - d\n", true},
		{"a:\n  -   b: 1\n      c:\n        - x\n", true},
		{"a:\n  -\n    b: 1\n    c: 2\n", true},
		{"a:\n  - 'b': 1\n  - 'c'\n  - 'd' # x: y\n  - e # x: y\n", true},
		{"'a b': 1\nc d: 2\ne|f|g: h\n'|all':\n  - x\n", true},
		{"a: 'it''s'\nb: ''\nc: ''''\nd: \"x\"\ne: \"\"\n", true},
		{"a: x: y", false},
		{"a: 'x' y", false},
		{"a: 'x'y", false},
		{"a: 'x'#y", false},
		{"a: x#y\nb: x #y\nc: '#'\nd: \"#\"\n", true},
		{"a: C:\\x.exe\nb: http://x/y?z=1\nc: -x\nd: -1\n", true},
		{"a: -\n", false},
		{"a: - x\n", false},
		{"a: x\n  y\n", false},
		{"a: x\n\n  y\n", false},
		{"a: x\n  # comment\nb: y\n", true},
		{"a: 'x\n  y'\n", false},
		{"a: |\n  x\n  y\nb: 1\n", true},
		{"a: |\n  x\n\n\n  y\n\n\nb: 1\n", true},
		{"a: |-\n  x\n    y\n  z\n", true},
		{"a: |+\n  x\n\nb: 1\n", true},
		{"a: |\n\n  x\n", true},
		{"a: |\n  x", true},
		{"a: |-\n  x", true},
		{"a: |\n  # no comment\n  x # neither\n# comment\nb: 1\n", true},
		{"a: |2\n    x\n", false},
		{"a: |\nb: 1\n", false},
		{"a: |\n   \n  x\n", false},
		{"a: |\n  x\n     \n  y\n", false},
		{"a: |\n  x\n y\n", false},
		{"a:\n  - |\n    x\n  - y\n", true},
		{"a: .x\nb: .5\nc:\n  - .inf\n.d: x\n", true},
		{"a: ..\n", false},
		{"a: >\n  x\n  y\n\n  z\n\n\n  z\n\nb: 1\n", true},
		{"a: >-\n  x y\n  z\n\nb: 1\n", true},
		{"a: >+\n\n  x\n  y\n\n\nb: 1\n", true},
		{"a: >\n  x\n  y", true},
		{"a:\n  - >-\n    # x\n    y\n  - z\n", true},
		{"a: >\n  x\n    y\n  z\n", false},
		{"a: >\n  x\n\ty\n", false},
		{"a: >2\n  x\n", false},
		{"a: [1, 2]\n", false},
		{"a: {b: 1}\n", false},
		{"a: &x 1\n", false},
		{"a: *x\n", false},
		{"a: !!str 1\n", false},
		{"a: \"x\\ny\"\n", false},
		{"? a\n: b\n", false},
		{"<<: 1\n", false},
		{"- a\n", false},
		{" a: 1\n", false},
		{"a: 1\na: 2\n", false},
		{"a:\n   b: 1\n  c: 2\n", false},
		{"a:\n  b: 1\n c: 2\n", false},
		{"a:\n  - b: 1\n   c: 2\n", false},
		{"a:\n\tb: 1\n", false},
		{"a: \u2028\n", false},
		{"a: é😀\n", true},
		{"a:1\n", false},
		{"a :1\n", false},
		{"a : 1\n", false},
		{"text\n", false},
		{"a:\n  text\n", false},
		{"", false},
		{manyKeys(100), true},
		{manyKeys(200), false},
		{deepBlock(30), true},
		{deepBlock(60), false},
	} {
		if ok := checkPlain(t, tt.text); ok != tt.ok {
			t.Errorf("%.60q is read: %v", tt.text, ok)
		}
	}
}

// Nodes are used again, and nothing of an earlier document shows.
func TestPlainParserReset(t *testing.T) {
	var p plainParser
	long := "a:\n"
	for range 2000 {
		long += "  - b: 1\n    c: [\n"
	}
	long = strings.ReplaceAll(long, "c: [", "c: x")
	for _, text := range []string{long, "a: 1\n", "a:\n  - 1\n", long, "b:\n", long} {
		p.reset()
		got, ok := p.parse(chunk{1, []byte(text)})
		want, err := parseFullYAML(chunk{1, []byte(text)})
		if !ok || err != nil || !same(got, want) {
			t.Fatalf("%.20q is read wrong: %v %v", text, ok, err)
		}
	}
	if n := testing.AllocsPerRun(10, func() {
		p.reset()
		p.parse(chunk{1, []byte("a:\n  - b: 1\n    c: 'x'\n  - d\n")})
	}); n > 1 {
		t.Errorf("%v allocations for a document, and only its text should be one", n)
	}
}

// The plain parser reads nearly all public rules, and all as the library does.
func TestPlainParserPublicRules(t *testing.T) {
	plain, all := 0, 0
	err := filepath.WalkDir(publicRules(t), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !ruleFile(path) {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, c := range splitDocuments(data) {
			all++
			if checkPlain(t, string(c.text)) {
				plain++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d documents are read by the plain parser", plain, all)
	if plain < all*9/10 {
		t.Errorf("only %d of %d documents are read by the plain parser", plain, all)
	}
}

func FuzzPlainParser(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	for _, s := range []string{
		"a:\n- b: |\n    x\n\n  y: 'z'''\n- \"q\" # c\n-\n- - 1\n", "a: |+\n  x\n\n\nb: |-\n  y\r\n", "'a': 1\nb:\n  c:\n  - d\n  e: -f\n", "a: x\n # y\n  z\n", "a:\n  - b:\n    c:\n  - #\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range splitDocuments([]byte(text)) {
			checkPlain(t, string(c.text))
		}
	})
}

// yamlWriter writes random documents, well-formed but for a slip now and then.
type yamlWriter struct {
	*rand.Rand
	strings.Builder
	keys int
}

func (w *yamlWriter) pick(l ...string) string { return l[w.IntN(len(l))] }

// eol ends a line, perhaps with a comment, and perhaps lets lines without content follow.
func (w *yamlWriter) eol() {
	w.WriteString(w.pick("", "", "", "", " ", " # c", "  # c: d", "#"))
	w.WriteString(w.pick("\n", "\n", "\n", "\n", "\n", "\r\n", "\n\n", "\n   \n", "\n# c\n", "\n    # c\n"))
}

func (w *yamlWriter) indent(n int) {
	if w.IntN(60) == 0 {
		n = max(0, n+w.IntN(5)-2)
	}
	w.WriteString(strings.Repeat(" ", n))
}

func (w *yamlWriter) key() {
	w.keys++
	k := strconv.Itoa(w.keys)
	w.WriteString(w.pick("k"+k+":", "k"+k+":", "k|"+k+":", "k "+k+":", "'k"+k+"':", "-k"+k+":", "k-"+k+" :", "k"+k, "\"k"+k+"\":"))
}

func (w *yamlWriter) value(indent, depth int) {
	switch n := w.IntN(12); {
	case n < 4 || depth > 4:
		w.WriteString(w.pick(" x", " 'y'", " \"z\"", " x y", " 'it''s'", " x: y", " -", " -5", " x#", " '", " é", " ~", " []", " a'b", " .a", " .", " ..a", " .5", " ...", " 'a' b", "x", " x\n"+strings.Repeat(" ", indent+2)+"y"))
		w.eol()
	case n < 5:
		w.eol()
	case n < 7:
		w.WriteString(w.pick(" |", " |-", " |+", " >", " >", " >-", " >+", " |2", " >1"))
		w.eol()
		in := strings.Repeat(" ", indent+1+w.IntN(3))
		for range w.IntN(4) {
			w.WriteString(w.pick(in, in, in, in+"  ", "", " ") + w.pick("x", "# x", "k: v", "- x", "", "") + w.pick("\n", "\n", "\r\n"))
		}
	case n < 10:
		w.eol()
		w.mapping(indent+1+w.IntN(3), depth+1, false)
	default:
		w.eol()
		w.list(indent+w.IntN(3), depth+1)
	}
}

func (w *yamlWriter) mapping(indent, depth int, open bool) {
	for i := range 1 + w.IntN(3) {
		if i > 0 || !open {
			w.indent(indent)
		}
		w.key()
		w.value(indent, depth)
	}
}

func (w *yamlWriter) list(indent, depth int) {
	for range 1 + w.IntN(3) {
		w.indent(indent)
		w.WriteString("-")
		if w.IntN(3) == 0 {
			b := 1 + w.IntN(3)
			w.WriteString(strings.Repeat(" ", b))
			w.mapping(indent+1+b, depth+1, true)
		} else {
			w.value(indent, depth)
		}
	}
}

// What a fuzzer that changes bytes rarely finds: documents with the shape of rules.
func TestPlainParserRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	read, all := 0, 0
	for range 30_000 {
		w := yamlWriter{Rand: r}
		w.mapping(0, 0, false)
		text := w.String()
		if r.IntN(5) == 0 {
			text = strings.TrimRight(text, "\r\n")
		}
		for _, c := range splitDocuments([]byte(text)) {
			all++
			if checkPlain(t, string(c.text)) {
				read++
			}
		}
		if t.Failed() {
			return
		}
	}
	if read < all/20 {
		t.Errorf("only %d of %d documents are read", read, all)
	}
	t.Logf("%d of %d documents are read", read, all)
}
