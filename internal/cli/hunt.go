package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/attack"
	"entente/internal/coverage"
	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/report"
	"entente/internal/source"
	"entente/internal/stix"
)

type huntOptions struct {
	packs      []string
	indicators indicatorOptions
	rules      ruleOptions
	filter     filterOptions
	read       readOptions
	outputs    []string
	format     string
	suppress   string
	group      bool
	strict     bool
	stats      bool
	quiet      bool
	verbose    bool
	top        int
	tlp        string
}

func newHuntCmd(env Env) *cobra.Command {
	var o huntOptions
	c := &cobra.Command{
		Use:   "hunt [flags] LOGS…",
		Short: "Hunt in logs: were we hit?",
		Long: `Hunt in logs of any kind with advisory packs, Sigma rules and indicators of STIX, and report what they show.

LOGS are files, folders, patterns (** crosses folders) or - for standard input; archives (zip, tar, gz, zst, bz2) are
looked into. The format of each log is recognised by its content.

With an advisory pack (--pack: a folder, an archive, or the name of one that comes with the program) the answer is a
verdict for each host (compromised, attempted, not seen, cannot tell), its chain of events, and for each TTP of the pack
whether it was found, was looked for and not found, could not be looked for (and which log to turn on), or is one that no
log can show. Without --pack, --rules and --indicators the packs that come with the program are used; with several, all.

With bundles of STIX 2.1 or 2.0 (--indicators: as ` + "`entente taxii pull`" + ` writes them, one object a line, folders, or - for
standard input) the patterns of their indicators are run: files, processes, network traffic, addresses, names, URLs,
accounts, registry keys, mail, certificates, in every kind of log that shows them, with AND, OR, FOLLOWEDBY, WITHIN, REPEATS,
START and STOP. Findings carry the indicator and its marking; --format stix gives sightings of it. Revoked and benign
indicators are left out and counted; what is not hunted is named with the reason (` + "`entente rules check`" + ` lists it). Records
from before valid_from match with a caveat, those from after valid_until only with --expired.

Findings go to the terminal as a summary (with packs, --top N lists them), or with --format in another form to standard
output; -o writes files besides, in the format that the name's ending says, or the one named before "=". Formats:
` + formatHelp() + `

Formats with a line or object for each finding have the host that its record names, which may be none; whose such logs are is
known at the end: the terminal, html and json with packs tell, json with the files of each host. They have findings in the
order of the inputs, those of correlations behind: sort by time where that is wanted. A hunt that was interrupted, or that a
limit ended, says so in each format but tables (csv, timesketch).

Exit codes: 0 nothing found, 1 failed, no input could be read, or nothing found and a limit (--max-ratio, --max-unpacked) left a
part unread, 2 wrong usage, 3 findings, 130 interrupted.`,
		Example: `  entente hunt evidence/
  entente hunt --pack exchange-2021 --format json evidence.zip | jq 'select(.verdict == "compromised")'
  entente hunt --rules sigma/rules evidence/
  entente hunt --indicators intel.json evidence/
  entente taxii pull -c intel https://taxii.example.org | entente hunt -i - --format stix evidence/ >sightings.json
  entente hunt -r sigma/rules -o report.html -o findings.jsonl evidence.zip
  entente hunt -r rules --level high --since 2021-03-01 --format jsonl logs/ | jq .rule.title
  zcat big.json.gz | entente hunt -r rules -`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return runHunt(c.Context(), env, o, args) },
	}
	f := c.Flags()
	f.StringArrayVarP(&o.packs, "pack", "p", nil, "advisory pack: `NAME|DIR|FILE`; may be repeated")
	o.indicators.register(f)
	o.rules.register(f)
	o.filter.register(f)
	o.read.register(f)
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "also write `[FORMAT=]FILE`; may be repeated")
	f.StringVarP(&o.format, "format", "f", "terminal", "format of standard output")
	f.StringVar(&o.suppress, "suppress", "", "YAML `FILE` of accepted findings, which are counted and not shown")
	f.BoolVar(&o.group, "group", false, "show equal findings once, with their number")
	f.BoolVar(&o.strict, "strict", false, "leave out rules a filter of which reads fields that the log does not record")
	f.BoolVar(&o.stats, "stats", false, "print one line of JSON with figures on standard error")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress, no warnings")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "name each rule that could not run, and why; with --stats also there")
	f.IntVar(&o.top, "top", 0, "findings shown in the terminal summary; 0 is as many as fit")
	f.StringVar(&o.tlp, "tlp", "", "mark the STIX bundle: clear, green, amber, amber+strict or red")
	registerCompletion(c, "format", formatNames())
	_ = c.RegisterFlagCompletionFunc("pack", completePacks(1<<10))
	registerCompletion(c, "level", levels)
	registerCompletion(c, "as", sourceFormats())
	return c
}

