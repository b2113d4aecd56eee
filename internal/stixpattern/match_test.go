package stixpattern

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// one is a bundle with one observation of objects in the deprecated form.
func one(objects string) string {
	return `{"type":"bundle","objects":[{"type":"observed-data","id":"observed-data--1","first_observed":"2021-07-19T00:00:00Z","last_observed":"2021-07-19T00:00:00Z","number_observed":1,"objects":{` + objects + `}}]}`
}

func matches(t *testing.T, pattern, bundle string) bool {
	t.Helper()
	p, err := Parse(pattern)
	if err != nil {
		t.Fatalf("%s: %v", pattern, err)
	}
	data, problems, err := ReadObserved([]byte(bundle))
	if err != nil || len(problems) > 0 {
		t.Fatalf("%s: %v %v", pattern, err, problems)
	}
	res, err := p.Match(data, Limits{})
	if err != nil {
		t.Fatalf("%s: %v", pattern, err)
	}
	return res.Matched
}

// What comparisons mean: section 9.6.
func TestComparisons(t *testing.T) {
	objects := one(`
"0":{"type":"a","s":"abc","n":5,"f":1.5,"big":9007199254740993,"huge":1e400,"t":true,"no":false,"z":null,"l":["x","y",5],"e":[],"o":{"k-1":"v","SHA-256":"AA"},
     "b_bin":"dGhpcyBpcyBhIHRlc3Q=","h_hex":"FFD8","bad_bin":"!","at":"2014-01-13T07:03:17.5Z","ip":"198.51.100.0/27","ip6":"2001:db8::1","uml":"ÿ","long":"abcd","accent":"o\u0300",
     "x_ref":"1","xs_refs":["1","2","9"],"m":"line\nbreak","lat":"ÿØ","obj_ref":{"k":1}},
"1":{"type":"x","name":"first","y_ref":"2"},
"2":{"type":"x","name":"second","y_ref":"1"}`)
	for _, c := range []struct {
		text string
		want bool
	}{
		{`a:s = 'abc'`, true},
		{`a:s = 'ABC'`, false},
		{`a:s != 'abc'`, false},
		{`a:s != 'x'`, true},
		{`a:s < 'abd'`, true},
		{`a:s < 'abc'`, false},
		{`a:s <= 'abc'`, true},
		{`a:long > 'abc'`, true},
		{`a:s >= 'abcd'`, false},
		// Code points, without normalization: o < oz < ò (of two) < z < ò (of one).
		{`a:accent > 'oz'`, true},
		{`a:accent < 'z'`, true},
		{`a:accent < 'ò'`, true},
		{`a:accent = 'ò'`, false},
		{`a:n = 5`, true},
		{`a:n = 5.0`, true},
		{`a:n > 4.5`, true},
		{`a:f = 1`, false},
		{`a:f > 1`, true},
		{`a:f < 2`, true},
		{`a:f = 1.5`, true},
		{`a:big = 9007199254740993`, true},
		{`a:big = 9007199254740992`, false},
		{`a:big = 9007199254740992.0`, false},
		{`a:t = true`, true},
		{`a:t != true`, false},
		{`a:no = true`, false},
		{`a:no = false`, true},
		// Types that do not go together: false, but for !=.
		{`a:n = '5'`, false},
		{`a:n != '5'`, true},
		{`a:n < '6'`, false},
		{`a:s = 5`, false},
		{`a:s != 5`, true},
		{`a:s > 5`, false},
		{`a:t = 1`, false},
		{`a:t != 1`, true},
		{`a:s = true`, false},
		{`a:o = 'x'`, false},
		{`a:o != 'x'`, true},
		{`a:l = 'x'`, false},
		{`a:n LIKE '5'`, false},
		{`a:n MATCHES '5'`, false},
		{`a:n ISSUBSET '10.0.0.0/8'`, false},
		{`a:huge > 5`, false},
		{`a:huge = 5`, false},
		// What is not there is false, whatever the operator is.
		{`a:none = 'x'`, false},
		{`a:none != 'x'`, false},
		{`a:none NOT = 'x'`, false},
		{`a:none NOT IN ('x')`, false},
		{`a:none NOT LIKE 'x'`, false},
		{`a:s.deeper != 'x'`, false},
		{`a:l[7] != 'x'`, false},
		{`a:e[*] NOT = 'x'`, false},
		{`a:z = 'x'`, false},
		{`a:z != 'x'`, false},
		{`EXISTS a:s`, true},
		{`EXISTS a:none`, false},
		{`EXISTS a:e`, true},
		{`EXISTS a:e[*]`, false},
		{`EXISTS a:z`, false},
		{`EXISTS a:l[0]`, true},
		{`NOT EXISTS a:none`, true},
		{`NOT EXISTS a:s`, false},
		{`NOT EXISTS q:none`, false},
		{`a:s NOT = 'x'`, true},
		{`a:s NOT != 'x'`, false},
		{`a:n NOT < 5`, true},
		{`a:n NOT = '5'`, true},
		{`a:s IN ('x', 'abc')`, true},
		{`a:s IN ('x')`, false},
		{`a:s NOT IN ('x')`, true},
		{`a:s IN ()`, false},
		{`a:s NOT IN ()`, true},
		{`a:n IN (1, 5.0)`, true},
		{`a:h_hex IN (h'00', b'/9g=')`, true},
		// Any member of a list; NOT wants none.
		{`a:l[*] = 'y'`, true},
		{`a:l[*] = 5`, true},
		{`a:l[*] != 'x'`, true},
		{`a:l[*] NOT = 'x'`, false},
		{`a:l[*] NOT = 'q'`, true},
		{`a:l[0] = 'x'`, true},
		{`a:l[1] = 'x'`, false},
		{`a:s[*] = 'a'`, false},
		{`a:o.'k-1' = 'v'`, true},
		{`a:o.'SHA-256' = 'AA'`, true},
		// Binary data.
		{`a:b_bin = 'dGhpcyBpcyBhIHRlc3Q='`, false},
		{`a:b_bin = 'this is a test'`, true},
		{`a:b_bin = b'dGhpcyBpcyBhIHRlc3Q='`, true},
		{`a:b_bin = h'7468697320697320612074657374'`, true},
		{`a:b_bin < h'75'`, true},
		{`a:b_bin > 'this'`, true},
		{`a:h_hex = h'ffd8'`, true},
		{`a:h_hex = 'ÿØ'`, true},
		{`a:h_hex = '€'`, false},
		{`a:h_hex != '€'`, true},
		{`a:h_hex > '€'`, false},
		{`a:lat = h'ffd8'`, true},
		{`a:lat = b'/9g='`, true},
		{`a:uml = h'ff'`, true},
		{`a:h_hex = 5`, false},
		{`a:h_hex != 5`, true},
		{`a:h_hex MATCHES '^\\xff\\xd8$'`, true},
		{`a:b_bin MATCHES 'is.a'`, true},
		{`a:h_hex LIKE 'ÿ_'`, true},
		{`a:bad_bin = 'x'`, false},
		{`a:bad_bin != 'x'`, false},
		{`a:bad_bin NOT = 'x'`, false},
		{`EXISTS a:bad_bin`, true},
		// Timestamps.
		{`a:at = t'2014-01-13T07:03:17.500Z'`, true},
		{`a:at > t'2014-01-13T07:03:17Z'`, true},
		{`a:at = '2014-01-13T07:03:17.5Z'`, true},
		{`a:s = t'2014-01-13T07:03:17Z'`, false},
		{`a:s != t'2014-01-13T07:03:17Z'`, true},
		// LIKE is about the whole text, MATCHES about any part, with a dot for line feeds.
		{`a:s LIKE 'a%'`, true},
		{`a:s LIKE '%c'`, true},
		{`a:s LIKE '%b%'`, true},
		{`a:s LIKE '_b_'`, true},
		{`a:s LIKE 'b'`, false},
		{`a:s LIKE '__'`, false},
		{`a:s LIKE '%%a%_%c'`, true},
		{`a:s LIKE 'abc%_'`, false},
		{`a:s LIKE 'A%'`, false},
		{`a:s LIKE 'a.c'`, false},
		{`a:m LIKE 'line%'`, true},
		{`a:s NOT LIKE 'x%'`, true},
		{`a:s LIKE ''`, false},
		{`a:s LIKE '%'`, true},
		{`a:s MATCHES 'b'`, true},
		{`a:s MATCHES '^b'`, false},
		{`a:s MATCHES '^A'`, false},
		{`a:s MATCHES '(?i)^A'`, true},
		{`a:m MATCHES 'line.break'`, true},
		{`a:s NOT MATCHES 'x'`, true},
		// Sets of addresses.
		{`a:ip ISSUBSET '198.51.100.0/24'`, true},
		{`a:ip ISSUBSET '198.51.100.0/27'`, true},
		{`a:ip ISSUBSET '198.51.100.0/28'`, false},
		{`a:ip ISSUPERSET '198.51.100.0/28'`, true},
		{`a:ip ISSUPERSET '198.51.100.5'`, true},
		{`a:ip ISSUPERSET '198.51.100.0/24'`, false},
		{`a:ip6 ISSUBSET '2001:0db8:0000::/48'`, true},
		{`a:ip6 ISSUBSET '0.0.0.0/0'`, false},
		{`a:ip ISSUBSET '::/0'`, false},
		{`a:s ISSUBSET '0.0.0.0/0'`, false},
		{`a:ip NOT ISSUBSET '10.0.0.0/8'`, true},
		{`a:ip6 ISSUPERSET '2001:db8::1/128'`, true},
		// References.
		{`a:x_ref.name = 'first'`, true},
		{`a:x_ref.y_ref.name = 'second'`, true},
		{`a:x_ref.y_ref.y_ref.name = 'first'`, true},
		{`a:x_ref.type = 'x'`, true},
		{`a:x_ref = '1'`, true},
		{`a:xs_refs[*].name = 'second'`, true},
		{`a:xs_refs[0].name = 'second'`, false},
		{`a:xs_refs[2].name != 'x'`, false},
		{`a:xs_refs[*].y_ref.name = 'second'`, true},
		{`a:obj_ref.k = 1`, true},
		{`x:name = 'first' AND x:y_ref.name = 'second'`, true},
		{`x:name = 'first' AND x:y_ref.name = 'first'`, false},
		{`b:s = 'abc'`, false},
		{`(a:s = 'q' OR x:name = 'second') AND x:name LIKE '%d'`, true},
	} {
		if got := matches(t, "["+c.text+"]", objects); got != c.want {
			t.Errorf("%s: got %v", c.text, got)
		}
	}
}

