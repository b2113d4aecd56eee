package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/coverage"
	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/report"
	"entente/internal/sigma"
	"entente/internal/source"
)

type adviseOptions struct {
	packs    []string
	findings bool
	filter   filterOptions
	read     readOptions
	mappings []string
	all      bool
	format   string
	quiet    bool
}

func newAdviseCmd(env Env) *cobra.Command {
	var o adviseOptions
	c := &cobra.Command{
		Use:   "advise [flags] LOGS… | FINDINGS.jsonl",
		Short: "Say what stops the techniques that were found",
		Long: `Hunt with advisory packs, and print their mitigations for what was found: those first that mend a flaw that was tried, then
those that stop most of the techniques, then those that take least effort, each with the techniques that it stops.

LOGS are as for entente hunt. A file that holds the findings of an earlier hunt (entente hunt --format jsonl) is not hunted
again: its findings count. With --findings every argument is such a file, - is standard input. With --all nothing is
hunted: the mitigations of the packs, ordered by how many TTPs they stop.

Without --pack the packs that come with the program are used.

Exit codes: 0 nothing found, 1 failed, no input could be read, or nothing found and a limit left a part unread, 2 wrong usage, 3
findings, 130 interrupted.`,
		Example: `  entente advise evidence/
  entente hunt --format jsonl evidence/ > found.jsonl; entente advise found.jsonl
  entente advise --all --pack aa21-200b --format json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return runAdvise(c.Context(), env, o, args) },
	}
	f := c.Flags()
	f.StringArrayVarP(&o.packs, "pack", "p", nil, "advisory pack: `NAME|DIR|FILE`; may be repeated")
	f.BoolVar(&o.findings, "findings", false, "the arguments are saved hunts: JSON lines, - for standard input")
	f.BoolVar(&o.all, "all", false, "every mitigation of the packs, whatever was found")
	f.StringVarP(&o.format, "format", "f", "text", "text or json: one object per mitigation and line")
	f.StringArrayVar(&o.mappings, "mapping", nil, "taxonomy `FILE` that adds logs or field names; may be repeated")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress, no warnings")
	o.filter.register(f)
	o.read.register(f)
	_ = c.RegisterFlagCompletionFunc("pack", completePacks(1<<10))
	registerCompletion(c, "format", []string{"text", "json"})
	registerCompletion(c, "level", levels)
	registerCompletion(c, "as", sourceFormats())
	return c
}

func runAdvise(ctx context.Context, env Env, o adviseOptions, args []string) error {
	if o.format != "text" && o.format != "json" {
		return usagef("there is no format %q\nhint: text or json", o.format)
	}
	switch {
	case o.all && len(args) > 0:
		return usagef("--all is about the packs and takes no logs\nhint: leave out one of both")
	case !o.all && len(args) == 0:
		return usagef("no logs given\nhint: entente advise LOGS…, or --all for everything that the packs advise; see entente advise --help")
	}
	if err := o.filter.check(); err != nil {
		return err
	}
	rules := ruleOptions{mappings: o.mappings}
	set, err := packsForHunt(o.packs, &rules, &indicatorOptions{})
	if err != nil {
		return err
	}
	table, err := rules.table()
	if err != nil {
		return err
	}
	collector := set.collector(table, o.filter.keep())
	if collector == nil {
		return usagef("no pack given\nhint: --pack NAME, DIR or FILE")
	}
	var (
		sum   *hunt.Summary
		logs  []string
		saved savedLogs
	)
	for _, name := range args {
		if !o.findings && !savedHunt(name) {
			logs = append(logs, name)
			continue
		}
		if err := readFindings(env, name, collector, &saved); err != nil {
			return err
		}
	}
	if len(logs) > 0 {
		plan, err := planOf(env, coverage.Rules(set.packs), table, &o.filter, hunt.PlanOptions{}, o.quiet)
		if err != nil {
			return err
		}
		if sum, err = o.hunt(ctx, env, plan, collector, logs); err != nil {
			return err
		}
	}
	r := collector.Report(saved.into(sum))
	list := r.Advise(o.all)
	w := bufio.NewWriter(env.Stdout)
	if o.format == "json" {
		err = adviceJSON(w, list, o.all)
	} else {
		adviceText(w, r, list, o.all)
	}
	if ferr := w.Flush(); err == nil {
		err = ferr
	}
	if err != nil {
		return pipeClosed(err)
	}
	if r.Found() == 0 {
		return notWhole(r.Incomplete)
	}
	if r.Incomplete != "" && !o.quiet {
		fmt.Fprintln(env.Stderr, "warning: not everything was read:", printable(r.Incomplete))
	}
	return exit(ExitFindings, nil)
}

func (o *adviseOptions) hunt(ctx context.Context, env Env, plan *hunt.Plan, c *coverage.Collector, logs []string) (*hunt.Summary, error) {
	ho := hunt.Options{
		Inputs: logs, Version: Version(), Progress: new(source.Progress), Logs: true,
		Finding: func(f *hunt.Finding) error { c.Add(f); return nil }, Event: report.NeedsEvent,
	}
	var err error
	if ho.Read, err = o.read.options(); err != nil {
		return nil, err
	}
	if err := o.filter.apply(&ho, time.Now()); err != nil {
		return nil, err
	}
	var named []source.Skipped
	ho.Read.Skip = func(s source.Skipped) {
		if s.Named {
			named = append(named, s)
		}
	}
	bar := newProgress(env, ho.Progress, o.quiet)
	ho.Read.CountInput = bar != nil
	if bar != nil {
		bar.start()
	}
	sum, err := hunt.Run(ctx, plan, ho)
	if bar != nil {
		bar.stop()
	}
	switch {
	case err != nil:
		return nil, err
	case sum.Files == 0:
		return nil, nothingRead(env, sum, named, o.quiet)
	case sum.Events == 0 && (o.read.as != "" || sum.WarningsTotal > 0):
		return nil, noRecord(o.read.as, sum.Warnings)
	case !o.quiet:
		printSkipped(env, named)
	}
	return sum, nil
}

// savedFinding is what advice needs of a line of docs/formats/finding.md.
type savedFinding struct {
	Rule struct {
		ID    string   `json:"id"`
		Title string   `json:"title"`
		Level string   `json:"level"`
		Tags  []string `json:"tags"`
	} `json:"rule"`
	Time        time.Time       `json:"time"`
	Last        time.Time       `json:"last"`
	Host        string          `json:"host"`
	Source      event.Source    `json:"source"`
	Channel     string          `json:"channel"`
	File        string          `json:"file"`
	Count       int             `json:"count"`
	Event       json.RawMessage `json:"event"`
	Incomplete  string          `json:"incomplete"` // the line is no finding
	Correlation *struct {
		Group   map[string]any `json:"group"`
		First   time.Time      `json:"first"`
		Matches []struct {
			Host string `json:"host"`
			File string `json:"file"`
		} `json:"matches"`
	} `json:"correlation"`
}

// finding is what a collector needs of it.
func (s *savedFinding) finding() *hunt.Finding {
	f := &hunt.Finding{
		Rule: &sigma.Meta{ID: strings.ToLower(s.Rule.ID), Title: s.Rule.Title, Level: s.Rule.Level, Tags: s.Rule.Tags},
		Time: s.Time, Last: s.Last, Host: s.Host, Source: s.Source, Channel: s.Channel, File: s.File, Count: s.Count, Event: s.Event,
	}
	if c := s.Correlation; c != nil {
		f.Correlation = &hunt.CorrelationHit{First: c.First}
		for _, name := range slices.Sorted(maps.Keys(c.Group)) {
			if v, ok := c.Group[name].(string); ok {
				f.Correlation.Group = append(f.Correlation.Group, hunt.FieldValue{Name: name, Value: v})
			}
		}
		for _, m := range c.Matches {
			f.Correlation.Matches = append(f.Correlation.Matches, hunt.CorrelationMatch{Host: m.Host, File: m.File})
		}
	}
	return f
}

// savedLogs are the logs that saved findings are of: they tell which names are of one host, as the logs themselves do.
type savedLogs struct {
	logs       map[savedLog]bool
	incomplete string                     // why a hunt did not read all of them, "" where it did
	files      map[string]map[string]bool // hosts that are addresses or none, by file
}

type savedLog struct {
	source              event.Source
	channel, host, file string
}

// maxSavedLogs bounds them.
const maxSavedLogs = 100_000

func (l *savedLogs) add(s *savedFinding) {
	if l.logs == nil {
		l.logs, l.files = map[savedLog]bool{}, map[string]map[string]bool{}
	}
	if s.Source == "" || len(l.logs) > maxSavedLogs {
		return
	}
	at := savedLog{source: s.Source, channel: s.Channel, host: s.Host}
	if _, err := netip.ParseAddr(s.Host); s.Host == "" || err == nil && s.Source == event.SourceIIS {
		at.file = s.File
		if l.files[at.file] == nil {
			l.files[at.file] = map[string]bool{}
		}
		l.files[at.file][s.Host] = true
	}
	l.logs[at] = true
}

// into adds the logs to a summary, which may be nil.
func (l *savedLogs) into(sum *hunt.Summary) *hunt.Summary {
	if len(l.logs) == 0 && l.incomplete == "" {
		return sum
	}
	if sum == nil {
		sum = &hunt.Summary{}
	}
	sum.Incomplete = cmp.Or(sum.Incomplete, l.incomplete)
	order := slices.SortedFunc(maps.Keys(l.logs), func(a, b savedLog) int {
		return cmp.Or(cmp.Compare(a.source, b.source), strings.Compare(a.channel, b.channel), strings.Compare(a.host, b.host), strings.Compare(a.file, b.file))
	})
	for _, k := range order {
		sum.Logs = append(sum.Logs, hunt.LogCount{Source: k.source, Channel: k.channel, Host: k.host, File: k.file})
	}
	for _, file := range slices.Sorted(maps.Keys(l.files)) {
		sum.Unnamed = append(sum.Unnamed, hunt.FileHosts{File: file, Hosts: slices.Sorted(maps.Keys(l.files[file]))})
	}
	return sum
}

// savedHunt says that a file begins with a finding, or tells of a hunt without findings that was incomplete.
func savedHunt(name string) bool {
	if name == "-" {
		return false
	}
	if fi, err := os.Stat(name); err != nil || !fi.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // only read
	head := make([]byte, 1<<12)
	n, _ := io.ReadFull(f, head) // a short file is read whole
	return bytes.HasPrefix(head[:n], []byte(`{"incomplete":"`)) || bytes.HasPrefix(head[:n], []byte(`{"rule":{`)) && bytes.Contains(head[:n], []byte(`"title":`))
}

// maxFindingLine bounds a line of a saved hunt.
const maxFindingLine = 64 << 20

// readFindings takes the findings of a saved hunt. Lines that are none are counted and named once.
func readFindings(env Env, name string, c *coverage.Collector, logs *savedLogs) error {
	in := env.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return usagef("%w", err)
		}
		defer f.Close() //nolint:errcheck // only read
		in = f
	}
	r := bufio.NewReaderSize(in, 1<<16)
	bad, good, first := 0, 0, 0
	for n := 1; ; n++ {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var s savedFinding
		err = json.Unmarshal(line, &s)
		if err == nil && s.Incomplete != "" {
			logs.incomplete = cmp.Or(logs.incomplete, name+": "+s.Incomplete)
			continue
		}
		if err != nil || s.Rule.ID == "" && s.Rule.Title == "" {
			if bad++; first == 0 {
				first = n
			}
			continue
		}
		good++
		logs.add(&s)
		c.Add(s.finding())
	}
	switch {
	case good == 0 && bad > 0:
		return usagef("%s holds no findings: line %d is none\nhint: entente hunt --format jsonl LOGS… > FILE writes them", printable(name), first)
	case bad > 0:
		fmt.Fprintf(env.Stderr, "warning: %s: %s are no findings, the first is line %d\n", printable(name), plural(bad, "line"), first)
	}
	return nil
}

