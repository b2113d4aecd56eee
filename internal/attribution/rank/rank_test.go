package rank

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"entente/internal/attack"
)

// checkRanking checks what holds of every ranking.
func checkRanking(t *testing.T, r *Ranking) {
	t.Helper()
	sum := 0.0
	for i, c := range r.Candidates {
		if c.Probability < 0 || c.Probability > 1 || math.IsNaN(c.Probability) || i > 0 && c.Probability > r.Candidates[i-1].Probability {
			t.Fatalf("probability %v at place %d", c.Probability, i+1)
		}
		sum += c.Probability
	}
	if len(r.Candidates) > 0 && math.Abs(sum-1) > 1e-9 {
		t.Fatalf("probabilities add up to %v", sum)
	}
	if !(r.Unknown >= 0 && r.Unknown <= 1) {
		t.Fatalf("none of these: %v", r.Unknown)
	}
}

func facts(tb testing.TB) *Profiles {
	tb.Helper()
	f, err := attack.Default()
	if err != nil {
		tb.Fatal(err)
	}
	p, err := FromFacts(f).Profiles(Reduction{})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// draw is a random observation: features of one group, and of anybody.
func draw(rng *rand.Rand, p *Profiles) (ids []string) {
	own := p.list[rng.IntN(len(p.list))].features
	for range 1 + rng.IntN(20) {
		x := own[rng.IntN(len(own))]
		if rng.IntN(3) == 0 {
			x = rng.IntN(len(p.corpus.Features))
		}
		ids = append(ids, p.corpus.Features[x].ID)
	}
	return append(ids, "T9998")
}

func same(a, b *Ranking) bool {
	return a.Unknown == b.Unknown && slices.EqualFunc(a.Candidates, b.Candidates, func(x, y Candidate) bool {
		return x.Group.ID == y.Group.ID && x.Probability == y.Probability
	})
}

func TestOrderAndRepetitionChangeNothing(t *testing.T) {
	p, rng := facts(t), rand.New(rand.NewPCG(1, 2))
	for range 50 {
		ids := draw(rng, p)
		want := p.Rank(ids)
		checkRanking(t, want)
		again := slices.Concat(ids, ids[:1+rng.IntN(len(ids))])
		rng.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		if !same(want, p.Rank(again)) {
			t.Fatalf("%q ranks otherwise in another order", ids)
		}
	}
}

func probability(t *testing.T, r *Ranking, group string) float64 {
	t.Helper()
	e, ok := r.Explain(group)
	if !ok {
		t.Fatalf("%s is no candidate", group)
	}
	return e.Candidate.Probability
}

// A feature that one group alone has raises it, whatever else was observed.
func TestOwnFeatureRaises(t *testing.T) {
	p, rng := facts(t), rand.New(rand.NewPCG(3, 4))
	tried := 0
	for x, n := range p.df {
		if n != 1 || rng.IntN(8) > 0 {
			continue
		}
		owner := slices.IndexFunc(p.list, func(f profile) bool { return f.has(x) })
		group, id := p.corpus.Groups[p.list[owner].group].ID, p.corpus.Features[x].ID
		ids := slices.DeleteFunc(draw(rng, p), func(s string) bool { return s == id })
		before, after := probability(t, p.Rank(ids), group), probability(t, p.Rank(append(ids, id)), group)
		if after < before || after == before && before < 0.999 {
			t.Errorf("%s of %s alone: from %v to %v, beside %q", id, group, before, after, ids)
		}
		tried++
	}
	if tried < 20 {
		t.Errorf("only %d were tried", tried)
	}
}

// One technique explains a fifth of what five would, and is as five of which nobody is known for four of their rarity.
func TestFewFeaturesAreNotSurer(t *testing.T) {
	p := facts(t)
	for _, id := range []string{"T1190", "T1505.003", "S0020", "S0095"} {
		one := p.Rank([]string{id})
		if got := one.Candidates[0].share; math.Abs(got-1.0/fewest) > 1e-9 {
			t.Errorf("%s alone: a share of %v", id, got)
		}
		five := p.Rank([]string{id, "T9991", "T9992", "T9993", "T9994"})
		if one.Candidates[0].Group.ID != five.Candidates[0].Group.ID || one.params.scale(one.observed.size()) != five.params.scale(five.observed.size()) {
			t.Errorf("%s counts for more where nothing else was seen", id)
		}
		if one.Unknown >= five.Unknown || one.Unknown > 0.7 {
			t.Errorf("%s alone makes none of these %v, beside what nobody does %v", id, one.Unknown, five.Unknown)
		}
	}
}

func TestReductionLeavesOut(t *testing.T) {
	c := readSmall(t)
	all, err := c.Profiles(Reduction{})
	if err != nil || all.Len() != 3 {
		t.Fatalf("%d candidates, %v", all.Len(), err)
	}
	less, err := c.Profiles(Reduction{Drop: []string{"r7", "r8", "r1", "unknown"}, Group: "G0002"})
	if err != nil {
		t.Fatal(err)
	}
	if less.Len() != 1 || less.list[0].size != 2 || less.df[c.feature["T1001"]] != 0 || less.df[c.feature["T1002"]] != 1 {
		t.Errorf("profiles %+v, df %v", less.list, less.df)
	}
	if _, err := c.Profiles(Reduction{Group: "G9999"}); err == nil {
		t.Error("a group that is not there was left out")
	}
	none, err := c.Profiles(Reduction{Drop: []string{"r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8"}})
	if err != nil {
		t.Fatal(err)
	}
	if r := none.Rank([]string{"T1001"}); len(r.Candidates) != 0 || r.Unknown != 1 {
		t.Errorf("without candidates: %+v", r)
	}
}

// What ranks a candidate is its own profile: rows of others that are dropped change no more than rarity. Leaving out a group
// that shares nothing with the observation does not change who is first.
func TestNoneDoesNotCountCandidates(t *testing.T) {
	f, err := attack.Default()
	if err != nil {
		t.Fatal(err)
	}
	c := FromFacts(f)
	all, err := c.Profiles(Reduction{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		ids := draw(rng, all)
		want := all.Rank(ids)
		last := want.Candidates[len(want.Candidates)-1].Group.ID
		less, err := c.Profiles(Reduction{Group: last})
		if err != nil {
			t.Fatal(err)
		}
		if got := less.Rank(ids); math.Abs(got.Unknown-want.Unknown) > 0.01 {
			t.Errorf("without %s none of these goes from %.4f to %.4f", last, want.Unknown, got.Unknown)
		}
	}
}

func TestNone(t *testing.T) {
	r := Ranking{Unknown: 0.6}
	for _, c := range []struct{ prior, want float64 }{{0, 0}, {0.5, 0.6}, {1, 1}, {0.1, 1.0 / 7}} {
		if got := r.None(c.prior); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("prior %v: %v, want %v", c.prior, got, c.want)
		}
	}
}

// An effect is what the probability is over what it would be without the feature, found here by ranking without it at the same
// scale and sharpness.
func TestEffects(t *testing.T) {
	p, rng := facts(t), rand.New(rand.NewPCG(7, 8))
	for range 5 {
		r := p.Rank(draw(rng, p))
		place := rng.IntN(5)
		e, ok := r.Explain(r.Candidates[place].Group.ID)
		if !ok || e.Place != place+1 || len(e.Reasons) != len(r.observed.known) {
			t.Fatalf("%+v", e)
		}
		for _, reason := range e.Reasons {
			x := p.corpus.feature[reason.Feature.ID]
			sum, own := 0.0, 0.0
			for i, c := range r.Candidates {
				f, score := &p.list[c.profile], c.score
				if f.has(x) {
					score -= r.params.scale(r.observed.size()) * r.params.weight(reason.Feature.Software(), p.rarity(x), f.z)
				}
				v := math.Exp(r.sharpness * score)
				if sum += v; i == place {
					own = v
				}
			}
			if got, want := e.Candidate.Probability/math.Exp(reason.Effect), own/sum; math.Abs(got-want) > 1e-9 {
				t.Errorf("without %s: %v, want %v", reason.Feature.ID, got, want)
			}
		}
	}
}

func TestSharedAndNobodys(t *testing.T) {
	c := readSmall(t)
	p, err := c.Profiles(Reduction{})
	if err != nil {
		t.Fatal(err)
	}
	r := p.Rank([]string{"T1001", "T1004", "T9999", "S0001"})
	if got := r.Nobodys(); !slices.Equal(got, []string{"T1004", "T9999"}) {
		t.Errorf("of no group: %q", got)
	}
	if s := r.Shared(); len(s) != 2 || s[0].Feature.ID != "T1001" || s[0].Users != 3 {
		t.Errorf("shared: %+v", s)
	}
}

func BenchmarkRank(b *testing.B) {
	p := facts(b)
	ids := draw(rand.New(rand.NewPCG(9, 9)), p)
	b.ReportAllocs()
	for b.Loop() {
		p.Rank(ids)
	}
}

// BenchmarkProfiles is what training takes: profiles and their statistics from the rows, for a case of its own.
func BenchmarkProfiles(b *testing.B) {
	c := facts(b).corpus
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Profiles(Reduction{Group: "G0007"}); err != nil {
			b.Fatal(err)
		}
	}
}
