package cli

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"entente/internal/hunt"
	"entente/internal/source"
	"entente/internal/triage"
)

// recordOptions choose records for the verbs that look at logs without rules.
type recordOptions struct {
	since, until string
	hosts        []string
	channels     []string
	ids          []string
}

func (o *recordOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.since, "since", "", "only records from this `TIME` on: 2021-03-01, 2021-03-01T14:00:00Z, or 7d, 12h before now")
	f.StringVar(&o.until, "until", "", "only records before this `TIME`")
	f.StringSliceVar(&o.hosts, "host", nil, "only records of this `HOST`, by full or short name, with * and ? as wildcards; may be repeated; records that name no host, only another address, or no domain where nothing but one is asked for, are left out and counted")
	f.StringSliceVar(&o.channels, "channel", nil, "only records of this `CHANNEL`, whole (Security), short (sysmon) or with * (*powershell*); may be repeated")
	f.StringArrayVar(&o.ids, "id", nil, "only records with this event `ID`: 4624, 4624,4625 or 4700-4799; may be repeated")
}

func (o *recordOptions) filter(now time.Time) (triage.Filter, error) {
	out := triage.Filter{Hosts: o.hosts, Channels: o.channels, Nameless: new(atomic.Int64)}
	var err error
	if out.Since, err = parseMoment("--since", o.since, now); err != nil {
		return out, err
	}
	if out.Until, err = parseMoment("--until", o.until, now); err != nil {
		return out, err
	}
	if !out.Since.IsZero() && !out.Until.IsZero() && !out.Since.Before(out.Until) {
		return out, usagef("--since %s is not before --until %s", o.since, o.until)
	}
	for _, list := range o.ids {
		ids, err := triage.ParseIDs(list)
		if err != nil {
			return out, usagef("--id: %w", err)
		}
		out.IDs = append(out.IDs, ids...)
	}
	return out, nil
}

// nameless is the count of a filter for [readingOptions], nil where nothing is to be said.
func nameless(f *triage.Filter, quiet bool) *atomic.Int64 {
	if quiet {
		return nil
	}
	return f.Nameless
}

// registerReadCompletion completes the flags of readOptions.
func registerReadCompletion(c *cobra.Command) {
	registerCompletion(c, "as", sourceFormats())
}

// reading is one pass over logs: it draws progress, says what was damaged or left out, and judges how it went.
type reading struct {
	env      Env
	quiet    bool
	o        readingOptions
	warned   []hunt.Warning // the first
	progress *source.Progress
	bar      *progress
	skipped  int
	first    source.Skipped
	years    source.Yearless
	limited  unread
}

// unread says what a limit has left unread: the first such place, "" where there is none.
type unread string

func (u *unread) note(limit bool, file, why string) {
	if limit && *u == "" {
		*u = unread(file + ": " + why)
	}
}

// maxSkipped is how many inputs that a folder held and nobody asked for by name are told of one by one.
const maxSkipped = 20

// readingOptions say what a pass tells of while it goes on.
type readingOptions struct {
	noBar      bool // no progress bar
	noTroubles bool // nothing about damaged and skipped inputs
	picks      bool // blocks are passed over unread, so that no record met does not mean that there is none
	as         string
	timed      bool // records without a time are left out
	// nameless counts what --host left out for want of a name, in nouns; it is told of at the end. Nil tells nothing.
	nameless *atomic.Int64
	noun     string
	hosts    []string // what --host asked for
}

// newReading prepares opts for a pass.
func newReading(env Env, opts *source.Options, o readingOptions) *reading {
	r := &reading{env: env, quiet: o.noTroubles, o: o, progress: new(source.Progress)}
	r.bar = newProgress(env, r.progress, o.noBar)
	opts.Progress, opts.CountInput = r.progress, r.bar != nil
	opts.Warn, opts.Skip, opts.Yearless = r.warn, r.skip, r.years.Add
	if r.bar != nil {
		r.bar.start()
	}
	return r
}

