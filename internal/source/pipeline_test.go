package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entente/internal/event"
)

// collector is a worker that notes every event as FILE@OFFSET MESSAGE.
type collector struct {
	file  string
	lines []string
	delay time.Duration
}

func (c *collector) Begin(f *File) { c.file = f.Name }

func (c *collector) Event(ev *event.Event) bool {
	c.lines = append(c.lines, fmt.Sprintf("%s@%d %s", filepath.Base(c.file), ev.Offset, ev.Text("message")))
	return true
}

func (c *collector) End() any {
	time.Sleep(c.delay)
	out := c.lines
	c.lines = nil
	if out == nil {
		return nil
	}
	return out
}

// told is everything that one Run told.
type told struct {
	events   []string
	warnings []string
	skipped  []string
	limits   int // of both, those that are about a limit
}

// collect runs the pipeline over inputs and gathers everything in order.
func collect(t *testing.T, opts Options, inputs ...string) told {
	t.Helper()
	var got told
	opts.Warn = func(w Warning) {
		got.warnings = append(got.warnings, fmt.Sprintf("%s@%d %s", filepath.Base(w.File), w.Offset, w.Message))
		if w.Limit {
			got.limits++
		}
	}
	opts.Skip = func(s Skipped) {
		if s.Limit {
			got.limits++
		}
		got.skipped = append(got.skipped, filepath.Base(s.File)+": "+s.Reason)
	}
	err := Run(t.Context(), inputs, opts, func(int) Worker { return &collector{} }, func(_ *File, r any) error {
		got.events = append(got.events, r.([]string)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// numbered is n lines of text that say where they come from.
func numbered(name string, n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "plain words of %s, number %d\n", name, i)
	}
	return b.Bytes()
}

func TestRunKeepsOrder(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for i, n := range []int{1, 200_000, 3, 0, 90_000, 7} { // some are cut into blocks, some are not
		name := fmt.Sprintf("f%d.log", i)
		write(t, dir, name, numbered(name, n))
		off := 0
		for k := range n {
			line := fmt.Sprintf("plain words of %s, number %d", name, k)
			want = append(want, fmt.Sprintf("%s@%d %s", name, off, line))
			off += len(line) + 1
		}
	}
	for _, workers := range []int{1, 2, 8} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			var p Progress
			got := collect(t, Options{Workers: workers, Progress: &p, CountInput: true}, dir)
			if !slices.Equal(got.events, want) {
				t.Fatalf("%d events, want %d, or not in order", len(got.events), len(want))
			}
			if !slices.Equal(got.skipped, []string{"f3.log: empty"}) {
				t.Errorf("skipped %q", got.skipped)
			}
			if p.Events.Load() != int64(len(want)) || p.Files.Load() != 5 {
				t.Errorf("counted %d events, %d files", p.Events.Load(), p.Files.Load())
			}
			if p.Input.Load() != p.Total.Load() || p.UsedBytes.Load() != p.Input.Load() || !p.TotalKnown.Load() {
				t.Errorf("read %d of %d bytes, used %d", p.Input.Load(), p.Total.Load(), p.UsedBytes.Load())
			}
		})
	}
}

