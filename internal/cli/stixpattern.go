package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/stixpattern"
)

type stixPatternOptions struct {
	sigma bool
	match string
	json  bool
	title string
	id    string
	level string
}

func newStixPatternCmd(env Env) *cobra.Command {
	var o stixPatternOptions
	c := &cobra.Command{
		Use:   "pattern [flags] PATTERN",
		Short: "Check a STIX pattern, match it with observed data, or turn it into Sigma rules",
		Long: `Read a pattern of STIX 2.1 and print it in canonical form. What is not 2.1 by the letter but understood is noted on
standard error. PATTERN - is read from standard input.

  --match FILE  say whether the pattern matches the observed data of a bundle (2.0 or 2.1), and which observations it took
  --sigma       print Sigma rules that look for the same in logs, for ` + "`entente hunt --rules`" + `; what the rules
                cannot say as the pattern does is noted on standard error

Regular expressions are those of RE2: linear time, and no lookaround and no back references, which are an error.

Exit codes: 0 the pattern is valid (with --match: and does not match; with --sigma: and there are rules), 1 it is not, or
could not be decided, or no log shows what it describes, 2 wrong usage, 3 with --match: it matches.`,
		Example: `  entente stix pattern "[file:name = 'x.exe' AND file:size > 1000]"
  entente stix pattern --match bundle.json "[ipv4-addr:value ISSUBSET '198.51.100.0/24'] REPEATS 3 TIMES"
  entente stix pattern --sigma "[process:command_line LIKE '%-enc %']" >rules/enc.yml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return runStixPattern(env, o, args) },
	}
	f := c.Flags()
	f.BoolVar(&o.sigma, "sigma", false, "print Sigma rules")
	f.StringVar(&o.match, "match", "", "match the observed data of `FILE`, - for standard input")
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.StringVar(&o.title, "title", "", "`TITLE` of the rules")
	f.StringVar(&o.id, "id", "", "id of the `INDICATOR`, which the ids of the rules follow")
	f.StringVar(&o.level, "level", "", "`LEVEL` of the rules: informational, low, medium, high or critical")
	return c
}

// maxPatternData is the largest bundle that is matched.
const maxPatternData = 512 << 20

func runStixPattern(env Env, o stixPatternOptions, args []string) error {
	switch {
	case len(args) != 1:
		return usagef("give one PATTERN, in quotes for the shell\nhint: see `entente stix pattern --help`")
	case o.sigma && o.match != "":
		return usagef("--sigma and --match exclude each other")
	case args[0] == "-" && o.match == "-":
		return usagef("standard input can hold the pattern or the data, not both")
	case o.json && o.sigma:
		return usagef("--json is for --match and for the pattern itself: rules are YAML")
	}
	switch o.level {
	case "", "informational", "low", "medium", "high", "critical":
	default:
		return usagef("--level %q: use informational, low, medium, high or critical", o.level)
	}
	text := args[0]
	if text == "-" {
		in, err := io.ReadAll(io.LimitReader(env.Stdin, stixpattern.MaxLength+1))
		if err != nil {
			return err
		}
		text = strings.TrimRight(string(in), "\r\n")
	}
	p, err := stixpattern.Parse(text)
	if err != nil {
		return errors.New(printable(err.Error()) + pointer(text, err))
	}
	for _, d := range p.Deviations {
		fmt.Fprintf(env.Stderr, "note: line %d, column %d: %s\n", d.Line, d.Column, printable(d.Text))
	}
	switch {
	case o.sigma:
		return o.printSigma(env, p)
	case o.match != "":
		return o.printMatch(env, p)
	case o.json:
		return printJSON(env.Stdout, patternView{Pattern: p.String(), Deviations: p.Deviations})
	}
	_, err = fmt.Fprintln(env.Stdout, p)
	return err
}

// pointer shows the line of a pattern that an error is about, with a mark below.
func pointer(text string, err error) string {
	e, ok := errors.AsType[*stixpattern.SyntaxError](err)
	if !ok || text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	if e.Line > len(lines) {
		return ""
	}
	line := []rune(strings.TrimRight(lines[e.Line-1], "\r"))
	const around = 60
	from := max(0, e.Column-1-around)
	to := min(len(line), e.Column-1+around)
	if from > to {
		return ""
	}
	before := printable(string(line[from:min(e.Column-1, to)]))
	return "\n  " + before + printable(string(line[min(e.Column-1, to):to])) + "\n  " + strings.Repeat(" ", len([]rune(before))) + "^"
}

func (o *stixPatternOptions) printSigma(env Env, p *stixpattern.Pattern) error {
	rules, losses := stixpattern.ToSigma(p, stixpattern.SigmaMeta{ID: o.id, Title: o.title, Level: o.level})
	for _, l := range losses {
		fmt.Fprintln(env.Stderr, printable(l.String()))
	}
	if len(rules) == 0 {
		return errors.New("no log shows what the pattern describes: there are no rules")
	}
	_, err := env.Stdout.Write(rules)
	return err
}

// patternView is a pattern in JSON output.
type patternView struct {
	Pattern    string                  `json:"pattern"`
	Deviations []stixpattern.Deviation `json:"deviations,omitempty"`
	Matched    *bool                   `json:"matched,omitempty"`
	Bindings   []bindingView           `json:"bindings,omitempty"`
	Candidates []candidateView         `json:"candidates,omitempty"`
}

// bindingView is an observation that the pattern was matched with.
type bindingView struct {
	Expression int    `json:"expression"` // from 1
	ID         string `json:"id"`
	Count      int64  `json:"count"`
}

// candidateView lists the observations that satisfy an observation expression by itself.
type candidateView struct {
	Expression int      `json:"expression"` // from 1
	Text       string   `json:"text"`
	IDs        []string `json:"ids"`
}

func (o *stixPatternOptions) printMatch(env Env, p *stixpattern.Pattern) error {
	data, err := readPatternData(env, o.match)
	if err != nil {
		return err
	}
	observed, problems, err := stixpattern.ReadObserved(data)
	if err != nil {
		return fmt.Errorf("%s: %w", printable(o.match), err)
	}
	for _, pr := range problems {
		fmt.Fprintf(env.Stderr, "warning: %s: %s\n", printable(pr.ID), printable(pr.Text))
	}
	res, err := p.Match(observed, stixpattern.Limits{})
	if err != nil {
		return err
	}
	view := patternView{Pattern: p.String(), Deviations: p.Deviations, Matched: &res.Matched}
	for _, b := range res.Bindings {
		view.Bindings = append(view.Bindings, bindingView{b.Bracket + 1, observed[b.Observed].ID, b.Count})
	}
	for i, br := range p.Brackets() {
		c := candidateView{Expression: i + 1, Text: br.String(), IDs: []string{}}
		for _, k := range res.Candidates[i] {
			c.IDs = append(c.IDs, observed[k].ID)
		}
		view.Candidates = append(view.Candidates, c)
	}
	if o.json {
		err = printJSON(env.Stdout, view)
	} else {
		err = view.print(env.Stdout, len(observed))
	}
	if err == nil && res.Matched {
		return exit(ExitFindings, nil)
	}
	return err
}

func (v *patternView) print(w io.Writer, observed int) error {
	word := "does not match"
	if *v.Matched {
		word = "matches"
	}
	if _, err := fmt.Fprintf(w, "The pattern %s, of %d observations.\n", word, observed); err != nil {
		return err
	}
	for _, c := range v.Candidates {
		fmt.Fprintf(w, "\n%d  %s\n   %d of the observations satisfy it by themselves\n", c.Expression, printable(c.Text), len(c.IDs))
		taken := map[string]int64{}
		for _, b := range v.Bindings {
			if b.Expression == c.Expression {
				taken[b.ID] += b.Count
			}
		}
		const most = 20
		for i, id := range c.IDs {
			if i == most {
				fmt.Fprintf(w, "   and %d more (--json)\n", len(c.IDs)-i)
				break
			}
			note := ""
			if n := taken[id]; n > 1 {
				note = fmt.Sprintf("  matched, %d times", n)
			} else if n == 1 {
				note = "  matched"
			}
			fmt.Fprintf(w, "   %s%s\n", printable(id), note)
		}
	}
	return nil
}

func readPatternData(env Env, file string) ([]byte, error) {
	in := env.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxPatternData+1))
	if err == nil && len(data) > maxPatternData {
		err = fmt.Errorf("%s is larger than %d MiB: match it in parts", printable(file), maxPatternData>>20)
	}
	return data, err
}
