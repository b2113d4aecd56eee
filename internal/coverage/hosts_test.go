package coverage

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/internal/hunt"
)

func TestServersAreIdentified(t *testing.T) {
	for _, c := range []struct {
		name    string
		names   string // separated by blanks
		mail    string
		servers string // file=address,address separated by blanks; an empty address is records without a host
		// nameless are files in which something was found in records that name no host.
		nameless string
		want     string // address or file of records without a host → host
	}{
		{name: "folder", names: "ex1.a.example 10.0.0.1", servers: "case/ex1/iis/u.log=10.0.0.1", want: "10.0.0.1→ex1.a.example"},
		{name: "full name as folder", names: "EX1 ex1.a.example 10.0.0.1", servers: "ex1.a.example/u.log=10.0.0.1", want: "10.0.0.1→ex1.a.example"},
		{name: "nearest folder", names: "ex1 case 10.0.0.1", servers: "case/ex1/u.log=10.0.0.1", want: "10.0.0.1→ex1"},
		{name: "archive", names: "ex1 10.0.0.1", servers: `c:\x\all.zip!EX1\u.log=10.0.0.1`, want: "10.0.0.1→ex1"},
		{name: "folder that two hosts may be", names: "ex1.a.example ex1.b.example 10.0.0.1", servers: "ex1/u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "two logs of one address in folders of two hosts", names: "ex1 ex2 10.0.0.1", servers: "ex1/u.log=10.0.0.1 ex2/u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "two addresses in one log", names: "ex1 10.0.0.1 10.0.0.2", servers: "u.log=10.0.0.1,10.0.0.2 ex1/u.log=10.0.0.3", want: "10.0.0.1→10.0.0.2 10.0.0.2→10.0.0.2 10.0.0.3→ex1"},
		{name: "two addresses and a folder", names: "ex1 10.0.0.1 10.0.0.2", servers: "ex1/u.log=10.0.0.1,10.0.0.2", want: "10.0.0.1→ex1 10.0.0.2→ex1"},
		{name: "loopback is of each log", names: "ex1 ex2 127.0.0.1", servers: "ex1/u.log=127.0.0.1 ex2/u.log=127.0.0.1", want: "127.0.0.1@ex1/u.log→ex1 127.0.0.1@ex2/u.log→ex2"},
		{name: "the only mail server", names: "ex1 ws1 10.0.0.1", mail: "ex1", servers: "u.log=10.0.0.1,127.0.0.1", want: "10.0.0.1→ex1 127.0.0.1@u.log→ex1"},
		{name: "under two names", names: "ex1.a.example EX1 10.0.0.1", mail: "EX1 ex1.a.example", servers: "u.log=10.0.0.1", want: "10.0.0.1→ex1.a.example"},
		{name: "two mail servers", names: "ex1 ex2 10.0.0.1", mail: "ex1 ex2", servers: "u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "one mail server, two web servers", names: "ex1 10.0.0.1 10.0.0.2", mail: "ex1", servers: "a.log=10.0.0.1 b.log=10.0.0.2", want: "10.0.0.1→10.0.0.1 10.0.0.2→10.0.0.2"},
		{name: "no name, and something found", names: "web1", servers: "web1/access.log= x/access.log= y/access.log=", nameless: "web1/access.log x/access.log", want: "@web1/access.log→web1 @x/access.log→x/access.log @y/access.log→"},
		{name: "no name, in a folder", names: "web1.a.example", servers: "web1/access.log= x/access.log=", want: "@web1/access.log→web1.a.example @x/access.log→"},
	} {
		t.Run(c.name, func(t *testing.T) {
			records, mail := map[string]int64{}, map[string]bool{}
			for i, n := range strings.Fields(c.names) {
				records[n] = int64(10 - i)
			}
			for n := range strings.FieldsSeq(c.mail) {
				mail[n] = true
			}
			var servers []hunt.FileHosts
			for s := range strings.FieldsSeq(c.servers) {
				file, hosts, _ := strings.Cut(s, "=")
				servers = append(servers, hunt.FileHosts{File: file, Hosts: strings.Split(hosts, ",")})
				for h := range strings.SplitSeq(hosts, ",") {
					records[h] += 0
				}
			}
			id := identify(records, mail, strings.Fields(c.nameless), servers, &Ties{})
			var got []string
			for _, s := range servers {
				for _, h := range s.Hosts {
					text := h
					if local(h) {
						text += "@" + s.File
					}
					text = fmt.Sprintf("%s→%s", text, id.canonical(h, s.File))
					if !slices.Contains(got, text) {
						got = append(got, text)
					}
				}
			}
			slices.Sort(got)
			want := strings.Fields(c.want)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%v\nwant %v", got, want)
			}
		})
	}
}

// TestNamesOfItsOwnLogsOnly: link-local addresses are told as names of the host that they mean; where they mean the same
// one in all logs they are joined with it everywhere.
func TestNamesOfItsOwnLogsOnly(t *testing.T) {
	servers := []hunt.FileHosts{
		{File: "ex1/W3SVC1/u.log", Hosts: []string{"10.0.0.1", "::1"}},
		{File: "ex1/W3SVC2/u.log", Hosts: []string{"fe80::1%5"}},
		{File: "ex2/u.log", Hosts: []string{"10.0.0.2", "::1"}},
	}
	records := map[string]int64{"ex1": 1, "ex2": 1, "10.0.0.1": 1, "10.0.0.2": 1, "::1": 1, "fe80::1%5": 1}
	id := identify(records, nil, nil, servers, &Ties{})
	for host, want := range map[string]string{"ex1": "10.0.0.1 ::1 fe80::1%5", "ex2": "10.0.0.2 ::1"} {
		if got := strings.Join(id.alsoOf(host), " "); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	if id.Of("fe80::1%5") != "ex1" || id.Of("::1") != "::1" {
		t.Errorf("fe80::1%%5 is %s, ::1 is %s", id.Of("fe80::1%5"), id.Of("::1"))
	}
}
