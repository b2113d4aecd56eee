package coverage

import (
	"fmt"
	"slices"
	"testing"

	"entente/internal/hunt"
)

// TestHostOfAFinding: which host a finding is of follows from its record and its file, and says how it is known.
func TestHostOfAFinding(t *testing.T) {
	e := &evidence{
		records: map[string]int64{"ex1.a.example": 1, "10.0.0.1": 1, "10.0.0.2": 1, "::1": 1, "": 1},
		servers: []hunt.FileHosts{
			{File: "ex1/W3SVC1/u.log", Hosts: []string{"10.0.0.1", "::1"}},
			{File: "lone/u.log", Hosts: []string{"::1"}},
			{File: "other/u.log", Hosts: []string{"10.0.0.2"}},
			{File: "ex1/ecp.log", Hosts: []string{""}},
			{File: "web/access.log", Hosts: []string{""}},
			{File: "web/quiet.log", Hosts: []string{""}},
		},
		found: []string{"ex1/ecp.log", "web/access.log"},
	}
	id := identify(e, &Ties{})
	match := func(host, file string) hunt.CorrelationMatch { return hunt.CorrelationMatch{Host: host, File: file} }
	of := func(group []hunt.FieldValue, list ...hunt.CorrelationMatch) *hunt.Finding {
		return &hunt.Finding{File: "ex1/ecp.log", Correlation: &hunt.CorrelationHit{Group: group, Matches: list}}
	}
	for _, c := range []struct {
		f    *hunt.Finding
		want string
	}{
		{&hunt.Finding{Host: "EX1", File: "x.evtx"}, "[EX1]"}, // not among the names that were met: as it is
		{&hunt.Finding{Host: "ex1.a.example", File: "x.evtx"}, "[ex1.a.example]"},
		{&hunt.Finding{Host: "10.0.0.1", File: "ex1/W3SVC1/u.log"}, "[ex1.a.example path]"},
		{&hunt.Finding{Host: "10.0.0.1", File: "elsewhere.log"}, "[ex1.a.example path]"}, // an address is the same everywhere
		{&hunt.Finding{Host: "::1", File: "ex1/W3SVC1/u.log"}, "[ex1.a.example path]"},
		{&hunt.Finding{Host: "::1", File: "elsewhere.log"}, "[::1]"},
		{&hunt.Finding{File: "ex1/ecp.log"}, "[ex1.a.example path]"},
		{&hunt.Finding{File: "web/access.log"}, "[web/access.log]"}, // something was found in it: it is called as the file
		{&hunt.Finding{File: "web/quiet.log"}, "[]"},
		{of(nil, match("", "ex1/ecp.log"), match("::1", "ex1/W3SVC1/u.log")), "[ex1.a.example path]"},
		{of(nil, match("", "ex1/ecp.log"), match("", "web/access.log")), "[ex1.a.example path web/access.log]"},
		{of([]hunt.FieldValue{{Name: "Computer", Value: "ex1.a.example"}}, match("", "web/access.log")), "[ex1.a.example]"},
		{of(nil), "[ex1.a.example path]"},
	} {
		var got []any
		places := PlacesOf(c.f)
		for _, p := range places {
			host, by := id.HostAt(p)
			if !slices.Contains(id.HostsAt(places), host) {
				t.Errorf("%+v: %q is not among its hosts", c.f, host)
			}
			if got = append(got, host); by != "" {
				got = append(got, by)
			}
		}
		if text := fmt.Sprint(got); text != c.want {
			t.Errorf("%+v is of %s, want %s", c.f, text, c.want)
		}
	}
	want := []JoinedLog{{"ex1/W3SVC1/u.log", "::1", ByPath}, {"ex1/ecp.log", "", ByPath}}
	if got := id.joinedLogs(); len(got) != 1 || !slices.Equal(got["ex1.a.example"], want) {
		t.Errorf("joined %v", got)
	}
}
