package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"entente/internal/triage"
)

type searchOptions struct {
	records  recordOptions
	read     readOptions
	patterns []string
	regex    bool
	exact    bool
	all      bool
	invert   bool
	fields   []string
	count    bool
	json     bool
	origin   bool
	full     bool
	limit    int64
	quiet    bool
}

func newSearchCmd(env Env) *cobra.Command {
	var o searchOptions
	c := &cobra.Command{
		Use:   "search [flags] PATTERN PATH…",
		Short: "Find a text or an expression in all fields of logs",
		Long: `Find the records in which a text occurs, in any field of logs of any format.

` + describeInputs + `

PATTERN is a plain text, compared without case in every script; it has to occur within the value of one field, and where
the log is lines of text, within a line. With --regex it is an expression (RE2). Several patterns are given with -e, and
then every argument is a PATH; one of them is enough, with --and all have to occur in the same record.

A hit is one line: time, host, channel, event id, and the fields in which the pattern stands. On a terminal long values
are shortened around it; --full shows all, --json prints the whole record as "entente events" does.

Exit codes: 0 the search ran, whether or not it found anything; 1 no input could be read, or not all of it because of
a limit; 2 wrong usage; 130 interrupted. With --quiet nothing but errors is printed, and the code is 0 for found, 1 for
not found.`,
		Example: `  entente search mimikatz evidence/
  entente search --regex 'https?://[a-z0-9.-]+\.onion' logs.zip
  entente search -e rundll32 -e comsvcs --and --id 1,4688 --since 7d evidence/
  entente search --field Image --field ParentImage winword.exe --json logs/ | jq .CommandLine
  entente search -q 203.0.113.7 proxy/ && echo seen`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return runSearch(c.Context(), env, &o, args) },
	}
	f := c.Flags()
	f.StringArrayVarP(&o.patterns, "pattern", "e", nil, "search for this `PATTERN`; may be repeated, and no argument is a pattern then")
	f.BoolVarP(&o.regex, "regex", "E", false, "patterns are regular expressions")
	f.BoolVarP(&o.exact, "case-sensitive", "s", false, "tell upper from lower case")
	f.BoolVar(&o.all, "and", false, "all patterns have to occur in a record")
	f.BoolVar(&o.invert, "not", false, "records in which the patterns do not occur")
	f.StringArrayVar(&o.fields, "field", nil, "search only this `FIELD`, or the members of this object; may be repeated")
	o.records.register(f)
	o.read.register(f)
	f.BoolVarP(&o.count, "count", "c", false, "print the number of hits only")
	f.BoolVar(&o.json, "json", false, "print whole records as JSON lines")
	f.BoolVar(&o.origin, "origin", false, "say the file and offset of each hit")
	f.BoolVar(&o.full, "full", false, "do not shorten values")
	f.Int64VarP(&o.limit, "limit", "n", 0, "stop after this `NUMBER` of hits; 0 is none")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing but errors; the exit code tells whether there is a hit")
	registerReadCompletion(c)
	return c
}

