package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestFullOutput: a verb whose output went nowhere has failed, whatever it did, and says so once.
func TestFullOutput(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	rule := write("rule.yml", "title: a\nid: 0b6f1f0e-6a53-4f5c-9e0e-6a1f7d2c1001\nlogsource: {product: windows, service: application}\ndetection: {s: {EventID: 1}, condition: s}\n")
	log := write("log.jsonl", `{"EventID":1,"Channel":"Application","TimeCreated":"2024-05-01T10:00:00Z"}`+"\n")
	full := &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
	for _, args := range [][]string{
		{"--help"},
		{"--version"},
		{"hunt", "-q", "-r", rule, log},
		{"hunt", "-q", "-r", rule, "-f", "html", log},
		{"hunt", "-q", "-r", rule, "-f", "jsonl", log},
		{"watch", "-q", "--once", "-r", rule, "-f", "jsonl", log},
		{"events", log},
		{"events", "--format", "csv", log},
		{"logs", log},
		{"logons", log},
		{"search", "application", log},
		{"rules", "check", rule},
		{"rules", "check", "--json", rule},
		{"rules", "show", "--rules", rule, "0b6f1f0e-6a53-4f5c-9e0e-6a1f7d2c1001"},
		{"attack", "T1059"},
		{"range", "-q", "--format", "iis", "--size", "1MB", "--out", "-"},
	} {
		t.Run(strings.Join(args[:min(3, len(args))], " "), func(t *testing.T) {
			var stderr bytes.Buffer
			env := Env{Stdin: strings.NewReader(""), Stdout: failing{full}, Stderr: &stderr, Getenv: func(string) string { return "" }}
			code := Run(t.Context(), args, env)
			if code != ExitFailure || strings.Count(stderr.String(), "cannot write to standard output: no space left on device") != 1 || strings.Contains(stderr.String(), "/dev/stdout") {
				t.Errorf("ends with code %d and says\n%s", code, &stderr)
			}
			stderr.Reset()
			env.Stdout = failing{&os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}}
			if code := Run(t.Context(), args, env); code == ExitFailure || strings.Contains(stderr.String(), "cannot write") {
				t.Errorf("a reader that has seen enough is an error:\n%s", &stderr)
			}
		})
	}
}
