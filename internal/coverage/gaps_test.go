package coverage

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
	"entente/internal/stretch"
)

// TestGaps: what stands out in the logs of a host, and what does not.
func TestGaps(t *testing.T) {
	day := time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC)
	type write struct{ from, to, every int } // minutes
	week := 7 * 24 * 60
	for _, c := range []struct {
		name string
		logs map[string][]write // by channel
		want string
	}{
		{"a hole while another log goes on", map[string][]write{"System": {{0, week, 30}}, "Security": {{0, 3000, 3}, {3400, week, 3}}}, "Security silent 3000 3400"},
		{"the machine was off for a night", map[string][]write{"System": {{0, 3000, 5}, {3400, week, 5}}, "Security": {{0, 3000, 3}, {3400, week, 3}}}, ""},
		{"nothing for two days", map[string][]write{"Security": {{0, 3000, 3}, {6000, week, 3}}}, "every log silent 3000 6000"},
		{"nothing for two days in two logs that say little", map[string][]write{"Security": {{0, 3000, 300}, {6000, week, 300}}, "System": {{0, 3000, 500}, {6500, week, 500}}}, "every log silent 3000 6000"},
		{"two holes", map[string][]write{"System": {{0, week, 30}}, "Security": {{0, 3000, 3}, {3200, 5000, 3}, {6000, week, 3}}}, "Security silent 5000 6000; Security silent 3000 3200"},
		{"two nights and a Sunday", map[string][]write{"System": {{0, 5 * 1440, 9}}, "Security": {{480, 1080, 3}, {1920, 2520, 3}, {3360, 3960, 3}, {6240, 6840, 3}}}, ""},
		{"three nights", map[string][]write{"System": {{0, 4 * 1440, 9}}, "Security": {{480, 1080, 3}, {1920, 2520, 3}, {3360, 3960, 3}, {4800, 5400, 3}}}, ""},
		{"less than an hour", map[string][]write{"System": {{0, week, 30}}, "Security": {{0, 3000, 3}, {3050, week, 3}}}, ""},
		{"a log of a few bursts", map[string][]write{"System": {{0, week, 30}}, "Windows PowerShell": {{100, 110, 1}, {4000, 4010, 1}, {9000, 9010, 1}}}, ""},
		{"few records, and days between them", map[string][]write{"System": {{0, week, 30}}, "Security": {{0, 600, 90}, {9000, week, 90}}}, ""},
		{"few records", map[string][]write{"System": {{0, week, 30}}, "Security": {{0, 3000, 400}, {9000, week, 400}}}, ""},
		{"begins late", map[string][]write{"System": {{0, week, 30}}, "Security": {{5000, week, 3}}}, "Security begins-late 0 5000"},
		{"begins an evening later", map[string][]write{"System": {{0, week, 30}}, "Security": {{1000, week, 3}}}, ""},
		{"ends early", map[string][]write{"System": {{0, week, 30}}, "Microsoft-Windows-Sysmon/Operational": {{0, 5000, 1}}}, "Sysmon ends-early 5000 10080"},
	} {
		t.Run(c.name, func(t *testing.T) {
			logs := map[hostLog]*stretch.Set{}
			for channel, list := range c.logs {
				s := stretch.New(int64(10*time.Minute), 128)
				for _, w := range list {
					for m := w.from; m < w.to; m += w.every {
						at := day.Add(time.Duration(m) * time.Minute).UnixNano()
						s.Add(at, at, 1)
					}
					at := day.Add(time.Duration(w.to) * time.Minute).UnixNano()
					s.Add(at, at, 1)
				}
				logs[hostLog{event.SourceWindows, channel}] = &s
			}
			var got []string
			for _, g := range gapsOf(logs, nil) {
				got = append(got, fmt.Sprintf("%s %s %.0f %.0f", g.Log, g.Kind, g.From.Sub(day).Minutes(), g.To.Sub(day).Minutes()))
			}
			if text := strings.Join(got, "; "); text != c.want {
				t.Errorf("%q, want %q", text, c.want)
			}
		})
	}
}
