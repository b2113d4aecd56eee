package hunt

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/sigma"
	"entente/internal/source"
)

// liveBench is a live hunt with one correlation, fed by hand.
type liveBench struct {
	*Live
	told []string
	plan *Plan
	opts LiveOptions
}

func newLiveBench(doc *sigma.Correlation, lateness time.Duration) *liveBench {
	co := &correlation{doc: doc, refs: len(doc.Rules), names: doc.Rules, report: true}
	b := &liveBench{plan: &Plan{correlations: []*correlation{co}}}
	b.opts = LiveOptions{Lateness: lateness, Finding: func(f *Finding) error {
		c := f.Correlation
		var group []string
		for _, g := range c.Group {
			group = append(group, g.Value)
		}
		s := time.Second
		b.told = append(b.told, fmt.Sprintf("%s %d-%d at %d n=%d value=%g", strings.Join(group, ","), c.First.UnixNano()/int64(s),
			c.Last.UnixNano()/int64(s), f.Time.UnixNano()/int64(s), c.Total, c.Value))
		return nil
	}}
	b.Live = NewLive(b.plan, b.opts)
	return b
}

// arrive brings in hits, written "second ref group value", at a second of the wall clock.
func (b *liveBench) arrive(t *testing.T, clock int, hits ...string) {
	t.Helper()
	b.now = int64(clock) * int64(time.Second)
	for _, h := range hits {
		var (
			sec, ref   int
			group, val string
		)
		if _, err := fmt.Sscan(h+" .", &sec, &ref, &group, &val); err != nil {
			t.Fatal(err)
		}
		b.seq++
		b.hold(hit{time: int64(sec) * int64(time.Second), seq: b.seq, ref: int32(ref), group: []string{group}, values: []string{val}, rule: "r", file: "f"})
	}
}

func (b *liveBench) advance(t *testing.T, clock int) {
	t.Helper()
	if err := b.Advance(time.Unix(int64(clock), 0)); err != nil {
		t.Fatal(err)
	}
}

// restart goes on in a new hunt with what the old one held.
func (b *liveBench) restart(t *testing.T) {
	t.Helper()
	state, err := b.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	b.Live = NewLive(b.plan, b.opts)
	if dropped, err := b.Restore(state); err != nil || dropped != 0 {
		t.Fatalf("dropped %d, %v", dropped, err)
	}
	again, err := b.Snapshot()
	if err != nil || string(again) != string(state) {
		t.Fatalf("snapshot %s\nafter restoring %s, %v", state, again, err)
	}
}

func (b *liveBench) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(b.told, want) {
		t.Errorf("told %q\nwant %q", b.told, want)
	}
	b.told = nil
}

func countDoc(n float64) *sigma.Correlation {
	return &sigma.Correlation{
		Meta: sigma.Meta{Title: "count"}, Type: sigma.EventCount, Rules: []string{"a"}, GroupBy: []string{"g"}, Timespan: 10 * time.Second,
		Conditions: atLeast(n), ConditionField: []string{"v"},
	}
}

func TestLiveTellsWhenTheConditionBegins(t *testing.T) {
	for _, restart := range []bool{false, true} {
		b := newLiveBench(countDoc(3), 0)
		again := func() {
			if restart {
				b.restart(t)
			}
		}
		b.arrive(t, 100, "100 0 x", "101 0 x")
		b.advance(t, 100)
		b.expect(t)
		again()
		b.arrive(t, 102, "102 0 x")
		b.advance(t, 102)
		b.expect(t, "x 100-102 at 102 n=3 value=3")
		again()
		b.arrive(t, 103, "103 0 x", "104 0 x")
		b.advance(t, 103)
		b.expect(t) // it goes on
		again()
		b.arrive(t, 130, "130 0 x", "131 0 x", "132 0 x")
		b.advance(t, 130)
		b.expect(t, "x 130-132 at 132 n=3 value=3")
	}
}

func TestLiveWaitsForLateMatches(t *testing.T) {
	b := newLiveBench(countDoc(3), 30*time.Second)
	b.arrive(t, 100, "100 0 x", "95 0 x")
	b.advance(t, 110)
	b.arrive(t, 111, "97 0 x") // of another file, later
	b.advance(t, 120)
	b.expect(t)
	b.restart(t)
	b.advance(t, 131)
	b.expect(t, "x 95-100 at 100 n=3 value=3")
	// Old records do not wait: whatever would come before them is as old.
	b.arrive(t, 200, "1 0 y", "2 0 y", "3 0 y")
	b.advance(t, 200)
	b.expect(t, "y 1-3 at 3 n=3 value=3")
	// A clock that is ahead does not make matches wait for ever.
	b.arrive(t, 300, "9001 0 z", "9002 0 z", "9003 0 z")
	b.advance(t, 301)
	b.expect(t)
	b.advance(t, 331)
	b.expect(t, "z 9001-9003 at 9003 n=3 value=3")
}