// stdoutShown says that standard output is a terminal, on which a progress bar would get in the way.
func stdoutShown(env Env) bool {
	_, tty := env.terminalWidth(env.Stdout)
	return tty
}

func (r *reading) say(format string, args ...any) {
	if r.bar != nil {
		r.bar.pause()
	}
	fmt.Fprintf(r.env.Stderr, format+"\n", args...)
}

func (r *reading) warn(w source.Warning) {
	hw := hunt.Warning{File: w.File, Offset: w.Offset, Message: w.Message}
	r.limited.note(w.Limit, w.File, w.Message)
	if len(r.warned) == 0 {
		r.warned = append(r.warned, hw)
	}
	if !r.quiet {
		r.say("warning: %s", describeWarning(hw))
	}
}

func (r *reading) skip(s source.Skipped) {
	if r.skipped == 0 || s.Named && !r.first.Named {
		r.first = s
	}
	r.limited.note(s.Limit, s.File, s.Reason)
	r.skipped++
	if !r.quiet && (s.Named || r.skipped <= maxSkipped) {
		r.say("skipped: %s: %s", printable(s.File), printable(s.Reason))
	}
}

// end finishes the pass. An error of the reader turns into the verb's, the end of a pipe into none; a pass in which
// nothing could be read fails.
func (r *reading) end(err error) error {
	if r.bar != nil {
		r.bar.stop()
	}
	switch {
	case err != nil && isBrokenPipe(err):
		return nil
	case err != nil:
		return err
	}
	if !r.quiet && r.skipped > maxSkipped {
		r.say("skipped: %d inputs in all", r.skipped)
	}
	if r.progress.Files.Load() == 0 {
		if r.skipped == 0 {
			return exit(ExitFailure, errors.New("the inputs hold no file"))
		}
		return exit(ExitFailure, fmt.Errorf("no input could be read: %s: %s", printable(r.first.File), printable(r.first.Reason)))
	}
	if r.progress.Events.Load() == 0 && !r.o.picks && (r.o.as != "" || len(r.warned) > 0) {
		return noRecord(r.o.as, r.warned)
	}
	if w, ok := r.years.Warning(); ok {
		r.warn(w)
	}
	if n := r.progress.Timeless.Load(); n > 0 && r.o.timed && !r.quiet {
		r.say("warning: %s", withoutTime(n))
	}
	if r.o.nameless != nil && r.o.nameless.Load() > 0 {
		r.say("warning: %s", hunt.Nameless(r.o.nameless.Load(), r.o.noun, r.o.hosts))
	}
	return nil
}

// close prints what came of a pass that has ended. It fails where a limit left a part of the inputs unread.
func (r *reading) close(out []byte) error {
	if len(out) > 0 {
		if err := pipeEnd(writeAll(r.env, out)); err != nil {
			return err
		}
	}
	return notWhole(string(r.limited))
}

// needPaths refuses a command line without inputs.
func needPaths(verb string, args []string) error {
	if len(args) == 0 {
		return usagef("no logs given\nhint: entente %s PATH…, or - for standard input; see entente %s --help", verb, verb)
	}
	return nil
}

// pipeEnd turns the end of a reader that has seen enough (`| head`) into a quiet one.
func pipeEnd(err error) error {
	if isBrokenPipe(err) {
		return nil
	}
	return err
}

// writeAll writes to standard output.
func writeAll(env Env, b []byte) error {
	_, err := env.Stdout.Write(b)
	return err
}

// describeInputs is what help says of the paths that every verb takes.
const describeInputs = `PATH is a file, a folder, a pattern (** crosses folders) or - for standard input; archives (zip, tar, gz, zst, bz2)
are looked into. The format of each log is recognised by its content.`

// splitList takes apart "a,b" and trims what is in it.
func splitList(lists []string) []string {
	var out []string
	for _, l := range lists {
		for s := range strings.SplitSeq(l, ",") {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}
