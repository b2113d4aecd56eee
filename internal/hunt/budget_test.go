package hunt

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/sigma"
)

// crowd runs matches of so many groups through a correlation with a small budget, and returns the groups that fired, the
// most that the budget held and whether that was noticed.
func crowd(t *testing.T, doc *sigma.Correlation, limit int, hits []hit) (fired []string, most int, capped bool) {
	t.Helper()
	b := &budget{limit: limit}
	e := newEvaluator(&correlation{doc: doc, refs: len(doc.Rules), names: doc.Rules}, b, func(ep *episode) {
		fired = append(fired, fmt.Sprintf("%s n=%d value=%g", ep.group[0], ep.total, ep.value))
	})
	for i := range hits {
		hits[i].seq = uint64(i) + 1
		e.add(&hits[i])
		held := 0
		for _, g := range e.groups {
			held += len(g.window)
			if g.open != nil {
				held += len(g.open.matches)
			}
		}
		most = max(most, held, len(e.groups))
		if len(b.order) != len(e.groups) {
			t.Fatalf("%d groups, %d in order", len(e.groups), len(b.order))
		}
	}
	e.flush()
	if b.used != 0 || len(b.order) != 0 || len(e.groups) != 0 {
		t.Errorf("%d of the budget were not given back, %d windows, %d groups", b.used, len(b.order), len(e.groups))
	}
	slices.Sort(fired)
	return fired, most, e.capped
}

func matches(groups, each int) []hit {
	var out []hit
	for i := range groups * each {
		out = append(out, hit{time: int64(i) * int64(time.Second), group: []string{fmt.Sprintf("g%05d", i%groups)}})
	}
	return out
}

func TestBudgetOfManyGroups(t *testing.T) {
	year := 365 * 24 * time.Hour
	count := func(c sigma.Compare, n float64) *sigma.Correlation {
		return &sigma.Correlation{
			Type: sigma.EventCount, Rules: []string{"a"}, GroupBy: []string{"u"}, Timespan: year,
			Conditions: []sigma.CorrelationCondition{{Compare: c, Value: n}},
		}
	}
	for _, c := range []struct {
		name   string
		doc    *sigma.Correlation
		hits   []hit
		fired  int
		capped bool
	}{
		{"within the budget", count(sigma.GTE, 2), matches(20, 2), 20, false},
		{"sliding windows of one match each", count(sigma.GTE, 2), matches(5000, 1), 0, true},
		{"windows that have to end are judged by what they have", count(sigma.LTE, 5), matches(5000, 1), 5000, true},
		{"firings go out when they are forgotten", count(sigma.GTE, 1), matches(5000, 1), 5000, true},
		{"one group", count(sigma.GTE, 2), matches(1, 5000), 1, true},
		{"one group counts all its matches where it has to end", count(sigma.LTE, 4999), matches(1, 5000), 0, true},
		{"and they are right", count(sigma.EQ, 5000), matches(1, 5000), 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			const limit = 300
			fired, most, capped := crowd(t, c.doc, limit, c.hits)
			if most > limit || len(fired) != c.fired || capped != c.capped {
				t.Errorf("%d firings, at most %d entries, capped %v; want %d firings, capped %v", len(fired), most, capped, c.fired, c.capped)
			}
		})
	}
}

// TestBudgetTakesTheOldest: a group that a flood of others comes after is forgotten before them, whatever its size.
func TestBudgetTakesTheOldest(t *testing.T) {
	doc := &sigma.Correlation{
		Type: sigma.EventCount, Rules: []string{"a"}, GroupBy: []string{"u"}, Timespan: 24 * time.Hour, Conditions: atLeast(3),
	}
	var hits []hit
	at := func(group string, n int) {
		for range n {
			hits = append(hits, hit{time: int64(len(hits)) * int64(time.Second), group: []string{group}})
		}
	}
	at("old", 2)
	for i := range 60 {
		at(fmt.Sprintf("flood%d", i), 1)
	}
	at("old", 1) // the first two are gone
	at("new", 3)
	fired, most, capped := crowd(t, doc, 40, hits)
	if most > 40 || !capped || !slices.Equal(fired, []string{"new n=3 value=3"}) {
		t.Errorf("fired %q, at most %d entries, capped %v", fired, most, capped)
	}
}

// TestBudgetWeighsText: long texts do not make a way around the bound.
func TestBudgetWeighsText(t *testing.T) {
	doc := &sigma.Correlation{
		Type: sigma.ValueCount, Rules: []string{"a"}, GroupBy: []string{"u"}, ConditionField: []string{"f"}, Timespan: 24 * time.Hour, Conditions: atLeast(3),
	}
	var hits []hit
	for i := range 200 {
		hits = append(hits, hit{time: int64(i), group: []string{"g"}, values: []string{strings.Repeat("x", 10*weightBytes) + fmt.Sprint(i)}})
	}
	if _, most, capped := crowd(t, doc, 220, hits); most > 40 || !capped {
		t.Errorf("at most %d entries, capped %v", most, capped)
	}
	// One that is too large for the whole budget costs the others, and itself, but nothing else.
	hits = append(matches(10, 1), hit{time: 1 << 40, group: []string{strings.Repeat("y", 1000*weightBytes)}})
	if _, most, capped := crowd(t, doc, 20, hits); most > 10 || !capped {
		t.Errorf("at most %d entries, capped %v", most, capped)
	}
}

func TestLiveBudgetOfManyGroups(t *testing.T) {
	for _, c := range []struct {
		compare sigma.Compare
		value   float64
	}{{sigma.GTE, 2}, {sigma.LTE, 5}} {
		doc := countDoc(0)
		doc.Timespan = 365 * 24 * time.Hour
		doc.Conditions = []sigma.CorrelationCondition{{Compare: c.compare, Value: c.value}}
		b := newLiveBench(doc, 0)
		b.budget.limit = 50
		for i := range 1000 {
			b.arrive(t, 10_000, fmt.Sprintf("%d 0 g%d", 1000+i, i))
		}
		b.advance(t, 10_000)
		if n := len(b.evals[0].groups); n > 50 || b.budget.used > 50 {
			t.Errorf("%d groups, %d of the budget used", n, b.budget.used)
		}
		b.restart(t)
		b.budget.limit = 50
		// Late ones, too.
		for i := range 200 {
			b.arrive(t, 10_001, fmt.Sprintf("%d 0 g%d", 500+i, 900+i%100))
		}
		b.advance(t, 10_001)
		if n := len(b.evals[0].groups); n > 50 || b.budget.used > 50 {
			t.Errorf("%d groups, %d of the budget used", n, b.budget.used)
		}
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
		if b.budget.used != 0 || len(b.budget.order) != 0 {
			t.Errorf("%d of the budget were not given back", b.budget.used)
		}
		w := b.Caveats()
		if len(w) != 1 || !strings.Contains(w[0].Message, `counts of "count" are lower bounds`) {
			t.Errorf("warnings %v", w)
		}
	}
}
