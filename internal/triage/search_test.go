package triage

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"entente/internal/event"
)

func TestSpans(t *testing.T) {
	cases := []struct {
		text, pattern string
		regex, exact  bool
		want          []Span
	}{
		{"abcABC", "abc", false, false, []Span{{0, 3}, {3, 6}}},
		{"abcABC", "ABC", false, true, []Span{{3, 6}}},
		{"aaaa", "aa", false, false, []Span{{0, 2}, {2, 4}}},
		{"x ÄÖ y", "äö", false, false, []Span{{2, 6}}},
		{"\u212Aerberos", "kerb", false, false, []Span{{0, 6}}}, // the Kelvin sign is three bytes long
		{"kerb", "\u212Aerb", false, false, []Span{{0, 4}}},
		{"a1b22", "[0-9]+", true, false, []Span{{1, 2}, {3, 5}}},
		{"ABC", "b", true, false, []Span{{1, 2}}},
		{"ABC", "b", true, true, nil},
		{"none", "x", false, false, nil},
		{"bad\xff\xfeutf", "utf", false, false, []Span{{5, 8}}},
	}
	for _, c := range cases {
		p, err := newPattern(c.pattern, c.regex, c.exact)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.spans([]byte(c.text), maxSpans); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q in %q: %v, want %v", c.pattern, c.text, got, c.want)
		}
		in := p.in([]byte(c.text), []byte(event.FoldString(c.text)))
		if in != (c.want != nil) {
			t.Errorf("%q in %q: %v", c.pattern, c.text, in)
		}
	}
}

func TestJoinSpans(t *testing.T) {
	got := joinSpans([]Span{{5, 8}, {0, 2}, {2, 3}, {7, 9}, {6, 7}})
	if want := []Span{{0, 3}, {5, 9}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBadPatterns(t *testing.T) {
	if _, err := newPattern("", false, false); err == nil {
		t.Error("an empty pattern was taken")
	}
	if _, err := newPattern("a(", true, false); err == nil || !strings.Contains(err.Error(), "hint:") {
		t.Errorf("a( gives %v", err)
	}
}

// FuzzPattern checks that what one look at a record rules out is nothing that the pattern itself would find.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{"abc", "a.c|xyz+", "(foo|bar)baz", `\d+x?`, "a{2,3}b", "(?:k)Ss", "^ab$", "[aA]bc", "x*y"} {
		f.Add(s, "xx ABC foobaz k\u017fs aab", true, false)
		f.Add(s, "abc FOOBAZ \u212ASS", false, false)
		f.Add(s, "xyz", true, true)
	}
	f.Fuzz(func(t *testing.T, pat, text string, regex, exact bool) {
		if len(pat) > 100 || len(text) > 1000 {
			return
		}
		p, err := newPattern(pat, regex, exact)
		if err != nil {
			return
		}
		text = strings.ToValidUTF8(text, "\ufffd")
		folded := []byte(event.FoldString(text))
		if p.in([]byte(text), folded) && !p.possible(folded) {
			t.Errorf("%q is in %q, but its needles %q are not", pat, text, p.needles)
		}
		for _, s := range p.spans([]byte(text), 8) {
			piece := text[s.Start:s.End]
			if !regex && !exact && event.FoldString(piece) != event.FoldString(pat) {
				t.Errorf("%q marks %q", pat, piece)
			}
		}
	})
}

// searchFiles writes logs into a folder and searches them.
func searchFiles(t *testing.T, files map[string]string, o SearchOptions) (hits []string, n int64) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.NewFormat = func() func([]byte, *Hit) []byte {
		return func(dst []byte, h *Hit) []byte {
			dst = append(dst, filepath.Base(h.File.Name)...)
			for _, m := range h.Matches {
				dst = append(dst, " "+m.Field+"="+string(m.Text)...)
			}
			return append(dst, '\n')
		}
	}
	var out bytes.Buffer
	n, err := Search(context.Background(), []string{dir}, o, &out)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(strings.ReplaceAll(strings.TrimSuffix(out.String(), "\n"), "\n", " ; ")), n
}

