package triage

import (
	"fmt"
	"strings"
	"testing"
)

func TestRawSearch(t *testing.T) {
	for _, c := range []struct {
		patterns   []string
		all, regex bool
		format     string
		block      string
		want       bool
	}{
		{[]string{"Mimikatz"}, false, false, "text", "nothing here", false},
		{[]string{"Mimikatz"}, false, false, "text", "MIMIKATZ.exe", true},
		{[]string{"mimikatz"}, false, false, "text", "mimi\u212Aatz", true},
		{[]string{"mimikatz"}, false, false, "json", `{"a":"mimi\u212aatz"}`, true},
		{[]string{"mimikatz"}, false, false, "json", `{"a":"m\u0069mikatz"}`, true},
		{[]string{"mimikatz"}, false, false, "json", `{"a":"\u003cb\u003E \u0026 \u00e4 \u4e16 C:\\users"}`, false},
		{[]string{"mimikatz"}, false, false, "json", `{"xml":"&#109;imikatz"}`, true},
		{[]string{"mimikatz"}, false, false, "json", `{"cut":"\u00`, true},
		{[]string{`c:\mimi\katz`}, false, false, "json", `{"a":"C:\\mimi\\katz"}`, true},
		{[]string{"4624"}, false, false, "json", `{}`, true},
		{[]string{"4624"}, false, false, "iis", "4625", false},
		{[]string{"mimikatz"}, false, false, "evtx", "", true},
		{[]string{"one", "two"}, false, false, "text", "two", true},
		{[]string{"one", "two"}, true, false, "text", "two", false},
		{[]string{"one", "two"}, true, false, "text", "two one", true},
		{[]string{"one", "."}, false, true, "text", "x", true},
		{[]string{"one", "."}, true, true, "text", "x", false},
		{[]string{"(foo|bar)x", "quux+"}, false, true, "text", "a BAR", true},
		{[]string{"(foo|bar)x", "quux+"}, false, true, "text", "a qu", false},
		{[]string{"äö"}, false, false, "text", "x", true},
	} {
		var patterns []*pattern
		for _, p := range c.patterns {
			np, err := newPattern(p, c.regex, false)
			if err != nil {
				t.Fatal(err)
			}
			patterns = append(patterns, np)
		}
		got := true
		if r := newRawSearch(patterns, c.all); r != nil {
			got = r.may(c.format, []byte(c.block))
		}
		if got != c.want {
			t.Errorf("%q (all %v) in %s %q: %v", c.patterns, c.all, c.format, c.block, got)
		}
	}
}

// TestSearchSkipsNothing searches logs in which the pattern stands in every guise, far from anything else.
func TestSearchSkipsNothing(t *testing.T) {
	far := strings.Repeat("2021-03-02 10:00:00 GET /nothing 192.0.2.1 200\n", 20000)
	head := "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time cs-method cs-uri-stem c-ip sc-status\n"
	files := map[string]string{
		"a.log":   head + far + "2021-03-02 10:00:00 GET /Needle.aspx 192.0.2.1 200\n" + far,
		"b.jsonl": strings.Repeat(`{"a":"nothing"}`+"\n", 50000) + `{"b":"n\u0065edle"}` + "\n" + strings.Repeat(`{"a":"nothing"}`+"\n", 50000),
		"c.csv":   "name,value\n" + strings.Repeat("a,nothing\n", 60000) + "b,\"the needle\"\n",
		"d.txt":   strings.Repeat("nothing\n", 60000) + "NEEDLE\n",
	}
	hits, n := searchFiles(t, files, SearchOptions{Patterns: []string{"needle"}})
	got := strings.Join(hits, " ")
	if want := "a.log cs-uri-stem=/Needle.aspx ; b.jsonl b=needle ; c.csv value=the needle ; d.txt message=NEEDLE"; n != 4 || got != want {
		t.Errorf("%d hits: %s", n, got)
	}
	for i, o := range []SearchOptions{
		{Patterns: []string{"needle", "get"}, All: true}, {Patterns: []string{"need.e$"}, Regex: true}, {Patterns: []string{"NEEDLE"}, Exact: true},
	} {
		if _, n := searchFiles(t, files, o); fmt.Sprint(n) != []string{"1", "3", "1"}[i] {
			t.Errorf("%q: %d hits", o.Patterns, n)
		}
	}
}
