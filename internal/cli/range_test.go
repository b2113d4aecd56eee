package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/internal/logrange"
)

// runVerb runs one verb and returns what it prints and its exit code.
func runRangeVerb(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
	c := newRangeCmd(env)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&errs)
	err := c.ExecuteContext(t.Context())
	var ee *exitError
	switch {
	case errors.As(err, &ee):
		code = ee.code
	case err != nil:
		code = ExitFailure
	}
	if err != nil {
		errs.WriteString(err.Error())
	}
	return out.String(), errs.String(), code
}

func TestRangeWritesAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "range")
	out, _, code := runRangeVerb(t, "--out", dir, "--events", "300", "--formats", "iis,auditd,cloudtrail", "--days", "1", "--start", "2021-03-02T06:00:00Z", "--seed", "7")
	if code != ExitOK || !strings.Contains(out, "wrote ") || !strings.Contains(out, "planted ") || !strings.Contains(out, "not planted") {
		t.Fatalf("exit %d, printed\n%s", code, out)
	}
	f, err := os.Open(filepath.Join(dir, "truth.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	truth, err := logrange.ReadTruth(f)
	if err != nil || len(truth) == 0 {
		t.Fatalf("%d records of truth, %v", len(truth), err)
	}
	begin := time.Date(2021, 3, 2, 6, 0, 0, 0, time.UTC)
	for _, r := range truth {
		if r.Time.Before(begin) || r.Time.After(begin.Add(24*time.Hour)) {
			t.Errorf("%s at %v is outside of the day", r.Plant, r.Time)
		}
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(r.File))); err != nil {
			t.Error(err)
		}
	}
	_, errs, code := runRangeVerb(t, "--out", dir, "--events", "300")
	if code != ExitUsage || !strings.Contains(errs, "not empty") || !strings.Contains(errs, "hint:") {
		t.Errorf("a folder that is not empty: exit %d, %s", code, errs)
	}
	out, _, code = runRangeVerb(t, "--out", dir, "--events", "300", "--force", "--formats", "iis", "--plants", "none", "--quiet")
	if code != ExitOK || out != "" {
		t.Errorf("forced and quiet: exit %d, printed %q", code, out)
	}
}

func TestRangeWritesOneLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "u_ex.log")
	out, _, code := runRangeVerb(t, "--format", "iis", "--size", "300KB", "--out", file)
	st, err := os.Stat(file)
	if code != ExitOK || err != nil || st.Size() < 285_000 || st.Size() > 315_000 || strings.Contains(out, "planted") {
		t.Fatalf("exit %d, %v, %v, printed %s", code, st, err, out)
	}
	if _, err := os.Stat(file + ".truth.jsonl"); err == nil {
		t.Error("nothing is planted, and there is a truth")
	}
	if _, errs, code := runRangeVerb(t, "--format", "iis", "--size", "300KB", "--out", file); code != ExitUsage || !strings.Contains(errs, "there already") {
		t.Errorf("a file that is there: exit %d, %s", code, errs)
	}
	if _, errs, code := runRangeVerb(t, "--format", "evtx", "--size", "1MB", "--out", file, "--force", "--plants", "lsass-*"); code != ExitOK {
		t.Errorf("forced: exit %d, %s", code, errs)
	}
	f, err := os.Open(file + ".truth.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	truth, err := logrange.ReadTruth(f)
	if err != nil || len(truth) == 0 || truth[0].File != "u_ex.log" {
		t.Errorf("truth %v, %v", truth, err)
	}
}

func TestRangeWritesToStandardOutput(t *testing.T) {
	out, errs, code := runRangeVerb(t, "--format", "webaccess", "--size", "100KB", "--out", "-")
	if code != ExitOK || len(out) < 95_000 || len(out) > 105_000 || !strings.Contains(errs, "wrote ") {
		t.Errorf("exit %d, %d bytes, %s", code, len(out), errs)
	}
	truth := filepath.Join(t.TempDir(), "truth.jsonl")
	_, errs, code = runRangeVerb(t, "--format", "webaccess", "--size", "100KB", "--out", "-", "--plants", "web-scan", "--truth", truth, "--quiet")
	if st, err := os.Stat(truth); code != ExitOK || err != nil || st.Size() == 0 || errs != "" {
		t.Errorf("exit %d, %v, %s", code, err, errs)
	}
}

func TestRangeRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{},
		{"--out", "-"},
		{"--out", dir, "--size", "0"},
		{"--out", dir, "--size", "12 parsecs"},
		{"--out", dir, "--size", "1MB", "--events", "5"},
		{"--out", dir, "--events", "-5"},
		{"--out", dir, "--hosts", "0"},
		{"--out", dir, "--formats", "papyrus"},
		{"--out", dir, "--format", "papyrus"},
		{"--out", dir, "--format", "iis,evtx"},
		{"--out", "-", "--format", "iis", "--plants", "proxylogon"},
		{"--out", dir, "--plants", "carrot"},
		{"--out", dir, "--start", "yesterday"},
		{"--out", dir, "--days", "0"},
		{"--out", dir, "--days", "NaN"},
		{"--out", filepath.Join(dir, "a\x00b")},
	} {
		if _, errs, code := runRangeVerb(t, args...); code != ExitUsage || errs == "" {
			t.Errorf("%q: exit %d, %s", args, code, errs)
		}
	}
}

func TestRangeListsPlants(t *testing.T) {
	out, _, code := runRangeVerb(t, "--list")
	for _, p := range logrange.Plants() {
		if !strings.Contains(out, "  "+p.ID+" ") {
			t.Errorf("%s is not listed", p.ID)
		}
	}
	if code != ExitOK || !strings.Contains(out, "T1190") {
		t.Errorf("exit %d", code)
	}
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{
		"1": 1, "4096": 4096, "4 KiB": 4096, "4k": 4096, "4KB": 4000, "1.5G": 3 << 29, "10GB": 10_000_000_000, "2gib": 2 << 30, "1TB": 1_000_000_000_000, " 7 b ": 7,
	} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "GB", "-1", "0", "1 furlong", "1e400", "Inf", "NaN", "9999999TB", "0x10", "0.1"} {
		if got, err := parseSize(s); err == nil {
			t.Errorf("%q is %d", s, got)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"1", "10GB", "1.5g", "", "-1", "1e9", "NaN kb", "0x1p4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := parseSize(s); err == nil && (n < 1 || n > 1<<50) {
			t.Errorf("%q is %d", s, n)
		}
	})
}

func TestRangeBar(t *testing.T) {
	b := &rangeBar{w: io.Discard, width: 60}
	line := b.line(logrange.Progress{Done: 1 << 30, Total: 4 << 30}, 10*time.Second)
	for _, want := range []string{" 25%", "1.0 GiB of 4.0 GiB", "102.4 MiB/s"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q is not in %q", want, line)
		}
	}
	if n := len([]rune(line)); n >= 60 {
		t.Errorf("%d columns on a terminal of 60", n)
	}
	b.width = 200
	if line := b.line(logrange.Progress{Done: 5, Total: 10, Records: true}, 10*time.Second); !strings.Contains(line, "5 of 10 events") || !strings.Contains(line, "10s left") {
		t.Error(line)
	}
	var none *rangeBar
	if none.end(); none.report() != nil {
		t.Error("a bar that is not there reports")
	}
}