func runSearch(ctx context.Context, env Env, o *searchOptions, args []string) error {
	patterns := o.patterns
	if len(patterns) == 0 && len(args) > 0 {
		patterns, args = args[:1], args[1:]
	}
	if len(patterns) == 0 || len(args) == 0 {
		return usagef("a pattern and at least one path are needed\nhint: entente search PATTERN PATH…, see entente search --help")
	}
	if o.limit < 0 {
		return usagef("--limit must not be negative")
	}
	so := triage.SearchOptions{
		Patterns: patterns, Regex: o.regex, Exact: o.exact, All: o.all, Invert: o.invert, Fields: splitList(o.fields), Limit: o.limit,
	}
	if err := so.Check(); err != nil {
		return usagef("%w", err)
	}
	var err error
	if so.Filter, err = o.records.filter(time.Now()); err != nil {
		return err
	}
	if so.Read, err = o.read.options(); err != nil {
		return err
	}
	out := env.Stdout
	shown := stdoutShown(env)
	switch {
	case o.quiet:
		out, so.Limit = io.Discard, 1
	case o.count:
		shown = false
	case o.json:
		so.NewFormat = func() func([]byte, *triage.Hit) []byte {
			format := triage.JSONLines(triage.JSONOptions{Origin: o.origin})
			return func(dst []byte, h *triage.Hit) []byte { return format(dst, h.File, h.Event) }
		}
	default:
		line := hitLine{color: env.color(env.Stdout), origin: o.origin}
		if shown && !o.full {
			line.room = 160
		}
		so.NewFormat = func() func([]byte, *triage.Hit) []byte { return line.append }
	}
	r := newReading(env, &so.Read, readingOptions{
		noBar: o.quiet || shown, noTroubles: o.quiet, picks: true, timed: so.Filter.Timed(),
		nameless: nameless(&so.Filter, o.quiet), noun: "hit", hosts: so.Filter.Hosts,
	})
	n, err := triage.Search(ctx, args, so, out)
	if err := r.end(err); err != nil {
		return err
	}
	switch {
	case o.quiet && n > 0:
		return nil
	case o.quiet && r.limited == "":
		return exit(ExitFailure, nil)
	case o.count && !o.quiet:
		return r.close(fmt.Appendln(nil, n))
	}
	return r.close(nil)
}

// hitLine writes a hit on one line for people.
type hitLine struct {
	color  bool
	origin bool
	room   int // bytes of a value that are shown; 0: all
}

func (l hitLine) append(dst []byte, h *triage.Hit) []byte {
	ev := h.Event
	when := "-"
	if ev.HasTime {
		when = ev.When().Format("2006-01-02 15:04:05.000")
	}
	channel := ev.Channel
	if channel == "" {
		channel = string(ev.Source)
	}
	dst = l.paint(dst, "2", when)
	dst = append(dst, ' ', ' ')
	dst = append(dst, printable(orDash(ev.Host))...)
	dst = append(dst, ' ', ' ')
	dst = l.paint(dst, "2", printable(channel))
	if ev.EventID != 0 {
		dst = strconv.AppendUint(append(dst, ' '), uint64(ev.EventID), 10)
	}
	dst = append(dst, ':')
	for _, m := range h.Matches {
		dst = append(dst, ' ', ' ')
		if m.Field != "" {
			dst = append(l.paint(dst, "36", printable(m.Field)), '=')
		}
		dst = l.value(dst, &m)
	}
	if l.origin {
		dst = append(dst, ' ', ' ')
		dst = l.paint(dst, "2", fmt.Sprintf("[%s @%d]", printable(h.File.Name), ev.Offset))
	}
	return append(dst, '\n')
}

// value writes a text with its matches marked, shortened around the first of them.
func (l hitLine) value(dst []byte, m *triage.Match) []byte {
	from, to := 0, len(m.Text)
	if l.room > 0 && to > l.room {
		at := 0
		if len(m.Spans) > 0 {
			at = m.Spans[0].Start
		}
		from = max(0, min(at-l.room/3, to-l.room))
		to = from + l.room
		for from > 0 && !utf8.RuneStart(m.Text[from]) {
			from--
		}
		for to < len(m.Text) && !utf8.RuneStart(m.Text[to]) {
			to++
		}
	}
	if from > 0 {
		dst = append(dst, "…"...)
	}
	at := from
	for _, s := range m.Spans {
		start, end := max(s.Start, from), min(s.End, to)
		if start >= end {
			continue
		}
		dst = append(dst, printable(string(m.Text[at:start]))...)
		dst = l.paint(dst, "1;31", printable(string(m.Text[start:end])))
		at = end
	}
	dst = append(dst, printable(string(m.Text[at:to]))...)
	if to < len(m.Text) {
		dst = append(dst, "…"...)
	}
	return dst
}

func (l hitLine) paint(dst []byte, style, s string) []byte {
	if !l.color {
		return append(dst, s...)
	}
	dst = append(append(append(dst, "\x1b["...), style...), 'm')
	return append(append(dst, s...), "\x1b[0m"...)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
