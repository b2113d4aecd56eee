package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newManCmd(env Env) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write manual pages",
		Long: `Write manual pages of the program and of each of its commands into a folder, which is made where it is missing:
entente.1, entente-hunt.1 and so on. man -l DIR/entente.1 shows one; packages put them into share/man/man1.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Example: "  entente man /usr/local/share/man/man1",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("`%s` takes one argument: the folder to write to\nhint: see `%s --help`", c.CommandPath(), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			n, err := writeManuals(args[0], c.Root())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(env.Stdout, "%d pages in %s\n", n, printable(args[0]))
			return err
		},
	}
}

// writeManuals writes the page of a command and those of the commands below it.
func writeManuals(dir string, c *cobra.Command) (pages int, err error) {
	if err := os.WriteFile(filepath.Join(dir, manualName(c)+".1"), manual(c), 0o644); err != nil {
		return 0, err
	}
	pages = 1
	for _, sub := range c.Commands() {
		if !sub.IsAvailableCommand() {
			continue
		}
		n, err := writeManuals(dir, sub)
		if err != nil {
			return 0, err
		}
		pages += n
	}
	return pages, nil
}

func manualName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manual writes the page of a command in the man macros of roff (man(7)).
func manual(c *cobra.Command) []byte {
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	var m roff
	m.macro("TH", strings.ToUpper(manualName(c)), "1", "", "entente "+Version(), "Entente")
	m.macro("SH", "NAME")
	m.text(manualName(c) + " - " + c.Short)
	m.macro("SH", "SYNOPSIS")
	m.line(`\fB` + escape(c.UseLine()) + `\fR`)
	m.macro("SH", "DESCRIPTION")
	m.prose(c.Long)
	m.options("OPTIONS", c.NonInheritedFlags())
	m.options("OPTIONS OF ITS SIBLINGS, TOO", c.InheritedFlags())
	if c.Example != "" {
		m.macro("SH", "EXAMPLES")
		m.verbatim(strings.Split(c.Example, "\n"))
	}
	var also []string
	if c.HasParent() {
		also = append(also, manualName(c.Parent()))
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			also = append(also, manualName(sub))
		}
	}
	if len(also) > 0 {
		m.macro("SH", "SEE ALSO")
		m.text(strings.Join(also, "(1), ") + "(1)")
	}
	return m.b.Bytes()
}

// roff is a page that is being written.
type roff struct{ b bytes.Buffer }

// escape writes text so that nothing in it is an instruction.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`).Replace(text)
}

// line writes a line that may have instructions within, though not at its beginning.
func (m *roff) line(text string) {
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	m.b.WriteString(text + "\n")
}

func (m *roff) text(text string) { m.line(escape(text)) }

func (m *roff) macro(name string, args ...string) {
	m.b.WriteString("." + name)
	for _, a := range args {
		m.b.WriteString(` "` + strings.ReplaceAll(escape(a), `"`, `\(dq`) + `"`)
	}
	m.b.WriteByte('\n')
}

// prose writes paragraphs. Lines that are indented stay as they are.
func (m *roff) prose(text string) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := 0; i < len(lines); {
		switch {
		case lines[i] == "":
			m.macro("PP")
			i++
		case strings.HasPrefix(lines[i], " "):
			end := i
			for end < len(lines) && strings.HasPrefix(lines[end], " ") {
				end++
			}
			m.verbatim(lines[i:end])
			i = end
		default:
			m.text(lines[i])
			i++
		}
	}
}

func (m *roff) verbatim(lines []string) {
	m.macro("RS")
	m.macro("nf")
	for _, l := range lines {
		m.text(strings.TrimPrefix(l, "  "))
	}
	m.macro("fi")
	m.macro("RE")
}

func (m *roff) options(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	m.macro("SH", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		m.macro("TP")
		head := `\fB` + escape("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			head = `\fB` + escape("-"+f.Shorthand) + `\fR, ` + head
		}
		value, usage := pflag.UnquoteUsage(f)
		if value != "" {
			head += ` \fI` + escape(value) + `\fR`
		}
		m.line(head)
		if d := f.DefValue; d != "" && d != "false" && d != "[]" && d != "0" && d != "0s" {
			usage += " (default " + d + ")"
		}
		for l := range strings.SplitSeq(usage, "\n") {
			m.text(l)
		}
	})
}
