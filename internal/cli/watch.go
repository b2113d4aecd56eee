package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/follow"
	"entente/internal/hunt"
	"entente/internal/report"
	"entente/internal/source"
	"entente/internal/watch"
)

type watchOptions struct {
	packs      []string
	indicators indicatorOptions
	rules      ruleOptions
	filter     filterOptions
	read       readOptions
	outputs    []string
	format     string
	suppress   string
	strict     bool
	state      string
	interval   time.Duration
	lateness   time.Duration
	settle     time.Duration
	once       bool
	fromEnd    bool
	stats      bool
	quiet      bool
}

func newWatchCmd(env Env) *cobra.Command {
	var o watchOptions
	c := &cobra.Command{
		Use:   "watch [flags] PATH…",
		Short: "Hunt in logs as they grow, and print findings as they come",
		Long: `Follow logs and run advisory packs, Sigma rules and indicators of STIX over what comes in, until it is interrupted.

PATH is a file, a folder with all that appears in it, or a pattern (** crosses folders); a file need not be there yet.
Logs may be renamed, packed, cut short or replaced meanwhile: one that was renamed, moved or packed is known again by its
content once the original is gone, and goes on where it was. A copy beside an original that is still there is passed over
if it is an event log, an archive, a document or a text of 4 KiB and more; a shorter text is another log, and is read.

Event logs of Windows are followed record by record, archives and documents are read once they have not changed for
--settle. Without --new, what is there already is hunted first.

Without --pack, --rules and --indicators the packs that come with the program are used; with several, all. A watch prints what the rules of
packs find; for verdicts and coverage, hunt in the same logs.

Findings are printed as lines, or with --format in another form; -o appends them to files besides. Only forms with one
finding a line can be watched: ` + strings.Join(watchFormats(), ", ") + `.

With --state FILE a watch goes on where it was stopped, even if it was killed: no record is hunted twice and none is left
out, and correlations go on with what they had. Files of -o then get every finding exactly once; standard output
may get the one again that was being written. Every watch needs a state file of its own.

Correlations see matches --lateness after they happened, so that those of several logs come in the right order. A finding
of a correlation comes when its condition begins to hold.

Exit codes: 0 interrupted or done without findings, 1 failed, or with --once no input could be read, or nothing found and a limit
left a part unread, 2 wrong usage, 3 interrupted or done with findings.`,
		Example: `  entente watch --pack exchange-2021 /srv/collected
  entente watch -r sigma/rules --state watch.state -o findings.jsonl /var/log
  entente watch -i intel.jsonl --state watch.state -o findings.jsonl /srv/collected
  entente watch --level high 'C:\Windows\System32\winevt\Logs'
  entente watch --format jsonl --new /srv/logs/**/*.log | jq .rule.title
  */5 * * * *  entente watch --once --quiet --state /var/lib/entente/state -o /var/log/findings.jsonl /srv/logs`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return stopped(runWatch(c.Context(), env, &o, args)) },
	}
	f := c.Flags()
	f.StringArrayVarP(&o.packs, "pack", "p", nil, "advisory pack: `NAME|DIR|FILE`; may be repeated")
	_ = c.RegisterFlagCompletionFunc("pack", completePacks(1<<10))
	o.indicators.register(f)
	o.rules.register(f)
	o.filter.register(f)
	f.StringVar(&o.state, "state", "", "remember in this `FILE` what was read")
	f.BoolVar(&o.once, "once", false, "look once and end: for cron")
	f.BoolVar(&o.fromEnd, "new", false, "pass over what is there already, unless the state knows better")
	f.DurationVar(&o.interval, "interval", 2*time.Second, "`TIME` from one look at the logs to the next")
	f.DurationVar(&o.lateness, "lateness", 30*time.Second, "`TIME` that correlations wait for matches that come late")
	f.DurationVar(&o.settle, "settle", 10*time.Second, "`TIME` without change after which an unfinished last record, an archive or a document is read")
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "also append to `[FORMAT=]FILE`; may be repeated")
	f.StringVarP(&o.format, "format", "f", "terminal", "format of standard output")
	f.StringVar(&o.suppress, "suppress", "", "YAML `FILE` of accepted findings, which are counted and not shown")
	f.BoolVar(&o.strict, "strict", false, "leave out rules a filter of which reads fields that the log does not record")
	o.read.registerPlain(f)
	f.BoolVar(&o.stats, "stats", false, "print one line of JSON with figures on standard error at the end")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no status, no warnings")
	registerCompletion(c, "format", watchFormats())
	registerCompletion(c, "level", levels)
	registerReadCompletion(c)
	return c
}

