package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/logrange"
)

type rangeOptions struct {
	out     string
	format  string
	formats string
	size    string
	events  int
	seed    uint64
	hosts   int
	plants  string
	start   string
	days    float64
	truth   string
	force   bool
	quiet   bool
	list    bool
	plain   bool // plants was not given
}

func newRangeCmd(env Env) *cobra.Command {
	var o rangeOptions
	c := &cobra.Command{
		Use:   "range --out DIR [flags]",
		Short: "Write synthetic logs with planted techniques, and the truth about them",
		Long: `Write the logs of a small organisation at work, with planted techniques in between, and the ground truth as
truth.jsonl: for each planted record what it is, its ATT&CK techniques, and where it stands. The same seed gives the
same bytes. Among the plants are harmless acts that look like attacks; the truth labels them.

With --format a single log is written to a file or, with --out -, to standard output; then nothing is planted unless
--plants says so.

Formats: ` + joinFormats() + `; json is winlogbeat.

Exit codes: 0 written, 1 failed, 2 wrong usage, 130 interrupted.`,
		Example: `  entente range --out range/ --size 1GB
  entente range --out range/ --size 10GB --seed 7 --hosts 20 --formats evtx,iis --days 14
  entente range --out quiet/ --plants none
  entente range --format iis --size 2GB --out u_ex.log
  entente range --list`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			o.plain = !c.Flags().Changed("plants")
			if o.list {
				return listPlants(env)
			}
			return runRange(c.Context(), env, o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.out, "out", "o", "", "folder to write to; with --format a file, or - for standard output")
	f.StringVar(&o.size, "size", "", "size of all logs together, e.g. 500MB, 10GiB (default 100MB)")
	f.IntVar(&o.events, "events", 0, "records of each host, instead of --size")
	f.Uint64Var(&o.seed, "seed", 1, "what everything random is drawn from")
	f.IntVar(&o.hosts, "hosts", 5, "number of machines; the cloud tenant comes besides")
	f.StringVar(&o.formats, "formats", "all", "logs to write, separated by commas")
	f.StringVar(&o.format, "format", "", "write one log of this format only, to a single file")
	f.StringVar(&o.plants, "plants", "all", "all, none, or ids separated by commas; lsass-* takes all that begin so")
	f.StringVar(&o.start, "start", "2021-03-01", "when the logs begin, a date or a time in UTC (RFC 3339)")
	f.Float64Var(&o.days, "days", 3, "how many days they cover")
	f.StringVar(&o.truth, "truth", "", "where to write the truth (default truth.jsonl in the folder)")
	f.BoolVar(&o.force, "force", false, "write to a folder or file that is there; files of the same name are replaced")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress, no summary")
	f.BoolVar(&o.list, "list", false, "list the plants and end")
	var names []string
	for _, x := range logrange.Formats() {
		names = append(names, string(x))
	}
	registerCompletion(c, "format", names)
	registerCompletion(c, "formats", append(names, "all"))
	return c
}

func joinFormats() string {
	var names []string
	for _, f := range logrange.Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// listPlants prints a table of all plants.
func listPlants(env Env) error {
	w := bufio.NewWriter(env.Stdout)
	for _, label := range []logrange.Label{logrange.Malicious, logrange.Lookalike} {
		if label == logrange.Lookalike {
			fmt.Fprintf(w, "\n%s\n", "Harmless acts that look like attacks")
		} else {
			fmt.Fprintf(w, "%s\n", "Attacks")
		}
		for _, p := range logrange.Plants() {
			if p.Label != label {
				continue
			}
			fmt.Fprintf(w, "  %-20s %s", p.ID, p.Title)
			if len(p.Techniques) > 0 {
				fmt.Fprintf(w, " (%s)", strings.Join(p.Techniques, " "))
			}
			fmt.Fprintln(w)
		}
	}
	return w.Flush()
}

// plan turns the flags into a plan.
func (o *rangeOptions) plan() (logrange.Plan, error) {
	p := logrange.Plan{Seed: o.seed, EventsPerHost: o.events, Truth: o.truth}
	var err error
	switch {
	case o.size != "" && o.events != 0:
		return p, usagef("--size and --events exclude each other")
	case o.size == "" && o.events == 0:
		o.size = "100MB"
		fallthrough
	case o.size != "":
		if p.Bytes, err = parseSize(o.size); err != nil {
			return p, usagef("--size: %w", err)
		}
	case o.events < 0:
		return p, usagef("--events: write how many, at least 1")
	}
	if o.hosts < 1 || o.hosts > 999 {
		return p, usagef("--hosts: use 1 to 999")
	}
	p.Hosts = logrange.DefaultHosts(o.hosts)
	if o.format != "" { // one host has every log
		p.Hosts = logrange.DefaultHosts(max(o.hosts, 5))
		slices.SortStableFunc(p.Hosts, func(a, b logrange.Host) int { return byVariety(a.Role) - byVariety(b.Role) })
	} else if p.Formats, err = logrange.ParseFormats(o.formats); err != nil {
		return p, usagef("--formats: %w", err)
	}
	if p.Start, err = parseStart(o.start); err != nil {
		return p, usagef("--start: %w", err)
	}
	if !(o.days >= 1.0/24 && o.days <= 3653) { // NaN is neither
		return p, usagef("--days: use an hour (0.042) to ten years (3653)")
	}
	p.Duration = time.Duration(o.days * float64(24*time.Hour)).Round(time.Second)
	plants := o.plants
	if o.format != "" && o.plain {
		plants = "none"
	}
	if p.Plants, err = logrange.ParsePlants(plants); err != nil {
		return p, usagef("--plants: %w", err)
	}
	return p, nil
}

// byVariety puts the host first whose logs hold the most kinds of events.
func byVariety(r logrange.Role) int {
	if r == logrange.ExchangeServer || r == logrange.LinuxWeb {
		return 0
	}
	return 1
}

func parseStart(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2021-03-02 or 2021-03-02T06:00:00Z", s)
}

// parseSize reads 500MB, 2GiB, 1.5 g, 4096. KB, MB, GB and TB count in thousands, the others in 1024.
func parseSize(s string) (int64, error) {
	t := strings.ToLower(strings.TrimSpace(s))
	digits := strings.TrimRight(t, "abcdefghijklmnopqrstuvwxyz ")
	unit := strings.TrimSpace(t[len(digits):])
	factors := map[string]float64{
		"": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "kb": 1e3, "m": 1 << 20, "mib": 1 << 20, "mb": 1e6, "g": 1 << 30, "gib": 1 << 30, "gb": 1e9,
		"t": 1 << 40, "tib": 1 << 40, "tb": 1e12,
	}
	n, err := strconv.ParseFloat(digits, 64)
	factor, known := factors[unit]
	if err != nil || !known || !(n > 0) || n*factor > 1<<50 || n*factor < 1 {
		return 0, fmt.Errorf("%q is no size: write it as 500MB or 10GiB", s)
	}
	return int64(n * factor), nil
}

func runRange(ctx context.Context, env Env, o rangeOptions) error {
	plan, err := o.plan()
	if err != nil {
		return err
	}
	if o.out == "" {
		return usagef("--out is missing: say which folder to write to")
	}
	begun := time.Now()
	bar := newRangeBar(env, o.quiet)
	var sum logrange.Summary
	if o.format != "" {
		sum, err = o.single(ctx, env, plan, bar.report())
	} else {
		if err := o.checkFolder(); err != nil {
			return err
		}
		sum, err = logrange.Write(ctx, o.out, plan, bar.report())
	}
	bar.end()
	if err != nil {
		return err
	}
	if !o.quiet {
		o.describe(env, &sum, time.Since(begun))
		if plan.Bytes > 0 && sum.Bytes > plan.Bytes+max(plan.Bytes/4, 256<<10) {
			fmt.Fprintf(env.Stderr, "note: %s were asked for, which is too little for these logs: fewer --hosts, --formats or --plants need less\n", size(plan.Bytes))
		}
	}
	return nil
}

// checkFolder refuses a folder that holds something.
func (o *rangeOptions) checkFolder() error {
	if o.out == "-" {
		return usagef("standard output takes one log only: name it with --format")
	}
	list, err := os.ReadDir(o.out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return usagef("--out: %w", err)
	case len(list) > 0 && !o.force:
		return usagef("%s is not empty\nhint: name another folder, or use --force to write into it all the same", o.out)
	}
	return nil
}

// single writes one log to one file.
func (o *rangeOptions) single(ctx context.Context, env Env, plan logrange.Plan, report func(logrange.Progress)) (logrange.Summary, error) {
	formats, err := logrange.ParseFormats(o.format)
	if err != nil || len(formats) != 1 {
		return logrange.Summary{}, usagef("--format: one of %s", joinFormats())
	}
	if o.truth == "" && o.out != "-" {
		o.truth = o.out + ".truth.jsonl"
	}
	if o.out == "-" {
		if len(plan.Plants) > 0 && o.truth == "" {
			return logrange.Summary{}, usagef("--truth is missing: say where the truth about the plants goes")
		}
		w := bufio.NewWriterSize(env.Stdout, 1<<18)
		sum, err := logrange.WriteOne(ctx, w, formats[0], plan, report)
		if err = errors.Join(err, w.Flush()); err != nil {
			if isBrokenPipe(err) { // the reader has seen enough
				return sum, exit(ExitOK, nil)
			}
			return sum, err
		}
		return sum, o.saveTruth(sum)
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if o.force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(o.out, flags, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return logrange.Summary{}, usagef("%s is there already\nhint: name another file, or use --force to replace it", o.out)
	}
	if err != nil {
		return logrange.Summary{}, fmt.Errorf("write the log: %w", err)
	}
	sum, err := logrange.WriteOne(ctx, f, formats[0], plan, report)
	if err = errors.Join(err, f.Close()); err != nil {
		return sum, err
	}
	// Logs whose times have no year are read with the year of their file.
	end := plan.Start.Add(plan.Duration)
	if st, err := os.Stat(o.out); err == nil && st.Mode().IsRegular() {
		if err := os.Chtimes(o.out, end, end); err != nil {
			return sum, fmt.Errorf("date the log: %w", err)
		}
	}
	return sum, o.saveTruth(sum)
}

// saveTruth writes the truth of a single log, where something was planted.
func (o *rangeOptions) saveTruth(sum logrange.Summary) error {
	if len(sum.Truth) == 0 {
		return nil
	}
	for i := range sum.Truth {
		sum.Truth[i].File = filepath.Base(o.out)
	}
	f, err := os.Create(o.truth)
	if err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	return errors.Join(logrange.WriteTruth(f, sum.Truth), f.Close())
}

// describe prints what was written; beside a log on standard output it goes to standard error.
func (o *rangeOptions) describe(env Env, sum *logrange.Summary, took time.Duration) {
	w := env.Stdout
	truth := o.truth
	if o.out == "-" {
		w = env.Stderr
	} else if truth == "" {
		truth = filepath.Join(o.out, "truth.jsonl")
	}
	rate := int64(float64(sum.Bytes) / max(took.Seconds(), 0.001))
	fmt.Fprintf(w, "wrote %s in %s, %s events, in %s (%s/s)\n", size(sum.Bytes), plural(len(sum.Files), "file"), count(sum.Events),
		took.Round(10*time.Millisecond), size(rate))
	if sum.Plants > 0 {
		fmt.Fprintf(w, "planted %s: %s of attacks, %s of harmless look-alikes; truth in %s\n", plural(sum.Plants, "plant"),
			plural(sum.Malicious, "record"), plural(sum.Lookalike, "record"), truth)
	}
	if len(sum.Unplanted) > 0 {
		fmt.Fprintf(w, "not planted, for want of a host or log to show them: %s\n", strings.Join(sum.Unplanted, ", "))
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// rangeBar draws one line on a terminal while a range is written. A nil bar draws nothing.
type rangeBar struct {
	w     io.Writer
	width int
	begun time.Time
	drawn bool
}

func newRangeBar(env Env, quiet bool) *rangeBar {
	width, tty := env.terminalWidth(env.Stderr)
	if !tty || quiet || env.Getenv("TERM") == "dumb" {
		return nil
	}
	return &rangeBar{w: env.Stderr, width: width, begun: time.Now()}
}

// report is what the writer calls with its progress.
func (b *rangeBar) report() func(logrange.Progress) {
	if b == nil {
		return nil
	}
	return func(p logrange.Progress) {
		fmt.Fprint(b.w, "\r\x1b[K"+b.line(p, time.Since(b.begun)))
		b.drawn = true
	}
}

func (b *rangeBar) line(p logrange.Progress, elapsed time.Duration) string {
	share := min(float64(p.Done)/float64(max(p.Total, 1)), 1)
	secs := max(elapsed.Seconds(), 0.001)
	text := fmt.Sprintf("%s of %s  %s/s", size(p.Done), size(p.Total), size(int64(float64(p.Done)/secs)))
	if p.Records {
		text = fmt.Sprintf("%s of %s events", count(p.Done), count(p.Total))
	}
	if share > 0.005 && elapsed > time.Second {
		text += "  " + time.Duration(float64(elapsed)*(1-share)/share).Round(time.Second).String() + " left"
	}
	const cells = 20
	full := int(share * cells)
	line := fmt.Sprintf("%s%s %3.0f%%  %s", strings.Repeat("█", full), strings.Repeat("░", cells-full), share*100, text)
	if r := []rune(line); len(r) >= b.width {
		line = string(r[:max(b.width-1, 0)])
	}
	return line
}

// end wipes the line.
func (b *rangeBar) end() {
	if b != nil && b.drawn {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
