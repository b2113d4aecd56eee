package coverage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/internal/hunt"
)

func TestServersAreIdentified(t *testing.T) {
	for _, c := range []struct {
		name  string
		names string // separated by blanks
		mail  string
		// traits are those of names: name=mail,iis,dc, with "win" for none of them; own are addresses: name=address,address.
		traits, own string
		servers     string // file=address,address separated by blanks; an empty address is records without a host
		// nameless are files in which something was found in records that name no host.
		nameless string
		want     string // address or file of records without a host → host
	}{
		{name: "folder", names: "ex1.a.example 10.0.0.1", servers: "case/ex1/iis/u.log=10.0.0.1", want: "10.0.0.1→ex1.a.example ex1.a.example:path"},
		{name: "full name as folder", names: "EX1 ex1.a.example 10.0.0.1", servers: "ex1.a.example/u.log=10.0.0.1", want: "10.0.0.1→ex1.a.example ex1.a.example:path"},
		{name: "nearest folder", names: "ex1 case 10.0.0.1", servers: "case/ex1/u.log=10.0.0.1", want: "10.0.0.1→ex1 ex1:path"},
		{name: "archive", names: "ex1 10.0.0.1", servers: `c:\x\all.zip!EX1\u.log=10.0.0.1`, want: "10.0.0.1→ex1 ex1:path"},
		{name: "folder that two hosts may be", names: "ex1.a.example ex1.b.example 10.0.0.1", servers: "ex1/u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "two logs of one address in folders of two hosts", names: "ex1 ex2 10.0.0.1", servers: "ex1/u.log=10.0.0.1 ex2/u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "two addresses in one log", names: "ex1 10.0.0.1 10.0.0.2", servers: "u.log=10.0.0.1,10.0.0.2 ex1/u.log=10.0.0.3", want: "10.0.0.1→10.0.0.2 10.0.0.2→10.0.0.2 10.0.0.3→ex1 ex1:path"},
		{name: "two addresses and a folder", names: "ex1 10.0.0.1 10.0.0.2", servers: "ex1/u.log=10.0.0.1,10.0.0.2", want: "10.0.0.1→ex1 10.0.0.2→ex1 ex1:path"},
		{name: "loopback is of each log", names: "ex1 ex2 127.0.0.1", servers: "ex1/u.log=127.0.0.1 ex2/u.log=127.0.0.1", want: "127.0.0.1@ex1/u.log→ex1 127.0.0.1@ex2/u.log→ex2 ex1:path ex2:path"},
		{name: "the only mail server", names: "ex1 ws1 10.0.0.1", mail: "ex1", servers: "u.log=10.0.0.1,127.0.0.1", want: "10.0.0.1→ex1 127.0.0.1@u.log→ex1 ex1:only-mail-server"},
		{name: "under two names", names: "ex1.a.example EX1 10.0.0.1", mail: "EX1 ex1.a.example", servers: "u.log=10.0.0.1", want: "10.0.0.1→ex1.a.example ex1.a.example:only-mail-server"},
		{name: "two mail servers", names: "ex1 ex2 10.0.0.1", mail: "ex1 ex2", servers: "u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "one mail server, two web servers", names: "ex1 10.0.0.1 10.0.0.2", mail: "ex1", servers: "a.log=10.0.0.1 b.log=10.0.0.2", want: "10.0.0.1→10.0.0.1 10.0.0.2→10.0.0.2"},
		{name: "no name, and something found", names: "web1", servers: "web1/access.log= x/access.log= y/access.log=", nameless: "web1/access.log x/access.log", want: "@web1/access.log→web1 @x/access.log→x/access.log @y/access.log→ web1:path"},
		{name: "no name, in a folder", names: "web1.a.example", servers: "web1/access.log= x/access.log=", want: "@web1/access.log→web1.a.example @x/access.log→ web1.a.example:path"},
		{name: "file", names: "ex1.a.example ws1 10.0.0.1", servers: "x/EX1_u_ex210303.log=10.0.0.1", want: "10.0.0.1→ex1.a.example ex1.a.example:path"},
		{name: "full name in a file", names: "ex1.a.example ws1 10.0.0.1", servers: "x/iis-ex1.a.example-u_ex210303.log=10.0.0.1", want: "10.0.0.1→ex1.a.example ex1.a.example:path"},
		{name: "name with a hyphen in a file", names: "web-ex1 ex1 10.0.0.1", servers: "x/web-ex1_u_ex210303.log=10.0.0.1", want: "10.0.0.1→web-ex1 web-ex1:path"},
		{name: "file of two", names: "ex1 ex2 10.0.0.1", servers: "x/ex1_ex2.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "words in a file", names: "u log ex1 10.0.0.1", servers: "x/u_ex210303.log=10.0.0.1 y/ex10.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "a number in a file", names: "210 ws1 10.0.0.1", servers: "x/iis_210.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "an address of its own", names: "ex1 ex2 10.0.0.1", traits: "ex1=win ex2=win", own: "ex1=10.0.0.1 ex2=10.0.0.2", servers: "u.log=10.0.0.1", want: "10.0.0.1→ex1 ex1:address"},
		{name: "two servers by their addresses", names: "ex1 ex2 10.0.0.1 10.0.0.2", traits: "ex1=win ex2=win", own: "ex1=10.0.0.1 ex2=10.0.0.2", servers: "a.log=10.0.0.1 b.log=10.0.0.2", want: "10.0.0.1→ex1 10.0.0.2→ex2 ex1:address ex2:address"},
		{name: "the address says more than the folder", names: "ex1 wec1 10.0.0.1", traits: "ex1=win wec1=win", own: "ex1=10.0.0.1", servers: "wec1/u.log=10.0.0.1", want: "10.0.0.1→ex1 ex1:address"},
		{name: "an address of two", names: "ex1 ex2 10.0.0.1", traits: "ex1=mail", own: "ex1=10.0.0.1 ex2=10.0.0.1", servers: "u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "addresses of two hosts in one log", names: "ex1 ex2 10.0.0.1 10.0.0.2", own: "ex1=10.0.0.1 ex2=10.0.0.2", servers: "u.log=10.0.0.1,10.0.0.2", want: "10.0.0.1→10.0.0.2 10.0.0.2→10.0.0.2"},
		{name: "an address of a host without logs", names: "dc1 10.0.0.1", traits: "dc1=win", own: "EX1=10.0.0.1", servers: "u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "a short name has the address", names: "ex1.a.example dc1 10.0.0.1", own: "EX1=10.0.0.1 ex1.a.example=10.0.0.1", servers: "u.log=10.0.0.1", want: "10.0.0.1→ex1.a.example ex1.a.example:address"},
		{name: "the only web server", names: "web1 ws1 10.0.0.1", traits: "web1=iis ws1=win", servers: "u.log=10.0.0.1", want: "10.0.0.1→web1 web1:only-web-server"},
		{name: "the only web server has another address", names: "web1 ws1 10.0.0.1", traits: "web1=iis ws1=win", own: "web1=10.0.0.2", servers: "u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "it has one of the other kind", names: "web1 ws1 10.0.0.1", traits: "web1=iis ws1=win", own: "web1=2001:db8::1", servers: "u.log=10.0.0.1", want: "10.0.0.1→web1 web1:only-web-server"},
		{name: "two web servers", names: "web1 web2 10.0.0.1", traits: "web1=iis web2=iis", servers: "u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "a mail server and a web server", names: "ex1 web2 10.0.0.1", traits: "ex1=mail web2=iis", servers: "u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "the only host", names: "ex1.a.example EX1 10.0.0.1", traits: "ex1.a.example=win EX1=win", servers: "u.log=10.0.0.1", want: "10.0.0.1→ex1.a.example ex1.a.example:only-host"},
		{name: "the only host of Windows", names: "ex1 lx1 10.0.0.1", traits: "ex1=win", servers: "u.log=10.0.0.1", want: "10.0.0.1→ex1 ex1:only-host"},
		{name: "the only host has another address", names: "ws1 10.0.0.1", traits: "ws1=win", own: "ws1=10.0.0.9", servers: "u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "the only host is a domain controller", names: "dc1 10.0.0.1", traits: "dc1=dc", servers: "u.log=10.0.0.1", want: "10.0.0.1→10.0.0.1"},
		{name: "one host, two web servers", names: "ex1 10.0.0.1 10.0.0.2", traits: "ex1=win", servers: "a.log=10.0.0.1 b.log=10.0.0.2", want: "10.0.0.1→10.0.0.1 10.0.0.2→10.0.0.2"},
		{name: "Exchange's log without a name", names: "ex1 ws1", mail: "ex1", servers: "x/HttpProxy.csv= x/access.log=", want: "@x/HttpProxy.csv→ex1 @x/access.log→ ex1:only-mail-server"},
		{name: "of two mail servers", names: "ex1 ex2", mail: "ex1 ex2", servers: "x/HttpProxy.csv=", want: "@x/HttpProxy.csv→"},
		{name: "a tenant's other log", names: "5f0c2d1e-8a64 ex1", traits: "5f0c2d1e-8a64=tenant ex1=win", servers: "audit.json=", want: "@audit.json→5f0c2d1e-8a64 5f0c2d1e-8a64:only-host"},
		{name: "of two tenants", names: "5f0c2d1e-8a64 6f0c2d1e-8a64", traits: "5f0c2d1e-8a64=tenant 6f0c2d1e-8a64=tenant", servers: "audit.json=", want: "@audit.json→"},
		{name: "records of Windows without a name", names: "ex1 lx1", traits: "ex1=win", servers: "x/a.json= x/access.log=", want: "@x/a.json→ex1 @x/access.log→ ex1:only-host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &evidence{records: map[string]int64{}, traits: map[string]traits{}, unnamed: map[string]traits{}, found: strings.Fields(c.nameless)}
			for i, n := range strings.Fields(c.names) {
				e.records[n] = int64(10 - i)
			}
			for n := range strings.FieldsSeq(c.mail) {
				e.traits[n] = traits{mail: true, windows: true}
			}
			for x := range strings.FieldsSeq(c.traits) {
				n, list, _ := strings.Cut(x, "=")
				e.traits[n] = traits{
					windows: list != "tenant", tenant: list == "tenant",
					mail: strings.Contains(list, "mail"), web: strings.Contains(list, "iis"), controller: strings.Contains(list, "dc"),
				}
			}
			for x := range strings.FieldsSeq(c.own) {
				n, list, _ := strings.Cut(x, "=")
				e.own = append(e.own, hunt.HostFacts{Host: n, Addresses: strings.Split(list, ",")})
			}
			for s := range strings.FieldsSeq(c.servers) {
				file, hosts, _ := strings.Cut(s, "=")
				e.servers = append(e.servers, hunt.FileHosts{File: file, Hosts: strings.Split(hosts, ",")})
				for h := range strings.SplitSeq(hosts, ",") {
					e.records[h] += 0
				}
				switch {
				case strings.Contains(file, "HttpProxy"):
					e.unnamed[file] = traits{windows: true, mail: true}
				case strings.Contains(file, "audit.json"):
					e.unnamed[file] = traits{tenant: true}
				case strings.HasSuffix(file, ".json"):
					e.unnamed[file] = traits{windows: true}
				}
			}
			id := identify(e, &Ties{})
			servers := e.servers
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
			var by []string
			for _, w := range ways {
				for host := range id.by {
					if id.by[host][w] {
						by = append(by, host+":"+string(w))
					}
				}
			}
			slices.Sort(by)
			got = append(got, by...)
			want := strings.Fields(c.want)
			slices.SortFunc(want, func(a, b string) int {
				return cmp.Or(cmp.Compare(strings.Count(b, "→"), strings.Count(a, "→")), strings.Compare(a, b))
			})
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
	id := identify(&evidence{records: records, servers: servers}, &Ties{})
	for host, want := range map[string]string{"ex1": "10.0.0.1 ::1 fe80::1%5", "ex2": "10.0.0.2 ::1"} {
		if got := strings.Join(id.alsoOf(host), " "); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	if id.Of("fe80::1%5") != "ex1" || id.Of("::1") != "::1" {
		t.Errorf("fe80::1%%5 is %s, ::1 is %s", id.Of("fe80::1%5"), id.Of("::1"))
	}
}
