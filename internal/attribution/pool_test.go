package attribution

import (
	"math"
	"slices"
	"testing"
	"time"

	"entente/internal/coalition"
)

// Shares add up to one: those of each member, and of both pools; and so do weights.
func TestSharesAddUp(t *testing.T) {
	pooled := 0
	sum := func(list []float64) (s float64) {
		for _, x := range list {
			s += x
		}
		return s
	}
	for seed := range uint64(seeds) {
		r := newRandom(t, seed)
		c := Fold(r.parts, r.id)
		weights := map[string]float64{}
		for _, o := range c.Opinions {
			weights[o.By()] = r.Float64() * 10
		}
		pools, err := c.Pools(weights)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pools {
			if p.Linear == nil {
				continue
			}
			pooled++
			total := 0.0
			lists := [][]float64{p.Linear, p.LogLinear}
			for _, m := range p.Members {
				total += m.Weight
				lists = append(lists, m.Shares)
			}
			for _, l := range append(lists, []float64{total}) {
				if math.Abs(sum(l)-1) > 1e-12 || slices.ContainsFunc(l, func(x float64) bool { return x < 0 || math.IsNaN(x) }) {
					t.Fatalf("seed %d: %v", seed, l)
				}
			}
		}
	}
	if pooled < 100 {
		t.Fatalf("only %d", pooled)
	}
}

// judged is a case of two hypotheses that exclude each other, and one of somebody unknown, in which members judge the first.
func judged(words ...string) *Case {
	c := &Case{Names: map[string]string{"h1": "h1", "h2": "h2", "u": "u", "e1": "e1", "e2": "e2"}}
	for _, h := range []string{"h1", "h2", "u"} {
		stance := ByActor
		if h == "u" {
			stance = Unknown
		}
		c.Answers = append(c.Answers, &Answer{Meta{ID: h, Name: h}, Hypothesis{Set: "actor", Stance: stance}})
	}
	c.Items = []*Item{{Meta: Meta{ID: "e1"}}, {Meta: Meta{ID: "e2"}}}
	for n, w := range words {
		scale := "icd-203"
		if w != "" && w[0] == '!' {
			scale, w = coalition.OwnWords, w[1:]
		}
		c.Opinions = append(c.Opinions, &Opinion{Meta: Meta{Maker: string(rune('A' + n)), Modified: time.Unix(int64(n), 0)}, Judgement: Judgement{Hypothesis: "h1", Likelihood: Likelihood{scale, w}}})
	}
	return c
}

func TestPoolInNumbers(t *testing.T) {
	c := judged("almost certain", "unlikely", "!who knows")
	pools, err := c.Pools(map[string]float64{"A": 3})
	if err != nil || len(pools) != 1 {
		t.Fatal(pools, err)
	}
	p := pools[0]
	if !slices.Equal(p.Unpooled, []string{"C"}) || len(p.Members) != 2 || p.Members[0].Weight != 0.75 {
		t.Fatalf("%+v", p)
	}
	// A: 97 % for h1 and the rest for two. B: 32.5 %, and 33.75 % for each of the others.
	wantLinear := []float64{0.75*0.97 + 0.25*0.325, 0.75*0.015 + 0.25*0.3375, 0.75*0.015 + 0.25*0.3375}
	a, b := math.Pow(0.97, 0.75)*math.Pow(0.325, 0.25), math.Pow(0.015, 0.75)*math.Pow(0.3375, 0.25)
	wantLog := []float64{a / (a + 2*b), b / (a + 2*b), b / (a + 2*b)}
	for n := range wantLinear {
		if math.Abs(p.Linear[n]-wantLinear[n]) > 1e-12 || math.Abs(p.LogLinear[n]-wantLog[n]) > 1e-12 {
			t.Errorf("slot %d: %v and %v, not %v and %v", n, p.Linear[n], p.LogLinear[n], wantLinear[n], wantLog[n])
		}
	}
	for _, bad := range []map[string]float64{{"nobody": 1}, {"A": -1}, {"A": math.NaN()}, {"A": math.Inf(1)}} {
		if _, err := c.Pools(bad); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
	if pools, err := c.Pools(map[string]float64{"A": 0, "B": 0}); err != nil || pools[0].Linear != nil {
		t.Errorf("a pool of no weight: %v, %v", pools[0].Linear, err)
	}
	// Without a hypothesis of somebody unknown there is room for one.
	c.Answers = c.Answers[:2]
	if pools, err = c.Pools(nil); err != nil || len(pools[0].Slots) != 3 || pools[0].Slots[2].Says != "none of these" {
		t.Errorf("%+v, %v", pools[0].Slots, err)
	}
	// One that excludes no other has a pool of its own.
	c.Answers[0].Set = ""
	if pools, err = c.Pools(nil); err != nil || len(pools) != 2 || len(pools[0].Slots) != 2 || pools[0].Slots[1].Says != "it is not so" {
		t.Errorf("%+v, %v", pools[0].Slots, err)
	}
}

func TestWhoIsOutside(t *testing.T) {
	for _, c := range []struct {
		words, outside []string
	}{
		{[]string{"very likely", "very likely", "likely"}, []string{"C"}}, // an end in common is not enough
		{[]string{"very likely", "very likely", "very likely", "almost certain", "almost no chance"}, []string{"D", "E"}},
		{[]string{"likely", "likely", "likely"}, nil},
		{[]string{"almost certain", "almost no chance"}, nil}, // of two nobody is outside
		{[]string{"likely", "likely", "!linked to it"}, nil},
	} {
		k := judged(c.words...)
		p, err := k.Pools(nil)
		if err != nil || !slices.Equal(p[0].Spreads[0].Outside, c.outside) {
			t.Errorf("%v: %v, %v", c.words, p[0].Spreads[0].Outside, err)
		}
	}
	k := judged("likely", "unlikely", "likely")
	k.Opinions[0].LeansOn, k.Opinions[1].LeansOn = []string{"e1", "e2", "gone"}, []string{"e1"}
	p, err := k.Pools(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := p[0].Spreads[0]
	if !slices.Equal(s.Shared, []string{"e1"}) || !slices.Equal(s.Alone["A"], []string{"e2"}) || len(s.Alone) != 1 || s.Least != 0.325 || s.Most != 0.675 {
		t.Errorf("%+v", s)
	}
}
