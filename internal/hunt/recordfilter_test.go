package hunt

import (
	"path/filepath"
	"slices"
	"testing"
	"time"
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
		if len(got) != c.found || !slices.Equal(warnings, c.warnings) {
			t.Errorf("%q: %d findings, warnings %q", c.hosts, len(got), warnings)
		}
	}
}