// watchFormats are the formats with one finding a line, and the lines for people.
func watchFormats() []string {
	return []string{"terminal", "jsonl", "csv", "timesketch", "timesketch-csv", "splunk", "ecs"}
}

// sinkOutput makes a report's sink an output of a watch.
type sinkOutput struct {
	report.Sink
	report.Flusher
}

func newSinkOutput(f report.Format, w io.Writer) watch.Output {
	s := f.New(w, report.Options{})
	fl, ok := s.(report.Flusher)
	if !ok {
		return nil
	}
	return sinkOutput{s, fl}
}

func runWatch(ctx context.Context, env Env, o *watchOptions, args []string) error {
	if len(args) == 0 {
		return usagef("nothing to watch\nhint: entente watch [--rules DIR] PATH…; see entente watch --help")
	}
	if slices.Contains(args, source.Stdin) {
		return usagef("standard input cannot be watched\nhint: write it to a file and watch that, or hunt it: entente hunt -")
	}
	if o.interval <= 0 || o.lateness < 0 || o.settle < 0 {
		return usagef("--interval must be longer than nothing, --lateness and --settle must not be negative")
	}
	read, err := o.read.options()
	if err != nil {
		return err
	}
	if !slices.Contains(watchFormats(), strings.ToLower(o.format)) {
		return usagef("format %q cannot be watched\nhint: one of %s", o.format, strings.Join(watchFormats(), ", "))
	}
	var limits hunt.Options
	if err := o.filter.apply(&limits, time.Now()); err != nil {
		return err
	}
	if err := o.filter.check(); err != nil {
		return err
	}
	set, err := packsForHunt(o.packs, &o.rules, &o.indicators)
	if err != nil {
		return err
	}
	rules, err := set.rules(&o.rules)
	if err != nil {
		return err
	}
	if rules, err = o.indicators.join(env, rules, &o.rules, args, o.quiet); err != nil {
		return err
	}
	table, err := o.rules.table()
	if err != nil {
		return err
	}
	plan, err := planOf(env, rules, table, &o.filter, hunt.PlanOptions{Strict: o.strict, Expired: o.indicators.expired}, o.quiet)
	if err != nil {
		return err
	}
	wo := watch.Options{
		Plan: plan, State: o.state, Interval: o.interval, Once: o.once,
		Live: hunt.LiveOptions{
			Inputs: args, Since: limits.Since, Until: limits.Until, Hosts: limits.Hosts, Lateness: o.lateness, Version: Version(),
		},
		Follow: follow.Options{Inputs: args, Read: read, Settle: o.settle, FromEnd: o.fromEnd},
	}
	if o.suppress != "" {
		if wo.Live.Suppress, err = hunt.LoadSuppressions(o.suppress, time.Now()); err != nil {
			return usagef("%w", err)
		}
	}
	if err := guardOutputs(ctx, o.outputs, beingRead{"an input", args}, beingRead{"a rule", o.rules.paths}, beingRead{"part of a pack", o.packs},
		beingRead{"a file of indicators", o.indicators.sources},
		beingRead{"the file of suppressions", []string{o.suppress}}, beingRead{"the file of values", []string{o.rules.placeholders}},
		beingRead{"a mapping", o.rules.mappings}, beingRead{"the state", []string{o.state}}); err != nil {
		return err
	}
	st := newWatchStatus(env, o.quiet)
	var notes []hunt.Warning
	if wo.Live.Suppress != nil {
		notes = wo.Live.Suppress.Notes(rules)
		for _, n := range notes {
			st.say("warning: %s", describeWarning(n))
		}
	}
	if wo.Files, err = o.files(); err != nil {
		return err
	}
	wo.Stdout = o.stdout(env, st)
	nameless := "" // what was said of records that name no host
	wo.Notice = func(text string) {
		if text != nameless {
			st.say("warning: %s", printable(text))
		}
	}
	var limited unread
	wo.Follow.Read.Warn = func(w source.Warning) {
		limited.note(w.Limit, w.File, w.Message)
		st.say("warning: %s", describeWarning(hunt.Warning{File: w.File, Offset: w.Offset, Message: w.Message}))
	}
	var named []source.Skipped // of the inputs that the user named, those that could not be read
	wo.Follow.Read.Skip = func(s source.Skipped) {
		if s.Named {
			named = append(named, s)
		}
		limited.note(s.Limit, s.File, s.Reason)
		st.skipped(s)
	}
	nothing := false // could be read in the last look
	wo.Round = func(r watch.Report) {
		nothing = r.Files == r.Unread
		if r.Nameless > 0 && nameless == "" && !o.once { // a watch may have no end
			nameless = hunt.Nameless(r.Nameless, "record", limits.Hosts)
			st.say("warning: %s", nameless)
		}
		st.round(r)
	}
	if o.state == "" && !o.once {
		st.say("note: without --state everything is read again after a restart")
	}
	sum, err := watch.Run(ctx, wo)
	st.end()
	if err != nil {
		if o.stats && sum != nil {
			err = errors.Join(err, printStats(env, sum))
		}
		return pipeClosed(err)
	}
	sum.Warnings, sum.WarningsTotal = append(sum.Warnings, notes...), sum.WarningsTotal+int64(len(notes))
	if o.stats {
		if err := printStats(env, sum); err != nil {
			return err
		}
	}
	switch {
	case o.once && nothing && ctx.Err() == nil:
		return nothingRead(env, sum, named, true) // each was told of already
	case sum.Findings > 0:
		return exit(ExitFindings, nil)
	case o.once:
		return notWhole(string(limited))
	}
	return nil
}