// readLine reads a line without its end; the last one may have none.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxFindingLine:
			return nil, fmt.Errorf("the line is longer than %d MiB", maxFindingLine>>20)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0, err == nil:
			return bytes.TrimSuffix(line, []byte{'\n'}), nil
		default:
			return nil, err
		}
	}
}

// adviceJSON writes an object for each mitigation. With all nothing was hunted: TTPs have no state then.
func adviceJSON(w io.Writer, list []coverage.Advice, all bool) error {
	enc := json.NewEncoder(w)
	for i := range list {
		a := &list[i]
		type stopped struct {
			ID       string   `json:"id"`
			Tactics  []string `json:"tactics"`
			State    string   `json:"state,omitempty"`
			Findings *int64   `json:"findings,omitempty"`
			Hosts    *int     `json:"hosts,omitempty"`
		}
		stops := make([]stopped, len(a.Stops))
		for k, t := range a.Stops {
			stops[k] = stopped{ID: t.ID, Tactics: t.Tactics}
			if hosts := len(t.Hosts); !all {
				stops[k].State, stops[k].Findings, stops[k].Hosts = string(t.State), &t.Findings, &hosts
			}
		}
		err := enc.Encode(struct {
			ID     string    `json:"id"`
			Title  string    `json:"title"`
			Text   string    `json:"text"`
			Effort string    `json:"effort"`
			Attack []string  `json:"attack,omitempty"`
			D3FEND []string  `json:"d3fend,omitempty"`
			Pack   string    `json:"pack"`
			Stops  []stopped `json:"stops"`
			Others int       `json:"others"`
		}{a.ID, a.Title, a.Text, a.Effort, a.Attack, a.D3FEND, a.Pack.Manifest.ID, stops, a.Others})
		if err != nil {
			return err
		}
	}
	return nil
}

func wasWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// adviceWidth is how wide the text may be.
const adviceWidth = 96

func adviceText(w io.Writer, r *coverage.Report, list []coverage.Advice, all bool) {
	found := r.Found()
	switch {
	case all:
		fmt.Fprintf(w, "%s, what stops most first\n", plural(len(list), "mitigation"))
	case found == 0:
		fmt.Fprintln(w, "No technique of the packs was found: nothing to advise.\nhint: entente advise --all lists every mitigation of the packs")
		return
	default:
		fmt.Fprintf(w, "%s found; %s, what mends a flaw that was tried first, then what stops most of them\n", plural(found, "technique"), plural(len(list), "mitigation"))
	}
	what := "found"
	if all {
		what = "in all"
	}
	for i := range list {
		a := &list[i]
		fmt.Fprintf(w, "\n%3d. %s\n", i+1, printable(a.Title))
		fmt.Fprintf(w, "     stops %d %s, effort %s", len(a.Stops), what, printable(a.Effort))
		if a.Others > 0 {
			fmt.Fprintf(w, "; and %s of the pack that %s not found", plural(a.Others, "other TTP"), wasWere(a.Others))
		}
		if ids := append(append([]string(nil), a.Attack...), a.D3FEND...); len(ids) > 0 {
			fmt.Fprintf(w, "; %s", printable(strings.Join(ids, " ")))
		}
		fmt.Fprintln(w)
		for _, l := range wrapped(printable(a.Text), adviceWidth-5) {
			fmt.Fprintf(w, "     %s\n", l)
		}
		var why []string
		for _, t := range a.Stops {
			text := t.ID
			if t.Findings > 0 {
				text += fmt.Sprintf(" (%s on %s)", plural(int(t.Findings), "finding"), plural(len(t.Hosts), "host"))
			}
			why = append(why, text)
		}
		reason := strings.Join(why, ", ")
		if len(r.Packs) > 1 { // they may have found more or less of the same technique
			reason = a.Pack.Manifest.ID + " has " + reason
			if !all {
				reason = "rules of " + a.Pack.Manifest.ID + " found " + strings.Join(why, ", ")
			}
		}
		for k, l := range wrapped(printable(reason), adviceWidth-10) {
			lead := "     because "
			switch {
			case k > 0:
				lead = "             "
			case all:
				lead = "     against "
			}
			fmt.Fprintf(w, "%s%s\n", lead, l)
		}
	}
}
