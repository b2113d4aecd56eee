package taxonomy

import (
	"regexp"
	"testing"

	"entente/internal/event"
)

// record makes an event; fields are name, value pairs, a name with a leading @ is the envelope's.
func record(source event.Source, channel, provider string, id uint32, fields ...string) *event.Event {
	n := event.NewNames()
	e := &event.Event{Source: source, Channel: channel, Provider: provider, EventID: id, Names: n}
	for i := 0; i < len(fields); i += 2 {
		slot := n.Slot(fields[i])
		if fields[i][0] == '@' {
			slot = n.SystemSlot(fields[i][1:])
		}
		if fields[i+1] == "NULL" {
			e.Add(slot, event.Null, nil)
			continue
		}
		e.Add(slot, event.UTF8, []byte(fields[i+1]))
	}
	return e
}

func TestSelects(t *testing.T) {
	win := record(event.SourceWindows, "Security", "P", 4657, "OperationType", "%%1905", "Empty", "NULL", "Twice", "a", "Twice", "b",
		"Blank", "", "Half", "NULL", "Half", "a", "@Level", "0", "Level", "4", "@Task", "7")
	list := &event.Event{Source: event.SourceJSON, Names: event.NewNames()}
	list.Add(list.Names.Slot("a.b"), event.JSONArray, []byte(`["x","Y",3]`))
	text := &event.Event{Source: event.SourceSyslog, Provider: "sshd", Names: event.NewNames(), Raw: []byte("router: %SYS-5-CONFIG_I: done")}
	for _, c := range []struct {
		name string
		m    Match
		e    *event.Event
		want bool
	}{
		{"everything", Match{}, win, true},
		{"source", Match{Sources: []event.Source{event.SourceIIS, event.SourceWindows}}, win, true},
		{"other source", Match{Sources: []event.Source{event.SourceSyslog}}, win, false},
		{"channel without case", Match{Channels: []string{"security"}}, win, true},
		{"other channel", Match{Channels: []string{"System"}}, win, false},
		{"no channel", Match{Channels: []string{""}}, win, false},
		{"no channel wanted, none there", Match{Channels: []string{"", "x"}}, list, true},
		{"provider", Match{Providers: []string{"SSHD"}}, text, true},
		{"other provider", Match{Providers: []string{"sudo"}}, text, false},
		{"event id", Match{EventIDs: []uint32{1, 4657}}, win, true},
		{"other event id", Match{EventIDs: []uint32{4656}}, win, false},
		{"value", Match{Where: map[string][]string{"OperationType": {"%%1904", "%%1905"}}}, win, true},
		{"other value", Match{Where: map[string][]string{"OperationType": {"%%1906"}}}, win, false},
		{"one of two fails", Match{Where: map[string][]string{"OperationType": {Any}, "Nope": {Any}}}, win, false},
		{"any value", Match{Where: map[string][]string{"OperationType": {Any}}}, win, true},
		{"any value of null", Match{Where: map[string][]string{"Empty": {Any}}}, win, false},
		{"any value of a missing field", Match{Where: map[string][]string{"Nope": {Any}}}, win, false},
		{"absent: missing", Match{Where: map[string][]string{"Nope": {"x", Absent}}}, win, true},
		{"absent: null", Match{Where: map[string][]string{"Empty": {Absent}}}, win, true},
		{"absent: empty text", Match{Where: map[string][]string{"Blank": {Absent}}}, win, true},
		{"absent: envelope's", Match{Where: map[string][]string{"Task": {Absent}}}, win, false},
		{"absent: there", Match{Where: map[string][]string{"OperationType": {Absent, "%%1904"}}}, win, false},
		{"absent: null beside a value", Match{Where: map[string][]string{"Half": {Absent}}}, win, false},
		{"absent or value", Match{Where: map[string][]string{"OperationType": {Absent, "%%1905"}}}, win, true},
		{"second of several values", Match{Where: map[string][]string{"Twice": {"B"}}}, win, true},
		{"data before envelope", Match{Where: map[string][]string{"Level": {"0"}}}, win, false},
		{"data before envelope, right", Match{Where: map[string][]string{"Level": {"4"}}}, win, true},
		{"envelope", Match{Where: map[string][]string{"Task": {"7"}}}, win, true},
		{"element of a list", Match{Where: map[string][]string{"a.b": {"y"}}}, list, true},
		{"number in a list", Match{Where: map[string][]string{"a.b": {"3"}}}, list, true},
		{"not in the list", Match{Where: map[string][]string{"a.b": {"z"}}}, list, false},
		{"pattern", Match{Pattern: regexp.MustCompile(`%[A-Z]+-\d-`)}, text, true},
		{"other pattern", Match{Pattern: regexp.MustCompile(`%%01`)}, text, false},
		{"pattern without text", Match{Pattern: regexp.MustCompile(`.*`)}, win, false},
	} {
		if got := c.m.Selects(c.e); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestCovers(t *testing.T) {
	where := func(v ...string) map[string][]string { return map[string][]string{"f": v} }
	win := []event.Source{event.SourceWindows}
	for _, c := range []struct {
		name string
		m, n Match
		want bool
	}{
		{"everything covers all", Match{}, Match{Sources: win, Channels: []string{"x"}}, true},
		{"but nothing covers everything", Match{Sources: win}, Match{}, false},
		{"itself", Match{Sources: win, EventIDs: []uint32{1}}, Match{Sources: win, EventIDs: []uint32{1}}, true},
		{"more ids", Match{EventIDs: []uint32{1, 2}}, Match{EventIDs: []uint32{2}}, true},
		{"fewer ids", Match{EventIDs: []uint32{2}}, Match{EventIDs: []uint32{1, 2}}, false},
		{"channels without case", Match{Channels: []string{"SECURITY"}}, Match{Channels: []string{"Security"}}, true},
		{"where", Match{Where: where("a", "b")}, Match{Where: where("A")}, true},
		{"where any", Match{Where: where(Any)}, Match{Where: where("a")}, true},
		{"where any against absent", Match{Where: where(Any)}, Match{Where: where("a", Absent)}, false},
		{"where absent", Match{Where: where("a", Absent)}, Match{Where: where(Absent)}, true},
		{"where other", Match{Where: where("a")}, Match{Where: where("b")}, false},
		{"where against nothing", Match{Where: where("a")}, Match{}, false},
		{"pattern against nothing", Match{Pattern: regexp.MustCompile("a")}, Match{}, false},
		{"same pattern", Match{Pattern: regexp.MustCompile("a")}, Match{Pattern: regexp.MustCompile("a")}, true},
		{"other pattern", Match{Pattern: regexp.MustCompile("a")}, Match{Pattern: regexp.MustCompile("b")}, false},
		{"nothing against pattern", Match{}, Match{Pattern: regexp.MustCompile("b")}, true},
	} {
		if got := c.m.covers(&c.n); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