const iisText = "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time cs-method cs-uri-stem c-ip sc-status\n" +
	"2021-03-02 10:00:00 GET /Owa/Auth.js 192.0.2.1 200\n" +
	"2021-03-02 10:00:01 POST /ecp/x.js 192.0.2.2 200\n" +
	"2021-03-02 10:00:02 GET /owa/ 192.0.2.2 404\n"

func TestSearch(t *testing.T) {
	files := map[string]string{"a.log": iisText, "b.txt": "first line\nSecond LINE of text\n\nthird\n"}
	cases := []struct {
		name string
		o    SearchOptions
		want string
		n    int64
	}{
		{"literal without case", SearchOptions{Patterns: []string{"owa/"}}, "a.log cs-uri-stem=/Owa/Auth.js ; a.log cs-uri-stem=/owa/", 2},
		{"case", SearchOptions{Patterns: []string{"owa/"}, Exact: true}, "a.log cs-uri-stem=/owa/", 1},
		{"regex", SearchOptions{Patterns: []string{"^/OWA/$"}, Regex: true}, "a.log cs-uri-stem=/owa/", 1},
		{"field", SearchOptions{Patterns: []string{"2"}, Fields: []string{"C-IP"}, Limit: 1}, "a.log c-ip=192.0.2.1", 1},
		{"several", SearchOptions{Patterns: []string{"post", "404"}}, "a.log cs-method=POST ; a.log sc-status=404", 2},
		{"and over fields", SearchOptions{Patterns: []string{"get", "192.0.2.2"}, All: true}, "a.log cs-method=GET c-ip=192.0.2.2", 1},
		{"and fails", SearchOptions{Patterns: []string{"get", "nowhere"}, All: true}, "", 0},
		{"not", SearchOptions{Patterns: []string{"get", "line", "third"}, Invert: true}, "a.log", 1},
		{"line of text", SearchOptions{Patterns: []string{"line of"}}, "b.txt message=Second LINE of text", 1},
		{"across the columns of a line", SearchOptions{Patterns: []string{"/ecp/x.js 192.0.2.2"}}, "a.log =2021-03-02 10:00:01 POST /ecp/x.js 192.0.2.2 200", 1},
		{"not across columns of one field", SearchOptions{Patterns: []string{"POST /ecp"}, Fields: []string{"cs-method", "cs-uri-stem"}}, "", 0},
		{"limit", SearchOptions{Patterns: []string{"2021", "line"}, Limit: 2, Fields: []string{"c-ip", "message"}}, "b.txt message=first line ; b.txt message=Second LINE of text", 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			hits, n := searchFiles(t, files, c.o)
			if got := strings.Join(hits, " "); got != c.want || n != c.n {
				t.Errorf("%d hits: %s\nwant %d: %s", n, got, c.n, c.want)
			}
		})
	}
}

func TestSearchKeepsOrder(t *testing.T) {
	files := map[string]string{}
	for _, name := range []string{"c", "a", "b", "e", "d"} {
		files[name+".txt"] = strings.Repeat("needle in "+name+"\n", 3)
	}
	hits, n := searchFiles(t, files, SearchOptions{Patterns: []string{"needle"}})
	order := regexp.MustCompile(`[a-e]\.txt`).FindAllString(strings.Join(hits, " "), -1)
	if got := strings.Join(order, " "); n != 15 || got != strings.TrimSpace(strings.Repeat("a.txt ", 3)+strings.Repeat("b.txt ", 3)+
		strings.Repeat("c.txt ", 3)+strings.Repeat("d.txt ", 3)+strings.Repeat("e.txt ", 3)) {
		t.Errorf("%d hits: %s", n, got)
	}
}
