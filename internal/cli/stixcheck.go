package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/sigma"
	"entente/internal/stix"
	"entente/internal/stixpattern"
)

type stixCheckOptions struct {
	format string
	strict bool
	all    bool
	quiet  bool
}

func newSTIXCheckCmd(env Env) *cobra.Command {
	var o stixCheckOptions
	c := &cobra.Command{
		Use:   "check [flags] FILE…",
		Short: "Check STIX 2.1 bundles and objects against the specification",
		Long: `Check STIX 2.1 against the specification: required, forbidden and dependent properties, types and formats, references,
vocabularies, markings with their selectors, extensions, deterministic identifiers of observables, and the versions of one
object against each other. STIX 2.0 is read as the 2.1 that it would become.

A FILE holds a bundle, a TAXII envelope, one object, or objects one after the other; - is the standard input; a folder
stands for its files *.json, *.jsonl and *.stix, at any depth. Each finding comes with its place as JSON pointer, what to do,
and the section of the specification. Errors break the specification; warnings go against its advice. Warnings that say the
same of many objects are shown three times and counted.

Exit codes: 0 no errors (warnings are allowed), 1 errors, or with --strict warnings, or a file that cannot be read,
2 wrong usage, 130 interrupted.`,
		Example: `  entente stix check bundle.json
  entente hunt --format stix logs/ | entente stix check --strict -
  entente stix check --format json intel/ | jq 'select(.severity=="error")'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return runSTIXCheck(c.Context(), env, o, args) },
	}
	f := c.Flags()
	f.StringVar(&o.format, "format", "text", "text or json: one JSON object per finding and line, and a last one with the counts")
	f.BoolVar(&o.strict, "strict", false, "take warnings for errors")
	f.BoolVar(&o.all, "all", false, "show every finding, however often it repeats")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "show errors only, and no warnings")
	return c
}

// stixFinding is a finding as the verb prints it.
type stixFinding struct {
	File string `json:"file"`
	Text int    `json:"text,omitempty"` // which of the texts of the file, from 0
	stix.Finding
	Type string `json:"type,omitempty"`
	ID   string `json:"id,omitempty"`
}

// stixCounts close the output.
type stixCounts struct {
	Files    int `json:"files"`
	Objects  int `json:"objects"`
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
}

func runSTIXCheck(ctx context.Context, env Env, o stixCheckOptions, args []string) error {
	if err := textOrJSON(o.format); err != nil {
		return err
	}
	if len(args) == 0 {
		return usagef("say what to check: files, folders, or - for the standard input\nhint: see `entente stix check --help`")
	}
	out := bufio.NewWriterSize(env.Stdout, 64<<10)
	r := &stixCheck{o: o, out: out, repeats: map[string]int{}}
	for _, arg := range args {
		if err := r.argument(ctx, env, arg); err != nil {
			_ = out.Flush()
			return err
		}
	}
	r.close()
	if err := out.Flush(); err != nil {
		return err
	}
	if r.Errors > 0 || o.strict && r.Warnings > 0 {
		return exit(ExitFailure, nil)
	}
	return nil
}

// stixCheck is one run.
type stixCheck struct {
	stixCounts
	o       stixCheckOptions
	out     *bufio.Writer
	repeats map[string]int // how often a warning was given, by what it says of which type
	hidden  int
}

// stixFiles are the endings that are read in folders.
func stixFile(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json", ".jsonl", ".ndjson", ".stix", ".stix2":
		return true
	}
	return false
}

func (r *stixCheck) argument(ctx context.Context, env Env, arg string) error {
	if arg == "-" {
		return r.read(ctx, "-", env.Stdin)
	}
	info, err := os.Stat(arg)
	if err != nil {
		return fmt.Errorf("%w\nhint: - is the standard input", err)
	}
	if !info.IsDir() {
		return r.file(ctx, arg)
	}
	before := r.Files
	err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.Type().IsRegular() || !stixFile(path) {
			return nil
		}
		return r.file(ctx, path)
	})
	if err == nil && r.Files == before {
		return fmt.Errorf("%s: no file *.json, *.jsonl or *.stix is in this folder", arg)
	}
	return err
}

func (r *stixCheck) file(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return r.read(ctx, path, f)
}

// read checks the objects of one file. Its error is that the file cannot be read, not what it holds.
func (r *stixCheck) read(ctx context.Context, name string, from io.Reader) error {
	r.Files++
	check := stix.Checker{Pattern: checkPattern}
	in := stix.NewReader(from, stix.Limits{})
	where := map[string]stix.Entry{} // of extensions' users alone: Finish speaks of them
	found := 0
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if s, ok := errors.AsType[*stix.SyntaxError](err); ok {
			r.report(stixFinding{File: name, Finding: syntaxFinding(s, "")})
			found++
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		found++
		if e.Err != nil {
			s, _ := errors.AsType[*stix.SyntaxError](e.Err)
			r.report(stixFinding{File: name, Text: e.Text, Finding: syntaxFinding(s, e.Pointer)})
			continue
		}
		if !e.Bundle {
			r.Objects++
		}
		if e.Object.Property("extensions") != nil {
			where[e.Object.ID] = stix.Entry{Pointer: e.Pointer, Text: e.Text}
		}
		if e.Bundle && e.Object.Type == "" && e.Object.ID == "" {
			continue // a TAXII envelope
		}
		for _, f := range check.Check(e.Object) {
			f.Pointer = e.Pointer + f.Pointer
			r.report(stixFinding{File: name, Text: e.Text, Finding: f, Type: e.Object.Type, ID: e.Object.ID})
		}
	}
	for _, l := range check.Finish() {
		at := where[l.ID]
		l.Pointer = at.Pointer + l.Pointer
		kind, _, _ := strings.Cut(l.ID, "--")
		r.report(stixFinding{File: name, Text: at.Text, Finding: l.Finding, Type: kind, ID: l.ID})
	}
	if found == 0 {
		r.report(stixFinding{File: name, Finding: stix.Finding{
			Severity: stix.Error, Rule: "json", Message: "there is no object in here", Section: "2",
		}})
	}
	return nil
}

// checkPattern parses the pattern of an indicator, if it is one of STIX or Sigma.
func checkPattern(kind, version, text string) error {
	switch kind {
	case "stix":
		p, err := stixpattern.Parse(text)
		if e, ok := errors.AsType[*stixpattern.SyntaxError](err); ok && e.Beyond() {
			return stix.AdviceError(err.Error() + ": not every program can run it")
		}
		if err != nil || len(p.Deviations) == 0 || strings.HasPrefix(version, "2.0") {
			return err
		}
		d := p.Deviations[0]
		more := ""
		if n := len(p.Deviations) - 1; n > 0 {
			more = fmt.Sprintf(", and %s more", plural(n, "place"))
		}
		return stix.AdviceError(fmt.Sprintf("line %d, column %d: %s%s; in 2.1 the pattern is %s", d.Line, d.Column, d.Text, more, clip(p.String(), 300)))
	case "sigma":
		c := sigma.ParseFiles(sigma.Options{}, sigma.File{Name: "pattern", Data: []byte(text)})
		for _, p := range c.Problems {
			// The rules that a correlation counts may be other indicators, and values of placeholders are the reader's.
			if !p.Warning && len(p.Needs) == 0 && !strings.HasPrefix(p.Reason, "the correlation refers to ") {
				return fmt.Errorf("line %d of the Sigma rule: %s", max(p.Line, 1), p.Reason)
			}
		}
		if len(c.Rules)+len(c.Correlations)+len(c.Problems) == 0 {
			return errors.New("there is no Sigma rule in it")
		}
	}
	return nil
}

func syntaxFinding(s *stix.SyntaxError, pointer string) stix.Finding {
	return stix.Finding{
		Severity: stix.Error, Rule: "json", Pointer: pointer, Section: "2",
		Message: fmt.Sprintf("byte %d: %s", s.Offset, s.Reason),
	}
}

// stixRepeats is how often a warning that says the same of objects of one type is shown.
const stixRepeats = 3

func (r *stixCheck) report(f stixFinding) {
	if f.Severity == stix.Error {
		r.Errors++
	} else {
		r.Warnings++
		if r.o.quiet {
			return
		}
	}
	if r.o.format == "json" {
		b, err := json.Marshal(f)
		if err != nil { // strings and numbers alone: cannot be
			return
		}
		_, _ = r.out.Write(append(b, '\n'))
		return
	}
	if f.Severity == stix.Warning && !r.o.all {
		key := f.Rule + "\x00" + f.Type + "\x00" + f.Message
		r.repeats[key]++
		if r.repeats[key] > stixRepeats {
			r.hidden++
			return
		}
	}
	at := f.File
	if f.Text > 0 {
		at += fmt.Sprintf(" [text %d]", f.Text+1)
	}
	if f.Pointer != "" {
		at += " " + f.Pointer
	}
	fmt.Fprintf(r.out, "%s: %s: %s (section %s, %s)", printable(at), f.Severity, printable(f.Message), f.Section, f.Rule)
	if f.ID != "" {
		fmt.Fprintf(r.out, "\n    in %s", printable(f.ID))
	}
	fmt.Fprintln(r.out)
}

func (r *stixCheck) close() {
	if r.o.format == "json" {
		b, err := json.Marshal(struct {
			Counts stixCounts `json:"counts"`
		}{r.stixCounts})
		if err == nil {
			_, _ = r.out.Write(append(b, '\n'))
		}
		return
	}
	if r.hidden > 0 {
		fmt.Fprintf(r.out, "… and %s more that say the same of other objects: --all shows them\n", thousands(int64(r.hidden)))
	}
	fmt.Fprintf(r.out, "%s, %s: %s, %s\n", plural(r.Files, "file"), plural(r.Objects, "object"), plural(r.Errors, "error"), plural(r.Warnings, "warning"))
}