// All comparisons of an observation expression are about one object.
func TestSameObject(t *testing.T) {
	apart := one(`"0":{"type":"network-traffic","src_ref":"1"},"1":{"type":"ipv4-addr","value":"203.0.113.10"},"2":{"type":"network-traffic","dst_ref":"3"},"3":{"type":"ipv4-addr","value":"198.51.100.58"}`)
	const pattern = `[network-traffic:src_ref.value = '203.0.113.10' AND network-traffic:dst_ref.value = '198.51.100.58']`
	if matches(t, pattern, apart) {
		t.Error("two objects were taken for one")
	}
	together := one(`"0":{"type":"network-traffic","src_ref":"1","dst_ref":"3"},"1":{"type":"ipv4-addr","value":"203.0.113.10"},"3":{"type":"ipv4-addr","value":"198.51.100.58"}`)
	if !matches(t, pattern, together) {
		t.Error("one object was not found")
	}
}

// observations writes observed data of 2.1: each is "type value first last number".
func observations(list ...string) string {
	var b strings.Builder
	b.WriteString(`{"type":"bundle","objects":[`)
	for i, s := range list {
		var kind, value string
		var first, last, n int
		if _, err := fmt.Sscan(s, &kind, &value, &first, &last, &n); err != nil {
			panic(err)
		}
		at := func(sec int) string { return epoch.Add(time.Duration(sec) * time.Second).Format(time.RFC3339) }
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"observed-data","id":"observed-data--%d","first_observed":%q,"last_observed":%q,"number_observed":%d,"object_refs":["%s--%d"]},{"type":%q,"id":"%s--%d","v":%q}`,
			i, at(first), at(last), n, kind, i, kind, kind, i, value)
	}
	b.WriteString(`]}`)
	return b.String()
}

// How observation expressions are combined: section 9.5.
func TestObservations(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		data          []string
		want          bool
	}{
		{"and wants different observations", `[a:v = '1'] AND [a:v = '1']`, []string{"a 1 0 0 1"}, false},
		{"and has two", `[a:v = '1'] AND [a:v = '1']`, []string{"a 1 0 0 1", "a 1 9 9 1"}, true},
		{"one that was seen twice is two", `[a:v = '1'] AND [a:v = '1']`, []string{"a 1 0 0 2"}, true},
		{"or", `[a:v = '1'] OR [b:v = '1']`, []string{"b 1 0 0 1"}, true},
		{"followed by", `[a:v = '1'] FOLLOWEDBY [b:v = '1']`, []string{"b 1 0 0 1", "a 1 1 1 1"}, false},
		{"followed at once", `[a:v = '1'] FOLLOWEDBY [b:v = '1']`, []string{"b 1 1 1 1", "a 1 1 1 1"}, true},
		{"an interval leaves room", `[a:v = '1'] FOLLOWEDBY [b:v = '1']`, []string{"b 1 5 5 1", "a 1 1 9 1"}, true},
		{"followed by needs another observation", `[a:v = '1'] FOLLOWEDBY [a:v = '1']`, []string{"a 1 0 9 1"}, false},
		{"three in order", `[a:v = '1'] FOLLOWEDBY [b:v = '1'] FOLLOWEDBY [a:v = '1']`, []string{"a 1 0 0 1", "b 1 1 1 1", "a 1 2 2 1"}, true},
		{"three out of order", `[a:v = '1'] FOLLOWEDBY [b:v = '1'] FOLLOWEDBY [a:v = '1']`, []string{"a 1 0 0 1", "b 1 3 3 1", "a 1 2 2 1"}, false},
		{"within is less than the window", `([a:v = '1'] AND [b:v = '1']) WITHIN 5 SECONDS`, []string{"a 1 0 0 1", "b 1 5 5 1"}, false},
		{"within", `([a:v = '1'] AND [b:v = '1']) WITHIN 5.000001 SECONDS`, []string{"a 1 0 0 1", "b 1 5 5 1"}, true},
		{"within binds to the last", `[a:v = '1'] AND [b:v = '1'] WITHIN 5 SECONDS`, []string{"a 1 0 0 1", "b 1 50 50 1"}, true},
		{"repeats", `[a:v = '1'] REPEATS 3 TIMES WITHIN 5 SECONDS`, []string{"a 1 0 0 1", "a 1 3 3 1", "a 1 6 6 1", "a 1 7 7 1"}, true},
		{"repeats too slowly", `[a:v = '1'] REPEATS 3 TIMES WITHIN 5 SECONDS`, []string{"a 1 0 0 1", "a 1 3 3 1", "a 1 6 6 1", "a 1 9 9 1"}, false},
		{"the order of qualifiers matters", `[a:v = '1'] WITHIN 5 SECONDS REPEATS 3 TIMES`, []string{"a 1 0 0 1", "a 1 30 30 1", "a 1 60 60 1"}, true},
		{"repeats counts number_observed", `[a:v = '1'] REPEATS 3 TIMES`, []string{"a 1 0 5 3"}, true},
		{"repeats of pairs", `([a:v = '1'] FOLLOWEDBY [b:v = '1']) REPEATS 2 TIMES`, []string{"a 1 0 0 1", "a 1 1 1 1", "b 1 2 2 1"}, false},
		{"repeats of pairs that are there", `([a:v = '1'] FOLLOWEDBY [b:v = '1']) REPEATS 2 TIMES`, []string{"a 1 0 0 1", "a 1 1 1 1", "b 1 2 2 1", "b 1 3 3 1"}, true},
		{"start is inclusive", `[a:v = '1'] START t'2021-07-19T00:00:05Z' STOP t'2021-07-19T00:00:06Z'`, []string{"a 1 5 5 1"}, true},
		{"stop is exclusive", `[a:v = '1'] START t'2021-07-19T00:00:04Z' STOP t'2021-07-19T00:00:05Z'`, []string{"a 1 5 5 1"}, false},
		{"times are chosen once", `([a:v = '1'] START t'2021-07-19T00:00:08Z' STOP t'2021-07-19T00:00:09Z') FOLLOWEDBY [b:v = '1']`, []string{"a 1 0 9 1", "b 1 5 5 1"}, false},
		{
			"half a second is free", `([a:v = '1'] AND [b:v = '1']) WITHIN 1 SECONDS FOLLOWEDBY ([c:v = '1'] AND [d:v = '1']) WITHIN 1 SECONDS`,
			[]string{"a 1 0 0 1", "b 1 0 2 1", "c 1 0 2 1", "d 1 1 1 1"},
			true,
		},
		{"competing for one", `([a:v = '1'] OR [b:v = '1']) AND ([a:v = '1'] OR [c:v = '1'])`, []string{"a 1 0 0 1"}, false},
		{"competing, solved", `[a:v = '1' OR b:v = '1'] AND [a:v = '1']`, []string{"a 1 0 0 1", "b 1 0 0 1"}, true},
		{"nothing at all", `[a:v = '1']`, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := matches(t, c.pattern, observations(c.data...)); got != c.want {
				t.Errorf("%s over %v: got %v", c.pattern, c.data, got)
			}
		})
	}
}

// Times are told apart to 100 ns, where expressions compete and where they do not.
func TestFineTimes(t *testing.T) {
	at := func(kind string, d time.Duration) Observed {
		return Observed{First: epoch.Add(d), Last: epoch.Add(d), Count: 1, Objects: map[string]map[string]any{"0": {"type": kind, "v": "1"}}}
	}
	for _, c := range []struct {
		pattern string
		data    []Observed
		want    bool
	}{
		{`[a:v = '1'] FOLLOWEDBY [b:v = '1']`, []Observed{at("a", 100), at("b", 0)}, false},
		{`[a:v = '1'] FOLLOWEDBY [b:v = '1']`, []Observed{at("a", 0), at("b", 100)}, true},
		{`[a:v = '1'] FOLLOWEDBY [a:v = '1' OR b:v = '1']`, []Observed{at("a", 100), at("b", 0)}, false},
		{`[a:v = '1'] FOLLOWEDBY [a:v = '1' OR b:v = '1']`, []Observed{at("a", 100), at("b", 100)}, true},
		{`([a:v = '1'] AND [a:v = '1' OR b:v = '1']) WITHIN 0.0000005 SECONDS`, []Observed{at("a", 500), at("b", 0)}, false},
		{`([a:v = '1'] AND [a:v = '1' OR b:v = '1']) WITHIN 0.0000006 SECONDS`, []Observed{at("a", 500), at("b", 0)}, true},
	} {
		p, err := Parse(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if res, err := p.Match(c.data, Limits{}); err != nil || res.Matched != c.want {
			t.Errorf("%s: got %v, %v", c.pattern, res, err)
		}
	}
}

// Only what object_refs names can be reached.
func TestObjectRefs(t *testing.T) {
	const bundle = `{"type":"bundle","objects":[
{"type":"file","id":"file--1","name":"x","parent_directory_ref":"directory--1"},{"type":"directory","id":"directory--1","path":"/tmp"},
{"type":"observed-data","id":"observed-data--1","first_observed":"2021-07-19T00:00:00Z","last_observed":"2021-07-19T00:00:00Z","number_observed":1,"object_refs":["file--1"%s]}]}`
	const pattern = `[file:parent_directory_ref.path = '/tmp']`
	if matches(t, pattern, fmt.Sprintf(bundle, "")) {
		t.Error("a reference to what is not part of the observation was followed")
	}
	if !matches(t, pattern, fmt.Sprintf(bundle, `,"directory--1"`)) {
		t.Error("a reference was not followed")
	}
}

func TestReadObserved(t *testing.T) {
	good := `{"type":"observed-data","id":"observed-data--1","first_observed":"2021-07-19T00:00:00Z","last_observed":"2021-07-19T00:00:00Z","number_observed":1,"objects":{"0":{"type":"a"}}}`
	for _, c := range []struct {
		name, in string
		count    int
		problem  string
		err      string
	}{
		{"a bundle", `{"type":"bundle","objects":[` + good + `]}`, 1, "", ""},
		{"a list", `[` + good + `]`, 1, "", ""},
		{"one", "\ufeff" + good, 1, "", ""},
		{"no JSON", `{`, 0, "", "no JSON"},
		{"two texts", good + good, 0, "", "more behind"},
		{"a number", `5`, 0, "", "neither"},
		{"not an object", `[5,` + good + `]`, 1, "no JSON object", ""},
		{"times the wrong way", strings.Replace(good, `"last_observed":"2021-07-19T00`, `"last_observed":"2021-07-18T00`, 1), 0, "before first_observed", ""},
		{"a bad time", strings.Replace(good, `"last_observed":"2021-07-19T00`, `"last_observed":"2021-07-19 00`, 1), 0, "timestamp", ""},
		{"a bad number", strings.Replace(good, `"number_observed":1`, `"number_observed":0`, 1), 1, "number_observed", ""},
		{"both kinds of objects", strings.Replace(good, `"objects"`, `"object_refs":["a--1"],"objects"`, 1), 1, "exclude", ""},
		{"revoked", strings.Replace(good, `"id"`, `"revoked":true,"id"`, 1), 0, "", ""},
		{"two versions", `[` + strings.Replace(good, `"id"`, `"modified":"2021-07-19T00:00:00Z","id"`, 1) + `,` +
			strings.Replace(good, `"id"`, `"revoked":true,"modified":"2021-07-20T00:00:00Z","id"`, 1) + `]`, 0, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, problems, err := ReadObserved([]byte(c.in))
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error %v", err)
			}
			if len(got) != c.count {
				t.Errorf("%d observations", len(got))
			}
			if c.problem == "" && len(problems) > 0 || c.problem != "" && !slices.ContainsFunc(problems, func(p Problem) bool { return strings.Contains(p.Text, c.problem) }) {
				t.Errorf("problems: %v", problems)
			}
		})
	}
}

// Patterns and data that are made to take forever end, with an answer or with ErrBudget.
func TestHostile(t *testing.T) {
	many := func(n int, value string) []string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("a %s %d %d 1", value, i%7, i%7+i%3))
		}
		return list
	}
	circle := one(`"0":{"type":"a","r_refs":["0","1"],"v":1},"1":{"type":"a","r_refs":["0","1"],"v":2}`)
	for _, c := range []struct{ name, pattern, bundle string }{
		{"references in circles", "[a:" + strings.Repeat("r_refs[*].", 15) + "v = 3]", circle},
		{"one observation for many", strings.Repeat("[a:v = '1'] AND ", 200) + "[a:v = '1']", observations(many(150, "1")...)},
		{"many in order", strings.Repeat("[a:v = '1'] FOLLOWEDBY ", 200) + "[a:v = '1']", observations(many(150, "1")...)},
		{"many choices", "(" + strings.Repeat("([a:v = '1'] REPEATS 2 TIMES OR [a:v = '1'] FOLLOWEDBY [a:v = '1']) AND ", 30) + "[b:v = '1']) WITHIN 2 SECONDS", observations(append(many(50, "1"), "b 1 0 9 1")...)},
		{"many repetitions", `([a:v = '1'] FOLLOWEDBY [a:v = '1']) REPEATS 999999999 TIMES`, observations(many(50, "1")...)},
		{"repetitions of repetitions", `((((([a:v = '1'] FOLLOWEDBY [a:v = '1']) REPEATS 9 TIMES) WITHIN 3 SECONDS REPEATS 9 TIMES) WITHIN 4 SECONDS REPEATS 9 TIMES) WITHIN 5 SECONDS REPEATS 9 TIMES) REPEATS 9 TIMES`, observations("a 1 0 9 999999999")},
		{"wildcards", `[a:v LIKE '` + strings.Repeat("%_a", 500) + `']`, observations("a " + strings.Repeat("a", 20_000) + "b 0 0 1")},
		{"a large regular expression", `[a:v MATCHES '((a{0,30}){0,30})b$']`, observations("a " + strings.Repeat("a", 20_000) + "c 0 0 1")},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse(c.pattern)
			if err != nil {
				t.Fatal(err)
			}
			data, _, err := ReadObserved([]byte(c.bundle))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Match(data, Limits{Steps: 20_000_000}); err != nil && !errors.Is(err, ErrBudget) {
				t.Fatal(err)
			}
		})
	}
	t.Run("too little", func(t *testing.T) {
		p, _ := Parse(`[a:v = '1'] AND [a:v = '1']`)
		data, _, _ := ReadObserved([]byte(observations(many(50, "1")...)))
		if res, err := p.Match(data, Limits{Steps: 10}); !errors.Is(err, ErrBudget) {
			t.Errorf("got %v, %v", res, err)
		}
	})
}

// A tree that was built by hand needs no parser.
func TestBuiltByHand(t *testing.T) {
	path := Path{Type: "a", Steps: []Step{{Name: "s"}}}
	p := &Pattern{Root: &Bracket{Expr: &Test{Path: path, Op: Like, Values: []Value{{Text: "a%"}}}}}
	data, _, err := ReadObserved([]byte(one(`"0":{"type":"a","s":"abc"}`)))
	if err != nil {
		t.Fatal(err)
	}
	if res, err := p.Match(data, Limits{}); err != nil || !res.Matched {
		t.Errorf("got %v, %v", res, err)
	}
	p.Root = &Bracket{Expr: &Test{Path: path, Op: Matches, Values: []Value{{Text: "("}}}}
	if _, err := p.Match(data, Limits{}); err == nil {
		t.Error("a bad regular expression was taken")
	}
}
