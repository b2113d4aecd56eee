package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
)

// jsonSeeds are shapes of streams that the fuzzers start from.
var jsonSeeds = []string{
	"{\"a\":1}\n{\"b\":[1,2,{\"c\":null}]}\n",
	`[{"a":"\u00e9\ud83d\ude00"},{"a":{"b":{"c":[[1],[2,[3]]]}}}]`,
	"{\n \"Records\": [\n {\"eventSource\": \"s\", \"eventName\": \"n\", \"awsRegion\": \"r\"},\n {\"a\": 2}\n ], \"x\": 1\n}\n",
	`{"Event":{"System":{"EventID":{"#text":1,"#attributes":{"Qualifiers":0}},"Provider":{"#attributes":{"Name":"P"}}},"EventData":{"Data":[{"@Name":"A","#text":"1"},{"@Name":"B"}]}}}`,
	`{"AuditData":"{\"Workload\":\"Exchange\",\"Operation\":\"Set\",\"Parameters\":[{\"Name\":\"A\",\"Value\":\"B\"}]}","RecordType":1}`,
	`{"SyslogMessage":"\u003cEvent\u003e\u003cSystem\u003e\u003cEventID\u003e1\u003c/EventID\u003e\u003c/System\u003e\u003c/Event\u003e"}`,
	`{"EventID":"4624","Channel":"Security","Keywords":"-9214364837600034816","TimeCreated":"/Date(1714557600250+0200)/","System.Level":"4","Level":"x"}`,
	`{"took":1,"hits":{"hits":[{"_source":{"a":1}},{"_source":{"a":2}}]}}`,
	"{\"a\":\"x\n{\"a\":2}\n\x00\x00{\"a\":3}\nnot json\n{\"a\":4,}",
	"{\n \"a\": \"x\n}\n{\n \"a\": 2\n}\n",
	`{"index":{"_index":"x"}}` + "\n" + `{"a":-1.5e+300,"b":1e400,"c":NaN}`,
	`{"category":"AuditLogs","operationName":"x","properties":{"targetResources":[{"modifiedProperties":[{"newValue":"\"x\""}]}]}}`,
	`{"ts":1.5,"uid":"x","id_orig_h":"::1"}`,
	`{"preview":false,"offset":0,"result":{"EventCode":"4688","Account_Name":["a","-"],"New_Process_Name":"C:\\x","Security_ID":"S-1\nS-2","source":"WinEventLog:Security"}}`,
	`{"event":{"code":"3","dataset":"windows.sysmon_operational"},"process":{"executable":"C:\\x","hash":{"md5":"d4","sha1":"da"}},"user":{"name":"a","domain":"b"},"network":{"direction":"egress"}}`,
	strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
	strings.Repeat("[", 200) + strings.Repeat("]", 200),
	`{"EventID":64,"Channel":"x","deep":` + strings.Repeat(`{"a":`, maxJSONDepth) + `"b"` + strings.Repeat("}", maxJSONDepth) + "}",
	`{"deep":` + strings.Repeat(`[`, maxJSONDepth) + `{"a":"\u0041"}` + strings.Repeat("]", maxJSONDepth) + `,"b":[{"Name":"n","Value":{}}]}`,
	`{"AuditData":"` + strings.Repeat(`{\"a\":`, maxJSONDepth) + `1` + strings.Repeat("}", maxJSONDepth) + `"}`,
}

