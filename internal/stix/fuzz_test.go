package stix

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func seeds(f *testing.F) {
	f.Helper()
	if len(valid) == 0 {
		f.Fatal("no seeds")
	}
	for _, v := range valid {
		f.Add([]byte(v))
	}
	for _, s := range []string{
		`{"type":"bundle","objects":[{"a":1,"a":2},7,{"type":"tool"}],"id":"x"}`, `{"objects":[]}`, `{"a":"\ud83d\ude00\u0000"}`,
		`{"type":"indicator","labels":["benign"],"created":"2021-07-19T12:00:00.000Z"}`, "{}\n{}", `[`, `{"a":[[[[`,
		`{"type":"observed-data","objects":{"0":{"type":"file","created":"x","parent_directory_ref":"1"},"1":{"type":"directory"}}}`,
	} {
		f.Add([]byte(s))
	}
}

// FuzzParse: what is taken is JSON, its tree says where everything stands, and the bytes are those that came.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		was := bytes.Clone(in)
		o, err := Parse(in, Limits{})
		if !bytes.Equal(in, was) {
			t.Fatal("the input was changed")
		}
		if err != nil {
			if _, ok := errors.AsType[*SyntaxError](err); !ok {
				t.Fatalf("%T", err)
			}
			return
		}
		if !json.Valid(in) || !bytes.Equal(o.Raw, bytes.TrimSpace(in)) {
			t.Fatalf("%q was taken as %q", in, o.Raw)
		}
		for i := range o.tree.nodes {
			if !json.Valid(o.tree.value(i)) {
				t.Fatalf("node %d is %q", i, o.tree.value(i))
			}
			if n := o.tree.nodes[i]; n.kind == jsonString {
				var s string
				if err := json.Unmarshal(o.tree.value(i), &s); err != nil || s != o.tree.str(i) {
					t.Fatalf("%q is %q, not %q", o.tree.value(i), s, o.tree.str(i))
				}
			}
			if i < 200 && (o.tree.pointer(i) == "") != (i == 0) {
				t.Fatalf("node %d has the pointer %q", i, o.tree.pointer(i))
			}
		}
		for range o.Refs() {
		}
		_, _ = ObservableID(o)
	})
}

// FuzzCheck: no object makes the check fail, findings are complete and the same each time, and what Upgrade makes is 2.1.
func FuzzCheck(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		o, err := Parse(in, Limits{})
		if err != nil {
			return
		}
		a, b := Check(o), Check(o)
		if len(a) != len(b) {
			t.Fatalf("%d findings, then %d", len(a), len(b))
		}
		for _, f := range a {
			if f.Severity == 0 || f.Rule == "" || f.Message == "" || f.Section == "" || f.Pointer != "" && f.Pointer[0] != '/' {
				t.Fatalf("%+v", f)
			}
		}
		var c Checker
		c.Check(o)
		c.Check(o)
		c.Finish()
		up, changes, err := Upgrade(o)
		if err != nil {
			return
		}
		if len(changes) == 0 && !bytes.Equal(up.Raw, o.Raw) && o.Type != "bundle" && o.tree.child(0, "spec_version") < 0 && o.tree.child(0, "type") >= 0 {
			t.Fatalf("%q became %q without a word", o.Raw, up.Raw)
		}
		if up.Spec() == "2.0" && up.Type != "" {
			t.Fatalf("%q is still 2.0: %q", o.Raw, up.Raw)
		}
		CheckVersions(o, up)
	})
}

// FuzzReader: a stream gives the same objects however it is cut, and ends.
func FuzzReader(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		all := func(from io.Reader) (text string) {
			r := NewReader(from, Limits{Size: 1 << 16})
			for range len(in) + 2 {
				e, err := r.Next()
				if err != nil {
					return text + "|" + err.Error()
				}
				if e.Err == nil {
					text += "|" + e.Pointer + string(e.Object.Raw)
				} else {
					text += "|" + e.Err.Error()
				}
			}
			t.Fatal("it does not end")
			return ""
		}
		a, b := all(bytes.NewReader(in)), all(iotest.OneByteReader(bytes.NewReader(in)))
		if a != b {
			t.Fatalf("%s\n%s", a, b)
		}
		if o, err := Parse(in, Limits{}); err == nil && o.tree.child(0, "objects") < 0 && !strings.HasPrefix(a, "|"+string(o.Raw)) {
			t.Fatalf("%s was not read: %s", o.Raw, a)
		}
	})
}
