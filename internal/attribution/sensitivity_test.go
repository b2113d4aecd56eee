package attribution

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// Sensitivity says what computing the matrix anew without the item, or with its contrary, says.
func TestSensitivityIsTheMatrixAnew(t *testing.T) {
	changed := 0
	for seed := range uint64(seeds) {
		r := newRandom(t, seed)
		c := Fold(r.parts, r.id)
		for _, set := range c.Sets() {
			m := c.Matrix(set)
			now := rankOf(m.Scores)
			var want []string
			try := func(rows []int, line bool) {
				for _, flipped := range []bool{false, true} {
					other := *m
					other.Items = slices.Clone(m.Items)
					for _, n := range rows {
						other.Items[n].Ratings = slices.Clone(other.Items[n].Ratings)
						for h, x := range other.Items[n].Ratings {
							other.Items[n].Ratings[h] = NotApplicable
							if flipped {
								other.Items[n].Ratings[h] = x.flip()
							}
						}
					}
					other.score()
					if ranks := rankOf(other.Scores); !slices.Equal(ranks, now) {
						want = append(want, fmt.Sprint(rows, line, flipped, ranks, leaders(ranks), !slices.Equal(leaders(ranks), leaders(now))))
					}
				}
			}
			lines := map[int][]int{}
			for n, row := range m.Items {
				try([]int{n}, false)
				lines[row.Line] = append(lines[row.Line], n)
			}
			for _, rows := range lines {
				if len(rows) > 1 {
					try(rows, true)
				}
			}
			var got []string
			for _, d := range m.Sensitivity() {
				var rows []int
				for _, id := range d.Items {
					rows = append(rows, slices.IndexFunc(m.Items, func(i MatrixItem) bool { return i.ID == id }))
				}
				got = append(got, fmt.Sprint(rows, d.Line, d.Flipped, d.Ranks, d.Leaders, d.Leads))
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d:\n%v\n%v", seed, got, want)
			}
			changed += len(want)
		}
	}
	if changed < 100 {
		t.Fatalf("only %d", changed)
	}
}

// large is a case of hypotheses by items.
func large(tb testing.TB, hypotheses, items int) *Case {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	c := &Case{Cells: map[Cross]*Crossing{}, Names: map[string]string{}}
	for n := range hypotheses {
		c.Answers = append(c.Answers, &Answer{Meta{ID: fmt.Sprint("h", n)}, Hypothesis{Set: "actor"}})
	}
	for n := range items {
		g := Grade{string(rune('A' + r.IntN(6))), string(rune('1' + r.IntN(6)))}
		i := &Item{Meta: Meta{ID: fmt.Sprint("e", n)}, Evidence: Evidence{Item: "finding", Group: fmt.Sprint("g", r.IntN(items))}, Grade: g}
		c.Items = append(c.Items, i)
		for _, a := range c.Answers {
			c.Cells[Cross{i.ID, a.ID}] = &Crossing{Rating: pick(r, Ratings)}
		}
	}
	return c
}

// BenchmarkSensitivity answers which of 500 items changes the order of 50 hypotheses, from the case on.
func BenchmarkSensitivity(b *testing.B) {
	c := large(b, 50, 500)
	b.ReportAllocs()
	for b.Loop() {
		if len(c.Matrix("actor").Sensitivity()) == 0 {
			b.Fatal("nothing changes the order")
		}
	}
}
