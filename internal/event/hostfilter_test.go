package event

import "testing"

func TestHostFilter(t *testing.T) {
	for _, c := range []struct {
		asked, matches, not []string
	}{
		{[]string{"EX01", " ex01 "}, []string{"ex01", "ex01.corp.example", "ex01.example.org"}, []string{"", "ex011", "ex01x", "aex01", "10.20.1.11"}},
		{[]string{"ex01.CORP.example"}, []string{"ex01.corp.example", "ex01"}, []string{"ex01.example.org", "ex01.corp", "ex02.corp.example"}},
		{[]string{"ex01.corp"}, []string{"ex01.corp", "ex01"}, []string{"ex01.corp.example"}},
		{[]string{"ex0?", "EX??"}, []string{"ex01", "ex02.corp.example", "ex0é"}, []string{"ex0", "ex012", "ex0.corp.example"}},
		{[]string{"ex*.corp.example", "EX??.corp.example"}, []string{"ex01.corp.example", "ex01"}, []string{"", "web1", "ex01.corp.example.org", "ex01.example.org", "ex::1"}},
		{[]string{"*.corp.example"}, []string{"ex01.corp.example", "ex.corp.example"}, []string{"ex01", "ex01.corp.example.org"}},
		{[]string{"10.20.1.*"}, []string{"10.20.1.11", "10.20.1.12"}, []string{"10.20.2.11", "ex01"}},
		{[]string{"10.20.1.11"}, []string{"10.20.1.11"}, []string{"10.20.1.1", "10", "10.20.1.111"}},
		{[]string{"fe80::1"}, []string{"fe80::1"}, []string{"fe80::11", ""}},
		{[]string{"*"}, []string{"", "ex01", "10.20.1.11"}, nil},
		{[]string{"*a*b*a?"}, []string{"xxabxab-ax", "abax"}, []string{"aba", "abba.x", "baax"}},
	} {
		for _, asked := range c.asked {
			f := NewHostFilter(asked)
			for _, h := range c.matches {
				if !f.Matches(h) {
					t.Errorf("%q does not match %q", asked, h)
				}
			}
			for _, h := range c.not {
				if f.Matches(h) {
					t.Errorf("%q matches %q", asked, h)
				}
			}
		}
	}
	// What a filter cannot tell.
	for asked, unsure := range map[string]string{
		"ex01": "-a", "ex01.corp.example": "-a", "ex0?": "-a", "ex*.corp.example": "-a", "10.20.1.11": "-", "10.20.1.*": "-", "10": "-",
		"*.corp.example": "-as", "????.corp.example": "-as", "???.corp.example": "-a", "*": "-", "*.20.1.11": "-",
	} {
		f, got := NewHostFilter(asked), ""
		for _, h := range [...][2]string{{"-", ""}, {"a", "10.20.1.12"}, {"s", "ex02"}, {"f", "ex02.example.org"}} {
			if f.Unsure(h[1]) {
				got += h[0]
			}
		}
		if got != unsure {
			t.Errorf("%q is unsure of %q, want %q", asked, got, unsure)
		}
		if f.DomainOnly() != (unsure == "-as" || asked == "???.corp.example") {
			t.Errorf("%q: nothing but the domain is asked for: %t", asked, f.DomainOnly())
		}
	}
	for name, want := range map[string]bool{"ex01": true, "*": false, "10.20.*": false, "10": false, "fe80::1": false, "ex*": true, "": false} {
		f := NewHostFilter(name)
		if f.Named() != want || f.Name() != name {
			t.Errorf("%q: named %t, name %q", name, f.Named(), f.Name())
		}
	}
}
