package hunt

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"entente/internal/sigma"
)

func TestNeed(t *testing.T) {
	cond := func(c sigma.Compare, n float64) []sigma.CorrelationCondition {
		return []sigma.CorrelationCondition{{Compare: c, Value: n}}
	}
	for _, c := range []struct {
		name string
		doc  sigma.Correlation
		want need
	}{
		{"at least", sigma.Correlation{Type: sigma.EventCount, Conditions: cond(sigma.GTE, 3)}, need{needMatches, 3}},
		{"more than", sigma.Correlation{Type: sigma.EventCount, Conditions: cond(sigma.GT, 3)}, need{needMatches, 4}},
		{"at least a fraction", sigma.Correlation{Type: sigma.ValueCount, Conditions: cond(sigma.GTE, 2.5)}, need{needValues, 3}},
		{"more than a fraction", sigma.Correlation{Type: sigma.ValueCount, Conditions: cond(sigma.GT, 2.5)}, need{needValues, 3}},
		{"one is always there", sigma.Correlation{Type: sigma.EventCount, Conditions: cond(sigma.GTE, 1)}, need{}},
		{"none is as good", sigma.Correlation{Type: sigma.EventCount, Conditions: cond(sigma.GTE, -4)}, need{}},
		{"at most", sigma.Correlation{Type: sigma.EventCount, Conditions: cond(sigma.LTE, 3)}, need{}},
		{"both", sigma.Correlation{Type: sigma.EventCount, Conditions: append(cond(sigma.GTE, 3), cond(sigma.LT, 9)...)}, need{}},
		{"no number", sigma.Correlation{Type: sigma.EventCount, Conditions: cond(sigma.GTE, math.NaN())}, need{}},
		{"no end", sigma.Correlation{Type: sigma.EventCount, Conditions: cond(sigma.GTE, math.Inf(1))}, need{}},
		{"a sum", sigma.Correlation{Type: sigma.ValueSum, Conditions: cond(sigma.GTE, 3)}, need{}},
		{"all rules", sigma.Correlation{Type: sigma.Temporal}, need{needRules, 3}},
		{"all rules in order", sigma.Correlation{Type: sigma.TemporalOrdered}, need{needRules, 3}},
		{"some rules", sigma.Correlation{Type: sigma.Temporal, Conditions: cond(sigma.GTE, 2)}, need{needRules, 2}},
		{"an extended condition", sigma.Correlation{Type: sigma.Temporal, Expr: sigma.Not{X: &sigma.Atom{Field: "a"}}}, need{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := needOfDoc(&c.doc, 3); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

// TestChances: of a store come the matches of the groups that may fire, and only the times of the others, whether they
// have been on disk or not.
func TestChances(t *testing.T) {
	for _, c := range []struct {
		name string
		doc  sigma.Correlation
		hits []string // group ref value
		want []string // groups
	}{
		{
			"matches",
			sigma.Correlation{Type: sigma.EventCount, Rules: []string{"a"}, Conditions: atLeast(3)},
			[]string{"few 0 x", "FEW 0 x", "enough 0 x", "Enough 0 x", "enough 0 x"},
			[]string{"Enough", "enough", "enough"},
		},
		{
			"values",
			sigma.Correlation{Type: sigma.ValueCount, Rules: []string{"a"}, Conditions: atLeast(2)},
			[]string{"same 0 x", "same 0 X", "same 0 x", "other 0 x", "other 0 y", "other 0 x"},
			[]string{"other", "other", "other"},
		},
		{
			"rules",
			sigma.Correlation{Type: sigma.Temporal, Rules: []string{"a", "b"}},
			[]string{"half 1 x", "half 1 x", "whole 1 x", "whole 0 x"},
			[]string{"whole", "whole"},
		},
		{
			"nothing is known",
			sigma.Correlation{Type: sigma.EventCount, Rules: []string{"a"}, Conditions: []sigma.CorrelationCondition{{Compare: sigma.LT, Value: 2}}},
			[]string{"one 0 x"},
			[]string{"one"},
		},
	} {
		for _, spilled := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, " ", spilled), func(t *testing.T) {
				co := &correlation{doc: &c.doc, refs: len(c.doc.Rules)}
				co.need = needOfDoc(co.doc, co.refs)
				s := newHitStore(&Plan{correlations: []*correlation{co}, seeds: newHitSeeds()})
				for i, text := range c.hits {
					f := strings.Fields(text)
					h := hit{time: int64(i), group: f[:1], ref: int32(f[1][0] - '0'), values: f[2:]}
					if err := s.add(&h); err != nil {
						t.Fatal(err)
					}
					if spilled && i%2 == 0 {
						if err := s.spill(); err != nil {
							t.Fatal(err)
						}
					}
				}
				var got []string
				told := 0
				err := s.each(func(h *hit) error {
					got = append(got, h.group[0])
					told++
					return nil
				}, func(int32, int64) error {
					told++
					return nil
				})
				slices.Sort(got)
				if err != nil || !slices.Equal(got, c.want) || told != len(c.hits) {
					t.Errorf("%q of %d, want %q of %d; error %v", got, told, c.want, len(c.hits), err)
				}
			})
		}
	}
}

// TestChancesKeepToBounds: where more groups or values come than are counted, nothing is left out.
func TestChancesKeepToBounds(t *testing.T) {
	for _, doc := range []sigma.Correlation{
		{Type: sigma.EventCount, Conditions: atLeast(2)},
		{Type: sigma.ValueCount, Conditions: atLeast(maxChanceValues + 9)},
	} {
		c := newChances([]*correlation{{need: needOfDoc(&doc, 1)}})
		first := hitEntry{}
		for i := range max(uint64(maxChanceGroups), maxChanceValues) + 1 {
			e := first
			if doc.Type == sigma.EventCount {
				e.group = i
			}
			c.note(&e, []valueHash{{i, i}})
			if i < 9 && !c.none(&first) {
				t.Fatalf("%s: a group may fire after %d of its matches", doc.Type, i+1)
			}
		}
		if c.none(&first) || len(c.groups) > maxChanceGroups || len(c.values) > maxChanceValues {
			t.Errorf("%s: %d groups and %d values, the first is given up: %v", doc.Type, len(c.groups), len(c.values), c.none(&first))
		}
	}
}