// TestRunIsDeterministic checks that events, warnings and what is skipped come in one order whatever the workers.
func TestRunIsDeterministic(t *testing.T) {
	dir := t.TempDir()
	broken := func(n int) []byte {
		var b bytes.Buffer
		for i := range n {
			if i%97 == 5 {
				fmt.Fprintf(&b, "{\"message\":\"bad %d\n", i)
			} else {
				fmt.Fprintf(&b, "{\"message\":\"good %d\",\"pad\":\"%0200d\"}\n", i, i)
			}
		}
		return b.Bytes()
	}
	write(t, dir, "a.json", broken(20_000)) // cut into blocks
	write(t, dir, "b.json", broken(500))
	write(t, dir, "c.bin", make([]byte, 1000))
	long := gz(t, broken(30_000))
	write(t, dir, "d.json.gz", long[:len(long)/2])
	write(t, dir, "e.zip", zipped(t, 8, member{"x", broken(300)}, member{"y.png", []byte("\x89PNG\r\n\x1a\n")}, member{"z", broken(200)}))
	write(t, dir, "f.empty", nil)
	var big []member
	for i := range 50 {
		big = append(big, member{fmt.Sprintf("m%02d", i), broken(100 * i)})
	}
	write(t, dir, "g.zip", zipped(t, 8, big...))
	run := func(workers int) (all []string) {
		opts := Options{
			Workers: workers,
			Warn: func(w Warning) {
				all = append(all, fmt.Sprintf("warning %s@%d %s", filepath.Base(w.File), w.Offset, w.Message))
			},
			Skip: func(s Skipped) { all = append(all, fmt.Sprintf("skipped %s %s", filepath.Base(s.File), s.Reason)) },
		}
		err := Run(t.Context(), []string{dir}, opts, func(int) Worker { return &collector{} }, func(_ *File, r any) error {
			all = append(all, r.([]string)...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	want := run(1)
	if len(want) < 100_000 {
		t.Fatalf("only %d notes", len(want))
	}
	for _, workers := range []int{2, 8} {
		got := run(workers)
		if !slices.Equal(got, want) {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Errorf("%d workers: %d notes, want %d; first difference at %d: %.200q, want %.200q", workers, len(got), len(want), i, got[i:min(i+1, len(got))], want[i:min(i+1, len(want))])
		}
	}
}

// TestRunWaits checks that workers stop when the consumer does not take results: the number of events that were
// decoded before the first result is taken must not grow with the input.
func TestRunWaits(t *testing.T) {
	dir := t.TempDir()
	big := write(t, dir, "big.log", numbered("big", 1_500_000))
	var p Progress
	most := int64(0)
	release := make(chan struct{})
	go func() {
		// Until the consumer is let go, sample how far the workers get.
		for range 30 {
			time.Sleep(10 * time.Millisecond)
			most = max(most, p.UsedBytes.Load())
		}
		close(release)
	}()
	err := Run(t.Context(), []string{big}, Options{Workers: 2, Progress: &p}, func(int) Worker { return &collector{} },
		func(*File, any) error {
			<-release
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	if bound := int64(4*2+4+2*2+2) * blockLen; most > bound {
		t.Errorf("%d bytes were decoded ahead of the consumer, more than %d", most, bound)
	}
	if fi, err := os.Stat(big); err != nil || p.UsedBytes.Load() != fi.Size() {
		t.Errorf("used %d of %d bytes (%v)", p.UsedBytes.Load(), fi.Size(), err)
	}
}

func TestRunCancel(t *testing.T) {
	dir := t.TempDir()
	big := write(t, dir, "big.log", numbered("big", 500_000))
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err := Run(ctx, []string{big}, Options{Workers: 2}, func(int) Worker { return &collector{} }, func(*File, any) error {
		n++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if n != 1 {
		t.Errorf("%d results after the cancellation", n-1)
	}
}

func TestRunConsumerStops(t *testing.T) {
	dir := t.TempDir()
	big := write(t, dir, "big.log", numbered("big", 500_000))
	enough := errors.New("enough")
	n := 0
	err := Run(t.Context(), []string{big}, Options{Workers: 2}, func(int) Worker { return &collector{} }, func(*File, any) error {
		n++
		return enough
	})
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("err = %v after %d results", err, n)
	}
}

// panicker fails on lines that ask for it.
type panicker struct{ collector }

func (p *panicker) Event(ev *event.Event) bool {
	if strings.Contains(ev.Text("message"), "boom") {
		panic("boom")
	}
	return p.collector.Event(ev)
}

func TestRunSurvivesPanic(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.log", []byte("one\nboom\nlost\n"))
	write(t, dir, "b.log", []byte("two\n"))
	var warnings, events []string
	opts := Options{Workers: 1, Warn: func(w Warning) { warnings = append(warnings, filepath.Base(w.File)+" "+w.Message) }}
	err := Run(t.Context(), []string{dir}, opts, func(int) Worker { return &panicker{} }, func(_ *File, r any) error {
		events = append(events, r.([]string)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.log@0 one", "b.log@0 two"}; !slices.Equal(events, want) {
		t.Errorf("events %q, want %q", events, want)
	}
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "a.log internal error, please report it: boom in ") {
		t.Errorf("warnings %q", warnings)
	}
}

func TestRunUnknownFormat(t *testing.T) {
	err := Run(t.Context(), []string{"."}, Options{As: "nonsense"}, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "hint: use one of") || !strings.Contains(err.Error(), "text") {
		t.Errorf("err = %v", err)
	}
}

func TestRunWorkersAreSerial(t *testing.T) {
	// Each worker is used by one goroutine; the race detector would see otherwise, and so does this count.
	dir := t.TempDir()
	for i := range 50 {
		write(t, dir, fmt.Sprintf("%02d.log", i), numbered("x", 1000))
	}
	var busy [4]atomic.Int32
	err := Run(t.Context(), []string{dir}, Options{Workers: 4}, func(i int) Worker { return &serial{busy: &busy[i], t: t} },
		func(*File, any) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
}

type serial struct {
	busy *atomic.Int32
	t    *testing.T
}

func (s *serial) Begin(*File) {
	if s.busy.Add(1) != 1 {
		s.t.Error("worker used by two goroutines")
	}
}
func (s *serial) Event(*event.Event) bool { return true }
func (s *serial) End() any                { s.busy.Add(-1); return nil }

// counter is a place to count what the test does not look at.
func (p *Progress) counter() *atomic.Int64 { return &p.Input }

// TestReadAheadSurvivesPanic checks that a fault in unpacking ends the stream and nothing else.
func TestReadAheadSurvivesPanic(t *testing.T) {
	a := readAhead(t.Context(), faulty{}, false)
	defer a.close()
	n, err := a.Read(make([]byte, 10))
	if n != 0 || err == nil || !strings.Contains(err.Error(), "internal error, please report it: unpack") {
		t.Errorf("%d bytes, err = %v", n, err)
	}
}

type faulty struct{}

func (faulty) Read([]byte) (int, error) { panic("unpack") }
