package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/internal/hunt"
)

// The time of --stats is that of the process, not of the hunt in it alone.
func TestStatsCountTheProcess(t *testing.T) {
	var b bytes.Buffer
	env := Env{Stderr: &b, Started: time.Now().Add(-time.Hour)}
	if err := printStats(env, &hunt.Summary{Events: 7200, Duration: time.Second}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Seconds float64
		Rate    float64 `json:"events_per_second"`
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Seconds < 3600 || got.Rate > 2 || got.Rate <= 0 {
		t.Errorf("%s", b.Bytes())
	}
}

// TestStatsOfAnInterruptedHunt checks that --stats tells how far a hunt came that did not reach its end.
func TestStatsOfAnInterruptedHunt(t *testing.T) {
	dir := t.TempDir()
	log, rules := filepath.Join(dir, "log.jsonl"), filepath.Join(dir, "rule.yml")
	record := `{"EventID":1,"Channel":"Application","Provider_Name":"a","TimeCreated":"2021-03-01T00:00:00Z"}` + "\n"
	rule := "title: x\nlogsource: {product: windows, service: application}\ndetection:\n  s: {EventID: 1}\n  condition: s\n"
	for name, text := range map[string]string{log: record, rules: rule} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer feed.Close()
	stdin := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = stdin }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout, stderr bytes.Buffer
	env := Env{Stdin: in, Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }}
	code := make(chan int)
	go func() { // standard input has no end
		code <- Run(ctx, []string{"hunt", "-r", rules, "--stats", "--format", "jsonl", "-o", filepath.Join(dir, "out.jsonl"), log, "-"}, env)
	}()
	if _, err := feed.WriteString(record); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(200*time.Millisecond, cancel)
	if got := <-code; got != ExitCanceled {
		t.Errorf("exit code %d: %s", got, stderr.String())
	}
	var stats struct {
		Files      *int
		Seconds    float64
		Incomplete string
	}
	line, _, _ := strings.Cut(stderr.String(), "\n")
	if err := json.Unmarshal([]byte(line), &stats); err != nil || stats.Files == nil || stats.Seconds == 0 || stats.Incomplete != "the hunt was interrupted" {
		t.Errorf("%v: %s", err, stderr.String())
	}
}