func formatHelp() string {
	var b strings.Builder
	for _, f := range report.Formats() {
		fmt.Fprintf(&b, "\n  %-15s %s (%s)", f.Name, f.Description, strings.Join(f.Extensions, " "))
	}
	return b.String()
}

func formatNames() []string {
	var out []string
	for _, f := range report.Formats() {
		out = append(out, f.Name)
	}
	return out
}

func sourceFormats() []string {
	var out []string
	for _, f := range source.Formats() {
		out = append(out, f.Name())
	}
	return out
}

// registerCompletion offers fixed values for a flag.
func registerCompletion(c *cobra.Command, flag string, values []string) {
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

func runHunt(ctx context.Context, env Env, o huntOptions, args []string) error {
	if len(args) == 0 {
		return usagef("no logs given\nhint: entente hunt [--rules DIR] [--indicators FILE] LOGS…, or - for standard input; see entente hunt --help")
	}
	if o.top < 0 {
		return usagef("--top must not be negative")
	}
	if err := o.filter.check(); err != nil {
		return err
	}
	if _, ok := stix.TLPLabel(o.tlp); !ok && o.tlp != "" {
		return usagef("--tlp: there is no label %q\nhint: one of clear, green, amber, amber+strict, red", o.tlp)
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
	collector := set.collector(table, o.filter.keep())
	ho := hunt.Options{Inputs: args, Version: Version(), Progress: new(source.Progress), Logs: collector != nil, Idle: o.verbose, Indicators: plan.Count(set.fromIndicator)}
	if ho.Read, err = o.read.options(); err != nil {
		return err
	}
	if err := o.filter.apply(&ho, time.Now()); err != nil {
		return err
	}
	if o.suppress != "" {
		if ho.Suppress, err = hunt.LoadSuppressions(o.suppress, time.Now()); err != nil {
			return usagef("%w", err)
		}
	}
	if err := guardOutputs(ctx, o.outputs, beingRead{"an input", args}, beingRead{"a rule", o.rules.paths}, beingRead{"part of a pack", o.packs},
		beingRead{"a file of indicators", o.indicators.sources},
		beingRead{"the file of suppressions", []string{o.suppress}}, beingRead{"the file of values", []string{o.rules.placeholders}},
		beingRead{"a mapping", o.rules.mappings}); err != nil {
		return err
	}
	out, err := o.open(env, set, collector)
	if err != nil {
		return err
	}
	ho.Finding = counting(collector, out.sink.Finding)
	if out.bare {
		ho.Event = report.NeedsEvent
	}
	ho.Read.Own = out.own(env)

	bar := newProgress(env, ho.Progress, o.quiet)
	ho.Read.CountInput = bar != nil
	var named []source.Skipped // of the inputs that the user named, those that could not be read
	ho.Read.Skip = func(s source.Skipped) {
		if s.Named {
			named = append(named, s)
		}
	}
	if bar != nil {
		out.before = bar.pause
		bar.start()
	}
	sum, err := hunt.Run(ctx, plan, ho)
	if bar != nil {
		bar.stop()
	}
	empty := err == nil && (sum.Files == 0 || sum.Events == 0 && (o.read.as != "" || sum.WarningsTotal > 0))
	if n := ho.Progress.Timeless.Load(); err == nil && n > 0 && o.filter.since+o.filter.until != "" {
		sum.Warnings, sum.WarningsTotal = append(sum.Warnings, hunt.Warning{Offset: -1, Message: withoutTime(n)}), sum.WarningsTotal+1
	}
	if ho.Suppress != nil && sum != nil {
		notes := ho.Suppress.Notes(rules)
		sum.Warnings, sum.WarningsTotal = append(sum.Warnings, notes...), sum.WarningsTotal+int64(len(notes))
	}
	if empty {
		out.discard()
	} else if cerr := out.close(sum); err == nil {
		err = cerr
	}
	if err != nil {
		if o.stats && sum != nil { // how far it came
			err = errors.Join(err, printStats(env, sum))
		}
		return pipeClosed(err)
	}
	switch {
	case o.quiet, empty:
	case o.format != "terminal":
		printWarnings(env, sum)
	default: // the report names what was left out, in the middle of much else
		printSkipped(env, named)
	}
	if o.verbose && !empty {
		printIdle(env, sum)
	}
	if o.stats {
		if err := printStats(env, sum); err != nil {
			return err
		}
	}
	switch {
	case empty:
		if sum.Files > 0 {
			return noRecord(o.read.as, sum.Warnings)
		}
		return nothingRead(env, sum, named, o.quiet)
	case sum.Findings > 0:
		return stopped(exit(ExitFindings, nil)) // all was read and written: a signal from now on interrupts nothing
	}
	return stopped(notWhole(sum.Incomplete))
}

// notWhole is the end of a verb that could not read all because of a limit: that it found nothing more says nothing. "" is no
// such end.
func notWhole(what string) error {
	if what == "" {
		return nil
	}
	return exit(ExitFailure, fmt.Errorf("not everything was read: %s", printable(what)))
}

// nothingRead is the end of a hunt that had nothing to hunt in: a report about that would say that nothing was found.
func nothingRead(env Env, sum *hunt.Summary, named []source.Skipped, quiet bool) error {
	if len(sum.Skipped) == 0 {
		return exit(ExitFailure, errors.New("the inputs hold no file"))
	}
	if len(named) == 0 {
		first := sum.Skipped[0]
		if n := len(sum.Skipped) - 1; n > 0 {
			return exit(ExitFailure, fmt.Errorf("no input could be read: %s: %s, and %s more", printable(first.File), printable(first.Message), thousands(int64(n))))
		}
		return exit(ExitFailure, fmt.Errorf("no input could be read: %s: %s", printable(first.File), printable(first.Message)))
	}
	if len(named) > 1 && !quiet {
		printSkipped(env, named[1:])
	}
	return exit(ExitFailure, fmt.Errorf("no input could be read: %s: %s", printable(named[0].File), printable(named[0].Reason)))
}

// noRecord is the end of a verb that opened its inputs and could read no record of them.
func noRecord(as string, warnings []hunt.Warning) error {
	if as != "" {
		as = " as " + as
	}
	if len(warnings) == 0 {
		return exit(ExitFailure, fmt.Errorf("no record could be read%s", as))
	}
	return exit(ExitFailure, fmt.Errorf("no record could be read%s: %s", as, describeWarning(warnings[0])))
}

// withoutTime says how many records --since and --until left out for want of a time.
func withoutTime(n int64) string {
	if n == 1 {
		return "1 record without a time was left out by --since and --until"
	}
	return thousands(n) + " records without a time were left out by --since and --until"
}

// printSkipped names inputs that were not read.
func printSkipped(env Env, list []source.Skipped) {
	for i, s := range list {
		if i == maxSkipped {
			fmt.Fprintf(env.Stderr, "skipped: %d more inputs\n", len(list)-i)
			return
		}
		fmt.Fprintf(env.Stderr, "skipped: %s: %s\n", printable(s.File), printable(s.Reason))
	}
}

// pipeClosed turns the end of a reader that has seen enough (`| head`) into a quiet end.
func pipeClosed(err error) error {
	if isBrokenPipe(err) {
		return exit(ExitFindings, nil)
	}
	return err
}

// outputs are the sinks of one hunt and the files under them.
type outputs struct {
	sink   report.Sink
	bare   bool // none of them shows records
	files  []*outFile
	before func() // called before anything is written to the terminal
}

// outFile is written under a temporary name and gets its own when it is whole.
type outFile struct {
	path string // "" where it is written as it is
	f    *os.File
	w    *bufio.Writer
}

// open makes a sink for standard output and one for every -o.
func (o *huntOptions) open(env Env, set *packSet, collector *coverage.Collector) (*outputs, error) {
	out := &outputs{}
	width, _ := env.terminalWidth(env.Stdout)
	ro := report.Options{Terminal: report.TerminalOptions{Color: env.color(env.Stdout), Width: width, Top: o.top}, Coverage: collector}
	if collector != nil && len(o.rules.paths) > 0 && o.top == 0 {
		ro.Terminal.Top = 12 // what the rules besides found is not part of the packs' answer
	}
	if collector != nil {
		ro.RuleText = set.text
	}
	for _, arg := range o.outputs {
		if _, path, ok := report.ParseTarget(arg); ok {
			ro.Terminal.Reports = append(ro.Terminal.Reports, path)
		}
	}
	if facts, err := attack.Default(); err == nil {
		ro.Attack = facts
	}
	if o.tlp != "" {
		ro.STIX.TLP = o.tlp
	}
	format, ok := report.FormatByName(o.format)
	if !ok {
		return nil, usagef("there is no format %q\nhint: one of %s", o.format, strings.Join(formatNames(), ", "))
	}
	if format.Packs && collector == nil {
		return nil, needsPack("--format " + format.Name)
	}
	stdout := bufio.NewWriterSize(env.Stdout, 1<<16)
	out.files = append(out.files, &outFile{w: stdout})
	sinks := []report.Sink{format.New(stdout, ro)}
	out.bare = format.Bare
	for _, arg := range o.outputs {
		f, path, ok := report.ParseTarget(arg)
		if !ok {
			out.discard()
			return nil, usagef("the format of %q is not clear from its name\nhint: write -o FORMAT=%s with one of %s", arg, arg, strings.Join(formatNames(), ", "))
		}
		if f.Packs && collector == nil {
			out.discard()
			return nil, needsPack("-o " + arg)
		}
		file, err := createOutput(path)
		if err != nil {
			out.discard()
			return nil, err
		}
		out.files = append(out.files, file)
		fo := ro
		fo.Terminal.Color = false
		sinks = append(sinks, f.New(file.w, fo))
		out.bare = out.bare && f.Bare
	}
	out.sink = report.Tee(sinks...)
	if o.group {
		out.sink = report.Group(out.sink, report.GroupOptions{})
	}
	return out, nil
}

func needsPack(what string) error {
	return usagef("%s says what a hunt with an advisory pack means, and this one has none\nhint: add --pack NAME, or use jsonl for findings", what)
}

func createOutput(path string) (*outFile, error) {
	// Pipes and devices (/dev/stdout) are written as they are.
	if fi, err := os.Stat(path); err == nil && !fi.Mode().IsRegular() {
		if fi.IsDir() {
			return nil, usagef("cannot write %s: it is a folder", path)
		}
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, cannotWrite(path, err)
		}
		return &outFile{f: f, w: bufio.NewWriterSize(&placeWriter{path, f}, 1<<18)}, nil
	}
	temp := fmt.Sprintf("%s.%08x.part", path, rand.Uint32()) //nolint:gosec // O_EXCL is what guards against an existing file
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, cannotWrite(path, err)
	}
	return &outFile{path: path, f: f, w: bufio.NewWriterSize(&placeWriter{path, f}, 1<<18)}, nil
}

