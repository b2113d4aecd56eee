package source

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
)

// readAll splits and decodes a stream with blocks of the given size and returns what show makes of each event, and the
// warnings.
func readJSON(t *testing.T, block int, file, text string, show func(*event.Event) string) (events, warnings []string) {
	t.Helper()
	env := &Env{File: file, block: block, Warn: func(off int64, msg string) { warnings = append(warnings, fmt.Sprintf("%d: %s", off, msg)) }}
	f := newJSON()
	d := f.NewDecoder()
	err := f.Split(t.Context(), strings.NewReader(text), env, func(b Block) error {
		d.Decode(&b, env, func(ev *event.Event) bool {
			events = append(events, show(ev))
			if ev.Raw != nil {
				if got := text[ev.Offset : ev.Offset+int64(len(ev.Raw))]; got != string(ev.Raw) {
					t.Errorf("at %d stands %q, Raw is %q", ev.Offset, got, ev.Raw)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events, warnings
}

func flat(ev *event.Event) string { return string(ev.AppendJSON(nil)) }

func TestJSONStreams(t *testing.T) {
	tests := []struct {
		name     string
		text     string
		want     []string
		warnings []string // beginnings
	}{
		{"lines", "{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}", []string{`{"a":1}`, `{"a":2}`, `{"a":3}`}, nil},
		{"array", `[{"a":1}, {"a":2},{"a":3}]`, []string{`{"a":1}`, `{"a":2}`, `{"a":3}`}, nil},
		{"array with a record a line", "[\n{\"a\":1},\n{\"a\":2}\n]\n", []string{`{"a":1}`, `{"a":2}`}, nil},
		{"array opened on the first line", "[{\"a\":1},\n{\"a\":2}]", []string{`{"a":1}`, `{"a":2}`}, nil},
		{"array a line", "[{\"a\":1},{\"a\":2}]\n[{\"a\":3}]\n", []string{`{"a":1}`, `{"a":2}`, `{"a":3}`}, nil},
		{"comma first", "{\"a\":1}\n,{\"a\":2}\n", []string{`{"a":1}`, `{"a":2}`}, nil},
		{"pretty", "{\n  \"a\": 1\n}\n{\n  \"a\": {\n    \"b\": 2\n  }\n}\n", []string{`{"a":1}`, `{"a.b":2}`}, nil},
		{"pretty array", "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2\n  }\n]", []string{`{"a":1}`, `{"a":2}`}, nil},
		{"concatenated", `{"a":1}{"a":2} {"a":3}`, []string{`{"a":1}`, `{"a":2}`, `{"a":3}`}, nil},
		{"separators", "\x1e{\"a\":1}\n\x1e{\"a\":2}\n", []string{`{"a":1}`, `{"a":2}`}, nil},
		{"empty ones", "{}\n{\"a\":1}\n[]\n", []string{`{"a":1}`}, []string{"0: an object is empty"}},
		{"CloudTrail", `{"Records":[{"a":1},{"a":2}]}`, []string{`{"a":1}`, `{"a":2}`}, nil},
		{"CloudTrail a line", "{\"Records\":[{\"a\":1},{\"a\":2}]}\n{\"Records\":[{\"a\":3}]}\n", []string{`{"a":1}`, `{"a":2}`, `{"a":3}`}, nil},
		{"pretty wrapper", "{\n \"Records\": [\n  {\"a\": 1},\n  {\"a\": 2}\n ]\n}\n", []string{`{"a":1}`, `{"a":2}`}, nil},
		{"Graph", "{\"@odata.context\":\"x\",\"value\":[{\"a\":1},\n{\"a\":2}],\"@odata.nextLink\":\"y\"}", []string{`{"a":1}`, `{"a":2}`}, nil},
		{"list", "{\"apiVersion\":\"v1\",\"items\":[{\"a\":1},\n\n{\"a\":2}],\"kind\":\"List\",\"metadata\":{\"x\":\"\"}}", []string{`{"a":1}`, `{"a":2}`}, nil},
		{"list on a line", `{"apiVersion":"v1","items":[{"a":1},{"a":2}],"kind":"List","metadata":{"x":""}}`, []string{`{"a":1}`, `{"a":2}`}, nil},
		{"search result", "{\"took\":1,\"_shards\":{\"total\":1},\"hits\":{\"total\":{\"value\":2},\"max_score\":null,\"hits\":[\n{\"_index\":\"i\",\"_source\":{\"a\":1}},{\"_index\":\"i\",\"_source\":{\"a\":2}}]}}", []string{`{"_index":"i","a":1}`, `{"_index":"i","a":2}`}, nil},
		{"source", "{\"_index\":\"i\",\"_source\":{\"a\":{\"b\":1}}}\n", []string{`{"_index":"i","a.b":1}`}, nil},
		{"no wrapper", `{"id":7,"events":[{"a":1},{"a":2}]}`, []string{`{"id":7,"events.a":[1,2]}`}, nil},
		{"no wrapper after all", `{"events":[{"a":1},{"a":2}],"actor":"me"}`, []string{`{"events.a":[1,2],"actor":"me"}`}, nil},
		{"bad line", "{\"a\":1}\n{\"a\":\n{\"a\":3}\n", []string{`{"a":1}`, `{"a":3}`}, []string{"13: record at offset 8 is no valid JSON"}},
		{"text lines", "# head\n{\"a\":1}\nnonsense\n{\"a\":2}\n", []string{`{"a":1}`, `{"a":2}`}, []string{"0: line is no JSON", "15: line is no JSON"}},
		{"rest of line", "{\"a\":1} trailing\n{\"a\":2}\n", []string{`{"a":1}`, `{"a":2}`}, []string{"8: the rest of the line"}},
		{"first line cut", "\"x\":1}\n{\"a\":1}\n{\"a\":2}\n", []string{`{"a":1}`, `{"a":2}`}, []string{"0: line is no JSON"}},
		{"last line cut", "{\"a\":1}\n{\"a\":\"uns", []string{`{"a":1}`}, []string{"13: record at offset 8"}},
		{"trailing comma", "{\"a\":1,}\n{\"a\":[1,2,],}\n", []string{`{"a":1}`, `{"a":[1,2]}`}, nil},
		{"zero bytes", "\x00\x00\x00{\"a\":1}\n\x00\x00\n{\"a\":2}\n", []string{`{"a":1}`, `{"a":2}`}, []string{"0: 3 zero bytes", "11: 2 zero bytes"}},
		{"a zero byte between records", "{\"a\":1}\x00{\"a\":2}\x00\n", []string{`{"a":1}`, `{"a":2}`}, nil},
		{
			"elements that are no records", `[{"a":1},5,"x",null,{"a":2},[],-1.5e3, true]`,
			[]string{`{"a":1}`, `{"a":2}`},
			[]string{"9: an element", "11: an element", "15: an element", "31: an element", "39: an element"},
		},
		{
			"values between records", "{\"a\":1}null\n5\n\"x\"\ntrue\n{\"a\":2}garbage\n",
			[]string{`{"a":1}`, `{"a":2}`},
			[]string{"7: an element", "12: an element", "14: an element", "18: an element", "30: an element"},
		},
		{"more in a wrapper", "{\n\"value\":[\n{\"a\":1}],\"nextLink\":\"x\",\"count\":5,\"status\":null}\n", []string{`{"a":1}`}, nil},
		{"an array that is torn", `[{"a":1},{bad,{"a":2},{"a":3}]`, []string{`{"a":1}`, `{"a":2}`, `{"a":3}`}, []string{"10: record at offset 9"}},
		{"an array that is torn, of records that begin otherwise", `[{"a":1},{bad,{"b":2},{"b":3}]`, []string{`{"a":1}`, `{"b":2}`, `{"b":3}`}, []string{"10: record at offset 9"}},
		{"an array that is torn for good", `[{"a":1},{bad,[{"b":2}]]`, []string{`{"a":1}`}, []string{"10: record at offset 9", "9: 15 bytes from here on"}},
		{
			"a wrapper with fields of its own", `{"foo":1,"Records":[{"eventName":"a","awsRegion":"x"},{"eventName":"b","awsRegion":"x"}],"bar":[1,2]}`,
			[]string{`{"eventName":"a","awsRegion":"x"}`, `{"eventName":"b","awsRegion":"x"}`},
			nil,
		},
		{
			"a wrapper with fields of its own on lines", "{\"foo\":1,\n\"Records\":[{\"eventName\":\"a\",\"awsRegion\":\"x\"},\n{\"eventName\":\"b\",\"awsRegion\":\"x\"}],\"bar\":[1,{\"c\":2}],\"q\":{}}",
			[]string{`{"eventName":"a","awsRegion":"x"}`, `{"eventName":"b","awsRegion":"x"}`},
			nil,
		},
		{"broken UTF-8", "{\"a\":\"\xff\xfe\"}\n", []string{"{\"a\":\"\uFFFD\uFFFD\"}"}, nil},
		{
			"numbers", `{"a":1e400,"b":-0,"c":0.5,"d":123456789012345678901234567890,"e":9007199254740993,"f":007,"g":-1.5E+3}`,
			[]string{`{"a":1e400,"b":"-0","c":0.5,"d":"123456789012345678901234567890","e":"9007199254740993","f":"007","g":-1.5E+3}`},
			nil,
		},
		{
			"literals", `{"a":true,"b":false,"c":null,"d":NaN,"e":Infinity,"f":-Infinity,"g":None}`,
			[]string{`{"a":true,"b":false,"c":null,"d":"NaN","e":"Infinity","f":"-Infinity","g":null}`},
			nil,
		},
		{"unknown literal", "{\"a\":yes}\n{\"a\":1}\n", []string{`{"a":1}`}, []string{"5: record at offset 0"}},
		{"repeated names", `{"a":1,"a":2,"b":{"c":1},"b":{"c":2}}`, []string{`{"a":[1,2],"b.c":[1,2]}`}, nil},
		{"escapes", `{"a\u0062\"":"x\n\"\\","c":"\ud83d\ude00\ud800"}`, []string{`{"ab\"":"x\n\"\\","c":"` + "\U0001F600\uFFFD\"}"}, nil},
		{
			"arrays", `{"a":[1,"x",null,true],"b":[],"c":[{"d":1},{"d":2},{"e":[3,4]}],"f":[[1,2],[3]],"g":[1,{"h":2}],"i":{}}`,
			[]string{`{"a":[1,"x",null,true],"b":[],"c.d":[1,2],"c.e":[3,4],"f":[[1,2],[3]],"g":1,"g.h":2,"i":{}}`},
			nil,
		},
		{
			"pairs", `{"Parameters":[{"Name":"X","Value":"1"},{"Name":"Y","Value":"2"}]}`,
			[]string{`{"Parameters.Name":["X","Y"],"Parameters.Value":["1","2"],"Parameters.X":"1","Parameters.Y":"2"}`},
			nil,
		},
		{"one object with lines inside", "{ \"a\": [\n {\"b\": 1},\n {\"b\": 2}\n]}\n", []string{`{"a.b":[1,2]}`}, nil},
		{"bulk", "{\"index\":{\"_index\":\"x\",\"_id\":\"1\"}}\n{\"a\":1}\n", []string{`{"a":1}`}, nil},
		{"damage in an array", `[{"a":1,"b":{},"x":2},{"a":3,"b":{"c":4},{"a":5,"b":6}]`, []string{`{"a":1,"b":{},"x":2}`, `{"a":5,"b":6}`}, []string{"41: record at offset 22"}},
		{"damage in pretty records", "{\n \"a\": 1\n}\n{\n \"a\": \"x\n}\n{\n \"a\": 3\n}\n", []string{`{"a":1}`, `{"a":3}`}, []string{"2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, block := range []int{0, 1, 7, 64} {
				got, warnings := readJSON(t, block, "f.json", tt.text, flat)
				if !slices.Equal(got, tt.want) {
					t.Errorf("block %d: got  %s\nwant %s", block, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
				}
				ok := len(warnings) == len(tt.warnings)
				for i := range min(len(warnings), len(tt.warnings)) {
					ok = ok && strings.HasPrefix(warnings[i], tt.warnings[i])
				}
				if !ok {
					t.Errorf("block %d: warnings %q, want %q", block, warnings, tt.warnings)
				}
				if t.Failed() {
					return
				}
			}
			if n := newJSON().(Sniffer).Sniff([]byte(tt.text)); n < 30 {
				t.Errorf("sniffed as JSON with %d", n)
			}
		})
	}
}
