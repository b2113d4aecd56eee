package coverage

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
	"entente/internal/hunt"
)

func TestHostNames(t *testing.T) {
	for _, c := range []struct {
		name  string
		names string // separated by blanks
		ties  string // address=name …, "!" for an address that two names claim
		want  string // the hosts with their other names: shown(alias,alias) …
	}{
		{name: "one name", names: "ex01", want: "ex01"},
		{name: "short and full", names: "EX01 ex01.example.org", want: "ex01.example.org(EX01)"},
		{name: "full name first in the order", names: "zx01 EX01.EXAMPLE.ORG ex01", want: "EX01.EXAMPLE.ORG(ex01) zx01"},
		{name: "only case differs", names: "EX01 ex01 Ex01", want: "ex01(EX01,Ex01)"},
		{name: "case of full names", names: "EX01.example.org ex01.example.org ex01.example.org. EX01", want: "ex01.example.org(EX01,EX01.example.org,ex01.example.org.)"},
		{name: "two full names", names: "EX01 ex01.example.org ex01.example.net", want: "EX01 ex01.example.net ex01.example.org"},
		{name: "two full names and two spellings", names: "EX01 ex01 ex01.example.org ex01.example.net", want: "ex01(EX01) ex01.example.net ex01.example.org"},
		{name: "one full name begins the other", names: "ex01 ex01.example ex01.example.org", want: "ex01 ex01.example ex01.example.org"},
		{name: "two full names of no short one", names: "dc1.a.example dc1.b.example ws1.a.example WS1", want: "dc1.a.example dc1.b.example ws1.a.example(WS1)"},
		{name: "first label only", names: "example ex01.example.org org", want: "ex01.example.org example org"},
		{name: "other letters", names: "MÜHLE mühle", want: "mühle(MÜHLE)"},
		{name: "addresses", names: "10.20.1.11 10 10.example.org fe80::1%5 ::1 10.20", want: "10 10.20 10.20.1.11 10.example.org ::1 fe80::1%5"},
		{name: "no host names", names: `a a.b/c a@b.c a:b.c 111122223333 5f0c2d1e-8a64`, want: "111122223333 5f0c2d1e-8a64 a a.b/c a:b.c a@b.c"},
		{name: "tied address", names: "10.20.1.11 EX01 ex01.example.org 10.20.1.12", ties: "10.20.1.11=EX01", want: "10.20.1.12 ex01.example.org(10.20.1.11,EX01)"},
		{name: "tied to a name of nobody else", names: "10.20.1.11", ties: "10.20.1.11=EX01", want: "10.20.1.11"},
		{name: "two addresses of one", names: "10.20.1.11 10.20.1.12 EX01", ties: "10.20.1.11=EX01 10.20.1.12=ex01", want: "EX01(10.20.1.11,10.20.1.12)"},
		{name: "address of two", names: "10.20.1.11 EX01 EX02", ties: "10.20.1.11=!", want: "10.20.1.11 EX01 EX02"},
		{name: "tied to a short name that may be two", names: "10.20.1.11 EX01 ex01.a.example ex01.b.example", ties: "10.20.1.11=EX01", want: "EX01(10.20.1.11) ex01.a.example ex01.b.example"},
		{name: "nothing", want: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ties := &Ties{host: map[string]string{}}
			for tie := range strings.FieldsSeq(c.ties) {
				address, host, _ := strings.Cut(tie, "=")
				ties.host[address] = strings.TrimSuffix(host, "!")
			}
			names := strings.Fields(c.names)
			for range 5 { // whatever the order
				rand.Shuffle(len(names), func(i, k int) { names[i], names[k] = names[k], names[i] })
				h := NewNames(append(names, names...), ties)
				shown := map[string]bool{}
				for _, n := range names {
					shown[h.Of(n)] = true
				}
				var got []string
				for n := range shown {
					aliases := h.Aliases[n]
					if slices.Sort(aliases); len(aliases) > 0 {
						n += "(" + strings.Join(aliases, ",") + ")"
					}
					got = append(got, n)
				}
				slices.Sort(got)
				if text := strings.Join(got, " "); text != c.want || h.Count != len(got) {
					t.Fatalf("%d hosts: %s\nwant: %s", h.Count, text, c.want)
				}
			}
		})
	}
}

func TestHostTies(t *testing.T) {
	line := func(source event.Source, fields ...string) *hunt.Finding {
		m := map[string]string{}
		for i := 0; i < len(fields); i += 2 {
			m[fields[i]] = fields[i+1]
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return &hunt.Finding{Source: source, Event: b}
	}
	ties := &Ties{}
	for _, f := range []*hunt.Finding{
		line(event.SourceIIS, "s-ip", "10.0.0.1", "s-computername", "EX01"),
		line(event.SourceIIS, "s-ip", "10.0.0.1", "s-computername", "ex01"),
		line(event.SourceIIS, "s-ip", "10.0.0.2", "s-computername", "EX01"),
		line(event.SourceIIS, "s-ip", "10.0.0.2", "s-computername", "EX02"),
		line(event.SourceIIS, "s-ip", "10.0.0.2", "s-computername", "EX01"),
		line(event.SourceIIS, "s-ip", "10.0.0.3"),
		line(event.SourceIIS, "s-ip", "10.0.0.4", "s-computername", "10.0.0.4"),
		line(event.SourceIIS, "s-ip", "::1", "s-computername", "EX01"),
		line(event.SourceIIS, "s-ip", "127.0.0.1", "s-computername", "EX01"),
		line(event.SourceIIS, "s-ip", "fe80::1%5", "s-computername", "EX01"),
		line(event.SourceIIS, "s-ip", "0.0.0.0", "s-computername", "EX01"),
		line(event.SourceIIS, "s-ip", "no address", "s-computername", "EX01"),
		line(event.SourceHTTPProxy, "s-ip", "10.0.0.5", "s-computername", "EX01"),
		{Source: event.SourceIIS, Event: json.RawMessage(`{"s-ip":"10.0.0.6","s-computername":"`)},
		{Source: event.SourceIIS},
	} {
		ties.Add(f)
	}
	if len(ties.host) != 2 || ties.HostOf("10.0.0.1") != "EX01" || ties.HostOf("10.0.0.2") != "" {
		t.Errorf("ties %v", ties.host)
	}
	for i := range maxTies + 100 {
		ties.Add(line(event.SourceIIS, "s-ip", fmt.Sprintf("10.1.%d.%d", i>>8, i&255), "s-computername", "EX01"))
	}
	if len(ties.host) > maxTies {
		t.Errorf("%d ties", len(ties.host))
	}
}
