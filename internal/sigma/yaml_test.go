package sigma

import (
	"fmt"
	"strings"
	"testing"
)

func TestSplitDocuments(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string // line:text
	}{
		{"", nil},
		{"# nothing\n\n", nil},
		{"a: 1\n", []string{"1:a: 1\n"}},
		{"---\na: 1\n", []string{"1:\na: 1\n"}},
		{"%YAML 1.2\n---\na: 1\n", []string{"2:\na: 1\n"}},
		{"a: 1\n---\nb: 2\n--- # x\nc: 3", []string{"1:a: 1\n", "2:\nb: 2\n", "4: # x\nc: 3"}},
		{"a: 1\n---\n# only a comment\n---\nb: 2\n", []string{"1:a: 1\n", "4:\nb: 2\n"}},
		{"a: 1\n...\n---\nb: 2\n", []string{"1:a: 1\n", "3:\nb: 2\n"}},
		{"a: 1\n...\nb: 2\n", []string{"1:a: 1\n", "3:b: 2\n"}},
		{"a: |\n  ---\n  x\n ---\n", []string{"1:a: |\n  ---\n  x\n ---\n"}},
		{"a: 1\r\n---\r\nb: 2\r\n", []string{"1:a: 1\r\n", "2:\r\nb: 2\r\n"}},
		{"---x: 1\n", []string{"1:---x: 1\n"}},
		{"--- a: 1", []string{"1: a: 1"}},
		{"---", nil},
	} {
		var got []string
		for _, c := range splitDocuments([]byte(tt.in)) {
			got = append(got, fmt.Sprintf("%d:%s", c.line, c.text))
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tt.want) {
			t.Errorf("%q splits into %q, want %q", tt.in, got, tt.want)
		}
	}
}