func addJSONSeeds(f *testing.F) {
	f.Helper()
	if len(jsonSeeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range jsonSeeds {
		f.Add([]byte(s))
	}
}

// FuzzJSONSplit checks that blocks are pieces of the stream, in order and apart.
func FuzzJSONSplit(f *testing.F) {
	addJSONSeeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, size := range []int{1, 16, 0} {
			end := int64(0)
			env := &Env{block: size}
			err := jsonFormat{}.Split(t.Context(), bytes.NewReader(text), env, func(b Block) error {
				if b.Offset < end {
					t.Fatalf("block at %d, the one before ends at %d", b.Offset, end)
				}
				end = b.Offset + int64(len(b.Data))
				if end > int64(len(text)) || !bytes.Equal(b.Data, text[b.Offset:end]) {
					t.Fatalf("block at %d is no piece of the stream", b.Offset)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(text) < maxRecord && end != int64(len(text)) {
				t.Fatalf("blocks end at %d of %d", end, len(text))
			}
		}
	})
}

// FuzzJSONDecode checks that any input decodes without a panic into events that are pieces of it, and that a valid
// object gives the same scalars as the standard library's reader, without a warning.
func FuzzJSONDecode(f *testing.F) {
	addJSONSeeds(f)
	d := newJSON().NewDecoder()
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, size := range []int{1, 0} {
			var warnings []string
			env := &Env{File: "fuzz.json", block: size, Warn: func(_ int64, msg string) { warnings = append(warnings, msg) }}
			var got []string
			events, generic := 0, true
			err := jsonFormat{}.Split(t.Context(), bytes.NewReader(text), env, func(b Block) error {
				d.Decode(&b, env, func(ev *event.Event) bool {
					events++
					end := ev.Offset + int64(len(ev.Raw))
					if ev.Offset < 0 || end > int64(len(text)) || !bytes.Equal(text[ev.Offset:end], ev.Raw) {
						t.Fatalf("event at %d is no piece of the stream: %q", ev.Offset, ev.Raw)
					}
					if !json.Valid(ev.AppendJSON(nil)) {
						t.Fatalf("printed as %q", ev.AppendJSON(nil))
					}
					generic = generic && ev.Source == event.SourceJSON
					got = appendScalars(got, ev)
					return true
				})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(text) || bytes.IndexByte(text, '{') != jsonStart(text, 0) {
				continue
			}
			want, depth, plain := scalars(text)
			if depth >= maxJSONDepth {
				continue
			}
			if !plain { // JSON in a text of the record may be nested deeper
				warnings = slices.DeleteFunc(warnings, func(w string) bool { return strings.Contains(w, "nested deeper") })
			}
			warnings = slices.DeleteFunc(warnings, func(w string) bool {
				return strings.Contains(w, "object is empty") || strings.Contains(w, "do not run on these records")
			})
			if len(warnings) > 0 && !strings.Contains(string(text), "[") { // elements of a wrapper that are no objects are reported
				t.Fatalf("warnings about valid JSON: %q", warnings)
			}
			if !plain || !generic || events != 1 {
				continue
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("values %q\nwant   %q", got, want)
			}
		}
	})
}

// appendScalars appends the text of every scalar of an event.
func appendScalars(out []string, ev *event.Event) []string {
	for _, v := range ev.Values {
		if v.Type == event.JSONText {
			continue
		}
		v.Elements(func(e event.Value) bool {
			out = appendNested(out, e)
			return true
		})
	}
	return out
}

// appendNested takes arrays in arrays apart, which are elements as text.
func appendNested(out []string, e event.Value) []string {
	text := e.AppendText(nil)
	if e.Type == event.UTF8 && len(text) > 0 && text[0] == '[' && json.Valid(text) {
		inner, _, _ := scalars(text)
		return append(out, inner...)
	}
	return append(out, string(text))
}

// scalars are the scalars of a JSON text as the standard library reads them, how deep it is nested, and whether no name
// in it has a meaning of its own here.
func scalars(text []byte) (out []string, depth int, plain bool) {
	plain = true
	type level struct{ object, name bool }
	var stack []level
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) || err != nil {
			return out, depth, plain
		}
		top := len(stack) - 1
		isName := top >= 0 && stack[top].object && stack[top].name
		if top >= 0 && stack[top].object {
			stack[top].name = !stack[top].name
		}
		switch v := tok.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				stack = append(stack, level{v == '{', true})
				depth = max(depth, len(stack))
			} else {
				// The end is no value of the object around, which its beginning was.
				stack = stack[:top]
				if top > 0 && stack[top-1].object {
					stack[top-1].name = true
				}
			}
		case string:
			if isName {
				plain = plain && !pairNames[v] && v != "AuditData" && v != "_source" && v != "result" && v != "Data"
				continue
			}
			out = append(out, v)
			plain = plain && !strings.HasPrefix(v, "{") && !strings.HasPrefix(v, "[")
		case json.Number:
			out = append(out, v.String())
		case bool:
			if v {
				out = append(out, "true")
			} else {
				out = append(out, "false")
			}
		case nil:
			out = append(out, "")
		}
	}
}

