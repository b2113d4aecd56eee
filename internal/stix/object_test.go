package stix

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestHeader(t *testing.T) {
	raw := "\n " + valid["attack-pattern"] + " "
	o := parse(t, raw)
	if string(o.Raw) != valid["attack-pattern"] {
		t.Errorf("the bytes are not those received: %s", o.Raw)
	}
	h := o.Header
	if h.Type != "attack-pattern" || h.ID != u("attack-pattern", 1) || h.SpecVersion != "2.1" || h.CreatedByRef != u("identity", 1) ||
		h.Created.Text != "2021-07-19T12:00:00.000Z" || h.Created.Time.Unix() != 1626696000 || h.Confidence != 70 || h.Lang != "en" ||
		!slices.Equal(h.Labels, []string{"x"}) || !slices.Equal(h.ObjectMarkingRefs, []string{u("marking-definition", 1)}) {
		t.Errorf("%+v", h)
	}
	want := []GranularMarking{
		{Lang: "de", Selectors: []string{"name", "labels.[0]"}},
		{MarkingRef: u("marking-definition", 2), Selectors: []string{"external_references.[0].source_name", "id"}},
	}
	if !reflect.DeepEqual(h.GranularMarkings, want) {
		t.Errorf("%+v", h.GranularMarkings)
	}
	var refs []string
	for r := range o.Refs() {
		refs = append(refs, r.Pointer+" "+r.ID)
	}
	if !slices.Equal(refs, []string{
		"/created_by_ref " + u("identity", 1), "/object_marking_refs/0 " + u("marking-definition", 1),
		"/granular_markings/1/marking_ref " + u("marking-definition", 2),
	}) {
		t.Errorf("%q", refs)
	}
	for range o.Refs() {
		break // stops without a word
	}
	if got := string(o.Property("confidence")); got != "70" {
		t.Errorf("confidence %q", got)
	}
	if o.Property("nonesuch") != nil {
		t.Error("there is a property nonesuch")
	}
}

func TestHeaderOfNonsense(t *testing.T) {
	o := parse(t, `{"type":1,"id":[],"created":"yesterday","modified":{},"labels":["a",1],"confidence":"x","revoked":"true","granular_markings":[1,{}],"object_marking_refs":{}}`)
	h := o.Header
	if h.Type != "" || h.ID != "" || h.Created.Text != "yesterday" || !h.Created.Time.IsZero() || h.Confidence != -1 || h.Revoked ||
		!slices.Equal(h.Labels, []string{"a"}) || len(h.GranularMarkings) != 1 || h.ObjectMarkingRefs != nil {
		t.Errorf("%+v", h)
	}
	if !HasErrors(Check(o)) {
		t.Error("no errors")
	}
}

func TestEscapes(t *testing.T) {
	o := parse(t, `{"ty\u0070e":"mu\u0074ex","id":"`+u("mutex", 1)+`","name":"\ud83d\ude00\"\\\/\b\f\n\r\t\u00e9"}`)
	if o.Type != "mutex" || len(Check(o)) != 0 {
		t.Errorf("%+v, %v", o.Header, Check(o))
	}
	if got := o.tree.str(o.tree.child(0, "name")); got != "😀\"\\/\b\f\n\r\té" {
		t.Errorf("%q", got)
	}
}

func TestSpecAndVersion(t *testing.T) {
	for _, c := range []struct{ in, spec, version string }{
		{`{"type":"tool","spec_version":"2.1","created":"a","modified":"b"}`, "2.1", "b"},
		{`{"type":"tool","created":"a"}`, "2.0", "a"},
		{`{"type":"url"}`, "2.1", ""},
		{`{"type":"bundle"}`, "2.1", ""},
		{`{"type":"bundle","spec_version":"2.0"}`, "2.0", ""},
		{`{"type":"x-thing"}`, "2.1", ""},
		{`{"type":"x-thing","created":"a"}`, "2.0", "a"},
	} {
		o := parse(t, c.in)
		if o.Spec() != c.spec || o.Version().Text != c.version {
			t.Errorf("%s: %s, %s", c.in, o.Spec(), o.Version().Text)
		}
	}
}

