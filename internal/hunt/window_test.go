package hunt

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/sigma"
)

// firings runs hits through a correlation. A hit is written "second ref group value": "10 0 a x"; value may be left out, "none"
// is no value, ” an empty one, and =7 says that record 7 is hit.
func firings(t *testing.T, doc *sigma.Correlation, hits ...string) []string {
	t.Helper()
	co := &correlation{doc: doc, refs: len(doc.Rules), names: doc.Rules}
	co.need = needOfDoc(doc, co.refs)
	store := newHitStore(&Plan{correlations: []*correlation{co}, seeds: newHitSeeds()})
	for _, h := range hits {
		var (
			sec, ref   int
			group, val string
		)
		if _, err := fmt.Sscan(h+" .", &sec, &ref, &group, &val); err != nil {
			t.Fatal(err)
		}
		x := hit{time: int64(sec) * int64(time.Second), ref: int32(ref), group: []string{group}, values: []string{val}}
		switch {
		case val == "none":
			x.values = nil
		case val == "''":
			x.values = []string{""}
		case val[0] == '=':
			if _, err := fmt.Sscan(val[1:], &x.seq); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.add(&x); err != nil {
			t.Fatal(err)
		}
	}
	limit := &budget{limit: maxWindowEntries}
	var out []string
	e := newEvaluator(co, limit, func(ep *episode) {
		s := int64(time.Second)
		out = append(out, fmt.Sprintf("%s %d-%d at %d n=%d value=%g", strings.Join(ep.group, ","), ep.first/s, ep.last/s, ep.fired/s, ep.total, ep.value))
	})
	pass := func(_ int32, at int64) error { e.pass(at); return nil }
	if err := store.each(func(h *hit) error { e.add(h); return nil }, pass); err != nil {
		t.Fatal(err)
	}
	e.flush()
	if limit.used != 0 || len(limit.order) != 0 || len(e.groups) != 0 {
		t.Errorf("%d entries of the budget were not given back, %d windows, %d groups", limit.used, len(limit.order), len(e.groups))
	}
	return out
}

func atLeast(n float64) []sigma.CorrelationCondition {
	return []sigma.CorrelationCondition{{Compare: sigma.GTE, Value: n}}
}

func TestCorrelations(t *testing.T) {
	ten := 10 * time.Second
	ref := func(name string) sigma.Expr { return &sigma.Atom{Field: name, Op: sigma.OpExists, Want: true} }
	for _, c := range []struct {
		name string
		doc  sigma.Correlation
		hits []string
		want []string
	}{
		{
			"event_count fires once while it holds",
			sigma.Correlation{Type: sigma.EventCount, Rules: []string{"a"}, Timespan: ten, Conditions: atLeast(3)},
			[]string{"1 0 g", "2 0 g", "3 0 g", "4 0 g", "5 0 g"},
			[]string{"g 1-5 at 3 n=5 value=5"},
		},
		{
			"the window slides, and its span is inclusive",
			sigma.Correlation{Type: sigma.EventCount, Rules: []string{"a"}, Timespan: ten, Conditions: atLeast(3)},
			[]string{"0 0 g", "9 0 g", "10 0 g", "40 0 g", "45 0 g", "51 0 g"},
			[]string{"g 0-10 at 10 n=3 value=3"},
		},
		{
			"a new finding after it has ceased to hold",
			sigma.Correlation{Type: sigma.EventCount, Rules: []string{"a"}, Timespan: ten, Conditions: atLeast(2)},
			[]string{"1 0 g", "2 0 g", "30 0 g", "31 0 g"},
			[]string{"g 1-2 at 2 n=2 value=2", "g 30-31 at 31 n=2 value=2"},
		},
		{
			"groups are apart, and compared without case",
			sigma.Correlation{Type: sigma.EventCount, Rules: []string{"a"}, GroupBy: []string{"u"}, Timespan: ten, Conditions: atLeast(2)},
			[]string{"1 0 bob", "2 0 eve", "3 0 BOB"},
			[]string{"bob 1-3 at 3 n=2 value=2"},
		},
		{
			"hits come in any order",
			sigma.Correlation{Type: sigma.EventCount, Rules: []string{"a"}, Timespan: ten, Conditions: atLeast(3)},
			[]string{"3 0 g", "1 0 g", "2 0 g"},
			[]string{"g 1-3 at 3 n=3 value=3"},
		},
		{
			"a range is judged when the time is up",
			sigma.Correlation{Type: sigma.EventCount, Rules: []string{"a"}, Timespan: ten, Conditions: []sigma.CorrelationCondition{{Compare: sigma.GTE, Value: 2}, {Compare: sigma.LT, Value: 4}}},
			[]string{"1 0 few", "1 0 many", "2 0 few", "2 0 many", "3 0 many", "4 0 many"},
			[]string{"few 1-2 at 2 n=2 value=2"},
		},
		{
			"lt counts what did happen",
			sigma.Correlation{Type: sigma.EventCount, Rules: []string{"a"}, Timespan: ten, Conditions: []sigma.CorrelationCondition{{Compare: sigma.LT, Value: 2}}},
			[]string{"1 0 one", "1 0 two", "2 0 two"},
			[]string{"one 1-1 at 1 n=1 value=1"},
		},
		{
			"neq",
			sigma.Correlation{Type: sigma.EventCount, Rules: []string{"a"}, Timespan: ten, Conditions: []sigma.CorrelationCondition{{Compare: sigma.NEQ, Value: 1}}},
			[]string{"1 0 one", "1 0 two", "2 0 two"},
			[]string{"two 1-2 at 2 n=2 value=2"},
		},
		{
			"value_count counts different values",
			sigma.Correlation{Type: sigma.ValueCount, Rules: []string{"a"}, ConditionField: []string{"f"}, Timespan: ten, Conditions: atLeast(3)},
			[]string{"1 0 g x", "2 0 g x", "3 0 g y", "4 0 g y", "5 0 g z"},
			[]string{"g 1-5 at 5 n=5 value=3"},
		},
		{
			"value_count does not count what has no value",
			sigma.Correlation{Type: sigma.ValueCount, Rules: []string{"a"}, ConditionField: []string{"f"}, Timespan: ten, Conditions: atLeast(2)},
			[]string{"1 0 g x", "2 0 g none", "3 0 other none", "4 0 other x", "4 0 other ''"},
			[]string{"other 3-4 at 4 n=3 value=2"},
		},
		{
			"value_count forgets what has left the window",
			sigma.Correlation{Type: sigma.ValueCount, Rules: []string{"a"}, ConditionField: []string{"f"}, Timespan: ten, Conditions: atLeast(3)},
			[]string{"1 0 g x", "6 0 g y", "12 0 g z"},
			nil,
		},
		{
			"value_sum",
			sigma.Correlation{Type: sigma.ValueSum, Rules: []string{"a"}, ConditionField: []string{"f"}, Timespan: ten, Conditions: []sigma.CorrelationCondition{{Compare: sigma.GT, Value: 100}}},
			[]string{"1 0 g 60", "2 0 g nonsense", "3 0 g 41", "30 0 g 99"},
			[]string{"g 1-3 at 3 n=3 value=101"},
		},
		{
			"value_avg",
			sigma.Correlation{Type: sigma.ValueAvg, Rules: []string{"a"}, ConditionField: []string{"f"}, Timespan: ten, Conditions: atLeast(5)},
			[]string{"1 0 g 1", "2 0 g 9"},
			[]string{"g 1-2 at 2 n=2 value=5"},
		},
		{
			"value_median",
			sigma.Correlation{Type: sigma.ValueMedian, Rules: []string{"a"}, ConditionField: []string{"f"}, Percentile: 50, Timespan: ten, Conditions: atLeast(4)},
			[]string{"1 0 g 1", "2 0 g 1", "3 0 g 5", "4 0 g 6", "5 0 g 7"},
			[]string{"g 1-5 at 5 n=5 value=5"},
		},
		{
			"value_percentile",
			sigma.Correlation{Type: sigma.ValuePercentile, Rules: []string{"a"}, ConditionField: []string{"f"}, Percentile: 100, Timespan: ten, Conditions: atLeast(7)},
			[]string{"1 0 g 1", "2 0 g 7"},
			[]string{"g 1-2 at 2 n=2 value=7"},
		},
		{
			"temporal needs every rule, in any order",
			sigma.Correlation{Type: sigma.Temporal, Rules: []string{"a", "b"}, Timespan: ten},
			[]string{"1 1 g", "2 1 g", "5 0 g", "1 0 other"},
			[]string{"g 1-5 at 5 n=3 value=2"},
		},
		{
			"temporal outside the span",
			sigma.Correlation{Type: sigma.Temporal, Rules: []string{"a", "b"}, Timespan: ten},
			[]string{"1 1 g", "12 0 g"},
			nil,
		},
		{
			"temporal_ordered",
			sigma.Correlation{Type: sigma.TemporalOrdered, Rules: []string{"a", "b", "c"}, Timespan: ten},
			[]string{"1 0 right", "2 1 right", "3 2 right", "1 2 wrong", "2 1 wrong", "3 0 wrong"},
			[]string{"right 1-3 at 3 n=3 value=3"},
		},
		{
			"temporal_ordered starts over when the start is too old",
			sigma.Correlation{Type: sigma.TemporalOrdered, Rules: []string{"a", "b"}, Timespan: ten},
			[]string{"1 0 g", "8 0 g", "15 1 g"},
			[]string{"g 8-15 at 15 n=2 value=2"},
		},
		{
			"temporal_ordered of the year 1970",
			sigma.Correlation{Type: sigma.TemporalOrdered, Rules: []string{"a", "b"}, Timespan: ten},
			[]string{"0 0 g", "1 1 g"},
			[]string{"g 0-1 at 1 n=2 value=2"},
		},
		{
			"temporal_ordered and what is not part of the chain",
			sigma.Correlation{Type: sigma.TemporalOrdered, Rules: []string{"a", "b"}, Timespan: ten},
			[]string{"1 1 g", "2 0 g", "3 0 g", "4 1 g", "5 0 g", "6 1 g"},
			[]string{"g 3-6 at 4 n=4 value=2"},
		},
		{
			"one rule twice in order",
			sigma.Correlation{Type: sigma.TemporalOrdered, Rules: []string{"a", "a"}, Timespan: ten},
			[]string{"1 0 once =1", "1 1 once =1", "2 0 twice =2", "2 1 twice =2", "3 0 twice =3", "3 1 twice =3"},
			[]string{"twice 2-3 at 3 n=2 value=2"},
		},
		{
			"temporal_ordered wants as many records as rules",
			sigma.Correlation{Type: sigma.TemporalOrdered, Rules: []string{"a", "b", "c"}, Timespan: ten},
			[]string{
				"1 0 one =1", "1 1 one =1", "1 2 one =1", // one record that all rules match
				"1 0 two =2", "1 1 two =3", "1 2 two =2", // two at the same time
				"1 0 three =4", "2 0 three =5", "2 1 three =5", "3 1 three =6", "3 2 three =6",
			},
			[]string{"three 1-3 at 3 n=3 value=3"},
		},
		{
			"temporal_ordered too slow",
			sigma.Correlation{Type: sigma.TemporalOrdered, Rules: []string{"a", "b", "c"}, Timespan: ten},
			[]string{"1 0 g", "8 1 g", "14 2 g"},
			nil,
		},
		{
			"temporal_ordered at one and the same second",
			sigma.Correlation{Type: sigma.TemporalOrdered, Rules: []string{"a", "b"}, Timespan: ten},
			[]string{"1 1 g", "1 0 g"},
			[]string{"g 1-1 at 1 n=2 value=2"},
		},
		{
			"extended condition with not",
			sigma.Correlation{Type: sigma.Temporal, Rules: []string{"a", "b"}, Timespan: ten, Expr: sigma.And{ref("a"), sigma.Not{X: ref("b")}}},
			[]string{"1 0 alone", "1 0 both", "2 1 both"},
			[]string{"alone 1-1 at 1 n=1 value=1"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := firings(t, &c.doc, c.hits...)
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestHitStoreSpills checks that what goes to disk comes back in the same order as what stays in memory.
func TestHitStoreSpills(t *testing.T) {
	one := &correlation{doc: &sigma.Correlation{}}
	store := newHitStore(&Plan{correlations: []*correlation{one, one, one}, seeds: newHitSeeds()})
	const n = 400_000
	for i := range n {
		h := hit{
			time: int64((i * 7919) % n), corr: int32(i % 3), ref: int32(i % 2), group: []string{strings.Repeat("g", i%20)},
			values: []string{fmt.Sprint(i)}, title: "t", rule: "r", host: "h", file: "f", offset: int64(i),
			user: fmt.Sprint("u", i), channel: "c", record: uint64(i) << 33, eventID: uint32(i),
		}
		if err := store.add(&h); err != nil {
			t.Fatal(err)
		}
	}
	if len(store.runs) == 0 {
		t.Fatal("nothing was spilled")
	}
	seen := 0
	var prev hit
	err := store.each(func(h *hit) error {
		if seen > 0 && compareHits(&prev, h) > 0 {
			return fmt.Errorf("out of order: %+v after %+v", *h, prev)
		}
		if h.time != (h.offset*7919)%n || h.values[0] != fmt.Sprint(h.offset) || len(h.group[0]) != int(h.offset%20) || h.title != "t" ||
			h.user != fmt.Sprint("u", h.offset) || h.channel != "c" || h.record != uint64(h.offset)<<33 || h.eventID != uint32(h.offset) {
			return fmt.Errorf("damaged: %+v", *h)
		}
		prev = *h
		seen++
		return nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if seen != n {
		t.Errorf("%d hits came back of %d", seen, n)
	}
}
