package report

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/sigma"
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
			ties := &hostTies{host: map[string]string{}}
			for tie := range strings.FieldsSeq(c.ties) {
				address, host, _ := strings.Cut(tie, "=")
				ties.host[address] = strings.TrimSuffix(host, "!")
			}
			names := strings.Fields(c.names)
			for range 5 { // whatever the order
				rand.Shuffle(len(names), func(i, k int) { names[i], names[k] = names[k], names[i] })
				h := newHostNames(append(names, names...), ties)
				shown := map[string]bool{}
				for _, n := range names {
					shown[h.of(n)] = true
				}
				var got []string
				for n := range shown {
					aliases := h.aliases[n]
					if slices.Sort(aliases); len(aliases) > 0 {
						n += "(" + strings.Join(aliases, ",") + ")"
					}
					got = append(got, n)
				}
				slices.Sort(got)
				if text := strings.Join(got, " "); text != c.want || h.count != len(got) {
					t.Fatalf("%d hosts: %s\nwant: %s", h.count, text, c.want)
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
	ties := &hostTies{}
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
		ties.add(f)
	}
	if len(ties.host) != 2 || ties.hostOf("10.0.0.1") != "EX01" || ties.hostOf("10.0.0.2") != "" {
		t.Errorf("ties %v", ties.host)
	}
	for i := range maxTies + 100 {
		ties.add(line(event.SourceIIS, "s-ip", fmt.Sprintf("10.1.%d.%d", i>>8, i&255), "s-computername", "EX01"))
	}
	if len(ties.host) > maxTies {
		t.Errorf("%d ties", len(ties.host))
	}
}

// namedFindings are findings of a host that goes by three names, and of others.
func namedFindings() ([]*hunt.Finding, *hunt.Summary) {
	var list []*hunt.Finding
	add := func(host, level string, minute, count int, caveats ...string) {
		x := plainFinding()
		x.Rule = &sigma.Meta{ID: level, Title: "Rule " + level, Level: level}
		x.Host, x.Count, x.Caveats = host, count, caveats
		x.Time = x.Time.Add(time.Duration(minute) * time.Minute)
		x.Matched = []hunt.FieldValue{{Name: "CommandLine", Value: fmt.Sprint("command of minute ", minute)}}
		if host == "10.20.1.11" {
			x.Source, x.Event = event.SourceIIS, json.RawMessage(`{"s-ip":"10.20.1.11"}`)
		}
		if host == "EX01" {
			x.Source, x.Event = event.SourceIIS, json.RawMessage(`{"s-ip":"10.20.1.11","s-computername":"EX01"}`)
		}
		list = append(list, x)
	}
	add("EX01", "high", 10, 1, "doubtful")
	add("dc01.example.org", "high", 0, 1)
	add("ex01.example.org", "critical", 20, 2)
	add("ex01.example.org", "high", 5, 3)
	add("10.20.1.11", "high", 30, 4)
	return list, &hunt.Summary{Events: 1, Hosts: []string{"10.20.1.11", "10.20.1.12", "DC01", "EX01", "dc01.example.org", "ex01.example.org", "ws1.example.org"}}
}

func TestTerminalJoinsNamesOfAHost(t *testing.T) {
	list, sum := namedFindings()
	got := terminalText(t, TerminalOptions{}, sum, list...)
	for _, want := range []string{
		" findings on 2 of 4 hosts.\n",
		"critical      ex01.example.org        10  ",
		"high                  9  Rule high                              2 hosts ",
		"short and full names are one host",
		"2024-05-20 09:19:03  Rule high ×8\n                ex01.example.org · CORP\\svc_web · CommandLine: command of minute 5\n                caveat on 1 of 8: doubtful\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "EX01") || strings.Contains(got, "10.20.1.11") {
		t.Errorf("other names of the host in\n%s", got)
	}
	slices.Reverse(list)
	if again := terminalText(t, TerminalOptions{}, sum, list...); again != got {
		t.Errorf("the order of findings matters:\n%s\n%s", got, again)
	}
	// A second full name in the hunt, even one without findings, keeps them apart.
	sum.Hosts = append(sum.Hosts, "ex01.example.net")
	got = terminalText(t, TerminalOptions{}, sum, list...)
	for _, want := range []string{" findings on 3 of 6 hosts.\n", "\n  high          EX01  ", "critical      ex01.example.org  "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

func TestNavigatorJoinsNamesOfAHost(t *testing.T) {
	list, sum := namedFindings()
	l := parseLayer(t, render(t, "navigator", Options{}, sum, list...))
	if len(l.Techniques) != 1 || l.Techniques[0].Metadata[0].Value != "3" { // the address is tied by nothing here
		t.Errorf("techniques %+v", l.Techniques)
	}
}

func TestHTMLJoinsNamesOfAHost(t *testing.T) {
	list, sum := namedFindings()
	r := unpackReport(t, render(t, "html", Options{}, sum, list...))
	if got := fmt.Sprint(r.meta["hostNames"]); got != "[[10.20.1.11 ex01.example.org] [EX01 ex01.example.org]]" {
		t.Errorf("names %s", got)
	}
	counts, _ := r.meta["counts"].(map[string]any)
	hosts, _ := counts["hosts"].([]any)
	summary, _ := r.meta["summary"].(map[string]any)
	if len(hosts) != 2 || counts["hostCount"] != 2.0 || summary["hosts"] != 4.0 {
		t.Errorf("hosts %v, %v of %v", hosts, counts["hostCount"], summary["hosts"])
	}
	if r.details[0]["host"] != "EX01" {
		t.Errorf("the finding itself says %v", r.details[0]["host"])
	}
	// Without other names nothing is said of them.
	if r := unpackReport(t, render(t, "html", Options{}, plainSummary(), plainFinding())); r.meta["hostNames"] != nil {
		t.Errorf("names %v", r.meta["hostNames"])
	}
}

func TestBrowserJoinsNamesOfAHost(t *testing.T) {
	needBrowser(t)
	list, sum := namedFindings()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(render(t, "html", Options{}, sum, list...)), 0o600); err != nil {
		t.Fatal(err)
	}
	c := startChromium(t)
	c.open(path, "#hosts?page=EX01")
	body := c.text("document.body.innerText")
	for _, want := range []string{"2 hosts", "10 findings of 2 rules", "Also 10.20.1.11, EX01"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page of the host does not say %q:\n%s", want, body)
		}
	}
	c.open(path, "#findings")
	for q, want := range map[string]int{"host:EX01": 10, "host:10.20.1.11": 10, "host:ex01.example.org": 10, "host:dc01": 1, "host:nobody": 0} {
		if n := c.search(q); n != want {
			t.Errorf("%s finds %d, want %d", q, n, want)
		}
	}
	c.open(path, "#findings?host=EX01")
	if n := c.shown(); n != 10 {
		t.Errorf("an address with another name of the host shows %d", n)
	}
	c.quiet(path)
}
