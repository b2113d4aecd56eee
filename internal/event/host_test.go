package event

import "testing"

func TestHostNames(t *testing.T) {
	for _, c := range []struct {
		host    string
		address bool
		short   string
	}{
		{"", false, ""},
		{"ex01", false, "ex01"},
		{"EX01.example.org", false, "EX01"},
		{"10.20.1.11", true, "10.20.1.11"},
		{"10.20.1.11.example.org", false, "10"},
		{"10.20.1", false, "10"},
		{"2016", false, "2016"},
		{"fe80::1%eth0", true, "fe80::1%eth0"},
		{"::ffff:10.20.1.11", true, "::ffff:10.20.1.11"},
		{"ex01:443", false, "ex01:443"},
	} {
		if got := IsAddress(c.host); got != c.address {
			t.Errorf("%q is an address: %v", c.host, got)
		}
		if got := ShortHost(c.host); got != c.short {
			t.Errorf("%q is %q for short, want %q", c.host, got, c.short)
		}
	}
}
