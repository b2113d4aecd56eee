package event

import "testing"

func TestJSONTextInOutput(t *testing.T) {
	n := NewNames()
	e := Event{Names: n}
	e.Add(n.Slot("a"), JSONText, []byte(`{"b":"<x>"}`))
	e.Add(n.Slot("a.b"), JSONStr, []byte(`<x>`))
	e.Add(n.Slot("c"), JSONText, []byte(`[]`))
	e.Add(n.Slot("d"), JSONText, []byte(`[{"e":1},2]`))
	e.Add(n.Slot("d"), JSONNum, []byte(`2`))
	if got, want := string(e.AppendJSON(nil)), `{"a.b":"\u003Cx\u003E","c":[],"d":2}`; got != want {
		t.Errorf("AppendJSON = %s, want %s", got, want)
	}
	if got, want := e.Text("a"), `{"b":"<x>"}`; got != want {
		t.Errorf("Text = %s, want %s", got, want)
	}
	v := Value{Raw: []byte(`{"b":"<x>"}`), Type: JSONText}
	if got, want := string(v.AppendJSON(nil)), `"{\"b\":\"\u003Cx\u003E\"}"`; got != want {
		t.Errorf("a whole object = %s, want %s", got, want)
	}
}
