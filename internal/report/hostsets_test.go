package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/sigma"
)

// joinedHunt is hitHunt with findings in logs that name no host: two of ex01, one that nothing ties to a host, and a
// correlation over records of both mail servers.
func joinedHunt(t *testing.T, text string) (Options, []*hunt.Finding, *hunt.Summary) {
	t.Helper()
	o, p := coverageOf(t, text)
	list, sum := hitHunt(p, text)
	at := list[0].Time
	add := func(rule int, host, file string) *hunt.Finding {
		f := plainFinding()
		f.Rule, f.Host, f.File, f.Time, f.Last = &p.Rules.Rules[rule].Meta, host, file, at.Add(time.Hour), at.Add(time.Hour)
		list = append(list, f)
		return f
	}
	add(1, "", "logs/ex01.example.org"+text+"/access.log")
	add(1, "::1", "logs/ex01.example.org"+text+"/access.log")
	add(2, "", "logs/"+text+"lone.log")
	add(0, "", "x").Correlation = &hunt.CorrelationHit{Type: sigma.Temporal, Total: 3, Matches: []hunt.CorrelationMatch{
		{Host: "ex01.example.org" + text}, {Host: "EX01.example.org" + text}, {Host: "web02.example.org" + text},
	}}
	unnamed := func(file string, hosts ...string) {
		sum.Unnamed = append(sum.Unnamed, hunt.FileHosts{File: file, Hosts: hosts})
		for _, h := range hosts {
			sum.Logs = append(sum.Logs, hunt.LogCount{Source: event.SourceWebAccess, Host: h, File: file, Records: 4})
		}
	}
	unnamed("logs/ex01.example.org"+text+"/access.log", "", "::1")
	unnamed("logs/"+text+"lone.log", "")
	for _, f := range list {
		o.Coverage.Add(f)
	}
	return o, list, sum
}

// chains are how many findings the collector has of each host.
func chains(o Options, sum *hunt.Summary) map[string]int64 {
	out := map[string]int64{}
	for _, h := range o.Coverage.Report(sum).Hosts {
		n := h.Other
		for _, s := range h.Chain {
			n += s.Findings
		}
		if n > 0 {
			out[h.Name] = n
		}
	}
	return out
}

func TestReportsCountFindingsOfJoinedHosts(t *testing.T) {
	for _, text := range []string{"", "<img src=x onerror=alert(1)>\u202e<script>"} {
		o, list, sum := joinedHunt(t, text)
		o.Terminal.Top = 100
		want := chains(o, sum)
		if want["ex01.example.org"+text] != 17 || want["web02.example.org"+text] != 2 || want["logs/"+text+"lone.log"] != 1 {
			t.Fatalf("the chains have %v", want)
		}
		page := render(t, "html", o, sum, list...)
		if strings.Contains(page, "<img") {
			t.Error("a name of a log became an element")
		}
		r := unpackReport(t, page)
		rows, counts := map[string]int64{}, map[string]int64{}
		for _, hosts := range r.rowHosts() {
			for _, h := range hosts {
				rows[h]++
			}
		}
		for _, x := range r.meta["counts"].(map[string]any)["hosts"].([]any) {
			h := x.(map[string]any)
			for _, n := range h["levels"].([]any) {
				counts[h["name"].(string)] += int64(n.(float64))
			}
		}
		if fmt.Sprint(rows) != fmt.Sprint(want) || fmt.Sprint(counts) != fmt.Sprint(want) {
			t.Errorf("the rows are of %v, the counts of %v, the chains of %v", rows, counts, want)
		}
		if got := fmt.Sprint(r.meta["hostBecause"]); strings.Count(got, "the path of the logs names it") != 2 {
			t.Errorf("joined because of %s", got)
		}
		if last := r.details[len(r.details)-4]; last["host"] != nil {
			t.Errorf("the record itself says %v", last["host"])
		}
		if text != "" {
			continue
		}
		got := render(t, "terminal", o, sum, list...)
		for _, want := range []string{"critical      ex01.example.org         17  ", "critical      logs/lone.log             1  ", "ex01.example.org, web02.example.org · "} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing in\n%s", want, got)
			}
		}
		if strings.Contains(got, "in logs that name no host") {
			t.Errorf("findings are of no host in\n%s", got)
		}
	}
}

// TestVerdictListsJoinedFiles: those who read findings as they come can tell their hosts by the files.
func TestVerdictListsJoinedFiles(t *testing.T) {
	o, list, sum := joinedHunt(t, "")
	type file struct{ File, Host, By string }
	for l := range strings.Lines(render(t, "json", o, sum, list...)) {
		var x struct {
			Host  string
			Files []file `json:"joined_files"`
			Total int    `json:"joined_files_total"`
		}
		if err := json.Unmarshal([]byte(l), &x); err != nil {
			t.Fatal(err)
		}
		want := "[]"
		if x.Host == "ex01.example.org" {
			want = "[{logs/ex01.example.org/access.log  path} {logs/ex01.example.org/access.log ::1 path}]"
		}
		if got := fmt.Sprint(x.Files); got != want || x.Total != len(x.Files) {
			t.Errorf("%s: %s, %d in all, want %s", x.Host, got, x.Total, want)
		}
	}
}

