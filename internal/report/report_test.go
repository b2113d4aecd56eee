package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/sigma"
)

var testNow = time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)

// render runs findings through one format.
func render(tb testing.TB, name string, o Options, sum *hunt.Summary, findings ...*hunt.Finding) string {
	tb.Helper()
	f, ok := FormatByName(name)
	if !ok {
		tb.Fatalf("no format %q", name)
	}
	if o.Now.IsZero() {
		o.Now = testNow
	}
	if o.RuleText == nil {
		o.RuleText = func(*sigma.Meta) ([]byte, error) { return nil, errors.New("no text") }
	}
	var b bytes.Buffer
	sink := f.New(&b, o)
	for _, x := range findings {
		if err := sink.Finding(x); err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
	}
	if err := sink.Close(sum); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return b.String()
}

// plainFinding is a small one with all common parts.
func plainFinding() *hunt.Finding {
	return &hunt.Finding{
		Rule: &sigma.Meta{
			ID: "11111111-2222-4333-8444-555555555555", Title: "Shell of a web server", Level: "critical", Status: "test", File: "rules/shell.yml", Line: 1,
			Tags: []string{"attack.persistence", "attack.t1505.003"}, Description: "A web server starts a shell.", Author: "Example Team", Date: "2023-04-01", Modified: "2024/01/15",
			References: []string{"https://example.org/a"}, FalsePos: []string{"Administrators"},
		},
		LogSource:  sigma.LogSource{Product: "windows", Category: "process_creation"},
		Techniques: []hunt.Technique{{ID: "T1505.003", Name: "Web Shell"}}, Tactics: []string{"persistence"},
		Source: event.SourceWindows, Time: time.Date(2024, 5, 20, 9, 14, 3, 117_000_000, time.UTC), Host: "WEB01.corp.example", User: `CORP\svc_web`,
		Channel: "Microsoft-Windows-Sysmon/Operational", Provider: "Microsoft-Windows-Sysmon", EventID: 1, RecordID: 4711, File: "logs/web01.evtx", Offset: 69632,
		Matched: []hunt.FieldValue{{Name: "CommandLine", Value: "cmd.exe /c whoami"}, {Name: "ParentImage", Value: `C:\Windows\System32\inetsrv\w3wp.exe`}},
		Event:   json.RawMessage(`{"EventID":1,"Computer":"WEB01.corp.example","Image":"C:\\Windows\\System32\\cmd.exe","CommandLine":"cmd.exe /c whoami","ProcessId":"640","CurrentDirectory":"C:\\inetpub\\","Hashes":"MD5=0123456789ABCDEF0123456789ABCDEF,SHA256=` + strings.Repeat("AB", 32) + `,IMPHASH=00","ParentImage":"C:\\Windows\\System32\\inetsrv\\w3wp.exe","ParentProcessId":"512"}`),
		Count:   1,
	}
}

func plainSummary() *hunt.Summary {
	return &hunt.Summary{
		Started: testNow, Duration: 2 * time.Second, Version: "1.2.3", Inputs: []string{"logs"}, Files: 3, Events: 1000, UsedBytes: 5_000_000, Findings: 1, Rules: 10, Applicable: 8,
		Hosts: []string{"WEB01.corp.example", "DC01.corp.example"}, First: testNow.Add(-48 * time.Hour), Last: testNow, ATTACKVersion: "18.1",
	}
}

func TestSameInputGivesSameOutput(t *testing.T) {
	for _, f := range Formats() {
		var outs []string
		for range 2 {
			fk := newFake(3)
			var list []*hunt.Finding
			for i := range 300 {
				list = append(list, fk.finding(i, 300))
			}
			outs = append(outs, render(t, f.Name, Options{}, fk.summary(300), append(list, hostile()...)...))
		}
		if outs[0] != outs[1] {
			t.Errorf("%s: two runs over the same findings differ", f.Name)
		}
	}
}

// TestReportsDoNotTellTheClock checks which formats say when the hunt ran and how long it took: people read that there, and
// all others are the same bytes whenever the hunt ran. README.md names them.
func TestReportsDoNotTellTheClock(t *testing.T) {
	clock := map[string]bool{"terminal": true, "html": true, "sarif": true}
	for _, f := range Formats() {
		var outs []string
		for i := range 2 {
			sum := plainSummary()
			later := time.Duration(i) * 25 * time.Hour
			sum.Started, sum.Duration = sum.Started.Add(later), sum.Duration+later
			outs = append(outs, render(t, f.Name, Options{Now: testNow.Add(later)}, sum, plainFinding()))
		}
		if same := outs[0] == outs[1]; same == clock[f.Name] {
			t.Errorf("%s: the same at another time: %t", f.Name, same)
		}
	}
}

func TestNoFindings(t *testing.T) {
	for _, f := range Formats() {
		for _, sum := range []*hunt.Summary{plainSummary(), {}, nil} {
			out := render(t, f.Name, Options{}, sum)
			checkWellFormed(t, f.Name, out)
		}
	}
}

