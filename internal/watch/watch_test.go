package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/follow"
	"entente/internal/hunt"
	"entente/internal/sigma"
	"entente/internal/source"
	"entente/internal/taxonomy"
)

const rules = `title: Needle
id: 0b6f1f0e-6a53-4f5c-9e0e-6a1f7d2c3001
name: needle
level: high
status: test
logsource: {product: linux, service: syslog}
detection:
  keywords: [needle]
  condition: keywords
---
title: Three needles
id: 0b6f1f0e-6a53-4f5c-9e0e-6a1f7d2c3002
level: critical
status: test
correlation:
  type: event_count
  rules: [needle]
  group-by: [hostname]
  timespan: 5m
  condition: {gte: 3}
  generate: true
`

func planOf(t *testing.T) *hunt.Plan {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(path, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := sigma.Load(sigma.Options{}, path)
	if err != nil || len(c.Problems) > 0 {
		t.Fatal(err, c.Problems)
	}
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	return hunt.NewPlan(c, table, hunt.PlanOptions{})
}

// memory is an output that keeps lines: title and message.
type memory struct {
	w     io.Writer
	lines []string
	fail  error
}

func (m *memory) Finding(f *hunt.Finding) error {
	if m.fail != nil {
		return m.fail
	}
	var e struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(f.Event, &e); err != nil {
		return err
	}
	m.lines = append(m.lines, strings.TrimSpace(f.Rule.Title+" "+e.Message))
	return nil
}

func (m *memory) Flush() error {
	if m.w == nil {
		return nil
	}
	for _, l := range m.lines {
		if _, err := io.WriteString(m.w, l+"\n"); err != nil {
			return err
		}
	}
	m.lines = nil
	return nil
}

// bench is a watched folder.
type bench struct {
	t   *testing.T
	dir string
	o   Options
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	b.o = Options{
		Plan: planOf(t), Interval: time.Millisecond, Once: true, State: filepath.Join(t.TempDir(), "state"),
		Follow: follow.Options{Inputs: []string{b.dir}}, Live: hunt.LiveOptions{},
	}
	return b
}

func (b *bench) append(name string, lines ...string) {
	b.t.Helper()
	f, err := os.OpenFile(filepath.Join(b.dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, l := range lines {
		if _, err := fmt.Fprintf(f, "2021-03-02T10:00:00Z web1 app[7]: %s\n", l); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		b.t.Fatal(err)
	}
}

// run watches once and returns what came out.
func (b *bench) run() (lines []string, sum *hunt.Summary, err error) {
	b.t.Helper()
	out := &memory{}
	b.o.Stdout = out
	sum, err = Run(context.Background(), b.o)
	return out.lines, sum, err
}

func (b *bench) expect(want ...string) {
	b.t.Helper()
	got, _, err := b.run()
	if err != nil || !slices.Equal(got, want) {
		b.t.Errorf("got %q, %v\nwant %q", got, err, want)
	}
}

func TestGoesOn(t *testing.T) {
	b := newBench(t)
	b.append("a.log", "needle 1", "hay")
	b.expect("Needle needle 1")
	b.expect()
	b.append("a.log", "needle 2")
	b.expect("Needle needle 2")
	b.append("b.log", "needle 3")
	b.expect("Needle needle 3", "Three needles")
	b.append("b.log", "needle 4")
	b.expect("Needle needle 4")
}

func TestWithoutState(t *testing.T) {
	b := newBench(t)
	b.o.State = ""
	b.append("a.log", "needle 1", "needle 2", "needle 3")
	for range 2 {
		b.expect("Needle needle 1", "Needle needle 2", "Needle needle 3", "Three needles")
	}
}

func TestStopsWhenAsked(t *testing.T) {
	b := newBench(t)
	b.append("a.log", "needle 1")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rounds := 0
	out := &memory{}
	o := b.o
	o.Once, o.Stdout = false, out
	o.Round = func(r Report) {
		if rounds++; rounds == 3 {
			cancel()
		}
		if r.Files != 1 || r.Findings != 1 || r.Events != 1 {
			t.Errorf("round %d: %+v", rounds, r)
		}
	}
	sum, err := Run(ctx, o)
	if err != nil || sum.Findings != 1 || sum.Events != 1 || rounds != 3 || len(out.lines) != 1 {
		t.Errorf("%d rounds, %+v, %q, %v", rounds, sum, out.lines, err)
	}
	b.expect()
}

// TestOutputFails makes sure that what could not be delivered comes again.
func TestOutputFails(t *testing.T) {
	b := newBench(t)
	b.append("a.log", "needle 1", "needle 2")
	full := errors.New("the disk is full")
	o := b.o
	o.Stdout = &memory{fail: full}
	if _, err := Run(context.Background(), o); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	b.expect("Needle needle 1", "Needle needle 2")
}

func TestFileIsExact(t *testing.T) {
	b := newBench(t)
	path := filepath.Join(t.TempDir(), "out")
	open := func() {
		f, err := OpenFile(path, false, func(w io.Writer) Output { return &memory{w: w} })
		if err != nil {
			t.Fatal(err)
		}
		b.o.Files = []*File{f}
	}
	content := func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var notices []string
	b.o.Notice = func(s string) { notices = append(notices, s) }
	b.append("a.log", "needle 1")
	open()
	b.expect("Needle needle 1")
	if content() != "Needle needle 1\n" {
		t.Errorf("got %q", content())
	}
	// A process died after it had written, and before it had committed.
	if err := os.WriteFile(path, []byte("Needle needle 1\nNeedle needle 2\nNeed"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.append("a.log", "needle 2")
	open()
	b.expect("Needle needle 2")
	if content() != "Needle needle 1\nNeedle needle 2\n" || len(notices) != 0 {
		t.Errorf("got %q, notices %q", content(), notices)
	}
	// Somebody has changed the file.
	if err := os.WriteFile(path, []byte("changed by somebody else\nand longer than it was\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.append("a.log", "hay")
	open()
	b.expect()
	if !strings.HasPrefix(content(), "changed by somebody") || len(notices) != 1 {
		t.Errorf("got %q, notices %q", content(), notices)
	}
}

func TestFileHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	for i, want := range []string{"head\none\n", "head\none\ntwo\n"} {
		f, err := OpenFile(path, true, func(io.Writer) Output { return &memory{} })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte([]string{"head\none\n", "head\ntwo\n"}[i])); err != nil {
			t.Fatal(err)
		}
		if err := f.close(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if _, err := OpenFile(filepath.Join(path, "no"), false, nil); err == nil {
		t.Error("a file in a file was opened")
	}
}

func TestTwoWatchesOfOneState(t *testing.T) {
	b := newBench(t)
	b.append("a.log", "hay")
	o := b.o
	o.Once = false
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var second error
	o.Round = func(Report) {
		if second == nil {
			_, second = Run(context.Background(), b.o)
			cancel()
		}
	}
	if _, err := Run(ctx, o); err != nil {
		t.Fatal(err)
	}
	if second == nil || !strings.Contains(second.Error(), "hint: give every watch a state file of its own") {
		t.Errorf("the second watch: %v", second)
	}
}

// TestToldBefore replays states of watches that died, and asks what may come again.
func TestToldBefore(t *testing.T) {
	base := `{"entente_watch":1,"commit":true,"told":["old","old","older"]}`
	for _, c := range []struct {
		name  string
		lines []string
		want  map[string]int
	}{
		{"nothing", []string{`{"entente_watch":1,"commit":true}`}, map[string]int{}},
		{"from before", []string{base}, map[string]int{"old": 2, "older": 1}},
		{"and since", []string{base, `{"told":["new"]}`, `{"told":["old"]}`}, map[string]int{"old": 3, "older": 1, "new": 1}},
		{"covered by a commit", []string{base, `{"told":["new"]}`, `{"commit":true,"met":["old"]}`, `{"told":["newer"]}`}, map[string]int{"old": 1, "older": 1, "newer": 1}},
		{"settled", []string{base, `{"told":["new"]}`, `{"commit":true,"settled":true}`}, map[string]int{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := &stateIn{before: map[string]int{}}
			for _, l := range c.lines {
				if err := in.replay(json.RawMessage(l)); err != nil {
					t.Fatal(err)
				}
			}
			if got := in.told(); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	in := &stateIn{before: map[string]int{}}
	if err := in.replay(json.RawMessage(`{"entente_watch":2}`)); err == nil {
		t.Error("another version was taken")
	}
}

// TestToldOnce kills a watch, so to say, after it has told of findings: it does not tell of them again.
func TestToldOnce(t *testing.T) {
	b := newBench(t)
	b.append("a.log", "needle 1", "needle 2", "needle 3")
	out := &dying{after: 2}
	o := b.o
	o.Stdout = out
	if _, err := Run(context.Background(), o); !errors.Is(err, errDied) {
		t.Fatalf("got %v", err)
	}
	b.expect("Needle needle 3", "Three needles")
	b.expect()
}

// dying is an output that fails after some findings.
type dying struct {
	memory
	after int
}

var errDied = errors.New("died")

func (d *dying) Finding(f *hunt.Finding) error {
	if d.after--; d.after < 0 {
		return errDied
	}
	return d.memory.Finding(f)
}

func TestTroublesAreInTheSummary(t *testing.T) {
	b := newBench(t)
	if err := os.WriteFile(filepath.Join(b.dir, "x.pdf"), []byte("%PDF-1.7"), 0o600); err != nil {
		t.Fatal(err)
	}
	var told []string
	b.o.Follow.Read.Skip = func(s source.Skipped) { told = append(told, s.Reason) }
	_, sum, err := b.run()
	if err != nil || len(sum.Skipped) != 1 || len(told) != 1 || sum.Skipped[0].Message != "PDF document" {
		t.Errorf("%+v, %q, %v", sum.Skipped, told, err)
	}
}

func TestFindingKey(t *testing.T) {
	m := &sigma.Meta{ID: "a"}
	one := &hunt.Finding{Rule: m, Offset: 1, Event: []byte("{}"), File: "x"}
	same := &hunt.Finding{Rule: m, Offset: 1, Event: []byte("{}"), File: "x.1"}
	if findingKey(one) != findingKey(same) {
		t.Error("the name of the file is part of the key")
	}
	for i, other := range []*hunt.Finding{
		{Rule: m, Offset: 2, Event: []byte("{}")},
		{Rule: m, Offset: 1, Event: []byte("{ }")},
		{Rule: &sigma.Meta{ID: "b"}, Offset: 1, Event: []byte("{}")},
		{Rule: m, Offset: 1, Event: []byte("{}"), Time: time.Unix(1, 0)},
		{Rule: m, Correlation: &hunt.CorrelationHit{Group: []hunt.FieldValue{{Name: "a", Value: "b"}}}},
	} {
		if findingKey(other) == findingKey(one) {
			t.Errorf("finding %d has the same key", i)
		}
	}
}

func FuzzState(f *testing.F) {
	f.Add([]byte(`{"entente_watch":1,"commit":true,"told":["x"],"follow":{"next":1},"hunt":{"held":{}},"files":[{"path":"a","size":1}]}`), []byte(`{"commit":true,"met":["x"]}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		in := &stateIn{before: map[string]int{}}
		for _, l := range [][]byte{first, second} {
			if in.replay(bytes.Clone(l)) != nil {
				return
			}
		}
		for k, n := range in.told() {
			if n <= 0 {
				t.Errorf("%q %d times", k, n)
			}
		}
	})
}

// TestHostsLeftOut checks that a watch tells how many records could be of the hosts that it was asked for: in every round, and at
// its end; and which hosts it has not met, if it began with the logs.
func TestHostsLeftOut(t *testing.T) {
	b := newBench(t)
	b.append("a.log", "needle 1")
	file := filepath.Join(b.dir, "b.log")
	if err := os.WriteFile(file, []byte("2021-03-02 10:00:00 needle of nobody\n2021-03-02 10:00:01 hay\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.o.Live.Hosts = []string{"web1", "web9"}
	var notices []string
	var nameless int64
	b.o.Notice = func(s string) { notices = append(notices, s) }
	b.o.Round = func(r Report) { nameless = r.Nameless }
	state := b.o.State
	for _, c := range []struct {
		state string
		want  []string
	}{
		{"", []string{hunt.Nameless(2, "record", nil), `no record is of the host "web9"`}},
		{state, []string{hunt.Nameless(2, "record", nil)}},
	} {
		notices, nameless, b.o.State = nil, 0, c.state
		b.expect("Needle needle 1")
		if nameless != 2 || !slices.Equal(notices, c.want) {
			t.Errorf("%d left out, told %q, want %q", nameless, notices, c.want)
		}
	}
}