func (o *outputs) close(sum *hunt.Summary) error {
	errs := []error{o.sink.Close(sum)}
	for _, f := range o.files {
		if err := f.w.Flush(); !errors.Is(errs[0], err) { // what the sink has met is told once
			errs = append(errs, err)
		}
		if f.f == nil {
			continue
		}
		errs = append(errs, f.f.Close())
		switch {
		case f.path == "":
		case errors.Join(errs...) == nil:
			errs = append(errs, os.Rename(f.f.Name(), f.path))
		default:
			_ = os.Remove(f.f.Name())
		}
	}
	return errors.Join(errs...)
}

func (o *outputs) discard() {
	for _, f := range o.files {
		if f.f != nil {
			_ = f.f.Close()
			if f.path != "" {
				_ = os.Remove(f.f.Name())
			}
		}
	}
}

func printWarnings(env Env, sum *hunt.Summary) {
	const most = 20
	for i, w := range sum.Warnings {
		if i == most {
			fmt.Fprintf(env.Stderr, "warning: %d more warnings\n", sum.WarningsTotal-most)
			break
		}
		fmt.Fprintln(env.Stderr, "warning:", describeWarning(w))
	}
	if n := len(sum.NotApplicable); n > 0 {
		fmt.Fprintf(env.Stderr, "%d rules read fields that these logs do not have, such as %q, which %s; -o FILE.html lists them\n",
			n, printable(sum.NotApplicable[0].Title), printable(sum.NotApplicable[0].Note))
	}
	for i, w := range sum.Skipped {
		if i == most {
			fmt.Fprintf(env.Stderr, "skipped: %d more inputs\n", len(sum.Skipped)-most)
			break
		}
		fmt.Fprintf(env.Stderr, "skipped: %s: %s\n", printable(w.File), printable(w.Message))
	}
}

