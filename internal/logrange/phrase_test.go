package logrange

import (
	"regexp"
	"sync/atomic"
	"testing"
)

func testHost(t *testing.T, role Role, formats ...Format) *host {
	t.Helper()
	plan, err := Plan{Seed: 1, Hosts: []Host{{"here", role}}, Formats: formats}.check()
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(newWorld(plan), plan.Hosts[0], 0, &place{stream: discard{}}, new(atomic.Int64))
	if h == nil {
		t.Fatalf("a host of role %s has none of %v", role, formats)
	}
	return h
}

// newHostForTest is a host that writes to nowhere, or nil where it would write nothing.
func newHostForTest(plan Plan, spec Host, index int) *host {
	h := newHost(newWorld(plan), spec, index, &place{stream: discard{}}, new(atomic.Int64))
	if h != nil {
		h.byCount, h.whole = true, uint64(plan.EventsPerHost)
	}
	return h
}

// hostOfSize is a host that writes size bytes of one format to nowhere.
func hostOfSize(t *testing.T, f Format, size int64) *host {
	t.Helper()
	h := testHost(t, map[Format]Role{IIS: ExchangeServer, Auditd: LinuxWeb, EVTX: Workstation, WinFlat: Workstation}[f], f)
	h.whole = uint64(size)
	return h
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

func TestPhrase(t *testing.T) {
	h := testHost(t, Workstation, WinFlat)
	who := h.people[0]
	for _, test := range []struct{ phrase, want string }{
		{"", "^$"},
		{"plain", "^plain$"},
		{"%{user}", "^" + regexp.QuoteMeta(who.name) + "$"},
		{"<%{upn}>", "^<" + regexp.QuoteMeta(who.name) + "@example\\.org>$"},
		{"%{sid}", "^S-1-5-21-[0-9-]+$"},
		{"%{host}/%{HOST}/%{fqdn}/%{dom}", "^here/HERE/here\\.example\\.org/EXAMPLE$"},
		{"%{ip} %{out}", `^10\.20\.1[0-3]\.\d+ 203\.0\.113\.\d+$`},
		{"%{d5}-%{x20}-%{X3}", "^[0-9]{5}-[0-9a-f]{20}-[0-9A-F]{3}$"},
		{"%{n7-9}", "^[789]$"},
		{"%{guid}", "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"},
		{"%{GUID}", "^[0-9A-F-]{36}$"},
		{"%{day} %{clock}", "^20210301 000000$"},
		{"%{nonsense} %{n9-7} %{dx} %{", `^%\{nonsense\} %\{n9-7\} %\{dx\} %\{$`},
	} {
		got := string(h.appendPhrase(nil, say(test.phrase), who))
		if !regexp.MustCompile(test.want).MatchString(got) {
			t.Errorf("%q says %q, want %s", test.phrase, got, test.want)
		}
	}
}

func TestGUIDText(t *testing.T) {
	const text = "0a1b2c3d-0000-4000-8000-000000000001"
	g := parseGUID("{" + text + "}")
	if got := string(appendGUID(nil, g, lowerHex)); got != text {
		t.Errorf("got %s", got)
	}
}

func FuzzSay(f *testing.F) {
	for _, s := range []string{"", "%{", "%{}", "a%{user}b", "%{n1-254}", "%{d}", "%{x99}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, g := range say(s) {
			if g.fill == fillRange && g.a > g.b {
				t.Errorf("%q: a range from %d to %d", s, g.a, g.b)
			}
		}
	})
}
