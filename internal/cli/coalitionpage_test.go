package cli

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// addresses in the script stand for these on the page.
var pageAddresses = strings.NewReplacer("$LOG_KEY", "$LOG_KEY", "$LOG", "127.0.0.1:8450", "$WITNESS", "127.0.0.1:8451", "$NODE", "127.0.0.1:8443")

// TestCoalitionPage demands that each command on the page about coalitions is run, as it stands there, by the script that follows it.
func TestCoalitionPage(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("testdata", "script", "coalition-page.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	prefix := regexp.MustCompile(`^(\[[^\]]*\] )?(exec|exits \d|until ('[^']*'|\S+)|brings ('[^']*'|\S+) \S+) `)
	run := map[string]bool{}
	for line := range strings.Lines(string(script)) {
		if at := prefix.FindString(line); at != "" {
			line, _, _ = strings.Cut(strings.TrimPrefix(line, at), " &")
			run[pageAddresses.Replace(strings.TrimSpace(line))] = true
		}
	}
	commands := 0
	for _, page := range []string{"coalition.md", "node.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		section := string(text)
		if page == "node.md" {
			_, section, _ = strings.Cut(section, "\n## Coalitions")
			section, _, _ = strings.Cut(section, "\n## ")
		}
		block := false
		for line := range strings.Lines(section) {
			if strings.HasPrefix(line, "```") {
				block = !block
			}
			line, _, _ = strings.Cut(line, " # ")
			line, _, _ = strings.Cut(line, " > ")
			line = strings.TrimSpace(line)
			if !block || !strings.HasPrefix(line, "entente ") && !strings.HasPrefix(line, "gpg ") {
				continue
			}
			commands++
			if !run[line] {
				t.Errorf("%s shows a command that the script does not run:\n  %s", page, line)
			}
		}
	}
	if commands < 40 {
		t.Errorf("only %d commands", commands)
	}
}

// capture keeps what a pattern finds in the last output in a variable: capture NAME stdout|stderr PATTERN.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: capture NAME stdout|stderr PATTERN")
	}
	re, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	found := re.FindStringSubmatch(ts.ReadFile(args[1]))
	if len(found) != 2 {
		ts.Fatalf("%s has nothing like %s", args[1], args[2])
	}
	ts.Setenv(args[0], found[1])
}

// freeports keeps addresses of free ports in variables: freeports NAME….
func freeports(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Setenv(name, l.Addr().String())
		defer l.Close()
	}
}

// listening waits until something listens at an address.
func listening(ts *testscript.TestScript, _ bool, args []string) {
	for _, addr := range args {
		for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			c, err := net.DialTimeout("tcp", addr, time.Second)
			if err == nil {
				_ = c.Close()
				break
			}
			if time.Now().After(end) {
				ts.Fatalf("nothing listens at %s: %v", addr, err)
			}
		}
	}
}

// until runs a command again and again until it succeeds and its output has what is wanted: until PATTERN entente ARGUMENTS….
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN entente ARGUMENTS…")
	}
	repeat(ts, args[0], args[1:], args[1:])
}

// brings runs a command again and again until a statement stands as it is wanted: brings PATTERN ID entente ARGUMENTS….
func brings(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: brings PATTERN ID entente ARGUMENTS…")
	}
	repeat(ts, args[0], args[2:], args[2:], []string{"entente", "statement", "show", args[1]})
}

// repeat runs commands one after the other until they succeed and the last one's output has what is wanted.
func repeat(ts *testscript.TestScript, pattern string, shown []string, commands ...[]string) {
	re, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		for _, c := range commands {
			if err = ts.Exec(c[0], c[1:]...); err != nil {
				break
			}
		}
		if err == nil && re.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%s: never %s: %v", strings.Join(shown, " "), pattern, err)
		}
	}
}

// fillIn puts variables into a file: fill FILE….
func fillIn(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}