func TestJSONHostile(t *testing.T) {
	count := func(t *testing.T, text string) (n int, warnings []string) {
		t.Helper()
		got, warnings := readJSON(t, 0, "", text, func(*event.Event) string { return "" })
		return len(got), warnings
	}
	big := strings.Repeat("x", maxRecord+1000)
	t.Run("long line", func(t *testing.T) {
		n, w := count(t, "{\"a\":1}\n{\"a\":\""+big+"\"}\n{\"a\":2}\n")
		if n != 2 || len(w) != 1 || !strings.HasPrefix(w[0], "8: record is longer than 16 MiB") {
			t.Errorf("%d events, warnings %.200q", n, w)
		}
	})
	t.Run("100 MB line", func(t *testing.T) {
		n, w := count(t, "{\"a\":1}\n{\"a\":\""+strings.Repeat(big, 6)+"\"}\n{\"a\":2}\n")
		if n != 2 || len(w) != 1 {
			t.Errorf("%d events, warnings %.200q", n, w)
		}
	})
	t.Run("long record in an array", func(t *testing.T) {
		n, w := count(t, `[{"a":1},{"a":2},{"a":"`+big+`","b":[{"c":1}]},{"a":3},{"a":4}]`)
		if n != 4 || len(w) != 1 {
			t.Errorf("%d events, warnings %.200q", n, w)
		}
	})
	t.Run("array that does not end", func(t *testing.T) {
		n, _ := count(t, "["+strings.Repeat(`{"a":1},`, 100_000))
		if n != 100_000 {
			t.Errorf("%d events", n)
		}
	})
	t.Run("nesting", func(t *testing.T) {
		for _, open := range []string{`{"a":`, `[`, `{"a":[`} {
			for _, depth := range []int{maxJSONDepth - 1, maxJSONDepth, maxJSONDepth + 1, 10_000, 1_000_000} {
				closing := map[byte]string{'{': "}", '[': "]"}[open[0]]
				if len(open) > 5 {
					closing = "]}"
				}
				text := `{"x":` + strings.Repeat(open, depth) + "1" + strings.Repeat(closing, depth) + "}\n{\"b\":2}\n"
				n, w := count(t, text)
				if n < 1 || n+len(w) < 2 {
					t.Errorf("%d times %s: %d events, warnings %.200q", depth, open, n, w)
				}
			}
		}
	})
	t.Run("many names", func(t *testing.T) {
		d := newJSON().NewDecoder().(*jsonDecoder)
		env := &Env{Warn: func(int64, string) {}}
		n, most := 0, 0
		for i := range 400 {
			var b strings.Builder
			b.WriteString(`{"k":1`)
			for k := range 200 {
				b.WriteString(`,"n`)
				b.WriteString(strings.Repeat("y", i%300))
				b.WriteByte(byte('a' + k%26))
				b.WriteByte(byte('a' + k/26))
				b.WriteByte(byte('a' + i%26))
				b.WriteByte(byte('a' + i/26))
				b.WriteString(`":2`)
			}
			b.WriteString("}\n")
			d.Decode(&Block{Data: []byte(b.String())}, env, func(ev *event.Event) bool {
				n++
				if len(ev.Values) != 201 || ev.Text("k") != "1" {
					t.Fatalf("event %d has %d values", i, len(ev.Values))
				}
				return true
			})
			most = max(most, len(d.parser.tree.nodes), d.names.Len())
		}
		if n != 400 || most > event.MaxNames+maxJSONFields {
			t.Errorf("%d events, %d names at most", n, most)
		}
	})
	t.Run("one record of many names", func(t *testing.T) {
		var b strings.Builder
		b.WriteString(`{"k":1`)
		for i := range 3 * maxJSONFields {
			b.WriteString(`,"n`)
			b.WriteString(strings.Repeat("z", i%7))
			b.WriteString(string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)))
			b.WriteString(`":2`)
		}
		n, w := count(t, b.String()+"}\n{\"k\":2}\n")
		if n != 2 || len(w) != 1 || !strings.Contains(w[0], "new field names") {
			t.Errorf("%d events, warnings %.200q", n, w)
		}
	})
	t.Run("many damaged records", func(t *testing.T) {
		for _, sep := range []string{"\n", ""} { // of which each begins otherwise
			var b strings.Builder
			b.WriteString("[\n")
			for i := range 20_000 {
				fmt.Fprintf(&b, "{\"k%d\": [1, {]}%s", i, sep)
			}
			b.WriteString("{\"last\": 1}\n]")
			n, w := count(t, b.String())
			if len(w) == 0 || sep != "" && n != 1 {
				t.Errorf("%d events, %d warnings", n, len(w))
			}
		}
	})
	t.Run("escapes", func(t *testing.T) {
		for _, text := range []string{
			`{"a":"` + strings.Repeat(`\\`, 1_000_000) + `"}`, `{"a":"` + strings.Repeat(`\"`, 1_000_000) + `"}`,
			`{"a":"` + strings.Repeat(`\\\"`, 500_000) + `"}`,
		} {
			if n, w := count(t, text); n != 1 || w != nil {
				t.Errorf("%d events, warnings %.200q", n, w)
			}
		}
	})
}
