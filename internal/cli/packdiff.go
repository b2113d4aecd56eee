package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/advisory"
)

type packDiffOptions struct{ format string }

func newPackDiffCmd(env Env) *cobra.Command {
	var o packDiffOptions
	c := &cobra.Command{
		Use:   "diff [flags] A B",
		Short: "Say what one pack has that another one has not",
		Long: `Compare two packs, or two versions of one: manifest, TTPs, rules and correlations, indicators and mitigations, what was
added (+), removed (-) and changed (~), and what about it: of long texts the words that differ, with a few around them;
--format json has the whole texts. Rules are compared by what they mean, not by how they are written. Tests are not
compared.

Exit codes: 0 they are the same, 1 they differ, 2 wrong usage.`,
		Example: `  entente pack diff my-advisory-1.0.0.entente.zip my-advisory
  entente pack diff --format json old new | jq -r '.changes[] | select(.what == "rule") | .title'`,
		Args:              exactly(2, "which two packs to compare"),
		ValidArgsFunction: completePacks(2),
		RunE:              func(_ *cobra.Command, args []string) error { return runPackDiff(env, o, args[0], args[1]) },
	}
	c.Flags().StringVar(&o.format, "format", "text", "text or json")
	return c
}

// packDiff is what --format json prints.
type packDiff struct {
	From    packName          `json:"from"`
	To      packName          `json:"to"`
	Changes []advisory.Change `json:"changes"`
}

type packName struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

func runPackDiff(env Env, o packDiffOptions, from, to string) error {
	if err := textOrJSON(o.format); err != nil {
		return err
	}
	a, err := openPack(from)
	if err != nil {
		return err
	}
	b, err := openPack(to)
	if err != nil {
		return err
	}
	changes := advisory.Diff(a, b)
	if o.format == "json" {
		d := packDiff{
			From: packName{a.Manifest.ID, a.Manifest.Version}, To: packName{b.Manifest.ID, b.Manifest.Version},
			Changes: append([]advisory.Change{}, changes...),
		}
		enc := json.NewEncoder(env.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(d); err != nil {
			return err
		}
	} else {
		width, tty := env.terminalWidth(env.Stdout)
		if !tty {
			width = 100
		}
		packDiffText{env.Stdout, max(60, min(width, 120))}.print(changes)
	}
	if len(changes) > 0 {
		return exit(ExitFailure, nil)
	}
	return nil
}

// packDiffText prints changes for people.
type packDiffText struct {
	w     io.Writer
	width int
}

func (d packDiffText) print(changes []advisory.Change) {
	signs := map[string]string{advisory.Added: "+", advisory.Removed: "-", advisory.Changed: "~"}
	count := map[string]int{}
	for _, c := range changes {
		count[c.How]++
		line := c.What + " " + c.ID
		if c.Title != "" {
			line += "  " + c.Title
		}
		fmt.Fprintf(d.w, "%s %s\n", signs[c.How], printable(line))
		for _, f := range c.Fields {
			d.field(&f)
		}
	}
	if len(changes) == 0 {
		fmt.Fprintln(d.w, "the packs are the same")
		return
	}
	fmt.Fprintf(d.w, "%d added, %d removed, %d changed\n", count[advisory.Added], count[advisory.Removed], count[advisory.Changed])
}

func (d packDiffText) field(f *advisory.FieldChange) {
	if len(f.Added) == 0 && len(f.Removed) == 0 {
		from, to := oneLine(f.From), oneLine(f.To)
		switch {
		case from == to:
			fmt.Fprintf(d.w, "    %s: other blanks and ends of lines, the same words\n", f.Field)
		case len(from)+len(to) < 70:
			fmt.Fprintf(d.w, "    %s: %s -> %s\n", f.Field, printable(orNothing(from)), printable(orNothing(to)))
		default:
			fmt.Fprintf(d.w, "    %s:\n", f.Field)
			d.words(from, to)
		}
		return
	}
	fmt.Fprintf(d.w, "    %s:\n", f.Field)
	if len(f.Added) == 1 && len(f.Removed) == 1 {
		d.words(f.Removed[0], f.Added[0])
		return
	}
	for _, s := range f.Removed {
		d.text("- ", s)
	}
	for _, s := range f.Added {
		d.text("+ ", s)
	}
}

// words prints the places in which two texts differ.
func (d packDiffText) words(from, to string) {
	for _, c := range wordChanges(from, to) {
		d.text("- ", orNothing(c.from))
		d.text("+ ", orNothing(c.to))
	}
}

// text prints a text behind a sign, wrapped.
func (d packDiffText) text(sign, text string) {
	const indent = "      "
	for _, line := range wrapped(printable(oneLine(text)), d.width-len(indent)-len(sign)) {
		fmt.Fprintf(d.w, "%s%s%s\n", indent, sign, line)
		sign = "  "
	}
}

// oneLine joins the lines of a text.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func orNothing(s string) string {
	if s == "" {
		return "(nothing)"
	}
	return s
}