// dump writes a node so that tests can compare it: plain scalars as they are, others in quotes.
func dump(n *node) string {
	var parts []string
	switch n.kind {
	case scalarNode:
		if n.plain {
			return n.text
		}
		return fmt.Sprintf("%q", n.text)
	case listNode:
		for _, k := range n.kids {
			parts = append(parts, dump(k))
		}
		return "[" + strings.Join(parts, " ") + "]"
	default:
		for i := 0; i < len(n.kids); i += 2 {
			parts = append(parts, dump(n.kids[i])+":"+dump(n.kids[i+1]))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
}

func TestParseYAML(t *testing.T) {
	for _, tt := range []struct{ in, want, fault string }{
		{in: "a: 1\nb: 'x'\nc: \"y\"\nd:\n  - 1\n  - z", want: `{a:1 b:"x" c:"y" d:[1 z]}`},
		{in: "a: |\n  x\n  y\nb: >\n  x\n  y\n", want: `{a:"x\ny\n" b:"x y\n"}`},
		{in: "a: &x [1, 2]\nb: *x", want: `{a:[1 2] b:[1 2]}`},
		{in: "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3", want: `{a:{p:1 q:2} b:{q:3 p:1}}`},
		{in: "a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc:\n  <<: [*x, *y]", want: `{a:{p:1} b:{p:2 q:2} c:{p:1 q:2}}`},
		{in: "a:\n  '<<': 1", want: `{a:{"<<":1}}`},
		{in: "a: 1\r\nb: 2\r\n", want: `{a:1 b:2}`},
		{in: "a:\nb: ~", want: `{a: b:~}`},
		{in: "1: a\ntrue: b", want: `{1:a true:b}`},
		{in: "a: !!str 1\nb: !!int '1'", want: `{a:"1" b:1}`},
		{in: "\n\n# comment\na: 1 # more", want: `{a:1}`},

		{in: "a: 1\nb: 2\na: 3", fault: `3 the key "a" stands here for the second time, first on line 1`},
		{in: "a: {b: 1, c: 2, b: 3}", fault: `1 the key "b" stands here for the second time`},
		{in: manyKeys(40) + "k7: x", fault: `41 the key "k7" stands here for the second time, first on line 8`},
		{in: "a:\n\tb: 1", fault: "2 the line is indented with a tab"},
		{in: "a: 1\nb: 'x\nc: 2", fault: "this is not well-formed YAML"},
		{in: "a: [1, 2", fault: "this is not well-formed YAML"},
		{in: "a: b: c", fault: "1 this is not well-formed YAML"},
		{in: "a: 1\n b: 2", fault: "2 this is not well-formed YAML"},
		{in: "a: *x", fault: "1 this is not well-formed YAML: unknown anchor"},
		{in: "a: &x [*x]", fault: "nested deeper"},
		{in: "a: &x {<<: *x}", fault: "nested deeper"},
		{in: "a: 1\nb: \xff\n", fault: "2 this is not UTF-8"},
		{in: "a: \x01", fault: "not well-formed YAML"},
		{in: "? [a]\n: b", fault: "1 a key of a map has to be a text, and this is a list"},
		{in: "a: {<<: 1}", fault: "a merge key (<<) wants a map, and this is a text"},
		{in: "a: {<<: [1]}", fault: "a merge key (<<) wants maps, and this is a text"},
		{in: "a: !x y", fault: "the YAML tag !x is not supported"},
		{in: strings.Repeat("[", 5000) + strings.Repeat("]", 5000), fault: "nested deeper than 48 levels"},
		{in: deepBlock(60), fault: "nested deeper than 48 levels"},
		{in: aliasBomb(12), fault: "more than 100000 values"},
		{in: "a: [" + strings.Repeat("1,", 120_000) + "1]", fault: "more than 100000 values"},
		{in: "a: [" + strings.Repeat("1,", 400_000) + "1]", fault: "1 the document has too many values: 100000 is the limit"},
		{in: strings.Repeat("a:\n", 200_000), fault: "too many values"},
	} {
		n, err := parseYAML(&plainParser{}, chunk{1, []byte(tt.in)})
		if tt.fault == "" {
			if err != nil {
				t.Errorf("%.60q: %v", tt.in, err)
			} else if got := dump(n); got != tt.want {
				t.Errorf("%.60q reads as %s, want %s", tt.in, got, tt.want)
			}
			continue
		}
		if err == nil {
			t.Errorf("%.60q reads as %.100s", tt.in, dump(n))
			continue
		}
		f, ok := err.(*fault) //nolint:errorlint // it is never wrapped
		if !ok {
			t.Errorf("%.60q: %T %v", tt.in, err, err)
		} else if got := fmt.Sprintf("%d %s", f.line, f.reason); !strings.Contains(got, tt.fault) {
			t.Errorf("%.60q: %.300s, and should say %q", tt.in, got, tt.fault)
		}
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	return b.String()
}

func deepBlock(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

// aliasBomb is ten times as large in every level.
func aliasBomb(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

func TestHostileFiles(t *testing.T) {
	good := ruleOf("F: x")
	for _, tt := range []struct {
		name, in  string
		rules     int
		documents int
		fault     string
	}{
		{"bom", "\xEF\xBB\xBF" + good, 1, 1, ""},
		{"crlf", strings.ReplaceAll(good, "\n", "\r\n"), 1, 1, ""},
		{"broken between good ones", good + "---\na: [\n---\n" + good, 2, 3, "problem line 10: this is not well-formed"},
		{"binary between good ones", good + "---\na: \xff\xfe\n---\n" + good, 2, 3, "problem line 9: this is not UTF-8"},
		{"bomb between good ones", good + "---\n" + aliasBomb(12) + "---\n" + good, 2, 3, "more than 100000 values"},
		{"a list", "- a\n- b\n", 0, 1, "problem line 1: this is no Sigma document: it is a list"},
		{"a word", "word\n", 0, 1, "it is a text"},
		{"another map", "a: 1\n", 0, 1, "it has no detection, correlation or filter"},
		{"empty", "", 0, 0, ""},
		{"blank documents", "---\n---\n\n---\n", 0, 0, ""},
		{"null bytes", "\x00\x00\x00\x00", 0, 1, "not well-formed"},
	} {
		c, err := Parse(Options{}, "x.yml", []byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if len(c.Rules) != tt.rules || c.Documents != tt.documents || !strings.Contains(problems(c), tt.fault) || tt.fault == "" && problems(c) != "" {
			t.Errorf("%s: %d rules, %d documents, problems %.300q; want %d, %d, %q", tt.name, len(c.Rules), c.Documents, problems(c), tt.rules, tt.documents, tt.fault)
		}
	}
	c := parse(t, Options{}, strings.Repeat("---\n"+good, maxDocs+5))
	if len(c.Rules) != maxDocs || !strings.Contains(problems(c), "more than 10000 documents") || len(c.Problems) != 1 {
		t.Errorf("%d rules of many documents, %d problems", len(c.Rules), len(c.Problems))
	}
	for name, in := range map[string]string{
		"it is UTF-16":            "\xFF\xFEt\x00i\x00",
		"it is larger than 4 MiB": strings.Repeat("#", maxFileSize+1),
	} {
		if _, err := Parse(Options{}, "", []byte(in)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error is %v, and should say %q", err, name)
		}
	}
}

// Tests that one document makes are bounded whatever the modifiers are.
func TestHostileExpansion(t *testing.T) {
	var b strings.Builder
	for i := range 9_000 {
		fmt.Fprintf(&b, "  - '-a%d -b -c'\n", i)
	}
	for _, entry := range []string{"F|windash:\n", "F|windash|base64offset|contains:\n"} {
		if got := problems(parse(t, Options{}, ruleOf(entry+b.String()))); !strings.Contains(got, "makes more than 131072 tests") {
			t.Errorf("%s problems are %.200q", entry, got)
		}
	}
}
