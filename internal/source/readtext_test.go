package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"entente/internal/event"
)

// warning is what a reader said about a stream.
type warning struct {
	off int64
	msg string
}

// readBlocks splits and decodes input with blocks of about the given size (0: the usual), and calls yield for each
// event.
func readBlocks(f Format, input []byte, block int, env *Env, yield func(*event.Event) bool) error {
	env.block = block
	dec := f.NewDecoder()
	var r io.Reader = bytes.NewReader(input)
	if block > 0 {
		r = iotest.HalfReader(r)
	}
	return f.Split(context.Background(), r, env, func(b Block) error {
		defer b.Release()
		// A decoder must not need what lies behind its block, nor what another block left in it.
		b.Data = slices.Clip(b.Data)
		dec.Decode(&b, env, yield)
		return nil
	})
}

// read returns every event of input as text, and the warnings.
func read(tb testing.TB, f Format, input string, block int) (events []string, warnings []warning) {
	tb.Helper()
	env := &Env{
		File:    "test",
		ModTime: time.Date(2021, 3, 10, 12, 0, 0, 0, time.UTC),
		Warn:    func(off int64, msg string) { warnings = append(warnings, warning{off, msg}) },
	}
	err := readBlocks(f, []byte(input), block, env, func(e *event.Event) bool {
		events = append(events, show(e))
		return true
	})
	if err != nil {
		tb.Fatal(err)
	}
	return events, warnings
}

// show renders everything that an event holds.
func show(e *event.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", e.Source)
	if e.HasTime {
		b.WriteString(" " + e.When().Format(time.RFC3339Nano))
	}
	fmt.Fprintf(&b, " @%d", e.Offset)
	for _, p := range [][2]string{{"channel", e.Channel}, {"provider", e.Provider}, {"host", e.Host}} {
		if p[1] != "" {
			fmt.Fprintf(&b, " %s=%s", p[0], p[1])
		}
	}
	if e.EventID != 0 || e.RecordID != 0 {
		fmt.Fprintf(&b, " id=%d record=%d", e.EventID, e.RecordID)
	}
	b.WriteString(" " + string(e.AppendJSON(nil)))
	return b.String()
}

// readOne returns the only event of input as text.
func readOne(tb testing.TB, f Format, input string) string {
	tb.Helper()
	events, warnings := read(tb, f, input, 0)
	if len(events) != 1 || len(warnings) > 0 {
		tb.Fatalf("got %d events and the warnings %v\n%s", len(events), warnings, strings.Join(events, "\n"))
	}
	return events[0]
}

// expect compares events of input, read with several block sizes, with the wanted ones.
func expect(t *testing.T, f Format, input string, want ...string) []warning {
	t.Helper()
	events, warnings := read(t, f, input, 0)
	if got, want := strings.Join(events, "\n"), strings.Join(want, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	sameForAllBlocks(t, f, input, events)
	return warnings
}

// lastLineAt is the offset of the last line of input, as show prints it.
func lastLineAt(input string) string {
	return fmt.Sprintf("@%d", strings.LastIndexByte(strings.TrimRight(input, "\n"), '\n')+1)
}

// sameForAllBlocks checks that the events of input do not depend on where it is cut.
func sameForAllBlocks(tb testing.TB, f Format, input string, want []string) {
	tb.Helper()
	for _, size := range []int{1, 7, 64, 300, 4096} {
		got, _ := read(tb, f, input, size)
		for i := range max(len(got), len(want)) {
			switch {
			case i >= len(got):
				tb.Fatalf("blocks of %d bytes lose event %d: %s", size, i, want[i])
			case i >= len(want):
				tb.Fatalf("blocks of %d bytes add event %d: %s", size, i, got[i])
			case got[i] != want[i]:
				tb.Fatalf("blocks of %d bytes change event %d from\n%s\nto\n%s", size, i, want[i], got[i])
			}
		}
	}
}

// fuzzFormat fuzzes one format: nothing panics, events stay inside the stream and in order, and they do not depend
// on where the stream is cut.
func fuzzFormat(f *testing.F, format Format, seeds ...string) {
	f.Helper()
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add([]byte(s))
		f.Add([]byte(strings.ReplaceAll(s, "\n", "\r\n")))
		f.Add([]byte(s[:len(s)*2/3]))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) > 1<<16 {
			return
		}
		if s, ok := format.(Sniffer); ok {
			if n := s.Sniff(input); n < 0 || n > 100 {
				t.Errorf("Sniff = %d", n)
			}
		}
		last := int64(-1)
		var events []string
		env := &Env{File: "fuzz", Warn: func(off int64, msg string) {
			if off < -1 || off > int64(len(input)) || msg == "" {
				t.Errorf("warning %q at %d of %d", msg, off, len(input))
			}
		}}
		err := readBlocks(format, input, 0, env, func(e *event.Event) bool {
			if e.Offset < last || e.Offset > int64(len(input)) {
				t.Errorf("event at %d after %d, stream has %d bytes", e.Offset, last, len(input))
			}
			last = e.Offset
			for i := range e.Values {
				if int(e.Values[i].Slot) >= e.Names.Len() {
					t.Errorf("slot %d of %d", e.Values[i].Slot, e.Names.Len())
				}
			}
			events = append(events, show(e))
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		env.ModTime = time.Date(2021, 3, 10, 12, 0, 0, 0, time.UTC)
		events, _ = read(t, format, string(input), 0)
		sameForAllBlocks(t, format, string(input), events)
	})
}

// benchmarkFormat reports how fast a format is split and decoded by one goroutine.
func benchmarkFormat(b *testing.B, format Format, record func(i int) string, head string) {
	b.Helper()
	var in strings.Builder
	in.WriteString(head)
	for i := 0; in.Len() < 8<<20; i++ {
		in.WriteString(record(i))
	}
	input := []byte(in.String())
	env := &Env{File: "bench", buffers: &buffers{}}
	dec := format.NewDecoder()
	events := 0
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		err := format.Split(b.Context(), bytes.NewReader(input), env, func(bl Block) error {
			dec.Decode(&bl, env, func(*event.Event) bool { events++; return true })
			bl.Release()
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}

// TestLeadingTime: lines of which nothing is known have a time if they begin with one.
func TestLeadingTime(t *testing.T) {
	for line, want := range map[string]string{
		"2021-03-03 06:49:46 x":             "2021-03-03T06:49:46Z",
		"2021-03-03T06:49:53.772Z,EX01,x":   "2021-03-03T06:49:53.772Z",
		"[2021-03-03T06:49:53+01:00] x":     "2021-03-03T05:49:53Z",
		`"2021-03-03 06:49:46","x"`:         "2021-03-03T06:49:46Z",
		"2021-03-03 06:49:46":               "2021-03-03T06:49:46Z",
		"2021-03-03 06:49:46x":              "",
		"2021-13-03 06:49:46 x":             "",
		"at 2021-03-03 06:49:46":            "",
		"2021-03-03":                        "",
		"[":                                 "",
		"\x00 2021-03-03 06:49:46 and more": "",
	} {
		got := ""
		if ns, ok := leadingTime([]byte(line)); ok {
			got = time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