func TestHostileContentInEveryFormat(t *testing.T) {
	for _, f := range Formats() {
		t.Run(f.Name, func(t *testing.T) {
			out := render(t, f.Name, Options{HTML: HTMLOptions{Title: hostileTexts[0]}}, hostileSummary(), hostile()...)
			checkWellFormed(t, f.Name, out)
			checkHarmless(t, f.Name, out)
		})
	}
}

// checkWellFormed parses an output as what it says it is.
func checkWellFormed(tb testing.TB, name, out string) {
	tb.Helper()
	if !utf8.ValidString(out) {
		tb.Errorf("%s: not UTF-8", name)
	}
	switch name {
	case "jsonl", "json", "timesketch", "splunk", "ecs":
		for line := range strings.Lines(out) {
			if !json.Valid([]byte(line)) {
				tb.Errorf("%s: not JSON: %.300s", name, line)
			}
			if key := duplicateKey(line); key != "" {
				tb.Errorf("%s: member %q stands twice: %.300s", name, key, line)
			}
		}
	case "sarif", "navigator", "stix", "coverage":
		if !json.Valid([]byte(out)) {
			tb.Errorf("%s: not JSON: %.2000s", name, out)
		}
		if key := duplicateKey(out); key != "" {
			tb.Errorf("%s: member %q stands twice", name, key)
		}
	case "csv", "timesketch-csv":
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll() // checks that all rows are as long as the header
		if err != nil || len(rows) == 0 {
			tb.Errorf("%s: %d rows, %v", name, len(rows), err)
		}
	case "html":
		if strings.Count(out, "<script") != strings.Count(out, "</script>") || !strings.HasSuffix(strings.TrimSpace(out), "</html>") {
			tb.Errorf("%s: script elements do not pair up", name)
		}
	}
}

// duplicateKey returns a member name that stands twice in one object of a JSON text.
func duplicateKey(text string) string {
	dec := json.NewDecoder(strings.NewReader(text))
	var stack []map[string]bool // nil for arrays
	key := false                // the next token of the innermost object is a name
	for {
		tok, err := dec.Token()
		if err != nil {
			return ""
		}
		in := func() bool { return len(stack) > 0 && stack[len(stack)-1] != nil }
		switch v := tok.(type) {
		case json.Delim:
			switch v {
			case '{':
				stack, key = append(stack, map[string]bool{}), true
			case '[':
				stack, key = append(stack, nil), false
			default:
				stack = stack[:len(stack)-1]
				key = in()
			}
			continue
		case string:
			if in() && key {
				if stack[len(stack)-1][v] {
					return v
				}
				stack[len(stack)-1][v] = true
				key = false
				continue
			}
		}
		key = in()
	}
}

// checkHarmless looks for what could act on a terminal, a page or a reader.
func checkHarmless(tb testing.TB, name, out string) {
	tb.Helper()
	for i, r := range out {
		if r == '\n' || r == '\t' || (r == '\r' && (name == "csv" || name == "timesketch-csv")) {
			continue
		}
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029 {
			tb.Errorf("%s: character U+%04X at byte %d: %q", name, r, i, out[max(0, i-40):min(len(out), i+40)])
			return
		}
	}
	if name != "csv" && name != "timesketch-csv" && name != "terminal" {
		for _, bad := range []string{"<script>window", "<img src=x", "</script><script>window"} {
			if strings.Contains(out, bad) {
				tb.Errorf("%s: holds %q as it is", name, bad)
			}
		}
	}
}

type failingWriter struct{ left int }

var errFull = errors.New("disk full")

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrorsAreReported(t *testing.T) {
	for _, f := range Formats() {
		if f.Packs {
			continue // see TestPackFormatsReportWriteErrors
		}
		sink := f.New(&failingWriter{left: 10}, Options{})
		fk := newFake(4)
		var err error
		for i := 0; i < 3000 && err == nil; i++ {
			err = sink.Finding(fk.finding(i, 3000))
		}
		if cerr := sink.Close(fk.summary(10)); err == nil {
			err = cerr
		}
		if !errors.Is(err, errFull) {
			t.Errorf("%s: error %v, wanted that of the writer", f.Name, err)
		}
	}
}