func TestLivePutsLateMatchesInTheirPlace(t *testing.T) {
	b := newLiveBench(countDoc(3), 0)
	b.arrive(t, 200, "100 0 x", "108 0 x")
	b.advance(t, 200)
	b.arrive(t, 201, "104 0 x")
	b.advance(t, 201)
	b.expect(t, "x 100-108 at 108 n=3 value=3")
	b.arrive(t, 202, "50 0 x")
	b.advance(t, 202)
	b.expect(t)
	sum := b.Summary(new(source.Progress))
	if sum.WarningsTotal != 1 || !strings.Contains(sum.Warnings[0].Message, "1 matches came in after the window") {
		t.Errorf("warnings %v", sum.Warnings)
	}
	ordered := &sigma.Correlation{Meta: sigma.Meta{Title: "o"}, Type: sigma.TemporalOrdered, Rules: []string{"a", "b"}, GroupBy: []string{"g"}, Timespan: 10 * time.Second, ConditionField: []string{"v"}}
	b = newLiveBench(ordered, 0)
	b.arrive(t, 200, "105 1 x")
	b.advance(t, 200)
	b.arrive(t, 201, "101 0 x") // the first step arrives last
	b.advance(t, 201)
	b.expect(t, "x 101-105 at 105 n=2 value=2")
}

func TestLiveWindowsThatHaveToEnd(t *testing.T) {
	doc := countDoc(0)
	doc.Conditions = []sigma.CorrelationCondition{{Compare: sigma.LT, Value: 3}}
	for _, restart := range []bool{false, true} {
		b := newLiveBench(doc, 5*time.Second)
		b.arrive(t, 100, "100 0 x", "101 0 x")
		b.advance(t, 107)
		b.expect(t)
		if restart {
			b.restart(t)
		}
		b.advance(t, 113)
		b.expect(t) // lateness is not over
		b.advance(t, 116)
		b.expect(t, "x 100-101 at 101 n=2 value=2")
		b.advance(t, 140)
		b.expect(t)
	}
	// Old records: the window stays open while they come in.
	b := newLiveBench(doc, 5*time.Second)
	for i := range 8 {
		b.arrive(t, 1000+i, fmt.Sprint(100+i, " 0 x"))
		b.advance(t, 1000+i)
	}
	b.expect(t)
	b.advance(t, 1020)
	b.expect(t) // eight are not fewer than three
	if len(b.evals[0].groups) != 0 || b.budget.used != 0 {
		t.Errorf("%d groups, budget %d", len(b.evals[0].groups), b.budget.used)
	}
}

// TestLiveEqualsRun feeds matches in pieces, with restarts between, and compares with what all at once give.
func TestLiveEqualsRun(t *testing.T) {
	docs := map[string]*sigma.Correlation{
		"event_count": countDoc(4),
		"value_count": {Type: sigma.ValueCount, Rules: []string{"a"}, GroupBy: []string{"g"}, Timespan: 10 * time.Second, Conditions: atLeast(3), ConditionField: []string{"v"}},
		"value_sum":   {Type: sigma.ValueSum, Rules: []string{"a"}, GroupBy: []string{"g"}, Timespan: 10 * time.Second, Conditions: atLeast(12), ConditionField: []string{"v"}},
		"value_avg":   {Type: sigma.ValueAvg, Rules: []string{"a"}, GroupBy: []string{"g"}, Timespan: 10 * time.Second, Conditions: atLeast(6), ConditionField: []string{"v"}},
		"median":      {Type: sigma.ValueMedian, Rules: []string{"a"}, GroupBy: []string{"g"}, Timespan: 10 * time.Second, Conditions: atLeast(6), ConditionField: []string{"v"}, Percentile: 50},
		"temporal":    {Type: sigma.Temporal, Rules: []string{"a", "b", "c"}, GroupBy: []string{"g"}, Timespan: 10 * time.Second, ConditionField: []string{"v"}},
		"ordered":     {Type: sigma.TemporalOrdered, Rules: []string{"a", "b", "c"}, GroupBy: []string{"g"}, Timespan: 10 * time.Second, ConditionField: []string{"v"}},
		"fewer": {
			Type: sigma.EventCount, Rules: []string{"a"}, GroupBy: []string{"g"}, Timespan: 10 * time.Second,
			Conditions: []sigma.CorrelationCondition{{Compare: sigma.LTE, Value: 2}}, ConditionField: []string{"v"},
		},
	}
	rnd := rand.New(rand.NewPCG(5, 9))
	for name, doc := range docs {
		t.Run(name, func(t *testing.T) {
			var hits []string
			at := 1000
			for range 300 {
				at += rnd.IntN(5)
				hits = append(hits, fmt.Sprint(at, " ", rnd.IntN(len(doc.Rules)), " ", string("xyz"[rnd.IntN(3)]), " ", rnd.IntN(9)))
			}
			at += 100
			want := firings(t, doc, hits...)
			b := newLiveBench(doc, 0)
			for i := 0; i < len(hits); {
				n := min(len(hits), i+1+rnd.IntN(20))
				b.arrive(t, at, hits[i:n]...)
				b.advance(t, at)
				i = n
				b.restart(t)
			}
			if err := b.Flush(); err != nil {
				t.Fatal(err)
			}
			// A sliding window is told of when it begins, so that group, beginning and time of firing have to agree.
			begin := func(list []string) (out []string) {
				for _, s := range list {
					group, rest, _ := strings.Cut(s, " ")
					first, rest, _ := strings.Cut(rest, "-")
					_, rest, _ = strings.Cut(rest, " at ")
					fired, _, _ := strings.Cut(rest, " ")
					out = append(out, group+" "+first+" "+fired)
				}
				slices.Sort(out)
				return out
			}
			if len(want) < 3 {
				t.Fatalf("only %d firings", len(want))
			}
			if got := begin(b.told); !slices.Equal(got, begin(want)) {
				t.Errorf("live %q\nat once %q", got, begin(want))
			}
			if b.budget.used != 0 || len(b.budget.order) != 0 || b.waiting != 0 {
				t.Errorf("%d entries of the budget were not given back, %d wait", b.budget.used, b.waiting)
			}
		})
	}
}

