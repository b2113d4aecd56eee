package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/coverage"
	"entente/internal/report"
	"entente/internal/triage"
)

type logsOptions struct {
	records   recordOptions
	read      readOptions
	providers bool
	ids       bool
	gap       time.Duration
	jump      time.Duration
	json      bool
	quiet     bool
}

func newLogsCmd(env Env) *cobra.Command {
	var o logsOptions
	c := &cobra.Command{
		Use:   "logs [flags] PATH…",
		Short: "Show which logs there are and what is missing from them",
		Long: `Take stock of logs: which host wrote which log, how many records, from when to when, which kinds of event, and what
should make you wonder.

` + describeInputs + `

  gaps            A time without any record in a log that usually writes much more often: at least 50 times its mean
                  pause, and at least as long as --gap. A log with many gaps is told of only for those that stand out
                  among them. It is marked when other logs of the same host go on meanwhile.
  missing ids     Record ids of a Windows log (EventRecordID) that do not occur between others that do. Where they are
                  missing all over, the records were chosen by somebody, or forwarded.
  copies          Record ids that occur twice: the same log was collected more than once.
  clock jumps     A record that is older than the one before it, by more than --jump.
  about the logs  Logs that were cleared, clocks that were set, auditing that was changed.

All times are UTC. Exit codes: 0 done, 1 no input could be read, or not all of it because of a
limit, 2 wrong usage, 130 interrupted.`,
		Example: `  entente logs evidence/
  entente logs --host dc01 --channel security --ids evidence/
  entente logs --gap 10m --since 2021-03-01 --until 2021-03-03 logs/
  entente logs --json evidence.zip | jq '.logs[] | select(.gaps) | {host, channel, gaps}'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return runLogs(c.Context(), env, &o, args) },
	}
	f := c.Flags()
	o.records.register(f)
	o.read.register(f)
	f.BoolVar(&o.providers, "providers", false, "tell the providers of a channel apart (record ids are not looked at then)")
	f.BoolVar(&o.ids, "ids", false, "list every kind of event, one a line")
	f.DurationVar(&o.gap, "gap", time.Hour, "shortest `TIME` without records that counts as a gap")
	f.DurationVar(&o.jump, "jump", 5*time.Minute, "shortest `TIME` backwards that counts as a clock jump")
	f.BoolVar(&o.json, "json", false, "print one JSON object; docs/formats/triage.md describes it")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress, no warnings")
	registerReadCompletion(c)
	return c
}

func runLogs(ctx context.Context, env Env, o *logsOptions, args []string) error {
	if err := needPaths("logs", args); err != nil {
		return err
	}
	if o.gap <= 0 || o.jump <= 0 {
		return usagef("--gap and --jump must be longer than nothing")
	}
	to := triage.InventoryOptions{Providers: o.providers, Gap: o.gap, Jump: o.jump}
	var err error
	if to.Filter, err = o.records.filter(time.Now()); err != nil {
		return err
	}
	if to.Read, err = o.read.options(); err != nil {
		return err
	}
	// The sheet says itself what was damaged and left out; standard error repeats it only beside JSON.
	r := newReading(env, &to.Read, readingOptions{
		noBar: o.quiet, noTroubles: o.quiet || !o.json, as: o.read.as, timed: to.Filter.Timed(),
		nameless: nameless(&to.Filter, o.quiet), noun: "record", hosts: to.Filter.Hosts,
	})
	inv, err := triage.TakeInventory(ctx, args, to)
	if err := r.end(err); err != nil {
		return err
	}
	if o.json {
		b, err := json.Marshal(inv)
		if err != nil {
			return err
		}
		return r.close(append(b, '\n'))
	}
	s := newSheet(env)
	showInventory(s, inv, o.ids)
	return r.close(s.b.Bytes())
}

func showInventory(s *sheet, inv *triage.Inventory, ids bool) {
	byHost := groupByHost(inv.Logs)
	named := len(byHost)
	if named > 0 && byHost[0].name == "" {
		named--
	}
	s.line()
	s.line("  ", s.paint(styleBold, many(int64(len(inv.Logs)), "log")), " of ", s.paint(styleBold, many(int64(named), "host name")), ", ",
		s.paint(styleBold, many(inv.Events, "record")), " in ", many(inv.Files, "file"), s.paint(styleDim, when(inv.First, inv.Last)))
	const countW, spanW = 13, 36
	nameW := 12
	for _, l := range inv.Logs {
		nameW = max(nameW, report.Width(logName(l)))
	}
	if ids { // the names of kinds stand in the same column
		nameW = max(nameW, 44)
	}
	nameW = min(nameW, max(24, s.width-countW-spanW-50), 56)
	for _, h := range byHost {
		name, also := printable(h.name), ""
		if h.name == "" {
			name = "(logs that name no host)"
		}
		if len(h.also) > 0 {
			also = ", also " + printable(strings.Join(h.also, ", "))
		}
		s.line()
		s.line("  ", s.paint(styleTitle, name), s.paint(styleDim, also), "  ", s.paint(styleDim, many(h.events, "record")))
		for _, l := range h.logs {
			kinds := ""
			if !ids {
				kinds = kindsLine(l.Kinds, s.width-4-nameW-countW-spanW-3)
			}
			s.line("    ", left(logName(l), nameW), right(thousands(l.Events), countW), "  ", left(span(l.First, l.Last), spanW), " ", s.paint(styleDim, kinds))
			if ids {
				for _, k := range l.Kinds {
					s.line("      ", left(kindName(k), nameW-2), right(thousands(k.Count), countW), "  ", s.paint(styleDim, kindOwner(k, l)))
				}
			}
			for _, a := range anomalies(l) {
				s.line("      ", s.paint(styleAlert, "! "), a)
			}
		}
	}
	showNotable(s, inv)
	showTroubles(s, inv)
	for _, l := range inv.Limits {
		s.line()
		s.line("  ", s.paint(styleAlert, "! "), l)
	}
	s.line()
}

// hostLogs are the logs of a host, under the name by which a hunt calls it.
type hostLogs struct {
	name   string
	also   []string // its other names
	events int64
	logs   []*triage.Log
}

// groupByHost puts logs together by the names of their hosts, which it joins as a hunt does. Those that name none come first.
func groupByHost(logs []*triage.Log) []hostLogs {
	var all []string
	for _, l := range logs {
		if l.Host != "" {
			all = append(all, l.Host)
		}
	}
	names := coverage.NewNames(all, nil)
	at := map[string]int{}
	var out []hostLogs
	for _, l := range logs {
		name := names.Of(l.Host)
		i, met := at[name]
		if !met {
			i = len(out)
			at[name] = i
			out = append(out, hostLogs{name: name, also: names.Aliases[name]})
		}
		out[i].events += l.Events
		out[i].logs = append(out[i].logs, l)
	}
	slices.SortStableFunc(out, func(a, b hostLogs) int { return strings.Compare(a.name, b.name) })
	return out
}

func when(first, last time.Time) string {
	if first.IsZero() {
		return ""
	}
	return ", " + span(first, last) + " UTC"
}

func logName(l *triage.Log) string {
	name := l.Channel
	if name == "" {
		name = string(l.Source)
	} else if l.Source != "windows" {
		name = string(l.Source) + " " + name
	}
	if l.Provider != "" {
		name += " · " + l.Provider
	}
	return printable(name)
}

func kindName(k triage.Kind) string {
	name := printable(k.Name)
	if k.ID != 0 {
		name = strings.TrimSpace(strconv.FormatUint(uint64(k.ID), 10) + " " + name)
	}
	if name == "" {
		return "(no kind)"
	}
	return name
}

func kindOwner(k triage.Kind, l *triage.Log) string {
	if k.Provider == "" || k.Provider == l.Provider {
		return ""
	}
	return printable(k.Provider)
}

// kindsLine fits the most frequent kinds into some columns.
func kindsLine(kinds []triage.Kind, columns int) string {
	if len(kinds) == 1 && kinds[0].ID == 0 && kinds[0].Name == "" {
		return ""
	}
	var b strings.Builder
	room := columns
	for i, k := range kinds {
		text := kindName(k) + " " + thousands(k.Count)
		if i > 0 {
			text = " · " + text
		}
		w := report.Width(text)
		if w > room {
			if i == 0 {
				return report.Clip(text, columns)
			}
			if room >= 2 {
				b.WriteString(" …")
			}
			break
		}
		room -= w
		b.WriteString(text)
	}
	return b.String()
}

// anomalies says in words what is strange about a log.
func anomalies(l *triage.Log) []string {
	var out []string
	const most = 3
	for i, g := range l.Gaps {
		if i == most {
			out = append(out, fmt.Sprintf("and %s, of at least %s", many(int64(len(l.Gaps)-most), "more gap"),
				lasting(l.Gaps[len(l.Gaps)-1].To.Sub(l.Gaps[len(l.Gaps)-1].From))))
			break
		}
		text := fmt.Sprintf("nothing for %s: %s", lasting(g.To.Sub(g.From)), span(g.From, g.To))
		if g.Others {
			text += ", while other logs of the host go on"
		}
		out = append(out, text)
	}
	if m := l.Missing; m != nil {
		switch {
		case m.Scattered:
			out = append(out, "record ids are missing all over: chosen or forwarded records, not the whole log")
		default:
			r := m.Runs[0]
			text := fmt.Sprintf("%s missing in %s: %d", many(m.Records, "record id"), many(int64(m.RunsAll), "place"), r.From)
			if r.To > r.From {
				text += fmt.Sprintf(" to %d", r.To)
			}
			if m.RunsAll > 1 {
				text += " is the longest run"
			}
			out = append(out, text)
		}
	}
	if l.Copies > 0 {
		out = append(out, fmt.Sprintf("%s more than once, by the record ids: the log was collected twice", stand(l.Copies)))
	}
	if l.JumpsAll > 0 && len(l.Jumps) > 0 {
		j := l.Jumps[0]
		text := fmt.Sprintf("the clock goes back by %s, from %s to %s", lasting(j.From.Sub(j.To)), j.From.Format(time.DateTime), j.To.Format(time.DateTime))
		if l.JumpsAll > 1 {
			text += fmt.Sprintf(", and %s", many(l.JumpsAll-1, "more time"))
		}
		out = append(out, text)
	}
	if l.Timeless > 0 {
		out = append(out, many(l.Timeless, "record")+" without a time")
	}
	return out
}

func stand(n int64) string {
	if n == 1 {
		return "1 record stands"
	}
	return thousands(n) + " records stand"
}

func showNotable(s *sheet, inv *triage.Inventory) {
	if len(inv.Notable) == 0 {
		return
	}
	s.section("About the logs", many(inv.NotableAll, "record"))
	const most = 30
	for i, n := range inv.Notable {
		if i == most {
			s.line("    ", s.paint(styleDim, fmt.Sprintf("and %s more; --json lists them", thousands(inv.NotableAll-most))))
			break
		}
		at := "no time            "
		if !n.Time.IsZero() {
			at = n.Time.Format(time.DateTime)
		}
		who := ""
		if n.User != "" && n.User != "-" {
			who = " by " + printable(n.User)
		}
		style := styleAlert
		if strings.Contains(n.What, "cleared") || strings.Contains(n.What, "off") {
			style = styleDanger
		}
		s.line("    ", s.paint(styleDim, at), "  ", left(printable(n.Host), 24), "  ", s.paint(style, printable(n.What)), who,
			s.paint(styleDim, "  "+report.ClipMiddle(printable(n.File), 60)))
	}
}

func showTroubles(s *sheet, inv *triage.Inventory) {
	const most = 10
	if len(inv.Skipped) > 0 {
		s.section("Not read", many(inv.SkippedAll, "input"))
		for _, x := range inv.Skipped[:min(most, len(inv.Skipped))] {
			s.line("    ", report.ClipMiddle(printable(x.File), s.width/2), ": ", printable(x.Message))
		}
		if n := inv.SkippedAll - most; n > 0 {
			s.line("    ", s.paint(styleDim, fmt.Sprintf("and %s more; --json lists them", thousands(n))))
		}
	}
	if len(inv.Warnings) > 0 {
		s.section("Damaged or doubtful", many(inv.WarningsAll, "place"))
		for _, x := range inv.Warnings[:min(most, len(inv.Warnings))] {
			at := ""
			if x.Offset >= 0 {
				at = fmt.Sprintf(" at byte %d", x.Offset)
			}
			s.line("    ", report.ClipMiddle(printable(x.File), s.width/2), s.paint(styleDim, at), ": ", printable(x.Message))
		}
		if n := inv.WarningsAll - most; n > 0 {
			s.line("    ", s.paint(styleDim, fmt.Sprintf("and %s more; --json lists them", thousands(n))))
		}
	}
}
