package hunt

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"entente/internal/event"
	"entente/internal/evtx"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

const shared = "../../../shared"

// publicPlan plans the public rules, or skips.
func publicPlan(tb testing.TB) *Plan {
	tb.Helper()
	dir := filepath.Join(shared, "corpora/sigma")
	if _, err := os.Stat(dir); err != nil {
		tb.Skip("the public rules are not beside the project (../shared/corpora/sigma)")
	}
	c, err := sigma.Load(sigma.Options{}, dir)
	if err != nil {
		tb.Fatal(err)
	}
	table, err := taxonomy.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return NewPlan(c, table, PlanOptions{})
}

// corpusChunks reads the chunks of the real event logs, or skips.
func corpusChunks(tb testing.TB) [][]byte {
	tb.Helper()
	var out [][]byte
	err := filepath.WalkDir(filepath.Join(shared, "corpora/evtx"), func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".evtx" {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		return evtx.Split(tb.Context(), bytes.NewReader(data), nil, func(_ int64, chunk []byte) error {
			out = append(out, chunk)
			return nil
		}, func() []byte { return make([]byte, evtx.ChunkSize) })
	})
	if err != nil {
		tb.Skip("the event logs are not beside the project (../shared/corpora/evtx): ", err)
	}
	return out
}

// BenchmarkHunt hunts decoded records with every public rule, on one core: what the engine itself costs.
func BenchmarkHunt(b *testing.B) {
	plan := publicPlan(b)
	chunks := corpusChunks(b)
	w := newWorker(plan, nil, nil)
	d := evtx.NewDecoder()
	var events, findings int64
	pass := func() {
		for _, c := range chunks {
			w.begin("f")
			d.Decode(0, c, evtx.Options{}, func(ev *event.Event) bool { w.event(ev); return true })
			r := w.end()
			events += r.events
			findings += int64(len(r.findings))
		}
	}
	pass() // programs are compiled
	events, findings = 0, 0
	b.ReportAllocs()
	for b.Loop() {
		pass()
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(findings)/float64(b.N), "findings/op")
	b.ReportMetric(float64(events)/float64(b.N), "events/op")
}
