package hunt

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
)

func TestDFA(t *testing.T) {
	texts := []string{
		"", "a", "abc", "ABC", "a\nb", "\n", "foo bar", "foo_bar", "ſ", "K", "日本語", "xaby", "aaaa", strings.Repeat("x", 1200),
		strings.Repeat("x", 999) + "\n" + strings.Repeat("y", 999), "powershell -enc SQBFAFgA", "set && $input\"", "e\u0301",
	}
	for _, source := range []string{
		"", "a", "^a", "a$", "^$", "^abc$", "(?i)abc", "(?i)s", "(?i)k", "(?m)^b$", "(?m)^$", `\bfoo\b`, `\Bb`, "a.b", "(?s)a.b",
		".{1000,}", "[^a]", "[a-c]{2,3}$", "日.語", "(a|b)*c", "(?:)", "a\\x00", `\x00`, `(?i)-e(nc)?\s+[a-z0-9+/=]{6,}`, `\pL`, `[[:^ascii:]]`, "^", "$", `\z`,
		"(?i)set.*&&.*(input|environment).*\"", "(?i)^(f|a)oo? ?b.*[rk]$", "^foo(bar|)$", "^(?i:K)", "(?i)(s|k)$", "^(?:a|b)?c.*(?:x|y?)$",
	} {
		re := regexp.MustCompile(source)
		d := newDFA(source)
		if d == nil {
			t.Errorf("%q: no dfa", source)
			continue
		}
		for range 2 {
			for _, text := range texts {
				got, ok := d.match([]byte(text))
				if want := re.MatchString(text); !ok || got != want {
					t.Errorf("%q on %.40q: %v, %v, want %v", source, text, got, ok, want)
				}
			}
		}
		need := regexpNeeds(source)
		for _, text := range texts {
			folded := []byte(event.FoldString(text))
			if re.MatchString(text) && (!met(&need, folded) || !holdsAll(&need, folded) || len(text) < need.length) {
				t.Errorf("%q matches %.40q, which lacks what it is said to need: %q, %d bytes", source, text, need.sets, need.length)
			}
		}
	}
}

// met asks a field with the text alone, and one that is long enough for a sketch.
func met(n *needs, folded []byte) bool {
	short := &fieldText{foldedGen: 1, folded: [][]byte{folded}}
	long := &fieldText{foldedGen: 1, folded: [][]byte{bytes.Repeat([]byte("x"), sketchFrom), folded}}
	return n.met(short, folded) && n.met(long, folded)
}

// holdsAll asks for every set, also those that are not worth looking for.
func holdsAll(n *needs, folded []byte) bool {
	return !slices.ContainsFunc(n.sets, func(set [][]byte) bool {
		return !slices.ContainsFunc(set, func(l []byte) bool { return bytes.Contains(folded, l) })
	})
}

func TestRegexpEdges(t *testing.T) {
	for _, c := range []struct{ source, starts, ends string }{
		{`(?i)^/(ecp|OWA)/.*\.(js|css)$`, "/ecp/ /owa/", ".js .css"},
		{`(?i)^/+(ecp|owa)/x$`, "", "ecp/x owa/x"},
		{`^abc$`, "abc", "abc"},
		{`^(?:a|bc)d`, "ad bcd", ""},
		{`(?i)^k\.exe`, "k.exe", ""},
		{`(?m)^a.*b$`, "", ""},
		{`\Aa.*b\z`, "a", "b"},
		{`^a?b*$`, "", ""},
		{`^$`, "", ""},
		{`a$|b$`, "", ""},
		{`(^ab)+`, "", ""},
	} {
		n := regexpNeeds(c.source)
		if starts, ends := string(bytes.Join(n.starts, []byte(" "))), string(bytes.Join(n.ends, []byte(" "))); starts != c.starts || ends != c.ends {
			t.Errorf("%q begins with %q and ends with %q, want %q and %q", c.source, starts, ends, c.starts, c.ends)
		}
	}
}

func TestRegexpNeeds(t *testing.T) {
	for _, c := range []struct {
		source string
		want   string // the sets, their literals with | between, in order of the alphabet
	}{
		{`(?i)\\(cmd|powershell)\.exe$`, `\cmd.exe|\powershell.exe`},
		{`(?i)\bnet1?(\.exe)?\s+(user|group)\s.*\s/add\b`, `/add group|user net`},
		{`a.*bc`, `bc a`},
		{`(?i)\.(js|css)$`, `.css|.js`},
		{`x[0-9]+yz`, `yz x`},
		{`(?i)[kK]ey`, `key`},
		{`(abc)?`, ``},
		{`(abc|d?)`, ``},
		{`(ab|cd)+x`, `ab|cd x`},
		{`a{2,3}b`, `aab`},
		{`(?:'[+]'[^\r\n]*?){20}`, `'+'`},
		{`[^a]b`, `b`},
		{`^$`, ``},
	} {
		n := regexpNeeds(c.source)
		var sets []string
		for _, set := range n.sets {
			var texts []string
			for _, l := range set {
				texts = append(texts, string(l))
			}
			slices.Sort(texts)
			sets = append(sets, strings.Join(texts, "|"))
		}
		if got := strings.Join(sets, " "); got != c.want {
			t.Errorf("%q needs %q, want %q", c.source, got, c.want)
		}
	}
}

func FuzzDFA(f *testing.F) {
	f.Add("a(b|c)*d", "xabcbcdx")
	f.Add(`(?im)^\s*set\b.{3,}$`, "x\n set abc\n")
	f.Add("(?i)ſ[k-ſ]", "sK")
	f.Fuzz(func(t *testing.T, source, text string) {
		if len(source) > 60 || strings.Contains(source, "{") && len(source) > 20 {
			t.Skip("too slow for package regexp")
		}
		re, err := regexp.Compile(source)
		if err != nil {
			t.Skip("no expression")
		}
		if _, err := syntax.Parse(source, syntax.Perl); err != nil {
			t.Skip("no expression")
		}
		text = strings.ToValidUTF8(text, "?")
		d := newDFA(source)
		if d == nil {
			t.Skip("too many classes")
		}
		want := re.MatchString(text)
		if got, ok := d.match([]byte(text)); ok && got != want {
			t.Errorf("%q on %q: %v, want %v", source, text, got, want)
		}
		need := regexpNeeds(source)
		if folded := []byte(event.FoldString(text)); want && (!met(&need, folded) || !holdsAll(&need, folded) || len(text) < need.length) {
			t.Errorf("%q matches %q without %q, %d bytes", source, text, need.sets, need.length)
		}
	})
}

func BenchmarkRegexp(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	text := make([]byte, 8<<10)
	for i := range text {
		text[i] = " abcdefghijklmnopqrstuvwxyz$-()'`\n"[rng.IntN(34)]
	}
	const source = "(?i)[a-z]+'\\s?\\+\\s?'(invoke|iex)\\b"
	b.Run("dfa", func(b *testing.B) {
		d := newDFA(source)
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			d.match(text)
		}
	})
	b.Run("package regexp", func(b *testing.B) {
		re := regexp.MustCompile(source)
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			re.Match(text)
		}
	})
}
