package report

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestParseRecord(t *testing.T) {
	for in, want := range map[string]record{
		`{"a":"x","b":1,"c":null,"d":true,"e":["p","q",3],"f":{"g":1},"h":[[1]]}`: {{"a", "x"}, {"b", "1"}, {"c", ""}, {"d", "true"}, {"e", "p, q, 3"}, {"f", `{"g":1}`}, {"h", "[[1]]"}},
		`{"a":1,"b":`: {{"a", "1"}},
		`[1]`:         nil, ``: nil, `nonsense`: nil, `{`: nil,
		`{"n":12345678901234567890123}`: {{"n", "12345678901234567890123"}},
	} {
		if got := parseRecord(json.RawMessage(in)); !slices.Equal(got, want) {
			t.Errorf("%s = %v, wanted %v", in, got, want)
		}
	}
	r := record{{"a", ""}, {"b", "-"}, {"c", "x"}}
	if got := r.get("a", "b", "c"); got != "x" {
		t.Errorf("get = %q", got)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"a":"x","b":[1,{"c":null}],"d":1e400}`))
	f.Add([]byte(`{"a":{"b":{"c":[[[[]]]]}}}`))
	f.Add([]byte("{\"\xff\":\"\\ud800\"}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n := len(parseRecord(b)); n > maxFields {
			t.Fatalf("%d fields", n)
		}
		x := plainFinding()
		x.Event = b
		entitiesOf(x)
	})
}
