package jcs

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

// The numbers of RFC 8785, appendix B, by their bits.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		bits uint64
		want string
	}{
		{0x0000000000000000, "0"},
		{0x8000000000000000, "0"},
		{0x0000000000000001, "5e-324"},
		{0x8000000000000001, "-5e-324"},
		{0x7fefffffffffffff, "1.7976931348623157e+308"},
		{0xffefffffffffffff, "-1.7976931348623157e+308"},
		{0x4340000000000000, "9007199254740992"},
		{0xc340000000000000, "-9007199254740992"},
		{0x4430000000000000, "295147905179352830000"},
		{0x44b52d02c7e14af5, "9.999999999999997e+22"},
		{0x44b52d02c7e14af6, "1e+23"},
		{0x44b52d02c7e14af7, "1.0000000000000001e+23"},
		{0x444b1ae4d6e2ef4e, "999999999999999700000"},
		{0x444b1ae4d6e2ef4f, "999999999999999900000"},
		{0x444b1ae4d6e2ef50, "1e+21"},
		{0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
		{0x3eb0c6f7a0b5ed8d, "0.000001"},
		{0x41b3de4355555553, "333333333.3333332"},
		{0x41b3de4355555554, "333333333.33333325"},
		{0x41b3de4355555555, "333333333.3333333"},
		{0x41b3de4355555556, "333333333.3333334"},
		{0x41b3de4355555557, "333333333.33333343"},
		{0xbecbf647612f3696, "-0.0000033333333333333333"},
		{0x43143ff3c1cb0959, "1424953923781206.2"},
	} {
		if got := string(AppendNumber(nil, math.Float64frombits(c.bits))); got != c.want {
			t.Errorf("%016x: %s, want %s", c.bits, got, c.want)
		}
	}
}

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"scalars", ` true `, `true`},
		{"list", `[ 1 , 2.50 , -0 , 1E3 , null, false ]`, `[1,2.5,0,1000,null,false]`},
		{"empty", `{ "a" : { } , "b":[ ]}`, `{"a":{},"b":[]}`},
		{"sorted", `{"b":1,"a":{"d":[],"c":"x"}}`, `{"a":{"c":"x","d":[]},"b":1}`},
		{"in order already", `{"a":1,"b":{"c":2,"d":3},"e":4}`, `{"a":1,"b":{"c":2,"d":3},"e":4}`},
		{"prefix first", `{"aa":1,"a":2,"":3}`, `{"":3,"a":2,"aa":1}`},
		{"utf-16 order", "{\"\ufb33\":1,\"\U0001F600\":2,\"\u20ac\":3}", "{\"\u20ac\":3,\"\U0001F600\":2,\"\ufb33\":1}"},
		{"escapes", `"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/\b\f\t\r"`, "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\f\\t\\r\""},
		{"pair", `"\ud83d\ude00"`, "\"\U0001F600\""},
		{"escaped name", `{"\u0062":1,"a":2}`, `{"a":2,"b":1}`},
		{"delete is no control character", "\"\x7f\"", "\"\x7f\""},
	} {
		got, err := Canonical([]byte(c.in))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, got, err, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", ``, "ends where a value"},
		{"two values", `1 2`, "more after"},
		{"twice", `{"a":1,"b":2,"a":1}`, `"a" stands twice`},
		{"twice by escape", `{"a":1,"\u0061":1}`, `"a" stands twice`},
		{"twice, deep", `[{"x":{"a":1,"a":2}}]`, "twice"},
		{"lone high", `"\ud83d"`, "surrogate"},
		{"lone low", `"\ude00"`, "surrogate"},
		{"high and letter", `"\ud83d\u0041"`, "surrogate"},
		{"no UTF-8", "\"\xff\"", "UTF-8"},
		{"surrogate in UTF-8", "\"\xed\xa0\x80\"", "UTF-8"},
		{"raw control", "\"\n\"", "control"},
		{"control after escape", "\"\\n\n\"", "control"},
		{"too big", `1e309`, "double"},
		{"leading zero", `01`, "more after"},
		{"bare point", `1.`, "digit"},
		{"bare sign", `-`, "digit"},
		{"plus", `+1`, "value is needed"},
		{"bare exponent", `1e`, "digit"},
		{"trailing comma", `[1,]`, "value is needed"},
		{"open list", `[1`, "goes on"},
		{"open object", `{"a":1`, "goes on"},
		{"no colon", `{"a" 1}`, "`:`"},
		{"no name", `{1:1}`, "name in quotes"},
		{"open string", `"abc`, "within a string"},
		{"open escape", `"abc\`, "within a string"},
		{"no escape", `"\x"`, "no escape"},
		{"short escape", `"\u12"`, "four"},
		{"word", `nul`, "value is needed"},
		{"byte order mark", "\ufeff1", "value is needed"},
		{"deep lists", strings.Repeat("[", MaxDepth+1), "deeper"},
		{"deep objects", strings.Repeat(`{"a":`, MaxDepth+1), "deeper"},
	} {
		got, err := Canonical([]byte(c.in))
		if _, ok := errors.AsType[*SyntaxError](err); !ok || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %s, %v; want an error with %q", c.name, got, err, c.want)
		}
	}
}

func TestAppendKeepsWhatWasThere(t *testing.T) {
	got, err := Append([]byte("x="), []byte(`{"b":1,"a":2}`))
	if err != nil || string(got) != `x={"a":2,"b":1}` {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := Append([]byte("x="), []byte(`{"b":1,"a":`)); err == nil || string(got) != "x=" {
		t.Errorf("%s, %v", got, err)
	}
}

var seeds = []string{
	`{"b":[1,2.5e-7,{"c":null}],"a":"\u20ac\ud83d\ude00"}`, `[]`, `{}`, `-0`, `1e400`, `"\ud800"`, `{"a":1,"a":2}`, "\"\xff\"",
	`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F"}`,
}

func FuzzCanonical(f *testing.F) {
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		was := bytes.Clone(in)
		out, err := Canonical(in)
		if !bytes.Equal(was, in) {
			t.Fatal("the input was changed")
		}
		if err != nil {
			return
		}
		again, err := Canonical(out)
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("%q is not canonical: %q, %v", out, again, err)
		}
		var a, b any
		if err := json.Unmarshal(in, &a); err != nil {
			t.Fatalf("%q was taken, but is no JSON: %v", in, err)
		}
		if err := json.Unmarshal(out, &b); err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%q became %q", in, out)
		}
	})
}

func BenchmarkCanonical(b *testing.B) {
	in := []byte(`{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.000Z","name":"Poison Ivy","labels":["a","b"],"pattern":"[ file:hashes.MD5 = 'x' ]","confidence":50}`)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		var err error
		if dst, err = Append(dst[:0], in); err != nil {
			b.Fatal(err)
		}
	}
}
