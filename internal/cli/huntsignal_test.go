package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestHuntInterrupted: a hunt that a signal has cut short says so in its findings; one that was done when it came does not,
// and ends as it would have.
func TestHuntInterrupted(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"rule.yml":  "title: a\nid: 0b6f1f0e-6a53-4f5c-9e0e-6a1f7d2c1001\nlogsource: {product: windows, service: application}\ndetection: {s: {EventID: 1}, condition: s}\n",
		"log.jsonl": `{"EventID":1,"Channel":"Application","TimeCreated":"2024-05-01T10:00:00Z"}` + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const mark = `{"incomplete":"the hunt was interrupted"}`
	for _, late := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var out bytes.Buffer
		if !late {
			cancel()
		}
		env := Env{Stderr: io.Discard, Getenv: func(string) string { return "" }, Stdout: writerFunc(func(p []byte) (int, error) {
			cancel()
			return out.Write(p)
		})}
		code := Run(ctx, []string{"hunt", "-q", "-f", "jsonl", "-r", filepath.Join(dir, "rule.yml"), filepath.Join(dir, "log.jsonl")}, env)
		want := map[bool]int{false: ExitCanceled, true: ExitFindings}[late]
		if code != want || strings.Contains(out.String(), mark) == late {
			t.Errorf("late %t: exit code %d, want %d, and %q", late, code, want, out.String())
		}
	}
}
