package stixpattern

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ name, in, out string }{
		{"one comparison", `[ file:size=25536 ]`, `[file:size = 25536]`},
		{"and binds more than or", `[a:x = 1 AND a:y = 2 OR a:z = 3]`, ``},
		{"needless parentheses", `[((a:x = 1 AND a:y = 2) OR (a:z = 3))]`, `[a:x = 1 AND a:y = 2 OR a:z = 3]`},
		{"needed parentheses", `[a:x = 1 AND (a:y = 2 OR a:z = 3)]`, ``},
		{"types in or", `[(a:x = 1 OR b:y = 2) AND b:z = 3]`, ``},
		{"observation precedence", `[a:x=1] FOLLOWEDBY [b:x=1] OR [c:x=1] AND [d:x=1]`, `[a:x = 1] FOLLOWEDBY [b:x = 1] OR [c:x = 1] AND [d:x = 1]`},
		{"observation parentheses", `([a:x = 1] FOLLOWEDBY [b:x = 1]) OR [c:x = 1]`, ``},
		{"parentheses of the same operator", `([a:x = 1] FOLLOWEDBY ([b:x = 1] FOLLOWEDBY [c:x = 1]))`, `[a:x = 1] FOLLOWEDBY [b:x = 1] FOLLOWEDBY [c:x = 1]`},
		{
			"qualifiers", `([a:x = 1] AND [b:x = 1] REPEATS 5 TIMES) WITHIN 300 SECONDS START t'2021-07-19T00:00:00Z' STOP t'2021-07-20T00:00:00.50Z'`,
			`([a:x = 1] AND [b:x = 1] REPEATS 5 TIMES) WITHIN 300 SECONDS START t'2021-07-19T00:00:00Z' STOP t'2021-07-20T00:00:00.5Z'`,
		},
		{"qualifiers in parentheses", `([a:x = 1] WITHIN 5 SECONDS) REPEATS 2 TIMES`, `[a:x = 1] WITHIN 5 SECONDS REPEATS 2 TIMES`},
		{"twice the same qualifier", `([a:x = 1] REPEATS 2 TIMES WITHIN 5 SECONDS) REPEATS 2 TIMES`, ``},
		{"a window with a fraction", `[a:x = 1] WITHIN 0.50 SECONDS`, `[a:x = 1] WITHIN 0.5 SECONDS`},
		{"steps", `[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0 AND file:a[0][*].'b.c' = 'x']`, ``},
		{"keywords as names", `[exists:not = 'x' AND exists:in.like.and[0] = 'y']`, ``},
		{"escapes", `[file:name = 'it\'s C:\\x']`, ``},
		{
			"constants", `[a:b = true AND a:c != false AND a:d = -1 AND a:e > .5 AND a:f = h'FFd8' AND a:g = b'AAE=' AND a:h = t'2014-01-13T07:03:17.120Z']`,
			`[a:b = true AND a:c != false AND a:d = -1 AND a:e > 0.5 AND a:f = h'ffd8' AND a:g = b'AAE=' AND a:h = t'2014-01-13T07:03:17.12Z']`,
		},
		{"line feeds in base64", "[a:g = b'AA\nE=']", `[a:g = b'AAE=']`},
		{"sets", `[a:b IN ( 'x' , 'y' ) AND a:c NOT IN (1, 2.5) AND a:d IN ()]`, `[a:b IN ('x', 'y') AND a:c NOT IN (1, 2.5) AND a:d IN ()]`},
		{"not", `[a:b NOT = 'x' AND a:c NOT LIKE '%y_' AND a:d NOT MATCHES '^z$' AND a:e NOT ISSUBSET '10.0.0.0/8']`, ``},
		{"exists", `[EXISTS windows-registry-key:values AND NOT EXISTS windows-registry-key:key]`, ``},
		{"no blanks", `[a:b MATCHES'^x$'AND a:c IN('y')]FOLLOWEDBY[b:c='z']WITHIN 3 SECONDS`, `[a:b MATCHES '^x$' AND a:c IN ('y')] FOLLOWEDBY [b:c = 'z'] WITHIN 3 SECONDS`},
		{"white space of Unicode, comments", "[\u00a0a:b\u2003= /* no */ 'x' // nor this\n]", `[a:b = 'x']`},
		{"text beyond ASCII", `[file:name = 'ô € 𝄞']`, ``},
		{"large floats", `[a:b = 1` + strings.Repeat("0", 300) + `.5]`, `[a:b = 1` + strings.Repeat("0", 300) + `.0]`},
		{"minus nought", `[a:b = -0.0 AND a:c = -0]`, `[a:b = 0.0 AND a:c = 0]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Deviations) > 0 {
				t.Errorf("deviations: %v", p.Deviations)
			}
			if c.out == "" {
				c.out = c.in
			}
			if p.String() != c.out {
				t.Errorf("got  %s\nwant %s", p, c.out)
			}
			again, err := Parse(p.String())
			if err != nil || !reflect.DeepEqual(again.Root, p.Root) {
				t.Errorf("%v: the canonical form is another pattern: %s", err, again)
			}
		})
	}
}

// What is not 2.1 by the letter is read, and said.
func TestDeviations(t *testing.T) {
	for _, c := range []struct{ in, out, says string }{
		{`[file:hashes.SHA-256 = 'x']`, `[file:hashes.'SHA-256' = 'x']`, "apostrophes"},
		{`[file:hashes."SHA-256" = 'x']`, `[file:hashes.'SHA-256' = 'x']`, "quotation marks"},
		{`[a:b == 'x']`, `[a:b = 'x']`, "=="},
		{`[a:b <> 'x']`, `[a:b != 'x']`, "<>"},
		{`[a:b like 'x%']`, `[a:b LIKE 'x%']`, "upper case"},
		{`[a:b = 1] or [a:b = 2]`, `[a:b = 1] OR [a:b = 2]`, "upper case"},
		{`[a:b = TRUE]`, `[a:b = true]`, "lower case"},
		{`[a:b = +1]`, `[a:b = 1]`, "plus"},
		{`[a:b = 007]`, `[a:b = 7]`, "leading zeros"},
		{`[a:b = 1] START '2021-07-19T00:00:00Z' STOP '2021-07-20T00:00:00Z'`, `[a:b = 1] START t'2021-07-19T00:00:00Z' STOP t'2021-07-20T00:00:00Z'`, "t'…'"},
	} {
		p, err := Parse(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if len(p.Deviations) == 0 || !strings.Contains(p.Deviations[0].Text, c.says) || p.String() != c.out {
			t.Errorf("%s: got %s, %v", c.in, p, p.Deviations)
		}
		if again, err := Parse(p.String()); err != nil || len(again.Deviations) > 0 {
			t.Errorf("%s: the canonical form deviates: %v %v", c.in, err, again)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		in     string
		column int
		says   string
	}{
		{``, 1, "begins with [ or ("},
		{`file:name = 'x'`, 1, "begins with [ or ("},
		{`[file:name = 'x'`, 17, "the ] that closes"},
		{`[file:name = 'x'] [file:name = 'y']`, 19, "AND, OR, FOLLOWEDBY"},
		{`[file:name 'x']`, 12, "expected an operator"},
		{`[file:name = x]`, 14, "a string stands in apostrophes"},
		{`[file:name = 'x]`, 14, "does not end"},
		{`[file:name = 'C:\Windows']`, 17, `write \\ for a backslash`},
		{`[name = 'x']`, 7, "the : between"},
		{`[file: = 'x']`, 8, "the name of a property"},
		{`[file:'' = 'x']`, 7, "empty"},
		{`[file:a[x] = 'x']`, 9, "an index of a list"},
		{`[file:a[-1] = 'x']`, 9, "an index of a list"},
		{`[file:a[0 = 'x']`, 11, "closes the index"},
		{`[a:b > true]`, 6, "have no order"},
		{`[a:b LIKE 5]`, 6, "needs a string"},
		{`[a:b IN 'x']`, 9, "opens the list"},
		{`[a:b IN ('x', 5)]`, 15, "of one type"},
		{`[a:b ISSUBSET 'example.com']`, 6, "an address or a network"},
		{`[a:b MATCHES '(?<!x)y']`, 6, "a lookbehind"},
		{`[a:b = h'f']`, 8, "pairs of hexadecimal digits"},
		{`[a:b = b'AAE']`, 8, "base64"},
		{`[a:b = t'2014-13-13T07:03:17Z']`, 8, "timestamp"},
		{`[a:b = t'2014-01-13 07:03:17Z']`, 8, "timestamp"},
		{`[a:b = 99999999999999999999]`, 8, "too large"},
		{`[a:b = 1x]`, 9, "a number ends here"},
		{`[a:b = 1 AND c:d = 2]`, 14, "about one object"},
		{`[(a:b = 1 OR c:d = 2) AND e:f = 2]`, 27, "about one object"},
		{`[NOT a:b = 1]`, 6, "behind the path"},
		{`[a:b = 1] WITHIN 0 SECONDS`, 18, "positive"},
		{`[a:b = 1] WITHIN -5 SECONDS`, 18, "positive"},
		{`[a:b = 1] WITHIN 99999999999 SECONDS`, 18, "292 years"},
		{`[a:b = 1] WITHIN 5 MINUTES`, 20, "expected SECONDS"},
		{`[a:b = 1] REPEATS 0 TIMES`, 19, "positive integer"},
		{`[a:b = 1] REPEATS 1.5 TIMES`, 19, "positive integer"},
		{`[a:b = 1] REPEATS 2 TIMES REPEATS 3 TIMES`, 27, "one qualifier of a kind"},
		{`[a:b = 1] START t'2021-07-20T00:00:00Z' STOP t'2021-07-20T00:00:00Z'`, 46, "later than START"},
		{`[a:b = 1] START t'2021-07-20T00:00:00Z'`, 40, "expected STOP"},
		{`[a:b = 1 /* ]`, 10, "comment"},
		{"[a:b = '\xff']", 9, "UTF-8"},
		{`[a:b = €]`, 8, "no meaning"},
		{strings.Repeat("(", 101) + "[a:b = 1]", 101, "deeper than"},
		{"[" + strings.Repeat("(", 101) + "a:b = 1", 102, "deeper than"},
		{"[a:b" + strings.Repeat(".c", 40) + " = 1]", 0, "steps"},
		{strings.Repeat(" ", MaxLength+1), 1, "bytes"},
	} {
		p, err := Parse(c.in)
		e, ok := errors.AsType[*SyntaxError](err)
		if !ok {
			t.Errorf("%s: got %v, %v", clip(c.in), p, err)
			continue
		}
		if !strings.Contains(e.Reason, c.says) || c.column > 0 && e.Column != c.column {
			t.Errorf("%s: got %q", clip(c.in), err)
		}
	}
	_, err := Parse("[a:b = 1]\n AND [c:d = ]")
	if err == nil || !strings.HasPrefix(err.Error(), "line 2, column 13: ") {
		t.Errorf("got %v", err)
	}
}

func TestLimits(t *testing.T) {
	many := "[a:b = 1" + strings.Repeat(" OR a:b = 1", MaxTests) + "]"
	if _, err := Parse(many); err == nil || !strings.Contains(err.Error(), "comparisons") {
		t.Errorf("got %v", err)
	}
	many = "[a:b IN (1" + strings.Repeat(",1", MaxValues) + ")]"
	if _, err := Parse(many); err == nil || !strings.Contains(err.Error(), "values") {
		t.Errorf("got %v", err)
	}
}
