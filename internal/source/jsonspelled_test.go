package source

import (
	"strings"
	"testing"
)

// Event ids are numbers however an exporter spells them.
func TestJSONEventIDSpelled(t *testing.T) {
	for _, id := range []string{`4688`, `4688.0`, `"4688.0"`, `"4,688"`, `[4688]`, `["4688"]`, `"0x1250"`} {
		events, warnings := read(t, newJSON(), `{"EventID":`+id+`,"Channel":"Security","ProviderName":"Microsoft-Windows-Security-Auditing"}`+"\n", 0)
		if len(events) != 1 || !strings.Contains(events[0], "id=4688 ") || len(warnings) > 0 {
			t.Errorf("%s: %q %v", id, events, warnings)
		}
	}
	for _, id := range []string{`4688.5`, `[4688,1]`, `"0xzz"`, `[]`, `{}`, `"0x"`} {
		events, _ := read(t, newJSON(), `{"EventID":`+id+`,"Channel":"Security"}`+"\n", 0)
		if len(events) != 1 || strings.Contains(events[0], "id=") {
			t.Errorf("%s: %q", id, events)
		}
	}
}

// The year of an event that tells its own time is not guessed.
func TestSysmonOfLinuxHasItsYear(t *testing.T) {
	dir := t.TempDir()
	const system = `<Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/><EventID>1</EventID>`
	for want, body := range map[int64]string{
		0: `<System>` + system + `<TimeCreated SystemTime="2021-03-03T06:49:46.000000000Z"/></System>`,
		1: `<System>` + system + `</System>`,
	} {
		years := int64(0)
		p := write(t, dir, "syslog", []byte("Mar  3 06:49:46 w sysmon: <Event>"+body+"<EventData><Data Name=\"Image\">/bin/x</Data></EventData></Event>\n"))
		got := collect(t, Options{Yearless: func(_ *File, n, _ int64, _ bool) { years += n }}, p)
		if len(got.events) != 1 || years != want {
			t.Errorf("%d records without a year, want %d; %q", years, want, got.events)
		}
	}
}
