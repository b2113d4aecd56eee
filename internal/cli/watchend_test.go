package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stopper interrupts a watch when it prints its first finding.
type stopper struct {
	bytes.Buffer
	stop func()
}

func (s *stopper) Write(p []byte) (int, error) {
	s.stop()
	return s.Buffer.Write(p)
}

// TestWatchInterrupted: being interrupted is how a watch ends, so its exit code says whether there were findings.
func TestWatchInterrupted(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-time.Hour) // nothing will be added to what stands there
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rules := write("rules.yml", needleRules)
	log := write("app.log", "Mar  2 10:00:00 web1 app[7]: a needle\nMar  2 10:00:01 web1 app[7]: hay\n")
	quiet := write("quiet.log", "Mar  2 10:00:00 web1 app[7]: hay\n")
	for _, c := range []struct {
		name   string
		log    string
		before bool // interrupted before it begins
		args   []string
		code   int
		stderr string
	}{
		{"with findings", log, false, nil, ExitFindings, ""},
		{"without", quiet, true, nil, ExitOK, ""},
		{"a failure is one all the same", log, true, []string{"--state", filepath.Join(dir, "no", "state")}, ExitFailure, "no/state"},
		{"wrong usage, too", log, true, []string{"--format", "html"}, ExitUsage, "cannot be watched"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if c.before {
				cancel()
			}
			var stderr bytes.Buffer
			env := Env{Stdin: strings.NewReader(""), Stdout: &stopper{stop: cancel}, Stderr: &stderr, Getenv: func(string) string { return "" }}
			code := Run(ctx, append([]string{"watch", "-q", "--settle", "0s", "-r", rules, c.log}, c.args...), env)
			text := filepath.ToSlash(stderr.String())
			if code != c.code || strings.Contains(text, "interrupted") || !strings.Contains(text, c.stderr) {
				t.Errorf("code %d, want %d; %s", code, c.code, text)
			}
		})
	}
	// Other verbs say that they were cut short.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	cancel()
	var stderr bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Getenv: func(string) string { return "" }}
	if code := Run(ctx, []string{"hunt", "-q", "-r", rules, log}, env); code != ExitCanceled || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("code %d: %s", code, &stderr)
	}
}

// TestWatchUnreadable: a single look at what cannot be read fails, and says so to a quiet cron, too. What may be read depends on
// who asks, a link to nothing does not.
func TestWatchUnreadable(t *testing.T) {
	dir := t.TempDir()
	rules, log, other := filepath.Join(dir, "rules.yml"), filepath.Join(dir, "app.log"), filepath.Join(dir, "other.log")
	for path, text := range map[string]string{rules: needleRules, other: "Mar  2 10:00:00 web1 app[7]: straw\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reason := "no such file or folder"
	if os.Getuid() > 0 {
		reason = "permission denied"
		if err := os.WriteFile(log, []byte("Mar  2 10:00:00 web1 app[7]: hay\n"), 0); err != nil {
			t.Fatal(err)
		}
	} else if err := os.Symlink(filepath.Join(dir, "missing"), log); err != nil {
		t.Logf("without a link (%v): the file is missing", err)
	}
	for _, c := range []struct {
		logs   []string
		code   int
		stderr string
	}{
		{[]string{log}, ExitFailure, "entente: no input could be read: " + log + ": " + reason + "\n"},
		{[]string{log, other}, ExitOK, ""},
	} {
		var stderr bytes.Buffer
		env := Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Getenv: func(string) string { return "" }}
		code := Run(t.Context(), append([]string{"watch", "--once", "-q", "--settle", "0s", "-r", rules}, c.logs...), env)
		if code != c.code || stderr.String() != c.stderr {
			t.Errorf("%q: code %d, want %d; %s", c.logs, code, c.code, &stderr)
		}
	}
}
