package rank

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestMinimise(t *testing.T) {
	// Rosenbrock's valley, of which the minimum is 0 at (1, 1).
	x := minimise([]float64{-1.2, 1}, func(x []float64) (float64, []float64) {
		a, b := x[1]-x[0]*x[0], 1-x[0]
		return 100*a*a + b*b, []float64{-400*a*x[0] - 2*b, 200 * a}
	})
	if math.Abs(x[0]-1) > 1e-3 || math.Abs(x[1]-1) > 1e-3 {
		t.Errorf("minimum at %v", x)
	}
}

// Every constant has its name.
func TestParamsString(t *testing.T) {
	m := Fitted()
	for i, v := range m.vector() {
		*v = float64(i)
	}
	want := fmt.Sprintf("%+v", m)
	got := "{" + strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(m.String(), ".000", ""), ": ", ":"), ",", "") + "}"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestFoldsKeepActorsTogether(t *testing.T) {
	var actors []string
	for i := range 60 {
		actors = append(actors, strconv.Itoa(i%7))
	}
	folds := Folds(actors, 3)
	of, load := map[string]int{}, make([]int, 3)
	for i, a := range actors {
		if k, ok := of[a]; ok && k != folds[i] {
			t.Fatalf("actor %s is in folds %d and %d", a, k, folds[i])
		}
		of[a] = folds[i]
		load[folds[i]]++
	}
	if slices.Min(load) == 0 || slices.Max(load) > 2*slices.Min(load) {
		t.Errorf("folds of %v", load)
	}
}

// Scores of the fit are those of the ranking.
func TestDesignScoresAsRankDoes(t *testing.T) {
	p, rng, m := facts(t), rand.New(rand.NewPCG(1, 1)), Fitted()
	for range 10 {
		ids := draw(rng, p)
		d := newDesign(&Example{Observed: ids, Profiles: p})
		r := p.Rank(ids)
		scores, _, _ := d.scores(&m)
		for _, c := range r.Candidates {
			if math.Abs(c.score-scores[c.profile]) > 1e-9 {
				t.Fatalf("%s: %v and %v", c.Group.ID, c.score, scores[c.profile])
			}
		}
		o := d.outcome(&m)
		if lead, share := r.lead(), r.Candidates[0].share; math.Abs(o.lead-lead) > 1e-9 || math.Abs(o.share-share) > 1e-9 {
			t.Fatalf("lead %v and %v, share %v and %v", o.lead, lead, o.share, share)
		}
	}
}

// The slopes that fitting goes down are those of the loss.
func TestSlopes(t *testing.T) {
	p, rng := facts(t), rand.New(rand.NewPCG(3, 3))
	for range 10 {
		group := p.corpus.Groups[p.list[rng.IntN(len(p.list))].group].ID
		d := newDesign(&Example{Observed: draw(rng, p), Profiles: p, Answer: []string{group}, Weight: 1 + rng.Float64()})
		m := start()
		var got, none Params
		d.loss(&m, &got)
		for i := range m.vector()[:scoreParams] {
			const h = 1e-5
			above, below := m, m
			*above.vector()[i] += h
			*below.vector()[i] -= h
			want := (d.loss(&above, &none) - d.loss(&below, &none)) / (2 * h)
			if slope := *got.vector()[i]; math.Abs(slope-want) > 1e-5*(1+math.Abs(want)) {
				t.Errorf("constant %d: slope %v, want %v", i, slope, want)
			}
		}
	}
}

// Cases of which software tells the actor make the fit trust software, and the same cases make the same constants.
func TestFit(t *testing.T) {
	p, rng := facts(t), rand.New(rand.NewPCG(2, 2))
	var examples []Example
	for len(examples) < 120 {
		f := &p.list[rng.IntN(len(p.list))]
		var ids []string
		for range 6 {
			x := rng.IntN(len(p.corpus.Features)) // noise, but for software
			if y := f.features[rng.IntN(len(f.features))]; p.corpus.Features[y].Software() {
				x = y
			}
			ids = append(ids, p.corpus.Features[x].ID)
		}
		group := p.corpus.Groups[f.group].ID
		e := Example{Observed: ids, Profiles: p, Answer: []string{group}, Actor: group, Weight: 1}
		if len(examples)%3 == 0 {
			without, err := p.corpus.Profiles(Reduction{Group: group})
			if err != nil {
				t.Fatal(err)
			}
			e.Profiles, e.Answer = without, nil
		}
		examples = append(examples, e)
	}
	m, err := Fit(examples)
	if err != nil {
		t.Fatal(err)
	}
	worth := func(software bool) float64 { return m.weight(software, 4, 0) }
	if worth(true) < 2*worth(false) {
		t.Errorf("software weighs %.2f, techniques %.2f: %+v", worth(true), worth(false), m)
	}
	if again, err := Fit(examples); err != nil || again != m {
		t.Errorf("a second fit differs: %+v, %+v, %v", m, again, err)
	}
	if _, err := Fit(examples[:1]); err == nil {
		t.Error("a fit without known actors is no error")
	}
}
