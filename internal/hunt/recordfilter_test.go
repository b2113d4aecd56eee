package hunt

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
)

func TestHosts(t *testing.T) {
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"),
		started(0, "WS1.corp.example", "eve", `C:\whoami.exe`, "whoami /all"), started(1, "WS2.corp.example", "eve", `C:\whoami.exe`, "whoami /all"),
		started(2, "dc1", "eve", `C:\whoami.exe`, "whoami /all"))
	plan := planOf(t, PlanOptions{}, whoamiRule)
	for _, c := range []struct {
		hosts    []string
		since    time.Time
		found    int
		warnings []string
	}{
		{nil, time.Time{}, 3, nil},
		{[]string{"ws1"}, time.Time{}, 1, nil},
		{[]string{"ws2.CORP.example"}, time.Time{}, 1, nil},
		{[]string{"dc1.corp.example"}, time.Time{}, 1, nil}, // its log has the short name
		{[]string{"ws*"}, time.Time{}, 2, nil},
		{[]string{"*.corp.example", "dc?"}, time.Time{}, 3, nil},
		{[]string{"ws"}, time.Time{}, 0, []string{`no record is of the host "ws"`}},
		{[]string{"nope", "dc1", "w?"}, time.Time{}, 1, []string{`no record is of the host "nope"`, `no record is of the host "w?"`}},
		{[]string{"ws1"}, epoch.Add(time.Second), 0, []string{`no record is of the host "ws1" in the time that was asked for`}},
		{nil, epoch.Add(2 * time.Second), 1, nil},
		{nil, epoch.Add(time.Hour), 0, []string{
			"no record is of the time that was asked for: they are from " + epoch.Format(time.RFC3339) + " to " + epoch.Add(2*time.Second).Format(time.RFC3339),
		}},
	} {
		got, sum := runHunt(t, plan, Options{Inputs: []string{log}, Hosts: c.hosts, Since: c.since})
		var warnings []string
		for _, w := range sum.Warnings {
			warnings = append(warnings, w.Message)
		}
		if filtered := len(c.hosts) > 0 || !c.since.IsZero(); filtered != (sum.Judged != nil) || filtered && (sum.Judged.Records != int64(c.found) || !sum.Judged.Since.Equal(c.since)) {
			t.Errorf("%q: %d found, judged %+v", c.hosts, c.found, sum.Judged)
		}
		if j := sum.Judged; j != nil && len(got) > 0 && (!j.First.Equal(got[0].Time) || !j.Last.Equal(got[len(got)-1].Time)) {
			t.Errorf("%q: from %v to %v", c.hosts, j.First, j.Last)
		}
		if len(got) != c.found || !slices.Equal(warnings, c.warnings) {
			t.Errorf("%q: %d findings, warnings %q", c.hosts, len(got), warnings)
		}
	}
}

func TestHostFilter(t *testing.T) {
	for _, c := range []struct {
		asked    []string
		kept     string // of the hosts, by number
		nameless int64
	}{
		{[]string{"ex01"}, "01", 4},
		{[]string{"ex01.CORP.example"}, "01", 4},
		{[]string{"ex01.corp"}, "1", 4},
		{[]string{"ex0?"}, "012", 4},
		{[]string{"ex*.corp.example"}, "012", 4},
		{[]string{"*.corp.example"}, "0", 6},
		{[]string{"10.20.1.11"}, "3", 2},
		{[]string{"10.20.1.*"}, "34", 2},
		{[]string{"10"}, "", 2}, // digits alone ask for no name
		{[]string{"ex02", "10.20.1.11"}, "23", 3},
		{[]string{"*"}, "0123456", 0},
	} {
		f := newRecordFilter(time.Time{}, time.Time{}, c.asked)
		kept := ""
		for i, host := range []string{"EX01.corp.example", "ex01", "EX02", "10.20.1.11", "10.20.1.12", "", ""} {
			if f.keep(&event.Event{Host: host}) {
				kept += fmt.Sprint(i)
			}
		}
		if kept != c.kept || f.nameless.Load() != c.nameless {
			t.Errorf("%q keeps %q, and %d have no name; want %q and %d", c.asked, kept, f.nameless.Load(), c.kept, c.nameless)
		}
		said := slices.ContainsFunc(f.caveats(), func(w Warning) bool { return strings.HasPrefix(w.Message, "--host left out") })
		if said != (c.nameless > 0) {
			t.Errorf("%q: %+v", c.asked, f.caveats())
		}
	}
	// What another filter leaves out anyhow is not counted.
	f := newRecordFilter(time.Unix(0, 1), time.Time{}, []string{"ex01"})
	if f.keep(&event.Event{}) || f.nameless.Load() != 0 {
		t.Errorf("%d records without a name", f.nameless.Load())
	}
}

func TestNameless(t *testing.T) {
	for n, want := range map[int64]string{
		1:       "--host left out 1 hit with no host or only an address: read its file without it",
		999:     "--host left out 999 hits with no host or only an address: read their files without it",
		1234567: "--host left out 1,234,567 hits with no host or only an address: read their files without it",
	} {
		if got := Nameless(n, "hit", []string{"ex01"}); got != want {
			t.Errorf("%s", got)
		}
	}
	const want = `--host left out 2 hits with no host, only an address, or a host without the domain that "*.example.org" asks for: read their files without it`
	if got := Nameless(2, "hit", []string{"ex01", "*.example.org"}); got != want {
		t.Errorf("%s", got)
	}
}
