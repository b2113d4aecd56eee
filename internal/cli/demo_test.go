package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/logrange"
	"entente/internal/report"
	"entente/internal/sigma"
	"entente/internal/source"
	"entente/internal/taxonomy"
	"entente/packs"
)

func runDemoVerb(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }}
	c := newDemoCmd(env)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&out)
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	for range 2 { // an earlier demonstration is no obstacle
		out, err := runDemoVerb(t, dir)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, want := range []string{"Wrote ", "compromised", "Against the truth: ", "entente hunt "} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is missing in\n%s", want, out)
			}
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil || len(page) < 50_000 || !bytes.Contains(page, []byte("Content-Security-Policy")) {
		t.Errorf("the report is none (%d bytes, %v)", len(page), err)
	}
	for _, name := range []string{"logs/ex01/Security.evtx", "truth.jsonl"} {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	if out, err := runDemoVerb(t, "--quiet", filepath.Join(t.TempDir(), "quiet")); err != nil || strings.Contains(out, "Against the truth") {
		t.Errorf("quiet: %v\n%s", err, out)
	}
}

func TestDemoKeepsOutOfOtherFolders(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.odt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := runDemoVerb(t, dir)
	var ee *exitError
	if !errors.As(err, &ee) || ee.code != ExitUsage || !strings.Contains(err.Error(), "thesis.odt") {
		t.Errorf("error %v", err)
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("something was written: %v", list)
	}
}

// TestPacksAgainstTheTruth: the packs find what is planted, and nothing else that would alarm, whatever the seed.
func TestPacksAgainstTheTruth(t *testing.T) {
	set, err := openPacks(packs.IDs())
	if err != nil {
		t.Fatal(err)
	}
	rules := coverage.Rules(set.packs)
	for _, seed := range []uint64{1, 20210303} {
		score, _ := huntRange(t, logrange.Demo(seed), rules, func(*hunt.Finding) {})
		for _, id := range score.Missed() {
			t.Errorf("seed %d: %s is not found", seed, id)
		}
		if alarms := score.Alarms(); len(alarms) > 0 {
			t.Errorf("seed %d: harmless acts raise an alarm: %v", seed, alarms)
		}
		if n := score.Elsewhere(); n > 0 {
			t.Errorf("seed %d: %d findings on records that nobody planted", seed, n)
		}
		if len(score.Found()) < 20 || len(score.Quiet()) < 20 {
			t.Errorf("seed %d: only %d techniques and %d harmless acts", seed, len(score.Found()), len(score.Quiet()))
		}
	}
}

// huntRange writes a plan and hunts it.
func huntRange(t *testing.T, plan logrange.Plan, rules *sigma.Collection, each func(*hunt.Finding)) (*logrange.Score, *hunt.Summary) {
	t.Helper()
	dir := t.TempDir()
	plan.Truth = filepath.Join(t.TempDir(), "truth.jsonl")
	written, err := logrange.Write(t.Context(), dir, plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(written.Unplanted) > 0 {
		t.Errorf("not planted: %v", written.Unplanted)
	}
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	score := logrange.NewScore(written.Truth)
	sink := report.Sink(&demoScore{score: score, logs: dir})
	sum, err := hunt.Run(t.Context(), hunt.NewPlan(rules, table, hunt.PlanOptions{}), hunt.Options{
		Inputs: []string{dir}, Progress: new(source.Progress),
		Finding: func(f *hunt.Finding) error {
			each(f)
			return sink.Finding(f)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range sum.Warnings {
		t.Errorf("a log that was just written: %s at %d: %s", w.File, w.Offset, w.Message)
	}
	for _, s := range sum.Skipped {
		t.Errorf("a log that was just written is skipped: %s: %s", s.File, s.Message)
	}
	if sum.Events == 0 {
		t.Error("no events")
	}
	return score, sum
}

// TestBackgroundIsQuiet: of all public rules those of level high and critical stay silent where nothing is planted.
func TestBackgroundIsQuiet(t *testing.T) {
	const corpus = "../../../shared/corpora/sigma"
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("the public rules are not here:", err)
	}
	rules, err := sigma.Load(sigma.Options{}, filepath.Join(corpus, "rules"), filepath.Join(corpus, "rules-emerging-threats"))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	_, sum := huntRange(t, logrange.Plan{Seed: 5, Bytes: 64 << 20, Duration: 7 * 24 * time.Hour}, rules, func(f *hunt.Finding) {
		if f.Rule.Level == "high" || f.Rule.Level == "critical" {
			count[f.Rule.Title]++
		}
	})
	for title, n := range count {
		t.Errorf("%d times: %s", n, title)
	}
	if sum.Applicable < 1000 {
		t.Errorf("only %d rules had a log to run on", sum.Applicable)
	}
}
