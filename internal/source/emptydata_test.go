package source

import (
	"strings"
	"testing"

	"entente/internal/event"
)

// What is empty in the data of a Windows event is the same in every form of it: a value that is there and empty is the
// empty text, a null is a null, and what is missing is missing. TestEmptyData of package evtx has the same list.
func TestEmptyData(t *testing.T) {
	const head = `{"Event":{"System":{"EventID":1,"Channel":"x"}`
	tests := []struct{ name, data, want string }{
		{"unnamed, empty", `,"EventData":{"Data":""}`, `"Data":""`},
		{"unnamed, empty, as text", `,"EventData":{"Data":{"#text":""}}`, `"Data":""`},
		{"unnamed, an element without content", `,"EventData":{"Data":{}}`, `"Data":""`},
		{"unnamed, null", `,"EventData":{"Data":null}`, `"Data":null`},
		{"unnamed, null, as text", `,"EventData":{"Data":{"#text":null}}`, `"Data":null`},
		{"unnamed, an array of nothing", `,"EventData":{"Data":[]}`, `"Data":""`},
		{"unnamed, an array", `,"EventData":{"Data":["a","","b"]}`, `"Data":["a","","b"]`},
		{"unnamed, several", `,"EventData":{"Data":[{"#text":"a"},{},{"#text":""},{"#text":"b"}]}`, `"Data":["a","","","b"]`},
		{"named, empty", `,"EventData":{"X":""}`, `"X":""`},
		{"named, empty, as text", `,"EventData":{"Data":[{"@Name":"X","#text":""}]}`, `"X":""`},
		{"named, an element without content", `,"EventData":{"X":{}}`, `"X":""`},
		{"named, a pair without content", `,"EventData":{"Data":[{"@Name":"X"}]}`, `"X":""`},
		{"named, one pair without content", `,"EventData":{"Data":{"@Name":"X"}}`, `"X":""`},
		{"named, null", `,"EventData":{"X":null}`, `"X":null`},
		{"named, null, as text", `,"EventData":{"Data":[{"@Name":"X","#text":null}]}`, `"X":null`},
		{"user data, empty", `,"UserData":{"E":{"X":""}}`, `"X":""`},
		{"user data, an element without content", `,"UserData":{"E":{"X":{}}}`, `"X":""`},
		{"no data", ``, ``},
		{"no data, null", `,"EventData":null`, ``},
		{"no data, empty", `,"EventData":""`, ``},
		{"no data, an object", `,"EventData":{}`, ``},
		{"no user data", `,"UserData":null`, ``},
	}
	for _, tt := range tests {
		want := strings.TrimSuffix(`{"EventID":1,"Channel":"x",`+tt.want, ",") + "}"
		if got, warnings := readJSON(t, 0, "", head+tt.data+"}}\n", flat); len(got) != 1 || got[0] != want || len(warnings) > 0 {
			t.Errorf("%s: %s %q, want %s", tt.name, got, warnings, want)
		}
	}
	for text, want := range map[string]string{
		`{"winlog":{"event_id":1,"channel":"x","event_data":{"X":"","Y":null,"Z":{}}}}`: `{"EventID":1,"Channel":"x","X":"","Y":null,"Z":""}`,
		`{"winlog":{"event_id":1,"channel":"x","event_data":{}}}`:                       `{"EventID":1,"Channel":"x"}`,
		`{"EventID":1,"Channel":"x","X":"","Y":null,"Z":[]}`:                            `{"EventID":1,"Channel":"x","X":"","Y":null,"Z":""}`,
		`{"id":1,"X":"","Y":null,"Z":{},"A":[]}`:                                        `{"id":1,"X":"","Y":null,"Z":{},"A":[]}`,
	} {
		if got, _ := readJSON(t, 0, "", text+"\n", flat); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// The XML of an event has no null: an element without content is empty.
func TestEmptyDataOfXML(t *testing.T) {
	const head = `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="P"/><EventID>1</EventID></System>`
	tests := []struct{ data, want string }{
		{`<EventData><Data></Data></EventData>`, `"Data":""`},
		{`<EventData><Data/></EventData>`, `"Data":""`},
		{`<EventData><Data>a</Data><Data/><Data></Data></EventData>`, `"Data":["a","",""]`},
		{`<EventData><Data Name="X"></Data></EventData>`, `"X":""`},
		{`<EventData><Data Name="X"/></EventData>`, `"X":""`},
		{`<UserData><E><X/></E></UserData>`, `"X":""`},
		{`<EventData></EventData>`, ``},
		{`<EventData/>`, ``},
		{``, ``},
	}
	for _, tt := range tests {
		var got []string
		err := readBlocks(newWinXML(), []byte(head+tt.data+"</Event>\n"), 0, &Env{}, func(ev *event.Event) bool {
			got = append(got, flat(ev))
			return true
		})
		want := strings.TrimSuffix(`{"Provider_Name":"P","EventID":"1",`+tt.want, ",") + "}"
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %s, want %s; %v", tt.data, got, want, err)
		}
	}
}
