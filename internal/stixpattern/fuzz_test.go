package stixpattern

import (
	"errors"
	"reflect"
	"testing"
)

var seeds = []string{
	`[ipv4-addr:value = '198.51.100.1/32' OR ipv6-addr:value ISSUBSET '2001:db8::/32']`,
	`([file:hashes.'SHA-256' = 'aa' AND file:name LIKE '%.exe'] FOLLOWEDBY [process:command_line MATCHES '^.+ -enc (?i:x)$']) WITHIN 300 SECONDS`,
	`[a:b[*].c_ref.d NOT IN ('x', 'y')] REPEATS 5 TIMES START t'2021-07-19T00:00:00Z' STOP t'2021-07-20T00:00:00.5Z'`,
	`[EXISTS a:b AND (a:c_hex = h'ffd8' OR a:d_bin != b'AAE=') AND a:e > -1.5] AND [b:f = true] OR [c:g <= t'2021-07-19T00:00:00Z']`,
	`[x:y IN () /* c */] // d`,
}

// What is read can be printed, and read again as the same.
func FuzzParse(f *testing.F) {
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(s)
		if err != nil {
			if e, ok := errors.AsType[*SyntaxError](err); !ok || e.Reason == "" || e.Offset < 0 || e.Offset > len(s) {
				t.Fatalf("%q: the error %v has no place", s, err)
			}
			return
		}
		text := p.String()
		again, err := Parse(text)
		if err != nil {
			t.Fatalf("%q is printed as %q, which is an error: %v", s, text, err)
		}
		if !reflect.DeepEqual(p.Root, again.Root) {
			t.Fatalf("%q is printed as %q, which is another pattern: %q", s, text, again)
		}
		if again.String() != text || len(again.Deviations) > 0 {
			t.Fatalf("%q is printed as %q, which is not canonical: %q %v", s, text, again, again.Deviations)
		}
	})
}

// Nothing that is read and matched panics or goes beyond its budget, and what matches has enough in its bindings.
func FuzzMatch(f *testing.F) {
	const bundle = `{"type":"bundle","objects":[{"type":"observed-data","id":"observed-data--1","first_observed":"2021-07-19T00:00:01Z","last_observed":"2021-07-19T00:00:05Z","number_observed":3,"objects":{"0":{"type":"a","b":[{"c_ref":"1"}],"e":2,"c_hex":"ffd8"},"1":{"type":"x","d":"y"}}},
{"type":"observed-data","id":"observed-data--2","first_observed":"2021-07-19T00:00:02Z","last_observed":"2021-07-19T00:00:02Z","number_observed":1,"object_refs":["file--1"]},{"type":"file","id":"file--1","name":"x.exe","hashes":{"SHA-256":"aa"}}]}`
	for _, s := range seeds {
		f.Add(s, bundle)
	}
	f.Fuzz(func(t *testing.T, pattern, data string) {
		p, err := Parse(pattern)
		if err != nil {
			return
		}
		observed, _, err := ReadObserved([]byte(data))
		if err != nil {
			return
		}
		res, err := p.Match(observed, Limits{Steps: 2_000_000})
		if err != nil {
			if !errors.Is(err, ErrBudget) {
				t.Fatal(err)
			}
			return
		}
		if !res.Matched {
			return
		}
		var only []Observed
		for _, b := range res.Bindings {
			o := observed[b.Observed]
			o.Count = b.Count
			only = append(only, o)
		}
		if again, err := p.Match(only, Limits{Steps: 20_000_000}); err == nil && !again.Matched {
			t.Fatalf("%s: what it was matched with is not enough: %v", p, res.Bindings)
		}
	})
}
