package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/internal/advisory"
	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

func onePack(tb testing.TB) (*advisory.Pack, *taxonomy.Table) {
	tb.Helper()
	table, err := taxonomy.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return &advisory.Pack{
		Manifest: advisory.Manifest{ID: "one", Version: "1.0.0", Stages: []advisory.Stage{{ID: "in", Title: "In", Shows: advisory.Compromise}}},
		Rules: sigma.ParseFiles(sigma.Options{}, sigma.File{Name: "rules/x.yml", Data: []byte(`
title: One
id: 50000000-0000-4000-8000-000000000001
level: high
tags: [stage.in]
logsource: {product: windows, category: process_creation}
detection: {s: {Image: x}, condition: s}
`)}),
		TTPs: []advisory.TTP{{ID: "T1059", Detections: []string{"50000000-0000-4000-8000-000000000001"}}},
	}, table
}

func TestReadFindings(t *testing.T) {
	p, table := onePack(t)
	const line = `{"rule":{"id":"50000000-0000-4000-8000-000000000001","title":"One","level":"high"},"time":"2021-03-03T07:00:00Z","host":"h","count":3}`
	for _, c := range []struct {
		name, text string
		findings   int64
		err, warn  string
	}{
		{"one", line + "\n", 3, "", ""},
		{"no end of line", line, 3, "", ""},
		{"blank lines", "\n" + line + "\n \n" + line + "\n\n", 6, "", ""},
		{"rule of no pack", strings.Replace(line, "50000000", "60000000", 1), 0, "", ""},
		{"id in capitals", strings.ReplaceAll(line, "title\":\"One", "title\":\"oNE"), 3, "", ""},
		{"damage between", line + "\n{\"rule\":\nnothing\n" + line, 6, "", "2 lines are no findings, the first is line 2"},
		{"something else", "{\"a\":1}\n", 0, "holds no findings: line 1", ""},
		{"empty", "", 0, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "found.jsonl")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var warnings strings.Builder
			collector := coverage.New([]*advisory.Pack{p}, coverage.Options{Table: table})
			err := readFindings(Env{Stderr: &warnings}, file, collector, &savedLogs{})
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Fatalf("error %v, want %q", err, c.err)
			}
			if got := collector.Report(nil).Packs[0].TTPs[0].Findings; got != c.findings {
				t.Errorf("%d findings, want %d", got, c.findings)
			}
			if c.warn == "" && warnings.Len() > 0 || !strings.Contains(warnings.String(), c.warn) {
				t.Errorf("warnings %q, want %q", warnings.String(), c.warn)
			}
		})
	}
}

// Advice about a hunt that was incomplete is told so.
func TestReadFindingsIncomplete(t *testing.T) {
	p, table := onePack(t)
	for _, first := range []string{"", `{"rule":{"id":"50000000-0000-4000-8000-000000000001","title":"One"}}` + "\n"} {
		file := filepath.Join(t.TempDir(), "found.jsonl")
		if err := os.WriteFile(file, []byte(first+`{"incomplete":"the hunt was interrupted"}`+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var (
			warnings strings.Builder
			saved    savedLogs
		)
		collector := coverage.New([]*advisory.Pack{p}, coverage.Options{Table: table})
		if err := readFindings(Env{Stderr: &warnings}, file, collector, &saved); err != nil || warnings.Len() > 0 || !savedHunt(file) {
			t.Fatalf("%v, %q, known as a hunt: %t", err, warnings.String(), savedHunt(file))
		}
		if got, want := collector.Report(saved.into(nil)).Incomplete, file+": the hunt was interrupted"; got != want {
			t.Errorf("incomplete is %q, want %q", got, want)
		}
	}
}

// TestAdviceCountsTechniquesOnce checks that a technique of two packs is one.
func TestAdviceCountsTechniquesOnce(t *testing.T) {
	one, table := onePack(t)
	two, _ := onePack(t)
	two.Manifest.ID = "two"
	two.TTPs = append(two.TTPs, advisory.TTP{ID: "T1505.003", Detections: one.TTPs[0].Detections}, advisory.TTP{ID: "T1021"})
	c := coverage.New([]*advisory.Pack{one, two}, coverage.Options{Table: table})
	var b strings.Builder
	r := c.Report(nil)
	if adviceText(&b, r, r.Advise(false), false); r.Found() != 0 || !strings.Contains(b.String(), "No technique of the packs was found") {
		t.Errorf("%d techniques of no finding: %q", r.Found(), b.String())
	}
	c.Add(&hunt.Finding{Rule: &sigma.Meta{ID: one.TTPs[0].Detections[0], Level: "high"}, Time: time.Unix(1614754800, 0), Host: "h"})
	b.Reset()
	r = c.Report(nil)
	if adviceText(&b, r, r.Advise(false), false); r.Found() != 2 || !strings.HasPrefix(b.String(), "2 techniques found; ") {
		t.Errorf("%d techniques: %q", r.Found(), b.String())
	}
}

func TestReadLineIsBounded(t *testing.T) {
	r := bufio.NewReaderSize(io.LimitReader(endless{}, maxFindingLine+10), 1<<16)
	if _, err := readLine(r); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a line without end: %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func FuzzReadFindings(f *testing.F) {
	seeds := []string{
		`{"rule":{"id":"50000000-0000-4000-8000-000000000001","title":"One"},"time":"2021-03-03T07:00:00Z","last":"2021-03-03T07:00:01Z","host":"h","file":"f","count":3}`,
		"{}\n[]\nnull\n", `{"rule":{"title":"x"},"time":"0000-00-00"}`, `{"rule":{"id":"50000000-0000-4000-8000-000000000001"},"count":-9}`, "\x00\xff",
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	p, table := onePack(f)
	f.Fuzz(func(t *testing.T, text string) {
		c := coverage.New([]*advisory.Pack{p}, coverage.Options{Table: table})
		_ = readFindings(Env{Stdin: strings.NewReader(text), Stderr: io.Discard}, "-", c, &savedLogs{})
		r := c.Report(nil)
		for _, h := range r.Hosts {
			if len(h.Chain) == 0 {
				t.Errorf("host %q is there for nothing", h.Name)
			}
		}
		adviceText(io.Discard, r, r.Advise(true), true)
		if err := adviceJSON(io.Discard, r.Advise(false), false); err != nil {
			t.Error(fmt.Errorf("advice as JSON: %w", err))
		}
	})
}
