package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryVerbHasExamples walks the commands: whoever asks for help with one that does something is shown how to call it.
func TestEveryVerbHasExamples(t *testing.T) {
	root := newRoot(Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }})
	verbs := 0
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.HasSubCommands() && c.Example == "" || !c.IsAvailableCommand() {
			return // it only holds others
		}
		verbs++
		if c.Example == "" {
			t.Errorf("`%s` has no example", c.CommandPath())
			return
		}
		for line := range strings.Lines(c.Example) {
			if !strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "   ") {
				t.Errorf("`%s`: an example stands two blanks in: %q", c.CommandPath(), line)
			}
		}
		if name := c.CommandPath(); !c.HasSubCommands() && !strings.Contains(c.Example, name) {
			t.Errorf("`%s`: the example shows something else: %q", name, c.Example)
		}
	}
	walk(root)
	if verbs < 60 {
		t.Errorf("only %d commands", verbs)
	}
	for words := range adminExamples {
		if c, rest := findCommand(root, append([]string{"admin"}, strings.Fields(words)...)); len(rest) > 0 || c.HasSubCommands() {
			t.Errorf("an example of `entente admin %s`, which is none", words)
		}
	}
}

// TestMissingArguments checks that what is missing is said, with a hint, in the words of the program.
func TestMissingArguments(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"rules show", "say which rule to show"},
		{"rules test", "say where the samples are"},
		{"attack search", "say what to search for"},
		{"misp import", "say what to import"},
		{"misp export", "say what to export"},
		{"taxii discover", "say which server"},
		{"taxii collections", "say which server"},
		{"taxii pull", "say which server"},
		{"taxii push", "say which server"},
		{"taxii push https://taxii.example.org", "say which server"},
		{"demo one two", "\"two\" is one argument too many"},
		{"hunt --top -3 logs", "--top must not be negative"},
	} {
		var out, errs strings.Builder
		code := Run(t.Context(), strings.Fields(c.args), Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }})
		hint := strings.HasPrefix(c.args, "hunt") || strings.Contains(errs.String(), "\nhint: ")
		if code != ExitUsage || out.Len() > 0 || !strings.HasPrefix(errs.String(), "entente: "+c.want) || !hint {
			t.Errorf("%s: exit code %d, %q", c.args, code, errs.String())
		}
	}
}