func TestHostSetsAreBounded(t *testing.T) {
	s := newHostSets()
	for i := range maxHostFiles + 10 {
		s.of(&hunt.Finding{File: fmt.Sprint(i)})
	}
	if s.files != maxHostFiles || len(s.places) != maxHostFiles+1 || s.of(&hunt.Finding{File: "y"}) != s.of(&hunt.Finding{File: "z"}) {
		t.Errorf("%d sets of %d files", len(s.places), s.files)
	}
	if n := s.of(&hunt.Finding{Host: "a", File: "y"}); n == manyHosts || n != s.of(&hunt.Finding{Host: "a", File: "z"}) {
		t.Error("a host with a name is not told apart any more, or by its files")
	}
	for i := range maxHostLists + 10 {
		n := s.of(&hunt.Finding{Correlation: &hunt.CorrelationHit{Matches: []hunt.CorrelationMatch{{Host: "a"}, {Host: fmt.Sprint("b", i)}}}})
		if (n == manyHosts) != (i >= maxHostLists) {
			t.Fatalf("list %d is %d", i, n)
		}
	}
}

// TestGroupKeepsUnnamedLogsApart: records without a host may be of another one in another file.
func TestGroupKeepsUnnamedLogsApart(t *testing.T) {
	c := &collect{}
	g := Group(c, GroupOptions{})
	for _, at := range [][2]string{{"", "a.log"}, {"", "a.log"}, {"", "b.log"}, {"::1", "a.log"}, {"::1", "b.log"}, {"h", "a.log"}, {"h", "b.log"}} {
		f := plainFinding()
		f.Host, f.File = at[0], at[1]
		if err := g.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Close(nil); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range c.got {
		got = append(got, fmt.Sprint(f.Host, " ", f.File, " ", f.Count))
	}
	if want := "[ a.log 2  b.log 1 ::1 a.log 1 ::1 b.log 1 h a.log 2]"; fmt.Sprint(got) != want {
		t.Errorf("groups %v, want %s", got, want)
	}
}

func TestBrowserShowsJoinedHosts(t *testing.T) {
	needBrowser(t)
	const hostile = "<img src=x onerror=window.pwned=1>"
	o, list, sum := joinedHunt(t, hostile)
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(render(t, "html", o, sum, list...)), 0o600); err != nil {
		t.Fatal(err)
	}
	c := startChromium(t)
	c.open(path, "#hosts")
	body := c.text("document.body.innerText")
	for _, want := range []string{"3 of 5 hosts have findings", "17 findings of 3 rules", "logs/" + hostile + "lone.log"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page of hosts does not say %q:\n%s", want, body)
		}
	}
	if tile := c.text(`document.querySelector(".chain button:not(.none)").innerText`); !strings.Contains(tile, "20 May 2024 06:40") {
		t.Errorf("a step of the kill chain says %q", tile)
	}
	if tab := c.text(`document.querySelector("#tabs [aria-current]").innerText`); !strings.Contains(tab, "3 of 5") {
		t.Errorf("the tab says %q", tab)
	}
	c.open(path, "#findings")
	if first := c.text(`document.querySelector(".vlist .trow").innerText`); !strings.HasPrefix(first, "critical") {
		t.Errorf("the table begins with %q", first)
	}
	for q, want := range map[string]int{"host:ex01": 17, "host:web02": 2, "host:lone.log": 1, "host:EX01": 17} {
		if n := c.search(q); n != want {
			t.Errorf("%s finds %d, want %d", q, n, want)
		}
	}
	for row, want := range map[int]string{
		len(list) - 4: "ex01.example.org" + hostile + " only joined: the path of the logs names it; the record names none",
		len(list) - 3: "joined: the path of the logs names it; the record says ::1",
		len(list) - 2: "called as the file; the record names none",
		len(list) - 1: "by the records that it rests on",
	} {
		c.open(path, fmt.Sprintf("#findings?sel=%d", row))
		c.until(`!document.getElementById("detail").hidden`)
		if got := strings.Join(strings.Fields(c.text(`document.getElementById("detail").innerText`)), " "); !strings.Contains(got, want) {
			t.Errorf("row %d does not say %q:\n%s", row, want, got)
		}
	}
	if got := c.text(`window.pwned`); got != "undefined" {
		t.Error("a name of a log ran as script")
	}
	c.quiet(path)
	// From the card of a host its findings can be looked at.
	c.open(path, "")
	c.eval(`[...document.querySelectorAll(".hitcard button")].find((b) => b.textContent === "All of this host").click()`, nil)
	if body := c.text("document.body.innerText"); !strings.Contains(body, "17 findings of 3 rules") {
		t.Errorf("the card leads to\n%s", body)
	}
}