// files opens the files of -o.
func (o *watchOptions) files() ([]*watch.File, error) {
	var out []*watch.File
	for _, arg := range o.outputs {
		f, path, ok := report.ParseTarget(arg)
		if !ok || f.Name == "terminal" || !slices.Contains(watchFormats(), f.Name) {
			return nil, usagef("%q cannot be appended to by a watch\nhint: write -o FORMAT=FILE with one of %s", arg, strings.Join(watchFormats()[1:], ", "))
		}
		header := f.Name == "csv" || f.Name == "timesketch-csv"
		file, err := watch.OpenFile(path, header, func(w io.Writer) watch.Output { return newSinkOutput(f, w) })
		if err != nil {
			return nil, err
		}
		out = append(out, file)
	}
	return out, nil
}

// stdout is what findings go to at once.
func (o *watchOptions) stdout(env Env, st *watchStatus) watch.Output {
	if f, ok := report.FormatByName(o.format); ok && f.Name != "terminal" {
		return newSinkOutput(f, env.Stdout)
	}
	width, tty := env.terminalWidth(env.Stdout)
	if !tty {
		width = 0
	}
	return &findingLines{w: env.Stdout, color: env.color(env.Stdout), width: width, before: st.pause}
}

// watchStatus keeps a line on a terminal that says what a watch is doing, and prints what else there is to say.
type watchStatus struct {
	env   Env
	quiet bool
	shown bool // the line is there
	tty   bool
	width int
	more  int
}

func newWatchStatus(env Env, quiet bool) *watchStatus {
	width, tty := env.terminalWidth(env.Stderr)
	return &watchStatus{env: env, quiet: quiet, tty: tty && !quiet && env.Getenv("TERM") != "dumb", width: width}
}

func (s *watchStatus) pause() {
	if s.shown {
		fmt.Fprint(s.env.Stderr, "\r\x1b[K")
		s.shown = false
	}
}

func (s *watchStatus) say(format string, args ...any) {
	if s.quiet {
		return
	}
	s.pause()
	fmt.Fprintf(s.env.Stderr, format+"\n", args...)
}

// skipped tells of files that are not read: of those that the user named all, of others some.
func (s *watchStatus) skipped(x source.Skipped) {
	if !x.Named {
		if s.more++; s.more > maxSkipped {
			return
		}
	}
	s.say("not read: %s: %s", printable(x.File), printable(x.Reason))
}

func (s *watchStatus) round(r watch.Report) {
	if !s.tty {
		return
	}
	text := fmt.Sprintf("watching %s · %s · %s", many(int64(r.Files), "file"), many(r.Events, "record"), many(r.Findings, "finding"))
	if r.Waiting > 0 {
		text += fmt.Sprintf(" · %d unfinished", r.Waiting)
	}
	fmt.Fprint(s.env.Stderr, "\r\x1b[K"+report.Clip(text+" · "+time.Now().Format(time.TimeOnly), max(s.width-1, 0)))
	s.shown = true
}

func (s *watchStatus) end() { s.pause() }