// printIdle names the rules that had nothing to run on.
func printIdle(env Env, sum *hunt.Summary) {
	for _, n := range slices.Concat(sum.NotApplicable, sum.Idle) {
		fmt.Fprintln(env.Stderr, "not run:", describeRule(n))
	}
}

func describeRule(n hunt.RuleNote) string {
	id := ""
	if n.ID != "" {
		id = " (" + printable(n.ID) + ")"
	}
	return printable(n.Title) + id + ": " + printable(n.Note)
}

func describeWarning(w hunt.Warning) string {
	switch {
	case w.File == "":
		return printable(w.Message)
	case w.Offset < 0:
		return printable(w.File) + ": " + printable(w.Message)
	default:
		return fmt.Sprintf("%s: at byte %d: %s", printable(w.File), w.Offset, printable(w.Message))
	}
}

// printable makes text from logs and file names harmless for a terminal.
func printable(s string) string { return report.Visible(s) }

// printStats prints the figures that scripts and benchmarks read. The time is that of the whole process so far.
func printStats(env Env, s *hunt.Summary) error {
	seconds := s.Duration.Seconds()
	if !env.Started.IsZero() {
		seconds = time.Since(env.Started).Seconds()
	}
	rate := 0.0
	if seconds > 0 {
		rate = float64(s.Events) / seconds
	}
	type idle struct {
		ID     string `json:"id,omitempty"`
		Title  string `json:"title"`
		Reason string `json:"reason"`
	}
	var notRun []idle
	if s.Idle != nil { // they are asked for
		for _, n := range slices.Concat(s.NotApplicable, s.Idle) {
			notRun = append(notRun, idle{n.ID, n.Title, n.Note})
		}
	}
	b, err := json.Marshal(struct {
		Files      int     `json:"files"`
		Events     int64   `json:"events"`
		UsedBytes  int64   `json:"used_bytes"`
		Findings   int64   `json:"findings"`
		Suppressed int64   `json:"suppressed"`
		Seconds    float64 `json:"seconds"`
		Rate       float64 `json:"events_per_second"`
		PeakRSS    int64   `json:"peak_rss_bytes"`
		Rules      int     `json:"rules"`
		Applicable int     `json:"rules_applicable"`
		Warnings   int64   `json:"warnings"`
		Skipped    int     `json:"skipped"`
		Incomplete string  `json:"incomplete,omitempty"`
		NotRun     []idle  `json:"rules_not_run,omitempty"`
	}{
		s.Files, s.Events, s.UsedBytes, s.Findings, s.Suppressed, seconds, rate, s.PeakRSS, s.Rules, s.Applicable,
		s.WarningsTotal, len(s.Skipped), s.Incomplete, notRun,
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stderr, "%s\n", b)
	return err
}

// levels of Sigma, the mildest first.
var levels = []string{"informational", "low", "medium", "high", "critical"}

func levelRank(l string) int { return slices.Index(levels, l) }

// foldAll folds a list for comparison without case.
func foldAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = event.FoldString(strings.TrimSpace(s))
	}
	return out
}