func TestLiveBounds(t *testing.T) {
	b := newLiveBench(countDoc(1e9), time.Hour)
	b.now = int64(time.Hour)
	for i := range maxWaiting + 1000 {
		b.hold(hit{time: int64(time.Hour) + int64(i), group: []string{"x"}, values: []string{""}})
	}
	b.advance(t, 3601)
	if b.waiting > maxWaiting || b.hurried != 1000 {
		t.Errorf("%d wait, %d hurried", b.waiting, b.hurried)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if sum := b.Summary(new(source.Progress)); sum.WarningsTotal != 2 {
		t.Errorf("warnings %v", sum.Warnings)
	}
}

func TestLiveOverLogs(t *testing.T) {
	dir := t.TempDir()
	path := writeLog(t, filepath.Join(dir, "a.evtx"), started(0, "ex01", `CORP\eve`, `C:\Windows\System32\whoami.exe`, "whoami /all"),
		started(1, "ex01", `CORP\eve`, `C:\Windows\System32\cmd.exe`, "cmd"))
	var got []*Finding
	l := NewLive(planOf(t, PlanOptions{}, whoamiRule), LiveOptions{Finding: func(f *Finding) error { got = append(got, f); return nil }})
	progress := new(source.Progress)
	r, err := source.NewReader(source.Options{Progress: progress}, func(int) source.Worker { return l.NewWorker() })
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		err := r.Read(t.Context(), []source.Stream{{File: &source.File{Name: path, Path: path}, Packed: true}}, func(_ *source.File, result any) error {
			return l.Take(result, time.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if sum := l.Summary(progress); len(got) != 2 || sum.Findings != 2 || sum.Events != 4 || sum.ByLevel["high"] != 2 || got[0].File != path {
		t.Errorf("%d findings, %+v", len(got), sum)
	}
	if err := l.Take("x", time.Now()); err == nil {
		t.Error("a strange result was taken")
	}
}

func TestLiveRestoreOfAnotherRuleSet(t *testing.T) {
	b := newLiveBench(countDoc(3), 0)
	b.arrive(t, 100, "100 0 x", "101 0 x")
	b.advance(t, 100)
	state, err := b.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	other := newLiveBench(countDoc(4), 0)
	if dropped, err := other.Restore(state); err != nil || dropped != 1 {
		t.Errorf("dropped %d, %v", dropped, err)
	}
	if s, err := other.Snapshot(); s != nil || err != nil {
		t.Errorf("snapshot %s, %v", s, err)
	}
}

// FuzzLiveRestore checks that no state, however damaged, does more than fail.
func FuzzLiveRestore(f *testing.F) {
	seeds := 0
	for _, restartAt := range []int{1, 3, 5} {
		b := newLiveBench(countDoc(3), 0)
		b.now = 1
		for i := range restartAt {
			b.hold(hit{time: int64(100+i) * int64(time.Second), group: []string{"x"}, values: []string{"v"}})
			if i%2 == 0 {
				if err := b.Advance(time.Unix(int64(200+i), 0)); err != nil {
					f.Fatal(err)
				}
			}
		}
		state, err := b.Snapshot()
		if err != nil || len(state) == 0 {
			f.Fatal("no state", err)
		}
		f.Add(state)
		seeds++
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, state []byte) {
		b := newLiveBench(countDoc(3), 0)
		if _, err := b.Restore(state); err != nil {
			return
		}
		b.arrive(t, 1000, "1000 0 x", "1001 0 x", "1002 0 x")
		b.advance(t, 1000)
		if _, err := b.Snapshot(); err != nil {
			t.Fatal(err)
		}
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
	})
}
