package report

import (
	"encoding/json"
	"fmt"
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
		" findings on 2 of 4 host names.\n",
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
	for _, want := range []string{" findings on 3 of 6 host names.\n", "\n  high          EX01  ", "critical      ex01.example.org  "} {
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
	for _, want := range []string{"2 of 4 host names have findings", "10 findings of 2 rules", "Also 10.20.1.11, EX01"} {
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