func TestSelects(t *testing.T) {
	o := parse(t, `{"name":"a","labels":["x","y"],"extensions":{"a-ext":{"list":[[1],{"MD5":2}]}}}`)
	for s, want := range map[string]bool{
		"name": true, "labels": true, "labels.[1]": true, "labels.[2]": false, "labels.[-1]": false, "labels.1": false, "": false,
		"extensions.a-ext.list.[1].MD5": true, "extensions.a-ext.list.[0].[0]": true, "name.x": false, "name.[0]": false, "nam": false,
	} {
		if o.Selects(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

// The identifiers were computed with another implementation of UUID version 5 and sorted JSON.
func TestObservableID(t *testing.T) {
	for in, want := range map[string]string{
		`{"type":"ipv4-addr","value":"198.51.100.3"}`:                                                                       "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4",
		`{"defanged":true,"value":"example.com","resolves_to_refs":[],"type":"domain-name"}`:                                "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7",
		`{"type":"file","size":3,"name":"b\u00fccher.txt","hashes":{"SHA-1":"x","MD5":"d41d8cd98f00b204e9800998ecf8427e"}}`: "file--948bc507-24aa-5dcd-9a85-44b6de4dce28",
		`{"type":"file","hashes":{"TLSH":"x","SHA3-256":"a7ff"}}`:                                                           "file--00261695-4f5d-50d0-9f93-8e4f9a6914ca",
		`{"type":"autonomous-system","number": 64500 ,"name":"x"}`:                                                          "autonomous-system--0a5f7072-df00-5729-9f0a-4eb18631a446",
		`{"type":"network-traffic","protocols":["tcp", "https"],"src_ref":"a","dst_port":443,"src_packets":7}`:              "network-traffic--b8fbb676-a9e8-5140-a7d3-08273b6c643e",
		`{"type":"user-account","account_type":"unix","display_name":"B","account_login":"bob"}`:                            "user-account--e5deefae-3fc2-510b-a9ee-b23cab576007",
		`{"type":"windows-registry-key","values":[{"name":"n","data":"d"}],"key":"HKLM\\x"}`:                                "windows-registry-key--14886aae-85c3-5456-9886-8896c83ab708",
		`{"type":"software","version":"1","languages":["en"],"name":"s"}`:                                                   "software--b08b5b85-c46d-52e8-bd52-7576765e9292",
		`{"type":"process","pid":1}`:    "",
		`{"type":"url"}`:                "",
		`{"type":"tool","name":"x"}`:    "",
		`{"type":"x-thing","name":"x"}`: "",
		`{"type":"file","hashes":{}}`:   "",
	} {
		id, ok := ObservableID(parse(t, in))
		if id != want || ok != (want != "") {
			t.Errorf("%s: %s, want %s", in, id, want)
		}
	}
}

func TestTimestamps(t *testing.T) {
	for s, want := range map[string]string{
		"2021-07-19T12:00:00Z": "2021-07-19T12:00:00Z", "2021-07-19T12:00:00.5Z": "2021-07-19T12:00:00.5Z",
		"2020-02-29T23:59:59.123456789123Z": "2020-02-29T23:59:59.123456789Z", "2016-12-31T23:59:60Z": "2017-01-01T00:00:00Z",
		"2021-13-01T00:00:00Z": "", "2021-00-01T00:00:00Z": "", "2021-01-00T00:00:00Z": "", "2021-04-31T00:00:00Z": "",
		"2021-01-01T00:60:00Z": "", "2021-01-01T00:00:61Z": "", "2021-01-01T00:00:60Z": "", "21-01-01T00:00:00Z": "", "": "",
		"2021-01-01T00:00:00": "", "2021-01-01T00:00:00,5Z": "", "+021-01-01T00:00:00Z": "", "2021-01-01T-1:00:00Z": "",
	} {
		ts, err := ParseTimestamp(s)
		if (err == nil) != (want != "") || ts.Text != s {
			t.Errorf("%q: %v, %v", s, ts, err)
		}
		if got := ts.Time.Format("2006-01-02T15:04:05.999999999Z07:00"); err == nil && got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
		if err != nil && !ts.Time.IsZero() {
			t.Errorf("%q: a time with an error", s)
		}
	}
}

func TestVersions(t *testing.T) {
	old := parse(t, valid["tool"])
	for _, c := range []struct{ patch, want string }{
		{`{"name":"new","modified":"2021-07-20T12:00:00.000Z"}`, ""},
		{`{"name":"new"}`, "/modified"},
		{`{"name":"new","modified":"2021-07-19T12:00:00.0Z"}`, "/modified"}, // the same time, written otherwise
		{`{"modified":"2021-07-20T12:00:00.000Z","created":"2021-07-19T12:00:00.001Z"}`, "/created"},
		{`{"modified":"2021-07-20T12:00:00.000Z","created_by_ref":"` + u("identity", 1) + `"}`, "/created_by_ref"},
		{`{"modified":"2021-07-18T12:00:00.000Z","revoked":true}`, "/revoked"}, // the older one is revoked
		{`{"modified":"2021-07-20T12:00:00.000Z","revoked":true}`, ""},
		{`{"modified":"2021-07-20T12:00:00.000Z","type":"malware"}`, "/type"},
		{`{"id":"` + u("tool", 2) + `","created":"2020-07-19T12:00:00.000Z"}`, ""},
	} {
		var got []string
		for _, f := range CheckVersions(old, parse(t, patched(t, "tool", c.patch))) {
			got = append(got, f.Pointer)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", c.patch, got, c.want)
		}
	}
	if f := CheckVersions(old, old); f != nil {
		t.Errorf("the same object: %v", f)
	}
}

func TestChecker(t *testing.T) {
	ext := u("extension-definition", 1)
	stream := strings.Join([]string{
		patched(t, "tool", `{"extensions":{"`+ext+`":{"extension_type":"new-sdo","a":1}},"type":"thing","id":"`+u("thing", 1)+`"}`),
		patched(t, "tool", `{"extensions":{"`+ext+`":{"extension_type":"property-extension","a":1}}}`),
		patched(t, "tool", `{"extensions":{"`+ext+`":{"extension_type":"property-extension","a":1}}}`),
		patched(t, "tool", `{"name":"other"}`),
		patched(t, "tool", `{"created":"2020-01-01T00:00:00.000Z","modified":"2021-08-01T00:00:00.000Z"}`),
		valid["mutex"], patched(t, "mutex", `{"name":"other"}`),
		valid["extension-definition"],
	}, "\n")
	var c Checker
	var got []string
	for i, e := range read(t, stream) {
		for _, f := range c.Check(e.Object) {
			got = append(got, strings.Join([]string{string(rune('0' + i)), f.Severity.String(), f.Rule, f.Pointer}, " "))
		}
	}
	for _, l := range c.Finish() {
		got = append(got, "late "+l.ID+" "+l.Rule+" "+l.Pointer)
	}
	want := []string{
		"2 warning duplicate /id", "3 error version /modified", "4 error version /created", "6 warning duplicate /id",
		"late " + u("thing", 1) + " extension-type /extensions/" + ext,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestCheckerPatterns(t *testing.T) {
	c := Checker{Pattern: func(kind, version, text string) error {
		if kind != "stix" || version != "2.1" || text != "[file:name='a']" {
			t.Errorf("%q %q %q", kind, version, text)
		}
		return errors.New("no such pattern")
	}}
	f := c.Check(parse(t, valid["indicator"]))
	if len(f) != 1 || f[0].Rule != "pattern" || f[0].Message != "no such pattern" {
		t.Errorf("%v", f)
	}
	c = Checker{Pattern: func(_, _, _ string) error { return AdviceError("better so") }}
	if f := c.Check(parse(t, valid["indicator"])); len(f) != 1 || f[0].Severity != Warning || f[0].Message != "better so" {
		t.Errorf("%v", f)
	}
}

func read(tb testing.TB, stream string) (all []Entry) {
	tb.Helper()
	r := NewReader(strings.NewReader(stream), Limits{})
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, e)
	}
}

func TestReader(t *testing.T) {
	m := func(n int) string { return `{"type":"mutex","id":"` + u("mutex", n) + `","name":"m"}` }
	for _, c := range []struct{ name, in, want string }{
		{"one object", m(1), " " + m(1)},
		{"lines", m(1) + "\n\n" + m(2) + "\n", " " + m(1) + "| " + m(2)},
		{"byte order mark", "\xef\xbb\xbf" + m(1), " " + m(1)},
		{"bundle", `{"type":"bundle","id":"b","objects":[` + m(1) + ` , ` + m(2) + `]}`, "/objects/0 " + m(1) + "|/objects/1 " + m(2) + `|B {"type":"bundle","id":"b"}`},
		{"bundle with the objects first", `{ "objects" : [` + m(1) + `], "type":"bundle","x":[1]}`, "/objects/0 " + m(1) + `|B { "type":"bundle","x":[1]}`},
		{"objects in the middle", `{"type":"bundle","objects":[` + m(1) + `],"id":"b"}`, "/objects/0 " + m(1) + `|B {"type":"bundle","id":"b"}`},
		{"objects alone", `{"objects":[` + m(1) + `]}`, "/objects/0 " + m(1) + `|B {}`},
		{"envelope", `{"more":true,"objects":[` + m(1) + `],"next":"x"}`, "/objects/0 " + m(1) + `|B {"more":true,"next":"x"}`},
		{"empty bundle", `{"type":"bundle","objects":[]}`, `B {"type":"bundle","objects":[]}`},
		{"bundle without objects", `{"type":"bundle","id":"b"}`, ` {"type":"bundle","id":"b"}`},
		{"observed data of 2.0", `{"type":"observed-data","objects":{"0":{}}}`, ` {"type":"observed-data","objects":{"0":{}}}`},
		{"objects of an object of its own", `{"type":"x-a","objects":[1]}`, ` {"type":"x-a","objects":[1]}`},
		{"broken neighbour", `{"objects":[{"a":1,"a":2},` + m(1) + `,{"a" 1},7,"x",` + m(2) + `]}`, "/objects/0 !|/objects/1 " + m(1) + "|/objects/2 !|/objects/3 !|/objects/4 !|/objects/5 " + m(2) + "|B {}"},
		{"broken object, then another", `{"a" 1}` + m(1), " !| " + m(1)},
		{"brackets in strings", `{"objects":[{"a":"]}\"[{"}]}`, `/objects/0 {"a":"]}\"[{"}|B {}`},
		{"objects twice", `{"objects":[{"a":1}],"objects":[{"b":1}]}`, `/objects/0 {"a":1}|B !`},
		{"type after", `{"objects":[{"a":1}],"type":"x","type":"y"}`, `/objects/0 {"a":1}|B !`},
		{"list without bundle", `[{"a":1}, {"b":1}]{"c":1}`, `/0 {"a":1}|/1 {"b":1}| !| {"c":1}`},
		{"empty list", `[]`, ` !`},
		{"nothing", " \n", ""},
	} {
		for _, slow := range []bool{false, true} {
			var from io.Reader = strings.NewReader(c.in)
			if slow {
				from = iotest.OneByteReader(from)
			}
			r := NewReader(from, Limits{})
			var got []string
			for {
				e, err := r.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
					break
				}
				text := "!"
				if e.Err == nil {
					text = string(e.Object.Raw)
				}
				if e.Bundle {
					e.Pointer = "B"
				}
				got = append(got, e.Pointer+" "+text)
			}
			if strings.Join(got, "|") != c.want {
				t.Errorf("%s:\n got %s\nwant %s", c.name, strings.Join(got, "|"), c.want)
			}
		}
	}
}

func TestReaderStops(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`[{"a":1}`, "cut off"},
		{`7`, "an object is needed"},
		{`{"a":1`, "cut off"},
		{`{"objects":[{"a":1}`, "cut off"},
		{`{"objects":[{"a":1},`, "cut off"},
		{`{"objects":[{"a":1},]}`, "byte 20: there is a comma"},
		{`{"objects":[{"a":1}{"b":1}]}`, "byte 19: the list of objects goes on"},
		{`{"objects":[}`, "an object is needed"},
		{`{"objects":[{"a":1}],"b":1`, "cut off"},
		{`{"a":"` + strings.Repeat("x", 2000) + `"}`, "larger than 1000"},
		{`{"objects":[{"a":"` + strings.Repeat("x", 2000) + `"}]}`, "larger than 1000"},
		{`{"objects":[{"a":1}],` + strings.Repeat(" }", 0) + `"x":"` + strings.Repeat("x", 2000) + `"}`, "larger than 1000"},
	} {
		r := NewReader(strings.NewReader(c.in), Limits{Size: 1000})
		var err error
		for range 100 {
			if _, err = r.Next(); err != nil {
				break
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60s: %v, want %q", c.in, err, c.want)
		}
		if _, again := r.Next(); !errors.Is(again, err) {
			t.Errorf("%.60s: goes on with %v", c.in, again)
		}
	}
	broken := errors.New("broken disk")
	r := NewReader(io.MultiReader(strings.NewReader(`{"objects":[{"a":1},{"b"`), iotest.ErrReader(broken)), Limits{})
	if _, err := r.Next(); err != nil {
		t.Error(err)
	}
	if _, err := r.Next(); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// A large bundle is read with little memory: what was passed is forgotten.
func TestReaderForgets(t *testing.T) {
	one := `{"type":"mutex","id":"` + u("mutex", 1) + `","name":"` + strings.Repeat("x", 1000) + `"}`
	var b bytes.Buffer
	b.WriteString(`{"type":"bundle","objects":[`)
	for i := range 2000 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(one)
	}
	b.WriteString("]}")
	r := NewReader(&b, Limits{})
	for i := range 2000 {
		e, err := r.Next()
		if err != nil || string(e.Object.Raw) != one {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if cap(r.buf) > 256<<10 {
		t.Errorf("the buffer grew to %d bytes", cap(r.buf))
	}
}

func TestUpgrade(t *testing.T) {
	for _, c := range []struct{ name, in, want, changes string }{
		{
			"indicator", `{"type":"indicator","id":"i","labels":["malicious-activity","x"],"pattern":"p","x_a": 1.0}`,
			`{"type":"indicator","spec_version":"2.1","id":"i","indicator_types":["malicious-activity"],"labels":["x"],"pattern":"p","x_a":1.0,"pattern_type":"stix","pattern_version":"2.0"}`,
			"/spec_version /indicator_types /pattern_type /pattern_version",
		},
		{
			"malware", `{"type":"malware","spec_version":"2.0","labels":["malware"],"name":"m"}`,
			`{"type":"malware","spec_version":"2.1","labels":["malware"],"name":"m","is_family":true}`, "/spec_version /is_family",
		},
		{"tool", `{"labels":["unknown"],"type":"tool"}`, `{"tool_types":["unknown"],"type":"tool","spec_version":"2.1"}`, "/tool_types /spec_version"},
		{"of 2.1", `{"type":"tool","spec_version":"2.1","labels":["unknown"]}`, `{"type":"tool","spec_version":"2.1","labels":["unknown"]}`, ""},
		{"observable", `{"type":"url","value":"x"}`, `{"type":"url","value":"x"}`, ""},
		{
			"selectors", `{"type":"indicator","labels":["benign","x","unknown"],"granular_markings":[{"marking_ref":"m","selectors":["labels.[0]","labels.[1]","labels.[2]","labels","name"]},{"a":1}]}`,
			`{"type":"indicator","spec_version":"2.1","indicator_types":["benign","unknown"],"labels":["x"],"granular_markings":[{"marking_ref":"m","selectors":["indicator_types.[0]","labels.[0]","indicator_types.[1]","indicator_types","labels","name"]},{"a":1}],"pattern_type":"stix","pattern_version":"2.0"}`,
			"/spec_version /indicator_types /pattern_type /pattern_version",
		},
		{
			"selectors of observables", `{"type":"observed-data","granular_markings":[{"selectors":["objects.0.created","objects.1.created"]}],"objects":{"0":{"type":"file","created":"t"},"1":{"type":"url","value":"v"}}}`,
			`{"type":"observed-data","spec_version":"2.1","granular_markings":[{"selectors":["objects.0.ctime","objects.1.created"]}],"objects":{"0":{"type":"file","ctime":"t"},"1":{"type":"url","value":"v"}}}`,
			"/spec_version /objects",
		},
		{
			"observed data", `{"type":"observed-data","objects":{"0":{"type":"file","created":"t","name":"n"},"1":{"type":"url","value":"v"}}}`,
			`{"type":"observed-data","spec_version":"2.1","objects":{"0":{"type":"file","ctime":"t","name":"n"},"1":{"type":"url","value":"v"}}}`,
			"/spec_version /objects",
		},
		{
			"bundle", `{"type":"bundle","spec_version":"2.0","objects":[{"type":"tool"},7]}`,
			`{"type":"bundle","objects":[{"type":"tool","spec_version":"2.1"},7]}`, "/objects/0/spec_version ",
		},
	} {
		up, changes, err := Upgrade(parse(t, c.in))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, ch := range changes {
			got = append(got, ch.Pointer)
		}
		if string(up.Raw) != c.want || strings.Join(got, " ") != c.changes {
			t.Errorf("%s:\n got %s %q\nwant %s %q", c.name, up.Raw, got, c.want, c.changes)
		}
	}
}

// An object of STIX 2.0 is checked as what it becomes.
func TestCheck20(t *testing.T) {
	for patch, want := range map[string]string{
		`{"spec_version":null,"tool_types":null,"labels":["exploitation"]}`:  "warning stix-2.0 ",
		`{"spec_version":"2.0","tool_types":null,"labels":["exploitation"]}`: "warning stix-2.0 ",
		`{"spec_version":null,"tool_types":null,"name":null}`:                "warning stix-2.0 ; error required-property /name",
		`{"spec_version":null}`: "error required-property /spec_version", // tool_types came with 2.1
		`{"spec_version":null,"tool_types":null,"extensions":{"a-ext":{"b":1}}}`:                       "error required-property /spec_version; warning custom-extension /extensions/a-ext",
		`{"spec_version":"2.0","tool_types":null,"created":"2021-07-19T12:00:00.123456Z","x_y_z":[1]}`: "warning stix-2.0 ; warning timestamp-precision /created; warning custom-property /x_y_z; error time-order /modified",
	} {
		got := findings(parse(t, patched(t, "tool", patch)))
		list := strings.Split(want, "; ")
		slices.Sort(got)
		slices.Sort(list)
		if !slices.Equal(got, list) {
			t.Errorf("%s: %q, want %q", patch, got, list)
		}
	}
}

// A merge patch cannot write null, so this stands alone.
func TestNull(t *testing.T) {
	got := findings(parse(t, `{"type":"mutex","id":"`+u("mutex", 1)+`","name":null,"x_thing":null}`))
	if !slices.Equal(got, []string{"error type-of-value /name", "error type-of-value /x_thing", "warning custom-property /x_thing"}) {
		t.Errorf("%q", got)
	}
}

func TestSplitID(t *testing.T) {
	kind, uuid, err := SplitID("x-mitre-tactic--00000001-0000-4000-8000-000000000000")
	if kind != "x-mitre-tactic" || uuid != "00000001-0000-4000-8000-000000000000" || err != nil {
		t.Errorf("%s %s %v", kind, uuid, err)
	}
}

// Objects that are not wanted are passed over, as many as there are, broken ones included; what stands around them is read.
func TestReaderPassesOverWhatIsNotWanted(t *testing.T) {
	r := NewReader(strings.NewReader(`{"type":"bundle","id":"b","objects":[{"type":"a","x":"}"},{"type":"wanted"},{"type":"a",,}]}
{"type":"a"}{"type":"wanted"}`), Limits{})
	r.Only = func(text []byte) bool {
		return bytes.Contains(text, []byte("wanted")) || bytes.Contains(text, []byte("bundle"))
	}
	var got []string
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || e.Err != nil {
			t.Fatal(err, e.Err)
		}
		kind := "-"
		if e.Object != nil {
			kind = e.Object.Type
		}
		got = append(got, fmt.Sprint(e.Text, e.Pointer, kind))
	}
	if want := "0/objects/0- 0/objects/1wanted 0/objects/2- 0bundle 1- 2wanted"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}
