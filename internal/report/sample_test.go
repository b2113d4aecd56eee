package report

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"entente/internal/attack"
)

// TestWriteSamples writes reports of invented findings in every format into a folder, for looking at:
// ENTENTE_SAMPLES=DIR[,N] go test -run WriteSamples ./internal/report/
func TestWriteSamples(t *testing.T) {
	dir := os.Getenv("ENTENTE_SAMPLES")
	if dir == "" {
		t.Skip("writes reports for looking at: set ENTENTE_SAMPLES to a folder")
	}
	n := 3000
	if v, err := strconv.Atoi(os.Getenv("ENTENTE_SAMPLES_N")); err == nil {
		n = v
	}
	for _, format := range Formats() {
		writeSample(t, filepath.Join(dir, "sample"+format.Extensions[0]), format, sampleOptions(t), n)
	}
	o := sampleOptions(t)
	o.Terminal.Color = true
	writeSample(t, filepath.Join(dir, "sample.ansi"), Formats()[0], o, n)
}

func sampleOptions(t *testing.T) Options {
	t.Helper()
	facts, err := attack.Default()
	if err != nil {
		t.Fatal(err)
	}
	return Options{HTML: HTMLOptions{Title: "Mail servers, May 2024"}, RuleText: sampleRuleText, Attack: facts, STIX: STIXOptions{Identity: "Example Agency", TLP: "amber+strict"}}
}

func writeSample(t *testing.T, path string, format Format, o Options, n int) {
	t.Helper()
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(out, 1<<20)
	sink := format.New(w, o)
	f := newFake(1)
	for i := range n {
		if err := sink.Finding(f.finding(i, n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Close(f.summary(n)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
