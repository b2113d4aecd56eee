package coverage_test

import (
	"testing"

	"entente/internal/advisory"
	"entente/internal/coverage"
	"entente/internal/hunt"
)

// TestMissingFitsHostsAskedFor: where only some hosts were asked for, logs that systems such as these do not write come behind.
func TestMissingFitsHostsAskedFor(t *testing.T) {
	table := newSite(t)
	c, sum := table.collect([]*advisory.Pack{smallPack(t)}, 1, nil)
	first := func(logs []hunt.LogCount, asked ...string) coverage.Log {
		s := *sum
		s.Logs, s.Asked = logs, asked
		missing := c.Report(&s).Missing
		if len(missing) < 2 {
			t.Fatalf("missing: %+v", missing)
		}
		for i := range missing[1:] {
			if missing[i].Elsewhere && !missing[i+1].Elsewhere {
				t.Errorf("%s comes before %s", missing[i].Name, missing[i+1].Name)
			}
		}
		return missing[0]
	}
	proxy := []hunt.LogCount{{Source: "zeek", Channel: "conn", Host: "sensor", Records: 10, Kinds: []string{"zeek/conn"}}}
	windows := []hunt.LogCount{{Source: "windows", Channel: "System", Host: "ws01", Records: 10, Kinds: []string{"windows/system"}}}
	all := first(proxy)
	if all.Elsewhere {
		t.Errorf("nobody asked for some hosts, and %+v is of others", all)
	}
	if own := first(proxy, "sensor"); own.Elsewhere || own.Name == all.Name {
		t.Errorf("%s is first for a sensor, as it is for all", own.Name)
	}
	if own := first(windows, "ws01"); own.Elsewhere || own.Name != all.Name {
		t.Errorf("%+v is first for Windows, want %s", own, all.Name)
	}
}