func TestTee(t *testing.T) {
	var a, b bytes.Buffer
	sink := Tee(NewJSONL(&a), NewJSONL(&failingWriter{}), NewJSONL(&b))
	for range 100 {
		if err := sink.Finding(plainFinding()); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.(Flusher).Flush(); !errors.Is(err, errFull) {
		t.Errorf("Flush = %v", err)
	}
	if err := sink.Close(plainSummary()); !errors.Is(err, errFull) {
		t.Errorf("Close = %v, wanted the error of the one that failed", err)
	}
	if a.String() != b.String() || strings.Count(a.String(), "\n") != 100 {
		t.Errorf("the others have %d and %d lines, wanted 100", strings.Count(a.String(), "\n"), strings.Count(b.String(), "\n"))
	}
	alone := Tee(NewJSONL(&failingWriter{}))
	if err := errors.Join(alone.Finding(plainFinding()), alone.Close(nil)); !errors.Is(err, errFull) {
		t.Errorf("one sink alone: %v", err)
	}
	dead := Tee(NewHTML(&failingWriter{}, Options{}), NewHTML(&failingWriter{}, Options{}))
	if err := dead.Finding(plainFinding()); !errors.Is(err, errFull) {
		t.Errorf("Finding = %v although nobody is left to write to", err)
	}
}

func TestFlushBringsLinesOut(t *testing.T) {
	for _, name := range []string{"jsonl", "csv", "timesketch", "timesketch-csv", "splunk", "ecs"} {
		f, _ := FormatByName(name)
		var b bytes.Buffer
		sink := f.New(&b, Options{})
		if err := sink.Finding(plainFinding()); err != nil {
			t.Fatal(err)
		}
		fl, ok := sink.(Flusher)
		if !ok {
			t.Errorf("%s cannot be flushed", name)
			continue
		}
		if err := fl.Flush(); err != nil || !strings.HasSuffix(b.String(), "\n") {
			t.Errorf("%s: after Flush the writer has %q, %v", name, b.String(), err)
		}
	}
}

// TestMemoryStaysFlat runs many findings through every format and looks at what is kept.
func TestMemoryStaysFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("writes many findings: not with -short")
	}
	fk := newFake(5)
	const distinct = 500
	list := make([]*hunt.Finding, distinct)
	for i := range list {
		list[i] = fk.finding(i, distinct)
	}
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for _, f := range Formats() {
		sink := f.New(io.Discard, Options{RuleText: sampleRuleText})
		feed := func(from, to int) {
			for i := from; i < to; i++ {
				x := *list[i%distinct]
				x.Offset, x.RecordID = int64(i), uint64(i)
				if err := sink.Finding(&x); err != nil {
					t.Fatal(err)
				}
			}
		}
		feed(0, 5000)
		before := heap()
		feed(5000, 20_000)
		// What STIX has written it remembers, within its bound, at about a hundred bytes an object.
		allowed := int64(2 << 20)
		if f.Name == "stix" {
			allowed = 15_000 * 3 * 200
		}
		if grown := heap() - before; grown > allowed {
			t.Errorf("%s: 15,000 further findings keep %d bytes", f.Name, grown)
		}
		runtime.KeepAlive(sink)
	}
}

func FuzzEveryFormat(f *testing.F) {
	for i, x := range hostileTexts {
		f.Add(x, hostileTexts[(i+3)%len(hostileTexts)], int64(i)*1e15, uint64(i))
	}
	f.Add("-", "", int64(-1<<62), uint64(1<<64-1))
	f.Fuzz(func(t *testing.T, a, b string, ns int64, id uint64) {
		if json.Valid([]byte(b)) && duplicateKey(b) != "" || strings.Contains(string(fakeEvent(plainFinding(), nil)), string(event.AppendJSONString(nil, a))) {
			t.Skip("a record that has a field twice")
		}
		x := plainFinding()
		x.Rule = &sigma.Meta{Title: a, Level: b, Description: b, References: []string{a}, Tags: []string{b}, Date: a}
		x.Techniques, x.Tactics = []hunt.Technique{{ID: a, Name: b}}, []string{b}
		x.Time, x.Last = time.Unix(0, ns), time.Unix(ns%1e12, 0)
		x.Host, x.User, x.Channel, x.File, x.RecordID, x.Count = a, b, a, b, id, int(id%7)
		x.Matched = []hunt.FieldValue{{Name: a, Value: b}, {Name: "CommandLine", Value: a}}
		x.Event = json.RawMessage(b)
		y := *x
		y.Event = fakeEvent(x, []hunt.FieldValue{{Name: "Image", Value: a}, {Name: "SourceIp", Value: b}, {Name: "TargetObject", Value: a}, {Name: "TargetFilename", Value: b}, {Name: "Hashes", Value: a}, {Name: "DestinationPort", Value: b}, {Name: "QueryName", Value: a}, {Name: "Protocol", Value: "tcp"}, {Name: "DestinationIp", Value: "192.0.2.9"}, {Name: a, Value: b}})
		for _, fm := range Formats() {
			if fm.Name == "html" {
				continue // FuzzHTML: it is slow to set up
			}
			out := render(t, fm.Name, Options{}, &hunt.Summary{Warnings: []hunt.Warning{{File: a, Message: b}}, Version: b}, x, &y)
			checkWellFormed(t, fm.Name, out)
			checkHarmless(t, fm.Name, out)
		}
	})
}
