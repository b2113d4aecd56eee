package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/logrange"
	"entente/internal/report"
	"entente/internal/source"
	"entente/internal/taxonomy"
	"entente/packs"
)

type demoOptions struct {
	dir   string
	seed  uint64
	quiet bool
}

// What the demonstration writes into its folder.
const (
	demoLogs   = "logs"
	demoTruth  = "truth.jsonl"
	demoReport = "report.html"
)

func newDemoCmd(env Env) *cobra.Command {
	o := demoOptions{dir: "entente-demo"}
	c := &cobra.Command{
		Use:   "demo [DIR]",
		Short: "Write a small intrusion, hunt it, and make a report to open",
		Long: `Write two days of logs of a small organisation whose mail server is broken into, hunt them with the advisory packs that
come with the program, compare the findings with the truth, and make an HTML report.

The folder (entente-demo) then holds logs/, truth.jsonl and report.html. Everything in it is invented.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`,
		Example: `  entente demo
  entente demo --seed 7 elsewhere && entente hunt elsewhere/logs`,
		Args: atMostOne,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.dir = args[0]
			}
			return runDemo(c.Context(), env, o)
		},
	}
	c.Flags().Uint64Var(&o.seed, "seed", 20210303, "what everything random is drawn from")
	c.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "no progress, no words between")
	return c
}

func runDemo(ctx context.Context, env Env, o demoOptions) error {
	if err := o.checkFolder(); err != nil {
		return err
	}
	logs := filepath.Join(o.dir, demoLogs)
	o.say(env, "Five logs of a small organisation: a domain controller, a mail server, a workstation, a Linux web server and\n"+
		"a cloud tenant, on 2 and 3 March 2021. In the morning of the third somebody breaks into the mail server.\n")
	begun := time.Now()
	plan := logrange.Demo(o.seed)
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return fmt.Errorf("make the demonstration's folder: %w", err)
	}
	plan.Truth = filepath.Join(o.dir, demoTruth)
	written, err := logrange.Write(ctx, logs, plan, nil)
	if err != nil {
		return err
	}
	o.say(env, "Wrote %s events in %s (%s) in %s.\n", count(written.Events), plural(len(written.Files), "file"), size(written.Bytes),
		time.Since(begun).Round(10*time.Millisecond))
	score := logrange.NewScore(written.Truth)
	if err := o.hunt(ctx, env, logs, score); err != nil {
		return err
	}
	o.compare(env, score)
	return nil
}

func (o *demoOptions) say(env Env, format string, args ...any) {
	if !o.quiet {
		fmt.Fprintf(env.Stdout, format, args...)
	}
}

// checkFolder refuses a folder that holds anything but an earlier demonstration.
func (o *demoOptions) checkFolder() error {
	list, err := os.ReadDir(o.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return usagef("%w", err)
	}
	for _, e := range list {
		switch e.Name() {
		case demoLogs, demoTruth, demoReport:
		default:
			return usagef("%s is not empty: it holds %s\nhint: name another folder: entente demo DIR", o.dir, printable(e.Name()))
		}
	}
	return nil
}

// hunt runs the packs that come with the program over the logs: a summary on standard output, and the report.
func (o *demoOptions) hunt(ctx context.Context, env Env, logs string, score *logrange.Score) error {
	set, err := openPacks(packs.IDs())
	if err != nil {
		return err
	}
	table, err := taxonomy.Load()
	if err != nil {
		return fmt.Errorf("read the taxonomy: %w", err)
	}
	collector := set.collector(table, nil)
	ho := huntOptions{format: "terminal", outputs: []string{"html=" + filepath.Join(o.dir, demoReport)}, quiet: o.quiet}
	out, err := ho.open(env, set, collector)
	if err != nil {
		return err
	}
	out.sink = report.Tee(out.sink, &demoScore{score: score, logs: logs})
	plan := hunt.NewPlan(coverage.Rules(set.packs), table, hunt.PlanOptions{Tags: attackTags()})
	sum, err := hunt.Run(ctx, plan, hunt.Options{
		Inputs: []string{logs}, Indicators: plan.Count(set.fromIndicator), Progress: new(source.Progress), Finding: counting(collector, out.sink.Finding), Version: Version(), Logs: true,
	})
	if cerr := out.close(sum); err == nil {
		err = cerr
	}
	return pipeClosed(err)
}

// demoScore is a sink that tells the score where findings are.
type demoScore struct {
	score *logrange.Score
	logs  string
}

func (d *demoScore) Finding(f *hunt.Finding) error {
	if f.Rule.Level == "low" || f.Rule.Level == "informational" {
		return nil // worth a look beside others, and no alarm
	}
	if f.Correlation == nil {
		d.score.Finding(d.spot(f.File, f.Offset))
		return nil
	}
	var records []logrange.Spot
	for _, m := range f.Correlation.Matches {
		records = append(records, d.spot(m.File, m.Offset))
	}
	d.score.Finding(records...)
	return nil
}

func (d *demoScore) Close(*hunt.Summary) error { return nil }

func (d *demoScore) spot(file string, offset int64) logrange.Spot {
	if rel, err := filepath.Rel(d.logs, file); err == nil {
		file = filepath.ToSlash(rel)
	}
	return logrange.Spot{File: file, Offset: offset}
}

// compare says how the findings stand to the truth, and what to do next.
func (o *demoOptions) compare(env Env, score *logrange.Score) {
	found, missed, alarms := score.Found(), score.Missed(), score.Alarms()
	o.say(env, "\nAgainst the truth: %d of %d planted techniques found", len(found), len(found)+len(missed))
	if len(missed) > 0 {
		o.say(env, " (missed: %s)", strings.Join(missed, ", "))
	}
	o.say(env, "; %d of %d harmless look-alikes raised an alarm", len(alarms), len(alarms)+len(score.Quiet()))
	if len(alarms) > 0 {
		o.say(env, " (%s)", strings.Join(alarms, ", "))
	}
	o.say(env, "; %d findings on records that nobody planted.\n", score.Elsewhere())
	o.say(env, "\nOpen %s, or hunt again:\n  entente hunt %s\n", filepath.Join(o.dir, demoReport), filepath.Join(o.dir, demoLogs))
}
